//! Clients: adding, changing, finding, logging in.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, said};
use crate::amount::Amount;
use crate::clients::ClientDetails;
use crate::db::{Arg, Columns as _, Row, args};

pub(super) async fn add(call: &Call<'_>) -> Answer {
    match call.app.add_client(&call.actor, &call.form).await? {
        Ok((client, user)) => Ok(json!({ "clientid": client, "owner_id": user })),
        Err(text) => said(text),
    }
}

pub(super) async fn update(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let client = match form.text("clientemail") {
        "" => app.client(form.int("clientid")).await?,
        email => by_email(call, email).await?,
    };
    let Some(client) = client else {
        return said("Client ID Not Found");
    };
    let id = client.int("id");
    let mut columns = call.sent(&[
        ("firstname", "firstname"),
        ("lastname", "lastname"),
        ("companyname", "companyname"),
        ("email", "email"),
        ("address1", "address1"),
        ("address2", "address2"),
        ("city", "city"),
        ("state", "state"),
        ("postcode", "postcode"),
        ("country", "country"),
        ("phonenumber", "phonenumber"),
        ("tax_id", "tax_id"),
        ("currency", "currency"),
        ("groupid", "groupid"),
        ("language", "language"),
        ("clientip", "ip"),
        ("notes", "notes"),
        ("status", "status"),
        ("paymentmethod", "defaultgateway"),
    ]);
    if let Some(email) = form.get("email") {
        let email = email.trim();
        if !email
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
        {
            return said("The email address entered is not valid");
        }
        let sql = "SELECT count(*) FROM tblclients WHERE lower(email) = lower(?) AND id <> ?";
        if app.db.count(sql, args![email, id]).await? > 0 {
            return said("Duplicate Email Address");
        }
    }
    let flags = [
        ("marketingoptin", "marketing_emails_opt_in"),
        ("latefeeoveride", "latefeeoveride"),
        ("overideduenotices", "overideduenotices"),
        ("taxexempt", "taxexempt"),
        ("separateinvoices", "separateinvoices"),
        ("disableautocc", "disableautocc"),
        ("overrideautoclose", "overrideautoclose"),
    ];
    columns.extend(
        flags
            .iter()
            .filter(|(field, _)| form.get(field).is_some())
            .map(|(field, column)| (*column, Arg::from(form.flag(field)))),
    );
    let preferences = form.list("email_preferences");
    if !preferences.is_empty() {
        let mut known: Row =
            serde_json::from_str(client.text("email_preferences")).unwrap_or_default();
        for (name, value) in preferences {
            known.insert(name, json!(i64::from(crate::form::is_on(&value))));
        }
        columns.push(("email_preferences", Value::Object(known).to_string().into()));
    }
    columns.push(("updated_at", app.now().into()));
    let mut write = app.db.begin().await?;
    write.update("tblclients", id, &columns).await?;
    if let Some(password) = form
        .get("password2")
        .filter(|password| !password.is_empty())
    {
        let sql = "UPDATE tblusers SET password = ? WHERE id IN (SELECT auth_user_id FROM tblusers_clients WHERE client_id = ? AND owner = 1)";
        write
            .exec(sql, args![crate::secrets::hash(password), id])
            .await?;
    }
    write.commit().await?;
    app.log_activity(
        &call.actor,
        &format!("Client Profile Modified - User ID: {id}"),
        id,
    )
    .await?;
    app.hook(
        &call.actor,
        "ClientEdit",
        json!({ "userid": id, "uuid": client.text("uuid") }),
    )
    .await?;
    // A text, as WHMCS's documentation prints it: here WHMCS repeats what it was sent.
    Ok(json!({ "clientid": id.to_string() }))
}

pub(super) async fn close(call: &Call<'_>) -> Answer {
    let client = call
        .row_by_id("clientid", "tblclients", "Client ID Not Found")
        .await?;
    let id = client.int("id");
    call.app
        .db
        .exec(
            "UPDATE tblclients SET status = 'Closed' WHERE id = ?",
            args![id],
        )
        .await?;
    call.app
        .hook(&call.actor, "ClientClose", json!({ "userid": id }))
        .await?;
    Ok(json!({ "clientid": id }))
}

pub(super) async fn delete(call: &Call<'_>) -> Answer {
    let client = call
        .row_by_id("clientid", "tblclients", "Client ID Not Found")
        .await?;
    let id = client.int("id");
    call.app
        .hook(&call.actor, "PreDeleteClient", json!({ "userid": id }))
        .await?;
    let mut write = call.app.db.begin().await?;
    for sql in [
        "DELETE FROM tblusers WHERE id IN (SELECT auth_user_id FROM tblusers_clients WHERE client_id = ? AND owner = 1)",
        "DELETE FROM tblusers_clients WHERE client_id = ?",
        "DELETE FROM tblinvoiceitems WHERE userid = ?",
        "DELETE FROM tblinvoices WHERE userid = ?",
        "DELETE FROM tblorders WHERE userid = ?",
        "DELETE FROM tblhosting WHERE userid = ?",
        "DELETE FROM tbldomains WHERE userid = ?",
        "DELETE FROM tblclients WHERE id = ?",
    ] {
        write.exec(sql, args![id]).await?;
    }
    write.commit().await?;
    call.app
        .hook(&call.actor, "ClientDelete", json!({ "userid": id }))
        .await?;
    Ok(json!({ "clientid": id }))
}

