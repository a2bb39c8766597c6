//! The commands, one file each: its arguments and what it does.

pub mod apply;
pub mod bench;
pub mod doctor;
pub mod domains;
pub mod host;
pub mod init;
pub mod journal;
pub mod modules;
pub mod operators;
pub mod payments;
pub mod sandbox;
pub mod serve;
pub mod services;
pub mod sites;
pub mod story;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::output::Output;
use crate::trouble::Trouble;

pub async fn run(cli: Cli, output: &Output) -> Result<ExitCode, Trouble> {
    let global = &cli.global;
    match cli.command {
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Apply(arguments) => apply::run(&arguments, global, output).await,
        Command::Sites(arguments) => sites::run(&arguments, global, output).await,
        Command::Serve(arguments) => serve::run(&arguments, global, output).await,
        Command::Doctor(arguments) => doctor::run(&arguments, global, output).await,
        Command::Domains(arguments) => domains::run(&arguments, global, output).await,
        Command::Payments(arguments) => payments::run(&arguments, global, output).await,
        Command::Services(arguments) => services::run(&arguments, global, output).await,
        Command::Journal(arguments) => journal::run(&arguments, global, output).await,
        Command::Modules(arguments) => modules::run(&arguments, global, output).await,
        Command::Operators(arguments) => operators::run(arguments, global, output).await,
        Command::Sandbox(arguments) => sandbox::run(arguments, output).await,
        Command::Story(arguments) => story::run(arguments, output).await,
        Command::Bench(arguments) => bench::run(arguments, output).await,
        Command::Host(arguments) => host::run(arguments, output).await,
    }
}
