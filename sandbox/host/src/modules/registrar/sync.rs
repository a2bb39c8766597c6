//! Bringing status and expiry up to date: Sync and TransferSync.

use serde_json::{Value, json};

use super::Refusable;
use crate::app::{Actor, App, HostError, add_days};
use crate::db::{Arg, Columns as _, Row};
use crate::modules::truthy;

/// What a synchronisation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncMode {
    Change,
    /// Report what would change, and change nothing.
    Notify,
}

impl App {
    /// For staff's button: a line about how the domain stands.
    pub(crate) async fn sync_domain(&self, actor: &Actor, domain: &Row) -> Refusable<String> {
        let said = match domain.text("status") {
            "Pending Transfer" => self.sync_transfer(actor, domain, SyncMode::Change).await?,
            _ => self.sync_status(actor, domain, SyncMode::Change).await?,
        };
        if let Err(text) = said {
            return Ok(Err(text));
        }
        let now = self.domain(domain.int("id")).await?.unwrap_or_default();
        let expiry = crate::app::read_date(now.text("expirydate"));
        let line = format!(
            "{}: {}, expires {}",
            now.text("domain"),
            now.text("status"),
            expiry.as_deref().unwrap_or("unknown")
        );
        self.log_activity(actor, &format!("Domain Synced - {line}"), now.int("userid"))
            .await?;
        Ok(Ok(line))
    }

    /// Asks Sync and stores what it says. Returns what changed, in words.
    pub(crate) async fn sync_status(
        &self,
        actor: &Actor,
        domain: &Row,
        mode: SyncMode,
    ) -> Refusable<Vec<String>> {
        let answer = match self
            .domain_function(actor, domain, "Sync", Row::new())
            .await?
        {
            Ok(answer) => answer.value,
            Err(text) => return Ok(Err(text)),
        };
        let is = |key: &str| truthy(answer.get(key));
        let known = domain.text("status");
        let status = if is("transferredAway") {
            "Transferred Away"
        } else if is("cancelled") {
            "Cancelled"
        } else if is("active") {
            "Active"
        } else {
            known
        };
        let mut changes = Changes::new(domain);
        changes.set("status", status);
        if status == "Active" && known == "Pending Registration" {
            changes.quietly("registrationdate", &self.today());
        }
        self.expiry(&mut changes, &answer).await?;
        self.store(domain, changes, ("synced", 1.into()), mode)
            .await
            .map(Ok)
    }

    /// Asks TransferSync and stores what it says; success and failure run their hooks.
    pub(crate) async fn sync_transfer(
        &self,
        actor: &Actor,
        domain: &Row,
        mode: SyncMode,
    ) -> Refusable<Vec<String>> {
        let answer = match self
            .domain_function(actor, domain, "TransferSync", Row::new())
            .await?
        {
            Ok(answer) => answer.value,
            Err(text) => return Ok(Err(text)),
        };
        let (completed, failed) = (
            truthy(answer.get("completed")),
            truthy(answer.get("failed")),
        );
        let mut changes = Changes::new(domain);
        if completed {
            changes.set("status", "Active");
            self.expiry(&mut changes, &answer).await?;
            if let Some(expiry) = date_of(&answer) {
                changes.quietly("nextduedate", &expiry);
                changes.quietly("nextinvoicedate", &expiry);
            }
        } else if failed {
            changes.set("status", "Cancelled");
        }
        let done = self
            .store(domain, changes, ("synced", 1.into()), mode)
            .await?;
        if mode == SyncMode::Change && (completed || failed) {
            let reason = answer.get("reason").and_then(Value::as_str);
            self.transfer_ended(actor, domain, completed, reason.unwrap_or_default())
                .await?;
        }
        Ok(Ok(done))
    }

    async fn transfer_ended(
        &self,
        actor: &Actor,
        domain: &Row,
        completed: bool,
        reason: &str,
    ) -> Result<(), HostError> {
        let id = domain.int("id");
        let now = self.domain(id).await?.unwrap_or_default();
        let (point, line, mail) = if completed {
            (
                "DomainTransferCompleted",
                "Domain Transfer Completed".to_owned(),
                "Domain Transfer Completed",
            )
        } else {
            (
                "DomainTransferFailed",
                format!("Domain Transfer Failed ({reason})"),
                "Domain Transfer Failed",
            )
        };
        self.log_domain(actor, domain, &line).await?;
        self.mail(domain.int("userid"), mail, domain.text("domain"))
            .await?;
        let vars = json!({
            "domainId": id,
            "domain": now.text("domain"),
            "registrationPeriod": now.int("registrationperiod").to_string(),
            "expiryDate": now.text("expirydate"),
            "registrar": now.text("registrar"),
        });
        self.hook(actor, point, vars).await?;
        Ok(())
    }

    /// The date that the module told, and the due date with it when the installation wants that.
    async fn expiry(&self, changes: &mut Changes<'_>, answer: &Value) -> Result<(), HostError> {
        let Some(expiry) = date_of(answer) else {
            return Ok(());
        };
        changes.set("expirydate", &expiry);
        if self.setting("DomainSyncNextDueDate").await? == "on" {
            let days = self.setting("DomainSyncNextDueDateDays").await?;
            let due = add_days(&expiry, -days.parse::<i64>().unwrap_or_default());
            changes.set("nextduedate", &due);
            changes.quietly("nextinvoicedate", &due);
        }
        Ok(())
    }

    async fn store(
        &self,
        domain: &Row,
        changes: Changes<'_>,
        mark: (&'static str, Arg),
        mode: SyncMode,
    ) -> Result<Vec<String>, HostError> {
        let mut columns = match mode {
            SyncMode::Change => changes.columns,
            SyncMode::Notify => Vec::new(),
        };
        columns.push(mark);
        self.set_domain(domain.int("id"), &columns).await?;
        Ok(changes.told)
    }
}

/// What a synchronisation found to differ.
struct Changes<'a> {
    domain: &'a Row,
    columns: Vec<(&'static str, Arg)>,
    told: Vec<String>,
}

impl<'a> Changes<'a> {
    fn new(domain: &'a Row) -> Self {
        Self {
            domain,
            columns: Vec::new(),
            told: Vec::new(),
        }
    }

    fn set(&mut self, column: &'static str, value: &str) {
        let before = self.domain.text(column);
        if before != value {
            self.told.push(format!("{column} {before} → {value}"));
            self.columns.push((column, value.into()));
        }
    }

    /// What follows from another change.
    fn quietly(&mut self, column: &'static str, value: &str) {
        self.columns.push((column, value.into()));
    }
}

fn date_of(answer: &Value) -> Option<String> {
    answer
        .get("expirydate")
        .and_then(Value::as_str)
        .and_then(crate::app::read_date)
}
