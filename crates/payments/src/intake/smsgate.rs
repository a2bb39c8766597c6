//! SMSGate (`capcom6/android-sms-gateway`): JSON, signed with `X-Signature`, the hexadecimal HMAC-SHA256 over
//! the raw body followed by the value of `X-Timestamp`.

use serde::Deserialize;
use serde_json::Value;

use super::fields;
use super::format::{BODY_LIMIT, Envelope, Format, Incoming, KeyRule, Opened, Rejection};
use super::vitals::Vitals;

pub(super) struct SmsGate;

impl Format for SmsGate {
    fn name(&self) -> &'static str {
        "smsgate"
    }

    fn title(&self) -> &'static str {
        "SMSGate (SMS Gateway for Android)"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Required(1)
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "Settings > Webhooks > Signing key: enter the device's signing key",
            "Settings > Webhooks: register {url} for the events sms:received, sms:batch:received and system:ping (API: POST /webhooks, once for each event)",
            "Settings > Ping: an interval of 15 minutes or less",
            "Settings > Webhooks: leave \"Require Internet connection\" on, so that it waits for the network",
        ]
    }

    /// A hundred Arabic messages with what stands around them.
    fn body_limit(&self) -> usize {
        4 * BODY_LIMIT
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        let timestamp = envelope.header("x-timestamp");
        envelope.must_be_signed(
            &[envelope.body, timestamp.as_bytes()],
            envelope.header("x-signature"),
        )?;
        let second = timestamp
            .parse()
            .map_err(|_| Rejection::Signature("its time is no number"))?;
        envelope.must_be_timely(second)?;
        let Ok(event) = serde_json::from_slice::<Event>(envelope.text()) else {
            return Ok(Opened::raw(envelope.body));
        };
        match event.event.to_ascii_lowercase().as_str() {
            // What does not say what it is, is kept.
            RECEIVED | "" => {}
            BATCH => {
                let batch = event.payload.and_then(batch);
                return Ok(batch.unwrap_or_else(|| Opened::raw(envelope.body)));
            }
            PING => {
                let health = event
                    .payload
                    .as_ref()
                    .and_then(|payload| payload.get("health"));
                return Ok(Opened {
                    vitals: Some(health.map_or_else(Vitals::beat, Vitals::of_health)),
                    ..Opened::default()
                });
            }
            // About messages that the phone sent, say; but no text that came may be lost.
            _ if !event.payload.as_ref().is_some_and(has_text) => return Ok(Opened::default()),
            _ => return Ok(Opened::raw(envelope.body)),
        }
        let payload = event
            .payload
            .and_then(|payload| serde_json::from_value::<Payload>(payload).ok());
        Ok(payload.map_or_else(
            || Opened::raw(envelope.body),
            |payload| Opened::message(payload.into()),
        ))
    }
}

/// The messages of an inbox that was asked for anew. What is no message among them is kept as it came.
fn batch(payload: Value) -> Option<Opened> {
    let Value::Array(items) = payload.get("messages")?.clone() else {
        return None;
    };
    let messages = items.into_iter().map(|item| {
        let raw = item.to_string();
        let payload = serde_json::from_value::<Payload>(item).ok();
        payload.map_or_else(|| Incoming::raw(raw), Incoming::from)
    });
    Some(Opened {
        messages: messages.collect(),
        ..Opened::default()
    })
}

fn has_text(payload: &Value) -> bool {
    let mut told = TEXTS.iter().filter_map(|name| payload.get(*name));
    told.any(|value| !value.is_null())
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    event: String,
    payload: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    message: String,
    sender: Option<String>,
    /// The older name of the sender.
    phone_number: Option<String>,
    received_at: Option<String>,
    sim_number: Option<i64>,
}

impl From<Payload> for Incoming {
    fn from(payload: Payload) -> Self {
        Self {
            sender: payload.sender.or(payload.phone_number).unwrap_or_default(),
            body: payload.message,
            received_at: payload.received_at.as_deref().and_then(fields::moment),
            sim: payload
                .sim_number
                .and_then(|sim| fields::sim(&sim.to_string())),
            receipt: None,
        }
    }
}

const RECEIVED: &str = "sms:received";
const BATCH: &str = "sms:batch:received";
const PING: &str = "system:ping";
/// Where an event's payload may have words.
const TEXTS: [&str; 5] = ["message", "messages", "body", "text", "content"];
