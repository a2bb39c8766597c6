//! Taking away what was set up and never used. What has a history is switched off instead: money's traces stay.

use wharf_store::StoreError;
use wharf_whmcs::Sites;
pub use wharf_whmcs::removal::Removal;
use wharf_whmcs::removal::uses;

use super::Item;
use crate::Payments;
use crate::keys;
use crate::tables::removal::{self, OF_STORE, OF_WALLET};
use crate::tables::stores::{by_id_in, take_turn};
use crate::tables::{audit, setup as table};

impl Payments {
    /// What keeps a store from being taken away, and how much of each there is.
    pub async fn uses_of_store(&self, id: &str) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let mut db = self.connection().await?;
        uses(&mut db, &OF_STORE, id).await
    }

    /// As [`uses_of_store`](Self::uses_of_store).
    pub async fn uses_of_wallet(&self, id: &str) -> Result<Vec<(&'static str, i64)>, StoreError> {
        let mut db = self.connection().await?;
        uses(&mut db, &OF_WALLET, id).await
    }

    /// Takes away a store that has nothing, with its rates and keys; `actor` stands in the audit log.
    pub async fn remove_store(&self, id: &str, actor: &str) -> Result<Removal, StoreError> {
        let mut tx = self.store.begin().await?;
        if by_id_in(&mut tx, id).await?.is_none() {
            return Ok(Removal::NotThere);
        }
        take_turn(&mut tx, id).await?;
        let used = uses(&mut tx, &OF_STORE, id).await?;
        if !used.is_empty() {
            return Ok(Removal::Used(used));
        }
        removal::remove_store(&mut tx, id).await?;
        let scope = keys::store_scope(id);
        self.store.secrets().forget_in(&mut tx, &scope).await?;
        let (clock, subject) = (self.store.clock(), format!("store/{id}"));
        audit::note_by(&mut tx, clock, actor, id, &subject, REMOVED, "").await?;
        tx.commit().await?;
        Ok(Removal::Done)
    }

    /// As [`remove_store`](Self::remove_store), of a wallet that no phone serves and that never had money.
    pub async fn remove_wallet(&self, id: &str, actor: &str) -> Result<Removal, StoreError> {
        let mut tx = self.store.begin().await?;
        let columns = table::columns(&mut tx, Item::Wallet.table(), id).await?;
        let Some(store) = columns.get("store") else {
            return Ok(Removal::NotThere);
        };
        take_turn(&mut tx, store).await?;
        let used = uses(&mut tx, &OF_WALLET, id).await?;
        if !used.is_empty() {
            return Ok(Removal::Used(used));
        }
        removal::remove_wallet(&mut tx, id).await?;
        let (clock, subject) = (self.store.clock(), format!("wallet/{id}"));
        audit::note_by(&mut tx, clock, actor, store, &subject, REMOVED, "").await?;
        tx.commit().await?;
        Ok(Removal::Done)
    }

    /// Takes away a WHMCS that nothing uses, with its secrets.
    pub async fn remove_site(
        &self,
        sites: &Sites,
        id: &str,
        actor: &str,
    ) -> Result<Removal, StoreError> {
        let mut tx = self.store.begin().await?;
        let removed = sites.remove_in(&mut tx, id).await?;
        if removed == Removal::Done {
            let (clock, subject) = (self.store.clock(), format!("site/{id}"));
            audit::note_by(&mut tx, clock, actor, "", &subject, REMOVED, "").await?;
            tx.commit().await?;
            sites.forget_tokens();
        }
        Ok(removed)
    }
}

const REMOVED: &str = "removed";
