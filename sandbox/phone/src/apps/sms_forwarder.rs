//! SmsForwarder (`pppscn/SmsForwarder`): a form. The signature covers time and secret, not the message, and is
//! percent-encoded before it becomes a field's value, so that it is encoded twice on the wire. The time is that of
//! the sending: another one each time the message is forwarded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Event, Wire, hmac};

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let timestamp = event.now.as_millisecond().to_string();
    let key = &event.forward.key;
    let signature = STANDARD.encode(hmac(key, &[&timestamp, "\n", key]));
    let fields = [
        ("from", event.message.sender.as_str()),
        ("content", &event.message.body),
        ("timestamp", &timestamp),
        ("sign", &percent(&signature)),
    ];
    let pairs = fields.map(|(name, value)| format!("{name}={}", percent(value)));
    Wire {
        headers: vec![(
            "Content-Type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: pairs.join("&"),
        chunked: false,
    }
}

fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
