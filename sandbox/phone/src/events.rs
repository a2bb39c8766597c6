//! What happens to wallets: money moves, people ask and fail, operators advertise; and who is written to.

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use wharf_core::id::new_id;
use wharf_core::{Currency, Money};

use crate::operators::{Event, Facts, Operator, plain};
use crate::state::{Direction, Message, State};
use crate::{Kind, Phone, Wallet};

/// What the sender of money gets to know.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The operation's number in the receiver's SMS.
    pub transaction_id: String,
    /// And in the payer's: the same, where both are with one operator.
    pub payer_transaction_id: String,
    /// The receiver's SMS.
    pub sms_id: String,
    pub amount: String,
    pub fee: String,
}

/// What came of an event.
#[derive(Clone, Debug, Serialize)]
pub struct Happened {
    /// The messages that were written, oldest first.
    pub sms_ids: Vec<String>,
    pub balance_minor: i64,
}

/// Why nothing happened.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    #[error("there is no wallet {0}")]
    UnknownWallet(String),
    #[error("a wallet cannot send to itself")]
    SameWallet,
    #[error("{from} and {to} are different currencies")]
    OtherCurrency {
        from: &'static str,
        to: &'static str,
    },
    #[error("\"{0}\" is not an amount: write it with at most two decimals, such as 503 or 503.50")]
    NotAnAmount(String),
    #[error("the amount must be more than zero")]
    NotPositive,
    #[error(
        "the balance of {wallet} is {balance} {currency}; {needed} {currency} are needed (with a fee of {fee})"
    )]
    InsufficientBalance {
        wallet: String,
        currency: &'static str,
        balance: String,
        needed: String,
        fee: String,
    },
    #[error("{operator} sends no message of this kind")]
    NoSuchText { operator: &'static str },
    #[error("\"{0}\" is no text of this operator")]
    UnknownText(String),
    #[error("that message tells of no money that came in, or it was taken back before")]
    NotReversible,
    #[error("there is no such message")]
    UnknownMessage,
}

impl Refused {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownWallet(_) => "unknown_wallet",
            Self::SameWallet => "same_wallet",
            Self::OtherCurrency { .. } => "other_currency",
            Self::NotAnAmount(_) => "invalid_amount",
            Self::NotPositive => "amount_not_positive",
            Self::InsufficientBalance { .. } => "insufficient_balance",
            Self::NoSuchText { .. } => "no_such_text",
            Self::UnknownText(_) => "unknown_text",
            Self::NotReversible => "not_reversible",
            Self::UnknownMessage => "unknown_message",
        }
    }
}

/// A part of a message that varies with what happened.
pub(crate) struct News<'a> {
    pub event: Event,
    pub amount: i64,
    pub fee: i64,
    pub balance: i64,
    pub peer: &'a str,
    pub peer_name: &'a str,
    pub serial: i64,
    pub original: &'a str,
    /// Another text than the wallet's usual one.
    pub text: Option<&'a str>,
}

impl Phone {
    /// Moves `amount` (a text); the payer also bears the fee. Messages that reach the stores' phone are then on
    /// their way. `text`: which of the receiver's operator's texts.
    pub(crate) fn send(
        &self,
        from: &str,
        to: &str,
        amount: &str,
        text: Option<&str>,
    ) -> Result<Sent, Refused> {
        let (sent, messages) = self.transfer(from.trim(), to.trim(), amount, text)?;
        self.deliver(&messages);
        Ok(sent)
    }

    fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: &str,
        text: Option<&str>,
    ) -> Result<(Sent, [Message; 2]), Refused> {
        let mut state = self.lock();
        let (payer, payee) = (known(&state, from)?, known(&state, to)?);
        if payer.number == payee.number {
            return Err(Refused::SameWallet);
        }
        let currencies = [payer.operator.currency(), payee.operator.currency()];
        if let [from, to] = currencies
            && from != to
        {
            return Err(Refused::OtherCurrency { from, to });
        }
        let text = text.filter(|text| !text.is_empty());
        if let Some(text) = text.filter(|text| !payee.operator.texts().contains(text)) {
            return Err(Refused::UnknownText(text.to_owned()));
        }
        let amount = parse(amount)?;
        let fee = payer.operator.fee(amount);
        covers(&payer, amount, fee)?;

        let serial = state.next_operation(self.clock.now_ms());
        let payer_balance = state.book(&payer.number, -amount.saturating_add(fee));
        let payee_balance = state.book(&payee.number, amount);
        // Money from another network comes over rails of their own.
        let text = match (payer.operator, payee.operator) {
            (Operator::Instapay, Operator::VodafoneCash) => text.or(Some("en-a")),
            _ => text,
        };
        let out = self.message(
            &state,
            &payer,
            &News {
                event: Event::Sent,
                amount,
                fee,
                balance: payer_balance,
                peer: &payee.number,
                peer_name: &payee.name,
                serial,
                original: "",
                text: None,
            },
        )?;
        let arrived = self.message(
            &state,
            &payee,
            &News {
                event: Event::Received,
                amount,
                fee: 0,
                balance: payee_balance,
                peer: &payer.number,
                peer_name: &payer.name,
                serial,
                original: "",
                text,
            },
        )?;
        state.messages.extend([out.clone(), arrived.clone()]);
        let sent = Sent {
            sms_id: arrived.sms_id.clone(),
            amount: plain(amount),
            fee: plain(fee),
            transaction_id: arrived.transaction_id.clone(),
            payer_transaction_id: out.transaction_id.clone(),
        };
        Ok((sent, [out, arrived]))
    }

    /// Anything else that a wallet's owner or its operator does. `amount` counts where the event has one.
    pub(crate) fn happen(
        &self,
        number: &str,
        event: Event,
        amount: &str,
    ) -> Result<Happened, Refused> {
        let mut state = self.lock();
        let wallet = known(&state, number.trim())?;
        let told = event.takes() || matches!(event, Event::Prize | Event::CashBack);
        let amount = if told { parse(amount)? } else { 0 };
        let fee = match event {
            Event::Withdrawn => wallet.operator.withdrawal_fee(amount),
            _ => 0,
        };
        if event.takes() {
            covers(&wallet, amount, fee)?;
        }
        let serial = state.next_operation(self.clock.now_ms());
        let news = |event, balance, serial| News {
            event,
            amount,
            fee,
            balance,
            peer: PROMOTED,
            peer_name: "",
            serial,
            original: "",
            text: None,
        };
        let mut messages = Vec::new();
        if event == Event::Withdrawn {
            let asked = news(Event::WithdrawalAsked, wallet.balance_minor, serial);
            messages.extend(self.message(&state, &wallet, &asked).ok());
        }
        let taken = if event.takes() { amount + fee } else { 0 };
        let serial = if messages.is_empty() {
            serial
        } else {
            serial + 1
        };
        // Nothing is taken for what this operator does not do.
        let done = news(event, wallet.balance_minor - taken, serial);
        messages.push(self.message(&state, &wallet, &done)?);
        state.last_operation = state.last_operation.max(serial);
        let balance_minor = state.book(&wallet.number, -taken);
        state.messages.extend(messages.iter().cloned());
        drop(state);
        self.deliver(&messages);
        Ok(Happened {
            sms_ids: messages.into_iter().map(|message| message.sms_id).collect(),
            balance_minor,
        })
    }

    /// The operator takes a transfer back: out of the receiver's wallet, into the payer's.
    pub(crate) fn reverse(&self, sms_id: &str) -> Result<Happened, Refused> {
        let mut state = self.lock();
        let received = state
            .message(sms_id)
            .cloned()
            .ok_or(Refused::UnknownMessage)?;
        let before = state.messages.iter().any(|message| {
            message.event == Event::Reversal
                && message.peer == received.peer
                && message.body.contains(&received.transaction_id)
        });
        if received.event != Event::Received || received.forged.is_some() || before {
            return Err(Refused::NotReversible);
        }
        let (wallet, payer) = (
            known(&state, &received.wallet)?,
            known(&state, &received.peer)?,
        );
        let amount = received.amount_minor;
        covers(&wallet, amount, 0)?;
        let serial = state.next_operation(self.clock.now_ms());
        let news = News {
            event: Event::Reversal,
            amount,
            fee: 0,
            balance: wallet.balance_minor - amount,
            peer: &payer.number,
            peer_name: &payer.name,
            serial,
            original: &received.transaction_id,
            text: None,
        };
        let message = self.message(&state, &wallet, &news)?;
        let balance_minor = state.book(&wallet.number, -amount);
        state.book(&payer.number, amount);
        state.messages.push(message.clone());
        drop(state);
        self.deliver(std::slice::from_ref(&message));
        Ok(Happened {
            sms_ids: vec![message.sms_id],
            balance_minor,
        })
    }

    /// The SMS that a wallet's operator writes.
    pub(crate) fn message(
        &self,
        state: &State,
        wallet: &Wallet,
        news: &News<'_>,
    ) -> Result<Message, Refused> {
        let operator = wallet.operator;
        let text = operator.text(news.text.unwrap_or(&wallet.text));
        let transaction_id = operator.operation(news.serial, text);
        let now = self.clock.now();
        let facts = Facts {
            text,
            amount: news.amount,
            fee: news.fee,
            wallet: &wallet.number,
            peer: news.peer,
            peer_name: news.peer_name,
            balance: news.balance,
            at: now,
            operation: &transaction_id,
            original: news.original,
        };
        let body = operator
            .write(news.event, &facts)
            .ok_or(Refused::NoSuchText {
                operator: operator.title(),
            })?;
        Ok(self.sms(
            state,
            wallet,
            news,
            operator.sender(text),
            body,
            transaction_id,
        ))
    }

    /// The record of an SMS that arrives now.
    pub(crate) fn sms(
        &self,
        state: &State,
        wallet: &Wallet,
        news: &News<'_>,
        sender: &str,
        body: String,
        transaction_id: String,
    ) -> Message {
        let at_ms = self.clock.now_ms();
        let received_ms = match wallet.kind {
            Kind::Store => at_ms + state.device.clock_off_seconds * 1_000,
            Kind::Payer => at_ms,
        };
        let hash = Sha256::digest(format!("{sender}\n{}\n{body}\n{at_ms}", wallet.number));
        let arrives = matches!(news.event, Event::Received);
        Message {
            sms_id: new_id(&self.clock),
            wallet: wallet.number.clone(),
            wallet_kind: wallet.kind,
            operator: wallet.operator,
            sim: state.sim(&wallet.number),
            event: news.event,
            direction: if arrives {
                Direction::In
            } else {
                Direction::Out
            },
            forged: None,
            sender: sender.to_owned(),
            body,
            transaction_id,
            amount_minor: news.amount,
            fee_minor: news.fee,
            balance_minor: Some(news.balance),
            peer: news.peer.to_owned(),
            at_ms,
            received_ms,
            message_id: hex::encode(hash).chars().take(16).collect(),
            deliveries: Vec::new(),
        }
    }
}

pub(crate) fn known(state: &State, number: &str) -> Result<Wallet, Refused> {
    state
        .wallet(number)
        .cloned()
        .ok_or_else(|| Refused::UnknownWallet(number.chars().take(40).collect()))
}

/// More than zero, with two decimals at most: every currency here has two.
pub(crate) fn parse(amount: &str) -> Result<i64, Refused> {
    let money = Money::parse(amount.trim(), Currency::EGP);
    let money = money.map_err(|_| Refused::NotAnAmount(amount.chars().take(40).collect()))?;
    match money.is_positive() {
        true => Ok(money.minor),
        false => Err(Refused::NotPositive),
    }
}

fn covers(wallet: &Wallet, amount: i64, fee: i64) -> Result<(), Refused> {
    let needed = amount.saturating_add(fee);
    if wallet.balance_minor >= needed {
        return Ok(());
    }
    Err(Refused::InsufficientBalance {
        wallet: wallet.number.clone(),
        currency: wallet.operator.currency(),
        balance: plain(wallet.balance_minor),
        needed: plain(needed),
        fee: plain(fee),
    })
}

/// Whom an advertisement names.
const PROMOTED: &str = "01000000000";
