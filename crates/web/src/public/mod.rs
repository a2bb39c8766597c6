//! The public API: claim checks and signed claims by shops, rates for browsers, messages from forwarder
//! phones.

mod claims;
mod intake;
mod link_check;
mod payments;
mod rate;
mod words;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use wharf_core::{Deadline, Secret};
use wharf_payments::pages::Language;

use crate::answer::{Trouble, method_not_allowed, not_found};
use crate::app::App;
use crate::listen::Peer;

/// What stands behind the public API.
pub trait Public: Send + Sync + 'static {
    /// A claim check; the answer's body goes out with status 200.
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>>;
    /// A signed claim; the answer's body goes out with status 200.
    fn claim(&self, signed: SignedClaim) -> Working<'_, Result<Value, Trouble>>;
    fn rate(&self, store: String, language: Language) -> Working<'_, Result<Value, Trouble>>;
    /// Messages. `Ok` only once they are stored durably.
    fn intake(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>>;
    /// A phone's sign of life.
    fn heartbeat(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>>;
}

pub type Working<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The query of a claim check, as it came.
#[derive(Clone)]
pub struct LinkCheck {
    pub fields: Vec<(String, String)>,
    pub client: Option<IpAddr>,
    /// The store's key, from the address or the `Authorization` header.
    pub key: Option<Secret>,
    /// Later answers are not waited for.
    pub by: Deadline,
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

/// A claim with its signature: raw, because the signature is made over bytes.
#[derive(Clone)]
pub struct SignedClaim {
    /// Of `X-Wharf-Signature`.
    pub signature: String,
    pub body: Bytes,
    pub client: Option<IpAddr>,
    /// Later answers are not waited for.
    pub by: Deadline,
}

impl std::fmt::Debug for SignedClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedClaim")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A delivery of a forwarder: raw, because signatures are made over bytes.
#[derive(Clone)]
pub struct Delivery {
    pub token: String,
    pub method: Method,
    /// Of the address, without the question mark.
    pub query: String,
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
        .route("/api/public/store/{id}/rate", rates())
        .route("/api/claims", post(claims::claim))
        // Older modules know one address to set, and put both paths behind it: a key can only stand there.
        .route(
            "/k/{key}/api/payment_link_check",
            get(link_check::check_with_key).head(method_not_allowed),
        )
        .route("/k/{key}/api/public/store/{id}/rate", keyed_rates())
        .merge(intake::routes())
        .layer(from_fn(readable))
}

/// Nothing stands at a path that is no text. Without this the framework says so, in words that no module reads.
async fn readable(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if percent_decode_str(path).decode_utf8().is_ok() {
        return next.run(request).await;
    }
    let mut response = not_found().await.into_response();
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn rates() -> MethodRouter<App> {
    get(rate::rate).options(rate::preflight)
}

/// Rates are public: browsers fetch them. The key in front of them is not looked at.
fn keyed_rates() -> MethodRouter<App> {
    get(rate::rate_behind_key).options(rate::preflight)
}

fn client(app: &App, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> Option<IpAddr> {
    peer.and_then(|Extension(peer)| app.options().proxies.client(peer, headers))
}

/// Runs the work on a task of its own: it is finished even if the client hangs up.
async fn finish<T, F>(language: Language, work: F) -> Result<T, Trouble>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Trouble>> + Send + 'static,
{
    tokio::spawn(work).await.unwrap_or_else(|broke| {
        tracing::error!(%broke, "a public request broke off");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Err(words::trouble(language, status, "failed"))
    })
}

/// The answer of a work that goes on even where nobody waits for its end.
async fn within<T>(
    by: Deadline,
    language: Language,
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    tokio::time::timeout(by.remaining() + GRACE, work)
        .await
        .unwrap_or_else(|_| {
            let status = StatusCode::GATEWAY_TIMEOUT;
            Err(words::trouble(language, status, "late"))
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

/// The calling module gives up after 30 s, its customer sooner.
const ANSWERED: Duration = Duration::from_secs(9);
/// How long an answer that was made in time may be on its way.
const GRACE: Duration = Duration::from_secs(1);
