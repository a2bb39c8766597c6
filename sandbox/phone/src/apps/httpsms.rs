//! httpSMS (`NdoleStudio/httpsms`): a CloudEvent from its server, with a JSON web token that does not cover the body.
//! It names no content type.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Event, Wire, hmac};
use crate::operators::Operator;

pub(super) fn wire(event: &Event<'_>) -> Wire {
    let message = event.message;
    let body = json!({
        "specversion": "1.0",
        "id": event.event_id,
        "source": "/v1/messages/receive",
        "type": KIND,
        "datacontenttype": "application/json",
        "time": event.now.to_string(),
        "data": {
            "message_id": message.sms_id,
            "user_id": USER,
            "owner": abroad(message.operator, &message.wallet),
            "encrypted": false,
            "contact": message.sender,
            "timestamp": event.received.to_string(),
            "content": message.body,
            "sim": format!("SIM{}", message.sim),
            "attachments": null,
        },
    });
    let now = event.now.as_second();
    let token = jwt(
        &event.forward.key,
        &json!({
            "aud": event.forward.url,
            "exp": now + 600,
            "iat": now,
            "iss": "api.httpsms.com",
            "nbf": now - 600,
            "sub": USER,
        }),
    );
    Wire {
        headers: vec![
            ("X-Event-Type", KIND.to_owned()),
            ("Authorization", format!("Bearer {token}")),
        ],
        body: body.to_string(),
        chunked: false,
    }
}

fn jwt(key: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(&json!({"alg": "HS256", "typ": "JWT"})),
        part(claims)
    );
    let signature = URL_SAFE_NO_PAD.encode(hmac(key, &[&signed]));
    format!("{signed}.{signature}")
}

fn abroad(operator: Operator, number: &str) -> String {
    let national = number.trim_start_matches('0');
    match operator {
        Operator::Bkash => format!("+880{national}"),
        Operator::Mpesa => format!("+254{national}"),
        _ => format!("+20{national}"),
    }
}

const KIND: &str = "message.phone.received";
const USER: &str = "WB7DRDWrJZRGbYrv2CKGkqbzvqdC";
