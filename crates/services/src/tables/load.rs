//! Services by the thousand: what measurements need, and nothing else does.

use wharf_store::{Store, StoreError};

/// Notes services 1 to `count` of a server as created long ago; the supplier knows them as `svc_100000000001` for
/// `site-1.example`, and so on.
pub async fn fill(
    store: &Store,
    site: &str,
    server: i64,
    connector: &str,
    count: i64,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query(
        "INSERT INTO services (site, service_id, generation, cycle, connector, server_id, authority, plan, domain, state, \
         supplier_ref, kept, options, seen_at, created_at, updated_at) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
         SELECT $2, i, 1, 0, $3, $4, 'filled', 'pro', 'site-' || CAST(i AS TEXT) || '.example', 'active', \
         'svc_' || CAST(100000000000 + i AS TEXT), \
         '{\"service\":{\"id\":\"svc_' || CAST(100000000000 + i AS TEXT) || '\",\"status\":\"active\"}}', \
         '{\"plan\":\"pro\"}', $5, $5, $5 FROM n WHERE i <= $1",
    )
    .bind(count)
    .bind(site)
    .bind(connector)
    .bind(server)
    .bind(store.clock().now_ms())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
