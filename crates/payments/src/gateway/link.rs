//! The payment box of an invoice.

use std::time::Duration;

use wharf_core::{Currency, Money};
use wharf_store::StoreError;
use wharf_whmcs::call::ModuleCall;

use super::fragment;
use super::payment_box::Seat;
use crate::Payments;
use crate::settings::Mode;
use crate::tables::claims;
use crate::tables::stores::{self, StoreRow};
use crate::texts::Language;

impl Payments {
    /// An HTML fragment; always one, and soon: the invoice page waits for it.
    pub(super) async fn link(&self, call: &ModuleCall) -> String {
        let client = call.params.map("clientdetails");
        let chosen = call
            .params
            .text("language")
            .or_else(|| client.text("language"));
        let language = Language::of(chosen.as_deref());
        match tokio::time::timeout(PATIENCE, self.linked(call, language)).await {
            Ok(Ok(html)) => html,
            Ok(Err(error)) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "an invoice's payment box failed");
                fragment::notice(language, language.text("unavailable"))
            }
            Err(_) => {
                tracing::error!("an invoice's payment box took too long");
                fragment::notice(language, language.text("unavailable"))
            }
        }
    }

    async fn linked(&self, call: &ModuleCall, language: Language) -> Result<String, StoreError> {
        let notice = |text: &'static str| fragment::notice(language, language.text(text));
        let Some(asked) = Asked::read(call) else {
            return Ok(notice("unavailable"));
        };
        if !asked.due.is_positive() {
            return Ok(notice("nothing_due"));
        }
        let store = match self.store_of(call).await? {
            Some(store) => Some(store),
            None => self.store_told(call, &asked).await?,
        };
        let Some(store) = store else {
            return Ok(notice("no_wallet"));
        };
        let seat = Seat {
            site: &call.site,
            module: &call.module,
            store: &store,
            client: asked.client,
            invoice: asked.invoice,
            due: asked.due,
            base: &asked.base,
            language,
        };
        Ok(self.payment_box(&seat).await?.html)
    }

    /// The store that was told of money for the invoice: how that stands is shown though it takes no more.
    async fn store_told(
        &self,
        call: &ModuleCall,
        asked: &Asked,
    ) -> Result<Option<StoreRow>, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let set_to = call.params.text("store");
        let claims = claims::of_invoice(&mut db, &call.site, asked.client, asked.invoice).await?;
        let told = claims
            .iter()
            .find(|claim| set_to.as_ref().is_none_or(|id| *id == claim.store));
        match told {
            Some(claim) => stores::by_id_in(&mut db, &claim.store).await,
            None => Ok(None),
        }
    }

    /// The store that the module is set to, or the only one of the site's that takes payments.
    async fn store_of(&self, call: &ModuleCall) -> Result<Option<StoreRow>, StoreError> {
        let all = stores::of_site(self.store.pool(), &call.site).await?;
        if let Some(id) = call.params.text("store") {
            let known: Vec<String> = all.iter().map(|store| store.id.clone()).collect();
            let found = all.into_iter().find(|store| store.id == id);
            if found.is_none() {
                tracing::error!(site = %call.site, store = id, ?known, "the gateway's settings name a store that is none of this site's, or switched off");
            }
            return Ok(found);
        }
        if all.len() == 1 {
            return Ok(all.into_iter().next());
        }
        // One that only looks on, or has no wallet yet, takes no payments away from another.
        let mut open = Vec::new();
        for store in all {
            let has_wallets = !stores::offered(self.store.pool(), &store.id)
                .await?
                .is_empty();
            if store.caution.mode == Mode::Credit && has_wallets {
                open.push(store);
            }
        }
        if open.len() > 1 {
            let stores: Vec<&str> = open.iter().map(|store| store.id.as_str()).collect();
            tracing::error!(site = %call.site, ?stores, "several stores take payments, and the gateway's settings name none: set Store there");
            return Ok(None);
        }
        Ok(open.pop())
    }
}

/// What WHMCS says about the invoice.
struct Asked {
    client: i64,
    invoice: i64,
    /// In the client's currency, which credit is booked in.
    due: Money,
    /// The path of the WHMCS root, with a slash at the end.
    base: String,
}

impl Asked {
    fn read(call: &ModuleCall) -> Option<Self> {
        let params = &call.params;
        // With "Convert To" set on the gateway, amount and currency are not the client's.
        let converted = params.text("basecurrency").zip(
            params
                .text("basecurrencyamount")
                .or_else(|| params.text("baseamount")),
        );
        let (code, amount) = match converted {
            Some(base) => base,
            None => (params.text("currency")?, params.text("amount")?),
        };
        let currency: Currency = code.parse().ok()?;
        let details = params.map("clientdetails");
        let client = ["userid", "id", "client_id"]
            .into_iter()
            .find_map(|name| details.integer(name))?;
        Some(Self {
            client: Some(client).filter(|client| *client > 0)?,
            invoice: params.integer("invoiceid").filter(|invoice| *invoice > 0)?,
            due: Money::parse(&amount, currency).ok()?,
            base: base_path(&params.text("systemurl").unwrap_or_default()),
        })
    }
}

/// `https://shop.example.com/billing/` has `/billing/`: the session's cookie belongs to the host that the
/// customer sees, so that host is not named again.
fn base_path(system_url: &str) -> String {
    let rest = system_url
        .split_once("://")
        .map_or(system_url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_matches('/');
    if path.is_empty() {
        "/".to_owned()
    } else {
        format!("/{path}/")
    }
}

/// Of the database; nothing else is asked.
const PATIENCE: Duration = Duration::from_millis(2_500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_path_of_the_system_url() {
        for (url, base) in [
            ("https://shop.example.com/", "/"),
            ("https://shop.example.com", "/"),
            ("https://shop.example.com/billing", "/billing/"),
            ("https://shop.example.com/a/b/", "/a/b/"),
            ("", "/"),
        ] {
            assert_eq!(base_path(url), base, "{url}");
        }
    }
}
