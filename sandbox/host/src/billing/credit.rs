//! A client's credit balance: adding, removing, applying to invoices.

use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Write, args};

/// Why credit was not moved, in WHMCS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CreditError(pub &'static str);

impl App {
    /// Adds to (or, negative, takes from) a client's credit and returns the new balance.
    pub(crate) async fn add_credit(
        &self,
        actor: &Actor,
        client: i64,
        amount: Amount,
        description: &str,
        date: &str,
    ) -> Result<Result<Amount, CreditError>, HostError> {
        let mut write = self.db.begin().await?;
        let Some(row) = write
            .row("SELECT credit FROM tblclients WHERE id = ?", args![client])
            .await?
        else {
            return Ok(Err(CreditError("Client ID Not Found")));
        };
        let balance = row.amount("credit") + amount;
        if balance < Amount::ZERO {
            return Ok(Err(CreditError("Amount exceeds customer credit balance")));
        }
        book(
            &mut write,
            client,
            amount,
            description,
            date,
            0,
            actor.session.admin_id.unwrap_or_default(),
        )
        .await?;
        write.commit().await?;
        let (word, shown) = if amount < Amount::ZERO {
            ("Removed", -amount)
        } else {
            ("Added", amount)
        };
        let line = format!("{word} Credit - User ID: {client} - Amount: {shown}");
        self.log_activity(actor, &line, client).await?;
        Ok(Ok(balance))
    }

    /// Takes a row out of a client's credit, and its amount with it, as staff do under Manage Credits.
    pub(crate) async fn delete_credit(
        &self,
        actor: &Actor,
        client: i64,
        row: i64,
    ) -> Result<bool, HostError> {
        let mut write = self.db.begin().await?;
        let sought = "SELECT amount FROM tblcredit WHERE id = ? AND clientid = ?";
        let Some(found) = write.row(sought, args![row, client]).await? else {
            return Ok(false);
        };
        let amount = found.amount("amount");
        let held = "SELECT credit FROM tblclients WHERE id = ?";
        let held = write.row(held, args![client]).await?.unwrap_or_default();
        let balance = held.amount("credit") - amount;
        write
            .exec("DELETE FROM tblcredit WHERE id = ?", args![row])
            .await?;
        let taken = "UPDATE tblclients SET credit = ? WHERE id = ?";
        write.exec(taken, args![balance, client]).await?;
        write.commit().await?;
        let line = format!("Deleted Credit - User ID: {client} - Amount: {amount}");
        self.log_activity(actor, &line, client).await?;
        Ok(true)
    }

    /// Pays an unpaid invoice from its client's credit. `None` applies as much as there is and is needed.
    /// Returns the amount applied, and whether the invoice is paid by it; what that sets off has been run.
    pub(crate) async fn apply_credit(
        &self,
        actor: &Actor,
        invoice: i64,
        wanted: Option<Amount>,
    ) -> Result<Result<(Amount, bool), CreditError>, HostError> {
        let mut write = self.db.begin().await?;
        let Some(row) = write
            .row("SELECT * FROM tblinvoices WHERE id = ?", args![invoice])
            .await?
        else {
            return Ok(Err(CreditError("Invoice ID Not Found")));
        };
        if row.text("status") != "Unpaid" {
            return Ok(Err(CreditError("Invoice Not in Unpaid Status")));
        }
        let client = row.int("userid");
        let credit = write
            .row("SELECT credit FROM tblclients WHERE id = ?", args![client])
            .await?
            .map_or(Amount::ZERO, |row| row.amount("credit"));
        let balance = super::payments::balance_in(&mut write, &row).await?;
        let amount = wanted.unwrap_or_else(|| credit.min(balance));
        let refusal = match () {
            () if !amount.is_positive() => Some("Credit Amount to apply must be greater than zero"),
            () if amount > credit => Some("Amount exceeds customer credit balance"),
            () if amount > balance => Some("Amount Exceeds Invoice Balance"),
            () => None,
        };
        if let Some(text) = refusal {
            return Ok(Err(CreditError(text)));
        }
        let description = format!("Credit Applied to Invoice #{invoice}");
        book(
            &mut write,
            client,
            -amount,
            &description,
            &self.today(),
            invoice,
            0,
        )
        .await?;
        let applied = row.amount("credit") + amount;
        // WHMCS counts credit against the total itself: what is left is `total`.
        let columns = [
            ("credit", applied.into()),
            ("total", (row.amount("total") - amount).into()),
            ("updated_at", self.now().into()),
        ];
        write.update("tblinvoices", invoice, &columns).await?;
        let paid = self.mark_paid_in(&mut write, invoice).await?;
        write.commit().await?;
        self.log_activity(
            actor,
            &format!("Credit Applied - Amount: {amount} - Invoice ID: {invoice}"),
            client,
        )
        .await?;
        if paid {
            self.invoice_paid(actor, invoice).await?;
        }
        Ok(Ok((amount, paid)))
    }
}

/// Writes the credit row and moves the balance, inside a transaction.
pub(super) async fn book(
    write: &mut Write,
    client: i64,
    amount: Amount,
    description: &str,
    date: &str,
    invoice: i64,
    admin: i64,
) -> Result<(), HostError> {
    let row = write
        .row("SELECT credit FROM tblclients WHERE id = ?", args![client])
        .await?
        .unwrap_or_default();
    let balance = row.amount("credit") + amount;
    write
        .exec(
            "UPDATE tblclients SET credit = ? WHERE id = ?",
            args![balance, client],
        )
        .await?;
    write
        .insert(
            "tblcredit",
            &[
                ("clientid", client.into()),
                ("admin_id", admin.into()),
                ("date", date.into()),
                ("description", description.into()),
                ("amount", amount.into()),
                ("relid", invoice.into()),
            ],
        )
        .await?;
    Ok(())
}
