//! Mobile numbers in one canonical form.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// An Egyptian mobile number, canonical as `+201XXXXXXXXX`. Two numbers are the same person's only if they
/// are equal; never compare the last digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads any spelling that names exactly one number: national, international with `+`, `00` or
    /// nothing, without the leading zero, with a superfluous one; ASCII, Arabic-Indic or Persian digits;
    /// blanks, dashes, dots, brackets and invisible marks between them.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let wrong = || PhoneError(text.chars().take(40).collect());
        let mut digits = String::new();
        for c in text.nfkc() {
            match c {
                '0'..='9' => digits.push(c),
                '٠'..='٩' => digits.push(shift(c, '٠')),
                '۰'..='۹' => digits.push(shift(c, '۰')),
                '+' if digits.is_empty() => {}
                ' ' | '\t' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' => {}
                c if is_invisible(c) => {}
                _ => return Err(wrong()),
            }
        }
        let national = digits
            .strip_prefix("0020")
            .or_else(|| digits.strip_prefix("20"))
            .unwrap_or(&digits);
        let national = national.strip_prefix('0').unwrap_or(national);
        let mut chars = national.chars();
        let mobile = national.len() == 10
            && chars.next() == Some('1')
            && matches!(chars.next(), Some('0' | '1' | '2' | '5'));
        if !mobile {
            return Err(wrong());
        }
        Ok(Self(format!("+20{national}")))
    }

    /// `+201XXXXXXXXX`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// `01XXXXXXXXX`, as people in Egypt write it.
    pub fn national(&self) -> String {
        format!("0{}", self.0.strip_prefix("+20").unwrap_or(&self.0))
    }

    /// `010****5678`: for pages and logs that must not name the payer.
    pub fn masked(&self) -> String {
        let national = self.national();
        let head = national.get(..3).unwrap_or_default();
        let tail = national.get(7..).unwrap_or_default();
        format!("{head}****{tail}")
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.national())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// The text is not one Egyptian mobile number.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{0}\" is not an Egyptian mobile number")]
pub struct PhoneError(String);

fn shift(c: char, zero: char) -> char {
    let value = u32::from(c).saturating_sub(u32::from(zero));
    char::from_digit(value, 10).unwrap_or('?')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_that_number() {
        for spelling in [
            "01012345678",
            "1012345678",
            "201012345678",
            "+201012345678",
            "00201012345678",
            "+20 010 1234-5678",
            "0020 0101 234 5678",
            "٠١٠١٢٣٤٥٦٧٨",
            "۰۱۰۱۲۳۴۵۶۷۸",
            "\u{200F}(010) 1234.5678\u{00A0}",
        ] {
            assert_eq!(
                Phone::parse(spelling).unwrap().e164(),
                "+201012345678",
                "{spelling}"
            );
        }
    }

    #[test]
    fn what_names_no_number_is_refused() {
        for wrong in [
            "",
            "0101234567",
            "010123456789",
            "01312345678",
            "0101234567x",
            "010****5678",
            "0020020102030405",
            "+441012345678",
            "123",
            "++",
            "01012345678 01112345678",
        ] {
            assert!(Phone::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_masked_number_keeps_only_its_ends() {
        let phone = Phone::parse("01012345678").unwrap();
        assert_eq!(phone.masked(), "010****5678");
        assert_eq!(format!("{phone:?}"), "Phone(010****5678)");
    }

    proptest! {
        #[test]
        fn canonical_forms_read_back_and_nothing_panics(text in ".{0,30}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.e164()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse(&phone.national()), Ok(phone));
            }
        }
    }
}
