//! Domain names as registries know them.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A registrable name or a host below one, in lower-case ASCII form (A-labels, RFC 5891), without a
/// trailing dot: `example.com`, `xn--mnchen-3ya.de`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// Reads a Unicode or ASCII name of two labels or more. Conversion is UTS #46, non-transitional
    /// (`ß` is kept); labels are checked for letters, digits and inner hyphens, and lengths (RFC 1035).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let wrong = |why| NameError {
            text: text.chars().take(80).collect(),
            why,
        };
        let trimmed = text.trim().strip_suffix('.').unwrap_or(text.trim());
        let ascii = idna::domain_to_ascii_strict(trimmed)
            .map_err(|_| wrong("it has characters that no domain name has"))?;
        let labels: Vec<&str> = ascii.split('.').collect();
        if labels.len() < 2 {
            return Err(wrong("it has no extension"));
        }
        if ascii.len() > 253
            || labels
                .iter()
                .any(|label| label.is_empty() || label.len() > 63)
        {
            return Err(wrong("a part of it is empty or too long"));
        }
        let fits = |label: &&str| {
            label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !labels.iter().all(fits) {
            return Err(wrong("it has characters that no domain name has"));
        }
        if labels
            .last()
            .is_some_and(|tld| tld.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(wrong("it is an address, not a name"));
        }
        Ok(Self(ascii))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For people: `münchen.de`.
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    pub fn is_idn(&self) -> bool {
        self.0.split('.').any(|label| label.starts_with("xn--"))
    }

    /// The public suffix (`com`, `co.uk`) by the public suffix list, its private part left out; else the
    /// last label.
    pub fn tld(&self) -> Tld {
        let suffix = psl::suffix(self.0.as_bytes())
            .filter(|suffix| suffix.typ() != Some(psl::Type::Private))
            .and_then(|suffix| std::str::from_utf8(suffix.as_bytes()).ok())
            .filter(|suffix| suffix.len() < self.0.len());
        let last = self.0.rsplit('.').next().unwrap_or_default();
        Tld(suffix.unwrap_or(last).to_owned())
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for DomainName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DomainName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

/// A registry suffix without the leading dot, lower-case ASCII: `com`, `co.uk`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tld(String);

impl Tld {
    /// Reads `com`, `.com`, `.CO.UK` or a Unicode suffix.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let bare = text.trim().trim_start_matches('.');
        let whole = DomainName::parse(&format!("x.{bare}"))?;
        Ok(Self(
            whole.0.strip_prefix("x.").unwrap_or_default().to_owned(),
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".{}", self.0)
    }
}

impl TryFrom<String> for Tld {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Tld> for String {
    fn from(tld: Tld) -> Self {
        tld.0
    }
}

/// The text is no domain name; `why` speaks to the person who typed it.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{text}\" is not a domain name: {why}")]
pub struct NameError {
    text: String,
    why: &'static str,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_lower_case_a_labels() {
        for (text, ascii) in [
            ("Example.COM.", "example.com"),
            ("münchen.de", "xn--mnchen-3ya.de"),
            ("straße.de", "xn--strae-oqa.de"),
            ("مثال.com", "xn--mgbh0fb.com"),
            ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
            ("ns1.example.co.uk", "ns1.example.co.uk"),
        ] {
            assert_eq!(DomainName::parse(text).unwrap().as_str(), ascii);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in [
            "",
            "com",
            ".com",
            "a..com",
            "-a.com",
            "a-.com",
            "a b.com",
            "a_b.com",
            "10.0.0.1",
            "exa\nmple.com",
            "a/b.com",
            "a@b.com",
            "*.com",
        ] {
            assert!(DomainName::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(DomainName::parse(&format!("{}.com", "a".repeat(64))).is_err());
    }

    #[test]
    fn the_suffix_is_the_registrys() {
        let tld = |text: &str| DomainName::parse(text).unwrap().tld().as_str().to_owned();
        assert_eq!(tld("shop.example.co.uk"), "co.uk");
        assert_eq!(tld("example.com"), "com");
        assert_eq!(tld("me.github.io"), "io");
        assert_eq!(Tld::parse(".CO.UK").unwrap().to_string(), ".co.uk");
    }

    proptest! {
        #[test]
        fn a_name_that_parses_is_its_own_canonical_form(text in ".{0,40}") {
            if let Ok(name) = DomainName::parse(&text) {
                prop_assert_eq!(DomainName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
