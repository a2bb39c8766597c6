//! What registrars and their callers talk about, in nobody's wire format.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

/// A name and whether it can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub name: DomainName,
    pub availability: Availability,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    Available,
    Taken,
    /// Held back by the registry.
    Reserved,
    /// Available at a price of its own. The price is as the registrar wrote it.
    Premium {
        class: String,
        price: Option<String>,
        currency: Option<String>,
    },
    /// This registrar does not offer the extension, or cannot check it.
    Unsupported,
    /// It could not be found out this time.
    Unknown,
}

/// A person or organisation behind a domain. Values are as the registrant gave them; empty where not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub first_name: String,
    pub last_name: String,
    pub organization: String,
    pub street: Vec<String>,
    pub city: String,
    pub state: String,
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// `+CC.number`.
    pub phone: String,
    pub email: String,
}

/// The four roles of a domain's contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    pub owner: Contact,
    pub admin: Contact,
    pub tech: Contact,
    pub billing: Contact,
}

/// Nameservers in their order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<DomainName>")]
pub struct Nameservers(Vec<DomainName>);

impl Nameservers {
    pub fn iter(&self) -> impl Iterator<Item = &DomainName> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same hosts, whatever their order: registries do not keep it.
    pub fn same_set(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|host| other.0.contains(host))
    }
}

impl From<Vec<DomainName>> for Nameservers {
    fn from(hosts: Vec<DomainName>) -> Self {
        hosts.into_iter().collect()
    }
}

impl FromIterator<DomainName> for Nameservers {
    fn from_iter<I: IntoIterator<Item = DomainName>>(hosts: I) -> Self {
        let mut once = Vec::new();
        for host in hosts {
            if !once.contains(&host) {
                once.push(host);
            }
        }
        Self(once)
    }
}

/// An order for a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub name: DomainName,
    pub years: i64,
    pub contacts: Contacts,
    pub nameservers: Nameservers,
    pub id_protection: bool,
}

/// The registrar took the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Accepted, not yet registered: the registry takes its time.
    pub pending: bool,
    /// The day (UTC) that WHMCS is told; `None` while the registrar does not say.
    pub expires: Option<Date>,
}

/// The registrar took the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub pending: bool,
}

/// A domain in the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainStatus {
    pub name: DomainName,
    pub state: DomainState,
    pub nameservers: Nameservers,
    /// `None`: the extension has no lock.
    pub transfer_lock: Option<bool>,
    /// `None`: the registrar does not say.
    pub id_protection: Option<bool>,
    pub created: Option<Timestamp>,
    /// The day (UTC) that WHMCS is told: one before the last on which it can be renewed in the ordinary way.
    /// `None` while the registrar does not say; it is never guessed.
    pub expires: Option<Date>,
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

/// The account with the registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub login: String,
    /// What can be spent, as the registrar wrote it: `1234.50`.
    pub balance: Option<String>,
    pub currency: Option<String>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Zero-based.
    pub first: u64,
    pub limit: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainList {
    pub domains: Vec<ListedDomain>,
    /// Of the whole list, where the registrar says it.
    pub total: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDomain {
    pub name: DomainName,
    pub state: DomainState,
    pub expires: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameservers_are_kept_once_and_compared_without_order() {
        let set = |hosts: &[&str]| -> Nameservers {
            hosts
                .iter()
                .map(|host| DomainName::parse(host).unwrap())
                .collect()
        };
        let pair = set(&["ns1.example.net", "ns2.example.net", "NS1.example.net"]);
        assert_eq!(pair.len(), 2);
        assert!(pair.same_set(&set(&["ns2.example.net", "ns1.example.net"])));
        assert!(!pair.same_set(&set(&["ns1.example.net"])));
        assert!(!pair.same_set(&set(&["ns1.example.net", "ns3.example.net"])));
    }
}
