//! `wharf payments stores` and `wharf payments wallets`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use wharf_payments::pages::{Language, Look, NoRate, PageError};

use super::words::{failed, money, no_store, nobody, or_dash, removed, this_person, when};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// The stores with their rules and rates.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put another rate in force from now on, or take a currency's rate away
    Rate {
        store: String,
        /// WHMCS's currency, such as USD
        currency: String,
        /// How much of the wallets' currency one unit is, such as 50.75
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        rate: Option<String>,
        /// Take the rate away: clients billed in this currency cannot pay any more
        #[arg(long)]
        remove: bool,
        /// Take one that is far from the rate in force, too
        #[arg(long)]
        sure: bool,
        /// Who changes it [default: the user at the keyboard]
        #[arg(long, value_name = "NAME")]
        actor: Option<String>,
    },
    /// Take away a store that was never used; what has a history stays
    Remove(Removing),
}

#[derive(Debug, Args)]
pub struct Removing {
    id: String,
    /// Who takes it away [default: the user at the keyboard]
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

impl Removing {
    fn actor(&self) -> Result<String, Trouble> {
        self.actor.clone().or_else(this_person).ok_or_else(nobody)
    }
}

/// The wallets with their balances.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Wallets {
    /// Only those of this store
    #[arg(long)]
    store: Option<String>,
    #[command(subcommand)]
    what: Option<OfWallet>,
}

#[derive(Debug, Subcommand)]
enum OfWallet {
    /// Take away a wallet that never had money; what has a history stays
    Remove(Removing),
}

pub async fn run(
    arguments: &Arguments,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let (store, currency, rate, sure, actor) = match &arguments.what {
        None => return stores(rooms, output).await,
        Some(What::Remove(removing)) => {
            let (id, actor) = (&removing.id, removing.actor()?);
            let removal = rooms.payments.remove_store(id, &actor).await;
            let removal = removal.map_err(|error| failed(error.into()))?;
            return removed(output, "store", id, removal, "wharf payments stores");
        }
        Some(What::Rate {
            store,
            currency,
            rate,
            sure,
            actor,
            ..
        }) => (store, currency, rate, *sure, actor),
    };
    let actor = actor.clone().or_else(this_person).ok_or_else(nobody)?;
    let Some(rate) = rate else {
        return remove_rate(store, currency, &actor, rooms, output).await;
    };
    let form = [
        ("currency".to_owned(), currency.clone()),
        ("rate".to_owned(), rate.clone()),
        ("sure".to_owned(), if sure { "yes" } else { "" }.to_owned()),
    ];
    let look = Look {
        language: Language::English,
        csrf: "",
        actor: &actor,
        may_decide: false,
        may_set_up: true,
        query: &form,
    };
    let changed = rooms.payments.change_rate(store, &look).await;
    let changed = changed.map_err(|error| match error {
        PageError::NotFound => no_store(store),
        error => Trouble::failed(chain(&error)),
    })?;
    let (currency, rate) = changed.map_err(|problem| match problem {
        NoRate::Far(_) => {
            let far = format!("{rate} for 1 {currency} is far from the rate in force");
            Trouble::misuse(far).mend("if it is meant, add --sure")
        }
        NoRate::Wrong(problem) => Trouble::misuse(problem),
    })?;
    output.json(&json!({ "store": store, "currency": currency, "rate": rate.to_string() }));
    output.line(format!("{store}: 1 {currency} = {rate} from now on"));
    Ok(ExitCode::SUCCESS)
}

async fn remove_rate(
    store: &str,
    currency: &str,
    actor: &str,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let currency = currency.to_ascii_uppercase();
    let removed = rooms.payments.remove_rate(store, &currency, actor).await;
    let removed = removed.map_err(|error| match error {
        PageError::NotFound => no_store(store),
        error => Trouble::failed(chain(&error)),
    })?;
    if !removed {
        let none = format!("store {store} has no rate for {currency}");
        return Err(Trouble::failed(none).mend("\"wharf payments stores\" shows the rates"));
    }
    output.json(&json!({ "store": store, "currency": currency, "removed": true }));
    output.line(format!("{store}: no rate for {currency} any more"));
    Ok(ExitCode::SUCCESS)
}

