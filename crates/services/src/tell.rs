//! Bringing WHMCS up to date about what was done after WHMCS had stopped waiting.
//!
//! WHMCS is made to run the same action once more. The call comes back through the module and gets what is so, so
//! that WHMCS stores properties and states and sends its mails itself.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_core::ErrorClass;
use wharf_store::{JobFailure, NewJob, Store, StoreError};
use wharf_whmcs::api::ClientProduct;
use wharf_whmcs::{ApiError, WhmcsApi};

use crate::effects::Act;
use crate::language::Action;
use crate::tables::{ServiceId, State, services};
use crate::world::World;

pub(crate) const KIND: &str = "services.tell";
/// Of version 0.1.
pub(crate) const CREATED: &str = "services.tell_whmcs";
pub(crate) const CHANGED: &str = "services.tell_change";

/// What WHMCS is made to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verb {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    ChangePackage,
    Renew,
}

/// An action that was done.
#[derive(Serialize, Deserialize)]
struct Told {
    #[serde(flatten)]
    id: ServiceId,
    verb: Verb,
    /// What the service's count of changes was after it; none where nobody knows.
    #[serde(default)]
    standing: Option<(i64, i64)>,
    reason: String,
}

/// At once where nobody waited for the answer; else later, as a check that it arrived. None for what WHMCS keeps
/// no state of.
pub(crate) fn job(act: &Act, awaited: bool) -> Option<NewJob> {
    let verb = verb(&act.action)?;
    // Run once more it is done: for WHMCS's queue, which has it as failed. Renewing once more renews: staff is told.
    if matches!(verb, Verb::ChangePackage | Verb::Renew) && awaited {
        return None;
    }
    let order = &act.order;
    let after = match verb {
        Verb::Create => act.cycle,
        _ => act.cycle + 1,
    };
    let told = Told {
        id: order.id.clone(),
        verb,
        standing: Some((order.generation, after)),
        reason: reason(act).to_owned(),
    };
    let key = format!("tell/{}/{after}/{}", order.path(), act.action);
    let delay = if awaited {
        Duration::from_millis(act.check_after)
    } else {
        Duration::ZERO
    };
    Some(NewJob::new(KIND, json!(told)).once(key).after(delay))
}

/// Why a service is suspended.
pub(crate) fn reason(act: &Act) -> &str {
    let reason = act.order.facts.get("reason");
    reason.and_then(Value::as_str).unwrap_or_default()
}

/// What WHMCS runs for an action; none for what it keeps no state of.
pub(crate) fn verb(action: &Action) -> Option<Verb> {
    match action {
        Action::Create => Some(Verb::Create),
        Action::Suspend => Some(Verb::Suspend),
        Action::Unsuspend => Some(Verb::Unsuspend),
        Action::Terminate => Some(Verb::Terminate),
        Action::ChangePackage => Some(Verb::ChangePackage),
        Action::Renew => Some(Verb::Renew),
        _ => None,
    }
}

/// Has WHMCS run an action that a person decided about, or that an earlier version of Wharf had begun.
pub(crate) fn again(id: &ServiceId, verb: Verb, reason: &str) -> NewJob {
    let told = Told {
        id: id.clone(),
        verb,
        standing: None,
        reason: reason.to_owned(),
    };
    NewJob::new(KIND, json!(told)).once(again_key(id))
}

/// Whether WHMCS is being told what a person decided.
pub(crate) async fn is_telling(store: &Store, id: &ServiceId) -> Result<bool, StoreError> {
    store.jobs().is_open(&again_key(id)).await
}

fn again_key(id: &ServiceId) -> String {
    format!("tell-again/{}/{}", id.site, id.service)
}

pub(crate) async fn tell(world: Arc<World>, payload: Value) -> Result<(), JobFailure> {
    let told: Told = read(payload)?;
    let known = services::by_id(&world.store, &told.id).await;
    let known = known.map_err(|error| JobFailure::Waiting(error.to_string()))?;
    // Another change came after it: that one tells.
    if told.standing.is_some_and(|standing| {
        known
            .as_ref()
            .is_none_or(|row| (row.generation, row.cycle) != standing)
    }) {
        return Ok(());
    }
    if told.verb == Verb::Renew {
        let Some((generation, cycle)) = told.standing else {
            return Ok(());
        };
        let noted = services::failed(&world.store, &told.id, generation, cycle, false, RENEWED);
        return noted
            .await
            .map_err(|error| JobFailure::Waiting(error.to_string()));
    }
    let (service, api) = (told.id.service, api(&world, &told.id).await?);
    let status = product(&api, &told.id).await?.status.to_ascii_lowercase();
    let done = match (told.verb, status.as_str()) {
        // Active already, or cancelled by staff: nothing to tell.
        (Verb::Create, "pending") => api.module_create(service).await,
        (Verb::Suspend, "active") => api.module_suspend(service, &told.reason).await,
        (Verb::Unsuspend, "suspended") => api.module_unsuspend(service).await,
        (Verb::Terminate, "active" | "suspended") => api.module_terminate(service).await,
        (Verb::ChangePackage, "active" | "suspended") => api.module_change_package(service).await,
        _ => Ok(()),
    };
    done.map_err(failure)
}

/// A job that version 0.1 left: as far as our own record says that it was done.
pub(crate) async fn tell_before(world: Arc<World>, payload: Value) -> Result<(), JobFailure> {
    let id: ServiceId = read(payload.clone())?;
    let row = services::by_id(&world.store, &id).await;
    let Ok(Some(row)) = row else { return Ok(()) };
    let verb = match row.state {
        State::New => return Ok(()),
        State::Active if payload.get("verb").is_none() => Verb::Create,
        State::Active => Verb::Unsuspend,
        State::Suspended => Verb::Suspend,
        State::Terminated => Verb::Terminate,
    };
    let told = Told {
        id,
        verb,
        standing: None,
        reason: payload
            .get("reason")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    };
    tell(world, json!(told)).await
}

async fn api(world: &World, id: &ServiceId) -> Result<WhmcsApi, JobFailure> {
    match world.sites.api(&id.site).await {
        Ok(Some(api)) => Ok(api.within(world.patience.change + MARGIN)),
        Ok(None) => Err(JobFailure::Never(format!(
            "the site \"{}\" is not set up",
            id.site
        ))),
        Err(error) if error.class() == ErrorClass::Temporary => {
            Err(JobFailure::Waiting(error.to_string()))
        }
        Err(error) => Err(JobFailure::Never(error.to_string())),
    }
}

async fn product(api: &WhmcsApi, id: &ServiceId) -> Result<ClientProduct, JobFailure> {
    let product = api.client_product(id.service).await.map_err(failure)?;
    product.ok_or_else(|| JobFailure::Never(format!("WHMCS has no service {}", id.service)))
}

fn read<T: for<'a> Deserialize<'a>>(payload: Value) -> Result<T, JobFailure> {
    serde_json::from_value(payload).map_err(|error| JobFailure::Never(error.to_string()))
}

/// A WHMCS that is away, or does not let us in, is waited for.
fn failure(error: ApiError) -> JobFailure {
    match error.class() {
        ErrorClass::Refused if !error.is_about_access() => JobFailure::Later(error.in_words()),
        _ => JobFailure::Waiting(error.in_words()),
    }
}

/// The trouble of a service that was renewed without WHMCS's knowing.
pub(crate) const RENEWED: &str = "renew: it was renewed after WHMCS had stopped waiting; renewed once more for the same term it would be paid twice";
/// WHMCS waits for us, and has work of its own to do.
const MARGIN: Duration = Duration::from_secs(10);
