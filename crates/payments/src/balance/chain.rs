//! A wallet's chain of balances in the database. A walk begins where something changed and goes only as far as that
//! changes what follows, however long the chain is.

use wharf_store::StoreError;

use super::walk::{Footing, walk};
use crate::tables::Db;
use crate::tables::links::{self, Link, Position, Standing};

/// A link that is new, or of which something else is thought than before.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub link: Link,
    /// `None`: it is new.
    pub was: Option<Standing>,
}

impl Changed {
    /// What was proven does not fit any more.
    pub(super) fn is_broken(&self) -> bool {
        self.was == Some(Standing::Good) && self.link.standing == Standing::Gap
    }
}

/// Enters a new link, by the operator's number if it has one that rises. The answer are the links that matter to a
/// transfer now: the new one, those whose standing changed, and gaps whose size did. None where it is there already.
pub(super) async fn enter(
    db: &mut Db,
    mut link: Link,
    number: Option<&str>,
) -> Result<Vec<Changed>, StoreError> {
    if links::exists(db, &link.id).await? {
        return Ok(Vec::new());
    }
    let number = place_of(number);
    (link.seq, link.rank) = match number {
        Some(number) => (number, 0),
        None => (
            links::number_before(db, &link.wallet, link.happened_at).await?,
            1,
        ),
    };
    let mut change = Change::at(link.position());
    if number.is_some()
        && let Some(lowest) = links::move_behind(db, &link).await?
    {
        change.first = Position {
            seq: lowest,
            rank: 1,
            ..link.position()
        };
        change.last = Position {
            rank: 1,
            happened_at: i64::MAX,
            ..link.position()
        };
    }
    let wallet = link.wallet.clone();
    rewalk(db, &wallet, change, Some(link)).await
}

/// Writes what somebody says of a link; the links whose standing changes with it, as far as they matter.
pub(super) async fn judge(db: &mut Db, link: &Link) -> Result<Vec<Changed>, StoreError> {
    links::change(db, link).await?;
    rewalk(db, &link.wallet, Change::at(link.position()), None).await
}

/// The operator's number as a place in its order; `None` where numbers do not rise with time.
pub(crate) fn place_of(number: Option<&str>) -> Option<i64> {
    let number = number?;
    let rises = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    rises.then(|| number.parse().ok()).flatten()
}

/// The positions between which links came, went or were judged: what stands before the first is as it was.
#[derive(Clone, Copy, Debug)]
struct Change {
    first: Position,
    last: Position,
}

impl Change {
    fn at(position: Position) -> Self {
        Self {
            first: position,
            last: position,
        }
    }
}

/// What the links from a position on are measured by. The last one trusted, unless others stand at its position: which
/// of them came last only a walk can tell, from the next one before them that stands alone.
pub(crate) async fn footing_before(
    db: &mut Db,
    wallet: &str,
    position: Position,
) -> Result<Footing, StoreError> {
    let mut few = FEW;
    loop {
        let mut trusted = links::trusted_before(db, wallet, position, few).await?;
        let all = i64::try_from(trusted.len()).unwrap_or(i64::MAX) < few;
        let stands_alone = |at: &usize| {
            let position_at = |at: usize| trusted.get(at).map(Link::position);
            let before = at.checked_sub(1).map(position_at);
            // What stands before the first one read is not known.
            before.map_or(all, |before| before != position_at(*at))
                && position_at(at + 1) != position_at(*at)
        };
        let alone = (0..trusted.len()).rev().find(stands_alone);
        if alone.is_none() && !all {
            few = few.saturating_mul(8);
            continue;
        }
        let last = alone.and_then(|at| trusted.get(at).cloned());
        let anchored = match &last {
            Some(last) if last.standing != Standing::Loose => links::is_told(db, last).await?,
            _ => false,
        };
        let mut footing = Footing { last, anchored };
        walk(
            &mut footing,
            trusted
                .get_mut(alone.map_or(0, |at| at + 1)..)
                .unwrap_or_default(),
        );
        return Ok(footing);
    }
}

/// Walks a wallet's links from where something changed, as far as that changes anything. A `new` link is written
/// with what it turns out to be worth.
async fn rewalk(
    db: &mut Db,
    wallet: &str,
    change: Change,
    mut new: Option<Link>,
) -> Result<Vec<Changed>, StoreError> {
    let mut footing = footing_before(db, wallet, change.first).await?;
    let mut after = (change.first, String::new());
    let (mut many, mut changed) = (FIRST_PAGE, Vec::new());
    loop {
        let (mut page, more) = links::page(db, wallet, (after.0, &after.1), many).await?;
        let fresh = new.take_if(|new| {
            !more
                || page
                    .last()
                    .is_some_and(|last| new.position() <= last.position())
        });
        let fresh_id = fresh.as_ref().map(|link| link.id.clone());
        if let Some(link) = fresh {
            let at = page.partition_point(|other| {
                (other.position(), &other.id) < (link.position(), &link.id)
            });
            page.insert(at, link);
        }
        let before = page.clone();
        if walk(&mut footing, &mut page)
            && let Some(first) = before.first()
        {
            let proven = links::prove_loose_before(db, wallet, first).await?;
            changed.extend(proven.into_iter().map(|link| Changed {
                link,
                was: Some(Standing::Loose),
            }));
        }
        for (was, is) in before.iter().zip(&page) {
            let is_new = fresh_id.as_ref() == Some(&is.id);
            if is_new {
                links::insert(db, is).await?;
            } else if was != is {
                links::change(db, is).await?;
            }
            let other_gap = is.standing == Standing::Gap && was.expected != is.expected;
            if is_new || was.standing != is.standing || other_gap {
                changed.push(Changed {
                    link: is.clone(),
                    was: (!is_new).then_some(was.standing),
                });
            }
        }
        // Where the last trusted link is what it was, everything behind it stays as it is.
        let old = before
            .iter()
            .rfind(|link| link.position() > change.last && link.standing.is_trusted());
        let settled = old.is_some() && old == footing.last.as_ref();
        let Some(last) = page.pop().filter(|_| more && !settled) else {
            break;
        };
        after = (last.position(), last.id);
        many = (many * 2).min(PAGE);
    }
    Ok(changed)
}

/// How many links are looked at before a change for one that stands alone at its position.
const FEW: i64 = 8;
/// How many links behind a change are looked at first, and at once.
const FIRST_PAGE: i64 = 16;
const PAGE: i64 = 512;
