//! Wallets and the phones that forward their messages.

use askama::Template;

use super::list::{Cell, Column, List, Table, encoded};
use super::tables::{amount, phone};
use super::{Fragment, Look, PageError, Words, rendered};
use crate::Payments;
use crate::devices::{DeviceView, formats};
use crate::views::{Period, WalletView};

impl Payments {
    /// Of all stores.
    pub(super) async fn all_wallets(&self) -> Result<Vec<WalletView>, PageError> {
        let mut all = Vec::new();
        for store in self.stores().await? {
            all.extend(self.wallets_of(&store.id).await?);
        }
        Ok(all)
    }

    /// `/staff/wallets`
    pub async fn wallets_page(&self, look: &Look<'_>) -> Result<Fragment, PageError> {
        let list = self.wallets_list(look).await?;
        Ok(list.page(look))
    }

    pub async fn wallets_csv(&self, look: &Look<'_>) -> Result<String, PageError> {
        let table = self.wallets_list(look).await?.table;
        Ok(table.csv_head() + &table.csv_rows())
    }

    async fn wallets_list(&self, look: &Look<'_>) -> Result<List, PageError> {
        let words = self.words(look, None).await?;
        let wallets = self.all_wallets().await?;
        Ok(List {
            title: words.text("wallets").to_owned(),
            lead: words.text("wallets_lead").to_owned(),
            path: "/staff/wallets",
            filters: Vec::new(),
            table: wallets_table(words, &wallets, self.store.clock().now_ms(), look),
            next: None,
            above: String::new(),
            problem: String::new(),
            csv: true,
        })
    }

    /// `/staff/devices`
    pub async fn devices_page(&self, look: &Look<'_>) -> Result<Fragment, PageError> {
        let words = self.words(look, None).await?;
        let devices = self.devices().await?;
        let address = self.intake_url("TOKEN");
        let forwarders = formats()
            .map(|format| Forwarder {
                title: words.said(format.title),
                key: words.of("signing_key", format.key),
                steps: format.steps_for(&address, look.language),
            })
            .collect();
        let page = DevicesPage {
            t: words,
            table: devices_table(words, &devices, self.store.clock().now_ms(), look).html(look),
            address,
            forwarders,
        };
        Ok(Fragment {
            title: words.text("devices").to_owned(),
            html: rendered(&page),
        })
    }

    pub async fn devices_csv(&self, look: &Look<'_>) -> Result<String, PageError> {
        let devices = self.devices().await?;
        let now = self.store.clock().now_ms();
        let table = devices_table(self.words(look, None).await?, &devices, now, look);
        Ok(table.csv_head() + &table.csv_rows())
    }
}

/// With links to the forms, for those who may fill them in.
pub(super) fn wallets_table(
    words: Words,
    wallets: &[WalletView],
    now: i64,
    look: &Look<'_>,
) -> Table {
    let ceilings = wallets.iter().any(|wallet| !wallet.ceilings.is_empty());
    let mut table = Table {
        columns: vec![
            Column::new(words, "wallet"),
            Column::new(words, "number"),
            Column::number(words, "balance"),
            Column::number(words, "received_day"),
            Column::number(words, "gaps"),
            Column::new(words, "state"),
            Column::new(words, "devices"),
            Column::only_csv("id"),
            Column::only_csv("store"),
            Column::only_csv("currency"),
        ],
        rows: wallets
            .iter()
            .map(|wallet| {
                let balance = wallet.balance.map_or_else(
                    || Cell::text(words.text("balance_unknown")).in_csv(""),
                    |minor| amount(minor, &wallet.currency),
                );
                let since = wallet.balance_at.map(|at| words.ago(at, now));
                let state = match (wallet.enabled, wallet.seeded) {
                    (false, _) => "disabled",
                    (true, _) if wallet.devices.is_empty() => "unserved",
                    (true, false) => "unseeded",
                    (true, true) => "enabled",
                };
                let title = Cell::text(wallet.title.clone()).with_note(wallet.id.clone());
                let form = || {
                    let (store, id) = (encoded(&wallet.store), encoded(&wallet.id));
                    format!("/staff/stores/{store}/wallets/{id}")
                };
                let gap = wallet.gaps_since.filter(|_| wallet.gaps > 0);
                let missing = gap.map(|at| words.fill("gaps_first", &[("time", &words.time(at))]));
                vec![
                    match look.may_set_up {
                        true => title.to(form()),
                        false => title,
                    },
                    phone(Some(&wallet.number)),
                    balance.with_note(since.unwrap_or_default()),
                    amount(wallet.received_day, &wallet.currency),
                    Cell::code(wallet.gaps.to_string()).with_note(missing.unwrap_or_default()),
                    Cell::tag(words, "wallet", state),
                    Cell::text(wallet.devices.join(words.text("comma")))
                        .in_csv(wallet.devices.join(", ")),
                    Cell::text(wallet.id.clone()),
                    Cell::text(wallet.store.clone()),
                    Cell::text(wallet.currency.clone()),
                ]
            })
            .collect(),
        empty: words.text("wallets_empty").to_owned(),
    };
    if ceilings {
        for (place, period, name, ceiling) in [
            (4, Period::Day, "received_today", "ceiling_day"),
            (5, Period::Month, "received_month", "ceiling_month"),
        ] {
            table.columns.insert(place, Column::number(words, name));
            table.columns.push(Column::only_csv(ceiling).of_numbers());
            for (row, wallet) in table.rows.iter_mut().zip(wallets) {
                let one = wallet.ceilings.iter().find(|one| one.period == period);
                let (taken, may) = one.map_or_else(Default::default, |one| {
                    let may = amount(one.ceiling, &one.currency);
                    let of = words.fill("of_ceiling", &[("ceiling", &may.text)]);
                    (amount(one.received, &one.currency).with_note(of), may)
                });
                row.insert(place, taken);
                row.push(may);
            }
        }
    }
    table
}

