//! The effect "apply credit to an invoice": at most what one transfer brought, at most what is due.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::Money;
use wharf_store::{Effect, Ending, NewJob, Pace, Performed, Refusal, Settled};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{CreditRow, Invoice};

use super::{CreditWorld, FOR_GOOD, follow_up, pace};
use crate::matching::credit_job;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApplyCredit {
    pub site: String,
    pub client: i64,
    pub invoice: i64,
    /// What the transfer brought.
    pub credit: Money,
    pub credit_key: String,
    pub transfer: String,
    pub settle_after_seconds: i64,
    /// The credit was there before this journal knew of it: the first attempt looks whether it was spent.
    #[serde(default)]
    pub look_first: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub applied: Money,
    pub paid: bool,
}

impl ApplyCredit {
    fn nothing(&self, invoice: &Invoice) -> Applied {
        Applied {
            applied: Money::new(0, self.credit.currency),
            paid: invoice.is_paid(),
        }
    }

    pub(super) fn key_of(credit: &str, invoice: i64) -> String {
        format!("{credit}/invoice/{invoice}")
    }

    fn refusal(error: &ApiError) -> Refusal {
        match error {
            // No such invoice, say: trying again is of no use, and the money is on the account.
            ApiError::Refused { .. } if !error.is_about_access() => {
                Refusal::lasting(format!("{FOR_GOOD}{}", error.in_words()))
            }
            ApiError::Refused { .. } => Refusal::lasting(error.in_words()),
            _ => Refusal::temporary(error.in_words()),
        }
    }
}

impl Effect for ApplyCredit {
    const KIND: &'static str = "payments.apply_credit";
    type World = CreditWorld;
    type Output = Applied;

    fn key(&self) -> String {
        Self::key_of(&self.credit_key, self.invoice)
    }

    /// The invoice, not the client: WHMCS activates what was paid inside this call, and another payment of
    /// the same client need not wait for that.
    fn subject(&self) -> String {
        format!("invoice/{}/{}", self.site, self.invoice)
    }

    async fn perform(&self, world: &CreditWorld, _attempt: i64) -> Performed<Applied> {
        let began_at = world.now_ms();
        let invoice = match world
            .till
            .invoice(&self.site, self.invoice, self.credit.currency)
            .await
        {
            Ok(invoice) => invoice,
            // Nothing was sent that changes anything.
            Err(error) => return Performed::Refused(Self::refusal(&error)),
        };
        if invoice.client != self.client {
            let why = format!("{FOR_GOOD}the invoice belongs to another client");
            return Performed::Refused(Refusal::lasting(why));
        }
        let amount = Money::new(
            self.credit.minor.min(invoice.balance.minor),
            self.credit.currency,
        );
        if !invoice.is_unpaid() || !amount.is_positive() {
            return Performed::Done(self.nothing(&invoice));
        }
        if self.look_first {
            match self.spent(world, &invoice).await {
                Ok(Some(applied)) => return Performed::Done(applied),
                Ok(None) => {}
                Err(error) => return Performed::Refused(Self::refusal(&error)),
            }
        }
        // That may have been told since, and another attempt may be due.
        if let Err(refusal) = world.still_there(&self.transfer).await {
            return Performed::Refused(refusal);
        }
        if let Err(refusal) = world.still_kept(&self.transfer).await {
            return Performed::Refused(refusal);
        }
        if let Err(late) = world.in_time(began_at) {
            return Performed::Refused(late);
        }
        match world
            .till
            .apply_credit(&self.site, self.invoice, amount)
            .await
        {
            Ok(done) => Performed::Done(Applied {
                applied: done.amount.unwrap_or(amount),
                paid: done.invoice_paid,
            }),
            // Paid or cancelled since we looked.
            Err(ApiError::Refused { message, .. }) if message.contains(NOT_UNPAID) => {
                match world
                    .till
                    .invoice(&self.site, self.invoice, self.credit.currency)
                    .await
                {
                    Ok(invoice) => Performed::Done(self.nothing(&invoice)),
                    Err(_) => Performed::Done(Applied {
                        applied: Money::new(0, amount.currency),
                        paid: false,
                    }),
                }
            }
            Err(ApiError::Unknown { action, why }) => {
                Performed::Unknown(ApiError::Unknown { action, why }.in_words())
            }
            Err(error) => Performed::Refused(Self::refusal(&error)),
        }
    }

    /// Spent credit is a negative row that names the invoice.
    async fn settle(&self, world: &CreditWorld, _attempt: i64) -> Settled<Applied> {
        let invoice = match world
            .till
            .invoice(&self.site, self.invoice, self.credit.currency)
            .await
        {
            Ok(invoice) => invoice,
            Err(error) => return Settled::CannotTell(error.in_words()),
        };
        match self.spent(world, &invoice).await {
            Ok(Some(applied)) => Settled::Happened(applied),
            Ok(None) if !invoice.is_unpaid() => Settled::Happened(self.nothing(&invoice)),
            Ok(None) => Settled::DidNotHappen,
            Err(error) => Settled::CannotTell(error.in_words()),
        }
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.client == earlier.client && self.credit == earlier.credit
    }

    fn follow_up(&self, ending: &Ending<Applied>) -> Vec<NewJob> {
        follow_up(credit_job(&self.transfer), ending)
    }

    fn pace() -> Pace {
        pace(Duration::from_secs(130))
    }

    fn believe_after(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settle_after_seconds).unwrap_or(90))
    }
}

impl ApplyCredit {
    /// What of this credit was spent on this invoice.
    async fn spent(
        &self,
        world: &CreditWorld,
        invoice: &Invoice,
    ) -> Result<Option<Applied>, ApiError> {
        let rows = world
            .till
            .credits(&self.site, self.client, self.credit.currency)
            .await?;
        // An earlier payment of this invoice may have rows too; ours is later than our credit.
        let since_our_credit = rows
            .iter()
            .filter(|row| row.amount.minor > 0 && self.is_ours(row))
            .map(|row| row.id)
            .max();
        let row = rows
            .iter()
            .filter(|row| row.related == Some(self.invoice) && row.amount.minor < 0)
            .filter(|row| since_our_credit.is_none_or(|credit| row.id > credit))
            .filter(|row| -row.amount.minor <= self.credit.minor)
            .max_by_key(|row| row.id);
        Ok(row.map(|row| Applied {
            applied: Money::new(-row.amount.minor, self.credit.currency),
            paid: invoice.is_paid(),
        }))
    }

    /// The row of the AddCredit that this application spends.
    fn is_ours(&self, row: &CreditRow) -> bool {
        let number = self.credit_key.rsplit('/').next().unwrap_or_default();
        let (_, rest) = match row.description.split_once(&format!("trans_id: {number}")) {
            Some(parts) => parts,
            None => return false,
        };
        !rest.chars().next().is_some_and(char::is_alphanumeric)
    }
}

const NOT_UNPAID: &str = "Invoice Not in Unpaid Status";
