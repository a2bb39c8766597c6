//! The balances that messages print, in the operator's order.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use wharf_store::StoreError;

use super::{Db, unreadable};

/// One printed balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub id: String,
    pub store: String,
    pub wallet: String,
    pub message: Option<String>,
    pub transfer: Option<String>,
    pub seq: i64,
    pub rank: i64,
    pub happened_at: i64,
    pub kind: String,
    pub amount: i64,
    pub fee: Option<i64>,
    pub balance: i64,
    pub standing: Standing,
    pub expected: Option<i64>,
}

/// Where a link stands in its operator's order. Several may share a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position {
    pub seq: i64,
    pub rank: i64,
    pub happened_at: i64,
}

impl Position {
    /// Behind everything.
    pub(crate) const END: Self = Self {
        seq: i64::MAX,
        rank: i64::MAX,
        happened_at: i64::MAX,
    };
}

/// What is thought of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It continues a balance that is known.
    Good,
    /// It continues the one before it, but nobody ever told the wallet's balance.
    Loose,
    /// It does not.
    Gap,
    /// A person, or the wallet's set-up, stands for it.
    Vouched,
    /// A person ruled it out.
    Out,
}

impl Standing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Loose => "loose",
            Self::Gap => "gap",
            Self::Vouched => "vouched",
            Self::Out => "out",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [Self::Good, Self::Loose, Self::Gap, Self::Vouched, Self::Out]
            .into_iter()
            .find(|standing| standing.as_str() == text)
            .ok_or_else(|| unreadable("a balance"))
    }

    /// Whether what follows may be measured by it.
    pub(crate) fn is_trusted(self) -> bool {
        matches!(self, Self::Good | Self::Loose | Self::Vouched)
    }
}

impl Link {
    pub(crate) fn position(&self) -> Position {
        Position {
            seq: self.seq,
            rank: self.rank,
            happened_at: self.happened_at,
        }
    }

    pub(super) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            store: row.try_get("store")?,
            wallet: row.try_get("wallet")?,
            message: row.try_get("message")?,
            transfer: row.try_get("transfer")?,
            seq: row.try_get("seq")?,
            rank: row.try_get("rank")?,
            happened_at: row.try_get("happened_at")?,
            kind: row.try_get("kind")?,
            amount: row.try_get("amount")?,
            fee: row.try_get("fee")?,
            balance: row.try_get("balance")?,
            standing: Standing::read(row.try_get("standing")?)?,
            expected: row.try_get("expected")?,
        })
    }
}

pub(crate) async fn exists(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT id FROM payment_links WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

pub(crate) async fn insert(db: &mut Db, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_links (id, store, wallet, message, transfer, seq, rank, happened_at, kind, amount, fee, \
         balance, standing, expected) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&link.id)
    .bind(&link.store)
    .bind(&link.wallet)
    .bind(&link.message)
    .bind(&link.transfer)
    .bind(link.seq)
    .bind(link.rank)
    .bind(link.happened_at)
    .bind(&link.kind)
    .bind(link.amount)
    .bind(link.fee)
    .bind(link.balance)
    .bind(link.standing.as_str())
    .bind(link.expected)
    .execute(db)
    .await?;
    Ok(())
}

/// The link of a transfer, else of a message.
pub(crate) async fn about(
    db: &mut Db,
    transfer: Option<&str>,
    message: Option<&str>,
) -> Result<Option<Link>, StoreError> {
    let row = match (transfer, message) {
        (Some(transfer), _) => {
            sqlx::query("SELECT * FROM payment_links WHERE transfer = $1")
                .bind(transfer)
                .fetch_optional(db)
                .await?
        }
        (None, Some(message)) => {
            sqlx::query("SELECT * FROM payment_links WHERE id = $1")
                .bind(message)
                .fetch_optional(db)
                .await?
        }
        (None, None) => None,
    };
    row.as_ref().map(Link::read).transpose()
}

