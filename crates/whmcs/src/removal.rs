//! Taking a site away: only one that nothing uses, and with its secrets.

use sqlx::{AnyConnection, Row as _};
use wharf_store::{StoreError, Tx};

use crate::sites::{Sites, scope};

/// What became of taking something away that was set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    Done,
    NotThere,
    /// It stays: these use it, or are its history, each with how many.
    Used(Vec<(&'static str, i64)>),
}

impl Sites {
    /// What uses a site, and how much of it: it stays as long as there is any.
    pub async fn uses(&self, id: &str) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let mut db = self.store().pool().acquire().await?;
        uses(&mut db, &USES, id).await
    }

    /// Takes a site away with its secrets, as a part of a transaction. Its modules are refused once it is committed and
    /// [`forget_tokens`](Self::forget_tokens) was called.
    pub async fn remove_in(&self, tx: &mut Tx, id: &str) -> Result<Removal, StoreError> {
        // One statement: whatever begins to use it meanwhile is seen.
        let gone = sqlx::query(
            "DELETE FROM sites WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM payment_stores WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM registrar_accounts WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM service_servers WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM services WHERE site = $1)",
        )
        .bind(id)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        if gone == 0 {
            return Ok(match uses(tx, &USES, id).await? {
                none if none.is_empty() => Removal::NotThere,
                uses => Removal::Used(uses),
            });
        }
        sqlx::query("DELETE FROM site_modules WHERE site = $1")
            .bind(id)
            .execute(&mut **tx)
            .await?;
        let secrets = self.store().secrets();
        secrets.forget_in(tx, &scope(id)).await?;
        Ok(Removal::Done)
    }
}

/// What keeps something from being taken away: of each kind the statement that counts, and how many there are.
pub async fn uses(
    db: &mut AnyConnection,
    of: &[(&'static str, &'static str)],
    id: &str,
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut uses = Vec::new();
    for (what, sql) in of {
        let row = sqlx::query(*sql).bind(id).fetch_one(&mut *db).await?;
        let count: i64 = row.try_get(0)?;
        if count > 0 {
            uses.push((*what, count));
        }
    }
    Ok(uses)
}

const USES: [(&str, &str); 4] = [
    (
        "stores",
        "SELECT COUNT(*) FROM payment_stores WHERE site = $1",
    ),
    (
        "registrars",
        "SELECT COUNT(*) FROM registrar_accounts WHERE site = $1",
    ),
    (
        "servers",
        "SELECT COUNT(*) FROM service_servers WHERE site = $1",
    ),
    ("services", "SELECT COUNT(*) FROM services WHERE site = $1"),
];
