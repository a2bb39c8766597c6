//! GetDomainSuggestions and its options: free names that go with what was searched for.

use serde_json::{Value, json};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Availability, SuggestionQuery, Talk};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::logged;
use super::search::row;
use crate::{Domains, DomainsError};

impl Domains {
    pub(super) async fn suggestions(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let params = &call.params;
        let keyword = params
            .text("searchTerm")
            .ok_or(CallError::Missing("searchTerm"))?;
        let settings = params.map("suggestionSettings");
        let most = settings
            .text("SuggestMaxResults")
            .and_then(|text| text.parse::<usize>().ok())
            .unwrap_or(USUAL)
            .clamp(1, MOST);
        let premium = params.flag("premiumEnabled") && !settings.flag("SuggestNoPremium");
        let query = SuggestionQuery {
            keyword: keyword.split('.').next().unwrap_or_default().to_owned(),
            tlds: params
                .list("tldsToInclude")
                .iter()
                .map(|tld| tld.trim_start_matches('.').to_ascii_lowercase())
                .collect(),
            // Some of them are taken.
            limit: u64::try_from(most * 2).unwrap_or(100),
            ip: None,
            language: settings
                .text("SuggestLanguage")
                .filter(|language| language != "any"),
        };
        let talk = Talk::until(Deadline::after(self.patience.page));
        account.breaker.admit().map_err(|pause| {
            let seconds = pause.as_secs() + 1;
            DomainsError::NoAnswer(format!(
                "The registrar has not been answering; Wharf asks it again in {seconds} s."
            ))
        })?;
        let names = account.registrar.suggest(&query, &talk).await;
        account.breaker.record(
            names
                .as_ref()
                .map_or_else(|error| !error.is_outage(), |_| true),
        );
        let mut names = names?;
        let mut once = std::collections::HashSet::new();
        names.retain(|name| {
            once.insert(name.clone()) && (settings.flag("SuggestIdn") || !name.is_idn())
        });
        let found = self.checked(&account, &names, premium, &talk).await?;
        let costs = self.premium_costs_of(&account, &found, &talk).await;
        let free = found.iter().zip(costs).filter(|(checked, costs)| {
            matches!(checked.availability, Availability::Available) || costs.is_some()
        });
        let results: Vec<Value> = free
            .take(most)
            .enumerate()
            .map(|(at, (checked, costs))| {
                let (sld, tld) = split(&checked.name);
                let mut result = row(&sld, &tld, &checked.availability, costs);
                if let Value::Object(map) = &mut result {
                    map.insert("score".to_owned(), json!(score(at)));
                }
                result
            })
            .collect();
        let answer = ModuleAnswer::new(json!({ "results": results }));
        Ok(logged(answer, Some(&talk.log)))
    }

    /// What staff can choose for suggestions, as WHMCS's config fields.
    pub(super) fn suggestion_options() -> ModuleAnswer {
        ModuleAnswer::new(json!({
            "SuggestMaxResults": {
                "FriendlyName": "Most suggestions", "Type": "text", "Size": "4", "Default": USUAL.to_string(),
                "Description": format!("How many names are suggested at most (1 to {MOST})."),
            },
            "SuggestLanguage": {
                "FriendlyName": "Language", "Type": "dropdown", "Default": "any",
                "Options": {
                    "any": "Any", "ar": "Arabic", "en": "English", "fr": "French", "de": "German", "es": "Spanish",
                    "it": "Italian", "pt": "Portuguese", "tr": "Turkish",
                },
                "Description": "Words of this language are preferred.",
            },
            "SuggestIdn": {
                "FriendlyName": "International names", "Type": "yesno", "Default": "",
                "Description": "Suggest names with letters beyond a to z as well.",
            },
            "SuggestNoPremium": {
                "FriendlyName": "No premium names", "Type": "yesno", "Default": "",
                "Description": "Leave out names that have a price of their own.",
            },
        }))
    }
}

/// The label as it is shown, and the extension.
fn split(name: &DomainName) -> (String, String) {
    let shown = name.to_unicode();
    let label = shown.split_once('.').map_or("", |(label, _)| label);
    (label.to_owned(), name.tld().as_str().to_owned())
}

/// WHMCS sorts by it, 1 first.
fn score(at: usize) -> Value {
    let hundredths = 99_usize.saturating_sub(at.min(98));
    serde_json::from_str(&format!("0.{hundredths:02}")).unwrap_or(Value::Null)
}

const USUAL: usize = 30;
const MOST: usize = 100;
