//! SMSGate (`capcom6/android-sms-gateway`): JSON, signed with `X-Signature`, the hexadecimal HMAC-SHA256 over
//! the raw body followed by the value of `X-Timestamp`.

use http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use wharf_core::Secret;

use super::{Delivered, Incoming, Rejection, TEXT_LIMIT, is_timely, signed};

pub(super) const NAME: &str = "smsgate";

pub(super) fn open(
    headers: &HeaderMap,
    body: &[u8],
    key: &Secret,
    now: Timestamp,
) -> Result<Delivered, Rejection> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let timestamp = header("x-timestamp");
    if !signed(key, &[body, timestamp.as_bytes()], header("x-signature"))
        || !is_timely(timestamp, now)
    {
        return Err(Rejection::Signature);
    }
    // Signed, so it is the phone: what cannot be read is kept for people rather than delivered for days.
    let Ok(event) = serde_json::from_slice::<Event>(body) else {
        return kept_raw(body);
    };
    if event.event != RECEIVED {
        return Ok(Delivered::Nothing);
    }
    let Some(payload) = event.payload else {
        return kept_raw(body);
    };
    if payload.message.len() > TEXT_LIMIT {
        return Err(Rejection::TooLarge);
    }
    Ok(Delivered::Message(Incoming {
        sender: payload.sender.or(payload.phone_number).unwrap_or_default(),
        body: payload.message,
        received_at: payload.received_at.and_then(|at| at.parse().ok()),
    }))
}

fn kept_raw(body: &[u8]) -> Result<Delivered, Rejection> {
    let body = String::from_utf8_lossy(body.get(..TEXT_LIMIT).unwrap_or(body)).into_owned();
    Ok(Delivered::Message(Incoming {
        sender: String::new(),
        body,
        received_at: None,
    }))
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    event: String,
    payload: Option<Payload>,
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
}

const RECEIVED: &str = "sms:received";
