//! Client credit: AddCredit, GetCredits, ApplyCredit.

use jiff::civil::Date;
use wharf_core::{Currency, Money};

use super::answer::Answer;
use super::{ApiError, WhmcsApi};

/// What AddCredit books. WHMCS has no idempotency key: the description must hold a token that can be found
/// again with [`WhmcsApi::credits`].
#[derive(Clone, Debug)]
pub struct NewCredit {
    pub client: i64,
    /// Positive, in the client's currency.
    pub amount: Money,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditAdded {
    /// The client's balance afterwards, if the answer told it legibly.
    pub new_balance: Option<Money>,
}

/// A row of a client's credit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditRow {
    pub id: i64,
    pub date: Option<Date>,
    pub description: String,
    /// Negative when spent on an invoice.
    pub amount: Money,
    /// The invoice it was spent on.
    pub related: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditApplied {
    pub amount: Option<Money>,
    pub invoice_paid: bool,
}

impl WhmcsApi {
    pub async fn add_credit(&self, credit: &NewCredit) -> Result<CreditAdded, ApiError> {
        self.change_credit(credit, None).await
    }

    /// Takes credit away again; `amount` is positive here too.
    pub async fn remove_credit(&self, credit: &NewCredit) -> Result<CreditAdded, ApiError> {
        self.change_credit(credit, Some("remove")).await
    }

    async fn change_credit(
        &self,
        credit: &NewCredit,
        kind: Option<&str>,
    ) -> Result<CreditAdded, ApiError> {
        let mut fields = vec![
            ("clientid", credit.client.to_string()),
            ("description", credit.description.clone()),
            ("amount", credit.amount.amount()),
        ];
        fields.extend(kind.map(|kind| ("type", kind.to_owned())));
        let answer = self.call("AddCredit", &fields).await?;
        Ok(CreditAdded {
            new_balance: answer.money("newbalance", credit.amount.currency),
        })
    }

    /// All rows of the client's credit log, in `currency`, the client's own. A row that cannot be read is
    /// an error: a search that overlooks one would let a credit be booked twice.
    pub async fn credits(
        &self,
        client: i64,
        currency: Currency,
    ) -> Result<Vec<CreditRow>, ApiError> {
        let answer = self
            .call("GetCredits", &[("clientid", client.to_string())])
            .await?;
        let rows: Vec<CreditRow> = answer
            .rows("credits", "credit")
            .iter()
            .map(|row| CreditRow::read(row, currency))
            .collect::<Result<_, _>>()?;
        match answer.integer("totalresults") {
            Some(total) if usize::try_from(total).is_ok_and(|total| total > rows.len()) => {
                answer.required("credits", None)
            }
            _ => Ok(rows),
        }
    }

    /// Spends the client's credit on an invoice; `amount` in the client's currency.
    pub async fn apply_credit(
        &self,
        invoice: i64,
        amount: Money,
    ) -> Result<CreditApplied, ApiError> {
        let fields = [
            ("invoiceid", invoice.to_string()),
            ("amount", amount.amount()),
        ];
        let answer = self.call("ApplyCredit", &fields).await?;
        Ok(CreditApplied {
            amount: answer.money("amount", amount.currency),
            invoice_paid: answer.flag("invoicepaid"),
        })
    }
}

impl CreditRow {
    fn read(row: &Answer, currency: Currency) -> Result<Self, ApiError> {
        Ok(Self {
            id: row.required("id", row.integer("id"))?,
            date: row.date("date"),
            description: row.text("description").unwrap_or_default(),
            amount: row.required("amount", row.money("amount", currency))?,
            related: row.integer("relid").filter(|id| *id > 0),
        })
    }
}
