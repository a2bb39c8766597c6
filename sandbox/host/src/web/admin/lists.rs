//! Lists and logs: one table each.

use serde_json::{Value, json};

use super::Staff;
use crate::db::Columns as _;
use crate::web::visit::{Page, Visit};

pub(super) async fn home(Staff(visit): Staff) -> Page {
    let count = async |sql: &str| visit.app.db.count(sql, &[]).await;
    let counts = json!({
        "pending": count("SELECT count(*) FROM tblorders WHERE status = 'Pending'").await?,
        "unpaid": count("SELECT count(*) FROM tblinvoices WHERE status = 'Unpaid'").await?,
        "queue": count("SELECT count(*) FROM tblmodulequeue WHERE completed = 0").await?,
        "clients": count("SELECT count(*) FROM tblclients").await?,
        "services": count("SELECT count(*) FROM tblhosting WHERE domainstatus = 'Active'").await?,
        "domains": count("SELECT count(*) FROM tbldomains WHERE status = 'Active'").await?,
    });
    // One hook returns one widget, or several in a list.
    let actor = visit.actor();
    let mut widgets = Vec::new();
    for result in visit
        .app
        .hook(&actor, "AdminHomeWidgets", json!({}))
        .await?
    {
        match result {
            Value::Array(several) => widgets.extend(several),
            one => widgets.push(one),
        }
    }
    let weight = |widget: &Value| widget.get("weight").and_then(Value::as_i64);
    widgets.sort_by_key(|widget| weight(widget).unwrap_or(150));
    visit
        .render(
            "admin/home.html",
            json!({ "title": "Staff area", "counts": counts, "widgets": widgets }),
        )
        .await
}

pub(super) async fn orders(Staff(visit): Staff) -> Page {
    let sql = "SELECT o.id, o.ordernum, o.date, o.amount, o.status, c.firstname || ' ' || c.lastname AS client, o.userid, o.invoiceid, coalesce(i.status, 'none') AS invoice
               FROM tblorders o LEFT JOIN tblclients c ON c.id = o.userid LEFT JOIN tblinvoices i ON i.id = o.invoiceid ORDER BY o.id DESC LIMIT 200";
    table(
        visit,
        "Orders",
        sql,
        &[
            ("Order", "id", "/admin/orders/"),
            ("Number", "ordernum", ""),
            ("Date", "date", ""),
            ("Client", "client", ""),
            ("Amount", "amount", ""),
            ("Invoice", "invoice", ""),
            ("Status", "status", "badge"),
        ],
    )
    .await
}

pub(super) async fn clients(Staff(visit): Staff) -> Page {
    let sql = "SELECT id, firstname || ' ' || lastname AS name, email, datecreated, credit, status FROM tblclients ORDER BY id DESC LIMIT 200";
    table(
        visit,
        "Clients",
        sql,
        &[
            ("Client", "id", "/admin/clients/"),
            ("Name", "name", ""),
            ("E-mail address", "email", ""),
            ("Since", "datecreated", ""),
            ("Credit", "credit", ""),
            ("Status", "status", "badge"),
        ],
    )
    .await
}

pub(super) async fn invoices(Staff(visit): Staff) -> Page {
    let sql = "SELECT i.id, i.date, i.duedate, i.datepaid, i.subtotal, i.credit, i.total, i.status, i.paymentmethod, c.firstname || ' ' || c.lastname AS client
               FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid ORDER BY i.id DESC LIMIT 200";
    table(
        visit,
        "Invoices",
        sql,
        &[
            ("Invoice", "id", "/viewinvoice.php?id="),
            ("Client", "client", ""),
            ("Date", "date", ""),
            ("Due", "duedate", ""),
            ("Paid", "datepaid", ""),
            ("Subtotal", "subtotal", ""),
            ("Credit", "credit", ""),
            ("Method", "paymentmethod", ""),
            ("Status", "status", "badge"),
        ],
    )
    .await
}

