//! Where messages of a wallet are missing: balances behind the last one that is trusted. What does not fit before it
//! is a matter for a person, and holds nothing up.

use sqlx::{AssertSqlSafe, Row as _};
use wharf_store::StoreError;

use super::Db;

/// A wallet that is in use, and how many balances do not continue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub wallet: String,
    pub gaps: i64,
}

/// Every wallet whose balances somebody looks at.
pub(crate) async fn of_wallets(db: &mut Db) -> Result<Vec<Broken>, StoreError> {
    let sql = format!(
        "SELECT w.id, (SELECT COUNT(*) FROM payment_links g WHERE g.wallet = w.id \
         AND g.standing = 'gap' AND {}) AS gaps \
         FROM payment_wallets w JOIN payment_stores s ON s.id = w.store \
         WHERE w.enabled = 1 AND s.enabled = 1 AND s.balance_check = 1 ORDER BY w.id",
        behind("w.id")
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Broken {
                wallet: row.try_get("id")?,
                gaps: row.try_get("gaps")?,
            })
        })
        .collect()
}

/// Whether messages of one of the store's wallets are missing, by a balance that was printed since a time.
pub(crate) async fn any_since(db: &mut Db, store: &str, since: i64) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT g.id FROM payment_links g JOIN payment_wallets w ON w.id = g.wallet \
         JOIN payment_stores s ON s.id = w.store \
         WHERE g.store = $1 AND g.standing = 'gap' AND g.happened_at > $2 \
         AND w.enabled = 1 AND s.balance_check = 1 AND {} LIMIT 1",
        behind("g.wallet")
    );
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(store)
        .bind(since)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Behind the last trusted balance of a wallet, in the words of its index.
fn behind(wallet: &str) -> String {
    format!(
        "(g.seq, g.rank, g.happened_at, g.id) > (SELECT t.seq, t.rank, t.happened_at, t.id \
         FROM payment_links t WHERE t.wallet = {wallet} \
         AND (CASE t.standing WHEN 'gap' THEN 0 WHEN 'out' THEN 0 ELSE 1 END) = 1 \
         ORDER BY t.seq DESC, t.rank DESC, t.happened_at DESC, t.id DESC LIMIT 1)"
    )
}
