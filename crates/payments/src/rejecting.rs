//! People reject what waits for them: nobody is credited by it, and who claims it is told so, or goes on waiting for money
//! of his own.

use wharf_store::StoreError;

use crate::Payments;
use crate::balance::{self, Word};
use crate::doubtful::is_doubt;
use crate::holding::let_go;
use crate::holds::{is_about_claims, is_of_another};
use crate::judge::proves;
use crate::matching::{self, credit_job};
use crate::reversing::Inquiry;
use crate::review::{REVERSAL, ReviewError, Sitting, is_afterwards, not_now, waits};
use crate::tables::claims::{self, ClaimState};
use crate::tables::reviews::{self, Review, ReviewState, Vote};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::views::{Decided, Decision};

impl Payments {
    /// Ends it without a credit. What is on its way cannot be rejected any more.
    pub async fn reject(&self, id: &str, decision: Decision) -> Result<Decided, ReviewError> {
        if let Some(decided) = self.decide_credit(id, &decision, false).await? {
            return Ok(decided);
        }
        let mut sitting = self.sit(id, decision).await?;
        match sitting.review.transfer.clone() {
            Some(transfer) => self.reject_transfer(&mut sitting, &transfer).await?,
            None => self.reject_message(&mut sitting).await?,
        }
        sitting.tx.commit().await?;
        metrics::counter!("wharf_payment_reviews_total", "end" => "rejected").increment(1);
        Ok(Decided::Done)
    }

    async fn reject_transfer(&self, sitting: &mut Sitting, id: &str) -> Result<(), ReviewError> {
        let clock = self.store.clock();
        let transfer = transfers::by_id(&mut sitting.tx, id).await?;
        let transfer = transfer.ok_or(ReviewError::NotFound)?;
        let about_money = !is_afterwards(&sitting.review.kind, transfer.state);
        if about_money && !waits(transfer.state) {
            return Err(not_now(transfer.state));
        }
        sitting.review.first = Some(Vote {
            actor: sitting.actor.clone(),
            at: sitting.now,
            reason: sitting.reason.clone(),
        });
        self.close(sitting, ReviewState::Rejected, about_money)
            .await?;
        let subject = format!("transfer/{id}");
        self.note(sitting, &subject, "rejected").await?;
        if sitting.review.kind != REVERSAL {
            let (jobs, store) = (self.store.jobs(), &sitting.store);
            let word = Word::Rejects(&sitting.review.kind);
            balance::vouch(&mut sitting.tx, jobs, clock, store, id, word).await?;
        }
        if !about_money {
            let (jobs, store) = (self.store.jobs(), &sitting.store);
            if sitting.review.kind == REVERSAL {
                let (item, inquiry) = (&sitting.review, Inquiry { jobs, clock, store });
                inquiry.not_this_one(&mut sitting.tx, item).await?;
            }
            matching::settle_transfer(&mut sitting.tx, jobs, clock, store, id).await?;
            // What waited for this goes on.
            jobs.enqueue(&mut sitting.tx, credit_job(id).again())
                .await?;
            return Ok(());
        }
        let reason = sitting.reason.clone();
        self.refuse(sitting, &transfer, ClaimState::Rejected, &reason)
            .await
    }

    /// The transfer is not credited, and those who claim it are told so.
    pub(crate) async fn refuse(
        &self,
        sitting: &mut Sitting,
        transfer: &Transfer,
        told: ClaimState,
        reason: &str,
    ) -> Result<(), ReviewError> {
        let now = sitting.now;
        let to = Transfer {
            state: TransferState::Rejected,
            reason: Some(reason.to_owned()),
            ..transfer.clone()
        };
        if !transfers::change(&mut sitting.tx, transfer.state, &to, now).await? {
            return Err(ReviewError::InFlight);
        }
        // Whoever claims a message that nothing is behind may have paid all the same: his own money may come.
        let is_false = is_doubt(&sitting.review.kind) && !is_about_client(sitting).await?;
        let mut freed = Vec::new();
        for mut claim in claims::of_transfer(&mut sitting.tx, &transfer.id).await? {
            if claim.state != ClaimState::Held {
                continue;
            }
            if is_false && !proves(&claim, transfer) {
                let is_told = !is_of_another(&claim);
                freed.push(let_go(&mut sitting.tx, claim, is_told, now).await?);
            } else {
                claim.state = told;
                if !is_of_another(&claim) {
                    claim.reason = Some("rejected".to_owned());
                }
                claims::change(&mut sitting.tx, &claim, now).await?;
            }
        }
        matching::forget_differences(&mut sitting.tx, &transfer.id, now).await?;
        metrics::counter!("wharf_payment_transfers_total", "end" => "rejected").increment(1);
        let (jobs, clock) = (self.store.jobs(), self.store.clock());
        matching::meet_again(&mut sitting.tx, jobs, clock, &sitting.store, &freed).await?;
        Ok(())
    }
}

/// Whether all that spoke against the message was that no balance was known, and the same decision was about who claims it.
async fn is_about_client(sitting: &mut Sitting) -> Result<bool, StoreError> {
    let id = sitting.review.transfer.as_deref().unwrap_or_default();
    let now = Some(sitting.now);
    let mut file = reviews::of_transfer(&mut sitting.tx, id).await?;
    file.retain(|item| item.state == ReviewState::Rejected && item.closed_at == now);
    let of_claims = |item: &Review| is_about_claims(&item.kind, &item.reason);
    let is_false = |item: &Review| is_doubt(&item.kind) && item.kind != "unseeded";
    Ok(file.iter().any(of_claims) && !file.iter().any(is_false))
}
