//! SuspendAccount, UnsuspendAccount, TerminateAccount.

use wharf_core::Deadline;
use wharf_store::Outcome;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, not_done, result};
use crate::effects::{Change, Verb};
use crate::server::Server;
use crate::services::Services;
use crate::tables::{self, ServiceId};

pub(crate) async fn change(
    services: &Services,
    call: &ModuleCall,
    verb: Verb,
) -> Result<ModuleAnswer, CallError> {
    let world = &services.world;
    let deadline = Deadline::after(world.patience.change);
    let service = call.params.required_integer("serviceid")?;
    let id = ServiceId {
        site: call.site.clone(),
        service,
    };
    let Some(row) = tables::by_id(&world.store, &id).await.map_err(internal)? else {
        return Ok(result(format!(
            "Wharf has not created service {service}, so it can change nothing at the supplier. Run Create first, or do it at the supplier."
        )));
    };
    // New settings of the server (a changed token) are taken up; without any, the last known ones are used.
    if let Ok(server) = Server::read(&call.params)
        && server.id == row.server
    {
        server
            .keep(&world.store, &id.site)
            .await
            .map_err(internal)?;
    }
    let request = format!(
        "{} service {service}: {} for {}",
        verb.as_str(),
        row.connector,
        row.domain
    );
    let effect = Change {
        verb,
        id,
        generation: row.generation,
        cycle: row.cycle,
        reason: call.params.text("suspendreason").unwrap_or_default(),
        again: row.state == verb.state(),
        check_after: u64::try_from(world.patience.check.as_millis()).unwrap_or(u64::MAX),
    };
    let outcome = world
        .store
        .journal()
        .run(&effect, deadline)
        .await
        .map_err(internal)?;
    Ok(match outcome {
        Outcome::Done(state) => result("success").logged(request, state),
        other => {
            let why = not_done(&other);
            result(&why).logged(request, why)
        }
    })
}
