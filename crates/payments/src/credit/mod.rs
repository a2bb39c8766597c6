//! From a matched transfer to credit in WHMCS, and from credit to a paid invoice; each once.

mod add;
mod allowed;
mod apply;
mod blind;
mod booking;
mod differences;
mod judging;
mod observing;
mod reach;
mod reconcile;
mod remove;
mod removing;
mod token;
mod world;

use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::{Deadline, Money};
use wharf_store::journal::{Entry, State};
use wharf_store::{Effect, Ending, JobFailure, NewJob, Outcome, Pace, StoreError};
use wharf_whmcs::ApiError;

pub(crate) use add::{AddCredit, Credited};
pub(crate) use apply::ApplyCredit;
pub(crate) use booking::{CONFLICT, REFUSED, REMOVAL_REFUSED, REMOVAL_UNKNOWN, UNKNOWN};
pub(crate) use judging::is_about_booking;
pub(crate) use reach::Reach;
pub(crate) use reconcile::RECONCILE_JOB;
pub use reconcile::{Finding, Reconciliation};
pub(crate) use remove::RemoveCredit;
pub(crate) use removing::ask_to_remove;
pub(crate) use world::CreditWorld;
use world::SAID_GONE;

use crate::Payments;
use crate::matching::{credit_job, free_again, freeze_terms, hold_for_terms, settle_transfer};
use crate::settings::Mode;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::credits::{self, CreditState, Direction};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{audit, bindings};
use blind::is_blind;
use booking::claim_of;

pub(crate) const JOB: &str = "payments.credit";
/// Takes back what was credited for a transfer.
pub(crate) const REMOVE_JOB: &str = "payments.remove_credit";

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is left to do.
    Finished,
    /// It goes on in the journal, or is tried again later.
    UnderWay(String),
    /// A person must mend something first.
    Stuck(String),
    /// WHMCS cannot be reached, or does not let Wharf look; no use asking before that time.
    Away(String, Duration),
}

impl Progress {
    /// A person is asked; where that is only because Wharf may not look, it looks again.
    fn held(reason: String) -> Self {
        if is_blind(&reason) {
            Self::Away(reason, blind::LOOK_EVERY)
        } else {
            Self::Finished
        }
    }
}

impl Payments {
    /// The handler of the job: takes a transfer as far as it goes, as often as it is called.
    pub(crate) async fn credit_job(&self, payload: Value) -> Result<(), JobFailure> {
        let Some(transfer) = payload.get("transfer").and_then(Value::as_str) else {
            return Err(JobFailure::Never("it names no transfer".to_owned()));
        };
        match self.bring_on(transfer, Deadline::after(WORK)).await {
            Ok(Progress::Finished) => Ok(()),
            // Money is never given up. Somebody may have to mend WHMCS first; nobody should have to tell us
            // that it is mended.
            Ok(Progress::Stuck(why)) => Err(JobFailure::NotBefore(why, MENDING)),
            Ok(Progress::Away(why, pause)) => {
                let noted = self.note_wait(transfer, &why).await;
                Err(JobFailure::NotBefore(
                    noted.map_or_else(|error| error.to_string(), |()| why),
                    pause,
                ))
            }
            Ok(Progress::UnderWay(why)) => {
                let noted = self.note_wait(transfer, &why).await;
                Err(JobFailure::Waiting(match noted {
                    Ok(()) => why,
                    Err(error) => error.to_string(),
                }))
            }
            Err(error) => Err(JobFailure::Waiting(error.to_string())),
        }
    }

    /// Sees to it that every transfer whose credit has not come to its end has its job; how many. For the
    /// boot: whatever became of a job, the money goes on.
    pub async fn take_up(&self) -> Result<usize, StoreError> {
        self.plan_reconciliation().await?;
        self.take_up_open().await?;
        self.go_on().await
    }

