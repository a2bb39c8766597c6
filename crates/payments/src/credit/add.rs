//! The effect "credit a client". WHMCS's AddCredit has no idempotency key, so its description carries a
//! token that GetCredits finds again; where a store books transactions, WHMCS takes their number only once.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use wharf_core::Money;
use wharf_store::{Effect, Ending, NewJob, Pace, Performed, Refusal, Settled};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{CreditRow, NewCredit, NewTransaction};

use super::blind::may_not_look;
use super::token::{Token, is_explained, is_since};
use super::{CreditWorld, FOR_GOOD, follow_up, pace};
use crate::matching::credit_job;
use crate::settings::Booking;
use crate::tables::claims::Claim;
use crate::tables::stores::StoreRow;
use crate::tables::transfers::Transfer;

/// One transfer's credit. What and for whom was frozen when the transfer was matched.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddCredit {
    pub site: String,
    pub store: String,
    pub wallet: String,
    pub operator_id: String,
    pub client: i64,
    pub amount: Money,
    pub transfer: String,
    pub settle_after_seconds: i64,
    /// Epoch milliseconds; for the search by day.
    pub asked_at: i64,
    /// When the money came; epoch milliseconds.
    #[serde(default)]
    pub came_at: i64,
    #[serde(default)]
    pub way: Way,
    /// A person has looked into WHMCS and found that this money is not there: what only looks like it counts
    /// no more.
    #[serde(default)]
    pub judged: bool,
}

/// How the money is booked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    #[default]
    AddCredit,
    AddTransaction {
        /// A gateway module of the installation.
        gateway: String,
    },
}

impl Way {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::AddCredit => "add_credit",
            Self::AddTransaction { .. } => "add_transaction",
        }
    }
}

/// The credit as WHMCS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credited {
    /// The row in WHMCS, where a search found it.
    pub row: Option<i64>,
    pub balance: Option<Money>,
    /// Booked, but something about it does not add up.
    #[serde(default)]
    pub doubt: Option<String>,
    /// How it was booked, where that is known: the store's set-up may have changed since it was asked for.
    #[serde(default)]
    pub way: Option<Way>,
    /// A person has found it, perhaps as it was booked by hand.
    #[serde(default)]
    pub told: bool,
}

/// What WHMCS has under a transaction number.
pub(super) enum Looked {
    There(Credited),
    /// Something that only a person can judge.
    Odd(String),
    Nothing,
}

/// What looking showed, and what the client's credit log adds up to; `None` where the role may not look.
pub(super) struct Look {
    found: Looked,
    sum: Option<i64>,
}

impl AddCredit {
    pub(super) fn of(store: &StoreRow, claim: &Claim, transfer: &Transfer) -> Option<Self> {
        Some(Self {
            site: claim.site.clone(),
            store: transfer.store.clone(),
            wallet: transfer.wallet.clone(),
            operator_id: transfer.operator_id.clone(),
            client: transfer.client?,
            amount: Money::new(transfer.credit?, transfer.currency?),
            transfer: transfer.id.clone(),
            settle_after_seconds: store.settle_after_seconds,
            asked_at: transfer.received_at.max(claim.created_at),
            came_at: transfer.received_at.min(transfer.happened_at),
            way: match store.caution.booking {
                Booking::AddCredit => Way::AddCredit,
                Booking::AddTransaction => Way::AddTransaction {
                    gateway: store.caution.booking_gateway.clone(),
                },
            },
            judged: false,
        })
    }

    pub(super) fn key_of(transfer: &Transfer) -> String {
        key(&transfer.store, &transfer.wallet, &transfer.operator_id)
    }

