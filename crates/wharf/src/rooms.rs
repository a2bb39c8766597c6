//! The parts of Wharf, put together.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;
use std::sync::Arc;

use wharf_domains::{Domains, DomainsConfig, DomainsError};
use wharf_payments::{Payments, PaymentsConfig};
use wharf_services::{Services, ServicesConfig};
use wharf_store::{SealKey, Store, StoreError, StoreOptions};
use wharf_web::Handlers;
use wharf_web::public::Public;
use wharf_whmcs::{ModuleQueue, Sites};

use crate::config::Config;
use crate::trouble::Trouble;

/// Everything that a command may need, opened.
#[derive(Debug)]
pub struct Rooms {
    pub store: Store,
    pub sites: Sites,
    pub domains: Arc<Domains>,
    pub services: Arc<Services>,
    pub payments: Arc<Payments>,
    pub queue: Arc<ModuleQueue>,
}

impl Rooms {
    pub async fn open(config: &Config) -> Result<Self, Trouble> {
        Self::on(open_store(config).await?, config)
    }

    pub fn on(store: Store, config: &Config) -> Result<Self, Trouble> {
        let authority = extra_authority(config)?;
        let sites = Sites::new(store.clone(), authority.as_deref()).map_err(|error| {
            Trouble::misuse("the HTTP client for WHMCS cannot be made")
                .because(error)
                .mend(mend_authority(config))
        })?;
        let domains = domains(config, &store, &sites, authority.clone())?;
        let services = services(config, &store, &sites, authority)?;
        let payments = payments(config, &store, &sites)?;
        let queue = ModuleQueue::new(store.clone(), sites.clone());
        Ok(Self {
            store,
            sites,
            domains,
            services,
            payments,
            queue,
        })
    }

    /// What answers the PHP modules.
    pub fn handlers(&self) -> Handlers {
        Handlers {
            registrar: Some(self.queue.notice(self.domains.clone())),
            server: Some(self.queue.notice(self.services.clone())),
            gateway: Some(self.payments.clone()),
            addon: None,
        }
    }

    /// What answers the public API.
    pub fn public(&self) -> Arc<dyn Public> {
        self.payments.clone()
    }
}

fn domains(
    config: &Config,
    store: &Store,
    sites: &Sites,
    extra_ca: Option<Vec<u8>>,
) -> Result<Arc<Domains>, Trouble> {
    let set_up = DomainsConfig {
        ispapi_live: config.registrar_endpoints.get("ispapi_live").cloned(),
        ispapi_ote: config.registrar_endpoints.get("ispapi_ote").cloned(),
        extra_ca,
        tlds_dir: config.tlds_dir.clone(),
        ..DomainsConfig::new(sites.clone())
    };
    Domains::new(store.clone(), set_up).map_err(|error| match (&error, &config.tlds_dir) {
        (DomainsError::Facts(_), Some(dir)) => {
            let mend = format!("mend the files in {}", dir.display());
            Trouble::misuse("the facts about extensions cannot be loaded")
                .because(error)
                .mend(mend)
        }
        _ => Trouble::misuse("registrars cannot be reached")
            .because(error)
            .mend(mend_authority(config)),
    })
}

fn services(
    config: &Config,
    store: &Store,
    sites: &Sites,
    extra_ca: Option<Vec<u8>>,
) -> Result<Arc<Services>, Trouble> {
    let set_up = ServicesConfig {
        connectors_dir: config.connectors_dir.clone(),
        extra_ca,
    };
    Services::new(store.clone(), sites.clone(), set_up).map_err(|error| {
        let mend = match &config.connectors_dir {
            Some(dir) => format!("mend the connector in {}", dir.display()),
            None => mend_authority(config),
        };
        Trouble::misuse("the service connectors cannot be loaded")
            .because(error)
            .mend(mend)
    })
}

fn payments(config: &Config, store: &Store, sites: &Sites) -> Result<Arc<Payments>, Trouble> {
    let set_up = PaymentsConfig {
        public_url: config.public_url.clone(),
        wallets_dir: config.wallets_dir.clone(),
    };
    Payments::new(store.clone(), sites.clone(), set_up).map_err(|error| {
        let trouble =
            Trouble::misuse("the wallets' message templates cannot be loaded").because(error);
        match &config.wallets_dir {
            Some(dir) => trouble.mend(format!("mend the wallet files in {}", dir.display())),
            None => trouble,
        }
    })
}

pub async fn open_store(config: &Config) -> Result<Store, Trouble> {
    let key = SealKey::read(&config.key_file)
        .map_err(|error| Trouble::failed(error.to_string()).mend(mend_key(&config.key_file)))?;
    keep_database_private(&config.database);
    let options = StoreOptions {
        url: config.database.clone(),
        key,
        clock: config.clock(),
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

/// What makes a key file usable that could not be read.
pub fn mend_key(path: &Path) -> String {
    let of_another = "run it as the user whose file that is: sudo -u wharf wharf ...";
    match fs::metadata(path).map(|file| file.permissions().mode()) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            "restore the key file from its backup, or start anew with: wharf init --dir DIR".into()
        }
        Err(_) => of_another.into(),
        Ok(mode) if mode & 0o077 != 0 => format!("chmod 600 {}", path.display()),
        Ok(_) if fs::read(path).is_err() => of_another.into(),
        Ok(_) => {
            "restore the key file from its backup; nothing else opens the sealed secrets".into()
        }
    }
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

/// SQLite gives its side files the mode and owner of the database file, so it is made by us, for its folder's owner alone:
/// what root asks first must not keep the daemon out.
fn keep_database_private(url: &str) {
    let Some(path) = url.strip_prefix("sqlite://") else {
        return;
    };
    let path = Path::new(path.split('?').next().unwrap_or(path));
    // If this fails, opening the database says why.
    let made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    if let (Ok(file), Some(folder), true) = (made, folder, nix::unistd::geteuid().is_root()) {
        let _ = fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}
