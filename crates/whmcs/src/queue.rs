//! WHMCS's module queue: what failed there while Wharf was away, although the customer has paid.
//!
//! WHMCS leaves a failed registration or creation in its queue for a click. Wharf looks at the queue when
//! it starts and every half minute, and has WHMCS run such actions of its own modules again, ever later and
//! a bounded number of times. Effects make the repetition harmless; what still fails stays in the queue, in
//! sight.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row as _;
use wharf_store::journal::{Entry, Filter, State};
use wharf_store::{JobFailure, NewJob, Store, StoreError};

use crate::Sites;
use crate::api::{ApiError, QueueEntry};
use crate::call::{Answering, ModuleCall, ModuleHandler, ModuleKind};

/// Looks after the queues of all sites.
#[derive(Debug)]
pub struct ModuleQueue {
    store: Store,
    sites: Sites,
    seen: Mutex<HashSet<(String, ModuleKind, String)>>,
}

impl ModuleQueue {
    /// Registers its job; at boot.
    pub fn new(store: Store, sites: Sites) -> Arc<Self> {
        let queue = Arc::new(Self {
            store,
            sites,
            seen: Mutex::default(),
        });
        let worker = queue.clone();
        queue.store.jobs().register(RETRY, move |payload| {
            let queue = worker.clone();
            async move { queue.retry(payload).await }
        });
        queue
    }

    /// A handler that remembers through which modules the sites call, and hands every call on.
    pub fn notice(self: &Arc<Self>, handler: Arc<dyn ModuleHandler>) -> Arc<dyn ModuleHandler> {
        Arc::new(Noticing {
            queue: self.clone(),
            handler,
        })
    }

    /// Looks at the queues for ever.
    pub async fn watch(&self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the module queues could not be looked at");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Looks once, at every site's queue, and enqueues what is to be tried again.
    pub async fn look(&self) -> Result<(), StoreError> {
        for (site, module) in self.modules().await? {
            let Ok(Some(api)) = self.sites.api(&site).await else {
                continue;
            };
            match api
                .within(Duration::from_secs(10))
                .module_queue(&module)
                .await
            {
                Ok(entries) => self.enqueue(&site, &module, entries).await?,
                // A role without GetModuleQueue costs only this convenience; `wharf doctor` names it.
                Err(error) => {
                    tracing::debug!(site, module, error = %error.in_words(), "no look at the module queue");
                }
            }
        }
        Ok(())
    }

    async fn enqueue(
        &self,
        site: &str,
        module: &str,
        entries: Vec<QueueEntry>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for entry in entries {
            let Some(action) = Action::of(&entry, module) else {
                continue;
            };
            if action == Action::Renew && self.goes_on(site, &entry).await? {
                continue;
            }
            let retry = Retry {
                site: site.to_owned(),
                action,
                id: entry.subject,
            };
            let pause = FIRST_PAUSE
                .saturating_mul(2_u32.saturating_pow(u32::try_from(entry.retries).unwrap_or(0)));
            let job = NewJob::new(RETRY, json!(retry))
                .once(format!("{RETRY}/{site}/{}", entry.id))
                .after(if entry.retries == 0 {
                    Duration::ZERO
                } else {
                    pause
                });
            self.store.jobs().enqueue(&mut tx, job).await?;
        }
        tx.commit().await?;
        self.store.jobs().wake();
        Ok(())
    }

    /// Whether the journal sees to a failed renewal itself. Asked for again after it happened and a synchronisation
    /// brought the new expiry into WHMCS's books, it would be a renewal for another year.
    async fn goes_on(&self, site: &str, entry: &QueueEntry) -> Result<bool, StoreError> {
        let under_way = |error: &String| error.contains(IN_PROGRESS);
        if !entry.last_error.as_ref().is_some_and(under_way) {
            return Ok(false);
        }
        let mut filter = Filter {
            kind: Some("domains.renew".to_owned()),
            limit: A_PAGE,
            ..Filter::default()
        };
        let of_entry = |effect: &&Entry| {
            effect.input.get("site").and_then(Value::as_str) == Some(site)
                && effect.input.get("domain_id").and_then(Value::as_i64) == Some(entry.subject)
        };
        // Mostly among the newest; after a day with very many renewals further back.
        loop {
            let effects = self.store.journal().list(&filter).await?;
            if let Some(newest) = effects.iter().find(of_entry) {
                return Ok(newest.state != State::Refused);
            }
            match effects.last() {
                Some(last) => filter.before = Some(last.id.clone()),
                None => return Ok(false),
            }
        }
    }

    /// WHMCS runs the action; it comes back through the module, and its outcome is WHMCS's to record.
    async fn retry(&self, payload: Value) -> Result<(), JobFailure> {
        let retry: Retry = serde_json::from_value(payload)
            .map_err(|error| JobFailure::Never(error.to_string()))?;
        let api = match self.sites.api(&retry.site).await {
            Ok(Some(api)) => api.within(PATIENCE),
            Ok(None) => return Ok(()),
            Err(error) => return Err(JobFailure::Later(error.to_string())),
        };
        tracing::info!(site = retry.site, action = ?retry.action, id = retry.id, "trying a failed module action again");
        let done = match retry.action {
            Action::Create => api.module_create(retry.id).await,
            Action::Register => api.domain_register(retry.id).await,
            Action::Transfer => api.domain_transfer(retry.id).await,
            Action::Renew => api.domain_renew(retry.id, None).await,
        };
        match done {
            Ok(()) | Err(ApiError::Refused { .. }) => Ok(()),
            Err(error) => Err(JobFailure::Later(error.in_words())),
        }
    }

    async fn modules(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows =
            sqlx::query("SELECT DISTINCT site, module FROM site_modules ORDER BY site, module")
                .fetch_all(self.store.pool())
                .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }

    async fn remember(&self, call: &ModuleCall) {
        let seen = (call.site.clone(), call.kind, call.module.clone());
        let new = {
            let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(seen)
        };
        if !new {
            return;
        }
        let kind = serde_json::to_value(call.kind).ok();
        let done = sqlx::query(
            "INSERT INTO site_modules (site, kind, module, first_seen_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (site, kind, module) DO NOTHING",
        )
        .bind(&call.site)
        .bind(kind.as_ref().and_then(Value::as_str).unwrap_or_default())
        .bind(&call.module)
        .bind(self.store.clock().now_ms())
        .execute(self.store.pool())
        .await;
        if let Err(error) = done {
            tracing::warn!(%error, module = call.module, "a module could not be remembered");
        }
    }
}

/// An action that a paying customer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Create,
    Register,
    Transfer,
    Renew,
}

