//! `zone_facts`: what each account's registrar said of extensions, asked one by one.

use sqlx::{AnyPool, Row as _};

use crate::DomainsError;

pub(crate) struct ZoneRow {
    pub account: String,
    pub tld: String,
    pub live: bool,
    /// Empty where the registrar does not know the extension.
    pub body: String,
    /// Epoch milliseconds.
    pub taken_at: i64,
}

pub(crate) async fn put(pool: &AnyPool, row: &ZoneRow) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO zone_facts (account, tld, live, body, taken_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account, tld) DO UPDATE SET live = excluded.live, body = excluded.body, \
         taken_at = excluded.taken_at",
    )
    .bind(&row.account)
    .bind(&row.tld)
    .bind(i64::from(row.live))
    .bind(&row.body)
    .bind(row.taken_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// All that accounts were told.
pub(crate) async fn all(pool: &AnyPool) -> Result<Vec<ZoneRow>, DomainsError> {
    let rows = sqlx::query(
        "SELECT account, tld, live, body, taken_at FROM zone_facts ORDER BY account, tld",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ZoneRow {
                account: row.try_get("account")?,
                tld: row.try_get("tld")?,
                live: row.try_get::<i64, _>("live")? != 0,
                body: row.try_get("body")?,
                taken_at: row.try_get("taken_at")?,
            })
        })
        .collect()
}

/// The extensions that an account has asked about since a moment.
pub(crate) async fn known_since(
    pool: &AnyPool,
    account: &str,
    since: i64,
) -> Result<Vec<String>, DomainsError> {
    let rows = sqlx::query("SELECT tld FROM zone_facts WHERE account = $1 AND taken_at > $2")
        .bind(account)
        .bind(since)
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("tld")?)).collect()
}
