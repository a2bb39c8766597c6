//! Work of our own, done later or on another node: rows with leases.
//!
//! A job is enqueued in the business transaction that makes it necessary. It may run more than once (a node
//! can die between the work and its record), so handlers are repeatable; only one result counts.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use sqlx::{AnyPool, Row as _};
use tokio::sync::{Notify, Semaphore};
use wharf_core::{Clock, id};

use crate::StoreError;
use crate::store::Tx;

/// A job to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Names the handler, `room.verb`.
    pub kind: &'static str,
    pub payload: Value,
    /// While a job with this key is not done, another one is not enqueued.
    pub dedupe_key: Option<String>,
    /// Whether one with this key that is being done already is done once more afterwards: it may have looked
    /// before this job's reason came up.
    pub again: bool,
    /// How long from now it becomes due.
    pub delay: Duration,
}

impl NewJob {
    pub fn new(kind: &'static str, payload: Value) -> Self {
        Self {
            kind,
            payload,
            dedupe_key: None,
            again: false,
            delay: Duration::ZERO,
        }
    }

    #[must_use]
    pub fn once(mut self, dedupe_key: impl Into<String>) -> Self {
        self.dedupe_key = Some(dedupe_key.into());
        self
    }

    /// Not swallowed by one with its key that is being done at this moment.
    #[must_use]
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Why a job is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// Tried again later, with growing pauses, a bounded number of times.
    Later(String),
    /// Nothing is wrong with the job, but somebody else is not ready: tried again, with growing pauses, for
    /// as long as it takes.
    Waiting(String),
    /// As [`Waiting`](Self::Waiting), where it is known when looking again makes sense.
    NotBefore(String, Duration),
    /// Never tried again.
    Never(String),
}

type Handler = Arc<dyn Fn(Value) -> Handling + Send + Sync>;
type Handling = Pin<Box<dyn Future<Output = Result<(), JobFailure>> + Send>>;

/// The job queue. Reached through [`Store::jobs`](crate::Store::jobs).
pub struct Jobs {
    pool: AnyPool,
    clock: Clock,
    node: String,
    handlers: RwLock<HashMap<&'static str, Handler>>,
    /// Jobs and attempts that this process is at, whatever became of their leases: time can jump.
    running: Mutex<HashSet<(String, i64)>>,
    bell: Notify,
}

impl Jobs {
    pub(crate) fn new(pool: AnyPool, clock: Clock, node: String) -> Self {
        Self {
            pool,
            clock,
            node,
            handlers: RwLock::default(),
            running: Mutex::default(),
            bell: Notify::new(),
        }
    }

