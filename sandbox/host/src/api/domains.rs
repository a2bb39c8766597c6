//! Domains and registrars.

use serde_json::{Value, json};
use wharf_core::DomainName;

use super::{Answer, ApiError, Call, said};
use crate::app::read_date;
use crate::db::{Arg, Columns as _, Row, args};

pub(super) async fn update(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let domain = call
        .row_by_id("domainid", "tbldomains", "Domain ID Not Found")
        .await?;
    let id = domain.int("id");
    let registrar = form.text("registrar");
    if !registrar.is_empty()
        && app
            .db
            .count(
                "SELECT count(*) FROM tblregistrars WHERE registrar = ?",
                args![registrar],
            )
            .await?
            == 0
    {
        return said("The Registrar is not active");
    }
    let mut columns = call.sent(&[
        ("type", "type"),
        ("domain", "domain"),
        ("firstpaymentamount", "firstpaymentamount"),
        ("recurringamount", "recurringamount"),
        ("registrar", "registrar"),
        ("regperiod", "registrationperiod"),
        ("paymentmethod", "paymentmethod"),
        ("subscriptionid", "subscriptionid"),
        ("status", "status"),
        ("notes", "additionalnotes"),
        ("promoid", "promoid"),
    ]);
    for (field, column) in [
        ("regdate", "registrationdate"),
        ("nextduedate", "nextduedate"),
        ("expirydate", "expirydate"),
    ] {
        if let Some(date) = read_date(form.text(field)) {
            columns.push((column, date.into()));
        }
    }
    for flag in [
        "dnsmanagement",
        "emailforwarding",
        "idprotection",
        "donotrenew",
    ] {
        if form.get(flag).is_some() {
            columns.push((flag, Arg::from(form.flag(flag))));
        }
    }
    columns.push(("updated_at", app.now().into()));
    let mut write = app.db.begin().await?;
    write.update("tbldomains", id, &columns).await?;
    write.commit().await?;
    app.hook(
        &call.actor,
        "DomainEdit",
        json!({ "userid": domain.int("userid"), "domainid": id }),
    )
    .await?;
    if form.flag("updatens") {
        save(call, &domain).await?;
    }
    Ok(json!({ "domainid": id }))
}

pub(super) async fn register(call: &Call<'_>) -> Answer {
    let domain = by_id_or_name(call, "Domain Not Found").await?;
    match call
        .app
        .register_domain(&call.actor, domain.int("id"), false)
        .await?
    {
        Ok(()) => Ok(json!({})),
        Err(text) => said(text),
    }
}

pub(super) async fn nameservers(call: &Call<'_>) -> Answer {
    let domain = call
        .row_by_id("domainid", "tbldomains", "Domain ID Not Found")
        .await?;
    match call.app.nameservers(&call.actor, &domain).await? {
        Ok(nameservers) => Ok(Value::Object(nameservers)),
        Err(text) => said(text),
    }
}

pub(super) async fn update_nameservers(call: &Call<'_>) -> Answer {
    let domain = by_id_or_name(call, "Domain ID Not Found").await?;
    save(call, &domain).await?;
    Ok(json!({}))
}

pub(super) async fn locking(call: &Call<'_>) -> Answer {
    match ask(call, "GetRegistrarLock").await? {
        Ok(lock) => Ok(json!({ "lockstatus": lock.as_str().unwrap_or("unknown") })),
        Err(text) => said(text),
    }
}

pub(super) async fn update_locking(call: &Call<'_>) -> Answer {
    let domain = call
        .row_by_id("domainid", "tbldomains", "Domain ID Not Found")
        .await?;
    let wanted = if call.form.flag("lockstatus") {
        "locked"
    } else {
        "unlocked"
    };
    let lock = Row::from_iter([("lockenabled".to_owned(), json!(wanted))]);
    let outcome = call
        .app
        .domain_function(&call.actor, &domain, "SaveRegistrarLock", lock)
        .await?;
    match outcome {
        Ok(_) => Ok(json!({ "lockstatus": wanted })),
        Err(text) => said(text),
    }
}

