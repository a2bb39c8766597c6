//! Invoices.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Answer, ApiError, Call, said};
use crate::amount::Amount;
use crate::app::read_date;
use crate::billing::invoices::{add_item, update_total};
use crate::billing::{CreditError, InvoiceItem, NewInvoice};
use crate::db::{Arg, Columns as _, Row, args};
use crate::form::is_on;

pub(super) async fn invoice(call: &Call<'_>) -> Answer {
    let row = call
        .row_by_id("invoiceid", "tblinvoices", "Invoice ID Not Found")
        .await?;
    let id = row.int("id");
    let items = call.app.invoice_items(id).await?;
    let sql = "SELECT id, userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid
               FROM tblaccounts WHERE invoiceid = ? ORDER BY id";
    let transactions = call.app.db.rows(sql, args![id]).await?;
    let text = |name: &str| json!(row.text(name));
    let gateway = call
        .app
        .db
        .row(
            "SELECT value FROM tblpaymentgateways WHERE gateway = ? AND setting = 'type'",
            args![row.text("paymentmethod")],
        )
        .await?;
    Ok(json!({
        "invoiceid": id,
        "invoicenum": row.text("invoicenum"),
        "userid": row.int("userid"),
        "date": row.text("date"),
        "duedate": row.text("duedate"),
        "datepaid": row.text("datepaid"),
        "lastcaptureattempt": row.text("last_capture_attempt"),
        "subtotal": text("subtotal"),
        "credit": text("credit"),
        "tax": text("tax"),
        "tax2": text("tax2"),
        "total": text("total"),
        "balance": call.app.balance(&row).await?.to_string(),
        "taxrate": text("taxrate"),
        "taxrate2": text("taxrate2"),
        "status": row.text("status"),
        "paymentmethod": row.text("paymentmethod"),
        "notes": row.text("notes"),
        "ccgateway": gateway.is_some_and(|row| row.text("value") == "CC"),
        "items": { "item": items },
        // An empty list is what WHMCS gives when there are none.
        "transactions": if transactions.is_empty() { json!([]) } else { json!({ "transaction": transactions }) },
    }))
}

pub(super) async fn invoices(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let mut filter = "FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies u ON u.id = c.currency WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    if call.form.int("userid") > 0 {
        filter.push_str(" AND i.userid = ?");
        args.push(call.form.int("userid").into());
    }
    match call.form.text("status") {
        "" => {}
        "Overdue" => {
            filter.push_str(" AND i.status = 'Unpaid' AND i.duedate < ?");
            args.push(call.app.today().into());
        }
        status => {
            filter.push_str(" AND i.status = ? COLLATE NOCASE");
            args.push(status.into());
        }
    }
    let order = match call.form.text("orderby").to_ascii_lowercase().as_str() {
        "date" => "i.date",
        "duedate" => "i.duedate",
        "total" => "i.total",
        "status" => "i.status",
        "invoicenumber" => "i.invoicenum",
        _ => "i.id",
    };
    let direction = if call.form.text("order").eq_ignore_ascii_case("asc") {
        "ASC"
    } else {
        "DESC"
    };
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "i.id, i.userid, c.firstname, c.lastname, c.companyname, i.invoicenum, i.date, i.duedate, i.datepaid, i.last_capture_attempt,
        i.date_refunded, i.date_cancelled, i.subtotal, i.credit, i.tax, i.tax2, i.total, i.taxrate, i.taxrate2, i.status, i.paymentmethod, i.paymethodid,
        i.notes, i.created_at, i.updated_at, u.code AS currencycode, u.prefix AS currencyprefix, u.suffix AS currencysuffix";
    let sql = format!(
        "SELECT {columns} {filter} ORDER BY {order} {direction}, i.id DESC LIMIT {count} OFFSET {start}"
    );
    let rows = call.app.db.rows(&sql, &args).await?;
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), "invoices": { "invoice": rows } }),
    )
}

pub(super) async fn create(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let client = form.int("userid");
    let Some(owner) = app.client(client).await? else {
        return said("Client ID Not Found");
    };
    let draft = form.flag("draft") || form.text("status").eq_ignore_ascii_case("draft");
    if draft && form.flag("sendinvoice") {
        return said(
            "Cannot create and send a draft invoice in a single API request. Please create and send separately.",
        );
    }
    let mut items = Vec::new();
    for (field, description) in form.fields() {
        let Some(number) = field.strip_prefix("itemdescription") else {
            continue;
        };
        let amount = form.text(&format!("itemamount{number}"));
        let Some(amount) = Amount::parse(amount) else {
            return said("Amount must be in decimal format: ##.##");
        };
        items.push(InvoiceItem {
            description: description.clone(),
            amount,
            taxed: form.flag(&format!("itemtaxed{number}")),
            ..InvoiceItem::default()
        });
    }
    let rate = |name: &str| form.text(name).parse::<Decimal>().unwrap_or_default();
    let new = NewInvoice {
        client,
        status: if draft { "Draft" } else { "Unpaid" },
        payment_method: method_or_default(call, owner.text("defaultgateway")).await?,
        date: read_date(form.text("date")).unwrap_or_default(),
        due: read_date(form.text("duedate")).unwrap_or_default(),
        notes: form.text("notes").to_owned(),
        tax_rates: (rate("taxrate"), rate("taxrate2")),
        items,
    };
    let mut write = app.db.begin().await?;
    let id = app.create_invoice_in(&mut write, &new).await?;
    write.commit().await?;
    app.log_activity(
        &call.actor,
        &format!("Created Invoice - Invoice ID: {id}"),
        client,
    )
    .await?;
    app.invoice_created(&call.actor, id, "api", new.status)
        .await?;
    if form.flag("autoapplycredit") && !draft {
        match app.apply_credit(&call.actor, id, None).await? {
            Ok(_) | Err(CreditError(_)) => {}
        }
    }
    let status = app
        .invoice(id)
        .await?
        .map_or_else(String::new, |row| row.text("status").to_owned());
    Ok(json!({ "invoiceid": id, "status": status }))
}

