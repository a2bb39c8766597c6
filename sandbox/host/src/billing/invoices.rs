//! Making invoices and keeping their totals right.

use rust_decimal::Decimal;
use serde_json::json;

use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, Write, args};

#[derive(Clone, Debug, Default)]
pub(crate) struct NewInvoice {
    pub client: i64,
    /// `Unpaid` or `Draft`.
    pub status: &'static str,
    pub payment_method: String,
    /// Empty: today.
    pub date: String,
    pub due: String,
    pub notes: String,
    /// Percent.
    pub tax_rates: (Decimal, Decimal),
    pub items: Vec<InvoiceItem>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct InvoiceItem {
    /// `Hosting`, `DomainRegister`, … or empty for free text.
    pub kind: String,
    /// The service or domain that it pays for.
    pub relid: i64,
    pub description: String,
    pub amount: Amount,
    pub taxed: bool,
}

impl App {
    /// Writes an invoice with its items, inside a transaction.
    pub(crate) async fn create_invoice_in(
        &self,
        write: &mut Write,
        new: &NewInvoice,
    ) -> Result<i64, HostError> {
        let date = if new.date.is_empty() {
            self.today()
        } else {
            new.date.clone()
        };
        let due = if new.due.is_empty() {
            date.clone()
        } else {
            new.due.clone()
        };
        let id = write
            .insert(
                "tblinvoices",
                &[
                    ("userid", new.client.into()),
                    ("date", date.into()),
                    ("duedate", (&due).into()),
                    ("taxrate", new.tax_rates.0.to_string().into()),
                    ("taxrate2", new.tax_rates.1.to_string().into()),
                    ("status", new.status.into()),
                    ("paymentmethod", (&new.payment_method).into()),
                    ("notes", (&new.notes).into()),
                    ("created_at", self.now().into()),
                    ("updated_at", self.now().into()),
                ],
            )
            .await?;
        for item in &new.items {
            add_item(write, id, new.client, item, &due, &new.payment_method).await?;
        }
        update_total(write, id).await?;
        Ok(id)
    }

    /// The hooks of a new invoice.
    pub(crate) async fn invoice_created(
        &self,
        actor: &Actor,
        invoice: i64,
        source: &str,
        status: &str,
    ) -> Result<(), HostError> {
        let vars =
            json!({ "source": source, "user": actor.name, "invoiceid": invoice, "status": status });
        self.hook(actor, "InvoiceCreation", vars.clone()).await?;
        self.hook(actor, "InvoiceCreated", vars).await?;
        Ok(())
    }

    pub(crate) async fn invoice(&self, id: i64) -> Result<Option<Row>, HostError> {
        Ok(self
            .db
            .row("SELECT * FROM tblinvoices WHERE id = ?", args![id])
            .await?)
    }

    pub(crate) async fn invoice_items(&self, id: i64) -> Result<Vec<Row>, HostError> {
        let sql = "SELECT id, type, relid, description, amount, taxed FROM tblinvoiceitems WHERE invoiceid = ? ORDER BY id";
        Ok(self.db.rows(sql, args![id]).await?)
    }
}

pub(crate) async fn add_item(
    write: &mut Write,
    invoice: i64,
    client: i64,
    item: &InvoiceItem,
    due: &str,
    method: &str,
) -> Result<(), HostError> {
    write
        .insert(
            "tblinvoiceitems",
            &[
                ("invoiceid", invoice.into()),
                ("userid", client.into()),
                ("type", (&item.kind).into()),
                ("relid", item.relid.into()),
                ("description", (&item.description).into()),
                ("amount", item.amount.into()),
                ("taxed", item.taxed.into()),
                ("duedate", due.into()),
                ("paymentmethod", method.into()),
            ],
        )
        .await?;
    Ok(())
}

/// Recomputes subtotal, taxes and total from the items, less the credit already applied.
pub(crate) async fn update_total(write: &mut Write, id: i64) -> Result<(), HostError> {
    let Some(invoice) = write
        .row("SELECT * FROM tblinvoices WHERE id = ?", args![id])
        .await?
    else {
        return Ok(());
    };
    let items = write
        .rows(
            "SELECT amount, taxed FROM tblinvoiceitems WHERE invoiceid = ?",
            args![id],
        )
        .await?;
    let subtotal: Amount = items.iter().map(|item| item.amount("amount")).sum();
    let taxable: Amount = items
        .iter()
        .filter(|item| item.on("taxed"))
        .map(|item| item.amount("amount"))
        .sum();
    let tax_of = |column: &str| {
        let percent: Decimal = invoice.text(column).parse().unwrap_or_default();
        taxable
            .times(percent / Decimal::ONE_HUNDRED)
            .unwrap_or_default()
    };
    let (tax, tax2) = (tax_of("taxrate"), tax_of("taxrate2"));
    let total = subtotal + tax + tax2 - invoice.amount("credit");
    write
        .update(
            "tblinvoices",
            id,
            &[
                ("subtotal", subtotal.into()),
                ("tax", tax.into()),
                ("tax2", tax2.into()),
                ("total", total.into()),
            ],
        )
        .await?;
    Ok(())
}
