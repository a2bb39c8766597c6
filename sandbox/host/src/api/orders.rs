//! Orders.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, said};
use crate::amount::Amount;
use crate::billing::{CartDomain, CartProduct, NewOrder};
use crate::db::{Arg, Columns as _, Row, args};

pub(super) async fn add(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let Some(client) = app.client(form.int("clientid")).await? else {
        return said("Client ID Not Found");
    };
    if client.text("status") == "Closed" {
        return said("Unable to add order when client status is Closed");
    }
    let gateways: Vec<String> = app
        .gateways()
        .await?
        .iter()
        .map(|row| row.text("module").to_owned())
        .collect();
    let method = form.text("paymentmethod");
    if !gateways.iter().any(|known| known == method) {
        return said(format!(
            "Invalid Payment Method. Valid options include {}",
            gateways.join(",")
        ));
    }
    let currency = client.int("currency");
    let (products, domains) = (
        products(call, currency).await?,
        domains(call, currency).await?,
    );
    if products.is_empty() && domains.is_empty() {
        return said("No items added to cart so order cannot proceed");
    }
    let nameservers = (1..=5)
        .map(|n| form.text(&format!("nameserver{n}")).to_owned())
        .filter(|ns| !ns.is_empty())
        .collect();
    let order = NewOrder {
        client: client.int("id"),
        payment_method: method.to_owned(),
        products,
        domains,
        nameservers,
        ip: if form.text("clientip").is_empty() {
            call.actor.ip.clone()
        } else {
            form.text("clientip").to_owned()
        },
        without_invoice: form.flag("noinvoice"),
    };
    let placed = app.place_order(&call.actor, &order).await?;
    let joined = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let mut answer = Row::from_iter([
        ("orderid".to_owned(), json!(placed.id)),
        ("serviceids".to_owned(), json!(joined(&placed.services))),
        // Its name before 7.8, which older clients still read.
        ("productids".to_owned(), json!(joined(&placed.services))),
        ("addonids".to_owned(), json!("")),
        ("domainids".to_owned(), json!(joined(&placed.domains))),
    ]);
    if placed.invoice > 0 {
        answer.insert("invoiceid".to_owned(), json!(placed.invoice));
    }
    Ok(Value::Object(answer))
}

async fn products(call: &Call<'_>, currency: i64) -> Result<Vec<CartProduct>, ApiError> {
    let (app, form) = (call.app, &call.form);
    let mut products = Vec::new();
    for (index, pid) in form.list("pid") {
        let pid: i64 = pid.trim().parse().unwrap_or_default();
        if pid == 0 {
            continue;
        }
        let Some(product) = app
            .db
            .row("SELECT * FROM tblproducts WHERE id = ?", args![pid])
            .await?
        else {
            return said(format!("Product ID {pid} not found"));
        };
        let asked = form
            .member("billingcycle", &index)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let asked = if app
            .product_price(&product, currency, &asked)
            .await?
            .is_some()
        {
            asked
        } else {
            app.default_cycle(&product, currency).await?
        };
        let (setup, price) = app
            .product_price(&product, currency, &asked)
            .await?
            .unwrap_or_default();
        let forced = form
            .member("priceoverride", &index)
            .and_then(|text| Amount::parse(&text));
        let sent = form.member("customfields", &index).unwrap_or_default();
        let custom_fields = app
            .known_fields(product.int("id"), &crate::php_text::read_array(&sent))
            .await?;
        products.push(CartProduct {
            product,
            // A product's domain is given under its index, together with the domain that is ordered with it.
            domain: form
                .member("domain", &index)
                .or_else(|| form.member("hostname", &index))
                .unwrap_or_default(),
            cycle: asked,
            setup: if forced.is_some() {
                Amount::ZERO
            } else {
                setup
            },
            price: forced.unwrap_or(price),
            custom_fields,
        });
    }
    Ok(products)
}

