//! Domain registrars: one trait with its model, and a backend per API.
//!
//! It stands alone: anyone can use it as a client of these APIs. It keeps no state but connections, and never
//! repeats a change by itself: whether one happened after all is asked by whoever keeps a journal.

pub mod backends;
mod error;
mod model;
mod talk;

use std::future::Future;
use std::pin::Pin;

use wharf_core::DomainName;

pub use backends::centralnic::{
    Credentials, Environment, Ispapi, IspapiOptions, http_client, to_ascii,
};
pub use error::{Cause, RegistrarError};
pub use model::{
    Account, Availability, Changed, Checked, Contact, Contacts, DomainList, DomainState,
    DomainStatus, ListedDomain, Nameservers, Page, Registered, Registration,
};
pub use reqwest::Client as HttpClient;
pub use talk::{Talk, WireLog};

/// A registrar account. Reads are tried again within the caller's deadline; changes are sent once.
pub trait Registrar: Send + Sync + std::fmt::Debug {
    /// Whether names can be registered, in the order asked, in as few calls as the API allows.
    fn check<'a>(&'a self, names: &'a [DomainName], talk: &'a Talk) -> Reply<'a, Vec<Checked>>;

    fn status<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, DomainStatus>;

    /// The account itself: proof that the credentials work.
    fn account<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Account>;

    /// A page of the account's domains.
    fn domains<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, DomainList>;

    /// Buys a name.
    fn register<'a>(&'a self, order: &'a Registration, talk: &'a Talk) -> Reply<'a, Registered>;

    /// Replaces a domain's nameservers.
    fn set_nameservers<'a>(
        &'a self,
        name: &'a DomainName,
        nameservers: &'a Nameservers,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;
}

pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegistrarError>> + Send + 'a>>;
