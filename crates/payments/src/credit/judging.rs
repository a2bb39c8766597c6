//! A person's word on a credit, or on its being taken back, that nobody else can tell of.

use wharf_store::journal::{Entry, State, Verdict};
use wharf_store::{Effect, NewJob, StoreError, Tx};

use super::booking::{
    CONFLICT, REFUSED, REMOVAL_REFUSED, REMOVAL_UNKNOWN, UNKNOWN, claim_of, credit_row,
};
use super::removing::taken;
use super::{AddCredit, Credited, RemoveCredit, remove_job};
use crate::Payments;
use crate::matching::credit_job;
use crate::review::{REVERSAL, ReviewError, signed};
use crate::stakes;
use crate::tables::claims::{self, ClaimState};
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::reviews::{self, Review, ReviewState, Vote};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{audit, stores};
use crate::views::{Decided, Decision};

/// What waits for a person's word.
struct Asked {
    /// Held.
    entry: Entry,
    /// As it stands once a person has found that it did not happen: what only looks like it counts no more.
    judged: CreditRow,
    /// What is written down of either word.
    events: [&'static str; 2],
}

impl Payments {
    /// A decision about an item of this room; `None`: it is of another kind.
    ///
    /// To approve is to have it done: the credit is not in WHMCS and is sent, or it is there still and is taken back.
    /// To reject is to count it as done: WHMCS has the credit, or has it no more. What WHMCS refused to book is tried
    /// once more, or credited to nobody; what it refused to take back is tried once more, or left with the client. Where
    /// our books and WHMCS's differ about what is credited, both only close the item: a person has put it right, or leaves
    /// it as it is.
    pub(crate) async fn decide_credit(
        &self,
        id: &str,
        decision: &Decision,
        approved: bool,
    ) -> Result<Option<Decided>, ReviewError> {
        let mut db = self.connection().await?;
        let Some(item) = reviews::by_id(&mut db, id).await? else {
            return Ok(None);
        };
        drop(db);
        if !is_about_booking(&item.kind) {
            return Ok(None);
        }
        let (actor, why) = &signed(decision)?;
        let asked = match item.is_undecided() {
            true => self.asked_by(&item).await?,
            false => None,
        };
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &item.store).await?;
        // It may have ended while we waited for the turn.
        let item = reviews::by_id(&mut tx, id).await?;
        let item = item.ok_or(ReviewError::NotFound)?;
        if !item.is_undecided() {
            return Err(ReviewError::Ended(item.state.as_str()));
        }
        stakes::compare(&mut tx, &item, &decision.seen).await?;
        if approved && decision.claim.is_some() {
            return Err(ReviewError::NoClaimAsked);
        }
        if approved && decision.wallet.is_some() {
            return Err(ReviewError::NoWalletAsked);
        }
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let vote = Vote {
            actor: actor.to_owned(),
            at: now,
            reason: why.to_owned(),
        };
        let (first, second) = match item.first.clone() {
            Some(first) if first.is_by(actor) && approved => return Err(ReviewError::SameActor),
            Some(first) if approved => (first, Some(vote.clone())),
            None if approved && self.takes_two(&mut tx, &item).await? => {
                return self.keep_first(tx, item, vote).await;
            }
            _ => (vote.clone(), None),
        };
        if let Some(asked) = &asked
            && !self
                .take_word(&mut tx, asked, !approved, actor, why)
                .await?
        {
            return Err(ReviewError::UnderWay);
        }
        if item.kind == REMOVAL_REFUSED && !self.go_on_removing(&mut tx, &item, approved).await? {
            return Err(ReviewError::UnderWay);
        }
        if item.kind == REFUSED
            && !self
                .go_on_crediting(&mut tx, &item, approved, &vote)
                .await?
        {
            return Err(ReviewError::UnderWay);
        }
        let (to, event) = if approved {
            (ReviewState::Approved, "approved")
        } else {
            (ReviewState::Rejected, "rejected")
        };
        let decided = Review {
            first: Some(first),
            second,
            ..item.clone()
        };
        reviews::close(&mut tx, &decided, to, now).await?;
        let detail = format!("{}: {why}", item.kind);
        let (subject, store) = (&item.subject, &item.store);
        audit::note_by(&mut tx, clock, actor, store, subject, event, &detail).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.store.journal().wake();
        self.store.jobs().wake();
        Ok(Some(Decided::Done))
    }

    /// Whether two people must say that something is sent to WHMCS once more of which nobody can tell whether it is there.
    async fn takes_two(&self, tx: &mut Tx, item: &Review) -> Result<bool, StoreError> {
        if !sends_again(&item.kind) {
            return Ok(false);
        }
        let id = item.transfer.as_deref().unwrap_or_default();
        let transfer = transfers::by_id(tx, id).await?;
        let store = stores::by_id_in(tx, &item.store).await?;
        Ok(transfer.zip(store).is_some_and(|(transfer, store)| {
            let limit = store.caution.second_person_above;
            limit > 0 && transfer.amount > limit
        }))
    }

