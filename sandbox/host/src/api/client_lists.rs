//! What clients have: domains and products.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::db::{Arg, Columns as _, args};

pub(super) async fn domains(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let (filter, args) = filter(
        call,
        "FROM tbldomains d LEFT JOIN tblpaymentgateways g ON g.gateway = d.paymentmethod AND g.setting = 'name'",
        &[
            ("clientid", "d.userid"),
            ("domainid", "d.id"),
            ("domain", "d.domain"),
        ],
    );
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "d.id, d.userid, d.orderid, d.type AS regtype, d.domain AS domainname, d.registrar, d.registrationperiod AS regperiod, d.firstpaymentamount,
        d.recurringamount, d.paymentmethod, coalesce(g.value, d.paymentmethod) AS paymentmethodname, d.registrationdate AS regdate, d.expirydate, d.nextduedate,
        d.status, d.subscriptionid, d.promoid, d.dnsmanagement, d.emailforwarding, d.idprotection, d.donotrenew, d.additionalnotes AS notes";
    let rows = call
        .app
        .db
        .rows(
            &format!("SELECT {columns} {filter} ORDER BY d.id LIMIT {count} OFFSET {start}"),
            &args,
        )
        .await?;
    Ok(json!({
        "clientid": given(call, "clientid"),
        "domainid": given(call, "domainid"),
        "totalresults": total,
        "startnumber": start,
        "numreturned": rows.len(),
        "domains": { "domain": rows },
    }))
}

pub(super) async fn products(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let from = "FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid JOIN tblproductgroups g ON g.id = p.gid
        LEFT JOIN tblorders o ON o.id = h.orderid LEFT JOIN tblservers s ON s.id = h.server
        LEFT JOIN tblpaymentgateways w ON w.gateway = h.paymentmethod AND w.setting = 'name'";
    let (filter, args) = filter(
        call,
        from,
        &[
            ("clientid", "h.userid"),
            ("serviceid", "h.id"),
            ("pid", "h.packageid"),
            ("domain", "h.domain"),
            ("username2", "h.username"),
        ],
    );
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "h.id, h.qty, h.userid AS clientid, h.orderid, coalesce(o.ordernum, 0) AS ordernumber, h.packageid AS pid, h.regdate, p.name,
        p.name AS translated_name, g.name AS groupname, g.name AS translated_groupname, h.domain, h.dedicatedip, h.server AS serverid,
        coalesce(s.name, '') AS servername, coalesce(s.ipaddress, '') AS serverip, coalesce(s.hostname, '') AS serverhostname,
        h.suspendreason AS suspensionreason, h.firstpaymentamount, h.amount AS recurringamount, h.paymentmethod,
        coalesce(w.value, h.paymentmethod) AS paymentmethodname, h.billingcycle, h.nextduedate, h.domainstatus AS status, h.username, h.password,
        h.subscriptionid, h.promoid, h.overideautosuspend, h.overidesuspenduntil, h.ns1, h.ns2, h.assignedips, h.notes, h.diskusage, h.disklimit,
        h.bwusage, h.bwlimit, h.lastupdate";
    let mut rows = call
        .app
        .db
        .rows(
            &format!("SELECT {columns} {filter} ORDER BY h.id LIMIT {count} OFFSET {start}"),
            &args,
        )
        .await?;
    for row in &mut rows {
        let password = call
            .app
            .vault
            .decrypt(row.text("password"))
            .unwrap_or_default();
        row.insert("password".to_owned(), json!(password));
        let sql = "SELECT f.id, f.fieldname AS name, f.fieldname AS translated_name, coalesce(v.value, '') AS value FROM tblcustomfields f
                   LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = ? WHERE f.type = 'product' AND f.relid = ? ORDER BY f.sortorder, f.id";
        let fields = call
            .app
            .db
            .rows(sql, args![row.int("id"), row.int("pid")])
            .await?;
        row.insert("customfields".to_owned(), json!({ "customfield": fields }));
        row.insert("configoptions".to_owned(), json!({ "configoption": [] }));
    }
    Ok(json!({
        "clientid": given(call, "clientid"),
        "serviceid": given(call, "serviceid"),
        "pid": given(call, "pid"),
        "domain": given(call, "domain"),
        "totalresults": total,
        "startnumber": start,
        "numreturned": rows.len(),
        "products": { "product": rows },
    }))
}

pub(super) async fn addons(call: &Call<'_>) -> Answer {
    let fields = [
        ("serviceid", "hostingid"),
        ("clientid", "userid"),
        ("addonid", "addonid"),
    ];
    let (filter, args) = filter(call, "FROM tblhostingaddons", &fields);
    let columns = "id, qty, userid, orderid, hostingid AS serviceid, addonid, name, setupfee, recurring, billingcycle, tax, status, regdate,
        nextduedate, nextinvoicedate, paymentmethod, paymentmethod AS paymentmethodname, notes";
    let rows = call
        .app
        .db
        .rows(&format!("SELECT {columns} {filter} ORDER BY id"), &args)
        .await?;
    Ok(json!({
        "serviceid": given(call, "serviceid"),
        "clientid": given(call, "clientid"),
        "totalresults": rows.len(),
        "addons": { "addon": rows },
    }))
}

/// The mail that was written down for a client, newest first.
pub(super) async fn emails(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let client = call
        .row_by_id("clientid", "tblclients", "Client ID Not Found")
        .await?;
    let filter = "FROM tblemails WHERE userid = ?1 AND subject LIKE '%' || ?2 || '%' AND date LIKE ?3 || '%'";
    let args = args![
        client.int("id"),
        call.form.text("subject"),
        call.form.text("date")
    ];
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), args)
        .await?;
    let rows = call
        .app
        .db
        .rows(
            &format!("SELECT * {filter} ORDER BY id DESC LIMIT {count} OFFSET {start}"),
            args,
        )
        .await?;
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), "emails": { "email": rows } }),
    )
}

/// A filter that was sent, echoed; null when it was not.
fn given(call: &Call<'_>, field: &str) -> Value {
    match call.form.text(field) {
        "" => Value::Null,
        text => text
            .parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number)),
    }
}

/// The rows of `from` whose columns have the values of the fields that were sent.
pub(super) fn filter(call: &Call<'_>, from: &str, fields: &[(&str, &str)]) -> (String, Vec<Arg>) {
    let mut filter = format!("{from} WHERE 1 = 1");
    let mut args: Vec<Arg> = Vec::new();
    for (field, column) in fields {
        match call.form.text(field) {
            "" => {}
            text => {
                filter.push_str(&format!(" AND {column} = ?"));
                args.push(
                    text.parse::<i64>()
                        .map_or_else(|_| Arg::from(text), Arg::from),
                );
            }
        }
    }
    (filter, args)
}
