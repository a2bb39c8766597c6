//! Payments on invoices, and the moment an invoice becomes paid.

use serde_json::json;

use super::credit::{CreditError, book};
use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, Write, args};

/// Money that came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewPayment {
    pub invoice: i64,
    pub transid: String,
    /// `None`: the invoice's whole balance.
    pub amount: Option<Amount>,
    pub fees: Amount,
    pub gateway: String,
    /// `YYYY-MM-DD`, optionally with a time; empty: now.
    pub date: String,
}

impl App {
    /// Books a payment; what is too much becomes credit. An invoice that is paid by it sets off its chain.
    pub(crate) async fn add_payment(
        &self,
        actor: &Actor,
        payment: &NewPayment,
    ) -> Result<Result<(), CreditError>, HostError> {
        let id = payment.invoice;
        let mut write = self.db.begin().await?;
        let Some(invoice) = write
            .row("SELECT * FROM tblinvoices WHERE id = ?", args![id])
            .await?
        else {
            return Ok(Err(CreditError("Invoice ID Not Found")));
        };
        if matches!(invoice.text("status"), "Cancelled" | "Draft") {
            return Ok(Err(CreditError(
                "It is not possible to add a payment to an invoice that is Cancelled or in Draft",
            )));
        }
        let client = invoice.int("userid");
        let balance = balance_in(&mut write, &invoice).await?;
        let amount = payment
            .amount
            .filter(|amount| *amount != Amount::ZERO)
            .unwrap_or(balance);
        let currency = write
            .row(
                "SELECT currency FROM tblclients WHERE id = ?",
                args![client],
            )
            .await?
            .map_or(1, |row| row.int("currency"));
        let date = if payment.date.is_empty() {
            self.now()
        } else {
            payment.date.clone()
        };
        write
            .insert(
                "tblaccounts",
                &[
                    ("userid", client.into()),
                    ("currency", currency.into()),
                    ("gateway", (&payment.gateway).into()),
                    ("date", date.into()),
                    ("description", "Invoice Payment".into()),
                    ("amountin", amount.into()),
                    ("fees", payment.fees.into()),
                    ("transid", (&payment.transid).into()),
                    ("invoiceid", id.into()),
                ],
            )
            .await?;
        let excess = amount - balance.max(Amount::ZERO);
        if excess.is_positive() {
            let description = format!("Invoice #{id} Overpayment");
            book(
                &mut write,
                client,
                excess,
                &description,
                &self.today(),
                id,
                0,
            )
            .await?;
        }
        let paid = invoice.text("status") == "Unpaid" && self.mark_paid_in(&mut write, id).await?;
        write.commit().await?;
        self.log_activity(
            actor,
            &format!("Added Invoice Payment - Invoice ID: {id} - Amount: {amount}"),
            client,
        )
        .await?;
        self.hook(actor, "AddInvoicePayment", json!({ "invoiceid": id }))
            .await?;
        if paid {
            self.invoice_paid(actor, id).await?;
        }
        Ok(Ok(()))
    }

    /// What is still to be paid.
    pub(crate) async fn balance(&self, invoice: &Row) -> Result<Amount, HostError> {
        let rows = self.db.rows(PAYMENTS, args![invoice.int("id")]).await?;
        Ok(left_of(invoice, &rows))
    }

    /// Adds credit inside a transaction that does more.
    pub(crate) async fn credit_in(
        &self,
        write: &mut Write,
        client: i64,
        amount: Amount,
        description: &str,
    ) -> Result<(), HostError> {
        book(write, client, amount, description, &self.today(), 0, 0).await
    }

    /// After a transaction was written by hand: whether its invoice has become paid by it.
    pub(crate) async fn settle_in(
        &self,
        write: &mut Write,
        invoice: i64,
    ) -> Result<bool, HostError> {
        self.mark_paid_in(write, invoice).await
    }

    /// Sets the status to Paid when nothing is left to pay. True for the one caller that did it.
    pub(super) async fn mark_paid_in(&self, write: &mut Write, id: i64) -> Result<bool, HostError> {
        let Some(invoice) = write
            .row("SELECT * FROM tblinvoices WHERE id = ?", args![id])
            .await?
        else {
            return Ok(false);
        };
        if invoice.text("status") != "Unpaid" || balance_in(write, &invoice).await?.is_positive() {
            return Ok(false);
        }
        let columns = [
            ("status", "Paid".into()),
            ("datepaid", self.now().into()),
            ("updated_at", self.now().into()),
        ];
        write.update("tblinvoices", id, &columns).await?;
        Ok(true)
    }
}

pub(super) async fn balance_in(write: &mut Write, invoice: &Row) -> Result<Amount, HostError> {
    let rows = write.rows(PAYMENTS, args![invoice.int("id")]).await?;
    Ok(left_of(invoice, &rows))
}

/// The total has credit taken off already.
fn left_of(invoice: &Row, payments: &[Row]) -> Amount {
    let received: Amount = payments
        .iter()
        .map(|row| row.amount("amountin") - row.amount("amountout"))
        .sum();
    invoice.amount("total") - received
}

const PAYMENTS: &str = "SELECT amountin, amountout FROM tblaccounts WHERE invoiceid = ?";
