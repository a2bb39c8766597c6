//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{
    apply, bench, doctor, domains, host, init, journal, modules, operators, payments, sandbox,
    serve, services, sites, story,
};

/// Wharf stands between WHMCS and registrars, resold services and mobile wallets.
#[derive(Debug, Parser)]
#[command(
    name = "wharf",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// The configuration file [default: wharf.toml here, else /etc/wharf/wharf.toml]
    #[arg(long, global = true, env = "WHARF_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// The form of the log on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "WHARF_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// One file a command, in `commands/`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a configuration file and make the key that seals secrets
    Init(init::Arguments),
    /// Set up sites, stores, wallets and devices from a TOML document
    Apply(apply::Arguments),
    /// The WHMCS installations: see what uses each, take one away
    Sites(sites::Arguments),
    /// Run the daemon
    Serve(serve::Arguments),
    /// Check everything that must be right before going live, and say how to mend what is not
    Doctor(doctor::Arguments),
    /// Ask the registrar about domains: availability, portfolio, transfers, prices
    Domains(domains::Arguments),
    /// Wallet payments: stores, transfers, claims, what waits for a person, what messages mean
    Payments(payments::Arguments),
    /// Provisioned services, and the connectors to their suppliers
    Services(services::Arguments),
    /// See what Wharf did to the outside world, and ask again where it is not known
    Journal(journal::Arguments),
    /// Put the PHP modules into a WHMCS installation
    Modules(modules::Arguments),
    /// Say who may work with the operators' pages
    Operators(operators::Arguments),
    /// Bring the whole outside world up on this machine
    Sandbox(sandbox::Arguments),
    /// Play a customer journey and prove each result
    Story(story::Arguments),
    /// Measure Wharf on this machine, beside the classic way to do the same
    Bench(bench::Arguments),
    /// Run WHMCS modules in a WHMCS-compatible host
    Host(host::Arguments),
}
