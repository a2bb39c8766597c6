//! The journal's rows and the queries on them. Every change of state is guarded by the attempt number: who
//! lost its lease cannot overwrite what its successor found out.

use serde::Serialize;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row as _};
use wharf_core::Clock;

use super::Refusal;
use super::effect::Outcome;
use crate::StoreError;
use crate::store::Tx;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Written down, not yet tried (its subject is busy, say).
    Waiting,
    /// The call is out.
    Performing,
    /// The call was out; whether it happened must be settled first.
    Unknown,
    /// Refused for a passing reason; tried again when due.
    Retry,
    Done,
    Refused,
    /// A person must look.
    Held,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Performing => "performing",
            Self::Unknown => "unknown",
            Self::Retry => "retry",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Held => "held",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [
            Self::Waiting,
            Self::Performing,
            Self::Unknown,
            Self::Retry,
            Self::Done,
            Self::Refused,
            Self::Held,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// An effect as the journal remembers it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub id: String,
    pub key: String,
    pub kind: String,
    pub subject: String,
    pub input: Value,
    pub state: State,
    /// How often it was performed.
    pub attempt: i64,
    /// How often it was performed since somebody last asked for it.
    pub tries: i64,
    /// How often it was asked, in vain, whether the last attempt happened.
    pub settles: i64,
    pub result: Option<Value>,
    /// Why it is not done, for staff.
    pub reason: Option<String>,
    #[serde(skip)]
    pub(super) node: Option<String>,
    #[serde(skip)]
    pub(super) lease_until: i64,
    /// When the last attempt began; once its outcome is in doubt, the last moment at which its call may have gone
    /// out. Epoch milliseconds.
    pub called_at: i64,
    /// When it is looked at again, epoch milliseconds.
    pub due_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Entry {
    pub(super) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let stored = |source| StoreError::Stored {
            what: "an effect".to_owned(),
            source,
        };
        let json = |text: &str| serde_json::from_str(text).map_err(|error| stored(Some(error)));
        let result: Option<String> = row.try_get("result")?;
        Ok(Self {
            id: row.try_get("id")?,
            key: row.try_get("effect_key")?,
            kind: row.try_get("kind")?,
            subject: row.try_get("subject")?,
            input: json(row.try_get("input")?)?,
            state: State::read(row.try_get("state")?).ok_or_else(|| stored(None))?,
            attempt: row.try_get("attempt")?,
            tries: row.try_get("tries")?,
            settles: row.try_get("settles")?,
            result: result.as_deref().map(json).transpose()?,
            reason: row.try_get("reason")?,
            node: row.try_get("node")?,
            lease_until: row.try_get("lease_until")?,
            called_at: row.try_get("called_at")?,
            due_at: row.try_get("due_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }

    /// How it ended; `None` while it is under way.
    pub(super) fn ending(&self) -> Option<Outcome<Value>> {
        let reason = || self.reason.clone().unwrap_or_default();
        match self.state {
            State::Done => Some(Outcome::Done(self.result.clone().unwrap_or_default())),
            State::Refused => Some(Outcome::Refused(Refusal::lasting(reason()))),
            State::Held => Some(Outcome::Held { reason: reason() }),
            _ => None,
        }
    }
}

/// A line of an effect's history.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    pub at: i64,
    pub attempt: i64,
    pub event: String,
    pub detail: String,
}

pub(super) async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query("SELECT * FROM effects WHERE effect_key = $1")
        .bind(key)
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(Entry::read).transpose()
}

pub(super) async fn by_id(pool: &AnyPool, id: &str) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query("SELECT * FROM effects WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(Entry::read).transpose()
}

pub(super) async fn with_key(pool: &AnyPool, key: &str) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query("SELECT * FROM effects WHERE effect_key = $1")
        .bind(key)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(Entry::read).transpose()
}

/// Writes the intent down. `false`: another node was faster.
pub(super) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO effects (id, effect_key, kind, subject, input, state, attempt, tries, settles, \
         lease_until, called_at, due_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, 0, 0, 0, $6, $6, $6) \
         ON CONFLICT (effect_key) DO NOTHING",
    )
    .bind(&entry.id)
    .bind(&entry.key)
    .bind(&entry.kind)
    .bind(&entry.subject)
    .bind(entry.input.to_string())
    .bind(entry.created_at)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the subject for this effect, unless another effect has it.
pub(super) async fn take_subject(tx: &mut Tx, entry: &Entry) -> Result<bool, StoreError> {
    sqlx::query("INSERT INTO effect_subjects (subject, effect_id) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING")
        .bind(&entry.subject)
        .bind(&entry.id)
        .execute(&mut **tx)
        .await?;
    let row = sqlx::query("SELECT effect_id FROM effect_subjects WHERE subject = $1")
        .bind(&entry.subject)
        .fetch_optional(&mut **tx)
        .await?;
    let holder: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(holder.as_deref() == Some(&entry.id))
}

