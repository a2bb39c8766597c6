//! What stands in the lists of payments: their columns and cells.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_core::{Currency, Phone};

use super::Words;
use super::list::{Cell, Column, Table};
use super::words::money;
use crate::views::{
    AuditView, ClaimView, DecisionView, MessageView, REASONS, REVIEW_KINDS, ReviewView,
    TransferView, UNREADABLE, number_text,
};

pub(super) fn transfers_table(words: Words, views: &[TransferView]) -> Table {
    Table {
        columns: vec![
            Column::new(words, "received_at"),
            Column::number(words, "amount"),
            Column::new(words, "phone"),
            Column::new(words, "operator_id"),
            Column::new(words, "state"),
            Column::new(words, "client"),
            Column::number(words, "credit"),
            Column::new(words, "wallet"),
            Column::only_csv("id"),
            Column::only_csv("store"),
            Column::only_csv("currency"),
            Column::only_csv("payer"),
            Column::only_csv("rate").of_numbers(),
            Column::only_csv("credit_currency"),
        ],
        rows: views
            .iter()
            .map(|view| {
                let credit = view.credit_minor.zip(view.credit_currency.as_deref());
                vec![
                    Cell::time(words, view.received_at).to(format!("/staff/transfers/{}", view.id)),
                    amount(view.amount_minor, &view.currency),
                    phone(view.phone.as_deref()).with_note(view.payer.clone().unwrap_or_default()),
                    Cell::code(number_text(&view.operator_id)).in_csv(view.operator_id.clone()),
                    Cell::tag(words, "state", &view.state)
                        .with_note(reason(words, view.reason.as_deref())),
                    client(view.client),
                    credit.map_or_else(Cell::default, |(minor, code)| amount(minor, code)),
                    Cell::text(view.wallet.clone()),
                    Cell::text(view.id.clone()),
                    Cell::text(view.store.clone()),
                    Cell::text(view.currency.clone()),
                    Cell::text(view.payer.clone().unwrap_or_default()),
                    Cell::text(view.rate.clone().unwrap_or_default()),
                    Cell::text(view.credit_currency.clone().unwrap_or_default()),
                ]
            })
            .collect(),
        empty: words.text("transfers_empty").to_owned(),
    }
}

pub(super) fn claims_table(words: Words, views: &[ClaimView]) -> Table {
    Table {
        columns: vec![
            Column::new(words, "created_at"),
            Column::new(words, "client"),
            Column::new(words, "invoice"),
            Column::number(words, "amount"),
            Column::new(words, "phone"),
            Column::new(words, "operator_id"),
            Column::new(words, "state"),
            Column::new(words, "transfer"),
            Column::only_csv("id"),
            Column::only_csv("store"),
            Column::only_csv("currency"),
            Column::only_csv("source"),
            Column::only_csv("credited").of_numbers(),
            Column::only_csv("applied").of_numbers(),
            Column::only_csv("credit_currency"),
        ],
        rows: views
            .iter()
            .map(|view| {
                let transfer = match &view.transfer {
                    Some(id) => Cell::text(words.text("see"))
                        .to(format!("/staff/transfers/{id}"))
                        .in_csv(id.clone()),
                    None => Cell::default(),
                };
                let of_credit = |minor: Option<i64>| {
                    let credit = minor.zip(view.credit_currency.as_deref());
                    credit.map_or_else(Cell::default, |(minor, code)| amount(minor, code))
                };
                vec![
                    Cell::time(words, view.created_at).with_note(words.of("source", &view.source)),
                    client(Some(view.client)),
                    Cell::code(view.invoice.map(|id| id.to_string()).unwrap_or_default()),
                    amount(view.amount_minor, &view.currency),
                    phone(Some(&view.phone)),
                    Cell::code(view.operator_id.clone().unwrap_or_default()),
                    Cell::tag(words, "claim", &view.state)
                        .with_note(reason(words, view.reason.as_deref())),
                    transfer,
                    Cell::text(view.id.clone()),
                    Cell::text(view.store.clone()),
                    Cell::text(view.currency.clone()),
                    Cell::text(view.source.clone()),
                    of_credit(view.credited_minor),
                    of_credit(view.applied_minor),
                    Cell::text(view.credit_currency.clone().unwrap_or_default()),
                ]
            })
            .collect(),
        empty: words.text("claims_empty").to_owned(),
    }
}

