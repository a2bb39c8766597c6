//! QueryObjectLogList and StatusObjectLog: what was done to an object. Sync code reads it.

use super::paging::{Page, glob};
use super::{Call, date, wrong_syntax};
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
    let command = call.command;
    let page = Page::asked(command)?;
    let accounts = call.accounts_seen()?;
    let pattern = |key: &str| command.filled(key).map(str::to_ascii_lowercase);
    let wishes = [
        "OBJECTCLASS",
        "OBJECTID",
        "OPERATIONTYPE",
        "OPERATIONSTATUS",
    ]
    .map(pattern);
    let (min, max) = (date(command, "MINDATE")?, date(command, "MAXDATE")?);
    let wanted = |entry: &LogEntry| {
        let values = [
            entry.object_class,
            &entry.object,
            entry.operation,
            entry.status,
        ];
        accounts.contains(&entry.account)
            && wishes.iter().zip(values).all(|(wish, value)| {
                wish.as_ref()
                    .is_none_or(|wish| glob(wish, &value.to_ascii_lowercase()))
            })
            && min.is_none_or(|min| entry.at >= min)
            && max.is_none_or(|max| entry.at <= max)
    };
    let state = &call.state;
    // The index is the entry's place in the whole log, from 1. One object's entries are found at once.
    let one = command
        .filled("OBJECTID")
        .filter(|id| !id.contains(['*', '?']));
    let mut found: Vec<(usize, &LogEntry)> = match one {
        Some(id) => state
            .log_places(id)
            .iter()
            .filter_map(|place| Some((place + 1, state.log.get(*place)?)))
            .filter(|(_, entry)| wanted(entry))
            .collect(),
        None => (1..)
            .zip(&state.log)
            .filter(|(_, entry)| wanted(entry))
            .collect(),
    };
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
        .with_all("LOGUSER", rows.iter().map(|(_, entry)| entry.user.clone()))
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
        .with_all(
            "OPERATIONSTATUS",
            rows.iter().map(|(_, entry)| entry.status),
        )
        .with_all(
            "REFERENCE",
            rows.iter().map(|(index, _)| format!("LOG-{index}")),
        ))
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
        .with("OPERATIONSTATUS", entry.status)
        .with_all("OPERATIONINFO", lines))
}
