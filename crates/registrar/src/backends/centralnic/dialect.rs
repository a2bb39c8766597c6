//! What differs between the platforms of the family. All of it stands in a [`Dialect`], one constant per
//! platform; the wire core and the verbs ask it.

use super::transport::Environment;

/// A platform's way of speaking.
#[derive(Debug)]
pub(super) struct Dialect {
    pub live: System,
    pub ote: System,
    /// Between an account and its role user: `account!role`.
    pub role_separator: char,
    /// The property that switches the data of the registrant behind a domain off from public view.
    pub id_protection: &'static str,
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
