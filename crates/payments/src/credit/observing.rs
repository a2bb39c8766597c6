//! A store that only looks on: what would be credited is written down, and WHMCS is never called.

use wharf_core::Currency;
use wharf_store::StoreError;

use super::Progress;
use super::booking::terms;
use super::token::Token;
use crate::Payments;
use crate::matching::freeze_terms;
use crate::tables::audit;
use crate::tables::claims::{self, ClaimState};
use crate::tables::credits::{self, CreditRow, CreditState, Direction};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};

impl Payments {
    pub(super) async fn observe(
        &self,
        store: &StoreRow,
        transfer: &Transfer,
    ) -> Result<Progress, StoreError> {
        let currency = self.likely_currency(store).await?;
        let (clock, now) = (self.store.clock(), self.store.clock().now_ms());
        let mut tx = self.store.begin().await?;
        stores::take_turn(&mut tx, &store.id).await?;
        let Some(current) = transfers::by_id(&mut tx, &transfer.id).await? else {
            return Ok(Progress::Finished);
        };
        let open = matches!(
            current.state,
            TransferState::Matched | TransferState::Blocked
        );
        let (true, Some(client)) = (open, current.client) else {
            return Ok(Progress::Finished);
        };
        let mut to = current.clone();
        if let (None, Some(currency)) = (to.credit, currency) {
            // What it is worth is only told here: without a rate, nothing is.
            freeze_terms(&mut tx, store, &mut to, None, currency, now).await?;
        }
        to.state = TransferState::Observed;
        to.reason = None;
        if !transfers::change(&mut tx, current.state, &to, now).await? {
            return Ok(Progress::Finished);
        }
        if let Some(id) = &to.claim
            && let Some(mut claim) = claims::by_id(&mut tx, id).await?
        {
            claim.state = ClaimState::Observed;
            claim.reason = None;
            claims::change(&mut tx, &claim, now).await?;
        }
        let token = Token {
            store: &to.store,
            wallet: &to.wallet,
            operator_id: &to.operator_id,
        };
        let row = CreditRow {
            transfer: to.id.clone(),
            direction: Direction::Add,
            store: to.store.clone(),
            site: store.site.clone(),
            wallet: to.wallet.clone(),
            operator_id: to.operator_id.clone(),
            client,
            currency: to.currency,
            amount: to.credit,
            token: token.payment(),
            way: OBSERVED.to_owned(),
            state: CreditState::Observed,
            whmcs_row: None,
            balance: None,
            note: None,
            ended_at: now,
        };
        credits::put(&mut tx, &row).await?;
        let subject = format!("transfer/{}", to.id);
        let detail = format!("would credit client {client} with {}", terms(store, &to));
        audit::note(&mut tx, clock, &to.store, &subject, OBSERVED, &detail).await?;
        metrics::counter!("wharf_payment_transfers_total", "end" => "observed").increment(1);
        tx.commit().await?;
        Ok(Progress::Finished)
    }

    /// What the client's currency will be, without asking WHMCS: the one that the store shows its rate in.
    async fn likely_currency(&self, store: &StoreRow) -> Result<Option<Currency>, StoreError> {
        let with_rate = stores::currencies(self.store.pool(), &store.id).await?;
        Ok(store.shown_currency(&with_rate))
    }
}

const OBSERVED: &str = "observed";
