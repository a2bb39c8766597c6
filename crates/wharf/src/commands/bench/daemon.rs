//! The daemon that is measured: `wharf serve` in a process of its own, called over its socket as the PHP modules do.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use wharf_core::{Clock, Secret};
use wharf_store::{SealKey, Store, StoreOptions};
use wharf_whmcs::Sites;
use wharf_whmcs::setup::SiteSetup;

use super::services::SERVER;
use crate::trouble::Trouble;

/// What a daemon is started with.
pub struct Setting<'a> {
    /// The authority to trust, PEM.
    pub ca: &'a str,
    /// What stands in its configuration besides.
    pub config: &'a str,
    /// Files beside the configuration.
    pub files: &'a [(&'a str, &'a str)],
    /// SiteShield's services that it knows already.
    pub services: u32,
}

/// A running daemon; it ends with this value.
pub struct Daemon {
    http: reqwest::Client,
    token: String,
    process: Child,
    _dir: tempfile::TempDir,
}

/// What the daemon holds in memory, in megabytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    pub resident_mb: f64,
    pub peak_mb: f64,
}

impl Daemon {
    pub async fn start(setting: &Setting<'_>) -> Result<Self, Trouble> {
        let failed =
            |error: anyhow::Error| Trouble::failed("the daemon cannot be started").because(error);
        let dir = tempfile::tempdir().map_err(|error| failed(error.into()))?;
        let (config, socket) = (dir.path().join("wharf.toml"), dir.path().join("sock"));
        let text = format!(
            "listen = \"127.0.0.1:0\"\nsocket = \"sock\"\nca_file = \"ca.pem\"\n{}",
            setting.config
        );
        let own = [("wharf.toml", text.as_str()), ("ca.pem", setting.ca)];
        for (name, text) in own.iter().chain(setting.files) {
            let path = dir.path().join(name);
            let folder = path.parent().unwrap_or(dir.path());
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|error| failed(error.into()))?;
        }
        let token = set_up(dir.path(), setting.services).await.map_err(failed)?;
        let program = std::env::current_exe().map_err(|error| failed(error.into()))?;
        let mut process = Command::new(program)
            .args(["--json", "--config"])
            .arg(&config)
            .args(["serve", "--with-parent"])
            .env("WHARF_LOG", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.into()))?;
        // Its first line says that it listens.
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|error| failed(error.into()))?;
        }
        if line.is_empty() {
            return Err(Trouble::failed(
                "the daemon to be measured ended at its start",
            ));
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .unix_socket(socket)
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(Self {
            http,
            token,
            process,
            _dir: dir,
        })
    }

    /// A call as WHMCS makes it: the module's settings go along.
    pub async fn call(
        &self,
        kind: &str,
        function: &str,
        params: [Value; 2],
    ) -> Result<Value, Trouble> {
        let params: Map<String, Value> = params
            .into_iter()
            .filter_map(|value| match value {
                Value::Object(map) => Some(map),
                _ => None,
            })
            .flatten()
            .collect();
        let failed = |error: reqwest::Error| {
            Trouble::failed(format!("{function} failed")).because(error.without_url())
        };
        let answer = self
            .http
            .post(format!("http://wharf/whmcs/{kind}/wharf/{function}"))
            .bearer_auth(&self.token)
            .json(&params)
            .send()
            .await
            .map_err(failed)?;
        let answer: Value = answer.json().await.map_err(failed)?;
        let value = answer.get("return").cloned().unwrap_or(answer);
        match value.get("error").and_then(Value::as_str) {
            Some(error) => Err(Trouble::failed(format!("{function} failed: {error}"))),
            None => Ok(value),
        }
    }

    /// Of the daemon's process alone.
    pub fn memory(&self) -> Memory {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let megabytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.unwrap_or(0.0) / 1_024.0
        };
        Memory {
            resident_mb: megabytes("VmRSS:"),
            peak_mb: megabytes("VmHWM:"),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Makes the key and a site; the site's token.
async fn set_up(dir: &std::path::Path, services: u32) -> anyhow::Result<String> {
    let store = Store::open(StoreOptions {
        url: format!("sqlite://{}", dir.join("wharf.db").display()),
        key: SealKey::create(&dir.join("wharf.key"))?,
        clock: Clock::system(),
        node: "bench".to_owned(),
    })
    .await?;
    let token = wharf_core::id::new_id(store.clock());
    let sites = Sites::new(store.clone(), None)?;
    let site = SiteSetup {
        id: "bench".to_owned(),
        token: Secret::new(token.clone()),
        url: "http://127.0.0.1:9".to_owned(),
        identifier: "bench".to_owned(),
        secret: Secret::new("bench"),
        access_key: None,
    };
    sites.upsert(&site).await?;
    wharf_services::load::fill(&store, "bench", SERVER, "siteshield", services.into()).await?;
    store.pool().close().await;
    Ok(token)
}
