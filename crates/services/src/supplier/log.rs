//! What went over the wire, with its secrets left out: for WHMCS's module log, for pages, and for `try`.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;
use wharf_store::Store;

use crate::tables::{ServiceId, calls};

/// One request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exchange {
    pub action: String,
    pub step: String,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub request: String,
    /// None: no answer came.
    pub status: Option<u16>,
    pub response: String,
    /// What it counted as: `done`, `already`, `gone`, `refused`, `later`, `pending`, `not sent`, `unknown`.
    pub end: String,
    pub milliseconds: i64,
    /// Epoch milliseconds.
    pub at: i64,
}

/// Where exchanges are written down.
#[derive(Debug, Default)]
pub(crate) struct Log {
    action: String,
    keeper: Option<Keeper>,
    seen: Mutex<Vec<Exchange>>,
}

/// For the database: which service's, and of which run of which effect.
#[derive(Debug)]
struct Keeper {
    store: Store,
    id: ServiceId,
    run: String,
    effect: String,
}

impl Log {
    /// In memory only.
    pub(crate) fn of(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            ..Self::default()
        }
    }

    /// Kept with the service.
    pub(crate) fn kept(
        action: &str,
        store: &Store,
        id: &ServiceId,
        run: &str,
        effect: &str,
    ) -> Self {
        Self {
            action: action.to_owned(),
            keeper: Some(Keeper {
                store: store.clone(),
                id: id.clone(),
                run: run.to_owned(),
                effect: effect.to_owned(),
            }),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn taken(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Before a change is sent: whether it was is known after a crash.
    pub(super) async fn begin(&self, exchange: &mut Exchange) -> Result<Option<String>, String> {
        exchange.action.clone_from(&self.action);
        let Some(keeper) = &self.keeper else {
            return Ok(None);
        };
        let id = calls::begin(
            &keeper.store,
            &keeper.id,
            &keeper.run,
            &keeper.effect,
            exchange,
        );
        id.await.map(Some).map_err(|error| error.to_string())
    }

    pub(super) async fn end(&self, row: Option<String>, exchange: Exchange) {
        if let (Some(keeper), Some(row)) = (&self.keeper, row)
            && let Err(error) = calls::end(&keeper.store, &row, &exchange).await
        {
            tracing::warn!(%error, "a supplier's answer could not be written down");
        }
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
    }
}

/// A text without the secrets in it.
pub(super) fn without(text: &str, secrets: &[String]) -> String {
    secrets
        .iter()
        .filter(|secret| secret.len() >= SHORTEST)
        .fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), MASK)
        })
}

/// JSON without the values of fields that are secret by their names.
pub(super) fn masked(value: &Value, names: &[String]) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let hidden = !value.is_null()
                    && (names.contains(name)
                        || SECRET.contains(&name.to_ascii_lowercase().as_str()));
                let value = if hidden {
                    MASK.into()
                } else {
                    masked(value, names)
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| masked(item, names)).collect(),
        plain => plain.clone(),
    }
}

/// At most so many characters of a text.
pub(super) fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A shorter one would tear holes into everything, and is none.
const SHORTEST: usize = 4;
const LONGEST: usize = 4_000;
const MASK: &str = "********";
/// Fields whose values are secret by their names.
pub(crate) const SECRET: &[&str] = &[
    "password",
    "password_confirmation",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "refresh_token",
    "api_key",
    "apikey",
    "private_key",
];
