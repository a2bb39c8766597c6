//! ConvertIDN: the platform's own conversion, which follows each registry's rules.

use super::{Call, wrong_syntax};
use crate::answer::{Answer, Outcome};
use crate::zones::Zones;

pub fn convert(call: &mut Call<'_>) -> Outcome {
    let bare = call
        .command
        .filled("DOMAIN")
        .map(|name| ("DOMAIN".to_owned(), name));
    let names: Vec<(String, &str)> = bare
        .into_iter()
        .chain(call.command.indexed("DOMAIN"))
        .collect();
    if names.is_empty() {
        return Err(Answer::new(504).detail("DOMAIN0"));
    }
    let mut ace = Vec::new();
    for (key, name) in &names {
        // The Python SDK also asks about the empty elements of a list, and takes the answers by position.
        let converted = if name.is_empty() {
            Some(String::new())
        } else {
            to_ascii(&call.state.zones, name)
        };
        ace.push(converted.ok_or_else(|| wrong_syntax(key))?);
    }
    let unicode: Vec<String> = ace
        .iter()
        .map(|name| idna::domain_to_unicode(name).0)
        .collect();
    Ok(Answer::ok().with_all("ACE", ace).with_all("IDN", unicode))
}

/// UTS #46; transitional (`ß` becomes `ss`) where the registry wants it so.
fn to_ascii(zones: &Zones, name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase();
    let keeps = zones.above(&lower).is_some_and(|zone| zone.keeps_sharp_s);
    let mapped = if keeps {
        lower
    } else {
        lower.replace('ß', "ss").replace('ς', "σ")
    };
    idna::domain_to_ascii_strict(&mapped)
        .ok()
        .filter(|ascii| !ascii.is_empty())
}
