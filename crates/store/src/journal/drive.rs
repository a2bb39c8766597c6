//! Bringing one effect to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use wharf_core::ErrorClass;

use super::effect::{Outcome, Performed, Refusal, Settled};
use super::kind::Kind;
use super::table::{self, Entry, State};
use super::{Flight, Journal};
use crate::StoreError;
use crate::store::{Tx, begin};

impl Journal {
    /// Drives an effect until it has ended or is not due for a while; then says how it stands.
    pub(super) async fn drive(&self, id: &str, flight: &Flight) -> Outcome<Value> {
        let mut troubles = 0;
        let mut busy = BUSY;
        loop {
            match self.step(id, flight).await {
                Ok(Step::Ended(outcome)) => return outcome,
                Ok(Step::Next) => {}
                Ok(Step::Pause(pause, reason)) if pause > PATIENCE => {
                    return Outcome::InProgress { reason };
                }
                Ok(Step::Pause(pause, _)) => self.rest(pause).await,
                Ok(Step::Busy) => {
                    self.rest(busy).await;
                    busy = (busy * 2).min(LONGEST_BUSY);
                }
                Err(error) => {
                    troubles += 1;
                    tracing::error!(effect = id, %error, source = ?std::error::Error::source(&error), troubles, "the journal cannot be read or written");
                    if troubles == MOST_TROUBLES || error.class() != ErrorClass::Temporary {
                        return Outcome::InProgress {
                            reason: "Wharf's database is in trouble".to_owned(),
                        };
                    }
                    self.rest(TROUBLE_PAUSE).await;
                }
            }
        }
    }

    async fn rest(&self, pause: Duration) {
        self.resting.send_modify(|resting| *resting += 1);
        tokio::time::sleep(pause).await;
        self.resting.send_modify(|resting| *resting -= 1);
    }

    async fn step(&self, id: &str, flight: &Flight) -> Result<Step, StoreError> {
        let entry = self.entry(id).await?;
        if let Some(outcome) = entry.ending() {
            return Ok(Step::Ended(outcome));
        }
        let kind = self.kind(&entry.kind)?;
        let now = self.clock.now_ms();
        match entry.state {
            State::Performing if self.is_out(&entry, now) => Ok(Step::Busy),
            State::Performing => {
                let to = Entry {
                    state: State::Unknown,
                    settles: 0,
                    called_at: now,
                    due_at: now,
                    ..entry.clone()
                };
                self.record(&entry, to, "abandoned", "its outcome was never recorded")
                    .await?;
                Ok(Step::Next)
            }
            _ if entry.due_at > now => {
                let pause = Duration::from_millis(u64::try_from(entry.due_at - now).unwrap_or(0));
                Ok(Step::Pause(pause, entry.reason.unwrap_or_default()))
            }
            State::Unknown => self.settle(kind, entry, flight).await,
            _ => self.perform(kind, entry, flight).await,
        }
    }

    /// Whether somebody may still be in the call. This node drives an effect on one flight only, and a flight
    /// records its call's outcome before it looks again: what it finds performing here was lost, to a database
    /// in trouble, say.
    fn is_out(&self, entry: &Entry, now: i64) -> bool {
        entry.lease_until >= now && entry.node.as_deref() != Some(&self.node)
    }

    /// Takes the subject and writes down that the call goes out, then calls.
    async fn perform(
        &self,
        kind: Arc<dyn Kind>,
        entry: Entry,
        flight: &Flight,
    ) -> Result<Step, StoreError> {
        let mut tx = begin(&self.pool, self.backend).await?;
        if !table::take_subject(&mut tx, &entry).await? {
            return self.give_way(tx, entry).await;
        }
        let now = self.clock.now_ms();
        let calling = Entry {
            state: State::Performing,
            attempt: entry.attempt + 1,
            tries: entry.tries + 1,
            settles: 0,
            node: Some(self.node.clone()),
            lease_until: now + millis(kind.pace().limit + GRACE),
            called_at: now,
            updated_at: now,
            ..entry.clone()
        };
        if !table::change(&mut tx, &entry, &calling).await? {
            return Ok(Step::Next);
        }
        table::note(&mut tx, &self.clock, &calling, "performing", "").await?;
        tx.commit().await?;

        let performed = kind.perform(calling.input.clone(), calling.attempt).await;
        match performed {
            Performed::Done(result) => {
                self.end(&*kind, &calling, Outcome::Done(result), "done", "", flight)
                    .await
            }
            Performed::Refused(refusal)
                if refusal.temporary && calling.tries < kind.pace().attempts =>
            {
                let pause = kind.pace().pause(calling.tries);
                let to = Entry {
                    state: State::Retry,
                    reason: Some(refusal.reason.clone()),
                    due_at: self.clock.now_ms() + millis(pause),
                    ..calling.clone()
                };
                self.record(&calling, to, "refused for now", &refusal.reason)
                    .await?;
                Ok(Step::Next)
            }
            Performed::NotYet(why) => {
                let to = Entry {
                    state: State::Retry,
                    tries: entry.tries,
                    reason: Some(why.clone()),
                    due_at: self.clock.now_ms() + millis(kind.pace().first_pause),
                    ..calling.clone()
                };
                self.record(&calling, to, "not yet", &why).await?;
                Ok(Step::Next)
            }
            Performed::Refused(refusal) => {
                let why = refusal.reason.clone();
                self.end(
                    &*kind,
                    &calling,
                    Outcome::Refused(refusal),
                    "refused",
                    &why,
                    flight,
                )
                .await
            }
            Performed::Unknown(why) => {
                let now = self.clock.now_ms();
                let to = Entry {
                    state: State::Unknown,
                    reason: Some(why.clone()),
                    called_at: now,
                    due_at: now,
                    ..calling.clone()
                };
                self.record(&calling, to, "unknown", &why).await?;
                Ok(Step::Next)
            }
        }
    }

