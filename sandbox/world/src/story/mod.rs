//! Customer journeys, played over HTTP against a running sandbox. A story checks its own outcome, from the
//! far side as well, and ends at the first thing that is wrong.

mod far_side;
mod purchase;
mod timeline;
mod visitor;

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

pub use purchase::purchase;
pub use timeline::{Step, Timeline};
pub use visitor::{Form, Page, Visitor};

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
