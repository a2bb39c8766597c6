//! A wallet phone: people's and stores' mobile wallets, the operator that moves the money and writes the
//! SMS of both sides, and the forwarder app on the store's phone that posts them on as SMSGate does.
//!
//! | route | for |
//! |---|---|
//! | `GET /`, `POST /send` | people: wallets, sending money, messages and what became of them |
//! | `POST /api/send` `{from, to, amount}` | sends money: `{transaction_id, sms_id}`, the receiver's SMS |
//! | `POST /api/resend/{sms}` | forwards a message once more: new event, same message |
//! | `GET /_sandbox/wallets`, `/_sandbox/messages` | proofs |
//! | `POST /_sandbox/wallets` | opens a payer's wallet |

mod forward;
mod operator;
mod pages;
mod routes;
mod sms;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use wharf_core::Clock;

use crate::state::State;

/// What the phone is started with.
#[derive(Clone, Debug)]
pub struct PhoneOptions {
    pub clock: Clock,
    pub wallets: Vec<Wallet>,
    /// Where the forwarder app of the stores' phones posts messages; without one they stay on the phone.
    pub forward: Option<Forward>,
}

/// One mobile wallet.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// National form, `01012345678`.
    pub number: String,
    pub name: String,
    /// Piastres.
    pub balance_minor: i64,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Payer,
    /// A store's phone has the forwarder app.
    Store,
}

/// The forwarder app's settings.
#[derive(Clone)]
pub struct Forward {
    pub url: String,
    pub signing_key: String,
    pub device_id: String,
}

/// The phones and the operator behind them. Clones are the same ones.
#[derive(Clone)]
pub struct Phone {
    clock: Clock,
    state: Arc<Mutex<State>>,
    forward: Option<Arc<Forward>>,
    client: reqwest::Client,
    /// The app's wait before its second try; it doubles from there.
    first_retry: Duration,
    /// What a form of ours carries and another site cannot know.
    form_token: Arc<str>,
}

impl Phone {
    /// The process must have installed a TLS provider (the forwarder may have to speak https).
    pub fn new(options: PhoneOptions) -> Self {
        let mut token = [0_u8; 16];
        // Without randomness the token guards nothing, which costs a sandbox nothing either.
        let _ = getrandom::fill(&mut token);
        Self {
            clock: options.clock,
            state: Arc::new(Mutex::new(State::new(options.wallets))),
            forward: options.forward.map(Arc::new),
            client: reqwest::Client::new(),
            first_retry: Duration::from_secs(10),
            form_token: hex::encode(token).into(),
        }
    }

    /// Makes the app impatient, for tests: the real one waits 10 s before its second try.
    #[must_use]
    pub fn with_first_retry(mut self, wait: Duration) -> Self {
        self.first_retry = wait;
        self
    }

    /// Forwards through a client of the caller's making (one that trusts another CA, say).
    #[must_use]
    pub fn with_client(mut self, client: reqwest::Client) -> Self {
        self.client = client;
        self
    }

    pub fn router(&self) -> Router {
        routes::routes().with_state(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The API's two calls; pages are not calls.
pub fn classify(parts: &Parts, _body: &Bytes) -> Option<String> {
    let path = parts.uri.path();
    let name = match path.strip_prefix("/api/")?.split('/').next()? {
        "send" => "POST /api/send",
        "resend" => "POST /api/resend",
        _ => return None,
    };
    (parts.method == Method::POST).then(|| name.to_owned())
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward")
            .field("device_id", &self.device_id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
