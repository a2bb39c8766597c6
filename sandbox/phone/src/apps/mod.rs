//! Forwarder apps: what each posts, how it signs, and how long it tries. One file an app.

mod generic;
mod httpsms;
mod sms_forwarder;
mod sms_to_url;
mod smsgate;
mod textbee;

use std::str::FromStr;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Forward;
use crate::state::Message;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum App {
    Smsgate,
    SmsToUrl,
    SmsForwarder,
    Httpsms,
    Textbee,
    Generic,
}

/// One request, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Whether the body comes in chunks, without a length.
    pub chunked: bool,
}

/// What an app needs to know of one event.
pub(crate) struct Event<'a> {
    pub forward: &'a Forward,
    pub message: &'a Message,
    pub event_id: &'a str,
    /// By the clock that signs: the phone's, or the app's server's.
    pub now: Timestamp,
    /// When the phone received the message, by its own clock.
    pub received: Timestamp,
}

/// How patient an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    pub tries: u32,
    /// Before the second try, in units of the phone's first wait; it doubles from there.
    pub first_wait: u32,
    pub answer_within: Duration,
    /// Whether an answer 4xx ends it.
    pub heeds_refusals: bool,
}

impl App {
    pub const ALL: [Self; 6] = [
        Self::Smsgate,
        Self::SmsToUrl,
        Self::SmsForwarder,
        Self::Httpsms,
        Self::Textbee,
        Self::Generic,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Smsgate => "smsgate",
            Self::SmsToUrl => "sms-to-url",
            Self::SmsForwarder => "sms-forwarder",
            Self::Httpsms => "httpsms",
            Self::Textbee => "textbee",
            Self::Generic => "generic",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Smsgate => "SMSGate",
            Self::SmsToUrl => "SMS to URL Forwarder",
            Self::SmsForwarder => "SmsForwarder",
            Self::Httpsms => "httpSMS",
            Self::Textbee => "textbee",
            Self::Generic => "a script of one's own",
        }
    }

    pub(crate) fn wire(self, event: &Event<'_>) -> Wire {
        match self {
            Self::Smsgate => smsgate::wire(event),
            Self::SmsToUrl => sms_to_url::wire(event),
            Self::SmsForwarder => sms_forwarder::wire(event),
            Self::Httpsms => httpsms::wire(event),
            Self::Textbee => textbee::wire(event),
            Self::Generic => generic::wire(event),
        }
    }

    /// A sign of life, and where below the device's address it goes. `None`: the app has none.
    pub(crate) fn heartbeat(
        self,
        forward: &Forward,
        event_id: &str,
        now: Timestamp,
    ) -> Option<(&'static str, Wire)> {
        match self {
            Self::Smsgate => Some(("", smsgate::ping(forward, event_id, now))),
            Self::SmsToUrl | Self::Generic => Some(("/heartbeat", generic::heartbeat())),
            Self::SmsForwarder | Self::Httpsms | Self::Textbee => None,
        }
    }

    pub(crate) fn patience(self) -> Patience {
        let (tries, first_wait, seconds, heeds_refusals) = match self {
            // With waits of 10 s, doubling, over about two days.
            Self::Smsgate => (14, 1, 30, false),
            Self::SmsToUrl => (10, 1, 30, false),
            // As its operator set it: by itself it does not try again.
            Self::SmsForwarder => (5, 1, 10, false),
            Self::Httpsms => (2, 1, 5, false),
            // The first wait is three minutes.
            Self::Textbee => (10, 18, 30, true),
            Self::Generic => (10, 1, 30, false),
        };
        Patience {
            tries,
            first_wait,
            answer_within: Duration::from_secs(seconds),
            heeds_refusals,
        }
    }

    /// Whether its signature is made in a server of its maker's, whose clock is right.
    pub(crate) fn signs_elsewhere(self) -> bool {
        matches!(self, Self::Httpsms | Self::Textbee)
    }
}

impl FromStr for App {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|app| app.name() == text)
            .ok_or(())
    }
}

