//! `domain_snapshots`: the last answers, each with the revision that says after which change of ours it was read.

use sqlx::{AnyPool, Row as _};

use crate::DomainsError;

/// A stored answer. Without a body: something was changed, nothing read since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub body: Option<String>,
    pub taken_at: i64,
    pub revision: i64,
}

/// The answer about an object; one of revision 0 when nothing is known.
pub(crate) async fn load(
    pool: &AnyPool,
    account: &str,
    object: &str,
) -> Result<Snapshot, DomainsError> {
    let row = sqlx::query(
        "SELECT body, taken_at, revision FROM domain_snapshots WHERE account = $1 AND object = $2",
    )
    .bind(account)
    .bind(object)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else {
        return Ok(Snapshot::default());
    };
    Ok(Snapshot {
        body: row.try_get("body")?,
        taken_at: row.try_get("taken_at")?,
        revision: row.try_get("revision")?,
    })
}

/// Keeps what was read, unless something was changed since the reading began.
pub(crate) async fn keep(
    pool: &AnyPool,
    account: &str,
    object: &str,
    revision: i64,
    body: &str,
    now: i64,
) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO domain_snapshots (account, object, revision, body, taken_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account, object) DO UPDATE SET body = excluded.body, taken_at = excluded.taken_at \
         WHERE domain_snapshots.revision = excluded.revision",
    )
    .bind(account)
    .bind(object)
    .bind(revision)
    .bind(body)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Something was changed: readings under way are void. `body` is what is known of the object now.
pub(crate) async fn changed(
    pool: &AnyPool,
    account: &str,
    object: &str,
    body: Option<&str>,
    now: i64,
) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO domain_snapshots (account, object, revision, body, taken_at) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT (account, object) DO UPDATE SET body = excluded.body, taken_at = excluded.taken_at, \
         revision = domain_snapshots.revision + 1",
    )
    .bind(account)
    .bind(object)
    .bind(body)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}
