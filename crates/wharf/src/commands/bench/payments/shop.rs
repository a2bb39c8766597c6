//! A daemon of its own with one store, and the phone that delivers its messages.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hmac::{Hmac, Mac as _};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use wharf_core::Clock;
use wharf_store::{SealKey, Store, StoreOptions};

use crate::trouble::Trouble;

/// The folder of a daemon: its configuration, key and database.
pub struct Home {
    dir: tempfile::TempDir,
    database: String,
}

impl Home {
    /// `database`: an empty PostgreSQL, or a new SQLite file in the folder.
    pub fn make(database: Option<&str>) -> Result<Self, Trouble> {
        let dir = tempfile::tempdir().map_err(|error| cannot("make a folder").because(error))?;
        let sqlite = || format!("sqlite://{}", dir.path().join("wharf.db").display());
        let database = database.map_or_else(sqlite, str::to_owned);
        SealKey::create(&dir.path().join("wharf.key"))
            .map_err(|error| cannot("make a key").because(error))?;
        let text = format!(
            "listen = \"127.0.0.1:0\"\ndatabase = {}\n",
            toml::Value::from(database.as_str())
        );
        std::fs::write(dir.path().join("wharf.toml"), text)
            .map_err(|error| cannot("write the configuration").because(error))?;
        Ok(Self { dir, database })
    }

    pub async fn store(&self) -> Result<Store, Trouble> {
        let opened = async {
            Ok::<_, anyhow::Error>(
                Store::open(StoreOptions {
                    url: self.database.clone(),
                    key: SealKey::read(&self.dir.path().join("wharf.key"))?,
                    clock: Clock::system(),
                    node: "bench".to_owned(),
                })
                .await?,
            )
        };
        opened
            .await
            .map_err(|error: anyhow::Error| cannot("open the database").because(error))
    }

    pub fn apply(&self, whmcs: &str) -> Result<(), Trouble> {
        let file = self.dir.path().join("setup.toml");
        std::fs::write(&file, SETUP.replace("{whmcs}", whmcs))
            .map_err(|error| cannot("write the set-up").because(error))?;
        let done = program(self.dir.path())?
            .arg("apply")
            .arg(&file)
            .output()
            .map_err(|error| cannot("run wharf apply").because(error))?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        Err(cannot(&format!("set the store up: {}", said.trim())))
    }

    pub fn serve(&self) -> Result<Daemon, Trouble> {
        let mut process = program(self.dir.path())?
            .args(["serve", "--json", "--with-parent"])
            .env("WHARF_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot("start the daemon").because(error))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|error| cannot("start the daemon").because(error))?;
        }
        let address = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|said| {
                said.pointer("/listening/public")?
                    .as_str()
                    .map(str::to_owned)
            })
            .ok_or_else(|| cannot("start the daemon"))?;
        let http = Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| cannot("make a client").because(error))?;
        Ok(Daemon {
            process,
            http,
            url: format!("http://{address}"),
        })
    }
}

/// A running daemon; it ends with this value.
pub struct Daemon {
    process: Child,
    http: Client,
    url: String,
}

