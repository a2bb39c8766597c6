//! Balance continuity: the balance that a message prints must be the one before it plus what the message
//! tells. Who forges a message knows its form, the amount and a likely number, but not the store's balance.
//!
//! The rule is [`walk`], a pure function of a wallet's messages in the operator's order; so it does not matter
//! in which order they arrived. [`enter`] keeps what it finds in the database, and walks only as far as a new
//! message can change something.

use serde_json::json;
use wharf_core::{Clock, id};
use wharf_store::{Jobs, StoreError, Tx};

use crate::holds::{Concern, money};
use crate::matching;
use crate::tables::links::{self, Link, Standing};
use crate::tables::reviews::{self, NewReview, ReviewState};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::{self, Transfer};
use crate::tables::{Db, audit};

/// How far the walk has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footing {
    /// The last balance that what follows is measured by.
    pub last: Option<Link>,
    /// Whether somebody who can know has told a balance by now.
    pub anchored: bool,
}

/// What a message may print after a balance: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub least: i64,
    pub most: i64,
}

/// What `link` may print after `before`. Receipts are exact; where an outgoing one does not state its fee, up
/// to 1 % and one pound more may be missing.
pub(crate) fn allowed(before: i64, link: &Link) -> Allowed {
    let exactly = |balance: i64| Allowed {
        least: balance,
        most: balance,
    };
    let less = |amount: i64| before.saturating_sub(amount);
    match link.kind.as_str() {
        "received" => exactly(before.saturating_add(link.amount)),
        "sent" | "withdrawn" | "paid" | "airtime" => match link.fee {
            Some(fee) => exactly(less(link.amount).saturating_sub(fee)),
            None => {
                let unstated = link.amount / 100 + i64::from(link.amount % 100 > 0) + A_POUND;
                Allowed {
                    least: less(link.amount).saturating_sub(unstated),
                    most: less(link.amount),
                }
            }
        },
        _ => exactly(before),
    }
}

/// Whether a link continues a balance. What was taken back may have come or gone.
fn continues(before: i64, link: &Link) -> bool {
    let fits = |Allowed { least, most }| (least..=most).contains(&link.balance);
    match link.kind.as_str() {
        "reversal" | "reversed" => {
            link.balance == before.saturating_sub(link.amount)
                || link.balance == before.saturating_add(link.amount)
        }
        _ => fits(allowed(before, link)),
    }
}

/// Walks over links in their order and says of each what it is worth. Links that cannot be told apart in time
/// may stand in any order that fits. `true`: a balance that is known proves the loose links before it, those
/// of earlier walks too.
pub(crate) fn walk(footing: &mut Footing, links: &mut [Link]) -> bool {
    let (mut at, mut proved) = (0, false);
    while at < links.len() {
        let group = links
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|link| links.get(at).is_some_and(|first| same_place(first, link)))
            .count()
            .max(1);
        let end = at + group;
        let mut left: Vec<usize> = (at..end).collect();
        while !left.is_empty() {
            let next = left
                .iter()
                .position(|index| links.get(*index).is_some_and(|link| is_next(footing, link)))
                .unwrap_or(0);
            let index = left.remove(next);
            if step(footing, links, index) {
                proved = true;
                // What was only consistent so far leads to a balance that is known: it is proven.
                for link in links.iter_mut().take(index) {
                    if link.standing == Standing::Loose {
                        link.standing = Standing::Good;
                    }
                }
            }
        }
        at = end;
    }
    proved
}

/// `true`: this link proves the loose ones before it.
fn step(footing: &mut Footing, links: &mut [Link], index: usize) -> bool {
    let Some(link) = links.get_mut(index) else {
        return false;
    };
    if link.standing == Standing::Out {
        return false;
    }
    let before = footing.last.as_ref().map(|last| last.balance);
    let fits = before.is_none_or(|before| continues(before, link));
    let told = link.standing == Standing::Vouched || link.kind == ENQUIRY;
    let proves = told && fits && !footing.anchored && before.is_some();
    link.expected = before.map(|before| allowed(before, link).most);
    if link.standing != Standing::Vouched {
        link.standing = match (fits, footing.anchored) {
            _ if told && !footing.anchored => Standing::Good,
            (false, _) => Standing::Gap,
            (true, true) => Standing::Good,
            (true, false) => Standing::Loose,
        };
    }
    if link.standing.is_trusted() {
        footing.anchored |= told;
        footing.last = Some(link.clone());
    }
    proves
}

fn is_next(footing: &Footing, link: &Link) -> bool {
    let before = footing.last.as_ref().map(|last| last.balance);
    link.standing != Standing::Out && before.is_none_or(|before| continues(before, link))
}

