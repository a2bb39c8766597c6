//! `wharf sandbox`: the whole outside world on this machine.

mod clock;
mod supplier;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sandbox_world::{
    FaultOrder, Fill, Ports, SandboxFile, Service, World, WorldOptions, send_fault,
};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::story;
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

/// Which sandbox.
#[derive(Debug, Args)]
pub struct Place {
    /// The sandbox's folder
    #[arg(
        long,
        global = true,
        default_value = ".sandbox",
        env = "WHARF_SANDBOX",
        value_name = "DIR"
    )]
    pub dir: PathBuf,
}

#[derive(Debug, Args)]
struct Start {
    /// The first of eight ports; 0 takes any that are free
    #[arg(long, default_value_t = 8480, value_name = "PORT")]
    port: u16,
    /// A folder with more modules, laid out as in a WHMCS root; may be repeated
    #[arg(long, value_name = "DIR")]
    modules: Vec<PathBuf>,
    #[command(flatten)]
    fill: Filling,
    /// Do not play the purchase story first
    #[arg(long)]
    no_story: bool,
    #[command(flatten)]
    php: Php,
}

/// How much there is from the start, for measurements.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Filling {
    /// So many more accounts at the registrar
    #[arg(long, default_value_t = 0, value_name = "N")]
    accounts: usize,
    /// So many domains, at the registrar and in the shop
    #[arg(long, default_value_t = 0, value_name = "N")]
    domains: usize,
    /// So many extensions at the registrar, invented ones among them; the shop imports their prices
    #[arg(long, default_value_t = 0, value_name = "N")]
    tlds: usize,
}

#[derive(Debug, Args)]
pub struct Php {
    /// The php-fpm program
    #[arg(
        long,
        default_value = "php-fpm8.2",
        env = "WHARF_PHP_FPM",
        value_name = "PROGRAM"
    )]
    pub php_fpm: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make something go wrong on the next calls
    Fault(Fault),
    /// Show the armed faults, or disarm them
    Faults(Faults),
    /// Show where everything is and what was called
    Status,
    /// Kill the daemon without warning; it is started again at once
    KillDaemon,
    /// Show the sandbox's time, or move it forward
    Clock(clock::Arguments),
    /// Run the shop's cron
    Cron(clock::Cron),
    /// The security service alone, to write a connector against; it forgets everything when it stops
    Supplier(supplier::Arguments),
}

#[derive(Debug, Args)]
struct Fault {
    /// registry, supplier, broker or host
    service: String,
    /// latency, refuse, black-hole, cut-after-commit, commit-late, garble, truncate or kill-daemon
    kind: String,
    /// Milliseconds, for latency and commit-late
    #[arg(long, value_name = "MS")]
    ms: Option<u64>,
    /// Only on this call: AddDomain, AddCredit, "POST /api/v1/users" … [default: any]
    #[arg(long, value_name = "CALL")]
    on: Option<String>,
    /// How often: a number, or "always" [default: 1; latency: always]
    #[arg(long, value_name = "N")]
    times: Option<String>,
}

#[derive(Debug, Args)]
struct Faults {
    /// Disarm them all
    #[arg(long)]
    clear: bool,
}

pub async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    match arguments.command {
        None => stay(&arguments.place, arguments.start, output).await,
        Some(Command::Fault(fault)) => arm(&arguments.place, &fault, output).await,
        Some(Command::Faults(faults)) => show_faults(&arguments.place, &faults, output).await,
        Some(Command::Status) => status(&arguments.place, output).await,
        Some(Command::KillDaemon) => kill_daemon(&arguments.place, output).await,
        Some(Command::Clock(clock)) => clock::run(&arguments.place, clock, output).await,
        Some(Command::Supplier(supplier)) => supplier::run(&supplier, output).await,
        Some(Command::Cron(cron)) => clock::cron(&arguments.place, &cron, output).await,
    }
}

/// Starts a sandbox in a folder.
pub async fn start(
    dir: PathBuf,
    ports: Ports,
    modules: Vec<PathBuf>,
    php: &Php,
) -> Result<World, Trouble> {
    start_filled(dir, ports, modules, Filling::default(), php).await
}

pub async fn start_filled(
    dir: PathBuf,
    ports: Ports,
    modules: Vec<PathBuf>,
    filling: Filling,
    php: &Php,
) -> Result<World, Trouble> {
    let wharf = std::env::current_exe()
        .map_err(|error| Trouble::failed("this program cannot find itself").because(error))?;
    let options = WorldOptions {
        dir,
        wharf,
        ports,
        php_fpm: php.php_fpm.clone(),
        modules,
        fill: Fill {
            accounts: filling.accounts,
            domains: filling.domains,
            tlds: filling.tlds,
        },
    };
    World::start(options).await.map_err(|error| {
        Trouble::failed("no sandbox")
            .because(error)
            .mend("\"make sandbox\" installs what it needs")
    })
}

