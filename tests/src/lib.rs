//! What the whole-system tests share: a sandbox of their own, and ways to ask and to wait.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a test that cannot go on must fail"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sandbox_world::Addresses;
use serde::Deserialize as _;
use serde_json::Value;

pub mod browser;
pub mod cutting_proxy;
pub mod lone_daemon;
pub mod lone_host;
pub mod lone_supplier;
pub mod module_socket;
pub mod suppliers;

/// The program under test.
pub fn wharf() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin("wharf"))
}

/// The line with which a program says that it is up.
fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line
}

/// A sandbox of this test alone, on free ports in a temporary folder; it ends with the value.
#[derive(Debug)]
pub struct Sandbox {
    pub at: Addresses,
    child: Child,
    dir: tempfile::TempDir,
}

impl Sandbox {
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// With more modules in its shop, from a folder laid out as a WHMCS root's.
    pub fn start_with(modules: Option<&Path>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = wharf();
        if let Some(modules) = modules {
            command.args(["sandbox", "--modules"]).arg(modules);
        } else {
            command.arg("sandbox");
        }
        let mut child = command
            .args(["--port", "0", "--no-story", "--json", "--dir"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let Some(at) = ready
            .get("sandbox")
            .and_then(|at| Addresses::deserialize(at).ok())
        else {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
            panic!("the sandbox does not say where it is: {line}");
        };
        // Tests speak HTTP themselves too.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { at, child, dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Plays the purchase with these faults armed first; its last word.
    pub fn purchase(&self, faults: &[&str]) -> Value {
        let mut command = wharf();
        command
            .args(["story", "purchase", "--json", "--dir"])
            .arg(self.dir.path());
        for fault in faults {
            command.args(["--fault", fault]);
        }
        last_word(command)
    }

    /// Arms a fault, as `wharf sandbox fault` does.
    pub fn arm(&self, fault: &[&str]) {
        let done = wharf()
            .args(["sandbox", "--dir"])
            .arg(self.dir.path())
            .arg("fault")
            .args(fault)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    pub fn disarm(&self) {
        let done = wharf()
            .args(["sandbox", "--dir"])
            .arg(self.dir.path())
            .args(["faults", "--clear"])
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// Runs a command of the program with the daemon's configuration; exit code, answer, errors.
    pub fn wharf(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let done = wharf()
            .args(arguments)
            .arg("--config")
            .arg(&self.at.wharf_config)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    }

    /// Kills the sandbox without warning.
    pub fn kill(&self) {
        let _ = Command::new("kill")
            .arg("-9")
            .arg(self.child.id().to_string())
            .status();
    }

    /// Rows of a table of the host.
    pub async fn rows(&self, table: &str) -> Vec<Value> {
        match json(&format!("{}/_sandbox/rows/{table}", self.at.host)).await {
            Value::Array(rows) => rows,
            other => panic!("no rows of {table}: {other}"),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Asked, not killed: it has children of its own to stop.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// Runs a command that must succeed; the last line of its answer.
pub fn last_word(mut command: Command) -> Value {
    let done = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{command:?}\n{out}\n{err}");
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

pub fn client() -> reqwest::Client {
    // The client wants one chosen, even for addresses in clear.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

pub async fn json(url: &str) -> Value {
    client()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

/// Polls until `condition` holds; a test that waits in vain fails, and says for what.
pub async fn until(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::task::yield_now().await;
    }
}
