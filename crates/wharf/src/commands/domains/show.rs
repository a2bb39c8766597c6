//! Domains for people's eyes.

use jiff::Timestamp;
use serde_json::Value;
use wharf_domains::{DomainReport, DomainRow, NameFound, TldPrices, TransferStatus};

pub fn found(name: &NameFound) -> String {
    let price = match (&name.price, &name.currency) {
        (Some(price), Some(currency)) => format!("  {price} {currency}"),
        (Some(price), None) => format!("  {price}"),
        _ => String::new(),
    };
    format!("{:<10} {}{price}", name.is, name.name)
}

/// A line an extension, and what WHMCS cannot express of it.
pub fn prices(items: &[TldPrices]) -> String {
    let mut text = format!(
        "{:<20} {:>10} {:>10} {:>10} {:>10}\n",
        "extension", "register", "renew", "transfer", "redemption"
    );
    for item in items {
        let amounts = [item.register, item.renew, item.transfer, item.redemption].map(|amount| {
            amount.map_or_else(|| "-".to_owned(), |amount| amount.normalize().to_string())
        });
        let [register, renew, transfer, redemption] = amounts;
        let currency = item.currency.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "{:<20} {register:>10} {renew:>10} {transfer:>10} {redemption:>10} {currency}\n",
            format!(".{}", item.tld)
        ));
        for note in &item.notes {
            text.push_str(&format!("    {note}\n"));
        }
    }
    text
}

pub fn row(row: &DomainRow) -> String {
    let status = &row.status;
    let expires = status
        .expires
        .map_or_else(|| "-".to_owned(), |date| date.to_string());
    let kind = if row.kind == "domain" {
        String::new()
    } else {
        format!("  ({})", row.kind)
    };
    format!(
        "{expires:<10}  {:<24}  {}{kind}",
        status.statuses.join(" "),
        status.name
    )
}

pub fn report(report: &DomainReport) -> String {
    let mut lines = vec![report.name.to_string()];
    match (&report.domain, report.found) {
        (Some(domain), _) => {
            let mut fact = |label: &str, value: Option<String>| {
                lines.extend(value.map(|value| format!("  {label:<20} {value}")));
            };
            fact("status", Some(domain.statuses.join(" ")));
            fact("expires", domain.expires.map(|date| date.to_string()));
            fact("at the registry", domain.registry_expires.map(when));
            fact("paid until", domain.paid_until.map(when));
            fact("given up", domain.failure.map(when));
            fact("created", domain.created.map(when));
            fact(
                "renewal mode",
                domain
                    .renewal_mode
                    .as_ref()
                    .map(|mode| mode.as_str().to_owned()),
            );
            fact("price class", domain.class.clone());
            fact("transfer lock", domain.transfer_lock.map(switch));
            fact("ID protection", domain.id_protection.map(switch));
            let hosts: Vec<&str> = domain
                .nameservers
                .iter()
                .map(|host| host.as_str())
                .collect();
            fact("nameservers", (!hosts.is_empty()).then(|| hosts.join(" ")));
        }
        (None, "elsewhere") => lines.push("  registered, but not in this account".to_owned()),
        (None, _) => lines.push("  not in this account".to_owned()),
    }
    lines.extend(
        report
            .stale
            .iter()
            .map(|why| format!("  an earlier answer: {why}")),
    );
    lines.extend(
        report
            .transfer
            .as_ref()
            .map(|status| format!("  {}", transfer(status).replace('\n', "\n  "))),
    );
    if !report.effects.is_empty() {
        lines.push("  changes by Wharf, newest first:".to_owned());
    }
    for effect in &report.effects {
        let reason = effect
            .reason
            .as_deref()
            .map(|reason| format!("  ({reason})"))
            .unwrap_or_default();
        lines.push(format!(
            "    {}  {:<10}  {}  {}{reason}",
            moment(effect.created_at),
            effect.state.as_str(),
            effect.kind,
            effect.id
        ));
    }
    lines.join("\n")
}

pub fn transfer(transfer: &TransferStatus) -> String {
    let since = transfer
        .created
        .map(|at| format!(" since {}", when(at)))
        .unwrap_or_default();
    let mut lines =
        vec![format!("transfer: {:?}, {:?}{since}", transfer.kind, transfer.state).to_lowercase()];
    lines.extend(transfer.log.iter().map(|line| format!("  {line}")));
    lines.join("\n")
}

/// Each fact on a line, as its file has it.
pub fn facts(facts: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect();
            items.join(" ")
        }
        other => other.to_string(),
    };
    let lines: Vec<String> = facts
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name:<22} {}", text(value)))
        .collect();
    lines.join("\n")
}

fn when(at: Timestamp) -> String {
    format!("{at:.0}")
}

fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), when)
}

fn switch(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}
