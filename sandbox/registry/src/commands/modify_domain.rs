//! ModifyDomain: whole lists, or what to add to and take from them.

use super::add_domain::{self, CONTACTS};
use super::contacts::{self, Slot};
use super::{Call, random_hex, switch};
use crate::answer::{Answer, Failure, Outcome};
use crate::dates;
use crate::state::Domain;
use crate::zones::AuthCode;

pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "NAMESERVER#",
    "ADDNAMESERVER#",
    "DELNAMESERVER#",
    "OWNERCONTACT#@",
    "ADMINCONTACT#@",
    "TECHCONTACT#@",
    "BILLINGCONTACT#@",
    "ADDOWNERCONTACT#@",
    "ADDADMINCONTACT#@",
    "ADDTECHCONTACT#@",
    "ADDBILLINGCONTACT#@",
    "DELOWNERCONTACT#",
    "DELADMINCONTACT#",
    "DELTECHCONTACT#",
    "DELBILLINGCONTACT#",
    "STATUS#",
    "ADDSTATUS#",
    "DELSTATUS#",
    "HOST#",
    "ADDHOST#",
    "DELHOST#",
    "SECDNS-DS#",
    "ADDSECDNS-DS#",
    "DELSECDNS-DS#",
    "SECDNS-KEY#",
    "ADDSECDNS-KEY#",
    "DELSECDNS-KEY#",
    "SECDNS-MAXSIGLIFE",
    "SECDNS-URGENT",
    "SECDNS-REMOVE-ALL",
    "AUTH",
    "GENERATERANDOMAUTH",
    "TRANSFERLOCK",
    "INTERNALDNS",
    "X-*",
];

/// The change is made on a copy, which replaces the domain only once nothing can be refused any more.
pub fn run(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let mut domain = call.own_domain()?.clone();
    call.may_change(&domain)?;
    let zone = domain.zone.clone();

    let nameservers = change(
        domain.list("NAMESERVER"),
        add_domain::hosts(command, "NAMESERVER")?,
        add_domain::hosts(command, "ADDNAMESERVER")?,
        add_domain::hosts(command, "DELNAMESERVER")?,
        "DELNAMESERVER",
    )?;
    if let Some(nameservers) = nameservers {
        add_domain::check_nameservers(&nameservers, &zone)?;
        domain.lists.insert("NAMESERVER", nameservers);
    }
    for key in ["STATUS", "ADDSTATUS", "DELSTATUS"] {
        let unknown = add_domain::values(command, key)
            .unwrap_or_default()
            .into_iter()
            .find(|status| !CLIENT_STATUSES.contains(&status.as_str()));
        if let Some(status) = unknown {
            return Err(Answer::new(541).detail(format!("{key}; {status}")));
        }
    }
    for list in ["STATUS", "HOST", "SECDNS-DS", "SECDNS-KEY"] {
        let [replaced, added, taken] =
            ["", "ADD", "DEL"].map(|form| add_domain::values(command, &format!("{form}{list}")));
        if let Some(values) = change(domain.list(list), replaced, added, taken, list)? {
            domain.lists.insert(list, values);
        }
    }
    if switch(command, "SECDNS-REMOVE-ALL")? == Some(true) {
        domain.lists.insert("SECDNS-DS", Vec::new());
        domain.lists.insert("SECDNS-KEY", Vec::new());
    }
    let unlocks = switch(command, "TRANSFERLOCK")? == Some(false);
    if let Some(auth) = command.filled("AUTH") {
        let fresh = zone.auth_code == AuthCode::FreshWhenUnlocked;
        if zone.auth_code == AuthCode::None || (fresh && domain.transfer_lock && !unlocks) {
            return Err(Answer::new(541).detail("AUTH"));
        }
        add_domain::checked_auth(auth)?.clone_into(&mut domain.auth);
    }
    let random = switch(command, "GENERATERANDOMAUTH")? == Some(true);
    if random {
        domain.auth = random_hex::<6>()?;
    }
    if let Some(lock) = switch(command, "TRANSFERLOCK")? {
        if !zone.lock {
            return Err(Answer::new(541).detail("TRANSFERLOCK"));
        }
        domain.transfer_lock = lock;
        // What was given out under the lock's absence is worth nothing under the next one.
        if lock && zone.auth_code == AuthCode::FreshWhenUnlocked {
            domain.auth.clear();
        }
    }
    if let Some(internal_dns) = switch(command, "INTERNALDNS")? {
        domain.internal_dns = internal_dns;
    }
    if let Some(trustee) = add_domain::trustee(command, &zone)? {
        domain.trustee = trustee;
    }
    domain
        .extensions
        .extend(add_domain::extensions(command, &zone)?);
    let owner = domain.list("OWNERCONTACT").to_vec();
    change_contacts(call, &mut domain)?;
    let renamed = domain.list("OWNERCONTACT") != owner && !same_person(call, &owner, &domain);
    if renamed && zone.owner_change == "TRADE" {
        return Err(Answer::new(541).detail("OWNERCONTACT0; TradeDomain is required"));
    }
    if renamed && zone.owner_change == "ICANN-TRADE" {
        domain.trade_lock = Some(dates::days_after(call.now, 60));
    }

    domain.updated = dates::whole_second(call.now);
    let name = domain.name.clone();
    let mut answer = Answer::ok()
        .with("DOMAIN", name.clone())
        .with_all("STATUS", domain.statuses(call.now));
    if random {
        answer = answer.with("AUTH", domain.auth.clone());
    }
    call.state.put_domain(domain);
    call.log("DOMAIN", &name, "MODIFY");
    Ok(answer)
}

