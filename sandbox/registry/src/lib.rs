//! A registrar on one machine: it speaks ISPAPI at `POST /api/call.cgi` as the platform's documentation
//! and SDKs do, keeps accounts, contacts and domains in memory, and derives every date from the clock that
//! it is given. It shares no parser with the client that it judges.
//!
//! | route | for |
//! |---|---|
//! | `POST /api/call.cgi` | the API |
//! | `GET /`, `GET /domains/{name}` | people |
//! | `GET /_sandbox/domains`, `/_sandbox/domains/{name}`, `/_sandbox/accounts`, `/_sandbox/transfers`, `/_sandbox/applications`, `/_sandbox/mails` | proofs |
//! | `POST /_sandbox/{act}` | what others do, see [`outside`] |
//!
//! Some names are what they are without having been seeded:
//!
//! | first label starts with | the name is |
//! |---|---|
//! | `taken-` | another registrar's, for good |
//! | `transfer-` | another registrar's; the code is `Auth-` and the label |
//! | `transfer-locked-`, `transfer-young-` | the same, but locked, or registered three weeks ago |
//! | `premium-`, `premium-cheap-`, `premium-same-` | sold at a premium, in most generic zones |
//! | `reserved-`, `block-`, `collision-` | not to be had, with the reason that each has |
//! | `unsure-` | one of which a check answers 421 |

mod answer;
mod command;
mod commands;
mod dates;
mod door;
mod filled;
mod outside;
mod pages;
mod state;
mod zones;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use wharf_core::{Clock, Money};

use crate::door::Request;
pub use crate::filled::FilledDomain;
use crate::state::State;

/// What the registry is started with.
#[derive(Clone, Debug, Default)]
pub struct RegistryOptions {
    pub clock: Clock,
    pub accounts: Vec<Account>,
    /// Names that another registrar's customer holds already, beside every name whose first label starts
    /// with `taken-`.
    pub seed_taken: Vec<String>,
    /// So many accounts more: `reseller-001` and on, with the first account's password.
    pub fill_accounts: usize,
    /// So many domains ([`FilledDomain`]) in the first account.
    pub fill_domains: usize,
    /// So many extensions in all, invented ones among them; what is really sold is never left out.
    pub fill_zones: usize,
}

/// A customer of the registrar.
#[derive(Clone)]
pub struct Account {
    pub login: String,
    pub password: String,
    pub balance: Money,
}

/// A user below an account (`account!name`) that may not do everything.
#[derive(Clone)]
pub struct Role {
    pub account: String,
    pub name: String,
    pub password: String,
    /// Lines such as `AddDomain():DENY`, `QueryDomainList[USERDEPTH=SELF]:ALLOW` or `DEFAULTPOLICY:DENY`; the
    /// first that fits decides, and what none fits is allowed unless the default says otherwise.
    pub acl: Vec<String>,
}

/// The registrar. Clones are the same registrar.
#[derive(Clone)]
pub struct Registry {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

impl Registry {
    pub fn new(options: RegistryOptions) -> Self {
        let first = options.accounts.first().map(|first| first.login.clone());
        let now = options.clock.now();
        let mut state = State::new(options.accounts, &options.seed_taken);
        state.zones.fill(options.fill_zones);
        state.fill_accounts(options.fill_accounts);
        if let Some(first) = first {
            state.fill_domains(&first, options.fill_domains, now);
        }
        Self {
            clock: options.clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub fn add_role(&self, role: Role) {
        self.lock().roles.push(role);
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/call.cgi", post(call))
            .route("/", get(home))
            .route("/domains/{name}", get(domain))
            .route("/_sandbox/domains", get(domains))
            .route("/_sandbox/domains/{name}", get(domain_view))
            .route("/_sandbox/accounts", get(accounts))
            .route("/_sandbox/transfers", get(transfers))
            .route("/_sandbox/applications", get(applications))
            .route("/_sandbox/mails", get(mails))
            .route("/_sandbox/{act}", post(act))
            .with_state(self.clone())
    }

    /// The state as it is now: what fell due since the last look has been done.
    fn at_now(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.pass_time(self.clock.now());
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The command of an API call, in its documented spelling; `None` for everything else.
pub fn classify(parts: &Parts, body: &Bytes) -> Option<String> {
    let is_call = parts.method == Method::POST && parts.uri.path() == "/api/call.cgi";
    is_call.then(|| Request::read(body).command_name())
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Role")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

/// Results never travel in the HTTP status, and no content type is relied on (SDKs send three different ones).
async fn call(Shared(registry): Shared<Registry>, body: Bytes) -> Response {
    let now = registry.clock.now();
    let answer = door::answer(&mut registry.at_now(), &Request::read(&body), now);
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        answer.to_string(),
    )
        .into_response()
}

async fn home(
    Shared(registry): Shared<Registry>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    page(pages::home(
        &registry.at_now(),
        &query,
        registry.clock.now(),
    ))
}

async fn domain(Shared(registry): Shared<Registry>, Path(name): Path<String>) -> Response {
    match pages::domain(&registry.at_now(), &name, registry.clock.now()) {
        Some(html) => page(html),
        None => (StatusCode::NOT_FOUND, "no such domain here").into_response(),
    }
}

fn page(html: Result<String, minijinja::Error>) -> Response {
    match html {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn domains(Shared(registry): Shared<Registry>) -> Json<Vec<pages::DomainView>> {
    Json(pages::domain_views(
        &registry.at_now(),
        registry.clock.now(),
    ))
}

async fn domain_view(Shared(registry): Shared<Registry>, Path(name): Path<String>) -> Response {
    match pages::one_view(&registry.at_now(), &name, registry.clock.now()) {
        Some(view) => Json(view).into_response(),
        None => (StatusCode::NOT_FOUND, "no such domain here").into_response(),
    }
}

async fn accounts(Shared(registry): Shared<Registry>) -> Json<Vec<pages::AccountView>> {
    Json(pages::account_views(&registry.at_now()))
}

async fn transfers(Shared(registry): Shared<Registry>) -> Json<Value> {
    Json(outside::transfers(&registry.at_now()))
}

async fn applications(Shared(registry): Shared<Registry>) -> Json<Value> {
    Json(outside::applications(&registry.at_now()))
}

async fn mails(Shared(registry): Shared<Registry>) -> Json<Value> {
    Json(outside::mails(&registry.at_now()))
}

async fn act(
    Shared(registry): Shared<Registry>,
    Path(act): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = registry.clock.now();
    let wish = outside::Wish::read(&headers, &body);
    let done = outside::act(&mut registry.at_now(), &act, &wish, now);
    wish.answer(done)
}

#[cfg(test)]
mod tests;
