//! Taking a credit away again, once a person has said so.

use serde_json::Value;
use wharf_core::{Deadline, Money};
use wharf_store::{JobFailure, Outcome, StoreError};

use super::{MENDING, Progress, RemoveCredit, WORK};
use crate::Payments;
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::{audit, stores};

impl Payments {
    /// The handler of the job `payments.remove_credit`, as often as it is called.
    pub(crate) async fn remove_job(&self, payload: Value) -> Result<(), JobFailure> {
        let Some(transfer) = payload.get("transfer").and_then(Value::as_str) else {
            return Err(JobFailure::Never("it names no transfer".to_owned()));
        };
        match self.remove(transfer, Deadline::after(WORK)).await {
            Ok(Progress::Finished) => Ok(()),
            Ok(Progress::Away(why, pause)) => Err(JobFailure::NotBefore(why, pause)),
            Ok(Progress::Stuck(why)) => Err(JobFailure::NotBefore(why, MENDING)),
            Ok(Progress::UnderWay(why)) => Err(JobFailure::Waiting(why)),
            Err(error) => Err(JobFailure::Waiting(error.to_string())),
        }
    }

    async fn remove(&self, transfer: &str, deadline: Deadline) -> Result<Progress, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(credit) = credits::of_transfer(&mut db, transfer, Direction::Add).await? else {
            return Ok(Progress::Finished);
        };
        let ended = credits::of_transfer(&mut db, transfer, Direction::Remove).await?;
        let store = stores::by_id_in(&mut db, &credit.store).await?;
        drop(db);
        let over = ended.is_some_and(|ended| ended.state == CreditState::Credited);
        // Only what WHMCS has can be taken away from it.
        let (CreditState::Credited, Some(amount), Some(store), false) =
            (credit.state, credit.money(), store, over)
        else {
            return Ok(Progress::Finished);
        };
        if let Some((why, pause)) = self.reach.closed(&credit.site) {
            return Ok(Progress::Away(why, pause));
        }
        let effect = RemoveCredit {
            site: credit.site.clone(),
            store: credit.store.clone(),
            wallet: credit.wallet.clone(),
            operator_id: credit.operator_id.clone(),
            client: credit.client,
            amount,
            transfer: credit.transfer.clone(),
            settle_after_seconds: store.settle_after_seconds,
        };
        match self.run(&effect, deadline).await? {
            Outcome::Done(done) => {
                let row = CreditRow {
                    whmcs_row: done.row,
                    balance: done.balance.map(|balance| balance.minor),
                    ..taken(&credit, CreditState::Credited, done.doubt)
                };
                self.write_removal(row, amount, "credit removed").await?;
                Ok(Progress::Finished)
            }
            Outcome::InProgress { reason } => Ok(Progress::UnderWay(reason)),
            Outcome::Refused(refusal) => {
                let why = refusal.reason;
                let row = taken(&credit, CreditState::Blocked, Some(why.clone()));
                self.write_removal(row, amount, "credit not removed")
                    .await?;
                Ok(Progress::Stuck(why))
            }
            Outcome::Held { reason } => {
                let row = taken(&credit, CreditState::Review, Some(reason));
                self.write_removal(row, amount, "credit perhaps removed")
                    .await?;
                Ok(Progress::Finished)
            }
        }
    }

    /// Once for each way in which it stands.
    async fn write_removal(
        &self,
        row: CreditRow,
        amount: Money,
        event: &str,
    ) -> Result<(), StoreError> {
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &row.store).await?;
        let known = credits::of_transfer(&mut tx, &row.transfer, Direction::Remove).await?;
        let same = known.is_some_and(|known| known.state == row.state && known.note == row.note);
        if !same {
            let row = CreditRow {
                ended_at: clock.now_ms(),
                ..row
            };
            credits::put(&mut tx, &row).await?;
            let subject = format!("transfer/{}", row.transfer);
            let detail = match &row.note {
                Some(note) => format!("{amount}: {note}"),
                None => amount.to_string(),
            };
            audit::note(&mut tx, clock, &row.store, &subject, event, &detail).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn taken(credit: &CreditRow, state: CreditState, note: Option<String>) -> CreditRow {
    CreditRow {
        direction: Direction::Remove,
        token: credit.token.replacen(" payment ", " reversal ", 1),
        way: "add_credit".to_owned(),
        state,
        whmcs_row: None,
        balance: None,
        note,
        ..credit.clone()
    }
}
