//! `wharf payments`: wallet payments at the command line.

mod devices;
mod export;
mod lists;
mod parse;
mod receive;
mod reconcile;
mod review;
mod stores;
mod transfers;
pub(super) mod words;

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Looks at wallet payments, decides what waits for a person, and keeps the phones that forward messages.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the stores with their rules and rates; change a rate, take one away
    Stores(stores::Arguments),
    /// Show the wallets with their balances; take one away
    Wallets(stores::Wallets),
    /// The phones that forward messages: see, add, remove them
    Devices(devices::Arguments),
    /// Show money that arrived, and what became of it
    Transfers(transfers::Arguments),
    /// Show what customers said that they sent
    Claims(lists::Claims),
    /// Show everything that phones delivered
    Messages(lists::Messages),
    /// See what waits for a person; approve or reject it
    Review(review::Arguments),
    /// Compare what Wharf credited with what WHMCS has booked
    Reconcile(reconcile::Arguments),
    /// Show who decided what
    Audit(lists::Audit),
    /// Write a list as CSV
    Export(export::Arguments),
    /// Say what an operator's message means, or why it is not understood
    ///
    /// Standard input is one message, several with a line --- between them, or a JSON list (or an export of a phone)
    /// of objects with sender, text and time. Nothing is stored, no daemon is needed. The exit code is 0 when every
    /// message was understood, 1 when one was not, 2 when the command was used wrongly.
    Parse(parse::Arguments),
    /// Take a message from Gammu's smsd, and hand it to the daemon
    Receive(receive::Arguments),
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let rooms = async || Rooms::open(&Config::load(global.config.as_deref())?).await;
    match &arguments.what {
        What::Stores(arguments) => stores::run(arguments, &rooms().await?, output).await,
        What::Wallets(asked) => stores::wallets(asked, &rooms().await?, output).await,
        What::Devices(arguments) => devices::run(arguments, global, output).await,
        What::Transfers(arguments) => transfers::run(arguments, &rooms().await?, output).await,
        What::Claims(asked) => lists::claims(asked, &rooms().await?, output).await,
        What::Messages(asked) => lists::messages(asked, &rooms().await?, output).await,
        What::Review(arguments) => review::run(arguments, &rooms().await?, output).await,
        What::Reconcile(arguments) => reconcile::run(arguments, &rooms().await?, output).await,
        What::Audit(asked) => lists::audit(asked, &rooms().await?, output).await,
        What::Export(arguments) => export::run(arguments, &rooms().await?, output).await,
        What::Parse(arguments) => parse::run(arguments, global, output),
        What::Receive(arguments) => receive::run(arguments, output).await,
    }
}
