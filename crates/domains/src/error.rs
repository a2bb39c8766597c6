use thiserror::Error;
use wharf_core::ErrorClass;
use wharf_core::domain_name::NameError;
use wharf_registrar::{Cause, RegistrarError};
use wharf_store::StoreError;
use wharf_whmcs::call::CallError;

use crate::tlds::TldError;

/// Why something about domains could not be done. The texts are for staff.
#[derive(Debug, Error)]
pub enum DomainsError {
    #[error("Wharf's database did not do its work")]
    Store(#[from] StoreError),
    #[error("the connection to registrars cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Facts(#[from] TldError),
    #[error(
        "no call of the module \"{module}\" of site \"{site}\" has been seen yet: save its settings in WHMCS once"
    )]
    NoAccount { site: String, module: String },
    #[error("{0}")]
    Settings(String),
    #[error("{0}")]
    Input(String),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{}", in_words(.0))]
    Registrar(#[from] RegistrarError),
    /// There was no answer in time, and no earlier one to show.
    #[error("{0}")]
    NoAnswer(String),
}

impl DomainsError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Registrar(error) => error.class(),
            Self::Call(error) => error.class(),
            Self::Setup(_) | Self::Facts(_) => ErrorClass::Misuse,
            Self::NoAnswer(_) => ErrorClass::Temporary,
            Self::NoAccount { .. } | Self::Settings(_) | Self::Input(_) | Self::Name(_) => {
                ErrorClass::Refused
            }
        }
    }
}

impl From<sqlx::Error> for DomainsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The registrar's words, and what to do about them.
pub(crate) fn in_words(error: &RegistrarError) -> String {
    let advice = match error.cause() {
        Some(Cause::Login) => {
            ". Check Environment, Username and Password in the registrar module's settings: the live system and the test \
             system have accounts of their own"
        }
        Some(Cause::Forbidden) => ". The account's role does not allow this command",
        Some(Cause::Funds) => ". Add funds to the registrar account, then try again",
        _ if error.is_outage() => ". Please try again later",
        _ => "",
    };
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}{advice}.", chars.as_str())
}
