//! Starting and stopping everything.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use rust_decimal::Decimal;
use sandbox_broker::{Broker, BrokerOptions};
use sandbox_edge::{Authority, Edge, Leaf};
use sandbox_host::{Host, HostOptions};
use sandbox_phone::{Phone, PhoneOptions};
use sandbox_registry::{Registry, RegistryOptions};
use sandbox_supplier::{Supplier, SupplierOptions};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use wharf_core::Clock;

use crate::address::{CLOCK_FILE, Login};
use crate::clock::TimeMachine;
use crate::control;
use crate::daemon::{self, Daemon};
use crate::scenery::{PAYER, SITE, STORE_WALLET, Scenery};
use crate::{Addresses, SandboxFile};

/// How to start a [`World`].
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Made when missing. What an earlier sandbox left there is removed.
    pub dir: PathBuf,
    /// The program that is the daemon: this one.
    pub wharf: PathBuf,
    pub ports: Ports,
    /// The php-fpm program: a path or a name.
    pub php_fpm: PathBuf,
    /// Folders with other people's modules, laid out as in a WHMCS root.
    pub modules: Vec<PathBuf>,
    pub fill: Fill,
}

/// How much there is from the start, for measurements; nothing by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fill {
    /// More accounts at the registrar.
    pub accounts: usize,
    /// Domains, at the registrar and in the shop alike, ten to a client.
    pub domains: usize,
    /// Extensions that the registrar sells, invented ones among them. The shop imports their prices.
    pub tlds: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Ports {
    /// Eight ports from this one on, so that addresses stay the same from run to run.
    From(u16),
    Free,
}

/// A running sandbox.
#[derive(Debug)]
pub struct World {
    addresses: Addresses,
    daemon: Daemon,
    host: Host,
    clock: Clock,
    services: JoinSet<()>,
    stop: watch::Sender<bool>,
    file: SandboxFile,
}

