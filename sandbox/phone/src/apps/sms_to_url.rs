//! SMS to URL Forwarder (`bogkonstantin/android_income_sms_gateway_webhook`): its usual template, in chunks. With
//! a secret, it signs the body.

use serde_json::Value;

use super::{Event, Wire, hmac};

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let message = event.message;
    let quoted = |text: &str| Value::from(text).to_string();
    let body = format!(
        "{{\n  \"from\":{},\n  \"text\":{},\n  \"sentStamp\":{},\n  \"receivedStamp\":{},\n  \"sim\":\"sim{}\"\n}}",
        quoted(&message.sender),
        quoted(&message.body),
        message.at_ms,
        event.received.as_millisecond(),
        message.sim,
    );
    let mut headers = vec![
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("User-agent", "SMS Forwarder App".to_owned()),
    ];
    if !event.forward.key.is_empty() {
        let signature = hex::encode(hmac(&event.forward.key, &[&body]));
        headers.push(("X-Signature", signature));
    }
    Wire {
        headers,
        body,
        chunked: true,
    }
}
