//! Bringing WHMCS up to date about a service that was created after WHMCS had stopped waiting.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use wharf_core::ErrorClass;
use wharf_store::JobFailure;
use wharf_whmcs::ApiError;

use crate::world::World;

pub(crate) const JOB: &str = "services.tell_whmcs";

#[derive(Deserialize)]
struct Told {
    site: String,
    service: i64,
}

/// Has WHMCS run its Create if it still has the service as pending. The call comes back through the module and
/// gets the recorded outcome, so that WHMCS stores the properties and sends its welcome mail itself.
pub(crate) async fn tell(world: Arc<World>, payload: Value) -> Result<(), JobFailure> {
    let told: Told =
        serde_json::from_value(payload).map_err(|error| JobFailure::Never(error.to_string()))?;
    let api = match world.sites.api(&told.site).await {
        Ok(Some(api)) => api.within(world.patience.change + MARGIN),
        Ok(None) => {
            return Err(JobFailure::Never(format!(
                "the site \"{}\" is not set up",
                told.site
            )));
        }
        Err(error) if error.class() == ErrorClass::Temporary => {
            return Err(JobFailure::Later(error.to_string()));
        }
        Err(error) => return Err(JobFailure::Never(error.to_string())),
    };
    let product = api.client_product(told.service).await.map_err(later)?;
    match product {
        Some(product) if product.status.eq_ignore_ascii_case("pending") => {
            api.module_create(told.service).await.map_err(later)
        }
        // Active already, or cancelled by staff: nothing to tell.
        Some(_) => Ok(()),
        None => Err(JobFailure::Never(format!(
            "WHMCS has no service {}",
            told.service
        ))),
    }
}

fn later(error: ApiError) -> JobFailure {
    JobFailure::Later(error.in_words())
}

/// WHMCS waits for us, and has work of its own to do.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(10);
