//! Orders and changes, and what the registrar says to them.
//!
//! Those that are kept in a journal can be serialised; the secrets in them are not, and come back as `None`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wharf_core::{DomainName, Secret};

use super::{Contacts, Nameservers, OrderedContacts, RenewalMode};

/// An order for a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub name: DomainName,
    pub years: i64,
    pub contacts: Contacts,
    pub nameservers: Nameservers,
    pub id_protection: bool,
    /// The language of an internationalised name, as the registry tags it.
    #[serde(default)]
    pub language: Option<String>,
    /// `None`: as the registrar does by itself.
    #[serde(default)]
    pub transfer_lock: Option<bool>,
    /// Makes the registrar's DNS zone for it first.
    #[serde(default)]
    pub internal_dns: bool,
    #[serde(default)]
    pub premium: Option<PremiumOffer>,
    /// What the registry wants besides: `X-` fields by their names.
    #[serde(default)]
    pub extra: Vec<(String, String)>,
}

impl Registration {
    /// An order with nothing special about it.
    pub fn new(name: DomainName, years: i64, contacts: Contacts, nameservers: Nameservers) -> Self {
        Self {
            name,
            years,
            contacts,
            nameservers,
            id_protection: false,
            language: None,
            transfer_lock: None,
            internal_dns: false,
            premium: None,
            extra: Vec::new(),
        }
    }
}

/// The price for just this name, as it was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PremiumOffer {
    pub class: String,
    pub price: String,
    pub currency: String,
}

/// The registrar took the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Accepted, not yet registered: the registry takes its time.
    pub pending: bool,
    /// The day (UTC) that WHMCS is told; `None` while the registrar does not say.
    pub expires: Option<Date>,
}

/// An order that somebody decides on later, or that has a price of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub registration: Registration,
    /// The class applied for: `GOLIVE`, or that of the premium offer.
    pub class: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The registrar's name for the application.
    pub id: String,
    pub state: ApplicationState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    Pending,
    Successful,
    Failed { reason: String },
}

/// An application in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedApplication {
    pub id: String,
    pub class: String,
    pub state: ApplicationState,
    pub created: Option<Timestamp>,
}

/// What to change of a domain; what is `None` or empty stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Modification {
    /// The whole new list, never an empty one.
    pub nameservers: Option<Nameservers>,
    pub transfer_lock: Option<bool>,
    pub id_protection: Option<bool>,
    #[serde(skip)]
    pub auth_code: Option<Secret>,
    pub contacts: Option<OrderedContacts>,
    /// Where the owner changes and both sides are to confirm it: for whom the reseller does.
    pub confirmed_for: ConfirmedFor,
    pub add_status: Vec<String>,
    pub remove_status: Vec<String>,
    /// Makes the registrar's DNS zone for it.
    pub internal_dns: Option<bool>,
    pub extra: Vec<(String, String)>,
}

impl Modification {
    pub fn is_empty(&self) -> bool {
        let Self {
            nameservers,
            transfer_lock,
            id_protection,
            auth_code,
            contacts,
            // It says how a change is made, and is none.
            confirmed_for: _,
            add_status,
            remove_status,
            internal_dns,
            extra,
        } = self;
        nameservers.is_none()
            && transfer_lock.is_none()
            && id_protection.is_none()
            && auth_code.is_none()
            && contacts.is_none()
            && internal_dns.is_none()
            && [add_status, remove_status].into_iter().all(Vec::is_empty)
            && extra.is_empty()
    }
}

/// Whom the reseller stands in for as designated agent when an owner changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfirmedFor {
    pub old_owner: bool,
    pub new_owner: bool,
}

/// The registrar took the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub pending: bool,
}

/// A further term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    pub name: DomainName,
    pub years: i64,
    /// The registry's date as it is now: the registrar refuses when it has moved, so that a repeated renewal
    /// does nothing.
    pub expires: Timestamp,
    /// The price class of a premium name.
    #[serde(default)]
    pub class: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    pub pending: bool,
    /// The registry's new date, where it is known at once.
    pub registry_expires: Option<Timestamp>,
}

/// Fetching back what was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    pub name: DomainName,
    pub mode: RenewalMode,
    #[serde(default)]
    pub class: Option<String>,
}

/// How an auth code is to be had; it depends on the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthCodeWay {
    /// It stands with the domain.
    Status,
    /// DENIC makes one (AuthInfo1).
    DenicAuthInfo1,
    /// The registry mails it to the registrant.
    Mailed,
    /// A new one is set.
    Fresh,
}

#[derive(Clone, Debug)]
pub enum AuthCode {
    Code(Secret),
    /// The registrant gets it by mail.
    Mailed,
}
