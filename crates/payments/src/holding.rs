//! What waits: transfers and claims that are held or go on waiting, and the items that people are asked about them.

use wharf_core::Clock;
use wharf_store::StoreError;

use crate::holds::{self, Concern};
use crate::judge::Owner;
use crate::matching::{AMOUNT_DIFFERS, TWO_CLAIMS, UNFOUND};
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

/// A claim that was held goes on waiting, for what was sent in its time. Whose transfer went to somebody else is not told
/// to send once more: his money may have come.
pub(crate) async fn let_go(
    db: &mut Db,
    mut claim: Claim,
    is_passed_over: bool,
    now: i64,
) -> Result<Claim, StoreError> {
    claim.state = ClaimState::Pending;
    claim.reason = is_passed_over.then(|| UNFOUND.to_owned());
    claim.transfer = None;
    claims::change(db, &claim, now).await?;
    Ok(claim)
}

/// Holds a transfer and the claims for it, and puts the reasons before a person; each once. The answer are
/// the claims that were held for it until now and are free again. `owners`: to whom its phone belongs, where several
/// clients claim it; the others are told no more than that nothing was found.
pub(crate) async fn hold(
    db: &mut Db,
    clock: &Clock,
    transfer: Transfer,
    held: &[Claim],
    concerns: &[Concern],
    open: Option<&str>,
    owners: &[Owner],
) -> Result<Vec<Claim>, StoreError> {
    let now = clock.now_ms();
    let reason = concerns
        .first()
        .map(|concern| concern.word())
        .or(open)
        .unwrap_or_default()
        .to_owned();
    let one = match held {
        [claim] => Some(claim),
        _ => None,
    };
    let to = Transfer {
        state: TransferState::Held,
        reason: Some(reason.clone()),
        claim: one.map(|claim| claim.id.clone()),
        client: one.map(|claim| claim.client),
        ..transfer.clone()
    };
    if to != transfer && !transfers::change(db, transfer.state, &to, now).await? {
        return Ok(Vec::new());
    }
    put_before(db, clock, &to, one, concerns).await?;
    // Only where nobody decided in time does it matter whether somebody is asked again.
    let is_asked = held.iter().any(holds::has_expired) && {
        let file = reviews::of_transfer(db, &to.id).await?;
        file.iter().any(|item| item.state == ReviewState::Open)
    };
    for claim in held {
        let mut claim = claim.clone();
        if holds::has_expired(&claim) && !is_asked {
            continue;
        }
        let me = (claim.site.clone(), claim.client);
        let reason = match owners.is_empty() || owners.contains(&me) {
            true => reason.as_str(),
            false => holds::BINDING_OTHER,
        };
        if claim.state == ClaimState::Held && claim.reason.as_deref() == Some(reason) {
            continue;
        }
        claim.state = ClaimState::Held;
        claim.reason = Some(reason.to_owned());
        claim.transfer = Some(to.id.clone());
        claims::change(db, &claim, now).await?;
    }
    let mut freed = Vec::new();
    for claim in claims::of_transfer(db, &to.id).await? {
        if claim.state == ClaimState::Held && !held.iter().any(|one| one.id == claim.id) {
            let was_in_contest = claim.reason.as_deref() == Some(TWO_CLAIMS);
            let is_others = !held.is_empty()
                && !holds::is_of_another(&claim)
                && !held.iter().any(|one| holds::same_client(one, &claim));
            freed.push(let_go(db, claim, was_in_contest || is_others, now).await?);
        }
    }
    Ok(freed)
}

/// Another amount than agreed: the transfer is held, the claim goes on waiting, as the right amount or the
/// transaction number may still come.
pub(crate) async fn differ(
    db: &mut Db,
    clock: &Clock,
    transfer: Transfer,
    mut claim: Claim,
    concern: &Concern,
) -> Result<(), StoreError> {
    let now = clock.now_ms();
    let to = Transfer {
        state: TransferState::Held,
        reason: Some(AMOUNT_DIFFERS.to_owned()),
        ..transfer.clone()
    };
    if to != transfer && !transfers::change(db, transfer.state, &to, now).await? {
        return Ok(());
    }
    if claim.reason.as_deref() != Some(AMOUNT_DIFFERS) {
        claim.reason = Some(AMOUNT_DIFFERS.to_owned());
        claims::change(db, &claim, now).await?;
    }
    put_before(db, clock, &to, Some(&claim), std::slice::from_ref(concern)).await
}

