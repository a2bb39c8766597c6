//! Taking a site away: only one that nothing uses, and with its secrets.

use sqlx::Row as _;
use wharf_store::StoreError;

use crate::setup::Removal;
use crate::sites::{Sites, scope};

impl Sites {
    /// What uses a site, and how much of it: it stays as long as there is any.
    pub async fn uses(&self, id: &str) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let mut uses = Vec::new();
        for (what, sql) in USES {
            let row = sqlx::query(sql)
                .bind(id)
                .fetch_one(self.store().pool())
                .await?;
            let count: i64 = row.try_get(0)?;
            if count > 0 {
                uses.push((what, count));
            }
        }
        Ok(uses)
    }

    /// Takes a site away with its secrets. Its modules are refused from then on.
    pub async fn remove(&self, id: &str) -> Result<Removal, StoreError> {
        let mut tx = self.store().begin().await?;
        // One statement: whatever begins to use it meanwhile is seen.
        let gone = sqlx::query(
            "DELETE FROM sites WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM payment_stores WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM registrar_accounts WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM service_servers WHERE site = $1) \
             AND NOT EXISTS (SELECT 1 FROM services WHERE site = $1)",
        )
        .bind(id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if gone == 0 {
            drop(tx);
            return Ok(match self.uses(id).await? {
                none if none.is_empty() => Removal::NotThere,
                uses => Removal::Used(uses),
            });
        }
        sqlx::query("DELETE FROM site_modules WHERE site = $1")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        let secrets = self.store().secrets();
        secrets.forget_in(&mut tx, &scope(id)).await?;
        tx.commit().await?;
        self.forget_tokens();
        Ok(Removal::Done)
    }
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
