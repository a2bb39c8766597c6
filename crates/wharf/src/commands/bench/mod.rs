//! `wharf bench`: measurements on loopback, beside the classic way or the bare database in the same run.

mod classic;
mod daemon;
mod domains;
mod outside;
mod payments;
mod registry;
mod services;
mod table;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Registrar calls and milliseconds for each thing that a panel does with domains
    Domains(domains::Arguments),
    /// How fast wallet payments go through, and what a daemon with a million of them holds
    Payments(payments::Arguments),
    /// What provisioning costs at a supplier, and how it is with many services
    Services(services::Arguments),
    /// The registrar that is measured against, as a process of its own
    #[command(hide = true)]
    Registry(registry::Arguments),
    /// The supplier that is measured against, as a process of its own
    #[command(hide = true)]
    Supplier(services::supplier::Arguments),
}

pub async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    match arguments.what {
        What::Domains(arguments) => domains::run(&arguments, output),
        What::Payments(arguments) => payments::run(&arguments, output).await,
        What::Services(arguments) => services::run(&arguments, output).await,
        What::Supplier(arguments) => services::supplier::run(&arguments).await,
        What::Registry(arguments) => registry::run(&arguments).await,
    }
}
