//! DeleteDomain, RestoreDomain, PushDomain.

use super::Call;
use super::add_domain::renewal_mode;
use crate::answer::{Answer, Outcome};
use crate::dates;

pub fn delete(call: &mut Call<'_>) -> Outcome {
    let mut domain = call.own_domain()?.clone();
    call.may_change(&domain)?;
    if domain
        .list("STATUS")
        .iter()
        .any(|status| status == "clientDeleteProhibited")
    {
        return Err(Answer::new(552).detail("clientDeleteProhibited"));
    }
    let at_expiration = match call.command.filled("X-AT-SCHEDULEDATE") {
        None | Some("now") => false,
        Some("expiration") if domain.zone.suffix == "at" => true,
        Some(_) => return Err(Answer::new(541).detail("X-AT-SCHEDULEDATE")),
    };
    domain.delete_at = Some(if at_expiration {
        domain.expiration
    } else {
        call.now + CARRIED_OUT
    });
    domain.updated = dates::whole_second(call.now);
    let name = domain.name.clone();
    call.state.put_domain(domain);
    call.log_status("DOMAIN", &name, "DELETE", "REQUEST");
    Ok(Answer::ok()
        .with("DOMAIN", name)
        .with("STATUS", "PENDINGDELETE")
        .pending())
}

/// Takes a deleted domain back, with a year's renewal in the price.
pub fn restore(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let mode = renewal_mode(call.command)?;
    let deleted = call
        .state
        .deleted
        .get(&name)
        .ok_or_else(|| Answer::new(545))?;
    if deleted.domain.account != call.account {
        return Err(Answer::new(531));
    }
    if call.now >= deleted.restorable_until {
        return Err(Answer::new(552).detail("pendingDelete; the domain can no longer be restored"));
    }
    let class = deleted.domain.class();
    if deleted.domain.premium.is_some() && call.command.filled("CLASS") != Some(class.as_str()) {
        return Err(Answer::new(504).detail(format!("CLASS={class} required")));
    }
    let price = deleted.domain.restore_price();
    if !call.state.charge(&call.account, price) {
        return Err(Answer::new(546));
    }
    let now = call.now;
    let domain = call
        .state
        .restore(&name, now)
        .ok_or_else(|| Answer::new(545))?;
    domain.renewal_mode = mode;
    let domain = domain.clone();
    let expiration = dates::text(domain.expiration);
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "RESTORE");
    Ok(Answer::ok()
        .with("DOMAIN", name)
        .with("EXPIRATIONDATE", expiration)
        .pending())
}

/// Hands a domain back to the registry, or to the registrar with a tag.
pub fn push(call: &mut Call<'_>) -> Outcome {
    let domain = call.own_domain()?.clone();
    call.may_change(&domain)?;
    if !domain.zone.push {
        return Err(Answer::new(510).detail("PushDomain"));
    }
    if domain.is_locked() {
        return Err(Answer::new(552).detail("clientTransferProhibited"));
    }
    let target = call.command.filled("TARGET").unwrap_or("TRANSIT");
    let british = domain.zone.suffix == "uk" || domain.zone.suffix.ends_with(".uk");
    let tag = target
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if !tag || (british && target == "TRANSIT") {
        return Err(Answer::new(541).detail("TARGET"));
    }
    let target = target.to_owned();
    let (name, account, now) = (domain.name.clone(), domain.account.clone(), call.now);
    call.log("DOMAIN", &name, "PUSH");
    call.state.take_domain(&name);
    call.state.hand_over(domain, &target);
    call.state
        .log_outcome(&account, &name, "OUTBOUND_TRANSFER", "SUCCESSFUL", now);
    Ok(Answer::ok())
}

/// How long a deletion takes.
const CARRIED_OUT: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
