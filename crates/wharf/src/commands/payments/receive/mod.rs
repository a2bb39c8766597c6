//! `wharf payments receive`: messages of a modem on this machine, into the daemon. Gammu's smsd runs it with each
//! message in the environment.

mod message;
mod spool;

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use reqwest::{Certificate, Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use wharf_core::network::is_this_machine;
use wharf_core::{Clock, Secret};

use crate::config::toml_complaint;
use crate::output::Output;
use crate::trouble::{Trouble, chain};
use message::Message;
use spool::Spool;

/// Takes a message from Gammu's smsd (RunOnReceive) and hands it to the daemon as a device of format "generic".
///
/// The message is written to the spool folder first. If the daemon does not take it, it stays there and goes with
/// the next message, or with --flush; nothing is lost. Exit code 0: everything was delivered, or waits in the spool
/// for a daemon that does not answer; 1: the daemon refuses what is in the spool, or does not answer a --flush; 2: the
/// set-up is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Where the settings stand
    #[arg(long, value_name = "FILE", env = "WHARF_RECEIVE", default_value = USUAL)]
    settings: PathBuf,
    /// Deliver what is in the spool, and take no message
    #[arg(long)]
    flush: bool,
    /// Take the text from standard input, from this sender, instead of the environment
    #[arg(long, value_name = "NAME", conflicts_with = "flush")]
    sender: Option<String>,
}

/// The settings file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The device's address: https, or http on this machine.
    url: Secret,
    signing_key: Option<Secret>,
    #[serde(default = "usual_spool")]
    spool: PathBuf,
    /// PEM of another certificate authority to trust.
    ca_file: Option<PathBuf>,
}

pub async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let settings = Settings::read(&arguments.settings)?;
    let spool = Spool::open(&settings.spool)?;
    let now = Clock::system().now();
    if !arguments.flush {
        // Before anything can go wrong with the network.
        for message in taken(arguments, now)? {
            spool.put(&message)?;
        }
    }
    let turn = spool.take_turn()?;
    let client = client(&settings)?;
    let mut report = Report::default();
    for path in turn.waiting()? {
        let text = turn.read(&path)?;
        match deliver(&client, &settings, &text).await {
            Delivered::Taken => {
                turn.done(&path)?;
                report.delivered += 1;
            }
            Delivered::Never(why) => {
                turn.set_aside(&path)?;
                report.refused = Some(why);
                report.set_aside += 1;
            }
            Delivered::Refused(why) => {
                report.refused = Some(why);
                break;
            }
            Delivered::Later(why) => {
                report.later = Some(why);
                break;
            }
        }
    }
    report.waiting = turn.waiting()?.len();
    report.show(&settings, output)?;
    Ok(match report.later {
        Some(_) if arguments.flush => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// The messages of the environment, or the one of standard input.
fn taken(arguments: &Arguments, now: Timestamp) -> Result<Vec<Message>, Trouble> {
    if let Some(sender) = &arguments.sender {
        let mut text = String::new();
        std::io::stdin()
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map_err(|error| {
                Trouble::misuse("the text cannot be read from standard input").because(error)
            })?;
        return Ok(vec![Message {
            from: sender.clone(),
            text: text.trim_end_matches('\n').to_owned(),
            received_at: now,
            sim: None,
        }]);
    }
    let environment = |name: &str| {
        let value = std::env::var_os(name)?;
        Some(value.to_string_lossy().into_owned())
    };
    let messages = Message::of_gammu(environment, now);
    if messages.is_empty() {
        return Err(Trouble::misuse("the environment holds no message (SMS_MESSAGES is not set)").mend(
            "set it as RunOnReceive in smsd's configuration, or try it with: echo TEXT | wharf payments receive --sender NAME",
        ));
    }
    Ok(messages)
}

enum Delivered {
    Taken,
    /// The daemon does not answer, or has no place now.
    Later(String),
    /// The set-up must be mended first.
    Refused(String),
    /// This message will never be taken; the others may.
    Never(String),
}

async fn deliver(client: &Client, settings: &Settings, text: &str) -> Delivered {
    let mut request = client
        .post(settings.url.expose())
        .header("content-type", "application/json");
    if let Some(key) = &settings.signing_key {
        let second = Clock::system().now().as_second().to_string();
        // HMAC takes keys of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) {
            mac.update(text.as_bytes());
            mac.update(second.as_bytes());
            let signature = hex::encode(mac.finalize().into_bytes());
            request = request
                .header("x-timestamp", second)
                .header("x-signature", signature);
        }
    }
    let answer = match request.body(text.to_owned()).send().await {
        Ok(answer) => answer,
        // Without the address, which is a secret.
        Err(error) => return Delivered::Later(chain(&error.without_url())),
    };
    let status = answer.status();
    let said = answer
        .json::<serde_json::Value>()
        .await
        .ok()
        .and_then(|body| body.get("message")?.as_str().map(str::to_owned))
        .unwrap_or_default();
    let why = format!("{} {said}", status.as_u16()).trim_end().to_owned();
    match status {
        status if status.is_success() => Delivered::Taken,
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::BAD_REQUEST => Delivered::Never(why),
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
            Delivered::Refused(why)
        }
        _ => Delivered::Later(why),
    }
}

