//! Keeping what phones deliver: what comes at the same time in one commit, as it came. Only then is a phone
//! answered; nobody has read a word by then.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use sqlx::Error as SqlError;
use wharf_core::id;
use wharf_store::{StoreError, Tx};

use super::fields::NOTIFICATION;
use super::format::{self, Incoming, Opened};
use super::phones::Phone;
use super::{Intake, IntakeOutcome};
use crate::Payments;
use crate::keys::identity;
use crate::tables::devices::{self, DeviceRow, Seen};
use crate::tables::messages::{self, MessageRow};
use crate::wallets::text;

/// A delivery that has been opened, and whose it is.
pub(crate) struct Parcel {
    phone: Arc<Phone>,
    opened: Opened,
}

impl Payments {
    /// Keeps what came, durably; together with what comes at the same time.
    pub(super) async fn keep(&self, phone: Arc<Phone>, opened: Opened) -> Intake {
        let kept = self.deliveries.put(Parcel { phone, opened }).await;
        kept.unwrap_or_else(|| IntakeOutcome::Unavailable.into())
    }

    /// All of them in one commit. If the database does not take one of them, each in its own.
    pub(crate) async fn keep_all(&self, parcels: Vec<Parcel>) -> Vec<Intake> {
        let kept = self.keep_together(&parcels).await;
        if !kept.as_ref().is_err_and(is_turned_away) || parcels.len() == 1 {
            return kept.unwrap_or_else(|error| {
                tracing::error!(%error, source = ?std::error::Error::source(&error), count = parcels.len(), "deliveries could not be stored");
                parcels.iter().map(|_| IntakeOutcome::Unavailable.into()).collect()
            });
        }
        let mut ends = Vec::new();
        for parcel in parcels {
            ends.extend(Box::pin(self.keep_all(vec![parcel])).await);
        }
        ends
    }

    async fn keep_together(&self, parcels: &[Parcel]) -> Result<Vec<Intake>, StoreError> {
        let now = self.store.clock().now_ms();
        let mut rows: Vec<Vec<MessageRow>> = Vec::new();
        let mut seen: BTreeMap<&str, (&DeviceRow, Seen)> = BTreeMap::new();
        let hand = self.pen.for_deliveries(parcels.len()).await;
        let mut tx = self.store.begin().await?;
        if parcels.iter().any(|parcel| parcel.opened.once.is_some()) {
            devices::forget_signatures(&mut tx, now).await?;
        }
        let mut ends: Vec<Intake> = Vec::new();
        for parcel in parcels {
            if !may_come(&mut tx, parcel, now).await? {
                ends.push(IntakeOutcome::NotAllowed.into());
                rows.push(Vec::new());
                continue;
            }
            if !parcel.opened.by_proxy {
                let device = &parcel.phone.device;
                let (_, seen) = seen.entry(&device.id).or_insert((device, Seen::default()));
                note_life(seen, parcel, now);
            }
            let messages = parcel.opened.messages.iter();
            rows.push(
                messages
                    .clone()
                    .map(|incoming| self.row_of(&parcel.phone.device, incoming, now))
                    .collect(),
            );
            ends.push(Intake {
                messages: parcel.opened.messages.len(),
                receipts: messages.filter_map(|one| one.receipt.clone()).collect(),
                ..IntakeOutcome::Accepted.into()
            });
        }
        for (device, seen) in seen.values() {
            if tells_more(device, seen) {
                devices::seen(&mut tx, &device.id, seen).await?;
            }
        }
        let new = messages::insert(&mut tx, rows.iter().flatten().collect()).await?;
        tx.commit().await?;
        drop(hand);
        for (end, rows) in ends.iter_mut().zip(&rows) {
            end.new = rows.iter().filter(|row| new.contains(&row.id)).count();
        }
        if !new.is_empty() {
            self.reader.wake();
        }
        self.count_repetitions(rows.iter().flatten(), &new).await;
        for (device, _) in seen.values().filter(|(_, seen)| seen.unreadable) {
            if let Err(error) = self.alarm_unreadable(device, now).await {
                tracing::warn!(%error, device = %device.id, "that a delivery cannot be read was not noted");
            }
        }
        Ok(ends)
    }

    /// After the commit: nothing hangs on this, and a row that is held while others are waited for is what two
    /// nodes could block each other with.
    async fn count_repetitions(
        &self,
        rows: impl Iterator<Item = &MessageRow>,
        new: &HashSet<String>,
    ) {
        for row in rows.filter(|row| !new.contains(&row.id)) {
            let counted = async {
                let mut db = self.store.pool().acquire().await?;
                messages::delivered_again(&mut db, &row.identity).await
            };
            if let Err(error) = counted.await {
                tracing::warn!(%error, "a repeated delivery was not counted");
            }
        }
    }

