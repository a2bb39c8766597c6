//! Credit, payments and transactions.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Call, Credits, said};
use crate::amount::Amount;
use crate::app::{local_date, read_date};
use crate::billing::{CreditError, NewPayment};
use crate::db::{Arg, Columns as _, args};

pub(super) async fn add_credit(call: &Call<'_>) -> Answer {
    let form = &call.form;
    let kind = form.text("type").to_ascii_lowercase();
    if !matches!(kind.as_str(), "" | "add" | "remove") {
        return said("Type can only be add or remove");
    }
    let client = form.int("clientid");
    if call.app.client(client).await?.is_none() {
        return said("Client ID Not Found");
    }
    let mut actor = call.actor.clone();
    if form.int("adminid") > 0 {
        let sql = "SELECT count(*) FROM tbladmins WHERE id = ?";
        if call.app.db.count(sql, args![form.int("adminid")]).await? == 0 {
            return said("Admin ID Not Found");
        }
        actor.session.admin_id = Some(form.int("adminid"));
    }
    if form.text("amount").is_empty() {
        return said("No Amount Provided");
    }
    let Some(amount) = Amount::parse(form.text("amount")).filter(|amount| amount.is_positive())
    else {
        return said("Amount must be in decimal format: ##.##");
    };
    let date = match form.text("date") {
        "" => call.app.today(),
        text => match read_date(text) {
            Some(date) => date,
            None => return said("Date Format is not Valid"),
        },
    };
    let signed = if kind == "remove" { -amount } else { amount };
    match call
        .app
        .add_credit(&actor, client, signed, form.text("description"), &date)
        .await?
    {
        Ok(balance) => Ok(json!({ "newbalance": balance.to_string() })),
        Err(CreditError(text)) => said(text),
    }
}

pub(super) async fn credits(call: &Call<'_>) -> Answer {
    let client = call.form.int("clientid");
    if call.app.client(client).await?.is_none() {
        return said("Client ID Not Found");
    }
    let sql =
        "SELECT id, date, description, amount, relid FROM tblcredit WHERE clientid = ? ORDER BY id";
    let mut rows = call.app.db.rows(sql, args![client]).await?;
    let mut answer = json!({ "totalresults": rows.len(), "clientid": client });
    let Some(fields) = answer.as_object_mut() else {
        return Ok(answer);
    };
    match call.app.mood.ways().credits {
        Credits::Single if rows.len() == 1 => {
            fields.insert("credits".into(), json!({ "credit": rows.pop() }));
        }
        Credits::Nested | Credits::Single => {
            fields.insert("credits".into(), json!({ "credit": rows }));
        }
        Credits::Flat => {
            for (index, row) in rows.into_iter().enumerate() {
                let flat = |(key, value)| (format!("credits[credit][{index}][{key}]"), value);
                fields.extend(row.into_iter().map(flat));
            }
        }
    }
    Ok(answer)
}

pub(super) async fn apply_credit(call: &Call<'_>) -> Answer {
    let invoice = call.form.int("invoiceid");
    let wanted = match call.form.text("amount") {
        "" | "full" => None,
        text => match Amount::parse(text) {
            Some(amount) => Some(amount),
            None => return said("Credit Amount to apply must be greater than zero"),
        },
    };
    match call.app.apply_credit(&call.actor, invoice, wanted).await? {
        Ok((amount, paid)) => Ok(
            json!({ "invoiceid": invoice, "amount": amount.to_string(), "invoicepaid": paid.to_string() }),
        ),
        Err(CreditError(text)) => said(text),
    }
}

pub(super) async fn add_invoice_payment(call: &Call<'_>) -> Answer {
    let form = &call.form;
    let amounts = (optional(form.text("amount")), optional(form.text("fees")));
    let (Some(amount), Some(fees)) = amounts else {
        return said("Amount must be in decimal format: ##.##");
    };
    let payment = NewPayment {
        invoice: form.int("invoiceid"),
        transid: form.text("transid").to_owned(),
        amount: Some(amount).filter(|amount| amount.is_positive()),
        fees,
        gateway: form.text("gateway").to_owned(),
        date: form.text("date").to_owned(),
    };
    match call.app.add_payment(&call.actor, &payment).await? {
        Ok(()) => Ok(json!({})),
        Err(CreditError(text)) => said(text),
    }
}

/// Takes the balance of an unpaid invoice through its gateway's `capture`.
pub(super) async fn capture_payment(call: &Call<'_>) -> Answer {
    let found = call.app.invoice(call.form.int("invoiceid")).await?;
    let Some(invoice) = found.filter(|row| row.text("status") == "Unpaid") else {
        return said("Invoice Not Found or Not Unpaid");
    };
    let Some((transid, fees)) = call.app.capture(&call.actor, &invoice).await? else {
        return said("Payment Attempt Failed");
    };
    let payment = NewPayment {
        invoice: invoice.int("id"),
        transid,
        amount: None,
        fees,
        gateway: invoice.text("paymentmethod").to_owned(),
        date: String::new(),
    };
    match call.app.add_payment(&call.actor, &payment).await? {
        Ok(()) => Ok(json!({})),
        Err(CreditError(text)) => said(text),
    }
}

