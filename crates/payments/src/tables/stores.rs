//! Stores, their wallets, rates and phones.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use super::{Answers, Db, phone, unreadable};
use crate::rates::Rate;

#[derive(Clone, Debug)]
pub(crate) struct StoreRow {
    pub id: String,
    pub site: String,
    pub currency_label: String,
    pub quote_ms: i64,
    pub claim_ms: i64,
    pub answers: Answers,
    pub repeat_success: bool,
    pub settle_after_seconds: i64,
    pub enabled: bool,
}

impl StoreRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let answers: String = row.try_get("check_answers")?;
        Ok(Self {
            id: row.try_get("id")?,
            site: row.try_get("site")?,
            currency_label: row.try_get("currency_label")?,
            quote_ms: row.try_get::<i64, _>("quote_minutes")? * 60_000,
            claim_ms: row.try_get::<i64, _>("claim_hours")? * 3_600_000,
            answers: if answers == Answers::WhenCovered.as_str() {
                Answers::WhenCovered
            } else {
                Answers::CreditOnly
            },
            repeat_success: row.try_get::<i64, _>("repeat_success")? != 0,
            settle_after_seconds: row.try_get("settle_after_seconds")?,
            enabled: row.try_get::<i64, _>("enabled")? != 0,
        })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct WalletRow {
    pub id: String,
    pub operator: String,
    pub number: Phone,
}

/// The enabled store of that id.
pub(crate) async fn by_id(pool: &AnyPool, id: &str) -> Result<Option<StoreRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_stores WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    let store = row.as_ref().map(StoreRow::read).transpose()?;
    Ok(store.filter(|store| store.enabled))
}

/// As [`by_id`], switched-off stores included, in a transaction.
pub(crate) async fn by_id_in(db: &mut Db, id: &str) -> Result<Option<StoreRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_stores WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(StoreRow::read).transpose()
}

/// The enabled stores of a site.
pub(crate) async fn of_site(pool: &AnyPool, site: &str) -> Result<Vec<StoreRow>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM payment_stores WHERE site = $1 AND enabled = 1 ORDER BY id")
            .bind(site)
            .fetch_all(pool)
            .await?;
    rows.iter().map(StoreRow::read).collect()
}

/// Waits for this store's turn: from here to the end of the transaction nobody else matches for it.
pub(crate) async fn take_turn(db: &mut Db, store: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_stores SET turn = turn + 1 WHERE id = $1")
        .bind(store)
        .execute(db)
        .await?;
    Ok(())
}

/// The rate in force at a time; the first one ever for times before it.
pub(crate) async fn rate_at(
    db: &mut Db,
    store: &str,
    currency: Currency,
    at: i64,
) -> Result<Option<Rate>, StoreError> {
    if currency == Currency::EGP {
        return Ok(Some(Rate::ONE));
    }
    let before = sqlx::query(
        "SELECT rate FROM payment_rates WHERE store = $1 AND currency = $2 AND since <= $3 ORDER BY since DESC LIMIT 1",
    )
    .bind(store)
    .bind(currency.as_str())
    .bind(at)
    .fetch_optional(&mut *db)
    .await?;
    let row = match before {
        Some(row) => Some(row),
        None => {
            sqlx::query("SELECT rate FROM payment_rates WHERE store = $1 AND currency = $2 ORDER BY since LIMIT 1")
                .bind(store)
                .bind(currency.as_str())
                .fetch_optional(&mut *db)
                .await?
        }
    };
    row.map(|row| {
        row.try_get::<String, _>(0)?
            .parse()
            .map_err(|_| unreadable("a rate"))
    })
    .transpose()
}

/// The currencies that have a rate.
pub(crate) async fn currencies(pool: &AnyPool, store: &str) -> Result<Vec<Currency>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT currency FROM payment_rates WHERE store = $1 ORDER BY currency",
    )
    .bind(store)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            row.try_get::<String, _>(0)?
                .parse()
                .map_err(|_| unreadable("a currency"))
        })
        .collect()
}

/// The store's wallets that receive money, by id.
pub(crate) async fn wallets(pool: &AnyPool, store: &str) -> Result<Vec<WalletRow>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM payment_wallets WHERE store = $1 AND enabled = 1 ORDER BY id")
            .bind(store)
            .fetch_all(pool)
            .await?;
    rows.iter().map(read_wallet).collect()
}

/// The wallets whose messages a phone gets, switched-off ones included: their money is money too.
pub(crate) async fn device_wallets(
    db: &mut Db,
    device: &str,
) -> Result<Vec<WalletRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.* FROM payment_wallets w JOIN payment_device_wallets d ON d.wallet = w.id \
         WHERE d.device = $1 ORDER BY w.id",
    )
    .bind(device)
    .fetch_all(db)
    .await?;
    rows.iter().map(read_wallet).collect()
}

fn read_wallet(row: &AnyRow) -> Result<WalletRow, StoreError> {
    Ok(WalletRow {
        id: row.try_get("id")?,
        operator: row.try_get("operator")?,
        number: phone(row, "number")?.ok_or_else(|| unreadable("a wallet"))?,
    })
}
