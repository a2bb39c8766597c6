//! `wharf domains`: what a provider's registrar accounts say, at the command line.

mod list;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use wharf_core::DomainName;
use wharf_domains::{AccountRow, DomainsError, name_of};

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Asks the registrar about domains, as the modules of WHMCS would.
///
/// It uses the accounts whose settings were saved in WHMCS, and may run beside the daemon.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    account: Choice,
    #[command(subcommand)]
    what: What,
}

/// Which account, where there are several.
#[derive(Debug, Args)]
struct Choice {
    /// The site whose account is meant; needed when several sites have one
    #[arg(long, global = true)]
    site: Option<String>,
    /// The registrar module whose account is meant; needed when a site has several
    #[arg(long, global = true, value_name = "NAME")]
    module: Option<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say whether names can be had
    Check {
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// Also at a price of their own
        #[arg(long)]
        premium: bool,
    },
    /// Show a domain: the registrar's word, its transfer, and what Wharf did to it
    Info {
        name: String,
        /// Ask the registrar even if the last answer is only seconds old
        #[arg(long)]
        fresh: bool,
    },
    /// List the account's domains
    List(list::Filters),
    /// Read domains anew from the registrar, for WHMCS's next synchronisation and for pages
    Sync {
        #[arg(required_unless_present = "all", value_name = "NAME")]
        names: Vec<String>,
        /// The whole account, from its lists
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// Transfers of domains
    Transfer {
        #[command(subcommand)]
        what: Transfer,
    },
    /// Show what the account pays for extensions
    Prices {
        /// Extensions; all when none is given
        #[arg(value_name = "TLD")]
        tlds: Vec<String>,
        /// Read the registrar's list first
        #[arg(long)]
        refresh: bool,
    },
    /// Show what Wharf knows of a name's extension, and from where
    Tlds {
        /// A domain name, or an extension
        name: String,
    },
    /// Print the lines for WHMCS's configuration.php that keep clients from renewing too early
    RenewalMinimums,
}

#[derive(Debug, Subcommand)]
enum Transfer {
    /// Show how the newest transfer of a domain stands
    Status { name: String },
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let rooms = Rooms::open(&config).await?;
    let choice = &arguments.account;
    match &arguments.what {
        What::Check { names, premium } => {
            let names = names
                .iter()
                .map(|name| parsed(name))
                .collect::<Result<Vec<_>, _>>()?;
            let at = account(&rooms, choice).await?;
            let found = rooms
                .domains
                .find_names(&at, &names, *premium)
                .await
                .map_err(trouble)?;
            output.json(&json!({ "names": found }));
            for name in &found {
                output.line(show::found(name));
            }
        }
        What::Info { name, fresh } => {
            let name = parsed(name)?;
            let at = account(&rooms, choice).await?;
            let report = rooms
                .domains
                .report(&at, &name, *fresh)
                .await
                .map_err(trouble)?;
            output.json(&json!(report));
            output.line(show::report(&report));
        }
        What::List(filters) => {
            let at = account(&rooms, choice).await?;
            list::run(&rooms, &at, filters, output).await?;
        }
        What::Sync { names, all } => {
            let at = account(&rooms, choice).await?;
            if *all {
                output.progress("reading the account's lists …");
                let count = rooms.domains.sync_all(&at).await;
                output.progress_done();
                let count = count.map_err(trouble)?;
                output.json(&json!({ "domains": count }));
                output.line(format!(
                    "{count} domains read; WHMCS learns of changes with its next synchronisation"
                ));
            }
            let mut read = Vec::new();
            for name in names {
                let name = parsed(name)?;
                let found = rooms.domains.sync_one(&at, &name).await.map_err(trouble)?;
                output.line(format!("{found:<10} {name}"));
                read.push(json!({ "name": name, "found": found }));
            }
            if !*all {
                output.json(&json!({ "names": read }));
            }
        }
        What::Prices { tlds, refresh } => {
            let at = account(&rooms, choice).await?;
            output.progress("reading the price list …");
            let prices = rooms.domains.price_report(&at, tlds, *refresh).await;
            output.progress_done();
            let prices = prices.map_err(trouble)?;
            output.json(&json!({ "extensions": prices }));
            output.line(show::prices(&prices).trim_end());
        }
        What::Tlds { name } => {
            let tlds = rooms.domains.tlds().await.map_err(trouble)?;
            let bare = name.trim_start_matches('.');
            // Facts are about the names below an extension.
            let below = tlds.of(&parsed(&format!("example.{bare}"))?);
            let facts = if below.tld == bare || !bare.contains('.') {
                below
            } else {
                tlds.of(&parsed(bare)?)
            };
            output.json(&json!(&*facts));
            output.line(show::facts(&json!(&*facts)));
        }
        What::RenewalMinimums => {
            let tlds = rooms.domains.tlds().await.map_err(trouble)?;
            let lines = tlds.renewal_minimums();
            output.json(&json!({ "php": lines }));
            output.line(lines.trim_end());
        }
        What::Transfer {
            what: Transfer::Status { name },
        } => {
            let name = parsed(name)?;
            let at = account(&rooms, choice).await?;
            let transfer = rooms
                .domains
                .transfer_report(&at, &name)
                .await
                .map_err(trouble)?;
            output.json(&json!({ "name": name, "transfer": transfer }));
            output.line(match &transfer {
                Some(transfer) => show::transfer(transfer),
                None => format!("{name} has no transfer"),
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The one account that the choice leaves.
async fn account(rooms: &Rooms, choice: &Choice) -> Result<AccountRow, Trouble> {
    let all = rooms.domains.accounts().await.map_err(trouble)?;
    let named = |account: &AccountRow| {
        choice
            .site
            .as_ref()
            .is_none_or(|site| *site == account.site)
            && choice
                .module
                .as_ref()
                .is_none_or(|module| *module == account.module)
    };
    let mut fitting: Vec<&AccountRow> = all.iter().filter(|account| named(account)).collect();
    if let (Some(account), true) = (fitting.pop(), fitting.is_empty()) {
        return Ok(account.clone());
    }
    if all.is_empty() {
        return Err(Trouble::failed("no registrar account is known yet").mend(
            "activate the module in WHMCS under Domain Registrars, save its settings and search for a name once",
        ));
    }
    let known: Vec<String> = all
        .iter()
        .map(|account| format!("--site {} --module {}", account.site, account.module))
        .collect();
    Err(
        Trouble::misuse("the site and module given do not name one registrar account")
            .mend(format!("choose one of: {}", known.join(", "))),
    )
}

fn parsed(name: &str) -> Result<DomainName, Trouble> {
    name_of(name)
        .map_err(|error| Trouble::misuse(format!("\"{name}\" is no domain name")).because(error))
}

fn trouble(error: DomainsError) -> Trouble {
    let mend = match &error {
        DomainsError::Registrar(_) => {
            Some("wharf doctor checks the account and the way to the registrar")
        }
        DomainsError::NoAccount { .. } => {
            Some("save the registrar module's settings in WHMCS once")
        }
        _ => None,
    };
    let trouble = Trouble::failed(crate::trouble::chain(&error));
    match mend {
        Some(mend) => trouble.mend(mend),
        None => trouble,
    }
}
