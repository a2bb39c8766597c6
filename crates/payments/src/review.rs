//! People decide what waits for them: approve or reject, with a reason, and above a limit two of them.
//!
//! A decision is about a transfer as a whole: it ends everything that is open about it. Approval, rejection
//! and evidence that comes at the same moment all take the store's turn: one is first, and the others see it.

use thiserror::Error;
use wharf_core::ErrorClass;
use wharf_store::{StoreError, Tx};

use crate::Payments;
use crate::balance::Word;
use crate::booking;
use crate::credit::{ask_to_remove, is_about_booking};
use crate::holds::same_client;
use crate::matching;
use crate::stakes;
use crate::tables::audit;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::reviews::{self, Review, ReviewState, Vote};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::views::{Decided, Decision};

/// Why a decision is not taken.
#[derive(Debug, Error)]
pub enum ReviewError {
    #[error("there is no such review item")]
    NotFound,
    #[error("this was already decided: {0}")]
    Ended(&'static str),
    #[error("WHMCS is being asked about this at the moment; if that does not tell, it stays open")]
    UnderWay,
    #[error(
        "this money was sent to WHMCS before for another client or amount, so nothing more is sent: its story tells"
    )]
    OtherTerms,
    #[error("say who decides")]
    NoActor,
    #[error("give a reason; it is kept in the audit log")]
    NoReason,
    #[error("somebody else must confirm it: you approved it first")]
    SameActor,
    #[error("it has changed since you looked, so nothing was decided: look again")]
    Changed,
    #[error("several clients claim it: choose the claim that gets the money")]
    ChooseClaim,
    #[error("no claim can be chosen here: the money goes to nobody by it")]
    NoClaimAsked,
    #[error("this does not ask which wallet it is about")]
    NoWalletAsked,
    #[error("this claim is not one that waits for this transfer")]
    NotItsClaim,
    #[error(
        "the phone has several wallets of that operator: choose the one that the message is about"
    )]
    ChooseWallet,
    #[error("the message is not about this wallet")]
    NotItsWallet,
    #[error(
        "the phone's set-up has no wallet that this can be about: mend that first, or reject it"
    )]
    NoWallet,
    #[error("the first approval chose another claim; reject it, or approve the same one")]
    OtherClaim,
    #[error(
        "the credit is on its way already, or it is not known yet whether WHMCS has it: first it must end"
    )]
    InFlight,
    #[error(
        "there is one transfer of each number, and this message says something else of it: only a rejection ends this"
    )]
    OnlyRejected,
    #[error(
        "it would still have no worth in the client's currency, so nothing was decided: where there was no rate, enter one first; else give the money back and reject it"
    )]
    StillWorthless,
    #[error("only what is still rejected can be opened again")]
    NotRejected,
    #[error("the operator says that this money was taken back: decide about that first")]
    ReversalOpen,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ReviewError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ReviewError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            _ => ErrorClass::Refused,
        }
    }
}

/// Who decides, and why: as much of it as is kept.
pub(crate) fn signed(decision: &Decision) -> Result<(String, String), ReviewError> {
    let actor: String = decision.actor.trim().chars().take(80).collect();
    let reason: String = decision.reason.trim().chars().take(500).collect();
    if actor.is_empty() {
        return Err(ReviewError::NoActor);
    }
    if reason.is_empty() {
        return Err(ReviewError::NoReason);
    }
    Ok((actor, reason))
}

/// A decision under way: the store's turn is taken.
pub(crate) struct Sitting {
    pub tx: Tx,
    pub store: StoreRow,
    pub review: Review,
    pub actor: String,
    pub reason: String,
    pub claim: Option<String>,
    pub wallet: Option<String>,
    /// When it is decided, for all that the decision ends; epoch milliseconds.
    pub now: i64,
}

impl Payments {
    /// Lets the money go on: to the claim that was chosen, or to the one that will come.
    pub async fn approve(&self, id: &str, decision: Decision) -> Result<Decided, ReviewError> {
        if let Some(decided) = self.decide_credit(id, &decision, true).await? {
            return Ok(decided);
        }
        let mut sitting = self.sit(id, decision).await?;
        let decided = match sitting.review.transfer.clone() {
            Some(transfer) => self.approve_transfer(&mut sitting, &transfer).await?,
            None => self.approve_message(&mut sitting).await?,
        };
        sitting.tx.commit().await?;
        self.store.jobs().wake();
        metrics::counter!("wharf_payment_reviews_total", "end" => "approved").increment(1);
        Ok(decided)
    }