const CLIENT_STATUSES: &[&str] = &[
    "clientHold",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "clientDeleteProhibited",
    "clientRenewProhibited",
];

/// The list after the change; `None` if the command does not touch it.
fn change(
    now: &[String],
    replaced: Option<Vec<String>>,
    added: Option<Vec<String>>,
    taken: Option<Vec<String>>,
    name: &str,
) -> Result<Option<Vec<String>>, Failure> {
    if replaced.is_none() && added.is_none() && taken.is_none() {
        return Ok(None);
    }
    let mut list = replaced.unwrap_or_else(|| now.to_vec());
    for gone in taken.unwrap_or_default() {
        let place = list
            .iter()
            .position(|value| value.eq_ignore_ascii_case(&gone));
        let place = place.ok_or_else(|| Answer::new(541).detail(format!("{name}; {gone}")))?;
        list.remove(place);
    }
    for new in added.unwrap_or_default() {
        if !list.contains(&new) {
            list.push(new);
        }
    }
    Ok(Some(list))
}

fn change_contacts(call: &mut Call<'_>, domain: &mut Domain) -> Result<(), Failure> {
    let mut plans = Vec::new();
    for (kind, most, lacking) in CONTACTS {
        let replaced = slots(call, kind, most)?;
        let added = slots(call, &format!("ADD{kind}"), most)?;
        let taken = add_domain::values(call.command, &format!("DEL{kind}")).unwrap_or_default();
        let kept = if replaced.is_empty() {
            domain.list(kind).len()
        } else {
            replaced.len()
        };
        if kept + added.len() <= taken.len() {
            return Err(Answer::new(504).detail(lacking));
        }
        plans.push((kind, replaced, added, taken));
    }
    for (kind, replaced, added, taken) in plans {
        let mut handles = domain.list(kind).to_vec();
        if !replaced.is_empty() {
            handles = replaced
                .into_iter()
                .map(|slot| slot.resolve(call))
                .collect();
        }
        handles.retain(|handle| !taken.contains(handle));
        for slot in added {
            handles.push(slot.resolve(call));
        }
        domain.lists.insert(kind, handles);
    }
    Ok(())
}

/// Whether the first registrant has the name, the organization and the address that the old one had.
fn same_person(call: &Call<'_>, old: &[String], domain: &Domain) -> bool {
    let fields = |handles: &[String]| {
        let contact = handles
            .first()
            .and_then(|handle| call.state.contacts.get(handle));
        ["NAME", "FIRSTNAME", "LASTNAME", "ORGANIZATION", "EMAIL"].map(|field| {
            contact
                .and_then(|contact| contact.fields.get(field))
                .cloned()
        })
    };
    fields(old) == fields(domain.list("OWNERCONTACT"))
}

fn slots(call: &Call<'_>, base: &str, most: usize) -> Result<Vec<Slot>, Failure> {
    let mut slots = Vec::new();
    for index in 0..most {
        slots.extend(contacts::slot(call, &format!("{base}{index}"))?);
    }
    Ok(slots)
}
