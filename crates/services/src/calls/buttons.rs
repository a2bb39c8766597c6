//! The buttons of clients and staff. PHP needs a function for each, so they are numbered by their place in the
//! connector's file.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{act, internal, language, result, service_id};
use crate::language::{Action, Connector, Who};
use crate::services::Services;
use crate::tables::{ServiceRow, State, services as rows};
use crate::view;

/// `{"buttons": [{"label": …, "function": …}]}`.
pub(crate) async fn buttons(
    services: &Services,
    call: &ModuleCall,
    who: Who,
) -> Result<ModuleAnswer, CallError> {
    let mut buttons: Vec<Value> = Vec::new();
    let mut add = |label: &str, function: &str| {
        buttons.push(json!({ "label": label, "function": function }));
    };
    if let Some((row, connector)) = known(services, call).await? {
        if row.state == State::Active {
            for button in view::buttons(&connector, who, language(&call.params).code()) {
                add(&button.title, &button.function);
            }
        }
        if who == Who::Admin {
            let story = services.story(&row.id).await.map_err(internal)?;
            if story.is_some_and(|story| story.is_open()) {
                add("Settle now", "SettleService");
                add("Try again", "RetryService");
            }
        }
    }
    Ok(ModuleAnswer::new(json!({ "buttons": buttons })))
}

/// Runs the connector's button of that number (1 is the first).
pub(crate) async fn press(
    services: &Services,
    call: &ModuleCall,
    number: usize,
) -> Result<ModuleAnswer, CallError> {
    let Some((row, connector)) = known(services, call).await? else {
        return Ok(result("Wharf has not created this service"));
    };
    if row.state != State::Active {
        return Ok(result(format!("The service is {}.", row.state.as_str())));
    }
    let custom = number
        .checked_sub(1)
        .and_then(|at| connector.custom.get(at));
    match custom {
        Some(custom) => act(services, call, Action::Custom(custom.name.clone())).await,
        None => Ok(result(format!("{} has no such button", connector.title))),
    }
}

async fn known(
    services: &Services,
    call: &ModuleCall,
) -> Result<Option<(ServiceRow, Arc<Connector>)>, CallError> {
    // WHMCS may ask for the names of buttons without a service.
    if call.params.integer("serviceid").is_none() {
        return Ok(None);
    }
    let world = &services.world;
    let row = rows::by_id(&world.store, &service_id(call)?)
        .await
        .map_err(internal)?;
    Ok(row.and_then(|row| {
        let connector = world.suppliers.connector(&row.connector).ok()?;
        Some((row, connector))
    }))
}
