//! Writing what operators set up.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Column as _, Row as _};
use wharf_core::{Currency, Phone};
use wharf_store::StoreError;

use super::Db;
use crate::rates::Rate;
use crate::settings::{Caution, name_of};
use crate::setup::{DeviceSetup, Over, StoreSetup, WalletSetup};

/// `false`: one of that id stands already, where none must.
pub(crate) async fn put_store(
    db: &mut Db,
    store: &StoreSetup,
    caution: &Caution,
    now: i64,
    over: Over,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_stores (id, site, name, currency_label, quote_minutes, claim_hours, check_answers, \
         repeat_success, settle_after_seconds, enabled, turn, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11) ON CONFLICT (id) DO UPDATE SET \
         site = excluded.site, name = excluded.name, currency_label = excluded.currency_label, \
         quote_minutes = excluded.quote_minutes, claim_hours = excluded.claim_hours, \
         check_answers = excluded.check_answers, repeat_success = excluded.repeat_success, \
         settle_after_seconds = excluded.settle_after_seconds, enabled = excluded.enabled, \
         updated_at = excluded.updated_at WHERE $12 = 1",
    )
    .bind(&store.id)
    .bind(&store.site)
    .bind(&store.name)
    .bind(&store.currency_label)
    .bind(i64::from(store.quote_minutes))
    .bind(i64::from(store.claim_hours))
    .bind(store.check_answers.as_str())
    .bind(i64::from(store.repeat_success))
    .bind(i64::from(store.settle_after_seconds))
    .bind(i64::from(store.enabled))
    .bind(now)
    .bind(replaces(over))
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    put_caution(db, &store.id, caution).await?;
    Ok(true)
}

async fn put_caution(db: &mut Db, store: &str, caution: &Caution) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_stores SET country = $1, mode = $2, booking = $3, booking_gateway = $4, hold = $5, \
         hold_above = $6, hold_days = $7, second_person_above = $8, phone_binding = $9, phones_per_client = $10, \
         clients_per_phone = $11, balance_check = $12, unseeded_above = $13, ceiling_transfer = $14, \
         ceiling_client_day = $15, ceiling_phone_day = $16, stale_hours = $17, unsigned_checks = $18, \
         check_sources = $19, check_key_hash = $20, misses_client = $21, misses_client_day = $22, \
         misses_phone = $23, misses_source = $24, currency = $25, ceiling_wallet_day = $26, \
         ceiling_wallet_month = $27 WHERE id = $28",
    )
    .bind(caution.country.code())
    .bind(name_of(caution.mode))
    .bind(name_of(caution.booking))
    .bind(&caution.booking_gateway)
    .bind(name_of(caution.hold))
    .bind(caution.hold_above)
    .bind(caution.hold_days)
    .bind(caution.second_person_above)
    .bind(name_of(caution.phone_binding))
    .bind(caution.phones_per_client)
    .bind(caution.clients_per_phone)
    .bind(i64::from(caution.balance_check))
    .bind(caution.unseeded_above)
    .bind(caution.ceiling_transfer)
    .bind(caution.ceiling_client_day)
    .bind(caution.ceiling_phone_day)
    .bind(caution.stale_ms / HOUR)
    .bind(i64::from(caution.unsigned_checks))
    .bind(&caution.check_sources)
    .bind(&caution.check_key_hash)
    .bind(caution.misses_client)
    .bind(caution.misses_client_day)
    .bind(caution.misses_phone)
    .bind(caution.misses_source)
    .bind(caution.currency.as_str())
    .bind(caution.ceiling_wallet_day)
    .bind(caution.ceiling_wallet_month)
    .bind(store)
    .execute(db)
    .await?;
    Ok(())
}

/// A rate that is in force already is not written again; says whether it was written.
pub(crate) async fn put_rate(
    db: &mut Db,
    store: &str,
    currency: Currency,
    rate: Rate,
    now: i64,
) -> Result<bool, StoreError> {
    if super::stores::rate_set_at(db, store, currency, now).await? == Some(rate) {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO payment_rates (store, currency, since, rate) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (store, currency, since) DO UPDATE SET rate = excluded.rate",
    )
    .bind(store)
    .bind(currency.as_str())
    .bind(now)
    .bind(rate.to_string())
    .execute(db)
    .await?;
    Ok(true)
}

