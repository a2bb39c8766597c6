//! What is held because WHMCS did not let Wharf look whether it happened. It is asked about again by itself, and
//! goes on once the role may look; until then a person can tell.

use std::time::Duration;

use wharf_core::Deadline;
use wharf_store::journal::State;
use wharf_store::{Effect, StoreError};
use wharf_whmcs::ApiError;

use super::{AddCredit, CreditWorld, RemoveCredit, remove_job};
use crate::Payments;
use crate::matching::credit_job;
use crate::tables::credits::{self, Direction};

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

/// An effect that can be looked for without anything being written down.
pub(super) trait Look: Effect {
    fn site(&self) -> &str;

    /// Whether looking would tell something now.
    async fn can_look(&self, world: &CreditWorld) -> bool;
}

impl Look for AddCredit {
    fn site(&self) -> &str {
        &self.site
    }

    async fn can_look(&self, world: &CreditWorld) -> bool {
        self.look(world).await.is_ok()
    }
}

impl Look for RemoveCredit {
    fn site(&self) -> &str {
        &self.site
    }

    async fn can_look(&self, world: &CreditWorld) -> bool {
        self.look(world).await.is_ok()
    }
}

impl Payments {
    /// Has the journal ask again about an effect that is held for this, if it would be answered now. What is not held
    /// for this is left as it is.
    pub(super) async fn look_again<E: Look>(
        &self,
        effect: &E,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let Some(entry) = self.entry(effect).await? else {
            return Ok(());
        };
        let blind = entry.state == State::Held && entry.reason.as_deref().is_some_and(is_blind);
        if !blind || self.reach.closed(effect.site()).is_some() {
            return Ok(());
        }
        // As the journal will: the set-up may have changed since.
        let Ok(asked) = serde_json::from_value::<E>(entry.input) else {
            return Ok(());
        };
        if asked.can_look(&self.world).await {
            let journal = self.store.journal();
            journal
                .ask_again(&entry.id, "Wharf may look now", deadline)
                .await?;
        }
        Ok(())
    }

    /// Sees to it that every credit that has not come to its end, and every one that is to be taken back, has its job.
    /// For the boot.
    pub(super) async fn take_up_open(&self) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for (transfer, direction) in credits::open(&mut tx).await? {
            let job = match direction {
                Direction::Add => credit_job(&transfer),
                Direction::Remove => remove_job(&transfer),
            };
            self.store.jobs().enqueue(&mut tx, job).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// How often it is looked whether Wharf may look.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(600);
