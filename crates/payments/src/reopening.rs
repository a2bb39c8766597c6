//! A rejection is taken back: what waited for a person waits again, as it did before. Nothing is credited by it.

use crate::Payments;
use crate::balance::{self, CONTRADICTED};
use crate::credit::{CONFLICT, REFUSED};
use crate::matching::{contend_again, credit_job, settle_transfer};
use crate::reversing::Inquiry;
use crate::review::{REVERSAL, ReviewError, is_afterwards, signed};
use crate::tables::claims::{self, ClaimState};
use crate::tables::reviews::{self, Review, ReviewState};
use crate::tables::stores;
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};
use crate::views::Decision;

impl Payments {
    /// Opens a rejected item again, with everything that the same decision ended. A transfer must still be rejected, as then
    /// nobody was credited for it, or the item be about what came after its credit.
    pub async fn reopen(&self, id: &str, decision: Decision) -> Result<(), ReviewError> {
        let (actor, reason) = signed(&decision)?;
        let mut tx = self.store.begin().await?;
        let known = reviews::by_id(&mut tx, id).await?;
        let known = known.ok_or(ReviewError::NotFound)?;
        stores::take_turn(&mut tx, &known.store).await?;
        // It may have changed while we waited for the turn.
        let review = reviews::by_id(&mut tx, id).await?;
        let review = review.ok_or(ReviewError::NotFound)?;
        let now = self.store.clock().now_ms();
        let items = match &review.transfer {
            Some(id) => {
                let transfer = transfers::by_id(&mut tx, id).await?;
                let transfer = transfer.ok_or(ReviewError::NotFound)?;
                if !reopens(&review.kind, review.state, Some(transfer.state)) {
                    return Err(ReviewError::NotRejected);
                }
                let all = reviews::of_transfer(&mut tx, id).await?;
                // Also the word that ended it, if that was on a reversal: else what is credited now was taken back again.
                let asked = all.iter().any(Review::says_gone);
                let gone = all.iter().rev().find(|item| item.took_back() && !asked);
                let gone = gone.map(|item| item.id.clone());
                let told = match all.iter().any(Review::took_back) {
                    true => ClaimState::Reversed,
                    false => ClaimState::Rejected,
                };
                if is_afterwards(&review.kind, transfer.state) {
                    vec![review.clone()]
                } else {
                    // A node that slept over its end may have sent it all the same.
                    if !self.is_unsent_in(&mut tx, &transfer).await? {
                        return Err(ReviewError::InFlight);
                    }
                    let with_it = |item: &Review| {
                        item.state == ReviewState::Rejected && item.closed_at == review.closed_at
                            || gone.as_ref() == Some(&item.id)
                    };
                    let ended = all.into_iter().filter(with_it).collect();
                    let items = one_of_each_kind(ended, &review);
                    hold_again(&mut tx, &transfer, &review, &items, told, now).await?;
                    items
                }
            }
            None if reopens(&review.kind, review.state, None) => vec![review.clone()],
            None => return Err(ReviewError::NotRejected),
        };
        for item in &items {
            // It was asked again meanwhile.
            let same = reviews::about(&mut tx, &item.subject, &item.kind).await?;
            if same.iter().any(Review::is_undecided) || !reviews::reopen(&mut tx, item, now).await?
            {
                return Err(ReviewError::NotRejected);
            }
        }
        let (clock, store) = (self.store.clock(), &review.store);
        let row = stores::by_id_in(&mut tx, store).await?;
        let (row, jobs) = (row.ok_or(ReviewError::NotFound)?, self.store.jobs());
        // What was taken back says nothing of balances.
        let contradicted = items.iter().any(|item| item.reason == CONTRADICTED);
        if review.kind != REVERSAL && !contradicted {
            let (transfer, message) = (review.transfer.as_deref(), review.message.as_deref());
            balance::wait_again(&mut tx, jobs, clock, &row, transfer, message).await?;
        }
        let inquiry = Inquiry {
            jobs,
            clock,
            store: &row,
        };
        match &review.transfer {
            None if review.kind == REVERSAL => {
                inquiry.look_again(&mut tx, &review).await?;
            }
            None => {}
            Some(id) if review.kind == REVERSAL => {
                inquiry.this_one_after_all(&mut tx, &review).await?;
                settle_transfer(&mut tx, jobs, clock, &row, id).await?;
            }
            Some(id) => {
                if let Some(transfer) = transfers::by_id(&mut tx, id).await?
                    && matches!(transfer.state, TransferState::Held | TransferState::Blocked)
                {
                    inquiry.told_meanwhile(&mut tx, &transfer).await?;
                }
                let all = reviews::of_transfer(&mut tx, id).await?;
                if all.iter().any(Review::says_gone) {
                    settle_transfer(&mut tx, jobs, clock, &row, id).await?;
                } else {
                    contend_again(&mut tx, jobs, clock, &row, id).await?;
                }
                if items.iter().any(|item| item.kind == REFUSED) {
                    jobs.enqueue(&mut tx, credit_job(id).again()).await?;
                }
            }
        }
        let detail = format!("{}: {reason}", review.kind);
        audit::note_by(
            &mut tx,
            clock,
            &actor,
            store,
            &review.subject,
            "reopened",
            &detail,
        )
        .await?;
        tx.commit().await?;
        self.store.jobs().wake();
        metrics::counter!("wharf_payment_reviews_total", "end" => "reopened").increment(1);
        Ok(())
    }
}