/// Somebody claims what nobody has decided about in time: it is asked about again, once for each kind.
pub(crate) async fn wake(
    db: &mut Db,
    clock: &Clock,
    transfer: &str,
    claims: &[Claim],
) -> Result<(), StoreError> {
    if claims.iter().all(|claim| claim.state == ClaimState::Held) {
        return Ok(());
    }
    let file = reviews::of_transfer(db, transfer).await?;
    let mut asked: Vec<&str> = file
        .iter()
        .filter(|item| item.state == ReviewState::Open)
        .map(|item| item.kind.as_str())
        .collect();
    for item in file.iter().rev() {
        if item.state != ReviewState::Expired || asked.contains(&item.kind.as_str()) {
            continue;
        }
        asked.push(&item.kind);
        reviews::ask_again(db, item, clock.now_ms()).await?;
        audit::note(
            db,
            clock,
            &item.store,
            &item.subject,
            "reopened",
            &item.kind,
        )
        .await?;
    }
    Ok(())
}

/// Nobody claims it: free, unless something about it waits for a person.
pub(crate) async fn rest(
    db: &mut Db,
    clock: &Clock,
    transfer: &Transfer,
    open: Option<&str>,
) -> Result<(), StoreError> {
    let to = Transfer {
        state: if open.is_some() {
            TransferState::Held
        } else {
            TransferState::Received
        },
        reason: open.map(str::to_owned),
        claim: None,
        client: None,
        ..transfer.clone()
    };
    if to != *transfer {
        transfers::change(db, transfer.state, &to, clock.now_ms()).await?;
    }
    Ok(())
}

/// Opens what is not open yet; what is known of the rest is renewed. What nobody decided about in time waits until somebody
/// claims it anew.
pub(crate) async fn put_before(
    db: &mut Db,
    clock: &Clock,
    transfer: &Transfer,
    claim: Option<&Claim>,
    concerns: &[Concern],
) -> Result<(), StoreError> {
    let file = match concerns {
        [] => return Ok(()),
        _ => reviews::of_transfer(db, &transfer.id).await?,
    };
    for concern in concerns {
        let slept = |item: &Review| item.kind == concern.kind && item.state == ReviewState::Expired;
        if file.iter().any(slept) {
            continue;
        }
        let new = NewReview {
            store: &transfer.store,
            transfer: Some(&transfer.id),
            message: Some(&transfer.message),
            claim: claim.map(|claim| claim.id.as_str()),
            kind: concern.kind,
            reason: concern.reason,
            evidence: concern.evidence.clone(),
        };
        if reviews::open(db, clock, &new).await? {
            let subject = format!("transfer/{}", transfer.id);
            audit::note(db, clock, &transfer.store, &subject, "held", concern.reason).await?;
            metrics::counter!("wharf_payment_held_total", "kind" => concern.kind).increment(1);
        } else {
            let claim = claim.map(|claim| claim.id.as_str());
            let about = (Some(transfer.id.as_str()), None);
            reviews::renew_evidence(db, about, claim, concern).await?;
        }
    }
    Ok(())
}

/// Whether something other than whom the money is for waits for a person.
pub(crate) fn is_about_message(item: &Review) -> bool {
    item.is_undecided() && !holds::is_about_claims(&item.kind, &item.reason)
}

/// Ends the open items about claims whose reason has gone; the kind of the first that stays open and is not
/// about claims.
pub(crate) async fn release(
    db: &mut Db,
    clock: &Clock,
    file: &[Review],
    still: &[Concern],
) -> Result<Option<String>, StoreError> {
    let mut stays = None;
    for item in file.iter().filter(|item| item.is_undecided()) {
        if is_about_message(item) {
            stays.get_or_insert_with(|| item.kind.clone());
        } else if !still.iter().any(|concern| concern.kind == item.kind)
            && reviews::close(db, item, ReviewState::Released, clock.now_ms()).await?
        {
            audit::note(
                db,
                clock,
                &item.store,
                &item.subject,
                "released",
                &item.kind,
            )
            .await?;
        }
    }
    Ok(stays)
}
