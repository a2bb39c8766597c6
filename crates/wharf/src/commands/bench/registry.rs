//! The sandbox's registrar in a process of its own, so that the memory that is measured is Wharf's alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};

use clap::Args;
use sandbox_world::{LoneRegistry, LoneRegistryOptions, RegistryDoor};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use wharf_core::Clock;

use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 0)]
    domains: usize,
    #[arg(long, default_value_t = 0)]
    zones: usize,
}

/// Says where it is in one line, and stays until its standard input ends.
pub async fn run(arguments: &Arguments) -> Result<ExitCode, Trouble> {
    let registry = LoneRegistry::start(LoneRegistryOptions {
        domains: arguments.domains,
        zones: arguments.zones,
        clock: Clock::system(),
    })
    .await
    .map_err(|error| Trouble::failed("no registrar").because(error))?;
    let door = serde_json::to_string(&registry.door).unwrap_or_default();
    let _ = writeln!(std::io::stdout().lock(), "{door}");
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    registry.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// A registrar in a child process; it ends with this value, even when this process is killed.
pub struct Registrar {
    pub door: RegistryDoor,
    http: reqwest::Client,
    process: Child,
}

impl Registrar {
    pub fn start(domains: usize, zones: usize) -> Result<Self, Trouble> {
        let failed =
            |why: String| Trouble::failed(format!("no registrar to measure against: {why}"));
        let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
        let mut process = Command::new(program)
            .args(["bench", "registry"])
            .args(["--domains", &domains.to_string()])
            .args(["--zones", &zones.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|error| failed(error.to_string()))?;
        }
        let door = serde_json::from_str(&line).map_err(|error| failed(error.to_string()))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            door,
            http,
            process,
        })
    }

    /// Every answer comes so late from now on.
    pub async fn delay(&self, ms: u64) -> Result<(), Trouble> {
        let fault = serde_json::json!({ "kind": { "name": "latency", "ms": ms } });
        let url = format!("{}/_sandbox/faults", self.door.plain);
        let sent = self.http.post(url).json(&fault).send().await;
        sent.and_then(reqwest::Response::error_for_status)
            .map(drop)
            .map_err(|error| Trouble::failed("the registrar cannot be slowed down").because(error))
    }

    /// How many calls it has answered.
    pub async fn calls(&self) -> Result<u64, Trouble> {
        let total = self.ask("calls").await?;
        Ok(total.get("total").and_then(Value::as_u64).unwrap_or(0))
    }

    /// The names that the account holds.
    pub async fn names(&self) -> Result<Vec<String>, Trouble> {
        let rows = self.ask("domains").await?;
        let rows = rows.as_array().cloned().unwrap_or_default();
        Ok(rows
            .iter()
            .filter_map(|row| row.get("domain")?.as_str())
            .map(str::to_owned)
            .collect())
    }

    async fn ask(&self, what: &str) -> Result<Value, Trouble> {
        let failed =
            |error: reqwest::Error| Trouble::failed("the registrar does not answer").because(error);
        let url = format!("{}/_sandbox/{what}", self.door.plain);
        let answer = self.http.get(url).send().await.map_err(failed)?;
        answer.json().await.map_err(failed)
    }
}

impl Drop for Registrar {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