/// Whether a decision can be taken back: a rejection, while nothing has been done about it since that cannot be.
pub(crate) fn reopens(kind: &str, state: ReviewState, of: Option<TransferState>) -> bool {
    let stands = match of {
        None | Some(TransferState::Rejected) => kind != REVERSAL || of.is_none(),
        Some(TransferState::Reversed) => false,
        Some(of) => is_afterwards(kind, of),
    };
    state == ReviewState::Rejected && kind != CONFLICT && stands
}

/// What one decision has ended may hold the same question twice: once as it had run out of time, and once as it was asked
/// again. One is open at a time: the one that somebody looks at, else the newest.
fn one_of_each_kind(ended: Vec<Review>, review: &Review) -> Vec<Review> {
    let mut items: Vec<Review> = vec![review.clone()];
    for item in ended.into_iter().rev() {
        if !items.iter().any(|known| known.kind == item.kind) {
            items.push(item);
        }
    }
    items
}

/// The transfer waits again, and with it the claims that were told so, or "rejected": for a person, or where WHMCS had
/// refused it, for WHMCS. Nothing was sent for it: what it is worth is told anew by whoever gets it.
async fn hold_again(
    db: &mut Db,
    transfer: &Transfer,
    review: &Review,
    items: &[Review],
    told: ClaimState,
    now: i64,
) -> Result<(), ReviewError> {
    let (to, waits) = match items.iter().find(|item| item.kind == REFUSED) {
        Some(refused) => {
            let to = Transfer {
                state: TransferState::Blocked,
                reason: Some(refused.reason.clone()),
                ..transfer.clone()
            };
            (to, ClaimState::Matched)
        }
        None => {
            let to = Transfer {
                state: TransferState::Held,
                reason: Some(review.reason.clone()),
                currency: None,
                rate: None,
                credit: None,
                ..transfer.clone()
            };
            (to, ClaimState::Held)
        }
    };
    if !transfers::change(db, TransferState::Rejected, &to, now).await? {
        return Err(ReviewError::NotRejected);
    }
    for mut claim in claims::of_transfer(db, &transfer.id).await? {
        if ![ClaimState::Rejected, told].contains(&claim.state) {
            continue;
        }
        claim.state = waits;
        if claim.reason.as_deref() == Some("rejected") {
            claim.reason = Some(review.reason.clone()).filter(|_| waits == ClaimState::Held);
        }
        claims::change(db, &claim, now).await?;
    }
    Ok(())
}
