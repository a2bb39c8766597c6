//! Which claim a transfer belongs to.
//!
//! The one way in is [`settle_transfer`] (and [`settle_claim`], which calls it for every transfer that a claim
//! may be about): whoever changed something calls it in the same transaction, after taking the store's turn.
//! So the rules see both sides whole, and it does not matter which came first.

use serde_json::{Value, json};
use wharf_core::{Clock, Money};
use wharf_store::{Jobs, NewJob, StoreError, Tx};

use crate::claimed_again;
use crate::credit;
use crate::doubtful;
use crate::holding::{differ, hold, is_about_message, let_go, release, rest, wake};
use crate::holds::{self, Concern};
use crate::judge::{Owner, Verdict, judge, names};
use crate::review::REVERSAL;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::quotes::{self, Quote};
use crate::tables::reviews::{self, Review, ReviewState};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit, bindings};

/// Lets a claim meet the transfers that it may be about. The caller commits, and then wakes the jobs.
pub(crate) async fn settle_claim(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    claim: &Claim,
) -> Result<(), StoreError> {
    let since = clock.now_ms() - 2 * store.claim_ms;
    let mut waiting = transfers::waiting_from(db, &store.id, &claim.phone, since).await?;
    if let Some(number) = &claim.operator_id {
        for transfer in transfers::waiting_by_number(db, &store.id, number, claim.amount).await? {
            if !waiting.contains(&transfer) {
                waiting.push(transfer);
            }
        }
    }
    for transfer in waiting {
        settle_transfer(db, jobs, clock, store, &transfer).await?;
    }
    match claims::by_id(db, &claim.id).await? {
        Some(claim) if claim.state == ClaimState::Pending => {
            claimed_again::ask_again(db, jobs, clock, store, &claim).await
        }
        _ => Ok(()),
    }
}

/// After a rejection that was taken back: who claimed it meanwhile is asked about as well.
pub(crate) async fn contend_again(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    id: &str,
) -> Result<(), StoreError> {
    let Some(transfer) = transfers::by_id(db, id).await? else {
        return Ok(());
    };
    let claims = claims::that_may_fit(db, &transfer, clock.now_ms()).await?;
    let owners = owners_of(db, store, &transfer).await?;
    match judge(&transfer, &claims, &owners, store.claim_ms) {
        Verdict::Contested { .. } => settle_transfer(db, jobs, clock, store, id).await,
        // Somebody else has given its number meanwhile; nobody gets it without a person's word.
        Verdict::Match { claim, .. } => {
            let is_held = |claim: &&Claim| {
                claim.state == ClaimState::Held && claim.transfer.as_deref() == Some(id)
            };
            let mut contested: Vec<Claim> = claims.iter().filter(is_held).cloned().collect();
            let Some(other) = claims.iter().find(|one| one.id == claim) else {
                return Ok(());
            };
            let same = |held: &Claim| holds::same_client(held, other);
            if contested.is_empty() || contested.iter().any(same) {
                return Ok(());
            }
            contested.push(other.clone());
            let concern = holds::contest(&contested);
            let freed = hold(db, clock, transfer, &contested, &[concern], None, &owners).await?;
            meet_again(db, jobs, clock, store, &freed).await
        }
        _ => Ok(()),
    }
}

pub(crate) async fn owners_of(
    db: &mut Db,
    store: &StoreRow,
    transfer: &Transfer,
) -> Result<Vec<Owner>, StoreError> {
    match &transfer.phone {
        Some(phone) => bindings::owners(db, &store.id, phone).await,
        None => Ok(Vec::new()),
    }
}