    pub(super) fn token(&self) -> Token<'_> {
        Token {
            store: &self.store,
            wallet: &self.wallet,
            operator_id: &self.operator_id,
        }
    }

    /// Looks wherever this money could have been booked, in the other way too: the set-up may have changed
    /// since. An error is one of the connection, or the role's for the way that counts.
    pub(super) async fn look(&self, world: &CreditWorld) -> Result<Look, ApiError> {
        let currency = self.amount.currency;
        if let Way::AddTransaction { .. } = self.way {
            let number = self.token().number();
            let rows = world
                .till
                .transactions(&self.site, &number, currency)
                .await?;
            if let Some(row) = rows.iter().find(|row| row.number.trim() == number) {
                let same = row.client == self.client && row.amount_in == self.amount;
                let found = if same {
                    self.there(Some(row.id), rows.len(), self.way.clone())
                } else {
                    Looked::Odd(format!(
                        "WHMCS has transaction {number} already, of {} for client {}; expected {} for client {}",
                        row.amount_in, row.client, self.amount, self.client
                    ))
                };
                return Ok(Look { found, sum: None });
            }
        }
        let rows = match world.till.credits(&self.site, self.client, currency).await {
            Ok(rows) => rows,
            // The transactions have told enough.
            Err(error) if error.is_about_the_role() && self.way != Way::AddCredit => {
                return Ok(Look {
                    found: Looked::Nothing,
                    sum: None,
                });
            }
            Err(error) => return Err(error),
        };
        Ok(Look {
            found: self.among(&rows),
            sum: rows
                .iter()
                .try_fold(0_i64, |sum, row| sum.checked_add(row.amount.minor)),
        })
    }

    fn among(&self, rows: &[CreditRow]) -> Looked {
        let named: Vec<&CreditRow> = rows
            .iter()
            .filter(|row| self.token().is_in(&row.description))
            .collect();
        if let Some(same) = named.iter().find(|row| row.amount == self.amount) {
            return self.there(Some(same.id), named.len(), Way::AddCredit);
        }
        if self.judged {
            return Looked::Nothing;
        }
        if let Some(row) = named.first() {
            return Looked::Odd(format!(
                "WHMCS has a credit with this transaction number, but of {}; expected {}",
                row.amount, self.amount
            ));
        }
        match rows.iter().find(|row| self.may_be_by_hand(row)) {
            Some(row) => Looked::Odd(format!(
                "WHMCS has a credit of {} since then without our transaction number (\"{}\"): somebody may have \
                 booked this money by hand",
                self.amount,
                row.description.chars().take(80).collect::<String>()
            )),
            None => Looked::Nothing,
        }
    }

    fn there(&self, row: Option<i64>, rows: usize, way: Way) -> Looked {
        let doubt = (rows > 1).then(|| {
            format!(
                "WHMCS has {rows} bookings with this transaction number; one of them is too many"
            )
        });
        Looked::There(Credited {
            row,
            balance: None,
            doubt,
            way: Some(way),
            told: false,
        })
    }

    /// Whether somebody may have booked the same money by hand: as much, since it was asked for, and neither paid in
    /// by an invoice or gateway nor ours.
    fn may_be_by_hand(&self, row: &CreditRow) -> bool {
        row.amount == self.amount && is_since(row, self.asked_at) && !is_explained(row)
    }

    async fn send(
        &self,
        world: &CreditWorld,
        before: Option<i64>,
        began_at: i64,
    ) -> Performed<Credited> {
        // That may have been told since, and another attempt may be due.
        if let Err(refusal) = world.still_there(&self.transfer).await {
            return Performed::Refused(refusal);
        }
        if let Err(refusal) = world.still_due(self).await {
            return Performed::Refused(refusal);
        }
        let sent = match &self.way {
            Way::AddCredit => {
                if let Err(late) = world.in_time(began_at) {
                    return Performed::Refused(late);
                }
                let credit = NewCredit {
                    client: self.client,
                    amount: self.amount,
                    description: self.token().payment(),
                };
                let added = world.till.add_credit(&self.site, credit).await;
                added.map(|added| added.new_balance)
            }
            Way::AddTransaction { gateway } => {
                let format = match world.date_format(&self.site).await {
                    Ok(format) => format,
                    Err(error) => return Performed::Refused(refusal(&error)),
                };
                if let Err(late) = world.in_time(began_at) {
                    return Performed::Refused(late);
                }
                let transaction = NewTransaction {
                    client: self.client,
                    amount: self.amount,
                    gateway: gateway.clone(),
                    number: self.token().number(),
                    description: self.token().payment(),
                    day: day_of(self.asked_at),
                };
                let sent = world
                    .till
                    .add_transaction(&self.site, transaction, format)
                    .await;
                sent.map(|()| None)
            }
        };
        match sent {
            Ok(balance) => self.checked(world, before, balance).await,
            // Somebody has booked under this number since we looked: ours, for all we know.
            Err(ApiError::Refused { message, .. }) if message.contains(NOT_UNIQUE) => {
                Performed::Unknown(message)
            }
            Err(error @ ApiError::Unknown { .. }) => Performed::Unknown(error.in_words()),
            Err(error) => Performed::Refused(refusal(&error)),
        }
    }

    /// A yes whose balance does not add up is looked into: the client may have spent credit meanwhile, or the
    /// yes was none.
    async fn checked(
        &self,
        world: &CreditWorld,
        before: Option<i64>,
        balance: Option<Money>,
    ) -> Performed<Credited> {
        let expected = before.and_then(|before| before.checked_add(self.amount.minor));
        let fits = match (expected, balance) {
            (Some(expected), Some(balance)) => expected == balance.minor,
            _ => true,
        };
        let done = Credited {
            row: None,
            balance,
            doubt: None,
            way: Some(self.way.clone()),
            told: false,
        };
        if fits {
            return Performed::Done(done);
        }
        match self.look(world).await.map(|look| look.found) {
            Ok(Looked::There(found)) => Performed::Done(Credited { balance, ..found }),
            Ok(Looked::Nothing) => Performed::Unknown(
                "WHMCS said yes, but the client's credit log does not have it".to_owned(),
            ),
            Ok(Looked::Odd(why)) => Performed::Unknown(why),
            Err(_) => Performed::Done(done),
        }
    }
}

