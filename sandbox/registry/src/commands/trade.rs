//! TradeDomain and StatusDomainTrade: a change of registrant, done at once.

use super::contacts;
use super::{Call, switch};
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::{Direction, Transfer, TransferState};

pub const ATTRIBUTES: &[&str] = &[
    "DOMAIN",
    "ACTION",
    "OWNERCONTACT#@",
    "ADMINCONTACT#@",
    "TECHCONTACT#@",
    "BILLINGCONTACT#@",
    "AUTH",
    "X-*",
];

pub fn run(call: &mut Call<'_>) -> Outcome {
    let mut domain = call.own_domain()?.clone();
    call.may_change(&domain)?;
    match call.command.filled("ACTION").unwrap_or("REQUEST") {
        action if action.eq_ignore_ascii_case("REQUEST") => {}
        // Every trade is done when it is asked for.
        action if action.eq_ignore_ascii_case("CANCEL") => return Err(Answer::new(545)),
        _ => return Err(Answer::new(506).detail("ACTION")),
    }
    let opts_out = switch(call.command, "X-REQUEST-OPT-OUT-TRANSFERLOCK")?.unwrap_or(false);
    let mut slots = Vec::new();
    for (kind, ..) in super::CONTACTS {
        if let Some(slot) = contacts::slot(call, &format!("{kind}0"))? {
            slots.push((kind, slot));
        }
    }
    if !slots.iter().any(|(kind, _)| *kind == "OWNERCONTACT") {
        return Err(Answer::new(504).detail("TOO FEW OWNER CONTACTS"));
    }
    if let Some(price) = domain.zone.prices.trade {
        let price = domain.zone.price(price);
        if !call.state.charge(&domain.account, price) {
            return Err(Answer::new(546));
        }
    }
    for (kind, slot) in slots {
        let handle = slot.resolve(call);
        domain.lists.insert(kind, vec![handle]);
    }
    let now = dates::whole_second(call.now);
    domain.updated = now;
    if domain.zone.owner_change == "ICANN-TRADE" && !opts_out {
        domain.trade_lock = Some(dates::days_after(now, 60));
    }
    let mut trade = Transfer {
        name: domain.name.clone(),
        account: domain.account.clone(),
        direction: Direction::Trade,
        state: TransferState::Requested,
        log: Vec::new(),
        created: now,
        updated: now,
        ends: None,
        peer: String::new(),
        trigger: String::new(),
        on_release: false,
        order: None,
    };
    trade.note(TransferState::Successful, "Registrant changed", now);
    let name = domain.name.clone();
    call.state.put_domain(domain);
    call.state.put_transfer(trade);
    call.log("DOMAIN", &name, "TRADE");
    Ok(Answer::ok())
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let name = call.name()?;
    let traded = call
        .state
        .transfers
        .get(&name)
        .is_some_and(|known| known.direction == Direction::Trade);
    if traded {
        super::transfer_domain::status(call)
    } else {
        Err(Answer::new(545))
    }
}