/// Says whether there was one.
pub(crate) async fn remove_rate(
    db: &mut Db,
    store: &str,
    currency: &str,
) -> Result<bool, StoreError> {
    let removed = sqlx::query("DELETE FROM payment_rates WHERE store = $1 AND currency = $2")
        .bind(store)
        .bind(currency)
        .execute(db)
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// As [`put_store`].
pub(crate) async fn put_wallet(
    db: &mut Db,
    wallet: &WalletSetup,
    number: &Phone,
    now: i64,
    over: Over,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_wallets (id, store, operator, number, enabled, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET store = excluded.store, \
         operator = excluded.operator, number = excluded.number, enabled = excluded.enabled, \
         updated_at = excluded.updated_at WHERE $7 = 1",
    )
    .bind(&wallet.id)
    .bind(&wallet.store)
    .bind(&wallet.operator)
    .bind(number.e164())
    .bind(i64::from(wallet.enabled))
    .bind(now)
    .bind(replaces(over))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// As [`put_store`].
pub(crate) async fn put_device(
    db: &mut Db,
    device: &DeviceSetup,
    token_hash: &str,
    now: i64,
    over: Over,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_devices (id, store, token_hash, format, heartbeat_minutes, sources, seen_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (id) DO UPDATE SET store = excluded.store, \
         token_hash = excluded.token_hash, format = excluded.format, heartbeat_minutes = excluded.heartbeat_minutes, \
         sources = excluded.sources, updated_at = excluded.updated_at WHERE $8 = 1",
    )
    .bind(&device.id)
    .bind(&device.store)
    .bind(token_hash)
    .bind(&device.format)
    .bind(device.heartbeat_minutes.map_or(-1, i64::from))
    .bind(device.sources.join(" "))
    .bind(now)
    .bind(replaces(over))
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM payment_device_wallets WHERE device = $1")
        .bind(&device.id)
        .execute(&mut *db)
        .await?;
    for wallet in &device.wallets {
        sqlx::query("INSERT INTO payment_device_wallets (device, wallet) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&device.id)
            .bind(wallet)
            .execute(&mut *db)
            .await?;
    }
    sqlx::query("DELETE FROM payment_device_sims WHERE device = $1")
        .bind(&device.id)
        .execute(&mut *db)
        .await?;
    for (sim, wallet) in device.cards() {
        sqlx::query("INSERT INTO payment_device_sims (device, sim, wallet) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(&device.id)
            .bind(sim)
            .bind(wallet)
            .execute(&mut *db)
            .await?;
    }
    Ok(true)
}

fn replaces(over: Over) -> i64 {
    i64::from(over != Over::Nothing)
}

/// The operator of each wallet.
pub(crate) async fn operators(db: &mut Db) -> Result<BTreeMap<String, String>, StoreError> {
    let rows = sqlx::query("SELECT id, operator FROM payment_wallets")
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// What a row says, but for what changes by itself. `table` is one of ours, never a text from outside.
pub(crate) async fn columns(
    db: &mut Db,
    table: &'static str,
    id: &str,
) -> Result<BTreeMap<String, String>, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT * FROM {table} WHERE id = $1"
    )))
    .bind(id)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(BTreeMap::new());
    };
    let said = row
        .columns()
        .iter()
        .map(|column| column.name())
        .filter(|name| !BY_THEMSELVES.contains(name));
    Ok(said
        .map(|name| {
            let value = row
                .try_get::<String, _>(name)
                .or_else(|_| row.try_get::<i64, _>(name).map(|number| number.to_string()));
            (name.to_owned(), value.unwrap_or_default())
        })
        .collect())
}

/// `table` is one of ours, never a text from outside.
pub(crate) async fn exists(db: &mut Db, table: &'static str, id: &str) -> Result<bool, StoreError> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT COUNT(*) FROM {table} WHERE id = $1"
    )))
    .bind(id)
    .fetch_one(db)
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Whether anybody of its site's clients has claimed or was quoted anything.
pub(crate) async fn has_claims(db: &mut Db, store: &str) -> Result<bool, StoreError> {
    let found = sqlx::query(
        "SELECT 1 FROM payment_claims WHERE store = $1 UNION ALL SELECT 1 FROM payment_quotes WHERE store = $1 LIMIT 1",
    )
    .bind(store)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

const HOUR: i64 = 3_600_000;
/// Columns that nobody sets up.
const BY_THEMSELVES: [&str; 11] = [
    "id",
    "turn",
    "updated_at",
    "seen_at",
    "beat_at",
    "message_at",
    "battery",
    "charging",
    "refused_at",
    "refused_why",
    "refused_since",
];
