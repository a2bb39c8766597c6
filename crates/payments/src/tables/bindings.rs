//! Whose phone is whose.

use sqlx::Row as _;
use wharf_core::Phone;
use wharf_store::StoreError;

use super::Db;
use crate::views::PayerView;

/// Remembers that a client pays from a phone. What is known already stays.
pub(crate) async fn bind(
    db: &mut Db,
    store: &str,
    phone: &Phone,
    site: &str,
    client: i64,
    how: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_bindings (store, phone, site, client, how, since) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (store, phone, site, client) DO NOTHING",
    )
    .bind(store)
    .bind(phone.e164())
    .bind(site)
    .bind(client)
    .bind(how)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The clients who are known to pay from a phone: site and client.
pub(crate) async fn owners(
    db: &mut Db,
    store: &str,
    phone: &Phone,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT site, client FROM payment_bindings WHERE store = $1 AND phone = $2 ORDER BY since, client",
    )
    .bind(store)
    .bind(phone.e164())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// For a client who is none: nobody pays for it.
pub(crate) async fn forget(
    db: &mut Db,
    store: &str,
    site: &str,
    client: i64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM payment_bindings WHERE store = $1 AND site = $2 AND client = $3")
        .bind(store)
        .bind(site)
        .bind(client)
        .execute(db)
        .await?;
    Ok(())
}

/// How many phones a client is known to pay from.
pub(crate) async fn phones_of(
    db: &mut Db,
    store: &str,
    site: &str,
    client: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM payment_bindings WHERE store = $1 AND site = $2 AND client = $3",
    )
    .bind(store)
    .bind(site)
    .bind(client)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// Who is known to pay from a phone, and how often that was credited; the transfer itself is not counted.
pub(crate) async fn payers(
    db: &mut Db,
    store: &str,
    phone: &str,
    but: &str,
) -> Result<Vec<PayerView>, StoreError> {
    let rows = sqlx::query(
        "SELECT b.site, b.client, (SELECT COUNT(*) FROM payment_transfers t JOIN payment_claims c ON c.id = t.claim \
         WHERE t.store = b.store AND t.phone = b.phone AND t.client = b.client AND c.site = b.site \
         AND t.state IN ('credited', 'observed') AND t.id <> $3) \
         FROM payment_bindings b WHERE b.store = $1 AND b.phone = $2 ORDER BY b.since, b.client",
    )
    .bind(store)
    .bind(phone)
    .bind(but)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(PayerView {
                site: row.try_get(0)?,
                client: row.try_get(1)?,
                paid: row.try_get(2)?,
            })
        })
        .collect()
}
