//! SMS to URL Forwarder (`bogkonstantin/android_income_sms_gateway_webhook`): JSON from a template that its user
//! may edit, in chunks or not. Newer versions sign it: `X-Signature`, the hexadecimal HMAC-SHA256 over the body.

use super::format::{Envelope, Format, KeyRule, Opened, Rejection};
use super::generic;

pub(super) struct SmsToUrl;

impl Format for SmsToUrl {
    fn name(&self) -> &'static str {
        "sms-to-url"
    }

    fn title(&self) -> &'static str {
        "SMS to URL Forwarder"
    }

    fn key(&self) -> KeyRule {
        KeyRule::Optional
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "+ (new rule) > Sender: the operator's sender name, or *",
            "URL: {url}",
            "do not allow it to read notifications: what apps show is never money",
            "leave the JSON template as it is; \"battery\": %battery% and \"power\": \"%power%\" may be added",
            "with a signing key: switch \"Sign with HMAC-SHA-256\" on and enter it as the secret",
            "switch \"Store failed messages for retry\" on",
            "Settings > Heartbeat: {url}/heartbeat, every 15 minutes",
            "press Test: the message is kept as \"ignored\" or \"unknown\"",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        if envelope.key.is_some() {
            envelope.must_be_signed(&[envelope.body], envelope.header("x-signature"))?;
        }
        generic::read(envelope, &TIMES)
    }
}

/// The message centre's time first: it stays the same when a phone is late.
const TIMES: [&str; 3] = ["sentStamp", "receivedStamp", "receivedAt"];
