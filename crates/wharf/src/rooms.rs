//! The parts of Wharf, put together.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use wharf_core::Clock;
use wharf_services::{Services, ServicesConfig};
use wharf_store::{SealKey, Store, StoreError, StoreOptions};
use wharf_web::Handlers;
use wharf_web::public::{Delivery, LinkCheck, Public, Working};
use wharf_whmcs::Sites;

use crate::config::Config;
use crate::trouble::Trouble;

/// Everything that a command may need, opened.
#[derive(Debug)]
pub struct Rooms {
    pub store: Store,
    pub sites: Sites,
    pub services: Arc<Services>,
}

impl Rooms {
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, Trouble> {
        let store = open_store(config, clock).await?;
        let authority = extra_authority(config)?;
        let sites = Sites::new(store.clone(), authority.as_deref()).map_err(|error| {
            Trouble::misuse("the HTTP client for WHMCS cannot be made").because(error).mend(mend_authority(config))
        })?;
        let services = services(config, &store, &sites, authority)?;
        Ok(Self { store, sites, services })
    }

    /// What answers the PHP modules.
    pub fn handlers(&self) -> Handlers {
        Handlers { server: Some(self.services.clone()), ..Handlers::default() }
    }

    /// What answers the public API.
    pub fn public(&self) -> Arc<dyn Public> {
        Arc::new(NoPayments)
    }
}

fn services(config: &Config, store: &Store, sites: &Sites, extra_ca: Option<Vec<u8>>) -> Result<Arc<Services>, Trouble> {
    let set_up = ServicesConfig { connectors_dir: config.connectors_dir.clone(), extra_ca };
    Services::new(store.clone(), sites.clone(), set_up).map_err(|error| {
        let mend = match &config.connectors_dir {
            Some(dir) => format!("mend the connector in {}", dir.display()),
            None => mend_authority(config),
        };
        Trouble::misuse("the service connectors cannot be loaded").because(error).mend(mend)
    })
}

pub async fn open_store(config: &Config, clock: Clock) -> Result<Store, Trouble> {
    let key = SealKey::read(&config.key_file).map_err(|error| {
        Trouble::failed(error.to_string())
            .mend("restore the key file from its backup, or start anew with: wharf init --dir DIR")
    })?;
    keep_database_private(&config.database);
    let options = StoreOptions {
        url: config.database.clone(),
        key,
        clock,
        node: config.node.clone(),
    };
    Store::open(options).await.map_err(|error| {
        let next = match &error {
            StoreError::Address(_) => format!("mend \"database\" in {}", config.file.display()),
            StoreError::Newer { .. } => {
                "run the newer Wharf, or restore the database's backup".to_owned()
            }
            _ if config.database.starts_with("postgres") => {
                "check that PostgreSQL runs and that address and password in \"database\" are right"
                    .to_owned()
            }
            _ => format!(
                "check that this user may write to {}",
                config.data_dir.display()
            ),
        };
        Trouble::failed("the database cannot be opened")
            .because(error)
            .mend(next)
    })
}

/// PEM of the extra certificate authority, if one is configured.
pub fn extra_authority(config: &Config) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(path) = &config.ca_file else {
        return Ok(None);
    };
    fs::read(path).map(Some).map_err(|error| {
        Trouble::misuse(format!("ca_file {} cannot be read", path.display()))
            .because(error)
            .mend(mend_authority(config))
    })
}

fn mend_authority(config: &Config) -> String {
    format!(
        "put a PEM file there, or take ca_file out of {}",
        config.file.display()
    )
}

/// SQLite gives its side files the mode of the database file, so it is made by us, for us alone.
fn keep_database_private(url: &str) {
    let Some(path) = url.strip_prefix("sqlite://") else {
        return;
    };
    let path = Path::new(path.split('?').next().unwrap_or(path));
    // If this fails, opening the database says why.
    let _ = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

struct NoPayments;

impl Public for NoPayments {
    fn link_check(
        &self,
        _: LinkCheck,
    ) -> Working<'_, Result<serde_json::Value, wharf_web::Trouble>> {
        Box::pin(async { Err(absent()) })
    }

    fn rate(&self, _: String) -> Working<'_, Result<serde_json::Value, wharf_web::Trouble>> {
        Box::pin(async { Err(absent()) })
    }

    fn intake(&self, _: Delivery) -> Working<'_, Result<serde_json::Value, wharf_web::Trouble>> {
        Box::pin(async { Err(absent()) })
    }
}

fn absent() -> wharf_web::Trouble {
    wharf_web::Trouble::of_class(
        wharf_core::ErrorClass::Temporary,
        "payments are not there yet",
    )
}
