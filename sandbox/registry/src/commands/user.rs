//! StatusUser: who one is, and what one pays.

use super::{Call, switch};
use crate::answer::{Answer, Outcome};
use crate::state::{MARKUP_PERCENT, PREMIUM_CURRENCY, SETUP_FIX, amount};
use crate::zones::Zone;

pub const ATTRIBUTES: &[&str] = &["SUBUSER", "RELATIONS", "STATS", "PROPERTIES"];

pub fn status(call: &mut Call<'_>) -> Outcome {
    let login = match call.command.filled("SUBUSER") {
        None => call.account.clone(),
        Some(user) if user == call.account || call.state.is_parent(&call.account, user) => {
            user.to_owned()
        }
        Some(_) => return Err(Answer::new(545)),
    };
    let account = call
        .state
        .accounts
        .get(&login)
        .ok_or_else(|| Answer::new(545))?;
    let parent = call
        .state
        .users
        .get(&login)
        .and_then(|user| user.parent.clone())
        .unwrap_or_default();
    let currency = account.balance.currency.to_string();
    let answer = Answer::ok()
        .with("USER", login)
        .with("PARENTUSER", parent)
        .with("USERCLASS", "RESELLER")
        .with("ACCOUNTAMOUNT", account.balance.amount())
        .with("ACCOUNTCREDIT", "0.00")
        .with("ACCOUNTCURRENCY", currency.clone())
        .with("ACCOUNTDEPOSIT", "0.00")
        .with("ACCOUNTVAT", "0.00")
        .with("OTPSTATUS", "DISABLED");
    if switch(call.command, "RELATIONS")? == Some(false) {
        return Ok(answer);
    }
    let mut relations = Vec::new();
    for zone in call.state.zones.all() {
        of_zone(zone, &currency, &mut relations);
    }
    relations.extend(OTHERS.iter().map(|(name, value)| relation(name, value)));
    let (types, values): (Vec<String>, Vec<String>) = relations.into_iter().unzip();
    Ok(answer
        .with_all("RELATIONTYPE", types)
        .with_all("RELATIONVALUE", values))
}

type Relation = (String, String);

fn relation(name: &str, value: &str) -> Relation {
    (name.to_owned(), value.to_owned())
}

fn of_zone(zone: &Zone, account: &str, relations: &mut Vec<Relation>) {
    let class = &zone.class;
    let mut add = |kind: &str, value: String| {
        relations.push((format!("PRICE_CLASS_DOMAIN_{class}_{kind}"), value));
    };
    let prices = zone.prices;
    add("SETUP", amount(prices.setup));
    add("ANNUAL", amount(prices.annual));
    if let Some(both) = prices.two_years {
        add("ANNUAL2", amount(both));
    }
    add("TRANSFER", amount(prices.transfer));
    add("RESTORE", amount(prices.restore));
    if let Some(trade) = prices.trade {
        add("TRADE", amount(trade));
    }
    add("CURRENCY", zone.currency.unwrap_or(account).to_owned());
    if zone.premium {
        let mut add = |kind: &str, value: String| {
            relations.push((
                format!("PRICE_CLASS_DOMAIN_PREMIUM_{class}_*_{kind}"),
                value,
            ));
        };
        add("CURRENCY", PREMIUM_CURRENCY.to_owned());
        for kind in ["SETUP", "ANNUAL", "TRANSFER"] {
            let fix = if kind == "SETUP" { SETUP_FIX } else { 0 };
            add(&format!("{kind}_MARKUP_VAR"), amount(MARKUP_PERCENT * 100));
            add(&format!("{kind}_MARKUP_FIX"), amount(fix));
        }
    }
}

/// What stands among the prices without being the price of an extension on sale.
const OTHERS: &[(&str, &str)] = &[
    // Not offered: the value is empty.
    ("PRICE_CLASS_DOMAIN_BOO_SETUP", ""),
    ("PRICE_CLASS_DOMAIN_BOO_ANNUAL", ""),
    ("PRICE_CLASS_DOMAIN_BOO_CURRENCY", "USD"),
    // Variants of a class.
    ("PRICE_CLASS_DOMAIN_COMIDN_SETUP", "0.00"),
    ("PRICE_CLASS_DOMAIN_COMIDN_ANNUAL", "10.99"),
    ("PRICE_CLASS_DOMAIN_COMIDN_CURRENCY", "USD"),
    ("PRICE_CLASS_DOMAIN_XYZCHARS1_ANNUAL", "999.00"),
    ("PRICE_CLASS_DOMAIN_XYZNUMBERS6_ANNUAL", "0.99"),
    ("PRICE_CLASS_DOMAIN_BERLINREGIONAL_ANNUAL", "39.99"),
    ("PRICE_CLASS_DOMAIN_DPMLSTANDARD_ANNUAL", "500.00"),
    ("PRICE_CLASS_DOMAIN_COM_BACKORDER", "59.00"),
    ("PRICE_CLASS_DOMAIN_XYZ_ANNUAL1_PROMO", "11.99"),
    ("PRICE_CLASS_SSLCERT_COMODO_ESSENTIALSSL_ANNUAL", "19.00"),
    ("PRICE_CLASS_SSLCERT_COMODO_ESSENTIALSSL_ANNUAL1", "19.00"),
    ("DOMAIN_RENEWALMODE_DEFAULT", "AUTORENEW"),
    ("API_QUOTA_CLASS", "STANDARD"),
];
