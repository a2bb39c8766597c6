//! A domain of the account, and lists of them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

use super::{Nameservers, Page};

/// A domain in the account. What the registrar does not say is `None` or empty; it is never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainStatus {
    pub name: DomainName,
    pub state: DomainState,
    /// The registrar's own words for the state.
    #[serde(default)]
    pub statuses: Vec<String>,
    pub nameservers: Nameservers,
    /// Those of the registrar's own zone for it.
    #[serde(default)]
    pub internal_nameservers: Nameservers,
    /// `None`: the extension has no lock.
    pub transfer_lock: Option<bool>,
    /// `None`: the registrar does not say.
    pub id_protection: Option<bool>,
    pub created: Option<Timestamp>,
    /// The day (UTC) that WHMCS is told: one before the last on which it can be renewed in the ordinary way.
    /// `None` while the registrar does not say.
    pub expires: Option<Date>,
    /// The registry's own date; a renewal names it, so that it happens once.
    #[serde(default)]
    pub registry_expires: Option<Timestamp>,
    #[serde(default)]
    pub paid_until: Option<Timestamp>,
    /// When a renewal is carried out for good.
    #[serde(default)]
    pub finalization: Option<Timestamp>,
    /// When an unpaid domain is given up.
    #[serde(default)]
    pub failure: Option<Timestamp>,
    /// When the registrar would charge its own renewal.
    #[serde(default)]
    pub accounting: Option<Timestamp>,
    #[serde(default)]
    pub renewal_mode: Option<RenewalMode>,
    /// The price class where the name has one of its own; renewals name it.
    #[serde(default)]
    pub class: Option<String>,
    #[serde(default)]
    pub repository: Option<String>,
    /// The end of the 60 days without transfer that follow a change of registrant.
    #[serde(default)]
    pub trade_lock_expires: Option<Timestamp>,
    /// The registrant's e-mail address waits to be verified, or was.
    #[serde(default)]
    pub verification: Option<Verification>,
    #[serde(default)]
    pub contacts: ContactHandles,
}

impl DomainStatus {
    /// A domain of which no more is known.
    pub fn new(name: DomainName, state: DomainState) -> Self {
        Self {
            name,
            state,
            statuses: Vec::new(),
            nameservers: Nameservers::default(),
            internal_nameservers: Nameservers::default(),
            transfer_lock: None,
            id_protection: None,
            created: None,
            expires: None,
            registry_expires: None,
            paid_until: None,
            finalization: None,
            failure: None,
            accounting: None,
            renewal_mode: None,
            class: None,
            repository: None,
            trade_lock_expires: None,
            verification: None,
            contacts: ContactHandles::default(),
        }
    }

    /// Whether the registrar gives it this word, whatever the case: `clientHold`.
    pub fn has_status(&self, word: &str) -> bool {
        self.statuses
            .iter()
            .any(|status| status.eq_ignore_ascii_case(word))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainState {
    Active,
    /// Ordered, not yet registered.
    PendingCreate,
    Inactive,
    Suspended,
    PendingDelete,
    Deleted,
    /// A state that this version has no word for.
    Other,
}

/// What the registrar does at the end of the paid term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RenewalMode {
    AutoRenew,
    /// Nothing; it ends, or goes back to the registry, when it is not paid.
    AutoExpire,
    AutoDelete,
    RenewOnce,
    /// One that this version has no word for, as the registrar wrote it.
    Other(String),
}

impl RenewalMode {
    pub fn as_str(&self) -> &str {
        match self {
            Self::AutoRenew => "AUTORENEW",
            Self::AutoExpire => "AUTOEXPIRE",
            Self::AutoDelete => "AUTODELETE",
            Self::RenewOnce => "RENEWONCE",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for RenewalMode {
    fn from(text: String) -> Self {
        match text.trim().to_ascii_uppercase().as_str() {
            "AUTORENEW" | "RENEW" | "DEFAULT" => Self::AutoRenew,
            "AUTOEXPIRE" | "EXPIRE" => Self::AutoExpire,
            "AUTODELETE" | "DELETE" => Self::AutoDelete,
            "RENEWONCE" => Self::RenewOnce,
            _ => Self::Other(text),
        }
    }
}

impl From<RenewalMode> for String {
    fn from(mode: RenewalMode) -> Self {
        mode.as_str().to_owned()
    }
}

/// Whether the registrant confirmed the e-mail address (ICANN's requirement).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// As the registrar wrote it: `PENDING`, `OVERDUE`, `VERIFIED`.
    pub status: String,
    pub email: Option<String>,
    pub requested: Option<Timestamp>,
}

/// The registrar's names for the contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactHandles {
    pub owner: Vec<String>,
    pub admin: Vec<String>,
    pub tech: Vec<String>,
    pub billing: Vec<String>,
}

/// Which domains of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainQuery {
    pub page: Page,
    /// Only these; empty for all.
    pub names: Vec<DomainName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainList {
    pub domains: Vec<ListedDomain>,
    /// Of this page, those whose name could not be read included.
    pub rows: usize,
    /// Of the whole list, where the registrar says it.
    pub total: Option<u64>,
}

/// A row of the list: what a [`DomainStatus`] says, as far as the list says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDomain {
    pub kind: ObjectKind,
    pub status: DomainStatus,
}

/// Lists hold more than domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Domain,
    /// Asked for, not yet decided.
    Application,
    /// On its way in.
    Transfer,
}

/// A domain that was deleted and can still be fetched back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedDomain {
    pub name: DomainName,
    /// The day that WHMCS is told.
    pub expires: Option<Date>,
    pub restorable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedList {
    pub domains: Vec<DeletedDomain>,
    pub total: Option<u64>,
}
