//! `wharf payments`: wallet payments at the command line.

mod devices;
mod parse;
mod receive;

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::Global;
use crate::output::Output;
use crate::trouble::Trouble;

/// Looks at wallet payments: what messages mean, and the phones that forward them.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what an operator's message means, or why it is not understood
    ///
    /// Standard input is one message, several with a line --- between them, or a JSON list (or an export of a phone)
    /// of objects with sender, text and time. Nothing is stored, no daemon is needed. The exit code is 0 when every
    /// message was understood, 1 when one was not, 2 when the command was used wrongly.
    Parse(parse::Arguments),
    /// The phones that forward messages: see, add, remove them
    Devices(devices::Arguments),
    /// Take a message from Gammu's smsd, and hand it to the daemon
    Receive(receive::Arguments),
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Parse(arguments) => parse::run(arguments, global, output),
        What::Devices(arguments) => devices::run(arguments, global, output).await,
        What::Receive(arguments) => receive::run(arguments, output).await,
    }
}
