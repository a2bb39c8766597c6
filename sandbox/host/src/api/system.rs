//! The installation itself: version, settings, logs, staff.

use serde_json::json;

use super::{Answer, Call, said};
use crate::amount::Amount;
use crate::app::VERSION;
use crate::db::{Arg, Columns as _, args};

pub(super) async fn whmcs_details(_: &Call<'_>) -> Answer {
    Ok(json!({ "whmcs": { "version": SHORT_VERSION, "canonicalversion": VERSION } }))
}

pub(super) async fn log_activity(call: &Call<'_>) -> Answer {
    let text = call.form.text("description");
    if text.is_empty() {
        return said("Activity description is required");
    }
    let client = if call.form.int("clientid") > 0 {
        call.form.int("clientid")
    } else {
        call.form.int("userid")
    };
    call.app.log_activity(&call.actor, text, client).await?;
    Ok(json!({}))
}

pub(super) async fn activity_log(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let mut filter = "FROM tblactivitylog WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    for (field, condition) in [
        ("date", "date LIKE ? || '%'"),
        ("user", "\"user\" = ?"),
        ("description", "description LIKE '%' || ? || '%'"),
        ("ipaddress", "ipaddr = ?"),
    ] {
        if !call.form.text(field).is_empty() {
            filter.push_str(&format!(" AND {condition}"));
            args.push(call.form.text(field).into());
        }
    }
    if call.form.int("clientid") > 0 {
        filter.push_str(" AND userid = ?");
        args.push(call.form.int("clientid").into());
    }
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "id, userid AS clientId, user_id AS userId, admin_id AS adminId, date, description, \"user\" AS username, ipaddr AS ipaddress, userid";
    let rows = call
        .app
        .db
        .rows(
            &format!("SELECT {columns} {filter} ORDER BY id DESC LIMIT {count} OFFSET {start}"),
            &args,
        )
        .await?;
    Ok(json!({ "totalresults": total, "startnumber": start, "activity": { "entry": rows } }))
}

pub(super) async fn encrypt(call: &Call<'_>) -> Answer {
    Ok(
        json!({ "password": call.app.vault.encrypt(call.form.get("password2").unwrap_or_default()) }),
    )
}

pub(super) async fn decrypt(call: &Call<'_>) -> Answer {
    let text = call
        .app
        .vault
        .decrypt(call.form.get("password2").unwrap_or_default());
    Ok(json!({ "password": text.unwrap_or_default() }))
}

pub(super) async fn configuration_value(call: &Call<'_>) -> Answer {
    let name = call.form.text("setting");
    if name.is_empty() {
        return said("Parameter setting is required");
    }
    match call
        .app
        .db
        .row(
            "SELECT value FROM tblconfiguration WHERE setting = ?",
            args![name],
        )
        .await?
    {
        Some(row) => Ok(json!({ "setting": name, "value": row.text("value") })),
        None => said("Invalid name for parameter setting"),
    }
}

pub(super) async fn set_configuration_value(call: &Call<'_>) -> Answer {
    let name = call.form.text("setting");
    if name.is_empty() {
        return said("Parameter setting is required");
    }
    let Some(value) = call.form.get("value") else {
        return said("Parameter value is required");
    };
    let known = call
        .app
        .db
        .row(
            "SELECT value FROM tblconfiguration WHERE setting = ?",
            args![name],
        )
        .await?;
    let Some(known) = known else {
        return said("Invalid name for parameter setting");
    };
    call.app.set_setting(name, value).await?;
    Ok(json!({ "value_changed": known.text("value") != value }))
}

pub(super) async fn admin_details(call: &Call<'_>) -> Answer {
    let id = call.actor.session.admin_id.unwrap_or(1);
    let admin = call
        .app
        .db
        .row("SELECT * FROM tbladmins WHERE id = ?", args![id])
        .await?
        .unwrap_or_default();
    Ok(json!({
        "adminid": id,
        "name": format!("{} {}", admin.text("firstname"), admin.text("lastname")),
        "notes": admin.text("notes"),
        "signature": admin.text("signature"),
        "allowedpermissions": "",
        "departments": admin.text("supportdepts"),
        "requesttime": call.app.now(),
        "whmcs": { "version": SHORT_VERSION, "canonicalversion": VERSION },
    }))
}

