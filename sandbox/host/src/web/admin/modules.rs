//! Modules: what is installed, and their settings.

use axum::extract::Path;
use http::StatusCode;
use serde_json::{Value, json};

use super::Staff;
use crate::db::args;
use crate::php::ModuleKind;
use crate::web::visit::Page;

pub(super) async fn list(Staff(visit): Staff) -> Page {
    let mut kinds = Vec::new();
    for kind in ModuleKind::ALL {
        kinds.push(json!({ "kind": kind, "modules": visit.app.modules_of(kind).await? }));
    }
    visit
        .render(
            "admin/modules.html",
            json!({ "title": "Modules", "kinds": kinds }),
        )
        .await
}

pub(super) async fn show(Path((kind, name)): Path<(String, String)>, Staff(visit): Staff) -> Page {
    let Some(kind) = kind_of(&kind) else {
        return visit
            .message(
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such kind of module.",
            )
            .await;
    };
    let stored = visit.app.module_settings(kind, &name).await?;
    let chosen = visit.query.text("server");
    let sql = "SELECT * FROM tblservers WHERE type = ? AND name = ?";
    let server = visit.app.db.row(sql, args![&name, chosen]).await?;
    let described = match kind {
        ModuleKind::Server => visit.app.product_fields(&name, 0, server.as_ref()).await?,
        _ => {
            let fields = visit.app.fields_of(kind, &name).await?;
            fields.into_iter().map(|field| (field, None)).collect()
        }
    };
    // A password is never sent back to a browser: an empty field keeps it.
    let fields: Vec<Value> = described
        .iter()
        .map(|(field, trouble)| {
            let kept = stored.get(&field.name).and_then(Value::as_str);
            let value = if field.kind == "password" { "" } else { kept.unwrap_or(&field.default) };
            json!({ "field": field, "value": value, "set": kept.is_some_and(|text| !text.is_empty()), "trouble": trouble })
        })
        .collect();
    let servers = "SELECT name FROM tblservers WHERE type = ? ORDER BY id";
    let products = "SELECT id, name, configoption1, configoption2 FROM tblproducts WHERE servertype = ? ORDER BY id";
    visit
        .render(
            "admin/module.html",
            json!({
                "title": format!("{name} settings"), "kind": kind, "module": name, "fields": fields,
                "active": visit.app.is_active(kind, &name).await?,
                "servers": visit.app.db.rows(servers, args![&name]).await?,
                "products": visit.app.db.rows(products, args![&name]).await?,
                "chosen": chosen, "cycles": super::stock::cycles(),
            }),
        )
        .await
}

/// Stores what was entered, unless the module's `config_validate` refuses it.
pub(super) async fn save(Path((kind, name)): Path<(String, String)>, Staff(visit): Staff) -> Page {
    let Some(module) = kind_of(&kind) else {
        return visit
            .message(
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such kind of module.",
            )
            .await;
    };
    let here = format!("/admin/modules/{kind}/{name}");
    if visit.form.text("do") == "deactivate" {
        match visit.app.deactivate(&visit.actor(), module, &name).await? {
            Ok(text) => visit.flash(true, format!("The module was switched off. {text}")),
            Err(text) => visit.flash(false, text),
        }
        return Ok(visit.redirect(&here));
    }
    let stored = visit.app.module_settings(module, &name).await?;
    let posted = visit.form.list("field");
    let mut values = Vec::new();
    for field in visit.app.fields_of(module, &name).await? {
        let given = posted
            .iter()
            .find(|(key, _)| *key == field.name)
            .map(|(_, value)| value.clone());
        let value = match (field.kind.as_str(), given) {
            ("yesno", given) => {
                if given.is_some_and(|text| crate::form::is_on(&text)) {
                    "on".to_owned()
                } else {
                    String::new()
                }
            }
            ("password", Some(text)) if text.is_empty() => stored
                .get(&field.name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            (_, Some(text)) => text,
            (_, None) => stored
                .get(&field.name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        };
        values.push((field.name, value));
    }
    if let Some(text) = visit
        .app
        .refusal_of_settings(&visit.actor(), module, &name, &values)
        .await?
    {
        visit.flash(false, text);
        return Ok(visit.redirect(&here));
    }
    let said = match visit.app.activate(&visit.actor(), module, &name).await? {
        Ok(said) => said,
        Err(text) => {
            visit.flash(false, text);
            return Ok(visit.redirect(&here));
        }
    };
    visit
        .app
        .save_module_settings(module, &name, &values)
        .await?;
    visit
        .app
        .log_activity(
            &visit.actor(),
            &format!("Module settings changed - {kind} {name}"),
            0,
        )
        .await?;
    visit.flash(true, format!("The settings were saved. {said}"));
    Ok(visit.redirect(&here))
}

fn kind_of(text: &str) -> Option<ModuleKind> {
    ModuleKind::ALL
        .into_iter()
        .find(|kind| json!(kind).as_str() == Some(text))
}
