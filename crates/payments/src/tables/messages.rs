//! Messages as they came.

use std::collections::HashSet;

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use wharf_core::Phone;
use wharf_store::StoreError;

use super::Db;
use crate::keys::identity;

#[derive(Clone, Debug)]
pub(crate) struct MessageRow {
    pub id: String,
    pub identity: String,
    pub store: String,
    pub device: String,
    pub sender: String,
    pub body: String,
    /// Store, sender and text, without any time.
    pub content: String,
    /// When the phone got it, by the phone's clock; when it was stored, where that is not told.
    pub sent_at: i64,
    pub stored_at: i64,
    /// The SIM card that it came to.
    pub sim: Option<String>,
    /// How often it was tried to read it in vain.
    pub tries: i64,
    /// The wallet that it is about, where that was found or a person chose it.
    pub wallet: Option<String>,
}

/// A message that says the same as another one.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub id: String,
    pub sent_at: i64,
    pub wallet: Option<String>,
    pub operator_id: Option<String>,
}

impl MessageRow {
    /// Whether the forwarder did not tell when the message came.
    pub fn untimed(&self) -> bool {
        self.sent_at == self.stored_at
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            identity: row.try_get("identity")?,
            store: row.try_get("store")?,
            device: row.try_get("device")?,
            sender: row.try_get("sender")?,
            body: row.try_get("body")?,
            content: row.try_get("content")?,
            sent_at: row.try_get("sent_at")?,
            stored_at: row.try_get("stored_at")?,
            sim: row.try_get("sim")?,
            tries: row.try_get("tries")?,
            wallet: row.try_get("wallet")?,
        })
    }
}

/// What was found out about a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    /// read | ignored | unknown | review | repeat
    pub state: &'static str,
    pub template: Option<String>,
    pub kind: Option<&'static str>,
    pub amount: Option<i64>,
    pub fee: Option<i64>,
    pub phone: Option<Phone>,
    pub happened_at: Option<i64>,
    pub wallet: Option<String>,
    pub balance: Option<i64>,
    pub operator_id: Option<String>,
    pub reason: Option<&'static str>,
}

/// Keeps messages. The ids of those that were not here before; of several with one identity the first counts.
pub(crate) async fn insert(
    db: &mut Db,
    mut messages: Vec<&MessageRow>,
) -> Result<HashSet<String>, StoreError> {
    // In one order on all nodes, or two could wait for each other's rows.
    messages.sort_by(|a, b| a.identity.cmp(&b.identity));
    let mut new = HashSet::new();
    let mut rest = messages.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(ROWS_AT_ONCE));
        new.extend(insert_some(db, now).await?);
        rest = later;
    }
    Ok(new)
}

