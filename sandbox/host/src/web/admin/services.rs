//! One service, as staff sees it: the module's commands, its own fields and its usage.

use axum::extract::Path;
use serde_json::json;

use super::Staff;
use super::items::{custom_answer, missing};
use crate::db::{Columns as _, Row, args};
use crate::modules::Action;
use crate::php::ModuleKind;
use crate::web::module_html::with_tokens;
use crate::web::visit::{Failure, Page, Visit};

pub(super) async fn show(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let app = &visit.app;
    let Some(service) = app.service(id).await? else {
        return missing(&visit).await;
    };
    let actor = visit.actor();
    let module = service.text("servertype");
    let described = app.described(ModuleKind::Server, module).await?;
    if visit.query.flag("dosinglesignon") {
        return match app.service_sign_on(&actor, &service).await? {
            Ok(address) => Ok(visit.redirect(&address)),
            Err(text) => {
                visit.flash(false, text);
                Ok(visit.redirect(&format!("/admin/services/{id}")))
            }
        };
    }
    let properties = app
        .custom_field_values("product", service.int("packageid"), id)
        .await?;
    let sql = "SELECT id, name FROM tblservers WHERE id = ?";
    let server = app.db.row(sql, args![service.int("server")]).await?;
    let sql = "SELECT id, name FROM tblproducts WHERE servertype = ? ORDER BY id";
    let products = app.db.rows(sql, args![module]).await?;
    let mut actions = vec!["Create", "Suspend", "Unsuspend", "Terminate"];
    for action in [Action::Renew, Action::ChangePackage, Action::ChangePassword] {
        if described.has(action.function()) {
            actions.push(action.name());
        }
    }
    let custom = if described.has("AdminCustomButtonArray") {
        app.service_buttons(&actor, &service).await?
    } else {
        Vec::new()
    };
    let fields = if described.has("AdminServicesTabFields") {
        app.service_fields(&actor, &service).await?
    } else {
        Vec::new()
    };
    let login_link = if described.has("LoginLink") {
        app.login_link(&actor, &service).await?
    } else {
        String::new()
    };
    let sign_on = described.has("ServiceSingleSignOn").then(|| {
        described
            .meta("ServiceSingleSignOnLabel")
            .unwrap_or("Log in to the service")
    });
    visit
        .render(
            "admin/service.html",
            json!({
                "title": format!("Service {id}"), "service": service, "server": server, "properties": properties,
                "actions": actions, "custom": custom, "products": products, "fields": fields,
                "metrics": app.metrics_of(id).await?, "has_metrics": described.has("MetricProvider"),
                "can_change_password": described.has("ChangePassword"),
                "sign_on": sign_on, "login_link": with_tokens(&login_link, &visit.session.token, &app.system_url),
            }),
        )
        .await
}

pub(super) async fn change(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let here = format!("/admin/services/{id}");
    let Some(service) = visit.app.service(id).await? else {
        return missing(&visit).await;
    };
    if !visit.form.text("custom").is_empty() {
        let function = visit.form.text("custom").to_owned();
        let said = visit
            .app
            .custom_action(&visit.actor(), id, &function)
            .await?;
        return custom_answer(&visit, &here, said).await;
    }
    match visit.form.text("do") {
        "save" => {
            visit
                .app
                .save_service_fields(&visit.actor(), &service)
                .await?;
            visit.flash(true, "The changes were saved.");
        }
        "refresh" => {
            let said = visit.app.refresh_metrics(&visit.actor(), &service).await?;
            match said {
                Ok(_) => visit.flash(true, "The usage was refreshed."),
                Err(text) => visit.flash(false, text),
            }
        }
        command => match Action::parse(command) {
            None => visit.flash(false, "There is no such action."),
            Some(action) => match run(&visit, &service, action).await? {
                Ok(()) => visit.flash(true, format!("{} was successful.", action.name())),
                Err(text) => visit.flash(false, text),
            },
        },
    }
    Ok(visit.redirect(&here))
}

async fn run(visit: &Visit, service: &Row, action: Action) -> Result<Result<(), String>, Failure> {
    let (app, actor, id) = (&visit.app, visit.actor(), service.int("id"));
    if action == Action::ChangePassword && !visit.form.text("newpassword").is_empty() {
        let new = visit.form.get("newpassword").unwrap_or_default();
        return Ok(app.change_password(&actor, id, new).await?);
    }
    let product = visit.form.int("packageid");
    if action == Action::ChangePackage && product > 0 && product != service.int("packageid") {
        // As staff does it: the other product is saved first, then the module is told.
        let sql = "UPDATE tblhosting SET packageid = ?1, updated_at = ?2 WHERE id = ?3
                   AND EXISTS (SELECT 1 FROM tblproducts WHERE id = ?1 AND servertype = ?4)";
        let module = service.text("servertype");
        app.db
            .exec(sql, args![product, app.now(), id, module])
            .await?;
    }
    let reason = visit.form.text("reason");
    Ok(app
        .service_action(&actor, id, action, reason, false)
        .await?)
}
