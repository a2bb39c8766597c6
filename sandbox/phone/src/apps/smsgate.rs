//! SMSGate (`capcom6/android-sms-gateway`): the signature covers the body followed by the time.

use jiff::Timestamp;
use serde_json::json;

use super::{Event, JSON, Wire, hmac};
use crate::Forward;

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let message = event.message;
    let body = json!({
        "deviceId": event.forward.device_id,
        "event": "sms:received",
        "id": event.event_id,
        "payload": {
            "messageId": message.message_id,
            "message": message.body,
            "sender": message.sender,
            "recipient": null,
            "phoneNumber": message.sender,
            "simNumber": message.sim,
            "receivedAt": message.operator.iso(event.received),
        },
        "webhookId": "wharf-sandbox",
    })
    .to_string();
    signed(event.forward, body, event.now)
}

/// A sign of life.
pub(super) fn ping(forward: &Forward, event_id: &str, now: Timestamp) -> Wire {
    let body = json!({
        "deviceId": forward.device_id,
        "event": "system:ping",
        "id": event_id,
        "payload": { "health": { "status": "pass", "version": "1.40.0", "releaseId": 1 } },
        "webhookId": "wharf-sandbox",
    })
    .to_string();
    signed(forward, body, now)
}

fn signed(forward: &Forward, body: String, now: Timestamp) -> Wire {
    let timestamp = now.as_second().to_string();
    let signature = hex::encode(hmac(&forward.key, &[&body, &timestamp]));
    Wire {
        headers: vec![
            (JSON.0, JSON.1.to_owned()),
            ("X-Signature", signature),
            ("X-Timestamp", timestamp),
        ],
        body,
        chunked: false,
    }
}
