//! Domains on their way in or out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wharf_core::{DomainName, Secret};

use super::{Nameservers, OrderedContacts};

/// Whether a transfer to this account would be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferCheck {
    pub possible: bool,
    /// Why not, in words for people.
    pub reason: Option<String>,
    /// `None`: it cannot be said beforehand.
    pub auth_valid: Option<bool>,
    pub auth_required: Option<bool>,
    pub locked: Option<bool>,
    /// It is in another account of this registrar: a transfer of another kind.
    pub user_transfer: bool,
    /// The price class of a premium name.
    pub class: Option<String>,
    /// Terms in years that it can be transferred with; 0 is a free transfer. Empty: not said.
    pub years: Vec<i64>,
    pub age_days: Option<i64>,
    pub created: Option<Timestamp>,
    pub registry_expires: Option<Timestamp>,
    pub nameservers: Nameservers,
    pub registrar: Option<String>,
    pub statuses: Vec<String>,
}

/// An order to take a domain over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TransferOrder {
    pub name: DomainName,
    /// 0: without a further term, where that is free.
    pub years: i64,
    /// Not serialised: kept sealed by whoever keeps a journal.
    #[serde(skip)]
    pub auth: Option<Secret>,
    pub action: TransferAction,
    pub class: Option<String>,
    pub nameservers: Nameservers,
    pub contacts: OrderedContacts,
    pub extra: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferAction {
    /// From another registrar.
    Request,
    /// From another account of this registrar.
    UserTransfer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferAnswer {
    /// Takes back our own request.
    Cancel,
    /// Lets a domain go.
    Approve,
    /// Keeps a domain.
    Deny,
}

/// The newest transfer of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferStatus {
    pub state: TransferState,
    pub kind: TransferKind,
    /// Lines as the registrar wrote them, oldest first.
    pub log: Vec<String>,
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferState {
    /// Being prepared, mails may be out.
    Initiated,
    Requested,
    /// With the losing registrar.
    Pending,
    Successful,
    Failed,
    /// A state that this version has no word for.
    Other,
}

impl TransferState {
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Successful | Self::Failed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferKind {
    Incoming,
    Outgoing,
    /// A change of registrant.
    Trade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    Incoming,
    Outgoing,
}

/// Transfers under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferList {
    pub transfers: Vec<ListedTransfer>,
    pub total: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTransfer {
    pub name: DomainName,
    pub created: Option<Timestamp>,
    /// As the registrar wrote it.
    pub status: Option<String>,
    /// Who has it, or wants it.
    pub peer: Option<String>,
}
