//! The effects journal: it knows what Wharf did to the outside world, and never does it twice.
//!
//! An [`Effect`] is written down and synced before it is performed. Effects on one subject run one after the
//! other; a repeated key gets the recorded outcome; after an unknown outcome, or after a restart that
//! finds a call in flight, the effect is settled before it is ever performed again; what cannot be settled is
//! held for a person. In doubt: late rather than twice.

mod drive;
mod effect;
mod kind;
mod table;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use sqlx::AnyPool;
use tokio::sync::{Notify, watch};
use wharf_core::{Clock, Deadline, id};

pub use effect::{Effect, Ending, Outcome, Pace, Performed, Refusal, Settled};
pub use table::{Entry, Event, State};

use crate::StoreError;
use crate::jobs::Jobs;
use crate::store::{Backend, Tx, begin};
use kind::{Kind, Registered};

/// The journal. One for all capabilities; reached through [`Store::journal`](crate::Store::journal).
pub struct Journal {
    pool: AnyPool,
    backend: Backend,
    clock: Clock,
    node: String,
    jobs: Arc<Jobs>,
    kinds: RwLock<HashMap<&'static str, Arc<dyn Kind>>>,
    flights: Mutex<HashMap<String, Arc<Flight>>>,
    /// How many flights wait for their time.
    resting: watch::Sender<usize>,
    /// Rung whenever a subject may have become free or an effect may be due.
    bell: Notify,
    /// Itself, for the tasks that outlive a caller.
    own: std::sync::Weak<Self>,
}

/// What a person found out about a [held](State::Held) effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// With the result that the effect would have had.
    Happened(Value),
    DidNotHappen,
}

/// An effect that this process is driving.
struct Flight {
    ended: watch::Sender<Option<Outcome<Value>>>,
    waiting: AtomicUsize,
}

/// A caller that waits for a flight. One that goes away without a word (its connection closed) counts no
/// more either.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(flight: &'a Flight) -> Self {
        flight.waiting.fetch_add(1, Ordering::SeqCst);
        Self(&flight.waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What [`Journal::list`] shows; the default is the newest fifty.
#[derive(Clone, Debug)]
pub struct Filter {
    pub state: Option<State>,
    pub subject: Option<String>,
    pub kind: Option<String>,
    /// Only those that are older than this one.
    pub before: Option<String>,
    pub limit: i64,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            state: None,
            subject: None,
            kind: None,
            before: None,
            limit: 50,
        }
    }
}

