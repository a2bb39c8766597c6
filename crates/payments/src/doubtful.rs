//! Claims that a doubtful message holds: money of the same payer and amount that nothing speaks against takes them, so
//! that nobody who has paid waits for what somebody else has forged, or the network has mangled.

use wharf_core::Clock;
use wharf_store::{StoreError, Tx};

use crate::judge::{Owner, Verdict, judge};
use crate::matching::let_go;
use crate::tables::Db;
use crate::tables::claims::{self, Claim};
use crate::tables::reviews::{self, Review};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::Transfer;

/// Frees the claim that a transfer would get if no doubtful one held it. The answer is the other transfer, to be settled
/// after this one.
pub(crate) async fn free_for(
    db: &mut Tx,
    clock: &Clock,
    store: &StoreRow,
    transfer: &Transfer,
    owners: &[Owner],
) -> Result<Option<String>, StoreError> {
    let mut held = Vec::new();
    for claim in claims::held_for_others(db, transfer).await? {
        if is_in_doubt(db, &claim).await? {
            held.push(claim);
        }
    }
    let Verdict::Match { claim, .. } = judge(transfer, &held, owners, store.claim_ms) else {
        return Ok(None);
    };
    let Some(claim) = held.into_iter().find(|one| one.id == claim) else {
        return Ok(None);
    };
    let other = claim.transfer.clone();
    let_go(db, claim, clock.now_ms()).await?;
    Ok(other)
}

/// Whether something about the message itself speaks against the transfer that a claim is held for, and nobody has
/// approved of it yet.
async fn is_in_doubt(db: &mut Db, claim: &Claim) -> Result<bool, StoreError> {
    let Some(id) = &claim.transfer else {
        return Ok(false);
    };
    let file = reviews::of_transfer(db, id).await?;
    let approved = |item: &Review| item.is_undecided() && item.first.is_some();
    let doubts = |item: &Review| DOUBTS.contains(&item.kind.as_str()) && item.is_undecided();
    Ok(file.iter().any(doubts) && !file.iter().any(approved))
}

const DOUBTS: [&str; 5] = ["balance_gap", "unseeded", "doubt", "duplicate", "forged"];
