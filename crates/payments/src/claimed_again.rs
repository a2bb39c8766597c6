//! Money that a person has rejected because of who claimed it. Whoever claims it since may be the one who has paid: he is
//! put before a person too, and never gets it without one's word.

use serde_json::json;
use wharf_core::Clock;
use wharf_store::{Jobs, StoreError, Tx};

use crate::holds::{Concern, is_about_claims, same_client};
use crate::judge::{Verdict, judge};
use crate::matching::{owners_of, settle_transfer};
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::credits::{self, Direction};
use crate::tables::reviews::{self, Review, ReviewState};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

/// Lets a claim meet what was rejected before it was made, of somebody else's claim. The transfer waits again then.
pub(crate) async fn ask_again(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    claim: &Claim,
) -> Result<(), StoreError> {
    let since = clock.now_ms() - 2 * store.claim_ms;
    for transfer in transfers::rejected_for(db, claim, since).await? {
        if !is_of_others(db, &transfer, claim).await? {
            continue;
        }
        let owners = owners_of(db, store, &transfer).await?;
        let fits = judge(
            &transfer,
            std::slice::from_ref(claim),
            &owners,
            store.claim_ms,
        );
        if !matches!(fits, Verdict::Match { .. }) {
            continue;
        }
        let waits = Transfer {
            state: TransferState::Received,
            reason: None,
            claim: None,
            client: None,
            ..transfer.clone()
        };
        if transfers::change(db, transfer.state, &waits, clock.now_ms()).await? {
            let subject = format!("transfer/{}", transfer.id);
            let detail = format!("claim/{}", claim.id);
            audit::note(db, clock, &store.id, &subject, "claimed again", &detail).await?;
            return Box::pin(settle_transfer(db, jobs, clock, store, &transfer.id)).await;
        }
    }
    Ok(())
}

/// Whether a transfer was rejected because of others' claims, before this one was made, and never on its way.
async fn is_of_others(db: &mut Db, transfer: &Transfer, claim: &Claim) -> Result<bool, StoreError> {
    let file = reviews::of_transfer(db, &transfer.id).await?;
    if rejected(&file).is_none_or(|last| last >= claim.created_at) {
        return Ok(false);
    }
    let claims = claims::of_transfer(db, &transfer.id).await?;
    let was_his = |one: &Claim| one.state == ClaimState::Rejected && same_client(one, claim);
    if claims.iter().any(was_his) {
        return Ok(false);
    }
    let asked = credits::of_transfer(db, &transfer.id, Direction::Add).await?;
    Ok(asked.is_none())
}

/// When somebody rejected a transfer because of who claims it; `None`: nobody has, or something else spoke against it too,
/// or somebody has approved of it since.
fn rejected(file: &[Review]) -> Option<i64> {
    let ended = |state: ReviewState| file.iter().filter(move |item| item.state == state);
    let of_claims = |item: &Review| is_about_claims(&item.kind, &item.reason);
    // That no balance was known says nothing of the message.
    let is_false = |item: &Review| !of_claims(item) && item.kind != "unseeded";
    let mut all = ended(ReviewState::Rejected);
    if all.clone().any(is_false) || !all.clone().any(of_claims) {
        return None;
    }
    let last = all.by_ref().filter_map(|item| item.closed_at).max()?;
    let approved = ended(ReviewState::Approved).filter_map(|item| item.closed_at);
    (approved.max() <= Some(last)).then_some(last)
}

/// What speaks against giving a transfer to a claim that came after such a rejection.
pub(crate) fn concern(file: &[Review], claim: &Claim) -> Option<Concern> {
    rejected(file)?;
    let evidence = json!({ "clients": format!("#{}", claim.client) });
    Some(Concern::new("contest", "contest_again", evidence))
}
