//! Sync: what WHMCS's cron is told of a domain. From the account's lists, which all calls of a run share; never from an
//! old answer, and never a date that is not known.

use jiff::civil::Date;
use serde_json::{Map, Value};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Cause, DeletedDomain, DomainState, DomainStatus, HistoryQuery, Page, Talk};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, Params};

use super::daily::is_to_be_suspended;
use super::{domain, from_reading, logged};
use crate::account::Account;
use crate::effects::Wish;
use crate::portfolio::{LISTS_FRESH, Line, Listed};
use crate::reads::{self, Found, Known, Wants};
use crate::tables::portfolio as table;
use crate::{Domains, DomainsError, afterwards, tell_whmcs};

impl Domains {
    pub(super) async fn sync(&self, call: &ModuleCall) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let deadline = Deadline::after(self.patience.sync);
        // Before the rows: what is read between the two must not pass for what they say.
        let last = self.portfolios.last(&account);
        let (mut rows, mut known) = self.known_and_listed(&account, &name).await?;
        if let Some(Found::Ours(status)) = known.fresh {
            self.mend(call, &account, &name, &status).await?;
            return Ok(ModuleAnswer::new(self.facts_of(&status)));
        }
        let (taken, wire) = self
            .portfolios
            .fresh(&account, LISTS_FRESH, deadline)
            .await?;
        if last != Some(taken) {
            (rows, known) = self.known_and_listed(&account, &name).await?;
        }
        let line = Line::of(&rows, taken, wire);
        // What we changed ourselves since the lists were read is newer than they are.
        if known.touched > line.taken.taken_at {
            let reading = self
                .reads
                .domain(&account, &name, Wants::Fresh, deadline)
                .await?;
            if let Found::Ours(status) = &reading.found {
                self.mend(call, &account, &name, status).await?;
                return Ok(from_reading(self.facts_of(status), &reading));
            }
        }
        if let Listed::Domain(status) = &line.listed {
            self.mend(call, &account, &name, status).await?;
        }
        let facts = match &line.listed {
            Listed::Missing => {
                self.missing(&account, &name, &call.params, deadline)
                    .await?
            }
            listed => self.facts(listed),
        };
        Ok(logged(ModuleAnswer::new(facts), line.wire.as_ref()))
    }

    /// What the lists say of a name, and what is known of it besides.
    async fn known_and_listed(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<(Vec<(String, String)>, Known), DomainsError> {
        let (pool, object) = (self.store.pool(), reads::object(name));
        let (rows, snapshot) =
            table::about_with_snapshot(pool, &account.id, name.as_str(), &object).await?;
        Ok((rows, self.reads.known_of(&snapshot)))
    }

    /// A name that no list has: asked for by itself, with what the log says of it.
    async fn missing(
        &self,
        account: &Account,
        name: &DomainName,
        params: &Params,
        deadline: Deadline,
    ) -> Result<Value, DomainsError> {
        let reading = self
            .reads
            .domain(account, name, Wants::Fresh, deadline)
            .await?;
        Ok(match &reading.found {
            Found::Ours(status) => self.facts_of(status),
            Found::NotOurs => flags(Standing::Away, None),
            // Not there yet: an order that the registry has not carried out, or an application.
            Found::Absent if is_awaited(params) => flags(Standing::None, None),
            Found::Absent => {
                let talk = Talk::until(deadline);
                match account.registrar.deleted(name, &talk).await {
                    Ok(Some(deleted)) => self.facts(&Listed::Deleted(deleted)),
                    // Of what this account never held, nobody can say that it ended here.
                    Ok(None) if !self.was_held(account, name, &talk).await? => {
                        flags(Standing::None, None)
                    }
                    Ok(None) => flags(Standing::Cancelled, None),
                    Err(error) if error.cause() == Some(Cause::NotFound) => {
                        flags(Standing::Away, None)
                    }
                    // Whether it was deleted or went away cannot be found out: neither is claimed.
                    Err(error) if !error.is_outage() => flags(Standing::None, None),
                    Err(error) => return Err(error.into()),
                }
            }
        })
    }

    /// Whether the account's log knows the name.
    async fn was_held(
        &self,
        account: &Account,
        name: &DomainName,
        talk: &Talk,
    ) -> Result<bool, DomainsError> {
        let query = HistoryQuery {
            name: Some(name.clone()),
            page: Page::first(1),
            ..HistoryQuery::default()
        };
        match account.registrar.history(&query, talk).await {
            Ok(entries) => Ok(!entries.is_empty()),
            Err(error) if !error.is_outage() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn facts(&self, listed: &Listed) -> Value {
        match listed {
            Listed::Domain(status) => self.facts_of(status),
            Listed::Application(_) | Listed::Transfer | Listed::Missing => {
                flags(Standing::None, None)
            }
            Listed::Away => flags(Standing::Away, None),
            Listed::Deleted(DeletedDomain { expires, .. }) => flags(Standing::None, *expires),
        }
    }

    fn facts_of(&self, status: &DomainStatus) -> Value {
        let today = self.today();
        let lapsed = status.expires.is_some_and(|expires| expires < today);
        let standing = match status.state {
            // On hold or without delegation it is a registered domain all the same.
            DomainState::Active | DomainState::Inactive | DomainState::Suspended if !lapsed => {
                Standing::Active
            }
            DomainState::Deleted => Standing::Cancelled,
            DomainState::PendingDelete if ends_when_deleted(&status.name) => Standing::Cancelled,
            _ => Standing::None,
        };
        flags(standing, status.expires)
    }

    fn today(&self) -> Date {
        let utc = self.store.clock().now().to_zoned(jiff::tz::TimeZone::UTC);
        utc.date()
    }

    /// What a run of the cron sets right besides telling.
    async fn mend(
        &self,
        call: &ModuleCall,
        account: &Account,
        name: &DomainName,
        status: &DomainStatus,
    ) -> Result<(), DomainsError> {
        self.repair_id_protection(call, account, name, status)
            .await?;
        if account.settings().suspend_on_expiration && is_to_be_suspended(status, self.today()) {
            let wish = Wish::Suspended(true);
            let job = afterwards::wish(&account.site, &account.module, name, &wish);
            self.later(job).await?;
        }
        Ok(())
    }

    /// WHMCS's books are put right where the registrar has it otherwise, when the settings say so.
    async fn repair_id_protection(
        &self,
        call: &ModuleCall,
        account: &Account,
        name: &DomainName,
        status: &DomainStatus,
    ) -> Result<(), DomainsError> {
        let (Some(there), Some(id)) = (status.id_protection, call.params.integer("domainid"))
        else {
            return Ok(());
        };
        let booked = call.params.value("idprotection").is_some();
        if !booked
            || call.params.flag("idprotection") == there
            || !account.settings().sync_id_protection
        {
            return Ok(());
        }
        self.later(tell_whmcs::id_protection(account, id, name, !there))
            .await
    }
}

/// What WHMCS is told to do with its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Active,
    Cancelled,
    Away,
    /// Nothing: it stays as it is, or lapses by its date.
    None,
}

fn flags(standing: Standing, expires: Option<Date>) -> Value {
    let mut facts = Map::from_iter(
        [
            ("active", standing == Standing::Active),
            ("cancelled", standing == Standing::Cancelled),
            ("transferredAway", standing == Standing::Away),
        ]
        .map(|(key, on)| (key.to_owned(), Value::from(on))),
    );
    if let Some(expires) = expires {
        facts.insert("expirydate".to_owned(), Value::from(expires.to_string()));
    }
    Value::Object(facts)
}

/// In WHMCS's books it has not been registered or has not arrived.
fn is_awaited(params: &Params) -> bool {
    let status = params.text("status").unwrap_or_default();
    status.to_ascii_lowercase().starts_with("pending")
}

/// Registries where a domain that waits for its deletion cannot be fetched back.
fn ends_when_deleted(name: &DomainName) -> bool {
    name.tld().as_str() == "dk"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whmcs_is_told_what_is_known_and_no_more() {
        let date = Some(jiff::civil::date(2027, 11, 19));
        insta::assert_snapshot!(flags(Standing::Active, date), @r#"{"active":true,"cancelled":false,"transferredAway":false,"expirydate":"2027-11-19"}"#);
        insta::assert_snapshot!(flags(Standing::None, None), @r#"{"active":false,"cancelled":false,"transferredAway":false}"#);
        insta::assert_snapshot!(flags(Standing::Away, None), @r#"{"active":false,"cancelled":false,"transferredAway":true}"#);
        insta::assert_snapshot!(flags(Standing::Cancelled, date), @r#"{"active":false,"cancelled":true,"transferredAway":false,"expirydate":"2027-11-19"}"#);
    }
}
