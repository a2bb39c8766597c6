//! WHMCS's day: what is to be done about all domains of an account, whatever single one is looked at.

use serde_json::json;
use wharf_core::Deadline;
use wharf_registrar::{DomainState, DomainStatus};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use crate::effects::{HOLD, Wish};
use crate::portfolio::LISTS_FRESH;
use crate::tables::portfolio;
use crate::{Domains, DomainsError, afterwards};

impl Domains {
    /// From the daily cron's hook. Suspends what has expired, where the settings say so; Sync alone would come to each
    /// domain only in its turn.
    pub(super) async fn daily(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = match self.account_of(call).await {
            Ok(account) => account,
            // Never set up: nothing to do.
            Err(DomainsError::NoAccount { .. }) => return Ok(ModuleAnswer::new(json!({}))),
            Err(error) => return Err(error),
        };
        if !account.settings().suspend_on_expiration {
            return Ok(ModuleAnswer::new(json!({})));
        }
        let deadline = Deadline::after(self.patience.sync);
        self.portfolios
            .fresh(&account, LISTS_FRESH, deadline)
            .await?;
        let today = self
            .store
            .clock()
            .now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let pool = self.store.pool();
        let mut suspended = 0;
        let mut after = String::new();
        loop {
            let page = portfolio::domains_after(pool, &account.id, &after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            for (_, body) in &page {
                let Ok(status) = serde_json::from_str::<DomainStatus>(body) else {
                    continue;
                };
                let lapsed = status.expires.is_some_and(|expires| expires < today);
                if lapsed && status.state == DomainState::Active && !status.has_status(HOLD) {
                    let wish = Wish::Suspended(true);
                    self.later(afterwards::wish(
                        &account.site,
                        &account.module,
                        &status.name,
                        &wish,
                    ))
                    .await?;
                    suspended += 1;
                }
            }
        }
        Ok(ModuleAnswer::new(json!({ "suspended": suspended })))
    }
}

const PAGE: i64 = 500;