/// Brings a transfer to rest: matched, held for good reasons, or waiting for a claim. Harmless to repeat, and
/// nothing happens to one whose money is on its way or whose end is decided.
pub(crate) async fn settle_transfer(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    id: &str,
) -> Result<(), StoreError> {
    let now = clock.now_ms();
    let Some(transfer) = transfers::by_id(db, id).await? else {
        return Ok(());
    };
    if !matches!(
        transfer.state,
        TransferState::Received | TransferState::Held
    ) {
        return Ok(());
    }
    let file = reviews::of_transfer(db, id).await?;
    let mut claims = claims::that_may_fit(db, &transfer, now).await?;
    // What the operator says was taken back is nobody's: whoever claimed it may have sent other money, unless he
    // named its number.
    if file.iter().any(Review::says_gone) {
        release(db, clock, &file, &[]).await?;
        claims.retain(|claim| names(claim, &transfer));
        let freed = hold(db, clock, transfer, &claims, &[], Some(REVERSAL), &[]).await?;
        return meet_again(db, jobs, clock, store, &freed).await;
    }
    if !file.iter().any(is_about_message) {
        claims.extend(doubtful::claims_for(db, &transfer).await?);
        claims.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    }
    claimed_again::leave_out(db, &file, id, &mut claims).await?;
    let owners = owners_of(db, store, &transfer).await?;
    let verdict = judge(&transfer, &claims, &owners, store.claim_ms);
    let others = doubtful::free(db, clock, id, verdict.claims(), &mut claims).await?;
    follow(
        db,
        jobs,
        clock,
        store,
        (transfer, &file),
        (&claims, &owners),
        verdict,
    )
    .await?;
    for other in others {
        Box::pin(settle_transfer(db, jobs, clock, store, &other)).await?;
    }
    Ok(())
}

/// Does what was judged of a transfer, of which a `file` of items is known.
async fn follow(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    (transfer, file): (Transfer, &[Review]),
    (claims, owners): (&[Claim], &[Owner]),
    verdict: Verdict,
) -> Result<(), StoreError> {
    let now = clock.now_ms();
    let find = |id: &str| claims.iter().find(|claim| claim.id == id).cloned();
    match verdict {
        Verdict::Wait => {
            let open = release(db, clock, file, &[]).await?;
            rest(db, clock, &transfer, open.as_deref()).await
        }
        Verdict::Match { claim, proof } => {
            let Some(claim) = find(&claim) else {
                return Ok(());
            };
            let mut concerns =
                holds::of_match(db, store, &transfer, &claim, proof, owners, now).await?;
            concerns.extend(claimed_again::concern(file, &claim));
            let waived = waived_for(db, file, &claim).await?;
            concerns.retain(|concern| !waived.contains(&concern.kind));
            let open = release(db, clock, file, &concerns).await?;
            if open.is_none() && concerns.is_empty() {
                let how = if proof.is_some() { "proved" } else { "seen" };
                return give(db, jobs, clock, store, transfer, claim, how).await;
            }
            wake(db, clock, &transfer.id, std::slice::from_ref(&claim)).await?;
            let freed = hold(
                db,
                clock,
                transfer,
                &[claim],
                &concerns,
                open.as_deref(),
                &[],
            )
            .await?;
            meet_again(db, jobs, clock, store, &freed).await
        }
        Verdict::Contested { claims: contested } => {
            let contested: Vec<Claim> = contested.iter().filter_map(|id| find(id)).collect();
            let concern = holds::contest(&contested);
            release(db, clock, file, std::slice::from_ref(&concern)).await?;
            wake(db, clock, &transfer.id, &contested).await?;
            let freed = hold(db, clock, transfer, &contested, &[concern], None, owners).await?;
            meet_again(db, jobs, clock, store, &freed).await
        }
        Verdict::Differs { claim } => {
            let Some(claim) = find(&claim) else {
                return Ok(());
            };
            // Who names another's phone hears nothing of what comes from it.
            let me = (claim.site.clone(), claim.client);
            if !owners.is_empty() && !owners.contains(&me) {
                let open = release(db, clock, file, &[]).await?;
                return rest(db, clock, &transfer, open.as_deref()).await;
            }
            let concern = holds::differs(store, &transfer, &claim);
            release(db, clock, file, std::slice::from_ref(&concern)).await?;
            wake(db, clock, &transfer.id, std::slice::from_ref(&claim)).await?;
            differ(db, clock, transfer, claim, &concern).await
        }
    }
}

