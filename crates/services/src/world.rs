//! What the effects of this room need to act.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wharf_core::{Clock, Secret};
use wharf_store::{Refusal, Store};
use wharf_whmcs::Sites;
use wharf_whmcs::api::http_client;

use crate::language::{Action, Connector, Context, Used};
use crate::order::Order;
use crate::server::Server;
use crate::shelf::Shelf;
use crate::supplier::{Account, Facts, Limits, Log, Place, Scene, Supplier, Trouble};
use crate::tables::Kept;
use crate::vault::Vault;

/// How long things may take. The default is for production; tests have less time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// What WHMCS waits for a change before it is told that it goes on.
    pub change: Duration,
    /// What a page waits for a supplier.
    pub page: Duration,
    /// The most that one reading request to a supplier in the background may take; connectors may say less.
    pub supplier_read: Duration,
    /// The most that one changing request to a supplier may take.
    pub supplier_change: Duration,
    /// How old what the supplier told may be before a page asks again.
    pub fresh: Duration,
    /// When to check that WHMCS knows of a creation that it was told of.
    pub check: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            change: wharf_core::Deadline::CHANGE,
            // Below the 3 s of a page: PHP and rendering need some of them.
            page: Duration::from_millis(2_600),
            supplier_read: Duration::from_secs(30),
            supplier_change: Duration::from_secs(45),
            fresh: Duration::from_secs(300),
            check: Duration::from_secs(120),
        }
    }
}

pub(crate) struct World {
    pub store: Store,
    pub sites: Sites,
    pub suppliers: Suppliers,
    pub patience: Patience,
}

/// The suppliers that can be called, and what is shared by all who call one.
pub(crate) struct Suppliers {
    pub shelf: Shelf,
    pub vault: Vault,
    clock: Clock,
    extra_ca: Option<Vec<u8>>,
    http: Client,
    /// Clients that trust an authority of their own, by its certificate.
    clients: Mutex<HashMap<Vec<u8>, Client>>,
    accounts: Mutex<HashMap<String, Arc<Account>>>,
    /// What suppliers told of our accounts a moment ago.
    told: Cache<String, Facts>,
    /// When something pending was last asked for.
    pub polled: Cache<String, i64>,
}

impl Suppliers {
    pub(crate) fn new(
        shelf: Shelf,
        vault: Vault,
        clock: Clock,
        extra_ca: Option<Vec<u8>>,
    ) -> Result<Self, wharf_whmcs::setup::SetupError> {
        Ok(Self {
            shelf,
            vault,
            clock,
            http: http_client(extra_ca.as_deref())?,
            extra_ca,
            clients: Mutex::default(),
            accounts: Mutex::default(),
            told: cache(ACCOUNT_FOR),
            polled: cache(POLLED_FOR),
        })
    }

