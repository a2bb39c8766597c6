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
    let language = call.form.text("idnlanguage");
    if !language.is_empty() {
        call.app
            .set_domain_extra(domain.int("id"), "idnLanguage", language)
            .await?;
    }
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
    let domain = by_id(call).await?;
    match call.app.transfer_lock(&call.actor, &domain).await? {
        Ok(lock) => {
            let word = match lock {
                Some(true) => "locked",
                Some(false) => "unlocked",
                None => "unknown",
            };
            Ok(json!({ "lockstatus": word }))
        }
        Err(text) => said(text),
    }
}

pub(super) async fn update_locking(call: &Call<'_>) -> Answer {
    let domain = by_id(call).await?;
    let locked = call.form.flag("lockstatus");
    match call.app.save_lock(&call.actor, &domain, locked).await? {
        Ok(()) => Ok(json!({ "lockstatus": if locked { "locked" } else { "unlocked" } })),
        Err(text) => said(text),
    }
}

pub(super) async fn request_epp(call: &Call<'_>) -> Answer {
    let domain = by_id(call).await?;
    match call.app.auth_code(&call.actor, &domain).await? {
        Ok(Some(code)) => Ok(json!({ "eppcode": code })),
        // The registrar sent it by mail.
        Ok(None) => Ok(json!({})),
        Err(text) => said(text),
    }
}

pub(super) async fn transfer(call: &Call<'_>) -> Answer {
    let domain = by_id_or_name(call, "Domain Not Found").await?;
    let code = Some(call.form.text("eppcode")).filter(|code| !code.is_empty());
    let said = call
        .app
        .transfer_domain(&call.actor, domain.int("id"), false, code)
        .await?;
    done(said)
}

pub(super) async fn renew(call: &Call<'_>) -> Answer {
    let domain = by_id_or_name(call, "Domain Not Found").await?;
    let years = Some(call.form.int("regperiod")).filter(|years| *years > 0);
    let said = call
        .app
        .renew_domain(&call.actor, domain.int("id"), years)
        .await?;
    done(said)
}

pub(super) async fn release(call: &Call<'_>) -> Answer {
    let domain = by_id_or_name(call, "Domain Not Found").await?;
    let tag = call.form.text("newtag");
    done(call.app.release_domain(&call.actor, &domain, tag).await?)
}

pub(super) async fn toggle_id_protect(call: &Call<'_>) -> Answer {
    let domain = by_id(call).await?;
    let on = call.form.flag("idprotect");
    let said = call
        .app
        .toggle_id_protection(&call.actor, &domain, on)
        .await?;
    done(said)
}

/// Takes the tree of DomainGetWhoisInfo back, as XML.
pub(super) async fn update_whois_info(call: &Call<'_>) -> Answer {
    let domain = by_id(call).await?;
    let xml = call.form.text("xml");
    if xml.is_empty() {
        return said("XML Required");
    }
    let Some(contacts) = contacts_of(xml) else {
        return said("XML Required");
    };
    let params = Row::from_iter([("contactdetails".to_owned(), contacts)]);
    let said = call
        .app
        .domain_function(&call.actor, &domain, "SaveContactDetails", params)
        .await?;
    done(said.map(drop))
}

fn done(said: Result<(), String>) -> Answer {
    match said {
        Ok(()) => Ok(json!({})),
        Err(text) => super::said(text),
    }
}

async fn by_id(call: &Call<'_>) -> Result<Row, ApiError> {
    call.row_by_id("domainid", "tbldomains", "Domain ID Not Found")
        .await
}

/// Two levels of elements: contact types with their fields. Underscores of labels become spaces again.
fn contacts_of(xml: &str) -> Option<Value> {
    let mut contacts = Row::new();
    let (mut contact, mut field): (Option<String>, Option<String>) = (None, None);
    let mut rest = xml;
    while let Some((text, tail)) = rest.split_once('<') {
        let (tag, after) = tail.split_once('>')?;
        rest = after;
        if let (Some(contact), Some(field)) = (&contact, &field)
            && let Some(Value::Object(fields)) = contacts.get_mut(contact)
        {
            fields.insert(field.replace('_', " "), json!(unescaped(text)));
        }
        if tag.starts_with(['?', '!'])
            || tag.eq_ignore_ascii_case("contactdetails")
            || tag.eq_ignore_ascii_case("/contactdetails")
        {
            continue;
        }
        match (tag.strip_prefix('/'), &contact) {
            (Some(_), _) if field.is_some() => field = None,
            (Some(_), _) => contact = None,
            (None, None) => {
                contacts.insert(tag.to_owned(), json!({}));
                contact = Some(tag.to_owned());
            }
            (None, Some(_)) => field = Some(tag.to_owned()),
        }
    }
    (!contacts.is_empty()).then_some(Value::Object(contacts))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_come_back_from_xml() {
        let xml = "<?xml version=\"1.0\"?><contactdetails><Registrant><First_Name>Mona &amp; Co</First_Name><City></City></Registrant><Admin><Email>a@b.c</Email></Admin></contactdetails>";
        assert_eq!(
            contacts_of(xml).unwrap(),
            json!({ "Registrant": { "First Name": "Mona & Co", "City": "" }, "Admin": { "Email": "a@b.c" } })
        );
        assert_eq!(contacts_of("no xml"), None);
        assert_eq!(contacts_of("<broken"), None);
    }
}
