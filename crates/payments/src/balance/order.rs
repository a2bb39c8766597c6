//! Where a message belongs that prints no number: behind those with a number that are earlier. Messages print minutes,
//! so of those around the same minute their balances tell which came first, in whatever order they arrived.

use std::collections::HashMap;

use wharf_store::StoreError;

use super::chain::footing_before;
use super::walk::{Footing, is_misfit_next, misfits};
use super::{A_MINUTE, SEED};
use crate::tables::Db;
use crate::tables::links::{self, Link, Position};
use crate::tables::places;

/// The positions between which links came, went or were judged: what stands before the first is as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub first: Position,
    pub last: Position,
}

impl Change {
    pub(super) fn at(position: Position) -> Self {
        Self {
            first: position,
            last: position,
        }
    }

    /// Takes in the unnumbered links of a number, from a time on.
    fn take_in(&mut self, seq: i64, from: i64) {
        let at = |happened_at| Position {
            seq,
            rank: 1,
            happened_at,
        };
        self.first = self.first.min(at(from));
        self.last = self.last.max(at(i64::MAX));
    }
}

/// A link without a number that a new one has put behind another number.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub id: String,
    pub from: i64,
    pub to: i64,
}

/// Gives a new link its place, and those without a number around its minute theirs, where they fit better now.
pub(super) async fn place(
    db: &mut Db,
    link: &mut Link,
    number: Option<i64>,
) -> Result<(Change, Vec<Moved>), StoreError> {
    (link.seq, link.rank) = match number {
        Some(number) => (number, 0),
        None => (
            number_before(db, &link.wallet, link.happened_at, None).await?,
            1,
        ),
    };
    let mut change = Change::at(link.position());
    let near = places::unnumbered_around(db, link, A_MINUTE, MANY + 1).await?;
    let few = i64::try_from(near.len()).is_ok_and(|near| near <= MANY);
    let later = link.happened_at + if few { A_MINUTE } else { 0 };
    let behind = match number {
        Some(_) => places::lowest_behind(db, link, later).await?,
        None => None,
    };
    // What cannot be the operator's number moves nothing by its time.
    let by_time = (behind.is_some() || number.is_some() && !near.is_empty())
        && neighbours(db, &link.wallet, link.seq, link.happened_at)
            .await?
            .fit();
    if let Some(lowest) = behind.filter(|_| by_time) {
        move_later(db, link, (lowest, later), &mut change).await?;
    }
    if !few || number.is_some() && near.is_empty() {
        return Ok((change, Vec::new()));
    }
    let numbers = places::numbers_around(db, link, A_MINUTE, NUMBERS).await?;
    if numbers.is_empty() && number.is_none() {
        return Ok((change, Vec::new()));
    }
    let lowest = numbers.first().copied();
    let moved = arrange(db, link, near, lowest, by_time).await?;
    let earliest = link.happened_at - A_MINUTE;
    for one in &moved {
        change.take_in(one.from, earliest);
        change.take_in(one.to, earliest);
    }
    if link.rank == 1 {
        change.take_in(link.seq, link.happened_at);
    }
    for one in &moved {
        places::renumber(db, &one.id, one.to).await?;
    }
    Ok((change, moved))
}

/// The number behind which a time belongs, with what stands there earlier; 0 before the first. One far ahead of the last
/// that is trusted is no operator's, and one that is ruled `out` counts no more.
async fn number_before(
    db: &mut Db,
    wallet: &str,
    at: i64,
    out: Option<i64>,
) -> Result<i64, StoreError> {
    let trusted = places::trusted_number_before(db, wallet, at).await?;
    let most = trusted.map_or(i64::MAX, |trusted| most_after(&trusted, at));
    let number = places::number_before(db, wallet, at, most).await?;
    let earlier = places::unnumbered_before(db, wallet, at, out).await?;
    Ok(earlier.map_or(number, |earlier| number.max(earlier)))
}

