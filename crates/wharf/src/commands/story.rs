//! `wharf story`: a customer journey, played and proved.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sandbox_world::story::{self as journey, DomainStory, Ending, ServiceStory, Step, WalletStory};
use sandbox_world::{Addresses, FaultOrder, Ports, send_fault};
use serde_json::json;

use crate::commands::sandbox::{self, Php, Place};
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The story to play
    #[arg(value_enum)]
    name: Name,
    #[command(flatten)]
    place: Place,
    /// Play in a throwaway sandbox on free ports in a temporary folder, and stop it afterwards
    #[arg(long)]
    fresh: bool,
    /// Delay every answer of registry and supplier by so many milliseconds
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
    /// Play so often, one after the other, and show the median and the longest
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// Arm a fault first: SERVICE:KIND[:CALL[:TIMES]], such as registry:cut-after-commit:AddDomain; may be repeated
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultOrder>,
    #[command(flatten)]
    php: Php,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// A visitor buys a domain and a security service, pays by wallet, and finds both active
    Purchase,
    /// A domain is registered, renewed, left to expire, restored, and transferred away
    DomainLife,
    /// Transfers in: a wrong code, a lock, one approved, one rejected, one taken back
    TransferIn,
    /// The registry is dead for an hour while pages are read and renewals are paid
    Outage,
    /// Names that are applied for: one granted, one refused
    Swiss,
    /// A premium name at the price that was shown, and one that becomes dearer before it is paid
    Premium,
    /// A name whose letters two registries treat differently
    Idn,
    /// A domain that nobody pays for is taken off the net when it ends, and put back when somebody does
    Suspension,
    /// Claims first; the messages come three hours late, three times each, the newest first
    WalletLate,
    /// Forged messages of every kind credit nobody, and a week that comes once more changes nothing
    WalletForged,
    /// WHMCS is down for an hour while five hundred customers pay
    WalletOutage,
    /// Two clients claim one transfer
    WalletFight,
    /// A service is bought, opened, used, upgraded, given a password, suspended, paid for and ended
    ServiceLife,
    /// A database of a service broker is bought, used, upgraded, closed and opened again, and ended
    ServiceBroker,
    /// Lost answers, refusals half-way, an order that takes its time, a silent supplier, a wrong token
    ServiceTrouble,
    /// The daemon is killed at random moments while customers pay
    WalletKilled,
}

/// A story that tells its end in a sentence.
#[derive(Clone, Copy)]
enum Sentence {
    Domains(DomainStory),
    Wallets(WalletStory),
    Services(ServiceStory),
}

impl Name {
    fn sentence(self) -> Option<Sentence> {
        Some(match self {
            Self::Purchase => return None,
            Self::DomainLife => Sentence::Domains(DomainStory::Life),
            Self::TransferIn => Sentence::Domains(DomainStory::TransferIn),
            Self::Outage => Sentence::Domains(DomainStory::Outage),
            Self::Swiss => Sentence::Domains(DomainStory::Swiss),
            Self::Premium => Sentence::Domains(DomainStory::Premium),
            Self::Idn => Sentence::Domains(DomainStory::Idn),
            Self::Suspension => Sentence::Domains(DomainStory::Suspension),
            Self::WalletLate => Sentence::Wallets(WalletStory::Late),
            Self::WalletForged => Sentence::Wallets(WalletStory::Forged),
            Self::WalletOutage => Sentence::Wallets(WalletStory::Outage),
            Self::WalletKilled => Sentence::Wallets(WalletStory::Killed),
            Self::WalletFight => Sentence::Wallets(WalletStory::Fight),
            Self::ServiceLife => Sentence::Services(ServiceStory::Life),
            Self::ServiceBroker => Sentence::Services(ServiceStory::Broker),
            Self::ServiceTrouble => Sentence::Services(ServiceStory::Trouble),
        })
    }
}

pub async fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    if !arguments.fresh {
        let addresses = sandbox::running(&arguments.place).map_err(|trouble| {
            trouble.mend("start one with \"wharf sandbox\", or play with --fresh")
        })?;
        let played = play(&arguments, &addresses, output).await;
        if arguments.latency.is_some() {
            disarm(&addresses).await;
        }
        return played;
    }
    let dir = tempfile::Builder::new()
        .prefix("wharf-story-")
        .tempdir()
        .map_err(|error| Trouble::failed("no temporary folder").because(error))?;
    let world = sandbox::start(
        dir.path().to_owned(),
        Ports::Free,
        Vec::new(),
        &arguments.php,
    )
    .await?;
    let played = play(&arguments, world.addresses(), output).await;
    if played.is_err() && std::env::var_os("WHARF_KEEP").is_some() {
        output.line(format!("Kept: {}", dir.keep().display()));
    }
    world.stop().await;
    played
}

