//! The installation: GetCurrencies, WhmcsDetails.

use rust_decimal::Decimal;
use wharf_core::Currency;

use super::{ApiError, WhmcsApi};

/// A currency that the installation sells in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhmcsCurrency {
    pub id: i64,
    pub code: Currency,
    pub prefix: Option<String>,
    pub suffix: Option<String>,
    /// How many of it one unit of the installation's base currency is.
    pub rate: Option<Decimal>,
}

impl WhmcsApi {
    pub async fn currencies(&self) -> Result<Vec<WhmcsCurrency>, ApiError> {
        let answer = self.call("GetCurrencies", &[]).await?;
        answer
            .rows("currencies", "currency")
            .iter()
            .map(|row| {
                Ok(WhmcsCurrency {
                    id: row.required("id", row.integer("id"))?,
                    code: row
                        .required("code", row.text("code").and_then(|code| code.parse().ok()))?,
                    prefix: row.text("prefix"),
                    suffix: row.text("suffix"),
                    rate: row.decimal("rate"),
                })
            })
            .collect()
    }

    /// WHMCS's version, `8.13.1-release.1`. The cheapest call that proves address and credentials.
    pub async fn whmcs_details(&self) -> Result<String, ApiError> {
        let answer = self.call("WhmcsDetails", &[]).await?;
        let details = answer.inner("whmcs");
        let version = details
            .text("canonicalversion")
            .or_else(|| details.text("version"));
        details.required("version", version)
    }

    /// A line in the activity log, for staff.
    pub async fn log_activity(&self, line: &str) -> Result<(), ApiError> {
        self.call("LogActivity", &[("description", line.to_owned())])
            .await
            .map(|_| ())
    }
}