/// What stood behind the number of a link that is ruled out goes where it belongs without it.
pub(super) async fn leave(db: &mut Db, link: &Link, change: &mut Change) -> Result<(), StoreError> {
    if link.rank != 0 {
        return Ok(());
    }
    for one in places::unnumbered_behind(db, &link.wallet, link.seq).await? {
        let out = Some(link.seq);
        let to = number_before(db, &one.wallet, one.happened_at, out).await?;
        let least = number_before(db, &one.wallet, one.happened_at - A_MINUTE, out).await?;
        // Within a minute its balance has told where it stands.
        let stands = least <= one.seq && one.seq < to;
        if to != one.seq && !stands {
            places::renumber(db, &one.id, to).await?;
            change.take_in(one.seq, one.happened_at);
            change.take_in(to, one.happened_at);
        }
    }
    Ok(())
}

/// What is surely later than a link that counts again goes behind it again.
pub(super) async fn take_along(
    db: &mut Db,
    link: &Link,
    change: &mut Change,
) -> Result<(), StoreError> {
    let later = link.happened_at + A_MINUTE;
    if link.rank == 0
        && let Some(lowest) = places::lowest_behind(db, link, later).await?
        && neighbours(db, &link.wallet, link.seq, link.happened_at)
            .await?
            .fit()
    {
        move_later(db, link, (lowest, later), change).await?;
    }
    Ok(())
}

async fn move_later(
    db: &mut Db,
    link: &Link,
    (lowest, later): (i64, i64),
    change: &mut Change,
) -> Result<(), StoreError> {
    places::move_behind(db, link, later).await?;
    change.take_in(lowest, later);
    change.take_in(link.seq, later);
    Ok(())
}

/// The trusted numbers next to one, and what is odd about it between them.
pub(super) struct Neighbours {
    pub before: Option<Link>,
    pub after: Option<Link>,
    early: bool,
    late: bool,
    ahead: bool,
}

impl Neighbours {
    /// Whether the operator can have given the number at that time: between its neighbours in time too, and not far
    /// ahead of the last one.
    pub(super) fn fit(&self) -> bool {
        !(self.early || self.late || self.ahead)
    }
}

pub(super) async fn neighbours(
    db: &mut Db,
    wallet: &str,
    seq: i64,
    at: i64,
) -> Result<Neighbours, StoreError> {
    let (before, after) = links::neighbours(db, wallet, seq).await?;
    let is = |link: &Option<Link>, odd: &dyn Fn(&Link) -> bool| link.as_ref().is_some_and(odd);
    Ok(Neighbours {
        early: is(&before, &|link| link.happened_at > at + SLACK),
        late: is(&after, &|link| link.happened_at + SLACK < at),
        ahead: after.is_none() && is(&before, &|link| seq > most_after(link, at)),
        before,
        after,
    })
}

/// The highest number that an operator can have given by a time after a link.
fn most_after(link: &Link, at: i64) -> i64 {
    let elapsed = (at - link.happened_at).max(0);
    link.seq
        .saturating_add(AHEAD)
        .saturating_add(elapsed.saturating_mul(AHEAD_PER_DAY) / A_DAY)
}

/// Takes back what a link has moved within its minute that does not count. What is later stands behind it all the same.
pub(super) async fn put_back(db: &mut Db, moved: &[Moved]) -> Result<(), StoreError> {
    for one in moved {
        places::renumber(db, &one.id, one.from).await?;
    }
    Ok(())
}

