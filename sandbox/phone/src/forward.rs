//! The forwarder app on a store's phone: posts each message as SMSGate's webhook does, signed, and tries
//! again until it is taken.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;
use wharf_core::id::new_id;

use crate::state::{Delivery, DeliveryState, Message};
use crate::{Forward, Phone, sms};

impl Phone {
    /// Starts one event in the background; `None` if there is no forwarder app.
    pub(crate) fn start_forwarding(&self, message: &Message) -> Option<String> {
        let forward = self.forward.clone()?;
        let event_id = new_id(&self.clock);
        let delivery = Delivery {
            event_id: event_id.clone(),
            state: DeliveryState::Pending,
            tries: 0,
            last: String::new(),
            taken_at_ms: None,
        };
        self.lock()
            .message(&message.sms_id)?
            .deliveries
            .push(delivery);
        let body = webhook(message, &forward.device_id, &event_id);
        tokio::spawn(
            self.clone()
                .forward(forward, message.sms_id.clone(), event_id.clone(), body),
        );
        Some(event_id)
    }

    async fn forward(self, forward: Arc<Forward>, sms_id: String, event_id: String, body: String) {
        let mut wait = self.first_retry;
        for last_try in (1..=TRIES).map(|count| count == TRIES) {
            let (taken, last) = self.post(&forward, &body).await;
            tracing::debug!(%event_id, %last, "message forwarded");
            if let Some(delivery) = self.lock().delivery(&sms_id, &event_id) {
                delivery.tries += 1;
                delivery.last = last;
                delivery.taken_at_ms = taken.then(|| self.clock.now_ms());
                delivery.state = match (taken, last_try) {
                    (true, _) => DeliveryState::Delivered,
                    (false, true) => DeliveryState::Failed,
                    (false, false) => DeliveryState::Pending,
                };
            }
            if taken || last_try {
                return;
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// Any 2xx within the app's patience counts as taken.
    async fn post(&self, forward: &Forward, body: &str) -> (bool, String) {
        let timestamp = self.clock.now().as_second().to_string();
        let answer = self
            .client
            .post(&forward.url)
            .header("Content-Type", "application/json")
            .header(
                "X-Signature",
                signature(&forward.signing_key, body, &timestamp),
            )
            .header("X-Timestamp", &timestamp)
            .timeout(PATIENCE)
            .body(body.to_owned())
            .send()
            .await;
        match answer {
            Ok(answer) => (answer.status().is_success(), answer.status().to_string()),
            Err(error) if error.is_timeout() => (false, "no answer in 30 s".to_owned()),
            Err(error) if error.is_connect() => (false, "cannot connect".to_owned()),
            // Without the address: it is a secret of the store's.
            Err(error) => (false, error.without_url().to_string()),
        }
    }
}

/// Hex HMAC-SHA256 over the raw body followed by the timestamp.
fn signature(key: &str, body: &str, timestamp: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(body.as_bytes());
    mac.update(timestamp.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn webhook(message: &Message, device_id: &str, event_id: &str) -> String {
    let at = Timestamp::from_millisecond(message.at_ms).unwrap_or_default();
    json!({
        "deviceId": device_id,
        "event": "sms:received",
        "id": event_id,
        "payload": {
            "messageId": message.message_id,
            "message": message.body,
            "sender": message.sender,
            "recipient": null,
            "phoneNumber": message.sender,
            "simNumber": 1,
            "receivedAt": sms::cairo_iso(at),
        },
        "webhookId": WEBHOOK,
    })
    .to_string()
}

/// The app's tries: with waits of 10 s, doubling, they reach over about two days.
const TRIES: u32 = 14;
const PATIENCE: Duration = Duration::from_secs(30);
const WEBHOOK: &str = "wharf-sandbox";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_covers_body_and_time() {
        // Computed with `printf '{}1700000000' | openssl dgst -sha256 -hmac key`.
        assert_eq!(
            signature("key", "{}", "1700000000"),
            "93800482ca289ca2ab5ad69bbb6a631e6a997ad0fb659f5edfb80f566fc07457"
        );
    }
}
