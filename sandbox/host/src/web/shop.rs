//! The front page: search for a domain, products on sale; and pages of addon modules.

use http::StatusCode;
use serde_json::{Value, json};

use super::module_html::with_tokens;
use super::visit::{Failure, Page, Visit};
use crate::app::App;
use crate::billing::pricing::cycle_name;
use crate::db::{Columns as _, Row};
use crate::modules::truthy;
use crate::php::ModuleKind;

pub(super) async fn home(visit: Visit) -> Page {
    let currency = visit
        .app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?;
    let groups = catalogue(&visit.app, currency.int("id")).await?;
    let mut extensions = Vec::new();
    for extension in visit.app.extensions().await? {
        let price = visit
            .app
            .domain_price(extension.id, "domainregister", currency.int("id"), 1)
            .await?;
        extensions.push(json!({ "extension": extension.extension, "price": price.map(|price| price.to_string()) }));
    }
    visit
        .render(
            "shop.html",
            json!({ "title": "Shop", "groups": groups, "extensions": extensions }),
        )
        .await
}

/// `index.php`: the shop, or with `m` the client page of an addon module.
pub(super) async fn index(visit: Visit) -> Page {
    let module = visit.query.text("m").to_owned();
    if module.is_empty() {
        return home(visit).await;
    }
    if !visit.app.is_active(ModuleKind::Addon, &module).await? {
        return visit
            .message(StatusCode::NOT_FOUND, "Not found", "There is no such page.")
            .await;
    }
    let vars = visit
        .app
        .addon_vars(&visit.actor(), &module, "index.php?m=")
        .await?;
    let answer = visit
        .app
        .call(
            &visit.actor(),
            ModuleKind::Addon,
            &module,
            "clientarea",
            vars,
        )
        .await?;
    if !answer.exists || answer.failure.is_some() {
        return visit
            .message(StatusCode::NOT_FOUND, "Not found", "There is no such page.")
            .await;
    }
    let needs_client = truthy(answer.value.get("requirelogin"));
    if needs_client && let Err(login) = visit.client().await? {
        return Ok(login);
    }
    let html = answer
        .value
        .get("html")
        .and_then(Value::as_str)
        .unwrap_or(&answer.output);
    let title = answer
        .value
        .get("pagetitle")
        .and_then(Value::as_str)
        .unwrap_or(&module);
    visit
        .render("module.html", json!({ "title": title, "html": with_tokens(html, &visit.session.token, &visit.app.system_url) }))
        .await
}

/// Groups with their products and the first price of each.
async fn catalogue(app: &App, currency: i64) -> Result<Vec<Value>, Failure> {
    let mut groups = Vec::new();
    let sql =
        "SELECT id, name, headline FROM tblproductgroups WHERE hidden = 0 ORDER BY \"order\", id";
    for group in app.db.rows(sql, &[]).await? {
        let sql = "SELECT * FROM tblproducts WHERE gid = ? AND hidden = 0 AND retired = 0 ORDER BY \"order\", id";
        let mut products = Vec::new();
        for product in app.db.rows(sql, crate::db::args![group.int("id")]).await? {
            products.push(shown(app, &product, currency).await?);
        }
        groups.push(json!({ "name": group.text("name"), "headline": group.text("headline"), "products": products }));
    }
    Ok(groups)
}

/// A product with all the terms it is offered for.
pub(super) async fn shown(app: &App, product: &Row, currency: i64) -> Result<Value, Failure> {
    let mut cycles = Vec::new();
    let known: Vec<&str> = if product.text("paytype") == "recurring" {
        crate::seed::CYCLES.to_vec()
    } else {
        vec![product.text("paytype")]
    };
    for cycle in known {
        if let Some((setup, price)) = app.product_price(product, currency, cycle).await? {
            cycles.push(json!({ "cycle": cycle, "name": cycle_name(cycle), "price": price.to_string(), "setup": setup.to_string() }));
        }
    }
    Ok(json!({
        "id": product.int("id"),
        "name": product.text("name"),
        "description": product.text("description"),
        "needs_domain": product.on("showdomainoptions"),
        "cycles": cycles,
    }))
}
