//! Forwarder phones: what they are set up with, and what is known about their state.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_core::Network;
use wharf_store::StoreError;

use super::{Db, unreadable};

#[derive(Clone, Debug)]
pub(crate) struct DeviceRow {
    pub id: String,
    pub store: String,
    pub format: String,
    /// Where it may deliver from; empty: anywhere.
    pub sources: Vec<Network>,
    pub heartbeat_minutes: i64,
    /// The last sign of life of any kind, the last heartbeat, the last message; 0: never.
    pub seen_at: i64,
    pub beat_at: i64,
    pub message_at: i64,
    pub battery: Option<i64>,
    pub charging: Option<bool>,
    /// Of the refusals since an accepted delivery: the first; 0: there is none.
    pub refused_since: i64,
    /// The last delivery that was turned away, and why.
    pub refused_at: i64,
    pub refused_why: Option<String>,
}

/// Signs of life.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub at: i64,
    pub beat: bool,
    pub message: bool,
    /// It ends what was said of refused deliveries.
    pub accepted: bool,
    /// Something came that nobody can read.
    pub unreadable: bool,
    pub battery: Option<i64>,
    pub charging: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) struct AlarmRow {
    pub device: String,
    pub kind: String,
    pub since: i64,
}

impl DeviceRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let sources: String = row.try_get("sources")?;
        let charging: Option<i64> = row.try_get("charging")?;
        Ok(Self {
            id: row.try_get("id")?,
            store: row.try_get("store")?,
            format: row.try_get("format")?,
            sources: sources
                .split_whitespace()
                .map(|network| {
                    network
                        .parse()
                        .map_err(|_| unreadable("a device's sources"))
                })
                .collect::<Result<_, _>>()?,
            heartbeat_minutes: row.try_get("heartbeat_minutes")?,
            seen_at: row.try_get("seen_at")?,
            beat_at: row.try_get("beat_at")?,
            message_at: row.try_get("message_at")?,
            battery: row.try_get("battery")?,
            charging: charging.map(|charging| charging != 0),
            refused_since: row.try_get("refused_since")?,
            refused_at: row.try_get("refused_at")?,
            refused_why: row.try_get("refused_why")?,
        })
    }
}

pub(crate) async fn by_token(
    db: &mut Db,
    token_hash: &str,
) -> Result<Option<DeviceRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_devices WHERE token_hash = $1")
        .bind(token_hash)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(DeviceRow::read).transpose()
}

pub(crate) async fn by_id(db: &mut Db, id: &str) -> Result<Option<DeviceRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM payment_devices WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(DeviceRow::read).transpose()
}

/// The digest of a device's token.
pub(crate) async fn token_hash(db: &mut Db, id: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT token_hash FROM payment_devices WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(crate) async fn all(db: &mut Db) -> Result<Vec<DeviceRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM payment_devices ORDER BY store, id")
        .fetch_all(db)
        .await?;
    rows.iter().map(DeviceRow::read).collect()
}

pub(crate) async fn of_store(db: &mut Db, store: &str) -> Result<Vec<DeviceRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM payment_devices WHERE store = $1 ORDER BY id")
        .bind(store)
        .fetch_all(db)
        .await?;
    rows.iter().map(DeviceRow::read).collect()
}

pub(crate) async fn seen(db: &mut Db, device: &str, seen: &Seen) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_devices SET seen_at = $1, \
         beat_at = CASE WHEN $2 = 1 THEN $1 ELSE beat_at END, \
         message_at = CASE WHEN $3 = 1 THEN $1 ELSE message_at END, \
         battery = COALESCE($4, battery), charging = COALESCE($5, charging), \
         refused_since = CASE WHEN $6 = 1 THEN 0 ELSE refused_since END WHERE id = $7",
    )
    .bind(seen.at)
    .bind(i64::from(seen.beat))
    .bind(i64::from(seen.message))
    .bind(seen.battery)
    .bind(seen.charging.map(i64::from))
    .bind(i64::from(seen.accepted))
    .bind(device)
    .execute(db)
    .await?;
    Ok(())
}

