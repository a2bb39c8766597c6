//! TestConnection: the button of the server form.

use serde_json::json;
use wharf_core::Deadline;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use crate::connector::Connector;
use crate::server::Server;
use crate::services::Services;

/// `{"success": bool, "error": text}`, within the deadline of a page.
pub(crate) async fn test_connection(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let outcome = test(services, call).await;
    let (success, error) = match outcome {
        Ok(()) => (true, String::new()),
        Err(why) => (false, why),
    };
    let response = if success { "connected" } else { &error };
    let answer = ModuleAnswer::new(json!({ "success": success, "error": error }));
    answer.logged("TestConnection", response)
}

async fn test(services: &Services, call: &ModuleCall) -> Result<(), String> {
    let server = Server::read(&call.params)?;
    let connector = connector(services, call)?;
    let supplier = services.world.supplier_for_page(connector, &server);
    let deadline = Deadline::after(services.world.patience.page);
    match tokio::time::timeout_at(deadline.instant(), supplier.account()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(trouble)) => Err(trouble.text),
        Err(_) => Err(supplier.says("it did not answer in time")),
    }
}

/// A server does not know its products: with several connectors its user name tells which one it is.
fn connector<'a>(services: &'a Services, call: &ModuleCall) -> Result<&'a Connector, String> {
    let world = &services.world;
    if let Some(named) = call
        .params
        .text("serverusername")
        .and_then(|name| world.connectors.get(&name))
    {
        return Ok(named);
    }
    let mut all = world.connectors.values();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(format!(
            "several connectors are loaded: enter the one to test as the server's user name ({})",
            services.connectors().join(", ")
        )),
    }
}
