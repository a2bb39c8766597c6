//! A person's word on a credit, or on its being taken away, that nobody else can tell of.

use std::time::Duration;

use wharf_store::journal::{Entry, State, Verdict};
use wharf_store::{StoreError, Tx};

use super::booking::{CONFLICT, REMOVAL_UNKNOWN, UNKNOWN, claim_of, credit_row};
use super::{AddCredit, Credited, RemoveCredit, remove_job};
use crate::Payments;
use crate::review::ReviewError;
use crate::tables::claims::{self, ClaimState};
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::reviews::{self, Review, ReviewState, Vote};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{audit, stores};
use crate::views::{Decided, Decision};

/// What became of a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Taken,
    /// Nobody was asked, or it has ended meanwhile.
    NotAsked,
    /// WHMCS is being asked at this moment; if that does not tell, a person is.
    UnderWay,
}

impl Payments {
    /// A decision about an item of this room; `None`: it is of another kind. To approve is to have it credited
    /// (it is not in WHMCS), to reject is to count it as credited (it is); and the same with its being taken back.
    /// Where our books and WHMCS's differ about what is credited, both only close the item: a person has put it
    /// right, or leaves it as it is.
    pub(crate) async fn decide_credit(
        &self,
        id: &str,
        decision: &Decision,
        approved: bool,
    ) -> Result<Option<Decided>, ReviewError> {
        let mut db = self
            .store
            .pool()
            .acquire()
            .await
            .map_err(StoreError::from)?;
        let Some(item) = reviews::by_id(&mut db, id).await? else {
            return Ok(None);
        };
        if ![UNKNOWN, REMOVAL_UNKNOWN, CONFLICT].contains(&item.kind.as_str()) {
            return Ok(None);
        }
        if !item.is_undecided() {
            return Err(ReviewError::Ended(item.state.as_str()));
        }
        let transfer = match &item.transfer {
            Some(id) if item.kind == UNKNOWN => transfers::by_id(&mut db, id).await?,
            _ => None,
        };
        drop(db);
        let (actor, why) = (decision.actor.trim(), decision.reason.trim());
        if actor.is_empty() {
            return Err(ReviewError::NoActor);
        }
        if why.is_empty() {
            return Err(ReviewError::NoReason);
        }
        let decided = Review {
            first: Some(Vote {
                actor: actor.to_owned(),
                at: self.store.clock().now_ms(),
                reason: why.to_owned(),
            }),
            ..item.clone()
        };
        let judged = match transfer {
            Some(transfer) if transfer.state == TransferState::Review => {
                self.take_word(&transfer.id, !approved, actor, why, &decided)
                    .await?
            }
            _ if item.kind == REMOVAL_UNKNOWN => {
                self.take_word_on_removal(!approved, actor, why, &decided)
                    .await?
            }
            _ => Judged::NotAsked,
        };
        if judged == Judged::UnderWay {
            return Err(ReviewError::UnderWay);
        }
        if judged == Judged::NotAsked {
            let mut tx = self.store.begin().await?;
            stores::take_turn(&mut tx, &item.store).await?;
            if item.kind == UNKNOWN && still_waits(&mut tx, &item).await? {
                return Err(ReviewError::OtherTerms);
            }
            self.end_item(&mut tx, &decided, approved).await?;
            tx.commit().await.map_err(StoreError::from)?;
        }
        self.store.jobs().wake();
        Ok(Some(Decided::Done))
    }

    async fn end_item(
        &self,
        tx: &mut Tx,
        decided: &Review,
        approved: bool,
    ) -> Result<(), StoreError> {
        let (to, event) = if approved {
            (ReviewState::Approved, "approved")
        } else {
            (ReviewState::Rejected, "rejected")
        };
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        if let Some(vote) = &decided.first
            && reviews::close(tx, decided, to, now).await?
        {
            let (subject, store) = (&decided.subject, &decided.store);
            let detail = format!("{}: {}", decided.kind, vote.reason);
            audit::note_by(tx, clock, &vote.actor, store, subject, event, &detail).await?;
        }
        Ok(())
    }

