//! Trying a connector at the command line: each request and answer, without a journal and without a trace here.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use wharf_core::Clock;
use wharf_whmcs::call::Params;

use crate::calls;
use crate::language::{Action, Connector, Step, read_file};
use crate::order::{self, Order};
use crate::server::Server;
use crate::shelf::Shelf;
use crate::state;
use crate::supplier::{Exchange, Facts, Limits, Log, Polled, Stepped, Supplier};
use crate::tables::{Kept, ServiceId};
use crate::vault::Vault;
use crate::world::{Patience, Suppliers};

/// How a try went.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    pub exchanges: Vec<Exchange>,
    /// Why it did not end well.
    pub trouble: Option<String>,
    /// What the steps kept, and what was kept before: for the params of the next action.
    pub kept: Value,
    /// What WHMCS would store.
    pub properties: Map<String, Value>,
}

/// Runs an action of a connector's file with the parameters that WHMCS would send, besides `kept` of an earlier try.
/// Dry, nothing is sent: searches find nothing, and what answers would give is made up.
pub async fn try_connector(
    file: &Path,
    action: &str,
    params: Map<String, Value>,
    extra_ca: Option<Vec<u8>>,
    dry: bool,
) -> Result<Trial, String> {
    let connector = read_file(file).map_err(|error| error.to_string())?;
    let action = Action::read(action).ok_or_else(|| {
        let all = Action::PLAIN.iter().map(ToString::to_string);
        let all: Vec<String> = all.collect();
        format!(
            "there is no action \"{action}\"; there are: {}, custom.NAME",
            all.join(", ")
        )
    })?;
    // The connection test needs no steps where an account can be read.
    let tests = action == Action::Test && connector.account.is_some();
    if connector.steps(&action).is_empty() && !tests {
        return Err(format!("the connector has no steps for {action}"));
    }
    let kept: Kept = match params.get("kept") {
        None => Kept::new(),
        Some(kept) => serde_json::from_value(kept.clone())
            .map_err(|error| format!("\"kept\" of the parameters: {error}"))?,
    };
    let params = Params::new(params);
    let vault = Vault::Memory(Mutex::default());
    let shelf = Shelf::open(None).map_err(|error| error.to_string())?;
    let clock = Clock::system();
    let suppliers =
        Suppliers::new(shelf, vault, clock, extra_ca).map_err(|error| error.to_string())?;
    let order = ordered(&connector, &params)?;
    if let Some(password) = params.secret("password") {
        suppliers
            .vault
            .keep(&order.id, crate::world::PASSWORD, &password)
            .await?;
    }
    let server = Server::read(&params)?;
    let patience = Patience::default();
    let limits = Limits {
        read: patience.supplier_read,
        change: patience.supplier_change,
    };
    let connector = std::sync::Arc::new(connector);
    let place = server.place().for_connector(&connector.name);
    let mut supplier = suppliers.supplier(connector, place, limits)?;
    supplier.dry = dry;
    let log = Log::of(&action.to_string());
    let mut run = Run {
        suppliers: &suppliers,
        supplier: &supplier,
        order: &order,
        log: &log,
        kept,
    };
    let trouble = run.steps(&action).await.err();
    let kept = run.kept;
    let scene = state::plain_scene(&supplier.connector, &order, &kept);
    let properties = supplier.connector.properties.iter();
    Ok(Trial {
        properties: properties
            .filter_map(|(name, text)| {
                let value = text.render(&scene.context).ok()?;
                Some((name.clone(), value.into()))
            })
            .collect(),
        exchanges: log.taken(),
        trouble,
        kept: serde_json::to_value(kept).unwrap_or_default(),
    })
}

fn ordered(connector: &Connector, params: &Params) -> Result<Order, String> {
    let id = ServiceId {
        site: params.text("site").unwrap_or_else(|| "try".to_owned()),
        service: params.integer("serviceid").unwrap_or(1),
    };
    let options = order::options(connector, params)?;
    let domain = order::domain(&connector.used(), params)?;
    let facts = order::facts(connector, params, &id, 1, &domain, &options);
    let order = Order {
        generation: 1,
        connector: connector.name.clone(),
        server: 0,
        authority: String::new(),
        id,
        domain,
        options,
        facts,
        password: None,
    };
    Ok(order.updated(connector, params))
}

struct Run<'a> {
    suppliers: &'a Suppliers,
    supplier: &'a Supplier,
    order: &'a Order,
    log: &'a Log,
    kept: Kept,
}

impl Run<'_> {
    async fn steps(&mut self, action: &Action) -> Result<(), String> {
        let connector = self.supplier.connector.clone();
        if *action == Action::Test {
            return calls::connects(self.suppliers, self.supplier, self.log).await;
        }
        for step in connector.steps(action) {
            let scene = self
                .suppliers
                .scene(
                    self.supplier,
                    self.order,
                    &self.kept,
                    &step.used(),
                    self.log,
                )
                .await
                .map_err(|trouble| trouble.text)?;
            let wrong = |why: String| format!("step \"{}\": {why}", step.name);
            if let Some(when) = &step.when
                && !when.holds(&scene.context).map_err(wrong)?
            {
                continue;
            }
            let facts = match self.supplier.step(action, step, &scene, self.log).await {
                Stepped::Done { facts, .. } => facts,
                Stepped::Pending { facts, accepted } => {
                    self.wait(action, step, facts, accepted).await?
                }
                Stepped::Gone(why) => return Err(format!("{why} (gone)")),
                Stepped::Refused(trouble) => return Err(trouble.text),
                Stepped::Unknown(why) => {
                    return Err(format!(
                        "{why} (it may have happened: Wharf would find out)"
                    ));
                }
            };
            self.kept
                .entry(step.name.clone())
                .or_default()
                .extend(facts);
        }
        Ok(())
    }

    async fn wait(
        &self,
        action: &Action,
        step: &Step,
        facts: Facts,
        accepted: Value,
    ) -> Result<Facts, String> {
        let Some(poll) = &step.poll else {
            return Ok(facts);
        };
        let mut kept = self.kept.clone();
        kept.entry(step.name.clone())
            .or_default()
            .extend(facts.clone());
        let scene = self
            .suppliers
            .scene(self.supplier, self.order, &kept, &step.used(), self.log)
            .await
            .map_err(|trouble| trouble.text)?
            .with("accepted", accepted);
        let ends = *action == Action::Terminate;
        let began = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(poll.every.min(Duration::from_secs(5))).await;
            let polled = self
                .supplier
                .poll(poll, &step.keep, &step.name, ends, &scene, self.log)
                .await;
            match polled {
                Polled::Done(last) => return Ok(last.unwrap_or(facts)),
                Polled::Failed(why) => return Err(why),
                Polled::Pending(why) if began.elapsed() > poll.at_most => return Err(why),
                Polled::Trouble(trouble) if began.elapsed() > poll.at_most => {
                    return Err(trouble.text);
                }
                Polled::Pending(_) | Polled::Trouble(_) => {}
            }
        }
    }
}
