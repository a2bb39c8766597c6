//! Comparisons of our books with WHMCS's.

use sqlx::{AnyPool, Row as _};
use wharf_store::StoreError;

use super::{Db, unreadable};
use crate::credit::{Finding, Reconciliation};

pub(crate) async fn insert(db: &mut Db, found: &Reconciliation) -> Result<(), StoreError> {
    let count = |list: &[Finding]| i64::try_from(list.len()).unwrap_or(i64::MAX);
    let findings: Vec<&Finding> = found.findings().collect();
    let findings =
        serde_json::to_string(&findings).map_err(|_| unreadable("a comparison with WHMCS"))?;
    sqlx::query(
        "INSERT INTO payment_reconciliations (id, store, since, started_at, ended_at, clients, credits, missing, \
         unknown, doubled, differing, unchecked, trouble, findings) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&found.id)
    .bind(&found.store)
    .bind(found.since)
    .bind(found.started_at)
    .bind(found.ended_at)
    .bind(found.checked_clients)
    .bind(found.checked_credits)
    .bind(count(&found.missing_in_whmcs))
    .bind(count(&found.unknown_in_wharf))
    .bind(count(&found.double))
    .bind(count(&found.differing))
    .bind(found.unchecked_clients)
    .bind(&found.trouble)
    .bind(findings)
    .execute(db)
    .await?;
    Ok(())
}

/// Newest first.
pub(crate) async fn list(pool: &AnyPool, limit: i64) -> Result<Vec<Reconciliation>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reconciliations ORDER BY started_at DESC, id DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let mut found = Reconciliation {
                id: row.try_get("id")?,
                store: row.try_get("store")?,
                since: row.try_get("since")?,
                started_at: row.try_get("started_at")?,
                ended_at: row.try_get("ended_at")?,
                checked_clients: row.try_get("clients")?,
                checked_credits: row.try_get("credits")?,
                unchecked_clients: row.try_get("unchecked")?,
                trouble: row.try_get("trouble")?,
                ..Reconciliation::default()
            };
            let findings: String = row.try_get("findings")?;
            let findings: Vec<Finding> = serde_json::from_str(&findings)
                .map_err(|_| unreadable("a comparison with WHMCS"))?;
            for finding in findings {
                found.add(finding);
            }
            Ok(found)
        })
        .collect()
}
