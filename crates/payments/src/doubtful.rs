//! Claims that a doubtful message holds: money of the same payer and amount that nothing speaks against meets them as well,
//! so that nobody who has paid waits for what somebody else has forged, or the network has mangled.

use std::collections::BTreeSet;

use wharf_core::Clock;
use wharf_store::{StoreError, Tx};

use crate::holding::let_go;
use crate::tables::Db;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::reviews::{self, Review};
use crate::tables::transfers::{self, Transfer, TransferState};

/// The claims that doubtful messages hold and that a transfer may be about.
pub(crate) async fn claims_for(db: &mut Db, transfer: &Transfer) -> Result<Vec<Claim>, StoreError> {
    let mut held = claims::held_for_others(db, transfer).await?;
    let others: BTreeSet<String> = held
        .iter()
        .filter_map(|claim| claim.transfer.clone())
        .collect();
    let mut doubtful = BTreeSet::new();
    for other in others {
        if is_in_doubt(db, &other).await? {
            doubtful.insert(other);
        }
    }
    held.retain(|claim| {
        let other = claim.transfer.as_ref();
        other.is_some_and(|other| doubtful.contains(other))
    });
    Ok(held)
}

/// Takes those of them that a transfer is about out of the others' hands. The answer are these other transfers, to be
/// settled after this one.
pub(crate) async fn free(
    db: &mut Tx,
    clock: &Clock,
    transfer: &str,
    wanted: &[String],
    claims: &mut [Claim],
) -> Result<Vec<String>, StoreError> {
    let mut others = Vec::new();
    for claim in claims.iter_mut() {
        let other = claim.transfer.clone().filter(|other| other != transfer);
        let held = claim.state == ClaimState::Held && wanted.contains(&claim.id);
        if let Some(other) = other.filter(|_| held) {
            *claim = let_go(db, claim.clone(), false, clock.now_ms()).await?;
            others.push(other);
        }
    }
    others.sort_unstable();
    others.dedup();
    Ok(others)
}

/// Whether something about the message itself speaks against a transfer that claims are held for, and nobody has approved
/// of it yet.
async fn is_in_doubt(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let other = transfers::by_id(db, id).await?;
    if other.is_none_or(|other| other.state != TransferState::Held) {
        return Ok(false);
    }
    let file = reviews::of_transfer(db, id).await?;
    let approved = |item: &Review| item.is_undecided() && item.first.is_some();
    let doubts = |item: &Review| is_doubt(&item.kind) && item.is_undecided();
    Ok(file.iter().any(doubts) && !file.iter().any(approved))
}

/// Whether items of a kind speak against the message itself.
pub(crate) fn is_doubt(kind: &str) -> bool {
    DOUBTS.contains(&kind)
}

const DOUBTS: [&str; 5] = ["balance_gap", "unseeded", "doubt", "duplicate", "forged"];
