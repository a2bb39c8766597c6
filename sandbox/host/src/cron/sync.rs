//! Domain synchronisation: registered and registering domains fifty at a time, transfers all of them.

use std::collections::HashMap;

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row};
use crate::modules::{Refusable, SyncMode};

/// Up to fifty domains, in turn: those that were not asked for since the last round.
pub(super) async fn domains(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    if !is_on(app, "DomainSyncEnabled", "on").await? {
        return Ok(Vec::new());
    }
    let mut due = app.db.rows(DUE, &[]).await?;
    if due.is_empty() {
        app.db
            .exec("UPDATE tbldomains SET synced = 0 WHERE synced <> 0", &[])
            .await?;
        due = app.db.rows(DUE, &[]).await?;
    }
    run(app, actor, "Sync", "domain sync", due).await
}

/// Every domain whose transfer is under way.
pub(super) async fn transfers(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    if !is_on(app, "DomainSyncEnabled", "on").await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT * FROM tbldomains WHERE status = 'Pending Transfer' AND registrar <> '' ORDER BY id";
    let due = app.db.rows(sql, &[]).await?;
    run(app, actor, "TransferSync", "transfer sync", due).await
}

async fn run(
    app: &App,
    actor: &Actor,
    function: &str,
    name: &str,
    due: Vec<Row>,
) -> Result<Vec<String>, HostError> {
    let notify = is_on(app, "DomainSyncNotifyOnly", "").await?;
    let mode = if notify {
        SyncMode::Notify
    } else {
        SyncMode::Change
    };
    let mut able: HashMap<String, bool> = HashMap::new();
    let (mut asked, mut failed, mut lines) = (0, 0, Vec::new());
    for domain in &due {
        let registrar = domain.text("registrar").to_owned();
        let can = match able.get(&registrar) {
            Some(can) => *can,
            None => {
                let can = app.registrar_can(actor, &registrar, function).await?;
                able.insert(registrar, can);
                can
            }
        };
        if !can {
            let sql = "UPDATE tbldomains SET synced = 1 WHERE id = ?";
            app.db.exec(sql, crate::db::args![domain.int("id")]).await?;
            continue;
        }
        asked += 1;
        let said = one(app, actor, function, domain, mode)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        let told = match said {
            Ok(changes) if changes.is_empty() => continue,
            Ok(changes) => changes.join(", "),
            Err(text) => {
                failed += 1;
                // Not asked again before the others have had their turn.
                let sql = "UPDATE tbldomains SET synced = 1 WHERE id = ?";
                app.db.exec(sql, crate::db::args![domain.int("id")]).await?;
                format!("error: {text}")
            }
        };
        lines.push(format!("{}: {told}", domain.text("domain")));
    }
    if asked == 0 {
        return Ok(Vec::new());
    }
    if !lines.is_empty() {
        let subject = if function == "Sync" {
            "Domain Synchronisation Cron Report"
        } else {
            "Domain Transfer Synchronisation Cron Report"
        };
        app.mail(0, subject, &lines.join("\n")).await?;
        app.log_activity(actor, &format!("{subject}: {}", lines.join("; ")), 0)
            .await?;
    }
    let changed = lines.len() - failed;
    let seen = if notify { "found to differ" } else { "changed" };
    let mut did = vec![format!(
        "{name}: {asked} asked, {changed} {seen}, {failed} failed"
    )];
    did.extend(lines);
    Ok(did)
}

async fn one(
    app: &App,
    actor: &Actor,
    function: &str,
    domain: &Row,
    mode: SyncMode,
) -> Refusable<Vec<String>> {
    if function == "Sync" {
        app.sync_status(actor, domain, mode).await
    } else {
        app.sync_transfer(actor, domain, mode).await
    }
}

async fn is_on(app: &App, setting: &str, usual: &str) -> Result<bool, HostError> {
    Ok(app.setting_or(setting, usual).await? == "on")
}

const DUE: &str = "SELECT * FROM tbldomains WHERE status IN ('Active', 'Pending Registration') AND registrar <> ''
                   AND synced = 0 ORDER BY id LIMIT 50";
