//! From a stored message to a transfer.

use jiff::Timestamp;
use wharf_core::{Phone, id};
use wharf_store::StoreError;

use crate::Payments;
use crate::keys::identity;
use crate::matching;
use crate::tables::messages::{self, Finding, MessageRow};
use crate::tables::stores::{self, WalletRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};
use crate::wallets::{Kind, Reading, text};

pub(crate) const JOB: &str = "payments.read";

impl Payments {
    /// Reads a stored message, books the transfer that it tells of, and matches it. Does nothing to a message
    /// that was read before.
    pub(crate) async fn read_message(&self, message: &str) -> Result<(), StoreError> {
        let (store, clock) = (&self.store, self.store.clock());
        let mut tx = store.begin().await?;
        let Some(message) = messages::unread(&mut tx, message).await? else {
            return Ok(());
        };
        stores::take_turn(&mut tx, &message.store).await?;
        // Another worker may have read it while we waited for the turn.
        if messages::unread(&mut tx, &message.id).await?.is_none() {
            return Ok(());
        }
        let arrived_at =
            Timestamp::from_millisecond(message.stored_at).unwrap_or_else(|_| clock.now());
        let explained = self
            .wallets()
            .read(&message.sender, &message.body, arrived_at);
        let wallets = stores::device_wallets(&mut tx, &message.device).await?;
        let mut finding = Finding::default();
        let mut booked = None;
        match explained.reading {
            None if explained.operator.is_none() => finding.state = "ignored",
            None => finding.state = "unknown",
            Some(reading) => {
                finding.template = Some(format!("{}/{}", reading.operator, reading.template));
                finding.balance = reading.balance;
                finding.operator_id = reading.operator_id.clone();
                match wallet_of(&reading, &wallets) {
                    Ok(wallet) => {
                        finding.state = "read";
                        finding.wallet = Some(wallet.id.clone());
                        if reading.kind == Kind::Received {
                            booked = book(&mut tx, &message, &reading, wallet, clock).await?;
                            if booked.is_none() {
                                finding.state = "review";
                                finding.reason = Some("the amount cannot be read");
                            }
                        }
                    }
                    Err(why) => {
                        finding.state = "review";
                        finding.reason = Some(why);
                    }
                }
            }
        }
        messages::mark(&mut tx, &message.id, &finding).await?;
        metrics::counter!("wharf_payment_messages_total", "end" => finding.state).increment(1);
        if let Some(phone) = booked.flatten()
            && let Some(row) = stores::by_id_in(&mut tx, &message.store).await?
        {
            matching::settle_phone(&mut tx, store.jobs(), clock, &row, &phone).await?;
        }
        tx.commit().await?;
        store.jobs().wake();
        tracing::info!(message = %message.id, device = %message.device, state = finding.state, template = finding.template, "message read");
        Ok(())
    }
}

/// Books a receipt. The outer `None`: it has no amount; the inner one: nobody can claim it by phone.
async fn book(
    db: &mut Db,
    message: &MessageRow,
    reading: &Reading,
    wallet: &WalletRow,
    clock: &wharf_core::Clock,
) -> Result<Option<Option<Phone>>, StoreError> {
    let Some(amount) = reading.amount else {
        return Ok(None);
    };
    let fingerprint = || {
        let second = (message.sent_at / 1_000).to_string();
        let (sender, body) = (
            text::sender_key(&message.sender),
            text::clean(&message.body),
        );
        format!(
            "fp-{}",
            identity(&[&message.store, &wallet.id, &sender, &body, &second])
        )
    };
    let doubtful = reading
        .doubts
        .first()
        .map(|doubt| format!("doubt_{doubt:?}").to_lowercase());
    let too_old = message.stored_at - message.sent_at > TOO_OLD;
    let reason = doubtful.or_else(|| too_old.then(|| "too_old".to_owned()));
    let transfer = Transfer {
        id: id::new_id(clock),
        store: message.store.clone(),
        wallet: wallet.id.clone(),
        operator_id: reading.operator_id.clone().unwrap_or_else(fingerprint),
        message: message.id.clone(),
        amount,
        phone: reading.phone.clone(),
        payer: reading
            .payer
            .as_ref()
            .map(|payer| payer.chars().take(80).collect()),
        balance: reading.balance,
        happened_at: reading.happened_at.map_or(
            message.sent_at.min(message.stored_at),
            Timestamp::as_millisecond,
        ),
        received_at: message.stored_at,
        state: if reason.is_some() {
            TransferState::Held
        } else {
            TransferState::Received
        },
        reason,
        claim: None,
        client: None,
        currency: None,
        rate: None,
        credit: None,
    };
    if transfers::insert(db, &transfer).await? {
        let subject = format!("transfer/{}", transfer.id);
        let detail = transfer.reason.as_deref().unwrap_or_default();
        audit::note(db, clock, &message.store, &subject, "received", detail).await?;
        metrics::counter!("wharf_payment_transfers_total", "end" => "received").increment(1);
    }
    Ok(Some(transfer.phone))
}

/// The wallet that a message speaks of: the one whose number it names, else the phone's only one.
fn wallet_of<'a>(
    reading: &Reading,
    wallets: &'a [WalletRow],
) -> Result<&'a WalletRow, &'static str> {
    let own: Vec<&WalletRow> = wallets
        .iter()
        .filter(|wallet| wallet.operator == reading.operator)
        .collect();
    match (&reading.wallet, own.as_slice()) {
        (Some(number), _) => own
            .iter()
            .find(|wallet| wallet.number == *number)
            .copied()
            .ok_or("it names a wallet that this device does not serve"),
        (None, [wallet]) => Ok(wallet),
        (None, []) => Err("this device has no wallet of that operator"),
        (None, _) => Err("it does not tell which of the device's wallets it is about"),
    }
}

/// Older messages (a backup that was restored, say) are kept, but not credited by themselves.
const TOO_OLD: i64 = 48 * 3_600_000;
