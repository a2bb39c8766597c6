//! PHP's `serialize()` as API clients send it: flat arrays of texts and numbers, in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Keys and values of an array; what cannot be read ends the list.
pub(crate) fn read_array(encoded: &str) -> Vec<(String, String)> {
    STANDARD
        .decode(encoded.trim())
        .map_or_else(|_| Vec::new(), |bytes| read_serialized(&bytes))
}

/// The same without Base64, as it stands in tables.
pub(crate) fn read_serialized(bytes: &[u8]) -> Vec<(String, String)> {
    let mut rest = bytes;
    let mut pairs = Vec::new();
    if take_head(&mut rest, b"a:").is_none() || take_until(&mut rest, b'{').is_none() {
        return pairs;
    }
    while let Some(key) = take_scalar(&mut rest)
        && let Some(value) = take_scalar(&mut rest)
    {
        pairs.push((key, value));
    }
    pairs
}

/// An array of texts as `serialize()` writes it.
pub(crate) fn write_array(pairs: &[(String, String)]) -> String {
    let text = |value: &str| format!("s:{}:\"{value}\";", value.len());
    let items: String = pairs
        .iter()
        .map(|(key, value)| format!("{}{}", text(key), text(value)))
        .collect();
    format!("a:{}:{{{items}}}", pairs.len())
}

fn take_scalar(rest: &mut &[u8]) -> Option<String> {
    let kind = *rest.first()?;
    take_head(rest, &[kind, b':'])?;
    match kind {
        b's' => {
            let length: usize = take_until(rest, b':')?.parse().ok()?;
            // The length counts bytes; quotes stand on both sides.
            let text = rest.get(1..length.checked_add(1)?)?;
            let text = String::from_utf8_lossy(text).into_owned();
            *rest = rest.get(length.checked_add(3)?..)?;
            Some(text)
        }
        b'i' | b'd' | b'b' => take_until(rest, b';'),
        _ => None,
    }
}

fn take_head(rest: &mut &[u8], head: &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(head)?;
    Some(())
}

fn take_until(rest: &mut &[u8], end: u8) -> Option<String> {
    let at = rest.iter().position(|byte| *byte == end)?;
    let (before, after) = rest.split_at_checked(at)?;
    *rest = after.get(1..)?;
    Some(String::from_utf8_lossy(before).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(serialized: &str) -> Vec<(String, String)> {
        read_array(&STANDARD.encode(serialized))
    }

    #[test]
    fn flat_arrays_are_read_and_nonsense_is_nothing() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read("a:2:{i:1;s:6:\"Gö;\"x\";s:4:\"Name\";i:999;}"),
            [pair("1", "Gö;\"x"), pair("Name", "999")]
        );
        for nonsense in [
            "",
            "a:0:{}",
            "s:1:\"x\";",
            "a:1:{i:1;s:99:\"x\";}",
            "a:1:{i:1",
        ] {
            assert_eq!(read(nonsense), [], "{nonsense}");
        }
        assert_eq!(read_array("no base64!"), []);
        let pairs = [pair("a.com", "G\"ö;}"), pair("b.com", "")];
        assert_eq!(read_serialized(write_array(&pairs).as_bytes()), pairs);
    }
}
