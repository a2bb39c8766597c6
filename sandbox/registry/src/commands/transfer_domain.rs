//! TransferDomain and what belongs to a running transfer.

use std::collections::BTreeMap;

use super::add_domain::{self, CONTACTS};
use super::contacts::{self, Slot};
use super::{Call, check_transfer, random_hex};
use crate::answer::{Answer, Failure, Outcome};
use crate::dates;
use crate::state::{Direction, Holder, Order, Transfer};
use crate::zones::{Auth, Contacts, Zone};

pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "ACTION",
    "AUTH",
    "PERIOD",
    "CLASS",
    "NAMESERVER#",
    "OWNERCONTACT#@",
    "ADMINCONTACT#@",
    "TECHCONTACT#@",
    "BILLINGCONTACT#@",
    "INTERNALDNS",
    "EMAILLANGUAGE",
    "EMAILURL",
    "EMAILTAC",
    "EMAILSENDER",
    "EMAILSUBJECT",
    "EMAILTO",
    "X-*",
];

pub fn run(call: &mut Call<'_>) -> Outcome {
    let action = call.command.filled("ACTION").unwrap_or("REQUEST");
    match action.to_ascii_uppercase().as_str() {
        "REQUEST" => request(call),
        "USERTRANSFER" => user_transfer(call),
        "CANCEL" => cancel(call),
        "APPROVE" => answer(call, true),
        "DENY" => answer(call, false),
        _ => Err(Answer::new(506).detail("ACTION")),
    }
}

fn request(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let name = call.name()?;
    let zone = call.zone(&name)?;
    let account = call.account.clone();
    match call.state.holder(&name, &account) {
        Holder::Elsewhere => {}
        Holder::Nobody | Holder::Deleted => return Err(Answer::new(545)),
        Holder::Mine(_) => return Err(Answer::new(554).detail("DOMAIN")),
        Holder::Neighbour => {
            return Err(Answer::new(541).detail("ACTION; USERTRANSFER is required"));
        }
        Holder::Stranger => {
            return Err(Answer::new(552).detail("clientTransferProhibited"));
        }
    }
    let running = call.state.running_transfer(&name, Direction::Incoming);
    if running.is_some() {
        return Err(Answer::new(536));
    }
    let domain = call
        .state
        .elsewhere(&name)
        .ok_or_else(|| Answer::new(545))?;
    check_auth(call, &zone, &domain.auth)?;
    if domain.locked {
        return Err(Answer::new(552).detail("clientTransferProhibited"));
    }
    if let Some(reason) = check_transfer::refusal(&domain, None, false, call.now) {
        return Err(Answer::new(552).detail(reason));
    }
    let default = zone
        .transfer
        .first()
        .copied()
        .ok_or_else(|| Answer::new(541).detail("could not get default transfer period"))?;
    let years = add_domain::years(command, &zone.transfer, default)?;
    let premium = call.state.premium(&name, &zone);
    let price = match premium {
        None => zone.transfer_price(years),
        Some(premium) => {
            let class = premium.class(&zone);
            if command.filled("CLASS") != Some(class.as_str()) {
                return Err(Answer::new(504).detail(format!("CLASS={class} required")));
            }
            premium.renewal_price(years)
        }
    };
    let slots = slots(call, &zone)?;
    let sent = add_domain::hosts(command, "NAMESERVER")?.unwrap_or_default();
    add_domain::extensions(command, &zone)?;
    let trigger = random_hex::<8>()?;
    if !call.state.charge(&account, price) {
        return Err(Answer::new(546));
    }
    let mut kinds = BTreeMap::new();
    for (kind, slots) in slots {
        let handles: Vec<String> = slots.into_iter().map(|slot| slot.resolve(call)).collect();
        kinds.insert(kind, handles);
    }
    let order = Order {
        years,
        price,
        premium,
        contacts: kinds,
        nameservers: if zone.incoming.nameservers {
            sent
        } else {
            Vec::new()
        },
    };
    let now = call.now;
    call.log_status("DOMAIN", &name, "TRANSFER", "REQUEST");
    call.state
        .begin_incoming(&account, &domain, zone.incoming.ends, order, trigger, now);
    Ok(initiated())
}

