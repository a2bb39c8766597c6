//! From a stored message to a transfer.

use std::panic::AssertUnwindSafe;

use jiff::Timestamp;
use serde_json::json;
use wharf_core::Clock;
use wharf_store::{StoreError, Tx};

use super::fields::NOTIFICATION;
use crate::Payments;
use crate::booking::{self, Desk};
use crate::reversing::{self, Inquiry};
use crate::settings::Caution;
use crate::tables::messages::{self, Earlier, Finding, MessageRow};
use crate::tables::reviews::{self, NewReview};
use crate::tables::stores::{self, WalletRow};
use crate::tables::transfers::Transfer;
use crate::tables::{Db, audit, devices, transfers, unreadable};
use crate::wallets::{Explained, Kind, Reading, text};

impl Payments {
    /// Reads a message, books the transfer that it tells of, and matches it. The caller has the store's turn,
    /// commits, and then wakes the jobs.
    pub(super) async fn read_in(
        &self,
        tx: &mut Tx,
        message: &MessageRow,
        explained: Explained,
    ) -> Result<(), StoreError> {
        let (store, clock) = (&self.store, self.store.clock());
        let mut finding = Finding::default();
        let row = stores::by_id_in(tx, &message.store).await?;
        let row = row.ok_or_else(|| unreadable("a message's store"))?;
        match explained.reading {
            // Anybody's app can show a receipt under an operator's name.
            _ if message.sim.as_deref() == Some(NOTIFICATION) => {
                finding.state = "ignored";
                finding.reason =
                    Some("an app on the phone showed it; it did not come as a message");
            }
            None if explained.operator.is_none() => finding.state = "ignored",
            None => finding.state = "unknown",
            // Nothing that any wallet's money hangs on, and nothing for a person to look at.
            Some(reading) if reading.kind.is_noise() => {
                finding.state = "read";
                finding.template = Some(format!("{}/{}", reading.operator, reading.template));
                finding.kind = Some(reading.kind.as_str());
            }
            // From the bank of whoever carries the phone, say.
            Some(reading)
                if !stores::has_operator(tx, &message.store, &reading.operator).await? =>
            {
                finding.state = "ignored";
            }
            Some(mut reading) => {
                finding.template = Some(format!("{}/{}", reading.operator, reading.template));
                finding.balance = reading.balance;
                finding.operator_id = reading.operator_id.clone();
                finding.kind = Some(reading.kind.as_str());
                finding.amount = reading.amount;
                finding.fee = reading.fee;
                finding.phone = reading.phone.clone();
                finding.happened_at = reading.happened_at.map(Timestamp::as_millisecond);
                let mut found = self.wallet_of(tx, message, &reading).await?;
                if let Err(unclear) = &found
                    && reading.kind == Kind::Reversed
                    && let Some(about) =
                        reversing::wallet_of(tx, &row, message, &reading, &unclear.among).await?
                {
                    reading.balance = reading.balance.filter(|_| about.is_sure);
                    found = Ok(about.wallet);
                }
                match found {
                    Ok(wallet) => {
                        finding.wallet = Some(wallet.id.clone());
                        match repetition(tx, &row.caution, message, &reading, &wallet).await? {
                            Repetition::Of(earlier) => {
                                finding.state = "repeat";
                                tracing::info!(message = %message.id, %earlier, "the same message again");
                            }
                            other => {
                                finding.state = "read";
                                let desk = Desk {
                                    jobs: store.jobs(),
                                    clock,
                                    store: &row,
                                    wallet: &wallet,
                                    doubtful: matches!(other, Repetition::Doubtful),
                                    elsewhere: match other {
                                        Repetition::Elsewhere(known) => Some(*known),
                                        _ => None,
                                    },
                                };
                                finding.reason =
                                    booking::book(tx, &desk, message, &reading).await?;
                                if finding.reason.is_some() {
                                    finding.state = "review";
                                }
                            }
                        }
                    }
                    Err(unclear) if reading.kind == Kind::Reversed => {
                        finding.state = "read";
                        finding.reason = Some(unclear.why);
                        let inquiry = Inquiry {
                            jobs: store.jobs(),
                            clock,
                            store: &row,
                        };
                        inquiry.reversed(tx, None, message, &reading).await?;
                    }
                    // Whose wallet is asked about already, or was told.
                    Err(_) if is_known(tx, message, &reading).await? => finding.state = "repeat",
                    Err(unclear) => {
                        finding.state = "review";
                        finding.reason = Some(unclear.why);
                        ask_which_wallet(tx, clock, message, &reading, unclear.why).await?;
                    }
                }
            }
        }
        messages::mark(tx, &message.id, &finding).await?;
        metrics::counter!("wharf_payment_messages_total", "end" => finding.state).increment(1);
        tracing::info!(message = %message.id, device = %message.device, state = finding.state, template = finding.template, "message read");
        Ok(())
    }

