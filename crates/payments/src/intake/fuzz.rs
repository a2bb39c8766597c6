//! Whatever is sent to any format is read or refused, never a panic, and never more than the limits allow.
//! `PROPTEST_CASES` makes it longer.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;
use url::form_urlencoded;
use wharf_core::Secret;

use super::format::{ALL, Envelope, Opened, Rejection, TEXT_LIMIT};

const TOKEN: &str = "intake-token-0123456789";
const URL: &str = "https://pay.example.com/intake/intake-token-0123456789";
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
        (wrappings(), events())
            .prop_map(|((kind, value, inner), event)| json!({ kind: value, inner: event }))
            .prop_map(|event| event.to_string().into_bytes()),
        "(From|Body|from|sender|content|org_content|text|receive_time|card_slot|battery)=[%a-f0-9+]{0,20}(&(From|Body|To|from|content|msg|sim|timestamp|sign)=[%a-f0-9+]{0,20}){0,5}"
            .prop_map(String::into_bytes),
    ]
}

/// What says that a message came, and where it then stands.
fn wrappings() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    prop::sample::select(vec![
        ("type", "message.phone.received", "data"),
        ("event", "sms:received", "payload"),
    ])
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
            "sms:batch:received",
            "message.phone.received.batch",
            "notification",
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
        let method = if get { Method::GET } else { Method::POST };
        let came = Sent { method, headers, query, body };
        for format in ALL {
            // As it came, and as it would come from who knows the key.
            let signed = key.as_ref().map(|key| came.signed(format.name(), key));
            for (sent, is_signed) in [(Some(&came), false), (signed.as_ref(), true)] {
                let Some(sent) = sent else { continue };
                let opened = format.open(&sent.envelope(key.as_ref()));
                let refused = matches!(opened, Err(Rejection::Signature(_) | Rejection::Clock { .. }));
                prop_assert!(!is_signed || !refused, "{} refuses its own signature", format.name());
                if let Ok(opened) = opened.and_then(Opened::bounded) {
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
        let sent = Sent {
            method: Method::POST,
            headers: HeaderMap::new(),
            query: String::new(),
            body: body.into_bytes(),
        };
        for format in ALL.into_iter().filter(|format| UNLIKE_TEXT.contains(&format.name())) {
            let sent = sent.signed(format.name(), &key);
            let opened = format.open(&sent.envelope(Some(&key)));
            let opened = opened.map_err(|why| TestCaseError::fail(format!("{}: {why:?}", format.name())))?;
            prop_assert_eq!(opened.messages[0].body.as_bytes(), &sent.body);
        }
    }
}

#[test]
fn clocks_of_httpsms_may_be_a_minute_off() {
    let key = Secret::new("a key of twenty characters");
    for (made, until, fine) in [(-240, -59, true), (-240, -61, false), (60, 600, true)] {
        let mut sent = Sent {
            method: Method::POST,
            headers: HeaderMap::new(),
            query: String::new(),
            body: b"{}".to_vec(),
        };
        let claims =
            json!({ "iss": "api.httpsms.com", "aud": URL, "nbf": NOW + made, "exp": NOW + until });
        sent.put(
            "authorization",
            &format!("Bearer {}", web_token_of(&key, &claims)),
        );
        let format = super::format::named("httpsms").unwrap();
        let opened = format.open(&sent.envelope(Some(&key)));
        let is_fine = opened.is_ok();
        assert_eq!(is_fine, fine, "{made} {until}");
    }
}

/// The formats that read no plain text.
const UNLIKE_TEXT: [&str; 5] = ["smsgate", "smsforwarder", "httpsms", "textbee", "twilio"];

/// A delivery.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    headers: HeaderMap,
    query: String,
    body: Vec<u8>,
}

impl Sent {
    fn envelope<'a>(&'a self, key: Option<&'a Secret>) -> Envelope<'a> {
        Envelope {
            method: &self.method,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
            token: TOKEN,
            url: URL,
            key,
            now: Timestamp::from_second(NOW).unwrap(),
        }
    }

    /// As the format's app sends it, which knows the key.
    fn signed(&self, format: &str, key: &Secret) -> Self {
        let mut sent = self.clone();
        match format {
            "httpsms" => sent.put("authorization", &format!("Bearer {}", web_token(key))),
            "twilio" => sent.put("x-twilio-signature", &self.twilio_tag(key)),
            "smsforwarder" => sent.add_sign(key),
            "sms-to-url" | "textbee" => {
                sent.put("x-signature", &hex::encode(mac(key, &[&self.body])));
            }
            _ => {
                let time = NOW.to_string();
                let tag = mac(key, &[&self.body, time.as_bytes()]);
                sent.put("x-signature", &hex::encode(tag));
                sent.put("x-timestamp", &time);
            }
        }
        sent
    }

    fn put(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    fn twilio_tag(&self, key: &Secret) -> String {
        let mut pairs: Vec<_> = form_urlencoded::parse(&self.body).into_owned().collect();
        pairs.sort();
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        let mut mac = Hmac::<Sha1>::new_from_slice(key.expose().as_bytes()).unwrap();
        mac.update(format!("{URL}{query}").as_bytes());
        for (name, value) in pairs {
            mac.update(format!("{name}{value}").as_bytes());
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// `SmsForwarder`'s, which stands among the fields.
    fn add_sign(&mut self, key: &Secret) {
        let time = format!("{NOW}000");
        let tag = mac(key, &[time.as_bytes(), b"\n", key.expose().as_bytes()]);
        let tag = STANDARD.encode(tag);
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("timestamp", &time), ("sign", &tag)])
            .finish();
        if self.method == Method::GET {
            self.query = format!("{fields}&{}", self.query);
        } else if let Ok(Value::Object(mut object)) = serde_json::from_slice(&self.body) {
            object.insert("timestamp".to_owned(), time.into());
            object.insert("sign".to_owned(), tag.into());
            self.body = Value::Object(object).to_string().into_bytes();
        } else {
            self.body = [fields.as_bytes(), b"&", &self.body].concat();
        }
    }
}

/// httpSMS's.
fn web_token(key: &Secret) -> String {
    web_token_of(
        key,
        &json!({ "iss": "api.httpsms.com", "aud": URL, "iat": NOW, "nbf": NOW, "exp": NOW + 600 }),
    )
}

fn web_token_of(key: &Secret, claims: &Value) -> String {
    let parts = [json!({ "alg": "HS256", "typ": "JWT" }), claims.clone()];
    let signed = parts
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let tag = URL_SAFE_NO_PAD.encode(mac(key, &[signed.as_bytes()]));
    format!("{signed}.{tag}")
}

fn mac(key: &Secret, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}
