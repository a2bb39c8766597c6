//! Money and orders: credit, payments, invoices, what a paid invoice sets off, and failed actions.

mod activation;
mod credit;
pub(crate) mod invoices;
mod orders;
mod payments;
pub(crate) mod pricing;
mod queue;
pub(crate) mod renewals;
mod upgrades;

pub(crate) use credit::CreditError;
pub(crate) use invoices::{InvoiceItem, NewInvoice};
pub(crate) use orders::{CartDomain, CartProduct, NewOrder, PremiumOrder};
pub(crate) use payments::NewPayment;

use crate::app::{App, HostError};
use crate::db::args;

impl App {
    /// Takes hold of one service or domain for a module action; false when somebody else has it. What was
    /// claimed must be released, also after a failure.
    pub(crate) async fn claim(&self, kind: &str, id: i64) -> Result<bool, HostError> {
        let sql =
            "INSERT INTO host_running (kind, relid, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        Ok(self.db.exec(sql, args![kind, id, self.now()]).await?.rows == 1)
    }

    pub(crate) async fn release(&self, kind: &str, id: i64) -> Result<(), HostError> {
        self.db
            .exec(
                "DELETE FROM host_running WHERE kind = ? AND relid = ?",
                args![kind, id],
            )
            .await?;
        Ok(())
    }
}
