//! Customer journeys, played over HTTP against a running sandbox. A story checks its own outcome, from the
//! far side as well, and ends at the first thing that is wrong.

mod domain_life;
mod far_side;
mod idn;
mod outage;
mod premium;
mod purchase;
mod service;
mod shopper;
mod suspension;
mod swiss;
mod timeline;
mod transfer_in;
mod visitor;
mod wallet;

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

pub use purchase::purchase;
pub use service::about_services;
pub(crate) use service::{BARGE, SKIFF};
pub use timeline::{Step, Timeline};
pub use visitor::{Form, Page, Visitor};
pub use wallet::about_wallets;

use crate::Addresses;

/// How a story ended.
#[derive(Clone, Debug, Serialize)]
pub struct Ending {
    /// `active`.
    pub outcome: &'static str,
    /// From the moment at which Wharf accepted the operator's message until domain and service were active.
    pub seconds_from_sms_to_active: f64,
    pub domain: String,
    pub client_email: String,
    pub invoice: String,
}

/// A story about domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainStory {
    /// Registered, renewed, expired, restored, transferred away.
    Life,
    /// Transfers in: a wrong code, a lock, one approved, one rejected, one taken back.
    TransferIn,
    /// The registry is dead for an hour while pages are read and renewals are due.
    Outage,
    /// Names that are applied for: one granted, one refused.
    Swiss,
    /// A premium name at the price that was shown, and one that became dearer.
    Premium,
    /// A name whose letters two registries treat differently.
    Idn,
    /// A domain that nobody pays for is off the net until somebody does.
    Suspension,
}

/// A story of wallet payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletStory {
    /// Claims first, messages three hours late, the newest first.
    Late,
    /// Forged messages of every kind, and a week that comes once more.
    Forged,
    /// WHMCS is down for an hour.
    Outage,
    /// Two clients claim one transfer.
    Fight,
    /// The daemon is killed at random moments.
    Killed,
}

/// A story of provisioned services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStory {
    /// Bought, used, upgraded, suspended, paid for, ended.
    Life,
    /// A database of a service broker: bought, used, upgraded, closed and opened again, ended.
    Broker,
    /// Lost answers, refusals, orders that take their time, a silent supplier, a wrong token.
    Trouble,
}

/// How a story that tells its end in a sentence ended.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    pub outcome: &'static str,
    /// In a sentence.
    pub says: String,
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// Plays a story about domains; `show` gets each step as soon as it is done.
pub async fn about_domains(
    story: DomainStory,
    addresses: &Addresses,
    show: impl FnMut(&Step) + Send,
) -> Result<Told, StoryError> {
    let shopper = shopper::Shopper::new(addresses)?;
    shopper.wait_for_daemon().await?;
    let time = Timeline::new(addresses, show);
    match story {
        DomainStory::Life => domain_life::play(shopper, time).await,
        DomainStory::TransferIn => transfer_in::play(shopper, time).await,
        DomainStory::Outage => outage::play(shopper, time).await,
        DomainStory::Swiss => swiss::play(shopper, time).await,
        DomainStory::Premium => premium::play(shopper, time).await,
        DomainStory::Idn => idn::play(shopper, time).await,
        DomainStory::Suspension => suspension::play(shopper, time).await,
    }
}

/// A good ending.
pub(crate) fn told(says: String, facts: Value) -> Told {
    Told {
        outcome: "proved",
        says,
        facts: match facts {
            Value::Object(facts) => facts,
            _ => Map::new(),
        },
    }
}

/// What went wrong in a story.
#[derive(Debug, Error)]
pub enum StoryError {
    #[error("{0}")]
    Wrong(String),
    #[error("no answer")]
    NoAnswer(#[from] reqwest::Error),
}

impl StoryError {
    pub(crate) fn wrong(what: impl Into<String>) -> Self {
        Self::Wrong(what.into())
    }
}

/// Calls that registry and supplier have answered since they started.
pub(crate) async fn calls(addresses: &Addresses) -> Result<u64, StoryError> {
    let mut total = 0;
    for base in [&addresses.registry, &addresses.supplier] {
        let calls = json(&format!("{base}/_sandbox/calls")).await?;
        total += calls.get("total").and_then(Value::as_u64).unwrap_or(0);
    }
    Ok(total)
}

/// One client for all looks at the far side: making one takes longer than a look.
pub(crate) fn client() -> Result<reqwest::Client, StoryError> {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

/// Reads JSON from a service of the sandbox.
pub(crate) async fn json(url: &str) -> Result<Value, StoryError> {
    let answer = client()?.get(url).send().await?;
    let status = answer.status();
    if !status.is_success() {
        return Err(StoryError::wrong(format!("{url} answered {status}")));
    }
    Ok(answer.json().await?)
}
