//! What the account pays, by price class. Never floats: amounts are decimals as the registrar wrote them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The account's price relations, by name, in the registrar's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    pub relations: Vec<(String, String)>,
    /// The account's own.
    pub currency: Option<String>,
}

impl PriceList {
    /// The classes that extensions are sold under, by name. Classes for a part of an extension's names only (by
    /// their length, script or region) are left out. Which extension a class is for is not said here: the
    /// platform drops dots, `COUK` could be two things.
    pub fn classes(&self) -> Vec<ClassPrices> {
        let mut classes: BTreeMap<&str, ClassPrices> = BTreeMap::new();
        for (name, value) in &self.relations {
            let Some((class, kind)) = of_class(name) else {
                continue;
            };
            if is_variant(class) {
                continue;
            }
            if !classes.contains_key(class) {
                classes.insert(class, ClassPrices::new(class));
            }
            if let Some(prices) = classes.get_mut(class) {
                prices.take(kind, value.trim());
            }
        }
        classes.into_values().collect()
    }

    /// What is added to premium prices that vary by name, by extension.
    pub fn premium_markups(&self) -> Vec<PremiumMarkup> {
        let mut markups: BTreeMap<String, PremiumMarkup> = BTreeMap::new();
        for (name, value) in &self.relations {
            let Some(rest) = without_prefix(name, "PRICE_CLASS_DOMAIN_PREMIUM_") else {
                continue;
            };
            let Some((class, kind)) = rest.split_once("_*_") else {
                continue;
            };
            let entry = markups
                .entry(class.to_ascii_uppercase())
                .or_insert_with_key(|class| PremiumMarkup {
                    class: class.clone(),
                    ..PremiumMarkup::default()
                });
            entry.take(&kind.to_ascii_uppercase(), value.trim());
        }
        markups.into_values().collect()
    }
}

/// A class and its prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassPrices {
    /// The extension in capitals without dots: `COM`, `COUK`, `XN--P1AI`.
    pub class: String,
    /// `None`: the account's.
    pub currency: Option<String>,
    pub regular: Charges,
    /// In force while a promotion lasts.
    pub promo: Charges,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charges {
    pub setup: Charge,
    pub annual: Charge,
    pub transfer: Charge,
    pub restore: Charge,
    pub trade: Charge,
}

/// One kind of price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// For one year, or once.
    pub flat: Option<Offer>,
    /// For whole terms of that many years.
    pub years: BTreeMap<u8, Offer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offer {
    At(Decimal),
    /// Named without a price: not sold.
    Blocked,
}

impl Offer {
    pub fn amount(self) -> Option<Decimal> {
        match self {
            Self::At(amount) => Some(amount),
            Self::Blocked => None,
        }
    }
}

impl Charge {
    /// For a whole term; `None` when not sold.
    fn of_term(&self, years: u8) -> Option<Decimal> {
        match self.years.get(&years) {
            Some(offer) => offer.amount(),
            None => self
                .flat?
                .amount()?
                .checked_mul(Decimal::from(years.max(1))),
        }
    }

    /// What is charged once with a term; nothing when there is no such charge, `None` when not sold.
    fn once(&self, years: u8) -> Option<Decimal> {
        match self.years.get(&years).or(self.flat.as_ref()) {
            Some(offer) => offer.amount(),
            None => Some(Decimal::ZERO),
        }
    }
}

impl ClassPrices {
    fn new(class: &str) -> Self {
        Self {
            class: class.to_ascii_uppercase(),
            ..Self::default()
        }
    }

    /// Registering for a term, outside of promotions.
    pub fn register(&self, years: u8) -> Option<Decimal> {
        let Charges { setup, annual, .. } = &self.regular;
        setup.once(years)?.checked_add(annual.of_term(years)?)
    }

    pub fn renew(&self, years: u8) -> Option<Decimal> {
        self.regular.annual.of_term(years)
    }

    /// With 0 years: a transfer without a further term.
    pub fn transfer(&self, years: u8) -> Option<Decimal> {
        self.regular.transfer.of_term(years)
    }

    /// Fetching back a deleted name, as charged: whether a year's renewal is in it differs by registry.
    pub fn restore(&self) -> Option<Decimal> {
        self.regular.restore.of_term(1)
    }

    /// What a registration costs while a promotion lasts, where one does.
    pub fn promo_register(&self, years: u8) -> Option<Decimal> {
        let Charges { setup, annual, .. } = &self.promo;
        if *setup == Charge::default() && *annual == Charge::default() {
            return None;
        }
        let part = |promo: &Charge, regular: &Charge, once: bool| {
            let charge = if *promo == Charge::default() {
                regular
            } else {
                promo
            };
            if once {
                charge.once(years)
            } else {
                charge.of_term(years)
            }
        };
        part(setup, &self.regular.setup, true)?.checked_add(part(
            annual,
            &self.regular.annual,
            false,
        )?)
    }

