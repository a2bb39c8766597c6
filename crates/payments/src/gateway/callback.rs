//! The form's way back: a claim, or a question how the claim stands.

use std::net::IpAddr;

use serde_json::{Value, json};
use wharf_store::StoreError;
use wharf_whmcs::call::ModuleCall;

use super::fragment;
use super::payment_box::Seat;
use super::standing::{State, is_unfound, newest, waits};
use super::token::Form;
use crate::Payments;
use crate::claiming::Claimed;
use crate::keys;
use crate::tables::Db;
use crate::tables::claims::{self, Claim, ClaimState, Source};
use crate::tables::quotes::{self, Problem};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::texts::Language;
use crate::typed::{is_whole, transaction_number};

impl Payments {
    /// Answers with a redirect to the invoice, JSON for the page's script, or a page that says what is wrong.
    pub(super) async fn callback(&self, call: &ModuleCall) -> Value {
        let language = Language::of(call.params.text("language").as_deref());
        match self.called_back(call, language).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "a callback failed");
                page(503, language, "unavailable")
            }
        }
    }

    async fn called_back(
        &self,
        call: &ModuleCall,
        language: Language,
    ) -> Result<Value, StoreError> {
        let (post, query) = (call.params.map("post"), call.params.map("query"));
        let posted = call
            .params
            .text("method")
            .is_some_and(|method| method.eq_ignore_ascii_case("POST"));
        let token = if posted {
            post.text("token")
        } else {
            query.text("status")
        };
        let key = keys::form_key(&self.store).await?;
        let now = self.store.clock().now_ms();
        let form = token
            .and_then(|token| Form::open(&token, &key, now))
            .filter(|form| form.site == call.site);
        let Some(form) = form else {
            return Ok(page(400, language, "wrong_token"));
        };
        if call.params.integer("uid") != Some(form.client) {
            return Ok(page(403, language, "wrong_client"));
        }
        if !posted {
            return self.status(call, &form).await;
        }
        let typed = Typed {
            phone: post.text("phone").unwrap_or_default(),
            transaction: post.text("transaction").unwrap_or_default(),
        };
        let source = call.params.text("ip").and_then(|ip| ip.parse().ok());
        let problem = self.claim_typed(&form, &typed, source).await?;
        if let Some(code) = problem {
            self.remember_problem(&form, code, &typed).await?;
        }
        // Invoices are long: what came of it is to be seen.
        let at = match problem {
            Some(_) => PROBLEM_AT,
            None => BOX_AT,
        };
        Ok(json!({ "redirect": format!("viewinvoice.php?id={}#{at}", form.invoice) }))
    }

    /// The code of what is wrong with the claim; `None`: it was taken.
    async fn claim_typed(
        &self,
        form: &Form,
        typed: &Typed,
        source: Option<IpAddr>,
    ) -> Result<Option<&'static str>, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let store = stores::by_id_in(&mut db, &form.store).await?;
        let told = self.told_before(&mut db, form).await?;
        // A store that is switched off takes no new payments; what was sent to it may still be found.
        let Some(store) = store.filter(|store| store.enabled || told.is_some()) else {
            return Ok(Some("problem_expired"));
        };
        // Who corrects a claim need not type again what the page does not show.
        let told = told.filter(|_| typed.phone.trim().is_empty());
        let phone = match &told {
            Some(told) => Some(told.phone.clone()),
            None => store.phone(&typed.phone),
        };
        let Some(phone) = phone else {
            return Ok(Some("problem_phone"));
        };
        if told.is_none() && stores::has_number(&mut db, &store.id, &phone).await? {
            return Ok(Some("own_number"));
        }
        let quote = quotes::by_id(&mut db, &form.quote).await?;
        drop(db);
        // By its last digits no money is found that came before a claim's time.
        let unfound = told.is_some_and(|told| is_unfound(&told, self.store.clock().now_ms()));
        let whole = unfound || self.needs_number(&store).await?;
        let number = match transaction_number(&typed.transaction) {
            Ok(number) if !whole || number.as_deref().is_some_and(is_whole) => number,
            _ if whole => return Ok(Some("problem_number_needed")),
            _ => return Ok(Some("problem_transaction")),
        };
        let Some(quote) = quote.filter(|quote| {
            quote.client == form.client
                && quote.invoice == form.invoice
                && quote.site == form.site
                && quote.store == form.store
                && quote.due == form.due
        }) else {
            return Ok(Some("problem_expired"));
        };
        match self
            .claim_quote(&store, &quote, &phone, number, source)
            .await?
        {
            Claimed::Is(_) => Ok(None),
            Claimed::Used(ClaimState::Reversed) => Ok(Some("problem_reversed")),
            Claimed::Used(ClaimState::Rejected) => Ok(Some("problem_rejected")),
            Claimed::Used(ClaimState::Observed) => Ok(Some("observed")),
            Claimed::Used(_) => Ok(Some("problem_used")),
            Claimed::Unproven => Ok(Some("problem_unproven")),
            Claimed::TooMany => {
                let code = self.too_many(&store, form.client, Source::Gateway).await?;
                Ok(Some(match code {
                    "too_many_day" => "problem_too_many_day",
                    _ => "problem_too_many",
                }))
            }
        }
    }

    /// Whether none of the store's wallets tells who sends.
    async fn needs_number(&self, store: &StoreRow) -> Result<bool, StoreError> {
        let wallets = stores::offered(self.store.pool(), &store.id).await?;
        let known = self.wallets();
        let silent = |wallet: &WalletRow| {
            let known = known.by_name(&wallet.operator);
            known.is_some_and(|known| !known.tells_payers())
        };
        Ok(!wallets.is_empty() && wallets.iter().all(silent))
    }

    /// The claim that waits, for its money or for a person.
    async fn told_before(&self, db: &mut Db, form: &Form) -> Result<Option<Claim>, StoreError> {
        let claims = claims::of_invoice(db, &form.site, form.client, form.invoice).await?;
        let waiting = newest(&claims, &form.store, self.store.clock().now_ms())
            .filter(|claim| waits(claim) || claim.state == ClaimState::Held);
        Ok(waiting.cloned())
    }

    /// Kept on the quote, so that the page that follows can show it next to what was typed.
    async fn remember_problem(
        &self,
        form: &Form,
        code: &str,
        typed: &Typed,
    ) -> Result<(), StoreError> {
        let short = |text: &str| text.chars().take(40).collect::<String>();
        let problem = Problem {
            code: code.to_owned(),
            phone: short(&typed.phone),
            transaction: short(&typed.transaction),
            at: self.store.clock().now_ms(),
        };
        let mut db = self.store.pool().acquire().await?;
        quotes::set_problem(&mut db, &form.quote, Some(&problem)).await
    }

    /// How it stands; with the box's new content where it differs from what the page shows.
    async fn status(&self, call: &ModuleCall, form: &Form) -> Result<Value, StoreError> {
        let mut db = self.store.pool().acquire().await?;
        let Some(store) = stores::by_id_in(&mut db, &form.store).await? else {
            return Ok(page(404, form.language, "no_wallet"));
        };
        drop(db);
        let seat = Seat {
            site: &form.site,
            module: &call.module,
            store: &store,
            client: form.client,
            invoice: form.invoice,
            due: form.due,
            base: &form.base,
            language: form.language,
        };
        let shown = self.payment_box(&seat).await?;
        let seen = call.params.map("query").text("was");
        let news = seen.is_some_and(|seen| seen != shown.was);
        Ok(json!({ "status": 200, "json": {
            "state": shown.state.name(),
            "credited": shown.credited.map(|credit| credit.to_string()),
            "paid": matches!(shown.state, State::Paid | State::Over),
            "reload": shown.state.changes_invoice(),
            "html": news.then_some(shown.html),
        } }))
    }
}

struct Typed {
    phone: String,
    transaction: String,
}

fn page(status: u16, language: Language, text: &'static str) -> Value {
    json!({ "status": status, "html": fragment::notice_page(language, text) })
}

/// The box on the page, and what is wrong in it.
const BOX_AT: &str = "wharf-payment";
const PROBLEM_AT: &str = "wharf-problem";
