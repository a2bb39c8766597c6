//! Passwords: Argon2id, with the parameters that its authors recommend for servers.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use wharf_core::Secret;

use super::operators::OperatorError;

/// Whether it may be a password of that operator.
pub(super) fn check(name: &str, password: &Secret) -> Result<(), OperatorError> {
    let text = password.expose();
    let length = text.chars().count();
    if length < SHORTEST {
        return Err(OperatorError::Weak("use at least 12 characters"));
    }
    if length > LONGEST {
        return Err(OperatorError::Weak("use at most 256 characters"));
    }
    let kinds: std::collections::BTreeSet<char> = text.chars().collect();
    if kinds.len() < 5 || text.to_lowercase().contains(&name.to_lowercase()) {
        return Err(OperatorError::Weak(
            "use more different characters, and not the operator's name",
        ));
    }
    Ok(())
}

/// Hashed away from the threads that answer requests: it takes a while by design.
pub(super) async fn hash(password: Secret) -> Result<String, OperatorError> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| OperatorError::Hashing)?;
    tokio::task::spawn_blocking(move || {
        let salt = SaltString::encode_b64(&salt).map_err(|_| OperatorError::Hashing)?;
        Argon2::default()
            .hash_password(password.expose().as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|_| OperatorError::Hashing)
    })
    .await
    .map_err(|_| OperatorError::Hashing)?
}

/// Takes as long where there is no such operator (`None`).
pub(super) async fn verify(password: Secret, kept: Option<String>) -> bool {
    let verified = tokio::task::spawn_blocking(move || {
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODYS.clone());
        let Ok(kept) = PasswordHash::new(&kept) else {
            return false;
        };
        let right = Argon2::default()
            .verify_password(password.expose().as_bytes(), &kept)
            .is_ok();
        right && known
    })
    .await;
    verified.unwrap_or(false)
}

/// A hash that no password has been told for.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let mut bytes = [0_u8; 48];
    let _ = getrandom::fill(&mut bytes);
    let (salt, password) = bytes.split_at(16);
    SaltString::encode_b64(salt)
        .and_then(|salt| {
            Ok(Argon2::default()
                .hash_password(password, &salt)?
                .to_string())
        })
        .unwrap_or_default()
});

const SHORTEST: usize = 12;
const LONGEST: usize = 256;
