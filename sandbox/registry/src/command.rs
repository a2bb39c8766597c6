//! The text of a command (`KEY=VALUE` lines), read as leniently as the platform reads it.

use crate::answer::{Answer, Failure};

/// A command with its attributes. Keys are upper-case; a repeated key keeps its last value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Command {
    /// Reads LF or CRLF lines, with or without `[COMMAND]` … `EOF` around them and blanks around `=`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut fields = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.eq_ignore_ascii_case("[COMMAND]") {
                continue;
            }
            if line.eq_ignore_ascii_case("EOF") {
                break;
            }
            let Some((key, value)) = line
                .split_once('=')
                .filter(|(key, _)| !key.trim().is_empty())
            else {
                return Err(Answer::new(507));
            };
            fields.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self::from_fields(fields))
    }

    /// The looser form: attributes that came as form fields of their own.
    pub fn from_fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut command = Self::default();
        for (key, value) in fields {
            let key = key.trim().to_ascii_uppercase();
            let value = value.replace(['\r', '\n'], "").trim().to_owned();
            if key == "COMMAND" {
                command.name = value;
                continue;
            }
            match command
                .attributes
                .iter_mut()
                .find(|(known, _)| *known == key)
            {
                Some((_, old)) => *old = value,
                None => command.attributes.push((key, value)),
            }
        }
        command
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value, if the attribute was sent at all; an empty one means "set to nothing".
    pub fn sent(&self, key: &str) -> Option<&str> {
        self.attributes()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    /// The value, if it was sent and is not empty.
    pub fn filled(&self, key: &str) -> Option<&str> {
        self.sent(key).filter(|value| !value.is_empty())
    }

    /// The value, or the answer that it is missing.
    pub fn required(&self, key: &str) -> Result<&str, Failure> {
        self.filled(key).ok_or_else(|| Answer::new(504).detail(key))
    }

    /// `BASE0`, `BASE1`, … by index, empty elements left out; `None` if not one of them was sent.
    pub fn list(&self, base: &str) -> Option<Vec<(String, &str)>> {
        let mut all = self.indexed(base);
        if all.is_empty() {
            return None;
        }
        all.retain(|(_, value)| !value.is_empty());
        Some(all)
    }

    /// As [`list`](Self::list), empty elements kept.
    pub fn indexed(&self, base: &str) -> Vec<(String, &str)> {
        let place = |key: &str| -> Option<u32> { key.strip_prefix(base)?.parse().ok() };
        let mut found: Vec<(u32, String, &str)> = self
            .attributes()
            .filter_map(|(key, value)| Some((place(key)?, key.to_owned(), value)))
            .collect();
        found.sort_by_key(|(index, _, _)| *index);
        found
            .into_iter()
            .map(|(_, key, value)| (key, value))
            .collect()
    }

    /// The command as text, for logs and pages: what must not be seen is starred.
    pub fn masked(&self) -> Vec<String> {
        let secret = |key: &str| {
            ["PASSWORD", "AUTH", "DOMAINAUTH", "TRIGGER"].contains(&key) || key.starts_with("PEM")
        };
        let attributes = self.attributes().map(|(key, value)| {
            if secret(key) {
                format!("{key}=***")
            } else {
                format!("{key}={value}")
            }
        });
        std::iter::once(format!("COMMAND={}", self.name))
            .chain(attributes)
            .collect()
    }
}

/// Whether an attribute is named by a pattern: `#` stands for an index, a closing `@` for a contact's field
/// or nothing, a closing `*` for anything.
pub fn matches(pattern: &str, key: &str) -> bool {
    match pattern.split_once('#') {
        None => match pattern.strip_suffix('*') {
            Some(head) => key.len() > head.len() && key.starts_with(head),
            None => pattern == key,
        },
        Some((head, tail)) => {
            let Some(rest) = key.strip_prefix(head) else {
                return false;
            };
            let field = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let index = rest.len() - field.len();
            let fits = match tail {
                "@" => field.is_empty() || CONTACT_FIELDS.contains(&field) || is_street(field),
                tail => field == tail,
            };
            (1..=4).contains(&index) && fits
        }
    }
}

