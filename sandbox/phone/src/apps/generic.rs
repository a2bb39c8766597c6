//! What people write themselves: a few JSON fields, posted to an address that nobody else knows.

use serde_json::json;

use super::{Event, JSON, Wire};

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let message = event.message;
    let body = json!({
        "sender": message.sender,
        "message": message.body,
        "timestamp": event.received.as_second(),
        "slot": message.sim,
    });
    Wire {
        headers: vec![(JSON.0, JSON.1.to_owned())],
        body: body.to_string(),
        chunked: false,
    }
}

/// What a phone says of itself.
pub(super) fn heartbeat() -> Wire {
    Wire {
        headers: vec![(JSON.0, JSON.1.to_owned())],
        body: json!({ "battery": 83, "charging": true }).to_string(),
        chunked: false,
    }
}
