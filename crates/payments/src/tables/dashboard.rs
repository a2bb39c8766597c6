//! Sums for the dashboard.

use sqlx::{AnyPool, Row as _};
use wharf_store::StoreError;

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

/// Since a time, hour by hour: days begin at different hours of UTC.
pub(crate) async fn hours(pool: &AnyPool, since: i64) -> Result<Vec<HourRow>, StoreError> {
    let rows = sqlx::query(
        "WITH recent AS MATERIALIZED (SELECT store, state, received_at / 3600000 AS hour, amount \
         FROM payment_transfers WHERE id >= $1 AND received_at >= $2) \
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

/// How the first id of what arrived since a time begins, if not earlier. Ids begin with the time at which they were
/// made (UUID version 7), which is after the arrival; so the primary key finds the rows.
pub(super) fn first_id_since(ms: i64) -> String {
    first_id_of(ms - A_DAY)
}

/// How the first id of a millisecond begins (UUID version 7).
fn first_id_of(ms: i64) -> String {
    let digits = format!("{:012x}", ms.max(0));
    let (head, tail) = digits.split_at(8);
    format!("{head}-{tail}")
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

/// How many review items are open.
pub(crate) async fn open_reviews(pool: &AnyPool) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM payment_reviews WHERE state = 'open'")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get(0)?)
}

/// For phones whose clock is ahead of ours.
const A_DAY: i64 = 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_core::{Clock, id};

    #[test]
    fn ids_sort_by_their_time() {
        let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap();
        for ms in [1_000, 1_790_000_000_000, 1_790_000_000_001] {
            let made = id::new_id(&Clock::fixed(at(ms)));
            assert!(
                first_id_of(ms) <= made && made < first_id_of(ms + 1),
                "{made}"
            );
        }
    }
}
