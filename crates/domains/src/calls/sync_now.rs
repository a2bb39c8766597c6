//! The button "Sync now": what the cron would find out, at once, written into WHMCS's books through its API.

use jiff::civil::Date;
use serde_json::{Value, json};
use wharf_core::{Deadline, ErrorClass};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};
use wharf_whmcs::{ApiError, ClientDomain};

use super::{domain, logged};
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn sync_now(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.account_of(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let id = call.params.required_integer("domainid")?;
        let api = self.sites.api(&call.site).await;
        let api = api.map_err(|error| DomainsError::NoAnswer(error.to_string()))?;
        let Some(api) = api else {
            return Err(DomainsError::Input(
                "Wharf has no access to this WHMCS's API, so it cannot change its books. Use WHMCS's own Sync button."
                    .to_owned(),
            ));
        };
        let Some(books) = api.client_domain(id).await.map_err(told)? else {
            return Err(DomainsError::Input(format!(
                "WHMCS has no domain with the number {id}."
            )));
        };
        let deadline = Deadline::after(self.patience.sync);
        let pending = books.status == "Pending Transfer";
        // Whatever was read before is not asked for now.
        self.reads.refresh(&account, &name).await?;
        if pending {
            self.portfolios
                .fresh(&account, std::time::Duration::ZERO, deadline)
                .await?;
        }
        let found = if pending {
            self.transfer_sync(call).await?
        } else {
            self.sync(call).await?
        };
        let change = Books::after(&found.value, &books);
        let answer = ModuleAnswer::new(json!({ "success": true }));
        let answer = match &found.log {
            Some(log) => answer.logged(log.request.clone(), log.response.clone()),
            None => logged(answer, None),
        };
        if change == Books::default() {
            return Ok(answer.with_activity(format!("{name} is as the registrar has it")));
        }
        api.update_domain(id, change.status, change.expires)
            .await
            .map_err(told)?;
        Ok(answer.with_activity(format!("{name} is now {}", change.in_words(&books))))
    }
}

/// What changes in WHMCS's books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Books {
    status: Option<&'static str>,
    expires: Option<Date>,
}

impl Books {
    /// By what Sync or TransferSync say.
    fn after(found: &Value, books: &ClientDomain) -> Self {
        let flag = |name: &str| found.get(name).and_then(Value::as_bool) == Some(true);
        let status = if flag("transferredAway") {
            Some("Transferred Away")
        } else if flag("cancelled") || flag("failed") {
            Some("Cancelled")
        } else if flag("active") || flag("completed") {
            Some("Active")
        } else {
            None
        };
        let expires = found.get("expirydate").and_then(Value::as_str);
        let expires: Option<Date> = expires.and_then(|text| text.parse().ok());
        Self {
            status: status.filter(|status| *status != books.status),
            expires: expires.filter(|_| expires != books.expires),
        }
    }

    fn in_words(&self, books: &ClientDomain) -> String {
        let status = self.status.unwrap_or(&books.status);
        match self.expires {
            Some(expires) => format!("{status}, until {expires}"),
            None => status.to_owned(),
        }
    }
}

fn told(error: ApiError) -> DomainsError {
    let text = format!("WHMCS's API: {}", error.in_words());
    match error.class() {
        ErrorClass::Temporary => DomainsError::NoAnswer(text),
        _ => DomainsError::Input(text),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn books(status: &str) -> ClientDomain {
        ClientDomain {
            id: 7,
            client: 1,
            name: "example.com".into(),
            status: status.into(),
            registrar: None,
            registered: None,
            expires: Some(date(2027, 11, 19)),
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let after = |found: Value, status: &str| {
            let change = Books::after(&found, &books(status));
            (change.status, change.expires.map(|date| date.to_string()))
        };
        let same = json!({"active": true, "expirydate": "2027-11-19"});
        assert_eq!(after(same.clone(), "Active"), (None, None));
        assert_eq!(after(same, "Grace"), (Some("Active"), None));
        let later = json!({"active": true, "expirydate": "2028-11-19"});
        assert_eq!(
            after(later, "Active"),
            (None, Some("2028-11-19".to_owned()))
        );
        assert_eq!(
            after(json!({"active": false, "transferredAway": true}), "Active"),
            (Some("Transferred Away"), None)
        );
        // Nothing is known: nothing changes, whatever the books say.
        let nothing = json!({"active": false, "cancelled": false, "transferredAway": false});
        assert_eq!(after(nothing, "Active"), (None, None));
        assert_eq!(after(json!({}), "Pending Transfer"), (None, None));
        assert_eq!(
            after(json!({"failed": true, "reason": "no"}), "Pending Transfer"),
            (Some("Cancelled"), None)
        );
        assert_eq!(
            after(json!({"active": true, "expirydate": "soon"}), "Active"),
            (None, None)
        );
    }
}