    async fn go_on(&self) -> Result<usize, StoreError> {
        let mut tx = self.store.begin().await?;
        let open = transfers::open(&mut tx).await?;
        for transfer in &open {
            self.store
                .jobs()
                .enqueue(&mut tx, credit_job(transfer))
                .await?;
        }
        tx.commit().await?;
        self.store.jobs().wake();
        Ok(open.len())
    }

    /// Credits a matched transfer and applies the credit to the claim's invoice.
    pub(crate) async fn bring_on(
        &self,
        transfer: &str,
        deadline: Deadline,
    ) -> Result<Progress, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(transfer) = transfers::by_id(&mut db, transfer).await? else {
            return Ok(Progress::Finished);
        };
        let Some(claim) = claim_of(&mut db, &transfer).await? else {
            return Ok(Progress::Finished);
        };
        let Some(store) = stores::by_id_in(&mut db, &transfer.store).await? else {
            return Ok(Progress::Finished);
        };
        let known = credits::of_transfer(&mut db, &transfer.id, Direction::Add).await?;
        drop(db);
        let under_way = matches!(
            transfer.state,
            TransferState::Matched | TransferState::Blocked | TransferState::Credited
        );
        let done = transfer.state == TransferState::Credited && claim.applied.is_some();
        if store.caution.mode == Mode::Observe
            && under_way
            && transfer.state != TransferState::Credited
            && self.is_unsent(&transfer).await?
        {
            return self.observe(&store, &transfer).await;
        }
        if let Some((why, pause)) = (under_way && !done)
            .then(|| self.reach.closed(&claim.site))
            .flatten()
        {
            return Ok(Progress::Away(why, pause));
        }
        let progress = self
            .bring(
                transfer,
                &claim,
                &store,
                known.map(|credit| credit.state),
                deadline,
            )
            .await;
        // What waited for the door to open goes on now, not when each next looks.
        if self.reach.has_returned(&claim.site) {
            self.go_on().await?;
        }
        progress
    }

    async fn bring(
        &self,
        transfer: Transfer,
        claim: &Claim,
        store: &StoreRow,
        known: Option<CreditState>,
        deadline: Deadline,
    ) -> Result<Progress, StoreError> {
        let transfer = match transfer.state {
            // It is known by now that WHMCS has it not: what becomes of it is decided with what is said of it.
            TransferState::Review
                if self.is_said_to_be_gone(&transfer).await?
                    && self.is_unsent(&transfer).await? =>
            {
                let effect = AddCredit::of(store, claim, &transfer);
                let state = TransferState::Blocked;
                self.stop(&transfer, effect.as_ref(), state, SAID_GONE)
                    .await?;
                return Ok(Progress::Finished);
            }
            TransferState::Review if self.goes_on(store, claim, &transfer).await? => transfer,
            TransferState::Review => return Ok(Progress::Finished),
            TransferState::Matched | TransferState::Blocked
                if self.is_said_to_be_gone(&transfer).await?
                    && self.is_unsent(&transfer).await? =>
            {
                // Whoever decides about it has it go on.
                return Ok(Progress::Finished);
            }
            TransferState::Matched | TransferState::Blocked => {
                match self.with_terms(store, transfer, claim).await? {
                    Ok(transfer) => transfer,
                    Err(progress) => return Ok(progress),
                }
            }
            // Somebody had it taken back before it was sent, and a node that slept has sent it all the same.
            TransferState::Rejected if !self.is_unsent(&transfer).await? => transfer,
            // Of what is to be taken back nothing more is spent; what is under way already is told.
            TransferState::Credited | TransferState::Reversed
                if self.is_applying(claim, &transfer).await? =>
            {
                return self.apply(store, &transfer, deadline).await;
            }
            TransferState::Credited if self.is_said_to_be_gone(&transfer).await? => {
                return Ok(Progress::Finished);
            }
            TransferState::Credited if !self.is_given_up(&transfer).await? => {
                return self.apply(store, &transfer, deadline).await;
            }
            _ => return Ok(Progress::Finished),
        };
        let Some(mut effect) = AddCredit::of(store, claim, &transfer) else {
            return Ok(Progress::Finished);
        };
        effect.judged = known == Some(CreditState::Judged);
        if transfer.state == TransferState::Review {
            self.look_again(&effect, deadline).await?;
        }
        if !self.still_stands(&transfer).await? {
            return Ok(Progress::Finished);
        }
        let outcome = match self.run(&effect, deadline).await {
            // The journal has this transfer for another client or amount; only a person can tell why.
            Err(error @ StoreError::Conflict { .. }) => Outcome::Held {
                reason: error.to_string(),
            },
            outcome => outcome?,
        };
        match outcome {
            Outcome::Done(credited) => {
                self.book_credit(store, &transfer, &effect, &credited)
                    .await?;
                if self.is_said_to_be_gone(&transfer).await? || self.is_given_up(&transfer).await? {
                    return Ok(Progress::Finished);
                }
                self.apply(store, &transfer, deadline).await
            }
            Outcome::InProgress { reason } => Ok(Progress::UnderWay(reason)),
            Outcome::Refused(refusal) if refusal.temporary => {
                Ok(Progress::Away(refusal.reason, SOON))
            }
            Outcome::Refused(refusal) => {
                let (state, why) = (TransferState::Blocked, refusal.reason);
                self.stop(&transfer, Some(&effect), state, &why).await?;
                Ok(Progress::Stuck(plain(&why).to_owned()))
            }
            Outcome::Held { reason } => {
                self.stop(&transfer, Some(&effect), TransferState::Review, &reason)
                    .await?;
                Ok(Progress::held(reason))
            }
        }
    }

    /// Whether what is in review may come out of it without a new word of a person: one has settled what was held,
    /// so it is done or will be tried again; or it is held only because Wharf may not look.
    async fn goes_on(
        &self,
        store: &StoreRow,
        claim: &Claim,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let Some(effect) = AddCredit::of(store, claim, transfer) else {
            return Ok(false);
        };
        let entry = self.entry(&effect).await?;
        Ok(entry.is_some_and(|entry| match entry.state {
            State::Done | State::Refused => true,
            State::Held => entry.reason.as_deref().is_some_and(is_blind),
            _ => false,
        }))
    }

    /// A claim of an unmodified module does not tell the client's currency: WHMCS does.
    async fn with_terms(
        &self,
        store: &StoreRow,
        transfer: Transfer,
        claim: &Claim,
    ) -> Result<Result<Transfer, Progress>, StoreError> {
        if transfer.credit.is_some() {
            return Ok(Ok(transfer));
        }
        let client = match self.till.client(&claim.site, claim.client).await {
            Ok(client) => client,
            Err(error) if error.is_about_no_client() => {
                self.take_from_nobody(store, &transfer, claim).await?;
                return Ok(Err(Progress::Finished));
            }
            Err(error @ ApiError::Refused { .. }) => {
                let why = error.in_words();
                self.stop(&transfer, None, TransferState::Blocked, &why)
                    .await?;
                return Ok(Err(Progress::Stuck(why)));
            }
            Err(error) => return Ok(Err(Progress::UnderWay(error.in_words()))),
        };
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        // What somebody else froze meanwhile stands.
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(Ok(transfer));
        };
        // Or it has ended, or waits for a person.
        if !matches!(
            current.state,
            TransferState::Matched | TransferState::Blocked
        ) {
            return Ok(Err(Progress::Finished));
        }
        if current.credit.is_some() {
            return Ok(Ok(current));
        }
        let mut to = current.clone();
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        if let Some(concern) =
            freeze_terms(&mut tx, store, &mut to, None, client.currency, now).await?
        {
            hold_for_terms(&mut tx, clock, current, claim, concern).await?;
            tx.commit().await?;
            return Ok(Err(Progress::Finished));
        }
        transfers::change(&mut tx, current.state, &to, now).await?;
        tx.commit().await?;
        Ok(Ok(to))
    }

    /// The claim named a client whom WHMCS does not have: the money is free for whoever sent it. Nothing was sent yet,
    /// as nobody knew what it is worth there.
    async fn take_from_nobody(
        &self,
        store: &StoreRow,
        transfer: &Transfer,
        claim: &Claim,
    ) -> Result<(), StoreError> {
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &store.id).await?;
        let current = transfers::by_id(&mut tx, &transfer.id).await?;
        let still = current.filter(|current| {
            matches!(
                current.state,
                TransferState::Matched | TransferState::Blocked
            ) && current.credit.is_none()
                && current.claim.as_ref() == Some(&claim.id)
        });
        let Some(current) = still else {
            return Ok(());
        };
        let refused = Claim {
            state: ClaimState::Rejected,
            reason: Some(NO_SUCH_CLIENT.to_owned()),
            transfer: None,
            ..claim.clone()
        };
        claims::change(&mut tx, &refused, now).await?;
        bindings::forget(&mut tx, &store.id, &claim.site, claim.client).await?;
        free_again(&mut tx, clock, &current).await?;
        let subject = format!("transfer/{}", transfer.id);
        let detail = format!("client {}: {NO_SUCH_CLIENT}", claim.client);
        audit::note(&mut tx, clock, &store.id, &subject, "free again", &detail).await?;
        settle_transfer(&mut tx, self.store.jobs(), clock, store, &transfer.id).await?;
        tx.commit().await?;
        self.store.jobs().wake();
        Ok(())
    }

    /// As the journal's `run`, but what is held for a person is left to that person.
    async fn run<E: Effect>(
        &self,
        effect: &E,
        deadline: Deadline,
    ) -> Result<Outcome<E::Output>, StoreError> {
        match self.entry(effect).await? {
            Some(held) if held.state == State::Held => Ok(Outcome::Held {
                reason: held.reason.unwrap_or_default(),
            }),
            _ => self.store.journal().run(effect, deadline).await,
        }
    }

    async fn standing<E: Effect>(&self, effect: &E) -> Result<Option<State>, StoreError> {
        Ok(self.entry(effect).await?.map(|entry| entry.state))
    }

    async fn entry<E: Effect>(&self, effect: &E) -> Result<Option<Entry>, StoreError> {
        self.store.journal().by_key(&effect.key()).await
    }

    /// Spends the credit on the invoice that the claim was for: at most what was credited for this transfer.
    async fn apply(
        &self,
        store: &StoreRow,
        transfer: &Transfer,
        deadline: Deadline,
    ) -> Result<Progress, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(claim) = claim_of(&mut db, transfer).await? else {
            return Ok(Progress::Finished);
        };
        drop(db);
        let (None, Some(invoice)) = (claim.applied, claim.invoice) else {
            return Ok(Progress::Finished);
        };
        let (Some(currency), Some(credit)) = (transfer.currency, transfer.credit) else {
            return Ok(Progress::Finished);
        };
        let credit = Money::new(credit, currency);
        let effect = ApplyCredit {
            look_first: self.was_found(store, &claim, transfer).await?,
            site: store.site.clone(),
            client: claim.client,
            invoice,
            credit,
            credit_key: AddCredit::key_of(transfer),
            transfer: transfer.id.clone(),
            settle_after_seconds: store.settle_after_seconds,
        };
        let (applied, paid) = match self.run(&effect, deadline).await? {
            Outcome::Done(done) => (done.applied.minor, done.paid),
            Outcome::InProgress { reason } => {
                // Its answer was lost, and what became of it cannot be told yet.
                if self.standing(&effect).await? == Some(State::Unknown) {
                    self.note_on_claim(&claim, &reason).await?;
                }
                return Ok(Progress::UnderWay(reason));
            }
            // The credit stays on the account, where the customer can use it.
            Outcome::Refused(refusal) if refusal.reason.starts_with(FOR_GOOD) => (0, false),
            Outcome::Refused(refusal) => {
                self.note_on_claim(&claim, &refusal.reason).await?;
                return Ok(match refusal.temporary {
                    true => Progress::Away(refusal.reason, SOON),
                    false => Progress::Stuck(refusal.reason),
                });
            }
            Outcome::Held { reason } => {
                self.note_on_claim(&claim, &reason).await?;
                return Ok(Progress::Finished);
            }
        };
        let now = self.store.clock().now_ms();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &store.id).await?;
        if let Some(mut claim) = claims::by_id(&mut tx, &claim.id)
            .await?
            .filter(|claim| claim.applied.is_none())
        {
            claim.applied = Some(applied);
            claim.paid = paid;
            claim.reason = None;
            claims::change(&mut tx, &claim, now).await?;
            let detail = format!(
                "{} to invoice {invoice}, paid: {paid}",
                Money::new(applied, currency)
            );
            let subject = format!("claim/{}", claim.id);
            audit::note(
                &mut tx,
                self.store.clock(),
                &claim.store,
                &subject,
                "applied",
                &detail,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Progress::Finished)
    }
}

