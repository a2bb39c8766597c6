//! The security service without the rest of the world, as full as a measurement wants it.

use sandbox_edge::Edge;
use sandbox_supplier::{Supplier, SupplierOptions};
use serde::{Deserialize, Serialize};
use wharf_core::Clock;

use crate::WorldError;
use crate::lone::Lone;

#[derive(Clone, Debug)]
pub struct LoneSupplierOptions {
    /// Services that are there from the start.
    pub services: u32,
    /// Without TLS; 0: any that is free.
    pub port: u16,
    /// The token that it wants; else one is drawn.
    pub token: Option<String>,
    pub clock: Clock,
}

/// Where a running supplier is, and the token for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupplierDoor {
    /// Without path.
    pub plain: String,
    pub tls: String,
    /// The authority to trust, PEM.
    pub ca: String,
    pub token: String,
}

/// A running supplier.
#[derive(Debug)]
pub struct LoneSupplier {
    pub door: SupplierDoor,
    lone: Lone,
}

impl LoneSupplier {
    pub async fn start(options: LoneSupplierOptions) -> Result<Self, WorldError> {
        Ok(start(options).await?)
    }

    pub async fn stop(self) {
        self.lone.stop().await;
    }
}

async fn start(options: LoneSupplierOptions) -> anyhow::Result<LoneSupplier> {
    let token = match options.token {
        Some(token) => token,
        None => crate::scenery::secret()?,
    };
    let supplier = Supplier::new(SupplierOptions {
        clock: options.clock.clone(),
        token: token.clone(),
    })
    .filled(options.services);
    let edge = Edge::new("supplier", options.clock, sandbox_supplier::classify);
    let lone = Lone::serve(&edge, &supplier.router(), options.port).await?;
    Ok(LoneSupplier {
        door: SupplierDoor {
            plain: lone.plain.clone(),
            tls: lone.tls.clone(),
            ca: lone.ca.clone(),
            token,
        },
        lone,
    })
}
