//! The operators' pages under `/staff`: log-in and sessions, forms that only their own session can send, the
//! frame around every page. What stands inside the frame is made by the capability
//! ([`wharf_payments::pages`]); statuses, headers and cookies are made here.

mod account;
mod assets;
mod browser;
mod frame;
mod journal;
mod log_in;
mod operators;
mod password;
mod payments;
mod services;
mod sessions;
mod setup;
mod signed;
mod tables;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use wharf_payments::Payments;
use wharf_payments::pages::SiteCheck;
use wharf_services::Services;
use wharf_store::Store;
use wharf_whmcs::Sites;

use crate::app::App;

pub use operators::{Operator, OperatorError, Operators, Role};

use sessions::Sessions;

/// How the pages are served.
#[derive(Clone)]
pub struct StaffOptions {
    pub payments: Arc<Payments>,
    /// The WHMCS installations that stores can be on.
    pub sites: Sites,
    pub services: Arc<Services>,
    /// Asks a site's WHMCS whether all is well.
    pub site_check: Checking,
    /// Browsers reach the pages by https: cookies are never sent in clear.
    pub secure: bool,
    /// Unused for so long, a session ends.
    pub idle: Duration,
    /// In any case it ends after this.
    pub whole: Duration,
}

pub type Checking = Arc<dyn Fn(String) -> Checked + Send + Sync>;
type Checked = Pin<Box<dyn Future<Output = Vec<SiteCheck>> + Send>>;

impl std::fmt::Debug for StaffOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffOptions")
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

/// The pages' state.
#[derive(Debug)]
pub(crate) struct Staff {
    options: StaffOptions,
    operators: Operators,
    sessions: Sessions,
    store: Store,
}

impl Staff {
    pub fn new(store: Store, options: StaffOptions) -> Self {
        Self {
            sessions: Sessions::new(store.clone(), options.idle, options.whole),
            operators: Operators::new(store.clone()),
            store,
            options,
        }
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/staff", get(signed::to_start))
        .nest("/staff/", pages())
}

fn pages() -> Router<App> {
    Router::new()
        .route("/login", get(log_in::page).post(log_in::enter))
        .route("/assets/{file}", get(assets::file))
        .merge(account::routes())
        .merge(payments::routes())
        .merge(setup::routes())
        .merge(journal::routes())
        .merge(services::routes())
        .fallback(signed::nothing_here)
        .method_not_allowed_fallback(signed::nothing_here)
        .layer(axum::middleware::map_response(browser::guard))
}

/// What refusals are counted by. Somebody with an IPv6 network has more addresses than can be counted.
fn source(client: Option<IpAddr>) -> String {
    match client {
        None => "this machine".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