/// Why a claim is refused, as the database says it.
const NO_SUCH_CLIENT: &str = "no_such_client";

/// The mark of a refusal that is about this client, amount or invoice. All others (access, the connection, an attempt
/// whose calls all broke) end some day.
pub(super) const FOR_GOOD: &str = "for good: ";

/// A refusal's reason for people.
pub(crate) fn plain(reason: &str) -> &str {
    reason.strip_prefix(FOR_GOOD).unwrap_or(reason)
}

pub(crate) fn remove_job(transfer: &str) -> NewJob {
    NewJob::new(REMOVE_JOB, json!({ "transfer": transfer }))
        .once(format!("{REMOVE_JOB}/{transfer}"))
}

/// What a job waits for an effect; after that the effect's own end starts the job again.
const WORK: Duration = Duration::from_secs(30);

/// Within this time of an attempt's begin its call goes out, well before any other node may take over.
const LOOK_MS: i64 = 60_000;
/// When what WHMCS could not be asked is asked again. While it is out of reach few ask, and more seldom.
const SOON: Duration = Duration::from_secs(5);
/// How often it is looked whether somebody has mended what WHMCS refuses.
const MENDING: Duration = Duration::from_secs(90);

/// How a transfer goes on after an effect of it has ended. In any case: whoever waited may be gone. The job is the same,
/// so it is queued once; but one that does not wait for the effect may be ending, having seen it as it was before.
fn follow_up<T>(job: NewJob, ending: &Ending<T>) -> Vec<NewJob> {
    let job = job.after(calm(&ending.outcome));
    vec![if ending.awaited { job } else { job.again() }]
}

/// When to go on after an effect has ended: what was refused is not asked for again at once.
fn calm<T>(outcome: &Outcome<T>) -> Duration {
    match outcome {
        Outcome::Refused(_) => Duration::from_secs(15),
        _ => Duration::ZERO,
    }
}

/// As long as WHMCS cannot be asked it is asked again, whatever time that takes: only an answer that makes
/// no sense is for a person. Nothing waits so long that an hour's outage is felt for more than a minute
/// after its end.
fn pace(limit: Duration) -> Pace {
    Pace {
        limit,
        believe_after: Duration::from_secs(90),
        longest_pause: Duration::from_secs(45),
        attempts: 3,
        settles: i64::MAX,
        ..Pace::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_may_be_ending_swallows_no_follow_up_that_nobody_waits_for() {
        for awaited in [false, true] {
            let outcome = Outcome::<()>::Held {
                reason: "nobody can tell".to_owned(),
            };
            let jobs = follow_up(credit_job("a-transfer"), &Ending { outcome, awaited });
            let again: Vec<bool> = jobs.iter().map(|job| job.again).collect();
            assert_eq!(again, [!awaited]);
        }
    }
}
