//! WHMCS: the typed calls that come in from the PHP modules, the client of its API going out, and the sites
//! (WHMCS installations) that this daemon serves.

pub mod api;
pub mod call;
mod queue;
pub mod removal;
pub mod setup;
mod sites;

pub use api::{ApiError, ClientDomain, WhmcsApi};
pub use queue::ModuleQueue;
pub use sites::{SiteId, Sites, SitesError};