pub(super) async fn services(Staff(visit): Staff) -> Page {
    let sql = "SELECT h.id, p.name AS product, h.domain, h.amount, h.billingcycle, h.nextduedate, h.domainstatus, c.firstname || ' ' || c.lastname AS client
               FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblclients c ON c.id = h.userid ORDER BY h.id DESC LIMIT 200";
    table(
        visit,
        "Services",
        sql,
        &[
            ("Service", "id", "/admin/services/"),
            ("Product", "product", ""),
            ("Domain", "domain", ""),
            ("Client", "client", ""),
            ("Amount", "amount", ""),
            ("Cycle", "billingcycle", ""),
            ("Next due", "nextduedate", ""),
            ("Status", "domainstatus", "badge"),
        ],
    )
    .await
}

pub(super) async fn domains(Staff(visit): Staff) -> Page {
    let sql = "SELECT d.id, d.domain, d.registrar, d.registrationdate, d.expirydate, d.status, c.firstname || ' ' || c.lastname AS client
               FROM tbldomains d LEFT JOIN tblclients c ON c.id = d.userid ORDER BY d.id DESC LIMIT 200";
    table(
        visit,
        "Domains",
        sql,
        &[
            ("Id", "id", "/admin/domains/"),
            ("Domain", "domain", ""),
            ("Client", "client", ""),
            ("Registrar", "registrar", ""),
            ("Registered", "registrationdate", ""),
            ("Expires", "expirydate", ""),
            ("Status", "status", "badge"),
        ],
    )
    .await
}

pub(super) async fn queue(Staff(visit): Staff) -> Page {
    let rows = visit
        .app
        .db
        .rows(
            "SELECT * FROM tblmodulequeue ORDER BY completed, id DESC LIMIT 200",
            &[],
        )
        .await?;
    visit
        .render(
            "admin/queue.html",
            json!({ "title": "Module queue", "rows": rows }),
        )
        .await
}

pub(super) async fn module_log(Staff(visit): Staff) -> Page {
    let rows = visit
        .app
        .db
        .rows("SELECT * FROM tblmodulelog ORDER BY id DESC LIMIT 100", &[])
        .await?;
    let entries: Vec<Value> = rows.iter().map(|row| json!({
        "id": row.int("id"), "date": row.text("date"), "name": format!("{} {}", row.text("module"), row.text("action")),
        "blocks": [{ "label": "Request", "text": row.text("request") }, { "label": "Response", "text": row.text("response") }, { "label": "Processed", "text": row.text("arrdata") }],
    })).collect();
    visit
        .render(
            "admin/log.html",
            json!({ "title": "Module log", "entries": entries }),
        )
        .await
}

pub(super) async fn gateway_log(Staff(visit): Staff) -> Page {
    let rows = visit
        .app
        .db
        .rows(
            "SELECT * FROM tblgatewaylog ORDER BY id DESC LIMIT 100",
            &[],
        )
        .await?;
    let entries: Vec<Value> = rows.iter().map(|row| json!({
        "id": row.int("id"), "date": row.text("date"), "name": format!("{}: {}", row.text("gateway"), row.text("result")),
        "blocks": [{ "label": "Data", "text": row.text("data") }],
    })).collect();
    visit
        .render(
            "admin/log.html",
            json!({ "title": "Gateway log", "entries": entries }),
        )
        .await
}

pub(super) async fn activity_log(Staff(visit): Staff) -> Page {
    let sql = "SELECT id, date, \"user\" AS who, ipaddr, description FROM tblactivitylog ORDER BY id DESC LIMIT 300";
    table(
        visit,
        "Activity log",
        sql,
        &[
            ("Date", "date", ""),
            ("Who", "who", ""),
            ("Address", "ipaddr", ""),
            ("What", "description", ""),
        ],
    )
    .await
}

/// Columns are (heading, column, link prefix or `badge`).
async fn table(visit: Visit, title: &str, sql: &str, columns: &[(&str, &str, &str)]) -> Page {
    let rows = visit.app.db.rows(sql, &[]).await?;
    let columns: Vec<Value> = columns
        .iter()
        .map(
            |(heading, column, kind)| json!({ "heading": heading, "column": column, "kind": kind }),
        )
        .collect();
    visit
        .render(
            "admin/table.html",
            json!({ "title": title, "columns": columns, "rows": rows }),
        )
        .await
}