    fn row_of(&self, device: &DeviceRow, incoming: &Incoming, now: i64) -> MessageRow {
        let id = id::new_id(self.store.clock());
        // PostgreSQL takes no NUL in a text. Some phones end a text with one; in a sender's name it is no slip.
        let clear = |text: &str| text.replace('\0', "\u{fffd}");
        let (sender, body) = (clear(&incoming.sender), incoming.body.replace('\0', ""));
        // Forwarders send one message under several delivery ids: only its content tells, and when it came to
        // the phone. Where that is not told, a repetition is told from a second message by reading it.
        let when = match incoming.received_at {
            // What an app shows of a message must not stand in that message's way.
            Some(at) if is_notification(incoming) => format!("{NOTIFICATION} {}", at.as_second()),
            Some(at) => at.as_second().to_string(),
            None if sender.is_empty() => String::new(),
            None => id.clone(),
        };
        let (key, cleaned) = (text::sender_key(&sender), text::clean(&body));
        MessageRow {
            identity: identity(&[&device.store, &key, &cleaned, &when]),
            content: messages::content(&device.store, &key, &cleaned),
            store: device.store.clone(),
            device: device.id.clone(),
            sender,
            body,
            sent_at: incoming
                .received_at
                .map_or(now, jiff::Timestamp::as_millisecond),
            stored_at: now,
            sim: incoming.sim.as_deref().map(clear),
            tries: 0,
            wallet: None,
            id,
        }
    }
}

/// Whether its signature, where that does not cover the message, comes for the first time, or with the same again.
async fn may_come(tx: &mut Tx, parcel: &Parcel, now: i64) -> Result<bool, StoreError> {
    let Parcel { phone, opened } = parcel;
    let device = &phone.device;
    let Some(signature) = &opened.once else {
        return Ok(true);
    };
    let (content, until) = (content_of(opened), now + SIGNATURE_MEMORY);
    if devices::first_use(tx, &device.id, signature, &content, until).await? {
        return Ok(true);
    }
    let why = "its signature came before with another message";
    tracing::warn!(device = %device.id, why, "a delivery was refused");
    devices::refused(tx, &device.id, now, why).await?;
    Ok(false)
}

fn is_notification(incoming: &Incoming) -> bool {
    incoming.sim.as_deref() == Some(NOTIFICATION)
}

fn note_life(seen: &mut Seen, parcel: &Parcel, now: i64) {
    let vitals = parcel.opened.vitals.unwrap_or_default();
    let unreadable = parcel.opened.is_unreadable();
    *seen = Seen {
        at: now,
        beat: seen.beat || vitals.beat,
        accepted: seen.accepted || ends_refusals(parcel),
        message: seen.message || !unreadable && !parcel.opened.messages.is_empty(),
        unreadable: seen.unreadable || unreadable,
        battery: vitals.battery.or(seen.battery),
        charging: vitals.charging.or(seen.charging),
    };
}

/// Whether what was refused before is mended. A heartbeat is not signed: it shows only
/// that the phone is where it may be.
fn ends_refusals(Parcel { phone, opened }: &Parcel) -> bool {
    !opened.unsigned || phone.device.refused_why.as_deref() == Some(super::FROM_ELSEWHERE)
}

/// Whether a sign of life says more than what stood there when the phone was looked up: the same a moment later is not
/// worth a row's new version in each commit of a crowd.
fn tells_more(device: &DeviceRow, seen: &Seen) -> bool {
    let old = |at: i64| !(0..A_MOMENT).contains(&(seen.at - at));
    old(device.seen_at)
        || (seen.accepted && device.refused_since > 0)
        || (seen.beat && old(device.beat_at))
        || (seen.message && old(device.message_at))
        || (seen.battery.is_some() && seen.battery != device.battery)
        || (seen.charging.is_some() && seen.charging != device.charging)
}

fn content_of(opened: &Opened) -> String {
    let parts: Vec<&str> = opened
        .messages
        .iter()
        .flat_map(|message| [message.sender.as_str(), message.body.as_str()])
        .collect();
    identity(&parts)
}

/// The database is there, and said no: perhaps to one of many only.
fn is_turned_away(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(SqlError::Database(_)))
}

/// Milliseconds.
const A_MOMENT: i64 = 1_000;

/// Milliseconds: as long as a signature can be valid, to both sides.
#[expect(
    clippy::cast_possible_wrap,
    reason = "a few minutes do not wrap, and no function does this in a constant"
)]
const SIGNATURE_MEMORY: i64 = 2 * 1_000 * format::SIGNATURE_WINDOW as i64;