/// So many links before a link, itself, and so many after it.
pub(crate) async fn around(db: &mut Db, link: &Link, many: i64) -> Result<Vec<Link>, StoreError> {
    let before = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND (seq, rank, happened_at, id) < ($2, $3, $4, $5) \
         ORDER BY seq DESC, rank DESC, happened_at DESC, id DESC LIMIT $6",
    )
    .bind(&link.wallet)
    .bind(link.seq)
    .bind(link.rank)
    .bind(link.happened_at)
    .bind(&link.id)
    .bind(many)
    .fetch_all(&mut *db)
    .await?;
    let after = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND (seq, rank, happened_at, id) > ($2, $3, $4, $5) \
         ORDER BY seq, rank, happened_at, id LIMIT $6",
    )
    .bind(&link.wallet)
    .bind(link.seq)
    .bind(link.rank)
    .bind(link.happened_at)
    .bind(&link.id)
    .bind(many)
    .fetch_all(db)
    .await?;
    let mut links: Vec<Link> = before
        .iter()
        .rev()
        .map(Link::read)
        .collect::<Result<_, _>>()?;
    links.push(link.clone());
    for row in &after {
        links.push(Link::read(row)?);
    }
    Ok(links)
}

/// Whether later links contradict any other link of the same wallet, and no person has rejected that one.
pub(crate) async fn is_any_contradicted(db: &mut Db, link: &Link) -> Result<bool, StoreError> {
    let sql = format!("SELECT l.id {CONTRADICTED} AND l.id <> $3 LIMIT 1");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(&link.store)
        .bind(&link.wallet)
        .bind(&link.id)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Such links; the newest few.
pub(crate) async fn contradicted_of(db: &mut Db, link: &Link) -> Result<Vec<Link>, StoreError> {
    contradicted_below(db, link, Position::END).await
}

/// Such links that stand before a link; the newest few.
pub(crate) async fn contradicted_before(db: &mut Db, link: &Link) -> Result<Vec<Link>, StoreError> {
    contradicted_below(db, link, link.position()).await
}

async fn contradicted_below(
    db: &mut Db,
    link: &Link,
    end: Position,
) -> Result<Vec<Link>, StoreError> {
    let sql = format!(
        "SELECT l.* {CONTRADICTED} AND (l.seq, l.rank, l.happened_at) < ($3, $4, $5) \
         ORDER BY l.seq DESC, l.rank DESC, l.happened_at DESC, l.id DESC LIMIT 8"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(&link.store)
        .bind(&link.wallet)
        .bind(end.seq)
        .bind(end.rank)
        .bind(end.happened_at)
        .fetch_all(db)
        .await?;
    rows.iter().map(Link::read).collect()
}

const CONTRADICTED: &str = "FROM payment_reviews r JOIN payment_links l ON l.id = r.message \
    WHERE r.store = $1 AND r.reason = 'balance_contradicted' AND r.state IN ('open', 'expired', 'approved') \
    AND l.wallet = $2 AND l.standing = 'out'";

/// The first trusted link behind a position of a link, another one left out.
pub(crate) async fn trusted_after(
    db: &mut Db,
    link: &Link,
    but: &str,
) -> Result<Option<Link>, StoreError> {
    let sql = format!(
        "SELECT * FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 1 AND (seq, rank, happened_at) > ($2, $3, $4) \
         AND id <> $5 ORDER BY seq, rank, happened_at, id LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(&link.wallet)
        .bind(link.seq)
        .bind(link.rank)
        .bind(link.happened_at)
        .bind(but)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Link::read).transpose()
}

/// The operator's number of a link as its message has it, leading zeros and all.
pub(crate) async fn number_of(db: &mut Db, link: &Link) -> Result<Option<String>, StoreError> {
    if link.rank != 0 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT operator_id FROM payment_messages WHERE id = $1")
        .bind(&link.message)
        .fetch_optional(db)
        .await?;
    let number: Option<String> = row.map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(number.or_else(|| Some(link.seq.to_string())))
}

pub(crate) async fn count_gaps(db: &mut Db, wallet: &str) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 0 AND standing <> 'out'"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(wallet)
        .fetch_one(db)
        .await?;
    Ok(row.try_get(0)?)
}

/// When the first of them was; `None` where there is none.
pub(crate) async fn first_gap(db: &mut Db, wallet: &str) -> Result<Option<i64>, StoreError> {
    let sql = format!(
        "SELECT MIN(happened_at) FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 0 AND standing <> 'out'"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(wallet)
        .fetch_one(db)
        .await?;
    Ok(row.try_get(0)?)
}

/// Writes a link's standing.
pub(crate) async fn change(db: &mut Db, link: &Link) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_links SET standing = $1, expected = $2 WHERE id = $3")
        .bind(link.standing.as_str())
        .bind(link.expected)
        .bind(&link.id)
        .execute(db)
        .await?;
    Ok(())
}

/// When the newest link happened that is later than one time and not later than another.
pub(crate) async fn newest_within(
    db: &mut Db,
    wallet: &str,
    after: i64,
    until: i64,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "SELECT MAX(happened_at) FROM payment_links WHERE wallet = $1 AND happened_at > $2 AND happened_at <= $3",
    )
    .bind(wallet)
    .bind(after)
    .bind(until)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// The balance that an operator told last.
pub(crate) async fn last_seed(db: &mut Db, wallet: &str) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "SELECT balance FROM payment_links WHERE wallet = $1 AND standing = 'vouched' AND kind = 'seed' \
         ORDER BY happened_at DESC, id DESC LIMIT 1",
    )
    .bind(wallet)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// What operators told of a wallet's balance at a time.
