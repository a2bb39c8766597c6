//! Single sign-on: an address that lets the browser in, once.

use wharf_core::Deadline;
use wharf_whmcs::call::ModuleCall;

use crate::calls;
use crate::language::{Action, Used};
use crate::order::Order;
use crate::server::Server;
use crate::services::Services;
use crate::supplier::{Exchange, Log, Stepped, Supplier, as_text};
use crate::tables::{Kept, ServiceId, State, services as rows};

/// How it ended, and what went to the supplier; answers are left out: they let people in.
#[derive(Clone, Debug)]
pub struct SignOn {
    pub url: Result<String, String>,
    pub exchanges: Vec<Exchange>,
}

impl Services {
    /// Of the customer, to the service (`serviceid`).
    pub async fn client_sign_on(&self, call: &ModuleCall) -> SignOn {
        self.within(Action::Sso, call).await
    }

    /// Of staff, to the server.
    pub async fn admin_sign_on(&self, call: &ModuleCall) -> SignOn {
        self.within(Action::AdminSso, call).await
    }

    async fn within(&self, action: Action, call: &ModuleCall) -> SignOn {
        let log = Log::of(&action.to_string());
        let deadline = Deadline::after(self.world.patience.page);
        let signing = self.sign_on(&action, call, &log);
        let url = tokio::time::timeout_at(deadline.instant(), signing)
            .await
            .unwrap_or_else(|_| Err("the supplier did not answer in time".to_owned()));
        let mut exchanges = log.taken();
        for exchange in &mut exchanges {
            exchange.response = "(left out: it lets people in)".to_owned();
        }
        SignOn { url, exchanges }
    }

    async fn sign_on(
        &self,
        action: &Action,
        call: &ModuleCall,
        log: &Log,
    ) -> Result<String, String> {
        let world = &self.world;
        let server = Server::read(&call.params)?;
        if *action == Action::AdminSso {
            let connector = calls::of_server(self, &call.site, &server).await?;
            let supplier = world.supplier_for_page(connector, &server)?;
            return self.ask_door(&supplier, action, None, log).await;
        }
        let service = call.params.integer("serviceid");
        let id = ServiceId {
            site: call.site.clone(),
            service: service.ok_or("WHMCS named no service")?,
        };
        let row = rows::by_id(&world.store, &id)
            .await
            .map_err(|error| error.to_string())?
            .filter(|row| row.state == State::Active)
            .ok_or("the service is not active")?;
        let connector = world.suppliers.connector(&row.connector)?;
        let supplier = world.supplier_for_page(connector, &server)?;
        let order = Order::of(&row);
        self.ask_door(&supplier, action, Some((&order, row.kept)), log)
            .await
    }

    async fn ask_door(
        &self,
        supplier: &Supplier,
        action: &Action,
        of: Option<(&Order, Kept)>,
        log: &Log,
    ) -> Result<String, String> {
        let suppliers = &self.world.suppliers;
        let steps = supplier.connector.steps(action);
        let mut kept = of
            .as_ref()
            .map(|(_, kept)| kept.clone())
            .unwrap_or_default();
        let mut url = None;
        for step in steps {
            let used: Used = step.used();
            let scene = match &of {
                Some((order, _)) => suppliers.scene(supplier, order, &kept, &used, log).await,
                None => suppliers.server_scene(supplier, &used, log).await,
            };
            let mut scene = scene.map_err(|trouble| trouble.text)?;
            if of.is_none() {
                for (name, facts) in &kept {
                    scene.context.insert(name.clone(), facts.clone().into());
                }
            }
            match supplier.step(action, step, &scene, log).await {
                Stepped::Done { facts, .. } | Stepped::Pending { facts, .. } => {
                    url = facts.get("url").map(as_text).or(url);
                    kept.entry(step.name.clone()).or_default().extend(facts);
                }
                Stepped::Gone(why) | Stepped::Unknown(why) => return Err(why),
                Stepped::Refused(trouble) => return Err(trouble.text),
            }
        }
        let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        match url {
            Some(url) if is_address(&url) => Ok(url),
            Some(_) => Err(supplier.says("what it gave is no web address")),
            None => Err(supplier.says("it has no single sign-on")),
        }
    }
}
