//! Secrets at rest: XChaCha20-Poly1305 under a key that lives in a file of its own, mode 0600.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sqlx::{AnyConnection, AnyPool, Row as _};
use wharf_core::{Clock, Secret};

use crate::StoreError;

/// The key that seals. It is read from a file, and never printed.
pub struct SealKey(Key);

impl SealKey {
    /// Makes a new key file, mode 0600. Refuses to overwrite one: what it sealed would be lost.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let key = random::<32>(path)?;
        let trouble = |error: std::io::Error| key_file(path, format!("cannot be written: {error}"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(trouble)?;
        file.write_all(hex::encode(key).as_bytes())
            .map_err(trouble)?;
        file.sync_all().map_err(trouble)?;
        Ok(Self(key.into()))
    }

    /// Reads a key file. A file that others may read is refused.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let trouble = |error: std::io::Error| key_file(path, format!("cannot be read: {error}"));
        let mode = fs::metadata(path).map_err(trouble)?.permissions().mode();
        if mode & 0o077 != 0 {
            let octal = mode & 0o777;
            return Err(key_file(
                path,
                format!(
                    "can be read by others (mode {octal:o}); run: chmod 600 {}",
                    path.display()
                ),
            ));
        }
        let text = fs::read_to_string(path).map_err(trouble)?;
        let mut key = [0_u8; 32];
        hex::decode_to_slice(text.trim(), &mut key)
            .map_err(|_| key_file(path, "does not hold 64 hexadecimal digits".to_owned()))?;
        Ok(Self(key.into()))
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

/// The sealed secrets of the database, by scope (`site/main`, `device/phone-1`) and name.
pub struct Secrets {
    pool: AnyPool,
    clock: Clock,
    cipher: XChaCha20Poly1305,
}

impl Secrets {
    pub(crate) fn new(pool: AnyPool, clock: Clock, key: SealKey) -> Self {
        Self {
            pool,
            clock,
            cipher: XChaCha20Poly1305::new(&key.0),
        }
    }

    /// Keeps a secret, replacing an earlier one of the same scope and name.
    pub async fn put(&self, scope: &str, name: &str, secret: &Secret) -> Result<(), StoreError> {
        let mut db = self.pool.acquire().await?;
        self.put_in(&mut db, scope, name, secret).await
    }

    /// As [`put`](Self::put), as a part of a transaction.
    pub async fn put_in(
        &self,
        db: &mut AnyConnection,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(scope, name, secret)?;
        sqlx::query(
            "INSERT INTO secrets (scope, name, sealed, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (scope, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at",
        )
        .bind(scope)
        .bind(name)
        .bind(sealed)
        .bind(self.clock.now_ms())
        .execute(db)
        .await?;
        Ok(())
    }

    pub async fn get(&self, scope: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let mut db = self.pool.acquire().await?;
        self.get_in(&mut db, scope, name).await
    }

    /// As [`get`](Self::get), as a part of a transaction.
    pub async fn get_in(
        &self,
        db: &mut AnyConnection,
        scope: &str,
        name: &str,
    ) -> Result<Option<Secret>, StoreError> {
        let row = sqlx::query("SELECT sealed FROM secrets WHERE scope = $1 AND name = $2")
            .bind(scope)
            .bind(name)
            .fetch_optional(db)
            .await?;
        row.map(|row| self.open(scope, name, row.try_get::<&str, _>(0)?))
            .transpose()
    }

    /// Since when a secret stands; `None` where there is none, or an empty one.
    pub async fn since(&self, scope: &str, name: &str) -> Result<Option<i64>, StoreError> {
        let row =
            sqlx::query("SELECT sealed, updated_at FROM secrets WHERE scope = $1 AND name = $2")
                .bind(scope)
                .bind(name)
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let secret = self.open(scope, name, row.try_get::<&str, _>("sealed")?)?;
        let since = row.try_get("updated_at")?;
        Ok(Some(since).filter(|_| !secret.is_empty()))
    }

    /// Deletes all secrets of a scope that were put no later than a moment (epoch milliseconds): a newer one stays.
    pub async fn forget(&self, scope: &str, until: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM secrets WHERE scope = $1 AND updated_at <= $2")
            .bind(scope)
            .bind(until)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Deletes all secrets of a scope, as a part of a transaction.
    pub async fn forget_in(&self, db: &mut AnyConnection, scope: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM secrets WHERE scope = $1")
            .bind(scope)
            .execute(db)
            .await?;
        Ok(())
    }

    fn seal(&self, scope: &str, name: &str, secret: &Secret) -> Result<String, StoreError> {
        let nonce = random::<24>(Path::new("the system's random source"))?;
        let identity = identity(scope, name);
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: identity.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| seal_error(scope, name))?;
        Ok(format!("{}{}", hex::encode(nonce), hex::encode(sealed)))
    }

    fn open(&self, scope: &str, name: &str, sealed: &str) -> Result<Secret, StoreError> {
        let wrong = || seal_error(scope, name);
        let bytes = hex::decode(sealed).map_err(|_| wrong())?;
        let (nonce, sealed) = bytes.split_at_checked(24).ok_or_else(wrong)?;
        let identity = identity(scope, name);
        let payload = Payload {
            msg: sealed,
            aad: identity.as_bytes(),
        };
        let opened = self
            .cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| wrong())?;
        String::from_utf8(opened)
            .map(Secret::new)
            .map_err(|_| wrong())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

fn identity(scope: &str, name: &str) -> String {
    format!("secret\0{scope}\0{name}")
}

fn seal_error(scope: &str, name: &str) -> StoreError {
    StoreError::Seal {
        scope: scope.to_owned(),
        name: name.to_owned(),
    }
}

fn key_file(path: &Path, why: String) -> StoreError {
    StoreError::KeyFile {
        path: path.display().to_string(),
        why,
    }
}

fn random<const N: usize>(path: &Path) -> Result<[u8; N], StoreError> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| key_file(path, format!("cannot be made: {error}")))?;
    Ok(bytes)
}
