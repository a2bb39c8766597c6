//! What an operator says about a WHMCS installation.

use serde::Deserialize;
use thiserror::Error;
use wharf_core::Secret;

/// One `[[site]]` of a set-up file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSetup {
    /// Its name in Wharf: letters, digits, `-` and `_`.
    pub id: String,
    /// What the site's PHP modules identify themselves with; at least 16 characters.
    pub token: Secret,
    /// WHMCS's system URL, with or without a slash at the end.
    pub url: String,
    /// The API credential's identifier and secret.
    pub identifier: String,
    pub secret: Secret,
    /// `$api_access_key` of its configuration.php, if it has one.
    #[serde(default)]
    pub access_key: Option<Secret>,
}

/// What is wrong with a site's set-up.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error("\"{0}\" is no site id: use letters, digits, \"-\" and \"_\", at most 40")]
    Id(String),
    #[error("the token of site \"{0}\" is too short: use 16 characters or more")]
    ShortToken(String),
    #[error("site \"{other}\" has the same token as \"{id}\": each site needs its own")]
    SharedToken { id: String, other: String },
    #[error("there is a site \"{0}\" already")]
    Taken(String),
    #[error(
        "the address of site \"{0}\" is another one: enter its secrets again, they go to nobody else by themselves"
    )]
    Moved(String),
    #[error("site \"{0}\" has no API identifier or no API secret")]
    Credentials(String),
    #[error("\"{url}\" is no usable WHMCS address: {why}")]
    Url { url: String, why: &'static str },
    #[error("the extra certificate authority cannot be used")]
    Authority(#[source] reqwest::Error),
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}

/// What a person changes of a site. What is `None` stays.
#[derive(Clone, Debug)]
pub struct SiteChange {
    pub url: String,
    pub identifier: String,
    pub secret: Option<Secret>,
    /// An empty one: there is none any more.
    pub access_key: Option<Secret>,
}

/// A site as it stands; of its secrets only since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteStanding {
    pub url: String,
    pub identifier: String,
    pub secret_since: Option<i64>,
    pub access_key_since: Option<i64>,
}

impl SiteSetup {
    /// Whether it can be used, as far as can be told without looking at the other sites.
    pub fn check(&self) -> Result<(), SetupError> {
        let named = (1..=40).contains(&self.id.len())
            && self
                .id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !named {
            return Err(SetupError::Id(self.id.chars().take(60).collect()));
        }
        if self.token.expose().len() < 16 {
            return Err(SetupError::ShortToken(self.id.clone()));
        }
        if self.identifier.trim().is_empty() || self.secret.is_empty() {
            return Err(SetupError::Credentials(self.id.clone()));
        }
        crate::api::endpoint(&self.url).map(|_| ())
    }
}
