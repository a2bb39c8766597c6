//! Balance continuity: the balance that a message prints must be the one before it plus what the message
//! tells. Who forges a message knows its form, the amount and a likely number, but not the store's balance.
//!
//! The rule is [`walk::walk`], a pure function of a wallet's messages in the operator's order; so it does not matter
//! in which order they arrived. [`chain`] keeps what it finds in the database.

mod chain;
mod order;
#[cfg(test)]
mod tests;
mod walk;

use serde_json::json;
use wharf_core::{Clock, id};
use wharf_store::{Jobs, StoreError, Tx};

use self::chain::Entered;
pub(crate) use self::chain::{footing_before, place_of};
use self::walk::ENQUIRY;
use crate::booking::ask_about;
use crate::holding;
use crate::holds::{Concern, money};
use crate::matching;
use crate::setup::SET_UP;
use crate::tables::links::{self, Link, Standing};
use crate::tables::places;
use crate::tables::reviews::{self, Review, ReviewState};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

/// Enters what a message printed, and settles what that changes: gaps are put before a person, closed gaps
/// release what they held. The transfer of a receipt must be there already.
pub(crate) async fn enter(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: Link,
    number: Option<&str>,
) -> Result<(), StoreError> {
    let (entered, strict) = (
        link.clone(),
        store.caution.balance_check && link.message.is_some(),
    );
    let mut came = chain::enter(db, link, number, strict).await?;
    // Whoever enters a transfer's balance lets it meet its claims afterwards.
    if came.against.is_none()
        && let Some(at) = came.changed.iter().position(|link| link.id == entered.id)
    {
        weigh(db, clock, store, &came.changed.remove(at)).await?;
    }
    settle(db, jobs, clock, store, &entered.id, came).await?;
    if !strict {
        return Ok(());
    }
    // What was contradicted may fit with what has come behind it now. Mostly there is none.
    if !links::is_any_contradicted(db, &entered).await? {
        return Ok(());
    }
    let Some(entered) = links::about(db, None, Some(&entered.id)).await? else {
        return Ok(());
    };
    for link in links::contradicted_before(db, &entered).await? {
        // An earlier one's turn may have moved it.
        let Some(link) = still_out(db, &link).await? else {
            continue;
        };
        let next = links::trusted_after(db, &link, &entered.id).await?;
        if next.is_none_or(|next| entered.position() <= next.position()) {
            look_anew(db, jobs, clock, store, link, Standing::Gap).await?;
        }
    }
    Ok(())
}

/// A link as it stands now, if it counts for nothing.
async fn still_out(db: &mut Db, link: &Link) -> Result<Option<Link>, StoreError> {
    let link = links::about(db, None, Some(&link.id)).await?;
    Ok(link.filter(|link| link.standing == Standing::Out))
}

/// What a link is worth after somebody's word, or after what has come since.
async fn look_anew(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: Link,
    standing: Standing,
) -> Result<(), StoreError> {
    let id = link.id.clone();
    let came = chain::judge(db, link, standing).await?;
    settle(db, jobs, clock, store, &id, came).await
}

/// What follows from a link that is new or looked at anew.
async fn settle(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    id: &str,
    came: Entered,
) -> Result<(), StoreError> {
    if let Some(against) = &came.against
        && let Some(link) = links::about(db, None, Some(id)).await?
    {
        put_aside(db, jobs, clock, store, &link, against).await?;
    }
    report_all(db, jobs, clock, store, id, &came).await
}

/// Reports all that changed; of the link itself only where it counts.
async fn report_all(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    id: &str,
    came: &Entered,
) -> Result<(), StoreError> {
    let others = |link: &&Link| came.against.is_none() || link.id != id;
    for link in came.changed.iter().filter(others) {
        report(db, jobs, clock, store, link).await?;
    }
    if !store.caution.balance_check {
        return Ok(());
    }
    for link in came.resized.iter().filter(others) {
        if let Some(concern) = concern(store, link) {
            reviews::renew_evidence(db, about(link), None, &concern).await?;
        }
    }
    Ok(())
}