/// As [`wallets_table`].
pub(super) fn devices_table(
    words: Words,
    devices: &[DeviceView],
    now: i64,
    look: &Look<'_>,
) -> Table {
    Table {
        columns: vec![
            Column::new(words, "device"),
            Column::new(words, "store"),
            Column::new(words, "format"),
            Column::new(words, "wallets"),
            Column::new(words, "seen_at"),
            Column::new(words, "state"),
        ],
        rows: devices
            .iter()
            .map(|device| {
                let seen = device.seen_at.map_or_else(
                    || Cell::text(words.text("never")).in_csv(""),
                    |at| Cell::time(words, at).with_note(words.ago(at, now)),
                );
                let id = encoded(&device.id);
                let messages = format!("/staff/messages?device={id}");
                let form = format!("/staff/stores/{}/phones/{id}", encoded(&device.store));
                vec![
                    Cell::text(device.id.clone()).to(match look.may_set_up {
                        true => form,
                        false => messages.clone(),
                    }),
                    Cell::text(device.store.clone()),
                    Cell::text(words.said(&title_of(&device.format))).in_csv(device.format.clone()),
                    Cell::text(device.wallets.join(words.text("comma")))
                        .in_csv(device.wallets.join(", ")),
                    seen.to(messages),
                    Cell::tag(words, "device", device.state).with_note(standing(words, device)),
                ]
            })
            .collect(),
        empty: words.text("devices_empty").to_owned(),
    }
}

/// Below its state: why its deliveries are refused, else how full its battery is.
fn standing(words: Words, device: &DeviceView) -> String {
    match refusals(words, device) {
        Some([since, why]) => words.fill("refused_since", &[("time", &since), ("why", &why)]),
        None => battery(words, device),
    }
}

/// Since when and why all that it delivers is refused.
pub(super) fn refusals(words: Words, device: &DeviceView) -> Option<[String; 2]> {
    let since = words.time(device.refused_since?);
    Some([since, words.said(device.refused_why.as_deref()?)])
}

fn battery(words: Words, device: &DeviceView) -> String {
    let Some(percent) = device.battery else {
        return String::new();
    };
    let name = if device.charging == Some(true) {
        "battery_charging"
    } else {
        "battery"
    };
    words.fill(name, &[("percent", &percent.to_string())])
}

fn title_of(format: &str) -> String {
    let known = formats().find(|known| known.name == format);
    known.map_or_else(|| format.to_owned(), |known| known.title.to_owned())
}

struct Forwarder {
    title: String,
    key: String,
    steps: Vec<String>,
}

#[derive(Template)]
#[template(path = "staff/devices.html")]
struct DevicesPage {
    t: Words,
    table: String,
    address: String,
    forwarders: Vec<Forwarder>,
}