#[derive(Debug, Error)]
#[error("the sandbox could not be started")]
pub struct WorldError(#[from] anyhow::Error);

impl World {
    pub async fn start(options: WorldOptions) -> Result<Self, WorldError> {
        Ok(start(options).await?)
    }

    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// The time of everything here.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Stops everything; returns when it is gone.
    pub async fn stop(mut self) {
        self.daemon.stop().await;
        self.host.stop().await;
        self.stop.send_replace(true);
        while self.services.join_next().await.is_some() {}
        self.file.remove();
    }
}

async fn start(options: WorldOptions) -> anyhow::Result<World> {
    let dir = prepare(&options.dir)?;
    let clock_file = dir.join(CLOCK_FILE);
    let clock = Clock::leading(&clock_file);
    let scenery = Scenery::draw()?;
    let authority = Authority::new()?;
    let ca_file = dir.join("ca.pem");
    std::fs::write(&ca_file, authority.pem())?;

    let doors = Doors::open(options.ports).await?;
    let addresses = doors.addresses(&scenery, &dir, &ca_file)?;
    let root = dir.join("whmcs");
    set_up_daemon(&options, &addresses, &scenery).await?;
    install_modules(&options, &addresses, &root).await?;

    let host = Host::start(HostOptions {
        clock: clock.clone(),
        root,
        system_url: format!("{}/", addresses.host),
        seed: scenery.seed(
            doors.supplier.port,
            doors.broker.port,
            options.fill,
            clock.now(),
        )?,
        php_fpm: options.php_fpm.clone(),
        modules: options.modules.clone(),
        workers: 12,
    })
    .await
    .context("the WHMCS-compatible host did not start")?;
    let registry = Registry::new(RegistryOptions {
        clock: clock.clone(),
        accounts: vec![scenery.registrar_account()],
        seed_taken: vec![
            "example.com".into(),
            "google.com".into(),
            "wikipedia.org".into(),
        ],
        fill_accounts: options.fill.accounts,
        fill_domains: options.fill.domains,
        fill_zones: options.fill.tlds,
    });
    let supplier = Supplier::new(SupplierOptions {
        clock: clock.clone(),
        token: scenery.supplier_token.clone(),
    });
    let broker = Broker::new(BrokerOptions {
        clock: clock.clone(),
        username: scenery.broker.username.clone(),
        password: scenery.broker.password.clone(),
        slow_ms: 3_000,
    });
    let phone = Phone::new(PhoneOptions {
        clock: clock.clone(),
        wallets: Scenery::wallets(),
        forwards: scenery.forwards(&addresses.daemon),
    })
    .with_first_retry(Duration::from_secs(1));

    // The services must know the daemon to kill it, and it needs the services to start.
    let victim: Arc<OnceLock<Daemon>> = Arc::default();
    let edge = |name, classify| {
        let victim = victim.clone();
        Edge::new(name, clock.clone(), classify).on_kill(Arc::new(move || {
            let daemon = victim.get().cloned();
            Box::pin(async move {
                if let Some(daemon) = daemon {
                    daemon.kill().await;
                }
            })
        }))
    };
    let (stop, stopped) = watch::channel(false);
    let mut services = JoinSet::new();
    let mut serve = |edge: Edge, door: Door, tls: Option<Leaf>, router: Router| {
        let stopped = stopped.clone();
        services.spawn(async move {
            if let Err(error) = edge.serve(door.listener, tls, router, stopped).await {
                tracing::error!(%error, "a service of the sandbox ended");
            }
        });
    };
    let registry_edge = edge("registry", sandbox_registry::classify);
    serve(
        registry_edge.clone(),
        doors.registry,
        None,
        registry.router(),
    );
    serve(
        registry_edge,
        doors.registry_tls,
        Some(authority.leaf(&[])?),
        registry.router(),
    );
    serve(
        edge("supplier", sandbox_supplier::classify),
        doors.supplier,
        None,
        supplier.router(),
    );
    serve(
        edge("broker", sandbox_broker::classify),
        doors.broker,
        None,
        broker.router(),
    );
    serve(
        edge("phone", sandbox_phone::classify),
        doors.phone,
        None,
        phone.router(),
    );
    serve(
        edge("host", sandbox_host::classify),
        doors.host,
        None,
        host.router(),
    );

    // The daemon's own listener is bound by the daemon.
    let port = doors.daemon.port;
    drop(doors.daemon);
    tracing::debug!(port, "starting the daemon");
    let daemon = Daemon::start(
        options.wharf.clone(),
        addresses.wharf_config.clone(),
        dir.join("daemon.log"),
        &addresses.daemon,
    )
    .await?;
    let _ = victim.set(daemon.clone());
    if options.fill.tlds > 0 {
        // By the module, as staff would: it is what the extensions are for.
        match host.import_prices("wharf", Decimal::from(20)).await {
            Ok((added, updated)) => {
                tracing::info!(added, updated, "the registrar's prices were imported");
            }
            Err(error) => tracing::warn!(%error, "the shop sells the few extensions that it has"),
        }
    }
    let time = TimeMachine::new(clock.clone(), host.clone());
    let control = control::router(addresses.clone(), daemon.clone(), time);
    serve(
        Edge::new("control", clock.clone(), |_, _| None),
        doors.control,
        None,
        control,
    );

    let file = SandboxFile::of(&dir);
    file.write(&addresses)?;
    Ok(World {
        addresses,
        daemon,
        host,
        clock,
        services,
        stop,
        file,
    })
}

/// A bound port.
struct Door {
    listener: TcpListener,
    port: u16,
}

struct Doors {
    control: Door,
    host: Door,
    registry: Door,
    registry_tls: Door,
    supplier: Door,
    phone: Door,
    daemon: Door,
    broker: Door,
}

impl Doors {
    async fn open(ports: Ports) -> anyhow::Result<Self> {
        let mut next = 0;
        let mut open = async || {
            let port = match ports {
                Ports::Free => 0,
                Ports::From(first) => first + next,
            };
            next += 1;
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .await
                .with_context(|| {
                    format!("port {port} is taken; stop what uses it, or choose others with --port")
                })?;
            let port = listener.local_addr()?.port();
            anyhow::Ok(Door { listener, port })
        };
        Ok(Self {
            control: open().await?,
            host: open().await?,
            registry: open().await?,
            registry_tls: open().await?,
            supplier: open().await?,
            phone: open().await?,
            daemon: open().await?,
            // The newest comes last: the addresses of the others stay what they were.
            broker: open().await?,
        })
    }

    fn addresses(
        &self,
        scenery: &Scenery,
        dir: &Path,
        ca_file: &Path,
    ) -> anyhow::Result<Addresses> {
        let http = |door: &Door| format!("http://127.0.0.1:{}", door.port);
        Ok(Addresses {
            control: http(&self.control),
            host: http(&self.host),
            registry: http(&self.registry),
            registry_tls: format!("https://127.0.0.1:{}", self.registry_tls.port),
            supplier: http(&self.supplier),
            broker: http(&self.broker),
            phone: http(&self.phone),
            daemon: http(&self.daemon),
            dir: dir.to_owned(),
            wharf_config: dir.join("wharf").join("wharf.toml"),
            ca_file: ca_file.to_owned(),
            staff: scenery.staff.clone(),
            registrar: scenery.registrar.clone(),
            broker_login: scenery.broker.clone(),
            inspector: scenery.inspector.clone(),
            payer: PAYER.to_owned(),
            store_wallet: STORE_WALLET.to_owned(),
            secrets: scenery.secrets(),
            pid: std::process::id(),
        })
    }
}

/// An empty folder, absolute. Only what a sandbox made is removed from it.
fn prepare(dir: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let dir = dir.canonicalize()?;
    let file = SandboxFile::of(&dir);
    if let Ok(other) = file.read()
        && Path::new("/proc").join(other.pid.to_string()).exists()
        && other.pid != std::process::id()
    {
        anyhow::bail!(
            "a sandbox already runs in {} (process {}); stop it first, or choose another folder with --dir",
            dir.display(),
            other.pid
        );
    }
    for made in ["wharf", "whmcs", "whmcs-data"] {
        match std::fs::remove_dir_all(dir.join(made)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    for made in ["sandbox.json", "ca.pem", "daemon.log", CLOCK_FILE] {
        let _ = std::fs::remove_file(dir.join(made));
    }
    Ok(dir)
}

/// What an operator does by hand: `wharf init`, settings, `wharf apply`.
async fn set_up_daemon(
    options: &WorldOptions,
    addresses: &Addresses,
    scenery: &Scenery,
) -> anyhow::Result<()> {
    let home = addresses.dir.join("wharf");
    let config = addresses.wharf_config.display().to_string();
    daemon::run(
        &options.wharf,
        &["init", "--dir", &home.display().to_string()],
        "",
    )
    .await?;

    let mut settings: toml::Table = std::fs::read_to_string(&addresses.wharf_config)?.parse()?;
    let endpoint = format!("{}/api/call.cgi", addresses.registry_tls);
    for (name, value) in [
        (
            "listen",
            addresses.daemon.trim_start_matches("http://").to_owned(),
        ),
        ("public_url", addresses.daemon.clone()),
        ("ca_file", addresses.ca_file.display().to_string()),
        (
            "clock_file",
            addresses.dir.join(CLOCK_FILE).display().to_string(),
        ),
    ] {
        settings.insert(name.to_owned(), value.into());
    }
    let mut endpoints = toml::Table::new();
    endpoints.insert("ispapi_live".to_owned(), endpoint.clone().into());
    endpoints.insert("ispapi_ote".to_owned(), endpoint.into());
    let mut registrar = toml::Table::new();
    registrar.insert("endpoints".to_owned(), endpoints.into());
    settings.insert("registrar".to_owned(), registrar.into());
    let mut pages = toml::Table::new();
    pages.insert("enabled".to_owned(), true.into());
    settings.insert("staff".to_owned(), pages.into());
    std::fs::write(&addresses.wharf_config, toml::to_string(&settings)?)?;

    let setup = scenery.setup(&addresses.host)?;
    daemon::run(&options.wharf, &["apply", "--config", &config, "-"], &setup).await?;
    let Login { username, password } = &scenery.staff;
    let add = [
        "operators",
        "add",
        username,
        "--role",
        "admin",
        "--config",
        &config,
    ];
    daemon::run(&options.wharf, &add, &format!("{password}\n")).await?;
    Ok(())
}

async fn install_modules(
    options: &WorldOptions,
    addresses: &Addresses,
    root: &Path,
) -> anyhow::Result<()> {
    // The mark of a WHMCS root; the host fills it. It reads the modules' settings as it seeds its database, so
    // they come first.
    std::fs::create_dir_all(root.join("modules"))?;
    std::fs::write(root.join("configuration.php"), "<?php\n")?;
    let config = addresses.wharf_config.display().to_string();
    let root = root.display().to_string();
    daemon::run(
        &options.wharf,
        &[
            "modules", "install", &root, "--site", SITE, "--config", &config,
        ],
        "",
    )
    .await?;
    Ok(())
}
