//! Messages coming in from forwarder phones: who sent them, kept first, then answered, then read.

mod fields;
pub(crate) mod format;
#[cfg(test)]
mod fuzz;
mod generic;
mod httpsms;
mod keep;
mod read;
mod reader;
mod sms_to_url;
mod smsforwarder;
mod smsgate;
mod tahweel;
mod textbee;
mod twilio;
mod vitals;

use std::net::IpAddr;

use http::{HeaderMap, Method};
use wharf_store::StoreError;

use crate::Payments;
use crate::keys::{self, device_scope, token_hash};
use crate::tables::devices::{self, DeviceRow};
use fields::Fields;
use format::{Envelope, KeyRule, Opened, Rejection};
use vitals::Vitals;

pub(crate) use fields::sim as sim_name;
pub(crate) use keep::{Parcel, Pen};
pub(crate) use reader::{JOB as READ_JOB, Reader};

/// What a phone gets to hear. Only `Accepted` tells it to forget the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeOutcome {
    /// Stored durably, now or before; or nothing that needs storing.
    Accepted,
    /// Unknown address, wrong or stale signature, strange network: no difference is shown.
    NotAllowed,
    /// The app does not deliver like that.
    WrongMethod,
    TooLarge,
    /// Encrypted between app and app: the app's encryption must be switched off.
    Encrypted,
    /// The database is in trouble: deliver again later.
    Unavailable,
}

/// A delivery of a phone, raw: signatures are made over bytes.
#[derive(Clone)]
pub struct IntakeDelivery<'a> {
    /// Of the address, or of the bearer header.
    pub token: &'a str,
    pub method: &'a Method,
    /// Of the address, without the question mark.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub source: Option<IpAddr>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    pub outcome: IntakeOutcome,
    /// How many messages it held, and how many of them were not there before.
    pub messages: usize,
    pub new: usize,
    /// The marks of messages that the app waits to hear again.
    pub receipts: Vec<String>,
}

impl Payments {
    /// Takes a delivery of a phone that posts to its own address and that nobody asks where it is.
    pub async fn receive(&self, token: &str, headers: &HeaderMap, body: &[u8]) -> IntakeOutcome {
        let delivery = IntakeDelivery {
            token,
            method: &Method::POST,
            query: "",
            headers,
            body,
            source: None,
        };
        self.take(&delivery).await.outcome
    }

    /// Takes a delivery: checks who sent it and stores it. What it tells is read right behind.
    pub async fn take(&self, delivery: &IntakeDelivery<'_>) -> Intake {
        let taken = self.take_in(delivery).await;
        self.counted(taken, "message")
    }

    /// Takes a sign of life with the phone's state. The address alone is its credential.
    pub async fn heartbeat(&self, delivery: &IntakeDelivery<'_>) -> Intake {
        let taken = self.take_beat(delivery).await;
        self.counted(taken, "heartbeat")
    }

    fn counted(&self, taken: Result<Intake, StoreError>, what: &'static str) -> Intake {
        let taken = taken.unwrap_or_else(|error| {
            tracing::error!(%error, source = ?std::error::Error::source(&error), what, "a delivery could not be stored");
            IntakeOutcome::Unavailable.into()
        });
        let end = match taken.outcome {
            IntakeOutcome::Accepted => "accepted",
            IntakeOutcome::NotAllowed => "not_allowed",
            IntakeOutcome::WrongMethod => "wrong_method",
            IntakeOutcome::TooLarge => "too_large",
            IntakeOutcome::Encrypted => "encrypted",
            IntakeOutcome::Unavailable => "unavailable",
        };
        metrics::counter!("wharf_intake_total", "what" => what, "end" => end).increment(1);
        taken
    }

