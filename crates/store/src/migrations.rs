//! Bringing the schema up to date. Migrations run in order, each in one transaction, and are never edited
//! once released: the checksum of what ran is kept.

use sqlx::{AnyPool, Row};
use wharf_core::Clock;

use crate::StoreError;
use crate::store::{Backend, begin};

/// Brings the schema up to date; harmless to repeat and to run on several nodes at once.
pub(crate) async fn run(pool: &AnyPool, backend: Backend, clock: &Clock) -> Result<(), StoreError> {
    let mut tx = begin(pool, backend).await?;
    if backend == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock(7744190)")
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS schema_migrations \
         (version BIGINT PRIMARY KEY, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    )
    .execute(&mut *tx)
    .await?;
    let applied: Vec<(i64, String)> =
        sqlx::query("SELECT version, checksum FROM schema_migrations ORDER BY version")
            .fetch_all(&mut *tx)
            .await?
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()?;

    let known = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if let Some((found, _)) = applied.last().filter(|(found, _)| *found > known) {
        return Err(StoreError::Newer {
            found: *found,
            known,
        });
    }
    for (version, sql) in MIGRATIONS {
        let checksum = checksum(sql);
        match applied.iter().find(|(done, _)| done == version) {
            Some((_, before)) if *before == checksum => continue,
            Some(_) => return Err(StoreError::Changed { version: *version }),
            None => {}
        }
        sqlx::raw_sql(*sql).execute(&mut *tx).await?;
        let own = OWN
            .iter()
            .filter(|(of, on, _)| of == version && *on == backend);
        for (_, _, sql) in own {
            sqlx::raw_sql(*sql).execute(&mut *tx).await?;
        }
        sqlx::query(
            "INSERT INTO schema_migrations (version, checksum, applied_at) VALUES ($1, $2, $3)",
        )
        .bind(*version)
        .bind(checksum)
        .bind(clock.now_ms())
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// FNV-1a, 64 bits: it guards against mistakes, not against malice.
fn checksum(sql: &str) -> String {
    let hash = sql.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_base.sql")),
    (2, include_str!("../migrations/0002_sites.sql")),
    (3, include_str!("../migrations/0003_domains.sql")),
    (4, include_str!("../migrations/0004_services.sql")),
    (5, include_str!("../migrations/0005_payments.sql")),
    (6, include_str!("../migrations/0006_module_queue.sql")),
    (7, include_str!("../migrations/0007_portfolio.sql")),
    (8, include_str!("../migrations/0008_lifecycle.sql")),
    (9, include_str!("../migrations/0009_prices.sql")),
    (10, include_str!("../migrations/0010_devices.sql")),
    (11, include_str!("../migrations/0011_review.sql")),
    (12, include_str!("../migrations/0012_credits.sql")),
    (13, include_str!("../migrations/0013_shopfront.sql")),
    (14, include_str!("../migrations/0014_staff.sql")),
    (20, include_str!("../migrations/0020_zones.sql")),
    (21, include_str!("../migrations/0021_store_currency.sql")),
    (22, include_str!("../migrations/0022_reading.sql")),
    (23, include_str!("../migrations/0023_observed_claims.sql")),
    (31, include_str!("../migrations/0031_services.sql")),
    (32, include_str!("../migrations/0032_unread.sql")),
    (33, include_str!("../migrations/0033_balance_order.sql")),
    (34, include_str!("../migrations/0034_long_histories.sql")),
    (35, include_str!("../migrations/0035_reversed.sql")),
    (36, include_str!("../migrations/0036_source_networks.sql")),
    (37, include_str!("../migrations/0037_untold_reversals.sql")),
    (
        38,
        include_str!("../migrations/0038_contradicted_balances.sql"),
    ),
    (39, include_str!("../migrations/0039_numbered_balances.sql")),
    (40, include_str!("../migrations/0040_gaps.sql")),
    (41, include_str!("../migrations/0041_wallet_ceilings.sql")),
    (42, include_str!("../migrations/0042_dated_transfers.sql")),
    (43, include_str!("../migrations/0043_refused_since.sql")),
];

/// Parts of a migration that the two databases say differently: triggers.
const OWN: &[(i64, Backend, &str)] = &[
    (
        11,
        Backend::Sqlite,
        include_str!("../migrations/0011_append_only.sqlite.sql"),
    ),
    (
        11,
        Backend::Postgres,
        include_str!("../migrations/0011_append_only.postgres.sql"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_migration() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let numbers: Vec<i64> = files
            .iter()
            .filter(|file| file.matches('.').count() == 1)
            .map(|file| file.split('_').next().unwrap().parse().unwrap())
            .collect();
        let listed: Vec<i64> = MIGRATIONS.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, listed);
    }
}