/// What a contact can hold.
pub const CONTACT_FIELDS: &[&str] = &[
    "TITLE",
    "NAME",
    "FIRSTNAME",
    "MIDDLENAME",
    "LASTNAME",
    "ORGANIZATION",
    "STREET",
    "CITY",
    "ZIP",
    "STATE",
    "COUNTRY",
    "PHONE",
    "FAX",
    "EMAIL",
    "VATID",
    "IDNUMBER",
    "IDAUTHORITY",
    "DISCLOSE",
    "NEW",
];

fn is_street(field: &str) -> bool {
    matches!(field, "STREET0" | "STREET1" | "STREET2")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_written_forms_are_the_same_command() {
        let plain = Command::parse("COMMAND=AddDomain\nDOMAIN=a.com\nPERIOD=1Y").unwrap();
        let wrapped = Command::parse(
            "[COMMAND]\r\ncommand = AddDomain\r\n\r\nDomain = a.com\r\nPERIOD =1Y\r\nEOF\r\nX=1",
        )
        .unwrap();
        assert_eq!(plain, wrapped);
        assert_eq!(plain.sent("PERIOD"), Some("1Y"));
    }

    #[test]
    fn values_keep_their_equals_signs_and_lists_their_order() {
        let command = Command::parse("COMMAND=x\nB10=j\nB2=a=b\nB0=\nB=z\nBX=q").unwrap();
        let list: Vec<_> = command
            .list("B")
            .unwrap()
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(list, ["a=b", "j"]);
        assert_eq!(command.list("C"), None);
    }

    #[test]
    fn a_line_without_a_key_is_no_command() {
        for text in ["COMMAND=x\nfoo", "=x"] {
            assert_eq!(Command::parse(text).unwrap_err().code(), 507);
        }
    }

    #[test]
    fn secrets_are_starred() {
        let command = Command::parse("COMMAND=x\nAUTH=abc\nPASSWORD=p\nPEM0=k\nDOMAIN=d").unwrap();
        assert_eq!(
            command.masked(),
            [
                "COMMAND=x",
                "AUTH=***",
                "PASSWORD=***",
                "PEM0=***",
                "DOMAIN=d"
            ]
        );
    }

    #[test]
    fn patterns_name_indexed_attributes_and_contact_fields() {
        for (pattern, key, fits) in [
            ("DOMAIN", "DOMAIN", true),
            ("DOMAIN#", "DOMAIN12", true),
            ("DOMAIN#", "DOMAIN", false),
            ("OWNERCONTACT#@", "OWNERCONTACT0", true),
            ("OWNERCONTACT#@", "OWNERCONTACT0EMAIL", true),
            ("OWNERCONTACT#@", "OWNERCONTACT0STREET1", true),
            ("OWNERCONTACT#@", "OWNERCONTACT0SHOESIZE", false),
            ("X-*", "X-DE-FOO", true),
            ("X-*", "X-", false),
        ] {
            assert_eq!(matches(pattern, key), fits, "{pattern} {key}");
        }
    }

    proptest! {
        #[test]
        fn what_an_sdk_writes_is_read_back(pairs in proptest::collection::btree_map("[A-Z][A-Z0-9-]{0,12}", "[!-~]([ -~]{0,20}[!-~])?", 0..8)) {
            let pairs: Vec<_> = pairs.into_iter().filter(|(key, _)| key != "COMMAND").collect();
            let mut text = "COMMAND=Test".to_owned();
            for (key, value) in &pairs {
                text.push_str(&format!("\n{key}={value}"));
            }
            let command = Command::parse(&text).unwrap();
            prop_assert_eq!(command.name(), "Test");
            let read: Vec<_> = command.attributes().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|([A-Z]{0,4}[=\r\n #]?){0,30}") {
            if let Ok(command) = Command::parse(&text) {
                let _ = command.list("DOMAIN");
                for (key, _) in command.attributes() {
                    let _ = matches("OWNERCONTACT#@", key);
                }
            }
        }
    }
}
