//! What a person can do about a service whose action is not done: ask again, try again, say that it is done.

use serde_json::{Value, json};
use thiserror::Error;
use wharf_core::{Deadline, id::new_id};
use wharf_store::journal::{Entry, State as Journaled, Verdict};
use wharf_store::{JobFailure, NewJob, Outcome, StoreError};

use crate::calls;
use crate::effects::{Act, StepResult};
use crate::language::Action;
use crate::services::{RETRY, Services};
use crate::tables::{ServiceId, State, calls as talk, services as rows};
use crate::tell;

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum ReviewError {
    #[error("Wharf has no service {1} of WHMCS \"{0}\"")]
    NoService(String, i64),
    #[error("nothing of this service waits for a person")]
    Nothing,
    #[error("it is under way: wait until it has ended")]
    UnderWay,
    #[error("a reason is needed: say how you know that it is done")]
    NoReason,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// Asks the supplier now whether what is held or under way happened; what did not is tried again. The answer is
    /// how the action stands then.
    pub async fn settle_now(&self, id: &ServiceId) -> Result<String, ReviewError> {
        let act = self.last_action(id).await?;
        let journal = self.world.store.journal();
        let deadline = Deadline::after(self.world.patience.change);
        for entry in self.open_parts(id).await? {
            journal.settle_now(&entry.id, deadline).await?;
        }
        let outcome = journal.settle_now(&act.id, deadline).await?;
        if act.state != Journaled::Done
            && let Outcome::Done(_) = outcome
        {
            let act = serde_json::from_value(act.input).map_err(unreadable)?;
            self.tell_whmcs(id, &act).await?;
        }
        Ok(words(&outcome))
    }

    /// Runs the last action again, as it was asked for.
    pub async fn try_again(&self, id: &ServiceId) -> Result<String, ReviewError> {
        let entry = self.last_action(id).await?;
        if !matches!(entry.state, Journaled::Refused | Journaled::Held) {
            return Err(match entry.state {
                Journaled::Done => ReviewError::Nothing,
                _ => ReviewError::UnderWay,
            });
        }
        if entry.state == Journaled::Held {
            return self.settle_now(id).await;
        }
        let row = self.row(id).await?;
        let store = &self.world.store;
        let before: Act = serde_json::from_value(entry.input).map_err(unreadable)?;
        let act = Act {
            run: new_id(store.clock()),
            cycle: row.cycle,
            ..before
        };
        let deadline = Deadline::after(self.world.patience.change);
        let outcome = store.journal().run(&act, deadline).await?;
        Ok(match outcome {
            Outcome::Done(_) => {
                self.tell_whmcs(id, &act).await?;
                "done".to_owned()
            }
            other => calls::not_done(&other),
        })
    }

    /// Nobody at WHMCS waited for what a person had done: it is told at once.
    async fn tell_whmcs(&self, id: &ServiceId, act: &Act) -> Result<(), StoreError> {
        let Some(verb) = tell::verb(&act.action) else {
            return Ok(());
        };
        let store = &self.world.store;
        let mut tx = store.begin().await?;
        let job = tell::again(id, verb, tell::reason(act));
        store.jobs().enqueue(&mut tx, job).await?;
        tx.commit().await?;
        store.jobs().wake();
        Ok(())
    }

    /// Has the daemon run the last action again: for a process that is not the daemon.
    pub async fn ask_for_retry(&self, id: &ServiceId) -> Result<(), ReviewError> {
        let entry = self.last_action(id).await?;
        match entry.state {
            Journaled::Refused | Journaled::Held => {}
            Journaled::Done => return Err(ReviewError::Nothing),
            _ => return Err(ReviewError::UnderWay),
        }
        let store = &self.world.store;
        let mut tx = store.begin().await?;
        let job = NewJob::new(RETRY, json!(id)).once(format!("retry/{}/{}", id.site, id.service));
        store.jobs().enqueue(&mut tx, job).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    pub(crate) async fn retry(&self, payload: Value) -> Result<(), JobFailure> {
        let id: ServiceId = serde_json::from_value(payload)
            .map_err(|error| JobFailure::Never(error.to_string()))?;
        match self.try_again(&id).await {
            Ok(_) | Err(ReviewError::Nothing | ReviewError::UnderWay) => Ok(()),
            Err(ReviewError::Store(error)) => Err(JobFailure::Waiting(error.to_string())),
            Err(error) => Err(JobFailure::Never(error.to_string())),
        }
    }

    /// Ends the last action by what a person found out: it is done. WHMCS is brought up to date.
    pub async fn mark_done(
        &self,
        id: &ServiceId,
        reason: &str,
        by: &str,
    ) -> Result<(), ReviewError> {
        if reason.trim().is_empty() {
            return Err(ReviewError::NoReason);
        }
        let entry = self.last_action(id).await?;
        let row = self.row(id).await?;
        let store = &self.world.store;
        if !matches!(entry.state, Journaled::Refused | Journaled::Held) {
            return match (entry.state, row.trouble.is_some() || row.drift.is_some()) {
                (Journaled::Done, true) => {
                    self.note(id, reason, by).await?;
                    rows::no_trouble(store, id).await.map_err(Into::into)
                }
                (Journaled::Done, false) => Err(ReviewError::Nothing),
                _ => Err(ReviewError::UnderWay),
            };
        }
        self.note(id, reason, by).await?;
        for part in self.open_parts(id).await? {
            if part.state == Journaled::Held {
                self.judge_done(&part, json!(StepResult::default()), by)
                    .await?;
            }
        }
        let act: Act = serde_json::from_value(entry.input.clone()).map_err(unreadable)?;
        let (generation, cycle) = (row.generation, row.cycle);
        match act.action {
            Action::Create => rows::created(store, id, generation).await?,
            ref action => {
                let state = match action {
                    Action::Suspend => Some(State::Suspended),
                    Action::Unsuspend => Some(State::Active),
                    Action::Terminate => Some(State::Terminated),
                    _ => None,
                };
                let options = (*action == Action::ChangePackage)
                    .then_some((&act.order.options, &act.order.facts));
                rows::changed(store, id, generation, cycle, state, options).await?;
            }
        }
        if entry.state == Journaled::Held {
            self.judge_done(&entry, json!({}), by).await?;
        } else {
            self.tell_whmcs(id, &act).await?;
        }
        rows::no_trouble(store, id).await?;
        Ok(())
    }

    /// What is not held any more goes its own way.
    async fn judge_done(&self, entry: &Entry, result: Value, by: &str) -> Result<(), StoreError> {
        let (store, verdict) = (&self.world.store, Verdict::Happened(result));
        let mut tx = store.begin().await?;
        store
            .journal()
            .judge_held(&mut tx, entry, verdict, by)
            .await?;
        tx.commit().await?;
        store.journal().wake();
        Ok(())
    }

    async fn note(&self, id: &ServiceId, reason: &str, by: &str) -> Result<(), StoreError> {
        tracing::info!(site = %id.site, service = id.service, by, "a service's action was marked as done");
        talk::note(
            &self.world.store,
            id,
            &format!("{by} marked it as done: {reason}"),
        )
        .await
    }

    async fn row(&self, id: &ServiceId) -> Result<crate::tables::ServiceRow, ReviewError> {
        rows::by_id(&self.world.store, id)
            .await?
            .ok_or_else(|| ReviewError::NoService(id.site.clone(), id.service))
    }

    async fn last_action(&self, id: &ServiceId) -> Result<Entry, ReviewError> {
        self.row(id).await?;
        let all = self.actions(id).await?;
        all.into_iter()
            .max_by_key(|entry| (entry.updated_at, entry.created_at))
            .ok_or(ReviewError::Nothing)
    }

    /// Steps that have not ended, or wait for a person.
    async fn open_parts(&self, id: &ServiceId) -> Result<Vec<Entry>, StoreError> {
        let journal = self.world.store.journal();
        let mut open = Vec::new();
        for key in talk::effects(&self.world.store, id, 60).await? {
            for key in [key.clone(), format!("wait/{key}")] {
                let entry = journal.by_key(&key).await?;
                open.extend(
                    entry.filter(|entry| {
                        !matches!(entry.state, Journaled::Done | Journaled::Refused)
                    }),
                );
            }
        }
        Ok(open)
    }
}

fn words(outcome: &Outcome<serde_json::Value>) -> String {
    match outcome {
        Outcome::Done(_) => "done".to_owned(),
        other => calls::not_done(other),
    }
}

fn unreadable(error: serde_json::Error) -> ReviewError {
    ReviewError::Store(StoreError::Stored {
        what: "an action's input".to_owned(),
        source: Some(error),
    })
}
