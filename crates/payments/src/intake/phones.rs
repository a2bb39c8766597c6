//! Whose delivery it is: the phone behind a token and the key that it signs with, asked for anew each time; for
//! those that wait at the same time, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use wharf_core::Secret;
use wharf_store::StoreError;

use super::format::{self, Format, KeyRule};
use crate::Payments;
use crate::keys::{self, device_scope, token_hash};
use crate::tables::devices::{self, DeviceRow};

/// A phone that is set up.
pub(crate) struct Phone {
    pub device: DeviceRow,
    /// `None`: this version does not know it.
    pub format: Option<&'static dyn Format>,
    pub key: Option<Secret>,
}

/// What stands behind a token. `None`: nothing.
pub(crate) type Found = Option<Arc<Phone>>;

impl Payments {
    /// The phone of a token. An error was told already.
    pub(super) async fn phone_of(&self, token: &str) -> Result<Found, Untold> {
        self.phones.put(token_hash(token)).await.ok_or(Untold)
    }

    /// The phones of these digests of tokens, in their order; none at all if one cannot be looked up.
    pub(crate) async fn look_up(&self, hashes: Vec<String>) -> Vec<Found> {
        let found = async {
            let mut found: BTreeMap<&str, Found> = BTreeMap::new();
            for hash in &hashes {
                if !found.contains_key(hash.as_str()) {
                    found.insert(hash, self.phone_behind(hash).await?);
                }
            }
            let of = |hash: &String| found.get(hash.as_str()).cloned().flatten();
            Ok::<_, StoreError>(hashes.iter().map(of).collect())
        };
        found.await.unwrap_or_else(|error| {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "phones cannot be looked up");
            Vec::new()
        })
    }

    async fn phone_behind(&self, hash: &str) -> Result<Found, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(device) = devices::by_token(&mut db, hash).await? else {
            return Ok(None);
        };
        let format = format::named(&device.format);
        let signs = format.is_some_and(|format| !matches!(format.key(), KeyRule::None));
        let key = match signs {
            true => {
                let scope = device_scope(&device.id);
                let secrets = self.store.secrets();
                let key = secrets.get_in(&mut db, &scope, keys::SIGNING_KEY).await?;
                key.filter(|key| !key.is_empty())
            }
            false => None,
        };
        Ok(Some(Arc::new(Phone {
            device,
            format,
            key,
        })))
    }
}

/// The database did not say, which stands in the log.
pub(super) struct Untold;