    /// Another effect has the subject. Mostly it ends in a moment; one that waits long for its own turn is not
    /// stood behind, or every effect in the row would ask the database again and again.
    async fn give_way(&self, mut tx: Tx, entry: Entry) -> Result<Step, StoreError> {
        let now = self.clock.now_ms();
        let holder = table::holder(&mut tx, &entry.subject).await?;
        let Some(holder) = holder.filter(|holder| {
            holder.state != State::Performing && holder.due_at > now + millis(SOON)
        }) else {
            return Ok(Step::Busy);
        };
        let to = Entry {
            due_at: holder.due_at.min(now + millis(LONGEST_WAY)),
            ..entry.clone()
        };
        table::change(&mut tx, &entry, &to).await?;
        tx.commit().await?;
        Ok(Step::Pause(
            LONGEST_WAY,
            "another change of the same thing is under way".to_owned(),
        ))
    }

    /// Asks whether the last attempt happened.
    async fn settle(
        &self,
        kind: Arc<dyn Kind>,
        entry: Entry,
        flight: &Flight,
    ) -> Result<Step, StoreError> {
        if entry.attempt == 0 {
            let to = Entry {
                state: State::Waiting,
                ..entry.clone()
            };
            self.record(&entry, to, "never called", "").await?;
            return Ok(Step::Next);
        }
        // An effect that was held let go of its subject; it must have it back before anything is sent.
        let mut tx = begin(&self.pool, self.backend).await?;
        if !table::take_subject(&mut tx, &entry).await? {
            return self.give_way(tx, entry).await;
        }
        tx.commit().await?;

        let pace = kind.pace();
        let settled = kind.settle(entry.input.clone(), entry.attempt).await;
        let now = self.clock.now_ms();
        let believable_at = entry.called_at + millis(kind.believe_after(&entry.input));
        let ask_again = |due_at: i64, why: &str| Entry {
            settles: entry.settles + 1,
            reason: Some(why.to_owned()),
            due_at,
            ..entry.clone()
        };
        match settled {
            Settled::Happened(result) => {
                self.end(
                    &*kind,
                    &entry,
                    Outcome::Done(result),
                    "found done",
                    "",
                    flight,
                )
                .await
            }
            Settled::Refused(refusal) => {
                let why = refusal.reason.clone();
                self.end(
                    &*kind,
                    &entry,
                    Outcome::Refused(refusal),
                    "found refused",
                    &why,
                    flight,
                )
                .await
            }
            Settled::DidNotHappen if now < believable_at => {
                let to = ask_again(believable_at, "it may still be under way on the other side");
                self.record(&entry, to, "not there yet", "").await?;
                Ok(Step::Next)
            }
            Settled::DidNotHappen if entry.tries >= pace.attempts => {
                let why = format!(
                    "it was tried {} times; every call broke, and nothing had happened",
                    entry.tries
                );
                let outcome = Outcome::Refused(Refusal::lasting(&why));
                self.end(&*kind, &entry, outcome, "given up", &why, flight)
                    .await
            }
            Settled::DidNotHappen => {
                // The first time at once; then ever later, for an outside world that breaks every call.
                let pause = match entry.tries {
                    ..=1 => Duration::ZERO,
                    tries => pace.pause(tries - 1),
                };
                let to = Entry {
                    state: State::Waiting,
                    due_at: now + millis(pause),
                    ..entry.clone()
                };
                self.record(&entry, to, "found not done", "").await?;
                Ok(Step::Next)
            }
            // What looks odd may be half of what is still under way there.
            Settled::AskAPerson(why) if now < believable_at => {
                let to = ask_again(believable_at, &why);
                self.record(&entry, to, "doubtful", &why).await?;
                Ok(Step::Next)
            }
            Settled::AskAPerson(why) => {
                let outcome = Outcome::Held {
                    reason: why.clone(),
                };
                self.end(&*kind, &entry, outcome, "held", &why, flight)
                    .await
            }
            Settled::NotYet(why) => {
                let to = Entry {
                    settles: entry.settles,
                    ..ask_again(now + millis(pace.first_pause), &why)
                };
                self.record(&entry, to, "not yet asked", &why).await?;
                Ok(Step::Next)
            }
            Settled::CannotTell(why) if entry.settles + 1 >= pace.settles => {
                let outcome = Outcome::Held {
                    reason: why.clone(),
                };
                self.end(&*kind, &entry, outcome, "held", &why, flight)
                    .await
            }
            Settled::CannotTell(why) => {
                let to = ask_again(now + millis(pace.pause(entry.settles + 1)), &why);
                self.record(&entry, to, "cannot tell", &why).await?;
                Ok(Step::Next)
            }
        }
    }

