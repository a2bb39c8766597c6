//! Rows by the million and commits of one row: what measurements need, and nothing else does.

use sqlx::{AssertSqlSafe, Row as _};
use wharf_store::{Backend, Store, StoreError};

/// Books `count` transfers of a wallet, each with its message and the balance that it printed, spread over the days
/// before now and numbered up to `before`; all of them credited long ago. The wallet's balance now, in minor units.
pub async fn fill(
    store: &Store,
    shop: &str,
    wallet: &str,
    count: i64,
    before: i64,
) -> Result<i64, StoreError> {
    let now = store.clock().now_ms();
    // As Wharf's own ids (UUID version 7), which begin with their time.
    let id = match store.backend() {
        Backend::Postgres => {
            "LPAD(TO_HEX(($4 - i * 1000) / 65536), 8, '0') || '-' || LPAD(TO_HEX(($4 - i * 1000) % 65536), 4, '0') \
             || '-7000-8000-' || LPAD(CAST(i AS TEXT), 12, '0')"
        }
        Backend::Sqlite => {
            "PRINTF('%08x-%04x-7000-8000-%012d', ($4 - i * 1000) / 65536, ($4 - i * 1000) % 65536, i)"
        }
    };
    let numbers = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $1)";
    let mut tx = store.begin().await?;
    sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO payment_messages (id, identity, store, device, sender, body, sent_at, stored_at, deliveries, state, \
         template, wallet, balance, operator_id) \
         {numbers} SELECT {id}, 'fill-' || CAST(i AS TEXT), $2, 'fill', 'VF-Cash', $3, $4 - i * 1000, \
         $4 - i * 1000, 1, 'read', 'vodafone-cash/received-g3', $5, ($1 - i + 1) * $6, '0' || CAST($7 - i AS TEXT) FROM n",
    )))
    .bind(count)
    .bind(shop)
    .bind("a message of the usual length, here without its words: ".repeat(3))
    .bind(now)
    .bind(wallet)
    .bind(AMOUNT)
    .bind(before)
    .execute(&mut *tx)
    .await?;
    let transfers = format!(
        "INSERT INTO payment_transfers (id, store, wallet, direction, operator_id, message, amount, phone, balance, \
         happened_at, received_at, state, client, currency, rate, credit, updated_at) \
         {numbers} SELECT {id}, $2, $3, 'in', '0' || CAST($6 - i AS TEXT), {id}, $5, \
         '+201' || CAST(100000000 + i % 50000 AS TEXT), ($1 - i + 1) * $5, $4 - i * 1000, $4 - i * 1000, 'credited', \
         i % 50000, 'USD', '50.25', 1000, $4 - i * 1000 FROM n"
    );
    let balances = format!(
        "INSERT INTO payment_links (id, store, wallet, message, transfer, seq, rank, happened_at, kind, amount, balance, \
         standing, expected) \
         {numbers} SELECT {id}, $2, $3, {id}, {id}, $6 - i, 0, $4 - i * 1000, 'received', $5, ($1 - i + 1) * $5, \
         CASE WHEN i = $1 THEN 'vouched' ELSE 'good' END, ($1 - i + 1) * $5 FROM n"
    );
    for sql in [transfers, balances] {
        sqlx::query(AssertSqlSafe(sql))
            .bind(count)
            .bind(shop)
            .bind(wallet)
            .bind(now)
            .bind(AMOUNT)
            .bind(before)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    if store.backend() == Backend::Postgres {
        // As a server does by itself within minutes.
        sqlx::query("ANALYZE").execute(store.pool()).await?;
    }
    Ok(count * AMOUNT)
}

/// How many messages nobody has read yet.
pub async fn unread(store: &Store) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM payment_messages WHERE state = 'new'")
        .fetch_one(store.pool())
        .await?;
    Ok(row.try_get(0)?)
}

/// A table that nothing else uses.
pub async fn make_bare_table(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS bare_rows (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The least that durable storage costs: one row, one commit.
pub async fn commit_bare_row(store: &Store, id: &str, body: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query("INSERT INTO bare_rows (id, body) VALUES ($1, $2)")
        .bind(id)
        .bind(body)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Of each, in minor units.
const AMOUNT: i64 = 5_000;