    async fn keep_first(
        &self,
        mut tx: Tx,
        item: Review,
        vote: Vote,
    ) -> Result<Option<Decided>, ReviewError> {
        let (clock, open) = (self.store.clock(), item.state);
        let detail = format!("{}: {}", item.kind, vote.reason);
        let (actor, at) = (vote.actor.clone(), vote.at);
        let (store, subject) = (item.store.clone(), item.subject.clone());
        let first = Some(vote);
        reviews::close(&mut tx, &Review { first, ..item }, open, at).await?;
        let event = "approved first";
        audit::note_by(&mut tx, clock, &actor, &store, &subject, event, &detail).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Some(Decided::NeedsSecond))
    }

    /// What WHMCS refused to book is asked for once more, or credited to nobody. `false`: it is being asked for already.
    async fn go_on_crediting(
        &self,
        tx: &mut Tx,
        item: &Review,
        again: bool,
        vote: &Vote,
    ) -> Result<bool, StoreError> {
        let now = vote.at;
        let id = item.transfer.as_deref().unwrap_or_default();
        let transfer = transfers::by_id(tx, id).await?;
        let Some(before) = transfer.filter(|known| known.state == TransferState::Blocked) else {
            return Ok(true);
        };
        if !self.is_unsent_in(tx, &before).await? {
            return Ok(false);
        }
        if again {
            let job = credit_job(id).again();
            self.store.jobs().enqueue(tx, job).await?;
            return Ok(true);
        }
        let to = Transfer {
            state: TransferState::Rejected,
            reason: Some(REFUSED.to_owned()),
            ..before.clone()
        };
        if !transfers::change(tx, before.state, &to, now).await? {
            return Ok(false);
        }
        if let Some(mut claim) = claim_of(tx, &to).await? {
            claim.state = ClaimState::Rejected;
            claim.reason = Some("rejected".to_owned());
            claims::change(tx, &claim, now).await?;
        }
        // Nothing else about it needs to be decided.
        for mut other in reviews::of_transfer(tx, id).await? {
            if other.id != item.id && other.is_undecided() && other.kind != REVERSAL {
                other.first = Some(vote.clone());
                reviews::close(tx, &other, ReviewState::Rejected, now).await?;
            }
        }
        metrics::counter!("wharf_payment_transfers_total", "end" => "rejected").increment(1);
        Ok(true)
    }

    /// What WHMCS refused to take back is asked for once more, or left. `false`: it is being asked for already.
    async fn go_on_removing(
        &self,
        tx: &mut Tx,
        item: &Review,
        again: bool,
    ) -> Result<bool, StoreError> {
        let transfer = item.transfer.as_deref().unwrap_or_default();
        let removal = credits::of_transfer(tx, transfer, Direction::Remove).await?;
        let Some(removal) = removal.filter(|row| row.state == CreditState::Blocked) else {
            return Ok(true);
        };
        let key = RemoveCredit::key_of(&removal);
        let entry = self.store.journal().by_key_in(tx, &key).await?;
        if entry.is_none_or(|entry| entry.state != State::Refused) {
            return Ok(false);
        }
        if again {
            let job = remove_job(transfer).again();
            self.store.jobs().enqueue(tx, job).await?;
            return Ok(true);
        }
        let row = CreditRow {
            state: CreditState::Left,
            ended_at: self.store.clock().now_ms(),
            ..removal
        };
        credits::put(tx, &row).await?;
        // What was kept from its invoice by then may go there.
        let job = credit_job(transfer).again();
        self.store.jobs().enqueue(tx, job).await?;
        Ok(true)
    }

    /// What an item asks about; `None`: nothing waits for the answer.
    async fn asked_by(&self, item: &Review) -> Result<Option<Asked>, ReviewError> {
        match item.kind.as_str() {
            UNKNOWN => self.asked_of_credit(item).await,
            REMOVAL_UNKNOWN => self.asked_of_removal(item).await,
            _ => Ok(None),
        }
    }

    async fn asked_of_credit(&self, item: &Review) -> Result<Option<Asked>, ReviewError> {
        let mut db = self.connection().await?;
        let id = item.transfer.as_deref().unwrap_or_default();
        let transfer = transfers::by_id(&mut db, id).await?;
        let Some(transfer) = transfer.filter(|known| known.state == TransferState::Review) else {
            return Ok(None);
        };
        let claim = claim_of(&mut db, &transfer).await?;
        let store = stores::by_id_in(&mut db, &transfer.store).await?;
        drop(db);
        let effect = claim
            .zip(store)
            .and_then(|(claim, store)| AddCredit::of(&store, &claim, &transfer));
        let effect = effect.ok_or(ReviewError::OtherTerms)?;
        let entry = self.held(&effect, credit_job(&transfer.id)).await?;
        let now = self.store.clock().now_ms();
        Ok(Some(Asked {
            entry: entry.ok_or(ReviewError::OtherTerms)?,
            judged: credit_row(&effect, CreditState::Judged, now),
            events: ["found booked", "found not booked"],
        }))
    }

    async fn asked_of_removal(&self, item: &Review) -> Result<Option<Asked>, ReviewError> {
        let mut db = self.connection().await?;
        let id = item.transfer.as_deref().unwrap_or_default();
        let credit = credits::of_transfer(&mut db, id, Direction::Add).await?;
        let store = stores::by_id_in(&mut db, &item.store).await?;
        drop(db);
        let Some((credit, store)) = credit.zip(store) else {
            return Ok(None);
        };
        let Some(effect) = RemoveCredit::of(&store, &credit) else {
            return Ok(None);
        };
        let entry = self.held(&effect, remove_job(id)).await?;
        Ok(entry.map(|entry| Asked {
            entry,
            judged: taken(&credit, &effect, CreditState::Judged, None),
            events: ["found taken back", "found not taken back"],
        }))
    }

    /// The journal's entry of what a person is asked about; `None`: there is none. What is not held, the journal or the
    /// job is at; that it is, is seen to.
    async fn held<E: Effect>(&self, effect: &E, job: NewJob) -> Result<Option<Entry>, ReviewError> {
        let Some(entry) = self.entry(effect).await? else {
            return Ok(None);
        };
        let earlier: Option<E> = serde_json::from_value(entry.input.clone()).ok();
        if !earlier.is_some_and(|earlier| effect.same_request(&earlier)) {
            return Err(ReviewError::OtherTerms);
        }
        match entry.state {
            State::Held => Ok(Some(entry)),
            _ => {
                let mut tx = self.store.begin().await?;
                self.store.jobs().enqueue(&mut tx, job).await?;
                tx.commit().await.map_err(StoreError::from)?;
                self.store.journal().wake();
                Err(ReviewError::UnderWay)
            }
        }
    }

    /// From here on it is on its way again: if nobody can tell what becomes of it this time either, it comes back to a
    /// person. `false`: nobody is asked any more, and nothing may be kept of this transaction.
    async fn take_word(
        &self,
        tx: &mut Tx,
        asked: &Asked,
        happened: bool,
        actor: &str,
        why: &str,
    ) -> Result<bool, StoreError> {
        let (clock, row) = (self.store.clock(), &asked.judged);
        if row.direction == Direction::Add && !go_on(tx, &row.transfer, clock.now_ms()).await? {
            return Ok(false);
        }
        let [found, found_not] = asked.events;
        let (event, verdict) = if happened {
            let done = Credited {
                told: true,
                ..Credited::default()
            };
            let done = serde_json::to_value(done).unwrap_or_default();
            (found, Verdict::Happened(done))
        } else {
            let row = CreditRow {
                note: Some(why.to_owned()),
                ended_at: clock.now_ms(),
                ..row.clone()
            };
            credits::put(tx, &row).await?;
            (found_not, Verdict::DidNotHappen)
        };
        let subject = format!("transfer/{}", row.transfer);
        audit::note_by(tx, clock, actor, &row.store, &subject, event, why).await?;
        let journal = self.store.journal();
        journal.judge_held(tx, &asked.entry, verdict, actor).await
    }
}

/// Whether an item asks what WHMCS has, or should have: it is decided here.
pub(crate) fn is_about_booking(kind: &str) -> bool {
    [UNKNOWN, REFUSED, REMOVAL_UNKNOWN, REMOVAL_REFUSED, CONFLICT].contains(&kind)
}

/// Whether to approve an item of this room has something sent that may be there already.
fn sends_again(kind: &str) -> bool {
    [UNKNOWN, REMOVAL_UNKNOWN].contains(&kind)
}

/// What a person has judged is in review no more, and its claim waits for no person. `false`: it was not.
async fn go_on(tx: &mut Tx, transfer: &str, now: i64) -> Result<bool, StoreError> {
    let known = transfers::by_id(tx, transfer).await?;
    let Some(before) = known.filter(|known| known.state == TransferState::Review) else {
        return Ok(false);
    };
    let to = Transfer {
        state: TransferState::Matched,
        reason: None,
        ..before.clone()
    };
    if !transfers::change(tx, before.state, &to, now).await? {
        return Ok(false);
    }
    if let Some(mut claim) = claim_of(tx, &to).await? {
        claim.state = ClaimState::Matched;
        claim.reason = None;
        claims::change(tx, &claim, now).await?;
    }
    Ok(true)
}
