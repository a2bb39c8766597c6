//! `wharf host`: the sandbox's WHMCS-compatible host by itself, for anybody's modules.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
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
        let (wrong, mend) = if !folder.is_dir() {
            ("is no folder", HOLDS.to_owned())
        } else if KINDS.iter().any(|kind| folder.join(kind).is_dir()) {
            continue;
        } else if folder.join("modules").is_dir() {
            let inner = folder.join("modules");
            (
                "holds no modules itself",
                format!("give {}", inner.display()),
            )
        } else {
            ("holds no modules", HOLDS.to_owned())
        };
        return Err(Trouble::misuse(format!("{} {wrong}", folder.display())).mend(mend));
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
    .map_err(|error| {
        let trouble = Trouble::failed("the host did not start").because(error);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                trouble.mend("choose another port with --port; --port 0 takes one that is free")
            }
            _ => trouble,
        }
    })?;
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

/// The folders of a WHMCS root's `modules/`.
const KINDS: [&str; 10] = [
    "registrars",
    "servers",
    "gateways",
    "addons",
    "notifications",
    "widgets",
    "mail",
    "fraud",
    "reports",
    "security",
];
const HOLDS: &str = "give the folder that holds registrars/, servers/, gateways/ or addons/";

fn signals(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Trouble> {
    signal(kind).map_err(|error| Trouble::failed("signals cannot be received").because(error))
}
