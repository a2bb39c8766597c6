//! `wharf host`: the sandbox's WHMCS-compatible host by itself, for anybody's modules.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sandbox_world::{LoneHost, LoneHostOptions};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use wharf_core::Clock;

use crate::commands::sandbox::Php;
use crate::output::Output;
use crate::trouble::Trouble;

/// Runs WHMCS modules in a WHMCS-compatible host, for development and tests.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder laid out as in a WHMCS root: registrars/, servers/, gateways/, addons/; may be repeated
    #[arg(long, value_name = "DIR", required = true)]
    modules: Vec<PathBuf>,
    /// Where the host keeps its root and database; it goes on from what is there
    #[arg(long, default_value = ".host", value_name = "DIR")]
    dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes one that is free
    #[arg(long, default_value_t = 8490, value_name = "PORT")]
    port: u16,
    #[command(flatten)]
    php: Php,
}

pub async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    for folder in &arguments.modules {
        if !folder.is_dir() {
            return Err(
                Trouble::misuse(format!("{} is no folder", folder.display()))
                    .mend("give the folder that holds registrars/, servers/, gateways/ or addons/"),
            );
        }
    }
    let mut interrupt = signals(SignalKind::interrupt())?;
    let mut terminate = signals(SignalKind::terminate())?;
    let host = LoneHost::start(LoneHostOptions {
        dir: arguments.dir,
        address: (Ipv4Addr::LOCALHOST, arguments.port).into(),
        php_fpm: arguments.php.php_fpm,
        modules: arguments.modules,
        clock: Clock::system(),
    })
    .await
    .map_err(|error| Trouble::failed("the host did not start").because(error))?;
    output.line(format!(
        "The host is up:\n  shop    {}/\n  staff   {}/admin/   ({} / {})\n  API     {}/includes/api.php   (identifier {}, secret {})\n\nActivate modules in the staff area. Stop with Ctrl-C.",
        host.url, host.url, host.staff.username, host.staff.password, host.url, host.api.identifier, host.api.secret,
    ));
    output.json(&json!({ "host": host.url, "staff": host.staff, "api": host.api }));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    host.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn signals(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Trouble> {
    signal(kind).map_err(|error| Trouble::failed("signals cannot be received").because(error))
}
