//! CheckDomain and CheckDomains.

use super::{Call, registrable, wrong_syntax};
use crate::answer::{Answer, Outcome};
use crate::state::Holder;
use crate::zones::Zone;

pub fn one(call: &mut Call<'_>) -> Outcome {
    let name = call.command.required("DOMAIN")?.to_owned();
    let verdict = check(call, &name);
    match verdict.code {
        210 => Ok(Answer::new(210)),
        211 => Ok(Answer::new(211)
            .detail(verdict.reason)
            .with("REASON", verdict.reason)),
        505 => Err(wrong_syntax("DOMAIN")),
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
    let verdicts: Vec<Verdict> = names.iter().map(|name| check(call, name)).collect();
    let blanks = || std::iter::repeat_n("", names.len());
    Ok(Answer::ok()
        .with_all(
            "DOMAINCHECK",
            verdicts
                .iter()
                .map(|verdict| format!("{} {}", verdict.code, verdict.text)),
        )
        .with_all("DOMAINCHECKTIME", std::iter::repeat_n("0.012", names.len()))
        .with_all("REASON", verdicts.iter().map(|verdict| verdict.reason))
        .with_all("CLASS", blanks())
        .with_all("PREMIUMCHANNEL", blanks())
        .with_all("PRICE", blanks())
        .with_all("CURRENCY", blanks()))
}

struct Verdict {
    code: u16,
    text: &'static str,
    reason: &'static str,
}

fn check(call: &mut Call<'_>, name: &str) -> Verdict {
    let Some(name) = registrable(name) else {
        return Verdict {
            code: 505,
            text: "Invalid attribute value syntax",
            reason: "",
        };
    };
    if Zone::of(&name).is_none() {
        return Verdict {
            code: 549,
            text: "Command failed; TLD not supported",
            reason: "TLD not supported",
        };
    }
    let account = call.account.clone();
    match call.state.holder(&name, &account) {
        Holder::Nobody => Verdict {
            code: 210,
            text: "Available",
            reason: "",
        },
        Holder::Mine(_) | Holder::Other => Verdict {
            code: 211,
            text: "Not available",
            reason: "Domain exists",
        },
    }
}