pub(crate) async fn seeds_at(
    db: &mut Db,
    wallet: &str,
    happened_at: i64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND rank = 1 AND happened_at = $2 AND kind = 'seed' \
         AND standing = 'vouched' ORDER BY id",
    )
    .bind(wallet)
    .bind(happened_at)
    .fetch_all(db)
    .await?;
    rows.iter().map(Link::read).collect()
}

/// The last so many trusted links before a position, in order.
pub(crate) async fn trusted_before(
    db: &mut Db,
    wallet: &str,
    position: Position,
    many: i64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(trusted_before_sql()))
        .bind(wallet)
        .bind(position.seq)
        .bind(position.rank)
        .bind(position.happened_at)
        .bind(many)
        .fetch_all(db)
        .await?;
    rows.iter().rev().map(Link::read).collect()
}

/// Whether somebody who can know had told a balance by the time of a link.
pub(crate) async fn is_told(db: &mut Db, link: &Link) -> Result<bool, StoreError> {
    let row = sqlx::query(IS_TOLD)
        .bind(&link.wallet)
        .bind(link.seq)
        .bind(link.rank)
        .bind(link.happened_at)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Links in order from a position on, behind an id in it: so many, or fewer, as no position is cut in two. Whether there
/// are more.
pub(crate) async fn page(
    db: &mut Db,
    wallet: &str,
    (from, id): (Position, &str),
    mut many: i64,
) -> Result<(Vec<Link>, bool), StoreError> {
    loop {
        let rows = sqlx::query(
            "SELECT * FROM payment_links WHERE wallet = $1 AND (seq, rank, happened_at, id) > ($2, $3, $4, $5) \
             ORDER BY seq, rank, happened_at, id LIMIT $6",
        )
        .bind(wallet)
        .bind(from.seq)
        .bind(from.rank)
        .bind(from.happened_at)
        .bind(id)
        .bind(many)
        .fetch_all(&mut *db)
        .await?;
        let mut links: Vec<Link> = rows.iter().map(Link::read).collect::<Result<_, _>>()?;
        if i64::try_from(links.len()).unwrap_or(i64::MAX) < many {
            return Ok((links, false));
        }
        let last = links.last().map(Link::position);
        let whole = links
            .iter()
            .filter(|link| Some(link.position()) != last)
            .count();
        if whole > 0 {
            links.truncate(whole);
            return Ok((links, true));
        }
        many = many.saturating_mul(2);
    }
}

/// The trusted numbered links next to a number.
pub(crate) async fn neighbours(
    db: &mut Db,
    wallet: &str,
    seq: i64,
) -> Result<(Option<Link>, Option<Link>), StoreError> {
    let before = format!(
        "SELECT * FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 1 AND seq < $2 AND rank = 0 \
         ORDER BY seq DESC LIMIT 1"
    );
    let before = sqlx::query(AssertSqlSafe(before))
        .bind(wallet)
        .bind(seq)
        .fetch_optional(&mut *db)
        .await?;
    let after = format!(
        "SELECT * FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 1 AND seq > $2 AND rank = 0 \
         ORDER BY seq LIMIT 1"
    );
    let after = sqlx::query(AssertSqlSafe(after))
        .bind(wallet)
        .bind(seq)
        .fetch_optional(db)
        .await?;
    Ok((
        before.as_ref().map(Link::read).transpose()?,
        after.as_ref().map(Link::read).transpose()?,
    ))
}

/// What nothing proved so far before a link is proven now; those of them whose transfer waits for a person's look at
/// its balance.
pub(crate) async fn prove_loose_before(
    db: &mut Db,
    wallet: &str,
    link: &Link,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_links WHERE wallet = $1 AND standing = 'loose' \
         AND (seq, rank, happened_at, id) < ($2, $3, $4, $5) \
         AND EXISTS (SELECT 1 FROM payment_reviews WHERE subject = 'transfer/' || payment_links.transfer \
         AND state IN ('open', 'expired') AND kind IN ('unseeded', 'balance_gap')) \
         ORDER BY seq, rank, happened_at, id",
    )
    .bind(wallet)
    .bind(link.seq)
    .bind(link.rank)
    .bind(link.happened_at)
    .bind(&link.id)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE payment_links SET standing = 'good' WHERE wallet = $1 AND standing = 'loose' \
         AND (seq, rank, happened_at, id) < ($2, $3, $4, $5)",
    )
    .bind(wallet)
    .bind(link.seq)
    .bind(link.rank)
    .bind(link.happened_at)
    .bind(&link.id)
    .execute(db)
    .await?;
    let read = |row| {
        Ok(Link {
            standing: Standing::Good,
            ..Link::read(row)?
        })
    };
    rows.iter().map(read).collect()
}

