//! `wharf payments`: wallet payments at the command line.

mod parse;

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::Global;
use crate::output::Output;
use crate::trouble::Trouble;

/// Looks at wallet payments: what messages mean.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what an operator's message means, or why it is not understood
    Parse(parse::Arguments),
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Parse(arguments) => parse::run(arguments, global, output),
    }
}
