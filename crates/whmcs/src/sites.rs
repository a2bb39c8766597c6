//! The WHMCS installations that this daemon serves, and whose module token is whose.

use std::fmt;
use std::time::Duration;

use moka::future::Cache;
use reqwest::Client;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use wharf_core::{ErrorClass, Secret};
use wharf_store::{Store, StoreError, Tx};

use crate::api::{Connection, WhmcsApi, endpoint, http_client};
use crate::setup::{SetupError, SiteChange, SiteSetup, SiteStanding};

/// A site's name: what [`ModuleCall::site`](crate::call::ModuleCall::site) holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(String);

impl SiteId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<SiteId> for String {
    fn from(site: SiteId) -> Self {
        site.0
    }
}

/// The table of sites. A cheap handle: clone it. A new site is served at once, whichever process set it up; a token
/// that another process replaced is known for [`KNOWN_FOR`] more.
#[derive(Clone, Debug)]
pub struct Sites {
    store: Store,
    http: Client,
    /// Whose tokens arrived a moment ago, by the hash: a run of the cron makes thousands of calls.
    known: Cache<String, SiteId>,
}

#[derive(Debug, Error)]
pub enum SitesError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl SitesError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Setup(_) => ErrorClass::Refused,
        }
    }
}

impl Sites {
    /// `extra_ca`: PEM certificates of authorities to trust besides the system's.
    pub fn new(store: Store, extra_ca: Option<&[u8]>) -> Result<Self, SetupError> {
        Ok(Self {
            store,
            http: http_client(extra_ca)?,
            known: Cache::builder()
                .max_capacity(1_000)
                .time_to_live(KNOWN_FOR)
                .build(),
        })
    }

    /// Adds a site or replaces its set-up.
    pub async fn upsert(&self, setup: &SiteSetup) -> Result<(), SitesError> {
        self.write(setup, true).await
    }

    /// Adds a site; refused where one of that id stands.
    pub async fn add(&self, setup: &SiteSetup) -> Result<(), SitesError> {
        self.write(setup, false).await
    }

    /// Changes a site's address and credentials; whether there is such a site. Secrets go to no other address than
    /// the one that they were entered for.
    pub async fn change(&self, id: &str, change: SiteChange) -> Result<bool, SitesError> {
        let Some(before) = self.standing(id).await? else {
            return Ok(false);
        };
        // That it can be used is asked first: secrets are not entered for an address that is refused then.
        endpoint(&change.url)?;
        let secrets = self.store.secrets();
        let scope = scope(id);
        let moved = change.url.trim().trim_end_matches('/') != before.url.trim_end_matches('/');
        let stays = |new: &Option<Secret>, since: Option<i64>| new.is_none() && since.is_some();
        if moved
            && (stays(&change.secret, before.secret_since)
                || stays(&change.access_key, before.access_key_since))
        {
            return Err(SetupError::Moved(id.to_owned()).into());
        }
        let kept = |name| secrets.get(&scope, name);
        let setup = SiteSetup {
            id: id.to_owned(),
            token: kept(TOKEN).await?.unwrap_or_else(|| Secret::new("")),
            url: change.url,
            identifier: change.identifier,
            secret: match change.secret {
                Some(secret) => secret,
                None => kept(API_SECRET).await?.unwrap_or_else(|| Secret::new("")),
            },
            access_key: match change.access_key {
                Some(key) => Some(key),
                None => kept(ACCESS_KEY).await?,
            },
        };
        self.write(&setup, true).await?;
        Ok(true)
    }

