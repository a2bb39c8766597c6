//! Times and amounts as people read them.

use std::process::ExitCode;

use nix::unistd::{User, getuid};
use serde::Serialize;
use serde_json::{Map, json};
use wharf_core::{Currency, Money};
use wharf_payments::PaymentsError;
use wharf_payments::setup::Removal;
use wharf_payments::views::MessageView;

use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// Shows a list, a line for each; `empty` where there is none.
pub fn listed<T: Serialize>(
    output: &Output,
    name: &str,
    items: &[T],
    empty: &str,
    line: impl Fn(&T) -> String,
) -> ExitCode {
    output.json(&Map::from_iter([(name.to_owned(), json!(items))]).into());
    if items.is_empty() {
        output.line(empty);
    }
    for item in items {
        output.line(line(item));
    }
    ExitCode::SUCCESS
}

/// A message's text, set off.
pub fn quoted(message: &MessageView) -> String {
    let lines = message.body.lines().map(|line| format!("\n  | {line}"));
    lines.collect()
}

/// How many there are of each: `1 store, 2 servers`.
pub fn counted(things: &[(&str, i64)]) -> String {
    let counted = |(name, count): &(&str, i64)| match (count, name.strip_suffix('s')) {
        (1, Some(one)) => format!("1 {one}"),
        _ => format!("{count} {name}"),
    };
    things.iter().map(counted).collect::<Vec<_>>().join(", ")
}

/// Tells that something was taken away, or why it stays.
pub fn removed(
    output: &Output,
    what: &str,
    id: &str,
    removal: Removal,
    list: &str,
) -> Result<ExitCode, Trouble> {
    match removal {
        Removal::Done => {
            output.json(&json!({ what: id, "removed": true }));
            output.line(format!("{what} {id} is removed"));
            Ok(ExitCode::SUCCESS)
        }
        Removal::NotThere => Err(none(what, id, list)),
        Removal::Used(uses) => {
            let stays = format!("{what} {id} is in use: {}", counted(&uses));
            Err(Trouble::failed(stays).mend(match what {
                "site" => "it can be removed once nothing uses it",
                _ => "what has a history stays; set enabled = false in its set-up to take no more money",
            }))
        }
    }
}

pub fn when(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}

/// A day that a filter names.
pub fn a_day(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse()
        .map_err(|_| "it is no day; write one like 2026-09-03".to_owned())
}

/// A client's number, as WHMCS has it.
pub fn a_client(text: &str) -> Result<i64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number
        .ok_or_else(|| "it is no client; write the number that the client has in WHMCS".to_owned())
}

/// A moment, with its place's distance from UTC.
pub fn a_time(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse()
        .map_err(|_| "it is no time; write one like 2026-09-03T14:26:09+03:00".to_owned())
}

/// That a store, if one is named, is there: a misspelt one has nothing, which looks like good news.
pub async fn known_store(rooms: &Rooms, named: Option<&str>) -> Result<(), Trouble> {
    let Some(named) = named else { return Ok(()) };
    let stores = rooms.payments.stores().await.map_err(failed)?;
    match stores.iter().any(|store| store.id == named) {
        true => Ok(()),
        false => Err(no_store(named)),
    }
}

/// As [`known_store`], of a wallet.
pub async fn known_wallet(rooms: &Rooms, named: Option<&str>) -> Result<(), Trouble> {
    let Some(named) = named else { return Ok(()) };
    for store in rooms.payments.stores().await.map_err(failed)? {
        let wallets = rooms.payments.wallets_of(&store.id).await.map_err(failed)?;
        if wallets.iter().any(|wallet| wallet.id == named) {
            return Ok(());
        }
    }
    Err(none("wallet", named, "wharf payments wallets"))
}

/// As [`known_store`], of a phone.
pub async fn known_device(rooms: &Rooms, named: Option<&str>) -> Result<(), Trouble> {
    let Some(named) = named else { return Ok(()) };
    let devices = rooms.payments.devices().await;
    let devices = devices.map_err(|error| Trouble::failed(chain(&error)))?;
    match devices.iter().any(|device| device.id == named) {
        true => Ok(()),
        false => Err(none("phone", named, "wharf payments devices")),
    }
}

/// As [`known_store`], of a site.
pub async fn known_site(rooms: &Rooms, named: Option<&str>) -> Result<(), Trouble> {
    let Some(named) = named else { return Ok(()) };
    let url = rooms.sites.url(named).await;
    match url.map_err(|error| Trouble::failed(chain(&error)))? {
        Some(_) => Ok(()),
        None => Err(none("site", named, "wharf sites")),
    }
}

pub fn no_store(id: &str) -> Trouble {
    none("store", id, "wharf payments stores")
}

pub fn none(what: &str, id: &str, list: &str) -> Trouble {
    Trouble::failed(format!("there is no {what} \"{id}\"")).mend(format!("\"{list}\" shows them"))
}

pub fn money(minor: i64, currency: &str) -> String {
    match currency.parse::<Currency>() {
        Ok(currency) => Money::new(minor, currency).to_string(),
        Err(_) => format!("{minor} {currency}"),
    }
}

pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

pub fn failed(error: PaymentsError) -> Trouble {
    Trouble::failed(chain(&error))
}

/// The person at the keyboard, as the system knows him.
pub fn this_person() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.trim().is_empty())
        // Services and cron set none of them.
        .or_else(|| Some(User::from_uid(getuid()).ok()??.name))
}

pub fn nobody() -> Trouble {
    Trouble::misuse("nobody knows who you are").mend("say it with --actor NAME")
}