/// Plays the purchase and shows its timeline.
pub async fn play_once(addresses: &Addresses, output: &Output) -> Result<Ending, Trouble> {
    heading(output);
    journey::purchase(addresses, |step| shown(step, output))
        .await
        .map_err(|error| Trouble::failed("the story ended wrongly").because(error))
}

fn heading(output: &Output) {
    output.line(format!(
        "{:>8}  {:<9} {:>8} {:>5}  {}",
        "since", "who", "took", "calls", "what"
    ));
}

fn shown(step: &Step, output: &Output) {
    output.line(format!(
        "{:>6} ms  {:<9} {:>5} ms {:>5}  {}",
        step.at_ms, step.who, step.took_ms, step.supplier_calls, step.what
    ));
    if let Ok(step) = serde_json::to_value(step) {
        output.json(&step);
    }
}

async fn play_sentence(
    story: Sentence,
    times: u32,
    addresses: &Addresses,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    for _ in 0..times {
        heading(output);
        let show = |step: &Step| shown(step, output);
        let told = match story {
            Sentence::Domains(story) => journey::about_domains(story, addresses, show).await,
            Sentence::Wallets(story) => journey::about_wallets(story, addresses, show).await,
            Sentence::Services(story) => journey::about_services(story, addresses, show).await,
        };
        match told {
            Ok(told) => {
                output.line(format!("\n{}.", told.says));
                output.json(&serde_json::to_value(&told).unwrap_or_default());
            }
            Err(error) => {
                let trouble = Trouble::failed("the story ended wrongly").because(error);
                output.json(&json!({ "outcome": "failed", "error": trouble.what() }));
                return Err(trouble);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn play(
    arguments: &Arguments,
    addresses: &Addresses,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let latency = arguments
        .latency
        .iter()
        .flat_map(|ms| ["registry", "supplier"].map(|at| format!("{at}:latency={ms}")));
    for order in latency {
        let order = order
            .parse()
            .map_err(|error| Trouble::misuse("no such latency").because(error))?;
        armed(addresses, &order).await?;
    }
    for order in &arguments.fault {
        armed(addresses, order).await?;
    }
    if let Some(story) = arguments.name.sentence() {
        return play_sentence(story, arguments.times, addresses, output).await;
    }
    let mut seconds = Vec::new();
    for _ in 0..arguments.times {
        match play_once(addresses, output).await {
            Ok(ending) => {
                seconds.push(ending.seconds_from_sms_to_active);
                output.line(format!(
                    "\nActive {:.3} s after the message reached Wharf: {} for {}, invoice {}.",
                    ending.seconds_from_sms_to_active,
                    ending.domain,
                    ending.client_email,
                    ending.invoice
                ));
                output.json(&serde_json::to_value(&ending).unwrap_or_default());
            }
            Err(trouble) => {
                output.json(&json!({ "outcome": "failed", "error": trouble.what() }));
                return Err(trouble);
            }
        }
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    let longest = seconds.last().copied().unwrap_or_default();
    if arguments.times > 1 {
        output.line(format!(
            "\n{} times: median {median:.3} s, longest {longest:.3} s.",
            seconds.len()
        ));
        output.json(&json!({
            "outcome": "active",
            "times": seconds.len(),
            "seconds_from_sms_to_active": median,
            "max_seconds_from_sms_to_active": longest,
        }));
    }
    Ok(ExitCode::SUCCESS)
}

async fn armed(addresses: &Addresses, order: &FaultOrder) -> Result<(), Trouble> {
    send_fault(addresses, order)
        .await
        .map_err(|error| Trouble::failed("the fault was not armed").because(error))
}

/// A latency that was asked for one story must not slow down what comes after it.
async fn disarm(addresses: &Addresses) {
    let Ok(client) = reqwest::Client::builder().no_proxy().build() else {
        return;
    };
    for base in [&addresses.registry, &addresses.supplier, &addresses.broker] {
        let _ = client
            .delete(format!("{base}/_sandbox/faults"))
            .send()
            .await;
    }
}
