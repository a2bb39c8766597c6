//! The payment box of an invoice.

use std::time::Duration;

use wharf_core::{Currency, Money, id};
use wharf_store::StoreError;
use wharf_whmcs::call::ModuleCall;

use super::fragment::{self, Offer, Told};
use super::standing::{credited, standing};
use super::token::Form;
use crate::Payments;
use crate::keys;
use crate::tables::claims;
use crate::tables::quotes::{self, Quote};
use crate::tables::stores::{self, StoreRow, WalletRow};
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
        let Some(store) = self.store_of(call).await? else {
            return Ok(notice("no_wallet"));
        };
        let now = self.store.clock().now_ms();
        let mut db = self.store.pool().acquire().await?;
        let claims = claims::of_invoice(&mut db, &call.site, asked.client, asked.invoice).await?;
        drop(db);
        let (state, claim) = standing(&claims, now);
        let claimed = match claim.and_then(|claim| claim.quote.as_deref()) {
            Some(id) if state.is_moving() => {
                let mut db = self.store.pool().acquire().await?;
                quotes::by_id(&mut db, id).await?
            }
            _ => None,
        };
        let wallets = stores::wallets(self.store.pool(), &store.id).await?;
        let quote = match claimed {
            Some(quote) => quote,
            None => match self.quote(call, &asked, &store, &wallets).await? {
                Ok(quote) => quote,
                Err(Unquoted::NoWallet) => return Ok(notice("no_wallet")),
                Err(Unquoted::NoRate) => {
                    let currency = asked.due.currency.to_string();
                    return Ok(fragment::notice(
                        language,
                        &language.fill("no_rate", &[("currency", &currency)]),
                    ));
                }
            },
        };
        let Some(wallet) = wallets
            .iter()
            .find(|wallet| wallet.id == quote.wallet)
            .or(wallets.first())
        else {
            return Ok(notice("no_wallet"));
        };
        let known = self.wallets();
        let title = known
            .by_name(&wallet.operator)
            .map_or(wallet.operator.as_str(), |known| known.title.as_str());
        let form = Form {
            site: call.site.clone(),
            store: store.id.clone(),
            client: asked.client,
            invoice: asked.invoice,
            quote: quote.id.clone(),
            due: quote.due,
            at: now,
        };
        let key = keys::form_key(&self.store).await?;
        let Some(token) = form.seal(&key) else {
            return Ok(notice("unavailable"));
        };
        let problem = quote
            .problem
            .as_ref()
            .filter(|problem| now - problem.at <= PROBLEM_SHOWN);
        let offer = Offer {
            language,
            state,
            due: quote.due,
            rate: quote.rate,
            piastres: quote.amount,
            wallet_title: title,
            wallet: &wallet.number,
            quote: &quote.id,
            expires_at: quote.expires_at,
            now,
            token: &token,
            action: &format!(
                "{}modules/gateways/callback/{}.php",
                asked.base, call.module
            ),
            page: &format!("{}viewinvoice.php?id={}", asked.base, asked.invoice),
            problem,
            told: claim.map(|claim| Told {
                phone: &claim.phone,
                credited: credited(Some(claim)),
            }),
        };
        Ok(fragment::offer(&offer))
    }

    /// The store that the module is set to, or the site's only one.
    async fn store_of(&self, call: &ModuleCall) -> Result<Option<StoreRow>, StoreError> {
        let all = stores::of_site(self.store.pool(), &call.site).await?;
        match call.params.text("store") {
            Some(id) => Ok(all.into_iter().find(|store| store.id == id)),
            None if all.len() == 1 => Ok(all.into_iter().next()),
            None => Ok(None),
        }
    }

    /// The offer that still holds for exactly this amount, or a new one.
    async fn quote(
        &self,
        call: &ModuleCall,
        asked: &Asked,
        store: &StoreRow,
        wallets: &[WalletRow],
    ) -> Result<Result<Quote, Unquoted>, StoreError> {
        let now = self.store.clock().now_ms();
        let mut db = self.store.pool().acquire().await?;
        let latest =
            quotes::latest(&mut db, &store.id, asked.client, asked.invoice, asked.due).await?;
        if let Some(quote) = latest.filter(|quote| {
            quote.expires_at > now && wallets.iter().any(|wallet| wallet.id == quote.wallet)
        }) {
            return Ok(Ok(quote));
        }
        let Some(wallet) = wallets.first() else {
            return Ok(Err(Unquoted::NoWallet));
        };
        let rate = stores::rate_at(&mut db, &store.id, asked.due.currency, now).await?;
        let Some((rate, amount)) =
            rate.and_then(|rate| Some((rate, rate.piastres_for(asked.due)?)))
        else {
            return Ok(Err(Unquoted::NoRate));
        };
        let quote = Quote {
            id: id::new_id(self.store.clock()),
            store: store.id.clone(),
            wallet: wallet.id.clone(),
            site: call.site.clone(),
            client: asked.client,
            invoice: asked.invoice,
            due: asked.due,
            rate,
            amount,
            created_at: now,
            expires_at: now + store.quote_ms,
            problem: None,
        };
        quotes::insert(&mut db, &quote).await?;
        Ok(Ok(quote))
    }
}

enum Unquoted {
    NoWallet,
    NoRate,
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
const PROBLEM_SHOWN: i64 = 10 * 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::standing::State;

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

    #[test]
    fn states_that_wait_are_polled() {
        assert!(
            State::Waiting.is_moving() && !State::Paid.is_moving() && State::Waiting.takes_claims()
        );
    }
}
