//! The public API: claim checks by shops, rates for browsers, messages from forwarder phones.

mod intake;
mod link_check;
mod payments;
mod rate;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::answer::{Trouble, method_not_allowed};
use crate::app::App;
use crate::listen::Peer;

/// What stands behind the public API.
pub trait Public: Send + Sync + 'static {
    /// A claim check; the answer's body goes out with status 200.
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>>;
    fn rate(&self, store: String) -> Working<'_, Result<Value, Trouble>>;
    /// A message. `Ok` only once it is stored durably.
    fn intake(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>>;
}

pub type Working<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The query of a claim check, as it came.
#[derive(Clone, Default)]
pub struct LinkCheck {
    pub fields: Vec<(String, String)>,
    pub client: Option<IpAddr>,
}

impl LinkCheck {
    /// The last value of a field, outer blanks removed; `None` when blank.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().rev().find(|(field, _)| field == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }
}

/// People's phone numbers are not printed.
impl std::fmt::Debug for LinkCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkCheck").finish_non_exhaustive()
    }
}

/// A delivery of a forwarder: raw, because signatures are made over bytes.
#[derive(Clone)]
pub struct Delivery {
    pub token: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub client: Option<IpAddr>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new()
        // A HEAD would run the GET handler; a claim check that nobody reads the answer of must not credit.
        .route(
            "/api/payment_link_check",
            get(link_check::check).head(method_not_allowed),
        )
        .route("/api/public/store/{id}/rate", get(rate::rate))
        .route("/intake/{token}", post(intake::receive))
}

fn client(app: &App, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> Option<IpAddr> {
    peer.and_then(|Extension(peer)| app.options().proxies.client(peer, headers))
}

/// Runs the work on a task of its own: it is finished even if the client hangs up.
async fn finish<T, F>(work: F) -> Result<T, Trouble>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Trouble>> + Send + 'static,
{
    tokio::spawn(work).await.unwrap_or_else(|broke| {
        tracing::error!(%broke, "a public request broke off");
        Err(Trouble::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Wharf failed at this request",
        ))
    })
}

/// Counts and logs a request by its route, never by its address: that holds tokens and phone numbers.
fn count(route: &'static str, status: StatusCode) {
    metrics::counter!("wharf_public_requests_total", "route" => route, "status" => status.as_u16().to_string())
        .increment(1);
    tracing::info!(route, status = status.as_u16(), "public request");
}

fn status<T>(answered: &Result<T, Trouble>) -> StatusCode {
    answered
        .as_ref()
        .err()
        .map_or(StatusCode::OK, |trouble| trouble.status)
}
