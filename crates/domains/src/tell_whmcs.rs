//! Jobs that follow a change: reading the domain anew, and making sure that WHMCS knows what happened.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::{DomainName, ErrorClass};
use wharf_registrar::DomainStatus;
use wharf_store::{JobFailure, NewJob};
use wharf_whmcs::{ApiError, WhmcsApi};

use crate::Domains;
use crate::account::Account;
use crate::reads::Found;

/// Reads a domain after a change, so that the next page finds it.
pub(crate) fn refresh(site: &str, module: &str, name: &DomainName) -> NewJob {
    NewJob::new(
        REFRESH,
        json!({ "site": site, "module": module, "name": name }),
    )
}

/// Sees to it that WHMCS knows of a registration: at once when nobody waited for the answer, else a while later
/// as a check that the answer arrived.
pub(crate) fn registered(site: &str, domain_id: i64, name: &DomainName, awaited: bool) -> NewJob {
    let job = NewJob::new(
        TELL,
        json!({ "site": site, "domain_id": domain_id, "name": name }),
    );
    if awaited {
        job.once(format!("domains.check_told/{site}/{domain_id}/{name}"))
            .after(CHECK)
    } else {
        job.once(format!("domains.tell/{site}/{domain_id}/{name}"))
    }
}

/// Puts WHMCS's books right: whether a domain has ID protection, with the price that goes with it.
pub(crate) fn id_protection(
    account: &Account,
    domain_id: i64,
    name: &DomainName,
    booked: bool,
) -> NewJob {
    let (site, module) = (&account.site, &account.module);
    NewJob::new(
        ID_PROTECTION,
        json!({
            "site": site, "module": module, "domain_id": domain_id, "name": name, "booked": booked,
        }),
    )
    .once(format!("{ID_PROTECTION}/{site}/{domain_id}"))
}

pub(crate) fn register(domains: &Arc<Domains>) {
    let jobs = domains.store.jobs();
    let world = Arc::downgrade(domains);
    jobs.register(REFRESH, move |payload| {
        let world = world.clone();
        async move {
            let Some(world) = world.upgrade() else {
                return Ok(());
            };
            world.read_again(&payload).await;
            Ok(())
        }
    });
    let world = Arc::downgrade(domains);
    jobs.register(ID_PROTECTION, move |payload| {
        let world = world.clone();
        async move {
            match world.upgrade() {
                Some(world) => world.book_id_protection(&payload).await,
                None => Ok(()),
            }
        }
    });
    let world = Arc::downgrade(domains);
    jobs.register(TELL, move |payload| {
        let world = world.clone();
        async move {
            match world.upgrade() {
                Some(world) => world.tell(&payload).await,
                None => Ok(()),
            }
        }
    });
}

impl Domains {
    /// Without a result it stays with "nothing is known", and the next page asks by itself.
    async fn read_again(&self, payload: &Value) {
        let text = |field| {
            payload
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let Ok(name) = DomainName::parse(text("name")) else {
            return;
        };
        let Ok(account) = self.accounts.of(text("site"), text("module")).await else {
            return;
        };
        if let Err(error) = self.reads.refresh(&account, &name).await {
            tracing::info!(%error, domain = %name, "the domain could not be read after its change");
        }
    }

    async fn book_id_protection(&self, payload: &Value) -> Result<(), JobFailure> {
        let text = |field| payload.get(field).and_then(Value::as_str);
        let (Some((api, id)), Some(booked), Some(name)) = (
            self.books(payload).await?,
            payload.get("booked").and_then(Value::as_bool),
            text("name").and_then(|name| DomainName::parse(name).ok()),
        ) else {
            return Ok(());
        };
        let module = text("module").unwrap_or_default();
        let account = self.accounts.of(text("site").unwrap_or_default(), module);
        let account = account
            .await
            .map_err(|error| JobFailure::Later(error.to_string()))?;
        // The list is not as certain of it as the domain itself.
        let found = self.reads.refresh(&account, &name).await;
        let found = found.map_err(|error| JobFailure::Later(error.to_string()))?;
        let Found::Ours(DomainStatus {
            id_protection: Some(on),
            ..
        }) = found
        else {
            return Ok(());
        };
        if on == booked {
            return Ok(());
        }
        tracing::info!(
            domain = %name,
            on,
            "putting WHMCS's books right: ID protection"
        );
        api.set_id_protection(id, on).await.map_err(failed)
    }

    /// WHMCS has no call that takes a registration as done, but registering again comes back to us, and gets
    /// the recorded outcome.
    async fn tell(&self, payload: &Value) -> Result<(), JobFailure> {
        let Some((api, id)) = self.books(payload).await? else {
            return Ok(());
        };
        let Some(domain) = api.client_domain(id).await.map_err(failed)? else {
            return Ok(());
        };
        let name = payload
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let same = DomainName::parse(&domain.name).is_ok_and(|known| known.as_str() == name);
        if !same || !matches!(domain.status.as_str(), "Pending" | "Pending Registration") {
            return Ok(());
        }
        tracing::info!(
            domain = name,
            "WHMCS has not learnt of the registration; telling it"
        );
        api.domain_register(id).await.map_err(failed)
    }

    /// WHMCS's API and the domain's id there; `None` without access to WHMCS: then its own next call or a click
    /// brings it up to date.
    async fn books(&self, payload: &Value) -> Result<Option<(WhmcsApi, i64)>, JobFailure> {
        let site = payload
            .get("site")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some(id) = payload.get("domain_id").and_then(Value::as_i64) else {
            return Err(JobFailure::Never("no domain id".to_owned()));
        };
        let api = self.sites.api(site).await;
        let api = api.map_err(|error| match error.class() {
            ErrorClass::Temporary => JobFailure::Waiting(error.to_string()),
            _ => JobFailure::Never(error.to_string()),
        })?;
        Ok(api.map(|api| (api, id)))
    }
}

fn failed(error: ApiError) -> JobFailure {
    match error.class() {
        ErrorClass::Refused if !error.is_about_access() => JobFailure::Never(error.in_words()),
        // A WHMCS that is away, or does not let us in, is waited for.
        _ => JobFailure::Waiting(error.in_words()),
    }
}

const REFRESH: &str = "domains.refresh";
const ID_PROTECTION: &str = "domains.book_id_protection";
const TELL: &str = "domains.tell_whmcs";
/// When it is checked that WHMCS got an answer for which it waited.
const CHECK: Duration = Duration::from_secs(120);
