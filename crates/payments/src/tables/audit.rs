//! The append-only log of decisions about money.

use sqlx::Row as _;
use wharf_core::{Clock, id};
use wharf_store::StoreError;

use super::Db;

/// What Wharf did by itself. `subject` is `transfer/…` or `claim/…`; no phone numbers in `detail`.
pub(crate) async fn note(
    db: &mut Db,
    clock: &Clock,
    store: &str,
    subject: &str,
    event: &str,
    detail: &str,
) -> Result<(), StoreError> {
    note_by(db, clock, "wharf", store, subject, event, detail).await
}

/// When something last changed whose note names it; 0: never.
pub(crate) async fn last_of(db: &mut Db, subject: &str, named: &str) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(at), 0) FROM payment_audit WHERE subject = $1 AND detail LIKE $2",
    )
    .bind(subject)
    .bind(format!("%{named}%"))
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// What an actor last did of a kind to something; `None`: he never did.
pub(crate) async fn last_detail(
    db: &mut Db,
    subject: &str,
    event: &str,
    actor: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT detail FROM payment_audit WHERE subject = $1 AND event = $2 AND actor = $3 ORDER BY id DESC LIMIT 1",
    )
    .bind(subject)
    .bind(event)
    .bind(actor)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// What a person did.
pub(crate) async fn note_by(
    db: &mut Db,
    clock: &Clock,
    actor: &str,
    store: &str,
    subject: &str,
    event: &str,
    detail: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_audit (id, at, store, actor, subject, event, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id::new_id(clock))
    .bind(clock.now_ms())
    .bind(store)
    .bind(actor)
    .bind(subject)
    .bind(event)
    .bind(detail.chars().take(1_000).collect::<String>())
    .execute(db)
    .await?;
    Ok(())
}
