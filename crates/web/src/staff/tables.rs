//! The rows of operators, their sessions and their comings and goings, and the queries on them.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row as _};
use wharf_core::{Clock, id};
use wharf_store::StoreError;

use super::operators::{Operator, Role};

fn read(row: &AnyRow) -> Result<Operator, StoreError> {
    let role: String = row.try_get("role")?;
    Ok(Operator {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: Role::read(&role).ok_or_else(|| StoreError::Stored {
            what: "an operator's role".to_owned(),
            source: None,
        })?,
        disabled: row.try_get::<i64, _>("disabled")? != 0,
        created_at: row.try_get("created_at")?,
    })
}

/// `false`: the name is taken.
pub(super) async fn insert(
    db: &mut AnyConnection,
    operator: &Operator,
    password: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO staff_operators (id, name, password, role, disabled, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, 0, $5, $5) ON CONFLICT (name) DO NOTHING",
    )
    .bind(&operator.id)
    .bind(&operator.name)
    .bind(password)
    .bind(operator.role.as_str())
    .bind(operator.created_at)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn all(pool: &AnyPool) -> Result<Vec<Operator>, StoreError> {
    let rows = sqlx::query("SELECT * FROM staff_operators ORDER BY name")
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

/// The operator of that name, and the hash of the password.
pub(super) async fn by_name(
    db: &mut AnyConnection,
    name: &str,
) -> Result<Option<(Operator, String)>, StoreError> {
    let row = sqlx::query("SELECT * FROM staff_operators WHERE name = $1")
        .bind(name)
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok((read(&row)?, row.try_get("password")?)))
        .transpose()
}

pub(super) async fn set_password(
    db: &mut AnyConnection,
    id: &str,
    password: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE staff_operators SET password = $1, updated_at = $2 WHERE id = $3")
        .bind(password)
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn set_role(
    db: &mut AnyConnection,
    id: &str,
    role: Role,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE staff_operators SET role = $1, updated_at = $2 WHERE id = $3")
        .bind(role.as_str())
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn set_disabled(
    db: &mut AnyConnection,
    id: &str,
    disabled: bool,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE staff_operators SET disabled = $1, updated_at = $2 WHERE id = $3")
        .bind(i64::from(disabled))
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn remove(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM staff_operators WHERE id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// A session as it is kept.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    pub token_hash: String,
    pub operator: Operator,
    pub seen_at: i64,
    pub expires_at: i64,
}

pub(super) async fn open_session(
    db: &mut AnyConnection,
    token_hash: &str,
    operator: &str,
    source: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO staff_sessions (token_hash, operator, source, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $4, $5)",
    )
    .bind(token_hash)
    .bind(operator)
    .bind(source)
    .bind(now)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn session(
    pool: &AnyPool,
    token_hash: &str,
) -> Result<Option<SessionRow>, StoreError> {
    let row = sqlx::query(
        "SELECT o.*, s.token_hash, s.seen_at, s.expires_at FROM staff_sessions s \
         JOIN staff_operators o ON o.id = s.operator WHERE s.token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(SessionRow {
            token_hash: row.try_get("token_hash")?,
            operator: read(&row)?,
            seen_at: row.try_get("seen_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    })
    .transpose()
}

pub(super) async fn session_seen(
    pool: &AnyPool,
    token_hash: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE staff_sessions SET seen_at = $1 WHERE token_hash = $2")
        .bind(now)
        .bind(token_hash)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn close_session(
    db: &mut AnyConnection,
    token_hash: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM staff_sessions WHERE token_hash = $1")
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}

/// All sessions of an operator, but the one that is named.
pub(super) async fn close_sessions(
    db: &mut AnyConnection,
    operator: &str,
    but: &str,
) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM staff_sessions WHERE operator = $1 AND token_hash <> $2")
        .bind(operator)
        .bind(but)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn forget_ended(
    db: &mut AnyConnection,
    now: i64,
    idle_since: i64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM staff_sessions WHERE expires_at < $1 OR seen_at < $2")
        .bind(now)
        .bind(idle_since)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn note(
    db: &mut AnyConnection,
    clock: &Clock,
    name: &str,
    source: &str,
    event: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO staff_events (id, at, name, source, event) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id::new_id(clock))
    .bind(clock.now_ms())
    .bind(name.chars().take(64).collect::<String>())
    .bind(source)
    .bind(event)
    .execute(db)
    .await?;
    Ok(())
}

/// Who came, went and was refused.
#[derive(Debug)]
pub(super) struct EventRow {
    pub at: i64,
    pub name: String,
    pub source: String,
    pub event: String,
}

/// The last events, newest first.
pub(super) async fn events(pool: &AnyPool, limit: i64) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT at, name, source, event FROM staff_events ORDER BY at DESC, id DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(EventRow {
                at: row.try_get("at")?,
                name: row.try_get("name")?,
                source: row.try_get("source")?,
                event: row.try_get("event")?,
            })
        })
        .collect()
}

/// How often was refused since then: this name from this source, this source, this name.
pub(super) async fn refusals(
    db: &mut AnyConnection,
    name: &str,
    source: &str,
    since: i64,
) -> Result<[i64; 3], StoreError> {
    let row = sqlx::query(
        "SELECT \
         (SELECT COUNT(*) FROM staff_events WHERE name = $1 AND at >= $3 AND event = 'refused' AND source = $2), \
         (SELECT COUNT(*) FROM staff_events WHERE source = $2 AND at >= $3 AND event = 'refused'), \
         (SELECT COUNT(*) FROM staff_events WHERE name = $1 AND at >= $3 AND event = 'refused')",
    )
    .bind(name)
    .bind(source)
    .bind(since)
    .fetch_one(db)
    .await?;
    Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?])
}
