//! `portfolio`, `portfolio_readings`: what an account's list pages said last.

use sqlx::{AnyPool, AssertSqlSafe, Row as _};
use wharf_store::{Store, StoreError};

use super::snapshots::Snapshot;
use crate::DomainsError;

/// One line of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub name: String,
    pub kind: &'static str,
    pub body: String,
}

/// The newest reading of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub reading: i64,
    /// Epoch milliseconds; when it began.
    pub taken_at: i64,
    pub domains: i64,
}

pub(crate) async fn newest(pool: &AnyPool, account: &str) -> Result<Option<Taken>, DomainsError> {
    let row =
        sqlx::query("SELECT reading, taken_at, domains FROM portfolio_readings WHERE account = $1")
            .bind(account)
            .fetch_optional(pool)
            .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Taken {
        reading: row.try_get("reading")?,
        taken_at: row.try_get("taken_at")?,
        domains: row.try_get("domains")?,
    }))
}

/// Puts a whole reading in the place of the one before; a reading that began before the newest one changes nothing.
pub(crate) async fn replace(
    store: &Store,
    account: &str,
    taken_at: i64,
    domains: i64,
    lines: &[Line],
) -> Result<(), DomainsError> {
    let mut tx = store.begin().await?;
    let begun = sqlx::query(
        "INSERT INTO portfolio_readings (account, reading, taken_at, domains) VALUES ($1, 1, $2, $3) \
         ON CONFLICT (account) DO UPDATE SET reading = portfolio_readings.reading + 1, \
         taken_at = excluded.taken_at, domains = excluded.domains \
         WHERE portfolio_readings.taken_at <= excluded.taken_at RETURNING reading",
    )
    .bind(account)
    .bind(taken_at)
    .bind(domains)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = begun else { return Ok(()) };
    let reading: i64 = row.try_get("reading")?;
    for chunk in lines.chunks(AT_ONCE) {
        // Placeholders only; the values are bound.
        let places: Vec<String> = (0..chunk.len())
            .map(|row| {
                let first = row * 3;
                format!("($1, ${}, ${}, ${}, $2)", first + 3, first + 4, first + 5)
            })
            .collect();
        let sql = format!(
            "INSERT INTO portfolio (account, name, kind, body, reading) VALUES {} \
             ON CONFLICT (account, name, kind) DO UPDATE SET body = excluded.body, reading = excluded.reading",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(account).bind(reading);
        for line in chunk {
            query = query.bind(&line.name).bind(line.kind).bind(&line.body);
        }
        query.execute(&mut *tx).await?;
    }
    sqlx::query("DELETE FROM portfolio WHERE account = $1 AND reading < $2")
        .bind(account)
        .bind(reading)
        .execute(&mut *tx)
        .await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// All lines about a name, kind and body.
pub(crate) async fn about(
    pool: &AnyPool,
    account: &str,
    name: &str,
) -> Result<Vec<(String, String)>, DomainsError> {
    let rows = sqlx::query("SELECT kind, body FROM portfolio WHERE account = $1 AND name = $2")
        .bind(account)
        .bind(name)
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("kind")?, row.try_get("body")?)))
        .collect()
}

/// As [`about`], with the last answer about the name itself (see [`snapshots`](super::snapshots)): one question
/// where a run of the cron would have two for each domain.
pub(crate) async fn about_with_snapshot(
    pool: &AnyPool,
    account: &str,
    name: &str,
    object: &str,
) -> Result<(Vec<(String, String)>, Snapshot), DomainsError> {
    let rows = sqlx::query(
        "SELECT kind, body, CAST(0 AS BIGINT) AS taken_at, CAST(0 AS BIGINT) AS revision \
         FROM portfolio WHERE account = $1 AND name = $2 UNION ALL \
         SELECT '', body, taken_at, revision FROM domain_snapshots WHERE account = $1 AND object = $3",
    )
    .bind(account)
    .bind(name)
    .bind(object)
    .fetch_all(pool)
    .await?;
    let (mut lines, mut snapshot) = (Vec::new(), Snapshot::default());
    for row in &rows {
        let kind: String = row.try_get("kind")?;
        if kind.is_empty() {
            snapshot = Snapshot {
                body: row.try_get("body")?,
                taken_at: row.try_get("taken_at")?,
                revision: row.try_get("revision")?,
            };
        } else {
            lines.push((kind, row.try_get("body")?));
        }
    }
    Ok((lines, snapshot))
}

/// Domains in the order of their names, from behind a name on: name and body.
pub(crate) async fn domains_after(
    pool: &AnyPool,
    account: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, DomainsError> {
    let rows = sqlx::query(
        "SELECT name, body FROM portfolio WHERE account = $1 AND kind = 'domain' AND name > $2 ORDER BY name LIMIT $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("name")?, row.try_get("body")?)))
        .collect()
}

/// The names alone.
pub(crate) async fn names_after(
    pool: &AnyPool,
    account: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, DomainsError> {
    let rows = sqlx::query(
        "SELECT name FROM portfolio WHERE account = $1 AND kind = 'domain' AND name > $2 ORDER BY name LIMIT $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

/// Rows of one statement: well within what both databases bind at once.
const AT_ONCE: usize = 300;
