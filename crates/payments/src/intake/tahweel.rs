//! The Tahweel listener: batches in JSON, each message with a fingerprint that the answer must repeat before the
//! phone forgets it. It cannot sign; it sends a heartbeat every minute.

use super::format::{Envelope, Format, KeyRule, Opened, Rejection};
use super::generic;

pub(super) struct Tahweel;

impl Format for Tahweel {
    fn name(&self) -> &'static str {
        "tahweel"
    }

    fn title(&self) -> &'static str {
        "Tahweel listener"
    }

    fn key(&self) -> KeyRule {
        KeyRule::None
    }

    fn steps(&self) -> &'static [&'static str] {
        &[
            "Server URL: {url} (the app adds /ingest/sms and /ingest/heartbeat itself)",
            "Token: anything; the address is the credential",
        ]
    }

    fn open(&self, envelope: &Envelope<'_>) -> Result<Opened, Rejection> {
        envelope.must_be_post()?;
        generic::read(envelope, &["received_at"])
    }
}
