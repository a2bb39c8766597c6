//! Messages coming in from forwarder phones: who sent them, kept first, read afterwards.

mod read;
mod smsgate;

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::json;
use wharf_core::{Secret, id};
use wharf_store::{NewJob, StoreError};

use crate::Payments;
use crate::keys::{self, device_scope, identity, token_hash};
use crate::tables::messages::MessageRow;
use crate::tables::{messages, stores};
use crate::wallets::text;

pub(crate) use read::JOB as READ_JOB;

/// What a phone gets to hear. Only `Accepted` tells it to forget the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeOutcome {
    /// Stored durably, now or before; or nothing that needs storing.
    Accepted,
    /// Unknown address, wrong or stale signature: no difference is shown.
    NotAllowed,
    TooLarge,
    /// The database is in trouble: deliver again later.
    Unavailable,
}

/// The formats that a device may be set up with.
pub const FORMATS: &[&str] = &[smsgate::NAME];

/// One delivery, read by its format.
enum Delivered {
    Message(Incoming),
    /// A sign of life, or an event that does not concern us.
    Nothing,
}

/// A message as the forwarder delivered it.
struct Incoming {
    sender: String,
    body: String,
    /// By the phone's clock.
    received_at: Option<Timestamp>,
}

enum Rejection {
    Signature,
    TooLarge,
}

impl Payments {
    /// Takes a delivery: checks who sent it, stores it, and only then reads and matches it.
    pub async fn receive(&self, token: &str, headers: &HeaderMap, body: &[u8]) -> IntakeOutcome {
        let outcome = match self.take_in(token, headers, body).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "a message could not be stored");
                IntakeOutcome::Unavailable
            }
        };
        let end = match outcome {
            IntakeOutcome::Accepted => "accepted",
            IntakeOutcome::NotAllowed => "not_allowed",
            IntakeOutcome::TooLarge => "too_large",
            IntakeOutcome::Unavailable => "unavailable",
        };
        metrics::counter!("wharf_intake_total", "end" => end).increment(1);
        outcome
    }

    async fn take_in(
        &self,
        token: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<IntakeOutcome, StoreError> {
        if body.len() > BODY_LIMIT {
            return Ok(IntakeOutcome::TooLarge);
        }
        let store = &self.store;
        let Some(device) = stores::device_by_token(store.pool(), &token_hash(token)).await? else {
            return Ok(IntakeOutcome::NotAllowed);
        };
        let key = store
            .secrets()
            .get(&device_scope(&device.id), keys::SIGNING_KEY)
            .await?;
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            tracing::error!(device = %device.id, "the device has no signing key; set it up again");
            return Ok(IntakeOutcome::NotAllowed);
        };
        let now = store.clock().now();
        let delivered = match device.format.as_str() {
            smsgate::NAME => smsgate::open(headers, body, &key, now),
            other => {
                tracing::error!(device = %device.id, format = other, "this version of Wharf does not know the device's format");
                return Ok(IntakeOutcome::Unavailable);
            }
        };
        let incoming = match delivered {
            Ok(delivered) => delivered,
            Err(Rejection::Signature) => {
                tracing::warn!(device = %device.id, "a delivery with a wrong or stale signature was refused");
                return Ok(IntakeOutcome::NotAllowed);
            }
            Err(Rejection::TooLarge) => return Ok(IntakeOutcome::TooLarge),
        };
        let mut tx = store.begin().await?;
        stores::device_seen(&mut tx, &device.id, now.as_millisecond()).await?;
        let Delivered::Message(incoming) = incoming else {
            tx.commit().await?;
            return Ok(IntakeOutcome::Accepted);
        };
        let sent_at = incoming.received_at.unwrap_or(now);
        let second = incoming
            .received_at
            .map_or(String::new(), |at| at.as_second().to_string());
        let message = MessageRow {
            id: id::new_id(store.clock()),
            // Forwarders send one message under several delivery ids: only its content tells.
            identity: identity(&[
                &device.store,
                &text::sender_key(&incoming.sender),
                &text::clean(&incoming.body),
                &second,
            ]),
            store: device.store,
            device: device.id,
            sender: incoming.sender,
            body: incoming.body,
            sent_at: sent_at.as_millisecond(),
            stored_at: now.as_millisecond(),
        };
        let new = messages::insert(&mut tx, &message).await?;
        if new {
            // In case this process does not live to read it below.
            let later = NewJob::new(READ_JOB, json!({ "message": message.id })).after(READ_LATER);
            store.jobs().enqueue(&mut tx, later).await?;
        }
        tx.commit().await?;
        if new && let Err(error) = self.read_message(&message.id).await {
            tracing::warn!(message = %message.id, %error, "a stored message could not be read; it is read again later");
        }
        Ok(IntakeOutcome::Accepted)
    }
}

/// Whether a signature's time is near enough to be no replay.
fn is_timely(timestamp: &str, now: Timestamp) -> bool {
    let sent: Option<i64> = timestamp.trim().parse().ok();
    sent.is_some_and(|sent| now.as_second().abs_diff(sent) <= SIGNATURE_WINDOW)
}

fn signed(key: &Secret, parts: &[&[u8]], signature: &str) -> bool {
    keys::verify(key, parts, signature)
}

const BODY_LIMIT: usize = 64 * 1024;
/// Of one message's text.
const TEXT_LIMIT: usize = 4 * 1024;
/// Seconds, to both sides.
const SIGNATURE_WINDOW: u64 = 300;
const READ_LATER: std::time::Duration = std::time::Duration::from_secs(5);
