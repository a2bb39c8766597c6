//! Taking stores and wallets away that were never used.

use sqlx::Row as _;
use wharf_store::StoreError;

use super::Db;

/// What a store has, or a wallet: all that keeps it from being taken away.
pub(crate) async fn uses(
    db: &mut Db,
    of: &[(&'static str, &'static str)],
    id: &str,
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut uses = Vec::new();
    for (what, sql) in of {
        let row = sqlx::query(*sql).bind(id).fetch_one(&mut *db).await?;
        let count: i64 = row.try_get(0)?;
        if count > 0 {
            uses.push((*what, count));
        }
    }
    Ok(uses)
}

pub(crate) async fn remove_store(db: &mut Db, id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM payment_rates WHERE store = $1",
        "DELETE FROM payment_stores WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn remove_wallet(db: &mut Db, id: &str) -> Result<(), StoreError> {
    for sql in [
        // The balance that it began with.
        "DELETE FROM payment_links WHERE wallet = $1",
        "DELETE FROM payment_wallets WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) const OF_STORE: [(&str, &str); 6] = [
    (
        "wallets",
        "SELECT COUNT(*) FROM payment_wallets WHERE store = $1",
    ),
    (
        "phones",
        "SELECT COUNT(*) FROM payment_devices WHERE store = $1",
    ),
    (
        "messages",
        "SELECT COUNT(*) FROM payment_messages WHERE store = $1",
    ),
    (
        "transfers",
        "SELECT COUNT(*) FROM payment_transfers WHERE store = $1",
    ),
    (
        "claims",
        "SELECT COUNT(*) FROM payment_claims WHERE store = $1",
    ),
    (
        "quotes",
        "SELECT COUNT(*) FROM payment_quotes WHERE store = $1",
    ),
];
pub(crate) const OF_WALLET: [(&str, &str); 4] = [
    (
        "phones",
        "SELECT COUNT(*) FROM payment_device_wallets WHERE wallet = $1",
    ),
    (
        "messages",
        "SELECT COUNT(*) FROM payment_messages WHERE wallet = $1",
    ),
    (
        "transfers",
        "SELECT COUNT(*) FROM payment_transfers WHERE wallet = $1",
    ),
    (
        "quotes",
        "SELECT COUNT(*) FROM payment_quotes WHERE wallet = $1",
    ),
];