/// A link that others contradict counts for nothing, and waits for a person.
async fn put_aside(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: &Link,
    against: &Link,
) -> Result<(), StoreError> {
    let evidence = json!({
        "printed": money(store, link.balance),
        "printed_minor": link.balance,
        "after": money(store, against.balance),
        "after_minor": against.balance,
    });
    ask_about_number(db, clock, store, against).await?;
    let concern = Concern::new(GAP, CONTRADICTED, evidence);
    let message = link.message.as_deref().unwrap_or_default();
    let subject = reviews::subject(link.transfer.as_deref(), link.message.as_deref());
    let file = reviews::about(db, &subject, GAP).await?;
    let approved =
        |item: &Review| item.reason == CONTRADICTED && item.state == ReviewState::Approved;
    // Somebody has said what is to happen with it already.
    if file.iter().any(approved) {
        return Ok(());
    }
    let Some(id) = &link.transfer else {
        return ask_about(db, clock, &store.id, message, &concern).await;
    };
    if let Some(transfer) = transfers::by_id(db, id).await?
        && !has_ended(&transfer)
    {
        holding::put_before(db, clock, &transfer, None, &[concern]).await?;
    }
    matching::settle_transfer(db, jobs, clock, store, id).await
}

/// What has no number may only stand where it does for a gap that nobody is asked about, of no money or of money whose
/// end is decided: a person can rule that out, and then the rest finds its place.
async fn ask_about_number(
    db: &mut Tx,
    clock: &Clock,
    store: &StoreRow,
    against: &Link,
) -> Result<(), StoreError> {
    if against.rank != 1 {
        return Ok(());
    }
    let Some(number) = places::of_number(db, &against.wallet, against.seq).await? else {
        return Ok(());
    };
    let is_asked = match &number.transfer {
        Some(id) => {
            let file = reviews::of_transfer(db, id).await?;
            let asks = |item: &Review| item.kind == GAP && item.is_undecided();
            file.iter().any(asks)
        }
        None => false,
    };
    match (&number.message, concern(store, &number)) {
        (Some(message), Some(concern)) if !is_asked && concern.kind == GAP => {
            ask_about(db, clock, &store.id, message, &concern).await
        }
        _ => Ok(()),
    }
}

/// The transfer, else the message, that an item about a link is about.
fn about(link: &Link) -> (Option<&str>, Option<&str>) {
    (link.transfer.as_deref(), link.message.as_deref())
}

/// Whose end is decided, nobody is asked about.
fn has_ended(transfer: &Transfer) -> bool {
    matches!(
        transfer.state,
        TransferState::Rejected | TransferState::Reversed
    )
}

/// An operator's statement of a wallet's balance. A set-up that is applied again says nothing new, nor does who says what
/// stands there by now.
pub(crate) async fn seed(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    wallet: &str,
    balance: i64,
    actor: &str,
) -> Result<bool, StoreError> {
    let end = footing_before(db, wallet, links::Position::END).await?;
    let (subject, detail) = (format!("wallet/{wallet}"), money(store, balance));
    let stands = match actor {
        SET_UP => {
            let told = audit::last_detail(db, &subject, TOLD, SET_UP).await?;
            let last = links::last_seed(db, wallet).await?;
            last.is_some_and(|last| last == balance || told.as_ref() == Some(&detail))
        }
        _ => end.anchored && end.last.as_ref().map(|last| last.balance) == Some(balance),
    };
    if stands {
        return Ok(false);
    }
    // Messages print minutes: what comes in this one still, comes after it.
    let now = clock.now_ms();
    let minute = now - now.rem_euclid(A_MINUTE);
    let last = links::newest_within(db, wallet, minute, now).await?;
    let link = Link {
        id: format!("seed/{}", id::new_id(clock)),
        store: store.id.clone(),
        wallet: wallet.to_owned(),
        message: None,
        transfer: None,
        seq: 0,
        rank: 1,
        happened_at: last.unwrap_or(minute),
        kind: SEED.to_owned(),
        amount: 0,
        fee: None,
        balance,
        standing: Standing::Vouched,
        expected: None,
    };
    // Said again within a minute, it corrects what was said before, as long as nothing was proven by that.
    let is_last = |seed: &Link| end.last.as_ref().is_some_and(|last| last.id == seed.id);
    let mut earlier = links::seeds_at(db, wallet, link.happened_at).await?;
    earlier.retain(is_last);
    for earlier in earlier {
        let id = earlier.id.clone();
        let came = chain::judge(db, earlier, Standing::Out).await?;
        report_all(db, jobs, clock, store, &id, &came).await?;
    }
    audit::note_by(db, clock, actor, &store.id, &subject, TOLD, &detail).await?;
    enter(db, jobs, clock, store, link, None).await?;
    Ok(true)
}

