//! Twilio: a form, signed with `X-Twilio-Signature`, the Base64 of HMAC-SHA1 over the address as Twilio knows it,
//! followed by names and values in the order of the names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

use super::fields::Fields;
use super::format::{Envelope, Format, Incoming, KeyRule, Opened, Rejection};

pub(super) struct Twilio;

impl Format for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn title(&self) -> &'static str {
        "Twilio"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Required(16)
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "Phone Numbers > the number > Messaging > \"A message comes in\": Webhook, HTTP POST, {url}",
            "the signing key is the account's Auth Token",
            "Twilio signs the address that it was given: public_url in wharf.toml must be the same, letter for letter",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        let fields = Fields::of_form(envelope.body);
        if !is_signed(envelope, &fields) {
            return Err(Rejection::Signature("the signature is missing or wrong"));
        }
        let Some(body) = fields.first(&["Body"]) else {
            return Ok(Opened::raw(envelope.body));
        };
        Ok(Opened::message(Incoming {
            sender: fields.first(&["From"]).unwrap_or_default().to_owned(),
            body: body.to_owned(),
            ..Incoming::default()
        }))
    }
}

fn is_signed(envelope: &Envelope<'_>, fields: &Fields) -> bool {
    let Some(key) = envelope.key else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.expose().as_bytes()) else {
        return false;
    };
    mac.update(envelope.url.as_bytes());
    if !envelope.query.is_empty() {
        mac.update(b"?");
        mac.update(envelope.query.as_bytes());
    }
    let mut pairs: Vec<_> = fields.pairs().iter().collect();
    pairs.sort();
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD
        .decode(envelope.header("x-twilio-signature"))
        .is_ok_and(|tag| mac.verify_slice(&tag).is_ok())
}