async fn stores(rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let stores = rooms.payments.stores().await.map_err(failed)?;
    output.json(&json!({ "stores": stores }));
    if stores.is_empty() {
        output.line("there is no store yet; \"wharf apply --help\" shows how to set one up");
    }
    for store in &stores {
        let rates: Vec<String> = store
            .rates
            .iter()
            .map(|rate| {
                format!(
                    "1 {} = {} {} since {}",
                    rate.currency,
                    rate.rate,
                    store.currency,
                    when(rate.since)
                )
            })
            .collect();
        let off = if store.enabled {
            ""
        } else {
            "  (switched off)"
        };
        output.line(format!("{}  {}{off}", store.id, store.name));
        output.line(format!(
            "  site {}, country {}, {} wallets; {}",
            store.site,
            store.country,
            store.wallets,
            match store.mode.as_str() {
                "observe" => "observes only: nothing is credited".to_owned(),
                _ => format!("credits by {}", store.booking),
            }
        ));
        output.line(format!(
            "  holds: {}; phones: {}; balances {}",
            store.hold,
            store.phone_binding,
            if store.balance_check {
                "checked"
            } else {
                "not checked"
            }
        ));
        output.line(format!(
            "  claim check: {}{}{}",
            store.check_answers,
            if store.check_key { ", with a key" } else { "" },
            if store.unsigned_checks {
                ", unsigned allowed"
            } else {
                ""
            },
        ));
        output.line(format!(
            "  rates: {}",
            if rates.is_empty() {
                "none".to_owned()
            } else {
                rates.join("; ")
            }
        ));
        if store.open_reviews > 0 {
            output.line(format!(
                "  {} wait for a person: wharf payments review --store {}",
                store.open_reviews, store.id
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn wallets(asked: &Wallets, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    if let Some(OfWallet::Remove(removing)) = &asked.what {
        let (id, actor) = (&removing.id, removing.actor()?);
        let removal = rooms.payments.remove_wallet(id, &actor).await;
        let removal = removal.map_err(|error| failed(error.into()))?;
        return removed(output, "wallet", id, removal, "wharf payments wallets");
    }
    let store = asked.store.as_deref();
    let stores = rooms.payments.stores().await.map_err(failed)?;
    if let Some(named) = store
        && !stores.iter().any(|store| store.id == named)
    {
        return Err(no_store(named));
    }
    let mut wallets = Vec::new();
    for known in stores
        .iter()
        .filter(|known| store.is_none_or(|store| store == known.id))
    {
        wallets.extend(rooms.payments.wallets_of(&known.id).await.map_err(failed)?);
    }
    output.json(&json!({ "wallets": wallets }));
    if wallets.is_empty() {
        output.line("there is no wallet yet; \"wharf apply --help\" shows how to set one up");
    }
    for wallet in &wallets {
        let balance = match (wallet.balance, wallet.seeded) {
            (Some(balance), true) => money(balance, &wallet.currency),
            (Some(balance), false) => {
                format!("{} (not confirmed)", money(balance, &wallet.currency))
            }
            (None, _) => "not known".to_owned(),
        };
        let gaps = match wallet.gaps {
            0 => String::new(),
            gaps => format!(", {gaps} gaps"),
        };
        let off = if wallet.enabled {
            ""
        } else {
            "  (switched off)"
        };
        output.line(format!(
            "{:<16}  {:<12}  {:<16}  {:<14}  balance {balance}{gaps} as of {}, received in 24 hours {}, phones {}{off}",
            wallet.id,
            wallet.store,
            wallet.title,
            wallet.number,
            or_dash(wallet.balance_at.map(when)),
            money(wallet.received_day, &wallet.currency),
            if wallet.devices.is_empty() { "none".to_owned() } else { wallet.devices.join(", ") },
        ));
    }
    Ok(ExitCode::SUCCESS)
}