    /// Records the end together with the jobs that follow from it.
    pub(super) async fn end(
        &self,
        kind: &dyn Kind,
        from: &Entry,
        outcome: Outcome<Value>,
        event: &str,
        detail: &str,
        flight: &Flight,
    ) -> Result<Step, StoreError> {
        let awaited = flight.waiting.load(Ordering::SeqCst) > 0;
        let mut tx = begin(&self.pool, self.backend).await?;
        if !self
            .end_in(&mut tx, kind, from, &outcome, (event, detail), awaited)
            .await?
        {
            return Ok(Step::Next);
        }
        tx.commit().await?;
        self.wake();
        Ok(Step::Ended(outcome))
    }

    /// Within the caller's transaction, who [wakes](Self::wake) the journal once it is committed. `false`: it is not as
    /// the caller knows it any more.
    pub(super) async fn end_in(
        &self,
        tx: &mut Tx,
        kind: &dyn Kind,
        from: &Entry,
        outcome: &Outcome<Value>,
        (event, detail): (&str, &str),
        awaited: bool,
    ) -> Result<bool, StoreError> {
        let mut to = Entry {
            updated_at: self.clock.now_ms(),
            node: None,
            ..from.clone()
        };
        match outcome {
            Outcome::Done(result) => {
                to.state = State::Done;
                to.result = Some(result.clone());
                to.reason = None;
            }
            Outcome::Refused(refusal) => {
                to.state = State::Refused;
                to.reason = Some(refusal.reason.clone());
            }
            Outcome::Held { reason } | Outcome::InProgress { reason } => {
                to.state = State::Held;
                to.reason = Some(reason.clone());
            }
        }
        if !table::change(tx, from, &to).await? {
            return Ok(false);
        }
        table::note(tx, &self.clock, &to, event, detail).await?;
        for job in kind.follow_up(&from.input, outcome, awaited) {
            self.jobs.enqueue(tx, job).await?;
        }
        metrics::counter!("wharf_effects_total", "kind" => from.kind.clone(), "end" => to.state.as_str())
            .increment(1);
        tracing::info!(effect = %to.id, kind = %to.kind, subject = %to.subject, state = to.state.as_str(), attempt = to.attempt, "effect ended");
        Ok(true)
    }

    /// Has what an end set free, and the jobs that follow from it, looked at now.
    pub fn wake(&self) {
        self.jobs.wake();
        self.bell.notify_one();
    }

    pub(super) async fn record(
        &self,
        from: &Entry,
        mut to: Entry,
        event: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        to.updated_at = self.clock.now_ms();
        let mut tx = begin(&self.pool, self.backend).await?;
        if table::change(&mut tx, from, &to).await? {
            table::note(&mut tx, &self.clock, &to, event, detail).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

pub(super) enum Step {
    Next,
    Ended(Outcome<Value>),
    /// Nothing to do for that long; the reason is for the waiting caller.
    Pause(Duration, String),
    /// Somebody else is at it, for a moment.
    Busy,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Longer pauses are left to the worker: the caller is told that it goes on.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// A database in trouble is waited for, so that an outcome just learnt is asked for again soon.
const MOST_TROUBLES: u32 = 20;
const TROUBLE_PAUSE: Duration = Duration::from_millis(500);
const BUSY: Duration = Duration::from_millis(25);
const LONGEST_BUSY: Duration = Duration::from_millis(400);
/// Who has the subject and is due within this time is waited for.
const SOON: Duration = Duration::from_secs(20);
const LONGEST_WAY: Duration = Duration::from_secs(15);
/// What a lease lasts beyond the longest call.
const GRACE: Duration = Duration::from_secs(15);
