//! `wharf payments devices`: the phones that forward messages.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;
use wharf_core::Secret;
use wharf_payments::devices::{DeviceView, FormatView, formats, new_token};
use wharf_payments::pages::Language;
use wharf_payments::setup::{DeviceSetup, SetupError};
use wharf_store::StoreError;

use super::words::{this_person, when};
use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// The phones that forward operators' messages. Without a command: all of them, and what is wrong with them.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show all devices, and what is wrong with them
    List,
    /// Add a device: makes its address and key, and says what to enter in the app
    Add(Add),
    /// Give a device a new address; the old one is refused from then on
    Rotate { id: String },
    /// Take a device away; the messages that it delivered stay
    Remove { id: String },
    /// Show the forwarder apps that are understood
    Formats,
}

#[derive(Debug, clap::Args)]
struct Add {
    /// Letters, digits, "-" and "_"
    id: String,
    /// Whose wallets they are
    #[arg(long)]
    store: String,
    /// The app that forwards; "wharf payments devices formats" shows them
    #[arg(long)]
    format: String,
    /// A wallet whose messages it gets; once for each
    #[arg(long = "wallet", value_name = "ID", required = true)]
    wallets: Vec<String>,
    /// A SIM card and a wallet that belongs to it, such as 1=main-wallet; once for each
    #[arg(long = "sim", value_name = "CARD=WALLET", value_parser = card)]
    sims: Vec<(String, String)>,
    /// An address or network that it may deliver from; once for each [default: any]
    #[arg(long = "source", value_name = "NETWORK")]
    sources: Vec<String>,
    /// How often a sign of life is due; 0: never [default: 15, once a heartbeat has come]
    #[arg(long, value_name = "MINUTES")]
    heartbeat_minutes: Option<u32>,
    /// Read the signing key from the first line of standard input instead of making one
    #[arg(long)]
    signing_key_stdin: bool,
    /// Without a signing key, for an app that cannot sign in this version
    #[arg(long, conflicts_with = "signing_key_stdin")]
    unsigned: bool,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    if let Some(What::Formats) = arguments.what {
        return Ok(show_formats(output));
    }
    let config = Config::load(global.config.as_deref())?;
    let rooms = Rooms::open(&config).await?;
    match &arguments.what {
        None | Some(What::List | What::Formats) => list(&rooms, output).await,
        Some(What::Add(arguments)) => add(arguments, &rooms, output).await,
        Some(What::Rotate { id }) => {
            let token = rooms
                .payments
                .rotate_device(id, &keeper())
                .await
                .map_err(database)?;
            let token = token.ok_or_else(|| unknown(id))?;
            let url = rooms.payments.intake_url(token.expose());
            output.json(&json!({ "device": id, "url": url }));
            output.line(format!(
                "{id}: enter this address in its app; the old one is refused from now on\n  {url}"
            ));
            Ok(ExitCode::SUCCESS)
        }
        Some(What::Remove { id }) => {
            if !rooms
                .payments
                .remove_device(id, &keeper())
                .await
                .map_err(database)?
            {
                return Err(unknown(id));
            }
            output.json(&json!({ "device": id, "removed": true }));
            output.line(format!("{id}: removed; its messages stay"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Who keeps the phones, for the audit log.
fn keeper() -> String {
    this_person().unwrap_or_else(|| "command line".to_owned())
}

async fn list(rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let devices = rooms.payments.devices().await.map_err(database)?;
    output.json(&json!({ "devices": devices }));
    if devices.is_empty() {
        output.line("there is no device yet; add one: wharf payments devices add --help");
    }
    let now = rooms.store.clock().now();
    for device in &devices {
        output.line(in_a_line(device, now));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_a_line(device: &DeviceView, now: Timestamp) -> String {
    let seen = device.seen_at.map_or_else(
        || "never heard of".to_owned(),
        |at| format!("heard of {}", ago(now, at)),
    );
    let battery = device.battery.map_or(String::new(), |percent| {
        let plugged = if device.charging == Some(true) {
            ", charging"
        } else {
            ""
        };
        format!("  battery {percent} %{plugged}")
    });
    let refused = device.refused_since.zip(device.refused_why.as_ref());
    let refused = refused.map_or(String::new(), |(since, why)| {
        format!("\n    deliveries refused since {}: {why}", when(since))
    });
    format!(
        "{:<16}  {:<8}  {:<13}  {:<12}  {seen}{battery}  wallets {}{refused}",
        device.id,
        device.state,
        device.format,
        device.store,
        device.wallets.join(", "),
    )
}

fn ago(now: Timestamp, at: i64) -> String {
    let seconds = (now.as_millisecond() - at).max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

async fn add(add: &Add, rooms: &Rooms, output: &Output) -> Result<ExitCode, Trouble> {
    let format = formats()
        .find(|format| format.name == add.format)
        .ok_or_else(|| {
            let known: Vec<_> = formats().map(|format| format.name).collect();
            Trouble::misuse(format!("no forwarder app is called \"{}\"", add.format))
                .mend(format!("use one of: {}", known.join(", ")))
        })?;
    let key = key_for(add, &format)?;
    let token = new_token().map_err(database)?;
    let url = rooms.payments.intake_url(token.expose());
    let mut sims: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (card, wallet) in &add.sims {
        sims.entry(card.clone()).or_default().push(wallet.clone());
    }
    let device = DeviceSetup {
        id: add.id.clone(),
        store: add.store.clone(),
        token,
        format: add.format.clone(),
        signing_key: key.clone(),
        wallets: add.wallets.clone(),
        sims,
        sources: add.sources.clone(),
        heartbeat_minutes: add.heartbeat_minutes,
    };
    device.add(&rooms.store).await.map_err(|error| {
        let mend = match &error {
            SetupError::Taken { .. } => Some(format!(
                "for a new address: wharf payments devices rotate {}; for other settings: wharf apply",
                add.id
            )),
            SetupError::Unknown { .. } => {
                Some("stores and wallets are set up with: wharf apply".to_owned())
            }
            _ => None,
        };
        let what = format!("device \"{}\" was not added", add.id);
        let trouble = match &error {
            SetupError::Taken { .. } => Trouble::failed(what),
            _ => Trouble::misuse(what),
        };
        let trouble = trouble.because(error);
        match mend {
            Some(mend) => trouble.mend(mend),
            None => trouble,
        }
    })?;
    let steps = format.steps_for(&url, Language::English);
    let shown = key.as_ref().map(Secret::expose);
    output.json(&json!({
        "device": add.id, "format": format.name, "url": url, "signing_key": shown, "steps": steps,
    }));
    output.line(format!("device {}: added, for {}", add.id, format.title));
    output.line(format!("  address      {url}"));
    if let Some(key) = shown {
        output.line(format!("  signing key  {key}"));
    }
    output.line(match shown {
        Some(_) => {
            "Both are shown this once: Wharf keeps the address as a digest and the key sealed."
        }
        None => "It is shown this once: Wharf keeps the address as a digest.",
    });
    if !url.starts_with("https://") {
        output.line("public_url is not https:// — most apps refuse such an address, and it would travel in the clear.");
    }
    output.line("In the app:");
    for step in &steps {
        output.line(format!("  - {step}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The key that the app signs with: made here, or brought.
fn key_for(add: &Add, format: &FormatView) -> Result<Option<Secret>, Trouble> {
    if add.signing_key_stdin {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| {
                Trouble::misuse("the signing key cannot be read from standard input").because(error)
            })?;
        let key = line.trim();
        if key.is_empty() {
            return Err(Trouble::misuse("standard input holds no signing key")
                .mend("its first line must be the key"));
        }
        return Ok(Some(Secret::new(key)));
    }
    match (format.key, format.name) {
        (_, "twilio") => Err(
            Trouble::misuse("Twilio signs with the account's Auth Token")
                .mend("put it on the first line of standard input, with --signing-key-stdin"),
        ),
        ("none", _) => Ok(None),
        ("optional", _) if add.unsigned => Ok(None),
        ("required", _) if add.unsigned => Err(Trouble::misuse(format!(
            "{} always signs: --unsigned is not for it",
            format.title
        ))),
        _ => new_token().map(Some).map_err(database),
    }
}

fn show_formats(output: &Output) -> ExitCode {
    let all: Vec<FormatView> = formats().collect();
    output.json(&json!({ "formats": all }));
    for format in &all {
        output.line(format!(
            "{:<14}  {} (signing key: {})",
            format.name, format.title, format.key
        ));
    }
    ExitCode::SUCCESS
}

fn card(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((card, wallet)) if !card.trim().is_empty() && !wallet.trim().is_empty() => {
            Ok((card.trim().to_owned(), wallet.trim().to_owned()))
        }
        _ => Err("write it like 1=main-wallet".to_owned()),
    }
}

fn unknown(id: &str) -> Trouble {
    Trouble::failed(format!("there is no device \"{id}\""))
        .mend("see what there is: wharf payments devices")
}

fn database(error: StoreError) -> Trouble {
    Trouble::failed("the devices cannot be read or changed").because(error)
}
