//! Where a message belongs that prints no number: behind those with a number that are earlier. Messages print minutes,
//! so of those around the same minute their balances tell which came first.

use wharf_store::StoreError;

use super::SEED;
use super::chain::footing_before;
use super::walk::misfits;
use crate::tables::Db;
use crate::tables::links::{self, Link, Position};

/// The number behind which a link without one belongs; 0 before the first.
pub(super) async fn number_before(db: &mut Db, link: &Link) -> Result<i64, StoreError> {
    let by_time = links::number_before(db, &link.wallet, link.happened_at).await?;
    let near = links::numbers_around(db, link, by_time, A_MINUTE, MANY + 1).await?;
    let Some(first) = near.first().filter(|_| is_few(near.len())) else {
        return Ok(by_time);
    };
    let mut places = vec![
        by_time,
        links::number_below(db, &link.wallet, *first).await?,
    ];
    places.extend(&near);
    let start = Position {
        seq: places.iter().copied().min().unwrap_or(by_time),
        rank: 1,
        happened_at: link.happened_at,
    };
    let footing = footing_before(db, &link.wallet, start).await?;
    let (behind, _) = links::page(db, &link.wallet, (start, ""), AHEAD).await?;
    let at = |seq: i64| {
        let link = Link {
            seq,
            rank: 1,
            ..link.clone()
        };
        let mut all = behind.clone();
        let at = all
            .partition_point(|other| (other.position(), &other.id) < (link.position(), &link.id));
        all.insert(at, link);
        misfits(&footing, all)
    };
    // The first of equals counts.
    Ok(places
        .into_iter()
        .min_by_key(|seq| at(*seq))
        .unwrap_or(by_time))
}

/// Moves links without a number behind this new one that has a number, where they belong there; the lowest number that
/// one of them had.
pub(super) async fn move_behind(db: &mut Db, link: &Link) -> Result<Option<i64>, StoreError> {
    let below = links::number_below(db, &link.wallet, link.seq).await?;
    let near = links::unnumbered_around(db, link, below, A_MINUTE, MANY + 1).await?;
    if !is_few(near.len()) {
        return links::move_behind(db, link, link.happened_at).await;
    }
    let later = links::move_behind(db, link, link.happened_at + A_MINUTE).await?;
    if near.is_empty() {
        return Ok(later);
    }
    let start = Position {
        seq: below,
        rank: 1,
        happened_at: link.happened_at - A_MINUTE,
    };
    let footing = footing_before(db, &link.wallet, start).await?;
    let own = Position {
        happened_at: i64::MAX,
        ..link.position()
    };
    let (behind, _) = links::page(db, &link.wallet, (own, ""), AHEAD).await?;
    // A bit for each that goes behind it.
    let by_time = near
        .iter()
        .enumerate()
        .filter(|(_, other)| other.happened_at >= link.happened_at && other.kind != SEED)
        .fold(0_u32, |set, (at, _)| set | 1 << at);
    let arranged = |set: u32| {
        let near = near.iter().enumerate().map(|(at, other)| Link {
            seq: if is_in(set, at) { link.seq } else { other.seq },
            ..other.clone()
        });
        let mut all: Vec<Link> = near.chain([link.clone()]).collect();
        all.extend_from_slice(&behind);
        all.sort_by(|one, other| (one.position(), &one.id).cmp(&(other.position(), &other.id)));
        misfits(&footing, all)
    };
    // The first of equals counts.
    let best = [by_time]
        .into_iter()
        .chain(0..1 << near.len())
        .min_by_key(|set| arranged(*set))
        .unwrap_or(by_time);
    let moved = near.iter().enumerate().filter(|(at, _)| is_in(best, *at));
    let mut lowest = later;
    for (_, other) in moved {
        links::renumber(db, &other.id, link.seq).await?;
        lowest = Some(lowest.map_or(below, |later| later.min(below)));
    }
    Ok(lowest)
}

fn is_in(set: u32, at: usize) -> bool {
    set >> at & 1 == 1
}

/// Whether all that could have come first are tried.
fn is_few(near: usize) -> bool {
    i64::try_from(near).is_ok_and(|near| near <= MANY)
}

pub(super) const A_MINUTE: i64 = 60_000;
const MANY: i64 = 4;
/// How many links behind it tell whether a link stands where it belongs.
const AHEAD: i64 = 16;
