//! CheckAvailability: a search of the shop, all its extensions in one registrar call.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use serde_json::{Value, json};
use wharf_core::{Deadline, DomainName, Tld};
use wharf_registrar::{Availability, CheckAsk, Checked, RegistrarError, Talk};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::logged;
use crate::tlds::Tlds;
use crate::{Domains, DomainsError};

/// Searches of the last seconds: a page asks the same more than once, and visitors press reload.
#[derive(Debug)]
pub(crate) struct Searches(Cache<(String, Vec<DomainName>), Arc<Vec<Checked>>>);

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
        let key = (account.id.clone(), asked.clone());
        if let Some(found) = self.searches.0.get(&key).await {
            return Ok(ModuleAnswer::new(rows(&names, &found)));
        }
        account.breaker.admit().map_err(|pause| {
            let seconds = pause.as_secs() + 1;
            DomainsError::NoAnswer(format!(
                "The registrar has not been answering; Wharf asks it again in {seconds} s."
            ))
        })?;
        let talk = Talk::until(Deadline::after(self.patience.page));
        let ask = async {
            let found = account
                .registrar
                .check(&asked, CheckAsk::default(), &talk)
                .await;
            account.breaker.record(
                found
                    .as_ref()
                    .map_or_else(|error| !error.is_outage(), |_| true),
            );
            found.map(Arc::new)
        };
        let found = self.searches.0.try_get_with(key, ask).await;
        let found = found.map_err(|error| match &*error {
            RegistrarError::Unknown(_) if talk.deadline.is_over() => {
                let seconds = self.patience.page.as_millis().div_ceil(1_000);
                DomainsError::NoAnswer(format!("The registrar did not answer within {seconds} seconds. Please search again in a moment."))
            }
            error => DomainsError::Registrar(error.clone()),
        });
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                return Ok(logged(
                    ModuleAnswer::error(error.to_string()),
                    Some(&talk.log),
                ));
            }
        };
        Ok(logged(
            ModuleAnswer::new(rows(&names, &found)),
            Some(&talk.log),
        ))
    }
}

/// Label, extension and whole name.
type Wanted = (String, String, DomainName);

fn wanted(call: &ModuleCall, facts: &Tlds) -> Result<Vec<Wanted>, DomainsError> {
    let params = &call.params;
    let term = if params.flag("isIdnDomain") {
        params.text("punyCodeSearchTerm")
    } else {
        None
    };
    let term = term
        .or_else(|| params.text("searchTerm"))
        .ok_or(CallError::Missing("searchTerm"))?;
    // WHMCS hands over the part before the extension; modules get whole names from elsewhere too.
    let label = term.split('.').next().unwrap_or_default().to_owned();
    let tlds = params.list("tldsToInclude");
    if tlds.is_empty() {
        return Err(CallError::Missing("tldsToInclude").into());
    }
    tlds.iter()
        .map(|tld| {
            let tld = Tld::parse(tld)?;
            let name = facts.to_ascii(&format!("{label}.{}", tld.as_str()))?;
            Ok((label.clone(), tld.as_str().to_owned(), name))
        })
        .collect()
}

fn rows(names: &[Wanted], found: &[Checked]) -> Value {
    let results: Vec<Value> = names
        .iter()
        .zip(found)
        .map(|((sld, tld, _), checked)| row(sld, tld, &checked.availability))
        .collect();
    json!({ "results": results })
}

fn row(sld: &str, tld: &str, availability: &Availability) -> Value {
    let status = match availability {
        Availability::Available => "available",
        Availability::Taken => "registered",
        // Nothing may be sold at the ordinary price that costs more: without a price of its own it is not for sale.
        Availability::Reserved | Availability::Premium { .. } => "reserved",
        Availability::Unsupported => "unsupported",
        Availability::Unknown => "unknown",
    };
    let premium = matches!(availability, Availability::Premium { .. });
    json!({ "sld": sld, "tld": tld, "status": status, "premium": premium, "prices": null })
}

const FRESH: Duration = Duration::from_secs(5);
