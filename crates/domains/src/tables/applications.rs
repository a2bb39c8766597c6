//! `domain_applications`: applications for names that somebody decides on, until they are.

use sqlx::AnyPool;
use wharf_core::DomainName;

use crate::DomainsError;

/// An application that was made for a WHMCS domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApplicationRow {
    pub site: String,
    pub module: String,
    /// WHMCS's id of the domain.
    pub domain_id: i64,
    pub name: DomainName,
    /// The registrar's name for it.
    pub application: String,
    pub class: String,
    /// Epoch milliseconds.
    pub created_at: i64,
}

/// Keeps one; again is harmless.
pub(crate) async fn put(pool: &AnyPool, row: &ApplicationRow) -> Result<(), DomainsError> {
    sqlx::query(
        "INSERT INTO domain_applications (site, module, domain_id, name, application, class, state, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $7) ON CONFLICT (site, module, application) DO NOTHING",
    )
    .bind(&row.site)
    .bind(&row.module)
    .bind(row.domain_id)
    .bind(row.name.as_str())
    .bind(&row.application)
    .bind(&row.class)
    .bind(row.created_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// It has come to an end, `granted` or `refused`, and WHMCS was told.
pub(crate) async fn end(
    pool: &AnyPool,
    site: &str,
    module: &str,
    application: &str,
    granted: bool,
    now: i64,
) -> Result<(), DomainsError> {
    sqlx::query(
        "UPDATE domain_applications SET state = $1, updated_at = $2 WHERE site = $3 AND module = $4 AND application = $5",
    )
    .bind(if granted { "granted" } else { "refused" })
    .bind(now)
    .bind(site)
    .bind(module)
    .bind(application)
    .execute(pool)
    .await?;
    Ok(())
}
