//! Taking a credit away again, once a person has said so.

use serde_json::Value;
use wharf_core::Deadline;
use wharf_store::journal::State;
use wharf_store::{Effect, JobFailure, Jobs, Outcome, StoreError, Tx};

use super::booking::{REMOVAL_REFUSED, REMOVAL_UNKNOWN, answered, ask, claim_of};
use super::{FOR_GOOD, MENDING, Progress, RemoveCredit, WORK, plain, remove_job};
use crate::Payments;
use crate::tables::audit;
use crate::tables::claims::{self, ClaimState};
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::reviews;
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};

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
        let waits = match &ended {
            Some(ended) if ended.state == CreditState::Blocked && is_for_good(ended) => {
                let items = reviews::of_transfer(&mut db, transfer).await?;
                items
                    .iter()
                    .any(|item| item.kind == REMOVAL_REFUSED && item.is_undecided())
            }
            _ => false,
        };
        let stands = ended.map(|ended| ended.state);
        let over = waits || stands == Some(CreditState::Credited);
        drop(db);
        let effect = store.and_then(|store| RemoveCredit::of(&store, &credit));
        // Only what WHMCS has can be taken away from it.
        let (CreditState::Credited, Some(mut effect), false) = (credit.state, effect, over) else {
            return Ok(Progress::Finished);
        };
        effect.judged = stands == Some(CreditState::Judged);
        // What a person left, unless it was out by then.
        let refused = self.standing(&effect).await? == Some(State::Refused);
        if stands == Some(CreditState::Left) && refused {
            return Ok(Progress::Finished);
        }
        if let Some((why, pause)) = self.reach.closed(&credit.site) {
            return Ok(Progress::Away(why, pause));
        }
        self.look_again(&effect, deadline).await?;
        let (row, progress) = match self.run(&effect, deadline).await? {
            Outcome::Done(done) => {
                let row = CreditRow {
                    whmcs_row: done.row,
                    balance: done.balance.map(|balance| balance.minor),
                    ..taken(&credit, &effect, CreditState::Credited, done.doubt)
                };
                (row, Progress::Finished)
            }
            Outcome::InProgress { reason } => return Ok(Progress::UnderWay(reason)),
            Outcome::Refused(refusal) => {
                let why = refusal.reason;
                let row = taken(&credit, &effect, CreditState::Blocked, Some(why.clone()));
                let progress = if is_for_good(&row) {
                    Progress::Finished
                } else {
                    Progress::Stuck(why)
                };
                (row, progress)
            }
            Outcome::Held { reason } => {
                let row = taken(&credit, &effect, CreditState::Review, Some(reason.clone()));
                (row, Progress::held(reason))
            }
        };
        self.write_removal(&effect, row).await?;
        Ok(progress)
    }

    /// Once for each way in which it stands. What is not known is asked about until somebody has told.
    async fn write_removal(&self, effect: &RemoveCredit, row: CreditRow) -> Result<(), StoreError> {
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let row = CreditRow {
            ended_at: now,
            ..row
        };
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &row.store).await?;
        let known = credits::of_transfer(&mut tx, &row.transfer, Direction::Remove).await?;
        if known
            .as_ref()
            .is_some_and(|known| known.state == CreditState::Credited)
        {
            return Ok(());
        }
        // The journal may have gone on since: a person may have told meanwhile.
        let entry = self
            .store
            .journal()
            .by_key_in(&mut tx, &effect.key())
            .await?;
        let stands = match row.state {
            CreditState::Credited => State::Done,
            CreditState::Review => State::Held,
            _ => State::Refused,
        };
        if entry.is_none_or(|entry| entry.state != stands) {
            return Ok(());
        }
        let transfer = transfers::by_id(&mut tx, &row.transfer).await?;
        let event = match row.state {
            CreditState::Credited => "credit removed",
            CreditState::Review => "credit perhaps removed",
            _ => "credit not removed",
        };
        let asks = match row.state {
            CreditState::Review => Some(REMOVAL_UNKNOWN),
            CreditState::Blocked => Some(REMOVAL_REFUSED),
            _ => None,
        };
        for kind in [REMOVAL_UNKNOWN, REMOVAL_REFUSED] {
            if asks != Some(kind) {
                answered(&mut tx, &row.transfer, kind, now).await?;
            }
        }
        if let Some(kind) = asks {
            let claim = transfer.as_ref().and_then(|known| known.claim.as_deref());
            let why = row.note.as_deref().unwrap_or_default();
            ask(&mut tx, clock, &row, claim, kind, plain(why)).await?;
        }
        let same = known.is_some_and(|known| known.state == row.state && known.note == row.note);
        if !same {
            credits::put(&mut tx, &row).await?;
            let amount = row
                .money()
                .map(|money| money.to_string())
                .unwrap_or_default();
            let detail = match &row.note {
                Some(note) => format!("{amount}: {}", plain(note)),
                None => amount,
            };
            let subject = format!("transfer/{}", row.transfer);
            audit::note(&mut tx, clock, &row.store, &subject, event, &detail).await?;
        }
        let credited = transfer.filter(|known| known.state == TransferState::Credited);
        if let (CreditState::Credited, Some(from)) = (row.state, credited) {
            let to = Transfer {
                state: TransferState::Reversed,
                ..from.clone()
            };
            transfers::change(&mut tx, from.state, &to, now).await?;
            if let Some(mut claim) = claim_of(&mut tx, &to).await? {
                claim.state = ClaimState::Reversed;
                claim.reason = None;
                claims::change(&mut tx, &claim, now).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Whether WHMCS would refuse it however its set-up is mended.
fn is_for_good(removal: &CreditRow) -> bool {
    let note = removal.note.as_deref();
    note.is_some_and(|note| note.starts_with(FOR_GOOD))
}

/// In the transaction in which a person says so: from there on nothing more of the credit is spent.
pub(crate) async fn ask_to_remove(
    tx: &mut Tx,
    jobs: &Jobs,
    store: &StoreRow,
    transfer: &str,
    now: i64,
) -> Result<(), StoreError> {
    let credit = credits::of_transfer(tx, transfer, Direction::Add).await?;
    // Where a store only looks on there is nothing to take.
    let credit = credit.filter(|credit| credit.state == CreditState::Credited);
    let removal = credits::of_transfer(tx, transfer, Direction::Remove).await?;
    let effect = credit
        .as_ref()
        .and_then(|credit| RemoveCredit::of(store, credit));
    // What was left before, a person wants taken after all.
    let anew = removal.is_none_or(|removal| removal.state == CreditState::Left);
    if let (Some(credit), Some(effect), true) = (credit, effect, anew) {
        let row = CreditRow {
            ended_at: now,
            ..taken(&credit, &effect, CreditState::Asked, None)
        };
        credits::put(tx, &row).await?;
    }
    jobs.enqueue(tx, remove_job(transfer)).await
}

pub(super) fn taken(
    credit: &CreditRow,
    effect: &RemoveCredit,
    state: CreditState,
    note: Option<String>,
) -> CreditRow {
    CreditRow {
        direction: Direction::Remove,
        token: effect.description(),
        way: "add_credit".to_owned(),
        state,
        whmcs_row: None,
        balance: None,
        note,
        ..credit.clone()
    }
}