fn initiated() -> Answer {
    Answer::ok()
        .pending()
        .saying("Command completed successfully; domain transfer initiated")
}

fn check_auth(call: &Call<'_>, zone: &Zone, right: &str) -> Result<(), Failure> {
    match (zone.incoming.auth, call.command.filled("AUTH")) {
        (Auth::Refused, Some(_)) => Err(Answer::new(541).detail("AUTH")),
        (Auth::Refused, None) => Ok(()),
        (Auth::Required, None) => Err(Answer::new(504).detail("AUTH")),
        (Auth::Required, Some(sent)) if sent == right => Ok(()),
        (Auth::Required, Some(_)) => {
            Err(Answer::new(530).saying("Authorization failed; wrong auth code"))
        }
    }
}

/// The contacts that were sent: those that the registry does not want are refused, all that it wants are
/// needed.
fn slots(call: &Call<'_>, zone: &Zone) -> Result<Vec<(&'static str, Vec<Slot>)>, Failure> {
    let mut all = Vec::new();
    for (kind, most, lacking) in CONTACTS {
        let mut slots = Vec::new();
        for index in 0..most {
            slots.extend(contacts::slot(call, &format!("{kind}{index}"))?);
        }
        let wanted = match zone.incoming.contacts {
            Contacts::All => true,
            Contacts::Refused => false,
            Contacts::AdminAndTech => kind == "ADMINCONTACT" || kind == "TECHCONTACT",
        };
        match (wanted, slots.is_empty()) {
            (true, true) => return Err(Answer::new(504).detail(lacking)),
            (false, false) => {
                let what = format!("{kind}0; not supported for transfers of this TLD");
                return Err(Answer::new(541).detail(what));
            }
            (true, false) => all.push((kind, slots)),
            (false, true) => {}
        }
    }
    Ok(all)
}

/// Between two customers of this registrar: at once.
fn user_transfer(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    call.zone(&name)?;
    let account = call.account.clone();
    if !matches!(call.state.holder(&name, &account), Holder::Neighbour) {
        return Err(Answer::new(545));
    }
    let Some(auth) = call.command.filled("AUTH") else {
        return Err(
            Answer::new(530).saying("Authorization failed; USERTRANSFER - AUTH CODE REQUIRED")
        );
    };
    let mut domain = call
        .state
        .domains
        .get(&name)
        .cloned()
        .ok_or_else(|| Answer::new(545))?;
    if domain.auth != auth {
        return Err(Answer::new(530).saying("Authorization failed; wrong auth code"));
    }
    if domain.is_locked() {
        return Err(Answer::new(552).detail("clientTransferProhibited"));
    }
    let old = std::mem::replace(&mut domain.account, account.clone());
    let now = call.now;
    domain.updated = dates::whole_second(now);
    domain.transferred = Some(domain.updated);
    for (kind, ..) in CONTACTS {
        let handles: Vec<String> = domain
            .list(kind)
            .iter()
            .filter_map(|handle| call.state.contacts.get(handle).cloned())
            .map(|contact| contact.fields)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|fields| call.state.contact(&account, fields, "AUTO", false, now).0)
            .collect();
        domain.lists.insert(kind, handles);
    }
    call.state.put_domain(domain);
    call.log_status("DOMAIN", &name, "TRANSFER", "REQUEST");
    call.state
        .log_outcome(&account, &name, "INBOUND_TRANSFER", "SUCCESSFUL", now);
    call.state
        .log_outcome(&old, &name, "OUTBOUND_TRANSFER", "SUCCESSFUL", now);
    Ok(initiated())
}

fn cancel(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    own(call, &name, Direction::Incoming)?;
    let now = call.now;
    call.log("DOMAIN", &name, "CANCEL_TRANSFER");
    call.state
        .end_incoming(&name, Err("Cancelled by the user"), now);
    Ok(Answer::ok())
}

