//! Clients: GetClientsDetails.

use wharf_core::{Currency, Money};

use super::{ApiError, WhmcsApi};

/// What Wharf needs to know of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDetails {
    pub id: i64,
    /// The client's currency, which all its invoices and credits are in.
    pub currency: Currency,
    pub credit: Money,
    /// `arabic`, `english`, …; `None`: the installation's default.
    pub language: Option<String>,
    pub email: Option<String>,
    pub status: Option<String>,
}

impl WhmcsApi {
    /// A client that does not exist is [`ApiError::Refused`].
    pub async fn client_details(&self, client: i64) -> Result<ClientDetails, ApiError> {
        let fields = [
            ("clientid", client.to_string()),
            ("stats", "false".to_owned()),
        ];
        let answer = self.call("GetClientsDetails", &fields).await?;
        let details = answer.inner("client");
        // Older versions have it at the top level only.
        let code = details
            .text("currency_code")
            .or_else(|| answer.text("currency_code"));
        let currency =
            details.required("currency_code", code.and_then(|code| code.parse().ok()))?;
        Ok(ClientDetails {
            id: details
                .integer("id")
                .or_else(|| details.integer("client_id"))
                .unwrap_or(client),
            currency,
            credit: details.required("credit", details.money("credit", currency))?,
            language: details.text("language"),
            email: details.text("email"),
            status: details.text("status"),
        })
    }
}
