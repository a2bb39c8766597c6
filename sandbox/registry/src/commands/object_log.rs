//! QueryObjectLogList and StatusObjectLog: what was done to an object. Sync code reads it.

use super::paging::{Page, glob};
use super::{Call, wrong_syntax};
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::LogEntry;

pub const ATTRIBUTES: &[&str] = &[
    "OBJECTCLASS",
    "OBJECTID",
    "OPERATIONTYPE",
    "OPERATIONSTATUS",
    "MINDATE",
    "MAXDATE",
    "ORDERBY",
    "USERDEPTH",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
];

pub fn list(call: &mut Call<'_>) -> Outcome {
    let page = Page::asked(call.command)?;
    let fits = |key: &str, value: &str| {
        let pattern = call.command.filled(key).unwrap_or("*").to_ascii_lowercase();
        glob(&pattern, &value.to_ascii_lowercase())
    };
    let (min, max) = (
        call.command.filled("MINDATE"),
        call.command.filled("MAXDATE"),
    );
    let wanted = |entry: &LogEntry| {
        let at = dates::text(entry.at);
        entry.account == call.account
            && fits("OBJECTCLASS", entry.object_class)
            && fits("OBJECTID", &entry.object)
            && fits("OPERATIONTYPE", entry.operation)
            && fits("OPERATIONSTATUS", "SUCCESSFUL")
            && min.is_none_or(|min| at.as_str() >= min)
            && max.is_none_or(|max| at.as_str() <= max)
    };
    // The index is the entry's place in the whole log, from 1.
    let mut found: Vec<(usize, &LogEntry)> = call
        .state
        .log
        .iter()
        .enumerate()
        .map(|(place, entry)| (place + 1, entry))
        .filter(|(_, entry)| wanted(entry))
        .collect();
    if call
        .command
        .filled("ORDERBY")
        .is_some_and(|order| order.eq_ignore_ascii_case("LOGDATEDESC"))
    {
        found.reverse();
    }
    let rows = page.of(&found);
    let answer = page.head(found.len(), rows.len());
    Ok(answer
        .with_all(
            "LOGDATE",
            rows.iter().map(|(_, entry)| dates::text(entry.at)),
        )
        .with_all("LOGINDEX", rows.iter().map(|(index, _)| index.to_string()))
        .with_all(
            "LOGUSER",
            rows.iter().map(|(_, entry)| entry.account.clone()),
        )
        .with_all(
            "OBJECTCLASS",
            rows.iter().map(|(_, entry)| entry.object_class),
        )
        .with_all(
            "OBJECTID",
            rows.iter().map(|(_, entry)| entry.object.clone()),
        )
        .with_all(
            "OPERATIONTYPE",
            rows.iter().map(|(_, entry)| entry.operation),
        )
        .with_all("OPERATIONSTATUS", rows.iter().map(|_| "SUCCESSFUL"))
        .with_all("REFERENCE", rows.iter().map(|_| "")))
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let index: usize = call
        .command
        .required("LOGINDEX")?
        .parse()
        .map_err(|_| wrong_syntax("LOGINDEX"))?;
    let entry = index
        .checked_sub(1)
        .and_then(|place| call.state.log.get(place));
    let entry = entry
        .filter(|entry| entry.account == call.account)
        .ok_or_else(|| Answer::new(545))?;
    let lines = std::iter::once("[COMMAND]".to_owned())
        .chain(entry.info.iter().cloned())
        .chain(["EOF".to_owned()]);
    Ok(Answer::ok()
        .with("LOGDATE", dates::text(entry.at))
        .with("LOGINDEX", index.to_string())
        .with("OBJECTCLASS", entry.object_class)
        .with("OBJECTID", entry.object.clone())
        .with("OPERATIONTYPE", entry.operation)
        .with("OPERATIONSTATUS", "SUCCESSFUL")
        .with_all("OPERATIONINFO", lines))
}
