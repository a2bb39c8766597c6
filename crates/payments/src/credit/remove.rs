//! The effect "take a credit away again", for a transfer that the operator took back and a person gave up.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::Money;
use wharf_store::{Effect, Ending, NewJob, Pace, Performed, Refusal, Settled};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::NewCredit;

use super::add::{refusal, subject};
use super::blind::may_not_look;
use super::token::Token;
use super::{CreditWorld, Credited, follow_up, pace, remove_job};
use crate::tables::credits::CreditRow;
use crate::tables::stores::StoreRow;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RemoveCredit {
    pub site: String,
    pub store: String,
    pub wallet: String,
    pub operator_id: String,
    pub client: i64,
    /// What was credited; positive.
    pub amount: Money,
    pub transfer: String,
    pub settle_after_seconds: i64,
}

impl RemoveCredit {
    /// Of what was credited; `None` where it is not known how much that was.
    pub(super) fn of(store: &StoreRow, credit: &CreditRow) -> Option<Self> {
        Some(Self {
            site: credit.site.clone(),
            store: credit.store.clone(),
            wallet: credit.wallet.clone(),
            operator_id: credit.operator_id.clone(),
            client: credit.client,
            amount: credit.money()?,
            transfer: credit.transfer.clone(),
            settle_after_seconds: store.settle_after_seconds,
        })
    }

    pub(super) fn description(&self) -> String {
        self.token().reversal()
    }

    fn token(&self) -> Token<'_> {
        Token {
            store: &self.store,
            wallet: &self.wallet,
            operator_id: &self.operator_id,
        }
    }

    /// The row that took it away, if there is one. Whatever its amount: twice is too often.
    pub(super) async fn look(&self, world: &CreditWorld) -> Result<Option<Credited>, ApiError> {
        let rows = world
            .till
            .credits(&self.site, self.client, self.amount.currency)
            .await?;
        let mut ours = rows
            .iter()
            .filter(|row| self.token().is_reversed_in(&row.description));
        let Some(row) = ours.next() else {
            return Ok(None);
        };
        let differs = (row.amount.minor.abs() != self.amount.minor).then(|| {
            format!(
                "WHMCS took {} away for this transfer; expected {}",
                row.amount, self.amount
            )
        });
        let twice = ours
            .next()
            .map(|_| "WHMCS took this transfer's credit away more than once".to_owned());
        Ok(Some(Credited {
            row: Some(row.id),
            balance: None,
            doubt: twice.or(differs),
            way: None,
        }))
    }
}

impl Effect for RemoveCredit {
    const KIND: &'static str = "payments.remove_credit";
    type World = CreditWorld;
    type Output = Credited;

    fn key(&self) -> String {
        format!(
            "payments.remove/{}/{}/in/{}",
            self.store, self.wallet, self.operator_id
        )
    }

    fn subject(&self) -> String {
        subject(&self.site, self.client)
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.site == earlier.site && self.client == earlier.client && self.amount == earlier.amount
    }

    async fn perform(&self, world: &CreditWorld, _attempt: i64) -> Performed<Credited> {
        let began_at = world.now_ms();
        match self.look(world).await {
            Ok(Some(done)) => return Performed::Done(done),
            Ok(None) => {}
            Err(error) if error.is_about_the_role() => {}
            Err(error @ ApiError::Unknown { .. }) => {
                return Performed::Refused(Refusal::temporary(error.in_words()));
            }
            Err(error) => return Performed::Refused(refusal(&error)),
        }
        if let Err(late) = world.in_time(began_at) {
            return Performed::Refused(late);
        }
        let credit = NewCredit {
            client: self.client,
            amount: self.amount,
            description: self.description(),
        };
        match world.till.remove_credit(&self.site, credit).await {
            Ok(removed) => Performed::Done(Credited {
                row: None,
                balance: removed.new_balance,
                doubt: None,
                way: None,
            }),
            Err(error @ ApiError::Unknown { .. }) => Performed::Unknown(error.in_words()),
            Err(error) => Performed::Refused(refusal(&error)),
        }
    }

    async fn settle(&self, world: &CreditWorld, _attempt: i64) -> Settled<Credited> {
        match self.look(world).await {
            Ok(Some(done)) => Settled::Happened(done),
            Ok(None) => Settled::DidNotHappen,
            Err(error) if error.is_about_the_role() => {
                Settled::AskAPerson(may_not_look("the answer was lost", "gone", &error))
            }
            Err(error) => Settled::CannotTell(error.in_words()),
        }
    }

    fn follow_up(&self, ending: &Ending<Credited>) -> Vec<NewJob> {
        follow_up(remove_job(&self.transfer), ending)
    }

    fn pace() -> Pace {
        pace(Duration::from_secs(50))
    }

    fn believe_after(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settle_after_seconds).unwrap_or(90))
    }
}
