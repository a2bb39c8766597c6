//! The first page: what came today, what waits, and whether everything is alive.

use std::collections::BTreeMap;

use askama::Template;
use jiff::ToSpan as _;
use wharf_core::Currency;

use super::chart::{self, Day};
use super::list::encoded;
use super::tables::{amount_text, reviews_table};
use super::things::{devices_table, refusals, wallets_table};
use super::words::money;
use super::{Fragment, Look, PageError, Words, rendered};
use crate::Payments;
use crate::devices::DeviceView;
use crate::tables::dashboard::{
    Ended, HourRow, delayed, ended_undecided, hours, lost_its_rates, not_understood, open_reviews,
    waiting,
};
use crate::tables::gaps;
use crate::views::{Period, ReviewFilter, StoreView, WalletView};

/// Something that is wrong now.
#[derive(Clone, Debug)]
pub struct Alarm {
    pub text: String,
    /// Where more is told.
    pub href: String,
}

impl Alarm {
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
        }
    }
}

impl Payments {
    /// `/staff/`; what is wrong elsewhere stands there too.
    pub async fn dashboard_page(
        &self,
        look: &Look<'_>,
        elsewhere: Vec<Alarm>,
    ) -> Result<Fragment, PageError> {
        let words = self.words(look, None).await?;
        let now = self.store.clock().now_ms();
        let pool = self.store.pool();
        let first = first_of_days(words, now, DAYS);
        let rows = hours(pool, first).await?;
        let mut rows_of: BTreeMap<Currency, Vec<HourRow>> = BTreeMap::new();
        let stores = self.stores().await?;
        for row in rows {
            let store = stores.iter().find(|store| store.id == row.store);
            let currency = store.and_then(|store| store.currency.parse().ok());
            rows_of
                .entry(currency.unwrap_or(Currency::EGP))
                .or_default()
                .push(row);
        }
        let days_of: Vec<(Currency, Vec<Day>)> = rows_of
            .iter()
            .map(|(currency, rows)| (*currency, by_day(words, rows, now)))
            .collect();
        let today = |value: fn(&Day) -> (i64, i64)| {
            let days = days_of
                .iter()
                .filter_map(|(currency, days)| Some((*currency, value(days.last()?))))
                .filter(|(_, (count, _))| *count > 0);
            let (mut count, mut amounts) = (0, Vec::new());
            for (currency, (of_day, minor)) in days {
                count += of_day;
                amounts.push(money(minor, currency));
            }
            (count, amounts.join(" + "))
        };
        let counts = waiting(pool).await?;
        let count = |state: &str| {
            let found = counts.iter().find(|(known, _)| known == state);
            found.map_or(0, |(_, count)| *count)
        };
        let to = |state: &str| format!("/staff/transfers?state={state}");
        let tile = |name: &str, (count, amount), href: String, tone| Tile {
            label: words.of("tile", name),
            tone: if count > 0 { tone } else { "" },
            count,
            amount,
            href,
        };
        let plain = |count: i64| (count, String::new());
        let received = today(|day| (day.count, day.received));
        let credited = today(|day| (day.credits, day.credited));
        let reviews = open_reviews(pool).await?;
        let tiles = vec![
            tile(
                "received_today",
                received,
                "/staff/transfers".to_owned(),
                "",
            ),
            tile("credited_today", credited, to("credited"), "good"),
            tile(
                "waiting_person",
                plain(reviews),
                "/staff/review".to_owned(),
                "warn",
            ),
            tile("unclaimed", plain(count("received")), to("received"), ""),
            tile("blocked", plain(count("blocked")), to("blocked"), "bad"),
        ];
        let asked = self
            .reviews(&ReviewFilter {
                limit: 5,
                ..ReviewFilter::default()
            })
            .await?;
        let delayed = delayed(pool, now - A_MINUTE).await?;
        let delayed = delayed.map(|(count, why)| {
            let parts = [("count", count.to_string()), ("why", words.said(&why))];
            let parts = parts
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            let text = words.fill("alarm_delayed", &parts);
            Alarm::new(text, "/staff/transfers?state=matched")
        });
        let since = first_of_days(words, now, READ_DAYS);
        let unread = not_understood(pool, since).await?;
        let unread = (unread > 0).then(|| {
            let day = day_of(words, since);
            let parts = [("count", &*unread.to_string()), ("day", &day)];
            let href = format!("/staff/messages?state=unknown&since={day}");
            Alarm::new(words.fill("alarm_not_understood", &parts), href)
        });
        let undecided = undecided(words, &ended_undecided(pool).await?, &stores);
        let mut db = self.connection().await?;
        let broken = gaps::of_wallets(&mut db).await?;
        drop(db);
        let broken = broken.iter().filter(|broken| broken.gaps > 0);
        let broken = broken.map(|broken| {
            let parts = [
                ("wallet", broken.wallet.as_str()),
                ("count", &broken.gaps.to_string()),
            ];
            Alarm::new(words.fill("alarm_gaps", &parts), "/staff/wallets")
        });
        let near = self.near_ceilings().await?;
        let near = near.iter().map(|near| {
            let currency = near.currency.parse().unwrap_or(Currency::EGP);
            let parts = [
                ("wallet", near.wallet.as_str()),
                ("sum", &money(near.received, currency)),
                ("ceiling", &money(near.ceiling, currency)),
            ];
            let text = match near.period {
                Period::Day => "alarm_ceiling_day",
                Period::Month => "alarm_ceiling_month",
            };
            Alarm::new(words.fill(text, &parts), "/staff/wallets")
        });
        let mut unpriced = Vec::new();
        let selling = stores.iter().filter(|store| store.enabled);
        for store in selling.filter(|store| store.rates.is_empty()) {
            if lost_its_rates(pool, &store.id).await? {
                let parts = [
                    ("store", store.name.as_str()),
                    ("currency", &store.currency),
                ];
                let href = format!("/staff/stores/{}/setup#rate", encoded(&store.id));
                unpriced.push(Alarm::new(words.fill("alarm_no_rate", &parts), href));
            }
        }
        let wallets = self.all_wallets().await?;
        let open = |wallet: &&WalletView| {
            let store = stores.iter().find(|store| store.id == wallet.store);
            store.is_some_and(|store| store.enabled)
        };
        let unserved = wallets
            .iter()
            .filter(|wallet| wallet.enabled && wallet.devices.is_empty())
            .filter(open)
            .map(|wallet| {
                let text = words.fill("alarm_unserved", &[("wallet", &wallet.id)]);
                let store = encoded(&wallet.store);
                Alarm::new(text, format!("/staff/stores/{store}/setup#phone"))
            });
        let devices = self.devices().await?;
        let page = DashboardPage {
            t: words,
            tiles,
            chart: days_of
                .iter()
                .map(|(currency, days)| chart::bars(words, days, *currency))
                .collect(),
            alarms: devices
                .iter()
                .filter(|device| !matches!(device.state, "ok" | "new"))
                .map(|device| of_device(words, device, now))
                .chain(unserved)
                .chain(unpriced)
                .chain(broken)
                .chain(near)
                .chain(delayed)
                .chain(unread)
                .chain(undecided)
                .chain(elsewhere)
                .collect(),
            waiting: if asked.is_empty() {
                String::new()
            } else {
                reviews_table(words, &asked, now).html(look)
            },
            wallets: wallets_table(words, &wallets, now, look).html(look),
            devices: devices_table(words, &devices, now, look).html(look),
        };
        Ok(Fragment {
            title: words.text("dashboard").to_owned(),
            html: rendered(&page),
        })
    }