    /// A person has looked into WHMCS for a transfer in review: `booked`, so that it counts as credited; or not
    /// booked, so that it is sent, whatever else looks like it.
    ///
    /// From here on the transfer is on its way again: if nobody can tell what becomes of it this time either, it
    /// comes back to a person. So the item that is answered ends before anything goes on.
    async fn take_word(
        &self,
        transfer: &str,
        booked: bool,
        actor: &str,
        why: &str,
        answered: &Review,
    ) -> Result<Judged, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(transfer) = transfers::by_id(&mut db, transfer).await? else {
            return Ok(Judged::NotAsked);
        };
        let (claim, store) = (
            claim_of(&mut db, &transfer).await?,
            stores::by_id_in(&mut db, &transfer.store).await?,
        );
        drop(db);
        let (Some(claim), Some(store)) = (claim, store) else {
            return Ok(Judged::NotAsked);
        };
        let Some(effect) = AddCredit::of(&store, &claim, &transfer) else {
            return Ok(Judged::NotAsked);
        };
        let Some(entry) = self.entry(&effect).await? else {
            return Ok(Judged::NotAsked);
        };
        match entry.state {
            State::Held => {}
            State::Done | State::Refused => return Ok(Judged::NotAsked),
            _ => return Ok(Judged::UnderWay),
        }
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &transfer.store).await?;
        if !go_on(&mut tx, &transfer.id, clock.now_ms()).await? {
            return Ok(Judged::NotAsked);
        }
        let (event, verdict) = if booked {
            let found = serde_json::to_value(Credited::default()).unwrap_or_default();
            ("found booked", Verdict::Happened(found))
        } else {
            // Before the journal goes on: what looks like this money must not stop it again.
            let row = CreditRow {
                note: Some(why.to_owned()),
                ..credit_row(&effect, CreditState::Judged, clock.now_ms())
            };
            credits::put(&mut tx, &row).await?;
            ("found not booked", Verdict::DidNotHappen)
        };
        let subject = format!("transfer/{}", transfer.id);
        audit::note_by(&mut tx, clock, actor, &transfer.store, &subject, event, why).await?;
        self.end_item(&mut tx, answered, !booked).await?;
        tx.commit().await?;
        self.pass_on(&entry, verdict, actor).await
    }

    /// A person has looked into WHMCS for a credit whose being taken back nobody can tell of: it is `gone`, or it is
    /// there, so that it is taken away.
    async fn take_word_on_removal(
        &self,
        gone: bool,
        actor: &str,
        why: &str,
        answered: &Review,
    ) -> Result<Judged, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let transfer = answered.transfer.as_deref().unwrap_or_default();
        let credit = credits::of_transfer(&mut db, transfer, Direction::Add).await?;
        let store = stores::by_id_in(&mut db, &answered.store).await?;
        drop(db);
        let effect = credit
            .zip(store)
            .and_then(|(credit, store)| RemoveCredit::of(&store, &credit));
        let Some(effect) = effect else {
            return Ok(Judged::NotAsked);
        };
        let Some(entry) = self.entry(&effect).await? else {
            return Ok(Judged::NotAsked);
        };
        match entry.state {
            State::Held => {}
            State::Done | State::Refused => return Ok(Judged::NotAsked),
            _ => return Ok(Judged::UnderWay),
        }
        let (event, verdict) = if gone {
            let found = serde_json::to_value(Credited::default()).unwrap_or_default();
            ("found taken back", Verdict::Happened(found))
        } else {
            ("found not taken back", Verdict::DidNotHappen)
        };
        let (clock, jobs) = (self.store.clock(), self.store.jobs());
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &answered.store).await?;
        let subject = &answered.subject;
        audit::note_by(&mut tx, clock, actor, &answered.store, subject, event, why).await?;
        self.end_item(&mut tx, answered, !gone).await?;
        // If this is the last that the daemon does, it asks again.
        jobs.enqueue(&mut tx, remove_job(transfer).after(A_MINUTE))
            .await?;
        tx.commit().await?;
        self.pass_on(&entry, verdict, actor).await
    }

    /// To the journal, which goes on from there.
    async fn pass_on(
        &self,
        entry: &Entry,
        verdict: Verdict,
        actor: &str,
    ) -> Result<Judged, StoreError> {
        let journal = self.store.journal();
        Ok(match journal.judge_held(&entry.id, verdict, actor).await? {
            State::Done | State::Refused => Judged::Taken,
            _ => Judged::NotAsked,
        })
    }
}

const A_MINUTE: Duration = Duration::from_secs(60);

/// Whether an item's money would be out of sight without it.
async fn still_waits(tx: &mut Tx, item: &Review) -> Result<bool, StoreError> {
    let transfer = match &item.transfer {
        Some(id) => transfers::by_id(tx, id).await?,
        None => None,
    };
    Ok(transfer.is_some_and(|transfer| transfer.state == TransferState::Review))
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
