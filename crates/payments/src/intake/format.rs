//! What a forwarder app's format is: how a delivery is proven and read. One file a format; the list is here.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use wharf_core::Secret;

use super::vitals::Vitals;
use super::{generic, httpsms, sms_to_url, smsforwarder, smsgate, tahweel, textbee, twilio};
use crate::keys;

/// An app's way to deliver.
pub(crate) trait Format: Sync {
    /// As set-ups name it.
    fn name(&self) -> &'static str;
    /// For people.
    fn title(&self) -> &'static str;
    fn key(&self) -> KeyRule;
    /// Bytes of one delivery.
    fn body_limit(&self) -> usize {
        BODY_LIMIT
    }
    /// Checks who sent it, and reads it.
    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection>;
    /// What to enter in the app, in the order of its pages. `{url}` is the device's address.
    fn steps(&self) -> &'static [&'static str];
}

/// Whether devices of a format have a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// At least this many characters.
    Required(usize),
    /// The app can do without; once one is set up, every delivery must be signed.
    Optional,
    /// The app cannot sign: its address is the credential.
    None,
}

/// A delivery as it came.
pub(crate) struct Envelope<'a> {
    pub method: &'a Method,
    /// Of the address, without the question mark.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub token: &'a str,
    /// The address that the app was given, without a query.
    pub url: &'a str,
    pub key: Option<&'a Secret>,
    pub now: Timestamp,
}

/// What a delivery holds.
#[derive(Default)]
pub(crate) struct Opened {
    pub messages: Vec<Incoming>,
    /// It was sent to say that the phone is well, or as a part of it.
    pub vitals: Option<Vitals>,
    /// It was not the phone that spoke: no sign of life.
    pub by_proxy: bool,
    /// A heartbeat, which is not signed.
    pub unsigned: bool,
    /// A signature that does not cover the message, which therefore must not come with another one.
    pub once: Option<String>,
}

/// A message as the forwarder delivered it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub sender: String,
    pub body: String,
    /// By the phone's clock, or the message centre's.
    pub received_at: Option<Timestamp>,
    pub sim: Option<String>,
    /// What the app wants to be told about this one.
    pub receipt: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// Wrong, missing or stale: why, for the operator only.
    Signature(&'static str),
    /// Signed so many seconds ahead of the time here, or behind it.
    Clock {
        ahead: i64,
    },
    TooLarge,
    TooMany,
    Method,
    /// Encrypted between app and app: nobody here can read it.
    Encrypted,
    /// In a form that this format does not have.
    Form,
}

pub(crate) static ALL: [&dyn Format; 8] = [
    &smsgate::SmsGate,
    &sms_to_url::SmsToUrl,
    &smsforwarder::SmsForwarder,
    &httpsms::HttpSms,
    &textbee::Textbee,
    &tahweel::Tahweel,
    &twilio::Twilio,
    &generic::Generic,
];

pub(crate) fn named(name: &str) -> Option<&'static dyn Format> {
    ALL.into_iter().find(|format| format.name() == name)
}

impl Envelope<'_> {
    /// A header's text; empty if there is none or it is no text.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().trim()
    }

    /// The body without the mark that some programs put before a text.
    pub fn text(&self) -> &[u8] {
        self.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(self.body)
    }

    /// Whether it is a multipart form, or compressed.
    pub fn is_packed(&self) -> bool {
        let kind = self.header("content-type").to_ascii_lowercase();
        let packed = self.header("content-encoding");
        kind.contains("multipart/") || !packed.is_empty() && packed != "identity"
    }

    pub fn must_be_post(&self) -> Result<(), Rejection> {
        if self.method == Method::POST {
            Ok(())
        } else {
            Err(Rejection::Method)
        }
    }

    /// That `parts`, one after the other, are signed in hexadecimal with the device's key.
    pub fn must_be_signed(&self, parts: &[&[u8]], signature: &str) -> Result<(), Rejection> {
        if signature.is_empty() {
            return Err(Rejection::Signature("the signature is missing"));
        }
        let right = self
            .key
            .is_some_and(|key| keys::verify(key, parts, signature));
        right
            .then_some(())
            .ok_or(Rejection::Signature("the signature is wrong"))
    }

    /// That a time of signing in Unix seconds is near enough to be no replay.
    pub fn must_be_timely(&self, seconds: i64) -> Result<(), Rejection> {
        let ahead = seconds.saturating_sub(self.now.as_second());
        if ahead.unsigned_abs() <= SIGNATURE_WINDOW {
            Ok(())
        } else {
            Err(Rejection::Clock { ahead })
        }
    }
}

