//! A wallet phone: people's and stores' mobile wallets, the operators that move the money and write the SMS of
//! both sides, and the forwarder app on the stores' phone that posts them on as real apps do.
//!
//! | route | for |
//! |---|---|
//! | `GET /` and its forms | people: wallets, sending money, everything else, the stores' phone, cheats, messages |
//! | `POST /api/send` `{from, to, amount, text?}` | sends money: `{transaction_id, sms_id}`, the receiver's SMS |
//! | `POST /api/event` `{wallet, event, amount?}` | withdraws, pays, asks, fails, is advertised to |
//! | `POST /api/reverse/{sms}` | the operator takes a transfer back |
//! | `POST /api/resend/{sms}` | forwards a message once more: new event, same message |
//! | `POST /api/export` `{hours}` | forwards every kept message of so many hours once more |
//! | `POST /api/forge` `{kind, to, from, amount, balance?, id?}` | a message or delivery that is not true |
//! | `POST /api/heartbeat` | the app says that it is alive |
//! | `GET`, `POST /_sandbox/phone` | how the stores' phone stands: `{app, online, clock_off_seconds, duplicates}` |
//! | `GET /_sandbox/wallets`, `/_sandbox/messages` | proofs: true balances, every message and its deliveries |
//! | `POST /_sandbox/wallets` | opens a payer's wallet |
//! | `POST /_sandbox/wallets/{number}` `{text}` | which of its operator's texts a wallet gets |

mod apps;
mod events;
mod forge;
mod forward;
mod operators;
mod pages;
mod routes;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use wharf_core::Clock;

pub use crate::apps::App;
pub use crate::forge::Forgery;
pub use crate::operators::{Event, Operator};
use crate::state::State;

/// What the phone is started with.
#[derive(Clone, Debug)]
pub struct PhoneOptions {
    pub clock: Clock,
    pub wallets: Vec<Wallet>,
    /// Where each forwarder app of the stores' phone posts messages; the first is the one in use. Without any they
    /// stay on the phone.
    pub forwards: Vec<Forward>,
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
    pub operator: Operator,
    /// Which of its operator's texts it gets; empty: the usual one.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Payer,
    /// Its card is in the stores' phone, which has the forwarder app.
    Store,
}

/// A forwarder app's settings.
#[derive(Clone)]
pub struct Forward {
    pub app: App,
    pub url: String,
    /// What it signs with; apps that can do without have it empty.
    pub key: String,
    pub device_id: String,
}

/// The phones and the operators behind them. Clones are the same ones.
#[derive(Clone)]
pub struct Phone {
    clock: Clock,
    state: Arc<Mutex<State>>,
    forwards: Arc<[Forward]>,
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
        let app = options.forwards.first().map(|forward| forward.app);
        let state = State::new(options.wallets, app.unwrap_or(App::Smsgate));
        Self {
            clock: options.clock,
            state: Arc::new(Mutex::new(state)),
            forwards: options.forwards.into(),
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

impl Wallet {
    /// With Vodafone Cash and its usual texts.
    pub fn new(number: &str, name: &str, balance_minor: i64, kind: Kind) -> Self {
        Self {
            number: number.to_owned(),
            name: name.to_owned(),
            balance_minor,
            kind,
            operator: Operator::VodafoneCash,
            text: String::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, operator: Operator) -> Self {
        self.operator = operator;
        self
    }
}

/// The API's calls; pages are not calls.
pub fn classify(parts: &Parts, _body: &Bytes) -> Option<String> {
    let path = parts.uri.path();
    let name = path.strip_prefix("/api/")?.split('/').next()?;
    let known = [
        "send",
        "event",
        "reverse",
        "resend",
        "export",
        "forge",
        "heartbeat",
    ]
    .contains(&name);
    (known && parts.method == Method::POST).then(|| format!("POST /api/{name}"))
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward")
            .field("app", &self.app)
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
