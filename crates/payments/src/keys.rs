//! Keys: where they are kept, and what is made with them.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use wharf_core::Secret;
use wharf_store::{Store, StoreError, Tx};

/// The key that signs the forms on invoice pages; made at the first use.
pub(crate) async fn form_key(store: &Store) -> Result<Secret, StoreError> {
    if let Some(key) = store.secrets().get(SCOPE, FORM_KEY).await? {
        return Ok(key);
    }
    let made = new_token()?;
    store.secrets().put(SCOPE, FORM_KEY, &made).await?;
    // Read again: another node may have been faster.
    let kept = store.secrets().get(SCOPE, FORM_KEY).await?;
    Ok(kept.unwrap_or(made))
}

/// 256 random bits in hexadecimal.
pub(crate) fn new_token() -> Result<Secret, StoreError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::KeyFile {
        path: "the system's random source".to_owned(),
        why: format!("does not answer: {error}"),
    })?;
    Ok(Secret::new(hex::encode(bytes)))
}

/// The key that a store's shops sign claims with. Another one than the key of the claim check: that one
/// stands in addresses, which browsers see.
pub(crate) async fn claim_key(store: &Store, id: &str) -> Result<Option<Secret>, StoreError> {
    let key = store.secrets().get(&store_scope(id), CLAIM_KEY).await?;
    Ok(key.filter(|key| !key.is_empty()))
}

/// Since when it stands, if it does.
pub(crate) async fn claim_key_since(store: &Store, id: &str) -> Result<Option<i64>, StoreError> {
    store.secrets().since(&store_scope(id), CLAIM_KEY).await
}

/// Sets the key, or with none takes it away; whether that changed anything.
pub(crate) async fn put_claim_key(
    tx: &mut Tx,
    store: &Store,
    id: &str,
    key: &Secret,
) -> Result<bool, StoreError> {
    let secrets = store.secrets();
    let before = secrets.get_in(tx, &store_scope(id), CLAIM_KEY).await?;
    if before.as_ref().map_or("", Secret::expose) == key.expose() {
        return Ok(false);
    }
    secrets.put_in(tx, &store_scope(id), CLAIM_KEY, key).await?;
    Ok(true)
}

pub(crate) fn store_scope(store: &str) -> String {
    format!("store/{store}")
}

pub(crate) fn device_scope(device: &str) -> String {
    format!("device/{device}")
}

/// HMAC-SHA256 over the parts, one after the other; hexadecimal.
pub(crate) fn sign(key: &Secret, parts: &[&[u8]]) -> Option<String> {
    Some(hex::encode(mac(key, parts)?.finalize().into_bytes()))
}

/// Whether a hexadecimal tag is the right one; takes the same time for any wrong one.
pub(crate) fn verify(key: &Secret, parts: &[&[u8]], tag: &str) -> bool {
    hex::decode(tag.trim()).is_ok_and(|tag| verify_bytes(key, parts, &tag))
}

/// As [`verify`], of a tag that is no hexadecimal text.
pub(crate) fn verify_bytes(key: &Secret, parts: &[&[u8]], tag: &[u8]) -> bool {
    mac(key, parts).is_some_and(|mac| mac.verify_slice(tag).is_ok())
}

fn mac(key: &Secret, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

/// As the database knows the token of an intake address.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A digest of texts that cannot be confused with a digest of others.
pub(crate) fn identity(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

const CLAIM_KEY: &str = "claim_key";
pub(crate) const SIGNING_KEY: &str = "signing_key";
const SCOPE: &str = "payments";
const FORM_KEY: &str = "form_key";