    /// How many messages of wallets' senders were not understood in the last days, and in how many days.
    pub async fn not_understood(&self) -> Result<(i64, i64), crate::PaymentsError> {
        let since = self.store.clock().now_ms() - READ_DAYS * 24 * 60 * A_MINUTE;
        Ok((not_understood(self.store.pool(), since).await?, READ_DAYS))
    }

    /// How many things wait for a person.
    pub async fn waiting_reviews(&self) -> Result<i64, crate::PaymentsError> {
        Ok(open_reviews(self.store.pool()).await?)
    }
}

/// What is the matter with a phone, and where that is seen.
fn of_device(words: Words, device: &DeviceView, now: i64) -> Alarm {
    let state = words.of("device", device.state);
    let last = words.ago(device.seen_at.unwrap_or(now), now);
    let parts = [
        ("device", device.id.as_str()),
        ("state", &state),
        ("ago", &last),
    ];
    let raised = device
        .alarms
        .iter()
        .find(|alarm| alarm.kind == device.state);
    match (device.state, raised) {
        ("quiet" | "unheard", _) => {
            Alarm::new(words.fill("alarm_unheard", &parts), "/staff/devices")
        }
        ("refused", _) if let Some([since, why]) = refusals(words, device) => {
            let parts = [
                ("device", device.id.as_str()),
                ("time", &since),
                ("why", &why),
            ];
            Alarm::new(words.fill("alarm_refused", &parts), "/staff/devices")
        }
        ("unreadable", Some(alarm)) => {
            let (id, since) = (encoded(&device.id), words.local(alarm.since).date());
            let href = format!("/staff/messages?state=unreadable&device={id}&since={since}");
            Alarm::new(words.fill("alarm", &parts), href)
        }
        _ => Alarm::new(words.fill("alarm", &parts), "/staff/devices"),
    }
}

