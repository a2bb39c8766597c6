//! textbee: JSON, signed with `X-Signature`, the hexadecimal HMAC-SHA256 over the body.

use serde::Deserialize;

use super::fields;
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};

pub(super) struct Textbee;

impl Format for Textbee {
    fn name(&self) -> &'static str {
        "textbee"
    }

    fn title(&self) -> &'static str {
        "textbee"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Required(20)
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "textbee.dev > Webhooks > Create: delivery URL {url}",
            "Signing secret: the device's signing key",
            "Events: MESSAGE_RECEIVED",
            "in the phone's app: switch \"Receive SMS\" on",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        envelope.must_be_signed(&[envelope.body], envelope.header("x-signature"))?;
        let Ok(event) = serde_json::from_slice::<Event>(envelope.text()) else {
            return Ok(Opened::raw(envelope.body));
        };
        match (event.webhook_event.as_str(), event.message) {
            // What does not say what it is, is kept.
            (RECEIVED | "", Some(body)) => Ok(Opened::message(Incoming {
                sender: event.sender.unwrap_or_default(),
                body,
                received_at: event.received_at.as_deref().and_then(fields::moment),
                ..Incoming::default()
            })),
            (RECEIVED | "", None) => Ok(Opened::raw(envelope.body)),
            // A message in an event that nobody here knows.
            (other, Some(_)) if other.contains("RECEIVED") => Ok(Opened::raw(envelope.body)),
            // About messages that the phone sent: textbee's own server speaks.
            _ => Ok(Opened {
                by_proxy: true,
                ..Opened::default()
            }),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    webhook_event: String,
    message: Option<String>,
    sender: Option<String>,
    received_at: Option<String>,
}

const RECEIVED: &str = "MESSAGE_RECEIVED";