pub(super) async fn add_transaction(call: &Call<'_>) -> Answer {
    let (app, form) = (call.app, &call.form);
    let (user, invoice) = (form.int("userid"), form.int("invoiceid"));
    let method = form.text("paymentmethod");
    if method.is_empty() {
        return said("Payment Method is required");
    }
    let client = app.client(user).await?;
    if user > 0 && client.is_none() {
        return said("Client ID Not Found");
    }
    if invoice > 0 {
        match app.invoice(invoice).await? {
            None => return said("Invoice ID Not Found"),
            Some(row) if user > 0 && row.int("userid") != user => {
                return said("User ID does not own the given Invoice ID");
            }
            Some(_) => {}
        }
    }
    let currency = form.int("currencyid");
    if currency > 0
        && app
            .db
            .count(
                "SELECT count(*) FROM tblcurrencies WHERE id = ?",
                args![currency],
            )
            .await?
            == 0
    {
        return said("Currency ID Not Found");
    }
    match &client {
        Some(client) if currency > 0 && client.int("currency") != currency => {
            return said("Currency ID does not match Client currency");
        }
        None if currency == 0 && invoice == 0 => {
            return said("A Currency ID is required for non-customer related transactions");
        }
        _ => {}
    }
    let (Some(amount_in), Some(amount_out), Some(fees)) = (
        optional(form.text("amountin")),
        optional(form.text("amountout")),
        optional(form.text("fees")),
    ) else {
        return said("Amount must be in decimal format: ##.##");
    };
    let date = match form.text("date") {
        "" => app.now(),
        text => local_date(&app.setting("DateFormat").await?, text),
    };
    let transid = form.text("transid");
    // As in WHMCS, a look and then a row: two calls at one time can both pass, and callers must know it.
    let duplicate = "SELECT 1 AS one FROM tblaccounts WHERE transid = ? AND gateway = ?";
    if !transid.is_empty()
        && !form.flag("allowduplicatetransid")
        && app
            .db
            .row(duplicate, args![transid, method])
            .await?
            .is_some()
    {
        return said("Transaction ID must be Unique");
    }
    let window = app.mood.ways().transid_window_ms;
    if window > 0 {
        tokio::time::sleep(Duration::from_millis(window)).await;
    }
    let mut write = app.db.begin().await?;
    let owner_currency = client
        .as_ref()
        .map_or(currency, |client| client.int("currency"));
    let rate = if form.text("rate").is_empty() {
        "1.00000"
    } else {
        form.text("rate")
    };
    let id = write
        .insert(
            "tblaccounts",
            &[
                ("userid", user.into()),
                ("currency", owner_currency.into()),
                ("gateway", method.into()),
                ("date", (&date).into()),
                ("description", form.text("description").into()),
                ("amountin", amount_in.into()),
                ("fees", fees.into()),
                ("amountout", amount_out.into()),
                ("rate", rate.into()),
                ("transid", transid.into()),
                ("invoiceid", invoice.into()),
            ],
        )
        .await?;
    if form.flag("credit") && user > 0 && invoice == 0 && amount_in.is_positive() {
        let description = if transid.is_empty() {
            form.text("description").to_owned()
        } else {
            format!("{method} Trans ID {transid}")
        };
        app.credit_in(&mut write, user, amount_in, &description)
            .await?;
    }
    let paid = invoice > 0 && app.settle_in(&mut write, invoice).await?;
    write.commit().await?;
    app.hook(&call.actor, "AddTransaction", json!({
        "id": id, "userid": user, "currency": owner_currency, "gateway": method, "date": date, "description": form.text("description"),
        "amountin": amount_in.to_string(), "fees": fees.to_string(), "amountout": amount_out.to_string(), "rate": rate, "transid": transid,
        "invocieid": invoice, "invoiceid": invoice, "refundid": 0,
    })).await?;
    if paid {
        app.invoice_paid(&call.actor, invoice).await?;
    }
    Ok(json!({}))
}

pub(super) async fn transactions(call: &Call<'_>) -> Answer {
    let mut sql = "SELECT id, userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid
                   FROM tblaccounts WHERE 1 = 1".to_owned();
    let mut args: Vec<Arg> = Vec::new();
    for (field, column) in [("invoiceid", "invoiceid"), ("clientid", "userid")] {
        if call.form.int(field) > 0 {
            sql.push_str(&format!(" AND {column} = ?"));
            args.push(call.form.int(field).into());
        }
    }
    if !call.form.text("transid").is_empty() {
        sql.push_str(" AND transid = ?");
        args.push(call.form.text("transid").into());
    }
    let rows = call
        .app
        .db
        .rows(&format!("{sql} ORDER BY id"), &args)
        .await?;
    Ok(
        json!({ "totalresults": rows.len(), "startnumber": 0, "numreturned": rows.len(), "transactions": { "transaction": rows } }),
    )
}

pub(super) async fn payment_methods(call: &Call<'_>) -> Answer {
    let rows = call.app.gateways().await?;
    Ok(json!({ "totalresults": rows.len(), "paymentmethods": { "paymentmethod": rows } }))
}

pub(super) async fn currencies(call: &Call<'_>) -> Answer {
    let rows = call
        .app
        .db
        .rows(
            "SELECT id, code, prefix, suffix, format, rate FROM tblcurrencies ORDER BY id",
            &[],
        )
        .await?;
    Ok(json!({ "totalresults": rows.len(), "currencies": { "currency": rows } }))
}

/// An amount that may be left out; `None` only when it is given and is none.
fn optional(text: &str) -> Option<Amount> {
    if text.is_empty() {
        Some(Amount::ZERO)
    } else {
        Amount::parse(text)
    }
}
