//! Queries on suppliers' servers.

use sqlx::Row as _;
use wharf_store::{Store, StoreError};

/// Where a server is, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerRow {
    pub base: String,
    pub username: String,
    /// The connector of the last service that was made there.
    pub connector: String,
}

/// Remembers where a server is.
pub(crate) async fn keep(
    store: &Store,
    site: &str,
    server: i64,
    base: &str,
    username: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_servers (site, server_id, base, username, updated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (site, server_id) DO UPDATE SET base = excluded.base, username = excluded.username, \
         updated_at = excluded.updated_at",
    )
    .bind(site)
    .bind(server)
    .bind(base)
    .bind(username)
    .bind(store.clock().now_ms())
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Remembers whose server it is.
pub(crate) async fn used_by(
    store: &Store,
    site: &str,
    server: i64,
    connector: &str,
) -> Result<(), StoreError> {
    // Looked at first: a crowd of orders must not queue up to write what stands there.
    let known = by_id(store, site, server).await?;
    if known.is_some_and(|known| known.connector == connector) {
        return Ok(());
    }
    sqlx::query("UPDATE service_servers SET connector = $1 WHERE site = $2 AND server_id = $3")
        .bind(connector)
        .bind(site)
        .bind(server)
        .execute(store.pool())
        .await?;
    Ok(())
}

pub(crate) async fn by_id(
    store: &Store,
    site: &str,
    server: i64,
) -> Result<Option<ServerRow>, StoreError> {
    let row = sqlx::query(
        "SELECT base, username, connector FROM service_servers WHERE site = $1 AND server_id = $2",
    )
    .bind(site)
    .bind(server)
    .fetch_optional(store.pool())
    .await?;
    row.map(|row| {
        Ok(ServerRow {
            base: row.try_get("base")?,
            username: row.try_get("username")?,
            connector: row.try_get("connector")?,
        })
    })
    .transpose()
}
