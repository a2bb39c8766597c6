//! Money that a person has rejected because of who claimed it. Whoever claims it since may be the one who has paid: he is
//! put before a person too, and never gets it without one's word.

use std::collections::BTreeSet;

use serde_json::json;
use wharf_core::Clock;
use wharf_store::{Jobs, StoreError, Tx};

use crate::balance;
use crate::holds::{Concern, is_about_claims, same_client};
use crate::judge::{Verdict, judge};
use crate::matching::{owners_of, settle_transfer};
use crate::reversing::Inquiry;
use crate::review::REVERSAL;
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
            // Nobody was asked about it meanwhile.
            balance::wait_again(db, jobs, clock, store, Some(&transfer.id), None).await?;
            let inquiry = Inquiry { jobs, clock, store };
            inquiry.told_meanwhile(db, &waits).await?;
            return Box::pin(settle_transfer(db, jobs, clock, store, &transfer.id)).await;
        }
    }
    Ok(())
}

/// Whether a transfer was rejected because of others' claims, before this one was made, and never on its way.
async fn is_of_others(db: &mut Db, transfer: &Transfer, claim: &Claim) -> Result<bool, StoreError> {
    let file = reviews::of_transfer(db, &transfer.id).await?;
    if file.iter().any(speaks_against) {
        return Ok(false);
    }
    let decided: BTreeSet<i64> = rejected(&file).filter_map(|item| item.closed_at).collect();
    let since = decided.last().is_some_and(|last| *last < claim.created_at);
    if !since || decided.len() > MOST_TIMES {
        return Ok(false);
    }
    let claims = turned_down(db, &file, &transfer.id).await?;
    if claims.iter().any(|one| same_client(one, claim)) {
        return Ok(false);
    }
    let asked = credits::of_transfer(db, &transfer.id, Direction::Add).await?;
    Ok(asked.is_none())
}

/// Whether it was taken back, or somebody has rejected it for more than who claims it. That no balance was known says nothing
/// of the message; and to reject a reversal speaks for it.
fn speaks_against(item: &Review) -> bool {
    let says_nothing = ["unseeded", REVERSAL].contains(&item.kind.as_str());
    let is_false = !says_nothing && !is_about_claims(&item.kind, &item.reason);
    item.took_back() || item.state == ReviewState::Rejected && is_false
}

/// What somebody has rejected because of who claims it.
fn rejected(file: &[Review]) -> impl Iterator<Item = &Review> {
    file.iter().filter(|item| {
        item.state == ReviewState::Rejected && is_about_claims(&item.kind, &item.reason)
    })
}

/// The claims because of which somebody has rejected a transfer: their clients are not asked about again.
async fn turned_down(db: &mut Db, file: &[Review], id: &str) -> Result<Vec<Claim>, StoreError> {
    if rejected(file).next().is_none() {
        return Ok(Vec::new());
    }
    let mut claims = claims::of_transfer(db, id).await?;
    claims.retain(|one| one.state == ClaimState::Rejected);
    for id in rejected(file).filter_map(|item| item.claim.as_deref()) {
        claims.extend(claims::by_id(db, id).await?);
    }
    Ok(claims)
}

/// Leaves out what those claim anew who were turned down; not what waits for a person since.
pub(crate) async fn leave_out(
    db: &mut Db,
    file: &[Review],
    id: &str,
    claims: &mut Vec<Claim>,
) -> Result<(), StoreError> {
    let turned_down = turned_down(db, file, id).await?;
    claims.retain(|claim| {
        let was_his = turned_down.iter().any(|one| same_client(one, claim));
        let waits_here = claim.state == ClaimState::Held && claim.transfer.as_deref() == Some(id);
        waits_here || !was_his
    });
    Ok(())
}

/// What speaks against giving a transfer to a claim that came after such a rejection.
pub(crate) fn concern(file: &[Review], claim: &Claim) -> Option<Concern> {
    rejected(file).next()?;
    let evidence = json!({ "clients": format!("#{}", claim.client) });
    Some(Concern::new("contest", AGAIN, evidence))
}

const AGAIN: &str = "contest_again";
/// So often people are asked again about one transfer.
const MOST_TIMES: usize = 3;