fn client(settings: &Settings) -> Result<Client, Trouble> {
    let trouble =
        |error: reqwest::Error| Trouble::misuse("the HTTP client cannot be made").because(error);
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none());
    let url = Url::parse(settings.url.expose()).ok();
    let host = url.as_ref().and_then(Url::host_str);
    if host.is_some_and(is_this_machine) {
        // A proxy of the environment cannot reach this machine for us, and would see the token.
        builder = builder.no_proxy();
    }
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|error| {
            Trouble::misuse(format!("ca_file {} cannot be read", path.display())).because(error)
        })?;
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem).map_err(trouble)?);
    }
    builder.build().map_err(trouble)
}

impl Settings {
    fn read(path: &Path) -> Result<Self, Trouble> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Trouble::misuse(format!("{} cannot be read", path.display()))
                .because(error)
                .mend("write it as \"wharf payments receive --help\" shows, or name another one with --settings")
        })?;
        let mode = std::fs::metadata(path).map(|file| file.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            tracing::warn!(file = %path.display(), "others may read the settings, which hold the phone's address and key: chmod 600");
        }
        let settings: Self = toml::from_str(&text).map_err(|error| {
            Trouble::misuse(format!(
                "{}{}",
                path.display(),
                toml_complaint(&text, &error)
            ))
        })?;
        let url = Url::parse(settings.url.expose()).ok();
        match url.as_ref().map(|url| (url.scheme(), url.host_str())) {
            Some(("https", Some(_))) => {}
            Some(("http", Some(host))) if is_this_machine(host) => {}
            // The token in the address is what tells the device.
            Some(("http", Some(_))) => {
                return Err(Trouble::misuse(format!(
                    "{}: url is plain http:// to another machine: everybody on the way could read its token",
                    path.display()
                ))
                .mend("write https://…, with a proxy that has a certificate before the daemon; http:// is for a daemon on this machine (127.0.0.1)"));
            }
            _ => {
                return Err(Trouble::misuse(format!(
                    "{}: url must be the device's address, https://…",
                    path.display()
                ))
                .mend("make one: wharf payments devices add ID --format generic …"));
            }
        }
        Ok(settings)
    }
}

#[derive(Debug, Default)]
struct Report {
    delivered: usize,
    waiting: usize,
    set_aside: usize,
    refused: Option<String>,
    later: Option<String>,
}

impl Report {
    fn show(&self, settings: &Settings, output: &Output) -> Result<(), Trouble> {
        let spool = settings.spool.display();
        if let Some(why) = &self.refused {
            let trouble = Trouble::failed(format!("the daemon refuses the delivery: {why}"));
            return Err(if self.set_aside > 0 {
                trouble.mend(format!(
                    "{} kept in {spool}/refused for you to look at; {} wait in {spool}",
                    self.set_aside, self.waiting
                ))
            } else {
                trouble.mend(format!(
                    "compare url and signing_key with the device's (wharf payments devices); {} wait in {spool} and go with the next run",
                    self.waiting
                ))
            });
        }
        output.json(&json!({
            "delivered": self.delivered, "waiting": self.waiting, "why": self.later,
        }));
        if let Some(why) = &self.later {
            output.line(format!(
                "{} wait in {spool} and go with the next message or --flush ({why})",
                self.waiting
            ));
        } else {
            output.line(format!("{} delivered", self.delivered));
        }
        Ok(())
    }
}

fn usual_spool() -> PathBuf {
    PathBuf::from("/var/spool/wharf")
}

const USUAL: &str = "/etc/wharf/receive.toml";
const EXAMPLE: &str = "\
The settings file (mode 0600, owned by smsd's user):

  url = \"https://pay.example.com/intake/…\"   # of: wharf payments devices add modem-1 --format generic …
  signing_key = \"…\"                          # if the device has one
  # spool = \"/var/spool/wharf\"
  # ca_file = \"/etc/wharf/ca.pem\"

In smsd's configuration (gammu-smsdrc):

  [smsd]
  PhoneID = 1
  RunOnReceive = /usr/local/bin/wharf payments receive";
