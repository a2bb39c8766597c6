//! Where everything of a running sandbox is, and the file that tells it to other commands.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use wharf_core::Clock;

/// The addresses of a running sandbox. URLs have no trailing slash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addresses {
    /// The control page and its API.
    pub control: String,
    pub host: String,
    pub registry: String,
    pub registry_tls: String,
    pub supplier: String,
    /// A service broker of the Open Service Broker API.
    pub broker: String,
    pub phone: String,
    /// The daemon's public API.
    pub daemon: String,
    /// Folder of the sandbox: databases, logs, certificates.
    pub dir: PathBuf,
    pub wharf_config: PathBuf,
    pub ca_file: PathBuf,
    pub staff: Login,
    /// The account at the registry.
    pub registrar: Login,
    /// The account at the broker.
    pub broker_login: Login,
    /// Credentials of the host's API that may read everything: for proofs from the far side.
    pub inspector: ApiLogin,
    /// The wallets of the phone: who pays, who is paid.
    pub payer: String,
    pub store_wallet: String,
    /// Every secret of this sandbox: what no log and no database may show.
    pub secrets: Vec<String>,
    /// The process that runs the sandbox.
    pub pid: u32,
}

impl Addresses {
    /// The sandbox's time, wherever it has been moved to.
    pub fn clock(&self) -> Clock {
        Clock::following(self.dir.join(CLOCK_FILE))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    pub username: String,
    pub password: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiLogin {
    pub identifier: String,
    pub secret: String,
}

/// `sandbox.json` in the sandbox's folder, readable by its owner only; gone when the sandbox stops.
#[derive(Clone, Debug)]
pub struct SandboxFile(PathBuf);

impl SandboxFile {
    pub fn of(dir: &Path) -> Self {
        Self(dir.join("sandbox.json"))
    }

    pub fn write(&self, addresses: &Addresses) -> Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.0)
            .with_context(|| format!("{} cannot be written", self.0.display()))?;
        file.write_all(serde_json::to_string_pretty(addresses)?.as_bytes())?;
        Ok(())
    }

    /// The running sandbox of this folder.
    pub fn read(&self) -> Result<Addresses> {
        let text = std::fs::read_to_string(&self.0).with_context(|| {
            format!(
                "no sandbox runs here ({} is missing); start one with: wharf sandbox",
                self.0.display()
            )
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not what a sandbox writes", self.0.display()))
    }

    pub fn remove(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// How far the sandbox's time is ahead of the machine's, for other processes.
pub(crate) const CLOCK_FILE: &str = "clock";
