//! Wallets and messages.

use serde::Serialize;

use crate::{Kind, Wallet};

#[derive(Debug)]
pub struct State {
    pub wallets: Vec<Wallet>,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// The operator's last operation number.
    pub last_operation: i64,
}

/// One SMS on somebody's phone.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    pub sms_id: String,
    /// Whose phone it is on.
    pub wallet: String,
    pub wallet_kind: Kind,
    pub direction: Direction,
    pub sender: &'static str,
    pub body: String,
    pub transaction_id: String,
    pub amount_minor: i64,
    /// The other side's number.
    pub peer: String,
    pub at_ms: i64,
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

/// One webhook event, however many tries it takes.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub event_id: String,
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
    Delivered,
    /// The app gave up.
    Failed,
}

impl State {
    pub fn new(wallets: Vec<Wallet>) -> Self {
        Self {
            wallets,
            messages: Vec::new(),
            last_operation: 0,
        }
    }

    pub fn wallet(&self, number: &str) -> Option<&Wallet> {
        self.wallets.iter().find(|wallet| wallet.number == number)
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
}
