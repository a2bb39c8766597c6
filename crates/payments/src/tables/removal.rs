//! Taking stores and wallets away that were never used.

use wharf_store::StoreError;

use super::Db;

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

/// What a store has that keeps it from being taken away.
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
/// As [`OF_STORE`].
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
