//! What registrars and their callers talk about, in nobody's wire format.

mod account;
mod contact;
mod domain;
mod log;
mod nameservers;
mod order;
mod prices;
mod search;
mod transfer;
mod zone;

pub use account::{Account, ExchangeRate};
pub use contact::{Contact, Contacts, OrderedContacts};
pub use domain::{
    ContactHandles, DeletedDomain, DeletedList, DomainList, DomainQuery, DomainState, DomainStatus,
    ListedDomain, ObjectKind, RenewalMode, Verification,
};
pub use log::{Event, EventList, HistoryEntry, HistoryQuery};
pub use nameservers::Nameservers;
pub use order::{
    Application, ApplicationState, Applied, AuthCode, AuthCodeWay, Changed, ConfirmedFor,
    ListedApplication, Modification, PremiumOffer, Registered, Registration, Renewal, Renewed,
    Restore,
};
pub use prices::{Charge, Charges, ClassPrices, Markup, Offer, PremiumMarkup, PriceList};
pub use search::{Availability, CheckAsk, Checked, SuggestionQuery};
pub use transfer::{
    Direction, ListedTransfer, TransferAction, TransferAnswer, TransferCheck, TransferKind,
    TransferList, TransferOrder, TransferState, TransferStatus,
};
pub use zone::{ZoneFacts, ZoneOptions};

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Zero-based.
    pub first: u64,
    pub limit: u64,
}

impl Page {
    /// The largest page that lists are asked for.
    pub const LARGEST: u64 = 1_000;

    pub fn first(limit: u64) -> Self {
        Self { first: 0, limit }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(Self::LARGEST)
    }
}
