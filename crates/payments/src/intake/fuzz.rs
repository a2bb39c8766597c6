//! Whatever is sent to any format is read or refused, never a panic, and never more than the limits allow.
//! `PROPTEST_CASES` makes it longer.

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use wharf_core::Secret;

use super::format::{ALL, Envelope, Opened, TEXT_LIMIT};
use crate::keys;

const TOKEN: &str = "intake-token-0123456789";
const NOW: i64 = 1_788_434_769;

/// Bytes of any kind, and texts that look like something.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600),
        "[\\PC\\n]{0,200}".prop_map(String::into_bytes),
        "[a-z_]{1,9}=[%a-zA-Z0-9+]{0,30}(&[a-zA-Z_]{1,9}=[%a-f0-9+]{0,30}){0,6}"
            .prop_map(String::into_bytes),
        (events(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(event, at, byte)| {
            let mut bytes = event.to_string().into_bytes();
            // One byte off: nearly an event.
            let at = at.index(bytes.len());
            if let Some(there) = bytes.get_mut(at) {
                *there = byte;
            }
            bytes
        }),
        events().prop_map(|event| event.to_string().into_bytes()),
    ]
}

/// JSON with the names that the formats look for and values that they do not expect.
fn events() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "event",
        "payload",
        "message",
        "sender",
        "phoneNumber",
        "receivedAt",
        "simNumber",
        "from",
        "text",
        "sentStamp",
        "sim",
        "type",
        "data",
        "content",
        "contact",
        "timestamp",
        "encrypted",
        "webhookEvent",
        "messages",
        "body",
        "address",
        "health",
        "checks",
        "battery",
        "sign",
        "fingerprint",
        "received_at",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "sms:received",
            "system:ping",
            "message.phone.received",
            "MESSAGE_RECEIVED",
            "phone.heartbeat.online",
            "1788434760",
            "2026-09-03T14:26:00+03:00",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8).prop_map(|pairs| {
                let pairs = pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(pairs.collect())
            }),
        ]
    })
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec![
        "x-signature",
        "x-timestamp",
        "authorization",
        "content-type",
        "x-twilio-signature",
        "x-event-type",
    ]);
    let value = prop_oneof![
        proptest::collection::vec(32_u8..=255, 0..80),
        "Bearer [a-zA-Z0-9_.=-]{0,80}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "1788434769"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec((name, value), 0..6).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        body in bodies(),
        query in "[ -~]{0,120}",
        headers in headers(),
        get in any::<bool>(),
        key in prop::option::of(".{0,40}"),
    ) {
        let key = key.map(Secret::new);
        for format in ALL {
            // As it came, and as it would come from who knows the key.
            for signed in [false, true] {
                let mut headers = headers.clone();
                if let Some(key) = key.as_ref().filter(|_| signed) {
                    sign(&mut headers, key, &body, format.name());
                }
                let envelope = Envelope {
                    method: if get { &Method::GET } else { &Method::POST },
                    query: &query,
                    headers: &headers,
                    body: &body,
                    token: TOKEN,
                    url: "https://pay.example.com/intake/intake-token-0123456789",
                    key: key.as_ref(),
                    now: Timestamp::from_second(NOW).unwrap(),
                };
                if let Ok(opened) = format.open(&envelope).and_then(Opened::bounded) {
                    prop_assert!(opened.messages.len() <= 100);
                    prop_assert!(opened.messages.iter().all(|message| message.body.len() <= TEXT_LIMIT + 8));
                }
            }
        }
    }

    /// What is signed rightly and not read by its format is kept as it came.
    #[test]
    fn what_a_phone_signed_is_not_lost(body in "[\\PC]{1,200}") {
        let key = Secret::new("a key of twenty characters");
        for format in ALL.into_iter().filter(|format| ["smsgate", "textbee"].contains(&format.name())) {
            let mut headers = HeaderMap::new();
            sign(&mut headers, &key, body.as_bytes(), format.name());
            let envelope = Envelope {
                method: &Method::POST,
                query: "",
                headers: &headers,
                body: body.as_bytes(),
                token: TOKEN,
                url: "",
                key: Some(&key),
                now: Timestamp::from_second(NOW).unwrap(),
            };
            let opened = format.open(&envelope);
            let opened = opened.map_err(|why| TestCaseError::fail(format!("{why:?}")))?;
            prop_assert_eq!(&opened.messages[0].body, &body);
        }
    }
}

fn sign(headers: &mut HeaderMap, key: &Secret, body: &[u8], format: &str) {
    let time = NOW.to_string();
    let tag = match format {
        "sms-to-url" | "textbee" => keys::sign(key, &[body]),
        _ => keys::sign(key, &[body, time.as_bytes()]),
    };
    headers.insert("x-timestamp", time.parse().unwrap());
    headers.insert("x-signature", tag.unwrap().parse().unwrap());
}
