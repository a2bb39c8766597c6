//! Amounts as WHMCS keeps them: two decimals in every currency, exact.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use rust_decimal::{Decimal, RoundingStrategy};

/// Hundredths of a currency unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i64);

impl Amount {
    pub const ZERO: Self = Self(0);

    /// Reads `12`, `12.5`, `12.50`, `-3.2`, `.5`, and zeros beyond two decimals; nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = !(whole.is_empty() && fraction.is_empty())
            && whole
                .bytes()
                .chain(fraction.bytes())
                .all(|b| b.is_ascii_digit());
        let (kept, beyond) = fraction.split_at_checked(2).unwrap_or((fraction, ""));
        if !numeric || beyond.bytes().any(|b| b != b'0') {
            return None;
        }
        // Fourteen digits before the point are what DECIMAL(16,2) holds.
        let hundredths: i64 = format!("{whole}{kept:0<2}")
            .parse()
            .ok()
            .filter(|n| *n < 10_i64.pow(16))?;
        Some(Self(if negative { -hundredths } else { hundredths }))
    }

    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// This amount in a currency that is worth `rate` times as much, rounded half up.
    pub fn times(self, rate: Decimal) -> Option<Self> {
        let exact = Decimal::from(self.0).checked_mul(rate)?;
        let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(rounded).ok().map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, hundredths) in [
            ("12", 1200),
            ("12.5", 1250),
            (".05", 5),
            ("-3.20", -320),
            ("1.500", 150),
        ] {
            assert_eq!(Amount::parse(text), Some(Amount(hundredths)), "{text}");
        }
        for wrong in [
            "",
            ".",
            "1,5",
            "1e2",
            "1.005",
            "--1",
            "abc",
            "99999999999999999",
        ] {
            assert_eq!(Amount::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Amount(-5).to_string(), "-0.05");
        assert_eq!(
            Amount(1005).times(Decimal::new(5025, 2)),
            Some(Amount(50501))
        );
    }
}
