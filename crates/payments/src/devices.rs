//! The phones that forward messages: whether they are alive, what is wrong with them, and how their apps are
//! set up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use wharf_core::Secret;
use wharf_store::StoreError;

use crate::Payments;
use crate::intake::format::{self, KeyRule};
use crate::keys;
use crate::sayings::said;
use crate::tables::devices::{self, AlarmRow, DeviceRow};
use crate::tables::{Db, audit, gaps};
use crate::texts::Language;

/// A forwarder phone as people see it. Times are epoch milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceView {
    pub id: String,
    pub store: String,
    pub format: String,
    pub wallets: Vec<String>,
    /// SIM cards that are told apart, each with its wallets.
    pub sims: BTreeMap<String, Vec<String>>,
    pub sources: Vec<String>,
    /// How often a sign of life is due; `None`: it is not watched.
    pub heartbeat_minutes: Option<i64>,
    /// What was said about it, if anything; 0: never.
    pub set_heartbeat: Option<i64>,
    /// The last sign of life; `None`: never.
    pub seen_at: Option<i64>,
    pub beat_at: Option<i64>,
    pub message_at: Option<i64>,
    /// Percent.
    pub battery: Option<i64>,
    pub charging: Option<bool>,
    /// Since when all deliveries are turned away; `None`: they are not.
    pub refused_since: Option<i64>,
    /// The last delivery that was turned away, and why.
    pub refused_at: Option<i64>,
    pub refused_why: Option<String>,
    /// ok | new | silent | quiet | unheard | refused | unreadable | battery: the worst of what is the matter.
    pub state: &'static str,
    pub alarms: Vec<AlarmView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlarmView {
    /// silent | refused | unreadable | battery
    pub kind: String,
    pub since: i64,
}

/// A forwarder app whose messages are understood.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FormatView {
    pub name: &'static str,
    pub title: &'static str,
    /// Whether a signing key must, can or cannot be set up.
    pub key: &'static str,
    /// At least so many characters.
    pub key_length: usize,
    /// What to enter in the app; `{url}` stands for the device's address.
    pub steps: &'static [&'static str],
}

/// The formats that devices can be set up with.
pub fn formats() -> impl Iterator<Item = FormatView> {
    format::ALL.into_iter().map(|format| {
        let (key, key_length) = match format.key() {
            KeyRule::Required(shortest) => ("required", shortest),
            KeyRule::Optional => ("optional", 0),
            KeyRule::None => ("none", 0),
        };
        FormatView {
            name: format.name(),
            title: format.title(),
            key,
            key_length,
            steps: format.steps(),
        }
    })
}

impl FormatView {
    /// What to enter in the app of a device with this address.
    pub fn steps_for(&self, url: &str, language: Language) -> Vec<String> {
        self.steps
            .iter()
            .map(|step| said(language, step).replace("{url}", url))
            .collect()
    }
}

