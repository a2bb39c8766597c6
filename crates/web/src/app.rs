//! What the routes need, handed in by the program.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use wharf_core::{Deadline, Secret};
use wharf_store::{Store, StoreError};
use wharf_whmcs::call::{ModuleHandler, ModuleKind};

use crate::admin::AdminToken;
use crate::client::TrustedProxies;
use crate::limit::Limit;
use crate::public::Public;
use crate::staff::{Staff, StaffOptions};

/// Finds the site (its id) that a token belongs to.
pub type SiteLookup = Arc<dyn Fn(Secret) -> Looking + Send + Sync>;
type Looking = Pin<Box<dyn Future<Output = Result<Option<String>, StoreError>> + Send>>;

/// The capabilities, by the kind of module that calls them.
#[derive(Clone, Default)]
pub struct Handlers {
    pub registrar: Option<Arc<dyn ModuleHandler>>,
    pub server: Option<Arc<dyn ModuleHandler>>,
    pub gateway: Option<Arc<dyn ModuleHandler>>,
    pub addon: Option<Arc<dyn ModuleHandler>>,
}

impl Handlers {
    pub(crate) fn of(&self, kind: ModuleKind) -> Option<&Arc<dyn ModuleHandler>> {
        match kind {
            ModuleKind::Registrar => self.registrar.as_ref(),
            ModuleKind::Server => self.server.as_ref(),
            ModuleKind::Gateway => self.gateway.as_ref(),
            ModuleKind::Addon => self.addon.as_ref(),
        }
    }
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handlers")
    }
}

pub struct AppOptions {
    pub store: Store,
    pub sites: SiteLookup,
    pub handlers: Handlers,
    pub public: Arc<dyn Public>,
    pub metrics: PrometheusHandle,
    pub proxies: TrustedProxies,
    pub admin: AdminToken,
    pub version: &'static str,
    /// How long a module call may take before it is answered "still being worked on".
    pub call_patience: Duration,
    /// The operators' pages, where they are switched on.
    pub staff: Option<StaffOptions>,
}

impl AppOptions {
    /// Slightly more than a change may take, slightly less than the PHP client waits.
    pub const CALL_PATIENCE: Duration =
        Deadline::CHANGE.saturating_add(Duration::from_millis(1_500));
}

impl std::fmt::Debug for AppOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppOptions")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The state of all routes. A cheap handle: clone it.
#[derive(Clone, Debug)]
pub struct App(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub options: AppOptions,
    pub module_calls: Limit,
    pub public_calls: Limit,
    pub intakes: Limit,
    staff: Option<Staff>,
}

impl App {
    pub fn new(options: AppOptions) -> Self {
        let staff = options.staff.clone();
        let staff = staff.map(|staff| Staff::new(options.store.clone(), staff));
        Self(Arc::new(Inner {
            options,
            // Those that wait for a supplier's rate cost little; below what a listener accepts, so that who comes on
            // top is told.
            module_calls: Limit::new(1_000),
            // Identical claims wait for one, and deliveries share commits: many at once cost little.
            public_calls: Limit::new(1_024),
            intakes: Limit::new(256),
            staff,
        }))
    }

    pub(crate) fn staff(&self) -> Option<&Staff> {
        self.0.staff.as_ref()
    }

    pub(crate) fn options(&self) -> &AppOptions {
        &self.0.options
    }
}