/// What a person says of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    Approves,
    /// By an item of this kind.
    Rejects(&'a str),
}

/// A person stands for a transfer's balance, or rules it out. Nothing to do where it fits.
pub(crate) async fn vouch(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    transfer: &str,
    word: Word<'_>,
) -> Result<(), StoreError> {
    let link = links::about(db, Some(transfer), None).await?;
    vouch_link(db, jobs, clock, store, link, word).await
}

/// As [`vouch`], for a message that made no transfer.
pub(crate) async fn vouch_message(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    message: &str,
    word: Word<'_>,
) -> Result<(), StoreError> {
    let link = links::about(db, None, Some(message)).await?;
    vouch_link(db, jobs, clock, store, link, word).await
}

async fn vouch_link(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: Option<Link>,
    word: Word<'_>,
) -> Result<(), StoreError> {
    let Some(link) = link else { return Ok(()) };
    let (to, matters) = match word {
        Word::Approves => (
            Standing::Vouched,
            !matches!(link.standing, Standing::Good | Standing::Vouched),
        ),
        Word::Rejects(kind) => {
            let matters = match (link.standing, &link.transfer) {
                // Behind what others had contradicted something may stand.
                (Standing::Gap | Standing::Out, _) => true,
                (Standing::Loose, Some(id)) => is_called_false(db, id).await?,
                // It may fit by chance, or be another wallet's.
                (Standing::Good, Some(_)) => ["forged", "duplicate", "doubt"].contains(&kind),
                _ => false,
            };
            (Standing::Out, matters)
        }
    };
    if !matters {
        return Ok(());
    }
    let id = link.id.clone();
    // Where what was proven speaks against it, it counts for nothing; nobody is asked again.
    let came = chain::judge(db, link.clone(), to).await?;
    report_all(db, jobs, clock, store, &id, &came).await?;
    if to != Standing::Out || !store.caution.balance_check {
        return Ok(());
    }
    // What it stood in the way of may fit without it.
    for link in links::contradicted_of(db, &link).await? {
        if link.id != id
            && let Some(link) = still_out(db, &link).await?
        {
            look_anew(db, jobs, clock, store, link, Standing::Gap).await?;
        }
    }
    Ok(())
}

/// Whether a person has rejected the message itself, not only whom its money was for.
async fn is_called_false(db: &mut Db, transfer: &str) -> Result<bool, StoreError> {
    let file = reviews::of_transfer(db, transfer).await?;
    Ok(file.iter().any(|item| {
        let kinds = ["forged", "duplicate", UNSEEDED];
        item.state == ReviewState::Rejected && kinds.contains(&item.kind.as_str())
    }))
}

/// After a rejection that was taken back: what was ruled out is measured anew, and the item shows how it stands by now.
/// What fits by now waits for its person all the same.
pub(crate) async fn wait_again(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    transfer: Option<&str>,
    message: Option<&str>,
) -> Result<(), StoreError> {
    let Some(link) = links::about(db, transfer, message).await? else {
        return Ok(());
    };
    let id = link.id.clone();
    if transfer.is_some() {
        let_go_of_number(db, clock, &link).await?;
    }
    if link.standing == Standing::Out {
        let mut came = chain::judge(db, link, Standing::Gap).await?;
        came.changed.retain(|link| link.id != id);
        if store.caution.balance_check {
            settle(db, jobs, clock, store, &id, came).await?;
        } else {
            report_all(db, jobs, clock, store, &id, &came).await?;
        }
    }
    let link = links::about(db, None, Some(&id)).await?;
    match (link, transfer) {
        (Some(link), Some(transfer))
            if link.standing.is_trusted() && concern(store, &link).is_none() =>
        {
            let now_fits = Link {
                standing: Standing::Gap,
                expected: Some(link.balance),
                ..link
            };
            match concern(store, &now_fits) {
                Some(concern) => {
                    reviews::renew_evidence(db, (Some(transfer), None), None, &concern).await
                }
                None => Ok(()),
            }
        }
        (Some(link), _) if link.standing != Standing::Out => weigh(db, clock, store, &link).await,
        _ => Ok(()),
    }
}

