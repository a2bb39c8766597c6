//! UsageUpdate, MetricProvider and ListAccounts: all services of a server at once.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wharf_store::StoreError;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use crate::front::{ListedAccount, MetricInfo, ServiceUsage};
use crate::services::Services;
use crate::tables::{State, services as rows};

/// `{"services": [{"id": …, "diskusage": …, …}]}` in MiB as WHMCS counts, or `{"error": …}`.
pub(crate) async fn update(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let report = match services.usage(call).await {
        Ok(report) => report,
        Err(why) => return failed("usage", why),
    };
    let told: Vec<Value> = report.services.iter().filter_map(line).collect();
    let drifted = report.services.iter().filter(|used| used.drift.is_some());
    let said = format!(
        "{} services in {} requests, {} otherwise at the supplier, {} unknown to Wharf",
        told.len(),
        report.calls,
        drifted.count(),
        report.strangers
    );
    ModuleAnswer::new(json!({ "services": told }))
        .logged("usage", &said)
        .processed(said)
}

fn line(used: &ServiceUsage) -> Option<Value> {
    let counts = [
        ("diskusage", used.disk_used),
        ("disklimit", used.disk_limit),
        ("bwusage", used.bandwidth_used),
        ("bwlimit", used.bandwidth_limit),
    ];
    let mut line = Map::new();
    for (column, count) in counts {
        if let Some(count) = count {
            line.insert(column.to_owned(), count.into());
        }
    }
    if line.is_empty() {
        return None;
    }
    line.insert("id".to_owned(), used.service.into());
    Some(line.into())
}

/// `{"metrics": [{"name", "title", "unit", "period"}], "tenants": {name: {metric: value}}}`; with `describe` the
/// metrics alone.
pub(crate) async fn metrics(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    // Several connectors may count the same thing.
    let infos: BTreeMap<String, MetricInfo> = services
        .metrics(call)
        .await
        .into_iter()
        .map(|info| (info.name.clone(), info))
        .collect();
    let infos: Vec<MetricInfo> = infos.into_values().collect();
    if call.params.flag("describe") {
        return ModuleAnswer::new(json!({ "metrics": infos }));
    }
    let report = match services.usage(call).await {
        Ok(report) => report,
        Err(why) => return failed("metrics", why),
    };
    let names = match usernames(services, call).await {
        Ok(names) => names,
        Err(error) => return failed("metrics", error.to_string()),
    };
    let tenants = tenants(&report.services, &names);
    ModuleAnswer::new(json!({ "metrics": infos, "tenants": tenants }))
}

/// WHMCS's user names of the services of a server.
async fn usernames(
    services: &Services,
    call: &ModuleCall,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let server = call.params.integer("serverid").unwrap_or(0);
    let found = rows::of_server(&services.world.store, &call.site, server).await?;
    Ok(found
        .iter()
        .filter_map(|row| {
            let name = row.facts.get("username")?.as_str()?;
            Some((row.id.service, name.to_owned()))
        })
        .collect())
}

/// Known by user name and by domain: WHMCS takes what it knows. A name that two services have says nothing.
fn tenants(used: &[ServiceUsage], usernames: &BTreeMap<i64, String>) -> Map<String, Value> {
    let mut tenants: BTreeMap<&str, Vec<&ServiceUsage>> = BTreeMap::new();
    for one in used.iter().filter(|one| !one.metrics.is_empty()) {
        let username = usernames.get(&one.service).map(String::as_str);
        for name in [username.unwrap_or_default(), &one.domain] {
            if !name.is_empty() {
                tenants.entry(name).or_default().push(one);
            }
        }
    }
    let single = |(name, used): (&str, Vec<&ServiceUsage>)| match used.as_slice() {
        [one] => Some((name.to_owned(), json!(one.metrics))),
        _ => None,
    };
    tenants.into_iter().filter_map(single).collect()
}

/// `{"accounts": […]}` in WHMCS's form, or `{"error": …}`.
pub(crate) async fn accounts(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    match services.accounts(call).await {
        Ok(listed) => {
            let said = format!("{} accounts", listed.len());
            let accounts: Vec<Value> = listed.iter().map(account).collect();
            ModuleAnswer::new(json!({ "accounts": accounts }))
                .logged("accounts", &said)
                .processed(said)
        }
        Err(why) => failed("accounts", why),
    }
}

fn account(listed: &ListedAccount) -> Value {
    let identifier = match listed.domain.as_str() {
        "" => &listed.reference,
        domain => domain,
    };
    json!({
        "email": listed.email.clone().unwrap_or_default(),
        "username": listed.username.clone().unwrap_or_default(),
        "domain": listed.domain,
        "uniqueIdentifier": identifier,
        "product": listed.plan.clone().unwrap_or_default(),
        "primaryip": listed.ip.clone().unwrap_or_default(),
        "created": moment(listed.created.as_deref().unwrap_or_default()),
        "status": match listed.state {
            Some(State::Suspended) => "Suspended",
            Some(State::Terminated) => "Terminated",
            _ => "Active",
        },
    })
}

/// `2030-01-02T03:04:05Z` as WHMCS wants it; what is no moment is left out.
fn moment(text: &str) -> String {
    let plain = text.get(..19).unwrap_or_default().replace('T', " ");
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    if digits == 14 { plain } else { String::new() }
}

fn failed(what: &str, why: String) -> ModuleAnswer {
    ModuleAnswer::new(json!({ "error": why })).logged(what, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_whmcs_reads_them() {
        assert_eq!(moment("2030-01-02T03:04:05Z"), "2030-01-02 03:04:05");
        assert_eq!(moment("2030-01-02 03:04:05"), "2030-01-02 03:04:05");
        assert_eq!(moment("yesterday"), "");
        assert_eq!(moment("1700000000"), "");
    }

    #[test]
    fn tenants_are_named_once() {
        let used = |service: i64, domain: &str, count: &str| ServiceUsage {
            service,
            domain: domain.to_owned(),
            metrics: BTreeMap::from([("hits".to_owned(), count.to_owned())]),
            ..ServiceUsage::default()
        };
        let all = [used(1, "one.com", "5"), used(2, "two.com", "6")];
        let names = BTreeMap::from([(1, "same".to_owned()), (2, "same".to_owned())]);
        let expected = json!({ "one.com": { "hits": "5" }, "two.com": { "hits": "6" } });
        assert_eq!(Value::from(tenants(&all, &names)), expected);
        let names = BTreeMap::from([(2, "two".to_owned())]);
        assert_eq!(
            tenants(&all, &names).get("two"),
            Some(&json!({ "hits": "6" }))
        );
    }
}
