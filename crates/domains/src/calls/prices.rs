//! GetTldPricing and GetPremiumPrice.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use wharf_core::{Deadline, DomainName, Tld};
use wharf_registrar::{Availability, CheckAsk, Talk};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::{domain, logged};
use crate::premium;
use crate::prices::{Book, Item};
use crate::{Domains, DomainsError};

impl Domains {
    /// `{"items": […]}`, one an extension, from the list as it was read last.
    pub(super) async fn tld_pricing(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let deadline = Deadline::after(self.patience.change);
        let book = self.price_book(&account, deadline).await?;
        let items: Vec<Value> = book.items.iter().filter_map(import_item).collect();
        let answer = ModuleAnswer::new(json!({ "items": items }));
        Ok(answer.logged("GetTldPricing", notes(&book)))
    }

    /// `{"idProtection": {".com": true}}`: whether the registrar has ID protection for the extensions asked about, of
    /// which it is known. Nothing where the settings leave that to staff.
    pub(super) async fn tld_id_protection(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.account_of(call).await?;
        let mut flags = Map::new();
        if account.settings().sync_id_protection {
            let book = self.known_book(&account);
            for extension in call.params.list("tlds") {
                let Ok(tld) = Tld::parse(&extension) else {
                    continue;
                };
                let said = book
                    .as_ref()
                    .and_then(|book| book.reports.get(tld.as_str()));
                if let Some(offered) = said.and_then(|said| said.id_protection) {
                    flags.insert(extension, Value::from(offered));
                }
            }
        }
        Ok(ModuleAnswer::new(json!({ "idProtection": flags })))
    }

    /// What a premium name costs: `register`, `renew`, `transfer`, as far as the registrar says it, and
    /// `CurrencyCode`. An ordinary name has no prices of its own: an empty map.
    pub(super) async fn premium_costs(
        &self,
        call: &ModuleCall,
    ) -> Result<ModuleAnswer, DomainsError> {
        let account = self.accounts.seen(call).await?;
        let name = domain(&call.params, &self.tlds)?;
        let talk = Talk::until(Deadline::after(self.patience.page));
        let ask = CheckAsk { premium: true };
        // A name of ours says its class itself; another one is asked for.
        let own = account.registrar.status(&name, &talk).await.ok();
        let class = match own {
            Some(status) => status.class,
            None => {
                let checked = account
                    .registrar
                    .check(std::slice::from_ref(&name), ask, &talk)
                    .await?;
                match checked.into_iter().next().map(|found| found.availability) {
                    Some(Availability::Premium { class, .. }) => Some(class),
                    _ => None,
                }
            }
        };
        let Some(class) = class.filter(|class| premium::is_premium(class)) else {
            return Ok(logged(ModuleAnswer::new(json!({})), Some(&talk.log)));
        };
        let list = self.price_list(&account, &talk).await?;
        let costs = premium::costs(&class, None, &list);
        Ok(logged(
            ModuleAnswer::new(Value::Object(costs)),
            Some(&talk.log),
        ))
    }
}

/// What is not sold at all has no place in the list.
fn import_item(item: &Item) -> Option<Value> {
    let amount =
        |amount: Option<Decimal>| amount.map(|amount| Value::from(amount.normalize().to_string()));
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    let years: Vec<i64> = item
        .registration_years
        .iter()
        .copied()
        .filter(|years| *years > 0)
        .collect();
    let (first, last) = (years.first().copied()?, years.last().copied()?);
    put("extension", Some(json!(format!(".{}", shown(&item.tld)))));
    put("minYears", Some(json!(first)));
    put("maxYears", Some(json!(last)));
    put("yearsStep", Some(json!(1)));
    let gaps = i64::try_from(years.len()).is_ok_and(|count| count != last - first + 1);
    put("years", gaps.then(|| json!(years)));
    put("registerPrice", Some(amount(item.register)?));
    put("renewPrice", amount(item.renew));
    put("transferPrice", amount(item.transfer));
    if item.grace_days > 0 {
        put("graceFeeDays", Some(json!(item.grace_days)));
        put("graceFeePrice", Some(json!("0")));
    }
    if item.redemption_days > 0 && item.redemption.is_some() {
        put("redemptionFeeDays", Some(json!(item.redemption_days)));
        put("redemptionFeePrice", amount(item.redemption));
    }
    put("currency", item.currency.clone().map(Value::from));
    put("eppRequired", Some(json!(item.epp_required)));
    Some(Value::Object(map))
}

/// An extension in its own letters, as WHMCS lists it.
fn shown(tld: &str) -> String {
    let whole = DomainName::parse(&format!("x.{tld}")).map(|name| name.to_unicode());
    whole.map_or_else(
        |_| tld.to_owned(),
        |whole| whole.trim_start_matches("x.").to_owned(),
    )
}

fn notes(book: &Book) -> String {
    let mut lines = vec![format!("{} extensions.", book.items.len())];
    for item in &book.items {
        if item.register.is_none() {
            lines.push(format!(".{}: not sold", item.tld));
        }
        lines.extend(
            item.notes
                .iter()
                .map(|note| format!(".{}: {note}", item.tld)),
        );
    }
    if !book.nameless.is_empty() {
        lines.push(format!(
            "Price classes of no known extension: {}",
            book.nameless.join(" ")
        ));
    }
    lines.truncate(MOST_NOTES);
    lines.join("\n")
}

const MOST_NOTES: usize = 400;
