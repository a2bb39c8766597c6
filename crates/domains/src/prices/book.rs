//! What an account sells at what cost: the registrar's price relations, joined with the terms that it reports.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use wharf_core::DomainName;
use wharf_registrar::{ClassPrices, PriceList, ZoneOptions};

use crate::tlds::{OwnerChange, Reported, TldFacts, Tlds, TransferAuth};

/// A price list as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Book {
    /// Epoch milliseconds.
    pub taken_at: i64,
    pub items: Vec<Item>,
    /// Classes of which nobody can tell the extension.
    pub nameless: Vec<String>,
    /// What the registrar reports of extensions.
    pub reports: BTreeMap<String, Reported>,
}

/// An extension and what it costs. Amounts are for the shortest term, in `currency`; `None` is not sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Without a dot in front, in ASCII.
    pub tld: String,
    pub currency: Option<String>,
    pub registration_years: Vec<i64>,
    pub renewal_years: Vec<i64>,
    pub register: Option<Decimal>,
    pub renew: Option<Decimal>,
    pub transfer: Option<Decimal>,
    /// Fetching it back from redemption, without the renewal that WHMCS charges besides.
    pub redemption: Option<Decimal>,
    pub grace_days: i64,
    pub redemption_days: i64,
    pub epp_required: bool,
    /// A registration costs so much while a promotion lasts.
    pub promotion: Option<Decimal>,
    /// What WHMCS cannot express.
    pub notes: Vec<String>,
}

/// An extension that is sold, with a name below it to ask by.
#[derive(Clone, Debug)]
pub(super) struct Sold {
    pub tld: String,
    pub probe: DomainName,
    pub prices: ClassPrices,
}

impl Sold {
    pub fn new(tld: String, prices: ClassPrices) -> Option<Self> {
        let probe = DomainName::parse(&format!("{PROBE}.{tld}")).ok()?;
        Some(Self { tld, probe, prices })
    }
}

/// Extensions that a price list is about, and the classes of which nobody here can tell the extension.
pub(super) fn extensions(list: &PriceList, tlds: &Tlds) -> (Vec<Sold>, Vec<ClassPrices>) {
    let (mut known, mut nameless) = (Vec::new(), Vec::new());
    for class in list.classes() {
        let tld = tlds.by_class(&class.class);
        match tld.and_then(|tld| Sold::new(tld, class.clone())) {
            Some(sold) => known.push(sold),
            None => nameless.push(class),
        }
    }
    (known, nameless)
}

/// The extensions that nameless classes can be about, to be asked of the registrar: first the letters as they are,
/// then, for those of which it knows nothing, with a dot in them.
pub(super) fn whole_guesses(nameless: &[ClassPrices], tlds: &Tlds) -> Vec<Sold> {
    let guess = |class: &ClassPrices| Sold::new(tlds.guesses(&class.class).whole?, class.clone());
    nameless.iter().filter_map(guess).collect()
}

pub(super) fn dotted_guesses(nameless: &[ClassPrices], tlds: &Tlds) -> Vec<Sold> {
    let guesses = nameless.iter().flat_map(|class| {
        let below = tlds.guesses(&class.class).below.into_iter();
        below.filter_map(|tld| Sold::new(tld, class.clone()))
    });
    guesses.take(MOST_GUESSES).collect()
}

/// Of guesses, those that the registrar sells; of a class that could be several of them, none.
pub(super) fn confirmed(guesses: Vec<Sold>, options: &[ZoneOptions]) -> Vec<(Sold, ZoneOptions)> {
    let sold = guesses.into_iter().zip(options.iter().cloned());
    let sold: Vec<_> = sold
        .filter(|(_, options)| options.repository.is_some())
        .collect();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (guess, _) in &sold {
        *times.entry(guess.prices.class.clone()).or_default() += 1;
    }
    sold.into_iter()
        .filter(|(guess, _)| times.get(&guess.prices.class) == Some(&1))
        .collect()
}