/// The statement has a power of two of rows, so that the database has few to remember: the last message fills it up,
/// under other ids, which its identity keeps from being stored twice.
async fn insert_some(db: &mut Db, messages: &[&MessageRow]) -> Result<Vec<String>, StoreError> {
    let size = messages.len().next_power_of_two();
    let spare = messages.last().map_or("", |last| &last.id);
    let spares: Vec<String> = (messages.len()..size)
        .map(|at| format!("{spare}-{at}"))
        .collect();
    let ids = messages.iter().map(|message| &message.id).chain(&spares);
    let filled = messages.iter().chain(messages.last().into_iter().cycle());
    let rows: Vec<String> = (0..size)
        .map(|row| {
            let values: Vec<String> = (1..=10).map(|at| format!("${}", row * 10 + at)).collect();
            format!("({}, 1, 'new')", values.join(", "))
        })
        .collect();
    // Built from constants and numbers only.
    let sql = format!(
        "INSERT INTO payment_messages (id, identity, store, device, sender, body, content, sent_at, stored_at, sim, \
         deliveries, state) VALUES {} ON CONFLICT (identity) DO NOTHING RETURNING id",
        rows.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (id, message) in ids.zip(filled) {
        query = query
            .bind(id)
            .bind(&message.identity)
            .bind(&message.store)
            .bind(&message.device)
            .bind(&message.sender)
            .bind(&message.body)
            .bind(&message.content)
            .bind(message.sent_at)
            .bind(message.stored_at)
            .bind(&message.sim);
    }
    let rows = query.fetch_all(db).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Counts a delivery of a message that was here before.
pub(crate) async fn delivered_again(db: &mut Db, identity: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_messages SET deliveries = deliveries + 1 WHERE identity = $1")
        .bind(identity)
        .execute(db)
        .await?;
    Ok(())
}

/// The store of the oldest message that nobody has tried to read.
pub(crate) async fn store_to_read(db: &mut Db) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT store FROM payment_messages WHERE state = 'new' AND tries = 0 ORDER BY stored_at, id LIMIT 1",
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The oldest messages of a store that nobody has tried to read, in the order in which they were stored.
pub(crate) async fn to_read(
    db: &mut Db,
    store: &str,
    most: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_messages WHERE state = 'new' AND tries = 0 AND store = $1 ORDER BY stored_at, id LIMIT $2",
    )
    .bind(store)
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.iter().map(MessageRow::read).collect()
}

/// Notes that reading it ended in nothing.
pub(crate) async fn tried(db: &mut Db, id: &str, tries: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_messages SET tries = $1 WHERE id = $2")
        .bind(tries)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// A message that nobody has read yet.
pub(crate) async fn unread(db: &mut Db, id: &str) -> Result<Option<MessageRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_messages WHERE id = $1 AND state = 'new'")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(MessageRow::read).transpose()
}

/// Messages of the same sender and text, whenever they came, but this one and repetitions; the newest first.
pub(crate) async fn same_content(
    db: &mut Db,
    message: &MessageRow,
) -> Result<Vec<Earlier>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, sent_at, wallet, operator_id FROM payment_messages WHERE content = $1 AND id <> $2 \
         AND state NOT IN ('new', 'repeat') ORDER BY stored_at DESC LIMIT 100",
    )
    .bind(&message.content)
    .bind(&message.id)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Earlier {
                id: row.try_get("id")?,
                sent_at: row.try_get("sent_at")?,
                wallet: row.try_get("wallet")?,
                operator_id: row.try_get("operator_id")?,
            })
        })
        .collect()
}

/// The digest of who wrote what to a store, however the forwarder spelt it: of the sender's key and the clean text.
pub(crate) fn content(store: &str, sender_key: &str, clean: &str) -> String {
    identity(&[store, sender_key, clean])
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<MessageRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_messages WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(MessageRow::read).transpose()
}

pub(crate) async fn mark(db: &mut Db, id: &str, finding: &Finding) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_messages SET state = $1, template = $2, wallet = $3, balance = $4, operator_id = $5, \
         reason = $6, kind = $7, amount = $8, fee = $9, phone = $10, happened_at = $11 WHERE id = $12",
    )
    .bind(finding.state)
    .bind(&finding.template)
    .bind(&finding.wallet)
    .bind(finding.balance)
    .bind(&finding.operator_id)
    .bind(finding.reason)
    .bind(finding.kind)
    .bind(finding.amount)
    .bind(finding.fee)
    .bind(finding.phone.as_ref().map(|phone| phone.e164().to_owned()))
    .bind(finding.happened_at)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Messages stored since then that nobody understood, the newest first.
pub(crate) async fn not_understood(
    db: &mut Db,
    since: i64,
    most: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_messages WHERE state IN ('unknown', 'ignored') AND stored_at >= $1 \
         ORDER BY stored_at DESC LIMIT $2",
    )
    .bind(since)
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.iter().map(MessageRow::read).collect()
}

/// A message that nobody understood is new again.
pub(crate) async fn forget(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_messages SET state = 'new', tries = 0 WHERE id = $1 AND state IN ('unknown', 'ignored')",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A message that waits for a person is read once more.
pub(crate) async fn reopen(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_messages SET state = 'new', tries = 0 WHERE id = $1 AND state IN ('review', 'unknown')",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A person's word on which wallet a message is about.
pub(crate) async fn choose_wallet(db: &mut Db, id: &str, wallet: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_messages SET wallet = $1 WHERE id = $2")
        .bind(wallet)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

const ROWS_AT_ONCE: usize = 32;
