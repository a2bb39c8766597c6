//! The sandbox's security service for measurements.

use std::collections::HashMap;
use std::process::ExitCode;

use clap::Args;
use sandbox_world::{LoneSupplier, LoneSupplierOptions, SupplierDoor};
use wharf_core::Clock;

use super::super::outside::{self, Outside};
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 0)]
    services: u32,
}

pub async fn run(arguments: &Arguments) -> Result<ExitCode, Trouble> {
    let supplier = LoneSupplier::start(LoneSupplierOptions {
        services: arguments.services,
        port: 0,
        token: None,
        clock: Clock::system(),
    })
    .await
    .map_err(|error| Trouble::failed("no supplier").because(error))?;
    let ended = outside::stay(&supplier.door).await;
    supplier.stop().await;
    Ok(ended)
}

/// A supplier in a child process.
pub struct Supplier {
    pub door: SupplierDoor,
    pub outside: Outside,
}

impl Supplier {
    pub fn start(services: u32) -> Result<Self, Trouble> {
        let count = usize::try_from(services).unwrap_or(usize::MAX);
        let (outside, door) = Outside::start("supplier", &[("services", count)])?;
        let door = serde_json::from_value(door)
            .map_err(|error| Trouble::failed("no supplier to measure against").because(error))?;
        Ok(Self { door, outside })
    }

    /// How many services there ever were for each domain.
    pub async fn made(&self) -> Result<HashMap<String, usize>, Trouble> {
        let all = self.outside.ask("services").await?;
        let mut made = HashMap::new();
        for domain in all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("domain"))
        {
            let domain = domain.as_str().unwrap_or_default().to_owned();
            *made.entry(domain).or_insert(0) += 1;
        }
        Ok(made)
    }

    /// Its newest user.
    pub async fn user(&self) -> Result<i64, Trouble> {
        let users = self.outside.ask("users").await?;
        let newest = users
            .as_array()
            .and_then(|users| users.last()?.get("id")?.as_i64());
        newest.ok_or_else(|| Trouble::failed("the supplier has no user"))
    }
}
