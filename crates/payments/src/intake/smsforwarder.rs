//! `SmsForwarder` (`pppscn/SmsForwarder`): a form, the same in a GET's address, or JSON from a template. `sign` is the
//! URL-encoded Base64 of HMAC-SHA256 over time, line feed and secret, with that secret as the key: it does not
//! cover the message, so one sign is good for one message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;

use super::fields::{self, Fields};
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};
use super::vitals::Vitals;
use crate::keys;

pub(super) struct SmsForwarder;

impl Format for SmsForwarder {
    fn name(&self) -> &'static str {
        "smsforwarder"
    }

    fn title(&self) -> &'static str {
        "SmsForwarder"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Optional
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "Senders > + > Webhook: method POST, address {url}",
            "Params: {\"from\":\"[from]\",\"content\":\"[org_content]\",\"card_slot\":\"[card_slot]\",\"timestamp\":\"[timestamp]\",\"sign\":\"[sign]\"}",
            "Secret: the device's signing key",
            "Rules > SMS > +: the operator's sender name, with this sender; retry 10 times, 30 seconds apart",
            "General settings: \"keep alive\" options on",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        let fields = match *envelope.method {
            Method::GET => Fields::of_form(envelope.query.as_bytes()),
            Method::POST => read(envelope.body),
            _ => return Err(Rejection::Method),
        };
        let once = match envelope.key {
            Some(_) => Some(check_sign(envelope, &fields)?),
            None => None,
        };
        let Some(body) = fields.first(&BODIES) else {
            // A form that is none, or a GET without a message.
            let raw = if *envelope.method == Method::GET {
                envelope.query.as_bytes()
            } else {
                envelope.body
            };
            return Ok(Opened {
                once,
                ..Opened::raw(raw)
            });
        };
        let vitals = Vitals::of(&fields);
        Ok(Opened {
            messages: vec![Incoming {
                sender: fields
                    .first(&["from", "sender"])
                    .unwrap_or_default()
                    .to_owned(),
                body: body.to_owned(),
                // "timestamp" is when it was forwarded, and another one at each try.
                received_at: fields.first(&["receive_time"]).and_then(fields::moment),
                sim: fields
                    .first(&["card_slot", "title", "sim"])
                    .and_then(fields::sim),
                receipt: None,
            }],
            vitals: (!vitals.is_empty()).then_some(vitals),
            once,
            ..Opened::default()
        })
    }
}

fn read(body: &[u8]) -> Fields {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Fields::of_json(&object),
        _ => Fields::of_form(body),
    }
}

/// That the sign is right; the time that it was made for, which must not come with another message.
fn check_sign(envelope: &Envelope<'_>, fields: &Fields) -> Result<String, Rejection> {
    let wrong = Rejection::Signature("the sign is missing or wrong");
    let (timestamp, sign) = fields
        .first(&["timestamp"])
        .zip(fields.first(&["sign"]))
        .ok_or(wrong)?;
    let key = envelope.key.ok_or(wrong)?;
    let parts: [&[u8]; 3] = [timestamp.as_bytes(), b"\n", key.expose().as_bytes()];
    // Decoded once with the form; the app may have encoded it once more before.
    let again = urlencoded(sign);
    let right = [sign, again.as_str()].into_iter().any(|sign| {
        // A "+" that nobody encoded has become a blank.
        let tag = STANDARD.decode(sign.trim().replace(' ', "+"));
        tag.is_ok_and(|tag| keys::verify_bytes(key, &parts, &tag))
    });
    if !right {
        return Err(wrong);
    }
    let millis: i64 = timestamp.parse().map_err(|_| wrong)?;
    envelope.must_be_timely(millis / 1_000)?;
    Ok(timestamp.to_owned())
}

fn urlencoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('+', "%2B"));
    let pairs = Fields::of_form(pair.as_bytes());
    pairs
        .pairs()
        .first()
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// The text as it came before one that a template has changed.
const BODIES: [&str; 4] = ["org_content", "content", "msg", "text"];
