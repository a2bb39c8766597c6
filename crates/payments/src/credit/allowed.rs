//! What is asked before anything is sent for a transfer, or spent of its credit.

use wharf_store::journal::{Entry, State};
use wharf_store::{StoreError, Tx};

use super::{AddCredit, ApplyCredit, Credited};
use crate::Payments;
use crate::tables::claims::Claim;
use crate::tables::credits::{self, CreditState, Direction};
use crate::tables::reviews::{self, Review};
use crate::tables::stores::StoreRow;
use crate::tables::transfers::{self, Transfer, TransferState};

impl Payments {
    /// Whether the operator says that it was taken back, and nobody has decided about that.
    pub(super) async fn is_said_to_be_gone(&self, transfer: &Transfer) -> Result<bool, StoreError> {
        let mut db = self.connection().await?;
        let items = reviews::of_transfer(&mut db, &transfer.id).await?;
        Ok(items.iter().any(Review::says_gone))
    }

    /// Whether it is as it was when it was read, just before something is sent for it.
    pub(super) async fn still_stands(&self, transfer: &Transfer) -> Result<bool, StoreError> {
        let mut db = self.connection().await?;
        let current = transfers::by_id(&mut db, &transfer.id).await?;
        Ok(current.is_some_and(|current| match current.state {
            TransferState::Matched | TransferState::Blocked => {
                matches!(
                    transfer.state,
                    TransferState::Matched | TransferState::Blocked
                )
            }
            state => state == transfer.state,
        }))
    }

    /// Whether nothing that could credit it is under way, nor was.
    pub(super) async fn is_unsent(&self, transfer: &Transfer) -> Result<bool, StoreError> {
        let key = AddCredit::key_of(transfer);
        Ok(sent_nothing(self.store.journal().by_key(&key).await?))
    }

    /// As [`is_unsent`](Self::is_unsent), in the caller's transaction.
    pub(crate) async fn is_unsent_in(
        &self,
        tx: &mut Tx,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let key = AddCredit::key_of(transfer);
        Ok(sent_nothing(
            self.store.journal().by_key_in(tx, &key).await?,
        ))
    }

    /// Whether a person has said that its credit is to be taken back, and not that it is left when WHMCS refused.
    pub(super) async fn is_given_up(&self, transfer: &Transfer) -> Result<bool, StoreError> {
        let mut db = self.connection().await?;
        let removal = credits::of_transfer(&mut db, &transfer.id, Direction::Remove).await?;
        Ok(removal.is_some_and(|removal| removal.state != CreditState::Left))
    }

    /// Whether its credit is on its way to the claim's invoice, or was.
    pub(super) async fn is_applying(
        &self,
        claim: &Claim,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let Some(invoice) = claim.invoice else {
            return Ok(false);
        };
        let key = ApplyCredit::key_of(&AddCredit::key_of(transfer), invoice);
        let entry = self.store.journal().by_key(&key).await?;
        Ok(entry.is_some_and(|entry| entry.state != State::Refused))
    }

    /// Whether WHMCS had the credit before this journal knew of it. Then it may have been spent, too.
    pub(super) async fn was_found(
        &self,
        store: &StoreRow,
        claim: &Claim,
        transfer: &Transfer,
    ) -> Result<bool, StoreError> {
        let Some(effect) = AddCredit::of(store, claim, transfer) else {
            return Ok(false);
        };
        let credited = self.entry(&effect).await?.and_then(|entry| entry.result);
        Ok(credited
            .and_then(|result| serde_json::from_value::<Credited>(result).ok())
            .is_some_and(|credited| credited.row.is_some()))
    }
}

fn sent_nothing(entry: Option<Entry>) -> bool {
    entry.is_none_or(|entry| entry.state == State::Refused)
}