/// Prices and terms together, by extension.
pub(super) fn item(
    tld: &str,
    prices: &ClassPrices,
    facts: &TldFacts,
    account_currency: Option<&str>,
) -> Item {
    let shortest = |years: &[i64]| {
        years
            .iter()
            .copied()
            .filter(|years| *years > 0)
            .min()
            .unwrap_or(1)
    };
    let term = |years: i64| u8::try_from(years).unwrap_or(1);
    // All amounts are for one and the same term: the shortest that can be registered.
    let first = shortest(&facts.registration_years);
    let free_transfer = facts.transfer_years.contains(&0) && !facts.transfer_years.contains(&1);
    let transfer_term = if free_transfer {
        0
    } else {
        term(shortest(&facts.transfer_years))
    };
    let register = prices.register(term(first));
    let mut item = Item {
        tld: tld.to_owned(),
        currency: prices
            .currency
            .clone()
            .or_else(|| account_currency.map(str::to_owned))
            .map(|code| code.to_ascii_uppercase()),
        registration_years: facts.registration_years.clone(),
        renewal_years: facts.renewal_years.clone(),
        register,
        renew: prices.renew(term(first)),
        transfer: prices.transfer(transfer_term),
        redemption: redemption(prices, term(shortest(&facts.renewal_years)))
            .filter(|_| facts.redemption_days > 0),
        grace_days: facts.grace_days,
        redemption_days: facts.redemption_days,
        epp_required: facts.transfer.auth == TransferAuth::Required,
        promotion: prices.promo_register(term(first)),
        notes: Vec::new(),
    };
    item.notes = notes(&item, prices, first);
    item
}

/// A restoration brings a first further term along, and its price holds that of the term. WHMCS charges the renewal
/// besides: its fee is what is left. Where nothing would be, the term is not in the price.
fn redemption(prices: &ClassPrices, first_term: u8) -> Option<Decimal> {
    let restore = prices.restore()?;
    let left = prices
        .renew(first_term)
        .and_then(|renewal| restore.checked_sub(renewal))
        .filter(|left| *left > Decimal::ZERO);
    Some(left.unwrap_or(restore))
}

fn notes(item: &Item, prices: &ClassPrices, first: i64) -> Vec<String> {
    let mut notes = Vec::new();
    let positive =
        |years: &[i64]| -> Vec<i64> { years.iter().copied().filter(|years| *years > 0).collect() };
    let (registered, renewed) = (
        positive(&item.registration_years),
        positive(&item.renewal_years),
    );
    if registered != renewed && !renewed.is_empty() {
        notes.push(format!(
            "registered for {} years, renewed for {}: WHMCS has one list of terms",
            in_words(&registered),
            in_words(&renewed)
        ));
    }
    let longest = registered.iter().copied().max().unwrap_or(first);
    if let (Some(price), Ok(times), Ok(years)) = (
        item.register,
        u32::try_from(longest / first.max(1)),
        u8::try_from(longest),
    ) && times > 1
        && prices
            .register(years)
            .is_some_and(|total| Some(total) != price.checked_mul(Decimal::from(times)))
    {
        notes.push(format!(
            "{longest} years cost {}, not {times} times the shortest term: WHMCS multiplies",
            prices.register(years).unwrap_or_default()
        ));
    }
    if let Some(promotion) = item.promotion {
        notes.push(format!(
            "a registration costs {promotion} while a promotion lasts"
        ));
    }
    notes
}