/// Finds the order of a minute in which the fewest do not fit. By time, or as they stood, where none is better.
async fn arrange(
    db: &mut Db,
    link: &mut Link,
    near: Vec<Link>,
    lowest: Option<i64>,
    by_time: bool,
) -> Result<Vec<Moved>, StoreError> {
    let lowest = lowest.unwrap_or(link.seq).min(link.seq);
    let below = places::number_below(db, &link.wallet, lowest).await?;
    let start = Position {
        seq: near.iter().map(|near| near.seq).fold(below, i64::min),
        rank: 1,
        happened_at: link.happened_at - A_MINUTE,
    };
    let footing = footing_before(db, &link.wallet, start).await?;
    let (mut fixed, more) = links::page(db, &link.wallet, (start, ""), WINDOW).await?;
    // So many in one minute that it cannot be seen whole.
    if more
        && fixed
            .last()
            .is_some_and(|last| last.position() < link.position())
    {
        return Ok(Vec::new());
    }
    let is_near = |one: &Link| near.iter().any(|near| near.id == one.id);
    let mut loose: Vec<Link> = fixed.extract_if(.., |one| is_near(one)).collect();
    let stood: Vec<i64> = loose.iter().map(|one| one.seq).collect();
    if link.rank == 0 && by_time {
        let numbers = fixed.iter().filter(|one| one.rank == 0);
        let before = numbers.map(|one| one.seq).filter(|seq| *seq < link.seq);
        let before = before.max().unwrap_or(start.seq);
        for one in &mut loose {
            let later = one.happened_at > link.happened_at && one.kind != SEED;
            if later && one.seq == before {
                one.seq = link.seq;
            }
        }
    }
    if link.rank == 0 {
        let at = fixed.partition_point(|one| is_before(one, link));
        fixed.insert(at, link.clone());
    } else {
        loose.push(link.clone());
    }
    let as_they_stand = misfits_of(&footing, &fixed, &loose);
    let mut search = Search {
        fixed: &fixed,
        loose: &loose,
        seqs: loose.iter().map(|one| one.seq).collect(),
        failed: HashMap::new(),
        steps: STEPS,
    };
    let ahead = Ahead {
        footing,
        at: start,
        fixed: 0,
        left: (1 << loose.len()) - 1,
    };
    // Where none is found they stay as they stood.
    let _found = (0..as_they_stand.len()).any(|spare| search.fits(&ahead, spare));
    let mut seqs = search.seqs;
    // What a person told is not put where it is wrong, to make others right.
    let told_wrong = |misfits: &[Link]| misfits.iter().filter(|one| one.kind == SEED).count();
    let arranged: Vec<Link> = loose
        .iter()
        .zip(&seqs)
        .map(|(one, seq)| Link {
            seq: *seq,
            ..one.clone()
        })
        .collect();
    if told_wrong(&misfits_of(&ahead.footing, &fixed, &arranged)) > told_wrong(&as_they_stand) {
        seqs = loose.iter().map(|one| one.seq).collect();
    }
    if link.rank == 1
        && let Some(seq) = seqs.last()
    {
        link.seq = *seq;
    }
    let moved = loose.iter().zip(stood).zip(seqs);
    let moved = moved.map(|((one, from), to)| Moved {
        id: one.id.clone(),
        from,
        to,
    });
    Ok(moved.filter(|moved| moved.from != moved.to).collect())
}

/// The links that do not fit what stands before them.
fn misfits_of(footing: &Footing, fixed: &[Link], loose: &[Link]) -> Vec<Link> {
    let mut all: Vec<Link> = fixed.iter().chain(loose).cloned().collect();
    all.sort_by(|one, other| (one.position(), &one.id).cmp(&(other.position(), &other.id)));
    misfits(footing, all)
}

fn is_before(one: &Link, other: &Link) -> bool {
    (one.position(), &one.id) < (other.position(), &other.id)
}

/// Looks for an order of the loose links among the fixed ones.
struct Search<'a> {
    fixed: &'a [Link],
    loose: &'a [Link],
    /// Behind which number each loose link stands.
    seqs: Vec<i64>,
    /// From where on it did not go on, with so many that do not fit.
    failed: HashMap<Key, usize>,
    /// How many links may still be tried somewhere.
    steps: u32,
}

/// What an order begins with, and what is left to come behind it.
#[derive(Clone)]
struct Ahead {
    footing: Footing,
    at: Position,
    /// The first of the fixed links that are left.
    fixed: usize,
    /// A bit for each loose link that is left.
    left: u32,
}

