//! What becomes of services by themselves: suspended when nobody paid, ended when nobody paid for long; their
//! usage, once a day.

use crate::app::{Actor, App, HostError, add_days};
use crate::db::{Columns as _, Row, args};
use crate::modules::Action;
use crate::php::ModuleKind;

/// Suspends and ends what is overdue for as long as the settings say.
pub(super) async fn overdue(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    let mut did = Vec::new();
    if app.setting_or("AutoSuspension", "on").await? == "on" {
        let until = overdue_since(app, "AutoSuspensionDays", "5").await?;
        let sql = format!(
            "{OVERDUE} AND h.domainstatus = 'Active' AND (h.overideautosuspend = 0 OR h.overidesuspenduntil < ?2) ORDER BY h.id"
        );
        for service in app.db.rows(&sql, args![until, app.today()]).await? {
            did.push(act(app, actor, &service, Action::Suspend).await?);
        }
    }
    if app.setting_or("AutoTermination", "").await? == "on" {
        let until = overdue_since(app, "AutoTerminationDays", "30").await?;
        let sql = format!(
            "{OVERDUE} AND h.domainstatus IN ('Active', 'Suspended') AND (h.overideautosuspend = 0 OR h.overidesuspenduntil < ?2) ORDER BY h.id"
        );
        for service in app.db.rows(&sql, args![until, app.today()]).await? {
            did.push(act(app, actor, &service, Action::Terminate).await?);
        }
    }
    Ok(did)
}

/// UsageUpdate and MetricProvider, once for each server whose module has them. Only failures are worth a line.
pub(super) async fn usage(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    let sql = "SELECT * FROM tblservers WHERE disabled = 0 AND type <> '' ORDER BY id";
    let mut did = Vec::new();
    for server in app.db.rows(sql, &[]).await? {
        let module = server.text("type");
        let described = app.described(ModuleKind::Server, module).await?;
        let name = server.text("name");
        if described.has("UsageUpdate")
            && let Err(text) = app.usage_update(actor, &server).await?
        {
            did.push(format!("usage of server {name} not updated: {text}"));
        }
        if described.has("MetricProvider")
            && let Err(text) = app.collect_metrics(actor, &server).await?
        {
            did.push(format!("metrics of server {name} not collected: {text}"));
        }
    }
    for line in &did {
        app.log_activity(actor, line, 0).await?;
    }
    Ok(did)
}

async fn overdue_since(app: &App, setting: &str, usual: &str) -> Result<String, HostError> {
    let text = app.setting_or(setting, usual).await?;
    let days: i64 = text.parse().or(usual.parse()).unwrap_or_default();
    Ok(add_days(&app.today(), -days))
}

async fn act(app: &App, actor: &Actor, service: &Row, action: Action) -> Result<String, HostError> {
    let (id, module) = (service.int("id"), service.text("servertype"));
    let outcome = if module.is_empty() {
        app.record_action(service, action, REASON).await?;
        Ok(())
    } else {
        app.service_action(actor, id, action, REASON, false)
            .await
            .unwrap_or_else(|error| Err(error.to_string()))
    };
    let said = match &outcome {
        Ok(()) => "done".to_owned(),
        Err(text) => text.clone(),
    };
    app.queue_failure("service", id, module, action.function(), outcome)
        .await?;
    Ok(format!("{} service {id}: {said}", action.name()))
}

const REASON: &str = "Overdue on Payment";
const OVERDUE: &str = "SELECT h.*, p.name AS product, p.servertype FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid
    WHERE h.amount > 0 AND h.billingcycle NOT IN ('One Time', 'Free Account')
    AND h.nextduedate > '0000-00-00' AND h.nextduedate <= ?1";
