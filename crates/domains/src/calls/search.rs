//! CheckAvailability: a search of the shop, its extensions in as few registrar calls as there can be, side by side.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use serde_json::{Map, Value, json};
use wharf_core::{Deadline, DomainName, Tld};
use wharf_registrar::{Availability, CheckAsk, Checked, RegistrarError, Talk};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::logged;
use crate::account::Account;
use crate::tlds::Tlds;
use crate::{Domains, DomainsError, premium};

/// Searches of the last seconds: a page asks the same more than once, and visitors press reload.
#[derive(Debug)]
pub(crate) struct Searches(Cache<(String, bool, Vec<DomainName>), Arc<Vec<Checked>>>);

impl Searches {
    pub fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(1_000)
                .time_to_live(FRESH)
                .build(),
        )
    }
}

impl Domains {
    pub(super) async fn check_availability(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let names = wanted(call, &self.tlds)?;
        let asked: Vec<DomainName> = names.iter().map(|(_, _, name)| name.clone()).collect();
        let talk = Talk::until(Deadline::after(self.patience.page));
        let premium = call.params.flag("premiumEnabled");
        let answer = match self.checked(&account, &asked, premium, &talk).await {
            Ok(found) => {
                let costs = self.premium_costs_of(&account, &found, &talk).await;
                let rows = names.iter().zip(found.iter().zip(costs));
                let rows: Vec<Value> = rows
                    .map(|((sld, tld, _), (checked, costs))| {
                        row(sld, tld, &checked.availability, costs)
                    })
                    .collect();
                ModuleAnswer::new(json!({ "results": rows }))
            }
            Err(error) => ModuleAnswer::error(error.to_string()),
        };
        Ok(logged(answer, Some(&talk.log)))
    }

    /// Whether names can be had, from the last seconds or asked now. What the registrar does not sell is asked of the
    /// registries themselves.
    pub(super) async fn checked(
        &self,
        account: &Account,
        names: &[DomainName],
        premium: bool,
        talk: &Talk,
    ) -> Result<Arc<Vec<Checked>>, DomainsError> {
        if names.is_empty() {
            return Ok(Arc::default());
        }
        let key = (account.id.clone(), premium, names.to_vec());
        if let Some(found) = self.searches.0.get(&key).await {
            return Ok(found);
        }
        account.breaker.admit().map_err(|pause| {
            let seconds = pause.as_secs() + 1;
            DomainsError::NoAnswer(format!(
                "The registrar has not been answering; Wharf asks it again in {seconds} s."
            ))
        })?;
        let ask = async {
            let found = account
                .registrar
                .check(names, CheckAsk { premium }, talk)
                .await;
            account.breaker.record(
                found
                    .as_ref()
                    .map_or_else(|error| !error.is_outage(), |_| true),
            );
            let mut found = found?;
            self.lookup.fill(&mut found, talk.deadline).await;
            Ok(Arc::new(found))
        };
        let found = self.searches.0.try_get_with(key.clone(), ask).await;
        let found = found.map_err(|error: Arc<RegistrarError>| match &*error {
            RegistrarError::Unknown(_) if talk.deadline.is_over() => {
                let seconds = self.patience.page.as_millis().div_ceil(1_000);
                DomainsError::NoAnswer(format!("The registrar did not answer within {seconds} seconds. Please search again in a moment."))
            }
            error => DomainsError::Registrar(error.clone()),
        })?;
        // What could not be found out this time may be the next.
        if found
            .iter()
            .any(|checked| checked.availability == Availability::Unknown)
        {
            self.searches.0.invalidate(&key).await;
        }
        Ok(found)
    }

    /// The costs of the premium names among them, each at its place. A price that cannot be found out is none, and a
    /// premium name without a price is not for sale.
    pub(super) async fn premium_costs_of(
        &self,
        account: &Account,
        found: &[Checked],
        talk: &Talk,
    ) -> Vec<Option<Map<String, Value>>> {
        let is_premium =
            |checked: &Checked| matches!(checked.availability, Availability::Premium { .. });
        if !found.iter().any(is_premium) {
            return found.iter().map(|_| None).collect();
        }
        let list = match self.price_list(account, talk).await {
            Ok(list) => list,
            Err(error) => {
                tracing::info!(%error, "premium names are not for sale: the price list cannot be read");
                return found.iter().map(|_| None).collect();
            }
        };
        let cost = |checked: &Checked| match &checked.availability {
            Availability::Premium {
                class,
                price,
                currency,
            } => {
                let said = price.as_deref().and_then(premium::decimal);
                let said = said.map(|amount| (amount, currency.clone().unwrap_or_default()));
                let costs = premium::costs(class, said, &list);
                costs.contains_key("register").then_some(costs)
            }
            _ => None,
        };
        found.iter().map(cost).collect()
    }
}

/// Label, extension and whole name.
type Wanted = (String, String, DomainName);

fn wanted(call: &ModuleCall, facts: &Tlds) -> Result<Vec<Wanted>, DomainsError> {
    let params = &call.params;
    // In its own letters where WHMCS hands them over: each extension writes them by a rule of its own.
    let term = params.text("searchTerm");
    let term = term
        .filter(|term| !term.is_empty())
        .or_else(|| params.text("punyCodeSearchTerm"))
        .ok_or(CallError::Missing("searchTerm"))?;
    // WHMCS hands over the part before the extension; modules get whole names from elsewhere too.
    let label = own_letters(term.split('.').next().unwrap_or_default());
    let tlds = params.list("tldsToInclude");
    if tlds.is_empty() {
        return Err(CallError::Missing("tldsToInclude").into());
    }
    let wanted: Vec<Wanted> = tlds
        .iter()
        .filter_map(|tld| {
            // One extension that is none must not spoil the search under the others.
            let tld = Tld::parse(tld).ok()?;
            let name = facts.to_ascii(&format!("{label}.{}", tld.as_str())).ok()?;
            Some((label.clone(), tld.as_str().to_owned(), name))
        })
        .collect();
    if wanted.is_empty() {
        return Err(DomainsError::Input(format!(
            "\"{term}\" is not a domain name that can be searched for."
        )));
    }
    Ok(wanted)
}

/// A label as it was before somebody wrote it in ASCII.
fn own_letters(label: &str) -> String {
    let whole = DomainName::parse(&format!("{label}.com")).map(|name| name.to_unicode());
    match whole {
        Ok(whole) if label.to_ascii_lowercase().starts_with("xn--") => {
            whole.trim_end_matches(".com").to_owned()
        }
        _ => label.to_owned(),
    }
}

/// A result as the PHP side makes WHMCS's object of it.
pub(super) fn row(
    sld: &str,
    tld: &str,
    availability: &Availability,
    costs: Option<Map<String, Value>>,
) -> Value {
    let status = match availability {
        Availability::Available => "available",
        Availability::Taken => "registered",
        Availability::Premium { .. } if costs.is_some() => "available",
        // Nothing may be sold at the ordinary price that costs more: without a price of its own it is not for sale.
        Availability::Reserved | Availability::Premium { .. } => "reserved",
        Availability::Unsupported => "unsupported",
        Availability::Unknown => "unknown",
    };
    let premium = matches!(availability, Availability::Premium { .. });
    json!({ "sld": sld, "tld": tld, "status": status, "premium": premium, "prices": costs })
}

const FRESH: Duration = Duration::from_secs(5);