/// Puts a gap before a person, or lets go what a gap held: its transfer too.
async fn report(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    link: &Link,
) -> Result<(), StoreError> {
    weigh(db, clock, store, link).await?;
    match &link.transfer {
        Some(id) if store.caution.balance_check => {
            matching::settle_transfer(db, jobs, clock, store, id).await
        }
        _ => Ok(()),
    }
}

/// Opens the item about a link, or ends those that nobody needs to be asked any more.
async fn weigh(
    db: &mut Tx,
    clock: &Clock,
    store: &StoreRow,
    link: &Link,
) -> Result<(), StoreError> {
    if !store.caution.balance_check {
        return Ok(());
    }
    let concern = concern(store, link);
    let Some(id) = &link.transfer else {
        let Some(message) = &link.message else {
            return Ok(());
        };
        return match concern {
            Some(concern) if link.kind == ENQUIRY => {
                ask_about(db, clock, &store.id, message, &concern).await
            }
            Some(_) => Ok(()),
            None => {
                let subject = format!("message/{message}");
                let file = reviews::about(db, &subject, GAP).await?;
                let_go(db, clock, &file, |_| true).await
            }
        };
    };
    let Some(transfer) = transfers::by_id(db, id).await? else {
        return Ok(());
    };
    if concern.is_none() && has_ended(&transfer) {
        let_go_of_number(db, clock, link).await?;
    }
    let concern = concern.filter(|_| !has_ended(&transfer));
    let file = reviews::of_transfer(db, id).await?;
    let settled = |item: &Review| {
        let still = concern.as_ref().map(|concern| concern.kind);
        matches!(item.kind.as_str(), GAP | UNSEEDED) && still != Some(item.kind.as_str())
    };
    let_go(db, clock, &file, settled).await?;
    if let Some(concern) = concern {
        let claim = None;
        holding::put_before(db, clock, &transfer, claim, &[concern]).await?;
    }
    Ok(())
}

/// Ends what was asked about a link's number, see [`ask_about_number`].
async fn let_go_of_number(db: &mut Db, clock: &Clock, link: &Link) -> Result<(), StoreError> {
    let subject = reviews::subject(None, link.message.as_deref());
    let asked = reviews::about(db, &subject, GAP).await?;
    let_go(db, clock, &asked, |_| true).await
}

/// Ends what nobody needs to be asked any more.
async fn let_go(
    db: &mut Db,
    clock: &Clock,
    file: &[Review],
    settled: impl Fn(&Review) -> bool,
) -> Result<(), StoreError> {
    for item in file.iter().filter(|item| item.is_undecided()) {
        if settled(item) && reviews::close(db, item, ReviewState::Released, clock.now_ms()).await? {
            let (store, subject) = (&item.store, &item.subject);
            audit::note(db, clock, store, subject, "released", &item.kind).await?;
        }
    }
    Ok(())
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
    let near = order::neighbours(db, &transfer.wallet, seq, transfer.happened_at).await?;
    if near.fit() {
        return Ok(None);
    }
    let last = match near.before.or(near.after) {
        Some(link) => links::number_of(db, &link).await?,
        None => None,
    };
    let evidence = json!({ "last": last, "number": transfer.operator_id });
    Ok(Some(Concern::new("forged", "forged", evidence)))
}

const SEED: &str = "seed";
/// Of a wallet, in the audit log.
const TOLD: &str = "balance told";
const GAP: &str = "balance_gap";
/// Why an item of that kind was opened: what was proven without it speaks against it.
pub(crate) const CONTRADICTED: &str = "balance_contradicted";
const UNSEEDED: &str = "unseeded";
const A_MINUTE: i64 = 60_000;
