//! CheckDomainTransfer: whether a name could come in, and why not.

use jiff::Timestamp;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::{Direction, Elsewhere, Holder};
use crate::zones::{self, Auth, Zone};

pub fn run(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let zone = call.zone(&name)?;
    let command = call.command;
    let sent = command
        .filled("AUTH")
        .or_else(|| command.filled("DOMAINAUTH"));
    let account = call.account.clone();
    match call.state.holder(&name, &account) {
        Holder::Mine(_) => return Ok(refused("DOMAIN IS ALREADY IN YOUR ACCOUNT")),
        Holder::Nobody | Holder::Deleted => return Ok(refused("DOMAIN IS NOT REGISTERED")),
        Holder::Stranger => {
            return Ok(refused(
                "DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)",
            ));
        }
        Holder::Neighbour => return Ok(internal(call, &name, sent)),
        Holder::Elsewhere => {}
    }
    let domain = call
        .state
        .elsewhere(&name)
        .ok_or_else(|| Answer::new(545))?;
    let asked = zone.incoming.auth == Auth::Required;
    let wrong = asked && sent.is_some_and(|sent| sent != domain.auth);
    let pending = call
        .state
        .running_transfer(&name, Direction::Incoming)
        .is_some();
    let status = if pending {
        Some("requested")
    } else {
        domain.locked.then_some("clientTransferProhibited")
    };
    let answer = match refusal(&domain, status, wrong, call.now) {
        None => Answer::new(218),
        Some(reason) => Answer::new(219).detail(reason),
    };
    let known = match sent {
        None => "UNKNOWN",
        Some(_) if wrong => "NO",
        Some(_) => "YES",
    };
    let answer = answer
        .with("AUTHISVALID", if asked { known } else { "UNKNOWN" })
        .with_flag("AUTHREQUIRED", asked)
        .with_flag("TRANSFERLOCK", domain.locked)
        .with_flag("USERTRANSFERREQUIRED", false);
    let answer = match call.state.premium(&name, &zone) {
        Some(premium) => answer.with("CLASS", premium.class(&zone)),
        None => answer,
    };
    Ok(facts(answer, &domain, &zone, call.now))
}

fn facts(answer: Answer, domain: &Elsewhere, zone: &Zone, now: Timestamp) -> Answer {
    let status = if domain.locked {
        "clientTransferProhibited"
    } else {
        "ok"
    };
    answer
        .with_all(
            "PERIOD",
            zone.transfer.iter().map(|years| format!("{years}Y")),
        )
        .with("ZONETRANSFERPERIODS", zones::terms(&zone.transfer))
        .with("AGEINDAYS", age(domain, now).to_string())
        .with("CREATEDDATE", dates::text(domain.created))
        .with("EXPIRATIONDATE", dates::text(domain.expiration))
        .with_all("NAMESERVER", domain.nameservers.iter().cloned())
        .with("REGISTRAR", domain.registrar.clone())
        .with("REPOSITORY", zone.repository())
        .with("STATUS", status)
}

/// Why a domain cannot come in now, in the platform's words.
pub fn refusal(
    domain: &Elsewhere,
    status: Option<&str>,
    wrong_auth: bool,
    now: Timestamp,
) -> Option<String> {
    if let Some(status) = status {
        let auth = if wrong_auth { "/WRONG AUTH" } else { "" };
        return Some(format!(
            "DOMAIN TRANSFER IS PROHIBITED BY STATUS ({status}){auth}"
        ));
    }
    if wrong_auth {
        return Some("DOMAIN TRANSFER IS PROHIBITED BY WRONG AUTH".to_owned());
    }
    (age(domain, now) < YOUNG)
        .then(|| "DOMAIN TRANSFER IS PROHIBITED BY AGE OF THE DOMAIN".to_owned())
}

pub fn age(domain: &Elsewhere, now: Timestamp) -> i64 {
    (now.as_second() - domain.created.as_second()).div_euclid(86_400)
}

fn internal(call: &Call<'_>, name: &str, sent: Option<&str>) -> Answer {
    let Some(domain) = call.state.domains.get(name) else {
        return refused("DOMAIN IS NOT REGISTERED");
    };
    let wrong = sent.is_some_and(|sent| sent != domain.auth);
    let answer = if domain.is_locked() {
        refused("DOMAIN TRANSFER IS PROHIBITED BY STATUS (clientTransferProhibited)")
    } else if wrong {
        refused("DOMAIN TRANSFER IS PROHIBITED BY WRONG AUTH")
    } else {
        Answer::new(218)
    };
    let known = match sent {
        None => "UNKNOWN",
        Some(_) if wrong => "NO",
        Some(_) => "YES",
    };
    answer
        .with("AUTHISVALID", known)
        .with("AUTHREQUIRED", "1")
        .with_flag("TRANSFERLOCK", domain.is_locked())
        .with("USERTRANSFERREQUIRED", "1")
        .with("REPOSITORY", domain.zone.repository())
}

fn refused(reason: &str) -> Answer {
    Answer::new(219).detail(reason)
}

/// ICANN's days after a registration, or after the transfer before.
const YOUNG: i64 = 60;