    async fn take_in(&self, delivery: &IntakeDelivery<'_>) -> Result<Intake, StoreError> {
        if delivery.body.len() > BODY_LIMIT || delivery.query.len() > BODY_LIMIT {
            return Ok(IntakeOutcome::TooLarge.into());
        }
        let Some(device) = self.device_of(delivery).await? else {
            return Ok(IntakeOutcome::NotAllowed.into());
        };
        let Some(format) = format::named(&device.format) else {
            tracing::error!(device = %device.id, format = device.format, "this version of Wharf does not know the device's format");
            return Ok(IntakeOutcome::Unavailable.into());
        };
        let key = match format.key() {
            KeyRule::None => None,
            _ => {
                let scope = device_scope(&device.id);
                let key = self.store.secrets().get(&scope, keys::SIGNING_KEY).await?;
                key.filter(|key| !key.is_empty())
            }
        };
        if key.is_none() && matches!(format.key(), KeyRule::Required(_)) {
            tracing::error!(device = %device.id, "the device has no signing key; set it up again");
            return Ok(IntakeOutcome::NotAllowed.into());
        }
        let envelope = Envelope {
            method: delivery.method,
            query: delivery.query,
            headers: delivery.headers,
            body: delivery.body,
            token: delivery.token,
            url: &self.intake_url(delivery.token),
            key: key.as_ref(),
            now: self.store.clock().now(),
        };
        match format.open(&envelope).and_then(Opened::bounded) {
            Ok(opened) => Ok(self.keep(device, opened).await),
            Err(rejection) => {
                let (outcome, why) = told(rejection);
                self.refused(&device, why).await?;
                Ok(outcome.into())
            }
        }
    }

    async fn take_beat(&self, delivery: &IntakeDelivery<'_>) -> Result<Intake, StoreError> {
        if delivery.body.len() > BODY_LIMIT {
            return Ok(IntakeOutcome::TooLarge.into());
        }
        let Some(device) = self.device_of(delivery).await? else {
            return Ok(IntakeOutcome::NotAllowed.into());
        };
        let told = match serde_json::from_slice(delivery.body) {
            Ok(serde_json::Value::Object(object)) => Fields::of_json(&object),
            _ if delivery.body.is_empty() => Fields::of_form(delivery.query.as_bytes()),
            _ => Fields::of_form(delivery.body),
        };
        let opened = Opened {
            vitals: Some(Vitals {
                beat: true,
                ..Vitals::of(&told)
            }),
            ..Opened::default()
        };
        Ok(self.keep(device, opened).await)
    }

    /// The device whose token it is, if it may deliver from there.
    async fn device_of(
        &self,
        delivery: &IntakeDelivery<'_>,
    ) -> Result<Option<DeviceRow>, StoreError> {
        let hash = token_hash(delivery.token);
        let Some(device) = devices::by_token(self.store.pool(), &hash).await? else {
            return Ok(None);
        };
        let from_there = device.sources.is_empty()
            || delivery
                .source
                .is_some_and(|source| device.sources.iter().any(|network| network.holds(source)));
        if from_there {
            return Ok(Some(device));
        }
        self.refused(
            &device,
            "it came from a network that is not one of its sources",
        )
        .await?;
        Ok(None)
    }

    async fn refused(&self, device: &DeviceRow, why: &'static str) -> Result<(), StoreError> {
        tracing::warn!(device = %device.id, why, "a delivery was refused");
        let mut tx = self.store.begin().await?;
        devices::refused(&mut tx, &device.id, self.store.clock().now_ms(), why).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl From<IntakeOutcome> for Intake {
    fn from(outcome: IntakeOutcome) -> Self {
        Self {
            outcome,
            messages: 0,
            new: 0,
            receipts: Vec::new(),
        }
    }
}

impl std::fmt::Debug for IntakeDelivery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IntakeDelivery")
            .field("method", self.method)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What the phone and what the operator is told.
fn told(rejection: Rejection) -> (IntakeOutcome, &'static str) {
    match rejection {
        Rejection::Signature(why) => (IntakeOutcome::NotAllowed, why),
        Rejection::TooLarge => (IntakeOutcome::TooLarge, "a text is longer than 4 KiB"),
        Rejection::TooMany => (
            IntakeOutcome::TooLarge,
            "more than 100 messages in one delivery",
        ),
        Rejection::Method => (
            IntakeOutcome::WrongMethod,
            "the app uses a method that is not this format's",
        ),
        Rejection::Encrypted => (
            IntakeOutcome::Encrypted,
            "the message is encrypted: switch encryption off in the app",
        ),
    }
}

const BODY_LIMIT: usize = 64 * 1024;