pub(super) fn messages_table(
    words: Words,
    views: &[MessageView],
    currencies: &BTreeMap<String, String>,
) -> Table {
    Table {
        columns: vec![
            Column::new(words, "stored_at"),
            Column::new(words, "sender"),
            Column::new(words, "body"),
            Column::new(words, "kind"),
            Column::number(words, "amount"),
            Column::number(words, "balance"),
            Column::new(words, "state"),
            Column::new(words, "device"),
            Column::only_csv("id"),
            Column::only_csv("store"),
            Column::only_csv("currency"),
            Column::only_csv("operator_id"),
        ],
        rows: views
            .iter()
            .map(|view| {
                let code = currencies.get(&view.store).map_or("", String::as_str);
                let money = |minor: Option<i64>| {
                    minor.map_or_else(Cell::default, |minor| amount(minor, code))
                };
                let times = match view.deliveries {
                    ..=1 => String::new(),
                    count => words.fill("deliveries", &[("count", &count.to_string())]),
                };
                vec![
                    Cell::time(words, view.stored_at).with_note(times),
                    Cell::code(view.sender.clone()),
                    Cell::text(view.body.clone()),
                    Cell::text(
                        view.kind
                            .as_deref()
                            .map(|kind| words.of("meaning", kind))
                            .unwrap_or_default(),
                    ),
                    money(view.amount_minor),
                    money(view.balance_minor),
                    match view.state.as_str() {
                        "ignored" if view.sender.trim().is_empty() => {
                            Cell::tag(words, "message", UNREADABLE).in_csv(view.state.clone())
                        }
                        state => Cell::tag(words, "message", state),
                    }
                    .with_note(reason(words, view.reason.as_deref())),
                    Cell::text(view.device.clone()),
                    Cell::text(view.id.clone()),
                    Cell::text(view.store.clone()),
                    Cell::text(code),
                    Cell::text(view.operator_id.clone().unwrap_or_default()),
                ]
            })
            .collect(),
        empty: words.text("messages_empty").to_owned(),
    }
}

pub(super) fn reviews_table(words: Words, views: &[ReviewView], now: i64) -> Table {
    Table {
        columns: vec![
            Column::new(words, "opened_at"),
            Column::new(words, "kind"),
            Column::new(words, "why"),
            Column::number(words, "amount"),
            Column::new(words, "clients"),
            Column::new(words, "state"),
            Column::only_csv("id"),
            Column::only_csv("store"),
            Column::only_csv("currency"),
            Column::only_csv("transfer"),
            Column::only_csv("operator_id"),
            Column::only_csv("closed_at"),
            Column::only_csv("first_by"),
            Column::only_csv("first_reason"),
            Column::only_csv("second_by"),
            Column::only_csv("second_reason"),
        ],
        rows: views
            .iter()
            .map(|view| {
                let mut clients: Vec<String> = view
                    .claims
                    .iter()
                    .map(|claim| claim.client.to_string())
                    .collect();
                let mut met = BTreeSet::new();
                clients.retain(|client| met.insert(client.clone()));
                // What is about no transfer of ours says itself what it is about.
                let said = |name: &str| view.evidence.get(name);
                let text = |name: &str| {
                    said(name)
                        .and_then(Value::as_str)
                        .filter(|text| !text.is_empty())
                };
                if clients.is_empty() {
                    let client = said("client").and_then(Value::as_i64);
                    clients.extend(client.map(|client| client.to_string()));
                }
                let told = text("whmcs")
                    .or_else(|| text("wharf"))
                    .or_else(|| text("amount"));
                let (figure, currency) = told
                    .and_then(|told| told.split_once(' '))
                    .unwrap_or((told.unwrap_or_default(), &view.currency));
                let number = match &view.transfer {
                    Some(transfer) => transfer.operator_id.as_str(),
                    None => text("number").unwrap_or_default(),
                };
                let kind = Cell::text(words.of("kind", &view.kind)).in_csv(view.kind.clone());
                let decided = |vote: &Option<DecisionView>, of: fn(&DecisionView) -> &String| {
                    Cell::text(vote.as_ref().map(of).cloned().unwrap_or_default())
                };
                let first = view.first.as_ref().filter(|_| view.state == "open");
                let note = first.map_or_else(String::new, |first| {
                    words.fill("first_approved", &[("actor", &first.actor)])
                });
                let transfer = view.transfer.as_ref();
                vec![
                    Cell::time(words, view.opened_at)
                        .with_note(words.ago(view.opened_at, now))
                        .to(format!("/staff/review/{}", view.id)),
                    match transfer {
                        Some(_) => kind,
                        None => kind.with_note(number_text(number)),
                    },
                    Cell::text(why(words, view)),
                    match (
                        transfer,
                        view.message.as_ref().and_then(|of| of.amount_minor),
                    ) {
                        (Some(transfer), _) => amount(transfer.amount_minor, &transfer.currency),
                        (None, Some(told)) => amount(told, &view.currency),
                        (None, None) => Cell::code(told.unwrap_or_default()).in_csv(figure),
                    },
                    Cell::code(clients.join(", ")),
                    Cell::tag(words, "decision", &view.state).with_note(note),
                    Cell::text(view.id.clone()),
                    Cell::text(view.store.clone()),
                    Cell::text(match transfer {
                        Some(_) => view.currency.as_str(),
                        None => currency,
                    }),
                    Cell::text(transfer.map_or("", |transfer| &transfer.id)),
                    Cell::text(number),
                    view.closed_at
                        .map_or_else(Cell::default, |at| Cell::time(words, at)),
                    decided(&view.first, |vote| &vote.actor),
                    decided(&view.first, |vote| &vote.reason),
                    decided(&view.second, |vote| &vote.actor),
                    decided(&view.second, |vote| &vote.reason),
                ]
            })
            .collect(),
        empty: words.text("review_empty").to_owned(),
    }
}

