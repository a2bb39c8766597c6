//! The changes that this room makes at suppliers, as effects of the journal.

mod change;
mod create;
mod licence;
mod service;
mod user;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_store::Pace;

pub(crate) use change::{Change, Verb};
pub(crate) use create::{CreateService, Created};
pub(crate) use licence::MakeLicence;
pub(crate) use service::MakeService;
pub(crate) use user::MakeUser;

use crate::connector::Context;
use crate::tables::ServiceId;

/// Which service of WHMCS an effect is for, and with whom it is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    #[serde(flatten)]
    pub id: ServiceId,
    pub generation: i64,
    pub connector: String,
    pub server: i64,
    /// The supplier's host and port: what is one resource there is one subject here, whoever asks.
    pub authority: String,
    pub email: String,
    pub name: String,
    pub plan: String,
    pub domain: String,
}

impl Order {
    /// `main/17/1`
    pub(crate) fn path(&self) -> String {
        format!("{}/{}/{}", self.id.site, self.id.service, self.generation)
    }

    fn context(&self) -> Context {
        [
            ("email", &self.email),
            ("name", &self.name),
            ("plan", &self.plan),
            ("domain", &self.domain),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value.clone())))
        .collect()
    }
}

/// Suppliers come back after minutes; a customer who has paid should not need a member of staff for that.
fn patient() -> Pace {
    Pace {
        attempts: 24,
        longest_pause: Duration::from_secs(60),
        ..Pace::default()
    }
}