/// What nobody has decided in time, and nobody is asked about any more.
fn undecided(words: Words, ended: &[Ended], stores: &[StoreView]) -> Option<Alarm> {
    let count: i64 = ended.iter().map(|one| one.count).sum();
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for one in ended {
        let store = stores.iter().find(|store| store.id == one.store);
        *sums
            .entry(store.map_or("", |store| &store.currency))
            .or_default() += one.amount;
    }
    let sums: Vec<String> = sums
        .iter()
        .map(|(currency, minor)| amount_text(*minor, currency))
        .collect();
    let parts = [("count", &*count.to_string()), ("sum", &sums.join(" + "))];
    let text = words.fill("alarm_undecided", &parts);
    (count > 0).then(|| Alarm::new(text, "/staff/review?state=expired"))
}

/// When the first of so many days began, of which today is the last.
fn first_of_days(words: Words, now: i64, days: i64) -> i64 {
    let today = words.local(now);
    today
        .date()
        .checked_sub((days - 1).days())
        .and_then(|day| day.to_zoned(today.time_zone().clone()))
        .map_or(now, |start| start.timestamp().as_millisecond())
}

/// One entry a day, the last of them today, quiet days too.
fn by_day(words: Words, rows: &[HourRow], now: i64) -> Vec<Day> {
    let today = words.local(now).date();
    (0..DAYS)
        .rev()
        .filter_map(|back| today.checked_sub(back.days()).ok())
        .map(|date| {
            let name = date.to_string();
            let mut day = Day {
                name,
                ..Day::default()
            };
            for row in rows
                .iter()
                .filter(|row| day_of(words, row.hour) == day.name)
            {
                day.count += row.count;
                day.received += row.amount;
                if row.state == "credited" {
                    day.credits += row.count;
                    day.credited += row.amount;
                }
            }
            day
        })
        .collect()
}

fn day_of(words: Words, ms: i64) -> String {
    words.local(ms).date().to_string()
}

struct Tile {
    label: String,
    count: i64,
    amount: String,
    href: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "staff/dashboard.html")]
struct DashboardPage {
    t: Words,
    tiles: Vec<Tile>,
    chart: String,
    alarms: Vec<Alarm>,
    waiting: String,
    wallets: String,
    devices: String,
}

const DAYS: i64 = 30;
/// How long messages that nobody understood are told of.
const READ_DAYS: i64 = 7;
const A_MINUTE: i64 = 60_000;

#[cfg(test)]
mod tests {
    use wharf_core::Country;

    use super::*;

    #[test]
    fn days_are_those_of_the_wallets_clock() {
        let words = Words::new(crate::texts::Language::English).by_clock_of(Some(Country::Egypt));
        // 2026-11-26 00:30 in Cairo is still the 25th in UTC.
        let now = "2026-11-25T22:30:00Z"
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_millisecond();
        let row = |at: &str, state: &str, amount| HourRow {
            store: "s".into(),
            state: state.into(),
            hour: at.parse::<jiff::Timestamp>().unwrap().as_millisecond(),
            count: 1,
            amount,
        };
        let rows = [
            row("2026-11-25T22:00:00Z", "credited", 100),
            row("2026-11-25T21:00:00Z", "received", 7),
            row("2026-10-28T01:00:00Z", "credited", 9),
        ];
        let days = by_day(words, &rows, now);
        assert_eq!((days.len(), days[0].name.as_str()), (30, "2026-10-28"));
        assert_eq!(days[29].name, "2026-11-26");
        assert_eq!((days[29].received, days[29].credited), (100, 100));
        assert_eq!((days[28].received, days[28].credited), (7, 0));
        assert_eq!(days[0].received, 9);
        assert!(first_of_days(words, now, DAYS) <= rows[2].hour);
    }
}