    fn take(&mut self, kind: &str, value: &str) {
        let kind = kind.to_ascii_uppercase();
        if kind == "CURRENCY" {
            self.currency = (!value.is_empty()).then(|| value.to_ascii_uppercase());
            return;
        }
        let (kind, charges) = match kind.strip_suffix("_PROMO") {
            Some(kind) => (kind, &mut self.promo),
            None => (kind.as_str(), &mut self.regular),
        };
        let word = kind.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = kind.get(word.len()..).unwrap_or_default();
        let charge = match word {
            "SETUP" => &mut charges.setup,
            "ANNUAL" => &mut charges.annual,
            "TRANSFER" => &mut charges.transfer,
            "RESTORE" => &mut charges.restore,
            "TRADE" => &mut charges.trade,
            // Back-orders and launch phases.
            _ => return,
        };
        let Some(offer) = offer(value) else {
            return;
        };
        if digits.is_empty() {
            charge.flat = Some(offer);
        } else if let Ok(years) = digits.parse() {
            charge.years.insert(years, offer);
        }
    }
}

/// What the platform adds to the registry's price of a premium name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PremiumMarkup {
    /// The extension in capitals without dots.
    pub class: String,
    pub currency: Option<String>,
    pub setup: Markup,
    pub annual: Markup,
    pub transfer: Markup,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markup {
    pub percent: Decimal,
    pub fixed: Decimal,
}

impl Markup {
    /// `price · (1 + percent / 100) + fixed`.
    pub fn on(&self, price: Decimal) -> Option<Decimal> {
        let share = price
            .checked_mul(self.percent)?
            .checked_div(Decimal::ONE_HUNDRED)?;
        price.checked_add(share)?.checked_add(self.fixed)
    }
}

impl PremiumMarkup {
    fn take(&mut self, kind: &str, value: &str) {
        if kind == "CURRENCY" {
            self.currency = (!value.is_empty()).then(|| value.to_ascii_uppercase());
            return;
        }
        let Some((word, part)) = kind.split_once("_MARKUP_") else {
            return;
        };
        let markup = match word {
            "SETUP" => &mut self.setup,
            "ANNUAL" => &mut self.annual,
            "TRANSFER" => &mut self.transfer,
            _ => return,
        };
        let Some(Offer::At(amount)) = offer(value) else {
            return;
        };
        match part {
            "VAR" => markup.percent = amount,
            "FIX" => markup.fixed = amount,
            _ => {}
        }
    }
}

/// The class and the rest of the name, where it is a price of an extension. Names that are longer than any real
/// one, or hold what is no part of a class, are not.
fn of_class(name: &str) -> Option<(&str, &str)> {
    let (class, kind) = without_prefix(name, "PRICE_CLASS_DOMAIN_")?.split_once('_')?;
    let plain = class
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (!class.is_empty() && plain && !class.eq_ignore_ascii_case("PREMIUM")).then_some((class, kind))
}

fn without_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a class is for a part of an extension's names only.
fn is_variant(class: &str) -> bool {
    let upper = class.to_ascii_uppercase();
    let bare = upper.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = bare.len() < upper.len();
    upper.starts_with("DPML")
        || ["IDN", "IDNTLD", "IDNTLDASCII", "REGIONAL"]
            .iter()
            .any(|end| upper.ends_with(end))
        || (numbered && (bare.ends_with("CHARS") || bare.ends_with("NUMBERS")))
}