async fn domains(call: &Call<'_>, currency: i64) -> Result<Vec<CartDomain>, ApiError> {
    let (app, form) = (call.app, &call.form);
    let mut domains = Vec::new();
    let flag = |name: &str, index: &str| {
        form.member(name, index)
            .is_some_and(|text| crate::form::is_on(&text))
    };
    for (index, kind) in form.list("domaintype") {
        let transfer = match kind.as_str() {
            "register" => false,
            "transfer" => true,
            _ => continue,
        };
        let name = form
            .member("domain", &index)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let Some(extension) = app.extension_of(&name).await? else {
            return said(format!("The domain {name} has no extension on sale"));
        };
        let years = form
            .member("regperiod", &index)
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        let kind = if transfer {
            "domaintransfer"
        } else {
            "domainregister"
        };
        let Some(price) = app
            .domain_price(extension.id, kind, currency, years)
            .await?
        else {
            return said(format!("{name} cannot be ordered for {years} years"));
        };
        let forced = form
            .member("domainpriceoverride", &index)
            .and_then(|text| Amount::parse(&text));
        domains.push(CartDomain {
            renewal: app
                .domain_price(extension.id, "domainrenew", currency, years)
                .await?
                .unwrap_or(price),
            domain: name,
            transfer,
            years,
            price: forced.unwrap_or(price),
            registrar: extension.autoreg,
            fields: Vec::new(),
            auth: form.member("eppcode", &index).unwrap_or_default(),
            id_protection: flag("idprotection", &index),
            dns_management: flag("dnsmanagement", &index),
            idn_language: form.member("idnlanguage", &index).unwrap_or_default(),
            premium: None,
        });
    }
    Ok(domains)
}

pub(super) async fn accept(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let order = form.int("orderid");
    let mut write = app.db.begin().await?;
    if !form.text("registrar").is_empty() {
        write
            .exec(
                "UPDATE tbldomains SET registrar = ? WHERE orderid = ? AND status = 'Pending'",
                args![form.text("registrar"), order],
            )
            .await?;
    }
    if form.int("serverid") > 0 {
        write
            .exec(
                "UPDATE tblhosting SET server = ? WHERE orderid = ? AND domainstatus = 'Pending'",
                args![form.int("serverid"), order],
            )
            .await?;
    }
    write.commit().await?;
    match app
        .accept_order(
            &call.actor,
            order,
            form.flag("autosetup"),
            form.flag("sendregistrar"),
        )
        .await?
    {
        Ok(()) => Ok(json!({})),
        Err(text) => said(text),
    }
}

pub(super) async fn list(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let mut filter = "FROM tblorders o LEFT JOIN tblclients c ON c.id = o.userid LEFT JOIN tblcurrencies u ON u.id = c.currency
        LEFT JOIN tblinvoices i ON i.id = o.invoiceid LEFT JOIN tblpaymentgateways g ON g.gateway = o.paymentmethod AND g.setting = 'name' WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    for (field, column) in [
        ("id", "o.id"),
        ("userid", "o.userid"),
        ("requestor_id", "o.requestor_id"),
    ] {
        if call.form.int(field) > 0 {
            filter.push_str(&format!(" AND {column} = ?"));
            args.push(call.form.int(field).into());
        }
    }
    if !call.form.text("status").is_empty() {
        filter.push_str(" AND o.status = ? COLLATE NOCASE");
        args.push(call.form.text("status").into());
    }
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "o.id, o.ordernum, o.userid, o.contactid, o.requestor_id, o.admin_requestor_id, o.date, o.nameservers, o.transfersecret, o.renewals,
        o.promocode, o.promotype, o.promovalue, o.orderdata, o.amount, o.paymentmethod, o.invoiceid, o.status, o.ipaddress, o.fraudmodule, o.fraudoutput, o.notes,
        coalesce(g.value, o.paymentmethod) AS paymentmethodname, coalesce(i.status, '') AS paymentstatus,
        c.firstname || ' ' || c.lastname AS name, u.prefix AS currencyprefix, u.suffix AS currencysuffix, '' AS frauddata, '' AS validationdata";
    let mut rows = call
        .app
        .db
        .rows(
            &format!("SELECT {columns} {filter} ORDER BY o.id DESC LIMIT {count} OFFSET {start}"),
            &args,
        )
        .await?;
    for row in &mut rows {
        let items = line_items(call, row.int("id")).await?;
        row.insert("lineitems".to_owned(), json!({ "lineitem": items }));
    }
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), "orders": { "order": rows } }),
    )
}

