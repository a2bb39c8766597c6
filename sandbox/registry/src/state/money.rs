//! Prices and who pays them.

use wharf_core::Money;

use super::{Domain, Premium, State};
use crate::zones::Zone;

/// An amount in minor units; without a currency it is in the payer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub minor: i64,
    pub currency: Option<&'static str>,
}

impl Price {
    pub fn amount(&self) -> String {
        amount(self.minor)
    }
}

/// Minor units as the platform writes them.
pub fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// Units of each currency for a euro, in millionths.
pub static RATES: &[(&str, i64)] = &[
    ("EUR", 1_000_000),
    ("USD", 1_087_500),
    ("GBP", 842_000),
    ("CHF", 954_200),
    ("EGP", 53_120_000),
    ("SAR", 4_079_300),
    ("AED", 3_994_100),
];

impl State {
    /// Takes the price, unless the account has too little; says whether it did.
    pub fn charge(&mut self, account: &str, price: Price) -> bool {
        let Some(account) = self.accounts.get_mut(account) else {
            return false;
        };
        let minor = in_currency(price, account.balance.currency.as_str());
        let left = account
            .balance
            .minor
            .checked_sub(minor)
            .filter(|left| *left >= 0);
        match left {
            Some(left) => {
                account.balance = Money::new(left, account.balance.currency);
                true
            }
            None => false,
        }
    }

    pub fn refund(&mut self, account: &str, price: Price) {
        if let Some(account) = self.accounts.get_mut(account) {
            let minor = in_currency(price, account.balance.currency.as_str());
            let sum = account.balance.minor.saturating_add(minor);
            account.balance = Money::new(sum, account.balance.currency);
        }
    }
}

impl Zone {
    pub fn registration_price(&self, years: i64) -> Price {
        self.price(self.prices.setup + self.prices.years(years))
    }

    pub fn transfer_price(&self, years: i64) -> Price {
        self.price(self.prices.transfer * years)
    }

    pub fn price(&self, minor: i64) -> Price {
        Price {
            minor,
            currency: self.currency,
        }
    }
}

impl Domain {
    /// What so many years more cost.
    pub fn renewal_price(&self, years: i64) -> Price {
        match &self.premium {
            Some(premium) => premium.renewal_price(years),
            None => self.zone.price(self.zone.prices.years(years)),
        }
    }

    pub fn restore_price(&self) -> Price {
        match &self.premium {
            Some(premium) => Price {
                minor: premium.renewal_price(1).minor + 8_000,
                ..premium.renewal_price(1)
            },
            None => self.zone.price(self.zone.prices.restore),
        }
    }
}

impl Premium {
    pub fn registration_price(&self, years: i64) -> Price {
        let later = self.renewal_price(1).minor * (years - 1);
        self.marked_up(self.setup, SETUP_FIX, later)
    }

    pub fn renewal_price(&self, years: i64) -> Price {
        let one = self.marked_up(self.annual, 0, 0);
        Price {
            minor: one.minor * years,
            ..one
        }
    }

    fn marked_up(&self, minor: i64, fix: i64, more: i64) -> Price {
        Price {
            minor: minor + minor * MARKUP_PERCENT / 100 + fix + more,
            currency: Some(PREMIUM_CURRENCY),
        }
    }
}

/// What the registrar adds to a registry's premium price.
pub const MARKUP_PERCENT: i64 = 5;
pub const SETUP_FIX: i64 = 200;
pub const PREMIUM_CURRENCY: &str = "USD";

/// Rounds half up. A currency without a rate is taken for the payer's own.
fn in_currency(price: Price, payer: &str) -> i64 {
    let rate = |code: &str| {
        RATES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, rate)| *rate)
    };
    let from = price.currency.unwrap_or(payer);
    match (rate(from), rate(payer)) {
        (Some(from_rate), Some(to_rate)) if from != payer => {
            (2 * price.minor * to_rate + from_rate).div_euclid(2 * from_rate)
        }
        _ => price.minor,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_dearer_price_never_costs_less(minor in 0_i64..100_000_000, more in 0_i64..1_000, from in 0..RATES.len(), to in 0..RATES.len()) {
            let (from, to) = (RATES[from].0, RATES[to].0);
            let cost = |minor| in_currency(Price { minor, currency: Some(from) }, to);
            prop_assert!(cost(minor) >= 0 && cost(minor) <= cost(minor + more));
            // There and back differs by less than a unit of the coarser currency.
            let back = in_currency(Price { minor: cost(minor), currency: Some(to) }, from);
            prop_assert!((back - minor).abs() <= 60);
        }
    }

    #[test]
    fn prices_are_paid_in_the_accounts_currency() {
        let price = |minor, currency| Price { minor, currency };
        for (minor, currency, payer, expected) in [
            (1_000, None, "USD", 1_000),
            (1_000, Some("USD"), "USD", 1_000),
            (1_000, Some("EUR"), "USD", 1_088),
            (9_500, Some("CHF"), "USD", 10_827),
            (1_000, Some("XXX"), "USD", 1_000),
        ] {
            assert_eq!(in_currency(price(minor, currency), payer), expected);
        }
    }
}
