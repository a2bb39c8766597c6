//! QueryDomainSuggestionList: names like a word, checked by nobody.

use super::paging::Page;
use super::{Call, number};
use crate::answer::{Answer, Outcome};

pub const ATTRIBUTES: &[&str] = &[
    "KEYWORD",
    "ZONE#",
    "SOURCE",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
    "IPADDRESS",
    "LANGUAGE#",
    "CATEGORY#",
];

pub fn run(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let page = Page::asked(command)?;
    let limit = number(command, "LIMIT", 100, 1..=10_000)?;
    let source = command.filled("SOURCE").unwrap_or("ISPAPI-SUGGESTIONS");
    if !["ISPAPI-SUGGESTIONS", "ISPAPI-CATEGORIES"].contains(&source) {
        return Err(Answer::new(506).detail("SOURCE"));
    }
    let keyword: String = command
        .required("KEYWORD")?
        .to_lowercase()
        .split('.')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let Some(keyword) = idna::domain_to_ascii_strict(&keyword)
        .ok()
        .filter(|keyword| !keyword.is_empty())
    else {
        return Err(super::wrong_syntax("KEYWORD"));
    };
    let zones: Vec<String> = match command.list("ZONE").filter(|zones| !zones.is_empty()) {
        Some(zones) => zones
            .into_iter()
            .map(|(_, zone)| zone.trim_start_matches('.').to_ascii_lowercase())
            // Third-level zones are not supported.
            .filter(|zone| !zone.contains('.') && call.state.zones.named(zone).is_some())
            .collect(),
        None => USUAL.iter().map(|zone| (*zone).to_owned()).collect(),
    };
    let plain = !keyword.starts_with("xn--");
    let labels = std::iter::once(keyword.clone()).chain(
        AROUND
            .iter()
            .filter(|_| plain)
            .map(|(before, after)| format!("{before}{keyword}{after}")),
    );
    let found: Vec<String> = labels
        .flat_map(|label| zones.iter().map(move |zone| format!("{label}.{zone}")))
        .take(limit.saturating_mul(4))
        .collect();
    let rows = page.of(&found);
    Ok(page
        .head(found.len(), rows.len())
        .with_all("DOMAIN", rows.iter().cloned()))
}

const USUAL: &[&str] = &["com", "net", "org", "info", "shop", "online"];
const AROUND: &[(&str, &str)] = &[
    ("my", ""),
    ("the", ""),
    ("", "online"),
    ("", "shop"),
    ("get", ""),
    ("", "hub"),
    ("", "-group"),
    ("", "24"),
    ("taken-", ""),
];
