//! `admin/addonmodules.php?module=…`: the page that an addon shows to staff.

use http::StatusCode;
use serde_json::{Value, json};

use super::Staff;
use crate::php::ModuleKind;
use crate::web::module_html::with_tokens;
use crate::web::visit::Page;

pub(super) async fn show(Staff(visit): Staff) -> Page {
    let module = visit.query.text("module").to_owned();
    let (app, actor) = (&visit.app, visit.actor());
    if !app.is_active(ModuleKind::Addon, &module).await? {
        let text = "This addon is not active.";
        return visit
            .message(StatusCode::NOT_FOUND, "Not found", text)
            .await;
    }
    let vars = app
        .addon_vars(&actor, &module, "addonmodules.php?module=")
        .await?;
    let sidebar = app
        .call(&actor, ModuleKind::Addon, &module, "sidebar", vars.clone())
        .await?;
    let answer = app
        .call(&actor, ModuleKind::Addon, &module, "output", vars)
        .await?;
    let html = match (&answer.failure, &answer.value) {
        (Some(failure), _) => {
            let line = format!(
                "Addon {module} failed: {} ({}:{})",
                failure.message, failure.file, failure.line
            );
            app.log_activity(&actor, &line, 0).await?;
            visit.flash(false, line);
            answer.output
        }
        // Echoed as it should be, and what some return instead.
        (None, Value::String(text)) => answer.output + text,
        _ => answer.output,
    };
    let tokens = |html: &str| with_tokens(html, &visit.session.token, &app.system_url);
    visit
        .render("admin/addon.html", json!({
            "title": module, "html": tokens(&html), "sidebar": tokens(sidebar.value.as_str().unwrap_or_default()),
        }))
        .await
}