/// `1–10`, `1, 2, 5`.
fn in_words(years: &[i64]) -> String {
    match (years.first(), years.last()) {
        (Some(first), Some(last))
            if years.len() > 2
                && i64::try_from(years.len()).is_ok_and(|count| count == last - first + 1) =>
        {
            format!("{first}–{last}")
        }
        _ => years
            .iter()
            .map(i64::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What the registrar reports of an extension, as a correction of the files.
pub(super) fn reported(options: &ZoneOptions) -> Reported {
    Reported {
        registration_years: options.registration_years.clone(),
        renewal_years: options.renewal_years.clone(),
        transfer_years: options.transfer_years.clone(),
        redemption_days: options.restorable_days,
        auth_required: options.auth_code,
        id_protection: options.id_protection,
        owner_change: options.owner_change.as_deref().and_then(|word| match word {
            "UPDATE" => Some(OwnerChange::Update),
            "TRADE" => Some(OwnerChange::Trade),
            "ICANN-TRADE" => Some(OwnerChange::IcannTrade),
            "REGISTRY" => Some(OwnerChange::Registry),
            "NEWREG" => Some(OwnerChange::NewRegistration),
            _ => None,
        }),
        ..Reported::default()
    }
}

/// Any label will do: the registrar answers for the extension.
const PROBE: &str = "example";
/// Ten calls of two hundred names.
const MOST_GUESSES: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn book(relations: &[(&str, &str)]) -> Vec<Item> {
        let tlds = Tlds::load(None).unwrap();
        let list = PriceList {
            relations: relations
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            currency: Some("usd".into()),
        };
        let (known, nameless) = extensions(&list, &tlds);
        assert!(nameless.is_empty(), "{nameless:?}");
        known
            .iter()
            .map(|Sold { tld, prices, .. }| {
                item(tld, prices, &tlds.of_tld(tld), list.currency.as_deref())
            })
            .collect()
    }

    #[test]
    fn a_generic_extension_is_priced_by_the_rules() {
        let items = book(&[
            ("PRICE_CLASS_DOMAIN_COM_ANNUAL", "8.99"),
            ("PRICE_CLASS_DOMAIN_COM_TRANSFER", "8.50"),
            ("PRICE_CLASS_DOMAIN_COM_RESTORE", "80"),
            ("PRICE_CLASS_DOMAIN_COM_ANNUAL1_PROMO", "1.99"),
        ]);
        let [com] = items.as_slice() else {
            panic!("{items:?}")
        };
        let text = |amount: Option<Decimal>| amount.map(|amount| amount.to_string());
        assert_eq!(
            (text(com.register), text(com.renew)),
            (Some("8.99".into()), Some("8.99".into()))
        );
        // Fetching it back costs 80, a year with it: WHMCS charges the renewal (8.99) and this fee.
        assert_eq!(
            (text(com.transfer), text(com.redemption)),
            (Some("8.50".into()), Some("71.01".into()))
        );
        assert_eq!(com.currency.as_deref(), Some("USD"));
        assert!(com.epp_required);
        assert_eq!(
            com.notes,
            ["a registration costs 1.99 while a promotion lasts"]
        );
    }

    #[test]
    fn a_redemption_fee_holds_no_renewal() {
        let fee = |restore: &str, annual: &str| {
            let items = book(&[
                ("PRICE_CLASS_DOMAIN_COM_ANNUAL", annual),
                ("PRICE_CLASS_DOMAIN_COM_RESTORE", restore),
            ]);
            items.first().and_then(|item| item.redemption)
        };
        assert_eq!(fee("90.99", "10.99"), Some(Decimal::from(80)));
        // Less than a year: the year is charged for apart.
        assert_eq!(fee("5", "10.99"), Some(Decimal::from(5)));
        // A renewal that is not sold is in no price.
        assert_eq!(fee("80", ""), Some(Decimal::from(80)));
        assert_eq!(fee("", "10.99"), None);
    }

    #[test]
    fn what_whmcs_cannot_express_is_noted_and_what_is_blocked_is_not_sold() {
        let items = book(&[
            ("PRICE_CLASS_DOMAIN_COUK_SETUP", "5"),
            ("PRICE_CLASS_DOMAIN_COUK_ANNUAL", "7"),
            ("PRICE_CLASS_DOMAIN_COUK_TRANSFER", ""),
            ("PRICE_CLASS_DOMAIN_COUK_CURRENCY", "GBP"),
        ]);
        let [couk] = items.as_slice() else {
            panic!("{items:?}")
        };
        assert_eq!(
            (couk.tld.as_str(), couk.currency.as_deref()),
            ("co.uk", Some("GBP"))
        );
        assert_eq!(
            (couk.register, couk.renew, couk.transfer),
            (Some(Decimal::from(12)), Some(Decimal::from(7)), None)
        );
        assert!(
            couk.notes
                .iter()
                .any(|note| note.contains("years cost 75, not 10 times")),
            "{:?}",
            couk.notes
        );
        assert_eq!(in_words(&[1, 2, 3]), "1–3");
        assert_eq!(in_words(&[1, 2, 5]), "1, 2, 5");
    }
}
