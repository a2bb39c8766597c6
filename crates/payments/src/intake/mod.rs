//! Messages coming in from forwarder phones: who sent them, kept first, then answered, then read.

mod fields;
pub(crate) mod format;
#[cfg(test)]
mod fuzz;
mod generic;
mod httpsms;
mod keep;
mod pen;
mod phones;
mod read;
mod reader;
mod sms_to_url;
mod smsforwarder;
mod smsgate;
mod tahweel;
mod textbee;
mod twilio;
mod vitals;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Method};
use wharf_store::StoreError;

use crate::Payments;
use crate::tables::devices::{self, DeviceRow};
use fields::Fields;
use format::{BODY_LIMIT, Envelope, KeyRule, Opened, Rejection};
use phones::{Phone, Untold};
use vitals::Vitals;

pub(crate) use fields::sim as sim_name;
pub(crate) use keep::Parcel;
pub(crate) use pen::Pen;
pub(crate) use phones::Found;
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
    /// In a form that is not read here: a multipart form, compressed.
    UnknownForm,
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
            IntakeOutcome::UnknownForm => "unknown_form",
            IntakeOutcome::Unavailable => "unavailable",
        };
        metrics::counter!("wharf_intake_total", "what" => what, "end" => end).increment(1);
        taken
    }

    async fn take_in(&self, delivery: &IntakeDelivery<'_>) -> Result<Intake, StoreError> {
        let phone = match self.sender_of(delivery).await? {
            Ok(phone) => phone,
            Err(outcome) => return Ok(outcome.into()),
        };
        let (device, key) = (&phone.device, &phone.key);
        let Some(format) = phone.format else {
            tracing::error!(device = %device.id, format = device.format, "this version of Wharf does not know the device's format");
            return Ok(IntakeOutcome::Unavailable.into());
        };
        if delivery.body.len() > format.body_limit() || delivery.query.len() > BODY_LIMIT {
            self.refused(device, "a delivery is larger than this format's limit")
                .await?;
            return Ok(IntakeOutcome::TooLarge.into());
        }
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
        let opened = format.open(&envelope).and_then(Opened::bounded);
        let opened = match opened {
            // The app can be told, and keeps it.
            Ok(opened) if opened.is_unreadable() && envelope.is_packed() => Err(Rejection::Form),
            opened => opened,
        };
        match opened {
            Ok(opened) => Ok(self.keep(phone, opened).await),
            Err(rejection) => {
                let (outcome, why) = told(rejection);
                self.refused(device, &why).await?;
                Ok(outcome.into())
            }
        }
    }

    async fn take_beat(&self, delivery: &IntakeDelivery<'_>) -> Result<Intake, StoreError> {
        if delivery.body.len() > BODY_LIMIT {
            return Ok(IntakeOutcome::TooLarge.into());
        }
        let phone = match self.sender_of(delivery).await? {
            Ok(phone) => phone,
            Err(outcome) => return Ok(outcome.into()),
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
            unsigned: true,
            ..Opened::default()
        };
        Ok(self.keep(phone, opened).await)
    }

    /// The phone whose token it is, if it may deliver from there; else what it gets to hear.
    async fn sender_of(
        &self,
        delivery: &IntakeDelivery<'_>,
    ) -> Result<Result<Arc<Phone>, IntakeOutcome>, StoreError> {
        let phone = match self.phone_of(delivery.token).await {
            Ok(Some(phone)) => phone,
            Ok(None) => return Ok(Err(IntakeOutcome::NotAllowed)),
            Err(Untold) => return Ok(Err(IntakeOutcome::Unavailable)),
        };
        let sources = &phone.device.sources;
        let from_there = sources.is_empty()
            || delivery
                .source
                .is_some_and(|source| sources.iter().any(|network| network.holds(source)));
        if from_there {
            return Ok(Ok(phone));
        }
        self.refused(&phone.device, FROM_ELSEWHERE).await?;
        Ok(Err(IntakeOutcome::NotAllowed))
    }

    /// Writes down why, but not each time: whoever knows an address can send without end.
    async fn refused(&self, device: &DeviceRow, why: &str) -> Result<(), StoreError> {
        tracing::warn!(device = %device.id, why, "a delivery was refused");
        let now = self.store.clock().now_ms();
        let known = device.refused_since > 0;
        let pause = match device.refused_why.as_deref() == Some(why) {
            true => A_MINUTE,
            false => A_WHILE,
        };
        if known && (0..pause).contains(&(now - device.refused_at)) {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        devices::refused(&mut tx, &device.id, now, why).await?;
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
fn told(rejection: Rejection) -> (IntakeOutcome, Cow<'static, str>) {
    let (outcome, why) = match rejection {
        Rejection::Clock { ahead } => return (IntakeOutcome::NotAllowed, clock(ahead).into()),
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
        Rejection::Form => (
            IntakeOutcome::UnknownForm,
            "it is a multipart form or compressed: let the app send JSON or a plain form",
        ),
    };
    (outcome, why.into())
}

/// How wrong the time is that a delivery was signed at. One from the past may have been kept by the app.
fn clock(ahead: i64) -> String {
    let minutes = ahead.unsigned_abs() / 60;
    let off = match minutes {
        0..2_880 => format!("{minutes} min"),
        _ => format!("{} days", minutes / 1_440),
    };
    match ahead > 0 {
        true => format!("its clock is {off} ahead"),
        false => format!("its clock is {off} behind, or the app signed it that long ago"),
    }
}

const FROM_ELSEWHERE: &str = "it came from a network that is not one of its sources";
/// Milliseconds after which a refusal is written down again, and one for another reason.
const A_MINUTE: i64 = 60_000;
const A_WHILE: i64 = 5_000;
