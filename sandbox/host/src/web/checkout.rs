//! Checkout: account, payment method, order.

use serde_json::{Value, json};

use super::account::{log_in, person_fields, sign_up};
use super::cart::price;
use super::visit::{Page, Visit};
use crate::billing::NewOrder;
use crate::db::Columns as _;

pub(super) async fn form(visit: Visit) -> Page {
    show(visit, "").await
}

async fn show(visit: Visit, error: &str) -> Page {
    if visit.session.cart.is_empty() {
        visit.flash(false, "Your cart is empty.");
        return Ok(visit.redirect("/cart.php?a=view"));
    }
    let currency = visit
        .app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?
        .int("id");
    let priced = price(&visit, currency).await?;
    let mut vars = person_fields(&visit, error).await?;
    if let Some(vars) = vars.as_object_mut() {
        vars.insert("title".into(), json!("Checkout"));
        vars.insert("lines".into(), json!(priced.lines));
        vars.insert("total".into(), json!(priced.total.to_string()));
        vars.insert("gateways".into(), json!(visit.app.gateways().await?));
    }
    visit.render("checkout.html", vars).await
}

/// Logs in or signs up where needed, then makes order and invoice.
pub(super) async fn place(mut visit: Visit) -> Page {
    if visit.session.cart.is_empty() {
        return show(visit, "").await;
    }
    let gateways = visit.app.gateways().await?;
    let method = visit.form.text("paymentmethod").to_owned();
    if !gateways.iter().any(|row| row.text("module") == method) {
        return show(visit, "Choose a payment method.").await;
    }
    let answers = visit
        .app
        .hook(
            &visit.actor(),
            "ShoppingCartValidateCheckout",
            checkout_vars(&visit),
        )
        .await?;
    let refusals: Vec<String> = answers.iter().flat_map(texts).collect();
    if !refusals.is_empty() {
        return show(visit, &refusals.join(" ")).await;
    }
    if visit.session.client.is_none() {
        if visit.form.text("custtype") == "existing" {
            let (email, password) = (
                visit.form.text("loginemail").to_owned(),
                visit
                    .form
                    .get("loginpassword")
                    .unwrap_or_default()
                    .to_owned(),
            );
            if !log_in(&mut visit, &email, &password).await? {
                return show(visit, "Login details incorrect. Please try again.").await;
            }
        } else if let Err(text) = sign_up(&mut visit).await? {
            return show(visit, &text).await;
        }
    }
    let Some(client) = visit.session.client else {
        return show(visit, "Please log in.").await;
    };
    let currency = visit.app.currency_of(client).await?.int("id");
    let priced = price(&visit, currency).await?;
    if priced.lines.is_empty() {
        return show(visit, "Nothing in the cart is on sale any more.").await;
    }
    // Emptied before the order is made: a second click finds nothing to order again.
    let mut taken = false;
    visit.app.sessions.change(&visit.id, |data| {
        taken = !std::mem::take(&mut data.cart).is_empty()
    });
    if !taken {
        return Ok(visit.redirect("/clientarea.php?action=invoices"));
    }
    let order = NewOrder {
        client,
        payment_method: method,
        products: priced.products,
        domains: priced.domains,
        nameservers: Vec::new(),
        ip: visit.ip.clone(),
        without_invoice: false,
    };
    let placed = visit.app.place_order(&visit.actor(), &order).await?;
    visit.flash(
        true,
        format!("Thank you. Your order number is {}.", placed.number),
    );
    Ok(visit.redirect(&format!("/viewinvoice.php?id={}", placed.invoice)))
}

pub(super) async fn complete(visit: Visit) -> Page {
    Ok(visit.redirect("/clientarea.php?action=invoices"))
}

/// What validation hooks get to see: the posted fields without passwords.
fn checkout_vars(visit: &Visit) -> Value {
    let fields = visit
        .form
        .fields()
        .iter()
        .filter(|(name, _)| !name.contains("password") && name != "token");
    let mut vars: serde_json::Map<String, Value> = fields
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    vars.insert(
        "clientId".to_owned(),
        json!(visit.session.client.unwrap_or_default()),
    );
    Value::Object(vars)
}

pub(super) fn texts(answer: &Value) -> Vec<String> {
    match answer {
        Value::String(text) if !text.is_empty() => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