    pub(crate) fn connector(&self, name: &str) -> Result<Arc<Connector>, String> {
        let all = self.shelf.all();
        all.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = all.keys().map(String::as_str).collect();
            format!(
                "there is no connector \"{name}\"; known are: {}",
                known.join(", ")
            )
        })
    }

    pub(crate) fn supplier(
        &self,
        connector: Arc<Connector>,
        place: Place,
        limits: Limits,
    ) -> Result<Supplier, String> {
        let limits = Limits {
            read: limits.read.min(connector.supplier.read),
            change: limits.change.min(connector.supplier.change),
        };
        Ok(Supplier {
            http: self.client(connector.supplier.ca.as_deref())?,
            account: self.account(&connector, &place),
            clock: self.clock.clone(),
            dry: false,
            connector,
            place,
            limits,
        })
    }

    fn client(&self, ca: Option<&[u8]>) -> Result<Client, String> {
        let Some(own) = ca else {
            return Ok(self.http.clone());
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(own) {
            return Ok(client.clone());
        }
        let mut all = self.extra_ca.clone().unwrap_or_default();
        all.push(b'\n');
        all.extend_from_slice(own);
        let client = http_client(Some(&all)).map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}: {}", cause.unwrap_or_default())
        })?;
        clients.insert(own.to_owned(), client.clone());
        Ok(client)
    }

    fn account(&self, connector: &Connector, place: &Place) -> Arc<Account> {
        let token = hex::encode(Sha256::digest(place.token.expose().as_bytes()));
        let name = format!("{}@{}/{}", connector.name, place.authority, place.username);
        let key = format!("{name}/{token}/{:?}", connector.supplier.rate);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts
            .entry(key)
            .or_insert_with(|| {
                let rate = connector.supplier.rate;
                Arc::new(Account::new(&name, rate, self.clock.clone()))
            })
            .clone()
    }

    /// What texts that use `used` are filled with, of a server alone.
    pub(crate) async fn server_scene(
        &self,
        supplier: &Supplier,
        used: &Used,
        log: &Log,
    ) -> Result<Scene, Trouble> {
        let mut scene = Scene::default();
        scene.secrets.push(supplier.place.token.expose().to_owned());
        let server =
            json!({ "username": supplier.place.username, "host": supplier.place.authority });
        scene.context.insert("server".to_owned(), server);
        if used.iter().any(|name| is_below("account", name)) {
            let account = self.own_account(supplier, &scene, log).await?;
            scene.context.insert("account".to_owned(), account.into());
        }
        Ok(scene)
    }

    /// As [`server_scene`](Self::server_scene), of an order and what was kept for it.
    pub(crate) async fn scene(
        &self,
        supplier: &Supplier,
        order: &Order,
        kept: &Kept,
        used: &Used,
        log: &Log,
    ) -> Result<Scene, Trouble> {
        let values: Vec<_> = supplier
            .connector
            .values
            .iter()
            .filter(|(name, _)| used.contains("values") || used.contains(&format!("values.{name}")))
            .collect();
        let mut all = used.clone();
        for (_, body) in &values {
            all.extend(body.names().into_iter().map(str::to_owned));
        }
        let mut scene = self.server_scene(supplier, &all, log).await?;
        scene.context.extend(order.facts.clone());
        // A step that was left out kept nothing; its name is known all the same.
        for step in supplier.connector.step_names() {
            scene.context.insert(step.to_owned(), json!({}));
        }
        for (step, facts) in kept {
            let values = self
                .unsealed(order, facts, &mut scene.secrets)
                .await
                .map_err(Trouble::temporary)?;
            scene.context.insert(step.clone(), values.into());
        }
        self.secrets(order, &all, &mut scene)
            .await
            .map_err(Trouble::temporary)?;
        let mut rendered = Context::new();
        for (name, body) in values {
            let value = body
                .render(&scene.context)
                .map_err(|why| Trouble::lasting(supplier.says(&format!("values.{name}: {why}"))))?;
            rendered.insert(name.clone(), value);
        }
        scene.context.insert("values".to_owned(), rendered.into());
        Ok(scene)
    }

    async fn secrets(&self, order: &Order, used: &Used, scene: &mut Scene) -> Result<(), String> {
        let id = &order.id;
        if used.contains("password") {
            let next = match order.password.as_deref() {
                Some(name) => self.vault.read(id, name).await?,
                None => None,
            };
            let password = match next {
                Some(password) => password,
                None => self.vault.random(id, PASSWORD).await?,
            };
            scene.secrets.push(password.expose().to_owned());
            let text = Value::from(password.expose());
            scene.context.insert("password".to_owned(), text);
        }
        let mut secrets = Context::new();
        for name in used.iter().filter_map(|name| name.strip_prefix("secret.")) {
            let kept = format!("secret.{name}.{}", order.generation);
            let secret = self.vault.random(id, &kept).await?;
            scene.secrets.push(secret.expose().to_owned());
            secrets.insert(name.to_owned(), secret.expose().into());
        }
        scene.context.insert("secret".to_owned(), secrets.into());
        Ok(())
    }

    async fn own_account(
        &self,
        supplier: &Supplier,
        scene: &Scene,
        log: &Log,
    ) -> Result<Facts, Trouble> {
        let Some(read) = &supplier.connector.account else {
            return Ok(Facts::new());
        };
        let token = hex::encode(Sha256::digest(supplier.place.token.expose().as_bytes()));
        let key = format!(
            "{}/{}/{token}",
            supplier.connector.name, supplier.place.base
        );
        if let Some(known) = self.told.get(&key).await {
            return Ok(known);
        }
        match supplier.read(read, "account", scene, log).await? {
            Some(facts) => {
                if !supplier.dry {
                    self.told.insert(key, facts.clone()).await;
                }
                Ok(facts)
            }
            None => Err(Trouble::lasting(
                supplier.says("it does not know this account"),
            )),
        }
    }

    /// What the connector's reads tell of a service now; none when it is gone.
    pub(crate) async fn facts(
        &self,
        supplier: &Supplier,
        order: &Order,
        kept: &Kept,
        log: &Log,
    ) -> Result<Option<Kept>, Trouble> {
        let mut now = kept.clone();
        for step in supplier.connector.steps(&Action::Facts) {
            let scene = self.scene(supplier, order, &now, &step.used(), log).await?;
            let wrong = |why: String| Trouble::lasting(supplier.says(&why));
            if let Some(when) = &step.when
                && !when.holds(&scene.context).map_err(wrong)?
            {
                continue;
            }
            let Some(request) = &step.request else {
                continue;
            };
            let item = supplier
                .item(request, &step.item, &step.name, &scene, log)
                .await?;
            let Some(item) = item else { return Ok(None) };
            let facts = step.keep.of(&item).map_err(|name| {
                Trouble::temporary(supplier.says(&format!("the answer has no \"{name}\"")))
            })?;
            let facts = self
                .sealed(order, step, facts)
                .await
                .map_err(Trouble::temporary)?;
            now.entry(step.name.clone()).or_default().extend(facts);
        }
        Ok(Some(now))
    }
}

