//! The room's front: what answers the calls of WHMCS's server modules.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use thiserror::Error;
use wharf_store::Store;
use wharf_whmcs::Sites;
use wharf_whmcs::api::http_client;
use wharf_whmcs::call::{Answering, CallError, ModuleCall, ModuleHandler};
use wharf_whmcs::setup::SetupError;

use crate::calls::{self, Seen};
use crate::connector::{self, ConnectorError};
use crate::effects::{Change, CreateService, MakeLicence, MakeService, MakeUser, Verb};
use crate::tables::ServiceId;
use crate::tell;
use crate::world::{Patience, World};

/// Provisioning.
pub struct Services {
    pub(crate) world: Arc<World>,
    /// What suppliers told pages a moment ago, failures included: the views of one page, and a supplier that
    /// does not answer, cost one call.
    pub(crate) seen: Cache<ServiceId, Arc<Seen>>,
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
        let connectors = connector::load(config.connectors_dir.as_deref())?;
        let http = http_client(config.extra_ca.as_deref())?;
        let world = Arc::new(World {
            store: store.clone(),
            sites,
            http,
            connectors,
            patience,
        });
        let journal = store.journal();
        journal.register::<MakeUser>(world.clone());
        journal.register::<MakeService>(world.clone());
        journal.register::<MakeLicence>(world.clone());
        journal.register::<CreateService>(world.clone());
        journal.register::<Change>(world.clone());
        let teller = world.clone();
        store.jobs().register(tell::CREATED, move |payload| {
            tell::tell_created(teller.clone(), payload)
        });
        let teller = world.clone();
        store.jobs().register(tell::CHANGED, move |payload| {
            tell::tell_changed(teller.clone(), payload)
        });
        let seen = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(SHARED_FOR)
            .build();
        Ok(Arc::new(Self { world, seen }))
    }

    /// The names of the connectors that are loaded.
    pub fn connectors(&self) -> Vec<String> {
        self.world.connectors.keys().cloned().collect()
    }
}

impl ModuleHandler for Services {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            match call.function.to_ascii_lowercase().as_str() {
                "testconnection" => Ok(calls::test_connection(self, &call).await),
                "createaccount" => calls::create(self, &call).await,
                "suspendaccount" => calls::change(self, &call, Verb::Suspend).await,
                "unsuspendaccount" => calls::change(self, &call, Verb::Unsuspend).await,
                "terminateaccount" => calls::change(self, &call, Verb::Terminate).await,
                "clientarea" => calls::client_area(self, &call).await,
                _ => Err(CallError::UnknownFunction(call.function)),
            }
        })
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services")
            .field("connectors", &self.connectors())
            .finish_non_exhaustive()
    }
}

const SHARED_FOR: Duration = Duration::from_secs(5);
