//! What staff decides about an action that is not done: settle now, try again, mark as done.

use serde_json::json;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, result, service_id};
use crate::front::ReviewError;
use crate::services::Services;

/// Asks now whether what is open happened.
pub(crate) async fn settle(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    said(services.settle_now(&service_id(call)?).await).map(button)
}

/// Runs the last action once more.
pub(crate) async fn retry(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    said(services.try_again(&service_id(call)?).await).map(button)
}

/// What staff entered in the fields of ours: `posted` with `do` and `reason`. WHMCS shows no answer to it, so it
/// becomes a line of the activity log.
pub(crate) async fn save(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let id = service_id(call)?;
    let posted = call.params.map("posted");
    let line = match posted.text("do").as_deref() {
        Some("settle") => said(services.settle_now(&id).await)?,
        Some("retry") => said(services.try_again(&id).await)?,
        Some("done") => {
            let reason = posted.text("reason").unwrap_or_default();
            let by = format!(
                "admin {} of WHMCS",
                call.params.integer("admin").unwrap_or(0)
            );
            let marked = services.mark_done(&id, &reason, &by).await;
            said(marked.map(|()| format!("{by} marked it as done: {reason}")))?
        }
        _ => return Ok(ModuleAnswer::new(json!({}))),
    };
    let line = format!("Wharf, service {}: {line}", id.service);
    Ok(ModuleAnswer::new(json!({})).with_activity(line))
}

/// How it stands, or why nothing was done; only trouble of our own is an error.
fn said(ended: Result<String, ReviewError>) -> Result<String, CallError> {
    match ended {
        Ok(words) => Ok(words),
        Err(ReviewError::Store(error)) => Err(internal(error)),
        Err(why) => Ok(why.to_string()),
    }
}

fn button(words: String) -> ModuleAnswer {
    match words.as_str() {
        "done" => result("success"),
        _ => result(words),
    }
}
