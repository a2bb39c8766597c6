//! A service of the sandbox in a process of its own, so that the memory that is measured is Wharf's alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::trouble::Trouble;

/// The child's part: says where the service is in one line, and stays until its standard input ends.
pub async fn stay(door: &impl Serialize) -> ExitCode {
    let door = serde_json::to_string(door).unwrap_or_default();
    let _ = writeln!(std::io::stdout().lock(), "{door}");
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    ExitCode::SUCCESS
}

/// A service in a child process; it ends with this value, even when this process is killed.
pub struct Outside {
    what: &'static str,
    /// Without TLS, without path.
    plain: String,
    http: reqwest::Client,
    process: Child,
}

impl Outside {
    /// Runs `wharf bench WHAT` with numbers as its options; besides it, what it said about itself.
    pub fn start(what: &'static str, options: &[(&str, usize)]) -> Result<(Self, Value), Trouble> {
        let failed = |why: String| Trouble::failed(format!("no {what} to measure against: {why}"));
        let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new(program);
        command.args(["bench", what]);
        for (option, number) in options {
            command.args([format!("--{option}"), number.to_string()]);
        }
        let mut process = command
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
        let door: Value = serde_json::from_str(&line).map_err(|error| failed(error.to_string()))?;
        let plain = door
            .get("plain")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let outside = Self {
            what,
            plain: plain.to_owned(),
            http,
            process,
        };
        Ok((outside, door))
    }

    /// Every answer comes so late from now on.
    pub async fn delay(&self, ms: u64) -> Result<(), Trouble> {
        let fault = json!({ "kind": { "name": "latency", "ms": ms } });
        let url = format!("{}/_sandbox/faults", self.plain);
        let sent = self.http.post(url).json(&fault).send().await;
        sent.and_then(reqwest::Response::error_for_status)
            .map(drop)
            .map_err(|error| {
                Trouble::failed(format!("the {} cannot be slowed down", self.what)).because(error)
            })
    }

    /// How many calls it has answered.
    pub async fn calls(&self) -> Result<u64, Trouble> {
        let total = self.ask("calls").await?;
        Ok(total.get("total").and_then(Value::as_u64).unwrap_or(0))
    }

    /// What it tells of itself, past its API.
    pub async fn ask(&self, what: &str) -> Result<Value, Trouble> {
        let failed = |error: reqwest::Error| {
            Trouble::failed(format!("the {} does not answer", self.what)).because(error)
        };
        let url = format!("{}/_sandbox/{what}", self.plain);
        let answer = self.http.get(url).send().await.map_err(failed)?;
        answer.json().await.map_err(failed)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
