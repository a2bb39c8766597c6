//! Stored passwords: reversible ones as PHP's `decrypt()` reads them, and hashes of log-ins.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use md5::{Digest as _, Md5};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Encrypts and decrypts with the installation's `cc_encryption_hash`:
/// base64 of a 12-byte nonce, then ChaCha20-Poly1305 ciphertext and tag, under SHA-256 of that text.
#[derive(Clone)]
pub struct Vault(ChaCha20Poly1305);

impl Vault {
    pub fn new(encryption_hash: &str) -> Self {
        let key: [u8; 32] = Sha256::digest(encryption_hash.as_bytes()).into();
        Self(ChaCha20Poly1305::new(&Key::from(key)))
    }

    pub fn encrypt(&self, text: &str) -> String {
        let nonce: [u8; 12] = random();
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), text.as_bytes())
            .unwrap_or_default();
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// `None` when it is no text of ours.
    pub fn decrypt(&self, stored: &str) -> Option<String> {
        let bytes = STANDARD.decode(stored).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let text = self.0.decrypt(&Nonce::from(*nonce), sealed).ok()?;
        String::from_utf8(text).ok()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// An Argon2id hash of a password.
pub fn hash(password: &str) -> String {
    let hashed = SaltString::encode_b64(&random::<16>()).and_then(|salt| {
        hasher()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
    });
    hashed.unwrap_or_default()
}

/// Whether the password is the one that was hashed. An empty or foreign hash matches nothing.
pub fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

/// MD5 in hexadecimal: how API clients of old send an administrator's password.
pub fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// SHA-256 in hexadecimal: how secrets are kept that are random themselves.
pub fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Compares two secrets in constant time.
pub fn same(given: &str, expected: &str) -> bool {
    !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

/// Unguessable hexadecimal text of `N` bytes' worth.
pub fn token<const N: usize>() -> String {
    hex::encode(random::<N>())
}

/// A generated password that every module accepts: letters and digits without look-alikes, one sign.
pub fn password() -> String {
    let letters = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let pick = |byte: u8| {
        letters
            .get(usize::from(byte) % letters.len())
            .copied()
            .map_or('x', char::from)
    };
    let mut text: String = random::<15>().into_iter().map(pick).collect();
    text.push('!');
    text
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without the system's random numbers no secret of this process is worth anything.
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// Small cost on purpose: throwaway accounts, and a story logs in often.
fn hasher() -> Argon2<'static> {
    let params = Params::new(1024, 1, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_decrypted_with_the_same_key_only() {
        let vault = Vault::new("key text");
        let stored = vault.encrypt("hunter2 é");
        assert_eq!(vault.decrypt(&stored).as_deref(), Some("hunter2 é"));
        assert_ne!(stored, vault.encrypt("hunter2 é"));
        assert_eq!(Vault::new("other").decrypt(&stored), None);
        assert_eq!(vault.decrypt("hunter2"), None);
    }

    #[test]
    fn a_hash_knows_its_password() {
        let stored = hash("secret");
        assert!(matches("secret", &stored));
        assert!(!matches("Secret", &stored) && !matches("", "") && !same("", ""));
    }
}
