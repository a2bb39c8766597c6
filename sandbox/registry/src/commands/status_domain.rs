//! StatusDomain: everything about one's own domain.

use jiff::Timestamp;

use super::Call;
use super::add_domain::CONTACTS;
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::Domain;

pub fn run(call: &mut Call<'_>) -> Outcome {
    let hosts = call.command.filled("HOSTTYPE").unwrap_or("AUTO");
    if !["AUTO", "ATTRIBUTE", "OBJECT"].contains(&hosts) {
        return Err(Answer::new(506).detail("HOSTTYPE"));
    }
    let now = call.now;
    let currency = call
        .state
        .accounts
        .get(&call.account)
        .map(|account| account.balance.currency);
    let domain = call.own_domain()?;
    let answer = Answer::ok()
        .with("DOMAIN", domain.name.clone())
        .with("DOMAINUMLAUT", idna::domain_to_unicode(&domain.name).0)
        .with("CLASS", "DOMAIN")
        .with("SUBCLASS", domain.class())
        .with("REPOSITORY", domain.zone.repository())
        .with("USER", domain.account.clone())
        .with(
            "ACCOUNTCURRENCY",
            currency
                .map(|currency| currency.to_string())
                .unwrap_or_default(),
        )
        .with_all("STATUS", domain.statuses(now));
    let answer = lists(answer, domain)
        .with("AUTH", domain.shown_auth())
        .with("TRANSFERLOCK", transfer_lock(domain))
        .with(
            "X-ACCEPT-WHOISTRUSTEE-TAC",
            if domain.trustee { "1" } else { "0" },
        )
        .with("RENEWALMODE", domain.renewal_mode.clone())
        .with("RENEWALPERIOD", "1Y")
        .with("INTERNALDNS", if domain.internal_dns { "1" } else { "0" });
    let answer = dates_of(answer, domain, now);
    let answer = match domain.trade_lock.filter(|until| now < *until) {
        Some(until) => answer.with("TRADE-TRANSFERLOCK-EXPIRATIONDATE", dates::text(until)),
        None => answer,
    };
    Ok(domain
        .extensions
        .iter()
        .fold(answer, |answer, (key, value)| {
            answer.with(key, value.clone())
        }))
}

/// The lock as `1` or `0`; empty where the zone has none.
pub fn transfer_lock(domain: &Domain) -> &'static str {
    match (domain.zone.lock, domain.transfer_lock) {
        (false, _) => "",
        (true, false) => "0",
        (true, true) => "1",
    }
}

fn lists(mut answer: Answer, domain: &Domain) -> Answer {
    for (kind, ..) in CONTACTS {
        answer = answer.with_all(kind, domain.list(kind).iter().cloned());
    }
    for list in ["NAMESERVER", "HOST", "SECDNS-DS", "SECDNS-KEY"] {
        answer = answer.with_all(list, domain.list(list).iter().cloned());
    }
    answer
}

/// The date set. Until the registry has done its part there is no term, hence no expiry.
fn dates_of(answer: Answer, domain: &Domain, now: Timestamp) -> Answer {
    let answer = answer
        .with("CREATEDDATE", dates::text(domain.created))
        .with("UPDATEDDATE", dates::text(domain.updated));
    if !domain.is_active(now) {
        return answer;
    }
    let days = domain.zone.days;
    let (action, at) = next_action(domain);
    answer
        .with("EXPIRATIONDATE", dates::text(domain.expiration))
        .with("REGISTRATIONEXPIRATIONDATE", dates::text(domain.expiration))
        .with("PAIDUNTILDATE", dates::text(domain.paid_until))
        .with("RENEWALDATE", dates::text(domain.finalization()))
        .with("ACCOUNTINGDATE", dates::text(domain.accounting()))
        .with("FINALIZATIONDATE", dates::text(domain.finalization()))
        .with("FAILUREDATE", dates::text(domain.failure()))
        .with(
            "TRANSFERDATE",
            domain
                .transferred
                .map_or_else(|| UNSET.to_owned(), dates::text),
        )
        .with("NEXTACTION", action)
        .with("NEXTACTIONDATE", dates::text(at))
        .with("ACCOUNTINGPERIOD", format!("{}d", days.accounting))
        .with("FINALIZATIONPERIOD", format!("{}d", days.finalization))
        .with("FAILUREPERIOD", format!("{}d", days.failure))
        .with("DELETIONHOLDPERIOD", format!("{}d", days.hold))
        .with("DELETIONRESTORABLEPERIOD", format!("{}d", days.restorable))
        .with("PREPAIDPERIOD", "0d")
}

fn next_action(domain: &Domain) -> (&'static str, Timestamp) {
    if domain.is_paid() {
        return ("finalize", domain.finalization());
    }
    match domain.renewal_mode.as_str() {
        "AUTOEXPIRE" => ("expire", domain.failure()),
        "AUTODELETE" => ("delete", domain.failure()),
        _ => ("pay", domain.accounting()),
    }
}

const UNSET: &str = "0000-00-00 00:00:00";