    pub(crate) async fn sit(&self, id: &str, decision: Decision) -> Result<Sitting, ReviewError> {
        let (actor, reason) = signed(&decision)?;
        let mut tx = self.store.begin().await?;
        let known = reviews::by_id(&mut tx, id).await?;
        let known = known.ok_or(ReviewError::NotFound)?;
        stores::take_turn(&mut tx, &known.store).await?;
        // It may have ended while we waited for the turn.
        let review = reviews::by_id(&mut tx, id).await?;
        let review = review.ok_or(ReviewError::NotFound)?;
        if !review.is_undecided() {
            return Err(ReviewError::Ended(review.state.as_str()));
        }
        stakes::compare(&mut tx, &review, &decision.seen).await?;
        let store = stores::by_id_in(&mut tx, &review.store).await?;
        let store = store.ok_or(ReviewError::NotFound)?;
        let named = |name: Option<String>| {
            let name = name.map(|name| name.trim().to_owned());
            name.filter(|name| !name.is_empty())
        };
        Ok(Sitting {
            tx,
            store,
            review,
            actor,
            reason,
            claim: named(decision.claim),
            wallet: named(decision.wallet),
            now: self.store.clock().now_ms(),
        })
    }

    async fn approve_transfer(
        &self,
        sitting: &mut Sitting,
        id: &str,
    ) -> Result<Decided, ReviewError> {
        let transfer = transfers::by_id(&mut sitting.tx, id).await?;
        let transfer = transfer.ok_or(ReviewError::NotFound)?;
        if sitting.wallet.is_some() {
            return Err(ReviewError::NoWalletAsked);
        }
        let about_money = !is_afterwards(&sitting.review.kind, transfer.state);
        if !about_money && sitting.claim.is_some() {
            return Err(ReviewError::NoClaimAsked);
        }
        if about_money && !waits(transfer.state) {
            return Err(not_now(transfer.state));
        }
        // In review nobody knows yet whether WHMCS has it: that is answered first, or credit would stay there.
        let on_its_way = matches!(
            transfer.state,
            TransferState::Matched | TransferState::Blocked | TransferState::Review
        );
        let unsent = on_its_way
            && transfer.state != TransferState::Review
            && self.is_unsent_in(&mut sitting.tx, &transfer).await?;
        if sitting.review.kind == REVERSAL && on_its_way && !unsent {
            return Err(ReviewError::InFlight);
        }
        if about_money && is_said_to_be_reversed(sitting, id).await? {
            return Err(ReviewError::ReversalOpen);
        }
        let claim = if about_money {
            chosen_claim(sitting, &transfer).await?
        } else {
            None
        };
        if !self
            .has_all_votes(sitting, &transfer, claim.as_ref())
            .await?
        {
            return Ok(Decided::NeedsSecond);
        }
        self.close(sitting, ReviewState::Approved, about_money)
            .await?;
        let subject = format!("transfer/{id}");
        self.note(sitting, &subject, "approved").await?;
        let clock = self.store.clock();
        if sitting.review.kind == REVERSAL && unsent {
            self.end_others(sitting, ReviewState::Rejected).await?;
            return self.end_unsent(sitting, &transfer).await;
        }
        if sitting.review.kind == REVERSAL && waits(transfer.state) {
            // It was taken back before anybody was credited: nothing else about it needs to be decided.
            self.end_others(sitting, ReviewState::Rejected).await?;
            let state = ClaimState::Reversed;
            self.refuse(sitting, &transfer, state, "reversed").await?;
            return Ok(Decided::Done);
        }
        if sitting.review.kind == REVERSAL {
            let (jobs, now) = (self.store.jobs(), sitting.now);
            ask_to_remove(&mut sitting.tx, jobs, &sitting.store, id, now).await?;
            return Ok(Decided::Done);
        }
        let (jobs, store) = (self.store.jobs(), &sitting.store);
        if about_money
            && matching::is_worthless(
                &mut sitting.tx,
                store,
                &sitting.review,
                &transfer,
                claim.as_ref(),
                sitting.now,
            )
            .await?
        {
            return Err(ReviewError::StillWorthless);
        }
        if about_money {
            // Before: its balance and that of what it is a copy of cannot both count.
            booking::cut_is_approved(&mut sitting.tx, jobs, clock, store, &transfer).await?;
        }
        let word = Word::Approves;
        crate::balance::vouch(&mut sitting.tx, jobs, clock, store, id, word).await?;
        if !about_money {
            return Ok(Decided::Done);
        }
        // What its balance proves now may have moved others, and it.
        let transfer = transfers::by_id(&mut sitting.tx, id).await?;
        let transfer = transfer.ok_or(ReviewError::NotFound)?;
        let claim = match claim {
            Some(claim) => claims::by_id(&mut sitting.tx, &claim.id).await?,
            None => None,
        };
        if !waits(transfer.state) {
            let chosen = claim.as_ref().map(|claim| &claim.id);
            return match chosen.is_none() || chosen == transfer.claim.as_ref() {
                true => Ok(Decided::Done),
                false => Err(ReviewError::Changed),
            };
        }
        let waits_still = |claim: &Claim| match claim.state {
            ClaimState::Pending => true,
            ClaimState::Held => claim.transfer.as_deref() == Some(id),
            _ => false,
        };
        if claim.as_ref().is_some_and(|claim| !waits_still(claim)) {
            return Err(ReviewError::Changed);
        }
        match claim {
            Some(claim) => {
                let (jobs, store) = (self.store.jobs(), &sitting.store);
                matching::give(
                    &mut sitting.tx,
                    jobs,
                    clock,
                    store,
                    transfer,
                    claim,
                    "approved",
                )
                .await?;
            }
            None => {
                matching::free_again(&mut sitting.tx, clock, &transfer).await?;
                matching::settle_transfer(
                    &mut sitting.tx,
                    self.store.jobs(),
                    clock,
                    &sitting.store,
                    id,
                )
                .await?;
            }
        }
        Ok(Decided::Done)
    }

