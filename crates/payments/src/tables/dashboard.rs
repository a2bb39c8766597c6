//! Sums for the dashboard.

use sqlx::{AnyPool, Row as _};
use wharf_store::StoreError;

use super::first_id_since;

/// What arrived within an hour, by store and state.
#[derive(Clone, Debug)]
pub(crate) struct HourRow {
    pub store: String,
    pub state: String,
    /// Of its start, epoch milliseconds.
    pub hour: i64,
    pub count: i64,
    pub amount: i64,
}

/// Since a time, hour by hour: days begin at different hours of UTC. Without what nobody got, or was taken back.
pub(crate) async fn hours(pool: &AnyPool, since: i64) -> Result<Vec<HourRow>, StoreError> {
    let rows = sqlx::query(
        "WITH recent AS MATERIALIZED (SELECT store, state, received_at / 3600000 AS hour, amount \
         FROM payment_transfers WHERE id >= $1 AND received_at >= $2 AND state NOT IN ('rejected', 'reversed')) \
         SELECT store, state, hour, COUNT(*) AS transfers, CAST(SUM(amount) AS BIGINT) AS amount \
         FROM recent GROUP BY store, state, hour",
    )
    .bind(first_id_since(since))
    .bind(since)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(HourRow {
                store: row.try_get("store")?,
                state: row.try_get("state")?,
                hour: row.try_get::<i64, _>("hour")? * 3_600_000,
                count: row.try_get("transfers")?,
                amount: row.try_get("amount")?,
            })
        })
        .collect()
}

/// How many transfers stand in each state that waits for something.
pub(crate) async fn waiting(pool: &AnyPool) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT state, COUNT(*) AS transfers FROM payment_transfers \
         WHERE state IN ('received', 'held', 'matched', 'blocked', 'review') GROUP BY state",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("state")?, row.try_get("transfers")?)))
        .collect()
}

/// How many credits WHMCS could not be asked for since before a time, and the newest reason.
pub(crate) async fn delayed(
    pool: &AnyPool,
    before: i64,
) -> Result<Option<(i64, String)>, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) OVER (), reason FROM payment_transfers WHERE state = 'matched' AND reason IS NOT NULL \
         AND updated_at < $1 ORDER BY updated_at DESC LIMIT 1",
    )
    .bind(before)
    .fetch_optional(pool)
    .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}

/// Transfers of a store whose hold has ended without a decision.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub store: String,
    pub count: i64,
    pub amount: i64,
}

/// Those that are held still, and that no open item asks about.
pub(crate) async fn ended_undecided(pool: &AnyPool) -> Result<Vec<Ended>, StoreError> {
    let rows = sqlx::query(
        "SELECT t.store, COUNT(*) AS transfers, CAST(SUM(t.amount) AS BIGINT) AS amount FROM payment_transfers t \
         WHERE t.state = 'held' \
         AND EXISTS (SELECT 1 FROM payment_reviews r WHERE r.subject = 'transfer/' || t.id AND r.state = 'expired') \
         AND NOT EXISTS (SELECT 1 FROM payment_reviews r WHERE r.subject = 'transfer/' || t.id AND r.state = 'open') \
         GROUP BY t.store ORDER BY t.store",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Ended {
                store: row.try_get("store")?,
                count: row.try_get("transfers")?,
                amount: row.try_get("amount")?,
            })
        })
        .collect()
}

/// How many messages since a time came from a wallet's sender and fit no template; a thousand stand for more.
pub(crate) async fn not_understood(pool: &AnyPool, since: i64) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM payment_messages \
         WHERE state = 'unknown' AND stored_at >= $1 LIMIT 1000) AS newest",
    )
    .bind(since)
    .fetch_one(pool)
    .await?;
    Ok(row.try_get(0)?)
}

/// Whether somebody has taken a rate of a store away.
pub(crate) async fn lost_its_rates(pool: &AnyPool, store: &str) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT id FROM payment_audit WHERE subject = $1 AND event = 'rate removed' LIMIT 1",
    )
    .bind(format!("store/{store}"))
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// How many review items are open.
pub(crate) async fn open_reviews(pool: &AnyPool) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM payment_reviews WHERE state = 'open'")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get(0)?)
}
