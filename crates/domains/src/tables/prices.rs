//! `price_books`: what each account sells.

use sqlx::{AnyPool, Row as _};

use crate::DomainsError;

pub(crate) struct BookRow {
    pub account: String,
    pub live: bool,
    pub body: String,
}

pub(crate) async fn put(pool: &AnyPool, row: &BookRow, taken_at: i64) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO price_books (account, live, body, taken_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account) DO UPDATE SET live = excluded.live, body = excluded.body, taken_at = excluded.taken_at",
    )
    .bind(&row.account)
    .bind(i64::from(row.live))
    .bind(&row.body)
    .bind(taken_at)
    .execute(pool)
    .await?;
    Ok(())
}

pub(crate) async fn all(pool: &AnyPool) -> Result<Vec<BookRow>, DomainsError> {
    let rows = sqlx::query("SELECT account, live, body FROM price_books ORDER BY account")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(BookRow {
                account: row.try_get("account")?,
                live: row.try_get::<i64, _>("live")? != 0,
                body: row.try_get("body")?,
            })
        })
        .collect()
}
