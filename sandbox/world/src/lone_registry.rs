//! The registrar without the rest of the world, over TLS and in clear, as full as a measurement wants it.

use std::net::Ipv4Addr;

use anyhow::Context as _;
use sandbox_edge::{Authority, Edge};
use sandbox_registry::{Account, Registry, RegistryOptions};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use wharf_core::{Clock, Currency, Money};

use crate::WorldError;

#[derive(Clone, Debug)]
pub struct LoneRegistryOptions {
    pub domains: usize,
    pub zones: usize,
    pub clock: Clock,
}

/// Where a running registrar is, and how to log in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegistryDoor {
    /// Without path.
    pub plain: String,
    pub tls: String,
    /// The authority to trust, PEM.
    pub ca: String,
    pub login: String,
    pub password: String,
}

/// A running registrar.
#[derive(Debug)]
pub struct LoneRegistry {
    pub door: RegistryDoor,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
}

impl LoneRegistry {
    pub async fn start(options: LoneRegistryOptions) -> Result<Self, WorldError> {
        Ok(start(options).await?)
    }

    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.serving.join_next().await.is_some() {}
    }
}

async fn start(options: LoneRegistryOptions) -> anyhow::Result<LoneRegistry> {
    let authority = Authority::new()?;
    let account = Account {
        login: "bench".into(),
        password: crate::scenery::secret()?,
        balance: Money::new(100_000_000, Currency::USD),
    };
    let registry = Registry::new(RegistryOptions {
        clock: options.clock.clone(),
        accounts: vec![account.clone()],
        seed_taken: Vec::new(),
        fill_accounts: 0,
        fill_domains: options.domains,
        fill_zones: options.zones,
    });
    let (stop, stopped) = watch::channel(false);
    let mut serving = JoinSet::new();
    let edge = Edge::new("registry", options.clock, sandbox_registry::classify);
    let mut ports = [0; 2];
    for (port, tls) in ports.iter_mut().zip([None, Some(authority.leaf(&[])?)]) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port")?;
        *port = listener.local_addr()?.port();
        let (edge, router, stopped) = (edge.clone(), registry.router(), stopped.clone());
        serving.spawn(async move {
            if let Err(error) = edge.serve(listener, tls, router, stopped).await {
                tracing::error!(%error, "the registrar ended");
            }
        });
    }
    let [plain, tls] = ports;
    Ok(LoneRegistry {
        door: RegistryDoor {
            plain: format!("http://127.0.0.1:{plain}"),
            tls: format!("https://127.0.0.1:{tls}"),
            ca: authority.pem().to_owned(),
            login: account.login,
            password: account.password,
        },
        stop,
        serving,
    })
}
