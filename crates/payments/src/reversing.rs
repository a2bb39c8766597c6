//! Messages that say that money was taken back: a person decides what that means for the credit.

use serde_json::{Value, json};
use wharf_core::{Clock, Country, Phone};
use wharf_store::{StoreError, Tx};

use crate::booking::{Desk, ask_about};
use crate::holds::{Concern, money};
use crate::matching;
use crate::tables::audit;
use crate::tables::messages::MessageRow;
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::wallets::Reading;
use crate::wallets::text::clean;

/// Opens an item about the transfer that a reversal speaks of; about the message, where none fits.
pub(crate) async fn reversed(
    db: &mut Tx,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
) -> Result<(), StoreError> {
    let amount = reading.amount.unwrap_or_default();
    let found = find(db, desk.store, desk.wallet, message, reading).await?;
    let evidence = json!({
        "amount": money(desk.store, amount),
        "amount_minor": amount,
        "number": reading.original_id,
        "message": message.id,
        "wallet": desk.wallet.id,
        "before": found.before.as_ref().map(|before| &before.operator_id),
    });
    let reason = found.reason(reading);
    let Some(transfer) = found.transfer else {
        let concern = Concern::new("reversal", "reversal_unknown", evidence);
        return ask_about(db, desk.clock, &message.store, &message.id, &concern).await;
    };
    // It is told again: nothing is left to take back.
    let ended =
        transfer.state == TransferState::Rejected && transfer.reason.as_deref() == Some("reversed");
    if ended || transfer.state == TransferState::Reversed {
        return Ok(());
    }
    let new = NewReview {
        store: &desk.store.id,
        transfer: Some(&transfer.id),
        message: Some(&message.id),
        claim: transfer.claim.as_deref(),
        kind: "reversal",
        reason,
        evidence,
    };
    if reviews::open(db, desk.clock, &new).await? {
        let subject = format!("transfer/{}", transfer.id);
        let detail = format!("message/{}", message.id);
        audit::note(
            db,
            desk.clock,
            &desk.store.id,
            &subject,
            "reversal told",
            &detail,
        )
        .await?;
        metrics::counter!("wharf_payment_held_total", "kind" => "reversal").increment(1);
    }
    // One that nobody was credited for yet is not credited now.
    matching::settle_transfer(db, desk.jobs, desk.clock, desk.store, &transfer.id).await
}

/// Receipts may come after the news that they were taken back: who was asked about that is asked about the transfer
/// instead, and what somebody approved of then is done now. `true`: it has ended by that.
pub(crate) async fn told_before(
    db: &mut Tx,
    clock: &Clock,
    store: &str,
    transfer: &Transfer,
) -> Result<bool, StoreError> {
    let now = clock.now_ms();
    let subject = format!("transfer/{}", transfer.id);
    for item in reviews::untold_reversals(db, store).await? {
        let said = |name: &str| item.evidence.get(name).and_then(Value::as_str);
        let same_number =
            said("number").is_some_and(|number| number.eq_ignore_ascii_case(&transfer.operator_id));
        let same_wallet = said("wallet").is_none_or(|wallet| wallet == transfer.wallet);
        // One that names no transfer may mean any of its amount that was sent before it.
        let amount = item.evidence.get("amount_minor").and_then(Value::as_i64);
        let may_mean = said("number").is_none()
            && amount == Some(transfer.amount)
            && (item.opened_at - A_MONTH..=item.opened_at).contains(&transfer.happened_at);
        if !same_wallet || !(same_number || may_mean) {
            continue;
        }
        if item.state == ReviewState::Approved && same_number {
            let to = Transfer {
                state: TransferState::Rejected,
                reason: Some("reversed".to_owned()),
                ..transfer.clone()
            };
            transfers::change(db, transfer.state, &to, now).await?;
            audit::note(db, clock, store, &subject, "rejected", "reversed").await?;
            return Ok(true);
        }
        // What somebody approved of stays so: here it is a guess.
        if item.state != ReviewState::Approved {
            reviews::close(db, &item, ReviewState::Released, now).await?;
        }
        let new = NewReview {
            store,
            transfer: Some(&transfer.id),
            message: item.message.as_deref(),
            claim: None,
            kind: "reversal",
            reason: if same_number {
                "reversal"
            } else {
                "reversal_guess"
            },
            evidence: item.evidence.clone(),
        };
        reviews::open(db, clock, &new).await?;
        let detail = item.message.as_deref().unwrap_or_default();
        let detail = format!("message/{detail}");
        audit::note(db, clock, store, &subject, "reversal told", &detail).await?;
    }
    Ok(false)
}

