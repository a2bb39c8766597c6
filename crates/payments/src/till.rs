//! The till: where a site keeps its clients' money. WHMCS's API in earnest, a fake one in tests.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use wharf_core::{Currency, Money};
use wharf_whmcs::api::{
    ClientDetails, CreditAdded, CreditApplied, CreditRow, DateFormat, Invoice, NewCredit,
    NewTransaction, OpenInvoices, TransactionRow,
};
use wharf_whmcs::{ApiError, Sites, WhmcsApi};

/// What payments need of a WHMCS. Nothing is repeated behind it: an error says whether it may have happened.
pub trait Till: Send + Sync + 'static {
    fn add_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded>;
    /// Takes credit away again.
    fn remove_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        let _ = (site, credit);
        Box::pin(async { Err(lacking("AddCredit")) })
    }
    /// Credits a client by a transaction.
    fn add_transaction<'a>(
        &'a self,
        site: &'a str,
        transaction: NewTransaction,
        format: DateFormat,
    ) -> Asking<'a, ()> {
        let _ = (site, transaction, format);
        Box::pin(async { Err(lacking("AddTransaction")) })
    }
    /// All transactions under a number.
    fn transactions<'a>(
        &'a self,
        site: &'a str,
        number: &'a str,
        currency: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        let _ = (site, number, currency);
        Box::pin(async { Err(lacking("GetTransactions")) })
    }
    /// How the installation writes days.
    fn date_format<'a>(&'a self, site: &'a str) -> Asking<'a, DateFormat> {
        let _ = site;
        Box::pin(async { Err(lacking("GetConfigurationValue")) })
    }
    /// The whole credit log of a client.
    fn credits<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, Vec<CreditRow>>;
    fn apply_credit<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied>;
    fn invoice<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        currency: Currency,
    ) -> Asking<'a, Invoice>;
    fn client<'a>(&'a self, site: &'a str, client: i64) -> Asking<'a, ClientDetails>;
    fn open_invoices<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, OpenInvoices>;
}

pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

impl Till for Sites {
    fn add_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            api(self, site, "AddCredit")
                .await?
                .add_credit(&credit)
                .await
        })
    }

    fn remove_credit<'a>(&'a self, site: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let api = api(self, site, "AddCredit").await?;
            api.remove_credit(&credit).await
        })
    }

    fn add_transaction<'a>(
        &'a self,
        site: &'a str,
        transaction: NewTransaction,
        format: DateFormat,
    ) -> Asking<'a, ()> {
        Box::pin(async move {
            let api = api(self, site, "AddTransaction").await?;
            api.add_transaction(&transaction, &format).await
        })
    }

    fn transactions<'a>(
        &'a self,
        site: &'a str,
        number: &'a str,
        currency: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        Box::pin(async move {
            let api = api(self, site, "GetTransactions").await?;
            api.transactions(number, currency).await
        })
    }

    fn date_format<'a>(&'a self, site: &'a str) -> Asking<'a, DateFormat> {
        Box::pin(async move {
            api(self, site, "GetConfigurationValue")
                .await?
                .date_format()
                .await
        })
    }

    fn credits<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, Vec<CreditRow>> {
        Box::pin(async move {
            api(self, site, "GetCredits")
                .await?
                .credits(client, currency)
                .await
        })
    }

    fn apply_credit<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied> {
        Box::pin(async move {
            let api = api(self, site, "ApplyCredit").await?.within(APPLYING);
            api.apply_credit(invoice, amount).await
        })
    }

    fn invoice<'a>(
        &'a self,
        site: &'a str,
        invoice: i64,
        currency: Currency,
    ) -> Asking<'a, Invoice> {
        Box::pin(async move {
            api(self, site, "GetInvoice")
                .await?
                .invoice(invoice, currency)
                .await
        })
    }

    fn client<'a>(&'a self, site: &'a str, client: i64) -> Asking<'a, ClientDetails> {
        Box::pin(async move {
            api(self, site, "GetClientsDetails")
                .await?
                .client_details(client)
                .await
        })
    }

    fn open_invoices<'a>(
        &'a self,
        site: &'a str,
        client: i64,
        currency: Currency,
    ) -> Asking<'a, OpenInvoices> {
        Box::pin(async move {
            api(self, site, "GetInvoices")
                .await?
                .open_invoices(client, currency)
                .await
        })
    }
}

async fn api(sites: &Sites, site: &str, action: &'static str) -> Result<WhmcsApi, ApiError> {
    match sites.api(site).await {
        Ok(Some(api)) => Ok(api),
        Ok(None) => Err(ApiError::NotSent {
            action,
            why: format!("no site \"{site}\" is set up"),
        }),
        Err(error) => Err(ApiError::NotSent {
            action,
            why: error.to_string(),
        }),
    }
}

fn lacking(action: &'static str) -> ApiError {
    ApiError::NotSent {
        action,
        why: "this till cannot do it".to_owned(),
    }
}

/// WHMCS activates what was paid inside this call: module functions and registrations included.
const APPLYING: Duration = Duration::from_secs(85);
