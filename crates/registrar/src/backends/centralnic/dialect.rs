//! What differs between the platforms of the family. All of it stands in a [`Dialect`], one constant per
//! platform; the wire core and the verbs ask it.

use jiff::civil::{Date, DateTime};
use wharf_core::DomainName;

use super::command::Command;
use super::response::Row;
use super::transport::Environment;
use crate::{DomainQuery, RegistrarError, Renewal, SuggestionQuery};

/// A platform's way of speaking.
#[derive(Debug)]
pub(super) struct Dialect {
    pub live: System,
    pub ote: System,
    /// Between an account and its role user: `account!role`.
    pub role_separator: char,
    /// The property that switches the data of the registrant behind a domain off from public view.
    pub id_protection: &'static str,
    pub contacts: Contacts,
    pub list: fn(&DomainQuery) -> Command,
    /// The list's column of names.
    pub domain_column: &'static str,
    /// The registry's own end of the term: the first of these that there is.
    pub registry_date: &'static [&'static str],
    pub paid_until: fn(Row<'_>) -> Option<DateTime>,
    /// The day that WHMCS is told.
    pub expiry: fn(Row<'_>) -> Option<Date>,
    pub suggest: fn(&SuggestionQuery) -> Command,
    /// Has the platform make up a new auth code.
    pub fresh_auth_code: fn(&DomainName) -> Command,
    pub renew: fn(&Renewal) -> Command,
    /// Pays for the renewal that a registry makes by itself.
    pub pay_renewal: fn(&Renewal) -> Result<Command, RegistrarError>,
    /// Its price list and the facts of its zones can be read.
    pub catalogue: bool,
    /// Names that are applied for, or have a price of their own, can be ordered.
    pub applications: bool,
}

/// How contacts go along with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contacts {
    /// As data; the platform makes or reuses handles.
    Inline,
    /// By handles that were made before.
    Handles,
}

/// One of a platform's systems.
#[derive(Debug)]
pub(super) struct System {
    pub url: &'static str,
    /// Where systems share an address, or want to be told their name.
    pub entity: Option<&'static str>,
}

impl Dialect {
    pub fn system(&self, environment: Environment) -> &System {
        match environment {
            Environment::Live => &self.live,
            Environment::Ote => &self.ote,
        }
    }

    /// A login in this platform's spelling: people know role users from either platform.
    pub fn login(&self, login: &str) -> String {
        let is_separator = |c: char| matches!(c, '!' | ':');
        match login.split_once(is_separator) {
            Some((account, role)) => format!("{account}{}{role}", self.role_separator),
            None => login.to_owned(),
        }
    }
}
