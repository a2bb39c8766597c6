//! Jobs that follow a change: reading the domain anew, and making sure that WHMCS knows what happened.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_core::{DomainName, ErrorClass};
use wharf_registrar::DomainStatus;
use wharf_store::{Effect as _, JobFailure, NewJob, StoreError};
use wharf_whmcs::{ApiError, ClientDomain, WhmcsApi};

use crate::Domains;
use crate::account::Account;
use crate::effects::{Renew, Transfer};
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
    told(
        json!({ "site": site, "domain_id": domain_id, "name": name, "what": What::Registered }),
        &format!("{site}/{domain_id}/{name}"),
        awaited,
    )
}

/// As [`registered`], of a transfer that was requested.
pub(crate) fn transferred(transfer: &Transfer, awaited: bool) -> NewJob {
    told(
        json!({
            "site": transfer.site, "domain_id": transfer.domain_id, "name": transfer.name, "what": What::Transferred,
        }),
        &transfer.key(),
        awaited,
    )
}

/// Sees to it that WHMCS knows of a renewal that nobody waited for. Without an expiry in WHMCS's books it cannot be
/// told whether it knows: its next synchronisation brings the new one.
pub(crate) fn renewed(renew: &Renew) -> NewJob {
    told(
        json!({
            "site": renew.site, "domain_id": renew.domain_id, "name": renew.name,
            "what": What::Renewed { known: renew.known, years: renew.years },
        }),
        &renew.key(),
        false,
    )
}

/// Has it in WHMCS's activity log that the rest of a term does not follow, although WHMCS's books have it.
pub(crate) fn rest_refused(renew: &Renew, why: &str) -> NewJob {
    let line = format!(
        "{} was fetched back from redemption, but the remaining {} year(s) of its renewal did not come about: {} Renew it by \
         hand when that is possible, or put its expiry in WHMCS right.",
        renew.name,
        renew.years,
        if why.ends_with('.') {
            why.to_owned()
        } else {
            format!("{why}.")
        }
    );
    NewJob::new(
        LINE,
        json!({ "site": renew.site, "domain_id": renew.domain_id, "line": line }),
    )
    .once(format!("{LINE}/{}", renew.key()))
}

/// Has it in WHMCS's activity log that the rest of a term comes later.
pub(crate) fn rest_waits(renew: &Renew) -> NewJob {
    let line = format!(
        "{} was fetched back from redemption. It is too early for the remaining {} year(s) of its renewal; Wharf orders them \
         each day until the registrar takes them.",
        renew.name, renew.years
    );
    NewJob::new(
        LINE,
        json!({ "site": renew.site, "domain_id": renew.domain_id, "line": line }),
    )
    .once(format!("{LINE}/{}/waits", renew.key()))
}

/// Whether WHMCS is still to be told of a renewal that nobody waited for.
pub(crate) async fn is_untold(domains: &Domains, key: &str) -> Result<bool, StoreError> {
    domains
        .store
        .jobs()
        .is_open(&format!("domains.tell/{key}"))
        .await
}

fn told(payload: Value, key: &str, awaited: bool) -> NewJob {
    let job = NewJob::new(TELL, payload);
    if awaited {
        job.once(format!("domains.check_told/{key}")).after(CHECK)
    } else {
        job.once(format!("domains.tell/{key}"))
    }
}

/// What WHMCS is to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    #[default]
    Registered,
    Transferred,
    Renewed {
        known: Option<Date>,
        years: i64,
    },
}

impl What {
    /// Whether WHMCS's books are as before: it has not learnt of it.
    fn is_news(&self, domain: &ClientDomain) -> bool {
        match self {
            Self::Registered => {
                matches!(domain.status.as_str(), "Pending" | "Pending Registration")
            }
            // A transfer under way is "Pending Transfer": what is still "Pending" has not been asked for.
            Self::Transferred => domain.status == "Pending",
            Self::Renewed { known, .. } => known.is_some() && domain.expires == *known,
        }
    }