    /// It was taken back while its credit waited for WHMCS: nobody is credited with it.
    async fn end_unsent(
        &self,
        sitting: &mut Sitting,
        transfer: &Transfer,
    ) -> Result<Decided, ReviewError> {
        let now = sitting.now;
        let to = Transfer {
            state: TransferState::Rejected,
            reason: Some("reversed".to_owned()),
            ..transfer.clone()
        };
        if !transfers::change(&mut sitting.tx, transfer.state, &to, now).await? {
            return Err(ReviewError::InFlight);
        }
        for mut claim in claims::of_transfer(&mut sitting.tx, &transfer.id).await? {
            if matches!(claim.state, ClaimState::Matched | ClaimState::Held) {
                claim.state = ClaimState::Reversed;
                claims::change(&mut sitting.tx, &claim, now).await?;
            }
        }
        metrics::counter!("wharf_payment_transfers_total", "end" => "rejected").increment(1);
        Ok(Decided::Done)
    }

    /// Keeps a first approval where two are needed. `true`: there are enough.
    async fn has_all_votes(
        &self,
        sitting: &mut Sitting,
        transfer: &Transfer,
        claim: Option<&Claim>,
    ) -> Result<bool, ReviewError> {
        let vote = Vote {
            actor: sitting.actor.clone(),
            at: sitting.now,
            reason: sitting.reason.clone(),
        };
        let limit = sitting.store.caution.second_person_above;
        let two = limit > 0 && transfer.amount > limit;
        let overtaken = claim.is_some() && is_overtaken(sitting, transfer).await?;
        match sitting.review.first.clone() {
            Some(first) if two && !overtaken => {
                if first.is_by(&sitting.actor) {
                    return Err(ReviewError::SameActor);
                }
                if let Some(claim) = claim
                    && !is_the_clients(sitting, claim).await?
                {
                    return Err(ReviewError::OtherClaim);
                }
                sitting.review.second = Some(vote);
                Ok(true)
            }
            _ if two => {
                let open = sitting.review.state;
                for mut item in reviews::of_transfer(&mut sitting.tx, &transfer.id).await? {
                    // Who has money taken back has not said that it may be credited, nor that WHMCS does not have it.
                    let other = |kind: &str| kind == REVERSAL || is_about_booking(kind);
                    let same_question = item.id == sitting.review.id
                        || (!other(&item.kind) && !other(&sitting.review.kind));
                    if item.state != open || !same_question {
                        continue;
                    }
                    item.first = Some(vote.clone());
                    item.claim = claim.map(|claim| claim.id.clone()).or(item.claim);
                    reviews::close(&mut sitting.tx, &item, open, vote.at).await?;
                }
                let subject = format!("transfer/{}", transfer.id);
                self.note(sitting, &subject, "approved first").await?;
                Ok(false)
            }
            _ => {
                sitting.review.first = Some(vote);
                Ok(true)
            }
        }
    }

