//! Messages that nobody understood are read again when the templates change: an operator that words its messages
//! anew must cost the provider a file, not the customers their payments.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use wharf_store::{NewJob, StoreError};

use crate::Payments;
use crate::intake;
use crate::tables::messages;

impl Payments {
    /// Looks at the wallet files for ever, and reads again when they changed; the first time at the start, since a
    /// new version may bring new templates.
    pub async fn watch_wallets(&self) {
        let mut read_with = None;
        loop {
            let generation = self.wallets.generation();
            if read_with != Some(generation) {
                match self.reread().await {
                    Ok(_) => read_with = Some(generation),
                    Err(error) => {
                        tracing::warn!(%error, "messages could not be read again; it is tried again");
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Reads the messages of the last two days again that were not understood when they came, and are now. How
    /// many.
    pub async fn reread(&self) -> Result<usize, StoreError> {
        let (store, wallets) = (&self.store, self.wallets());
        let since = store.clock().now_ms() - WINDOW;
        let mut db = store.pool().acquire().await?;
        let candidates = messages::not_understood(&mut db, since, MOST).await?;
        drop(db);
        let mut reread = 0;
        for message in candidates {
            let at = Timestamp::from_millisecond(message.stored_at).unwrap_or(store.clock().now());
            let explained = wallets.read(&message.sender, &message.body, at);
            if explained.reading.is_none() {
                continue;
            }
            let mut tx = store.begin().await?;
            if messages::forget(&mut tx, &message.id).await? {
                let job = NewJob::new(intake::READ_JOB, json!({ "message": message.id }));
                store.jobs().enqueue(&mut tx, job).await?;
                reread += 1;
            }
            tx.commit().await?;
        }
        if reread > 0 {
            store.jobs().wake();
            tracing::info!(
                messages = reread,
                "messages are understood now and read again"
            );
        }
        Ok(reread)
    }
}

const LOOK: Duration = Duration::from_secs(5);
/// Milliseconds. What is older waits for a person anyway.
const WINDOW: i64 = 48 * 3_600_000;
/// A phone's private messages are among them: more are not looked at.
const MOST: i64 = 5_000;
