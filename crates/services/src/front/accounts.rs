//! All services of a server as the supplier lists them, for WHMCS's server sync.

use serde::Serialize;
use wharf_whmcs::call::ModuleCall;

use super::value;
use crate::calls;
use crate::server::Server;
use crate::services::Services;
use crate::supplier::Log;
use crate::tables::{State, services as rows};

/// A service as the supplier lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedAccount {
    pub reference: String,
    pub domain: String,
    pub username: Option<String>,
    pub email: Option<String>,
    pub plan: Option<String>,
    pub ip: Option<String>,
    /// As the supplier writes it.
    pub created: Option<String>,
    /// What the supplier's word for its state means; none for a word that the connector does not name.
    pub state: Option<State>,
    /// WHMCS's number, where it is one of Wharf's.
    pub service: Option<i64>,
}

impl Services {
    /// In a bounded number of calls: the list's pages.
    pub async fn accounts(&self, call: &ModuleCall) -> Result<Vec<ListedAccount>, String> {
        let world = &self.world;
        let server = Server::read(&call.params)?;
        server
            .keep(&world.store, &call.site)
            .await
            .map_err(|error| error.to_string())?;
        let connector = calls::of_server(self, &call.site, &server).await?;
        let supplier = world
            .supplier(&call.site, server.id, &connector.name)
            .await
            .map_err(|refusal| refusal.reason)?;
        let accounts = connector
            .accounts
            .as_ref()
            .ok_or_else(|| supplier.says("its connector cannot list services"))?;
        let ours = rows::of_server(&world.store, &call.site, server.id)
            .await
            .map_err(|error| error.to_string())?;
        let known: std::collections::HashMap<_, _> = ours
            .iter()
            .filter_map(|row| Some((row.reference.as_deref()?, row.id.service)))
            .collect();
        let log = Log::of("accounts");
        let used = accounts.list.request.used();
        let scene = world
            .suppliers
            .server_scene(&supplier, &used, &log)
            .await
            .map_err(|trouble| trouble.text)?;
        let items = supplier
            .list(&accounts.list, "accounts", &scene, &log)
            .await
            .map_err(|trouble| trouble.text)?;
        items
            .into_iter()
            .map(|item| {
                let scene = scene.with("item", item);
                let reference = accounts.reference.render(&scene.context)?;
                let status = value(accounts.status.as_ref(), &scene);
                Ok(ListedAccount {
                    service: known.get(reference.as_str()).copied(),
                    domain: accounts.domain.render(&scene.context)?,
                    username: value(accounts.username.as_ref(), &scene),
                    email: value(accounts.email.as_ref(), &scene),
                    plan: value(accounts.plan.as_ref(), &scene),
                    ip: value(accounts.ip.as_ref(), &scene),
                    created: value(accounts.created.as_ref(), &scene),
                    state: status.and_then(|word| crate::state::meaning(&connector, &word)),
                    reference,
                })
            })
            .collect::<Result<_, String>>()
            .map_err(|why| supplier.says(&why))
    }
}