fn same_place(one: &Link, other: &Link) -> bool {
    (one.seq, one.rank, one.happened_at) == (other.seq, other.rank, other.happened_at)
}

/// The operator's number as a place in its order; `None` where numbers do not rise with time.
pub(crate) fn place_of(number: Option<&str>) -> Option<i64> {
    let number = number?;
    let rises = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    rises.then(|| number.parse().ok()).flatten()
}

/// Enters what a message printed, and settles what that changes: gaps are put before a person, closed gaps
/// release what they held. The transfer of a receipt must be there already.
pub(crate) async fn enter(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    mut link: Link,
    number: Option<&str>,
) -> Result<(), StoreError> {
    let mut from = None;
    match place_of(number) {
        Some(seq) => {
            (link.seq, link.rank) = (seq, 0);
            from = links::move_behind(db, &link).await?;
        }
        None => {
            link.seq = links::number_before(db, &link.wallet, link.happened_at).await?;
            link.rank = 1;
        }
    }
    if !links::insert(db, &link).await? {
        return Ok(());
    }
    let from = from.map_or(link.seq, |moved| moved.min(link.seq));
    settle_chain(db, jobs, clock, store, &link.wallet, from, Some(&link.id)).await
}

/// An operator's statement of a wallet's balance. Saying the same again changes nothing.
pub(crate) async fn seed(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    wallet: &str,
    balance: i64,
    actor: &str,
) -> Result<bool, StoreError> {
    if links::last_seed(db, wallet).await? == Some(balance) {
        return Ok(false);
    }
    let link = Link {
        id: format!("seed/{}", id::new_id(clock)),
        store: store.id.clone(),
        wallet: wallet.to_owned(),
        message: None,
        transfer: None,
        seq: 0,
        rank: 1,
        happened_at: clock.now_ms(),
        kind: SEED.to_owned(),
        amount: 0,
        fee: None,
        balance,
        standing: Standing::Vouched,
        expected: None,
    };
    let (subject, detail) = (format!("wallet/{wallet}"), money(store, balance));
    audit::note_by(
        db,
        clock,
        actor,
        &store.id,
        &subject,
        "balance told",
        &detail,
    )
    .await?;
    enter(db, jobs, clock, store, link, None).await?;
    Ok(true)
}

/// A person stands for a transfer's balance, or rules it out. Nothing to do where it fits.
pub(crate) async fn vouch(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    transfer: &str,
    to: Standing,
) -> Result<(), StoreError> {
    let link = links::about(db, Some(transfer), None).await?;
    vouch_link(db, jobs, clock, store, link, to).await
}

/// As [`vouch`], for a message that made no transfer.
pub(crate) async fn vouch_message(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    message: &str,
    to: Standing,
) -> Result<(), StoreError> {
    let link = links::about(db, None, Some(message)).await?;
    vouch_link(db, jobs, clock, store, link, to).await
}

async fn vouch_link(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: Option<Link>,
    to: Standing,
) -> Result<(), StoreError> {
    let Some(mut link) = link else { return Ok(()) };
    let matters = match to {
        Standing::Out => link.standing == Standing::Gap,
        _ => matches!(link.standing, Standing::Gap | Standing::Loose),
    };
    if !matters {
        return Ok(());
    }
    link.standing = to;
    links::change(db, &link).await?;
    settle_chain(db, jobs, clock, store, &link.wallet, link.seq, None).await
}

/// Walks a wallet's links from a number on, as far as anything changes.
async fn settle_chain(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    wallet: &str,
    from: i64,
    new: Option<&str>,
) -> Result<(), StoreError> {
    let base = links::proven_before(db, wallet, from).await?;
    let mut footing = Footing {
        anchored: base.is_some(),
        last: base.clone(),
    };
    let mut after = match base {
        Some(base) => Some(base),
        None => links::some_before(db, wallet, from, BACK).await?,
    };
    let mut changed = Vec::new();
    loop {
        let (mut page, more) = links::page(db, wallet, after.as_ref(), PAGE).await?;
        let before = page.clone();
        if walk(&mut footing, &mut page)
            && let Some(first) = before.first()
        {
            for mut link in links::loose_before(db, wallet, first).await? {
                link.standing = Standing::Good;
                links::change(db, &link).await?;
                changed.push(link);
            }
        }
        for (was, is) in before.iter().zip(&page) {
            let fresh = new == Some(is.id.as_str());
            if was != is || fresh {
                links::change(db, is).await?;
            }
            if was.standing != is.standing || fresh {
                changed.push(is.clone());
            }
        }
        // Where the last trusted link is what it was, everything behind it stays as it is.
        let old = before.iter().rev().find(|link| link.standing.is_trusted());
        let settled = old.is_some() && old == footing.last.as_ref();
        after = page.pop();
        if !more || settled || after.is_none() {
            break;
        }
    }
    for link in changed {
        report(db, jobs, clock, store, &link).await?;
    }
    Ok(())
}

