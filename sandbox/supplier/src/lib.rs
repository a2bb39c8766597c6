//! "SiteShield", a security service that is resold: users, services and licences over REST at `/api/v1`,
//! as strict as such services are. It wants `password_confirmation`, a `group_id` whose value only
//! `/account` tells, and answers 409 to what exists already.
//!
//! | route | for |
//! |---|---|
//! | `/api/v1/…` | the API, with a bearer token |
//! | `GET /`, `GET /dashboard/{id}` | people |
//! | `GET /sign-on/{token}` | people who were signed on: once |
//! | `POST /sign-in` | people with `email` and `password` |
//! | `PUT /_sandbox/services/{id}/usage` | what a service used: `storage_mb`, `traffic_mb`, `requests` |
//! | `PUT /_sandbox/refuses` | what it refuses for a while: `licences`, `token` |
//! | `GET /_sandbox/users`, `/_sandbox/services` | proofs: everything there ever was, licences included |

mod api;
mod fields;
mod life;
mod pages;
mod refusal;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use wharf_core::Clock;

use crate::state::State;

/// What the supplier is started with.
#[derive(Clone)]
pub struct SupplierOptions {
    pub clock: Clock,
    /// The bearer token of its one reseller.
    pub token: String,
}

/// The security service. Clones are the same service.
#[derive(Clone)]
pub struct Supplier {
    clock: Clock,
    token: Arc<str>,
    public_url: Option<Arc<str>>,
    state: Arc<Mutex<State>>,
}

impl Supplier {
    pub fn new(options: SupplierOptions) -> Self {
        Self {
            clock: options.clock,
            token: options.token.into(),
            public_url: None,
            state: Arc::default(),
        }
    }

    /// Sets the address in dashboard links (`https://supplier.test`, no trailing slash); else they are
    /// `http://` and the `Host` of the call.
    #[must_use]
    pub fn with_public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.trim_end_matches('/').into());
        self
    }

    /// With services that are there from the start: `svc_100000000001` for `site-1.example`, and so on.
    #[must_use]
    pub fn filled(self, services: u32) -> Self {
        let now = self.now();
        self.lock().fill(services, &now);
        self
    }

    pub fn router(&self) -> Router {
        pages::routes()
            .merge(api::routes(self))
            .with_state(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names an API call by method and route, ids left out: `POST /api/v1/services/{id}/licences`.
pub fn classify(parts: &Parts, _body: &Bytes) -> Option<String> {
    let path = parts.uri.path();
    path.strip_prefix("/api/v1")?;
    let named = path.split('/').map(|part| {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if part.starts_with("svc_") || part.starts_with("op_") || number {
            "{id}"
        } else {
            part
        }
    });
    Some(format!(
        "{} {}",
        parts.method,
        named.collect::<Vec<_>>().join("/")
    ))
}

impl std::fmt::Debug for SupplierOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SupplierOptions").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Supplier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supplier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
