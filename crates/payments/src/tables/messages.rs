//! Messages as they came.

use sqlx::Row as _;
use wharf_store::StoreError;

use super::Db;

#[derive(Clone, Debug)]
pub(crate) struct MessageRow {
    pub id: String,
    pub identity: String,
    pub store: String,
    pub device: String,
    pub sender: String,
    pub body: String,
    /// When the phone got it, by the phone's clock.
    pub sent_at: i64,
    pub stored_at: i64,
}

/// What was found out about a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    /// read | ignored | unknown | review
    pub state: &'static str,
    pub template: Option<String>,
    pub wallet: Option<String>,
    pub balance: Option<i64>,
    pub operator_id: Option<String>,
    pub reason: Option<&'static str>,
}

/// Keeps a message. `false`: it is here already, and only the delivery is counted.
pub(crate) async fn insert(db: &mut Db, message: &MessageRow) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_messages (id, identity, store, device, sender, body, sent_at, stored_at, deliveries, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 'new') ON CONFLICT (identity) DO NOTHING",
    )
    .bind(&message.id)
    .bind(&message.identity)
    .bind(&message.store)
    .bind(&message.device)
    .bind(&message.sender)
    .bind(&message.body)
    .bind(message.sent_at)
    .bind(message.stored_at)
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
    row.map(|row| {
        Ok(MessageRow {
            id: row.try_get("id")?,
            identity: row.try_get("identity")?,
            store: row.try_get("store")?,
            device: row.try_get("device")?,
            sender: row.try_get("sender")?,
            body: row.try_get("body")?,
            sent_at: row.try_get("sent_at")?,
            stored_at: row.try_get("stored_at")?,
        })
    })
    .transpose()
}

pub(crate) async fn mark(db: &mut Db, id: &str, finding: &Finding) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_messages SET state = $1, template = $2, wallet = $3, balance = $4, operator_id = $5, \
         reason = $6 WHERE id = $7",
    )
    .bind(finding.state)
    .bind(&finding.template)
    .bind(&finding.wallet)
    .bind(finding.balance)
    .bind(&finding.operator_id)
    .bind(finding.reason)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}
