//! The room's front: what answers the calls of WHMCS's server modules.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use thiserror::Error;
use wharf_store::Store;
use wharf_whmcs::Sites;
use wharf_whmcs::call::{Answering, CallError, ModuleAnswer, ModuleCall, ModuleHandler};
use wharf_whmcs::setup::SetupError;

use crate::calls::{self, Crowd, Seen};
use crate::effects::{
    Act, OldChange, OldCreate, OldLicence, OldService, OldUser, StepEffect, Wait,
};
use crate::language::{Action, ConnectorError, Summary, Who};
use crate::shelf::{ConnectorTrouble, Shelf};
use crate::tables::ServiceId;
use crate::tell;
use crate::vault::Vault;
use crate::world::{Patience, Suppliers, World};

/// Provisioning.
pub struct Services {
    pub(crate) world: Arc<World>,
    /// What suppliers told pages a moment ago, failures included: the views of one page, and a supplier that
    /// does not answer, cost one call.
    pub(crate) seen: Cache<ServiceId, Arc<Seen>>,
    pub(crate) crowd: Crowd,
}

/// How to set the room up.
#[derive(Clone, Debug, Default)]
pub struct ServicesConfig {
    /// A folder with connectors besides those that come with Wharf.
    pub connectors_dir: Option<PathBuf>,
    /// PEM certificates of authorities to trust besides the system's.
    pub extra_ca: Option<Vec<u8>>,
}

#[derive(Debug, Error)]
pub enum ServicesError {
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error(transparent)]
    Http(#[from] SetupError),
}

impl Services {
    /// Loads the connectors and makes the room's effects and jobs known to the store. Call it before the
    /// journal and the jobs recover what a stop left.
    pub fn new(
        store: Store,
        sites: Sites,
        config: ServicesConfig,
    ) -> Result<Arc<Self>, ServicesError> {
        Self::with_patience(store, sites, config, Patience::default())
    }

    /// As [`new`](Self::new), with other limits.
    pub fn with_patience(
        store: Store,
        sites: Sites,
        config: ServicesConfig,
        patience: Patience,
    ) -> Result<Arc<Self>, ServicesError> {
        let shelf = Shelf::open(config.connectors_dir.as_deref())?;
        let vault = Vault::Sealed(store.clone());
        let suppliers = Suppliers::new(shelf, vault, store.clock().clone(), config.extra_ca)?;
        let world = Arc::new(World {
            store: store.clone(),
            sites,
            suppliers,
            patience,
        });
        let journal = store.journal();
        journal.register::<Act>(world.clone());
        journal.register::<StepEffect>(world.clone());
        journal.register::<Wait>(world.clone());
        journal.register::<OldUser>(world.clone());
        journal.register::<OldService>(world.clone());
        journal.register::<OldLicence>(world.clone());
        journal.register::<OldCreate>(world.clone());
        journal.register::<OldChange>(world.clone());
        let teller = world.clone();
        store.jobs().register(tell::KIND, move |payload| {
            tell::tell(teller.clone(), payload)
        });
        for kind in [tell::CREATED, tell::CHANGED] {
            let teller = world.clone();
            store.jobs().register(kind, move |payload| {
                tell::tell_before(teller.clone(), payload)
            });
        }
        let seen = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(SHARED_FOR)
            .build();
        let services = Arc::new(Self {
            world,
            seen,
            crowd: Crowd::default(),
        });
        let again = services.clone();
        store.jobs().register(RETRY, move |payload| {
            let services = again.clone();
            async move { services.retry(payload).await }
        });
        Ok(services)
    }

    /// The names of the connectors that are loaded.
    pub fn connectors(&self) -> Vec<String> {
        self.world.suppliers.shelf.all().keys().cloned().collect()
    }

    /// The connectors that are loaded, in short.
    pub fn connector_summaries(&self) -> Vec<Summary> {
        let all = self.world.suppliers.shelf.all();
        all.values().map(|connector| connector.summary()).collect()
    }

    /// Files of the provider's own folder that are not in force as they are.
    pub fn connector_troubles(&self) -> Vec<ConnectorTrouble> {
        self.world.suppliers.shelf.troubles()
    }
}

impl ModuleHandler for Services {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            let function = call.function.to_ascii_lowercase();
            let action = match function.as_str() {
                "createaccount" => Action::Create,
                "suspendaccount" => Action::Suspend,
                "unsuspendaccount" => Action::Unsuspend,
                "terminateaccount" => Action::Terminate,
                "renew" => Action::Renew,
                "changepackage" => Action::ChangePackage,
                "changepassword" => Action::ChangePassword,
                other => return self.answer(other, &call).await,
            };
            calls::act(self, &call, action).await
        })
    }
}

impl Services {
    /// What is no action on a service.
    async fn answer(&self, function: &str, call: &ModuleCall) -> Result<ModuleAnswer, CallError> {
        if let Some(number) = numbered(function, "button") {
            return calls::buttons::press(self, call, number).await;
        }
        if let Some(number) = numbered(function, "choices") {
            return Ok(calls::options::choices(self, call, number).await);
        }
        match function {
            "testconnection" => Ok(calls::test_connection(self, call).await),
            "configoptions" => Ok(calls::options::config_options(self, call)),
            "clientarea" => calls::client_area(self, call).await,
            "clientareacustombuttonarray" => calls::buttons::buttons(self, call, Who::Client).await,
            "admincustombuttonarray" => calls::buttons::buttons(self, call, Who::Admin).await,
            "servicesinglesignon" => Ok(calls::sign_on::service(self, call).await),
            "adminsinglesignon" => Ok(calls::sign_on::server(self, call).await),
            "adminlink" => Ok(calls::sign_on::admin_link(self, call).await),
            "loginlink" => calls::sign_on::login_link(self, call).await,
            "customactions" => calls::sign_on::actions(self, call).await,
            "adminservicestabfields" => calls::tab::fields(self, call).await,
            "adminservicestabfieldssave" => calls::decide::save(self, call).await,
            "settleservice" => calls::decide::settle(self, call).await,
            "retryservice" => calls::decide::retry(self, call).await,
            "usageupdate" => Ok(calls::usage::update(self, call).await),
            "metricprovider" => Ok(calls::usage::metrics(self, call).await),
            "listaccounts" => Ok(calls::usage::accounts(self, call).await),
            _ => Err(CallError::UnknownFunction(call.function.clone())),
        }
    }
}

/// `button3` is the third button.
fn numbered(function: &str, name: &str) -> Option<usize> {
    function.strip_prefix(name)?.parse().ok()
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services")
            .field("connectors", &self.connectors())
            .finish_non_exhaustive()
    }
}

/// Runs a service's last action again.
pub(crate) const RETRY: &str = "services.retry";
const SHARED_FOR: Duration = Duration::from_secs(5);