/// [`Standing::is_trusted`] in the words of its index: 1 or 0.
pub(super) const TRUSTED: &str = "CASE standing WHEN 'gap' THEN 0 WHEN 'out' THEN 0 ELSE 1 END";

fn trusted_before_sql() -> String {
    format!(
        "SELECT * FROM payment_links WHERE wallet = $1 AND {TRUSTED} = 1 AND (seq, rank, happened_at) < ($2, $3, $4) \
         ORDER BY seq DESC, rank DESC, happened_at DESC, id DESC LIMIT $5"
    )
}

const IS_TOLD: &str = "SELECT id FROM payment_links WHERE wallet = $1 AND (standing = 'vouched' OR kind = 'enquiry') \
         AND standing IN ('good', 'vouched') AND (+seq, rank, happened_at) <= ($2, $3, $4) LIMIT 1";

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;
    use wharf_core::Clock;
    use wharf_store::testing::TestDb;

    /// However long a wallet's chain is, a new message looks at a few of its links.
    #[tokio::test]
    async fn what_each_message_asks_is_answered_by_an_index_made_for_it() {
        let db = TestDb::sqlite();
        let store = db.open(&Clock::system()).await;
        for (sql, index) in [
            (
                trusted_before_sql(),
                "payment_links_trusted (wallet=? AND <expr>=? AND ",
            ),
            (
                IS_TOLD.to_owned(),
                "payment_links_told (wallet=? AND standing=?",
            ),
            (
                places::LOWEST_BEHIND.to_owned(),
                "payment_links_unnumbered (wallet=? AND happened_at>?",
            ),
            (
                places::NUMBER_BEFORE.to_owned(),
                "payment_links_numbered (wallet=?",
            ),
            (
                places::trusted_number_sql(),
                "payment_links_trusted (wallet=? AND <expr>=?",
            ),
        ] {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(store.pool())
                .await
                .unwrap();
            let plan: Vec<String> = rows
                .iter()
                .map(|row| row.try_get("detail").unwrap())
                .collect();
            assert!(plan[0].contains(index), "{plan:?} of {sql}");
        }
    }
}
