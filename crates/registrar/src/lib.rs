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

use wharf_core::{DomainName, Secret};

pub use backends::centralnic::{
    CentralNic, CentralNicOptions, Credentials, Environment, Platform, http_client,
    http_client_through, transfer_refusal,
};
pub use error::{Cause, RegistrarError};
pub use model::{
    Account, Application, ApplicationState, Applied, AuthCode, AuthCodeWay, Availability, Changed,
    Charge, Charges, CheckAsk, Checked, ClassPrices, ConfirmedFor, Contact, ContactHandles,
    Contacts, DeletedDomain, DeletedList, Direction, DomainList, DomainQuery, DomainState,
    DomainStatus, Event, EventList, ExchangeRate, HistoryEntry, HistoryQuery, ListedApplication,
    ListedDomain, ListedTransfer, Markup, Modification, Nameservers, ObjectKind, Offer,
    OrderedContacts, Page, PremiumMarkup, PremiumOffer, PriceList, Registered, Registration,
    Renewal, RenewalMode, Renewed, Restore, SuggestionQuery, TransferAction, TransferAnswer,
    TransferCheck, TransferKind, TransferList, TransferOrder, TransferState, TransferStatus,
    Verification, ZoneFacts, ZoneOptions,
};
pub use reqwest::Client as HttpClient;
pub use talk::{Talk, WireLog};

/// A registrar account. Reads are tried again within the caller's deadline; changes are sent once.
pub trait Registrar: Send + Sync + std::fmt::Debug {
    // Search

    /// Whether names can be registered, in the order asked, in as few and as concurrent calls as the API allows.
    /// Where only some of the calls fail, their names are [`Availability::Unknown`].
    fn check<'a>(
        &'a self,
        names: &'a [DomainName],
        ask: CheckAsk,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<Checked>>;

    /// Names that go with a keyword; whether they are free is another question.
    fn suggest<'a>(
        &'a self,
        query: &'a SuggestionQuery,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<DomainName>>;

    // Account and catalogue

    /// The account itself: proof that the credentials work.
    fn account<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Account>;

    /// What the account pays for what.
    fn prices<'a>(&'a self, talk: &'a Talk) -> Reply<'a, PriceList>;

    fn exchange_rates<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Vec<ExchangeRate>>;

    /// What can be ordered below the extensions of these names, in the order asked.
    fn zones<'a>(&'a self, names: &'a [DomainName], talk: &'a Talk) -> Reply<'a, Vec<ZoneOptions>>;

    /// All about the extension of a name.
    fn zone<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, ZoneFacts>;

    // Portfolio

    fn status<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, DomainStatus>;

    /// A page of the account's domains.
    fn domains<'a>(&'a self, query: &'a DomainQuery, talk: &'a Talk) -> Reply<'a, DomainList>;

    /// A domain that was deleted and can be fetched back, if it is one. [`Cause::NotFound`]: it was never deleted
    /// here, it went elsewhere.
    fn deleted<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Option<DeletedDomain>>;

    /// A page of all domains that were deleted and can be fetched back.
    fn all_deleted<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, DeletedList>;

    /// Entries of the log of domains, newest first.
    fn history<'a>(
        &'a self,
        query: &'a HistoryQuery,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<HistoryEntry>>;

    /// All lines of a log entry: for an order, the order itself stands in them.
    fn history_detail<'a>(&'a self, index: &'a str, talk: &'a Talk) -> Reply<'a, Vec<String>>;

    /// Messages that nobody has taken note of, oldest first.
    fn events<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, EventList>;

    /// Takes note of a message: it does not come again.
    fn forget_event<'a>(&'a self, id: &'a str, talk: &'a Talk) -> Reply<'a, ()>;

    // The life of a domain

    /// Buys a name. One with a price of its own is applied for: [`apply`](Self::apply).
    fn register<'a>(&'a self, order: &'a Registration, talk: &'a Talk) -> Reply<'a, Registered>;

    /// Asks for a name that is not had at once, or has a price of its own.
    fn apply<'a>(&'a self, order: &'a Application, talk: &'a Talk) -> Reply<'a, Applied>;

    fn application<'a>(&'a self, id: &'a str, talk: &'a Talk) -> Reply<'a, ApplicationState>;

    /// The applications for a name.
    fn applications<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<ListedApplication>>;

    fn modify<'a>(
        &'a self,
        name: &'a DomainName,
        change: &'a Modification,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    /// Renews at the registry. [`Cause::NotExplicit`]: it renews by itself, and is [paid for](Self::pay_renewal).
    fn renew<'a>(&'a self, order: &'a Renewal, talk: &'a Talk) -> Reply<'a, Renewed>;

    /// Pays for the renewal that the registry makes by itself.
    fn pay_renewal<'a>(&'a self, order: &'a Renewal, talk: &'a Talk) -> Reply<'a, Renewed>;

    fn set_renewal_mode<'a>(
        &'a self,
        name: &'a DomainName,
        mode: &'a RenewalMode,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    /// Fetches back a deleted domain.
    fn restore<'a>(&'a self, order: &'a Restore, talk: &'a Talk) -> Reply<'a, Changed>;

    fn delete<'a>(
        &'a self,
        name: &'a DomainName,
        extra: &'a [(String, String)],
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    /// Releases a domain to another registrar's tag, or back to the registry.
    fn push<'a>(
        &'a self,
        name: &'a DomainName,
        target: Option<&'a str>,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    fn auth_code<'a>(
        &'a self,
        name: &'a DomainName,
        way: AuthCodeWay,
        talk: &'a Talk,
    ) -> Reply<'a, AuthCode>;

    // Transfers

    /// Whether a transfer to this account would be taken. "No" is an answer, not an error.
    fn check_transfer<'a>(
        &'a self,
        name: &'a DomainName,
        auth: Option<&'a Secret>,
        talk: &'a Talk,
    ) -> Reply<'a, TransferCheck>;

    fn transfer<'a>(&'a self, order: &'a TransferOrder, talk: &'a Talk) -> Reply<'a, Changed>;

    /// The newest transfer of a domain; [`Cause::NotFound`] when there is none.
    fn transfer_status<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, TransferStatus>;

    fn answer_transfer<'a>(
        &'a self,
        name: &'a DomainName,
        answer: TransferAnswer,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    fn resend_transfer_mail<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Changed>;

    /// A page of the transfers under way.
    fn transfers<'a>(
        &'a self,
        direction: Direction,
        page: Page,
        talk: &'a Talk,
    ) -> Reply<'a, TransferList>;
}

pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegistrarError>> + Send + 'a>>;
