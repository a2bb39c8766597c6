//! The secrets of services: their passwords, and random ones that a repetition must repeat.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wharf_core::Secret;
use wharf_store::Store;

use crate::tables::ServiceId;

/// Where they are kept.
#[derive(Debug)]
pub(crate) enum Vault {
    /// Sealed in the database.
    Sealed(Store),
    /// For a try that leaves nothing behind.
    Memory(Mutex<HashMap<String, String>>),
}

impl Vault {
    pub(crate) async fn read(&self, id: &ServiceId, name: &str) -> Result<Option<Secret>, String> {
        match self {
            Self::Sealed(store) => store
                .secrets()
                .get(&scope(id), name)
                .await
                .map_err(|error| error.to_string()),
            Self::Memory(all) => {
                let all = all.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(all.get(name).map(|text| Secret::new(text.as_str())))
            }
        }
    }

    pub(crate) async fn keep(
        &self,
        id: &ServiceId,
        name: &str,
        secret: &Secret,
    ) -> Result<(), String> {
        match self {
            Self::Sealed(store) => store
                .secrets()
                .put(&scope(id), name, secret)
                .await
                .map_err(|error| error.to_string()),
            Self::Memory(all) => {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(name.to_owned(), secret.expose().to_owned());
                Ok(())
            }
        }
    }

    /// The one that is kept, else a new one, which is kept before anybody sees it.
    pub(crate) async fn random(&self, id: &ServiceId, name: &str) -> Result<Secret, String> {
        if let Some(known) = self.read(id, name).await? {
            return Ok(known);
        }
        let new = Secret::new(random()?);
        self.keep(id, name, &new).await?;
        Ok(new)
    }
}

fn scope(id: &ServiceId) -> String {
    format!("service/{}/{}", id.site, id.service)
}

/// 24 characters, of each kind one at least: more than any rule that was seen asks for. About 140 bits.
fn random() -> Result<String, String> {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers: {error}"))?;
    let letters: String = bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|letter| char::from(*letter))
        .collect();
    Ok(format!("{letters}-Wf7"))
}

const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_random_one_stays_the_same() {
        let vault = Vault::Memory(Mutex::default());
        let id = ServiceId {
            site: "main".to_owned(),
            service: 1,
        };
        let first = vault.random(&id, "a").await.unwrap();
        let again = vault.random(&id, "a").await.unwrap();
        assert_eq!(first.expose(), again.expose());
        assert_eq!(first.expose().len(), 24);
        assert_ne!(
            first.expose(),
            vault.random(&id, "b").await.unwrap().expose()
        );
    }
}
