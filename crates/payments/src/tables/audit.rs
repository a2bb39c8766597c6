//! The append-only log of decisions about money.

use wharf_core::{Clock, id};
use wharf_store::StoreError;

use super::Db;

/// `subject` is `transfer/…` or `claim/…`; no phone numbers in `detail`.
pub(crate) async fn note(
    db: &mut Db,
    clock: &Clock,
    store: &str,
    subject: &str,
    event: &str,
    detail: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_audit (id, at, store, actor, subject, event, detail) \
         VALUES ($1, $2, $3, 'wharf', $4, $5, $6)",
    )
    .bind(id::new_id(clock))
    .bind(clock.now_ms())
    .bind(store)
    .bind(subject)
    .bind(event)
    .bind(detail.chars().take(1_000).collect::<String>())
    .execute(db)
    .await?;
    Ok(())
}