impl World {
    /// The supplier behind a server whose settings were seen before.
    pub(crate) async fn supplier(
        &self,
        site: &str,
        server: i64,
        connector: &str,
    ) -> Result<Supplier, Refusal> {
        let connector = self
            .suppliers
            .connector(connector)
            .map_err(Refusal::lasting)?;
        let place = Server::kept(&self.store, site, server)
            .await
            .map_err(|error| Refusal::temporary(error.to_string()))?
            .ok_or_else(|| Refusal::lasting(NEVER_SEEN))?;
        let limits = Limits {
            read: self.patience.supplier_read,
            change: self.patience.supplier_change,
        };
        let place = place.for_connector(&connector.name);
        self.suppliers
            .supplier(connector, place, limits)
            .map_err(Refusal::lasting)
    }

    /// The supplier behind settings that arrived just now, for a page.
    pub(crate) fn supplier_for_page(
        &self,
        connector: Arc<Connector>,
        server: &Server,
    ) -> Result<Supplier, String> {
        let limits = Limits {
            read: self.patience.page,
            change: self.patience.page,
        };
        let place = server.place().for_connector(&connector.name);
        self.suppliers.supplier(connector, place, limits)
    }
}

impl Place {
    /// In WHMCS the user name may name the connector besides: `rabbitmq`, `rabbitmq:admin`.
    pub(crate) fn for_connector(mut self, connector: &str) -> Self {
        if self.username == connector {
            self.username = String::new();
        } else if let Some(rest) = self
            .username
            .strip_prefix(connector)
            .and_then(|rest| rest.strip_prefix(':'))
        {
            self.username = rest.to_owned();
        }
        self
    }
}

/// The token itself, never printed.
impl Place {
    pub(crate) fn new(base: &str, username: &str, token: Secret) -> Self {
        let authority = base
            .split_once("://")
            .map_or(base, |(_, authority)| authority);
        Self {
            authority: authority.to_owned(),
            base: base.to_owned(),
            username: username.to_owned(),
            token,
        }
    }
}

fn cache<T: Clone + Send + Sync + 'static>(seconds: u64) -> Cache<String, T> {
    Cache::builder()
        .max_capacity(10_000)
        .time_to_live(Duration::from_secs(seconds))
        .build()
}

fn is_below(root: &str, name: &str) -> bool {
    name == root
        || name
            .strip_prefix(root)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// The name of a service's password in the vault.
pub(crate) const PASSWORD: &str = "password";
/// Seconds for which what a supplier told of our account is good.
const ACCOUNT_FOR: u64 = 300;
const POLLED_FOR: u64 = 7_200;
const NEVER_SEEN: &str = "the server's settings were never seen; run the action in WHMCS again";