/// Puts a gap before a person, or lets go what a gap held.
async fn report(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: &Link,
) -> Result<(), StoreError> {
    if !store.caution.balance_check {
        return Ok(());
    }
    let concern = concern(store, link);
    let Some(id) = &link.transfer else {
        if link.kind == ENQUIRY
            && let Some(concern) = concern
        {
            let new = NewReview {
                store: &store.id,
                transfer: None,
                message: link.message.as_deref(),
                claim: None,
                kind: concern.kind,
                reason: concern.reason,
                evidence: concern.evidence,
            };
            reviews::open(db, clock, &new).await?;
        }
        return Ok(());
    };
    let Some(transfer) = transfers::by_id(db, id).await? else {
        return Ok(());
    };
    for item in reviews::of_transfer(db, id).await? {
        let about_balance = matches!(item.kind.as_str(), GAP | UNSEEDED);
        let still = concern
            .as_ref()
            .is_some_and(|concern| concern.kind == item.kind);
        if item.is_undecided()
            && about_balance
            && !still
            && reviews::close(db, &item, ReviewState::Released, clock.now_ms()).await?
        {
            audit::note(db, clock, &store.id, &item.subject, "released", &item.kind).await?;
        }
    }
    if let Some(concern) = concern {
        let claim = None;
        matching::put_before(db, clock, &transfer, claim, &[concern]).await?;
    }
    matching::settle_transfer(db, jobs, clock, store, id).await
}

/// What is wrong with a link, in the eyes of a store that checks balances.
fn concern(store: &StoreRow, link: &Link) -> Option<Concern> {
    let printed = money(store, link.balance);
    match link.standing {
        Standing::Gap => {
            let expected = link.expected.unwrap_or_default();
            let difference = link.balance.saturating_sub(expected);
            let evidence = json!({
                "printed": printed,
                "printed_minor": link.balance,
                "expected": money(store, expected),
                "expected_minor": expected,
                "difference": money(store, difference),
                "difference_minor": difference,
            });
            Some(Concern::new(GAP, GAP, evidence))
        }
        Standing::Loose if link.amount > store.caution.unseeded_above => {
            let evidence = json!({ "printed": printed, "printed_minor": link.balance });
            Some(Concern::new(UNSEEDED, UNSEEDED, evidence))
        }
        _ => None,
    }
}

/// Whether a receipt's number is one that the operator can have given at that time: between its neighbours in
/// time too, and not far ahead of the last one.
pub(crate) async fn odd_number(
    db: &mut Db,
    transfer: &Transfer,
) -> Result<Option<Concern>, StoreError> {
    let Some(seq) = place_of(Some(&transfer.operator_id)) else {
        return Ok(None);
    };
    let (before, after) = links::neighbours(db, &transfer.wallet, seq).await?;
    let early = before
        .as_ref()
        .is_some_and(|link| link.happened_at > transfer.happened_at + SLACK);
    let late = after
        .as_ref()
        .is_some_and(|link| link.happened_at + SLACK < transfer.happened_at);
    let far = before.as_ref().is_some_and(|link| {
        let elapsed = (transfer.happened_at - link.happened_at).max(0);
        seq - link.seq > AHEAD + elapsed.saturating_mul(AHEAD_PER_DAY) / A_DAY
    });
    let ahead = far && after.is_none();
    if !(early || late || ahead) {
        return Ok(None);
    }
    let last = before.or(after).map(|link| link.seq);
    let evidence =
        json!({ "last": last.map(|seq| seq.to_string()), "number": transfer.operator_id });
    Ok(Some(Concern::new("forged", "forged", evidence)))
}

const ENQUIRY: &str = "enquiry";
const SEED: &str = "seed";
const GAP: &str = "balance_gap";
const UNSEEDED: &str = "unseeded";
/// Or what else has a hundred minor units.
const A_POUND: i64 = 100;
/// How far back a walk begins where nothing is proven yet.
const BACK: i64 = 1_000;
const PAGE: i64 = 200;
const A_DAY: i64 = 24 * 3_600_000;
/// Operators' clocks and ours, and messages that give minutes only.
const SLACK: i64 = 10 * 60_000;
/// Ten times what the busiest operator was seen to give in a day.
const AHEAD_PER_DAY: i64 = 300_000_000;
const AHEAD: i64 = 5_000_000;
