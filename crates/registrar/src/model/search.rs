//! Names that could be had.

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

/// What a check looks into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CheckAsk {
    /// Also at the registry's or a reseller's price for just this name. Without it such names count as taken.
    pub premium: bool,
}

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

/// What to suggest names for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SuggestionQuery {
    pub keyword: String,
    /// Without leading dots, in ASCII. Empty: the registrar's choice. Names below `co.uk` and the like are
    /// not suggested.
    pub tlds: Vec<String>,
    pub limit: u64,
    /// Of the person who searches; suggestions can depend on where that is.
    pub ip: Option<String>,
    pub language: Option<String>,
}
