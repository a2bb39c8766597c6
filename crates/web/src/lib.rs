//! The HTTP edge: the module socket for WHMCS's PHP, the public API, health and metrics. It is the only
//! place that makes status codes, and knows no rule of any capability.
//!
//! The operators' pages stand in [`staff`].
//!
//! Two routers: [`socket_router`] answers on a Unix socket (and on loopback TCP where a socket cannot be
//! shared), [`public_router`] answers the world, usually behind a reverse proxy.

mod admin;
mod answer;
mod app;
mod body;
mod client;
mod health;
mod limit;
mod listen;
pub mod meters;
mod module_socket;
pub mod public;
pub mod staff;

pub use admin::AdminToken;
pub use answer::Trouble;
pub use app::{App, AppOptions, Handlers, SiteLookup};
pub use client::TrustedProxies;
pub use listen::{ListenError, Listener, Peer, SocketFile, serve};

use axum::Router;
use axum::routing::{get, post};

/// What the PHP modules and the `wharf` command talk to.
pub fn socket_router(app: App) -> Router {
    Router::new()
        .route(
            "/whmcs/{kind}/{module}/{function}",
            post(module_socket::call),
        )
        .route("/admin/journal/{id}/settle", post(admin::settle))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .fallback(answer::not_found)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .with_state(app)
}

/// What shops, browsers and forwarder phones talk to.
pub fn public_router(app: App) -> Router {
    let pages = match app.staff() {
        Some(_) => staff::routes(),
        None => Router::new(),
    };
    public::routes()
        .merge(pages)
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .fallback(answer::not_found)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .with_state(app)
}
