//! A supplier that can be called: its connector, where it is, whose account it is.

mod auth;
mod exchange;
mod gate;
mod judge;
mod list;
mod log;
mod poll;
mod step;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Map, Value};
use wharf_core::{Clock, Secret};
use wharf_store::{Performed, Refusal, Settled};

use crate::language::{Connector, Context, Keep, first};

pub(crate) use gate::Account;
pub use log::Exchange;
pub(crate) use log::{Log, SECRET};
pub(crate) use poll::Polled;
pub(crate) use step::{Looked, Sent, Stepped, undo_name};

/// What was kept of one thing, by name.
pub(crate) type Facts = Map<String, Value>;

/// A supplier that can be called. A cheap handle.
#[derive(Clone)]
pub(crate) struct Supplier {
    pub connector: Arc<Connector>,
    pub http: Client,
    pub place: Place,
    pub account: Arc<Account>,
    pub limits: Limits,
    pub clock: Clock,
    /// Requests are put together and shown, and none is sent.
    pub dry: bool,
}

/// Where a supplier is and who asks.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `https://api.example.com:8443`
    pub base: String,
    /// `api.example.com:8443`
    pub authority: String,
    pub username: String,
    pub token: Secret,
}

/// How long one request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub read: Duration,
    pub change: Duration,
}

/// What texts are filled with, and what of it no log and no message may show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scene {
    pub context: Context,
    pub secrets: Vec<String>,
}

impl Scene {
    pub(crate) fn with(&self, name: &str, value: Value) -> Self {
        let mut scene = self.clone();
        scene.context.insert(name.to_owned(), value);
        scene
    }
}

/// Why a read gave nothing. Nothing was changed by it.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// It may go away by itself.
    pub temporary: bool,
    /// The request's turn did not come: nothing was asked.
    pub not_yet: bool,
    /// For staff, the supplier named.
    pub text: String,
}

impl Trouble {
    pub(crate) fn temporary(text: String) -> Self {
        Self {
            temporary: true,
            not_yet: false,
            text,
        }
    }

    pub(crate) fn lasting(text: String) -> Self {
        Self {
            temporary: false,
            not_yet: false,
            text,
        }
    }

    /// Of a change that did not happen for it.
    pub(crate) fn performed<T>(self) -> Performed<T> {
        if self.not_yet {
            Performed::NotYet(self.text)
        } else {
            Performed::Refused(self.into())
        }
    }

    /// Of a change that cannot be asked after for it.
    pub(crate) fn settled<T>(self) -> Settled<T> {
        if self.not_yet {
            Settled::NotYet(self.text)
        } else {
            Settled::CannotTell(self.text)
        }
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self {
            temporary: trouble.temporary,
            reason: trouble.text,
        }
    }
}

impl Supplier {
    /// "SiteShield: …", for staff.
    pub(crate) fn says(&self, text: &str) -> String {
        format!("{}: {text}", self.connector.title)
    }

    fn trouble(&self, temporary: bool, text: &str) -> Trouble {
        Trouble {
            temporary,
            not_yet: false,
            text: self.says(text),
        }
    }

    fn not_yet(&self, text: &str) -> Trouble {
        Trouble {
            not_yet: true,
            ..self.trouble(true, text)
        }
    }
}

impl fmt::Debug for Supplier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supplier")
            .field("connector", &self.connector.name)
            .field("base", &self.place.base)
            .finish_non_exhaustive()
    }
}

impl Keep {
    /// The values of an item; the name of one that is missing.
    pub(crate) fn of(&self, item: &Value) -> Result<Facts, String> {
        let mut facts = Facts::new();
        for (name, path) in &self.required {
            match first(path, item) {
                Some(value) => facts.insert(name.clone(), value.clone()),
                None => return Err(name.clone()),
            };
        }
        for (name, path) in &self.optional {
            if let Some(value) = first(path, item) {
                facts.insert(name.clone(), value.clone());
            }
        }
        Ok(facts)
    }

    /// What a dry run goes on with.
    fn made_up(&self, step: &str) -> Facts {
        let names = self.required.iter().chain(&self.optional);
        names
            .map(|(name, _)| (name.clone(), format!("<{step}.{name}>").into()))
            .collect()
    }
}

/// A fact as text: suppliers' ids may be numbers.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
