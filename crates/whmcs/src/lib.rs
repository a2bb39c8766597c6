//! WHMCS: the typed calls that come in from the PHP modules, the client of its API going out, and the sites
//! (WHMCS installations) that this daemon serves.

pub mod api;
pub mod call;
pub mod setup;
mod sites;

pub use api::{ApiError, WhmcsApi};
pub use sites::{SiteId, Sites, SitesError};
