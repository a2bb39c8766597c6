//! One order or client, and what staff can do with it.

use axum::extract::Path;
use http::StatusCode;
use serde_json::json;

use super::Staff;
use crate::db::{Columns as _, args};
use crate::modules::Custom;
use crate::web::module_html::with_tokens;
use crate::web::visit::{Page, Visit};

pub(super) async fn order(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(order) = visit
        .app
        .db
        .row("SELECT * FROM tblorders WHERE id = ?", args![id])
        .await?
    else {
        return missing(&visit).await;
    };
    let client = visit.app.client(order.int("userid")).await?;
    let services = "SELECT h.*, p.name AS product FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.orderid = ?";
    visit
        .render("admin/order.html", json!({
            "title": format!("Order {id}"),
            "order": order,
            "buyer": client,
            "services": visit.app.db.rows(services, args![id]).await?,
            "domains": visit.app.db.rows("SELECT * FROM tbldomains WHERE orderid = ?", args![id]).await?,
        }))
        .await
}

pub(super) async fn change_order(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let actor = visit.actor();
    match visit.form.text("do") {
        "cancel" => visit.app.set_order_status(&actor, id, "Cancelled").await?,
        _ => match visit
            .app
            .accept_order(
                &actor,
                id,
                visit.form.flag("autosetup"),
                visit.form.flag("sendregistrar"),
            )
            .await?
        {
            Ok(()) => visit.flash(true, "The order was accepted."),
            Err(text) => visit.flash(false, text),
        },
    }
    Ok(visit.redirect(&format!("/admin/orders/{id}")))
}

pub(super) async fn client(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(client) = visit.app.client(id).await? else {
        return missing(&visit).await;
    };
    let rows = async |sql: &str| visit.app.db.rows(sql, args![id]).await;
    visit
        .render("admin/client.html", json!({
            "title": format!("Client {id}"),
            "person": client,
            "credits": rows("SELECT * FROM tblcredit WHERE clientid = ? ORDER BY id DESC").await?,
            "invoices": rows("SELECT * FROM tblinvoices WHERE userid = ? ORDER BY id DESC").await?,
            "services": rows("SELECT h.*, p.name AS product FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.userid = ? ORDER BY h.id DESC").await?,
            "domains": rows("SELECT * FROM tbldomains WHERE userid = ? ORDER BY id DESC").await?,
        }))
        .await
}

/// Of a client's credit.
pub(super) async fn delete_credit(Path((id, row)): Path<(i64, i64)>, Staff(visit): Staff) -> Page {
    if visit.app.delete_credit(&visit.actor(), id, row).await? {
        visit.flash(true, "The credit was deleted.");
    } else {
        visit.flash(false, "There is no such credit.");
    }
    Ok(visit.redirect(&format!("/admin/clients/{id}")))
}

pub(super) async fn retry(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    match visit.app.retry(&visit.actor(), id).await? {
        Ok(()) => visit.flash(true, "The action was successful."),
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect("/admin/queue"))
}

/// Shows the page that a function of a module's own made, or says how it went.
pub(super) async fn custom_answer(visit: &Visit, back: &str, said: Result<Custom, String>) -> Page {
    match said {
        Ok(Custom::Page { title, html }) => {
            let html = with_tokens(&html, &visit.session.token, &visit.app.system_url);
            return visit
                .render("admin/addon.html", json!({ "title": title, "html": html }))
                .await;
        }
        Ok(Custom::Done) => visit.flash(true, "Done."),
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect(back))
}

pub(super) async fn missing(visit: &Visit) -> Page {
    visit
        .message(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is nothing with this number.",
        )
        .await
}
