//! SMSGate (`capcom6/android-sms-gateway`): JSON, signed with `X-Signature`, the hexadecimal HMAC-SHA256 over
//! the raw body followed by the value of `X-Timestamp`.

use serde::Deserialize;
use serde_json::Value;

use super::fields;
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};
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
            "Settings > Webhooks: register {url} for the events sms:received and system:ping (API: POST /webhooks, once for each event)",
            "Settings > Ping: an interval of 15 minutes or less",
            "Settings > Webhooks: leave \"Require Internet connection\" on, so that it waits for the network",
        ]
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
        let Ok(event) = serde_json::from_slice::<Event>(envelope.body) else {
            return Ok(Opened::raw(envelope.body));
        };
        match event.event.to_ascii_lowercase().as_str() {
            // What does not say what it is, is kept.
            RECEIVED | "" => {}
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
            _ => return Ok(Opened::default()),
        }
        let payload = event
            .payload
            .and_then(|payload| serde_json::from_value::<Payload>(payload).ok());
        let Some(payload) = payload else {
            return Ok(Opened::raw(envelope.body));
        };
        Ok(Opened::message(Incoming {
            sender: payload.sender.or(payload.phone_number).unwrap_or_default(),
            body: payload.message,
            received_at: payload.received_at.as_deref().and_then(fields::moment),
            sim: payload
                .sim_number
                .and_then(|sim| fields::sim(&sim.to_string())),
            receipt: None,
        }))
    }
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
    #[serde(default)]
    message: String,
    sender: Option<String>,
    /// The older name of the sender.
    phone_number: Option<String>,
    received_at: Option<String>,
    sim_number: Option<i64>,
}

const RECEIVED: &str = "sms:received";
const PING: &str = "system:ping";
