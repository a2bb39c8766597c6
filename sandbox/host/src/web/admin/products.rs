//! Products: the module's options of each, with the choices that loaders fetch.

use axum::extract::Path;
use serde_json::json;

use super::Staff;
use super::items::missing;
use crate::db::{Arg, Columns as _, args};
use crate::web::visit::Page;

pub(super) async fn show(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let app = &visit.app;
    let sql = "SELECT * FROM tblproducts WHERE id = ?";
    let Some(product) = app.db.row(sql, args![id]).await? else {
        return missing(&visit).await;
    };
    let server = app.server_of_product(&product).await?;
    let module = product.text("servertype");
    let fields = app.product_fields(module, id, server.as_ref()).await?;
    let fields: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(at, (field, trouble))| {
            let value = product.text(&format!("configoption{}", at + 1));
            json!({ "field": field, "value": value, "trouble": trouble })
        })
        .collect();
    let vars = json!({
        "title": product.text("name"), "product": product, "fields": fields,
        "server": server.map(|server| server.text("name").to_owned()),
    });
    visit.render("admin/product.html", vars).await
}

pub(super) async fn save(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let app = &visit.app;
    let sql = "SELECT * FROM tblproducts WHERE id = ?";
    let Some(product) = app.db.row(sql, args![id]).await? else {
        return missing(&visit).await;
    };
    let given = visit.form.list("option");
    let module = product.text("servertype");
    let fields = app.product_fields(module, id, None).await?;
    let mut columns: Vec<(String, Arg)> = vec![("updated_at".to_owned(), app.now().into())];
    for (at, (field, _)) in fields.iter().enumerate() {
        let sent = given.iter().find(|(name, _)| *name == field.name);
        let value = match sent {
            Some((_, value)) => value.clone(),
            None if field.kind == "yesno" => String::new(),
            None => continue,
        };
        columns.push((format!("configoption{}", at + 1), value.into()));
    }
    let columns: Vec<(&str, Arg)> = columns
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let mut write = app.db.begin().await?;
    write.update("tblproducts", id, &columns).await?;
    write.commit().await?;
    visit.flash(true, "The product was saved.");
    Ok(visit.redirect(&format!("/admin/products/{id}")))
}
