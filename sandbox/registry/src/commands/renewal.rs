//! RenewDomain, PayDomainRenewal, SetDomainRenewalMode.

use super::Call;
use super::add_domain::{renewal_mode, years};
use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::dates;
use crate::state::Domain;

pub const ATTRIBUTES: &[&str] = &["DOMAIN", "PERIOD", "EXPIRATION", "EXPIRATIONDATE", "CLASS"];
pub const MODE: &[&str] = &["DOMAIN", "RENEWALMODE", "PERIOD"];

/// The registry renews at once.
pub fn renew(call: &mut Call<'_>) -> Outcome {
    let (mut domain, years) = ordered(call)?;
    if !domain.zone.explicit_renewal {
        return Err(Answer::new(510).detail("use PayDomainRenewal"));
    }
    if domain.is_paid() {
        return Err(Answer::new(555));
    }
    let expiration = dates::years_after(domain.expiration, years);
    if expiration > dates::years_after(call.now, LONGEST) {
        return Err(Answer::new(548).detail("the term would be too long"));
    }
    pay_for(call, &domain, years)?;
    domain.expiration = expiration;
    domain.paid_until = expiration;
    domain.retry_at = None;
    domain.updated = dates::whole_second(call.now);
    let answer = Answer::ok()
        .with("DOMAIN", domain.name.clone())
        .with("EXPIRATIONDATE", dates::text(expiration))
        .with("REGISTRATIONEXPIRATIONDATE", dates::text(expiration));
    let name = domain.name.clone();
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "RENEW");
    Ok(answer)
}

/// The registry renews when its own date comes; this only pays for it.
pub fn pay(call: &mut Call<'_>) -> Outcome {
    let (mut domain, years) = ordered(call)?;
    if domain.is_paid() {
        return Err(Answer::new(555));
    }
    let opens = dates::days_after(domain.paid_until, domain.zone.days.payment);
    if call.now < opens {
        let when = format!("payment is accepted from {} on", dates::text(opens));
        return Err(Answer::new(548).detail(when));
    }
    pay_for(call, &domain, years)?;
    domain.paid_until = dates::years_after(domain.paid_until, years);
    domain.retry_at = None;
    domain.updated = dates::whole_second(call.now);
    let answer = Answer::ok()
        .with("DOMAIN", domain.name.clone())
        .with("EXPIRATIONDATE", dates::text(domain.expiration))
        .with("PAIDUNTILDATE", dates::text(domain.paid_until));
    let name = domain.name.clone();
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "PAY_RENEWAL");
    Ok(answer)
}

pub fn mode(call: &mut Call<'_>) -> Outcome {
    let mut domain = call.own_domain()?.clone();
    call.command.required("RENEWALMODE")?;
    let monthly = call.command.filled("RENEWALMODE") == Some("AUTORENEWMONTHLY");
    domain.renewal_mode = if monthly && domain.zone.suffix == "de" {
        "AUTORENEWMONTHLY".to_owned()
    } else {
        renewal_mode(call.command)?
    };
    domain.retry_at = None;
    let name = domain.name.clone();
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "SET_RENEWALMODE");
    Ok(Answer::ok().with("UNRENEW", "0"))
}

/// What both ways of renewing ask first.
fn ordered(call: &mut Call<'_>) -> Result<(Domain, i64), Failure> {
    let domain = call.own_domain()?.clone();
    let years = years(call.command, &domain.zone.renewal, 1)?;
    call.may_change(&domain)?;
    if domain
        .list("STATUS")
        .iter()
        .any(|status| status == "clientRenewProhibited")
    {
        return Err(Answer::new(552).detail("clientRenewProhibited"));
    }
    check_expiration(call.command, &domain)?;
    if domain.premium.is_some() && call.command.filled("CLASS") != Some(&domain.class()) {
        let what = format!("CLASS={} required", domain.class());
        return Err(Answer::new(504).detail(what));
    }
    Ok((domain, years))
}

/// The lock against renewing twice: the date that the caller knows must be the one that is.
fn check_expiration(command: &Command, domain: &Domain) -> Result<(), Failure> {
    let now = dates::text(domain.expiration);
    for (key, length) in [("EXPIRATIONDATE", 10), ("EXPIRATION", 4)] {
        let Some(sent) = command.filled(key) else {
            continue;
        };
        let digits = sent.bytes().take(4).filter(u8::is_ascii_digit).count();
        if sent.len() < length || digits < 4 {
            return Err(super::wrong_syntax(key));
        }
        let known = now.get(..sent.len().min(now.len())).unwrap_or_default();
        if known == sent {
            continue;
        }
        return Err(if sent < known {
            Answer::new(555).detail(format!("the expiration date is {now}"))
        } else {
            Answer::new(541).detail(format!("{key}; the expiration date is {now}"))
        });
    }
    Ok(())
}

fn pay_for(call: &mut Call<'_>, domain: &Domain, years: i64) -> Result<(), Failure> {
    if call
        .state
        .charge(&domain.account, domain.renewal_price(years))
    {
        Ok(())
    } else {
        Err(Answer::new(546))
    }
}

/// No registry keeps a name for longer.
const LONGEST: i64 = 10;
