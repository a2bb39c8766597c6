//! Contacts of a client: adding, changing, finding, removing.

use serde_json::json;

use super::client_lists::filter;
use super::{Answer, Call};
use crate::db::{Arg, Columns as _, args};
use crate::form::is_on;

pub(super) async fn add(call: &Call<'_>) -> Answer {
    let client = call
        .row_by_id("clientid", "tblclients", "Client ID Not Found")
        .await?;
    let mut columns = fields(call);
    columns.push(("userid", client.int("id").into()));
    columns.push(("created_at", call.app.now().into()));
    let mut write = call.app.db.begin().await?;
    let id = write.insert("tblcontacts", &columns).await?;
    write.commit().await?;
    Ok(json!({ "contactid": id }))
}

pub(super) async fn update(call: &Call<'_>) -> Answer {
    let contact = call
        .row_by_id("contactid", "tblcontacts", "Contact ID Not Found")
        .await?;
    let id = contact.int("id");
    let mut columns = fields(call);
    columns.push(("updated_at", call.app.now().into()));
    let mut write = call.app.db.begin().await?;
    write.update("tblcontacts", id, &columns).await?;
    write.commit().await?;
    Ok(json!({ "contactid": id }))
}

pub(super) async fn delete(call: &Call<'_>) -> Answer {
    let contact = call
        .row_by_id("contactid", "tblcontacts", "Contact ID Not Found")
        .await?;
    let id = contact.int("id");
    let sql = "DELETE FROM tblcontacts WHERE id = ?";
    call.app.db.exec(sql, args![id]).await?;
    Ok(json!({ "contactid": id }))
}

pub(super) async fn list(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let wanted: Vec<(&str, &str)> = std::iter::once("userid")
        .chain(COLUMNS)
        .map(|name| (name, name))
        .collect();
    let (filter, args) = filter(call, "FROM tblcontacts", &wanted);
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "id, userid, firstname, lastname, companyname, email, address1, address2, city, state, postcode, country, phonenumber,
        domainemails, generalemails, invoiceemails, productemails, supportemails, affiliateemails, created_at, updated_at";
    let rows = call
        .app
        .db
        .rows(
            &format!("SELECT {columns} {filter} ORDER BY id LIMIT {count} OFFSET {start}"),
            &args,
        )
        .await?;
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), "contacts": { "contact": rows } }),
    )
}

/// What was sent of a contact, by column.
fn fields(call: &Call<'_>) -> Vec<(&'static str, Arg)> {
    let names: Vec<(&str, &'static str)> = COLUMNS.map(|name| (name, name)).to_vec();
    let mut columns = call.sent(&names);
    for (kind, column) in MAIL {
        if let Some(wanted) = call.form.member("email_preferences", kind) {
            columns.push((column, is_on(&wanted).into()));
        }
    }
    columns
}

const COLUMNS: [&str; 12] = [
    "firstname",
    "lastname",
    "companyname",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "country",
    "phonenumber",
    "tax_id",
];

const MAIL: [(&str, &str); 6] = [
    ("general", "generalemails"),
    ("product", "productemails"),
    ("domain", "domainemails"),
    ("invoice", "invoiceemails"),
    ("support", "supportemails"),
    ("affiliate", "affiliateemails"),
];
