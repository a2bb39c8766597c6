//! TransferSync: what became of a transfer to the account. From the account's lists, like [`sync`](super::sync).

use serde_json::{Value, json};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Cause, Talk, TransferKind, TransferState};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, logged};
use crate::account::Account;
use crate::portfolio::{Arrival, LISTS_FRESH, Listed};
use crate::{Domains, DomainsError, afterwards};

impl Domains {
    /// `completed` with the day of its end, `failed` with the reason, or an empty map while nothing is decided.
    pub(super) async fn transfer_sync(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let deadline = Deadline::after(self.patience.sync);
        let line = self
            .portfolios
            .line(&account, &name, LISTS_FRESH, deadline)
            .await?;
        let answer = match (&line.listed, line.arrival) {
            (Listed::Domain(status), _) => {
                self.arrived(call, &name).await?;
                match status.expires {
                    Some(expires) => {
                        json!({ "completed": true, "expirydate": expires.to_string() })
                    }
                    None => json!({ "completed": true }),
                }
            }
            (Listed::Transfer, _) => json!({}),
            // A transfer that failed before the one under way does not count: the registrar is asked.
            (_, Arrival::Refused) | (Listed::Missing, _) => {
                self.ended(&account, &name, deadline).await?
            }
            _ => json!({}),
        };
        Ok(logged(ModuleAnswer::new(answer), line.wire.as_ref()))
    }

    /// What a transfer does not bring is seen to.
    async fn arrived(&self, call: &ModuleCall, name: &DomainName) -> Result<(), DomainsError> {
        let Some(id) = call.params.integer("domainid") else {
            return Ok(());
        };
        self.later(afterwards::transferred(&call.site, &call.module, id, name))
            .await
    }

    async fn ended(
        &self,
        account: &Account,
        name: &DomainName,
        deadline: Deadline,
    ) -> Result<Value, DomainsError> {
        let talk = Talk::until(deadline);
        let transfer = match account.registrar.transfer_status(name, &talk).await {
            Ok(transfer) => transfer,
            // None that the registrar knows of: it was not asked for yet, or long ago.
            Err(error) if matches!(error.cause(), Some(Cause::NotFound | Cause::NotOurs)) => {
                return Ok(json!({}));
            }
            Err(error) => return Err(error.into()),
        };
        if transfer.kind != TransferKind::Incoming || transfer.state != TransferState::Failed {
            return Ok(json!({}));
        }
        let reason = transfer
            .log
            .last()
            .map_or_else(|| "the registrar gives no reason".to_owned(), Clone::clone);
        Ok(json!({ "failed": true, "reason": reason }))
    }
}
