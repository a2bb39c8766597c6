//! `registrar_accounts`: what module settings said last, without the password.

use serde::Serialize;
use sqlx::{AnyPool, Row as _};

use crate::DomainsError;

/// A registrar module's account as it was seen in its last call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    pub site: String,
    pub module: String,
    /// `LIVE` or `OTE`.
    pub environment: String,
    pub login: String,
    /// Epoch milliseconds; when these settings were first seen.
    pub seen_at: i64,
}

pub(crate) async fn put(pool: &AnyPool, row: &AccountRow) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO registrar_accounts (site, module, environment, login, seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (site, module) DO UPDATE SET environment = excluded.environment, login = excluded.login, \
         seen_at = excluded.seen_at",
    )
    .bind(&row.site)
    .bind(&row.module)
    .bind(&row.environment)
    .bind(&row.login)
    .bind(row.seen_at)
    .execute(pool)
    .await?;
    Ok(())
}

pub(crate) async fn all(pool: &AnyPool) -> Result<Vec<AccountRow>, DomainsError> {
    let rows = sqlx::query("SELECT site, module, environment, login, seen_at FROM registrar_accounts ORDER BY site, module")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AccountRow {
                site: row.try_get("site")?,
                module: row.try_get("module")?,
                environment: row.try_get("environment")?,
                login: row.try_get("login")?,
                seen_at: row.try_get("seen_at")?,
            })
        })
        .collect()
}
