//! Setting up a shop around a module: products that it provisions, servers, the registrar of all extensions.

use axum::extract::Path;
use serde_json::json;

use super::Staff;
use crate::amount::Amount;
use crate::db::args;
use crate::php::ModuleKind;
use crate::seed::{CYCLES, ProductSeed, ServerSeed};
use crate::web::visit::Page;

/// A product of a provisioning module, with the module's own options and custom fields for the customer.
pub(super) async fn add_product(Path(module): Path<String>, Staff(visit): Staff) -> Page {
    let here = format!("/admin/modules/server/{module}");
    let form = &visit.form;
    let Some(price) = Amount::parse(form.text("price")).filter(|price| price.0 >= 0) else {
        visit.flash(false, "The price must be an amount such as 9.90.");
        return Ok(visit.redirect(&here));
    };
    let cycle = form.text("cycle").to_ascii_lowercase();
    let known = CYCLES.contains(&cycle.as_str()) || matches!(cycle.as_str(), "onetime" | "free");
    if form.text("name").is_empty() || !known {
        visit.flash(false, "A product needs a name and a billing cycle.");
        return Ok(visit.redirect(&here));
    }
    let given = form.list("option");
    let fields = visit.app.fields_of(ModuleKind::Server, &module).await?;
    let options = fields.iter().enumerate().map(|(index, field)| {
        let sent = given.iter().find(|(name, _)| *name == field.name);
        let value = match sent {
            Some((_, value)) => value.clone(),
            // An unticked box is not sent at all.
            None if field.kind == "yesno" => String::new(),
            None => field.default.clone(),
        };
        ((index + 1).to_string(), value)
    });
    let product = ProductSeed {
        name: form.text("name").to_owned(),
        description: form.text("description").to_owned(),
        price_minor: price.0,
        cycle,
        autosetup: "payment".to_owned(),
        config_options: options.collect(),
        server: Some(form.text("server").to_owned()).filter(|server| !server.is_empty()),
        show_domain_options: form.flag("domain"),
        custom_fields: form
            .text("customfields")
            .split(',')
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
            .collect(),
        module,
        ..ProductSeed::default()
    };
    let id = crate::seed::put_on_sale(&visit.app, &product).await?;
    visit.flash(
        true,
        format!("Product {id} is on sale: /cart.php?a=add&pid={id}"),
    );
    Ok(visit.redirect(&here))
}

pub(super) async fn add_server(Staff(visit): Staff) -> Page {
    let form = &visit.form;
    let server = ServerSeed {
        name: form.text("name").to_owned(),
        module: form.text("module").to_owned(),
        hostname: form.text("hostname").to_owned(),
        ip: form.text("ip").to_owned(),
        port: form.text("port").parse().ok(),
        secure: form.flag("secure"),
        username: form.text("username").to_owned(),
        password: form.text("password").to_owned(),
        accesshash: form.text("accesshash").to_owned(),
    };
    if server.name.is_empty() || server.module.is_empty() {
        visit.flash(false, "A server needs a name and a module.");
    } else {
        crate::seed::connect_server(&visit.app, &server).await?;
        visit.flash(true, "The server was added.");
    }
    Ok(visit.redirect("/admin/servers"))
}

/// Makes a registrar register every extension, and answer the shop's search when it can.
pub(super) async fn use_registrar(Path(module): Path<String>, Staff(visit): Staff) -> Page {
    let here = format!("/admin/modules/registrar/{module}");
    let app = &visit.app;
    if !app.is_active(ModuleKind::Registrar, &module).await? {
        visit.flash(false, "Save the module's settings first.");
        return Ok(visit.redirect(&here));
    }
    let sql = "UPDATE tbldomainpricing SET autoreg = ?";
    app.db.exec(sql, args![&module]).await?;
    app.set_setting("domainLookupRegistrar", &module).await?;
    let line = format!("Domain registrar and lookup provider changed - {module}");
    app.log_activity(&visit.actor(), &line, 0).await?;
    visit.flash(true, "This module registers every extension now.");
    Ok(visit.redirect(&here))
}

/// What the settings page of a module offers besides its settings.
pub(super) fn cycles() -> serde_json::Value {
    json!(
        CYCLES
            .iter()
            .chain(&["onetime", "free"])
            .collect::<Vec<_>>()
    )
}
