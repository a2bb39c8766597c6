//! Messages that say that money was taken back: a person decides what that means for the credit.

use serde_json::json;
use wharf_store::{StoreError, Tx};

use crate::booking::{Desk, ask_about};
use crate::holds::{Concern, money};
use crate::matching;
use crate::tables::audit;
use crate::tables::messages::MessageRow;
use crate::tables::reviews::{self, NewReview};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::wallets::Reading;

/// Opens an item about the transfer that a reversal speaks of; about the message, where none fits.
pub(crate) async fn reversed(
    db: &mut Tx,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
) -> Result<(), StoreError> {
    let amount = reading.amount.unwrap_or_default();
    let found = find(db, desk, message, reading).await?;
    let evidence = json!({
        "amount": money(desk.store, amount),
        "amount_minor": amount,
        "number": reading.original_id,
        "message": message.id,
        "before": found.before.as_ref().map(|before| &before.operator_id),
    });
    let reason = found.reason(reading);
    let Some(transfer) = found.transfer else {
        let concern = Concern::new("reversal", "reversal_unknown", evidence);
        return ask_about(db, desk, message, &concern).await;
    };
    // It is told again: nothing is left to take back.
    if transfer.state == TransferState::Reversed {
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

/// What a reversal may speak of.
#[derive(Default)]
struct Found {
    transfer: Option<Transfer>,
    /// Where no number tells: another one of that amount that was taken back. This may be the same news again.
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

/// By the number that the message names, else the newest of that amount (and phone, where it tells one).
async fn find(
    db: &mut Tx,
    desk: &Desk<'_>,
    message: &MessageRow,
    reading: &Reading,
) -> Result<Found, StoreError> {
    let wallet = &desk.wallet.id;
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
    let fits = |transfer: &Transfer| {
        let phones = transfer.phone.as_ref().zip(reading.phone.as_ref());
        phones.is_none_or(|(one, other)| one == other)
    };
    let (taken_back, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(fits)
        .partition(|transfer| transfer.state == TransferState::Reversed);
    Ok(Found {
        transfer: others.into_iter().next(),
        before: taken_back.into_iter().next(),
    })
}

const A_MONTH: i64 = 30 * 24 * 3_600_000;
