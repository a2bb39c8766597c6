//! The effect "credit a client". WHMCS's AddCredit has no idempotency key, so its description carries a
//! token that GetCredits finds again.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wharf_core::Money;
use wharf_store::{Effect, Ending, NewJob, Pace, Performed, Refusal, Settled};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{CreditRow, NewCredit};

use super::{CreditWorld, calm, pace};
use crate::matching::credit_job;
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
}

/// The credit as WHMCS has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credited {
    /// The row in WHMCS, where a search found it.
    pub row: Option<i64>,
    pub balance: Option<Money>,
}

/// What WHMCS has under a transaction number.
enum Looked {
    There(Credited),
    /// Something else than what is to be credited.
    Differs(String),
    Nothing,
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
        })
    }

    pub(super) fn key_of(transfer: &Transfer) -> String {
        key(&transfer.store, &transfer.wallet, &transfer.operator_id)
    }

    /// The beginning is what other tools look for; the bracket keeps stores and wallets of one WHMCS apart.
    fn description(&self) -> String {
        format!("{} {}", self.token(), self.origin())
    }

    fn token(&self) -> String {
        format!("{TOKEN}{}", self.operator_id)
    }

    fn origin(&self) -> String {
        format!("[b:{}/{}]", self.store, self.wallet)
    }

    /// Whether a row is the one of this credit, whatever its amount.
    fn is_named_by(&self, row: &CreditRow) -> bool {
        let Some(at) = row.description.find(&self.token()) else {
            return false;
        };
        let rest = row
            .description
            .get(at + self.token().len()..)
            .unwrap_or_default();
        let ends = !rest.chars().next().is_some_and(char::is_alphanumeric);
        // Without a bracket it was written by another tool for the same number: that is our money too.
        ends && (!rest.contains("[b:") || rest.contains(&self.origin()))
    }

    /// What WHMCS has under this number, and all of the client's rows.
    async fn look(&self, world: &CreditWorld) -> Result<(Looked, Vec<CreditRow>), ApiError> {
        let rows = world
            .till
            .credits(&self.site, self.client, self.amount.currency)
            .await?;
        let named: Vec<&CreditRow> = rows.iter().filter(|row| self.is_named_by(row)).collect();
        let same = named.iter().find(|row| row.amount == self.amount);
        let looked = match (same, named.first()) {
            (Some(row), _) => Looked::There(Credited {
                row: Some(row.id),
                balance: None,
            }),
            (None, Some(row)) => Looked::Differs(format!(
                "WHMCS has a credit with this transaction number, but of {}; expected {}",
                row.amount, self.amount
            )),
            (None, None) => Looked::Nothing,
        };
        Ok((looked, rows))
    }

    /// Whether somebody may have booked the same money by hand.
    fn may_be_by_hand(&self, row: &CreditRow) -> bool {
        let Ok(asked) = Timestamp::from_millisecond(self.asked_at) else {
            return false;
        };
        let near = row.date.is_none_or(|day| {
            let noon = day
                .at(12, 0, 0, 0)
                .to_zoned(TimeZone::UTC)
                .map(|noon| noon.timestamp());
            noon.is_ok_and(|noon| {
                noon.duration_since(asked).abs() <= SignedDuration::from_hours(36)
            })
        });
        row.amount == self.amount && near && !row.description.contains(TOKEN_MARK)
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
        format!("client/{}/{}", self.site, self.client)
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.site == earlier.site && self.client == earlier.client && self.amount == earlier.amount
    }

    /// Looks before it credits, the first time too: WHMCS may have this money from before our database was
    /// restored, or by hand.
    async fn perform(&self, world: &CreditWorld, _attempt: i64) -> Performed<Credited> {
        match self.look(world).await {
            Ok((Looked::There(credited), _)) => return Performed::Done(credited),
            Ok((Looked::Differs(why), _)) => return Performed::Unknown(why),
            Ok((Looked::Nothing, _)) => {}
            // Nothing was sent that changes anything.
            Err(error @ ApiError::Refused { .. }) => {
                return Performed::Refused(Refusal::lasting(error.in_words()));
            }
            Err(error) => return Performed::Refused(Refusal::temporary(error.in_words())),
        }
        let credit = NewCredit {
            client: self.client,
            amount: self.amount,
            description: self.description(),
        };
        match world.till.add_credit(&self.site, credit).await {
            Ok(added) => Performed::Done(Credited {
                row: None,
                balance: added.new_balance,
            }),
            Err(error) => match &error {
                ApiError::Refused { .. } => Performed::Refused(Refusal::lasting(error.in_words())),
                ApiError::NotSent { .. } => {
                    Performed::Refused(Refusal::temporary(error.in_words()))
                }
                ApiError::Unknown { .. } => Performed::Unknown(error.in_words()),
            },
        }
    }

    async fn settle(&self, world: &CreditWorld, _attempt: i64) -> Settled<Credited> {
        match self.look(world).await {
            Ok((Looked::There(credited), _)) => Settled::Happened(credited),
            Ok((Looked::Differs(why), _)) => Settled::AskAPerson(why),
            Ok((Looked::Nothing, rows)) if rows.iter().any(|row| self.may_be_by_hand(row)) => {
                Settled::AskAPerson(format!(
                    "WHMCS has a credit of {} of that day without our transaction number: somebody may have booked this money by hand",
                    self.amount
                ))
            }
            Ok((Looked::Nothing, _)) => Settled::DidNotHappen,
            Err(error) => Settled::CannotTell(error.in_words()),
        }
    }

    /// In any case: whoever waited may be gone. The job is the same, so it is queued once.
    fn follow_up(&self, ending: &Ending<Credited>) -> Vec<NewJob> {
        vec![credit_job(&self.transfer).after(calm(&ending.outcome))]
    }

    /// The look and the credit, each given up by the client before.
    fn pace() -> Pace {
        pace(Duration::from_secs(50))
    }

    fn believe_after(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settle_after_seconds).unwrap_or(90))
    }
}

