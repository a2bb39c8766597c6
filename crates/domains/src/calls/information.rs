//! GetDomainInformation.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wharf_core::Deadline;
use wharf_registrar::{DomainState, DomainStatus};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::nameservers::numbered;
use super::{domain, from_reading};
use crate::effects::is_deleted;
use crate::reads::Wants;
use crate::tlds::{OwnerChange, TldFacts};
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn information(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
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
        let facts = self.tlds.of(&name);
        let value = information(status, &facts, self.store.clock().now());
        Ok(from_reading(value, &reading))
    }
}

/// The facts of WHMCS's domain object, by the names that the PHP side sets them under; what is not known is left out.
fn information(status: &DomainStatus, facts: &TldFacts, now: Timestamp) -> Value {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let irtp = facts.owner_change == OwnerChange::IcannTrade;
    let trade_lock = status.trade_lock_expires.filter(|end| *end > now);
    let verification = status.verification.as_ref();
    let unverified = verification.map(|verification| {
        ["PENDING", "OVERDUE"]
            .iter()
            .any(|word| verification.status.eq_ignore_ascii_case(word))
    });
    json!({
        "domain": status.name,
        "status": word(status, day(now)),
        "nameservers": numbered(&status.nameservers),
        "transferLock": status.transfer_lock,
        "expiryDate": status.expires.map(|date| date.to_string()),
        "idProtection": status.id_protection,
        "restorable": is_deleted(status),
        "irtpEnabled": irtp,
        "irtpTransferLock": irtp.then_some(trade_lock.is_some()),
        "irtpTransferLockExpiryDate": trade_lock.map(|end| day(end).to_string()),
        "contactChangePending": unverified,
        "pendingSuspension": unverified,
        "registrantEmail": verification.and_then(|verification| verification.email.clone()),
        "irtpTriggerFields": irtp.then(|| json!({ "Registrant": IRTP_FIELDS })),
    })
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

/// A change of one of these is a change of the registrant.
const IRTP_FIELDS: [&str; 4] = ["First Name", "Last Name", "Company Name", "Email Address"];
