//! The operator: moves money between wallets and writes to both sides.

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use wharf_core::id::new_id;
use wharf_core::{Currency, Money};

use crate::sms::{self, Facts, SENDER, pounds};
use crate::state::{Direction, Message, State};
use crate::{Kind, Phone, Wallet};

/// What the sender of money gets to know.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The operation number: both SMS carry it.
    pub transaction_id: String,
    /// The receiver's SMS.
    pub sms_id: String,
    pub amount: String,
    pub fee: String,
}

/// Why no money moved.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    #[error("there is no wallet {0}")]
    UnknownWallet(String),
    #[error("a wallet cannot send to itself")]
    SameWallet,
    #[error(
        "\"{0}\" is not an amount: write pounds with at most two decimals, such as 503 or 503.50"
    )]
    NotAnAmount(String),
    #[error("the amount must be more than zero")]
    NotPositive,
    #[error(
        "the balance of {wallet} is {balance} EGP; {needed} EGP are needed (with a fee of {fee})"
    )]
    InsufficientBalance {
        wallet: String,
        balance: String,
        needed: String,
        fee: String,
    },
}

impl Refused {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownWallet(_) => "unknown_wallet",
            Self::SameWallet => "same_wallet",
            Self::NotAnAmount(_) => "invalid_amount",
            Self::NotPositive => "amount_not_positive",
            Self::InsufficientBalance { .. } => "insufficient_balance",
        }
    }
}

impl Phone {
    /// Moves `amount` (a text, in pounds); the payer also bears the fee. Messages that reach a phone with
    /// the forwarder app are then on their way.
    pub(crate) fn send(&self, from: &str, to: &str, amount: &str) -> Result<Sent, Refused> {
        let (sent, messages) = self.transfer(from.trim(), to.trim(), amount)?;
        for message in messages
            .iter()
            .filter(|message| message.wallet_kind == Kind::Store)
        {
            self.start_forwarding(message);
        }
        Ok(sent)
    }

    fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: &str,
    ) -> Result<(Sent, [Message; 2]), Refused> {
        let mut state = self.lock();
        let wallet = |number: &str| {
            state
                .wallet(number)
                .cloned()
                .ok_or_else(|| Refused::UnknownWallet(number.to_owned()))
        };
        let (payer, payee) = (wallet(from)?, wallet(to)?);
        if payer.number == payee.number {
            return Err(Refused::SameWallet);
        }
        let money = Money::parse(amount.trim(), Currency::EGP);
        let money = money.map_err(|_| Refused::NotAnAmount(amount.chars().take(40).collect()))?;
        if !money.is_positive() {
            return Err(Refused::NotPositive);
        }
        let amount = money.minor;
        let fee = fee_of(amount);
        let needed = amount.saturating_add(fee);
        if payer.balance_minor < needed {
            return Err(Refused::InsufficientBalance {
                wallet: payer.number,
                balance: pounds(payer.balance_minor),
                needed: pounds(needed),
                fee: pounds(fee),
            });
        }

        let operation = format!("{:012}", state.next_operation(self.clock.now_ms()));
        let payer_balance = state.book(&payer.number, -needed);
        let payee_balance = state.book(&payee.number, amount);
        let side = |own: &Wallet, peer: &Wallet, direction, balance| {
            let facts = Facts {
                amount,
                fee,
                wallet: &own.number,
                peer: &peer.number,
                peer_name: &peer.name,
                balance,
                at: self.clock.now(),
                operation: &operation,
            };
            self.message(own, direction, &facts)
        };
        let out = side(&payer, &payee, Direction::Out, payer_balance);
        let arrived = side(&payee, &payer, Direction::In, payee_balance);
        state.messages.extend([out.clone(), arrived.clone()]);
        let sent = Sent {
            sms_id: arrived.sms_id.clone(),
            amount: pounds(amount),
            fee: pounds(fee),
            transaction_id: operation,
        };
        Ok((sent, [out, arrived]))
    }

    fn message(&self, wallet: &Wallet, direction: Direction, facts: &Facts<'_>) -> Message {
        let body = match direction {
            Direction::In => sms::received(facts),
            Direction::Out => sms::sent(facts),
        };
        let at_ms = facts.at.as_millisecond();
        let hash = Sha256::digest(format!("{SENDER}\n{}\n{body}\n{at_ms}", wallet.number));
        let message_id = hex::encode(hash).chars().take(16).collect();
        Message {
            sms_id: new_id(&self.clock),
            wallet: wallet.number.clone(),
            wallet_kind: wallet.kind,
            direction,
            sender: SENDER,
            body,
            transaction_id: facts.operation.to_owned(),
            amount_minor: facts.amount,
            peer: facts.peer.to_owned(),
            at_ms,
            message_id,
            deliveries: Vec::new(),
        }
    }
}

impl State {
    /// Operation numbers rise with time, about one every 3 ms in the whole network: 023… in September 2026.
    /// They go on rising over restarts, and never repeat.
    fn next_operation(&mut self, now_ms: i64) -> i64 {
        let by_time = SEPTEMBER_2026_NUMBER + (now_ms - SEPTEMBER_2026_MS) / 3;
        self.last_operation = by_time
            .max(self.last_operation + 1)
            .clamp(FIRST_NUMBER, LAST_NUMBER);
        self.last_operation
    }
}

/// 0.5 % of the amount, but at least 1 and at most 15 pounds.
fn fee_of(amount: i64) -> i64 {
    (amount / 200).clamp(100, 1_500)
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
        let mut state = State::new(Vec::new());
        assert_eq!(state.next_operation(SEPTEMBER_2026_MS), 23_000_000_000);
        assert_eq!(state.next_operation(SEPTEMBER_2026_MS), 23_000_000_001);
        assert_eq!(
            state.next_operation(SEPTEMBER_2026_MS + 3_000),
            23_000_001_000
        );
        assert_eq!(State::new(Vec::new()).next_operation(0), 10_000_000_000);
    }

    #[test]
    fn fees_are_half_a_percent_within_bounds() {
        assert_eq!(
            [fee_of(1), fee_of(50_300), fee_of(10_000_000)],
            [100, 251, 1_500]
        );
    }
}