pub(super) async fn request_epp(call: &Call<'_>) -> Answer {
    match ask(call, "GetEPPCode").await? {
        Ok(answer) => Ok(match answer.get("eppcode") {
            Some(code) => json!({ "eppcode": code }),
            // The registrar sent it by mail.
            None => json!({}),
        }),
        Err(text) => said(text),
    }
}

/// The registrar's contacts; spaces in their labels become underscores, which XML needs.
pub(super) async fn whois_info(call: &Call<'_>) -> Answer {
    match ask(call, "GetContactDetails").await? {
        Ok(contacts) => Ok(underscored(&contacts)),
        Err(text) => said(text),
    }
}

async fn ask(call: &Call<'_>, function: &str) -> Result<Result<Value, String>, ApiError> {
    let domain = call
        .row_by_id("domainid", "tbldomains", "Domain ID Not Found")
        .await?;
    let outcome = call
        .app
        .domain_function(&call.actor, &domain, function, Row::new())
        .await?;
    Ok(outcome.map(|answer| answer.value))
}

fn underscored(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(label, value)| (label.replace(' ', "_"), underscored(value)))
            .collect::<Row>()
            .into(),
        other => other.clone(),
    }
}

/// Whether a name is free, by the lookup registrar.
pub(super) async fn whois(call: &Call<'_>) -> Answer {
    let name = call.form.text("domain").to_ascii_lowercase();
    if DomainName::parse(&name).is_err() {
        return said("Domain not valid");
    }
    let Some((label, extension)) = name.split_once('.') else {
        return said("Domain not valid");
    };
    if call.app.extension_of(&name).await?.is_none() {
        return said("The given TLD is not supported for WHOIS lookups");
    }
    match call
        .app
        .check_availability(&call.actor, label, &[format!(".{extension}")])
        .await?
    {
        Ok(found) => {
            let status = found
                .first()
                .map_or("unknown", |found| found.status.as_str());
            Ok(
                json!({ "status": if status == "registered" || status == "reserved" { "unavailable" } else { status }, "whois": "" }),
            )
        }
        Err(text) => said(text),
    }
}

pub(super) async fn registrars(call: &Call<'_>) -> Answer {
    let rows = call
        .app
        .db
        .rows(
            "SELECT DISTINCT registrar FROM tblregistrars ORDER BY registrar",
            &[],
        )
        .await?;
    let listed: Vec<Value> = rows
        .iter()
        .map(
            |row| json!({ "module": row.text("registrar"), "display_name": row.text("registrar") }),
        )
        .collect();
    Ok(json!({ "registrars": listed }))
}

async fn save(call: &Call<'_>, domain: &Row) -> Result<(), ApiError> {
    let nameservers: Vec<String> = (1..=5)
        .map(|n| call.form.text(&format!("ns{n}")).to_owned())
        .collect();
    if nameservers.iter().take(2).any(String::is_empty) {
        return said("ns1 and ns2 required");
    }
    match call
        .app
        .save_nameservers(&call.actor, domain, &nameservers)
        .await?
    {
        Ok(()) => Ok(()),
        Err(text) => said(text),
    }
}

async fn by_id_or_name(call: &Call<'_>, missing: &str) -> Result<Row, ApiError> {
    if call.form.int("domainid") > 0 || call.form.text("domain").is_empty() {
        return call.row_by_id("domainid", "tbldomains", missing).await;
    }
    let found = call
        .app
        .db
        .row(
            "SELECT * FROM tbldomains WHERE domain = ? ORDER BY id DESC LIMIT 1",
            args![call.form.text("domain")],
        )
        .await?;
    found.ok_or_else(|| ApiError::Said(missing.to_owned()))
}
