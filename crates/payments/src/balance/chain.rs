//! A wallet's chain of balances in the database. A walk begins where something changed and goes only as far as that
//! changes what follows, however long the chain is.

use wharf_store::StoreError;

use super::order::{self, Change, Moved};
use super::walk::{Footing, walk};
use super::{A_MINUTE, SEED};
use crate::holds::is_about_claims;
use crate::tables::Db;
use crate::tables::links::{self, Link, Position, Standing};
use crate::tables::reviews::{self, Review};
use crate::tables::transfers::{self, Transfer, TransferState};

/// What came of a link that was entered, or looked at anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Entered {
    /// The links that matter to a transfer now: the new one, and those whose standing changed.
    pub changed: Vec<Link>,
    /// Gaps that stay gaps, of another size.
    pub resized: Vec<Link>,
    /// What had been proven and would not fit with it any more: it counts for nothing.
    pub against: Option<Link>,
}

/// Enters a new link, by the operator's number if it has one that rises. Nothing comes of one that is there already.
/// With `strict`, one that contradicts what was proven is [`Standing::Out`]: between two balances that follow each other
/// no money came.
pub(super) async fn enter(
    db: &mut Db,
    mut link: Link,
    number: Option<&str>,
    strict: bool,
) -> Result<Entered, StoreError> {
    if links::exists(db, &link.id).await? {
        return Ok(Entered::default());
    }
    // Messages print minutes. Where only phones tell the seconds, messages may have passed each other on their way.
    if place_of(number).is_none() && link.kind != SEED {
        link.happened_at -= link.happened_at.rem_euclid(A_MINUTE);
    }
    let (change, moved) = order::place(db, &mut link, place_of(number)).await?;
    let new = New {
        link: link.clone(),
        moved,
    };
    count(db, change, link, Some(new), strict).await
}

/// Writes what somebody says of a link, or that it is to be looked at anew. Nobody's word makes one count that
/// contradicts what was proven without it.
pub(super) async fn judge(
    db: &mut Db,
    link: Link,
    standing: Standing,
) -> Result<Entered, StoreError> {
    let was_out = link.standing == Standing::Out;
    let link = Link { standing, ..link };
    links::change(db, &link).await?;
    let mut change = Change::at(link.position());
    if standing == Standing::Out {
        order::leave(db, &link, &mut change).await?;
    } else if was_out {
        order::take_along(db, &link, &mut change).await?;
    }
    count(db, change, link, None, true).await
}

/// A link that is not written yet, and what it has moved.
struct New {
    link: Link,
    moved: Vec<Moved>,
}

/// Lets a link count that is written already, or is `new`; with `strict` only where nothing proven speaks against it.
async fn count(
    db: &mut Db,
    change: Change,
    link: Link,
    new: Option<New>,
    strict: bool,
) -> Result<Entered, StoreError> {
    let wallet = link.wallet.clone();
    let watched = strict.then_some(link.id.as_str());
    let (new, moved) = new.map(|new| (new.link, new.moved)).unzip();
    let against = match rewalk(db, &wallet, change, new, watched).await? {
        Ok(entered) => return Ok(entered),
        Err(against) => against,
    };
    let out = Link {
        standing: Standing::Out,
        ..link
    };
    let walked = if let Some(moved) = moved {
        order::put_back(db, &moved).await?;
        rewalk(db, &wallet, change, Some(out), None).await?
    } else {
        links::change(db, &out).await?;
        rewalk(db, &wallet, change, None, None).await?
    };
    Ok(Entered {
        against: Some(against),
        ..walked.unwrap_or_default()
    })
}

