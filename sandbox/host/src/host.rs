//! Starting and stopping a host.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use http::Method;
use http::request::Parts;
use rust_decimal::Decimal;
use wharf_core::Clock;

use crate::app::{Actor, App, HostError};
use crate::cron::{CronReport, CronRun};
use crate::db::Db;
use crate::form::Form;
use crate::modules::Import;
use crate::php::{Php, PhpOptions};
use crate::secrets::{self, Vault};
use crate::seed::{self, Seed};
use crate::web::{self, Sessions, Templates};

pub struct HostOptions {
    pub clock: Clock,
    /// The WHMCS root: made and filled when missing. The database and PHP's files live beside it, in a
    /// folder named after it with `-data`.
    pub root: PathBuf,
    /// How browsers and modules reach this host; a trailing slash is added when missing.
    pub system_url: String,
    pub seed: Seed,
    /// The php-fpm program.
    pub php_fpm: PathBuf,
    /// Folders whose content is copied into the root's `modules/`.
    pub modules: Vec<PathBuf>,
    /// PHP processes.
    pub workers: u32,
}

/// A running host. Clones share it.
#[derive(Clone, Debug)]
pub struct Host {
    app: Arc<App>,
    root: PathBuf,
    database: PathBuf,
}

impl Host {
    /// Opens (or makes) the root and its database, starts PHP, and seeds an empty shop.
    pub async fn start(options: HostOptions) -> Result<Self, HostError> {
        let system_url = format!("{}/", options.system_url.trim_end_matches('/'));
        let root = std::path::absolute(&options.root).map_err(|source| HostError::Files {
            path: options.root.clone(),
            source,
        })?;
        let name = root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let data = root.with_file_name(format!("{name}-data"));
        make_folder(&root)?;
        make_folder(&data)?;
        let encryption_key = kept_key(&data.join("encryption-hash"))?;
        let database = data.join("host.sqlite");
        let db = Db::open(&database).await?;
        // Claims of a host that was killed hold nothing any more.
        db.exec("DELETE FROM host_running", &[]).await?;
        Php::lay_out_root(&root, &database, &encryption_key, &system_url)?;
        for folder in &options.modules {
            copy_folder(folder, &root.join("modules"))?;
        }
        let internal_key = secrets::token::<24>();
        let php = Php::start(PhpOptions {
            root: root.clone(),
            run_dir: data.join("php"),
            database: database.clone(),
            system_url: system_url.clone(),
            fpm: options.php_fpm,
            workers: options.workers,
            encryption_key: encryption_key.clone(),
            internal_key: internal_key.clone(),
            clock: options.clock.clone(),
        })
        .await?;
        let app = App {
            db,
            php,
            clock: options.clock,
            vault: Vault::new(&encryption_key),
            system_url,
            internal_key,
            mood: crate::api::Mood::new(options.seed.access_key.clone()),
            sessions: Sessions::default(),
            templates: Templates::new()?,
            cron_running: tokio::sync::Mutex::default(),
        };
        seed::apply(&app, &options.seed).await?;
        Ok(Self {
            app: Arc::new(app),
            root,
            database,
        })
    }

    pub fn router(&self) -> Router {
        web::router(Arc::clone(&self.app))
    }

    /// The WHMCS root that modules are installed into.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The SQLite file that the host shares with PHP.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Imports a registrar's price list with a margin in percent, as staff does; how many extensions are new
    /// and how many were updated.
    pub async fn import_prices(
        &self,
        registrar: &str,
        margin: Decimal,
    ) -> Result<(usize, usize), HostError> {
        let import = Import {
            registrar: registrar.to_owned(),
            margin,
            only: Vec::new(),
            automatic: true,
        };
        let actor = Actor::system("admin/configdomains.php");
        match self.app.import_tlds(&actor, &import).await? {
            Ok(done) => Ok((done.added, done.updated)),
            Err(text) => Err(HostError::Module(text)),
        }
    }

    /// Runs the cron, as the system's timer would; returns when it is through.
    pub async fn cron(&self, run: CronRun) -> Result<CronReport, HostError> {
        self.app.cron(run).await
    }

    pub async fn stop(&self) {
        self.app.php.stop().await;
        self.app.db.close().await;
    }
}

/// The operation of a request: the action of a call of `includes/api.php`, in the case it was written in.
pub fn classify(parts: &Parts, body: &Bytes) -> Option<String> {
    let api = parts.method == Method::POST && parts.uri.path().ends_with("/includes/api.php");
    api.then(|| Form::parse(body).text("action").to_owned())
        .filter(|action| !action.is_empty())
}

fn make_folder(path: &Path) -> Result<(), HostError> {
    std::fs::create_dir_all(path).map_err(|source| HostError::Files {
        path: path.to_owned(),
        source,
    })
}

/// The installation's encryption text: made once, kept with the data.
fn kept_key(file: &Path) -> Result<String, HostError> {
    let failed = |source| HostError::Files {
        path: file.to_owned(),
        source,
    };
    if file.exists() {
        return std::fs::read_to_string(file).map_err(failed);
    }
    let key = secrets::token::<32>();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file).map_err(failed)?;
    std::io::Write::write_all(&mut opened, key.as_bytes()).map_err(failed)?;
    Ok(key)
}

/// Copied, not linked: a module finds the root by the place of its own file.
fn copy_folder(from: &Path, to: &Path) -> Result<(), HostError> {
    let failed = |source| HostError::Files {
        path: from.to_owned(),
        source,
    };
    make_folder(to)?;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map_err(failed)?;
        }
    }
    Ok(())
}

impl std::fmt::Debug for HostOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostOptions")
            .field("root", &self.root)
            .field("system_url", &self.system_url)
            .finish_non_exhaustive()
    }
}
