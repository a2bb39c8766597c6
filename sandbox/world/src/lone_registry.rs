//! The registrar without the rest of the world, as full as a measurement wants it.

use sandbox_edge::Edge;
use sandbox_registry::{Account, Registry, RegistryOptions};
use serde::{Deserialize, Serialize};
use wharf_core::{Clock, Currency, Money};

use crate::WorldError;
use crate::lone::Lone;

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
    lone: Lone,
}

impl LoneRegistry {
    pub async fn start(options: LoneRegistryOptions) -> Result<Self, WorldError> {
        Ok(start(options).await?)
    }

    pub async fn stop(self) {
        self.lone.stop().await;
    }
}

async fn start(options: LoneRegistryOptions) -> anyhow::Result<LoneRegistry> {
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
    let edge = Edge::new("registry", options.clock, sandbox_registry::classify);
    let lone = Lone::serve(&edge, &registry.router(), 0).await?;
    Ok(LoneRegistry {
        door: RegistryDoor {
            plain: lone.plain.clone(),
            tls: lone.tls.clone(),
            ca: lone.ca.clone(),
            login: account.login,
            password: account.password,
        },
        lone,
    })
}
