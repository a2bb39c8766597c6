//! What transfers became in WHMCS.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::{Currency, Money};
use wharf_store::StoreError;

use super::{Db, currency, unreadable};

/// One transfer's credit, or its being taken away again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreditRow {
    pub transfer: String,
    pub direction: Direction,
    pub store: String,
    pub site: String,
    pub wallet: String,
    pub operator_id: String,
    pub client: i64,
    /// `None` only where what is observed has no rate.
    pub currency: Option<Currency>,
    pub amount: Option<i64>,
    /// The text that finds it in WHMCS.
    pub token: String,
    pub way: String,
    pub state: CreditState,
    pub whmcs_row: Option<i64>,
    /// The client's balance after it, where WHMCS told it.
    pub balance: Option<i64>,
    pub note: Option<String>,
    pub ended_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Add,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreditState {
    /// WHMCS has it, or has taken it away.
    Credited,
    /// Would have been credited.
    Observed,
    Blocked,
    Review,
    /// A person found that it is not booked, and wants it booked; or not taken away.
    Judged,
    /// A person has said that it is to be taken away.
    Asked,
    /// A person has said that it is left, though it was to be taken away.
    Left,
}

impl Direction {
    fn read(text: &str) -> Self {
        if text == Self::Remove.as_str() {
            Self::Remove
        } else {
            Self::Add
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

impl CreditState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::Observed => "observed",
            Self::Blocked => "blocked",
            Self::Review => "review",
            Self::Judged => "judged",
            Self::Asked => "asked",
            Self::Left => "left",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        [
            Self::Credited,
            Self::Observed,
            Self::Blocked,
            Self::Review,
            Self::Judged,
            Self::Asked,
            Self::Left,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| unreadable("a credit's state"))
    }
}

impl CreditRow {
    pub(crate) fn money(&self) -> Option<Money> {
        Some(Money::new(self.amount?, self.currency?))
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            transfer: row.try_get("transfer")?,
            direction: Direction::read(row.try_get("direction")?),
            store: row.try_get("store")?,
            site: row.try_get("site")?,
            wallet: row.try_get("wallet")?,
            operator_id: row.try_get("operator_id")?,
            client: row.try_get("client")?,
            currency: currency(row, "currency")?,
            amount: row.try_get("amount")?,
            token: row.try_get("token")?,
            way: row.try_get("way")?,
            state: CreditState::read(row.try_get("state")?)?,
            whmcs_row: row.try_get("whmcs_row")?,
            balance: row.try_get("balance")?,
            note: row.try_get("note")?,
            ended_at: row.try_get("ended_at")?,
        })
    }
}

/// Writes how it stands. What is credited stays as it is.
pub(crate) async fn put(db: &mut Db, credit: &CreditRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payment_credits (transfer, direction, store, site, wallet, operator_id, client, currency, \
         amount, token, way, state, whmcs_row, balance, note, ended_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0) \
         ON CONFLICT (transfer, direction) DO UPDATE SET client = excluded.client, site = excluded.site, \
         currency = excluded.currency, amount = excluded.amount, way = excluded.way, state = excluded.state, \
         whmcs_row = excluded.whmcs_row, balance = excluded.balance, note = excluded.note, \
         ended_at = excluded.ended_at WHERE payment_credits.state <> 'credited'",
    )
    .bind(&credit.transfer)
    .bind(credit.direction.as_str())
    .bind(&credit.store)
    .bind(&credit.site)
    .bind(&credit.wallet)
    .bind(&credit.operator_id)
    .bind(credit.client)
    .bind(credit.currency.map(|currency| currency.as_str().to_owned()))
    .bind(credit.amount)
    .bind(&credit.token)
    .bind(&credit.way)
    .bind(credit.state.as_str())
    .bind(credit.whmcs_row)
    .bind(credit.balance)
    .bind(&credit.note)
    .bind(credit.ended_at)
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn of_transfer(
    db: &mut Db,
    transfer: &str,
    direction: Direction,
) -> Result<Option<CreditRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_credits WHERE transfer = $1 AND direction = $2")
        .bind(transfer)
        .bind(direction.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(CreditRow::read).transpose()
}

/// What has not come to its end, by transfer.
pub(crate) async fn open(db: &mut Db) -> Result<Vec<(String, Direction)>, StoreError> {
    let rows = sqlx::query(
        "SELECT transfer, direction FROM payment_credits WHERE state NOT IN ('credited', 'observed') AND state <> 'left'",
    )
    .fetch_all(db)
    .await?;
    let read = |row: &AnyRow| {
        let direction = Direction::read(row.try_get("direction")?);
        Ok((row.try_get("transfer")?, direction))
    };
    rows.iter().map(read).collect()
}

/// A client with credits of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub site: String,
    pub client: i64,
    pub currency: Currency,
}

/// The clients for whom WHMCS was asked for a credit since a time, whatever came of it; who was compared longest ago comes
/// first.
pub(crate) async fn clients_since(
    db: &mut Db,
    store: Option<&str>,
    since: i64,
) -> Result<Vec<Client>, StoreError> {
    let rows = sqlx::query(
        "SELECT site, client, currency, MIN(seen_at) AS seen FROM payment_credits WHERE ended_at >= $1 \
         AND state <> 'observed' AND ($2 = '' OR store = $2) AND currency IS NOT NULL \
         GROUP BY site, client, currency ORDER BY seen, site, client",
    )
    .bind(since)
    .bind(store.unwrap_or_default())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Client {
                site: row.try_get("site")?,
                client: row.try_get("client")?,
                currency: currency(row, "currency")?.ok_or_else(|| unreadable("a credit"))?,
            })
        })
        .collect()
}

/// All that a client was ever credited.
pub(crate) async fn of_client(
    db: &mut Db,
    site: &str,
    client: i64,
) -> Result<Vec<CreditRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM payment_credits WHERE site = $1 AND client = $2 AND state = 'credited' ORDER BY transfer, direction",
    )
    .bind(site)
    .bind(client)
    .fetch_all(db)
    .await?;
    rows.iter().map(CreditRow::read).collect()
}

/// The operators' numbers of a client's transfers whose credit has not come to its end.
pub(crate) async fn numbers_on_their_way(
    db: &mut Db,
    client: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT operator_id FROM payment_transfers WHERE client = $1 AND state IN ('matched', 'blocked', 'review')",
    )
    .bind(client)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The same of credits that are to be taken back.
pub(crate) async fn removals_on_their_way(
    db: &mut Db,
    site: &str,
    client: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT operator_id FROM payment_credits WHERE site = $1 AND client = $2 AND direction = 'remove' \
         AND state <> 'credited'",
    )
    .bind(site)
    .bind(client)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// WHMCS has it, as it should.
pub(crate) async fn seen(db: &mut Db, transfer: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE payment_credits SET seen_at = $1 WHERE transfer = $2")
        .bind(now)
        .bind(transfer)
        .execute(db)
        .await?;
    Ok(())
}
