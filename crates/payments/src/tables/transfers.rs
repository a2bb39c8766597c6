//! Money that arrived.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use super::claims::Claim;
use super::stores::WalletRow;
use super::{Db, currency, first_id_since, phone, unreadable};
use crate::rates::Rate;

#[derive(Clone, Debug, PartialEq)]
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
    /// By the operator's clock, to the minute; by the phone's where the operator prints no time.
    pub happened_at: i64,
    /// Whether the operator printed a time.
    pub dated: bool,
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
    /// Its credit is uncertain: a person must look.
    Review,
    /// A person decided that it is not credited.
    Rejected,
    /// Matched in a store that only observes.
    Observed,
    /// The operator took it back after it was credited, and WHMCS took the credit back.
    Reversed,
}

impl Transfer {
    /// Whether the operator gave it a number.
    pub(crate) fn has_number(&self) -> bool {
        !self.operator_id.starts_with(FINGERPRINT)
    }
}

/// What stands in the place of an operator's number begins like this.
pub(crate) const FINGERPRINT: &str = "fp-";

impl TransferState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Held => "held",
            Self::Matched => "matched",
            Self::Credited => "credited",
            Self::Blocked => "blocked",
            Self::Review => "review",
            Self::Rejected => "rejected",
            Self::Observed => "observed",
            Self::Reversed => "reversed",
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
            Self::Rejected,
            Self::Observed,
            Self::Reversed,
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
            dated: row.try_get::<i64, _>("dated")? == 1,
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
         balance, happened_at, received_at, state, reason, updated_at, dated) \
         VALUES ($1, $2, $3, 'in', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11, $14) \
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
    .bind(i64::from(transfer.dated))
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

/// The transfer of another wallet that an operator's number was told of, with the same amount and payer; its store's first.
/// Operators give a number once; but nobody says so of all of them. In other stores what is credited nowhere does not
/// count.
pub(crate) async fn told_elsewhere(
    db: &mut Db,
    (store, wallet): (&str, &WalletRow),
    operator_id: &str,
    phone: Option<&Phone>,
    amount: i64,
) -> Result<Option<Transfer>, StoreError> {
    let row = sqlx::query(
        "SELECT t.* FROM payment_transfers t LEFT JOIN payment_wallets w ON w.id = t.wallet \
         WHERE t.store IN (SELECT id FROM payment_stores) AND t.operator_id = $1 AND t.direction = 'in' \
         AND COALESCE(w.operator, $2) = $2 AND t.amount = $3 AND ($4 = '' OR COALESCE(t.phone, $4) = $4) \
         AND (t.store = $5 OR t.state NOT IN ('observed', 'rejected')) \
         ORDER BY CASE WHEN t.store = $5 THEN 0 ELSE 1 END, t.id LIMIT 1",
    )
    .bind(operator_id)
    .bind(&wallet.operator)
    .bind(amount)
    .bind(phone.map_or("", Phone::e164))
    .bind(store)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Transfer::read).transpose()
}

/// Other transfers of the same wallet, payer, amount and printed balance whose number begins as this one's, or the other
/// way round: one of the two was cut.
pub(crate) async fn cut_from(
    db: &mut Db,
    transfer: &Transfer,
) -> Result<Vec<Transfer>, StoreError> {
    let (Some(phone), Some(balance), true) =
        (&transfer.phone, transfer.balance, transfer.has_number())
    else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query(
        "SELECT * FROM payment_transfers WHERE store = $1 AND phone = $2 AND wallet = $3 AND amount = $4 \
         AND balance = $5 AND operator_id <> $6 ORDER BY id DESC LIMIT 20",
    )
    .bind(&transfer.store)
    .bind(phone.e164())
    .bind(&transfer.wallet)
    .bind(transfer.amount)
    .bind(balance)
    .bind(&transfer.operator_id)
    .fetch_all(db)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let other = Transfer::read(row)?;
        let (one, two) = (&other.operator_id, &transfer.operator_id);
        if other.has_number() && (one.starts_with(two.as_str()) || two.starts_with(one.as_str())) {
            found.push(other);
        }
    }
    Ok(found)
}

