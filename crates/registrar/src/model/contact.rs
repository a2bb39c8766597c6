//! People and organisations behind domains.

use serde::{Deserialize, Serialize};

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

/// Contacts of which some may be left out, because the registry takes them from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderedContacts {
    pub owner: Option<Contact>,
    pub admin: Option<Contact>,
    pub tech: Option<Contact>,
    pub billing: Option<Contact>,
}

impl From<Contacts> for OrderedContacts {
    fn from(all: Contacts) -> Self {
        Self {
            owner: Some(all.owner),
            admin: Some(all.admin),
            tech: Some(all.tech),
            billing: Some(all.billing),
        }
    }
}
