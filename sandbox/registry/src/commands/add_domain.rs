//! AddDomain: a paid registration. Repeating it is not safe: the second one is refused, nothing tells the
//! caller that the first was its own.

use std::collections::BTreeMap;

use super::contacts::{self, Slot};
use super::{Call, random_hex, registrable, switch, wrong_syntax};
use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::dates;
use crate::state::{Domain, Holder};
use crate::zones::Zone;

pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "PERIOD",
    "OWNERCONTACT#@",
    "ADMINCONTACT#@",
    "TECHCONTACT#@",
    "BILLINGCONTACT#@",
    "NAMESERVER#",
    "AUTH",
    "TRANSFERLOCK",
    "RENEWALMODE",
    "INTERNALDNS",
    "HOST#",
    "SECDNS-DS#",
    "SECDNS-KEY#",
    "SECDNS-MAXSIGLIFE",
    "X-*",
];

/// A contact kind: the attribute, its list's name, how many there may be, what a lack of it is called.
pub const CONTACTS: [(&str, usize, &str); 4] = [
    ("OWNERCONTACT", 5, "TOO FEW OWNER CONTACTS"),
    ("ADMINCONTACT", 3, "TOO FEW ADMIN CONTACTS"),
    ("TECHCONTACT", 3, "TOO FEW TECH CONTACTS"),
    ("BILLINGCONTACT", 3, "TOO FEW BILLING CONTACTS"),
];

pub const NAMESERVERS_MAX: usize = 13;

pub fn run(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let name = registrable(command.required("DOMAIN")?).ok_or_else(|| wrong_syntax("DOMAIN"))?;
    let zone = Zone::of(&name).ok_or_else(|| Answer::new(549).detail("TLD not supported"))?;
    let years = years(command, zone)?;
    let slots = contact_slots(call)?;
    let nameservers = hosts(command, "NAMESERVER")?.unwrap_or_default();
    check_nameservers(&nameservers, zone)?;
    let auth = match command.filled("AUTH") {
        Some(auth) => checked_auth(auth)?.to_owned(),
        None => random_hex::<6>()?,
    };
    let transfer_lock = switch(command, "TRANSFERLOCK")?.unwrap_or(true);
    let internal_dns = switch(command, "INTERNALDNS")?.unwrap_or(false);
    let renewal_mode = renewal_mode(command)?;
    let trustee = trustee(command, zone)?.unwrap_or(false);
    let extensions = extensions(command, zone)?;

    let account = call.account.clone();
    match call.state.holder(&name, &account) {
        Holder::Nobody => {}
        Holder::Mine(_) => return Err(Answer::new(554).detail("DOMAIN")),
        Holder::Other => return Err(Answer::new(540).detail("DOMAIN; domain name exists")),
    }
    // The last thing that can be refused: from here on everything happens.
    if !call.state.charge(&account, zone.annual * years) {
        return Err(Answer::new(546));
    }

    let mut lists: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (kind, slots) in slots {
        let handles = slots.into_iter().map(|slot| slot.resolve(call)).collect();
        lists.insert(kind, handles);
    }
    lists.insert("NAMESERVER", nameservers);
    for list in ["HOST", "SECDNS-DS", "SECDNS-KEY"] {
        lists.insert(list, values(command, list).unwrap_or_default());
    }
    let created = dates::whole_second(call.now);
    let expiration = dates::years_after(created, years);
    let domain = Domain {
        name: name.clone(),
        account,
        zone,
        created,
        updated: created,
        active_from: if zone.realtime {
            created
        } else {
            created + NOT_REALTIME
        },
        expiration,
        paid_until: expiration,
        renewal_mode,
        auth,
        transfer_lock,
        trustee,
        internal_dns,
        lists,
        extensions,
    };
    let answer = registered(&domain, call.now);
    call.state.domains.insert(name.clone(), domain);
    call.log("DOMAIN", &name, "CREATE");
    Ok(answer)
}

fn registered(domain: &Domain, now: jiff::Timestamp) -> Answer {
    let answer = Answer::ok()
        .with("DOMAIN", domain.name.clone())
        .with_all("STATUS", domain.statuses(now).into_iter().take(1));
    if !domain.is_active(now) {
        return answer.pending();
    }
    answer
        .with("REGISTRATIONEXPIRATIONDATE", dates::text(domain.expiration))
        .with("ACCOUNTINGDATE", dates::text(domain.accounting()))
        .with("FINALIZATIONDATE", dates::text(domain.finalization()))
        .with("FAILUREDATE", dates::text(domain.failure()))
        .with("PAIDUNTILDATE", dates::text(domain.paid_until))
}