    /// Makes a kind known; at boot.
    pub fn register<F, H>(&self, kind: &'static str, handler: F)
    where
        F: Fn(Value) -> H + Send + Sync + 'static,
        H: Future<Output = Result<(), JobFailure>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |payload| Box::pin(handler(payload)));
        self.handlers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kind, handler);
    }

    /// Adds a job to the caller's transaction. Call [`wake`](Self::wake) after its commit to have it done
    /// at once. One with the same key that waits for its time is done at the earlier of the two times.
    pub async fn enqueue(&self, tx: &mut Tx, job: NewJob) -> Result<(), StoreError> {
        let now = self.clock.now_ms();
        sqlx::query(
            "INSERT INTO jobs (id, kind, dedupe_key, payload, state, attempt, run_at, lease_until, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, 'ready', 0, $5, 0, $6, $6) ON CONFLICT (dedupe_key) DO UPDATE \
             SET run_at = excluded.run_at WHERE (jobs.state = 'ready' AND jobs.run_at > excluded.run_at) \
             OR (jobs.state = 'running' AND $7 = 1)",
        )
        .bind(id::new_id(&self.clock))
        .bind(job.kind)
        .bind(job.dedupe_key)
        .bind(job.payload.to_string())
        .bind(now + millis(job.delay))
        .bind(now)
        .bind(i64::from(job.again))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Whether a job that is enqueued [once](NewJob::once) by this key has not ended yet.
    pub async fn is_open(&self, dedupe_key: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM jobs WHERE dedupe_key = $1")
            .bind(dedupe_key)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Tells the worker that a job may be due.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Gives back the jobs that this node had when it stopped. Call it once, at boot.
    pub async fn recover(&self) -> Result<u64, StoreError> {
        let freed =
            sqlx::query("UPDATE jobs SET state = 'ready' WHERE state = 'running' AND node = $1")
                .bind(&self.node)
                .execute(&self.pool)
                .await?;
        Ok(freed.rows_affected())
    }

    /// Does jobs for ever, several at a time.
    pub async fn work(self: Arc<Self>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else {
                return;
            };
            match self.claim().await {
                Ok(Some(job)) => {
                    let jobs = self.clone();
                    tokio::spawn(async move {
                        jobs.carry_out(job).await;
                        drop(place);
                    });
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "jobs cannot be read; trying again"),
            }
            drop(place);
            let _ = tokio::time::timeout(LOOK_EVERY, self.bell.notified()).await;
        }
    }

    /// Does all jobs that are due, one after the other; how many.
    pub async fn work_due(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        while let Some(job) = self.claim().await? {
            self.carry_out(job).await;
            count += 1;
        }
        Ok(count)
    }

    async fn claim(&self) -> Result<Option<Claimed>, StoreError> {
        loop {
            match self.claim_one().await? {
                Claim::Work(job) => return Ok(Some(job)),
                Claim::Nothing => return Ok(None),
                Claim::NotOurs => {}
            }
        }
    }

    /// Looks without a lock and takes with one statement: where another node was faster, it changes nothing.
    async fn claim_one(&self) -> Result<Claim, StoreError> {
        let now = self.clock.now_ms();
        let Some(row) = sqlx::query(
            "SELECT id, kind, payload, attempt, state, lease_until FROM jobs WHERE (state = 'ready' AND run_at <= $1) \
             OR (state = 'running' AND lease_until < $1) ORDER BY run_at, id LIMIT 1",
        )
        .bind(now)
        .fetch_optional(&self.pool)
        .await?
        else {
            return Ok(Claim::Nothing);
        };
        let (state, attempt): (String, i64) = (row.try_get("state")?, row.try_get("attempt")?);
        let mut claimed = Claimed {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            payload: row.try_get("payload")?,
            attempt,
        };
        // A clock that jumped has ended the lease of work that still goes on here.
        let ours = state == "running" && self.lock_running().contains(&claimed.mark());
        if !ours {
            claimed.attempt += 1;
        }
        let taken = sqlx::query(
            "UPDATE jobs SET state = 'running', attempt = $1, node = $2, lease_until = $3, updated_at = $4, \
             run_at = CASE WHEN state = 'ready' THEN 0 ELSE run_at END \
             WHERE id = $5 AND state = $6 AND attempt = $7 AND lease_until = $8",
        )
        .bind(claimed.attempt)
        .bind(&self.node)
        .bind(now + millis(LEASE))
        .bind(now)
        .bind(&claimed.id)
        .bind(&state)
        .bind(attempt)
        .bind(row.try_get::<i64, _>("lease_until")?)
        .execute(&self.pool)
        .await?;
        if ours || taken.rows_affected() == 0 {
            return Ok(Claim::NotOurs);
        }
        self.lock_running().insert(claimed.mark());
        Ok(Claim::Work(claimed))
    }

    fn lock_running(&self) -> MutexGuard<'_, HashSet<(String, i64)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry_out(&self, job: Claimed) {
        let handler = {
            let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
            handlers.get(job.kind.as_str()).cloned()
        };
        let result = match (handler, serde_json::from_str(&job.payload)) {
            (Some(handler), Ok(payload)) => {
                // On a task of its own: a panic costs one job, not the worker.
                let work = tokio::spawn(handler(payload));
                match tokio::time::timeout(LEASE - Duration::from_secs(5), work).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err(JobFailure::Later("it broke off unexpectedly".to_owned())),
                    Err(_) => Err(JobFailure::Later("it took too long".to_owned())),
                }
            }
            (None, _) => Err(JobFailure::Later(format!(
                "no handler for \"{}\"",
                job.kind
            ))),
            (_, Err(error)) => Err(JobFailure::Never(format!(
                "its payload cannot be read: {error}"
            ))),
        };
        if let Err(failure) = &result {
            tracing::warn!(job = %job.id, kind = %job.kind, attempt = job.attempt, ?failure, "job not done");
        }
        if let Err(error) = self.finish(&job, result).await {
            tracing::warn!(job = %job.id, %error, "a job's end could not be recorded; it will be done again");
        }
        self.lock_running().remove(&job.mark());
    }

    /// Fenced by the attempt number: a node that lost its lease records nothing. A job that is being done has no
    /// time, unless it is wanted once more.
    async fn finish(
        &self,
        job: &Claimed,
        result: Result<(), JobFailure>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now_ms();
        let growing = FIRST_PAUSE
            .saturating_mul(
                2_u32.saturating_pow(u32::try_from(job.attempt - 1).unwrap_or(0).min(16)),
            )
            .min(LONGEST_PAUSE);
        let pause = match &result {
            Err(JobFailure::NotBefore(_, pause)) => *pause,
            _ => growing,
        };
        let (state, why) = match result {
            Ok(()) => ("done", None),
            Err(JobFailure::Waiting(why) | JobFailure::NotBefore(why, _)) => ("ready", Some(why)),
            Err(JobFailure::Later(why)) if job.attempt < ATTEMPTS => ("ready", Some(why)),
            Err(JobFailure::Later(why) | JobFailure::Never(why)) => ("failed", Some(why)),
        };
        metrics::counter!("wharf_jobs_total", "kind" => job.kind.clone(), "end" => state)
            .increment(1);
        sqlx::query(
            "UPDATE jobs SET state = CASE WHEN run_at > 0 THEN 'ready' ELSE $1 END, last_error = $2, updated_at = $4, \
             run_at = CASE WHEN run_at > 0 AND run_at < $3 THEN run_at ELSE $3 END, \
             dedupe_key = CASE WHEN $1 = 'ready' OR run_at > 0 THEN dedupe_key ELSE NULL END \
             WHERE id = $5 AND state = 'running' AND attempt = $6",
        )
        .bind(state)
        .bind(why)
        .bind(now + millis(pause))
        .bind(now)
        .bind(&job.id)
        .bind(job.attempt)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

struct Claimed {
    id: String,
    kind: String,
    payload: String,
    attempt: i64,
}

impl Claimed {
    fn mark(&self) -> (String, i64) {
        (self.id.clone(), self.attempt)
    }
}

/// What a look for work found.
enum Claim {
    Work(Claimed),
    /// Work that goes on here, whose lease was made longer, or that another node took.
    NotOurs,
    Nothing,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

const AT_ONCE: usize = 16;
const ATTEMPTS: i64 = 12;
const LEASE: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