impl Journal {
    pub(crate) fn new(
        pool: AnyPool,
        backend: Backend,
        clock: Clock,
        node: String,
        jobs: Arc<Jobs>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            pool,
            backend,
            clock,
            node,
            jobs,
            kinds: RwLock::default(),
            flights: Mutex::default(),
            resting: watch::Sender::new(0),
            bell: Notify::new(),
            own: own.clone(),
        })
    }

    /// Makes a kind known. Done at boot, before [`recover`](Self::recover).
    pub fn register<E: Effect>(&self, world: Arc<E::World>) {
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        kinds.insert(E::KIND, Arc::new(Registered::<E>::new(world)));
    }

    /// Makes sure that the effect happens once, and waits for its end until `deadline`; after that it goes
    /// on in the background. A key that ended well before gets the recorded outcome; one that was refused
    /// is tried again, with the new input.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the key was used to ask for something else, and database trouble: the
    /// effect was then not begun by this call.
    pub async fn run<E: Effect>(
        &self,
        effect: &E,
        deadline: Deadline,
    ) -> Result<Outcome<E::Output>, StoreError> {
        let input = serde_json::to_value(effect).map_err(|source| StoreError::Stored {
            what: "an effect's input".to_owned(),
            source: Some(source),
        })?;
        let entry = self
            .admit(E::KIND, effect.key(), effect.subject(), input)
            .await?;
        if let Some(outcome) = entry.ending() {
            return kind::typed(outcome);
        }
        kind::typed(self.wait(&entry.id, deadline).await)
    }

    /// Asks now whether an effect happened, and tries again if it did not. For held effects this is what
    /// the person does who has mended the cause.
    pub async fn settle_now(
        &self,
        id: &str,
        deadline: Deadline,
    ) -> Result<Outcome<Value>, StoreError> {
        self.ask_again(id, "by hand", deadline).await
    }

    /// As [`settle_now`](Self::settle_now), where no person asks: `why` tells what has changed.
    pub async fn ask_again(
        &self,
        id: &str,
        why: &str,
        deadline: Deadline,
    ) -> Result<Outcome<Value>, StoreError> {
        let entry = self.entry(id).await?;
        if matches!(entry.state, State::Done | State::Refused) {
            return Ok(entry.ending().unwrap_or(Outcome::InProgress {
                reason: String::new(),
            }));
        }
        if entry.state == State::Held {
            let to = Entry {
                state: State::Unknown,
                settles: 0,
                due_at: self.clock.now_ms(),
                ..entry.clone()
            };
            self.record(&entry, to, "asked again", why).await?;
        }
        Ok(self.wait(id, deadline).await)
    }

    /// Ends a held effect by what a person found out: it happened with this result, or it did not and may be
    /// asked for again. `by` names the person. All within the caller's transaction, who [wakes](Self::wake) the journal
    /// once it is committed. `false`: it is not held any more as `entry` tells it, and is left as it is.
    pub async fn judge_held(
        &self,
        tx: &mut Tx,
        entry: &Entry,
        verdict: Verdict,
        by: &str,
    ) -> Result<bool, StoreError> {
        if entry.state != State::Held {
            return Ok(false);
        }
        let kind = self.kind(&entry.kind)?;
        let (outcome, event) = match verdict {
            Verdict::Happened(result) => (Outcome::Done(result), "judged done"),
            Verdict::DidNotHappen => {
                let refusal = Refusal::lasting(format!("{by} found that it did not happen"));
                (Outcome::Refused(refusal), "judged not done")
            }
        };
        self.end_in(tx, &*kind, entry, &outcome, (event, by), false)
            .await
    }

    /// Takes up what a stop or crash left: calls in flight become unknown and are settled by
    /// [`work`](Self::work). Call it once, after all kinds are registered.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let orphans = table::orphaned(&self.pool, &self.node).await?;
        for entry in &orphans {
            let now = self.clock.now_ms();
            let to = Entry {
                state: State::Unknown,
                settles: 0,
                called_at: now,
                due_at: now,
                ..entry.clone()
            };
            self.record(
                entry,
                to,
                "interrupted",
                "the daemon stopped while the call was out",
            )
            .await?;
        }
        Ok(orphans.len())
    }

    /// Drives, for ever, what is due and nobody waits for.
    pub async fn work(&self) {
        loop {
            if let Err(error) = self.work_due().await {
                tracing::warn!(%error, "the journal cannot be read; trying again");
            }
            let _ = tokio::time::timeout(Self::LOOK_EVERY, self.bell.notified()).await;
        }
    }

    /// Starts driving everything that is due now; the count of what was started.
    pub async fn work_due(&self) -> Result<usize, StoreError> {
        let due = table::due(&self.pool, self.clock.now_ms()).await?;
        let mut started = 0;
        for entry in due {
            if self.knows(&entry.kind) && self.flight(&entry.id).1 {
                started += 1;
            }
        }
        Ok(started)
    }

    /// How many effects this process is driving.
    pub fn in_flight(&self) -> usize {
        self.lock_flights().len()
    }

    /// Waits until this process is driving none.
    #[cfg(any(test, feature = "testing"))]
    pub async fn landed(&self) {
        loop {
            let flight = self.lock_flights().values().next().cloned();
            let Some(flight) = flight else { return };
            let mut ended = flight.ended.subscribe();
            let _ = ended.wait_for(Option::is_some).await;
        }
    }

    /// How many of them wait for their time; for a test that moves time itself.
    #[cfg(any(test, feature = "testing"))]
    pub fn resting(&self) -> watch::Receiver<usize> {
        self.resting.subscribe()
    }

    pub async fn entry(&self, id: &str) -> Result<Entry, StoreError> {
        table::by_id(&self.pool, id)
            .await?
            .ok_or_else(|| StoreError::NoSuchEffect(id.to_owned()))
    }

    /// The effect with this key, if it was ever asked for.
    pub async fn by_key(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        table::with_key(&self.pool, key).await
    }

    /// As [`by_key`](Self::by_key), as the caller's transaction sees it.
    pub async fn by_key_in(&self, tx: &mut Tx, key: &str) -> Result<Option<Entry>, StoreError> {
        table::by_key(tx, key).await
    }

    /// What happened to an effect, oldest first.
    pub async fn history(&self, id: &str) -> Result<Vec<Event>, StoreError> {
        table::events(&self.pool, id).await
    }

    pub async fn list(&self, filter: &Filter) -> Result<Vec<Entry>, StoreError> {
        table::list(&self.pool, filter).await
    }

    /// How many effects are in each state.
    pub async fn counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        table::counts(&self.pool).await
    }

    async fn admit(
        &self,
        kind: &'static str,
        key: String,
        subject: String,
        input: Value,
    ) -> Result<Entry, StoreError> {
        let known = self.kind(kind)?;
        let now = self.clock.now_ms();
        let new = Entry {
            id: id::new_id(&self.clock),
            key,
            kind: kind.to_owned(),
            subject,
            input,
            state: State::Waiting,
            attempt: 0,
            tries: 0,
            settles: 0,
            result: None,
            reason: None,
            node: None,
            lease_until: 0,
            called_at: 0,
            due_at: now,
            created_at: now,
            updated_at: now,
        };
        let mut tx = begin(&self.pool, self.backend).await?;
        if table::insert(&mut tx, &new).await? {
            table::note(&mut tx, &self.clock, &new, "intended", "").await?;
            tx.commit().await?;
            return Ok(new);
        }
        let Some(earlier) = table::by_key(&mut tx, &new.key).await? else {
            return Err(StoreError::NoSuchEffect(new.key));
        };
        let same = known.same_request(&new.input, &earlier.input);
        let again = match earlier.state {
            // Nothing happened, so another wish may take its place.
            State::Refused => State::Waiting,
            State::Waiting | State::Retry => earlier.state,
            _ if !same => return Err(StoreError::Conflict { key: new.key }),
            State::Held => State::Unknown,
            _ => return Ok(earlier),
        };
        // What may have happened is what was asked for then.
        let input = match earlier.state {
            State::Held => earlier.input.clone(),
            _ => new.input,
        };
        let to = Entry {
            state: again,
            input,
            tries: 0,
            settles: 0,
            due_at: now,
            reason: None,
            ..earlier.clone()
        };
        if table::change(&mut tx, &earlier, &to).await? {
            table::note(&mut tx, &self.clock, &to, "asked for again", "").await?;
        }
        tx.commit().await?;
        Ok(to)
    }

    /// Joins the flight of an effect, starting it if nobody drives it, until it ends or `deadline` passes.
    async fn wait(&self, id: &str, deadline: Deadline) -> Outcome<Value> {
        let (flight, _) = self.flight(id);
        let waiting = Waiting::new(&flight);
        let mut ended = flight.ended.subscribe();
        let outcome =
            tokio::time::timeout_at(deadline.instant(), ended.wait_for(Option::is_some)).await;
        drop(waiting);
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome.clone(),
            _ => None,
        };
        outcome.unwrap_or_else(|| Outcome::InProgress {
            reason: "it takes longer than usual".to_owned(),
        })
    }

    /// The flight of an effect, and whether this call started it.
    fn flight(&self, id: &str) -> (Arc<Flight>, bool) {
        let mut flights = self.lock_flights();
        if let Some(flight) = flights.get(id) {
            return (flight.clone(), false);
        }
        let flight = Arc::new(Flight {
            ended: watch::Sender::new(None),
            waiting: AtomicUsize::new(0),
        });
        flights.insert(id.to_owned(), flight.clone());
        drop(flights);
        if let Some(journal) = self.own.upgrade() {
            let (id, flight) = (id.to_owned(), flight.clone());
            tokio::spawn(async move {
                let (driver, driven) = ((journal.clone(), flight.clone()), id.clone());
                let driving = tokio::spawn(async move { driver.0.drive(&driven, &driver.1).await });
                // A bug that breaks a drive off must not leave a flight that nobody flies.
                let outcome = driving.await.unwrap_or_else(|_| Outcome::InProgress {
                    reason: "it broke off unexpectedly".to_owned(),
                });
                // Gone from the table before the waiting are told: whoever asks next starts anew.
                journal.lock_flights().remove(&id);
                flight.ended.send_replace(Some(outcome));
                journal.bell.notify_one();
            });
        }
        (flight, true)
    }

    fn kind(&self, name: &str) -> Result<Arc<dyn Kind>, StoreError> {
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        kinds
            .get(name)
            .cloned()
            .ok_or_else(|| StoreError::UnknownKind(name.to_owned()))
    }

    fn knows(&self, name: &str) -> bool {
        self.kinds
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(name)
    }

    fn lock_flights(&self) -> MutexGuard<'_, HashMap<String, Arc<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const LOOK_EVERY: Duration = Duration::from_millis(500);
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}
