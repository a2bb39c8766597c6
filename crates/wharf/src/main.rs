//! The program: command line and boot, nothing else.

mod cli;
mod commands;
mod config;
mod daemon;
mod logs;
mod output;
mod rooms;
mod tls;
mod trouble;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.global.json);
    logs::start(&cli);
    tls::install_provider();
    // Two threads do: the work is waiting, and every thread costs memory.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(commands::run(cli, &output));
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(trouble::Trouble::failed("the runtime cannot be started").because(error)),
    };
    match done {
        Ok(code) => code,
        Err(trouble) => output.trouble(&trouble),
    }
}
