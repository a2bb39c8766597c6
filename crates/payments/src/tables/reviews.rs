//! What waits for a person.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Clock, id};
use wharf_store::StoreError;

use super::{Db, is_known, unreadable};
use crate::holds::Concern;
use crate::review::REVERSAL;

#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub id: String,
    pub store: String,
    pub subject: String,
    pub transfer: Option<String>,
    pub message: Option<String>,
    pub claim: Option<String>,
    pub kind: String,
    pub reason: String,
    pub evidence: Value,
    pub state: ReviewState,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    pub first: Option<Vote>,
    pub second: Option<Vote>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub actor: String,
    pub at: i64,
    pub reason: String,
}

impl Vote {
    /// Whether it is this person's, however that is written.
    pub(crate) fn is_by(&self, actor: &str) -> bool {
        self.actor.to_lowercase() == actor.to_lowercase()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewState {
    Open,
    Approved,
    Rejected,
    /// The reason went away by itself.
    Released,
    /// Nobody decided in time.
    Expired,
}

impl ReviewState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [
            Self::Open,
            Self::Approved,
            Self::Rejected,
            Self::Released,
            Self::Expired,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| unreadable("a review's state"))
    }
}

/// What is to be looked at. About a transfer, or about a message that made none.
#[derive(Clone, Debug)]
pub(crate) struct NewReview<'a> {
    pub store: &'a str,
    pub transfer: Option<&'a str>,
    pub message: Option<&'a str>,
    pub claim: Option<&'a str>,
    pub kind: &'a str,
    pub reason: &'a str,
    pub evidence: Value,
}

impl NewReview<'_> {
    fn subject(&self) -> String {
        subject(self.transfer, self.message)
    }
}

/// What an item is about: a transfer, or a message that made none.
pub(crate) fn subject(transfer: Option<&str>, message: Option<&str>) -> String {
    match (transfer, message) {
        (Some(transfer), _) => format!("transfer/{transfer}"),
        (None, message) => format!("message/{}", message.unwrap_or_default()),
    }
}

impl Review {
    /// Also when its time has run out: nobody has said yes.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.state, ReviewState::Open | ReviewState::Expired)
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let evidence: String = row.try_get("evidence")?;
        let vote = |actor: &str, at: &str, reason: &str| -> Result<Option<Vote>, StoreError> {
            let actor: Option<String> = row.try_get(actor)?;
            let Some(actor) = actor else { return Ok(None) };
            Ok(Some(Vote {
                actor,
                at: row.try_get::<Option<i64>, _>(at)?.unwrap_or_default(),
                reason: row
                    .try_get::<Option<String>, _>(reason)?
                    .unwrap_or_default(),
            }))
        };
        Ok(Self {
            id: row.try_get("id")?,
            store: row.try_get("store")?,
            subject: row.try_get("subject")?,
            transfer: row.try_get("transfer")?,
            message: row.try_get("message")?,
            claim: row.try_get("claim")?,
            kind: row.try_get("kind")?,
            reason: row.try_get("reason")?,
            evidence: serde_json::from_str(&evidence).unwrap_or(Value::Null),
            state: ReviewState::read(row.try_get("state")?)?,
            opened_at: row.try_get("opened_at")?,
            closed_at: row.try_get("closed_at")?,
            first: vote("first_actor", "first_at", "first_reason")?,
            second: vote("second_actor", "second_at", "second_reason")?,
        })
    }
}

/// Opens an item, unless one of that kind is open about the same already. `true`: it is new.
pub(crate) async fn open(
    db: &mut Db,
    clock: &Clock,
    new: &NewReview<'_>,
) -> Result<bool, StoreError> {
    open_about(db, clock, &new.subject(), new).await
}

/// As [`open`], about something that is neither a transfer nor a message of ours.
pub(crate) async fn open_about(
    db: &mut Db,
    clock: &Clock,
    subject: &str,
    new: &NewReview<'_>,
) -> Result<bool, StoreError> {
    debug_assert!(is_known(new.reason), "{}", new.reason);
    let done = sqlx::query(
        "INSERT INTO payment_reviews (id, store, subject, transfer, message, claim, kind, reason, evidence, state, \
         opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10) \
         ON CONFLICT (subject, kind) WHERE state = 'open' DO NOTHING",
    )
    .bind(id::new_id(clock))
    .bind(new.store)
    .bind(subject)
    .bind(new.transfer)
    .bind(new.message)
    .bind(new.claim)
    .bind(new.kind)
    .bind(new.reason)
    .bind(new.evidence.to_string())
    .bind(clock.now_ms())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<Review>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_reviews WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Review::read).transpose()
}

/// Everything about a transfer, oldest first.
pub(crate) async fn of_transfer(db: &mut Db, transfer: &str) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query("SELECT * FROM payment_reviews WHERE subject = $1 ORDER BY id")
        .bind(format!("transfer/{transfer}"))
        .fetch_all(db)
        .await?;
    rows.iter().map(Review::read).collect()
}

/// Every item of a kind about the same, oldest first.
pub(crate) async fn about(
    db: &mut Db,
    subject: &str,
    kind: &str,
) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reviews WHERE subject = $1 AND kind = $2 ORDER BY opened_at, id",
    )
    .bind(subject)
    .bind(kind)
    .fetch_all(db)
    .await?;
    rows.iter().map(Review::read).collect()
}