impl Action {
    /// `None`: finished, somebody else's, not ours to repeat, or repeated often enough.
    fn of(entry: &QueueEntry, module: &str) -> Option<Self> {
        let ours = entry.module.as_deref() == Some(module);
        if entry.completed || !ours || entry.retries >= MOST_RETRIES {
            return None;
        }
        match (entry.subject_kind.as_deref(), entry.action.as_deref()) {
            (Some("service"), Some("CreateAccount")) => Some(Self::Create),
            (Some("domain"), Some("RegisterDomain")) => Some(Self::Register),
            (Some("domain"), Some("TransferDomain")) => Some(Self::Transfer),
            (Some("domain"), Some("RenewDomain")) => Some(Self::Renew),
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Retry {
    site: String,
    action: Action,
    id: i64,
}

struct Noticing {
    queue: Arc<ModuleQueue>,
    handler: Arc<dyn ModuleHandler>,
}

impl ModuleHandler for Noticing {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            self.queue.remember(&call).await;
            self.handler.call(call).await
        })
    }
}

/// Wharf's own words for what the journal goes on with.
const IN_PROGRESS: &str = " is in progress";
const RETRY: &str = "whmcs.retry";
const A_PAGE: i64 = 1_000;
const LOOK_EVERY: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const MOST_RETRIES: i64 = 8;
/// WHMCS waits for us while it runs the action, and has work of its own to do.
const PATIENCE: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, module: &str, action: &str, retries: i64, completed: bool) -> QueueEntry {
        QueueEntry {
            id: 1,
            subject_kind: Some(kind.to_owned()),
            subject: 7,
            module: Some(module.to_owned()),
            action: Some(action.to_owned()),
            last_error: None,
            retries,
            completed,
        }
    }

    #[test]
    fn only_what_a_customer_waits_for_is_repeated_and_not_for_ever() {
        let of = |entry: QueueEntry| Action::of(&entry, "wharf");
        assert_eq!(
            of(entry("service", "wharf", "CreateAccount", 0, false)),
            Some(Action::Create)
        );
        assert_eq!(
            of(entry("domain", "wharf", "RegisterDomain", 7, false)),
            Some(Action::Register)
        );
        assert_eq!(
            of(entry("domain", "wharf", "RegisterDomain", 8, false)),
            None
        );
        assert_eq!(
            of(entry("domain", "wharf", "TransferDomain", 0, false)),
            Some(Action::Transfer)
        );
        assert_eq!(
            of(entry("domain", "wharf", "RenewDomain", 0, false)),
            Some(Action::Renew)
        );
        assert_eq!(
            of(entry("service", "wharf", "CreateAccount", 0, true)),
            None
        );
        assert_eq!(
            of(entry("service", "cpanel", "CreateAccount", 0, false)),
            None
        );
        assert_eq!(
            of(entry("service", "wharf", "TerminateAccount", 0, false)),
            None
        );
    }
}
