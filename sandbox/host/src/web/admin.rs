//! The staff area: orders, clients, invoices, services, domains, modules and the logs.

mod addons;
mod domains;
mod items;
mod lists;
mod modules;
mod products;
mod servers;
mod services;
mod stock;
mod tlds;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequest;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::visit::{Page, Visit, encode};
use crate::app::App;
use crate::db::{Columns as _, args};
use crate::secrets;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/admin", get(async || Redirect::to("/admin/")))
        .route("/admin/", get(lists::home))
        .route("/admin/login", get(login_form).post(login))
        .route("/admin/logout", get(logout).post(logout))
        .route("/admin/orders", get(lists::orders))
        .route(
            "/admin/orders/{id}",
            get(items::order).post(items::change_order),
        )
        .route("/admin/clients", get(lists::clients))
        .route("/admin/clients/{id}", get(items::client))
        .route(
            "/admin/clients/{id}/credits/{row}/delete",
            post(items::delete_credit),
        )
        .route("/admin/invoices", get(lists::invoices))
        .route("/admin/services", get(lists::services))
        .route(
            "/admin/services/{id}",
            get(services::show).post(services::change),
        )
        .route("/admin/domains", get(lists::domains))
        .route(
            "/admin/domains/{id}",
            get(domains::show).post(domains::change),
        )
        .route("/admin/tlds", get(tlds::show).post(tlds::import))
        .route("/admin/tlds/{id}", post(tlds::change))
        .route("/admin/lookup", get(tlds::lookup).post(tlds::save_lookup))
        .route(
            "/admin/automation",
            get(tlds::automation).post(tlds::save_automation),
        )
        .route("/admin/cron", post(tlds::run_cron))
        .route("/admin/queue", get(lists::queue))
        .route("/admin/queue/{id}", get(lists::queue).post(items::retry))
        .route("/admin/modulelog", get(lists::module_log))
        .route("/admin/activitylog", get(lists::activity_log))
        .route("/admin/gatewaylog", get(lists::gateway_log))
        .route("/admin/modules", get(modules::list))
        .route(
            "/admin/modules/{kind}/{name}",
            get(modules::show).post(modules::save),
        )
        .route(
            "/admin/modules/server/{name}/product",
            post(stock::add_product),
        )
        .route(
            "/admin/modules/registrar/{name}/use",
            post(stock::use_registrar),
        )
        .route(
            "/admin/addonmodules.php",
            get(addons::show).post(addons::show),
        )
        .route("/admin/servers", get(servers::list).post(stock::add_server))
        .route("/admin/servers/{id}", get(servers::list).post(servers::act))
        .route(
            "/admin/servers/{id}/accounts",
            get(servers::accounts).post(servers::import),
        )
        .route(
            "/admin/products/{id}",
            get(products::show).post(products::save),
        )
}

/// A visit by somebody who is logged in as staff; others are sent to the log-in page.
pub(super) struct Staff(pub Visit);

impl FromRequest<Arc<App>> for Staff {
    type Rejection = Response;

    async fn from_request(
        request: Request<axum::body::Body>,
        app: &Arc<App>,
    ) -> Result<Self, Response> {
        let visit = Visit::from_request(request, app).await?;
        if visit.session.admin.is_none() {
            return Err(visit.redirect(&format!("/admin/login?goto={}", encode(&visit.here))));
        }
        Ok(Self(visit))
    }
}

async fn login_form(visit: Visit) -> Page {
    let goto = visit.query.text("goto").to_owned();
    visit
        .render(
            "admin/login.html",
            json!({ "title": "Staff log-in", "goto": goto }),
        )
        .await
}

async fn login(mut visit: Visit) -> Page {
    let (name, password) = (
        visit.form.text("username").to_owned(),
        visit.form.get("password").unwrap_or_default().to_owned(),
    );
    let sql =
        "SELECT id, passwordhash, language FROM tbladmins WHERE username = ? AND disabled = 0";
    let found = visit.app.db.row(sql, args![&name]).await?;
    let known =
        found.filter(|row| secrets::matches(&secrets::md5(&password), row.text("passwordhash")));
    let Some(admin) = known else {
        visit
            .app
            .log_activity(&visit.actor(), "Failed Admin Login Attempt", 0)
            .await?;
        visit.flash(false, "Login details incorrect. Please try again.");
        let goto = visit.form.text("goto").to_owned();
        return visit
            .render(
                "admin/login.html",
                json!({ "title": "Staff log-in", "goto": goto, "username": name }),
            )
            .await;
    };
    visit
        .app
        .sessions
        .change(&visit.id, |data| data.admin = Some(admin.int("id")));
    visit.id = visit.app.sessions.renew(&visit.id);
    let goto = visit.form.text("goto");
    let own = goto.starts_with("/admin/") && !goto.contains('\\');
    Ok(visit.redirect(if own { goto } else { "/admin/" }))
}

async fn logout(visit: Visit) -> Response {
    visit
        .app
        .sessions
        .change(&visit.id, |data| data.admin = None);
    visit.redirect("/admin/login").into_response()
}