/// The operator's number as a place in its order; `None` where numbers do not rise with time.
pub(crate) fn place_of(number: Option<&str>) -> Option<i64> {
    let number = number?;
    let rises = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    rises.then(|| number.parse().ok()).flatten()
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
/// with what it turns out to be worth. `Err`: the first link that was proven and does not fit any more because the
/// `watched` one counts; nothing is written then.
async fn rewalk(
    db: &mut Db,
    wallet: &str,
    change: Change,
    mut new: Option<Link>,
    watched: Option<&str>,
) -> Result<Result<Entered, Link>, StoreError> {
    let mut footing = footing_before(db, wallet, change.first).await?;
    let mut after = (change.first, String::new());
    let (mut many, mut entered) = (FIRST_PAGE, Entered::default());
    let (mut counts, mut writes) = (false, Vec::new());
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
        let proves = walk(&mut footing, &mut page);
        counts |= page
            .iter()
            .any(|link| Some(link.id.as_str()) == watched && link.standing.is_trusted());
        let broken = before
            .iter()
            .zip(&page)
            .filter(|(was, is)| is_broken(was, is));
        for (_, broken) in broken.filter(|_| counts) {
            if !is_in_doubt(db, broken).await? {
                return Ok(Err(broken.clone()));
            }
        }
        if proves && let Some(first) = before.first() {
            writes.push(Write::ProvenBefore(first.clone()));
        }
        for (was, is) in before.iter().zip(&page) {
            let is_new = fresh_id.as_ref() == Some(&is.id);
            if is_new {
                writes.push(Write::New(is.clone()));
            } else if was != is {
                writes.push(Write::Changed(is.clone()));
            }
            // What was ruled out was not measured by anything.
            let measured = is.standing == Standing::Gap && was.expected.is_none();
            if is_new || was.standing != is.standing || measured {
                entered.changed.push(is.clone());
            } else if is.standing == Standing::Gap && was.expected != is.expected {
                entered.resized.push(is.clone());
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
    for write in writes {
        match write {
            Write::New(link) => links::insert(db, &link).await?,
            Write::Changed(link) => links::change(db, &link).await?,
            Write::ProvenBefore(link) => {
                // What this walk itself called loose is proven as well.
                let is_before =
                    |one: &Link| (one.position(), &one.id) < (link.position(), &link.id);
                for one in &mut entered.changed {
                    if one.standing == Standing::Loose && is_before(one) {
                        one.standing = Standing::Good;
                    }
                }
                let proven = links::prove_loose_before(db, wallet, &link).await?;
                entered.changed.extend(proven);
            }
        }
    }
    Ok(Ok(entered))
}

/// What a walk has found out.
enum Write {
    New(Link),
    Changed(Link),
    /// A known balance proves what was loose before this one.
    ProvenBefore(Link),
}

/// Whether a link that continued what was before it does so no more.
fn is_broken(was: &Link, is: &Link) -> bool {
    match was.standing {
        Standing::Good => is.standing == Standing::Gap,
        Standing::Loose => was.expected.is_some() && is.standing == Standing::Gap,
        // Nothing may have stood before it by then.
        Standing::Vouched => {
            was.expected.is_none_or(|expected| expected == was.balance)
                && is.expected.is_some_and(|expected| expected != is.balance)
        }
        Standing::Gap | Standing::Out => false,
    }
}

/// Whether something else than its balance speaks against the message of a link, or a person has: then it proves nothing
/// against others.
async fn is_in_doubt(db: &mut Db, link: &Link) -> Result<bool, StoreError> {
    let Some(id) = &link.transfer else {
        return Ok(false);
    };
    let rejected = |known: Transfer| known.state == TransferState::Rejected;
    if transfers::by_id(db, id).await?.is_some_and(rejected) {
        return Ok(true);
    }
    let items = reviews::of_transfer(db, id).await?;
    let doubts = |item: &Review| item.is_undecided() && !is_about_claims(&item.kind, &item.reason);
    Ok(items.iter().any(doubts))
}

/// How many links are looked at before a change for one that stands alone at its position.
const FEW: i64 = 8;
/// How many links behind a change are looked at first, and at once.
const FIRST_PAGE: i64 = 16;
const PAGE: i64 = 512;
