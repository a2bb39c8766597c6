//! Jobs that bring a domain to where it should be after a change, or because time passed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{ApplicationState, ConfirmedFor, RenewalMode, Talk};
use wharf_store::{JobFailure, NewJob, Outcome};

use crate::Domains;
use crate::account::Account;
use crate::effects::{
    AfterTransfer, Before, Change, HOLD, Register, Renew, Transfer, Wish, is_deleted, is_not_now,
};
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tables::applications;
use crate::tell_whmcs;
use crate::tell_whmcs::on;
use crate::tlds::OwnerChange;

/// After a renewal: the domain is read anew, nothing renews it unpaid, and it is on the net again.
pub(crate) fn renewed(site: &str, module: &str, name: &DomainName) -> NewJob {
    let payload = json!({ "site": site, "module": module, "name": name });
    NewJob::new(RENEWED, payload).once(format!("{RENEWED}/{site}/{module}/{name}"))
}

/// The rest of a term that began with fetching the domain back, once it is back.
pub(crate) fn rest(renew: &Renew) -> NewJob {
    NewJob::new(REST, json!({ "renew": renew }))
        .once(format!("{REST}/{}/{}", renew.site, renew.name))
        .after(Duration::from_secs(2))
}

/// As [`rest`], when the registrar has said that it is too early for it.
pub(crate) fn rest_again(renew: &Renew) -> NewJob {
    let key = format!("{REST}/{}/{}/{}", renew.site, renew.name, renew.too_early);
    NewJob::new(REST, json!({ "renew": renew }))
        .once(key)
        .after(Duration::from_secs(24 * 60 * 60))
}

/// One setting of a domain, to be made so by itself.
pub(crate) fn wish(site: &str, module: &str, name: &DomainName, wish: &Wish) -> NewJob {
    let payload = json!({ "site": site, "module": module, "name": name, "wish": wish });
    NewJob::new(WISH, payload).once(format!("{WISH}/{site}/{module}/{name}/{}", json!(wish)))
}

/// What a transfer does not bring, for a domain that has arrived: nameservers and contacts as ordered, the lock, no
/// renewal that is not paid for. By the settings, and by the order as the journal has it.
pub(crate) fn transferred(site: &str, module: &str, domain_id: i64, name: &DomainName) -> NewJob {
    let payload = json!({ "site": site, "module": module, "domain_id": domain_id, "name": name });
    NewJob::new(TRANSFERRED, payload).once(format!("{TRANSFERRED}/{site}/{domain_id}/{name}"))
}

/// Once a transfer was requested, or refused, its auth code is of no use any more.
pub(crate) fn forget_code(transfer: &Transfer) -> NewJob {
    NewJob::new(FORGET, json!({ "transfer": transfer }))
}

/// Follows an application until it is decided on, and tells WHMCS.
pub(crate) fn applied(register: &Register, application: &str) -> NewJob {
    let Register {
        site,
        module,
        domain_id,
        order,
        ..
    } = register;
    let payload = json!({
        "site": site, "module": module, "domain_id": domain_id, "name": order.name, "application": application,
    });
    NewJob::new(APPLIED, payload)
        .once(format!("{APPLIED}/{site}/{module}/{application}"))
        .after(Duration::from_secs(60))
}

pub(crate) fn register(domains: &Arc<Domains>) {
    on(domains, RENEWED, |world, payload| async move {
        world.after_renewal(&payload).await
    });
    on(domains, REST, |world, payload| async move {
        world.renew_rest(&payload).await
    });
    on(domains, WISH, |world, payload| async move {
        world.make_so(&payload).await
    });
    on(domains, APPLIED, |world, payload| async move {
        world.follow_application(&payload).await
    });
    on(domains, FORGET, |world, payload| async move {
        world.forget_code(&payload).await
    });
    on(domains, TRANSFERRED, |world, payload| async move {
        world.after_transfer(&payload).await
    });
}

impl Domains {
    async fn after_renewal(&self, payload: &Value) -> Result<(), JobFailure> {
        let (account, name) = self.subject_of(payload).await?;
        let found = self.reads.refresh(&account, &name).await;
        let Found::Ours(status) = found.map_err(|error| JobFailure::Later(error.to_string()))?
        else {
            return Ok(());
        };
        if matches!(
            status.renewal_mode,
            Some(RenewalMode::AutoRenew | RenewalMode::RenewOnce)
        ) {
            self.change(&account, &name, Wish::RenewalMode(RenewalMode::AutoExpire))
                .await?;
        }
        let today = self
            .store
            .clock()
            .now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let paid = status.expires.is_some_and(|expires| expires >= today);
        if account.settings().suspend_on_expiration && paid && status.has_status(HOLD) {
            self.change(&account, &name, Wish::Suspended(false)).await?;
        }
        Ok(())
    }

