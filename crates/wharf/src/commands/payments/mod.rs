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
