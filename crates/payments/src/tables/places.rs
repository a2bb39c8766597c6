//! Where the links of a wallet stand that print no number: behind which of its numbers.

use sqlx::{AssertSqlSafe, Row as _};
use wharf_store::StoreError;

use super::Db;
use super::links::{Link, TRUSTED};

/// The number of the last numbered link that is not later, up to `most`; 0 before the first. What is ruled out does not
/// count.
pub(crate) async fn number_before(
    db: &mut Db,
    wallet: &str,
    at: i64,
    most: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(NUMBER_BEFORE)
        .bind(wallet)
        .bind(at)
        .bind(most)
        .fetch_one(db)
        .await?;
    Ok(row.try_get(0)?)
}

/// The last numbered link that is trusted and not later.
pub(crate) async fn trusted_number_before(
    db: &mut Db,
    wallet: &str,
    at: i64,
) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(trusted_number_sql()))
        .bind(wallet)
        .bind(at)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Link::read).transpose()
}

/// The link of a number.
pub(crate) async fn of_number(
    db: &mut Db,
    wallet: &str,
    seq: i64,
) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND seq = $2 AND rank = 0 ORDER BY happened_at, id LIMIT 1",
    )
    .bind(wallet)
    .bind(seq)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Link::read).transpose()
}

/// Behind which number the newest link without one stands that is not later; `but` that one.
pub(crate) async fn unnumbered_before(
    db: &mut Db,
    wallet: &str,
    at: i64,
    but: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "SELECT seq FROM payment_links WHERE wallet = $1 AND rank = 1 AND happened_at <= $2 AND seq <> $3 \
         ORDER BY happened_at DESC, seq DESC LIMIT 1",
    )
    .bind(wallet)
    .bind(at)
    .bind(but.unwrap_or(-1))
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The links without a number that stand behind a number.
pub(crate) async fn unnumbered_behind(
    db: &mut Db,
    wallet: &str,
    seq: i64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND seq = $2 AND rank = 1 ORDER BY happened_at, id",
    )
    .bind(wallet)
    .bind(seq)
    .fetch_all(db)
    .await?;
    rows.iter().map(Link::read).collect()
}

/// The last number below one; 0 before the first.
pub(crate) async fn number_below(db: &mut Db, wallet: &str, seq: i64) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(seq), 0) FROM payment_links WHERE wallet = $1 AND rank = 0 AND seq < $2",
    )
    .bind(wallet)
    .bind(seq)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// The numbers next to a link's, so many on either side, of links that are less than `within` from it; lowest first.
pub(crate) async fn numbers_around(
    db: &mut Db,
    link: &Link,
    within: i64,
    many: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut numbers = Vec::new();
    for sql in [
        "SELECT seq, happened_at FROM payment_links WHERE wallet = $1 AND rank = 0 AND seq <= $2 ORDER BY seq DESC LIMIT $3",
        "SELECT seq, happened_at FROM payment_links WHERE wallet = $1 AND rank = 0 AND seq > $2 ORDER BY seq LIMIT $3",
    ] {
        let rows = sqlx::query(sql)
            .bind(&link.wallet)
            .bind(link.seq)
            .bind(many)
            .fetch_all(&mut *db)
            .await?;
        for row in rows {
            let happened_at: i64 = row.try_get("happened_at")?;
            if (happened_at - link.happened_at).abs() < within {
                numbers.push(row.try_get("seq")?);
            }
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The links without a number that are less than `within` from a link.
pub(crate) async fn unnumbered_around(
    db: &mut Db,
    link: &Link,
    within: i64,
    many: i64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND rank = 1 AND happened_at > $2 AND happened_at < $3 \
         ORDER BY happened_at, id LIMIT $4",
    )
    .bind(&link.wallet)
    .bind(link.happened_at - within)
    .bind(link.happened_at + within)
    .bind(many)
    .fetch_all(db)
    .await?;
    rows.iter().map(Link::read).collect()
}

/// Puts a link without a number behind another number.
pub(crate) async fn renumber(db: &mut Db, id: &str, seq: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_links SET seq = $1 WHERE id = $2 AND rank = 1")
        .bind(seq)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// The lowest number behind which links without a number stand that are from a time on or later, and belong behind a new
/// numbered one. The sign keeps SQLite from searching all that have lower numbers.
pub(crate) async fn lowest_behind(
    db: &mut Db,
    link: &Link,
    from: i64,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(LOWEST_BEHIND)
        .bind(&link.wallet)
        .bind(from)
        .bind(link.seq)
        .fetch_one(db)
        .await?;
    Ok(row.try_get(0)?)
}

/// Puts those behind it.
pub(crate) async fn move_behind(db: &mut Db, link: &Link, from: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_links SET seq = $1 WHERE wallet = $2 AND rank = 1 AND happened_at >= $3 AND +seq < $1",
    )
    .bind(link.seq)
    .bind(&link.wallet)
    .bind(from)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) const LOWEST_BEHIND: &str = "SELECT MIN(+seq) FROM payment_links WHERE wallet = $1 AND rank = 1 AND happened_at >= $2 AND +seq < $3";
pub(super) const NUMBER_BEFORE: &str = "SELECT COALESCE(MAX(seq), 0) FROM payment_links \
         WHERE wallet = $1 AND seq > 0 AND seq <= $3 AND rank = 0 AND happened_at <= $2 AND standing <> 'out'";
pub(super) fn trusted_number_sql() -> String {
    format!(
        "SELECT * FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 1 AND seq > 0 AND rank = 0 AND happened_at <= $2 \
         ORDER BY seq DESC LIMIT 1"
    )
}
