//! One domain: the registrar commands that staff has for it, and the module's own fields and buttons.

use axum::extract::Path;
use serde_json::json;

use super::Staff;
use super::items::{custom_answer, missing};
use crate::app::HostError;
use crate::db::{Columns as _, Row};
use crate::modules::Refusable;
use crate::web::module_html::with_tokens;
use crate::web::visit::{Page, Visit};

pub(super) async fn show(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(domain) = visit.app.domain(id).await? else {
        return missing(&visit).await;
    };
    let (app, actor) = (&visit.app, visit.actor());
    let buttons = app.registrar_buttons(&actor, &domain).await?;
    let buttons = buttons.unwrap_or_else(|text| {
        visit.flash(false, text);
        Vec::new()
    });
    let fields = match domain.text("registrar") {
        "" => Ok(Vec::new()),
        _ => app.tab_fields(&actor, &domain).await?,
    };
    let fields = fields.unwrap_or_else(|text| vec![("Registrar".to_owned(), escaped(&text))]);
    let fields: Vec<_> = fields
        .iter()
        .map(|(label, html)| json!({ "label": label, "html": with_tokens(html, &visit.session.token, &app.system_url) }))
        .collect();
    visit
        .render(
            "admin/domain.html",
            json!({ "title": domain.text("domain"), "domain": domain, "custom": buttons, "fields": fields }),
        )
        .await
}

pub(super) async fn change(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(domain) = visit.app.domain(id).await? else {
        return missing(&visit).await;
    };
    let actor = visit.actor();
    let here = format!("/admin/domains/{id}");
    if !visit.form.text("custom").is_empty() {
        let function = visit.form.text("custom");
        let said = visit
            .app
            .custom_domain_action(&actor, &domain, function)
            .await?;
        return custom_answer(&visit, &here, said).await;
    }
    match command(&visit, &domain).await? {
        Ok(text) => visit.flash(true, text),
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect(&here))
}

/// One of the commands that WHMCS offers beside a domain.
async fn command(visit: &Visit, domain: &Row) -> Refusable<String> {
    let (app, actor, id) = (&visit.app, visit.actor(), domain.int("id"));
    let form = &visit.form;
    let said = |text: &str| {
        let text = text.to_owned();
        move |()| text
    };
    Ok(match form.text("do") {
        "register" => app
            .register_domain(&actor, id, false)
            .await?
            .map(said("The domain was sent to the registrar.")),
        "transfer" => {
            let code = Some(form.text("eppcode")).filter(|code| !code.is_empty());
            app.transfer_domain(&actor, id, false, code)
                .await?
                .map(said("The transfer was sent to the registrar."))
        }
        "renew" => {
            let years = Some(form.int("years")).filter(|years| *years > 0);
            app.renew_domain(&actor, id, years)
                .await?
                .map(said("The domain was renewed."))
        }
        "sync" => app.sync_domain(&actor, domain).await?,
        "lock" | "unlock" => {
            let locked = form.text("do") == "lock";
            app.save_lock(&actor, domain, locked)
                .await?
                .map(said("The lock was changed."))
        }
        "epp" => app.auth_code(&actor, domain).await?.map(|code| match code {
            Some(code) => format!("The auth code is {code}"),
            None => "The registrar has sent the code by mail.".to_owned(),
        }),
        "idprotect" | "unidprotect" => {
            let on = form.text("do") == "idprotect";
            app.toggle_id_protection(&actor, domain, on)
                .await?
                .map(said("ID protection was changed."))
        }
        "release" => app
            .release_domain(&actor, domain, form.text("transfertag"))
            .await?
            .map(said("The domain was released.")),
        "delete" => app
            .request_delete(&actor, domain)
            .await?
            .map(said("The domain's deletion was asked for.")),
        "save" => save(visit, domain).await?,
        _ => Err("There is no such command.".to_owned()),
    })
}

/// The domain's own fields, then those of the module.
async fn save(visit: &Visit, domain: &Row) -> Refusable<String> {
    let app = &visit.app;
    let mut columns = Vec::new();
    for (field, column) in [
        ("expirydate", "expirydate"),
        ("nextduedate", "nextduedate"),
        ("status", "status"),
        ("registrar", "registrar"),
    ] {
        let value = visit.form.text(field);
        if !value.is_empty() {
            columns.push((column, value.into()));
        }
    }
    write(app, domain.int("id"), &columns).await?;
    let said = app.save_tab_fields(&visit.actor(), domain).await?;
    let vars = json!({ "userid": domain.int("userid"), "domainid": domain.int("id") });
    app.hook(&visit.actor(), "DomainEdit", vars).await?;
    Ok(said.map(|()| "The domain was saved.".to_owned()))
}

async fn write(
    app: &crate::app::App,
    id: i64,
    columns: &[(&str, crate::db::Arg)],
) -> Result<(), HostError> {
    let mut write = app.db.begin().await?;
    write.update("tbldomains", id, columns).await?;
    write.commit().await?;
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