pub(super) async fn list(call: &Call<'_>) -> Answer {
    let (start, count) = call.page();
    let mut filter = "FROM tblclients WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    if !call.form.text("status").is_empty() {
        filter.push_str(" AND status = ? COLLATE NOCASE");
        args.push(call.form.text("status").into());
    }
    if !call.form.text("search").is_empty() {
        filter.push_str(" AND (email LIKE ?1 || '%' OR firstname || ' ' || lastname LIKE ?1 || '%' OR lastname LIKE ?1 || '%' OR companyname LIKE ?1 || '%')");
        filter = filter.replace("?1", &format!("?{}", args.len() + 1));
        args.push(call.form.text("search").into());
    }
    let order = match call.form.text("orderby").to_ascii_lowercase().as_str() {
        "id" => "id",
        "firstname" => "firstname",
        "companyname" => "companyname",
        "email" => "email",
        "groupid" => "groupid",
        "datecreated" => "datecreated",
        "status" => "status",
        _ => "lastname",
    };
    let direction = if call.form.text("sorting").eq_ignore_ascii_case("desc") {
        "DESC"
    } else {
        "ASC"
    };
    let total = call
        .app
        .db
        .count(&format!("SELECT count(*) {filter}"), &args)
        .await?;
    let columns = "id, firstname, lastname, companyname, email, datecreated, groupid, status";
    let rows = call.app.db.rows(&format!("SELECT {columns} {filter} ORDER BY {order} {direction}, id LIMIT {count} OFFSET {start}"), &args).await?;
    Ok(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), "clients": { "client": rows } }),
    )
}

pub(super) async fn details(call: &Call<'_>) -> Answer {
    let (id, email) = (call.form.int("clientid"), call.form.text("email"));
    if id == 0 && email.is_empty() {
        return said("Either clientid Or email Is Required");
    }
    let found = if id > 0 {
        call.app.client(id).await?
    } else {
        by_email(call, email).await?
    };
    let Some(client) = found else {
        return said("Client Not Found");
    };
    let id = client.int("id");
    let mut details = ClientDetails::of(&client).all(call.app).await?;
    let sql = "SELECT u.id, u.first_name || ' ' || u.last_name AS name, u.email, l.owner AS is_owner
               FROM tblusers_clients l JOIN tblusers u ON u.id = l.auth_user_id WHERE l.client_id = ? ORDER BY l.owner DESC, u.id";
    let mut users = call.app.db.rows(sql, args![id]).await?;
    for user in &mut users {
        let owner = user.on("is_owner");
        user.insert("is_owner".to_owned(), json!(owner));
    }
    details.insert("users".to_owned(), json!({ "user": users }));
    // The fields of `client` again at the top: old clients of the API read them there.
    let mut answer = details.clone();
    answer.insert("client".to_owned(), Value::Object(details));
    if call.form.flag("stats") {
        answer.insert("stats".to_owned(), stats(call, &client).await?);
    }
    Ok(Value::Object(answer))
}

async fn stats(call: &Call<'_>, client: &Row) -> Answer {
    let id = client.int("id");
    let credit = client.amount("credit");
    let currency = call.app.currency_of(id).await?;
    // Sums are for people here, and formatted for them.
    let money = |amount: Amount| {
        json!(format!(
            "{}{amount}{}",
            currency.text("prefix"),
            currency.text("suffix")
        ))
    };
    let mut stats = Row::from_iter([
        ("incredit".to_owned(), json!(credit.is_positive())),
        ("creditbalance".to_owned(), money(credit)),
        ("isAffiliate".to_owned(), json!(false)),
    ]);
    let invoices = call
        .app
        .db
        .rows(
            "SELECT status, total FROM tblinvoices WHERE userid = ?",
            args![id],
        )
        .await?;
    for (name, status) in [
        ("unpaid", "Unpaid"),
        ("paid", "Paid"),
        ("cancelled", "Cancelled"),
        ("refunded", "Refunded"),
        ("collections", "Collections"),
    ] {
        let of_status = || invoices.iter().filter(|row| row.text("status") == status);
        stats.insert(format!("num{name}invoices"), json!(of_status().count()));
        stats.insert(
            format!("{name}invoicesamount"),
            money(of_status().map(|row| row.amount("total")).sum()),
        );
    }
    let due: Amount = invoices
        .iter()
        .filter(|row| row.text("status") == "Unpaid")
        .map(|row| row.amount("total"))
        .sum();
    stats.insert(
        "numdueinvoices".to_owned(),
        stats.get("numunpaidinvoices").cloned().unwrap_or_default(),
    );
    stats.insert("dueinvoicesbalance".to_owned(), money(due));
    for (name, sql) in [
        (
            "productsnumactive",
            "SELECT count(*) FROM tblhosting WHERE userid = ? AND domainstatus = 'Active'",
        ),
        (
            "productsnumtotal",
            "SELECT count(*) FROM tblhosting WHERE userid = ?",
        ),
        (
            "numactivedomains",
            "SELECT count(*) FROM tbldomains WHERE userid = ? AND status = 'Active'",
        ),
        (
            "numdomains",
            "SELECT count(*) FROM tbldomains WHERE userid = ?",
        ),
    ] {
        stats.insert(
            name.to_owned(),
            json!(call.app.db.count(sql, args![id]).await?),
        );
    }
    Ok(Value::Object(stats))
}

pub(super) async fn validate_login(call: &Call<'_>) -> Answer {
    match call
        .app
        .log_in(
            call.form.text("email"),
            call.form.get("password2").unwrap_or_default(),
        )
        .await?
    {
        Some(user) => Ok(json!({
            "userid": user.int("id"),
            "passwordhash": crate::secrets::token::<20>(),
            "twoFactorEnabled": false,
        })),
        None => said("Email or Password Invalid"),
    }
}

async fn by_email(call: &Call<'_>, email: &str) -> Result<Option<Row>, ApiError> {
    Ok(call
        .app
        .db
        .row(
            "SELECT * FROM tblclients WHERE lower(email) = lower(?)",
            args![email],
        )
        .await?)
}
