//! Wallets, messages, and how the stores' phone stands.

use serde::{Deserialize, Serialize};

use crate::apps::App;
use crate::forge::Forgery;
use crate::operators::{Event, Operator};
use crate::{Kind, Wallet};

#[derive(Debug)]
pub struct State {
    pub wallets: Vec<Wallet>,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// The networks' last operation number.
    pub last_operation: i64,
    pub device: Device,
}

/// The phone that holds the stores' SIM cards, with the forwarder app.
#[derive(Clone, Debug, Serialize)]
pub struct Device {
    pub app: App,
    /// Without network the phone still receives SMS; the app waits.
    pub online: bool,
    /// How far its clock is ahead.
    pub clock_off_seconds: i64,
    /// How often more than once each message is forwarded, as some apps do by mistake.
    pub duplicates: u32,
    /// Events that wait for the network, oldest first: message and event.
    #[serde(skip)]
    pub waiting: Vec<(String, String)>,
}

/// One SMS on somebody's phone.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    pub sms_id: String,
    /// Whose phone it is on.
    pub wallet: String,
    pub wallet_kind: Kind,
    pub operator: Operator,
    /// The card's slot in the phone, from 1.
    pub sim: u8,
    pub event: Event,
    pub direction: Direction,
    /// No operator wrote it: no money moved.
    pub forged: Option<Forgery>,
    pub sender: String,
    pub body: String,
    /// The operation's number, whether or not the text tells it; of a forged message, the one that it claims.
    pub transaction_id: String,
    pub amount_minor: i64,
    pub fee_minor: i64,
    /// The wallet's true balance after it.
    pub balance_minor: Option<i64>,
    /// The other side's number.
    pub peer: String,
    pub at_ms: i64,
    /// By the phone's clock.
    pub received_ms: i64,
    /// Hash of sender, text and time: the same however often the message is forwarded.
    pub message_id: String,
    /// What the forwarder app did with it, one entry an event; empty on phones without the app.
    pub deliveries: Vec<Delivery>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    In,
    Out,
}

/// One event of an app, however many tries it takes.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub event_id: String,
    pub app: App,
    pub state: DeliveryState,
    pub tries: u32,
    /// The last answer's status, or what went wrong.
    pub last: String,
    /// When the app learnt that the message was taken.
    pub taken_at_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    Pending,
    /// For the network.
    Waiting,
    Delivered,
    /// The app gave up.
    Failed,
}

/// In which order a phone that comes back sends what has waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

impl Message {
    /// Whether it is on the stores' phone: what a cheat posts past it never was.
    pub fn is_on_the_stores_phone(&self) -> bool {
        self.wallet_kind == Kind::Store && !self.forged.is_some_and(Forgery::is_posted)
    }
}

impl State {
    pub fn new(wallets: Vec<Wallet>, app: App) -> Self {
        Self {
            wallets,
            messages: Vec::new(),
            last_operation: 0,
            device: Device {
                app,
                online: true,
                clock_off_seconds: 0,
                duplicates: 0,
                waiting: Vec::new(),
            },
        }
    }

    pub fn wallet(&self, number: &str) -> Option<&Wallet> {
        self.wallets.iter().find(|wallet| wallet.number == number)
    }

    /// Stores' wallets share a phone: each card has its slot.
    pub fn sim(&self, number: &str) -> u8 {
        let mut stores = self
            .wallets
            .iter()
            .filter(|wallet| wallet.kind == Kind::Store);
        let slot = stores.position(|wallet| wallet.number == number);
        slot.and_then(|slot| u8::try_from(slot + 1).ok())
            .unwrap_or(1)
    }

    pub fn message(&mut self, sms_id: &str) -> Option<&mut Message> {
        self.messages
            .iter_mut()
            .find(|message| message.sms_id == sms_id)
    }

    pub fn delivery(&mut self, sms_id: &str, event_id: &str) -> Option<&mut Delivery> {
        self.message(sms_id)?
            .deliveries
            .iter_mut()
            .find(|delivery| delivery.event_id == event_id)
    }

    /// Adds to a wallet's balance (or takes from it) and tells the new one.
    pub fn book(&mut self, number: &str, minor: i64) -> i64 {
        let Some(wallet) = self
            .wallets
            .iter_mut()
            .find(|wallet| wallet.number == number)
        else {
            return 0;
        };
        wallet.balance_minor += minor;
        wallet.balance_minor
    }

    /// Operation numbers rise with time, about one every 3 ms in the whole network: 023… in September 2026.
    /// They go on rising over restarts, and never repeat.
    pub fn next_operation(&mut self, now_ms: i64) -> i64 {
        let by_time = SEPTEMBER_2026_NUMBER + (now_ms - SEPTEMBER_2026_MS) / 3;
        self.last_operation = by_time
            .max(self.last_operation + 1)
            .clamp(FIRST_NUMBER, LAST_NUMBER);
        self.last_operation
    }
}

const SEPTEMBER_2026_MS: i64 = 1_788_220_800_000;
const SEPTEMBER_2026_NUMBER: i64 = 23_000_000_000;
/// Twelve digits, the first of them zero.
const FIRST_NUMBER: i64 = 10_000_000_000;
const LAST_NUMBER: i64 = 99_999_999_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_numbers_rise_even_when_time_stands() {
        let mut state = State::new(Vec::new(), App::Smsgate);
        assert_eq!(state.next_operation(SEPTEMBER_2026_MS), 23_000_000_000);
        assert_eq!(state.next_operation(SEPTEMBER_2026_MS), 23_000_000_001);
        assert_eq!(
            state.next_operation(SEPTEMBER_2026_MS + 3_000),
            23_000_001_000
        );
        let mut early = State::new(Vec::new(), App::Smsgate);
        assert_eq!(early.next_operation(0), 10_000_000_000);
    }
}
