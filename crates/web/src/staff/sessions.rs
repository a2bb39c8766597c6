//! Logging in and staying logged in.
//!
//! The cookie holds a random token; the database only its hash. A session ends when it was not used for a
//! while, and in any case after a working day. Wrong passwords are counted by name and by source.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use wharf_core::Secret;
use wharf_store::{Store, StoreError};

use super::operators::{Operator, spelled};
use super::{password, tables};

#[derive(Debug)]
pub(super) struct Sessions {
    store: Store,
    idle: Duration,
    whole: Duration,
    /// One log-in after the other, so that the count of refusals is never behind.
    turn: Mutex<()>,
}

/// How a log-in ended.
#[derive(Debug)]
pub(super) enum Entered {
    In(Secret),
    /// Name or password is wrong, or the operator is disabled: the caller learns no more.
    Refused,
    /// Too many refusals before.
    Locked,
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub operator: Operator,
    pub token_hash: String,
    /// What the forms of this session carry.
    pub csrf: String,
}

impl Sessions {
    pub fn new(store: Store, idle: Duration, whole: Duration) -> Self {
        Self {
            store,
            idle,
            whole,
            turn: Mutex::default(),
        }
    }

    pub async fn enter(
        &self,
        name: &str,
        password: Secret,
        source: &str,
    ) -> Result<Entered, StoreError> {
        let name = spelled(name).unwrap_or_else(|_| name.chars().take(40).collect());
        let _turn = self.turn.lock().await;
        let clock = self.store.clock();
        let now = clock.now_ms();
        let mut tx = self.store.begin().await?;
        let [here, source_all, name_all] =
            tables::refusals(&mut tx, &name, source, now - WINDOW).await?;
        if here >= TRIES || source_all >= TRIES_OF_SOURCE || name_all >= TRIES_OF_NAME {
            tx.commit().await?;
            tracing::warn!(source, "a log-in was not even tried: too many refusals");
            return Ok(Entered::Locked);
        }
        let known = tables::by_name(&mut tx, &name).await?;
        tx.commit().await?;

        let kept = known.as_ref().map(|(_, hash)| hash.clone());
        let right = password::verify(password, kept).await;
        let mut tx = self.store.begin().await?;
        // Read again: it may have been disabled while the password was hashed.
        let operator = tables::by_name(&mut tx, &name).await?;
        let operator = operator
            .filter(|(operator, hash)| {
                right && !operator.disabled && known.as_ref().is_some_and(|(_, old)| old == hash)
            })
            .map(|(operator, _)| operator);
        let Some(operator) = operator else {
            tables::note(&mut tx, clock, &name, source, "refused").await?;
            if here + 1 == TRIES {
                tables::note(&mut tx, clock, &name, source, "locked").await?;
            }
            tx.commit().await?;
            tracing::warn!(source, "a log-in was refused");
            return Ok(Entered::Refused);
        };
        let token = random()?;
        tables::forget_ended(&mut tx, now, now - millis(self.idle)).await?;
        tables::open_session(
            &mut tx,
            &hash(token.expose()),
            &operator.id,
            source,
            now,
            now + millis(self.whole),
        )
        .await?;
        tables::note(&mut tx, clock, &name, source, "entered").await?;
        tx.commit().await?;
        tracing::info!(operator = name, source, "logged in");
        Ok(Entered::In(token))
    }

    pub async fn find(&self, token: &str) -> Result<Option<Session>, StoreError> {
        if token.len() != TOKEN_LENGTH {
            return Ok(None);
        }
        let pool = self.store.pool();
        let Some(row) = tables::session(pool, &hash(token)).await? else {
            return Ok(None);
        };
        let now = self.store.clock().now_ms();
        let idle = now - row.seen_at;
        if row.operator.disabled || now >= row.expires_at || idle >= millis(self.idle) {
            return Ok(None);
        }
        if idle >= A_MINUTE {
            tables::session_seen(pool, &row.token_hash, now).await?;
        }
        Ok(Some(Session {
            csrf: hash(&format!("wharf staff form {token}")),
            operator: row.operator,
            token_hash: row.token_hash,
        }))
    }

    pub async fn leave(&self, session: &Session, source: &str) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tables::close_session(&mut tx, &session.token_hash).await?;
        let name = &session.operator.name;
        tables::note(&mut tx, self.store.clock(), name, source, "left").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends the operator's sessions everywhere, this one included.
    pub async fn leave_everywhere(
        &self,
        session: &Session,
        source: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tables::close_sessions(&mut tx, &session.operator.id, "").await?;
        let name = &session.operator.name;
        tables::note(&mut tx, self.store.clock(), name, source, "left_everywhere").await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whether a form carries this session's token.
pub(super) fn same(given: &str, wanted: &str) -> bool {
    !wanted.is_empty() && bool::from(given.as_bytes().ct_eq(wanted.as_bytes()))
}

/// 32 random bytes, hexadecimal.
pub(super) fn random() -> Result<Secret, StoreError> {
    let mut bytes = [0_u8; TOKEN_LENGTH / 2];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::KeyFile {
        path: "the system's random source".to_owned(),
        why: format!("does not answer: {error}"),
    })?;
    Ok(Secret::new(hex::encode(bytes)))
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

const TOKEN_LENGTH: usize = 64;
const A_MINUTE: i64 = 60_000;
const WINDOW: i64 = 15 * A_MINUTE;
/// Of one name from one source. The others are for many names tried, and for many sources.
const TRIES: i64 = 5;
const TRIES_OF_SOURCE: i64 = 20;
const TRIES_OF_NAME: i64 = 50;
