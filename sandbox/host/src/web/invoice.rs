//! The invoice page: items, what is left to pay, and how.

use http::StatusCode;
use serde_json::json;

use super::visit::{Failure, Page, Visit};
use crate::amount::Amount;
use crate::billing::CreditError;
use crate::db::{Columns as _, Row, args};

pub(super) async fn show(visit: Visit) -> Page {
    let Some(invoice) = own_invoice(&visit).await? else {
        return if visit.session.client.is_some() {
            missing(&visit).await
        } else {
            Ok(visit
                .client()
                .await?
                .err()
                .unwrap_or_else(|| visit.redirect("/")))
        };
    };
    let app = &visit.app;
    let id = invoice.int("id");
    let client = app.client(invoice.int("userid")).await?.unwrap_or_default();
    let balance = app.balance(&invoice).await?;
    let payment = if invoice.text("status") == "Unpaid" && balance.is_positive() {
        app.payment_html(&visit.actor(), &invoice).await?
    } else {
        String::new()
    };
    app.hook(
        &visit.actor(),
        "ViewInvoiceDetailsPage",
        json!({ "invoiceid": id }),
    )
    .await?;
    let transactions = app.db.rows("SELECT date, gateway, transid, amountin, amountout FROM tblaccounts WHERE invoiceid = ? ORDER BY id", args![id]).await?;
    let credit = client.amount("credit");
    visit
        .render(
            "invoice.html",
            json!({
                "title": format!("Invoice #{id}"),
                "invoice": invoice,
                "items": app.invoice_items(id).await?,
                "owner": client,
                "balance": balance.to_string(),
                "payment": payment,
                "gateways": app.gateways().await?,
                "gateway_name": app.gateway_name(invoice.text("paymentmethod")).await?,
                "transactions": transactions,
                "client_credit": credit.is_positive().then(|| credit.to_string()),
                "usable_credit": credit.min(balance).to_string(),
            }),
        )
        .await
}

pub(super) async fn change(visit: Visit) -> Page {
    let Some(invoice) = own_invoice(&visit).await? else {
        return missing(&visit).await;
    };
    let app = &visit.app;
    let id = invoice.int("id");
    let gateway = visit.form.text("gateway");
    if visit.form.flag("applycredit") {
        let wanted = Amount::parse(visit.form.text("creditamount"));
        match app.apply_credit(&visit.actor(), id, wanted).await? {
            Ok((amount, _)) => visit.flash(true, format!("{amount} of your credit was applied.")),
            Err(CreditError(text)) => visit.flash(false, text),
        }
    } else if app
        .gateways()
        .await?
        .iter()
        .any(|row| row.text("module") == gateway)
        && invoice.text("status") == "Unpaid"
    {
        let mut write = app.db.begin().await?;
        write
            .update(
                "tblinvoices",
                id,
                &[
                    ("paymentmethod", gateway.into()),
                    ("updated_at", app.now().into()),
                ],
            )
            .await?;
        write.commit().await?;
        app.hook(
            &visit.actor(),
            "InvoiceChangeGateway",
            json!({ "invoiceid": id, "paymentmethod": gateway }),
        )
        .await?;
    }
    Ok(visit.redirect(&format!("/viewinvoice.php?id={id}")))
}

/// The invoice in the address, when the visitor may see it: its client, or staff.
async fn own_invoice(visit: &Visit) -> Result<Option<Row>, Failure> {
    let invoice = visit.app.invoice(visit.query.int("id")).await?;
    Ok(invoice.filter(|row| {
        visit.session.admin.is_some() || visit.session.client == Some(row.int("userid"))
    }))
}

async fn missing(visit: &Visit) -> Page {
    visit
        .message(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is no such invoice in your account.",
        )
        .await
}
