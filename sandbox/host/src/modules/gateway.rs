//! Payment gateways: what a gateway shows on an invoice.

use serde_json::{Value, json};

use crate::amount::Amount;
use crate::app::{Actor, App, HostError, VERSION};
use crate::clients::ClientDetails;
use crate::db::{Columns as _, Row};
use crate::php::ModuleKind;

impl App {
    /// The HTML of the gateway's `link` for an invoice. A failing module is logged; the page says so.
    pub(crate) async fn payment_html(
        &self,
        actor: &Actor,
        invoice: &Row,
    ) -> Result<String, HostError> {
        let module = invoice.text("paymentmethod");
        if module.is_empty() {
            return Ok(String::new());
        }
        let id = invoice.int("id");
        let params = self.payment_params(invoice).await?;
        let answer = self
            .call(actor, ModuleKind::Gateway, module, "link", params)
            .await?;
        if let Some(failure) = answer.failure {
            let line = format!(
                "Gateway {module} failed on Invoice ID: {id} - {} ({}:{})",
                failure.message, failure.file, failure.line
            );
            self.log_activity(actor, &line, invoice.int("userid"))
                .await?;
            return Ok(
                "<p class=\"error\">This payment method is not available at the moment.</p>"
                    .to_owned(),
            );
        }
        Ok(match answer.value {
            Value::String(html) => html,
            _ => answer.output,
        })
    }

    /// Takes the invoice's balance through the gateway's `capture`; the transaction id and the fee.
    pub(crate) async fn capture(
        &self,
        actor: &Actor,
        invoice: &Row,
    ) -> Result<Option<(String, Amount)>, HostError> {
        let params = self.payment_params(invoice).await?;
        let answer = self
            .call(
                actor,
                ModuleKind::Gateway,
                invoice.text("paymentmethod"),
                "capture",
                params,
            )
            .await?;
        let text = |key: &str| match answer.value.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let taken = answer.failure.is_none() && text("status") == "success";
        let fee = if text("fee").is_empty() {
            text("fees")
        } else {
            text("fee")
        };
        Ok(taken.then(|| (text("transid"), Amount::parse(&fee).unwrap_or_default())))
    }

    /// The parameters of section 4.1 of WHMCS's contract.
    async fn payment_params(&self, invoice: &Row) -> Result<Row, HostError> {
        let (id, module) = (invoice.int("id"), invoice.text("paymentmethod"));
        let client = self
            .client(invoice.int("userid"))
            .await?
            .unwrap_or_default();
        let currency = self.currency_of(invoice.int("userid")).await?;
        let number = if invoice.text("invoicenum").is_empty() {
            id.to_string()
        } else {
            invoice.text("invoicenum").to_owned()
        };
        let company = self.setting("CompanyName").await?;
        let mut params = self.module_settings(ModuleKind::Gateway, module).await?;
        for (key, value) in [
            ("invoiceid", json!(id)),
            ("invoicenum", json!(number)),
            (
                "description",
                json!(format!("{company} - Invoice #{number}")),
            ),
            ("amount", json!(self.balance(invoice).await?.to_string())),
            ("currency", json!(currency.text("code"))),
            (
                "clientdetails",
                ClientDetails::of(&client).all(self).await?.into(),
            ),
            ("companyname", json!(company)),
            ("systemurl", json!(self.system_url)),
            (
                "returnurl",
                json!(format!("{}viewinvoice.php?id={id}", self.system_url)),
            ),
            ("langpaynow", json!("Pay Now")),
            ("paymentmethod", json!(module)),
            ("moduleName", json!(module)),
            ("name", json!(self.gateway_name(module).await?)),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        Ok(params)
    }
}
