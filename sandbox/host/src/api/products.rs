//! What is on sale: products and extensions.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::db::{Arg, Columns as _, Row, args};
use crate::seed::YEARS;

pub(super) async fn products(call: &Call<'_>) -> Answer {
    let (start, count) = match call.form.get("limitnum") {
        Some(_) => call.page(),
        None => (0, 10_000),
    };
    let mut filter =
        "FROM tblproducts p JOIN tblproductgroups g ON g.id = p.gid WHERE p.retired = 0".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    let wanted: Vec<i64> = call
        .form
        .text("pid")
        .split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect();
    if !wanted.is_empty() {
        let marks = vec!["?"; wanted.len()].join(",");
        filter.push_str(&format!(" AND p.id IN ({marks})"));
        args.extend(wanted.into_iter().map(Arg::Int));
    }
    if call.form.int("gid") > 0 {
        filter.push_str(" AND p.gid = ?");
        args.push(call.form.int("gid").into());
    }
    if !call.form.text("module").is_empty() {
        filter.push_str(" AND p.servertype = ?");
        args.push(call.form.text("module").into());
    }
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "p.id AS pid, p.gid, p.type, p.name, p.slug, p.description, p.servertype AS module, p.paytype, p.allowqty, p.stockcontrol, p.qty, g.slug AS groupslug";
    let rows = call
        .app
        .db
        .rows(
            &format!(
                "SELECT {columns} {filter} ORDER BY p.\"order\", p.id LIMIT {count} OFFSET {start}"
            ),
            &args,
        )
        .await?;
    let mut products = Vec::new();
    for row in rows {
        products.push(product(call, row).await?);
    }
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": products.len(), "products": { "product": products } }),
    )
}

async fn product(call: &Call<'_>, mut row: Row) -> Answer {
    let id = row.int("pid");
    let url = format!("{}cart.php?a=add&pid={id}", call.app.system_url);
    let stock = if row.on("stockcontrol") {
        json!(row.int("qty"))
    } else {
        json!(0)
    };
    let sql = "SELECT c.code, c.prefix, c.suffix, p.msetupfee, p.qsetupfee, p.ssetupfee, p.asetupfee, p.bsetupfee, p.tsetupfee, p.monthly, p.quarterly,
               p.semiannually, p.annually, p.biennially, p.triennially
               FROM tblpricing p JOIN tblcurrencies c ON c.id = p.currency WHERE p.type = 'product' AND p.relid = ? ORDER BY c.id";
    let mut pricing = Row::new();
    for mut prices in call.app.db.rows(sql, args![id]).await? {
        let code = prices.text("code").to_owned();
        prices.shift_remove("code");
        pricing.insert(code, Value::Object(prices));
    }
    let fields = "SELECT id, fieldname AS name, description, required FROM tblcustomfields WHERE type = 'product' AND relid = ? AND adminonly = '' ORDER BY sortorder, id";
    let fields = call.app.db.rows(fields, args![id]).await?;
    for name in ["groupslug", "stockcontrol", "qty"] {
        row.shift_remove(name);
    }
    for (name, value) in [
        ("product_url", json!(url)),
        ("quantity_available", stock),
        ("pricing", Value::Object(pricing)),
        ("customfields", json!({ "customfield": fields })),
        ("configoptions", json!({ "configoption": [] })),
    ] {
        row.insert(name.to_owned(), value);
    }
    Ok(Value::Object(row))
}

pub(super) async fn tld_pricing(call: &Call<'_>) -> Answer {
    let app = call.app;
    let currency = match call.form.int("currencyid") {
        0 => app.currency_of(call.form.int("clientid")).await?,
        id => app
            .db
            .row("SELECT * FROM tblcurrencies WHERE id = ?", args![id])
            .await?
            .unwrap_or_default(),
    };
    let mut pricing = Row::new();
    let sql = "SELECT id, extension, dnsmanagement, emailforwarding, idprotection, eppcode, \"group\", grace_period, CAST(grace_period_fee AS TEXT) AS grace_fee, redemption_grace_period, CAST(redemption_grace_period_fee AS TEXT) AS redemption_fee FROM tbldomainpricing ORDER BY \"order\", id";
    for tld in app.db.rows(sql, &[]).await? {
        let prices = app
            .db
            .rows(
                "SELECT * FROM tblpricing WHERE relid = ? AND currency = ?",
                args![tld.int("id"), currency.int("id")],
            )
            .await?;
        let terms = |kind: &str| -> Value {
            let row = prices.iter().find(|row| row.text("type") == kind);
            let offered = YEARS.iter().enumerate().filter_map(|(index, column)| {
                let price = row?.amount(column);
                (price >= crate::amount::Amount::ZERO)
                    .then(|| ((index + 1).to_string(), json!(price.to_string())))
            });
            Value::Object(offered.collect())
        };
        let name = tld.text("extension").trim_start_matches('.').to_owned();
        let group = tld.text("group");
        let rate: rust_decimal::Decimal = currency.text("rate").parse().unwrap_or_default();
        let period = |days: &str, fee: &str| {
            let fee = crate::amount::Amount::parse(tld.text(fee)).filter(|fee| fee.0 >= 0);
            match fee.and_then(|fee| fee.times(rate)) {
                Some(fee) if tld.int(days) > 0 => {
                    json!({ "days": tld.int(days), "price": format!("{}{fee}{}", currency.text("prefix"), currency.text("suffix")) })
                }
                _ => Value::Null,
            }
        };
        pricing.insert(name, json!({
            "categories": [],
            "addons": { "dns": tld.on("dnsmanagement"), "email": tld.on("emailforwarding"), "idprotect": tld.on("idprotection") },
            "group": if group == "none" { "" } else { group },
            "register": terms("domainregister"),
            "transfer": terms("domaintransfer"),
            "renew": terms("domainrenew"),
            "grace_period": period("grace_period", "grace_fee"),
            "redemption_period": period("redemption_grace_period", "redemption_fee"),
        }));
    }
    let mut shown = currency;
    shown.shift_remove("default");
    Ok(json!({ "currency": shown, "pricing": pricing }))
}
