//! Transactions: AddTransaction, GetTransactions.

use jiff::civil::Date;
use wharf_core::{Currency, Money};

use super::answer::Answer;
use super::{ApiError, WhmcsApi};

/// Money from outside that becomes a client's credit, under a transaction number that WHMCS takes only once.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    pub client: i64,
    /// Positive, in the client's currency.
    pub amount: Money,
    /// A gateway module of the installation.
    pub gateway: String,
    pub number: String,
    pub description: String,
    pub day: Date,
}

/// A row of GetTransactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    pub id: i64,
    pub client: i64,
    pub number: String,
    pub amount_in: Money,
    pub amount_out: Money,
    /// The invoice that it paid.
    pub invoice: Option<i64>,
}

/// How an installation writes a day: `DD/MM/YYYY` and the like, which AddTransaction wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat(String);

impl DateFormat {
    /// A day as the installation writes it; `None` for a format that is not one of WHMCS's.
    pub fn write(&self, day: Date) -> Option<String> {
        let mut rest = self.0.to_ascii_uppercase();
        for (mark, text) in [
            ("YYYY", format!("{:04}", day.year())),
            ("MM", format!("{:02}", day.month())),
            ("DD", format!("{:02}", day.day())),
        ] {
            if rest.matches(mark).count() != 1 {
                return None;
            }
            rest = rest.replace(mark, &text);
        }
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.');
        rest.bytes().all(plain).then_some(rest)
    }
}

impl From<&str> for DateFormat {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl WhmcsApi {
    /// Books it as the client's credit.
    pub async fn add_transaction(
        &self,
        transaction: &NewTransaction,
        format: &DateFormat,
    ) -> Result<(), ApiError> {
        let action = "AddTransaction";
        let Some(day) = format.write(transaction.day) else {
            return Err(ApiError::NotSent {
                action,
                why: format!("the date format \"{}\" of WHMCS is not known", format.0),
            });
        };
        let fields = [
            ("paymentmethod", transaction.gateway.clone()),
            ("userid", transaction.client.to_string()),
            ("transid", transaction.number.clone()),
            ("date", day),
            ("description", transaction.description.clone()),
            ("amountin", transaction.amount.amount()),
            ("credit", "1".to_owned()),
        ];
        self.call(action, &fields).await.map(|_| ())
    }

    /// All transactions under this number, in `currency`. A row that cannot be read is an error, as with
    /// [`credits`](Self::credits).
    pub async fn transactions(
        &self,
        number: &str,
        currency: Currency,
    ) -> Result<Vec<TransactionRow>, ApiError> {
        let answer = self
            .call("GetTransactions", &[("transid", number.to_owned())])
            .await?;
        let rows: Vec<TransactionRow> = answer
            .rows("transactions", "transaction")
            .iter()
            .map(|row| TransactionRow::read(row, currency))
            .collect::<Result<_, _>>()?;
        match answer.integer("totalresults") {
            Some(total) if usize::try_from(total).is_ok_and(|total| total > rows.len()) => {
                answer.required("transactions", None)
            }
            _ => Ok(rows),
        }
    }

    /// How this installation writes days.
    pub async fn date_format(&self) -> Result<DateFormat, ApiError> {
        let answer = self
            .call(
                "GetConfigurationValue",
                &[("setting", "DateFormat".to_owned())],
            )
            .await?;
        let value = answer.required("value", answer.text("value"))?;
        Ok(DateFormat::from(value.as_str()))
    }
}

impl TransactionRow {
    fn read(row: &Answer, currency: Currency) -> Result<Self, ApiError> {
        let money = |name| match row.text(name) {
            Some(_) => row.required(name, row.money(name, currency)),
            None => Ok(Money::new(0, currency)),
        };
        Ok(Self {
            id: row.required("id", row.integer("id"))?,
            client: row.integer("userid").unwrap_or(0),
            number: row.text("transid").unwrap_or_default(),
            amount_in: money("amountin")?,
            amount_out: money("amountout")?,
            invoice: row.integer("invoiceid").filter(|id| *id > 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_the_installation_does() {
        let day = Date::constant(2026, 9, 3);
        let write = |format: &str| DateFormat::from(format).write(day);
        assert_eq!(write("DD/MM/YYYY").as_deref(), Some("03/09/2026"));
        assert_eq!(write("MM/DD/YYYY").as_deref(), Some("09/03/2026"));
        assert_eq!(write("YYYY-MM-DD").as_deref(), Some("2026-09-03"));
        assert_eq!(write("DD.MM.YYYY").as_deref(), Some("03.09.2026"));
        for odd in ["", "DD/MM", "DD/MM/YYYY hh", "DD/DD/MM/YYYY", "d/m/Y"] {
            assert_eq!(write(odd), None, "{odd}");
        }
    }
}