fn answer(call: &mut Call<'_>, approved: bool) -> Outcome {
    let name = call.name()?;
    call.own_domain()?;
    own(call, &name, Direction::Outgoing)?;
    let (now, outcome, operation) = if approved {
        (call.now, Ok(()), "APPROVE_TRANSFER")
    } else {
        (call.now, Err("Denied by the registrar"), "DENY_TRANSFER")
    };
    call.log("DOMAIN", &name, operation);
    call.state.end_outgoing(&name, outcome, now);
    Ok(Answer::ok())
}

/// The caller's running transfer of a name.
fn own(call: &Call<'_>, name: &str, direction: Direction) -> Result<Transfer, Failure> {
    call.state
        .running_transfer(name, direction)
        .filter(|transfer| transfer.account == call.account)
        .cloned()
        .ok_or_else(|| Answer::new(534))
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let transfer = call
        .state
        .transfers
        .get(&name)
        .filter(|transfer| transfer.account == call.account)
        .ok_or_else(|| Answer::new(545))?;
    let log = transfer
        .log
        .iter()
        .map(|(at, state, text)| format!("{} [{}] {text}", dates::text(*at), state.text()));
    let answer = Answer::ok()
        .with("DOMAIN", name.clone())
        .with("TRANSFERSTATUS", transfer.state.text())
        .with("TRANSFERTYPE", transfer.direction.text())
        .with_all("TRANSFERLOG", log)
        .with("CREATEDDATE", dates::text(transfer.created))
        .with("UPDATEDDATE", dates::text(transfer.updated));
    let answer = match call.state.zones.of(&name) {
        Some(zone) => answer.with("REPOSITORY", zone.repository()),
        None => answer,
    };
    let (old, new) = match transfer.direction {
        Direction::Incoming => (transfer.peer.as_str(), HERE),
        Direction::Outgoing => (HERE, transfer.peer.as_str()),
        Direction::Trade => (HERE, HERE),
    };
    let mut answer = answer
        .with("OLD-REGISTRAR", old)
        .with("NEW-REGISTRAR", new)
        .with("USER", transfer.account.clone());
    for (kind, handles) in transfer.order.iter().flat_map(|order| &order.contacts) {
        answer = answer.with_all(kind, handles.iter().cloned());
    }
    Ok(answer)
}

pub fn resend(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let Ok(mut transfer) = own(call, &name, Direction::Incoming) else {
        return Err(Answer::new(545));
    };
    let domain = call
        .state
        .elsewhere(&name)
        .ok_or_else(|| Answer::new(545))?;
    if transfer.on_release {
        return Err(Answer::new(552).detail("no confirmation is asked for"));
    }
    let now = call.now;
    let state = transfer.state;
    transfer.note(state, "Confirmation mail sent again", now);
    call.state.mail_confirmation(&transfer, &domain, now);
    call.state.put_transfer(transfer);
    Ok(Answer::ok())
}

/// With the code of the confirmation mail.
pub fn activate(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let action = call.command.required("ACTION")?.to_ascii_uppercase();
    if action == "REQUEST" {
        return resend(call);
    }
    let transfer = own(call, &name, Direction::Incoming)?;
    if call.command.filled("TRIGGER") != Some(transfer.trigger.as_str()) {
        return Err(Answer::new(530).saying("Authorization failed; wrong trigger code"));
    }
    let now = call.now;
    match action.as_str() {
        "APPROVE" => {
            let mut transfer = transfer;
            let state = transfer.state;
            transfer.note(state, "Confirmed by the registrant", now);
            call.state.put_transfer(transfer);
        }
        "DENY" => {
            call.state
                .end_incoming(&name, Err("Denied by the registrant"), now);
        }
        _ => return Err(Answer::new(506).detail("ACTION")),
    }
    Ok(Answer::ok())
}

/// This registrar's own name.
pub const HERE: &str = "Sandbox Registrar";
