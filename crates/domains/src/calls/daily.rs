//! WHMCS's day: what is to be done about all domains of an account, whatever single one is looked at.

use jiff::civil::Date;
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
                if is_to_be_suspended(&status, today) {
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

/// It has come to its end and is still on the net. The registrar's word for that is not always "active".
pub(super) fn is_to_be_suspended(status: &DomainStatus, today: Date) -> bool {
    let lapsed = status.expires.is_some_and(|expires| expires < today);
    let on_the_net = match status.state {
        DomainState::Active | DomainState::Inactive | DomainState::Other => true,
        DomainState::Suspended
        | DomainState::PendingCreate
        | DomainState::PendingDelete
        | DomainState::Deleted => false,
    };
    lapsed && on_the_net && !status.has_status(HOLD)
}

const PAGE: i64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_to_its_end_and_is_on_the_net_is_suspended() {
        let today = jiff::civil::date(2027, 11, 26);
        let status = |state: &str, word: &str, expires: &str| -> DomainStatus {
            let text = json!({
                "name": "example.com", "state": state, "statuses": [word], "nameservers": [], "transfer_lock": null,
                "id_protection": null, "created": null, "expires": expires
            });
            serde_json::from_value(text).unwrap()
        };
        let suspends =
            |state, word, expires| is_to_be_suspended(&status(state, word, expires), today);
        assert!(suspends("active", "ACTIVE", "2027-11-25"));
        // Some registrars have a word of their own for it.
        assert!(suspends("other", "EXPIRED", "2027-11-25"));
        assert!(!suspends("active", "ACTIVE", "2027-11-26"), "its last day");
        assert!(!suspends("other", "CLIENTHOLD", "2027-11-25"));
        assert!(!suspends("suspended", "serverHold", "2027-11-25"));
        assert!(!suspends("pending_delete", "PENDINGDELETE", "2027-11-25"));
    }
}
