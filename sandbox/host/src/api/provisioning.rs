//! Services and their modules.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, said};
use crate::app::read_date;
use crate::db::{Arg, Columns as _};
use crate::modules::Action;

pub(super) async fn create(call: &Call<'_>) -> Answer {
    act(call, Action::Create).await
}

pub(super) async fn suspend(call: &Call<'_>) -> Answer {
    act(call, Action::Suspend).await
}

pub(super) async fn unsuspend(call: &Call<'_>) -> Answer {
    act(call, Action::Unsuspend).await
}

pub(super) async fn terminate(call: &Call<'_>) -> Answer {
    act(call, Action::Terminate).await
}

pub(super) async fn change_package(call: &Call<'_>) -> Answer {
    act(call, Action::ChangePackage).await
}

/// Without a new password the module is given the one that the service has.
pub(super) async fn change_password(call: &Call<'_>) -> Answer {
    let id = service_id(call).await?;
    let Some(password) = call.form.get("servicepassword") else {
        return act(call, Action::ChangePassword).await;
    };
    match call.app.change_password(&call.actor, id, password).await? {
        Ok(()) => Ok(json!({})),
        Err(text) => said(text),
    }
}

pub(super) async fn custom(call: &Call<'_>) -> Answer {
    let id = service_id(call).await?;
    match call
        .app
        .custom_action(&call.actor, id, call.form.text("func_name"))
        .await?
    {
        Ok(_) => Ok(json!({})),
        Err(text) => said(text),
    }
}

async fn act(call: &Call<'_>, action: Action) -> Answer {
    let id = service_id(call).await?;
    match call
        .app
        .service_action(
            &call.actor,
            id,
            action,
            call.form.text("suspendreason"),
            false,
        )
        .await?
    {
        Ok(()) => Ok(json!({})),
        Err(text) => said(text),
    }
}

/// The service's id, under its new or its old name, checked.
async fn service_id(call: &Call<'_>) -> Result<i64, ApiError> {
    let id = match call.form.int("serviceid") {
        0 => call.form.int("accountid"),
        id => id,
    };
    if id == 0 {
        return said("Service ID is required");
    }
    match call.app.service(id).await? {
        None => said("Service ID not found"),
        Some(service) if service.text("servertype").is_empty() => {
            said("Service not assigned to a module")
        }
        Some(_) => Ok(id),
    }
}

pub(super) async fn update(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let service = call
        .row_by_id("serviceid", "tblhosting", "Service ID Not Found")
        .await?;
    let id = service.int("id");
    let mut columns = call.sent(&[
        ("pid", "packageid"),
        ("serverid", "server"),
        ("domain", "domain"),
        ("firstpaymentamount", "firstpaymentamount"),
        ("recurringamount", "amount"),
        ("paymentmethod", "paymentmethod"),
        ("billingcycle", "billingcycle"),
        ("subscriptionid", "subscriptionid"),
        ("status", "domainstatus"),
        ("notes", "notes"),
        ("serviceusername", "username"),
        ("overidesuspenduntil", "overidesuspenduntil"),
        ("ns1", "ns1"),
        ("ns2", "ns2"),
        ("dedicatedip", "dedicatedip"),
        ("assignedips", "assignedips"),
        ("diskusage", "diskusage"),
        ("disklimit", "disklimit"),
        ("bwusage", "bwusage"),
        ("bwlimit", "bwlimit"),
        ("suspendreason", "suspendreason"),
        ("promoid", "promoid"),
    ]);
    if let Some(password) = form.get("servicepassword") {
        columns.push(("password", app.vault.encrypt(password).into()));
    }
    for (field, column) in [
        ("regdate", "regdate"),
        ("nextduedate", "nextduedate"),
        ("terminationdate", "termination_date"),
    ] {
        if let Some(date) = read_date(form.text(field)) {
            columns.push((column, date.into()));
        }
    }
    if form.get("overideautosuspend").is_some() {
        columns.push((
            "overideautosuspend",
            Arg::from(form.flag("overideautosuspend")),
        ));
    }
    columns.push(("updated_at", app.now().into()));
    let mut write = app.db.begin().await?;
    write.update("tblhosting", id, &columns).await?;
    write.commit().await?;
    app.hook(
        &call.actor,
        "ServiceEdit",
        json!({ "userid": service.int("userid"), "serviceid": id }),
    )
    .await?;
    Ok(json!({ "serviceid": id }))
}

pub(super) async fn queue(call: &Call<'_>) -> Answer {
    let form = &call.form;
    let mut sql = "SELECT id, service_type AS serviceType, service_id AS serviceId, module_name AS moduleName, module_action AS moduleAction,
        last_attempt AS lastAttempt, last_attempt_error AS lastAttemptError, num_retries AS numRetries, completed, created_at AS createdAt, updated_at AS updatedAt
        FROM tblmodulequeue WHERE completed = 0".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    for (field, column) in [
        ("relatedId", "service_id"),
        ("serviceType", "service_type"),
        ("moduleName", "module_name"),
        ("moduleAction", "module_action"),
    ] {
        match form.text(field) {
            "" => {}
            text => {
                sql.push_str(&format!(" AND {column} = ?"));
                args.push(
                    text.parse::<i64>()
                        .map_or_else(|_| Arg::from(text), Arg::from),
                );
            }
        }
    }
    if let Some(since) = read_date(form.text("since")) {
        sql.push_str(" AND last_attempt >= ?");
        args.push(since.into());
    }
    let rows = call
        .app
        .db
        .rows(&format!("{sql} ORDER BY id"), &args)
        .await?;
    Ok(json!({ "count": rows.len(), "queue": rows }))
}

pub(super) async fn servers(call: &Call<'_>) -> Answer {
    let sql = "SELECT s.id, s.name, s.hostname, s.ipaddress, s.active, s.disabled, s.maxaccounts AS maxAllowedServices, s.type AS module,
        (SELECT count(*) FROM tblhosting h WHERE h.server = s.id AND h.domainstatus IN ('Active', 'Suspended')) AS activeServices FROM tblservers s ORDER BY s.id";
    let servers: Vec<Value> = call
        .app
        .db
        .rows(sql, &[])
        .await?
        .into_iter()
        .map(|mut row| {
            let usable = row.on("active") && !row.on("disabled");
            row.shift_remove("disabled");
            row.insert("active".to_owned(), json!(usable));
            row.insert("percentUsed".to_owned(), json!(0));
            row.insert(
                "status".to_owned(),
                json!({ "http": null, "load": null, "uptime": null }),
            );
            Value::Object(row)
        })
        .collect();
    Ok(json!({ "servers": servers, "fetchStatus": call.form.flag("fetchStatus") }))
}
