//! What customers type.

use crate::wallets::text::clean;

/// The text is no operator's transaction number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotANumber;

/// An operator's transaction number, or its last digits: digits, at some operators with letters. `None`: nothing
/// was typed.
pub(crate) fn transaction_number(text: &str) -> Result<Option<String>, NotANumber> {
    // Operators print a sign around it.
    let number: String = clean(text)
        .trim_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if number.is_empty() {
        return Ok(None);
    }
    // Few of InstaPay's and Nagad's (eight signs), and of bKash's and M-PESA's (ten), have no digit.
    let well_formed = (5..=40).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
        && (matches!(number.len(), 8 | 10) || number.bytes().any(|b| b.is_ascii_digit()));
    well_formed.then_some(Some(number)).ok_or(NotANumber)
}

/// Whether a transaction number may be more than its last digits.
pub(crate) fn is_whole(number: &str) -> bool {
    number.len() >= WHOLE
}

/// No operator's transaction number is shorter.
const WHOLE: usize = 6;

/// Signs that nobody sees: they end lines, and turn the direction of what stands around them.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{3164}' | '\u{e0000}'..='\u{e007f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// A text of several lines without such signs.
pub fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\n' || !is_hidden(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_operators_print_them() {
        for (typed, number) in [
            ("023123456789", "023123456789"),
            (" 0231 2345-6789 ", "023123456789"),
            ("\u{200F}٠٢٣١٢٣٤٥٦٧٨٩", "023123456789"),
            ("ck7abc2d9e", "CK7ABC2D9E"),
            ("facebeda", "FACEBEDA"),
            ("6429166868.", "6429166868"),
            ("#4a36bb42", "4A36BB42"),
        ] {
            assert_eq!(
                transaction_number(typed),
                Ok(Some(number.to_owned())),
                "{typed}"
            );
        }
        assert_eq!(transaction_number(" \u{200F} "), Ok(None));
        for wrong in [
            "1234",
            "none",
            "I have sent it",
            "0231.2345",
            "<b>12345678</b>",
        ] {
            assert_eq!(transaction_number(wrong), Err(NotANumber), "{wrong}");
        }
        assert_eq!(transaction_number(&"1".repeat(41)), Err(NotANumber));
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again(text in ".{0,40}") {
            if let Ok(Some(number)) = transaction_number(&text) {
                prop_assert_eq!(transaction_number(&number), Ok(Some(number.clone())));
            }
        }
    }
}
