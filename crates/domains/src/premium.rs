//! Premium names: nothing is ordered at more than the cost that the order was made at.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wharf_core::DomainName;
use wharf_registrar::{PriceList, RegistrarError, Talk};
use wharf_whmcs::call::Params;

use crate::Domains;
use crate::account::Account;

/// What WHMCS hands over of a premium order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Whether this WHMCS sells premium names.
    pub enabled: bool,
    /// What the name cost the provider when the customer ordered it.
    pub cost: Option<Decimal>,
}

impl Shown {
    pub fn read(params: &Params) -> Self {
        let cost = params.text("premiumCost");
        Self {
            enabled: params.flag("premiumEnabled"),
            cost: cost
                .and_then(|text| decimal(&text))
                .filter(|cost| *cost > Decimal::ZERO),
        }
    }
}

/// Says why an order must not go out; `price` is what the registrar asks now.
pub(crate) fn agrees(
    shown: &Shown,
    name: &DomainName,
    price: Option<Decimal>,
    currency: &str,
) -> Result<(), String> {
    let Some(price) = price else {
        return Err(format!(
            "{name} is a premium name, and the registrar's price for it cannot be confirmed at the moment. Nothing was ordered; \
             please try again later."
        ));
    };
    let money = |amount: Decimal| format!("{amount} {currency}").trim_end().to_owned();
    if !shown.enabled {
        return Err(format!(
            "{name} is a premium name and costs {}. This WHMCS does not sell premium names (Setup > Products/Services > Domain \
             Pricing > Premium Domains). Nothing was ordered.",
            money(price)
        ));
    }
    match shown.cost {
        None => Err(format!(
            "{name} is a premium name and costs {}, but it was ordered at the ordinary price. Nothing was ordered from the \
             registrar: have the customer order it anew at its own price.",
            money(price)
        )),
        Some(cost) if price > cost => Err(format!(
            "{name} was ordered when it cost {}; the registrar asks {} now. Nothing was ordered: have the customer order it \
             anew at today's price.",
            money(cost),
            money(price)
        )),
        Some(_) => Ok(()),
    }
}

/// What the registrar asks for a premium name, for a year or for the transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PremiumPrice {
    /// `None`: it does not say.
    pub amount: Option<Decimal>,
    pub currency: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Register,
    Renew,
    Transfer,
}

/// Whether names of this class have prices of their own.
pub(crate) fn is_premium(class: &str) -> bool {
    class
        .get(..PREMIUM.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREMIUM))
}

impl Domains {
    /// The price of a premium class, markup included.
    pub(crate) async fn premium_price(
        &self,
        account: &Account,
        class: &str,
        kind: Kind,
        talk: &Talk,
    ) -> Result<PremiumPrice, RegistrarError> {
        let list = account.registrar.prices(talk).await?;
        Ok(price_of(class, kind, &list))
    }
}

/// What WHMCS is told of a premium name: `register`, `renew`, `transfer` as far as they are known, `CurrencyCode`.
/// `said` is the price of a registration as the registrar gave it with the name itself.
pub(crate) fn costs(
    class: &str,
    said: Option<(Decimal, String)>,
    list: &PriceList,
) -> Map<String, Value> {
    let mut costs = Map::new();
    let register = match said {
        Some((amount, currency)) => PremiumPrice {
            amount: Some(amount),
            currency,
        },
        None => price_of(class, Kind::Register, list),
    };
    let mut currency = register.currency.clone();
    let prices = [
        ("register", register),
        ("renew", price_of(class, Kind::Renew, list)),
        ("transfer", price_of(class, Kind::Transfer, list)),
    ];
    for (key, price) in prices {
        if currency.is_empty() {
            currency.clone_from(&price.currency);
        }
        // Amounts of two currencies cannot stand side by side.
        let same = price.currency.is_empty() || price.currency.eq_ignore_ascii_case(&currency);
        if let Some(amount) = price.amount.filter(|_| same) {
            costs.insert(key.to_owned(), Value::from(amount.normalize().to_string()));
        }
    }
    costs.insert(
        "CurrencyCode".to_owned(),
        Value::from(currency.to_ascii_uppercase()),
    );
    costs
}

/// A class with its prices in its name (`PREMIUM_ART_USD:90:2500`: annual, setup), or one that the account's price
/// relations know.
fn price_of(class: &str, kind: Kind, list: &PriceList) -> PremiumPrice {
    let own = list.currency.clone().unwrap_or_default();
    let mut parts = class.split(':');
    let head = parts.next().unwrap_or_default();
    let (Some(annual), Some(setup)) = (parts.next(), parts.next()) else {
        return related(class, kind, list, own);
    };
    let rest = head.get(PREMIUM.len()..).unwrap_or_default();
    let (tld, currency) = rest.rsplit_once('_').unwrap_or((rest, ""));
    let markups = list.premium_markups();
    let markup = markups
        .iter()
        .find(|markup| markup.class.eq_ignore_ascii_case(tld));
    let (price, markup) = match kind {
        Kind::Register => (setup, markup.map(|markup| markup.setup)),
        Kind::Renew => (annual, markup.map(|markup| markup.annual)),
        Kind::Transfer => (annual, markup.map(|markup| markup.transfer)),
    };
    PremiumPrice {
        // Without the account's markup the price cannot be confirmed.
        amount: markup.and_then(|markup| markup.on(decimal(price)?)),
        currency: if currency.is_empty() {
            own
        } else {
            currency.to_ascii_uppercase()
        },
    }
}

