//! What is held because WHMCS did not let Wharf look whether it happened. It is asked about again by itself, and
//! goes on once the role may look; until then a person can tell.

use std::time::Duration;

use serde_json::Value;
use wharf_core::Deadline;
use wharf_store::journal::{Filter, State};
use wharf_store::{Effect, NewJob, StoreError};
use wharf_whmcs::ApiError;

use super::{AddCredit, RemoveCredit, remove_job};
use crate::Payments;
use crate::matching::credit_job;

/// In the reason of every effect that is held for this.
const MAY_NOT_LOOK: &str = "Wharf may not look whether the credit is ";

/// Why a person is asked: `what` came before, `about` is what nobody can see (`there`, `gone`).
pub(super) fn may_not_look(what: &str, about: &str, error: &ApiError) -> String {
    format!("{what}; and {MAY_NOT_LOOK}{about}. {}", error.in_words())
}

/// Whether something is held for no other reason than that Wharf may not look.
pub(super) fn is_blind(reason: &str) -> bool {
    reason.contains(MAY_NOT_LOOK)
}

impl Payments {
    /// Has the journal ask again about an effect that is held for this, if `look` shows that it would be answered
    /// now. What is not held for this is left as it is.
    pub(super) async fn look_again<T>(
        &self,
        effect: &impl Effect,
        look: impl Future<Output = Result<T, ApiError>>,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let Some(entry) = self.entry(effect).await? else {
            return Ok(());
        };
        let blind = entry.state == State::Held && entry.reason.as_deref().is_some_and(is_blind);
        if blind && look.await.is_ok() {
            let journal = self.store.journal();
            journal
                .ask_again(&entry.id, "Wharf may look now", deadline)
                .await?;
        }
        Ok(())
    }

    /// Sees to it that everything that is held for this has its job. For the boot.
    pub(super) async fn take_up_blind(&self) -> Result<(), StoreError> {
        self.take_up_held(AddCredit::KIND, credit_job).await?;
        self.take_up_held(RemoveCredit::KIND, remove_job).await
    }

    async fn take_up_held(
        &self,
        kind: &str,
        job: impl Fn(&str) -> NewJob,
    ) -> Result<(), StoreError> {
        let mut filter = Filter {
            state: Some(State::Held),
            kind: Some(kind.to_owned()),
            limit: AT_ONCE,
            ..Filter::default()
        };
        loop {
            let held = self.store.journal().list(&filter).await?;
            let Some(last) = held.last() else {
                return Ok(());
            };
            filter.before = Some(last.id.clone());
            let mut tx = self.store.begin().await?;
            for entry in &held {
                let blind = entry.reason.as_deref().is_some_and(is_blind);
                let transfer = entry.input.get("transfer").and_then(Value::as_str);
                if let Some(transfer) = transfer.filter(|_| blind) {
                    self.store.jobs().enqueue(&mut tx, job(transfer)).await?;
                }
            }
            tx.commit().await?;
        }
    }
}

/// How often it is looked whether Wharf may look.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(600);
const AT_ONCE: i64 = 500;