/// Starts it, plays the purchase, says where everything is, and stays until told to stop.
async fn stay(place: &Place, start_with: Start, output: &Output) -> Result<ExitCode, Trouble> {
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let mut terminate = listen_for(SignalKind::terminate())?;
    let ports = if start_with.port == 0 {
        Ports::Free
    } else {
        Ports::From(start_with.port)
    };
    let world = start_filled(
        place.dir.clone(),
        ports,
        start_with.modules,
        start_with.fill,
        &start_with.php,
    )
    .await?;

    let played = if start_with.no_story {
        Ok(())
    } else {
        output.line("A customer buys a domain and a security service:\n");
        tokio::select! {
            played = story::play_once(world.addresses(), output) => played.map(|_| ()),
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    };
    if let Err(trouble) = &played {
        output.trouble(trouble);
    }
    let at = world.addresses();
    output.json(&json!({ "sandbox": at }));
    output.line(format!(
        "\nThe sandbox is up:\n  everything    {}/\n  shop          {}/\n  staff         {}/admin/   ({} / {})\n  phones        {}/\n  registry      {}/\n  supplier      {}/\n  broker        {}/\n  operators     {}/staff/   (the same log-in)\n  wharf         {}/healthz\n\nFolder {}. Stop with Ctrl-C.",
        at.control, at.host, at.host, at.staff.username, at.staff.password, at.phone, at.registry, at.supplier, at.broker,
        at.daemon, at.daemon, at.dir.display(),
    ));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    output.line("Stopping …");
    world.stop().await;
    Ok(if played.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn arm(place: &Place, fault: &Fault, output: &Output) -> Result<ExitCode, Trouble> {
    let ms = match (fault.kind.as_str(), fault.ms) {
        ("latency" | "commit-late", Some(ms)) => format!("={ms}"),
        (kind @ ("latency" | "commit-late"), None) => {
            return Err(Trouble::misuse(format!("{kind} needs --ms")).mend("add --ms 500"));
        }
        (_, Some(_)) => {
            return Err(Trouble::misuse(
                "--ms goes with latency and commit-late only",
            ));
        }
        _ => String::new(),
    };
    let on = fault.on.as_deref().unwrap_or_default();
    let times = fault
        .times
        .as_deref()
        .map(|times| format!(":{times}"))
        .unwrap_or_default();
    let order: FaultOrder = format!("{}:{}{ms}:{on}{times}", fault.service, fault.kind)
        .parse()
        .map_err(|error| Trouble::misuse("no such fault").because(error))?;
    let addresses = running(place)?;
    send_fault(&addresses, &order)
        .await
        .map_err(|error| Trouble::failed("not armed").because(error))?;
    output.line("Armed.");
    output.json(&json!({ "armed": order.fault, "service": order.service }));
    Ok(ExitCode::SUCCESS)
}

async fn show_faults(place: &Place, faults: &Faults, output: &Output) -> Result<ExitCode, Trouble> {
    let addresses = running(place)?;
    let client = client()?;
    let mut all = serde_json::Map::new();
    for service in Service::ALL {
        let url = format!("{}/_sandbox/faults", service.address(&addresses));
        if faults.clear {
            client.delete(&url).send().await.map_err(unreachable)?;
        }
        let armed: serde_json::Value = ask(&client, &url).await?;
        for fault in armed.as_array().into_iter().flatten() {
            output.line(format!("{service}: {fault}"));
        }
        all.insert(service.to_string(), armed);
    }
    if all
        .values()
        .all(|armed| armed.as_array().is_none_or(Vec::is_empty))
    {
        output.line("No fault is armed.");
    }
    output.json(&all.into());
    Ok(ExitCode::SUCCESS)
}

async fn status(place: &Place, output: &Output) -> Result<ExitCode, Trouble> {
    let addresses = running(place)?;
    let state = ask(&client()?, &format!("{}/state.json", addresses.control)).await?;
    output.line(format!(
        "Everything: {}/\nShop: {}/",
        addresses.control, addresses.host
    ));
    output.line(serde_json::to_string_pretty(&state).unwrap_or_default());
    output.json(&json!({ "sandbox": addresses, "state": state }));
    Ok(ExitCode::SUCCESS)
}

async fn kill_daemon(place: &Place, output: &Output) -> Result<ExitCode, Trouble> {
    let addresses = running(place)?;
    let answer = client()?
        .post(format!("{}/daemon/kill.json", addresses.control))
        .header("x-sandbox", "1")
        .send()
        .await
        .map_err(unreachable)?;
    if !answer.status().is_success() {
        return Err(Trouble::failed(format!(
            "the sandbox answered {}",
            answer.status()
        )));
    }
    output.line("Killed; it is being started again.");
    output.json(&json!({ "killed": true }));
    Ok(ExitCode::SUCCESS)
}

pub fn running(place: &Place) -> Result<sandbox_world::Addresses, Trouble> {
    SandboxFile::of(&place.dir).read().map_err(|error| {
        Trouble::failed(error.to_string()).mend("or name the folder of a running one with --dir")
    })
}

async fn ask(client: &reqwest::Client, url: &str) -> Result<serde_json::Value, Trouble> {
    client
        .get(url)
        .send()
        .await
        .map_err(unreachable)?
        .json()
        .await
        .map_err(unreachable)
}

fn client() -> Result<reqwest::Client, Trouble> {
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(unreachable)
}

fn unreachable(error: reqwest::Error) -> Trouble {
    Trouble::failed("the sandbox does not answer")
        .because(error)
        .mend("is it still running? Start it with: wharf sandbox")
}

fn listen_for(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Trouble> {
    signal(kind).map_err(|error| Trouble::failed("signals cannot be received").because(error))
}
