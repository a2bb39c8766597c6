//! Messages as they came.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::Phone;
use wharf_store::StoreError;

use super::Db;
use crate::keys::identity;
use crate::wallets::text;

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

/// Keeps a message. `false`: it is here already, and only the delivery is counted.
pub(crate) async fn insert(db: &mut Db, message: &MessageRow) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_messages (id, identity, store, device, sender, body, content, sent_at, stored_at, sim, \
         deliveries, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 'new') ON CONFLICT (identity) DO NOTHING",
    )
    .bind(&message.id)
    .bind(&message.identity)
    .bind(&message.store)
    .bind(&message.device)
    .bind(&message.sender)
    .bind(&message.body)
    .bind(&message.content)
    .bind(message.sent_at)
    .bind(message.stored_at)
    .bind(&message.sim)
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(true);
    }
    sqlx::query("UPDATE payment_messages SET deliveries = deliveries + 1 WHERE identity = $1")
        .bind(&message.identity)
        .execute(db)
        .await?;
    Ok(false)
}

/// A message that nobody has read yet.
pub(crate) async fn unread(db: &mut Db, id: &str) -> Result<Option<MessageRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_messages WHERE id = $1 AND state = 'new'")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(MessageRow::read).transpose()
}

/// Messages of the same sender and text, whenever they came, but this one; the newest first.
pub(crate) async fn same_content(
    db: &mut Db,
    message: &MessageRow,
) -> Result<Vec<Earlier>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, sent_at, wallet, operator_id FROM payment_messages WHERE content = $1 AND id <> $2 \
         AND state <> 'new' ORDER BY stored_at DESC LIMIT 100",
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

/// The digest of who wrote what to a store, however the forwarder spelt it.
pub(crate) fn content(store: &str, sender: &str, body: &str) -> String {
    identity(&[store, &text::sender_key(sender), &text::clean(body)])
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
        "UPDATE payment_messages SET state = 'new' WHERE id = $1 AND state IN ('unknown', 'ignored')",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A message that waits for a person is read once more.
pub(crate) async fn reopen(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_messages SET state = 'new' WHERE id = $1 AND state IN ('review', 'unknown')",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