pub(super) fn audit_table(words: Words, views: &[AuditView]) -> Table {
    Table {
        columns: vec![
            Column::new(words, "at"),
            Column::new(words, "actor"),
            Column::new(words, "event"),
            Column::new(words, "subject"),
            Column::new(words, "detail"),
            Column::only_csv("store"),
        ],
        rows: views
            .iter()
            .map(|view| {
                let subject = Cell::code(view.subject.clone());
                let subject = match view.subject.split_once('/') {
                    Some(("transfer", id)) => {
                        let id = id.split('/').next().unwrap_or(id);
                        subject.to(format!("/staff/transfers/{id}"))
                    }
                    _ => subject,
                };
                vec![
                    Cell::time(words, view.at),
                    Cell::text(view.actor.clone()),
                    Cell::text(event(words, &view.event)).in_csv(view.event.clone()),
                    subject,
                    Cell::text(detail(words, &view.detail)).in_csv(view.detail.clone()),
                    Cell::text(view.store.clone()),
                ]
            })
            .collect(),
        empty: words.text("audit_empty").to_owned(),
    }
}

pub(super) fn event(words: Words, event: &str) -> String {
    words.of("event", &event.replace(' ', "_"))
}

/// What was written down with an event, in the reader's language: often what it is about, a colon, and why.
pub(super) fn detail(words: Words, text: &str) -> String {
    let isolated = |text: &str| format!("\u{2068}{text}\u{2069}");
    let told = words.said(text);
    if told != text {
        return told;
    }
    match text.split_once(": ") {
        Some((kind, why)) if REVIEW_KINDS.contains(&kind) => {
            format!("{}: {}", words.of("kind", kind), words.said(why))
        }
        Some((amount, why)) if words.said(why) != why => {
            format!("{}: {}", isolated(amount), words.said(why))
        }
        _ if let Some(told) = settings(words, text) => told,
        _ if REASONS.contains(&text) || REVIEW_KINDS.contains(&text) => reason(words, Some(text)),
        _ => told,
    }
}

/// What a set-up changed, as its form calls it; `None`: it is something else.
fn settings(words: Words, text: &str) -> Option<String> {
    let named = |part: &str| {
        let (name, value) = part.split_once(": ")?;
        let name = words.known(&format!("set_{name}"))?;
        Some(match words.language {
            crate::texts::Language::English => format!("{name}: {value}"),
            crate::texts::Language::Arabic => format!("{name}: \u{2068}{value}\u{2069}"),
        })
    };
    let parts: Option<Vec<String>> = text.split(", ").map(named).collect();
    Some(parts?.join(words.text("comma")))
}

/// Why it waits, in the reader's language.
pub(super) fn why(words: Words, view: &ReviewView) -> String {
    match words.language {
        crate::texts::Language::English => view.reason_en.clone(),
        crate::texts::Language::Arabic => view.reason_ar.clone(),
    }
}

pub(super) fn reason(words: Words, reason: Option<&str>) -> String {
    let Some(reason) = reason else {
        return String::new();
    };
    // What holds money has the same word as the review item about it.
    let known = ["reason", "kind"]
        .into_iter()
        .find_map(|kind| words.known(&format!("{kind}_{reason}")));
    match known {
        Some(known) => known.to_owned(),
        None if reason.contains(' ') => words.said(reason),
        None => reason.replace('_', " "),
    }
}

pub(super) fn amount(minor: i64, code: &str) -> Cell {
    match code.parse::<Currency>() {
        Ok(currency) => Cell::money(minor, currency),
        Err(_) => Cell::code(minor.to_string()),
    }
}

pub(super) fn amount_text(minor: i64, code: &str) -> String {
    match code.parse::<Currency>() {
        Ok(currency) => money(minor, currency),
        Err(_) => minor.to_string(),
    }
}

/// As people write it.
pub(super) fn phone(number: Option<&str>) -> Cell {
    Cell::code(phone_text(number))
}

pub(super) fn phone_text(number: Option<&str>) -> String {
    let number = number.unwrap_or_default();
    Phone::canonical(number).map_or_else(|_| number.to_owned(), |phone| phone.national())
}

fn client(id: Option<i64>) -> Cell {
    match id {
        Some(id) => Cell::code(id.to_string()).to(format!("/staff/claims?client={id}")),
        None => Cell::default(),
    }
}
