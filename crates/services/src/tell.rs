//! Bringing WHMCS up to date about what was done after WHMCS had stopped waiting.
//!
//! WHMCS is made to run the same action once more. The call comes back through the module and gets what is so, so
//! that WHMCS stores properties and states and sends its mails itself.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_core::ErrorClass;
use wharf_store::{JobFailure, NewJob};
use wharf_whmcs::api::ClientProduct;
use wharf_whmcs::{ApiError, WhmcsApi};

use crate::effects::{Change, Order, Verb};
use crate::tables::{self, ServiceId};
use crate::world::World;

pub(crate) const CREATED: &str = "services.tell_whmcs";
pub(crate) const CHANGED: &str = "services.tell_change";

/// At once where nobody waited for the answer; else later, as a check that it arrived.
pub(crate) fn created(order: &Order, check_after: u64, awaited: bool) -> NewJob {
    NewJob::new(CREATED, json!(order.id))
        .once(format!("tell/{}", order.path()))
        .after(delay(check_after, awaited))
}

/// As [`created`].
pub(crate) fn changed(change: &Change, awaited: bool) -> NewJob {
    let told = Changed {
        id: change.id.clone(),
        verb: change.verb,
        generation: change.generation,
        cycle: change.cycle + 1,
        reason: change.reason.clone(),
    };
    let ServiceId { site, service } = &told.id;
    let key = format!(
        "tell-change/{site}/{service}/{}/{}",
        told.generation, told.cycle
    );
    NewJob::new(CHANGED, json!(told))
        .once(key)
        .after(delay(change.check_after, awaited))
}

/// A change that was done.
#[derive(Serialize, Deserialize)]
struct Changed {
    #[serde(flatten)]
    id: ServiceId,
    verb: Verb,
    generation: i64,
    /// What the service's count of changes was after it.
    cycle: i64,
    reason: String,
}

pub(crate) async fn tell_created(world: Arc<World>, payload: Value) -> Result<(), JobFailure> {
    let id: ServiceId = read(payload)?;
    let api = api(&world, &id).await?;
    match product(&api, &id).await? {
        product if product.status.eq_ignore_ascii_case("pending") => {
            api.module_create(id.service).await.map_err(failure)
        }
        // Active already, or cancelled by staff: nothing to tell.
        _ => Ok(()),
    }
}

pub(crate) async fn tell_changed(world: Arc<World>, payload: Value) -> Result<(), JobFailure> {
    let told: Changed = read(payload)?;
    let known = tables::by_id(&world.store, &told.id).await;
    let known = known.map_err(|error| JobFailure::Waiting(error.to_string()))?;
    // Another change came after it: that one tells.
    if known.is_none_or(|row| (row.generation, row.cycle) != (told.generation, told.cycle)) {
        return Ok(());
    }
    let (service, api) = (told.id.service, api(&world, &told.id).await?);
    let status = product(&api, &told.id).await?.status.to_ascii_lowercase();
    let done = match (told.verb, status.as_str()) {
        (Verb::Suspend, "active") => api.module_suspend(service, &told.reason).await,
        (Verb::Unsuspend, "suspended") => api.module_unsuspend(service).await,
        (Verb::Terminate, "active" | "suspended") => api.module_terminate(service).await,
        _ => Ok(()),
    };
    done.map_err(failure)
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

fn delay(check_after: u64, awaited: bool) -> Duration {
    if awaited {
        Duration::from_millis(check_after)
    } else {
        Duration::ZERO
    }
}

/// WHMCS waits for us, and has work of its own to do.
const MARGIN: Duration = Duration::from_secs(10);