/// The matched transfers that are not credited, and the credits that are not applied to their invoice.
pub(crate) async fn open(db: &mut Db) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, received_at FROM payment_transfers WHERE state IN ('matched', 'blocked') \
         UNION ALL SELECT t.id, t.received_at FROM payment_claims c CROSS JOIN payment_transfers t \
         WHERE c.invoice IS NOT NULL AND c.applied IS NULL AND c.transfer IS NOT NULL \
         AND t.id = c.transfer AND t.claim = c.id AND t.state = 'credited' ORDER BY received_at",
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
         AND (state = 'received' OR (state = 'held' AND claim IS NULL)) ORDER BY happened_at, operator_id",
    )
    .bind(store)
    .bind(phone.e164())
    .fetch_all(db)
    .await?;
    rows.iter().map(Transfer::read).collect()
}

/// The transfers from a phone that wait for a claim or a person: those that came since a time, oldest first, then all
/// that are held.
pub(crate) async fn waiting_from(
    db: &mut Db,
    store: &str,
    phone: &Phone,
    since: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM payment_transfers WHERE store = $1 AND phone = $2 \
         AND (state = 'held' OR (state = 'received' AND received_at >= $3)) \
         ORDER BY CASE state WHEN 'held' THEN 1 ELSE 0 END, happened_at, operator_id",
    )
    .bind(store)
    .bind(phone.e164())
    .bind(since)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// As [`waiting_from`], by the operator's number. Two operators may use the same: one of that amount comes first.
pub(crate) async fn waiting_by_number(
    db: &mut Db,
    store: &str,
    number: &str,
    amount: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM payment_transfers WHERE store = $1 AND operator_id IN ($2, $3, $4) \
         AND state IN ('received', 'held') \
         ORDER BY CASE WHEN amount = $5 THEN 0 ELSE 1 END, happened_at, id",
    )
    .bind(store)
    .bind(number)
    .bind(number.to_ascii_lowercase())
    .bind(number.to_ascii_uppercase())
    .bind(amount)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The transfers since a time that were rejected and that a claim may be about: by its number, else by phone and amount.
pub(crate) async fn rejected_for(
    db: &mut Db,
    claim: &Claim,
    since: i64,
) -> Result<Vec<Transfer>, StoreError> {
    let number = claim.operator_id.as_deref().unwrap_or_default();
    let rows = sqlx::query(
        "SELECT * FROM payment_transfers WHERE store = $1 AND phone = $2 AND amount = $3 AND state = 'rejected' \
         AND reason <> 'reversed' AND received_at >= $4 \
         UNION SELECT * FROM payment_transfers WHERE store = $1 AND operator_id IN ($5, $6, $7) AND state = 'rejected' \
         ORDER BY received_at DESC, id DESC LIMIT 10",
    )
    .bind(&claim.store)
    .bind(claim.phone.e164())
    .bind(claim.amount)
    .bind(since)
    .bind(number)
    .bind(number.to_ascii_lowercase())
    .bind(number.to_ascii_uppercase())
    .fetch_all(db)
    .await?;
    rows.iter().map(Transfer::read).collect()
}

/// What news may mean that names no transfer.
#[derive(Clone, Debug)]
pub(crate) struct Meant<'a> {
    pub store: &'a str,
    /// `None`: any of the store's.
    pub wallet: Option<&'a str>,
    pub amount: i64,
    /// Of these, or of one that is not known; any where there are none.
    pub phones: &'a [Phone],
    /// It came since then, and was sent (or came) until then; epoch milliseconds.
    pub since: i64,
    pub until: i64,
    /// Only those before this one.
    pub before: Option<String>,
}