impl Daemon {
    /// Delivers a message as SMSGate does; whether it was taken.
    pub async fn deliver(&self, text: &str, event: &str) -> Result<bool, Trouble> {
        let now = Clock::system().now();
        let body = json!({
            "deviceId": "bench", "event": "sms:received", "id": event, "webhookId": "bench",
            "payload": { "messageId": event, "message": text, "sender": "VF-Cash", "receivedAt": now.to_string() }
        })
        .to_string();
        let seconds = now.as_second().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_KEY.as_bytes())
            .map_err(|error| cannot("sign").because(error))?;
        mac.update(body.as_bytes());
        mac.update(seconds.as_bytes());
        let sent = self
            .http
            .post(format!("{}/intake/{TOKEN}", self.url))
            .header("x-timestamp", &seconds)
            .header("x-signature", hex::encode(mac.finalize().into_bytes()))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        match sent.map_err(silent)?.status() {
            status if status.is_success() => Ok(true),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Ok(false),
            status => Err(cannot(&format!("deliver a message: {status}"))),
        }
    }

    /// A claim check as the unmodified gateway module makes it, from a server of its own.
    pub async fn claim(&self, claim: &Claim<'_>) -> Result<Value, Trouble> {
        let client = claim.client.to_string();
        let query = [
            ("store_id", "bench"),
            ("phone", claim.phone),
            ("amount", claim.amount),
            ("user_name", &client),
            ("client_id", &client),
            ("lang", "en"),
        ];
        let answer = self
            .http
            .get(format!("{}/api/payment_link_check", self.url))
            .query(&query)
            .header("x-forwarded-for", claim.source())
            .send()
            .await
            .map_err(silent)?;
        answer.json().await.map_err(silent)
    }

    /// Resident memory in megabytes: now, and at most.
    pub fn memory_mb(&self) -> (f64, f64) {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
            kilobytes
                .and_then(|number| number.parse::<f64>().ok())
                .unwrap_or(0.0)
                / 1_024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut line) = self.process.stdin.take() {
            let _ = line.flush();
        }
        let _ = self.process.wait();
    }
}

pub struct Claim<'a> {
    pub client: u32,
    pub phone: &'a str,
    pub amount: &'a str,
}

impl Claim<'_> {
    /// A shop's server for every few clients: limits per source are not what is measured.
    fn source(&self) -> String {
        let [_, high, middle, low] = self.client.to_be_bytes();
        format!("10.{high}.{middle}.{low}")
    }
}

/// Money that arrived: the newest Arabic receipt.
pub fn receipt(number: u32, phone: &str, amount: &str, balance: &str) -> String {
    let zone = jiff::tz::TimeZone::get("Africa/Cairo").unwrap_or(jiff::tz::TimeZone::UTC);
    let at = Clock::system()
        .now()
        .to_zoned(zone)
        .strftime("%H:%M %y-%m-%d");
    format!(
        "تم استلام مبلغ {amount} جنيه من {phone}؛\nالمسجل بإسم MONA S. FAHMY\nعلى رقم محفظتك 01012345678 بتاريخ {at}.\n\
         رصيدك الحالي: {balance} جنيه\nرقم العملية: {}",
        operator_number(number)
    )
}

/// Newer than all that the database is filled with.
pub fn operator_number(number: u32) -> String {
    format!("0{}", FIRST_NUMBER + i64::from(number))
}

fn program(home: &Path) -> Result<Command, Trouble> {
    let path = std::env::current_exe().map_err(|error| cannot("find wharf").because(error))?;
    let mut command = Command::new(path);
    command.arg("--config").arg(home.join("wharf.toml"));
    Ok(command)
}

fn cannot(what: &str) -> Trouble {
    Trouble::failed(format!("the measurement cannot {what}"))
}

fn silent(error: reqwest::Error) -> Trouble {
    Trouble::failed("the daemon does not answer").because(error.without_url())
}

pub const FIRST_NUMBER: i64 = 30_000_000_000;

const TOKEN: &str = "bench-intake-token-1";
const SIGNING_KEY: &str = "bench-signing-key";
const SETUP: &str = r#"
[[site]]
id = "bench"
token = "bench-module-token"
url = "{whmcs}"
identifier = "bench"
secret = "bench"

[[store]]
id = "bench"
site = "bench"
name = "Bench"
rates = { USD = "50.25" }
check_answers = "credit-only"
hold = "off"
phone_binding = "off"

[[wallet]]
id = "bench-wallet"
store = "bench"
operator = "vodafone-cash"
number = "01012345678"

[[device]]
id = "bench-phone"
store = "bench"
token = "bench-intake-token-1"
format = "smsgate"
signing_key = "bench-signing-key"
wallets = ["bench-wallet"]
"#;
