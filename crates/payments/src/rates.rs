//! Exchange rates and what follows from them, in whole numbers only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wharf_core::{Currency, Money};

/// What the wallets hold (EGP, in Egypt) for one unit of another currency: an exact positive decimal, `50.25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    digits: i64,
    decimals: u32,
}

impl Rate {
    /// Of the wallets' own money.
    pub const ONE: Self = Self {
        digits: 1,
        decimals: 0,
    };

    /// What must be sent so that `due` is paid, in what the wallets hold: rounded up to a minor unit. `None` when no
    /// such amount can exist.
    pub fn asked_for(self, due: Money, held: Currency) -> Option<Money> {
        let numerator = i128::from(due.minor)
            .checked_mul(i128::from(self.digits))?
            .checked_mul(power(held.exponent())?)?;
        let denominator = power(due.currency.exponent() + self.decimals)?;
        let rounded_up = numerator
            .checked_add(denominator - 1)?
            .div_euclid(denominator);
        Some(Money::new(i64::try_from(rounded_up).ok()?, held))
    }

    /// Whether it is less than four fifths of the other, or more than five fourths: a slip of the pen more often than
    /// a market's doing.
    pub fn is_far_from(self, other: Self) -> bool {
        let scaled = |rate: Self, by: u32| Some(i128::from(rate.digits) * power(by)?);
        let (Some(own), Some(its)) = (scaled(self, other.decimals), scaled(other, self.decimals))
        else {
            return true;
        };
        own * 5 < its * 4 || own * 4 > its * 5
    }

    /// What money that was received is worth in a currency: rounded down to a minor unit.
    pub fn worth(self, received: Money, currency: Currency) -> Option<Money> {
        let numerator =
            i128::from(received.minor).checked_mul(power(currency.exponent() + self.decimals)?)?;
        let denominator =
            i128::from(self.digits).checked_mul(power(received.currency.exponent())?)?;
        let minor = i64::try_from(numerator.div_euclid(denominator)).ok()?;
        Some(Money::new(minor, currency))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError(text.chars().take(40).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits_only = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let fits = (1..=7).contains(&whole.len()) && fraction.len() <= 8 && !text.ends_with('.');
        if !fits || !digits_only(whole) || !digits_only(fraction) {
            return Err(wrong());
        }
        let digits: i64 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
        let decimals = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        if digits == 0 {
            return Err(wrong());
        }
        Ok(Self { digits, decimals })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decimals == 0 {
            return write!(f, "{}", self.digits);
        }
        let one = 10_i64.pow(self.decimals);
        let width = usize::try_from(self.decimals).unwrap_or_default();
        write!(f, "{}.{:0width$}", self.digits / one, self.digits % one)
    }
}

impl TryFrom<String> for Rate {
    type Error = RateError;
    fn try_from(text: String) -> Result<Self, RateError> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is not a rate: write what one unit costs in the wallets' currency as a positive decimal, such as 50.25"
)]
pub struct RateError(String);

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_exact_positive_decimals() {
        for text in ["50.25", "1", "0.05", "48.5000", "9999999.12345678"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "0",
            "0.00",
            "-1",
            "1e2",
            "50,25",
            "50.",
            ".5",
            "1.2.3",
            "٥٠",
            "123456789",
        ] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ten_dollars_at_50_25_cost_502_50() {
        let rate: Rate = "50.25".parse().unwrap();
        let due = Money::new(1_000, Currency::USD);
        let egp = |minor| Money::new(minor, Currency::EGP);
        assert_eq!(rate.asked_for(due, Currency::EGP), Some(egp(50_250)));
        assert_eq!(rate.worth(egp(50_250), Currency::USD), Some(due));
        assert_eq!(rate.worth(egp(50_249), Currency::USD).unwrap().minor, 999);
        assert_eq!(Rate::ONE.asked_for(egp(777), Currency::EGP), Some(egp(777)));
    }

    #[test]
    fn money_is_asked_for_and_counted_in_its_smallest_units_that_whmcs_keeps() {
        let [rwf, ugx, kwd] = ["RWF", "UGX", "KWD"].map(|code| code.parse::<Currency>().unwrap());
        let ten_dollars = Money::new(1_000, Currency::USD);
        let rate: Rate = "1452.35".parse().unwrap();
        let asked = rate.asked_for(ten_dollars, rwf).unwrap();
        assert_eq!(
            (asked.minor, asked.to_string()),
            (14_524, "14524 RWF".to_owned())
        );
        assert_eq!(rate.worth(asked, Currency::USD), Some(ten_dollars));
        assert_eq!(
            rate.worth(Money::new(14_523, ugx), Currency::USD)
                .unwrap()
                .minor,
            999
        );
        let dinar: Rate = "0.307".parse().unwrap();
        assert_eq!(dinar.asked_for(ten_dollars, kwd).unwrap().minor, 307);
    }

    proptest! {
        #[test]
        fn what_was_quoted_always_pays_what_is_due(
            minor in 1_i64..1_000_000_000_000,
            digits in 1_i64..1_000_000,
            decimals in 0_u32..6,
            held in prop::sample::select(vec!["EGP", "KES", "BDT", "RWF", "UGX", "KWD"]),
        ) {
            let held: Currency = held.parse().unwrap();
            let rate = Rate { digits, decimals };
            let due = Money::new(minor, Currency::USD);
            if let Some(asked) = rate.asked_for(due, held) {
                let less = Money::new(asked.minor - 1, held);
                prop_assert!(rate.worth(asked, Currency::USD).unwrap().minor >= minor);
                prop_assert!(rate.worth(less, Currency::USD).unwrap().minor < minor);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            let _ = text.parse::<Rate>();
        }
    }
}
