//! GetDomainInformation.

use serde_json::json;
use wharf_core::Deadline;
use wharf_registrar::{DomainState, DomainStatus};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::nameservers::numbered;
use super::{domain, from_reading};
use crate::reads::Wants;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn information(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params)?;
        let reading = self
            .reads
            .domain(
                &account,
                &name,
                Wants::AnyAnswer,
                Deadline::after(self.patience.page),
            )
            .await?;
        let status = reading.ours(&account, &name)?;
        let today = self
            .store
            .clock()
            .now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let value = json!({
            "domain": name,
            "status": word(status, today),
            "nameservers": numbered(&status.nameservers),
            "transferLock": status.transfer_lock,
            "expiryDate": status.expires.map(|date| date.to_string()),
            "idProtection": status.id_protection,
        });
        Ok(from_reading(value, &reading))
    }
}

fn word(status: &DomainStatus, today: jiff::civil::Date) -> &'static str {
    match status.state {
        DomainState::Active if status.expires.is_some_and(|expires| expires < today) => "expired",
        DomainState::Active => "active",
        DomainState::Suspended => "suspended",
        DomainState::PendingDelete => "pending_delete",
        DomainState::Deleted => "deleted",
        DomainState::Inactive | DomainState::PendingCreate | DomainState::Other => "inactive",
    }
}