    /// What WHMCS then asks comes back to us, and gets the recorded outcome.
    async fn tell(&self, api: &WhmcsApi, id: i64) -> Result<(), ApiError> {
        match self {
            Self::Registered => api.domain_register(id).await,
            Self::Transferred => api.domain_transfer(id).await,
            Self::Renewed { years, .. } => api.domain_renew(id, Some(*years)).await,
        }
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

/// Makes a job of this room known; it does not keep the room alive.
pub(crate) fn on<F, H>(domains: &Arc<Domains>, kind: &'static str, work: F)
where
    F: Fn(Arc<Domains>, Value) -> H + Clone + Send + Sync + 'static,
    H: Future<Output = Result<(), JobFailure>> + Send + 'static,
{
    let world = Arc::downgrade(domains);
    domains.store.jobs().register(kind, move |payload| {
        let (world, work) = (world.upgrade(), work.clone());
        async move {
            match world {
                Some(world) => work(world, payload).await,
                None => Ok(()),
            }
        }
    });
}

pub(crate) fn register(domains: &Arc<Domains>) {
    on(domains, REFRESH, |world, payload| async move {
        world.read_again(&payload).await;
        Ok(())
    });
    on(domains, ID_PROTECTION, |world, payload| async move {
        world.book_id_protection(&payload).await
    });
    on(domains, LINE, |world, payload| async move {
        world.write_line(&payload).await
    });
    on(domains, TELL, |world, payload| async move {
        world.tell(&payload).await
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

    /// What became of an application: the domain is active, or cancelled with the reason in the activity log.
    pub(crate) async fn tell_decided(
        &self,
        payload: &Value,
        name: &DomainName,
        expires: Option<Date>,
        refused: Option<&str>,
    ) -> Result<(), JobFailure> {
        let Some((api, id)) = self.books(payload).await? else {
            return Ok(());
        };
        let Some(domain) = api.client_domain(id).await.map_err(failed)? else {
            return Ok(());
        };
        if !domain.status.starts_with("Pending") {
            return Ok(());
        }
        let line = match refused {
            None => {
                api.activate_domain(id, expires).await.map_err(failed)?;
                format!("{name} is registered: the application was granted")
            }
            Some(reason) => {
                api.cancel_domain(id).await.map_err(failed)?;
                format!("{name} is not registered: the application was refused ({reason})")
            }
        };
        // The books are right; a line that cannot be written changes nothing about that.
        if let Err(error) = api.log_activity(&line).await {
            tracing::info!(%error, line, "WHMCS's activity log was not written");
        }
        Ok(())
    }

    async fn write_line(&self, payload: &Value) -> Result<(), JobFailure> {
        let line = payload.get("line").and_then(Value::as_str);
        let line = line.unwrap_or_default();
        // It stays in sight in Wharf's own log, where WHMCS's API is not set up.
        tracing::warn!(line, "for WHMCS's activity log");
        match self.books(payload).await? {
            Some((api, _)) => api.log_activity(line).await.map_err(failed),
            None => Ok(()),
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

    /// WHMCS has no call that takes a registration or a renewal as done, but asking for it again comes back to us, and
    /// gets the recorded outcome.
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
        let what = payload.get("what").cloned().unwrap_or_default();
        let what: What = serde_json::from_value(what).unwrap_or_default();
        let same = DomainName::parse(&domain.name).is_ok_and(|known| known.as_str() == name);
        if !same || !what.is_news(&domain) {
            return Ok(());
        }
        tracing::info!(
            domain = name,
            ?what,
            "WHMCS has not learnt of this; telling it"
        );
        what.tell(&api, id).await.map_err(failed)
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
const LINE: &str = "domains.activity_line";
const TELL: &str = "domains.tell_whmcs";
/// When it is checked that WHMCS got an answer for which it waited.
const CHECK: Duration = Duration::from_secs(120);
