//! Money that arrived.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use super::{Db, currency, phone, unreadable};
use crate::rates::Rate;

#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub id: String,
    pub store: String,
    pub wallet: String,
    /// The operator's transaction number, or a fingerprint where the operator gives none.
    pub operator_id: String,
    pub message: String,
    /// Piastres.
    pub amount: i64,
    pub phone: Option<Phone>,
    pub payer: Option<String>,
    pub balance: Option<i64>,
    /// By the operator's clock, to the minute.
    pub happened_at: i64,
    pub received_at: i64,
    pub state: TransferState,
    pub reason: Option<String>,
    pub claim: Option<String>,
    pub client: Option<i64>,
    /// What is credited for it, frozen before anything is sent.
    pub currency: Option<Currency>,
    pub rate: Option<Rate>,
    pub credit: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransferState {
    /// Nobody has claimed it.
    Received,
    /// Claimed in a way that needs a person, or doubtful in itself.
    Held,
    Matched,
    Credited,
    /// WHMCS refuses the credit until somebody mends the set-up; tried again.
    Blocked,
    /// A person must look.
    Review,
}

impl TransferState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Held => "held",
            Self::Matched => "matched",
            Self::Credited => "credited",
            Self::Blocked => "blocked",
            Self::Review => "review",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [
            Self::Received,
            Self::Held,
            Self::Matched,
            Self::Credited,
            Self::Blocked,
            Self::Review,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| unreadable("a transfer's state"))
    }
}

impl Transfer {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let rate: Option<String> = row.try_get("rate")?;
        Ok(Self {
            id: row.try_get("id")?,
            store: row.try_get("store")?,
            wallet: row.try_get("wallet")?,
            operator_id: row.try_get("operator_id")?,
            message: row.try_get("message")?,
            amount: row.try_get("amount")?,
            phone: phone(row, "phone")?,
            payer: row.try_get("payer")?,
            balance: row.try_get("balance")?,
            happened_at: row.try_get("happened_at")?,
            received_at: row.try_get("received_at")?,
            state: TransferState::read(row.try_get("state")?)?,
            reason: row.try_get("reason")?,
            claim: row.try_get("claim")?,
            client: row.try_get("client")?,
            currency: currency(row, "currency")?,
            rate: rate
                .map(|rate| rate.parse().map_err(|_| unreadable("a rate")))
                .transpose()?,
            credit: row.try_get("credit")?,
        })
    }
}

/// `false`: this transfer is known already.
pub(crate) async fn insert(db: &mut Db, transfer: &Transfer) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_transfers (id, store, wallet, direction, operator_id, message, amount, phone, payer, \
         balance, happened_at, received_at, state, reason, updated_at) \
         VALUES ($1, $2, $3, 'in', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11) \
         ON CONFLICT (store, wallet, direction, operator_id) DO NOTHING",
    )
    .bind(&transfer.id)
    .bind(&transfer.store)
    .bind(&transfer.wallet)
    .bind(&transfer.operator_id)
    .bind(&transfer.message)
    .bind(transfer.amount)
    .bind(transfer.phone.as_ref().map(|phone| phone.e164().to_owned()))
    .bind(&transfer.payer)
    .bind(transfer.balance)
    .bind(transfer.happened_at)
    .bind(transfer.received_at)
    .bind(transfer.state.as_str())
    .bind(&transfer.reason)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<Transfer>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_transfers WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(Transfer::read).transpose()
}

/// The transfer of that number of the operator's.
pub(crate) async fn by_number(
    db: &mut Db,
    store: &str,
    wallet: &str,
    operator_id: &str,
) -> Result<Option<Transfer>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM payment_transfers WHERE store = $1 AND wallet = $2 AND direction = 'in' AND operator_id = $3",
    )
    .bind(store)
    .bind(wallet)
    .bind(operator_id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Transfer::read).transpose()
}

/// The matched transfers that are not credited, and the credits that are not applied to their invoice.
pub(crate) async fn open(db: &mut Db) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT t.id FROM payment_transfers t LEFT JOIN payment_claims c ON c.id = t.claim \
         WHERE t.state IN ('matched', 'blocked') \
         OR (t.state = 'credited' AND c.invoice IS NOT NULL AND c.applied IS NULL) ORDER BY t.received_at",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Transfers from a phone that a claim may still take, oldest first.
pub(crate) async fn free(
    db: &mut Db,
    store: &str,
    phone: &Phone,
) -> Result<Vec<Transfer>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_transfers WHERE store = $1 AND phone = $2 \
         AND (state = 'received' OR (state = 'held' AND reason = 'amount_differs')) ORDER BY happened_at, operator_id",
    )
    .bind(store)
    .bind(phone.e164())
    .fetch_all(db)
    .await?;
    rows.iter().map(Transfer::read).collect()
}

/// Whether money from this phone was credited to this client before.
pub(crate) async fn known_payer(
    db: &mut Db,
    store: &str,
    phone: &Phone,
    client: i64,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM payment_transfers WHERE store = $1 AND phone = $2 AND client = $3 AND state = 'credited'",
    )
    .bind(store)
    .bind(phone.e164())
    .bind(client)
    .fetch_one(db)
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Writes the transfer's state and terms, if it still is in the state that the caller knows.
pub(crate) async fn change(
    db: &mut Db,
    from: TransferState,
    to: &Transfer,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE payment_transfers SET state = $1, reason = $2, claim = $3, client = $4, currency = $5, rate = $6, \
         credit = $7, updated_at = $8 WHERE id = $9 AND state = $10",
    )
    .bind(to.state.as_str())
    .bind(&to.reason)
    .bind(&to.claim)
    .bind(to.client)
    .bind(to.currency.map(|currency| currency.as_str().to_owned()))
    .bind(to.rate.map(|rate| rate.to_string()))
    .bind(to.credit)
    .bind(now)
    .bind(&to.id)
    .bind(from.as_str())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