pub(super) async fn update(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let before = call
        .row_by_id("invoiceid", "tblinvoices", "Invoice ID Not Found")
        .await?;
    let id = before.int("id");
    let publish = form.flag("publish") || form.flag("publishandsendemail");
    if publish && before.text("status") != "Draft" {
        return said("Invoice must be in Draft status to be published");
    }
    let status = form.text("status");
    if !status.is_empty() && !STATUSES.contains(&status) {
        return said(format!("Invalid status {status}"));
    }
    let mut columns = call.sent(&[
        ("paymentmethod", "paymentmethod"),
        ("taxrate", "taxrate"),
        ("taxrate2", "taxrate2"),
        ("credit", "credit"),
        ("notes", "notes"),
    ]);
    for field in ["date", "duedate", "datepaid"] {
        if let Some(date) = read_date(form.text(field)) {
            columns.push((field, date.into()));
        }
    }
    if publish {
        columns.push(("status", "Unpaid".into()));
    } else if !status.is_empty() {
        columns.push(("status", status.into()));
        match status {
            "Paid" if before.text("status") != "Paid" => {
                columns.push(("datepaid", app.now().into()))
            }
            "Cancelled" => columns.push(("date_cancelled", app.now().into())),
            _ => {}
        }
    }
    columns.push(("updated_at", app.now().into()));
    let mut write = app.db.begin().await?;
    write.update("tblinvoices", id, &columns).await?;
    change_items(call, &mut write, &before).await?;
    update_total(&mut write, id).await?;
    write.commit().await?;

    if form
        .get("paymentmethod")
        .is_some_and(|method| method != before.text("paymentmethod"))
    {
        app.hook(
            &call.actor,
            "InvoiceChangeGateway",
            json!({ "invoiceid": id, "paymentmethod": form.text("paymentmethod") }),
        )
        .await?;
    }
    match status {
        "Paid" if before.text("status") != "Paid" => app.invoice_paid(&call.actor, id).await?,
        "Cancelled" => drop(
            app.hook(&call.actor, "InvoiceCancelled", json!({ "invoiceid": id }))
                .await?,
        ),
        _ => {}
    }
    Ok(json!({ "invoiceid": id }))
}

async fn change_items(
    call: &Call<'_>,
    write: &mut crate::db::Write,
    invoice: &Row,
) -> Result<(), ApiError> {
    let form = &call.form;
    let id = invoice.int("id");
    for (line, description) in form.list("itemdescription") {
        let (Some(amount), Some(taxed)) = (
            form.member("itemamount", &line),
            form.member("itemtaxed", &line),
        ) else {
            return said(
                "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
            );
        };
        let Some(amount) = Amount::parse(&amount) else {
            return said("Amount must be in decimal format: ##.##");
        };
        let line: i64 = line.parse().unwrap_or_default();
        let sql = "UPDATE tblinvoiceitems SET description = ?, amount = ?, taxed = ? WHERE id = ? AND invoiceid = ?";
        write
            .exec(sql, args![description, amount, is_on(&taxed), line, id])
            .await?;
    }
    for (line, description) in form.list("newitemdescription") {
        let amount = form
            .member("newitemamount", &line)
            .and_then(|text| Amount::parse(&text));
        let Some(amount) = amount else {
            return said("Amount must be in decimal format: ##.##");
        };
        let taxed = form
            .member("newitemtaxed", &line)
            .is_some_and(|text| is_on(&text));
        let item = InvoiceItem {
            description,
            amount,
            taxed,
            ..InvoiceItem::default()
        };
        add_item(
            write,
            id,
            invoice.int("userid"),
            &item,
            invoice.text("duedate"),
            invoice.text("paymentmethod"),
        )
        .await?;
    }
    for (_, line) in form.list("deletelineids") {
        let line: i64 = line.parse().unwrap_or_default();
        write
            .exec(
                "DELETE FROM tblinvoiceitems WHERE id = ? AND invoiceid = ?",
                args![line, id],
            )
            .await?;
    }
    Ok(())
}

/// The method that was asked for, else the client's, else the first active one.
async fn method_or_default(call: &Call<'_>, default: &str) -> Result<String, ApiError> {
    let asked = call.form.text("paymentmethod");
    if !asked.is_empty() || !default.is_empty() {
        return Ok(if asked.is_empty() { default } else { asked }.to_owned());
    }
    let first = call.app.gateways().await?.into_iter().next();
    Ok(first
        .and_then(|row| row.get("module").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default())
}

const STATUSES: &[&str] = &[
    "Draft",
    "Unpaid",
    "Paid",
    "Cancelled",
    "Refunded",
    "Collections",
    "Payment Pending",
];