    async fn make_so(&self, payload: &Value) -> Result<(), JobFailure> {
        let (account, name) = self.subject_of(payload).await?;
        let wish = payload.get("wish").cloned().unwrap_or_default();
        let wish: Wish =
            serde_json::from_value(wish).map_err(|error| JobFailure::Never(error.to_string()))?;
        let talk = Talk::until(Deadline::after(PATIENCE));
        match reads::read(&account, &name, &talk).await {
            Ok(Found::Ours(status)) if wish.holds(&status) || is_deleted(&status) => Ok(()),
            Ok(Found::Ours(_)) => self.change(&account, &name, wish).await,
            Ok(Found::NotOurs | Found::Absent) => Ok(()),
            Err(error) => Err(JobFailure::Later(in_words(&error))),
        }
    }

    /// What the journal goes on with needs no job.
    async fn change(
        &self,
        account: &Account,
        name: &DomainName,
        wish: Wish,
    ) -> Result<(), JobFailure> {
        let revision = self.reads.revision(account, name).await;
        let change = Change {
            site: account.site.clone(),
            module: account.module.clone(),
            name: name.clone(),
            wish,
            revision: revision.map_err(|error| JobFailure::Later(error.to_string()))?,
        };
        let outcome = self
            .store
            .journal()
            .run(&change, Deadline::after(PATIENCE))
            .await;
        match outcome {
            Ok(Outcome::Refused(refusal)) if refusal.temporary => {
                Err(JobFailure::Later(refusal.reason))
            }
            Ok(Outcome::Refused(refusal)) => Err(JobFailure::Never(refusal.reason)),
            Ok(_) => Ok(()),
            Err(error) => Err(JobFailure::Later(error.to_string())),
        }
    }

    async fn renew_rest(&self, payload: &Value) -> Result<(), JobFailure> {
        let renew = payload.get("renew").cloned().unwrap_or_default();
        let renew: Renew =
            serde_json::from_value(renew).map_err(|error| JobFailure::Never(error.to_string()))?;
        let account = self.accounts.of(&renew.site, &renew.module).await;
        let account = account.map_err(|error| JobFailure::Later(error.to_string()))?;
        let talk = Talk::until(Deadline::after(PATIENCE));
        let before = match reads::read(&account, &renew.name, &talk).await {
            Ok(Found::Ours(status)) if !is_deleted(&status) => {
                let facts = self.tlds.of(&renew.name);
                renew
                    .is_time(self, &facts, &status)
                    .map_err(JobFailure::Waiting)?;
                Before::of(&Found::Ours(status))
            }
            Ok(Found::Ours(_) | Found::Absent) => {
                return Err(JobFailure::Waiting(format!(
                    "{} is not back yet",
                    renew.name
                )));
            }
            Ok(Found::NotOurs) => {
                let why = format!("{} is not in this account", renew.name);
                let told = self.later(tell_whmcs::rest_refused(&renew, &why)).await;
                return Err(match told {
                    Ok(()) => JobFailure::Never(why),
                    Err(error) => JobFailure::Later(error.to_string()),
                });
            }
            Err(error) => return Err(JobFailure::Waiting(in_words(&error))),
        };
        let wish = Renew { before, ..renew }.known(self).await;
        let wish = wish.map_err(|error| JobFailure::Later(error.to_string()))?;
        let outcome = self
            .store
            .journal()
            .run(&wish, Deadline::after(PATIENCE))
            .await;
        match outcome {
            // Ordered again on another day, by the effect itself.
            Ok(Outcome::Refused(refusal)) if is_not_now(&refusal) => Ok(()),
            Ok(Outcome::Refused(refusal)) => Err(JobFailure::Never(refusal.reason)),
            Ok(_) => Ok(()),
            Err(error) => Err(JobFailure::Later(error.to_string())),
        }
    }