/// The transfers that are meant, newest first, a page of them; none that somebody rejected, unless it was taken back.
pub(crate) async fn newest_meant(
    db: &mut Db,
    meant: &Meant<'_>,
) -> Result<Vec<Transfer>, StoreError> {
    let phones: Vec<String> = (0..meant.phones.len())
        .map(|at| format!("${}", at + 8))
        .collect();
    let of_phones = match phones.as_slice() {
        [] => String::new(),
        phones => format!("AND (phone IS NULL OR phone IN ({})) ", phones.join(", ")),
    };
    // Built from constants and numbers only.
    let sql = format!(
        "SELECT * FROM payment_transfers WHERE id >= $1 AND id < $2 AND received_at >= $3 \
         AND (happened_at <= $4 OR received_at <= $4) AND store = $5 AND amount = $6 AND ($7 = '' OR wallet = $7) \
         AND (state <> 'rejected' OR reason = 'reversed') {of_phones}ORDER BY id DESC LIMIT 50"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(first_id_since(meant.since))
        .bind(meant.before.as_deref().unwrap_or(BEHIND_ALL))
        .bind(meant.since)
        .bind(meant.until)
        .bind(meant.store)
        .bind(meant.amount)
        .bind(meant.wallet.unwrap_or_default());
    for phone in meant.phones {
        query = query.bind(phone.e164().to_owned());
    }
    let rows = query.fetch_all(db).await?;
    rows.iter().map(Transfer::read).collect()
}

/// Ids are hexadecimal.
const BEHIND_ALL: &str = "g";

/// Those from a phone that are held because a claim is for another amount.
pub(crate) async fn differing_from(
    db: &mut Db,
    store: &str,
    phone: &Phone,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM payment_transfers WHERE store = $1 AND phone = $2 AND state = 'held' \
         AND reason = 'amount_differs' ORDER BY happened_at, operator_id",
    )
    .bind(store)
    .bind(phone.e164())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The transfer that a message made.
pub(crate) async fn of_message(db: &mut Db, message: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT t.id FROM payment_messages m JOIN payment_transfers t ON t.store = m.store AND t.message = m.id \
         AND (t.operator_id = m.operator_id OR t.phone = m.phone) WHERE m.id = $1",
    )
        .bind(message)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Whether such money (from the same phone, or without one in the same wallet) was credited to a client before.
pub(crate) async fn has_paid(
    db: &mut Db,
    transfer: &Transfer,
    site: &str,
    client: i64,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT t.id FROM payment_transfers t JOIN payment_claims c ON c.id = t.claim \
         WHERE t.store = $1 AND t.client = $2 AND c.site = $3 AND t.state IN ('credited', 'observed') \
         AND (t.phone = $4 OR (t.phone IS NULL AND t.wallet = $5)) LIMIT 1",
    )
    .bind(&transfer.store)
    .bind(client)
    .bind(site)
    .bind(transfer.phone.as_ref().map(|phone| phone.e164().to_owned()).unwrap_or_default())
    .bind(if transfer.phone.is_none() { transfer.wallet.as_str() } else { "" })
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// What was given to a client since a time, this transfer not counted.
pub(crate) async fn paid_by_client(
    db: &mut Db,
    transfer: &Transfer,
    site: &str,
    client: i64,
    since: i64,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) FROM payment_transfers t \
         JOIN payment_claims c ON c.id = t.claim WHERE t.store = $1 AND t.client = $2 AND c.site = $3 \
         AND t.happened_at >= $4 AND t.id <> $5 AND t.state IN ('matched', 'blocked', 'review', 'credited', 'observed')",
    )
    .bind(&transfer.store)
    .bind(client)
    .bind(site)
    .bind(since)
    .bind(&transfer.id)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
}

/// What was given to anybody from this transfer's phone since a time, itself not counted.
pub(crate) async fn paid_by_phone(
    db: &mut Db,
    transfer: &Transfer,
    since: i64,
) -> Result<i64, StoreError> {
    let Some(phone) = &transfer.phone else {
        return Ok(0);
    };
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payment_transfers \
         WHERE store = $1 AND phone = $2 AND happened_at >= $3 AND id <> $4 \
         AND state IN ('matched', 'blocked', 'review', 'credited', 'observed')",
    )
    .bind(&transfer.store)
    .bind(phone.e164())
    .bind(since)
    .bind(&transfer.id)
    .fetch_one(db)
    .await?;
    Ok(row.try_get(0)?)
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
