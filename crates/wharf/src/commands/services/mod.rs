//! `wharf services`: provisioned services and the connectors to their suppliers.

mod connectors;

use std::process::ExitCode;

use clap::Subcommand;

use crate::output::Output;
use crate::trouble::Trouble;

/// Provisioned services, and the connectors to their suppliers.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Look at connectors, and try them
    Connectors {
        #[command(subcommand)]
        what: connectors::What,
    },
}

pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Connectors { what } => connectors::run(what, output),
    }
}
