//! Invoices: GetInvoice, GetInvoices.

use jiff::civil::Date;
use wharf_core::{Currency, Money};

use super::{ApiError, WhmcsApi};

/// An invoice's heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    pub id: i64,
    pub client: i64,
    /// `Unpaid`, `Paid`, `Draft`, `Cancelled`, `Refunded`, `Collections`, `Payment Pending`.
    pub status: String,
    pub total: Money,
    /// What is still to be paid.
    pub balance: Money,
    pub credit: Option<Money>,
    pub due: Option<Date>,
    /// The gateway module.
    pub payment_method: Option<String>,
}

/// The client's invoices that money is asked for, by what WHMCS lets credit do: ApplyCredit refuses an invoice
/// that is not in the status Unpaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenInvoices {
    /// The totals of those in the status Unpaid. What was already paid on them is not deducted: the list does
    /// not tell it.
    pub unpaid: Money,
    /// The totals of those in Collections, Payment Pending, Refunded, or a status that WHMCS gets some day.
    pub beyond_credit: Money,
}

impl OpenInvoices {
    /// Whether the balance pays all of them; `None` where there is one that no credit pays: that says nothing about
    /// whether more has to be sent.
    pub fn covered_by(&self, credit: Money) -> Option<bool> {
        let covered = credit.currency == self.unpaid.currency && credit.minor >= self.unpaid.minor;
        (!self.beyond_credit.is_positive()).then_some(covered)
    }
}

impl Invoice {
    pub fn is_unpaid(&self) -> bool {
        self.status.eq_ignore_ascii_case("unpaid")
    }

    pub fn is_paid(&self) -> bool {
        self.status.eq_ignore_ascii_case("paid")
    }
}

impl WhmcsApi {
    /// `currency` is the client's: the answer does not tell it. An invoice that does not exist is
    /// [`ApiError::Refused`].
    pub async fn invoice(&self, invoice: i64, currency: Currency) -> Result<Invoice, ApiError> {
        let answer = self
            .call("GetInvoice", &[("invoiceid", invoice.to_string())])
            .await?;
        Ok(Invoice {
            id: answer.integer("invoiceid").unwrap_or(invoice),
            client: answer.required("userid", answer.integer("userid"))?,
            status: answer.required("status", answer.text("status"))?,
            total: answer.required("total", answer.money("total", currency))?,
            balance: answer.required("balance", answer.money("balance", currency))?,
            credit: answer.money("credit", currency),
            due: answer.date("duedate"),
            payment_method: answer.text("paymentmethod"),
        })
    }

    /// All that waits for the client's money, in `currency`, the client's. More invoices than one answer holds are an
    /// error.
    pub async fn open_invoices(
        &self,
        client: i64,
        currency: Currency,
    ) -> Result<OpenInvoices, ApiError> {
        // All at once: between two lists an invoice could go from one to the other.
        let fields = [
            ("userid", client.to_string()),
            ("limitnum", "1000".to_owned()),
        ];
        let answer = self.call("GetInvoices", &fields).await?;
        let rows = answer.rows("invoices", "invoice");
        let total = answer.integer("totalresults");
        if total.is_some_and(|total| usize::try_from(total).is_ok_and(|total| total > rows.len())) {
            return answer.required("invoices", None);
        }
        let none = Money::new(0, currency);
        let mut open = OpenInvoices {
            unpaid: none,
            beyond_credit: none,
        };
        for row in rows {
            // One that does not say is money that is asked for.
            let status = row.text("status").unwrap_or_else(|| "Unpaid".to_owned());
            let sum = match status.to_ascii_lowercase().as_str() {
                "paid" | "draft" | "cancelled" => continue,
                "unpaid" => &mut open.unpaid,
                _ => &mut open.beyond_credit,
            };
            let invoice = row.required("total", row.money("total", currency))?;
            *sum = row.required("total", sum.checked_add(invoice))?;
        }
        Ok(open)
    }
}