    pub async fn standing(&self, id: &str) -> Result<Option<SiteStanding>, StoreError> {
        let row = sqlx::query("SELECT url, identifier FROM sites WHERE id = $1")
            .bind(id)
            .fetch_optional(self.store.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (scope, secrets) = (scope(id), self.store.secrets());
        Ok(Some(SiteStanding {
            url: row.try_get("url")?,
            identifier: row.try_get("identifier")?,
            secret_since: secrets.since(&scope, API_SECRET).await?,
            access_key_since: secrets.since(&scope, ACCESS_KEY).await?,
        }))
    }

    async fn write(&self, setup: &SiteSetup, may_replace: bool) -> Result<(), SitesError> {
        setup.check()?;
        let hash = hash(setup.token.expose());
        let shared_with = self
            .by_token(setup.token.expose())
            .await?
            .filter(|other| other.0 != setup.id);
        if let Some(other) = shared_with {
            return Err(SetupError::SharedToken {
                id: setup.id.clone(),
                other: other.0,
            }
            .into());
        }
        let mut tx = self.store.begin().await?;
        let done = sqlx::query(
            "INSERT INTO sites (id, url, identifier, token_hash, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (id) DO UPDATE SET url = excluded.url, \
             identifier = excluded.identifier, token_hash = excluded.token_hash, updated_at = excluded.updated_at \
             WHERE $6 = 1",
        )
        .bind(&setup.id)
        .bind(setup.url.trim())
        .bind(setup.identifier.trim())
        .bind(hash)
        .bind(self.store.clock().now_ms())
        .bind(i64::from(may_replace))
        .execute(&mut *tx)
        .await
        .map_err(StoreError::from)?;
        if done.rows_affected() == 0 {
            return Err(SetupError::Taken(setup.id.clone()).into());
        }
        let no_key = Secret::new("");
        let access_key = setup.access_key.as_ref().unwrap_or(&no_key);
        for (name, secret) in [
            (TOKEN, &setup.token),
            (API_SECRET, &setup.secret),
            (ACCESS_KEY, access_key),
        ] {
            self.keep_secret(&mut tx, &scope(&setup.id), name, secret)
                .await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        self.forget_tokens();
        Ok(())
    }

    /// One that stays the same keeps its date.
    async fn keep_secret(
        &self,
        tx: &mut Tx,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        let secrets = self.store.secrets();
        let before = secrets.get(scope, name).await?;
        if before.is_some_and(|before| before.expose() == secret.expose()) {
            return Ok(());
        }
        secrets.put_in(tx, scope, name, secret).await
    }

    /// Whose token this is. Found by its hash, so that the time of the search tells nothing about the
    /// tokens.
    pub async fn by_token(&self, token: &str) -> Result<Option<SiteId>, StoreError> {
        let sought = hash(token);
        if let Some(site) = self.known.get(&sought).await {
            return Ok(Some(site));
        }
        let row = sqlx::query("SELECT id, token_hash FROM sites WHERE token_hash = $1")
            .bind(&sought)
            .fetch_optional(self.store.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let stored: String = row.try_get("token_hash")?;
        let same = bool::from(stored.as_bytes().ct_eq(sought.as_bytes()));
        let id = SiteId(row.try_get("id")?);
        if !same {
            return Ok(None);
        }
        self.known.insert(sought, id.clone()).await;
        Ok(Some(id))
    }

    /// The client of a site's API; `None` when there is no such site.
    pub async fn api(&self, site: &str) -> Result<Option<WhmcsApi>, SitesError> {
        let row = sqlx::query("SELECT url, identifier FROM sites WHERE id = $1")
            .bind(site)
            .fetch_optional(self.store.pool())
            .await
            .map_err(StoreError::from)?;
        let Some(row) = row else { return Ok(None) };
        let scope = scope(site);
        let secrets = self.store.secrets();
        let connection = Connection {
            url: row.try_get("url").map_err(StoreError::from)?,
            identifier: row.try_get("identifier").map_err(StoreError::from)?,
            secret: secrets
                .get(&scope, API_SECRET)
                .await?
                .unwrap_or_else(|| Secret::new("")),
            access_key: secrets
                .get(&scope, ACCESS_KEY)
                .await?
                .filter(|key| !key.is_empty()),
        };
        Ok(Some(WhmcsApi::new(self.http.clone(), connection)?))
    }

    /// The site's WHMCS system URL, without a slash at the end.
    pub async fn url(&self, site: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT url FROM sites WHERE id = $1")
            .bind(site)
            .fetch_optional(self.store.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let url: String = row.try_get("url")?;
        Ok(Some(url.trim_end_matches('/').to_owned()))
    }

    /// The token that the site's PHP modules must carry; for the module installer.
    pub async fn token(&self, site: &str) -> Result<Option<Secret>, StoreError> {
        self.store.secrets().get(&scope(site), TOKEN).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Whose tokens are known is read again.
    pub fn forget_tokens(&self) {
        self.known.invalidate_all();
    }

    /// All sites, by name.
    pub async fn list(&self) -> Result<Vec<SiteId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM sites ORDER BY id")
            .fetch_all(self.store.pool())
            .await?;
        rows.iter()
            .map(|row| Ok(SiteId(row.try_get("id")?)))
            .collect()
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

pub(crate) fn scope(site: &str) -> String {
    format!("site/{site}")
}

/// How long a token counts after it was seen to be a site's.
const KNOWN_FOR: Duration = Duration::from_secs(1);

const TOKEN: &str = "module_token";
const API_SECRET: &str = "api_secret";
const ACCESS_KEY: &str = "access_key";
