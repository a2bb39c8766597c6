//! What a message says of money that was taken back, as its item keeps it.

use serde_json::{Value, json};
use wharf_core::{Country, Phone};
use wharf_store::StoreError;

use crate::holds::money;
use crate::tables::Db;
use crate::tables::messages::MessageRow;
use crate::tables::reviews::Review;
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::Transfer;
use crate::wallets::Reading;
use crate::wallets::text::clean;

#[derive(Clone, Debug)]
pub(crate) struct News {
    pub store: String,
    pub message: String,
    pub wallet: Option<String>,
    /// Of the transfer that was taken back.
    pub number: Option<String>,
    /// Piastres.
    pub amount: Option<i64>,
    /// The payer's, and others that it names; none of the store's own.
    pub phones: Vec<Phone>,
    /// When it was stored; epoch milliseconds.
    pub told_at: i64,
}

impl News {
    pub(crate) async fn of(
        db: &mut Db,
        store: &StoreRow,
        wallet: Option<&str>,
        message: &MessageRow,
        reading: &Reading,
    ) -> Result<Self, StoreError> {
        let mut phones: Vec<Phone> = reading.phone.iter().cloned().collect();
        for phone in phones_in(&message.body, store.caution.country) {
            if !stores::has_number(db, &message.store, &phone).await? && !phones.contains(&phone) {
                phones.push(phone);
            }
        }
        Ok(Self {
            store: message.store.clone(),
            message: message.id.clone(),
            wallet: wallet.map(str::to_owned),
            number: reading.original_id.clone(),
            amount: reading.amount,
            phones,
            told_at: message.stored_at,
        })
    }

    pub(crate) fn kept(item: &Review) -> Self {
        let said = |name: &str| item.evidence.get(name).and_then(Value::as_str);
        let number = |name: &str| item.evidence.get(name).and_then(Value::as_i64);
        let phones = item.evidence.get("phones").and_then(Value::as_array);
        Self {
            store: item.store.clone(),
            message: item.message.clone().unwrap_or_default(),
            wallet: said("wallet").map(str::to_owned),
            number: said("number").map(str::to_owned),
            amount: number("amount_minor"),
            phones: phones
                .into_iter()
                .flatten()
                .filter_map(|phone| Phone::canonical(phone.as_str()?).ok())
                .collect(),
            told_at: number("told_at").unwrap_or(item.opened_at),
        }
    }

    /// `before`: another transfer of which the same was said before; `not`: the numbers of those that it does not mean.
    pub(crate) fn evidence(
        &self,
        store: &StoreRow,
        before: Option<&Transfer>,
        not: &[String],
    ) -> Value {
        let amount = self.amount.unwrap_or_default();
        json!({
            "amount": money(store, amount),
            "amount_minor": amount,
            "number": self.number,
            "message": self.message,
            "wallet": self.wallet,
            "phones": self.phones.iter().map(Phone::e164).collect::<Vec<_>>(),
            "told_at": self.told_at,
            "before": before.map(|before| &before.operator_id),
            "not": not.join(", "),
        })
    }

    /// By the number; in another wallet than the news came to, or where that is not known, with its amount.
    pub(crate) fn names(&self, transfer: &Transfer) -> bool {
        let number = self.number.as_deref();
        let its_own = self.wallet.as_ref() == Some(&transfer.wallet);
        let same_amount = self.amount.is_none_or(|amount| amount == transfer.amount);
        (its_own || same_amount)
            && number.is_some_and(|number| number.eq_ignore_ascii_case(&transfer.operator_id))
    }

    /// Whether another amount was taken back than a transfer's.
    pub(crate) fn is_of_a_part(&self, transfer: &Transfer) -> bool {
        self.amount.is_some_and(|amount| amount != transfer.amount)
    }

    /// One that names no transfer may mean any of its amount (and phone, where it tells one) that was sent before it.
    pub(crate) fn may_mean(&self, transfer: &Transfer) -> bool {
        let payer = transfer.phone.as_ref();
        self.is_of_its_wallet(transfer)
            && self.number.is_none()
            && self.amount == Some(transfer.amount)
            && (self.told_at - A_MONTH..=self.told_at).contains(&transfer.happened_at)
            && (self.phones.is_empty() || payer.is_none_or(|payer| self.phones.contains(payer)))
    }

    fn is_of_its_wallet(&self, transfer: &Transfer) -> bool {
        let wallet = self.wallet.as_deref();
        wallet.is_none_or(|wallet| wallet == transfer.wallet)
    }
}

/// The mobile numbers that a text names, wherever they stand in it.
fn phones_in(text: &str, country: Country) -> Vec<Phone> {
    clean(text)
        .split(|c: char| !c.is_ascii_digit() && c != '+')
        .filter(|word| word.len() >= 10)
        .filter_map(|word| Phone::parse_in(country, word).ok())
        .collect()
}

/// How long before the news the money may have come.
pub(crate) const A_MONTH: i64 = 30 * 24 * 3_600_000;
