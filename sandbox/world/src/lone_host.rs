//! The host without the rest of the world: a shop for anybody's modules.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use sandbox_edge::Edge;
use sandbox_host::{Host, HostOptions, Seed};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wharf_core::Clock;

use crate::WorldError;
use crate::address::{ApiLogin, Login};
use crate::scenery;

#[derive(Clone, Debug)]
pub struct LoneHostOptions {
    /// Kept from run to run: database, root, log-ins.
    pub dir: PathBuf,
    pub address: SocketAddr,
    pub php_fpm: PathBuf,
    /// Folders laid out as a WHMCS root's `modules/`.
    pub modules: Vec<PathBuf>,
    pub clock: Clock,
}

/// A running host.
#[derive(Debug)]
pub struct LoneHost {
    /// Without trailing slash.
    pub url: String,
    pub staff: Login,
    pub api: ApiLogin,
    host: Host,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl LoneHost {
    pub async fn start(options: LoneHostOptions) -> Result<Self, WorldError> {
        Ok(start(options).await?)
    }

    pub async fn stop(self) {
        self.host.stop().await;
        self.stop.send_replace(true);
        let _ = self.serving.await;
    }
}

/// Drawn once for a folder: the database keeps only their hashes.
#[derive(Serialize, Deserialize)]
struct LogIns {
    staff: Login,
    api: ApiLogin,
}

async fn start(options: LoneHostOptions) -> anyhow::Result<LoneHost> {
    std::fs::create_dir_all(&options.dir)?;
    let dir = options.dir.canonicalize()?;
    let listener = TcpListener::bind(options.address)
        .await
        .with_context(|| format!("{} cannot be listened on", options.address))?;
    let url = format!("http://{}", listener.local_addr()?);
    let LogIns { staff, api } = log_ins(&dir.join("log-ins.json"))?;
    let host = Host::start(HostOptions {
        clock: options.clock.clone(),
        root: dir.join("whmcs"),
        system_url: format!("{url}/"),
        seed: seed(&staff, &api)?,
        php_fpm: options.php_fpm,
        modules: options.modules,
        workers: 10,
    })
    .await?;
    let (stop, stopped) = watch::channel(false);
    let edge = Edge::new("host", options.clock, sandbox_host::classify);
    let router = host.router();
    let serving = tokio::spawn(async move {
        if let Err(error) = edge.serve(listener, None, router, stopped).await {
            tracing::error!(%error, "the host ended");
        }
    });
    Ok(LoneHost {
        url,
        staff,
        api,
        host,
        stop,
        serving,
    })
}

fn log_ins(file: &std::path::Path) -> anyhow::Result<LogIns> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Ok(text) = std::fs::read_to_string(file) {
        return Ok(serde_json::from_str(&text)?);
    }
    let drawn = LogIns {
        staff: Login {
            username: "admin".into(),
            password: scenery::secret()?,
        },
        api: ApiLogin {
            identifier: scenery::secret()?,
            secret: scenery::secret()?,
        },
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(serde_json::to_string_pretty(&drawn)?.as_bytes())?;
    Ok(drawn)
}

fn seed(staff: &Login, api: &ApiLogin) -> anyhow::Result<Seed> {
    let tlds: Vec<_> = ["com", "net", "org"]
        .iter()
        .map(|extension| json!({ "extension": extension, "register_price_minor": 1299 }))
        .collect();
    Ok(serde_json::from_value(json!({
        "company": "Module workshop",
        "admins": [staff],
        "api_credentials": [{ "identifier": api.identifier, "secret": api.secret, "roles": ["*"] }],
        "allowed_ips": ["127.0.0.1"],
        "currencies": [{ "code": "USD", "prefix": "$", "suffix": " USD", "rate": "1", "default": true }],
        "tlds": tlds,
        "nameservers": ["ns1.example.net", "ns2.example.net"],
    }))?)
}