fn hmac(key: &str, parts: &[&str]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().to_vec()
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::{self, Operator};
    use crate::{Kind, state::Direction};

    fn message() -> Message {
        Message {
            sms_id: "sms-1".into(),
            wallet: "01000000001".into(),
            wallet_kind: Kind::Store,
            operator: Operator::VodafoneCash,
            sim: 1,
            event: operators::Event::Received,
            direction: Direction::In,
            forged: None,
            sender: "VF-Cash".into(),
            body: "تم \"استلام\"\n503 & more".into(),
            transaction_id: "025".into(),
            amount_minor: 50_300,
            fee_minor: 0,
            balance_minor: None,
            peer: "01012345678".into(),
            at_ms: 1_795_255_200_000,
            received_ms: 1_795_255_201_500,
            message_id: "aa11".into(),
            deliveries: Vec::new(),
        }
    }

    fn wire(app: App) -> Wire {
        let forward = Forward {
            app,
            url: "https://wharf.example/intake/t0ken".into(),
            key: "a-key-of-twenty-characters".into(),
            device_id: "device-1".into(),
        };
        let message = message();
        app.wire(&Event {
            forward: &forward,
            message: &message,
            event_id: "event-1",
            now: Timestamp::from_second(1_795_255_210).unwrap(),
            received: Timestamp::from_millisecond(message.received_ms).unwrap(),
        })
    }

    /// Every expected signature was computed with Python's `hmac` over the text that stands here.
    #[test]
    fn each_app_posts_what_it_posts() {
        let texts = App::ALL.map(|app| {
            let wire = wire(app);
            let headers = wire
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\n"));
            format!(
                "== {}{}\n{}\n{}",
                app.name(),
                if wire.chunked { " (chunked)" } else { "" },
                headers.collect::<String>(),
                wire.body
            )
        });
        insta::assert_snapshot!(texts.join("\n\n"), @r#"
        == smsgate
        Content-Type: application/json
        X-Signature: 325a6f5ef4ecb7da60274a20fae1a33f0a66e41b7ab39928cace68af83fafaf4
        X-Timestamp: 1795255210

        {"deviceId":"device-1","event":"sms:received","id":"event-1","payload":{"messageId":"aa11","message":"تم \"استلام\"\n503 & more","sender":"VF-Cash","recipient":null,"phoneNumber":"VF-Cash","simNumber":1,"receivedAt":"2026-11-21T12:00:01+02:00"},"webhookId":"wharf-sandbox"}

        == sms-to-url (chunked)
        Content-Type: application/json; charset=utf-8
        User-agent: SMS Forwarder App
        X-Signature: dc69937e379ca8c248ffbd2b2653285723ff34061e28ee10d1ac78e38048aaf4

        {
          "from":"VF-Cash",
          "text":"تم \"استلام\"\n503 & more",
          "sentStamp":1795255200000,
          "receivedStamp":1795255201500,
          "sim":"sim1"
        }

        == sms-forwarder
        Content-Type: application/x-www-form-urlencoded

        from=VF-Cash&content=%D8%AA%D9%85%20%22%D8%A7%D8%B3%D8%AA%D9%84%D8%A7%D9%85%22%0A503%20%26%20more&timestamp=1795255210000&sign=k5OQdwtytvRzQQpnJznJ8MmCmv4Fhk9UY4OB1logeaw%253D

        == httpsms
        X-Event-Type: message.phone.received
        Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL3doYXJmLmV4YW1wbGUvaW50YWtlL3Qwa2VuIiwiZXhwIjoxNzk1MjU1ODEwLCJpYXQiOjE3OTUyNTUyMTAsImlzcyI6ImFwaS5odHRwc21zLmNvbSIsIm5iZiI6MTc5NTI1NDYxMCwic3ViIjoiV0I3RFJEV3JKWlJHYllydjJDS0drcWJ6dnFkQyJ9.nJz6wz8rk0Kcr7aCyqKVRk-cy12ItnCSVkrlAUQMaJ4

        {"specversion":"1.0","id":"event-1","source":"/v1/messages/receive","type":"message.phone.received","datacontenttype":"application/json","time":"2026-11-21T10:00:10Z","data":{"message_id":"sms-1","user_id":"WB7DRDWrJZRGbYrv2CKGkqbzvqdC","owner":"+201000000001","encrypted":false,"contact":"VF-Cash","timestamp":"2026-11-21T10:00:01.5Z","content":"تم \"استلام\"\n503 & more","sim":"SIM1","attachments":null}}

        == textbee
        Content-Type: application/json
        X-Signature: cc6402b09dce515a30c89f2c289ac69256a61d1fe8e9e8417cb9d73104551162

        {"smsId":"sms-1","message":"تم \"استلام\"\n503 & more","deviceId":"device-1","webhookSubscriptionId":"6650f0c2a1b2c3d4e5f60718","webhookEvent":"MESSAGE_RECEIVED","idempotencyKey":"event-1","sender":"VF-Cash","receivedAt":"2026-11-21T10:00:01.500Z"}

        == generic
        Content-Type: application/json

        {"sender":"VF-Cash","message":"تم \"استلام\"\n503 & more","timestamp":1795255201,"slot":1}
        "#);
    }

    #[test]
    fn apps_are_named_as_they_are_chosen() {
        for app in App::ALL {
            assert_eq!(app.name().parse(), Ok(app));
            assert_eq!(serde_json::to_value(app).unwrap(), app.name());
        }
    }
}
