//! AddDomain: a paid registration. Repeating it is not safe: the second one is refused, nothing tells the
//! caller that the first was its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::contacts::{self, Slot};
use super::{Call, random_hex, registrable, switch, wrong_syntax};
use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::dates;
use crate::state::{Domain, Due, Holder};
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
    let zone = call.zone(&name)?;
    if let Some(class) = zone.application {
        let how = format!("DOMAIN; AddDomainApplication with CLASS={class} is required");
        return Err(Answer::new(541).detail(how));
    }
    if let Some(premium) = call.state.premium(&name, &zone) {
        let class = premium.class(&zone);
        return Err(Answer::new(504).detail(format!("CLASS={class} required")));
    }
    let years = years(command, &zone.registration, 1)?;
    let ordered = ordered(call, &name, &zone)?;
    free(call, &name)?;
    // The last thing that can be refused: from here on everything happens.
    if !call
        .state
        .charge(&call.account, zone.registration_price(years))
    {
        return Err(Answer::new(546));
    }
    let domain = ordered.domain(call, years);
    let answer = registered(&domain, call.now);
    if !domain.is_active(call.now) {
        let due = Due::Registered(name.clone());
        call.state.agenda.plan(due, Some(domain.active_from));
    }
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "CREATE");
    Ok(answer)
}

/// The name is nobody's.
pub fn free(call: &mut Call<'_>, name: &str) -> Result<(), Failure> {
    if ["reserved-", "block-", "collision-"]
        .iter()
        .any(|head| name.starts_with(head))
    {
        return Err(Answer::new(541).detail("DOMAIN; domain name is not available"));
    }
    match call.state.holder(name, &call.account) {
        Holder::Nobody => Ok(()),
        Holder::Mine(_) => Err(Answer::new(554).detail("DOMAIN")),
        Holder::Neighbour | Holder::Stranger | Holder::Elsewhere | Holder::Deleted => {
            Err(Answer::new(540).detail("DOMAIN; domain name exists"))
        }
    }
}

/// A registration as it was ordered, checked; nothing of it is stored yet.
pub struct Ordered {
    name: String,
    zone: Arc<Zone>,
    slots: Vec<(&'static str, Vec<Slot>)>,
    nameservers: Vec<String>,
    auth: String,
    transfer_lock: bool,
    internal_dns: bool,
    renewal_mode: String,
    trustee: bool,
    extensions: BTreeMap<String, String>,
}

pub fn ordered(call: &Call<'_>, name: &str, zone: &Arc<Zone>) -> Result<Ordered, Failure> {
    let command = call.command;
    let slots = contact_slots(call)?;
    let nameservers = hosts(command, "NAMESERVER")?.unwrap_or_default();
    check_nameservers(&nameservers, zone)?;
    let auth = match command.filled("AUTH") {
        Some(auth) => checked_auth(auth)?.to_owned(),
        None => random_hex::<6>()?,
    };
    Ok(Ordered {
        name: name.to_owned(),
        zone: zone.clone(),
        slots,
        nameservers,
        auth,
        transfer_lock: switch(command, "TRANSFERLOCK")?.unwrap_or(true),
        internal_dns: switch(command, "INTERNALDNS")?.unwrap_or(false),
        renewal_mode: renewal_mode(command)?,
        trustee: trustee(command, zone)?.unwrap_or(false),
        extensions: extensions(command, zone)?,
    })
}

impl Ordered {
    /// Makes the handles, and the domain with a term from now.
    pub fn domain(self, call: &mut Call<'_>, years: i64) -> Domain {
        let mut lists: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (kind, slots) in self.slots {
            let handles = slots.into_iter().map(|slot| slot.resolve(call)).collect();
            lists.insert(kind, handles);
        }
        lists.insert("NAMESERVER", self.nameservers);
        for list in ["HOST", "SECDNS-DS", "SECDNS-KEY"] {
            lists.insert(list, values(call.command, list).unwrap_or_default());
        }
        let created = dates::whole_second(call.now);
        let expiration = dates::years_after(created, years);
        let premium = call.state.premium(&self.name, &self.zone);
        Domain {
            name: self.name,
            account: call.account.clone(),
            created,
            updated: created,
            active_from: if self.zone.realtime {
                created
            } else {
                created + NOT_REALTIME
            },
            expiration,
            paid_until: expiration,
            transferred: None,
            delete_at: None,
            restored_at: None,
            trade_lock: None,
            retry_at: None,
            renewal_mode: self.renewal_mode,
            auth: self.auth,
            transfer_lock: self.transfer_lock,
            leaving: false,
            trustee: self.trustee,
            internal_dns: self.internal_dns,
            premium,
            lists,
            extensions: self.extensions,
            zone: self.zone,
        }
    }
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
pub fn years(command: &Command, sold: &[i64], default: i64) -> Result<i64, Failure> {
    let Some(text) = command.filled("PERIOD") else {
        return Ok(default);
    };
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
    if months || !sold.contains(&count) {
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
    let own = format!("X-{}-", zone.class);
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

pub fn renewal_mode(command: &Command) -> Result<String, Failure> {
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
