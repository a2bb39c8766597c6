//! Countries whose mobile numbers and wallets are known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Currency;

/// A country, written as its ISO 3166 code: `EG`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub enum Country {
    #[default]
    Egypt,
    Kenya,
    Tanzania,
    Uganda,
    Rwanda,
    Congo,
    Ghana,
    Bangladesh,
    Pakistan,
    India,
}

/// What is known of a country's mobile numbers and time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    code: &'static str,
    name: &'static str,
    currency: &'static str,
    /// Without `+`.
    pub(crate) calling: &'static str,
    /// Digits of a mobile number after the calling code.
    pub(crate) digits: usize,
    /// What these begin with; numbers are portable, so it tells nothing about the wallet.
    pub(crate) begins: &'static [&'static str],
    /// What people at home put before them.
    pub(crate) trunk: &'static str,
    /// Hours that the country's winter time is ahead of UTC; for machines without time zone data.
    winter: i8,
    zone: &'static str,
}

impl Country {
    pub const ALL: &'static [Self] = &[
        Self::Egypt,
        Self::Kenya,
        Self::Tanzania,
        Self::Uganda,
        Self::Rwanda,
        Self::Congo,
        Self::Ghana,
        Self::Bangladesh,
        Self::Pakistan,
        Self::India,
    ];

    /// `EG`.
    pub fn code(self) -> &'static str {
        self.facts().code
    }

    /// In English, for complaints.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// What wallets of the country hold.
    pub fn currency(self) -> Currency {
        self.facts().currency.parse().unwrap_or(Currency::EGP)
    }

    /// A mobile number as people there write it, of nobody in particular: `01012345678`.
    pub fn example(self) -> String {
        let facts = self.facts();
        let begins = facts.begins.first().copied().unwrap_or_default();
        let rest = "1234567890";
        let length = facts.digits.saturating_sub(begins.len());
        format!(
            "{}{begins}{}",
            facts.trunk,
            rest.get(..length).unwrap_or(rest)
        )
    }

    /// The calling code without `+`: `20`.
    pub fn calling_code(self) -> &'static str {
        self.facts().calling
    }

    /// The time zone of its capital: `Africa/Cairo`.
    pub fn zone(self) -> &'static str {
        self.facts().zone
    }

    /// Hours ahead of UTC, without summer time.
    pub fn winter_hours(self) -> i8 {
        self.facts().winter
    }

    pub(crate) fn facts(self) -> Facts {
        let facts = |code, name, currency, calling, digits, begins, (winter, zone)| Facts {
            code,
            name,
            currency,
            calling,
            digits,
            begins,
            trunk: "0",
            winter,
            zone,
        };
        match self {
            Self::Egypt => facts(
                "EG",
                "Egypt",
                "EGP",
                "20",
                10,
                &["10", "11", "12", "15"],
                (2, "Africa/Cairo"),
            ),
            Self::Kenya => facts(
                "KE",
                "Kenya",
                "KES",
                "254",
                9,
                &["7", "1"],
                (3, "Africa/Nairobi"),
            ),
            Self::Tanzania => facts(
                "TZ",
                "Tanzania",
                "TZS",
                "255",
                9,
                &["6", "7"],
                (3, "Africa/Dar_es_Salaam"),
            ),
            Self::Uganda => facts(
                "UG",
                "Uganda",
                "UGX",
                "256",
                9,
                &["7"],
                (3, "Africa/Kampala"),
            ),
            Self::Rwanda => facts(
                "RW",
                "Rwanda",
                "RWF",
                "250",
                9,
                &["7"],
                (2, "Africa/Kigali"),
            ),
            Self::Congo => facts(
                "CD",
                "Congo (Kinshasa)",
                "CDF",
                "243",
                9,
                &["8", "9"],
                (1, "Africa/Kinshasa"),
            ),
            Self::Ghana => facts(
                "GH",
                "Ghana",
                "GHS",
                "233",
                9,
                &["2", "5"],
                (0, "Africa/Accra"),
            ),
            Self::Bangladesh => facts(
                "BD",
                "Bangladesh",
                "BDT",
                "880",
                10,
                &["13", "14", "15", "16", "17", "18", "19"],
                (6, "Asia/Dhaka"),
            ),
            Self::Pakistan => facts(
                "PK",
                "Pakistan",
                "PKR",
                "92",
                10,
                &["3"],
                (5, "Asia/Karachi"),
            ),
            Self::India => Facts {
                trunk: "",
                ..facts(
                    "IN",
                    "India",
                    "INR",
                    "91",
                    10,
                    &["6", "7", "8", "9"],
                    // Half an hour less than it is: near enough for telling days.
                    (5, "Asia/Kolkata"),
                )
            },
        }
    }
}

impl FromStr for Country {
    type Err = CountryError;

    /// Reads the code in either case.
    fn from_str(text: &str) -> Result<Self, CountryError> {
        Self::ALL
            .iter()
            .find(|country| country.code().eq_ignore_ascii_case(text.trim()))
            .copied()
            .ok_or_else(|| CountryError(text.chars().take(20).collect()))
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;
    fn try_from(text: String) -> Result<Self, CountryError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The code is of no country whose wallets are known.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("\"{0}\" is no country that Wharf knows; it knows {known}", known = known())]
pub struct CountryError(String);

fn known() -> String {
    let codes: Vec<&str> = Country::ALL.iter().map(|country| country.code()).collect();
    codes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_read_by_their_code_and_know_their_money() {
        assert_eq!("eg".parse(), Ok(Country::Egypt));
        for country in Country::ALL {
            assert_eq!(country.code().parse(), Ok(*country));
            assert_eq!(country.currency().as_str(), country.facts().currency);
            let example = country.example();
            let read = crate::Phone::parse_in(*country, &example).unwrap();
            assert_eq!(read.national(), example);
        }
        assert_eq!(Country::Rwanda.currency().exponent(), 0);
        let error = "XX".parse::<Country>().unwrap_err().to_string();
        assert!(
            error.contains("\"XX\"") && error.contains("EG, KE"),
            "{error}"
        );
    }
}
