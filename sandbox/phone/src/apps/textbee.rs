//! textbee (`vernu/textbee`): its server signs the body.

use serde_json::json;

use super::{Event, JSON, Wire, hmac};

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let message = event.message;
    let body = json!({
        "smsId": message.sms_id,
        "message": message.body,
        "deviceId": event.forward.device_id,
        "webhookSubscriptionId": "6650f0c2a1b2c3d4e5f60718",
        "webhookEvent": "MESSAGE_RECEIVED",
        "idempotencyKey": event.event_id,
        "sender": message.sender,
        "receivedAt": format!("{:.3}", event.received),
    })
    .to_string();
    let signature = hex::encode(hmac(&event.forward.key, &[&body]));
    Wire {
        headers: vec![(JSON.0, JSON.1.to_owned()), ("X-Signature", signature)],
        body,
        chunked: false,
    }
}