fn related(class: &str, kind: Kind, list: &PriceList, own: String) -> PremiumPrice {
    let relation = |kind: &str| {
        let name = format!("PRICE_CLASS_DOMAIN_{class}_{kind}");
        let found = list
            .relations
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(&name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    // One for a term of a year counts before the one for any term; an empty one means that it is not sold.
    let amount = |kind: &str| {
        let said = relation(&format!("{kind}1")).or_else(|| relation(kind));
        said.map(|text| decimal(&text))
    };
    let sold = |kind: &str| amount(kind).flatten();
    PremiumPrice {
        amount: match kind {
            Kind::Register => sold("ANNUAL").and_then(|annual| {
                annual.checked_add(amount("SETUP").unwrap_or(Some(Decimal::ZERO))?)
            }),
            Kind::Renew => sold("ANNUAL"),
            Kind::Transfer => sold("TRANSFER"),
        },
        currency: relation("CURRENCY")
            .filter(|text| !text.is_empty())
            .unwrap_or(own),
    }
}

const PREMIUM: &str = "PREMIUM_";

/// An amount as it is written, also by PHP for very large or small floats.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn name() -> DomainName {
        DomainName::parse("gold.example").unwrap()
    }

    fn says(enabled: bool, cost: Option<&str>, price: Option<&str>) -> Result<(), String> {
        let shown = Shown {
            enabled,
            cost: cost.and_then(decimal),
        };
        agrees(&shown, &name(), price.and_then(decimal), "USD")
    }

    #[test]
    fn only_the_cost_that_was_shown_or_less_is_paid() {
        for price in ["100", "100.00", "99.99", "0.01"] {
            assert_eq!(says(true, Some("100"), Some(price)), Ok(()), "{price}");
        }
        let refused = |enabled, cost, price| says(enabled, cost, price).unwrap_err();
        insta::assert_snapshot!(refused(true, Some("100"), Some("100.01")), @"gold.example was ordered when it cost 100 USD; the registrar asks 100.01 USD now. Nothing was ordered: have the customer order it anew at today's price.");
        insta::assert_snapshot!(refused(true, None, Some("100")), @"gold.example is a premium name and costs 100 USD, but it was ordered at the ordinary price. Nothing was ordered from the registrar: have the customer order it anew at its own price.");
        insta::assert_snapshot!(refused(false, Some("100"), Some("100")), @"gold.example is a premium name and costs 100 USD. This WHMCS does not sell premium names (Setup > Products/Services > Domain Pricing > Premium Domains). Nothing was ordered.");
        insta::assert_snapshot!(refused(true, Some("100"), None), @"gold.example is a premium name, and the registrar's price for it cannot be confirmed at the moment. Nothing was ordered; please try again later.");
    }

    #[test]
    fn whmcs_hands_costs_over_as_numbers_or_text() {
        let shown = |cost: serde_json::Value| {
            let serde_json::Value::Object(map) =
                json!({"premiumEnabled": true, "premiumCost": cost})
            else {
                unreachable!()
            };
            Shown::read(&Params::new(map)).cost
        };
        assert_eq!(shown(json!(1234.5)), decimal("1234.50"));
        assert_eq!(shown(json!("1234.50")), decimal("1234.5"));
        assert_eq!(shown(json!(100)), decimal("100"));
        for none in [
            json!(0),
            json!(0.0),
            json!(""),
            json!(null),
            json!("free"),
            json!(-5),
        ] {
            assert_eq!(shown(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn the_price_of_a_class_stands_in_its_name_or_in_the_accounts_relations() {
        let list = PriceList {
            relations: [
                ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_ANNUAL_MARKUP_VAR", "10"),
                ("PRICE_CLASS_DOMAIN_PREMIUM_ART_*_ANNUAL_MARKUP_FIX", "1"),
                ("PRICE_CLASS_DOMAIN_PREMIUM_CLUB_A_ANNUAL", "70"),
                ("PRICE_CLASS_DOMAIN_PREMIUM_CLUB_A_SETUP", "30"),
                ("PRICE_CLASS_DOMAIN_PREMIUM_CLUB_A_CURRENCY", "EUR"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            currency: Some("USD".into()),
        };
        let price = |class: &str, kind| {
            let price = price_of(class, kind, &list);
            (
                price.amount.map(|amount| amount.normalize().to_string()),
                price.currency,
            )
        };
        let is = |amount: &str, currency: &str| (Some(amount.to_owned()), currency.to_owned());
        assert_eq!(
            price("PREMIUM_ART_EUR:90:2500", Kind::Renew),
            is("100", "EUR")
        );
        assert_eq!(
            price("PREMIUM_ART_EUR:90:2500", Kind::Register),
            is("2500", "EUR")
        );
        assert_eq!(price("PREMIUM_CLUB_A", Kind::Register), is("100", "EUR"));
        assert_eq!(price("PREMIUM_CLUB_A", Kind::Renew), is("70", "EUR"));
        assert_eq!(
            price("PREMIUM_CLUB_B", Kind::Renew),
            (None, "USD".to_owned())
        );
        assert_eq!(price("PREMIUM_ART_EUR:x:y", Kind::Renew).0, None);
    }

    proptest! {
        #[test]
        fn a_higher_price_never_passes(cost in 1_i64..10_000_000, more in 1_i64..10_000_000) {
            let shown = Shown { enabled: true, cost: Some(Decimal::new(cost, 2)) };
            let higher = Some(Decimal::new(cost + more, 2));
            prop_assert!(agrees(&shown, &name(), higher, "USD").is_err());
            prop_assert!(agrees(&shown, &name(), Some(Decimal::new(cost, 2)), "USD").is_ok());
        }
    }
}
