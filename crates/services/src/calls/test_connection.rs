//! TestConnection: the button of the server form.

use std::sync::Arc;

use serde_json::json;
use wharf_core::Deadline;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use crate::language::{Action, Connector};
use crate::server::Server;
use crate::services::Services;
use crate::supplier::{Log, Stepped, Supplier};
use crate::tables::servers;
use crate::world::Suppliers;

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
    let connector = of_server(services, &call.site, &server).await?;
    let supplier = services.world.supplier_for_page(connector, &server)?;
    let deadline = Deadline::after(services.world.patience.page);
    let log = Log::of("test");
    let asked = connects(&services.world.suppliers, &supplier, &log);
    match tokio::time::timeout_at(deadline.instant(), asked).await {
        Ok(outcome) => outcome,
        Err(_) => Err(supplier.says("it did not answer in time")),
    }
}

/// The connector's test, else a look at our account.
pub(crate) async fn connects(
    suppliers: &Suppliers,
    supplier: &Supplier,
    log: &Log,
) -> Result<(), String> {
    let steps = supplier.connector.steps(&Action::Test);
    for step in steps {
        let scene = suppliers
            .server_scene(supplier, &step.used(), log)
            .await
            .map_err(|trouble| trouble.text)?;
        match supplier.step(&Action::Test, step, &scene, log).await {
            Stepped::Done { .. } | Stepped::Pending { .. } => {}
            Stepped::Gone(why) | Stepped::Unknown(why) => return Err(why),
            Stepped::Refused(trouble) => return Err(trouble.text),
        }
    }
    if !steps.is_empty() {
        return Ok(());
    }
    let Some(account) = &supplier.connector.account else {
        return Err(supplier.says("its connector has neither a test nor an account to read"));
    };
    let scene = suppliers
        .server_scene(supplier, &crate::language::Used::new(), log)
        .await
        .map_err(|trouble| trouble.text)?;
    match supplier.read(account, "account", &scene, log).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(supplier.says("it does not know this account")),
        Err(trouble) => Err(trouble.text),
    }
}

/// A server does not know its products: its user name tells which connector it is for, or the services that were
/// made there, or there is only one.
pub(crate) async fn of_server(
    services: &Services,
    site: &str,
    server: &Server,
) -> Result<Arc<Connector>, String> {
    let world = &services.world;
    let all = world.suppliers.shelf.all();
    let named = server.username.split(':').next().unwrap_or_default();
    if let Some(connector) = all.get(named) {
        return Ok(connector.clone());
    }
    let known = servers::by_id(&world.store, site, server.id)
        .await
        .map_err(|error| error.to_string())?;
    if let Some(connector) = known.and_then(|known| all.get(&known.connector).cloned()) {
        return Ok(connector);
    }
    let mut each = all.values();
    match (each.next(), each.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(format!(
            "several connectors are loaded: enter the one of this server as its user name ({}), or as \"NAME:USER\" where the supplier wants a user name",
            services.connectors().join(", ")
        )),
    }
}
