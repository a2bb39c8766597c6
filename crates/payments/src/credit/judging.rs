//! A person's word on a credit, or on its being taken away, that nobody else can tell of.

use wharf_store::StoreError;
use wharf_store::journal::{State, Verdict};

use super::booking::{claim_of, credit_row};
use super::{AddCredit, Credited};
use crate::Payments;
use crate::tables::credits::{self, CreditRow, CreditState};
use crate::tables::{audit, stores, transfers};

/// What became of a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    Taken,
    /// Nobody was asked, or it has ended meanwhile.
    NotAsked,
}

impl Payments {
    /// A person has looked into WHMCS for a transfer in review: `booked`, so that it counts as credited; or not
    /// booked, so that it is sent, whatever else looks like it.
    pub async fn judge_credit(
        &self,
        transfer: &str,
        booked: bool,
        actor: &str,
        why: &str,
    ) -> Result<Judged, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(transfer) = transfers::by_id(&mut db, transfer).await? else {
            return Ok(Judged::NotAsked);
        };
        let (claim, store) = (
            claim_of(&mut db, &transfer).await?,
            stores::by_id_in(&mut db, &transfer.store).await?,
        );
        drop(db);
        let (Some(claim), Some(store)) = (claim, store) else {
            return Ok(Judged::NotAsked);
        };
        let Some(effect) = AddCredit::of(&store, &claim, &transfer) else {
            return Ok(Judged::NotAsked);
        };
        let Some(entry) = self.entry(&effect).await? else {
            return Ok(Judged::NotAsked);
        };
        if entry.state != State::Held {
            return Ok(Judged::NotAsked);
        }
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        let (event, verdict) = if booked {
            let found = serde_json::to_value(Credited::default()).unwrap_or_default();
            ("found booked", Verdict::Happened(found))
        } else {
            // Before the journal goes on: what looks like this money must not stop it again.
            let row = CreditRow {
                note: Some(why.to_owned()),
                ..credit_row(&effect, CreditState::Judged, clock.now_ms())
            };
            credits::put(&mut tx, &row).await?;
            ("found not booked", Verdict::DidNotHappen)
        };
        let subject = format!("transfer/{}", transfer.id);
        let detail = format!("{actor}: {why}");
        audit::note(&mut tx, clock, &transfer.store, &subject, event, &detail).await?;
        tx.commit().await?;
        let now = self
            .store
            .journal()
            .judge_held(&entry.id, verdict, actor)
            .await?;
        Ok(match now {
            State::Done | State::Refused => Judged::Taken,
            _ => Judged::NotAsked,
        })
    }
}