impl Effect for AddCredit {
    const KIND: &'static str = "payments.add_credit";
    type World = CreditWorld;
    type Output = Credited;

    fn key(&self) -> String {
        key(&self.store, &self.wallet, &self.operator_id)
    }

    fn subject(&self) -> String {
        subject(&self.site, self.client)
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.site == earlier.site && self.client == earlier.client && self.amount == earlier.amount
    }

    /// Looks before it credits, the first time too: WHMCS may have this money from before our database was
    /// restored, or by hand. A role that may not look does not stop a credit of money that came since this daemon
    /// started: what this journal has sent was settled before it comes here again, by a person where nobody else
    /// could. Older money a daemon on the restored database may have credited already, unknown to this one.
    async fn perform(&self, world: &CreditWorld, _attempt: i64) -> Performed<Credited> {
        let began_at = world.now_ms();
        let before = match self.look(world).await {
            Ok(Look {
                found: Looked::There(credited),
                ..
            }) => return Performed::Done(credited),
            Ok(Look {
                found: Looked::Odd(why),
                ..
            }) => return Performed::Unknown(why),
            Ok(Look { sum, .. }) => sum,
            Err(error) if error.is_about_the_role() => {
                let before_us = self.came_at + A_MINUTE < world.opened_at;
                if before_us && !self.judged && self.way == Way::AddCredit {
                    return Performed::Unknown(BEFORE_US.to_owned());
                }
                None
            }
            // Nothing was sent that changes anything.
            Err(error @ ApiError::Unknown { .. }) => {
                return Performed::Refused(Refusal::temporary(error.in_words()));
            }
            Err(error) => return Performed::Refused(refusal(&error)),
        };
        self.send(world, before, began_at).await
    }

    async fn settle(&self, world: &CreditWorld, _attempt: i64) -> Settled<Credited> {
        match self.look(world).await {
            Ok(look) => match look.found {
                Looked::There(credited) => Settled::Happened(credited),
                Looked::Odd(why) => Settled::AskAPerson(why),
                Looked::Nothing => Settled::DidNotHappen,
            },
            Err(error) if error.is_about_the_role() => Settled::AskAPerson(may_not_look(
                "the answer was lost, or the money came before Wharf was started last",
                "there",
                &error,
            )),
            // It does not mend itself: the client is gone, say.
            Err(error @ ApiError::Refused { .. }) if !error.is_about_access() => {
                Settled::AskAPerson(error.in_words())
            }
            Err(error) => Settled::CannotTell(error.in_words()),
        }
    }

    fn follow_up(&self, ending: &Ending<Credited>) -> Vec<NewJob> {
        follow_up(credit_job(&self.transfer), ending)
    }

    /// The looks and the credit, each given up by the client before.
    fn pace() -> Pace {
        pace(Duration::from_secs(85))
    }

    fn believe_after(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settle_after_seconds).unwrap_or(90))
    }
}