/// The effect that has a subject.
pub(super) async fn holder(tx: &mut Tx, subject: &str) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query(
        "SELECT e.* FROM effects e JOIN effect_subjects s ON s.effect_id = e.id WHERE s.subject = $1",
    )
    .bind(subject)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Entry::read).transpose()
}

/// Records a new state, if the effect still is in the attempt and state that the caller knows.
pub(super) async fn change(tx: &mut Tx, from: &Entry, to: &Entry) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE effects SET state = $1, attempt = $2, settles = $3, result = $4, reason = $5, node = $6, \
         lease_until = $7, called_at = $8, due_at = $9, updated_at = $10, input = $11, tries = $12 \
         WHERE id = $13 AND state = $14 AND attempt = $15",
    )
    .bind(to.state.as_str())
    .bind(to.attempt)
    .bind(to.settles)
    .bind(to.result.as_ref().map(Value::to_string))
    .bind(&to.reason)
    .bind(&to.node)
    .bind(to.lease_until)
    .bind(to.called_at)
    .bind(to.due_at)
    .bind(to.updated_at)
    .bind(to.input.to_string())
    .bind(to.tries)
    .bind(&to.id)
    .bind(from.state.as_str())
    .bind(from.attempt)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 && matches!(to.state, State::Done | State::Refused | State::Held) {
        sqlx::query("DELETE FROM effect_subjects WHERE subject = $1 AND effect_id = $2")
            .bind(&to.subject)
            .bind(&to.id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(done.rows_affected() == 1)
}

pub(super) async fn note(
    tx: &mut Tx,
    clock: &Clock,
    entry: &Entry,
    event: &str,
    detail: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO effect_events (id, effect_id, at, attempt, event, detail) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(wharf_core::id::new_id(clock))
    .bind(&entry.id)
    .bind(clock.now_ms())
    .bind(entry.attempt)
    .bind(event)
    .bind(detail.chars().take(1_000).collect::<String>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn events(pool: &AnyPool, id: &str) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "SELECT at, attempt, event, detail FROM effect_events WHERE effect_id = $1 ORDER BY at, id",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Event {
                at: row.try_get(0)?,
                attempt: row.try_get(1)?,
                event: row.try_get(2)?,
                detail: row.try_get(3)?,
            })
        })
        .collect()
}

/// Effects that need a look now: due, or left by a node that is gone.
pub(super) async fn due(pool: &AnyPool, now: i64) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM effects WHERE (state IN ('waiting', 'unknown', 'retry') AND due_at <= $1) \
         OR (state = 'performing' AND lease_until < $1) ORDER BY due_at LIMIT 100",
    )
    .bind(now)
    .fetch_all(pool)
    .await?;
    rows.iter().map(Entry::read).collect()
}

/// What this node had out when it stopped: only settling tells what became of it.
pub(super) async fn orphaned(pool: &AnyPool, node: &str) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query("SELECT * FROM effects WHERE state = 'performing' AND node = $1")
        .bind(node)
        .fetch_all(pool)
        .await?;
    rows.iter().map(Entry::read).collect()
}

/// Newest first: ids rise with time.
pub(super) async fn list(pool: &AnyPool, filter: &super::Filter) -> Result<Vec<Entry>, StoreError> {
    let state = filter.state.map(|state| match state {
        // Very many have ended so: the newest of them are found by their ids, not by their state.
        State::Done | State::Refused => ("CASE state WHEN ? THEN 1 END = 1", state.as_str()),
        _ => ("state = ?", state.as_str()),
    });
    let subject = filter.subject.as_deref().map(|text| ("subject = ?", text));
    let kind = filter.kind.as_deref().map(|text| ("kind = ?", text));
    let before = filter.before.as_deref().map(|text| ("id < ?", text));
    let (mut sql, mut values) = ("SELECT * FROM effects".to_owned(), Vec::new());
    for (condition, value) in [state, subject, kind, before].into_iter().flatten() {
        sql.push_str(if values.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        values.push(value);
        sql.push_str(&condition.replace('?', &format!("${}", values.len())));
    }
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len() + 1));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = query.bind(value);
    }
    let rows = query.bind(filter.limit).fetch_all(pool).await?;
    rows.iter().map(Entry::read).collect()
}

/// How many effects are in each state.
pub(super) async fn counts(pool: &AnyPool) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query("SELECT state, COUNT(*) FROM effects GROUP BY state ORDER BY state")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}