fn key(store: &str, wallet: &str, operator_id: &str) -> String {
    format!("payments.credit/{store}/{wallet}/in/{operator_id}")
}

const TOKEN: &str = "VodafoneCash payment - trans_id: ";
const TOKEN_MARK: &str = "trans_id:";

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;

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
            asked_at: "2026-09-03T11:26:00Z"
                .parse::<Timestamp>()
                .unwrap()
                .as_millisecond(),
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
    fn the_documented_text_comes_first() {
        assert_eq!(
            effect().description(),
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf1]"
        );
    }

    #[test]
    fn only_the_same_number_of_the_same_wallet_is_the_same_credit() {
        let named = |text: &str| effect().is_named_by(&row(text, 1_000, "2026-09-03"));
        assert!(named(
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf1]"
        ));
        assert!(named("VodafoneCash payment - trans_id: 023123"));
        assert!(!named(
            "VodafoneCash payment - trans_id: 0231234 [b:nile/vf1]"
        ));
        assert!(!named(
            "VodafoneCash payment - trans_id: 023123 [b:nile/vf10]"
        ));
        assert!(!named(
            "VodafoneCash payment - trans_id: 023123 [b:other/vf1]"
        ));
        assert!(!named("Add Funds"));
    }

    #[test]
    fn equal_money_of_the_day_without_a_number_may_be_ours() {
        let by_hand = |text: &str, minor, date| effect().may_be_by_hand(&row(text, minor, date));
        assert!(by_hand("wallet transfer", 1_000, "2026-09-03"));
        assert!(!by_hand("wallet transfer", 999, "2026-09-03"));
        assert!(!by_hand("wallet transfer", 1_000, "2026-08-30"));
        assert!(!by_hand(
            "VodafoneCash payment - trans_id: 9",
            1_000,
            "2026-09-03"
        ));
    }
}