/// Nothing was booked. What is refused for another reason than who asks does not mend itself.
pub(super) fn refusal(error: &ApiError) -> Refusal {
    match error {
        ApiError::Refused { .. } if !error.is_about_access() => {
            Refusal::lasting(format!("{FOR_GOOD}{}", error.in_words()))
        }
        ApiError::Refused { .. } => Refusal::lasting(error.in_words()),
        _ => Refusal::temporary(error.in_words()),
    }
}

/// One in flight per client, so that a look is unambiguous.
pub(super) fn subject(site: &str, client: i64) -> String {
    format!("client/{site}/{client}")
}

fn day_of(ms: i64) -> Date {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).date()
}

fn key(store: &str, wallet: &str, operator_id: &str) -> String {
    format!("payments.credit/{store}/{wallet}/in/{operator_id}")
}

/// Operators tell times in minutes.
const A_MINUTE: i64 = 60_000;
const BEFORE_US: &str = "the money came before Wharf was started last, and Wharf may not look whether it was credited then";
const NOT_UNIQUE: &str = "Transaction ID must be Unique";

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;
    use crate::sayings::said;
    use crate::texts::Language;

    fn effect() -> AddCredit {
        AddCredit {
            site: "main".into(),
            store: "nile".into(),
            wallet: "vf1".into(),
            operator_id: "023123".into(),
            client: 7,
            amount: Money::new(1_000, Currency::USD),
            transfer: "t".into(),
            settle_after_seconds: 2,
            came_at: 0,
            asked_at: "2026-09-03T11:26:00Z"
                .parse::<Timestamp>()
                .unwrap()
                .as_millisecond(),
            way: Way::AddCredit,
            judged: false,
        }
    }

    fn row(description: &str, minor: i64, date: &str) -> CreditRow {
        CreditRow {
            id: 1,
            date: date.parse().ok(),
            description: description.into(),
            amount: Money::new(minor, Currency::USD),
            related: None,
        }
    }

    #[test]
    fn equal_money_since_then_without_a_number_may_be_ours() {
        let by_hand = |text: &str, minor, date| effect().may_be_by_hand(&row(text, minor, date));
        assert!(by_hand("wallet transfer", 1_000, "2026-09-03"));
        assert!(by_hand("", 1_000, "2026-09-04"));
        assert!(by_hand("", 1_000, "2026-09-20"), "it may have waited");
        assert!(!by_hand("wallet transfer", 999, "2026-09-03"));
        assert!(!by_hand("wallet transfer", 1_000, "2026-08-30"));
        for explained in [
            "VodafoneCash payment - trans_id: 9",
            "PayPal Trans ID 8XY",
            "Add Funds Invoice #12",
        ] {
            assert!(!by_hand(explained, 1_000, "2026-09-03"), "{explained}");
        }
    }

    #[test]
    fn what_is_found_is_there_odd_or_nothing() {
        let ours = effect().token().payment();
        let found = |effect: &AddCredit, rows: &[CreditRow]| match effect.among(rows) {
            Looked::There(credited) => format!("there {}", credited.doubt.unwrap_or_default()),
            Looked::Odd(why) => why,
            Looked::Nothing => "nothing".into(),
        };
        let one = row(&ours, 1_000, "2026-09-03");
        assert_eq!(found(&effect(), std::slice::from_ref(&one)), "there ");
        assert!(found(&effect(), &[one.clone(), one]).contains("one of them is too many"));
        let odd = [row(&ours, 900, "2026-09-03")];
        assert!(found(&effect(), &odd).contains("expected 10.00 USD"));
        let by_hand = [row("wallet", 1_000, "2026-09-03")];
        assert!(found(&effect(), &by_hand).contains("by hand"));
        for why in [found(&effect(), &odd), found(&effect(), &by_hand)] {
            assert_ne!(said(Language::Arabic, &why), why);
        }
        let judged = AddCredit {
            judged: true,
            ..effect()
        };
        assert_eq!(found(&judged, &odd), "nothing");
        assert_eq!(found(&judged, &by_hand), "nothing");
    }

    #[test]
    fn an_effect_of_an_earlier_version_can_be_read() {
        let text = r#"{"site":"main","store":"nile","wallet":"vf1","operator_id":"023123","client":7,
            "amount":{"minor":1000,"currency":"USD"},"transfer":"t","settle_after_seconds":2,"asked_at":5}"#;
        let old = serde_json::from_str::<AddCredit>(text);
        assert_eq!(old.map(|old| old.way).ok(), Some(Way::AddCredit));
    }
}