pub(super) async fn admin_users(call: &Call<'_>) -> Answer {
    let mut sql = "SELECT id, uuid, roleid AS roleId, username, authmodule AS twoFactorAuthModule, firstname, lastname, email, signature, notes, template, language,
        disabled AS isDisabled, loginattempts AS loginAttempts, created_at, updated_at, firstname || ' ' || lastname AS fullName FROM tbladmins WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    if !call.form.flag("include_disabled") {
        sql.push_str(" AND disabled = 0");
    }
    if call.form.int("roleid") > 0 {
        sql.push_str(" AND roleid = ?");
        args.push(call.form.int("roleid").into());
    }
    if !call.form.text("email").is_empty() {
        sql.push_str(" AND email LIKE '%' || ? || '%'");
        args.push(call.form.text("email").into());
    }
    let mut rows = call
        .app
        .db
        .rows(&format!("{sql} ORDER BY id"), &args)
        .await?;
    for row in &mut rows {
        let disabled = row.on("isDisabled");
        for (name, value) in [
            ("isDisabled", json!(disabled)),
            ("supportDepartmentIds", json!([])),
            ("receivesTicketNotifications", json!([])),
            ("homepageWidgetsConfig", json!("")),
            ("hiddenHomepageWidgets", json!([])),
            ("gravatarHash", json!("")),
        ] {
            row.insert(name.to_owned(), value);
        }
    }
    Ok(json!({ "count": rows.len(), "admin_users": rows }))
}

pub(super) async fn stats(call: &Call<'_>) -> Answer {
    let app = call.app;
    let today = app.today();
    let income = async |prefix: &str| -> Result<String, sqlx::Error> {
        let rows = app
            .db
            .rows(
                "SELECT amountin, amountout FROM tblaccounts WHERE date LIKE ? || '%'",
                args![prefix],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| row.amount("amountin") - row.amount("amountout"))
            .sum::<Amount>()
            .to_string())
    };
    let orders = async |status: &str| {
        app.db
            .count(
                "SELECT count(*) FROM tblorders WHERE status LIKE ? AND date LIKE ? || '%'",
                args![status, &today],
            )
            .await
    };
    Ok(json!({
        "income_today": income(&today).await?,
        "income_thismonth": income(today.get(..7).unwrap_or_default()).await?,
        "income_thisyear": income(today.get(..4).unwrap_or_default()).await?,
        "income_alltime": income("").await?,
        "orders_pending": app.db.count("SELECT count(*) FROM tblorders WHERE status = 'Pending'", &[]).await?,
        "orders_today_cancelled": orders("Cancelled").await?,
        "orders_today_pending": orders("Pending").await?,
        "orders_today_fraud": orders("Fraud").await?,
        "orders_today_active": orders("Active").await?,
        "orders_today_total": orders("%").await?,
        "tickets_open": 0,
        "staff_online": 0,
    }))
}

/// Mail is written down, not sent: the host has no mail server.
pub(super) async fn send_email(call: &Call<'_>) -> Answer {
    let form = &call.form;
    let name = form.text("messagename");
    if name.is_empty() && form.text("customtype").is_empty() {
        return said(
            "You must provide either an existing email template name or a custom message type",
        );
    }
    if form.int("id") == 0 {
        return said("A related ID is required");
    }
    let subject = if name.is_empty() {
        form.text("customsubject")
    } else {
        name
    };
    let sql = "INSERT INTO tblemails (userid, subject, message, date) VALUES (?, ?, ?, ?)";
    call.app
        .db
        .exec(
            sql,
            args![
                form.int("id"),
                subject,
                form.text("custommessage"),
                call.app.now()
            ],
        )
        .await?;
    Ok(json!({}))
}

const SHORT_VERSION: &str = "8.13.1";
