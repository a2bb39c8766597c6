//! Writing down how a transfer's credit stands: on the transfer, its claim, its credit and in the audit log.

use serde_json::json;
use wharf_core::{Clock, Money};
use wharf_store::journal::State;
use wharf_store::{Effect, StoreError, Tx};

use super::{AddCredit, Credited, FOR_GOOD, ask_to_remove, plain};
use crate::Payments;
use crate::holds::Concern;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::reviews::{self, NewReview, Review, ReviewState};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

impl Payments {
    /// WHMCS has it.
    pub(super) async fn book_credit(
        &self,
        store: &StoreRow,
        transfer: &Transfer,
        effect: &AddCredit,
        credited: &Credited,
    ) -> Result<(), StoreError> {
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(());
        };
        let to = Transfer {
            state: TransferState::Credited,
            reason: None,
            ..current.clone()
        };
        // A node that slept may come when all of it is over.
        let over = [TransferState::Credited, TransferState::Reversed].contains(&current.state);
        if !over && transfers::change(&mut tx, current.state, &to, now).await? {
            if let Some(mut claim) = claim_of(&mut tx, &to).await? {
                claim.state = ClaimState::Credited;
                claim.reason = None;
                claim.credited = to.credit;
                claim.currency = to.currency;
                if claim.invoice.is_none() {
                    claim.applied = Some(0);
                }
                claims::change(&mut tx, &claim, now).await?;
            }
            let told = credited.told.then(|| TOLD.to_owned());
            let row = CreditRow {
                whmcs_row: credited.row,
                balance: credited.balance.map(|balance| balance.minor),
                note: credited.doubt.clone().or(told),
                way: credited
                    .way
                    .as_ref()
                    .unwrap_or(&effect.way)
                    .as_str()
                    .to_owned(),
                ..credit_row(effect, CreditState::Credited, now)
            };
            credits::put(&mut tx, &row).await?;
            let subject = format!("transfer/{}", to.id);
            audit::note(
                &mut tx,
                clock,
                &to.store,
                &subject,
                "credited",
                &terms(store, &to),
            )
            .await?;
            for kind in [UNKNOWN, REFUSED] {
                answered(&mut tx, &to.id, kind, now).await?;
            }
            // Somebody had it taken back while a node that slept was about to credit it.
            let items = reviews::of_transfer(&mut tx, &to.id).await?;
            if items.iter().any(Review::took_back) {
                ask_to_remove(&mut tx, self.store.jobs(), store, &to.id, now).await?;
            }
            if let Some(doubt) = &credited.doubt {
                audit::note(&mut tx, clock, &to.store, &subject, "doubtful", doubt).await?;
                ask(&mut tx, clock, &row, to.claim.as_deref(), CONFLICT, doubt).await?;
            }
            metrics::counter!("wharf_payment_transfers_total", "end" => "credited").increment(1);
        }
        tx.commit().await?;
        Ok(())
    }

    /// It is not credited for now; a person must mend something, or look.
    pub(super) async fn stop(
        &self,
        transfer: &Transfer,
        effect: Option<&AddCredit>,
        state: TransferState,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.store.clock().now_ms();
        let asks = match state {
            TransferState::Review => Some(UNKNOWN),
            _ => why.starts_with(FOR_GOOD).then_some(REFUSED),
        };
        let why = plain(why);
        tracing::warn!(transfer = %transfer.id, state = state.as_str(), why, "a transfer is not credited");
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(());
        };
        let changed = current.state != state || current.reason.as_deref() != Some(why);
        // What was ended before it was sent, and is uncertain now, needs a person as well.
        let sent_all_the_same =
            current.state == TransferState::Rejected && state == TransferState::Review;
        let on_its_way = sent_all_the_same
            || matches!(
                current.state,
                TransferState::Matched | TransferState::Blocked | TransferState::Review
            );
        let over = match effect {
            Some(effect) => self.is_superseded(&mut tx, effect, state).await?,
            None => false,
        };
        if let (true, false, Some(effect)) = (on_its_way, over, effect) {
            let row = credit_row(effect, CreditState::Blocked, now);
            if let Some(kind) = asks {
                let (clock, claim) = (self.store.clock(), current.claim.as_deref());
                ask(&mut tx, clock, &row, claim, kind, why).await?;
            }
            // What was asked before is answered by how it ended now.
            for kind in [UNKNOWN, REFUSED] {
                if asks != Some(kind) {
                    answered(&mut tx, &current.id, kind, now).await?;
                }
            }
        }
        if on_its_way && changed && !over {
            let to = Transfer {
                state,
                reason: Some(why.to_owned()),
                ..current.clone()
            };
            transfers::change(&mut tx, current.state, &to, now).await?;
            let claim = claim_of(&mut tx, &to).await?;
            match (state, claim) {
                (TransferState::Review, Some(claim)) => {
                    hold_claim(&mut tx, &claim, Some("review"), now).await?;
                }
                // Its claim waits for no person's word any more.
                (_, Some(claim)) if current.state == TransferState::Review => {
                    let waits = Claim {
                        state: ClaimState::Matched,
                        reason: None,
                        ..claim
                    };
                    claims::change(&mut tx, &waits, now).await?;
                }
                _ => {}
            }
            if let Some(effect) = effect {
                let stopped = match state {
                    TransferState::Review => CreditState::Review,
                    _ => CreditState::Blocked,
                };
                let row = CreditRow {
                    note: Some(why.to_owned()),
                    ..credit_row(effect, stopped, now)
                };
                credits::put(&mut tx, &row).await?;
            }
            let subject = format!("transfer/{}", to.id);
            audit::note(
                &mut tx,
                self.store.clock(),
                &to.store,
                &subject,
                state.as_str(),
                why,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether the journal has gone on since it said what is to be written down: a person may have told meanwhile.
    async fn is_superseded(
        &self,
        tx: &mut Tx,
        effect: &AddCredit,
        state: TransferState,
    ) -> Result<bool, StoreError> {
        let entry = self.store.journal().by_key_in(tx, &effect.key()).await?;
        let Some(entry) = entry else {
            return Ok(false);
        };
        // Asked for otherwise before: what became of that is not what is written down.
        let earlier: Option<AddCredit> = serde_json::from_value(entry.input).ok();
        let same = earlier.is_some_and(|earlier| effect.same_request(&earlier));
        let stands = match state {
            TransferState::Review => State::Held,
            _ => State::Refused,
        };
        Ok(same && entry.state != stands)
    }

    /// Says on a transfer that is on its way why it has not arrived.
    pub(super) async fn note_wait(&self, transfer: &str, why: &str) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let Some(known) = transfers::by_id(&mut tx, transfer).await? else {
            return Ok(());
        };
        stores::take_turn(&mut tx, &known.store).await?;
        let Some(current) = transfers::by_id(&mut tx, transfer).await? else {
            return Ok(());
        };
        let waits = matches!(
            current.state,
            TransferState::Matched | TransferState::Blocked
        );
        if waits && current.reason.as_deref() != Some(why) {
            let to = Transfer {
                reason: Some(why.to_owned()),
                ..current.clone()
            };
            let clock = self.store.clock();
            transfers::change(&mut tx, current.state, &to, clock.now_ms()).await?;
            let subject = format!("transfer/{transfer}");
            audit::note(&mut tx, clock, &to.store, &subject, "waiting", why).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Says on a claim why its credit is not applied; once for each reason.
    pub(super) async fn note_on_claim(&self, claim: &Claim, why: &str) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &claim.store).await?;
        let Some(current) = claims::by_id(&mut tx, &claim.id).await? else {
            return Ok(());
        };
        if current.reason.as_deref() == Some(why) || current.applied.is_some() {
            return Ok(());
        }
        let noted = Claim {
            reason: Some(why.to_owned()),
            ..current
        };
        claims::change(&mut tx, &noted, self.store.clock().now_ms()).await?;
        let subject = format!("claim/{}", claim.id);
        audit::note(
            &mut tx,
            self.store.clock(),
            &claim.store,
            &subject,
            "not applied",
            why,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(super) async fn claim_of(
    db: &mut Db,
    transfer: &Transfer,
) -> Result<Option<Claim>, StoreError> {
    match &transfer.claim {
        Some(claim) => claims::by_id(db, claim).await,
        None => Ok(None),
    }
}

async fn hold_claim(
    db: &mut Db,
    claim: &Claim,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let held = Claim {
        state: ClaimState::Held,
        reason: reason.map(str::to_owned),
        ..claim.clone()
    };
    claims::change(db, &held, now).await
}

pub(super) fn terms(store: &StoreRow, transfer: &Transfer) -> String {
    let credit = transfer
        .currency
        .zip(transfer.credit)
        .map(|(currency, minor)| Money::new(minor, currency).to_string());
    let rate = transfer
        .rate
        .map(|rate| rate.to_string())
        .unwrap_or_default();
    format!(
        "{} for {} at {rate}",
        credit.unwrap_or_default(),
        store.money(transfer.amount)
    )
}

/// Puts the question before a person. Where it waits for one already, it tells what is known now.
pub(super) async fn ask(
    db: &mut Db,
    clock: &Clock,
    credit: &CreditRow,
    claim: Option<&str>,
    kind: &'static str,
    why: &str,
) -> Result<(), StoreError> {
    let amount = credit.money().map(|money| money.to_string());
    let evidence = json!({ "why": why, "client": credit.client, "amount": amount.unwrap_or_default(),
        "description": credit.token });
    let items = reviews::of_transfer(db, &credit.transfer).await?;
    if items
        .iter()
        .any(|item| item.kind == kind && item.is_undecided())
    {
        let known = Concern::new(kind, kind, evidence);
        let about = (Some(credit.transfer.as_str()), None);
        return reviews::renew_evidence(db, about, claim, &known).await;
    }
    let item = NewReview {
        store: &credit.store,
        transfer: Some(&credit.transfer),
        message: None,
        claim,
        kind,
        reason: kind,
        evidence,
    };
    reviews::open(db, clock, &item).await?;
    Ok(())
}

/// The question is answered, and not by a person.
pub(super) async fn answered(
    db: &mut Db,
    transfer: &str,
    kind: &str,
    now: i64,
) -> Result<(), StoreError> {
    for item in reviews::of_transfer(db, transfer).await? {
        if item.kind == kind && item.is_undecided() {
            reviews::close(db, &item, ReviewState::Released, now).await?;
        }
    }
    Ok(())
}

/// WHMCS does not book the credit, for a reason that does not mend itself.
pub(crate) const REFUSED: &str = "credit_refused";
/// Whether WHMCS has the credit: a person must look.
pub(crate) const UNKNOWN: &str = "credit_unknown";
/// Whether WHMCS has taken the credit back: the same.
pub(crate) const REMOVAL_UNKNOWN: &str = "removal_unknown";
/// WHMCS does not take the credit back.
pub(crate) const REMOVAL_REFUSED: &str = "removal_refused";
/// WHMCS has the credit otherwise than our books.
pub(crate) const CONFLICT: &str = "credit_conflict";

/// What is noted of a credit that a person has found in WHMCS.
pub(super) const TOLD: &str = "found by a person";

pub(super) fn credit_row(effect: &AddCredit, state: CreditState, now: i64) -> CreditRow {
    CreditRow {
        transfer: effect.transfer.clone(),
        direction: Direction::Add,
        store: effect.store.clone(),
        site: effect.site.clone(),
        wallet: effect.wallet.clone(),
        operator_id: effect.operator_id.clone(),
        client: effect.client,
        currency: Some(effect.amount.currency),
        amount: Some(effect.amount.minor),
        token: effect.token().payment(),
        way: effect.way.as_str().to_owned(),
        state,
        whmcs_row: None,
        balance: None,
        note: None,
        ended_at: now,
    }
}