impl Payments {
    /// All forwarder phones, by store and id.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let alarms = devices::alarms(&mut db).await?;
        let now = self.store.clock().now_ms();
        let mut views = Vec::new();
        for device in devices::all(&mut db).await? {
            views.push(view(&mut db, device, &alarms, now).await?);
        }
        Ok(views)
    }

    /// Whether messages of one of the store's wallets come late: all phones that forward them are silent, or the
    /// balances of the last day say that some are missing.
    pub async fn is_forwarding_delayed(&self, store: &str) -> Result<bool, StoreError> {
        let now = self.store.clock().now_ms();
        let mut db = self.store.pool().acquire().await?;
        if gaps::any_since(&mut db, store, now - A_DAY).await? {
            return Ok(true);
        }
        let phones = devices::of_store(&mut db, store).await?;
        let silent = |id: &str| {
            let phone = phones.iter().find(|phone| phone.id == id);
            phone.is_some_and(|phone| is_silent(phone, now, self.opened_at))
        };
        if !phones.iter().any(|phone| silent(&phone.id)) {
            return Ok(false);
        }
        let mut by_wallet: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (wallet, phone) in devices::served_wallets(&mut db, store).await? {
            by_wallet.entry(wallet).or_default().push(phone);
        }
        Ok(by_wallet
            .values()
            .any(|phones| phones.iter().all(|phone| silent(phone))))
    }

    /// Looks after the phones for ever.
    pub async fn watch_devices(&self) {
        loop {
            if let Err(error) = self.look_at_devices().await {
                tracing::warn!(%error, "the phones could not be looked at");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Raises and clears alarms. Several nodes may do it at once: each alarm is raised by one of them.
    pub async fn look_at_devices(&self) -> Result<(), StoreError> {
        let clock = self.store.clock();
        let now = clock.now_ms();
        let mut tx = self.store.begin().await?;
        let raised = devices::alarms(&mut tx).await?;
        for device in devices::all(&mut tx).await? {
            let subject = format!("device/{}", device.id);
            for alarm in Alarm::ALL {
                let kind = alarm.as_str();
                let mut raised = raised.iter();
                let since = raised.find(|one| one.device == device.id && one.kind == kind);
                let since = since.map(|one| one.since);
                let standing = alarm.stands(&device, since, now, self.opened_at);
                metrics::gauge!("wharf_device_alarm", "device" => device.id.clone(), "kind" => kind)
                    .set(if standing == Some(true) { 1.0 } else { 0.0 });
                let changed = match standing {
                    Some(true) => devices::raise(&mut tx, &device.id, kind, now).await?,
                    Some(false) => devices::clear(&mut tx, &device.id, kind).await?,
                    None => false,
                };
                if !changed {
                    continue;
                }
                let event = if standing == Some(true) {
                    tracing::error!(device = %device.id, store = %device.store, alarm = kind, why = %alarm.in_words(&device, now), "a forwarder phone needs attention");
                    "alarm"
                } else {
                    tracing::info!(device = %device.id, store = %device.store, alarm = kind, "a forwarder phone is well again");
                    "alarm_over"
                };
                let detail = format!("{kind}: {}", alarm.in_words(&device, now));
                audit::note(&mut tx, clock, &device.store, &subject, event, &detail).await?;
            }
            if device.seen_at > 0 {
                metrics::gauge!("wharf_device_seen_seconds_ago", "device" => device.id.clone())
                    .set(seconds(now - device.seen_at));
            }
            if let Some(battery) = device.battery {
                let percent = u32::try_from(battery).unwrap_or_default();
                metrics::gauge!("wharf_device_battery_percent", "device" => device.id.clone())
                    .set(f64::from(percent));
            }
        }
        for broken in gaps::of_wallets(&mut tx).await? {
            let gaps = u32::try_from(broken.gaps).unwrap_or(u32::MAX);
            metrics::gauge!("wharf_wallet_gaps", "wallet" => broken.wallet).set(f64::from(gaps));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Raises the alarm about a delivery that was kept but that nobody can read. The next message that can be read
    /// ends it.
    pub(crate) async fn alarm_unreadable(
        &self,
        device: &DeviceRow,
        now: i64,
    ) -> Result<(), StoreError> {
        let (alarm, clock) = (Alarm::Unreadable, self.store.clock());
        let kind = alarm.as_str();
        let mut tx = self.store.begin().await?;
        let known = devices::clear(&mut tx, &device.id, kind).await?;
        let raised = devices::raise(&mut tx, &device.id, kind, now).await?;
        if raised && !known {
            let why = alarm.in_words(device, now);
            tracing::error!(device = %device.id, store = %device.store, alarm = kind, %why, "a forwarder phone needs attention");
            let (subject, detail) = (format!("device/{}", device.id), format!("{kind}: {why}"));
            audit::note(&mut tx, clock, &device.store, &subject, "alarm", &detail).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Gives a device a new address, and nobody the old one any more. `None`: there is no such device. `actor` stands in the audit log.
    pub async fn rotate_device(&self, id: &str, actor: &str) -> Result<Option<Secret>, StoreError> {
        let token = keys::new_token()?;
        let (clock, hash) = (self.store.clock(), keys::token_hash(token.expose()));
        let mut tx = self.store.begin().await?;
        let Some(device) = devices::by_id(&mut tx, id).await? else {
            return Ok(None);
        };
        devices::rotate(&mut tx, id, &hash, clock.now_ms()).await?;
        let subject = format!("device/{id}");
        let event = "address_changed";
        audit::note_by(&mut tx, clock, actor, &device.store, &subject, event, "").await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Takes a device away; its messages stay. `false`: there is no such device. `actor` stands in the audit log.
    pub async fn remove_device(&self, id: &str, actor: &str) -> Result<bool, StoreError> {
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        let Some(device) = devices::by_id(&mut tx, id).await? else {
            return Ok(false);
        };
        devices::remove(&mut tx, id).await?;
        let subject = format!("device/{id}");
        audit::note_by(
            &mut tx,
            clock,
            actor,
            &device.store,
            &subject,
            "removed",
            "",
        )
        .await?;
        tx.commit().await?;
        // An empty key opens nothing, should the id ever come again.
        let scope = keys::device_scope(id);
        let none = Secret::new("");
        self.store
            .secrets()
            .put(&scope, keys::SIGNING_KEY, &none)
            .await?;
        Ok(true)
    }
}

/// A new secret for an address or a key.
pub fn new_token() -> Result<Secret, StoreError> {
    keys::new_token()
}

async fn view(
    db: &mut Db,
    device: DeviceRow,
    alarms: &[AlarmRow],
    now: i64,
) -> Result<DeviceView, StoreError> {
    let mut sims: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (sim, wallet) in devices::sims(db, &device.id).await? {
        sims.entry(sim).or_default().push(wallet);
    }
    let mut own: Vec<AlarmView> = alarms
        .iter()
        .filter(|alarm| alarm.device == device.id)
        .map(|alarm| AlarmView {
            kind: alarm.kind.clone(),
            since: alarm.since,
        })
        .collect();
    own.sort_by_key(|alarm| {
        Alarm::ALL
            .iter()
            .position(|kind| kind.as_str() == alarm.kind)
    });
    let refused = device.refused_since > 0;
    // What was delivered or refused a moment ago is told before anybody has looked after the phones.
    own.retain(|alarm| refused || alarm.kind != Alarm::Refused.as_str());
    let raised = Alarm::ALL.into_iter().find(|kind| {
        let is_raised = own.iter().any(|alarm| alarm.kind == kind.as_str());
        is_raised || refused && *kind == Alarm::Refused
    });
    let at = |at: i64| Some(at).filter(|at| *at > 0);
    Ok(DeviceView {
        wallets: devices::wallets_of(db, &device.id).await?,
        sims,
        sources: device.sources.iter().map(ToString::to_string).collect(),
        heartbeat_minutes: due_minutes(&device),
        set_heartbeat: Some(device.heartbeat_minutes).filter(|minutes| *minutes >= 0),
        seen_at: at(device.seen_at),
        beat_at: at(device.beat_at),
        message_at: at(device.message_at),
        battery: device.battery,
        charging: device.charging,
        refused_since: at(device.refused_since),
        refused_at: at(device.refused_at),
        refused_why: device.refused_why.clone(),
        state: match (raised, unheard(&device, now)) {
            // That its battery was low says less than that it is gone.
            (None | Some(Alarm::Battery), Some(UNHEARD)) => UNHEARD,
            (Some(alarm), _) => alarm.as_str(),
            (None, _) if device.seen_at == 0 => "new",
            (None, unheard) => unheard.unwrap_or("ok"),
        },
        alarms: own,
        id: device.id,
        store: device.store,
        format: device.format,
    })
}

/// What can be the matter with a phone, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alarm {
    /// Three signs of life are missing.
    Silent,
    Battery,
    /// What it delivers is turned away: its set-up is wrong, or it is not the phone.
    Refused,
    /// What it delivered last was kept, but nobody can read it.
    Unreadable,
}

impl Alarm {
    const ALL: [Self; 4] = [Self::Silent, Self::Refused, Self::Unreadable, Self::Battery];

    fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Battery => "battery",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether it is so now; it was raised at `since`. `None`: it stays as it was.
    fn stands(
        self,
        device: &DeviceRow,
        since: Option<i64>,
        now: i64,
        opened_at: i64,
    ) -> Option<bool> {
        match self {
            Self::Silent => Some(is_silent(device, now, opened_at)),
            Self::Battery => match (device.battery, device.charging) {
                (_, Some(true)) | (None, _) => Some(false),
                (Some(level), _) if level <= BATTERY_LOW => Some(true),
                (Some(level), _) if level >= BATTERY_WELL => Some(false),
                _ => None,
            },
            Self::Refused => Some(device.refused_since > 0),
            // One that was not there may just be raised.
            Self::Unreadable => since.map(|since| device.message_at <= since),
        }
    }

    fn in_words(self, device: &DeviceRow, now: i64) -> String {
        match self {
            Self::Silent => {
                let minutes = (now - device.seen_at) / 60_000;
                format!("no sign of life for {minutes} minutes")
            }
            Self::Battery => format!("its battery is at {} %", device.battery.unwrap_or_default()),
            Self::Refused => device.refused_why.clone().unwrap_or_default(),
            Self::Unreadable => {
                "a delivery was kept that nobody can read: see the messages without a sender"
                    .to_owned()
            }
        }
    }
}

/// How often a sign of life is due.
fn due_minutes(device: &DeviceRow) -> Option<i64> {
    match device.heartbeat_minutes {
        0 => None,
        minutes if minutes > 0 => Some(minutes),
        // Nothing was said: an app that sent one heartbeat sends more.
        _ => (device.beat_at > 0).then_some(USUAL_MINUTES),
    }
}

/// While this daemon was not there, nobody could be heard.
fn is_silent(device: &DeviceRow, now: i64, opened_at: i64) -> bool {
    let Some(minutes) = due_minutes(device).filter(|_| device.seen_at > 0) else {
        return false;
    };
    now - device.seen_at.max(opened_at) > MISSED * minutes * 60_000
}

/// How a phone is called that sends no heartbeats and was not heard of for long. Nobody can tell it from the phone of a
/// shop where nothing happens: it raises no alarm, and customers are told nothing.
fn unheard(device: &DeviceRow, now: i64) -> Option<&'static str> {
    if device.seen_at == 0 || due_minutes(device).is_some() {
        return None;
    }
    let since = now - device.seen_at;
    if since > THREE_DAYS {
        return Some(UNHEARD);
    }
    (since > A_DAY).then_some(QUIET)
}

fn seconds(ms: i64) -> f64 {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default()).as_secs_f64()
}

const LOOK_EVERY: Duration = Duration::from_secs(30);
/// An older gap says nothing of what is sent now.
const A_DAY: i64 = 24 * 3_600_000;
const THREE_DAYS: i64 = 3 * A_DAY;
const QUIET: &str = "quiet";
const UNHEARD: &str = "unheard";
const USUAL_MINUTES: i64 = 15;
const MISSED: i64 = 3;
/// Percent.
const BATTERY_LOW: i64 = 15;
const BATTERY_WELL: i64 = 20;
