//! The nonces of signed claims.

use wharf_store::StoreError;

use super::Db;

/// `false`: it was used before. Forgets those from before `horizon`, whose time is believed no more.
pub(crate) async fn take(
    db: &mut Db,
    store: &str,
    nonce: &str,
    now: i64,
    horizon: i64,
) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM payment_nonces WHERE at < $1")
        .bind(horizon)
        .execute(&mut *db)
        .await?;
    let done = sqlx::query(
        "INSERT INTO payment_nonces (store, nonce, at) VALUES ($1, $2, $3) ON CONFLICT (store, nonce) DO NOTHING",
    )
    .bind(store)
    .bind(nonce)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