    /// What the templates make of it. A mistake in them must not cost the message.
    pub(super) fn explain(&self, message: &MessageRow) -> Explained {
        let arrived_at = Timestamp::from_millisecond(message.stored_at)
            .unwrap_or_else(|_| self.store.clock().now());
        let reading = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.wallets()
                .read(&message.sender, &message.body, arrived_at)
        }));
        reading.unwrap_or_else(|_| {
            tracing::error!(message = %message.id, "reading a message broke off");
            Explained {
                operator: Some(String::new()),
                normalised: String::new(),
                tried: Vec::new(),
                reading: None,
            }
        })
    }

    /// The wallet that a message speaks of: the one whose number it names, else the only one of that operator on
    /// the SIM card that it came to, else the phone's only one, else the one that a person chose.
    async fn wallet_of(
        &self,
        db: &mut Db,
        message: &MessageRow,
        reading: &Reading,
    ) -> Result<Result<WalletRow, Unclear>, StoreError> {
        let wallets = stores::device_wallets(db, &message.device).await?;
        let sims = devices::sims(db, &message.device).await?;
        let found = choose(reading, message.sim.as_deref(), wallets, &sims);
        Ok(found.or_else(|unclear| {
            let chosen = |wallet: &&WalletRow| message.wallet.as_ref() == Some(&wallet.id);
            let one = unclear.among.iter().find(chosen).cloned();
            one.ok_or(unclear)
        }))
    }

    /// What a person must choose about a message's wallet; `None`: nothing any more.
    pub(crate) async fn wallet_in_question(
        &self,
        db: &mut Db,
        message: &str,
    ) -> Result<Option<Unclear>, StoreError> {
        let Some(message) = messages::by_id(db, message).await? else {
            return Ok(None);
        };
        match self.explain(&message).reading {
            Some(reading) => Ok(self.wallet_of(db, &message, &reading).await?.err()),
            None => Ok(None),
        }
    }
}

/// Why nobody but a person can tell which wallet a message is about.
#[derive(Clone, Debug)]
pub(crate) struct Unclear {
    pub why: &'static str,
    /// The ones that it can be; empty where it can be none of the phone's.
    pub among: Vec<WalletRow>,
}

/// Asks a person about money whose wallet is not clear. Once one was chosen, or the phone's set-up is mended, an approval
/// has the message read again.
async fn ask_which_wallet(
    db: &mut Db,
    clock: &Clock,
    message: &MessageRow,
    reading: &Reading,
    why: &'static str,
) -> Result<(), StoreError> {
    if reading.kind != Kind::Received {
        return Ok(());
    }
    let new = NewReview {
        store: &message.store,
        transfer: None,
        message: Some(&message.id),
        claim: None,
        kind: "wallet",
        reason: "wallet",
        evidence: json!({ "why": why, "sim": message.sim, "device": message.device }),
    };
    if reviews::open(db, clock, &new).await? {
        let subject = format!("message/{}", message.id);
        audit::note(db, clock, &message.store, &subject, "held", why).await?;
    }
    Ok(())
}

/// What a message has to do with those before it.
enum Repetition {
    New,
    /// It is that message, from another forwarder or exported once more.
    Of(String),
    /// Money without a number and with the very words of money before it: perhaps the same.
    Doubtful,
    /// Money with a number that came before, in other words: the same news, or other money under it.
    Retold,
    /// As much from the same payer under its number is another wallet's.
    Elsewhere(Box<Transfer>),
}

