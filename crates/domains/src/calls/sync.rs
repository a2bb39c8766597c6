//! Sync: what WHMCS's cron is told of a domain. Never from an old answer, and never a date that is not known.

use serde_json::{Map, Value};
use wharf_core::Deadline;
use wharf_registrar::{DomainState, DomainStatus};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, from_reading};
use crate::reads::{Found, Wants};
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn sync(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params)?;
        let reading = self
            .reads
            .domain(
                &account,
                &name,
                Wants::Fresh,
                Deadline::after(self.patience.sync),
            )
            .await?;
        Ok(from_reading(facts(&reading.found), &reading))
    }
}

fn facts(found: &Found) -> Value {
    let flags = |active: bool, away: bool| {
        Map::from_iter([
            ("active".to_owned(), Value::from(active)),
            ("cancelled".to_owned(), Value::from(false)),
            ("transferredAway".to_owned(), Value::from(away)),
        ])
    };
    Value::Object(match found {
        Found::Ours(status) => {
            let mut facts = flags(is_registered(status), false);
            if let Some(expires) = status.expires {
                facts.insert("expirydate".to_owned(), Value::from(expires.to_string()));
            }
            facts
        }
        Found::NotOurs => flags(false, true),
        // Gone, or not there yet: the registrar's log would tell, "not found" alone does not.
        Found::Absent => flags(false, false),
    })
}

/// A domain without delegation or on hold is a registered one all the same.
fn is_registered(status: &DomainStatus) -> bool {
    matches!(
        status.state,
        DomainState::Active | DomainState::Inactive | DomainState::Suspended
    )
}

#[cfg(test)]
mod tests {
    use wharf_core::DomainName;

    use super::*;

    fn ours(state: DomainState, expires: Option<jiff::civil::Date>) -> Found {
        let name = DomainName::parse("example.com").unwrap();
        Found::Ours(DomainStatus {
            expires,
            ..DomainStatus::new(name, state)
        })
    }

    #[test]
    fn whmcs_is_told_what_is_known_and_no_more() {
        let date = Some(jiff::civil::date(2027, 11, 19));
        insta::assert_snapshot!(facts(&ours(DomainState::Active, date)), @r#"{"active":true,"cancelled":false,"transferredAway":false,"expirydate":"2027-11-19"}"#);
        insta::assert_snapshot!(facts(&ours(DomainState::PendingCreate, None)), @r#"{"active":false,"cancelled":false,"transferredAway":false}"#);
        insta::assert_snapshot!(facts(&Found::NotOurs), @r#"{"active":false,"cancelled":false,"transferredAway":true}"#);
        insta::assert_snapshot!(facts(&Found::Absent), @r#"{"active":false,"cancelled":false,"transferredAway":false}"#);
    }
}
