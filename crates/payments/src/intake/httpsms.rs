//! httpSMS (`NdoleStudio/httpsms`): `CloudEvents` in JSON. The bearer token is a JWT (HS256) with the webhook's
//! signing key; it covers time and address, not the body.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::fields;
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};
use super::vitals::Vitals;
use crate::keys;

pub(super) struct HttpSms;

impl Format for HttpSms {
    fn name(&self) -> &'static str {
        "httpsms"
    }

    fn title(&self) -> &'static str {
        "httpSMS"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Required(1)
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "httpsms.com > Settings > Webhooks > Add: callback URL {url}",
            "Signing key: the device's signing key",
            "Events: message.phone.received, phone.heartbeat.online and phone.heartbeat.offline",
            "in the phone's app: leave message encryption off; encrypted messages are refused",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        check_token(envelope)?;
        let Ok(event) = serde_json::from_slice::<Event>(envelope.text()) else {
            return Ok(Opened::raw(envelope.body));
        };
        match event.kind.as_str() {
            RECEIVED => {}
            ONLINE => {
                return Ok(Opened {
                    vitals: Some(Vitals::beat()),
                    ..Opened::default()
                });
            }
            // A message in an event that nobody here knows.
            other if other.contains("received") => return Ok(Opened::raw(envelope.body)),
            // httpSMS's own server speaks, not the phone.
            _ => {
                return Ok(Opened {
                    by_proxy: true,
                    ..Opened::default()
                });
            }
        }
        let data = event
            .data
            .and_then(|data| serde_json::from_value::<Data>(data).ok());
        let Some(data) = data else {
            return Ok(Opened::raw(envelope.body));
        };
        if data.encrypted {
            return Err(Rejection::Encrypted);
        }
        Ok(Opened::message(Incoming {
            sender: data.contact,
            body: data.content,
            received_at: data.timestamp.as_deref().and_then(fields::moment),
            sim: data.sim.as_deref().and_then(fields::sim),
            receipt: None,
        }))
    }
}

fn check_token(envelope: &Envelope<'_>) -> Result<(), Rejection> {
    let wrong = Rejection::Signature("the bearer token is not one that this signing key made");
    let given = envelope.header("authorization");
    let token = given.strip_prefix("Bearer ").map(str::trim);
    let (signed, tag) = token
        .and_then(|token| token.rsplit_once('.'))
        .ok_or(wrong)?;
    let (header, claims) = signed.split_once('.').ok_or(wrong)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('='));
    let tag = decoded(tag).map_err(|_| wrong)?;
    let right = envelope
        .key
        .is_some_and(|key| keys::verify_bytes(key, &[signed.as_bytes()], &tag));
    // Proven before anything in it is read; and by this one algorithm, whatever it says itself.
    if !right {
        return Err(wrong);
    }
    let header: Header = decoded(header)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(wrong)?;
    let claims: Claims = decoded(claims)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(wrong)?;
    if header.alg != "HS256" || claims.iss != ISSUER {
        return Err(wrong);
    }
    // By its secret part: the name in front of it may be that of a proxy.
    let ours = format!("/intake/{}", envelope.token);
    if !claims
        .aud
        .iter()
        .any(|url| url.trim_end_matches('/').ends_with(&ours))
    {
        return Err(Rejection::Signature(
            "the bearer token was made for another address",
        ));
    }
    let now = envelope.now.as_second();
    let stale = Rejection::Signature("the bearer token is not valid at this time");
    if claims.exp < now - LEEWAY || claims.nbf.is_some_and(|from| from > now + LEEWAY) {
        return Err(stale);
    }
    match claims.iat {
        Some(made) => envelope.must_be_timely(made),
        // Without a time of making it must not live longer than httpSMS's do.
        None if claims.exp <= now + LIFETIME => Ok(()),
        None => Err(stale),
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    iss: String,
    #[serde(default, deserialize_with = "one_or_many")]
    aud: Vec<String>,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Audience::deserialize(deserializer)? {
        Audience::One(url) => vec![url],
        Audience::Many(urls) => urls,
    })
}

#[derive(Deserialize)]
struct Event {
    #[serde(default, rename = "type")]
    kind: String,
    data: Option<Value>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    contact: String,
    #[serde(default)]
    content: String,
    timestamp: Option<String>,
    sim: Option<String>,
    #[serde(default)]
    encrypted: bool,
}

const RECEIVED: &str = "message.phone.received";
const ONLINE: &str = "phone.heartbeat.online";
const ISSUER: &str = "api.httpsms.com";
/// Seconds.
const LEEWAY: i64 = 60;
const LIFETIME: i64 = 600;