/// What was wrong with the last delivery that was turned away.
pub(crate) async fn refused(
    db: &mut Db,
    device: &str,
    now: i64,
    why: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE payment_devices SET refused_at = $1, refused_why = $2, \
         refused_since = CASE WHEN refused_since = 0 THEN $1 ELSE refused_since END WHERE id = $3",
    )
    .bind(now)
    .bind(why)
    .bind(device)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a signature came with this content. `false`: it came before with another one.
pub(crate) async fn first_use(
    db: &mut Db,
    device: &str,
    signature: &str,
    content: &str,
    until: i64,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "INSERT INTO payment_intake_signatures (device, signature, content, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device, signature) DO UPDATE SET until = payment_intake_signatures.until RETURNING content",
    )
    .bind(device)
    .bind(signature)
    .bind(content)
    .bind(until)
    .fetch_one(db)
    .await?;
    Ok(row.try_get::<String, _>(0)? == content)
}

/// Forgets signatures that are too old to come again.
pub(crate) async fn forget_signatures(db: &mut Db, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM payment_intake_signatures WHERE until < $1")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// The SIM cards of a phone that are set up, each with the id of a wallet.
pub(crate) async fn sims(db: &mut Db, device: &str) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT sim, wallet FROM payment_device_sims WHERE device = $1 ORDER BY sim, wallet",
    )
    .bind(device)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Every device with one of its wallets, for all that are enabled.
pub(crate) async fn served_wallets(
    db: &mut Db,
    store: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.id, d.device FROM payment_wallets w JOIN payment_device_wallets d ON d.wallet = w.id \
         WHERE w.store = $1 AND w.enabled = 1 ORDER BY w.id, d.device",
    )
    .bind(store)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

pub(crate) async fn wallets_of(db: &mut Db, device: &str) -> Result<Vec<String>, StoreError> {
    let rows =
        sqlx::query("SELECT wallet FROM payment_device_wallets WHERE device = $1 ORDER BY wallet")
            .bind(device)
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(crate) async fn alarms(db: &mut Db) -> Result<Vec<AlarmRow>, StoreError> {
    let rows =
        sqlx::query("SELECT device, kind, since FROM payment_device_alarms ORDER BY device, kind")
            .fetch_all(db)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(AlarmRow {
                device: row.try_get("device")?,
                kind: row.try_get("kind")?,
                since: row.try_get("since")?,
            })
        })
        .collect()
}

/// `false`: it is raised already.
pub(crate) async fn raise(
    db: &mut Db,
    device: &str,
    kind: &str,
    since: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO payment_device_alarms (device, kind, since) VALUES ($1, $2, $3) ON CONFLICT (device, kind) DO NOTHING",
    )
    .bind(device)
    .bind(kind)
    .bind(since)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: it was not raised.
pub(crate) async fn clear(db: &mut Db, device: &str, kind: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM payment_device_alarms WHERE device = $1 AND kind = $2")
        .bind(device)
        .bind(kind)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a device away; the messages that it delivered stay.
pub(crate) async fn remove(db: &mut Db, id: &str) -> Result<bool, StoreError> {
    for statement in [
        "DELETE FROM payment_device_wallets WHERE device = $1",
        "DELETE FROM payment_device_sims WHERE device = $1",
        "DELETE FROM payment_device_alarms WHERE device = $1",
        "DELETE FROM payment_intake_signatures WHERE device = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *db).await?;
    }
    let done = sqlx::query("DELETE FROM payment_devices WHERE id = $1")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a device another address; the old one is unknown from then on.
pub(crate) async fn rotate(
    db: &mut Db,
    id: &str,
    token_hash: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE payment_devices SET token_hash = $1, updated_at = $2 WHERE id = $3")
            .bind(token_hash)
            .bind(now)
            .bind(id)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}
