//! A phone that forwards messages, as it is set up.

use std::collections::BTreeMap;

use serde::Deserialize;
use wharf_core::{Network, Secret};
use wharf_store::{Store, StoreError};

use super::{Change, Item, Over, SET_UP, SetupError, in_an_address, known, named, taken, within};
use crate::intake;
use crate::intake::format::KeyRule;
use crate::keys::{self, token_hash};
use crate::tables::stores::twin_of;
use crate::tables::{devices, setup as table};

/// A phone that forwards messages to `/intake/{token}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSetup {
    pub id: String,
    pub store: String,
    pub token: Secret,
    pub format: String,
    /// Needed where the app can sign; see [`crate::devices::formats`].
    #[serde(default)]
    pub signing_key: Option<Secret>,
    pub wallets: Vec<String>,
    /// Which of the wallets belong to which SIM card, by the card's name in the app: `1`, `2`.
    #[serde(default)]
    pub sims: BTreeMap<String, Vec<String>>,
    /// Addresses or networks that it may deliver from; any where there is none.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How often a sign of life is due; 0: never. Without it, every 15 minutes once a heartbeat has come.
    #[serde(default)]
    pub heartbeat_minutes: Option<u32>,
}

impl DeviceSetup {
    /// As [`StoreSetup::check`].
    pub fn check(&self) -> Result<(), SetupError> {
        named("device", &self.id)?;
        let Some(format) = intake::format::named(&self.format) else {
            let known: Vec<_> = intake::format::ALL.iter().map(|f| f.name()).collect();
            return Err(SetupError::Format {
                name: self.format.clone(),
                known: known.join(", "),
            });
        };
        if self.token.expose().len() < 16 || !self.token.expose().bytes().all(in_an_address) {
            return Err(SetupError::Token(self.id.clone()));
        }
        let key_length = self.key().map(|key| key.expose().len());
        match (format.key(), key_length) {
            (KeyRule::Required(shortest), length)
                if length.is_none_or(|length| length < shortest) =>
            {
                return Err(SetupError::NoKey {
                    id: self.id.clone(),
                    shortest,
                });
            }
            (KeyRule::None, Some(_)) => return Err(SetupError::UselessKey(self.id.clone())),
            _ => {}
        }
        if self.wallets.is_empty() {
            return Err(SetupError::NoWallet(self.id.clone()));
        }
        for (sim, wallets) in &self.sims {
            if intake::sim_name(sim).is_none() {
                return Err(SetupError::Sim(self.id.clone()));
            }
            if let Some(wallet) = wallets.iter().find(|wallet| !self.wallets.contains(wallet)) {
                return Err(SetupError::StrangeSim {
                    sim: sim.clone(),
                    wallet: wallet.clone(),
                });
            }
        }
        for source in &self.sources {
            source.parse::<Network>().map_err(SetupError::Source)?;
        }
        if let Some(minutes) = self.heartbeat_minutes {
            within("heartbeat_minutes", minutes, 0, 24 * 60)?;
        }
        Ok(())
    }

    fn key(&self) -> Option<&Secret> {
        self.signing_key.as_ref().filter(|key| !key.is_empty())
    }

    /// Cards and wallets, one by one.
    pub(crate) fn cards(&self) -> impl Iterator<Item = (String, &str)> {
        self.sims.iter().flat_map(|(sim, wallets)| {
            let sim = intake::sim_name(sim);
            wallets
                .iter()
                .filter_map(move |wallet| Some((sim.clone()?, wallet.as_str())))
        })
    }

    pub async fn apply(&self, store: &Store) -> Result<(), SetupError> {
        self.apply_by(store, SET_UP, Over::Whatever).await
    }

    /// As [`apply`](Self::apply), refused where one of that id stands already.
    pub async fn add(&self, store: &Store) -> Result<(), SetupError> {
        self.apply_by(store, SET_UP, Over::Nothing).await
    }

    /// As [`apply`](Self::apply); `actor` stands in the audit log. Over a standing one the address stays.
    pub async fn apply_by(&self, store: &Store, actor: &str, over: Over) -> Result<(), SetupError> {
        let scope = keys::device_scope(&self.id);
        let mut setup = self.clone();
        if over == Over::Standing && self.key().is_none() {
            setup.signing_key = store.secrets().get(&scope, keys::SIGNING_KEY).await?;
        }
        setup.check()?;
        let mut tx = store.begin().await?;
        known(&mut tx, Item::Store, &self.store).await?;
        for wallet in &self.wallets {
            known(&mut tx, Item::Wallet, wallet).await?;
            let columns = table::columns(&mut tx, Item::Wallet.table(), wallet).await?;
            if columns.get("store") != Some(&self.store) {
                return Err(SetupError::OtherStoresWallet {
                    id: self.id.clone(),
                    wallet: wallet.clone(),
                    store: columns.get("store").cloned().unwrap_or_default(),
                });
            }
            // Also of one that is switched off: its money is money, too.
            if let Some(other) = twin_of(&mut tx, wallet).await? {
                return Err(SetupError::Twin {
                    id: wallet.clone(),
                    other,
                });
            }
        }
        let before = devices::token_hash(&mut tx, &self.id).await?;
        drop(tx);
        let hash = match (over, before) {
            (Over::Standing, Some(hash)) => hash,
            _ => {
                if let Some(other) = token_holder(store, self).await? {
                    return Err(SetupError::SharedToken {
                        id: self.id.clone(),
                        other,
                    });
                }
                token_hash(self.token.expose())
            }
        };
        let mut tx = store.begin().await?;
        let change = Change::begin(&mut tx, Item::Device, &self.id).await?;
        let now = store.clock().now_ms();
        if !table::put_device(&mut tx, self, &hash, now, over).await? {
            return Err(taken(Item::Device, &self.id));
        }
        // An empty key takes an earlier one's place.
        let none = Secret::new("");
        let key = setup.key().unwrap_or(&none);
        let secrets = store.secrets();
        secrets
            .put_in(&mut tx, &scope, keys::SIGNING_KEY, key)
            .await?;
        change.end(&mut tx, store, actor, &self.store).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

/// The other device that has this device's token already.
pub async fn token_holder(
    store: &Store,
    device: &DeviceSetup,
) -> Result<Option<String>, StoreError> {
    let hash = token_hash(device.token.expose());
    let mut db = store.pool().acquire().await?;
    let holder = devices::by_token(&mut db, &hash).await?;
    Ok(holder
        .map(|holder| holder.id)
        .filter(|holder| *holder != device.id))
}