impl Opened {
    pub fn message(incoming: Incoming) -> Self {
        Self {
            messages: vec![incoming],
            ..Self::default()
        }
    }

    /// What is proven to be from the phone but cannot be read: kept for people rather than delivered for days.
    pub fn raw(body: &[u8]) -> Self {
        let body = body.get(..TEXT_LIMIT).unwrap_or(body);
        // What is no text takes more room when it is told as one.
        let mut body = String::from_utf8_lossy(body).into_owned();
        body.truncate(body.floor_char_boundary(TEXT_LIMIT));
        Self::message(Incoming::raw(body))
    }

    /// Whether a message in it tells no sender: the app is set up wrongly, or does what nobody here knows.
    pub fn is_unreadable(&self) -> bool {
        let mut messages = self.messages.iter();
        messages.any(|message| message.sender.trim().is_empty())
    }

    /// Within the limits of one delivery. A text that is too long is refused; among others it is cut, so that these
    /// are not delivered in vain for ever, and is never read.
    pub fn bounded(mut self) -> Result<Self, Rejection> {
        let is_long = |message: &Incoming| message.body.len() > TEXT_LIMIT;
        if self.messages.len() > BATCH_LIMIT {
            return Err(Rejection::TooMany);
        }
        if self.messages.iter().all(is_long) && !self.messages.is_empty() {
            return Err(Rejection::TooLarge);
        }
        for message in self.messages.iter_mut().filter(|message| is_long(message)) {
            message
                .body
                .truncate(message.body.floor_char_boundary(TEXT_LIMIT));
            message.body.push_str(CUT);
        }
        Ok(self)
    }
}

impl Incoming {
    /// What nobody can read, from nobody.
    pub fn raw(body: String) -> Self {
        Self {
            body,
            ..Self::default()
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
/// Of one delivery, in bytes, where a format does not need more.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// Of one message's text, in bytes.
pub(crate) const TEXT_LIMIT: usize = 4 * 1024;
/// Stands where a text was cut, which is longer than any that is read.
const CUT: &str = " [cut]";
/// Messages in one delivery.
const BATCH_LIMIT: usize = 100;
/// Seconds, to both sides.
pub(crate) const SIGNATURE_WINDOW: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wallets::Wallets;

    const RECEIPT: &str = "تم استلام مبلغ 100 جنيه من رقم 01098765432؛ المسجل بإسم منى. رصيدك الحالي 350.5 جنيه. تاريخ العملية 03-09-26 14:25 رقم العملية 023222333444";

    fn of(bodies: &[&str]) -> Opened {
        let message = |body: &&str| Incoming {
            sender: "VF-Cash".into(),
            body: (*body).to_owned(),
            ..Incoming::default()
        };
        Opened {
            messages: bodies.iter().map(message).collect(),
            ..Opened::default()
        }
    }

    #[test]
    fn a_text_that_is_too_long_costs_those_beside_it_nothing_and_is_never_read() {
        let long = format!("{RECEIPT}\n{}", "ع".repeat(TEXT_LIMIT));
        assert!(matches!(of(&[&long]).bounded(), Err(Rejection::TooLarge)));
        let kept = of(&[RECEIPT, &long, "x"]).bounded();
        let Ok(kept) = kept else {
            panic!("the others were refused")
        };
        let wallets = Wallets::load(None).unwrap();
        let at = "2026-09-03T14:26:09+03:00".parse().unwrap();
        let read = |index: usize| {
            wallets
                .read("VF-Cash", &kept.messages[index].body, at)
                .reading
        };
        assert!(read(0).is_some() && read(1).is_none());
        assert!(kept.messages[1].body.starts_with(RECEIPT));
        assert!(of(&["x"; 101]).bounded().is_err());
        assert!(Opened::raw(&[0xff; 2 * TEXT_LIMIT]).bounded().is_ok());
        assert!(of(&[]).bounded().is_ok());
    }
}