impl Search<'_> {
    /// Whether what is left can be put in an order in which no more than `spare` do not fit. What stood first is tried
    /// first.
    fn fits(&mut self, ahead: &Ahead, spare: usize) -> bool {
        let next = self.fixed.get(ahead.fixed);
        if ahead.left == 0 && next.is_none() {
            return true;
        }
        if self
            .failed
            .get(&ahead.key())
            .is_some_and(|failed| *failed >= spare)
        {
            return false;
        }
        let mut tries: Vec<(Position, Option<usize>)> = Vec::new();
        if let Some(next) = next
            && next.position() >= ahead.at
            && !self
                .left_of(ahead)
                .any(|(_, one)| next.standing.is_trusted() && is_surely_before(one, next))
        {
            tries.push((next.position(), None));
        }
        let rest = self.fixed.get(ahead.fixed..).unwrap_or_default();
        for (index, one) in self.left_of(ahead) {
            let first = |next: &Link| next.standing.is_trusted() && is_surely_before(next, one);
            let late = rest.iter().any(first);
            if ahead.at <= ahead.place_of(one) && !late {
                tries.push((one.position(), Some(index)));
            }
        }
        tries.sort_unstable();
        for (_, index) in tries {
            let one = index.map_or(next, |index| self.loose.get(index));
            let Some(one) = one else { continue };
            let mut behind = ahead.clone();
            match index {
                None => (behind.at, behind.fixed) = (one.position(), ahead.fixed + 1),
                Some(index) => {
                    (behind.at, behind.left) = (ahead.place_of(one), ahead.left & !(1 << index));
                }
            }
            if self.goes_on(behind, one, spare) {
                if let Some(seq) = index.and_then(|index| self.seqs.get_mut(index)) {
                    *seq = ahead.at.seq;
                }
                return true;
            }
        }
        self.failed.insert(ahead.key(), spare);
        false
    }

    /// Whether it goes on behind a link that was put next.
    fn goes_on(&mut self, mut behind: Ahead, link: &Link, spare: usize) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else {
            return false;
        };
        self.steps = steps;
        let misfit = usize::from(is_misfit_next(&mut behind.footing, link));
        spare
            .checked_sub(misfit)
            .is_some_and(|spare| self.fits(&behind, spare))
    }

    fn left_of(&self, ahead: &Ahead) -> impl Iterator<Item = (usize, &Link)> {
        let left = ahead.left;
        let loose = self.loose.iter().enumerate();
        loose.filter(move |(index, _)| left >> index & 1 == 1)
    }
}

impl Ahead {
    /// Where a loose link stands that comes next.
    fn place_of(&self, link: &Link) -> Position {
        Position {
            seq: self.at.seq,
            rank: 1,
            happened_at: link.happened_at,
        }
    }

    /// What it depends on whether the rest fits.
    fn key(&self) -> Key {
        let last = self.footing.last.as_ref().map(|last| last.balance);
        (self.fixed, self.left, self.at, last)
    }
}

type Key = (usize, u32, Position, Option<i64>);

/// Messages print minutes, so only what is a minute older came first for sure; and a trusted one's time only.
fn is_surely_before(one: &Link, other: &Link) -> bool {
    one.happened_at + A_MINUTE <= other.happened_at
}

const A_DAY: i64 = 24 * 3_600_000;
/// Operators' clocks and ours, and messages that give minutes only.
const SLACK: i64 = 10 * A_MINUTE;
/// Ten times what the busiest operator was seen to give in a day.
const AHEAD_PER_DAY: i64 = 300_000_000;
const AHEAD: i64 = 5_000_000;
/// How many links without a number are arranged at once.
const MANY: i64 = 8;
/// Behind how many of the numbers of their minute, on either side.
const NUMBERS: i64 = 16;
/// How many links tell whether one stands where it belongs.
const WINDOW: i64 = 64;
/// A bound of the search; what is not found by then stays by its time.
const STEPS: u32 = 4_000;
