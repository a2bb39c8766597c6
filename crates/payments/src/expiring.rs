//! Holds that nobody decides in the store's time end.

use std::time::Duration;

use wharf_store::StoreError;

use crate::Payments;
use crate::holds::{HOLD_EXPIRED, is_of_another};
use crate::tables::claims::{self, ClaimState};
use crate::tables::reviews::{self, ReviewState};
use crate::tables::{audit, stores};

impl Payments {
    /// Ends holds that nobody decided in the store's time: the customer is told to ask; the item can still be
    /// decided.
    pub async fn expire_holds(&self) -> Result<usize, StoreError> {
        let clock = self.store.clock();
        let mut ended = 0;
        let mut db = self.connection().await?;
        let all = stores::all(&mut db).await?;
        drop(db);
        for store in all {
            let before = clock.now_ms() - store.caution.hold_days * A_DAY;
            let mut tx = self.store.begin().await?;
            stores::take_turn(&mut tx, &store.id).await?;
            for item in reviews::older_than(&mut tx, &store.id, before, 200).await? {
                if !reviews::close(&mut tx, &item, ReviewState::Expired, clock.now_ms()).await? {
                    continue;
                }
                ended += 1;
                audit::note(
                    &mut tx,
                    clock,
                    &store.id,
                    &item.subject,
                    "expired",
                    &item.kind,
                )
                .await?;
                let Some(transfer) = &item.transfer else {
                    continue;
                };
                for mut claim in claims::of_transfer(&mut tx, transfer).await? {
                    if claim.state == ClaimState::Held && !is_of_another(&claim) {
                        claim.reason = Some(HOLD_EXPIRED.to_owned());
                        claims::change(&mut tx, &claim, clock.now_ms()).await?;
                    }
                }
            }
            tx.commit().await?;
        }
        Ok(ended)
    }

    /// Ends holds for ever.
    pub async fn watch_holds(&self) {
        loop {
            if let Err(error) = self.expire_holds().await {
                tracing::warn!(%error, "holds could not be looked at");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

const A_DAY: i64 = 24 * 3_600_000;
const LOOK_EVERY: Duration = Duration::from_secs(600);
