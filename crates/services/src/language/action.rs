//! What can be done with a service.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An action of a connector. Written as in its file: `create`, `change_package`, `custom.NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum Action {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    Renew,
    ChangePackage,
    ChangePassword,
    Test,
    Sso,
    AdminSso,
    Facts,
    Custom(String),
}

impl Action {
    /// All but those of a connector's own.
    pub(crate) const PLAIN: [Self; 11] = [
        Self::Create,
        Self::Suspend,
        Self::Unsuspend,
        Self::Terminate,
        Self::Renew,
        Self::ChangePackage,
        Self::ChangePassword,
        Self::Test,
        Self::Sso,
        Self::AdminSso,
        Self::Facts,
    ];

    fn word(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::Suspend => "suspend",
            Self::Unsuspend => "unsuspend",
            Self::Terminate => "terminate",
            Self::Renew => "renew",
            Self::ChangePackage => "change_package",
            Self::ChangePassword => "change_password",
            Self::Test => "test",
            Self::Sso => "sso",
            Self::AdminSso => "admin_sso",
            Self::Facts => "facts",
            Self::Custom(name) => name,
        }
    }

    /// Its steps may not change anything.
    pub(crate) fn only_reads(&self) -> bool {
        matches!(self, Self::Test | Self::Facts)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.strip_prefix("custom.") {
            Some(name) => Some(Self::Custom(name.to_owned())),
            None => Self::PLAIN
                .into_iter()
                .find(|action| action.word() == text.replace('-', "_")),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self, Self::Custom(_)) {
            f.write_str("custom.")?;
        }
        f.write_str(self.word())
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.to_string()
    }
}

impl TryFrom<String> for Action {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text).ok_or_else(|| format!("there is no action \"{text}\""))
    }
}