    async fn after_transfer(&self, payload: &Value) -> Result<(), JobFailure> {
        let (account, name) = self.subject_of(payload).await?;
        let domain_id = payload.get("domain_id").and_then(Value::as_i64);
        let domain_id = domain_id.ok_or_else(|| JobFailure::Never("no domain id".to_owned()))?;
        let later = |error: crate::DomainsError| JobFailure::Later(error.to_string());
        let order = Transfer::newest(self, &account.site, domain_id, &name)
            .await
            .map_err(later)?;
        let order = order.map(|(order, _)| order);
        let (settings, facts) = (account.settings(), self.tlds.of(&name));
        let wish = AfterTransfer {
            site: account.site.clone(),
            module: account.module.clone(),
            domain_id,
            name,
            generation: order.as_ref().map_or(0, |order| order.generation),
            nameservers: order
                .as_ref()
                .filter(|_| settings.transfer_nameservers)
                .map(|order| order.nameservers.clone())
                .filter(|hosts| !hosts.is_empty()),
            contacts: order
                .as_ref()
                .filter(|_| settings.transfer_contacts && facts.thin)
                .map(|order| order.contacts.clone()),
            confirmed_for: match facts.owner_change {
                OwnerChange::IcannTrade => settings.designated_agent.confirms(),
                _ => ConfirmedFor::default(),
            },
            lock: settings.transfer_lock && facts.lock,
        };
        let outcome = self
            .store
            .journal()
            .run(&wish, Deadline::after(PATIENCE))
            .await;
        match outcome {
            Ok(Outcome::Refused(refusal)) => Err(JobFailure::Later(refusal.reason)),
            Ok(_) => Ok(()),
            Err(error) => Err(JobFailure::Later(error.to_string())),
        }
    }

    async fn forget_code(&self, payload: &Value) -> Result<(), JobFailure> {
        let transfer = payload.get("transfer").cloned().unwrap_or_default();
        let transfer: Transfer = serde_json::from_value(transfer)
            .map_err(|error| JobFailure::Never(error.to_string()))?;
        let forgotten = transfer.forget(self).await;
        forgotten.map_err(|error| JobFailure::Later(error.to_string()))
    }

    async fn follow_application(&self, payload: &Value) -> Result<(), JobFailure> {
        let (account, name) = self.subject_of(payload).await?;
        let application = payload.get("application").and_then(Value::as_str);
        let application =
            application.ok_or_else(|| JobFailure::Never("no application".to_owned()))?;
        let talk = Talk::until(Deadline::after(PATIENCE));
        let state = account.registrar.application(application, &talk).await;
        let refused = match state {
            Ok(ApplicationState::Pending) => {
                return Err(JobFailure::Waiting(format!(
                    "the application for {name} is not decided on yet"
                )));
            }
            Ok(ApplicationState::Successful) => None,
            Ok(ApplicationState::Failed { reason }) => Some(reason),
            Err(error) => return Err(JobFailure::Waiting(in_words(&error))),
        };
        let expires = match &refused {
            None => {
                let found = self.reads.refresh(&account, &name).await;
                match found.map_err(|error| JobFailure::Waiting(error.to_string()))? {
                    Found::Ours(status) => status.expires,
                    _ => {
                        return Err(JobFailure::Waiting(format!(
                            "{name} was granted, but is not in the account yet"
                        )));
                    }
                }
            }
            Some(_) => None,
        };
        self.tell_decided(payload, &name, expires, refused.as_deref())
            .await?;
        let pool = self.store.pool();
        let now = self.store.clock().now_ms();
        let granted = refused.is_none();
        let ended = applications::end(
            pool,
            &account.site,
            &account.module,
            application,
            granted,
            now,
        );
        ended
            .await
            .map_err(|error| JobFailure::Later(error.to_string()))
    }

    async fn subject_of(&self, payload: &Value) -> Result<(Account, DomainName), JobFailure> {
        let text = |field| {
            let value = payload.get(field).and_then(Value::as_str);
            value.unwrap_or_default()
        };
        let name = DomainName::parse(text("name"))
            .map_err(|error| JobFailure::Never(error.to_string()))?;
        let account = self.accounts.of(text("site"), text("module")).await;
        let account = account.map_err(|error| JobFailure::Later(error.to_string()))?;
        Ok((account, name))
    }
}

const RENEWED: &str = "domains.after_renewal";
const REST: &str = "domains.renew_rest";
const WISH: &str = "domains.wish";
const TRANSFERRED: &str = "domains.after_transfer";
const FORGET: &str = "domains.forget_code";
const APPLIED: &str = "domains.application";
const PATIENCE: Duration = Duration::from_secs(60);
