//! Renewal invoices, some days before domains and services are due.

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::{Actor, App, HostError, add_days, add_months};
use crate::billing::pricing::months_of;
use crate::billing::{InvoiceItem, NewInvoice};
use crate::db::{Columns as _, Row, args};

/// Whose invoice, how it is paid, when it is due.
type Of = (i64, String, String);

/// What is invoiced, and until when it is invoiced then.
struct Due {
    table: &'static str,
    id: i64,
    next: String,
    items: Vec<InvoiceItem>,
}

/// Makes one invoice for each client, payment method and due date. Credit that a client has pays at once,
/// unless the installation is told not to.
pub(super) async fn generate(app: &App, actor: &Actor) -> Result<Vec<String>, HostError> {
    app.hook(actor, "PreInvoicingGenerateInvoiceItems", json!({}))
        .await?;
    let days = app.setting_or("CreateInvoiceDaysBefore", "14").await?;
    let domain_days = app
        .setting_or("CreateDomainInvoiceDaysBefore", &days)
        .await?;
    let until = |days: &str| add_days(&app.today(), days.parse().unwrap_or(14));
    let mut invoices: BTreeMap<Of, Vec<Due>> = BTreeMap::new();
    for domain in app.db.rows(DOMAINS, args![until(&domain_days)]).await? {
        if let Some(due) = domain_due(app, actor, &domain).await? {
            invoices.entry(of(&domain)).or_default().push(due);
        }
    }
    for service in app.db.rows(SERVICES, args![until(&days)]).await? {
        if let Some(due) = service_due(app, &service).await? {
            invoices.entry(of(&service)).or_default().push(due);
        }
    }
    app.hook(actor, "AfterInvoicingGenerateInvoiceItems", json!({}))
        .await?;
    let use_credit = app.setting("NoAutoApplyCredit").await? != "on";
    let mut did = Vec::new();
    for ((client, method, date), dues) in invoices {
        let items: Vec<InvoiceItem> = dues.iter().flat_map(|due| due.items.clone()).collect();
        let what: Vec<String> = items.iter().map(|item| item.description.clone()).collect();
        let invoice = NewInvoice {
            client,
            status: "Unpaid",
            payment_method: method,
            due: date,
            items,
            ..NewInvoice::default()
        };
        let mut write = app.db.begin().await?;
        let id = app.create_invoice_in(&mut write, &invoice).await?;
        for due in &dues {
            write
                .update(
                    due.table,
                    due.id,
                    &[("nextinvoicedate", (&due.next).into())],
                )
                .await?;
        }
        write.commit().await?;
        let line = format!("invoice {id}: {}", what.join(", "));
        app.log_activity(
            actor,
            &format!("Created Invoice - Invoice ID: {id}"),
            client,
        )
        .await?;
        did.push(line);
        app.invoice_created(actor, id, "autogen", "Unpaid").await?;
        if use_credit && let Ok((amount, paid)) = app.apply_credit(actor, id, None).await? {
            let paid = if paid { ", which pays it" } else { "" };
            did.push(format!("invoice {id}: credit of {amount} applied{paid}"));
        }
    }
    Ok(did)
}

async fn domain_due(app: &App, actor: &Actor, domain: &Row) -> Result<Option<Due>, HostError> {
    if app
        .renewal_invoice(domain.int("id"), domain.text("nextduedate"))
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let years = domain.int("registrationperiod").max(1);
    let price = match app.renewal_price(actor, domain).await? {
        Ok(price) => price,
        Err(text) => {
            let line = format!(
                "No renewal invoice for {}: its premium price is not known ({text})",
                domain.text("domain")
            );
            app.log_activity(actor, &line, domain.int("userid")).await?;
            return Ok(None);
        }
    };
    Ok(Some(Due {
        table: "tbldomains",
        id: domain.int("id"),
        next: add_months(domain.text("nextduedate"), years * 12),
        items: app.renewal_items(domain, years, price).await?,
    }))
}

async fn service_due(app: &App, service: &Row) -> Result<Option<Due>, HostError> {
    let Some(months) = months_of(service.text("billingcycle")) else {
        return Ok(None);
    };
    let (id, due) = (service.int("id"), service.text("nextduedate"));
    let sql = "SELECT count(*) FROM tblinvoiceitems i JOIN tblinvoices v ON v.id = i.invoiceid
               WHERE i.type = 'Hosting' AND i.relid = ? AND i.duedate = ? AND v.status <> 'Cancelled'";
    if app.db.count(sql, args![id, due]).await? > 0 {
        return Ok(None);
    }
    let next = add_months(due, months);
    let domain = match service.text("domain") {
        "" => String::new(),
        domain => format!(" - {domain}"),
    };
    let item = InvoiceItem {
        kind: "Hosting".into(),
        relid: id,
        description: format!(
            "{}{domain} ({due} - {})",
            service.text("product"),
            add_days(&next, -1)
        ),
        amount: service.amount("amount"),
        taxed: false,
    };
    Ok(Some(Due {
        table: "tblhosting",
        id,
        next,
        items: vec![item],
    }))
}

fn of(row: &Row) -> Of {
    (
        row.int("userid"),
        row.text("paymentmethod").to_owned(),
        row.text("nextduedate").to_owned(),
    )
}

const DOMAINS: &str =
    "SELECT * FROM tbldomains WHERE status IN ('Active', 'Grace', 'Redemption') AND donotrenew = 0
    AND nextinvoicedate > '0000-00-00' AND nextinvoicedate <= ? ORDER BY userid, id";
const SERVICES: &str = "SELECT h.*, p.name AS product FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid
    WHERE h.domainstatus IN ('Active', 'Suspended') AND h.amount > 0 AND h.nextinvoicedate > '0000-00-00' AND h.nextinvoicedate <= ?
    ORDER BY h.userid, h.id";