/// Gives a transfer to a claim: from here on its credit is on its way.
pub(crate) async fn give(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    transfer: Transfer,
    mut claim: Claim,
    how: &str,
) -> Result<(), StoreError> {
    let now = clock.now_ms();
    let before = transfer;
    let from = before.state;
    let mut to = Transfer {
        state: TransferState::Matched,
        reason: None,
        claim: Some(claim.id.clone()),
        client: Some(claim.client),
        ..before.clone()
    };
    // What was frozen once stands: the credit may have been asked for with it.
    if to.credit.is_none()
        && let Some(quote) = quote_of(db, &claim).await?
        && let Some(concern) =
            freeze_terms(db, store, &mut to, Some(&quote), quote.due.currency, now).await?
    {
        let freed = hold_for_terms(db, clock, before, &claim, concern).await?;
        return meet_again(db, jobs, clock, store, &freed).await;
    }
    if !transfers::change(db, from, &to, now).await? {
        return Ok(());
    }
    claim.state = ClaimState::Matched;
    claim.reason = None;
    claim.transfer = Some(to.id.clone());
    claims::change(db, &claim, now).await?;
    let mut freed = Vec::new();
    for other in claims::of_transfer(db, &to.id).await? {
        if other.id != claim.id && other.state == ClaimState::Held {
            let is_told = !holds::is_of_another(&other);
            freed.push(let_go(db, other, is_told, now).await?);
        }
    }
    forget_differences(db, &to.id, now).await?;
    if let Some(phone) = &to.phone {
        bindings::bind(db, &store.id, phone, &claim.site, claim.client, how, now).await?;
    }
    let subject = format!("transfer/{}", to.id);
    let detail = format!("claim/{}", claim.id);
    audit::note(db, clock, &store.id, &subject, "matched", &detail).await?;
    // The job of an earlier match, which was held for a person, may just be ending.
    jobs.enqueue(db, credit_job(&to.id).again()).await?;
    metrics::counter!("wharf_payment_transfers_total", "end" => "matched").increment(1);
    meet_again(db, jobs, clock, store, &freed).await
}

/// Claims that were told of this transfer's other amount wait for their own again.
pub(crate) async fn forget_differences(
    db: &mut Db,
    transfer: &str,
    now: i64,
) -> Result<(), StoreError> {
    let items = reviews::of_transfer(db, transfer).await?;
    for id in items.into_iter().filter_map(|item| item.claim) {
        let told = claims::by_id(db, &id).await?.filter(|claim| {
            claim.state == ClaimState::Pending && claim.reason.as_deref() == Some(AMOUNT_DIFFERS)
        });
        if let Some(claim) = told {
            let waits = Claim {
                reason: None,
                ..claim
            };
            claims::change(db, &waits, now).await?;
        }
    }
    Ok(())
}

/// Claims that waited for a transfer which somebody else got may be about another that is there already.
pub(crate) async fn meet_again(
    db: &mut Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    freed: &[Claim],
) -> Result<(), StoreError> {
    for claim in freed {
        // An earlier one's turn may have changed it.
        if let Some(claim) = claims::by_id(db, &claim.id).await?
            && claim.state == ClaimState::Pending
        {
            Box::pin(settle_claim(db, jobs, clock, store, &claim)).await?;
        }
    }
    Ok(())
}

/// After a decision that named no claim: it waits for one like any other.
pub(crate) async fn free_again(
    db: &mut Db,
    clock: &Clock,
    transfer: &Transfer,
) -> Result<(), StoreError> {
    let to = Transfer {
        state: TransferState::Received,
        reason: None,
        claim: None,
        client: None,
        ..transfer.clone()
    };
    transfers::change(db, transfer.state, &to, clock.now_ms()).await?;
    Ok(())
}

/// The kinds of concern that a person waived for this transfer do not come up again; what is about the claim, for the
/// client whom the approval was for.
async fn waived_for<'a>(
    db: &mut Db,
    file: &'a [Review],
    claim: &Claim,
) -> Result<Vec<&'a str>, StoreError> {
    let mut waived = Vec::new();
    for item in file {
        if item.state != ReviewState::Approved {
            continue;
        }
        let whose = match &item.claim {
            Some(id) => claims::by_id(db, id).await?,
            None => None,
        };
        let his = whose.is_some_and(|whose| holds::same_client(&whose, claim));
        if his || !holds::is_about_claims(&item.kind, &item.reason) {
            waived.push(item.kind.as_str());
        }
    }
    Ok(waived)
}

async fn quote_of(db: &mut Db, claim: &Claim) -> Result<Option<Quote>, StoreError> {
    match &claim.quote {
        Some(id) => quotes::by_id(db, id).await,
        None => Ok(None),
    }
}

/// Holds a transfer and its claim because it cannot be said what the money is worth.
pub(crate) async fn hold_for_terms(
    db: &mut Db,
    clock: &Clock,
    transfer: Transfer,
    claim: &Claim,
    concern: Concern,
) -> Result<Vec<Claim>, StoreError> {
    hold(
        db,
        clock,
        transfer,
        std::slice::from_ref(claim),
        &[concern],
        None,
        &[],
    )
    .await
}