async fn line_items(call: &Call<'_>, order: i64) -> Result<Vec<Value>, ApiError> {
    let currency = call.app.db.row(
        "SELECT u.prefix, u.suffix FROM tblorders o JOIN tblclients c ON c.id = o.userid JOIN tblcurrencies u ON u.id = c.currency WHERE o.id = ?",
        args![order],
    ).await?.unwrap_or_default();
    let shown = |amount: Amount| {
        format!(
            "{}{amount}{}",
            currency.text("prefix"),
            currency.text("suffix")
        )
    };
    let services = "SELECT h.id, g.name AS groupname, p.name, h.domain, h.billingcycle, h.firstpaymentamount, h.domainstatus
                    FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid JOIN tblproductgroups g ON g.id = p.gid WHERE h.orderid = ? ORDER BY h.id";
    let mut items: Vec<Value> = Vec::new();
    for row in call.app.db.rows(services, args![order]).await? {
        items.push(json!({
            "type": "product", "relid": row.int("id"), "producttype": "Other", "product": format!("{} - {}", row.text("groupname"), row.text("name")),
            "domain": row.text("domain"), "billingcycle": row.text("billingcycle"), "amount": shown(row.amount("firstpaymentamount")), "status": row.text("domainstatus"),
        }));
    }
    for row in call
        .app
        .db
        .rows(
            "SELECT * FROM tbldomains WHERE orderid = ? ORDER BY id",
            args![order],
        )
        .await?
    {
        items.push(json!({
            "type": "domain", "relid": row.int("id"), "producttype": "Domain", "product": if row.text("type") == "Transfer" { "Transfer" } else { "Registration" },
            "domain": row.text("domain"), "billingcycle": format!("{} Year/s", row.int("registrationperiod")), "amount": shown(row.amount("firstpaymentamount")),
            "dnsmanagement": row.on("dnsmanagement"), "emailforwarding": row.on("emailforwarding"), "idprotection": row.on("idprotection"), "status": row.text("status"),
        }));
    }
    Ok(items)
}

pub(super) async fn cancel(call: &Call<'_>) -> Answer {
    let found = call
        .row_by_id(
            "orderid",
            "tblorders",
            "Order ID not found or Status not Pending",
        )
        .await?;
    if found.text("status") != "Pending" {
        return said("Order ID not found or Status not Pending");
    }
    call.app
        .set_order_status(&call.actor, found.int("id"), "Cancelled")
        .await?;
    Ok(json!({}))
}

pub(super) async fn fraud(call: &Call<'_>) -> Answer {
    let found = call
        .row_by_id("orderid", "tblorders", "Order ID Not Found")
        .await?;
    call.app
        .set_order_status(&call.actor, found.int("id"), "Fraud")
        .await?;
    Ok(json!({}))
}

pub(super) async fn pending(call: &Call<'_>) -> Answer {
    let found = call
        .row_by_id("orderid", "tblorders", "Order ID Not Found")
        .await?;
    call.app
        .set_order_status(&call.actor, found.int("id"), "Pending")
        .await?;
    Ok(json!({}))
}

pub(super) async fn delete(call: &Call<'_>) -> Answer {
    let found = call
        .row_by_id("orderid", "tblorders", "Order ID not found")
        .await?;
    if !matches!(found.text("status"), "Cancelled" | "Fraud") {
        return said("The order status must be in Cancelled or Fraud to be deleted");
    }
    let (id, invoice) = (found.int("id"), found.int("invoiceid"));
    let mut write = call.app.db.begin().await?;
    write
        .exec(
            "DELETE FROM tblinvoiceitems WHERE invoiceid = ?",
            args![invoice],
        )
        .await?;
    write
        .exec("DELETE FROM tblinvoices WHERE id = ?", args![invoice])
        .await?;
    write
        .exec("DELETE FROM tblhosting WHERE orderid = ?", args![id])
        .await?;
    write
        .exec("DELETE FROM tbldomains WHERE orderid = ?", args![id])
        .await?;
    write
        .exec("DELETE FROM tblorders WHERE id = ?", args![id])
        .await?;
    write.commit().await?;
    call.app
        .hook(&call.actor, "DeleteOrder", json!({ "orderid": id }))
        .await?;
    Ok(json!({}))
}

pub(super) async fn statuses(call: &Call<'_>) -> Answer {
    let sql = "SELECT s.title, s.color, (SELECT count(*) FROM tblorders o WHERE o.status = s.title) AS count FROM tblorderstatuses s ORDER BY s.sortorder";
    let rows = call.app.db.rows(sql, &[]).await?;
    Ok(json!({ "totalresults": rows.len(), "statuses": { "status": rows } }))
}
