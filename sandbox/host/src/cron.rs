//! The host's cron: what WHMCS does by itself as time goes by.

mod expiry;
mod invoices;
mod notices;
mod services;
mod sync;

pub(crate) use expiry::days_between;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::{Actor, App, HostError};

/// Which tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CronRun {
    /// Those whose time has come: the daily ones once a day, the others by their settings.
    Due,
    Everything,
}

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronReport {
    /// The host's time.
    pub at: String,
    /// Whether the daily tasks ran.
    pub daily: bool,
    /// A line for everything that was found to do.
    pub did: Vec<String>,
}

impl App {
    /// One run at a time: a second one waits for the first.
    pub(crate) async fn cron(&self, run: CronRun) -> Result<CronReport, HostError> {
        let _alone = self.cron_running.lock().await;
        let actor = Actor::system("crons/cron.php");
        let mut report = CronReport {
            at: self.now(),
            ..CronReport::default()
        };
        self.hook(&actor, "PreCronJob", json!({})).await?;
        // First what the registrars say, then what follows from it.
        if self.every(run, "DomainTransferStatusSyncFrequency").await? {
            let did = sync::transfers(self, &actor).await?;
            report.did.extend(did);
        }
        if self.every(run, "DomainStatusSyncFrequency").await? {
            let did = sync::domains(self, &actor).await?;
            report.did.extend(did);
        }
        if self.is_new_day(run).await? {
            report.daily = true;
            report.did.extend(expiry::statuses(self, &actor).await?);
            report.did.extend(invoices::generate(self, &actor).await?);
            report.did.extend(services::overdue(self, &actor).await?);
            report.did.extend(services::usage(self, &actor).await?);
            report.did.extend(notices::send(self, &actor).await?);
            self.hook(&actor, "DailyCronJob", json!({})).await?;
        }
        self.hook(&actor, "AfterCronJob", json!({})).await?;
        self.set_setting("lastCronInvocationTime", &self.now())
            .await?;
        Ok(report)
    }

    /// Whether a task that runs every so many hours (0: at each run) is due; then its time is noted.
    async fn every(&self, run: CronRun, setting: &str) -> Result<bool, HostError> {
        let hours: i64 = self.setting_or(setting, "0").await?.parse().unwrap_or(0);
        let mark = format!("{setting}LastRun");
        let last: i64 = self.setting(&mark).await?.parse().unwrap_or(0);
        let now = self.clock.now().as_second();
        if run == CronRun::Due && now < last.saturating_add(hours.saturating_mul(3600)) {
            return Ok(false);
        }
        self.set_setting(&mark, &now.to_string()).await?;
        Ok(true)
    }

    async fn is_new_day(&self, run: CronRun) -> Result<bool, HostError> {
        let last = self.setting("lastDailyCronInvocationTime").await?;
        if run == CronRun::Due && last.starts_with(&self.today()) {
            return Ok(false);
        }
        self.set_setting("lastDailyCronInvocationTime", &self.now())
            .await?;
        Ok(true)
    }

    /// A setting, or what WHMCS starts with where it was never saved.
    pub(crate) async fn setting_or(&self, name: &str, usual: &str) -> Result<String, HostError> {
        let sql = "SELECT value FROM tblconfiguration WHERE setting = ?";
        let row = self.db.row(sql, crate::db::args![name]).await?;
        Ok(row.map_or_else(
            || usual.to_owned(),
            |row| crate::db::Columns::text(&row, "value").to_owned(),
        ))
    }
}

/// Setting, label, and what it is from the start.
pub(crate) const AUTOMATION: &[(&str, &str, &str)] = &[
    ("DomainSyncEnabled", "Synchronise domains", "on"),
    (
        "DomainSyncNextDueDate",
        "Set the next due date by the expiry date",
        "",
    ),
    (
        "DomainSyncNextDueDateDays",
        "Days before expiry for the next due date",
        "0",
    ),
    (
        "DomainSyncNotifyOnly",
        "Only report what a synchronisation finds",
        "",
    ),
    (
        "DomainStatusSyncFrequency",
        "Hours between synchronisations",
        "0",
    ),
    (
        "DomainTransferStatusSyncFrequency",
        "Hours between looks at transfers",
        "0",
    ),
    (
        "CreateInvoiceDaysBefore",
        "Days before due for invoices of services",
        "14",
    ),
    (
        "CreateDomainInvoiceDaysBefore",
        "Days before due for invoices of domains",
        "14",
    ),
    (
        "AutoRenewDomainsonPayment",
        "Renew domains when their invoice is paid",
        "on",
    ),
    (
        "NoAutoApplyCredit",
        "Do not use clients' credit for renewal invoices",
        "",
    ),
    ("AutoSuspension", "Suspend services that are overdue", "on"),
    ("AutoSuspensionDays", "Days overdue before that", "5"),
    (
        "AutoTermination",
        "Terminate services that are overdue for long",
        "",
    ),
    ("AutoTerminationDays", "Days overdue before that", "30"),
    (
        "AutoUnsuspend",
        "Unsuspend services when they are paid",
        "on",
    ),
    (
        "DomainRenewalNotices",
        "Renewal notices, days before expiry (negative: after)",
        "30,7,1,-1",
    ),
];