/// `None`: what stands there is no amount, and is not taken for one. Amounts below zero are none.
fn offer(value: &str) -> Option<Offer> {
    if value.is_empty() {
        return Some(Offer::Blocked);
    }
    let amount: Decimal = value.parse().ok()?;
    (!amount.is_sign_negative() || amount.is_zero()).then_some(Offer::At(amount))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(relations: &[(&str, &str)]) -> PriceList {
        PriceList {
            relations: relations
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            currency: Some("USD".into()),
        }
    }

    fn amount(text: &str) -> Option<Decimal> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn prices_follow_the_platforms_formulas() {
        let classes = list(&[
            ("PRICE_CLASS_DOMAIN_COM_SETUP", "0.50"),
            ("PRICE_CLASS_DOMAIN_COM_ANNUAL", "8.99"),
            ("PRICE_CLASS_DOMAIN_COM_ANNUAL2", "17.00"),
            ("PRICE_CLASS_DOMAIN_COM_TRANSFER", "8.00"),
            ("PRICE_CLASS_DOMAIN_COM_RESTORE", "80.00"),
            ("PRICE_CLASS_DOMAIN_COM_CURRENCY", "usd"),
            ("PRICE_CLASS_DOMAIN_COM_SETUP_PROMO", "0"),
            ("PRICE_CLASS_DOMAIN_COM_ANNUAL1_PROMO", "1.99"),
            ("PRICE_CLASS_DOMAIN_COM_BACKORDER", "99"),
        ])
        .classes();
        let [com] = classes.as_slice() else {
            panic!("{classes:?}")
        };
        assert_eq!(com.class, "COM");
        assert_eq!(com.currency.as_deref(), Some("USD"));
        assert_eq!(com.register(1), amount("9.49"));
        assert_eq!(com.register(2), amount("17.50"));
        assert_eq!(com.register(3), amount("27.47"));
        assert_eq!(com.renew(1), amount("8.99"));
        assert_eq!(com.renew(2), amount("17"));
        assert_eq!(com.transfer(0), amount("8"));
        assert_eq!(com.transfer(1), amount("8"));
        assert_eq!(com.restore(), amount("80"));
        assert_eq!(com.promo_register(1), amount("1.99"));
        // The promotion has no word on two years.
        assert_eq!(com.promo_register(2), None);
    }

    #[test]
    fn what_is_blocked_or_no_number_is_not_sold() {
        let classes = list(&[
            ("PRICE_CLASS_DOMAIN_DE_ANNUAL", "5"),
            ("PRICE_CLASS_DOMAIN_DE_ANNUAL2", ""),
            ("PRICE_CLASS_DOMAIN_DE_TRANSFER", ""),
            ("PRICE_CLASS_DOMAIN_DE_RESTORE", "call us"),
            ("PRICE_CLASS_DOMAIN_XX_SETUP", ""),
            ("PRICE_CLASS_DOMAIN_XX_ANNUAL", "-5"),
        ])
        .classes();
        let [de, xx] = classes.as_slice() else {
            panic!("{classes:?}")
        };
        assert_eq!(de.register(1), amount("5"));
        assert_eq!((de.register(2), de.renew(2)), (None, None));
        assert_eq!((de.transfer(1), de.restore()), (None, None));
        assert_eq!((xx.register(1), xx.renew(1)), (None, None));
    }

    #[test]
    fn classes_for_some_names_only_and_other_things_are_left_out() {
        let names: Vec<(String, String)> = [
            "COUK",
            "XN--P1AI",
            "DEIDN",
            "TVIDNTLD",
            "TVIDNTLDASCII",
            "LACHARS1",
            "CNNUMBERS3",
            "CNREGIONAL",
            "DPMLPLUS",
        ]
        .iter()
        .map(|class| (format!("price_class_domain_{class}_ANNUAL"), "1".to_owned()))
        .chain(
            [
                "PRICE_CLASS_SSLCERT_X_ANNUAL",
                "PRICE_CLASS_DOMAIN_",
                "PRICE_CLASS_DOMAIN_PREMIUM_ART_ANNUAL",
            ]
            .map(|name| (name.to_owned(), "1".to_owned())),
        )
        .collect();
        let found: Vec<String> = PriceList {
            relations: names,
            currency: None,
        }
        .classes()
        .into_iter()
        .map(|class| class.class)
        .collect();
        assert_eq!(found, ["COUK", "XN--P1AI"]);
    }

    #[test]
    fn premium_prices_get_their_markup() {
        let markups = list(&[
            ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_SETUP_MARKUP_VAR", "10"),
            ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_SETUP_MARKUP_FIX", "2.50"),
            ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_ANNUAL_MARKUP_VAR", "5"),
            ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_CURRENCY", "USD"),
            ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_SETUP_MARKUP_NEW", "5"),
        ])
        .premium_markups();
        let [art] = markups.as_slice() else {
            panic!("{markups:?}")
        };
        assert_eq!(
            (art.class.as_str(), art.currency.as_deref()),
            ("ART", Some("USD"))
        );
        assert_eq!(art.setup.on("200".parse().unwrap()), amount("222.50"));
        assert_eq!(art.annual.on("100".parse().unwrap()), amount("105"));
        assert_eq!(art.transfer.on("100".parse().unwrap()), amount("100"));
    }

    proptest! {
        #[test]
        fn no_relation_makes_it_panic(relations in proptest::collection::vec(
            ("(PRICE_CLASS_DOMAIN_)?(PREMIUM_)?[A-Z0-9_*-]{0,12}(_ANNUAL|_SETUP|_TRANSFER)?[0-9]{0,4}(_PROMO)?", ".{0,30}"), 0..8,
        )) {
            let list = PriceList { relations, currency: None };
            for class in list.classes() {
                for years in [0, 1, 10, 255] {
                    let _ = (class.register(years), class.renew(years), class.transfer(years), class.promo_register(years));
                }
            }
            let _ = list.premium_markups();
        }

        #[test]
        fn amounts_are_exact(cents in 0_i64..100_000_000, years in 1_u8..=10) {
            let amount = Decimal::new(cents, 2);
            let list = list(&[("PRICE_CLASS_DOMAIN_COM_ANNUAL", &amount.to_string())]);
            let total = list.classes().first().and_then(|class| class.register(years));
            prop_assert_eq!(total, Some(Decimal::new(cents * i64::from(years), 2)));
        }
    }
}
