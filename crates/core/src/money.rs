//! Money: whole minor units of one currency. No floating point anywhere.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A currency code of three or four capital letters. WHMCS lets installations invent codes (`USDT`), so
/// codes outside ISO 4217 are accepted and have two decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 4]);

impl Currency {
    pub const EGP: Self = Self(*b"EGP\0");
    pub const USD: Self = Self(*b"USD\0");
    pub const EUR: Self = Self(*b"EUR\0");

    pub fn as_str(&self) -> &str {
        let text = self.0.strip_suffix(b"\0").unwrap_or(&self.0);
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Whether ISO 4217 has it.
    pub fn is_iso(&self) -> bool {
        iso_currency::Currency::from_code(self.as_str()).is_some()
    }

    /// Decimals of the minor unit (ISO 4217; 2 for codes outside it). At most 2: WHMCS keeps no more, so the thousandths
    /// of a Kuwaiti dinar (`KWD`) cannot be charged or credited.
    pub fn exponent(&self) -> u32 {
        iso_currency::Currency::from_code(self.as_str())
            .and_then(iso_currency::Currency::exponent)
            .map_or(2, |decimals| u32::from(decimals).min(2))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let mut code = [0_u8; 4];
        let bytes = text.as_bytes();
        let fits = (3..=4).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_uppercase);
        if !fits {
            return Err(MoneyError::Currency(text.to_owned()));
        }
        for (slot, byte) in code.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Ok(Self(code))
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in whole minor units (cents, piastres). May be negative; callers that need a positive
/// amount ask [`is_positive`](Self::is_positive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads `1250`, `1250.5`, `-3.20` or `.50`: ASCII digits, at most one dot. Zeros beyond the currency's
    /// decimals are accepted, anything else there is refused; so are exponents, signs but one leading
    /// minus, and grouping.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let wrong = || MoneyError::Amount(text.to_owned());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let well_formed = !(whole.is_empty() && fraction.is_empty())
            && whole
                .bytes()
                .chain(fraction.bytes())
                .all(|b| b.is_ascii_digit());
        if !well_formed {
            return Err(wrong());
        }
        let decimals = usize::try_from(currency.exponent()).map_err(|_| wrong())?;
        let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
        if beyond.bytes().any(|b| b != b'0') {
            return Err(MoneyError::Precision(text.to_owned()));
        }
        let joined = format!("{whole}{kept:0<decimals$}");
        let minor: i64 = joined.parse().map_err(|_| wrong())?;
        Ok(Self::new(if negative { -minor } else { minor }, currency))
    }

    pub fn is_positive(&self) -> bool {
        self.minor > 0
    }

    /// The amount without its currency, as WHMCS wants it: `1250.50`, `-3.20`, `700` for yen.
    pub fn amount(&self) -> String {
        self.to_decimal().to_string()
    }

    pub fn to_decimal(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// Sums in one currency; `None` on overflow or on different currencies.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self::new(minor, self.currency))
    }

    /// As [`checked_add`](Self::checked_add), subtracting.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_sub(other.minor)?;
        (self.currency == other.currency).then_some(Self::new(minor, self.currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// Why a text is no money.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MoneyError {
    #[error("\"{0}\" is not a currency code")]
    Currency(String),
    #[error("\"{0}\" is not an amount")]
    Amount(String),
    #[error("\"{0}\" has more decimals than the currency")]
    Precision(String),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let egp = |text| Money::parse(text, Currency::EGP).map(|m| m.minor);
        assert_eq!(egp("1250.5"), Ok(125_050));
        assert_eq!(egp(".50"), Ok(50));
        assert_eq!(egp("100.000"), Ok(10_000));
        assert_eq!(egp("-3.20"), Ok(-320));
        for wrong in [
            "",
            ".",
            "1e3",
            "1,000",
            "1.2.3",
            "+1",
            "٥٠",
            " 1",
            "--1",
            "99999999999999999999",
        ] {
            assert_eq!(egp(wrong), Err(MoneyError::Amount(wrong.to_owned())));
        }
        assert_eq!(egp("1.005"), Err(MoneyError::Precision("1.005".into())));
    }

    #[test]
    fn yen_have_no_decimals_and_invented_codes_have_two() {
        let jpy = "JPY".parse().unwrap();
        assert_eq!(Money::parse("700", jpy).unwrap().amount(), "700");
        assert_eq!("USDT".parse::<Currency>().unwrap().exponent(), 2);
        assert_eq!("KWD".parse::<Currency>().unwrap().exponent(), 2);
        assert!("usd".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(minor in any::<i64>().prop_filter("has a negation", |m| *m != i64::MIN)) {
            let money = Money::new(minor, Currency::EGP);
            prop_assert_eq!(Money::parse(&money.amount(), Currency::EGP), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::USD);
        }
    }
}