    /// Ends the item and, where the decision is about the transfer's money, all that is open about it.
    pub(crate) async fn close(
        &self,
        sitting: &mut Sitting,
        to: ReviewState,
        all: bool,
    ) -> Result<(), ReviewError> {
        let (review, now) = (sitting.review.clone(), sitting.now);
        if !reviews::close(&mut sitting.tx, &review, to, now).await? {
            return Err(ReviewError::Ended(to.as_str()));
        }
        if all {
            self.end_others(sitting, to).await?;
        }
        Ok(())
    }

    /// Ends what else is open about the transfer.
    async fn end_others(&self, sitting: &mut Sitting, to: ReviewState) -> Result<(), ReviewError> {
        let (review, now) = (sitting.review.clone(), sitting.now);
        let Some(transfer) = &review.transfer else {
            return Ok(());
        };
        for mut other in reviews::of_transfer(&mut sitting.tx, transfer).await? {
            if other.is_undecided() && other.kind != REVERSAL {
                other.first.clone_from(&review.first);
                other.second.clone_from(&review.second);
                reviews::close(&mut sitting.tx, &other, to, now).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn note(
        &self,
        sitting: &mut Sitting,
        subject: &str,
        event: &str,
    ) -> Result<(), StoreError> {
        let detail = format!("{}: {}", sitting.review.kind, sitting.reason);
        audit::note_by(
            &mut sitting.tx,
            self.store.clock(),
            &sitting.actor,
            &sitting.store.id,
            subject,
            event,
            &detail,
        )
        .await
    }
}

/// Whether the item came up after the money was on its way: then only the item is decided.
pub(crate) fn is_afterwards(kind: &str, state: TransferState) -> bool {
    kind == REVERSAL
        || (["balance_gap", "unseeded"].contains(&kind)
            && matches!(
                state,
                TransferState::Matched
                    | TransferState::Blocked
                    | TransferState::Review
                    | TransferState::Credited
                    | TransferState::Observed
                    | TransferState::Reversed
            ))
}

pub(crate) fn waits(state: TransferState) -> bool {
    matches!(state, TransferState::Received | TransferState::Held)
}

/// Whether a person has yet to decide about its being taken back.
async fn is_said_to_be_reversed(sitting: &mut Sitting, id: &str) -> Result<bool, StoreError> {
    let items = reviews::of_transfer(&mut sitting.tx, id).await?;
    Ok(sitting.review.kind != REVERSAL && items.iter().any(Review::says_gone))
}

/// Why nothing is decided about a transfer's money.
pub(crate) fn not_now(state: TransferState) -> ReviewError {
    match state {
        TransferState::Matched | TransferState::Blocked | TransferState::Review => {
            ReviewError::InFlight
        }
        state => ReviewError::Ended(state.as_str()),
    }
}

/// The claim that an approval is for: the chosen one, the only one, or none when nobody has claimed it.
async fn chosen_claim(
    sitting: &mut Sitting,
    transfer: &Transfer,
) -> Result<Option<Claim>, ReviewError> {
    let mut waiting = stakes::candidates(&mut sitting.tx, &sitting.review, &transfer.id).await?;
    if let Some(chosen) = &sitting.claim {
        let found = waiting.into_iter().find(|claim| claim.id == *chosen);
        return found.map(Some).ok_or(ReviewError::NotItsClaim);
    }
    if waiting.len() > 1 {
        // After a first approval its choice stands.
        let first = sitting
            .review
            .first
            .as_ref()
            .and(sitting.review.claim.clone());
        let held = |claim: &Claim| claim.state == ClaimState::Held;
        let found = first.and_then(|id| {
            let mut waiting = waiting.into_iter();
            waiting.find(|claim| claim.id == id && held(claim))
        });
        return found.map(Some).ok_or(ReviewError::ChooseClaim);
    }
    Ok(waiting.pop())
}

/// Whether a first approval was of money that nobody had claimed, and more is asked about it since somebody has.
async fn is_overtaken(sitting: &mut Sitting, transfer: &Transfer) -> Result<bool, StoreError> {
    if sitting.review.claim.is_some() {
        return Ok(false);
    }
    let items = reviews::of_transfer(&mut sitting.tx, &transfer.id).await?;
    Ok(items
        .iter()
        .any(|item| item.is_undecided() && item.kind != REVERSAL && item.first.is_none()))
}

/// Whether the first approval chose this claim, or another one of the same client, or the one that would come.
async fn is_the_clients(sitting: &mut Sitting, claim: &Claim) -> Result<bool, ReviewError> {
    let Some(id) = sitting.review.claim.clone() else {
        return Ok(true);
    };
    let first = claims::by_id(&mut sitting.tx, &id).await?;
    Ok(first.is_some_and(|first| same_client(&first, claim)))
}

pub(crate) const REVERSAL: &str = "reversal";
