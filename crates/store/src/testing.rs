//! Throwaway databases for tests: SQLite always, PostgreSQL where `WHARF_TEST_POSTGRES` names a server.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test support: a database that cannot be made must fail the test"
)]

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use wharf_core::Clock;

use crate::{SealKey, Store, StoreOptions};

/// A database of its own, and what is needed to open it again as after a restart.
#[derive(Debug)]
pub struct TestDb {
    url: String,
    dir: tempfile::TempDir,
}

impl TestDb {
    /// One on each kind of database that is at hand. A run that is to prove both kinds sets
    /// `WHARF_TEST_POSTGRES` (`postgres://user@host/postgres?…`, whose user may create databases).
    pub async fn each() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        if let Ok(server) = std::env::var("WHARF_TEST_POSTGRES") {
            all.push(Self::postgres(&server).await);
        }
        all
    }

    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", dir.path().join("wharf.db").display());
        SealKey::create(&dir.path().join("wharf.key")).unwrap();
        Self { url, dir }
    }

    async fn postgres(server: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        SealKey::create(&dir.path().join("wharf.key")).unwrap();
        let name = format!(
            "wharf_{}",
            wharf_core::id::new_id(&Clock::system()).replace('-', "")
        );
        let mut connection = PgConnection::connect(server)
            .await
            .expect("WHARF_TEST_POSTGRES answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let (address, options) = server.split_once('?').unwrap_or((server, ""));
        let (base, _) = address
            .rsplit_once('/')
            .expect("an address with a database");
        Self {
            url: format!("{base}/{name}?{options}"),
            dir,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn key_file(&self) -> PathBuf {
        self.dir.path().join("wharf.key")
    }

    /// Opens the store; a second call is what a restart would find.
    pub async fn open(&self, clock: &Clock) -> Store {
        self.open_as("node-1", clock).await
    }

    pub async fn open_as(&self, node: &str, clock: &Clock) -> Store {
        Store::open(StoreOptions {
            url: self.url.clone(),
            key: SealKey::read(&self.key_file()).unwrap(),
            clock: clock.clone(),
            node: node.to_owned(),
        })
        .await
        .unwrap()
    }
}
