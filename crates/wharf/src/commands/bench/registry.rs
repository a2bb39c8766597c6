//! The sandbox's registrar for measurements.

use std::process::ExitCode;

use clap::Args;
use sandbox_world::{LoneRegistry, LoneRegistryOptions, RegistryDoor};
use wharf_core::Clock;

use super::outside::{self, Outside};
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 0)]
    domains: usize,
    #[arg(long, default_value_t = 0)]
    zones: usize,
}

pub async fn run(arguments: &Arguments) -> Result<ExitCode, Trouble> {
    let registry = LoneRegistry::start(LoneRegistryOptions {
        domains: arguments.domains,
        zones: arguments.zones,
        clock: Clock::system(),
    })
    .await
    .map_err(|error| Trouble::failed("no registrar").because(error))?;
    let ended = outside::stay(&registry.door).await;
    registry.stop().await;
    Ok(ended)
}

/// A registrar in a child process.
pub struct Registrar {
    pub door: RegistryDoor,
    outside: Outside,
}

impl Registrar {
    pub fn start(domains: usize, zones: usize) -> Result<Self, Trouble> {
        let (outside, door) =
            Outside::start("registry", &[("domains", domains), ("zones", zones)])?;
        let door = serde_json::from_value(door)
            .map_err(|error| Trouble::failed("no registrar to measure against").because(error))?;
        Ok(Self { door, outside })
    }

    pub async fn delay(&self, ms: u64) -> Result<(), Trouble> {
        self.outside.delay(ms).await
    }

    pub async fn calls(&self) -> Result<u64, Trouble> {
        self.outside.calls().await
    }

    /// The names that the account holds.
    pub async fn names(&self) -> Result<Vec<String>, Trouble> {
        let rows = self.outside.ask("domains").await?;
        let rows = rows.as_array().cloned().unwrap_or_default();
        Ok(rows
            .iter()
            .filter_map(|row| row.get("domain")?.as_str())
            .map(str::to_owned)
            .collect())
    }
}
