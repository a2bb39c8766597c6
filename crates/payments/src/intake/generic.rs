//! Any app or script that can post JSON, a form or plain text: fields by their usual names, one message or a
//! list of them. Where a key is set up, deliveries are signed as SMSGate's are.

use http::Method;
use serde_json::{Map, Value};

use super::fields::{self, Fields};
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};
use super::vitals::Vitals;

pub(super) struct Generic;

impl Format for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn title(&self) -> &'static str {
        "any other app or script (JSON, form or text)"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Optional
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "POST to {url}: JSON or a form with \"from\", \"text\" and, if known, \"receivedAt\" (Unix seconds, milliseconds, or ISO 8601 with offset) and \"sim\"",
            "with a signing key: X-Timestamp = Unix seconds, X-Signature = hexadecimal HMAC-SHA256 over the body followed by that number",
            "every 15 minutes: POST {url}/heartbeat with \"battery\" (percent) and \"charging\" (true or false)",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        if envelope.key.is_some() {
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
        }
        read(envelope, &TIMES)
    }
}

/// Reads whatever form it is in. `times` are the names of the time, the best one first.
pub(super) fn read(envelope: &Envelope<'_>, times: &[&str]) -> Result<Opened, Rejection> {
    let kind = envelope.header("content-type").to_ascii_lowercase();
    if envelope.is_packed() {
        return Err(Rejection::Form);
    }
    Ok(of_kind(envelope, &kind, times))
}

fn of_kind(envelope: &Envelope<'_>, kind: &str, times: &[&str]) -> Opened {
    let body = envelope.text().trim_ascii();
    if body.is_empty() && envelope.query.is_empty() && *envelope.method == Method::GET {
        // Somebody looks whether the address is there.
        return Opened::default();
    }
    if body.is_empty() {
        let fields = Fields::of_form(envelope.query.as_bytes());
        return match message(&fields, times) {
            Some(incoming) => with_vitals(Opened::message(incoming), &fields),
            None => Opened::raw(envelope.query.as_bytes()),
        };
    }
    if matches!(body.first(), Some(b'{' | b'[')) || kind.contains("json") {
        return match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => of_object(&object, times, envelope.body),
            Ok(Value::Array(items)) => of_list(&items, times),
            _ => Opened::raw(envelope.body),
        };
    }
    // What is about a plain text stands in the address.
    let about = about_message(&Fields::of_form(envelope.query.as_bytes()), times);
    let untold = kind.is_empty() && about.sender.is_empty();
    if untold || kind.contains("x-www-form-urlencoded") {
        let fields = Fields::of_form(body);
        let told = message(&fields, times);
        return match told.filter(|told| !untold || !told.sender.is_empty()) {
            Some(incoming) => with_vitals(Opened::message(incoming), &fields),
            None => Opened::raw(envelope.body),
        };
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Opened::raw(envelope.body);
    };
    Opened::message(Incoming {
        body: text.to_owned(),
        ..about
    })
}

fn of_object(object: &Map<String, Value>, times: &[&str], raw: &[u8]) -> Opened {
    if let Some(Value::Array(items)) = object.get("messages") {
        let list = of_list(items, times);
        return with_vitals(list, &Fields::of_json(object));
    }
    let fields = Fields::of_json(object);
    match message(&fields, times) {
        Some(incoming) => with_vitals(Opened::message(incoming), &fields),
        None => {
            let mut opened = Opened::raw(raw);
            for message in &mut opened.messages {
                message.receipt = about_message(&fields, times).receipt;
            }
            opened
        }
    }
}

/// What is no message in a list is kept as it came, beside the others.
fn of_list(items: &[Value], times: &[&str]) -> Opened {
    let messages = items.iter().map(|item| {
        let fields = item.as_object().map(Fields::of_json).unwrap_or_default();
        let known = message(&fields, times);
        known.unwrap_or_else(|| Incoming {
            // Else the app delivers it for ever.
            receipt: about_message(&fields, times).receipt,
            ..Incoming::raw(item.to_string())
        })
    });
    Opened {
        messages: messages.collect(),
        ..Opened::default()
    }
}

fn message(fields: &Fields, times: &[&str]) -> Option<Incoming> {
    let body = fields.first(&BODIES)?.to_owned();
    Some(Incoming {
        body,
        ..about_message(fields, times)
    })
}

fn about_message(fields: &Fields, times: &[&str]) -> Incoming {
    Incoming {
        sender: fields.first(&SENDERS).unwrap_or_default().to_owned(),
        body: String::new(),
        received_at: times
            .iter()
            .find_map(|name| fields.first(&[name]).and_then(fields::moment)),
        sim: fields.first(&SIMS).and_then(fields::sim),
        receipt: fields.first(&["fingerprint"]).map(str::to_owned),
    }
}

fn with_vitals(opened: Opened, fields: &Fields) -> Opened {
    let vitals = Vitals::of(fields);
    Opened {
        vitals: (!vitals.is_empty()).then_some(vitals),
        ..opened
    }
}

const SENDERS: [&str; 6] = [
    "from",
    "sender",
    "address",
    "number",
    "phoneNumber",
    "contact",
];
const BODIES: [&str; 6] = ["message", "body", "text", "content", "msg", "org_content"];
const SIMS: [&str; 5] = ["sim", "simNumber", "card_slot", "slot", "simSlot"];
pub(super) const TIMES: [&str; 6] = [
    "receivedAt",
    "receivedStamp",
    "received_at",
    "timestamp",
    "date",
    "time",
];
