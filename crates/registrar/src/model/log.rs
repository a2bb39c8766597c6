//! What happened at the registrar: its log and its messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

use super::Page;

/// Which entries of the log of domains; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    pub name: Option<DomainName>,
    /// The registrar's word: `OUTBOUND_TRANSFER`.
    pub operation: Option<String>,
    /// The registrar's word: `SUCCESSFUL`.
    pub outcome: Option<String>,
    pub since: Option<Timestamp>,
    pub page: Page,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub index: String,
    pub at: Option<Timestamp>,
    /// `None` where the object is no domain name.
    pub name: Option<DomainName>,
    pub operation: String,
    pub outcome: String,
    pub reference: Option<String>,
}

/// Messages that wait to be taken note of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventList {
    pub events: Vec<Event>,
    pub total: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: String,
    /// `DOMAIN_TRANSFER`.
    pub class: String,
    /// `TRANSFER_PENDING`.
    pub subclass: String,
    pub at: Option<Timestamp>,
    /// Lines like `domain:example.com`.
    pub data: Vec<String>,
}

impl Event {
    /// The value of a line by what stands before its colon.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.data.iter().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.trim().eq_ignore_ascii_case(key).then(|| value.trim())
        })
    }
}
