//! What a cheat does: messages that no operator wrote, and deliveries that no phone made. No money moves.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use wharf_core::id::new_id;

use crate::apps::{Event as Posted, Wire};
use crate::events::{News, Refused, known, parse};
use crate::operators::Event;
use crate::state::{Delivery, DeliveryState, Message, State};
use crate::{Forward, Phone, Wallet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// A perfect text from an ordinary number.
    NumericSender,
    /// A sender that looks like the operator's.
    LookalikeSender,
    /// The operator's sender, everything right, but for the balance, which a cheat cannot know.
    GuessedBalance,
    /// The operator's sender, the balance even; the number of an operation that there was before.
    RepeatedId,
    /// A number from far ahead.
    FarId,
    /// A number from long ago.
    OldId,
    /// A receipt's words behind an advertisement's, with a guessed balance too.
    Joined,
    /// An advertisement that promises the sum.
    Prize,
    /// Posted straight to the store's address, unsigned.
    Unsigned,
    /// As that, signed with a wrong key.
    WrongKey,
    /// As that, with the right key, an hour old: overheard and sent again.
    Stale,
}

/// An order to cheat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    pub kind: Forgery,
    /// The store's wallet.
    pub to: String,
    /// The number that the money seems to come from.
    pub from: String,
    pub amount: String,
    /// The balance that the text tells; left out, it is guessed, or where the kind wants it right, right.
    #[serde(default)]
    pub balance: Option<String>,
    /// Another operation number.
    #[serde(default)]
    pub id: Option<String>,
}

impl Forgery {
    pub const ALL: [Self; 11] = [
        Self::NumericSender,
        Self::LookalikeSender,
        Self::GuessedBalance,
        Self::RepeatedId,
        Self::FarId,
        Self::OldId,
        Self::Joined,
        Self::Prize,
        Self::Unsigned,
        Self::WrongKey,
        Self::Stale,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::NumericSender => "numeric-sender",
            Self::LookalikeSender => "lookalike-sender",
            Self::GuessedBalance => "guessed-balance",
            Self::RepeatedId => "repeated-id",
            Self::FarId => "far-id",
            Self::OldId => "old-id",
            Self::Joined => "joined",
            Self::Prize => "prize",
            Self::Unsigned => "unsigned",
            Self::WrongKey => "wrong-key",
            Self::Stale => "stale",
        }
    }

    /// Whether it passes by the phone.
    pub fn is_posted(self) -> bool {
        matches!(self, Self::Unsigned | Self::WrongKey | Self::Stale)
    }
}

impl Phone {
    /// Writes the forged message onto the store's phone, or posts it past it; the message's id.
    pub(crate) async fn forge(&self, order: &Forge) -> Result<String, Refused> {
        let message = self.forged(order)?;
        if order.kind.is_posted() {
            self.post_past_the_phone(order.kind, &message).await;
        } else {
            self.deliver(std::slice::from_ref(&message));
        }
        Ok(message.sms_id)
    }

    fn forged(&self, order: &Forge) -> Result<Message, Refused> {
        let mut state = self.lock();
        let wallet = known(&state, order.to.trim())?;
        let amount = parse(&order.amount)?;
        let right = wallet.balance_minor.saturating_add(amount);
        let balance = match (&order.balance, order.kind) {
            (Some(text), _) => parse(text)?,
            (None, Forgery::GuessedBalance | Forgery::Joined) => right.saturating_add(GUESS_OFF),
            (None, _) => right,
        };
        let now = state.next_operation(self.clock.now_ms());
        let serial = match order.kind {
            Forgery::FarId => now.saturating_add(AHEAD),
            Forgery::OldId => now.saturating_sub(AHEAD),
            _ => now,
        };
        let event = match order.kind {
            Forgery::Prize => Event::Prize,
            _ => Event::Received,
        };
        let name = state
            .wallet(&order.from)
            .map_or("Somebody", |payer| &payer.name);
        let name = name.to_owned();
        let news = News {
            event,
            amount,
            fee: 0,
            balance,
            peer: &order.from,
            peer_name: &name,
            serial,
            original: "",
            text: None,
        };
        let mut message = self.message(&state, &wallet, &news)?;
        let id = match (&order.id, order.kind) {
            (Some(id), _) => Some(id.clone()),
            (None, Forgery::RepeatedId) => newest_id(&state, &wallet),
            (None, _) => None,
        };
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            message.body = message.body.replace(&message.transaction_id, &id);
            message.transaction_id = id;
        }
        match order.kind {
            Forgery::NumericSender => message.sender = international(&order.from),
            // A Cyrillic letter, or where the name has none to swap, one more mark.
            Forgery::LookalikeSender if message.sender.contains('a') => {
                message.sender = message.sender.replacen('a', "\u{430}", 1);
            }
            Forgery::LookalikeSender => message.sender.push('.'),
            Forgery::Joined => {
                let advert = News {
                    event: Event::Advert,
                    ..news
                };
                let advert = self.message(&state, &wallet, &advert)?;
                message.body = format!("{} {}", advert.body, message.body);
            }
            _ => {}
        }
        message.forged = Some(order.kind);
        message.balance_minor = Some(wallet.balance_minor);
        state.messages.push(message.clone());
        Ok(message)
    }

    async fn post_past_the_phone(&self, kind: Forgery, message: &Message) {
        let app = self.lock().device.app;
        let Some(forward) = self.forwards.iter().find(|forward| forward.app == app) else {
            return;
        };
        let key = match kind {
            Forgery::WrongKey => "a-key-that-the-cheat-made-up".to_owned(),
            _ => forward.key.clone(),
        };
        let forward = Forward {
            key,
            ..forward.clone()
        };
        let now = self.clock.now();
        let hour_ago = now
            .checked_sub(SignedDuration::from_hours(1))
            .unwrap_or(now);
        let event_id = new_id(&self.clock);
        let mut wire: Wire = app.wire(&Posted {
            forward: &forward,
            message,
            event_id: &event_id,
            now: if kind == Forgery::Stale {
                hour_ago
            } else {
                now
            },
            received: now,
        });
        if kind == Forgery::Unsigned {
            wire.headers
                .retain(|(name, _)| !["X-Signature", "Authorization"].contains(name));
            if let Some((unsigned, _)) = wire.body.split_once("&sign=") {
                wire.body = unsigned.to_owned();
            }
        }
        let (taken, _, last) = self.raw(&forward.url, wire, Duration::from_secs(10)).await;
        if let Some(kept) = self.lock().message(&message.sms_id) {
            kept.deliveries.push(Delivery {
                event_id,
                app,
                state: match taken {
                    true => DeliveryState::Delivered,
                    false => DeliveryState::Failed,
                },
                tries: 1,
                last,
                taken_at_ms: taken.then(|| self.clock.now_ms()),
            });
        }
    }
}

/// Of the newest true receipt.
fn newest_id(state: &State, wallet: &Wallet) -> Option<String> {
    let receipts = state.messages.iter().rev().filter(|message| {
        message.wallet == wallet.number
            && message.event == Event::Received
            && message.forged.is_none()
    });
    receipts
        .map(|message| message.transaction_id.clone())
        .next()
}

fn international(number: &str) -> String {
    format!("+2{number}")
}

const GUESS_OFF: i64 = 4_321;
/// Weeks of operations.
const AHEAD: i64 = 900_000_000;
