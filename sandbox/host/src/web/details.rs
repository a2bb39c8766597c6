//! One service or one domain in the client area, with what its module shows and does.

use http::StatusCode;
use serde_json::{Value, json};

use super::domain_actions;
use super::module_html::with_tokens;
use super::visit::{Failure, Page, Visit};
use crate::db::{Columns as _, Row, args};
use crate::modules::Custom;
use crate::php::ModuleKind;

pub(super) async fn service(visit: Visit, client: &Row) -> Page {
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    let mut vars = json!({});
    if service.text("domainstatus") == "Active" {
        vars = module_parts(&visit, &service).await?;
    }
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
    let more = json!({
        "title": service.text("product"), "service": service, "properties": properties,
        "metrics": visit.app.metrics_of(id).await?,
    });
    if let (Some(vars), Value::Object(more)) = (vars.as_object_mut(), more) {
        vars.extend(more);
    }
    visit.render("service.html", vars).await
}

/// What the module shows and offers on the page of an active service.
async fn module_parts(visit: &Visit, service: &Row) -> Result<Value, Failure> {
    let (app, actor) = (&visit.app, visit.actor());
    let module = service.text("servertype");
    let described = app.described(ModuleKind::Server, module).await?;
    let html = app.service_html(&actor, service).await?;
    let mut buttons = Vec::new();
    let list = "ClientAreaCustomButtonArray";
    if described.has(list) {
        let params = app.service_params(service).await?;
        buttons = app
            .buttons(&actor, ModuleKind::Server, module, list, params)
            .await?;
    }
    let mut actions = Vec::new();
    if described.has("CustomActions") {
        actions = app.module_actions(&actor, service).await?;
    }
    let sign_on = described.has("ServiceSingleSignOn").then(|| {
        let label = described.meta("ServiceSingleSignOnLabel");
        label.unwrap_or("Log in to the service")
    });
    Ok(json!({
        "html": with_tokens(&html, &visit.session.token, &app.system_url),
        "buttons": buttons, "actions": actions, "sign_on": sign_on,
        "can_change_password": described.has("ChangePassword"),
        "upgradable": !app.upgrade_offers(service).await?.is_empty(),
    }))
}

/// A function of the module's own, run from its page; only those that the module lets clients run.
pub(super) async fn run_for_service(visit: Visit, client: &Row) -> Page {
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    let function = visit.field("a").to_owned();
    let here = format!("/clientarea.php?action=productdetails&id={id}");
    let module = service.text("servertype");
    let params = visit.app.service_params(&service).await?;
    if service.text("domainstatus") != "Active"
        || !client_may(&visit, ModuleKind::Server, module, &function, params).await?
    {
        return Ok(visit.redirect(&here));
    }
    let said = visit
        .app
        .custom_action(&visit.actor(), id, &function)
        .await?;
    answer(&visit, &here, said).await
}

/// The same for a domain and its registrar. A registrar's error is for staff.
pub(super) async fn run_for_domain(visit: Visit, client: &Row) -> Page {
    let Some(domain) = own_domain(&visit, client).await? else {
        return missing(&visit).await;
    };
    let function = visit.field("a").to_owned();
    let here = format!(
        "/clientarea.php?action=domaindetails&id={}",
        domain.int("id")
    );
    let registrar = domain.text("registrar");
    if domain.text("status") != "Active"
        || !client_may(
            &visit,
            ModuleKind::Registrar,
            registrar,
            &function,
            Row::new(),
        )
        .await?
    {
        return Ok(visit.redirect(&here));
    }
    let said = visit
        .app
        .custom_domain_action(&visit.actor(), &domain, &function)
        .await?;
    if let Err(text) = &said {
        let line = format!("{function} failed - {}: {text}", domain.text("domain"));
        visit
            .app
            .log_activity(&visit.actor(), &line, client.int("id"))
            .await?;
    }
    let said = said.map_err(|_| "This could not be done. Please try again later.".to_owned());
    answer(&visit, &here, said).await
}

async fn answer(visit: &Visit, back: &str, said: Result<Custom, String>) -> Page {
    match said {
        Ok(Custom::Page { title, html }) => {
            let html = with_tokens(&html, &visit.session.token, &visit.app.system_url);
            return visit
                .render("module.html", json!({ "title": title, "html": html }))
                .await;
        }
        Ok(Custom::Done) => visit.flash(true, "Done."),
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect(back))
}

async fn client_may(
    visit: &Visit,
    kind: ModuleKind,
    module: &str,
    function: &str,
    params: Row,
) -> Result<bool, Failure> {
    let (shown, allowed) = visit
        .app
        .client_buttons(&visit.actor(), kind, module, params)
        .await?;
    Ok(shown
        .iter()
        .chain(&allowed)
        .any(|button| button.function == function))
}

/// A number that was posted, else one of the address.
pub(super) fn number(visit: &Visit, name: &str) -> i64 {
    visit.field(name).parse().unwrap_or_default()
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
    if domain.text("status") == "Active" && !domain.text("registrar").is_empty() {
        let registrar = domain.text("registrar");
        let actor = visit.actor();
        let buttons = visit
            .app
            .client_buttons(&actor, ModuleKind::Registrar, registrar, Row::new())
            .await?;
        let html = visit
            .app
            .registrar_html(&actor, &domain, "ClientArea")
            .await?
            .unwrap_or_default();
        let html = with_tokens(&html, &visit.session.token, &visit.app.system_url);
        if let Some(vars) = vars.as_object_mut() {
            vars.insert("buttons".to_owned(), json!(buttons.0));
            vars.insert("registrarclientarea".to_owned(), json!(html));
        }
    }
    let offers = domain_actions::offers(&visit, &domain).await?;
    if let Some(vars) = vars.as_object_mut() {
        vars.insert("offers".to_owned(), offers);
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
    if let Some(page) = domain_actions::run(&visit, client, &domain).await? {
        return page;
    }
    if visit.form.text("sub") != "savens" || domain.text("status") != "Active" {
        return Ok(visit.redirect(&here));
    }
    let nameservers: Vec<String> = if visit.form.text("nschoice") == "default" {
        visit.app.default_nameservers().await?
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

pub(super) async fn own_service(
    visit: &Visit,
    client: &Row,
    id: i64,
) -> Result<Option<Row>, Failure> {
    Ok(visit
        .app
        .service(id)
        .await?
        .filter(|row| row.int("userid") == client.int("id")))
}

async fn own_domain(visit: &Visit, client: &Row) -> Result<Option<Row>, Failure> {
    let id = match number(visit, "id") {
        0 => number(visit, "domainid"),
        id => id,
    };
    let sql = "SELECT * FROM tbldomains WHERE id = ? AND userid = ?";
    Ok(visit.app.db.row(sql, args![id, client.int("id")]).await?)
}

pub(super) async fn missing(visit: &Visit) -> Page {
    visit
        .message(
            StatusCode::NOT_FOUND,
            "Not found",
            "This is not in your account.",
        )
        .await
}