/// `2Y` or a bare `2`; letters are case-sensitive. Months are a syntax that no zone here sells.
fn years(command: &Command, zone: &Zone) -> Result<i64, Failure> {
    let text = command.filled("PERIOD").unwrap_or("1Y");
    let (digits, months) = match text.strip_suffix('M') {
        Some(digits) => (digits, true),
        None => (text.strip_suffix('Y').unwrap_or(text), false),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let count: i64 = digits
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| wrong_syntax("PERIOD"))?;
    if months || !(1..=zone.max_years).contains(&count) {
        return Err(Answer::new(541).detail("PERIOD"));
    }
    Ok(count)
}

fn contact_slots(call: &Call<'_>) -> Result<Vec<(&'static str, Vec<Slot>)>, Failure> {
    let mut all = Vec::new();
    for (kind, most, lacking) in CONTACTS {
        let mut slots = Vec::new();
        for index in 0..most {
            slots.extend(contacts::slot(call, &format!("{kind}{index}"))?);
        }
        if slots.is_empty() {
            return Err(Answer::new(504).detail(lacking));
        }
        all.push((kind, slots));
    }
    Ok(all)
}

/// A list of host names; `None` if it was not sent. Empty elements are left out, repeated ones kept once.
pub fn hosts(command: &Command, base: &str) -> Result<Option<Vec<String>>, Failure> {
    let Some(sent) = command.list(base) else {
        return Ok(None);
    };
    let mut hosts = Vec::new();
    for (key, value) in sent {
        let host = registrable(value.strip_suffix('.').unwrap_or(value))
            .ok_or_else(|| wrong_syntax(&key))?;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(Some(hosts))
}

pub fn check_nameservers(hosts: &[String], zone: &Zone) -> Result<(), Failure> {
    if hosts.len() < zone.nameserver_min {
        return Err(Answer::new(504).detail("TOO FEW NAMESERVERS"));
    }
    if hosts.len() > NAMESERVERS_MAX {
        return Err(Answer::new(541).detail("TOO MANY NAMESERVERS"));
    }
    Ok(())
}

/// A list of plain texts; `None` if it was not sent.
pub fn values(command: &Command, base: &str) -> Option<Vec<String>> {
    Some(
        command
            .list(base)?
            .into_iter()
            .map(|(_, value)| value.to_owned())
            .collect(),
    )
}

pub fn checked_auth(auth: &str) -> Result<&str, Failure> {
    let fits = (6..=64).contains(&auth.len()) && auth.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(auth)
    } else {
        Err(wrong_syntax("AUTH"))
    }
}

/// Id protection: refused where the zone has none.
pub fn trustee(command: &Command, zone: &Zone) -> Result<Option<bool>, Failure> {
    let wanted = switch(command, TRUSTEE)?;
    if wanted == Some(true) && !zone.trustee {
        return Err(Answer::new(541).detail(TRUSTEE));
    }
    Ok(wanted)
}

/// The `X-` fields: the general ones and the zone's own.
pub fn extensions(command: &Command, zone: &Zone) -> Result<BTreeMap<String, String>, Failure> {
    let own = format!("X-{}-", zone.class());
    let mut kept = BTreeMap::new();
    for (key, value) in command
        .attributes()
        .filter(|(key, _)| key.starts_with("X-") && *key != TRUSTEE)
    {
        let known = key.starts_with(&own) || GENERAL.iter().any(|head| key.starts_with(head));
        if !known {
            return Err(Answer::new(541).detail(key));
        }
        if !value.is_empty() {
            kept.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(kept)
}

fn renewal_mode(command: &Command) -> Result<String, Failure> {
    match command.filled("RENEWALMODE").unwrap_or("DEFAULT") {
        "DEFAULT" => Ok("AUTORENEW".to_owned()),
        mode @ ("AUTORENEW" | "AUTOEXPIRE" | "AUTODELETE") => Ok(mode.to_owned()),
        _ => Err(Answer::new(506).detail("RENEWALMODE")),
    }
}

const TRUSTEE: &str = "X-ACCEPT-WHOISTRUSTEE-TAC";
const GENERAL: &[&str] = &[
    "X-IDN-LANGUAGE",
    "X-ACCEPT-SSL-REQUIREMENT",
    "X-CORE-INTENDED-USE",
    "X-ALLOCATIONTOKEN",
    "X-DISCLOSE",
    "X-REGISTRANT-",
    "X-ADMIN-",
    "X-TECH-",
    "X-BILLING-",
    "X-VATID",
    "X-IDNUMBER",
];
/// How long the registries that are not realtime take.
const NOT_REALTIME: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
