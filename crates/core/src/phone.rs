//! Mobile numbers in one canonical form.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::Country;
use crate::country::Facts;

/// A mobile number, canonical as `+201XXXXXXXXX`. Two numbers are the same person's only if they are equal;
/// never compare the last digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads a number of Egypt; see [`parse_in`](Self::parse_in).
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        Self::parse_in(Country::Egypt, text)
    }

    /// Reads any spelling that names exactly one mobile number of the country: national, international with
    /// `+`, `00` or nothing, without the leading zero, with a superfluous one; ASCII, Arabic-Indic or
    /// Persian digits; blanks, dashes, dots, brackets and invisible marks between them. A masked number
    /// names nobody.
    pub fn parse_in(country: Country, text: &str) -> Result<Self, PhoneError> {
        let wrong = || PhoneError {
            text: text.chars().take(40).collect(),
            country,
        };
        let Facts {
            calling,
            digits: length,
            begins,
            ..
        } = country.facts();
        let (digits, plus) = digits(text).ok_or_else(wrong)?;
        // The lengths of these differ, so at most one is meant.
        let international = |digits: &str| {
            let rest = digits.strip_prefix(calling)?;
            let rest = rest.strip_prefix('0').unwrap_or(rest);
            (rest.len() == length).then(|| rest.to_owned())
        };
        let national = || {
            let bare = digits.len() == length && !plus;
            let rest = if bare {
                Some(digits.as_str())
            } else {
                digits.strip_prefix('0')
            };
            rest.filter(|rest| rest.len() == length).map(str::to_owned)
        };
        let number = national()
            .or_else(|| international(digits.strip_prefix("00").unwrap_or(&digits)))
            .filter(|number| begins.iter().any(|begin| number.starts_with(begin)))
            .ok_or_else(wrong)?;
        Ok(Self(format!("+{calling}{number}")))
    }

    /// Reads the canonical form of whichever country, as databases and documents keep it.
    pub fn canonical(text: &str) -> Result<Self, PhoneError> {
        let country = text.strip_prefix('+').and_then(country_of);
        let phone = Self::parse_in(country.unwrap_or_default(), text)?;
        if phone.0 == text {
            return Ok(phone);
        }
        Err(PhoneError {
            text: text.chars().take(40).collect(),
            country: country.unwrap_or_default(),
        })
    }

    /// `+201XXXXXXXXX`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    pub fn country(&self) -> Country {
        let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
        country_of(digits).unwrap_or_default()
    }

    /// `01XXXXXXXXX`, as people in its country write it.
    pub fn national(&self) -> String {
        let Facts { calling, trunk, .. } = self.country().facts();
        let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
        let number = digits.strip_prefix(calling).unwrap_or(digits);
        format!("{trunk}{number}")
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
        Self::canonical(&text).or_else(|_| Self::parse(&text))
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// The text is not one mobile number of the country.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{text}\" is no mobile number of {}", country.name())]
pub struct PhoneError {
    text: String,
    country: Country,
}

/// The digits of a spelling in ASCII, and whether a plus stood before them.
fn digits(text: &str) -> Option<(String, bool)> {
    let mut digits = String::new();
    let mut plus = false;
    for c in text.nfkc() {
        match c {
            '0'..='9' => digits.push(c),
            '٠'..='٩' => digits.push(shift(c, '٠')),
            '۰'..='۹' => digits.push(shift(c, '۰')),
            '+' if digits.is_empty() && !plus => plus = true,
            ' ' | '\t' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' => {}
            c if is_invisible(c) => {}
            _ => return None,
        }
        if digits.len() > LONGEST {
            return None;
        }
    }
    Some((digits, plus))
}

/// No calling code of ours is the beginning of another.
fn country_of(digits: &str) -> Option<Country> {
    let calls = |country: &&Country| digits.starts_with(country.calling_code());
    Country::ALL.iter().find(calls).copied()
}

fn shift(c: char, zero: char) -> char {
    let value = u32::from(c).saturating_sub(u32::from(zero));
    char::from_digit(value, 10).unwrap_or('?')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

/// More digits than any spelling has.
const LONGEST: usize = 20;

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
            "\u{202A}+20\u{00A0}10 1234\u{2011}5678\u{202C}",
            "002001012345678",
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
            "010xxxx5678",
            "+20+1012345678",
            "+441012345678",
            "+1012345678",
            "+254712345678",
            "1234567890123456",
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

    #[test]
    fn each_country_has_its_own_spellings() {
        for (country, spellings, canonical, national) in [
            (
                Country::Kenya,
                &[
                    "0712345678",
                    "712345678",
                    "254712345678",
                    "+254 (0)712 345678",
                ][..],
                "+254712345678",
                "0712345678",
            ),
            (
                Country::Kenya,
                &["0110123456"],
                "+254110123456",
                "0110123456",
            ),
            (
                Country::Bangladesh,
                &["01712345678", "8801712345678", "+880 1712-345678"],
                "+8801712345678",
                "01712345678",
            ),
            (
                Country::Pakistan,
                &["03451234567", "923451234567"],
                "+923451234567",
                "03451234567",
            ),
            (
                Country::Ghana,
                &["0244123456", "233244123456"],
                "+233244123456",
                "0244123456",
            ),
            (
                Country::Rwanda,
                &["0788123456", "250788123456"],
                "+250788123456",
                "0788123456",
            ),
            (
                Country::Tanzania,
                &["0655123456", "+255655123456"],
                "+255655123456",
                "0655123456",
            ),
            (
                Country::Congo,
                &["0815123456", "00243815123456"],
                "+243815123456",
                "0815123456",
            ),
            // A national number may begin as the calling code does.
            (
                Country::India,
                &["9123456789", "919123456789", "09123456789"],
                "+919123456789",
                "9123456789",
            ),
        ] {
            for spelling in spellings {
                let phone = Phone::parse_in(country, spelling).unwrap();
                assert_eq!(phone.e164(), canonical, "{spelling}");
                assert_eq!(
                    (phone.country(), phone.national()),
                    (country, national.to_owned())
                );
            }
        }
        for (country, wrong) in [
            (Country::Kenya, "01012345678"),
            (Country::Kenya, "0212345678"),
            (Country::Bangladesh, "01212345678"),
            (Country::Pakistan, "04212345678"),
            (Country::Rwanda, "*********013"),
            (Country::India, "5123456789"),
            (Country::India, "+9123456789"),
        ] {
            assert!(Phone::parse_in(country, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_stored_reads_back_whatever_its_country() {
        let kenyan = Phone::parse_in(Country::Kenya, "0712345678").unwrap();
        let kept = String::from(kenyan.clone());
        assert_eq!(Phone::canonical(&kept), Ok(kenyan.clone()));
        assert_eq!(Phone::try_from(kept), Ok(kenyan.clone()));
        assert_eq!(kenyan.masked(), "071****678");
        for wrong in [
            "0712345678",
            "+25471234567",
            "+2540712345678",
            "+999712345678",
            "",
        ] {
            assert!(Phone::canonical(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_country_reads_its_own_canonical_forms_back(text in "[+0-9٠-٩ -]{0,20}", at in 0..Country::ALL.len()) {
            if let Ok(phone) = Phone::parse_in(Country::ALL[at], &text) {
                prop_assert_eq!(Phone::canonical(phone.e164()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse_in(Country::ALL[at], &phone.national()), Ok(phone));
            }
        }

        #[test]
        fn canonical_forms_read_back_and_nothing_panics(text in ".{0,30}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.e164()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse(&phone.national()), Ok(phone));
            }
        }
    }
}
