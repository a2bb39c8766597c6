//! Extensions and their prices.

use serde_json::json;

use super::{Answer, Call, said};
use crate::amount::Amount;
use crate::db::{Arg, Columns as _, args};
use crate::modules::set_prices;

/// Adds an extension, or changes what is sent of it.
pub(super) async fn create_or_update(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let extension = form.text("extension").to_lowercase();
    if extension.is_empty() {
        return said("Extension is required");
    }
    let extension = format!(".{}", extension.trim_start_matches('.'));
    let registrar = form.text("auto_registrar");
    if !registrar.is_empty() && registrar != "none" {
        let sql = "SELECT count(*) FROM tblregistrars WHERE registrar = ?";
        if app.db.count(sql, args![registrar]).await? == 0 {
            return said("Invalid auto_registrar value. Must be an active registrar");
        }
    }
    let kinds = ["register", "renew", "transfer"].map(|kind| (kind, form.list(kind)));
    let priced = kinds.iter().any(|(_, prices)| !prices.is_empty());
    let code = form.text("currency_code");
    if priced && code.is_empty() {
        return said("Variable currency_code is required when setting prices");
    }
    let sql = "SELECT id FROM tblcurrencies WHERE code = ?";
    let currency = app.db.row(sql, args![code]).await?;
    if priced && currency.is_none() {
        return said("Provided currency_code value does not exist");
    }
    for (kind, most) in [("register", 10), ("renew", 9), ("transfer", 10)] {
        let prices = form.list(kind);
        let longest = prices
            .iter()
            .filter_map(|(years, _)| years.parse().ok())
            .max();
        if longest.is_some_and(|years: i64| years > most) {
            return said(format!("The maximum {kind} period is {most} years"));
        }
        if kind == "transfer" && prices.len() > 1 {
            return said("Only one transfer period can be defined");
        }
    }
    let mut columns: Vec<(&str, Arg)> = vec![("updated_at", app.now().into())];
    for (field, column) in [
        ("id_protection", "idprotection"),
        ("dns_management", "dnsmanagement"),
        ("email_forwarding", "emailforwarding"),
        ("epp_required", "eppcode"),
    ] {
        if form.get(field).is_some() {
            columns.push((column, form.flag(field).into()));
        }
    }
    if !registrar.is_empty() {
        let stored = if registrar == "none" { "" } else { registrar };
        columns.push(("autoreg", stored.into()));
    }
    for (field, column) in [
        ("grace_period_days", "grace_period"),
        ("redemption_period_days", "redemption_grace_period"),
    ] {
        if form.get(field).is_some() {
            columns.push((column, form.int(field).into()));
        }
    }
    for (field, column) in [
        ("grace_period_fee", "grace_period_fee"),
        ("redemption_period_fee", "redemption_grace_period_fee"),
    ] {
        if let Some(fee) = Amount::parse(form.text(field)) {
            columns.push((column, fee.into()));
        }
    }
    let mut write = app.db.begin().await?;
    let sql = "SELECT id FROM tbldomainpricing WHERE extension = ?";
    let known = write.row(sql, args![&extension]).await?;
    let (id, new) = match known {
        Some(row) => {
            write
                .update("tbldomainpricing", row.int("id"), &columns)
                .await?;
            (row.int("id"), false)
        }
        None => {
            columns.push(("extension", (&extension).into()));
            columns.push(("created_at", app.now().into()));
            (write.insert("tbldomainpricing", &columns).await?, true)
        }
    };
    for (kind, prices) in &kinds {
        let Some(currency) = currency.as_ref().filter(|_| !prices.is_empty()) else {
            continue;
        };
        let price = |years: i64| {
            let sent = prices.iter().find(|(term, _)| *term == years.to_string());
            sent.and_then(|(_, price)| Amount::parse(price))
                .unwrap_or(Amount(-100))
        };
        let kind = format!("domain{kind}");
        set_prices(&mut write, &kind, currency.int("id"), id, price).await?;
    }
    write.commit().await?;
    let vars = json!({ "tld": extension });
    let point = if new {
        "TopLevelDomainAdd"
    } else {
        "TopLevelDomainPricingUpdate"
    };
    app.hook(&call.actor, point, vars).await?;
    Ok(json!({ "extension": extension, "id": id }))
}
