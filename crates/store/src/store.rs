//! Opening the database, and transactions on it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool, Connection as _, Transaction};
use wharf_core::Clock;

use crate::StoreError;
use crate::jobs::Jobs;
use crate::journal::Journal;
use crate::migrations;
use crate::secrets::{SealKey, Secrets};

/// A transaction. Dropped without `commit`, it is rolled back.
pub type Tx = Transaction<'static, Any>;

/// The database, its journal, its jobs and its secrets. A cheap handle: clone it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    clock: Clock,
    journal: Arc<Journal>,
    jobs: Arc<Jobs>,
    secrets: Arc<Secrets>,
}

/// How to open a [`Store`].
#[derive(Debug)]
pub struct StoreOptions {
    /// `sqlite:///path/to/file` (made when missing) or `postgres://user:password@host/database`.
    pub url: String,
    pub key: SealKey,
    pub clock: Clock,
    /// This daemon's name among those that share the database. What a node of the same name left
    /// unfinished is taken up at once.
    pub node: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Store {
    /// Connects and brings the schema up to date.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_on(CONNECTIONS, options).await
    }

    /// On that many connections at most.
    pub async fn open_on(connections: u32, options: StoreOptions) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let backend = Backend::of(&options.url)?;
        let pool = connect(backend, &options.url, connections).await?;
        migrations::run(&pool, backend, &options.clock).await?;
        let StoreOptions {
            clock, key, node, ..
        } = options;
        let jobs = Arc::new(Jobs::new(pool.clone(), clock.clone(), node.clone()));
        let journal = Journal::new(pool.clone(), backend, clock.clone(), node, jobs.clone());
        let secrets = Arc::new(Secrets::new(pool.clone(), clock.clone(), key));
        Ok(Self {
            pool,
            backend,
            clock,
            journal,
            jobs,
            secrets,
        })
    }

    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// A transaction that may write. On SQLite it takes the write lock at once, so that it cannot fail
    /// half-way for lack of it.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        begin(&self.pool, self.backend).await
    }
}

impl Backend {
    fn of(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else {
            // The address may hold a password: only its scheme is repeated.
            let scheme = url.split(':').next().unwrap_or_default();
            Err(StoreError::Address(scheme.to_owned()))
        }
    }
}

pub(crate) async fn begin(pool: &AnyPool, backend: Backend) -> Result<Tx, StoreError> {
    Ok(match backend {
        Backend::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await?,
        Backend::Postgres => pool.begin().await?,
    })
}

async fn connect(backend: Backend, url: &str, connections: u32) -> Result<AnyPool, StoreError> {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10));
    Ok(match backend {
        Backend::Postgres => options.connect(url).await?,
        Backend::Sqlite => {
            let separator = if url.contains('?') { '&' } else { '?' };
            options
                // A file does not go away as a server does: a ping before each query would only double its time.
                .test_before_acquire(false)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        sqlx::raw_sql(SQLITE_PRAGMAS).execute(connection).await?;
                        Ok(())
                    })
                })
                // A full disk makes SQLite end a transaction by itself; the driver still counts it, and could
                // never begin another one on that connection.
                .before_acquire(|connection, _| {
                    Box::pin(async move { Ok(!connection.is_in_transaction()) })
                })
                .connect(&format!("{url}{separator}mode=rwc"))
                .await?
        }
    })
}

const CONNECTIONS: u32 = 8;

/// FULL: what was committed before a call went out must survive a power cut.
const SQLITE_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON;";
