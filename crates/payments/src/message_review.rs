//! What people decide about messages that made no transfer.

use serde_json::json;
use wharf_store::NewJob;

use crate::Payments;
use crate::balance::Word;
use crate::intake;
use crate::review::{ReviewError, Sitting};
use crate::tables::messages;
use crate::tables::reviews::{ReviewState, Vote};
use crate::views::Decided;

impl Payments {
    /// A message that made no transfer: it is read again, with its question answered.
    pub(crate) async fn approve_message(
        &self,
        sitting: &mut Sitting,
    ) -> Result<Decided, ReviewError> {
        if sitting.review.kind == "forged" {
            return Err(ReviewError::OnlyRejected);
        }
        if sitting.claim.is_some() {
            return Err(ReviewError::NoClaimAsked);
        }
        let clock = self.store.clock();
        let id = sitting.review.message.clone().unwrap_or_default();
        match sitting.review.kind.as_str() {
            "wallet" => self.choose_wallet(sitting, &id).await?,
            _ if sitting.wallet.is_some() => return Err(ReviewError::NoWalletAsked),
            _ => {}
        }
        // With the wallet that was chosen.
        sitting.review.first = Some(Vote {
            actor: sitting.actor.clone(),
            at: sitting.now,
            reason: sitting.reason.clone(),
        });
        self.close(sitting, ReviewState::Approved, false).await?;
        self.note(sitting, &format!("message/{id}"), "approved")
            .await?;
        if sitting.review.kind == "balance_gap" {
            let (jobs, store) = (self.store.jobs(), &sitting.store);
            crate::balance::vouch_message(&mut sitting.tx, jobs, clock, store, &id, Word::Approves)
                .await?;
        } else if messages::reopen(&mut sitting.tx, &id).await? {
            let job = NewJob::new(intake::READ_JOB, json!({ "message": id }));
            self.store.jobs().enqueue(&mut sitting.tx, job).await?;
        }
        Ok(Decided::Done)
    }

    /// Keeps which wallet a message is about; nothing where its phone's set-up tells by now.
    async fn choose_wallet(&self, sitting: &mut Sitting, message: &str) -> Result<(), ReviewError> {
        let unclear = self.wallet_in_question(&mut sitting.tx, message).await?;
        let among = unclear.as_ref().map(|unclear| unclear.among.as_slice());
        match (sitting.wallet.clone(), among) {
            (None, None) => Ok(()),
            (None, Some([])) => Err(ReviewError::NoWallet),
            (None, Some(_)) => Err(ReviewError::ChooseWallet),
            (Some(chosen), Some(among)) if among.iter().any(|wallet| wallet.id == chosen) => {
                messages::choose_wallet(&mut sitting.tx, message, &chosen).await?;
                sitting.reason = format!("{chosen}: {}", sitting.reason);
                Ok(())
            }
            (Some(_), Some(_)) => Err(ReviewError::NotItsWallet),
            // The phone's set-up tells by now, and perhaps another one.
            (Some(_), None) => Err(ReviewError::NoWalletAsked),
        }
    }

    pub(crate) async fn reject_message(&self, sitting: &mut Sitting) -> Result<(), ReviewError> {
        let clock = self.store.clock();
        sitting.review.first = Some(Vote {
            actor: sitting.actor.clone(),
            at: sitting.now,
            reason: sitting.reason.clone(),
        });
        self.close(sitting, ReviewState::Rejected, false).await?;
        let id = sitting.review.message.clone().unwrap_or_default();
        self.note(sitting, &format!("message/{id}"), "rejected")
            .await?;
        if sitting.review.kind == "balance_gap" {
            let (jobs, store) = (self.store.jobs(), &sitting.store);
            crate::balance::vouch_message(
                &mut sitting.tx,
                jobs,
                clock,
                store,
                &id,
                Word::Rejects(&sitting.review.kind),
            )
            .await?;
        }
        Ok(())
    }
}
