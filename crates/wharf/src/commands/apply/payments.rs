//! `[[store]]`, `[[wallet]]` and `[[device]]`

use std::collections::BTreeSet;

use wharf_payments::setup::{
    Item, SetupError, StoreSetup, WalletSetup, is_set_up, place_of, store_of_wallet, token_holder,
};
use wharf_store::StoreError;

use super::document::Document;
use super::{Change, distinct, mistake};
use crate::rooms::Rooms;
use crate::trouble::Trouble;

pub async fn check(document: &Document, rooms: &Rooms) -> Result<(), Trouble> {
    let Document {
        sites,
        stores,
        wallets,
        devices,
    } = document;
    distinct("store", stores.iter().map(|store| store.id.as_str()))?;
    distinct("wallet", wallets.iter().map(|wallet| wallet.id.as_str()))?;
    distinct("device", devices.iter().map(|device| device.id.as_str()))?;
    let known_sites: BTreeSet<&str> = sites.iter().map(|site| site.id.as_str()).collect();
    let known_stores: BTreeSet<&str> = stores.iter().map(|store| store.id.as_str()).collect();
    let known_wallets: BTreeSet<&str> = wallets.iter().map(|wallet| wallet.id.as_str()).collect();

    for store in stores {
        store
            .check()
            .and_then(|()| store.check_place(&rooms.payments.wallets()))
            .map_err(|error| mistake("store", &store.id, &error))?;
        let known = known_sites.contains(store.site.as_str())
            || rooms
                .sites
                .url(&store.site)
                .await
                .map_err(database)?
                .is_some();
        if !known {
            return Err(mistake("store", &store.id, &unknown("site", &store.site)));
        }
    }
    for wallet in wallets {
        wallet
            .check(&rooms.payments.wallets())
            .map_err(|error| mistake("wallet", &wallet.id, &error))?;
        let named = stores.iter().find(|store| store.id == wallet.store);
        let place = match named.map(StoreSetup::place).transpose() {
            Ok(Some(place)) => Some(place),
            Ok(None) => place_of(&rooms.store, &wallet.store)
                .await
                .map_err(database)?,
            Err(error) => return Err(mistake("store", &wallet.store, &error)),
        };
        let Some(place) = place else {
            return Err(mistake(
                "wallet",
                &wallet.id,
                &unknown("store", &wallet.store),
            ));
        };
        wallet
            .check_at(place, &rooms.payments.wallets())
            .map_err(|error| mistake("wallet", &wallet.id, &error))?;
        let written = wallets.iter().take_while(|other| other.id != wallet.id);
        let same = |other: &&WalletSetup| {
            other.enabled
                && wallet.enabled
                && (&other.operator, other.number.trim())
                    == (&wallet.operator, wallet.number.trim())
        };
        if let Some(other) = written.into_iter().find(same) {
            let twin = SetupError::Twin {
                id: wallet.id.clone(),
                other: other.id.clone(),
            };
            return Err(mistake("wallet", &wallet.id, &twin));
        }
        let known = rooms.payments.wallets();
        let stays = wallet.check_standing(&rooms.store, &known).await;
        stays.map_err(|error| mistake("wallet", &wallet.id, &error))?;
    }
    for (place, device) in devices.iter().enumerate() {
        device
            .check()
            .map_err(|error| mistake("device", &device.id, &error))?;
        if !knows(rooms, &known_stores, Item::Store, &device.store).await? {
            return Err(mistake(
                "device",
                &device.id,
                &unknown("store", &device.store),
            ));
        }
        for wallet in &device.wallets {
            if !knows(rooms, &known_wallets, Item::Wallet, wallet).await? {
                return Err(mistake("device", &device.id, &unknown("wallet", wallet)));
            }
            let written = wallets.iter().find(|known| known.id == *wallet);
            let owner = match written {
                Some(written) => Some(written.store.clone()),
                None => store_of_wallet(&rooms.store, wallet)
                    .await
                    .map_err(database)?,
            };
            if let Some(store) = owner.filter(|owner| *owner != device.store) {
                let other = SetupError::OtherStoresWallet {
                    id: device.id.clone(),
                    wallet: wallet.clone(),
                    store,
                };
                return Err(mistake("device", &device.id, &other));
            }
        }
        let twin = devices
            .iter()
            .take(place)
            .find(|other| other.token.expose() == device.token.expose());
        let other = match twin {
            Some(twin) => Some(twin.id.clone()),
            None => token_holder(&rooms.store, device).await.map_err(database)?,
        };
        if let Some(other) = other {
            let shared = SetupError::SharedToken {
                id: device.id.clone(),
                other,
            };
            return Err(mistake("device", &device.id, &shared));
        }
    }
    Ok(())
}

/// In the order in which they refer to each other.
pub async fn apply(document: &Document, rooms: &Rooms) -> Result<Vec<Change>, Trouble> {
    let mut changes = Vec::new();
    for store in &document.stores {
        let what = standing(rooms, Item::Store, &store.id).await?;
        store
            .apply(&rooms.store)
            .await
            .map_err(|error| failed("store", &store.id, error))?;
        changes.push(Change {
            kind: "store",
            id: store.id.clone(),
            what,
        });
    }
    for wallet in &document.wallets {
        let what = standing(rooms, Item::Wallet, &wallet.id).await?;
        let applied = wallet.apply(&rooms.store, &rooms.payments.wallets()).await;
        applied.map_err(|error| failed("wallet", &wallet.id, error))?;
        changes.push(Change {
            kind: "wallet",
            id: wallet.id.clone(),
            what,
        });
    }
    for device in &document.devices {
        let what = standing(rooms, Item::Device, &device.id).await?;
        device
            .apply(&rooms.store)
            .await
            .map_err(|error| failed("device", &device.id, error))?;
        changes.push(Change {
            kind: "device",
            id: device.id.clone(),
            what,
        });
    }
    Ok(changes)
}

async fn knows(
    rooms: &Rooms,
    named: &BTreeSet<&str>,
    item: Item,
    id: &str,
) -> Result<bool, Trouble> {
    Ok(named.contains(id) || is_set_up(&rooms.store, item, id).await.map_err(database)?)
}

async fn standing(rooms: &Rooms, item: Item, id: &str) -> Result<&'static str, Trouble> {
    Ok(
        if is_set_up(&rooms.store, item, id).await.map_err(database)? {
            "updated"
        } else {
            "added"
        },
    )
}

fn unknown(what: &'static str, id: &str) -> SetupError {
    SetupError::Unknown {
        what,
        id: id.to_owned(),
    }
}

fn failed(kind: &str, id: &str, error: SetupError) -> Trouble {
    Trouble::failed(format!("{kind} \"{id}\"")).because(error)
}

fn database(error: StoreError) -> Trouble {
    Trouble::failed("what is set up already cannot be read").because(error)
}
