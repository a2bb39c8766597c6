//! `clientarea.php`: the client's home and lists. Single services and domains are in `details`.

use http::StatusCode;
use serde_json::json;

use super::visit::{Page, Visit};
use super::{details, service_actions};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

pub(super) async fn show(visit: Visit) -> Page {
    let client = match visit.client().await? {
        Ok(client) => client,
        Err(login) => return Ok(login),
    };
    match custom(&visit) {
        Some(Of::Service) => return details::run_for_service(visit, &client).await,
        Some(Of::Domain) => return details::run_for_domain(visit, &client).await,
        None => {}
    }
    match visit.query.text("action") {
        "services" | "products" => services(visit, &client).await,
        "domains" => domains(visit, &client).await,
        "invoices" => invoices(visit, &client).await,
        "productdetails" if visit.query.flag("dosinglesignon") => {
            service_actions::sign_on(visit, &client).await
        }
        "productdetails" if !visit.query.text("customaction_id").is_empty() => {
            service_actions::run_action(visit, &client).await
        }
        "productdetails" => details::service(visit, &client).await,
        "domaindetails" => details::domain(visit, &client).await,
        "details" => profile(visit, &client).await,
        _ => home(visit, &client).await,
    }
}

pub(super) async fn change(visit: Visit) -> Page {
    let client = match visit.client().await? {
        Ok(client) => client,
        Err(login) => return Ok(login),
    };
    match custom(&visit) {
        Some(Of::Service) => return details::run_for_service(visit, &client).await,
        Some(Of::Domain) => return details::run_for_domain(visit, &client).await,
        None => {}
    }
    match visit.field("action") {
        "domaindetails" => details::change_domain(visit, &client).await,
        "productdetails" if visit.form.flag("modulechangepassword") => {
            service_actions::change_password(visit, &client).await
        }
        "productdetails" => details::service(visit, &client).await,
        "details" => {
            let language = visit.form.text("language").to_owned();
            if LANGUAGES.contains(&language.as_str()) {
                visit
                    .app
                    .db
                    .exec(
                        "UPDATE tblclients SET language = ? WHERE id = ?",
                        args![&language, client.int("id")],
                    )
                    .await?;
                visit
                    .app
                    .sessions
                    .change(&visit.id, |data| data.language = language);
            }
            Ok(visit.redirect("/clientarea.php?action=details"))
        }
        _ => {
            visit
                .message(StatusCode::NOT_FOUND, "Not found", "There is no such page.")
                .await
        }
    }
}

/// Whose module shall run a function of its own: `modop=custom`, by POST or GET.
enum Of {
    Service,
    Domain,
}

fn custom(visit: &Visit) -> Option<Of> {
    match (visit.field("modop"), visit.field("action")) {
        ("custom", "productdetails") => Some(Of::Service),
        ("custom", "domaindetails") => Some(Of::Domain),
        _ => None,
    }
}

async fn home(visit: Visit, client: &Row) -> Page {
    let id = client.int("id");
    let count = async |sql: &str| visit.app.db.count(sql, args![id]).await;
    let panels = json!({
        "services": count("SELECT count(*) FROM tblhosting WHERE userid = ?").await?,
        "domains": count("SELECT count(*) FROM tbldomains WHERE userid = ?").await?,
        "unpaid": count("SELECT count(*) FROM tblinvoices WHERE userid = ? AND status = 'Unpaid'").await?,
        "credit": client.amount("credit").to_string(),
    });
    let sql = "SELECT id FROM tblhosting WHERE userid = ? AND domainstatus = 'Active' ORDER BY id LIMIT 10";
    let mut actions = Vec::new();
    for row in visit.app.db.rows(sql, args![id]).await? {
        let service = visit.app.service(row.int("id")).await?.unwrap_or_default();
        let described = visit
            .app
            .described(ModuleKind::Server, service.text("servertype"))
            .await?;
        if described.has("CustomActions") {
            let offered = visit.app.module_actions(&visit.actor(), &service).await?;
            actions.push(json!({ "service": service, "actions": offered }));
        }
    }
    let due = visit.app.db.rows("SELECT * FROM tblinvoices WHERE userid = ? AND status = 'Unpaid' ORDER BY duedate, id LIMIT 5", args![id]).await?;
    visit
        .render(
            "home.html",
            json!({ "title": "Client area", "panels": panels, "due": due, "actions": actions }),
        )
        .await
}

async fn services(visit: Visit, client: &Row) -> Page {
    let sql = "SELECT h.*, p.name AS product, g.name AS groupname FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid
               JOIN tblproductgroups g ON g.id = p.gid WHERE h.userid = ? ORDER BY h.id DESC";
    let rows = visit.app.db.rows(sql, args![client.int("id")]).await?;
    visit
        .render(
            "services.html",
            json!({ "title": "Services", "services": rows }),
        )
        .await
}

async fn domains(visit: Visit, client: &Row) -> Page {
    let rows = visit
        .app
        .db
        .rows(
            "SELECT * FROM tbldomains WHERE userid = ? ORDER BY id DESC",
            args![client.int("id")],
        )
        .await?;
    visit
        .render(
            "domains.html",
            json!({ "title": "Domains", "domains": rows }),
        )
        .await
}

async fn invoices(visit: Visit, client: &Row) -> Page {
    let sql = "SELECT * FROM tblinvoices WHERE userid = ? AND status <> 'Draft' ORDER BY id DESC";
    let rows = visit.app.db.rows(sql, args![client.int("id")]).await?;
    visit
        .render(
            "invoices.html",
            json!({ "title": "Invoices", "invoices": rows }),
        )
        .await
}

async fn profile(visit: Visit, client: &Row) -> Page {
    visit
        .render(
            "profile.html",
            json!({ "title": "My details", "person": client, "languages": LANGUAGES }),
        )
        .await
}

pub(super) const LANGUAGES: &[&str] = &["english", "arabic", "german", "french"];
