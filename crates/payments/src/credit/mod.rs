//! From a matched transfer to credit in WHMCS, and from credit to a paid invoice; each once.

mod add;
mod apply;

use std::time::Duration;

use serde_json::Value;
use wharf_core::{Deadline, Money};
use wharf_store::journal::{Entry, Filter, State};
use wharf_store::{Effect, JobFailure, Outcome, Pace, StoreError};

pub(crate) use add::{AddCredit, Credited};
pub(crate) use apply::ApplyCredit;

use crate::Payments;
use crate::matching::{credit_job, freeze_terms};
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

pub(crate) const JOB: &str = "payments.credit";

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is left to do.
    Finished,
    /// It goes on in the journal, or is tried again later.
    UnderWay(String),
    /// A person must mend something first.
    Stuck(String),
}

/// What the effects act on.
pub(crate) struct CreditWorld {
    pub till: std::sync::Arc<dyn crate::Till>,
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
            Ok(Progress::Stuck(why)) => Err(JobFailure::Waiting(why)),
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
        drop(db);
        let transfer = match transfer.state {
            // A person may have settled what was held: it is done, or will be tried again.
            TransferState::Review => match AddCredit::of(&store, &claim, &transfer) {
                Some(effect)
                    if matches!(
                        self.standing(&effect).await?,
                        Some(State::Done | State::Refused)
                    ) =>
                {
                    transfer
                }
                _ => return Ok(Progress::Finished),
            },
            TransferState::Matched | TransferState::Blocked => {
                match self.with_terms(transfer, &claim).await? {
                    Ok(transfer) => transfer,
                    Err(progress) => return Ok(progress),
                }
            }
            TransferState::Credited => return self.apply(&store, &transfer, deadline).await,
            _ => return Ok(Progress::Finished),
        };
        let Some(effect) = AddCredit::of(&store, &claim, &transfer) else {
            return Ok(Progress::Finished);
        };
        let outcome = match self.run(&effect, deadline).await {
            // The journal has this transfer for another client or amount; only a person can tell why.
            Err(error @ StoreError::Conflict { .. }) => Outcome::Held {
                reason: error.to_string(),
            },
            outcome => outcome?,
        };
        match outcome {
            Outcome::Done(_) => {
                self.book_credit(&transfer).await?;
                self.apply(&store, &transfer, deadline).await
            }
            Outcome::InProgress { reason } => Ok(Progress::UnderWay(reason)),
            Outcome::Refused(refusal) => {
                self.stop(&transfer, TransferState::Blocked, &refusal.reason)
                    .await?;
                Ok(Progress::Stuck(refusal.reason))
            }
            Outcome::Held { reason } => {
                self.stop(&transfer, TransferState::Review, &reason).await?;
                Ok(Progress::Finished)
            }
        }
    }

    /// A claim of an unmodified module does not tell the client's currency: WHMCS does.
    async fn with_terms(
        &self,
        transfer: Transfer,
        claim: &Claim,
    ) -> Result<Result<Transfer, Progress>, StoreError> {
        if transfer.credit.is_some() {
            return Ok(Ok(transfer));
        }
        let client = match self.till.client(&claim.site, claim.client).await {
            Ok(client) => client,
            Err(error @ wharf_whmcs::ApiError::Refused { .. }) => {
                self.stop(&transfer, TransferState::Blocked, &error.in_words())
                    .await?;
                return Ok(Err(Progress::Stuck(error.in_words())));
            }
            Err(error) => return Ok(Err(Progress::UnderWay(error.in_words()))),
        };
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        // What somebody else froze meanwhile stands.
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(Ok(transfer));
        };
        if current.credit.is_some() {
            return Ok(Ok(current));
        }
        let mut to = current.clone();
        freeze_terms(&mut tx, &mut to, None, client.currency).await?;
        transfers::change(&mut tx, current.state, &to, self.store.clock().now_ms()).await?;
        if to.state == TransferState::Review {
            hold_claim(
                &mut tx,
                claim,
                to.reason.as_deref(),
                self.store.clock().now_ms(),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Ok(to))
    }

    /// As the journal's `run`, but what is held for a person is left to that person.
    async fn run<E: Effect>(
        &self,
        effect: &E,
        deadline: Deadline,
    ) -> Result<Outcome<E::Output>, StoreError> {
        if self.standing(effect).await? == Some(State::Held) {
            return Ok(Outcome::Held {
                reason: "held for a person".to_owned(),
            });
        }
        self.store.journal().run(effect, deadline).await
    }

    async fn standing<E: Effect>(&self, effect: &E) -> Result<Option<State>, StoreError> {
        Ok(self.entry(effect).await?.map(|entry| entry.state))
    }

    /// Whether WHMCS had the credit before this journal knew of it. Then it may have been spent, too.
    async fn was_found(
        &self,
        store: &StoreRow,
        claim: &Claim,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let Some(effect) = AddCredit::of(store, claim, transfer) else {
            return Ok(false);
        };
        let credited = self.entry(&effect).await?.and_then(|entry| entry.result);
        Ok(credited
            .and_then(|result| serde_json::from_value::<Credited>(result).ok())
            .is_some_and(|credited| credited.row.is_some()))
    }

    async fn entry<E: Effect>(&self, effect: &E) -> Result<Option<Entry>, StoreError> {
        let filter = Filter {
            subject: Some(effect.subject()),
            kind: Some(E::KIND.to_owned()),
            state: None,
            limit: 200,
        };
        let key = effect.key();
        let entries = self.store.journal().list(&filter).await?;
        Ok(entries.into_iter().find(|entry| entry.key == key))
    }

    async fn book_credit(&self, transfer: &Transfer) -> Result<(), StoreError> {
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(());
        };
        let to = Transfer {
            state: TransferState::Credited,
            reason: None,
            ..current.clone()
        };
        let open = current.state != TransferState::Credited;
        if open && transfers::change(&mut tx, current.state, &to, now).await? {
            if let Some(mut claim) = claim_of(&mut tx, &to).await? {
                claim.state = ClaimState::Credited;
                claim.reason = None;
                claim.credited = to.credit;
                claim.currency = to.currency;
                if claim.invoice.is_none() {
                    claim.applied = Some(0);
                }
                claims::change(&mut tx, &claim, now).await?;
            }
            let subject = format!("transfer/{}", to.id);
            audit::note(&mut tx, clock, &to.store, &subject, "credited", &terms(&to)).await?;
            metrics::counter!("wharf_payment_transfers_total", "end" => "credited").increment(1);
        }
        tx.commit().await?;
        Ok(())
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
            Outcome::InProgress { reason } => return Ok(Progress::UnderWay(reason)),
            // The credit stays on the account, where the customer can use it.
            Outcome::Refused(refusal) if !refusal.reason.starts_with(NOT_NOW) => (0, false),
            Outcome::Refused(refusal) => {
                self.note_on_claim(&claim, &refusal.reason).await?;
                return Ok(Progress::Stuck(refusal.reason));
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

    async fn stop(
        &self,
        transfer: &Transfer,
        state: TransferState,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.store.clock().now_ms();
        tracing::warn!(transfer = %transfer.id, state = state.as_str(), why, "a transfer is not credited");
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(());
        };
        let changed = current.state != state || current.reason.as_deref() != Some(why);
        if current.state != TransferState::Credited && changed {
            let to = Transfer {
                state,
                reason: Some(why.to_owned()),
                ..current.clone()
            };
            transfers::change(&mut tx, current.state, &to, now).await?;
            if let (TransferState::Review, Some(claim)) = (state, claim_of(&mut tx, &to).await?) {
                hold_claim(&mut tx, &claim, Some("review"), now).await?;
            }
            let subject = format!("transfer/{}", to.id);
            audit::note(
                &mut tx,
                self.store.clock(),
                &to.store,
                &subject,
                state.as_str(),
                why,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Says on a transfer that is on its way why it has not arrived.
    async fn note_wait(&self, transfer: &str, why: &str) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let Some(known) = transfers::by_id(&mut tx, transfer).await? else {
            return Ok(());
        };
        stores::take_turn(&mut tx, &known.store).await?;
        let Some(current) = transfers::by_id(&mut tx, transfer).await? else {
            return Ok(());
        };
        let waits = matches!(
            current.state,
            TransferState::Matched | TransferState::Blocked
        );
        if waits && current.reason.as_deref() != Some(why) {
            let to = Transfer {
                reason: Some(why.to_owned()),
                ..current.clone()
            };
            let clock = self.store.clock();
            transfers::change(&mut tx, current.state, &to, clock.now_ms()).await?;
            let subject = format!("transfer/{transfer}");
            audit::note(&mut tx, clock, &to.store, &subject, "waiting", why).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Says on a claim why its credit is not applied; once for each reason.
    async fn note_on_claim(&self, claim: &Claim, why: &str) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &claim.store).await?;
        let Some(current) = claims::by_id(&mut tx, &claim.id).await? else {
            return Ok(());
        };
        if current.reason.as_deref() == Some(why) || current.applied.is_some() {
            return Ok(());
        }
        let noted = Claim {
            reason: Some(why.to_owned()),
            ..current
        };
        claims::change(&mut tx, &noted, self.store.clock().now_ms()).await?;
        let subject = format!("claim/{}", claim.id);
        audit::note(
            &mut tx,
            self.store.clock(),
            &claim.store,
            &subject,
            "not applied",
            why,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn claim_of(db: &mut Db, transfer: &Transfer) -> Result<Option<Claim>, StoreError> {
    match &transfer.claim {
        Some(claim) => claims::by_id(db, claim).await,
        None => Ok(None),
    }
}

async fn hold_claim(
    db: &mut Db,
    claim: &Claim,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let held = Claim {
        state: ClaimState::Held,
        reason: reason.map(str::to_owned),
        ..claim.clone()
    };
    claims::change(db, &held, now).await
}

fn terms(transfer: &Transfer) -> String {
    let credit = transfer
        .currency
        .zip(transfer.credit)
        .map(|(currency, minor)| Money::new(minor, currency).to_string());
    let rate = transfer
        .rate
        .map(|rate| rate.to_string())
        .unwrap_or_default();
    format!(
        "{} for {} piastres at {rate}",
        credit.unwrap_or_default(),
        transfer.amount
    )
}

/// The mark of a refusal that is about access or the connection, not about this invoice.
pub(super) const NOT_NOW: &str = "not now: ";

/// Within a job's lease.
const WORK: Duration = Duration::from_secs(120);

/// When to go on after an effect has ended: what was refused is not asked for again at once.
fn calm<T>(outcome: &Outcome<T>) -> Duration {
    match outcome {
        Outcome::Refused(_) => Duration::from_secs(15),
        _ => Duration::ZERO,
    }
}

/// As long as WHMCS cannot be asked it is asked again, whatever time that takes: only an answer that makes
/// no sense is for a person.
fn pace(limit: Duration) -> Pace {
    Pace {
        limit,
        believe_after: Duration::from_secs(90),
        longest_pause: Duration::from_secs(600),
        settles: i64::MAX,
        ..Pace::default()
    }
}
