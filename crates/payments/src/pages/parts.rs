//! What several pages show: facts about a transfer, a message as it came, the balances around it.

use askama::Template;

use super::list::{Cell, Column, Table};
use super::tables::{amount, amount_text, phone_text, reason};
use super::{Words, rendered};
use crate::views::{LinkView, MessageView, TransferView, number_text};

/// A name and a value.
pub(super) struct Fact {
    pub name: String,
    pub cell: Cell,
}

pub(super) struct Facts(Vec<Fact>);

impl Facts {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Left out where the value is empty.
    pub fn and(mut self, words: Words, name: &str, cell: Cell) -> Self {
        if !cell.text.is_empty() {
            self.0.push(Fact {
                name: words.of("column", name),
                cell,
            });
        }
        self
    }

    pub fn called(mut self, name: String, cell: Cell) -> Self {
        self.0.push(Fact { name, cell });
        self
    }

    pub fn html(&self) -> String {
        rendered(&FactsPart { facts: &self.0 })
    }
}

pub(super) fn transfer_facts(words: Words, view: &TransferView) -> Facts {
    let credit = view.credit_minor.zip(view.credit_currency.as_deref());
    Facts::new()
        .and(words, "amount", amount(view.amount_minor, &view.currency))
        .and(
            words,
            "phone",
            Cell::code(phone_text(view.phone.as_deref())),
        )
        .and(
            words,
            "payer",
            Cell::text(view.payer.clone().unwrap_or_default()),
        )
        .and(
            words,
            "operator_id",
            Cell::code(number_text(&view.operator_id)),
        )
        .and(
            words,
            "state",
            Cell::tag(words, "state", &view.state).with_note(reason(words, view.reason.as_deref())),
        )
        .and(words, "happened_at", Cell::time(words, view.happened_at))
        .and(words, "received_at", Cell::time(words, view.received_at))
        .and(words, "wallet", Cell::text(view.wallet.clone()))
        .and(
            words,
            "balance",
            view.balance_minor
                .map_or_else(Cell::default, |minor| amount(minor, &view.currency)),
        )
        .and(
            words,
            "client",
            Cell::code(view.client.map(|id| id.to_string()).unwrap_or_default()),
        )
        .and(
            words,
            "rate",
            Cell::code(view.rate.clone().unwrap_or_default()),
        )
        .and(
            words,
            "credit",
            credit.map_or_else(Cell::default, |(minor, code)| amount(minor, code)),
        )
}

pub(super) fn message_facts(words: Words, view: &MessageView) -> Facts {
    let kind = view.kind.as_deref().map(|kind| words.of("meaning", kind));
    Facts::new()
        .and(words, "sender", Cell::code(view.sender.clone()))
        .and(words, "device", Cell::text(view.device.clone()))
        .and(words, "sent_at", Cell::time(words, view.sent_at))
        .and(words, "stored_at", Cell::time(words, view.stored_at))
        .and(
            words,
            "state",
            Cell::tag(words, "message", &view.state)
                .with_note(reason(words, view.reason.as_deref())),
        )
        .and(words, "kind", Cell::text(kind.unwrap_or_default()))
        .and(
            words,
            "template",
            Cell::code(view.template.clone().unwrap_or_default()),
        )
}

/// The balances before and after, so that a person sees whether they continue each other.
pub(super) fn chain_table(words: Words, links: &[LinkView], currency: &str) -> Table {
    Table {
        columns: vec![
            Column::new(words, "happened_at"),
            Column::new(words, "kind"),
            Column::number(words, "amount"),
            Column::number(words, "balance"),
            Column::number(words, "expected"),
            Column::new(words, "standing"),
        ],
        rows: links
            .iter()
            .map(|link| {
                let expected = link
                    .expected_minor
                    .filter(|expected| *expected != link.balance_minor);
                let fee = link.fee_minor.filter(|fee| *fee != 0);
                let mut when = Cell::time(words, link.happened_at);
                if link.is_subject {
                    when = when.with_note(words.text("this_one"));
                }
                vec![
                    when,
                    Cell::text(words.of("meaning", &link.kind)),
                    amount(link.amount_minor, currency).with_note(fee.map_or_else(
                        String::new,
                        |fee| {
                            let fee = amount_text(fee, currency);
                            words.fill("with_fee", &[("fee", &fee)])
                        },
                    )),
                    amount(link.balance_minor, currency),
                    expected.map_or_else(Cell::default, |minor| amount(minor, currency)),
                    Cell::tag(words, "standing", &link.standing),
                ]
            })
            .collect(),
        empty: words.text("chain_empty").to_owned(),
    }
}

#[derive(Template)]
#[template(path = "staff/facts.html")]
struct FactsPart<'a> {
    facts: &'a [Fact],
}
