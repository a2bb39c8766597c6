//! "Harbour", a service broker of the Open Service Broker API 2.17, written from the specification alone: it sells
//! databases, at once or after a while, and credentials for them. It is strict where the specification says MUST,
//! and on order it misbehaves in every way that the table of orphan mitigation knows.
//!
//! | route | for |
//! |---|---|
//! | `/v2/…` | the API, with basic authentication and `X-Broker-API-Version` |
//! | `GET`, `PUT /data/{instance}` | what is sold: a text per database, for whoever has credentials |
//! | `GET /`, `GET /dashboard/{instance}` | people |
//! | `GET /_sandbox/instances` | proofs: everything there ever was, bindings included |
//! | `POST /_sandbox/trouble` | the next call of a kind goes wrong: a JSON [`Trouble`] |

mod api;
mod catalog;
mod data;
mod headers;
mod life;
mod pages;
mod refusal;
mod state;
mod trouble;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use wharf_core::Clock;

pub use trouble::{Change, Trouble, Way};

use crate::state::State;

/// What the broker is started with.
#[derive(Clone)]
pub struct BrokerOptions {
    pub clock: Clock,
    /// The platform's credentials.
    pub username: String,
    pub password: String,
    /// How long what is not done at once takes.
    pub slow_ms: i64,
}

/// The broker. Clones are the same broker.
#[derive(Clone)]
pub struct Broker {
    options: Arc<BrokerOptions>,
    state: Arc<Mutex<State>>,
}

impl Broker {
    pub fn new(options: BrokerOptions) -> Self {
        Self {
            options: Arc::new(options),
            state: Arc::default(),
        }
    }

    pub fn router(&self) -> Router {
        pages::routes()
            .merge(data::routes())
            .merge(api::routes(self))
            .with_state(self.clone())
    }

    /// The next change of a kind goes wrong.
    pub fn order(&self, trouble: Trouble) {
        self.lock().troubles.push(trouble);
    }

    /// The state as of now: what was due has ended.
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(self.options.clock.now_ms());
        state
    }
}

/// Names an API call by method and route, ids left out: `PUT /v2/service_instances/{id}`.
pub fn classify(parts: &Parts, _body: &Bytes) -> Option<String> {
    let rest = parts.uri.path().strip_prefix("/v2/")?;
    let mut named = Vec::new();
    for part in rest.split('/') {
        let after_list = matches!(
            named.last(),
            Some(&("service_instances" | "service_bindings"))
        );
        named.push(if after_list { "{id}" } else { part });
    }
    Some(format!("{} /v2/{}", parts.method, named.join("/")))
}

impl std::fmt::Debug for BrokerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrokerOptions").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