async fn repetition(
    db: &mut Db,
    caution: &Caution,
    message: &MessageRow,
    reading: &Reading,
    wallet: &WalletRow,
) -> Result<Repetition, StoreError> {
    // Whichever wallet it was taken for: a phone's set-up may have changed since.
    let before = messages::same_content(db, message).await?;
    let mut same = before.iter().filter(|earlier| earlier.wallet.is_some());
    // The same news of the same transfer: whatever was decided about it stands.
    if reading.kind == Kind::Reversed
        && reading.original_id.is_some()
        && let Some(earlier) = same.clone().next()
    {
        return Ok(Repetition::Of(earlier.id.clone()));
    }
    let Some(number) = &reading.operator_id else {
        // Late ones are as doubtful as quick ones: an export may tell another time than the first delivery did.
        let late = message.stored_at - message.sent_at > SAME_WORDS || message.untimed();
        // The same balance twice is hardly other money; but where balances are checked, they tell.
        let within = match reading.balance {
            Some(_) if !caution.balance_check => caution.stale_ms.max(SAME_WORDS),
            _ => SAME_WORDS,
        };
        let near =
            |earlier: &Earlier| message.sent_at.abs_diff(earlier.sent_at) <= within.unsigned_abs();
        let doubtful = reading.kind == Kind::Received && same.any(|earlier| late || near(earlier));
        return Ok(if doubtful {
            Repetition::Doubtful
        } else {
            Repetition::New
        });
    };
    if let Some(earlier) = same.find(|earlier| earlier.operator_id.as_ref() == Some(number)) {
        return Ok(Repetition::Of(earlier.id.clone()));
    }
    if reading.kind != Kind::Received {
        return Ok(Repetition::New);
    }
    let known = transfers::by_number(db, &message.store, &wallet.id, number).await?;
    let Some(known) = known else {
        let (phone, amount) = (reading.phone.as_ref(), reading.amount.unwrap_or_default());
        let here = (message.store.as_str(), wallet);
        let known = transfers::told_elsewhere(db, here, number, phone, amount).await?;
        return Ok(known.map_or(Repetition::New, |known| {
            Repetition::Elsewhere(Box::new(known))
        }));
    };
    // Messages of before contents were kept have none: theirs is made here.
    let first = messages::by_id(db, &known.message).await?;
    let content = |first: &MessageRow| {
        let (key, cleaned) = (text::sender_key(&first.sender), text::clean(&first.body));
        messages::content(&first.store, &key, &cleaned)
    };
    Ok(match first {
        Some(first) if content(&first) != message.content => Repetition::Retold,
        _ => Repetition::Of(known.message),
    })
}

/// Whether a message with a number says what another said that came before it, whatever became of that one.
async fn is_known(
    db: &mut Db,
    message: &MessageRow,
    reading: &Reading,
) -> Result<bool, StoreError> {
    if reading.operator_id.is_none() {
        return Ok(false);
    }
    let before = messages::same_content(db, message).await?;
    Ok(before
        .iter()
        .any(|one| one.id < message.id && one.operator_id == reading.operator_id))
}

fn choose(
    reading: &Reading,
    sim: Option<&str>,
    wallets: Vec<WalletRow>,
    sims: &[(String, String)],
) -> Result<WalletRow, Unclear> {
    let none_of = |why| {
        let among = Vec::new();
        Err(Unclear { why, among })
    };
    let own: Vec<WalletRow> = wallets
        .into_iter()
        .filter(|wallet| wallet.operator == reading.operator)
        .collect();
    let on_card: Option<Vec<&str>> = sim.filter(|_| !sims.is_empty()).map(|sim| {
        let here = sims.iter().filter(|(card, _)| card == sim);
        here.map(|(_, wallet)| wallet.as_str()).collect()
    });
    let on_this_card = |wallet: &WalletRow| {
        on_card
            .as_ref()
            .is_none_or(|here| here.contains(&wallet.id.as_str()))
    };
    match &reading.wallet {
        Some(number) => {
            let named = own.into_iter().find(|wallet| wallet.number == *number);
            match named {
                Some(wallet) if on_this_card(&wallet) => Ok(wallet),
                Some(_) => none_of(
                    "it names a wallet that does not belong to the SIM card that it came to",
                ),
                None => none_of("it names a wallet that this device does not serve"),
            }
        }
        None => {
            let here: Vec<WalletRow> = own
                .iter()
                .filter(|one| on_this_card(one))
                .cloned()
                .collect();
            match here.as_slice() {
                [wallet] => Ok(wallet.clone()),
                [] if own.is_empty() => none_of("this device has no wallet of that operator"),
                [] => Err(Unclear {
                    why: "no wallet of that operator belongs to the SIM card that it came to",
                    among: own,
                }),
                _ => Err(Unclear {
                    why: "it does not tell which of the device's wallets it is about",
                    among: here,
                }),
            }
        }
    }
}

/// Milliseconds within which the very same words are not taken for other money.
const SAME_WORDS: i64 = 10 * 60_000;