/// What a store was told of money that was taken back and that it did not know, as long as nobody has ruled it out; since
/// a time.
pub(crate) async fn untold_reversals(
    db: &mut Db,
    store: &str,
    since: i64,
) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reviews WHERE store = $1 AND kind = 'reversal' AND transfer IS NULL \
         AND state IN ('open', 'expired', 'approved') AND opened_at >= $2 ORDER BY opened_at, id",
    )
    .bind(store)
    .bind(since)
    .fetch_all(db)
    .await?;
    rows.iter().map(Review::read).collect()
}

/// What was asked because of a message that said that money was taken back, of any transfer or of itself; oldest first.
pub(crate) async fn reversals_of(
    db: &mut Db,
    store: &str,
    message: &str,
) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reviews WHERE store = $1 AND kind = 'reversal' AND message = $2 ORDER BY id",
    )
    .bind(store)
    .bind(message)
    .fetch_all(db)
    .await?;
    rows.iter().map(Review::read).collect()
}

pub(crate) async fn open_of_kind(db: &mut Db, kind: &str) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reviews WHERE state = 'open' AND kind = $1 ORDER BY opened_at, id",
    )
    .bind(kind)
    .fetch_all(db)
    .await?;
    rows.iter().map(Review::read).collect()
}

pub(crate) async fn count_open(db: &mut Db, store: &str) -> Result<i64, StoreError> {
    let row =
        sqlx::query("SELECT COUNT(*) FROM payment_reviews WHERE state = 'open' AND store = $1")
            .bind(store)
            .fetch_one(db)
            .await?;
    Ok(row.try_get(0)?)
}

/// Open items that were opened before a time, oldest first. What WHMCS has of a credit, and what is said to be taken
/// back, is asked about until somebody tells.
pub(crate) async fn older_than(
    db: &mut Db,
    store: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Review>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_reviews WHERE state = 'open' AND store = $1 AND opened_at < $2 \
         AND kind NOT IN ('credit_unknown', 'credit_refused', 'removal_unknown', 'removal_refused', 'credit_conflict', \
         'reversal') \
         ORDER BY opened_at LIMIT $3",
    )
    .bind(store)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(Review::read).collect()
}

/// Ends an item, if it still is in the state that the caller knows; its evidence stays.
pub(crate) async fn close(
    db: &mut Db,
    review: &Review,
    to: ReviewState,
    now: i64,
) -> Result<bool, StoreError> {
    let vote = |vote: &Option<Vote>| {
        vote.clone().map_or((None, None, None), |vote| {
            (Some(vote.actor), Some(vote.at), Some(vote.reason))
        })
    };
    let (first, second) = (vote(&review.first), vote(&review.second));
    let done = sqlx::query(
        "UPDATE payment_reviews SET state = $1, closed_at = $2, claim = $3, first_actor = $4, first_at = $5, \
         first_reason = $6, second_actor = $7, second_at = $8, second_reason = $9 WHERE id = $10 AND state = $11",
    )
    .bind(to.as_str())
    .bind(Some(now).filter(|_| to != ReviewState::Open))
    .bind(&review.claim)
    .bind(first.0)
    .bind(first.1)
    .bind(first.2)
    .bind(second.0)
    .bind(second.1)
    .bind(second.2)
    .bind(&review.id)
    .bind(review.state.as_str())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Has a rejected item wait again, for its whole time; what was said against it stands in the audit log.
pub(crate) async fn reopen(db: &mut Db, review: &Review, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_reviews SET state = 'open', opened_at = $1, closed_at = NULL, first_actor = NULL, \
         first_at = NULL, first_reason = NULL, second_actor = NULL, second_at = NULL, second_reason = NULL \
         WHERE id = $2 AND state = $3",
    )
    .bind(now)
    .bind(&review.id)
    .bind(review.state.as_str())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Has an item that nobody decided about in time wait again, for its whole time. What was said about it stands.
pub(crate) async fn ask_again(db: &mut Db, review: &Review, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_reviews SET state = 'open', opened_at = $1, closed_at = NULL WHERE id = $2 AND state = 'expired'",
    )
    .bind(now)
    .bind(&review.id)
    .execute(db)
    .await?;
    Ok(())
}

/// What is known now about an open item. Whom a first approval chose stays who it was.
pub(crate) async fn renew_evidence(
    db: &mut Db,
    (transfer, message): (Option<&str>, Option<&str>),
    claim: Option<&str>,
    concern: &Concern,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_reviews SET reason = $1, evidence = $2, \
         claim = CASE WHEN first_actor IS NULL THEN COALESCE($3, claim) ELSE claim END \
         WHERE subject = $4 AND kind = $5 AND state = 'open'",
    )
    .bind(concern.reason)
    .bind(concern.evidence.to_string())
    .bind(claim)
    .bind(subject(transfer, message))
    .bind(concern.kind)
    .execute(db)
    .await?;
    Ok(())
}

impl Review {
    /// Whether it says that its transfer was taken back, and nobody has decided about that.
    pub(crate) fn says_gone(&self) -> bool {
        self.kind == REVERSAL && self.is_undecided()
    }

    /// Whether somebody has approved of its being taken back.
    pub(crate) fn took_back(&self) -> bool {
        self.kind == REVERSAL && self.state == ReviewState::Approved
    }

    pub(super) fn of(row: &AnyRow) -> Result<Self, StoreError> {
        Self::read(row)
    }
}
