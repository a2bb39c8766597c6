//! CheckDomain and CheckDomains.

use super::{Call, registrable, wrong_syntax};
use crate::answer::{Answer, Outcome};
use crate::state::Holder;

pub fn one(call: &mut Call<'_>) -> Outcome {
    let name = call.command.required("DOMAIN")?.to_owned();
    let verdict = check(call, &name, false);
    match verdict.code {
        210 => Ok(Answer::new(210)),
        211 => Ok(Answer::new(211)
            .detail(verdict.reason)
            .with("REASON", verdict.reason)),
        505 => Err(wrong_syntax("DOMAIN")),
        421 => Err(Answer::new(421)),
        code => Err(Answer::new(code).detail(verdict.reason)),
    }
}

/// Every column has one value a name, in the order of the names.
pub fn many(call: &mut Call<'_>) -> Outcome {
    let names: Vec<String> = call
        .command
        .list("DOMAIN")
        .unwrap_or_default()
        .into_iter()
        .map(|(_, name)| name.to_owned())
        .collect();
    if names.is_empty() {
        return Err(Answer::new(504).detail("DOMAIN0"));
    }
    if names.len() > MOST {
        return Err(Answer::new(541).detail("TOO MANY DOMAINS"));
    }
    let premium = call.command.filled("PREMIUMCHANNELS").is_some();
    let verdicts: Vec<Verdict> = names
        .iter()
        .map(|name| check(call, name, premium))
        .collect();
    let column = |cell: fn(&Verdict) -> String| verdicts.iter().map(cell);
    Ok(Answer::ok()
        .with_all(
            "DOMAINCHECK",
            column(|verdict| format!("{} {}", verdict.code, verdict.text)),
        )
        .with_all("DOMAINCHECKTIME", column(|_| "0.012".to_owned()))
        .with_all("REASON", column(|verdict| verdict.reason.to_owned()))
        .with_all("CLASS", column(|verdict| verdict.class.clone()))
        .with_all(
            "PREMIUMCHANNEL",
            column(|verdict| verdict.channel.to_owned()),
        )
        .with_all("PRICE", column(|verdict| verdict.price.clone()))
        .with_all("CURRENCY", column(|verdict| verdict.currency.to_owned())))
}

#[derive(Default)]
struct Verdict {
    code: u16,
    text: &'static str,
    reason: &'static str,
    class: String,
    channel: &'static str,
    price: String,
    currency: &'static str,
}

impl Verdict {
    fn new(code: u16, text: &'static str, reason: &'static str) -> Self {
        Self {
            code,
            text,
            reason,
            ..Self::default()
        }
    }
}

fn check(call: &mut Call<'_>, name: &str, premium: bool) -> Verdict {
    let Some(name) = registrable(name) else {
        return Verdict::new(505, "Invalid attribute value syntax", "");
    };
    let Some(zone) = call.state.zones.of(&name) else {
        return Verdict::new(
            549,
            "Command failed; TLD not supported",
            "TLD not supported",
        );
    };
    if name.starts_with("unsure-") {
        let text = "Command failed due to server error. Client should try again";
        return Verdict::new(421, text, "");
    }
    let account = call.account.clone();
    if !matches!(call.state.holder(&name, &account), Holder::Nobody) {
        return Verdict::new(211, "Not available", "Domain exists");
    }
    if let Some(verdict) = kept_back(&name, &zone.class) {
        return verdict;
    }
    let Some(price) = call.state.premium(&name, &zone) else {
        return Verdict::new(210, "Available", "");
    };
    let told = Verdict {
        class: price.class(&zone),
        ..Verdict::new(211, "Not available", "Premium domain name")
    };
    if !premium {
        return told;
    }
    let price = price.registration_price(1);
    Verdict {
        text: "Premium domain name available",
        channel: "REGISTRY",
        price: price.amount(),
        currency: price.currency.unwrap_or_default(),
        ..told
    }
}

/// Names that nobody has and nobody gets.
fn kept_back(name: &str, class: &str) -> Option<Verdict> {
    let verdict = if name.starts_with("reserved-") {
        Verdict {
            class: format!("{class}_RESERVED"),
            ..Verdict::new(211, "Not available", "Reserved Domain Name")
        }
    } else if name.starts_with("block-") {
        Verdict::new(211, "Not available", "Blocked by a DPML block")
    } else if name.starts_with("collision-") {
        let text = "Collision Domain name available {COLLISION}";
        Verdict::new(211, text, "Collision")
    } else {
        return None;
    };
    Some(verdict)
}

/// The platform's documentation is silent; its own module's author noted about so many.
const MOST: usize = 250;