/// The wallet that a reversal is about which tells none, of those that it can be: the one with a transfer that it may
/// mean, else the one where such a transfer was taken back before; of several the newest one's.
pub(crate) async fn wallet_of(
    db: &mut Tx,
    store: &StoreRow,
    message: &MessageRow,
    reading: &Reading,
    among: &[WalletRow],
) -> Result<Option<WalletRow>, StoreError> {
    let mut best: Option<((bool, i64), &WalletRow)> = None;
    for wallet in among {
        let found = find(db, store, wallet, message, reading).await?;
        let rank = match (&found.transfer, &found.before) {
            (Some(transfer), _) => (true, transfer.received_at),
            (None, Some(before)) => (false, before.received_at),
            (None, None) => continue,
        };
        if best.is_none_or(|(known, _)| known < rank) {
            best = Some((rank, wallet));
        }
    }
    Ok(best.map(|(_, wallet)| wallet.clone()))
}

/// A reversal of nothing that is known, of a wallet that is not known either: its transfer may come yet.
pub(crate) async fn of_no_wallet(
    db: &mut Tx,
    clock: &Clock,
    store: &StoreRow,
    message: &MessageRow,
    reading: &Reading,
) -> Result<(), StoreError> {
    let amount = reading.amount.unwrap_or_default();
    let evidence = json!({
        "amount": money(store, amount),
        "amount_minor": amount,
        "number": reading.original_id,
        "message": message.id,
    });
    let concern = Concern::new("reversal", "reversal_unknown", evidence);
    ask_about(db, clock, &message.store, &message.id, &concern).await
}

/// The transfer that an item about a message names which came before it, where that has come.
pub(crate) async fn come_since(db: &mut Tx, item: &Review) -> Result<Option<Transfer>, StoreError> {
    let said = |name: &str| item.evidence.get(name).and_then(Value::as_str);
    let Some(number) = said("number") else {
        return Ok(None);
    };
    for (wallet, _) in stores::wallets_with_state(db, &item.store).await? {
        if said("wallet").is_some_and(|named| named != wallet.id) {
            continue;
        }
        if let Some(transfer) = transfers::by_number(db, &item.store, &wallet.id, number).await? {
            return Ok(Some(transfer));
        }
    }
    Ok(None)
}

/// What a reversal may speak of.
#[derive(Default)]
struct Found {
    transfer: Option<Transfer>,
    /// Where no number tells: another one of that amount that was taken back, or is said to be. This may be the same
    /// news again.
    before: Option<Transfer>,
}

impl Found {
    /// How sure it is that the message means this transfer.
    fn reason(&self, reading: &Reading) -> &'static str {
        match (&reading.original_id, &self.before) {
            (Some(_), _) => "reversal",
            (None, None) => "reversal_guess",
            (None, Some(_)) => "reversal_again",
        }
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

/// By the number that the message names, else the newest of that amount (and phone, where it tells one).
async fn find(
    db: &mut Tx,
    store: &StoreRow,
    wallet: &WalletRow,
    message: &MessageRow,
    reading: &Reading,
) -> Result<Found, StoreError> {
    let wallet = &wallet.id;
    if let Some(number) = &reading.original_id {
        let transfer = transfers::by_number(db, &message.store, wallet, number).await?;
        return Ok(Found {
            transfer,
            before: None,
        });
    }
    let Some(amount) = reading.amount else {
        return Ok(Found::default());
    };
    let since = message.stored_at - A_MONTH;
    let found = transfers::newest_of_amount(db, &message.store, wallet, amount, since).await?;
    let mut named: Vec<Phone> = reading.phone.iter().cloned().collect();
    for phone in phones_in(&message.body, store.caution.country) {
        if !stores::has_number(db, &message.store, &phone).await? {
            named.push(phone);
        }
    }
    let fits = |transfer: &Transfer| {
        let payer = transfer.phone.as_ref();
        named.is_empty() || payer.is_none_or(|payer| named.contains(payer))
    };
    let mut result = Found::default();
    for transfer in found.into_iter().filter(fits) {
        let told = transfer.state == TransferState::Reversed
            || reviews::of_transfer(db, &transfer.id)
                .await?
                .iter()
                .any(|item| item.says_gone() && item.message.as_ref() != Some(&message.id));
        let place = match told {
            true => &mut result.before,
            false => &mut result.transfer,
        };
        place.get_or_insert(transfer);
    }
    Ok(result)
}

const A_MONTH: i64 = 30 * 24 * 3_600_000;