/// Freezes currency, rate and credit of a matched transfer, or tells why they cannot be had. Once a person has
/// approved of money that came before there was any rate, the rate of now counts.
pub(crate) async fn freeze_terms(
    db: &mut Db,
    store: &StoreRow,
    transfer: &mut Transfer,
    quote: Option<&Quote>,
    currency: wharf_core::Currency,
    now: i64,
) -> Result<Option<Concern>, StoreError> {
    let quote = quote.filter(|quote| quote.store == transfer.store && lies_inside(transfer, quote));
    let rate = match quote {
        Some(quote) => Some(quote.rate),
        None => {
            let then = stores::rate_at(db, store, currency, came_at(store, transfer)).await?;
            match then {
                None if is_approved(db, &transfer.id, NO_RATE).await? => {
                    stores::rate_at(db, store, currency, now).await?
                }
                then => then,
            }
        }
    };
    let credit = match (quote, rate) {
        (Some(quote), _) if quote.amount == transfer.amount => Some(quote.due),
        (_, Some(rate)) => rate.worth(store.money(transfer.amount), currency),
        (_, None) => None,
    };
    match credit.filter(Money::is_positive) {
        Some(credit) => {
            transfer.currency = Some(currency);
            transfer.rate = rate;
            transfer.credit = Some(credit.minor);
            Ok(None)
        }
        None => {
            let kind = match rate {
                None => NO_RATE,
                Some(_) => WORTH_NOTHING,
            };
            let evidence = json!({ "currency": currency.as_str() });
            Ok(Some(Concern::new(kind, kind, evidence)))
        }
    }
}

async fn is_approved(db: &mut Db, transfer: &str, kind: &str) -> Result<bool, StoreError> {
    let file = reviews::of_transfer(db, transfer).await?;
    Ok(file
        .iter()
        .any(|item| item.state == ReviewState::Approved && item.kind == kind))
}

/// Whether an item that was approved just now asks what money is worth, and nobody can tell still.
pub(crate) async fn is_worthless(
    db: &mut Db,
    store: &StoreRow,
    item: &Review,
    transfer: &Transfer,
    claim: Option<&Claim>,
    now: i64,
) -> Result<bool, StoreError> {
    let currency = item.evidence.get("currency").and_then(Value::as_str);
    let (true, Some(Ok(currency))) = (
        [NO_RATE, WORTH_NOTHING].contains(&item.kind.as_str()),
        currency.map(str::parse),
    ) else {
        return Ok(false);
    };
    let quote = match claim {
        Some(claim) => quote_of(db, claim).await?,
        None => None,
    };
    let mut to = transfer.clone();
    let concern = freeze_terms(db, store, &mut to, quote.as_ref(), currency, now).await?;
    Ok(concern.is_some())
}

const NO_RATE: &str = "no_rate";
const WORTH_NOTHING: &str = "worth_nothing";

/// Whether the money was sent while the quote held. The operator's time has no seconds; a message that came
/// before the quote ran out was sent before it, whatever the operator's clock says. A phone's clock alone does not make
/// money older than the quote.
pub(crate) fn lies_inside(transfer: &Transfer, quote: &Quote) -> bool {
    let in_time =
        transfer.received_at <= quote.expires_at || transfer.happened_at <= quote.expires_at;
    let latest = match transfer.dated {
        true => transfer.happened_at,
        false => transfer.received_at,
    };
    in_time && latest + A_MINUTE > quote.created_at
}

/// When the money came, where its rate is asked. By a phone's clock alone not longer ago than a message may be.
fn came_at(store: &StoreRow, transfer: &Transfer) -> i64 {
    let came = transfer.happened_at.min(transfer.received_at);
    let stale = transfer.received_at - came > store.caution.stale_ms;
    if stale && !transfer.dated {
        transfer.received_at
    } else {
        came
    }
}

pub(crate) fn credit_job(transfer: &str) -> NewJob {
    NewJob::new(credit::JOB, json!({ "transfer": transfer }))
        .once(format!("{}/{transfer}", credit::JOB))
}

/// What a held transfer's reason is called where claims of several clients are in each other's way.
pub(crate) const TWO_CLAIMS: &str = "two_claims";
/// Why a claim waits on: its customer was told that nothing was found, and that its number would find it.
pub(crate) const UNFOUND: &str = "unfound";
pub(crate) const AMOUNT_DIFFERS: &str = "amount_differs";
const A_MINUTE: i64 = 60_000;
