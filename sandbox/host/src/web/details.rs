//! One service or one domain in the client area, with what its module shows and does.

use http::StatusCode;
use serde_json::{Value, json};

use super::visit::{Failure, Page, Visit};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

pub(super) async fn service(visit: Visit, client: &Row) -> Page {
    let id = visit.query.int("id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    let actor = visit.actor();
    let html = if service.text("domainstatus") == "Active" {
        visit.app.service_html(&actor, &service).await?
    } else {
        String::new()
    };
    let properties = visit
        .app
        .custom_field_values("product", service.int("packageid"), id)
        .await?;
    let properties: Vec<Value> = properties
        .iter()
        .filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()))
        .map(|(name, value)| {
            let link = value
                .as_str()
                .is_some_and(|text| text.starts_with("https://") || text.starts_with("http://"));
            json!({ "name": name, "value": value, "link": link })
        })
        .collect();
    visit.render("service.html", json!({ "title": service.text("product"), "service": service, "html": html, "properties": properties })).await
}

/// A custom function of the module, run from its page; only those that the module lets clients run.
pub(super) async fn change_service(visit: Visit, client: &Row) -> Page {
    let id = visit.query.int("id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    let function = visit.field("a").to_owned();
    let here = format!("/clientarea.php?action=productdetails&id={id}");
    if visit.field("modop") != "custom"
        || !client_may(&visit, service.text("servertype"), &function).await?
    {
        return Ok(visit.redirect(&here));
    }
    match visit
        .app
        .custom_action(&visit.actor(), id, &function)
        .await?
    {
        Ok(()) => visit.flash(true, "Done."),
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect(&here))
}

async fn client_may(visit: &Visit, module: &str, function: &str) -> Result<bool, Failure> {
    for list in ["ClientAreaCustomButtonArray", "ClientAreaAllowedFunctions"] {
        let answer = visit
            .app
            .call(&visit.actor(), ModuleKind::Server, module, list, Row::new())
            .await?;
        let allowed = match &answer.value {
            Value::Object(map) => map.values().any(|name| name.as_str() == Some(function)),
            Value::Array(names) => names.iter().any(|name| name.as_str() == Some(function)),
            _ => false,
        };
        if allowed {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn domain(visit: Visit, client: &Row) -> Page {
    let Some(domain) = own_domain(&visit, client).await? else {
        return missing(&visit).await;
    };
    let mut vars = json!({ "title": domain.text("domain"), "domain": domain });
    if domain.text("status") == "Active" && !domain.text("registrar").is_empty() {
        // A registrar out of reach must not take the page with it.
        let said = visit
            .app
            .domain_information(&visit.actor(), &domain)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        let (name, value) = match said {
            Ok(information) => ("information", Value::Object(information)),
            Err(text) => {
                let line = format!(
                    "Domain information failed - {}: {text}",
                    domain.text("domain")
                );
                visit
                    .app
                    .log_activity(&visit.actor(), &line, client.int("id"))
                    .await?;
                (
                    "trouble",
                    json!(
                        "The registry cannot be reached at the moment. What you see may be out of date."
                    ),
                )
            }
        };
        if let Some(vars) = vars.as_object_mut() {
            vars.insert(name.to_owned(), value);
        }
    }
    visit.render("domain.html", vars).await
}

pub(super) async fn change_domain(visit: Visit, client: &Row) -> Page {
    let Some(domain) = own_domain(&visit, client).await? else {
        return missing(&visit).await;
    };
    let here = format!(
        "/clientarea.php?action=domaindetails&id={}",
        domain.int("id")
    );
    if visit.form.text("sub") != "savens" || domain.text("status") != "Active" {
        return Ok(visit.redirect(&here));
    }
    let nameservers: Vec<String> = if visit.form.text("nschoice") == "default" {
        let sql = "SELECT value FROM tblconfiguration WHERE setting LIKE 'DefaultNameserver_' AND value <> '' ORDER BY setting";
        visit
            .app
            .db
            .rows(sql, &[])
            .await?
            .iter()
            .map(|row| row.text("value").to_owned())
            .collect()
    } else {
        (1..=5)
            .map(|n| visit.form.text(&format!("ns{n}")).to_lowercase())
            .collect()
    };
    if nameservers.iter().filter(|ns| !ns.is_empty()).count() < 2 {
        visit.flash(false, "Enter at least two nameservers.");
        return Ok(visit.redirect(&here));
    }
    match visit
        .app
        .save_nameservers(&visit.actor(), &domain, &nameservers)
        .await?
    {
        Ok(()) => visit.flash(true, "Nameservers changed."),
        // Registrars' texts are for staff; they stand in the activity log.
        Err(_) => visit.flash(
            false,
            "The nameservers could not be changed. Please check them and try again.",
        ),
    }
    Ok(visit.redirect(&here))
}

async fn own_service(visit: &Visit, client: &Row, id: i64) -> Result<Option<Row>, Failure> {
    Ok(visit
        .app
        .service(id)
        .await?
        .filter(|row| row.int("userid") == client.int("id")))
}

async fn own_domain(visit: &Visit, client: &Row) -> Result<Option<Row>, Failure> {
    let id = match visit.query.int("id") {
        0 => visit.query.int("domainid"),
        id => id,
    };
    let sql = "SELECT * FROM tbldomains WHERE id = ? AND userid = ?";
    Ok(visit.app.db.row(sql, args![id, client.int("id")]).await?)
}

async fn missing(visit: &Visit) -> Page {
    visit
        .message(
            StatusCode::NOT_FOUND,
            "Not found",
            "This is not in your account.",
        )
        .await
}
