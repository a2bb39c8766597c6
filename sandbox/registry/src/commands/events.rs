//! The event queue: QueryEventList, StatusEvent, DeleteEvent.

use super::paging::{Page, glob};
use super::{Call, date, switch, wrong_syntax};
use crate::answer::{Answer, Failure, Outcome};
use crate::dates;
use crate::state::Event;

pub const ATTRIBUTES: &[&str] = &[
    "EVENTCLASS",
    "EVENTSUBCLASS",
    "CLASS",
    "SUBCLASS",
    "MINDATE",
    "MAXDATE",
    "WIDE",
    "USERDEPTH",
    "FIRST",
    "LIMIT",
    "NOTOTAL",
    "ORDERBY",
];

pub fn list(call: &mut Call<'_>) -> Outcome {
    let command = call.command;
    let page = Page::asked(command)?;
    let wide = switch(command, "WIDE")?.unwrap_or(false);
    let accounts = call.accounts_seen()?;
    let (min, max) = (date(command, "MINDATE")?, date(command, "MAXDATE")?);
    let like = |key: &str, value: &str| {
        let other = key.trim_start_matches("EVENT");
        let pattern = command.filled(key).or_else(|| command.filled(other));
        pattern.is_none_or(|pattern| glob(&pattern.to_ascii_uppercase(), value))
    };
    let found: Vec<(&u64, &Event)> = call
        .state
        .events
        .iter()
        .filter(|(_, event)| {
            accounts.contains(&event.account)
                && like("EVENTCLASS", event.class)
                && like("EVENTSUBCLASS", event.subclass)
                && min.is_none_or(|min| event.at >= min)
                && max.is_none_or(|max| event.at <= max)
        })
        .collect();
    let rows = page.of(&found);
    let answer = page
        .head(found.len(), rows.len())
        .with_all("EVENT", rows.iter().map(|(id, _)| id.to_string()));
    if !wide {
        return Ok(answer);
    }
    Ok(answer
        .with_all("EVENTCLASS", rows.iter().map(|(_, event)| event.class))
        .with_all(
            "EVENTSUBCLASS",
            rows.iter().map(|(_, event)| event.subclass),
        )
        .with_all(
            "EVENTDATE",
            rows.iter().map(|(_, event)| dates::text(event.at)),
        )
        .with_all(
            "EVENTDATA0",
            rows.iter()
                .map(|(_, event)| event.data.first().cloned().unwrap_or_default()),
        ))
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let (id, event) = own(call)?;
    let answer = Answer::ok()
        .with("EVENT", id.to_string())
        .with("EVENTCLASS", event.class)
        .with("EVENTSUBCLASS", event.subclass)
        .with("EVENTDATE", dates::text(event.at));
    let data = event.data.iter().enumerate();
    Ok(data.fold(answer, |answer, (index, value)| {
        answer.with(&format!("EVENTDATA{index}"), value.clone())
    }))
}

pub fn delete(call: &mut Call<'_>) -> Outcome {
    let (id, _) = own(call)?;
    call.state.events.remove(&id);
    Ok(Answer::ok())
}

fn own<'a>(call: &'a Call<'_>) -> Result<(u64, &'a Event), Failure> {
    let id: u64 = call
        .command
        .required("EVENT")?
        .parse()
        .map_err(|_| wrong_syntax("EVENT"))?;
    call.state
        .events
        .get(&id)
        .filter(|event| event.account == call.account)
        .map(|event| (id, event))
        .ok_or_else(|| Answer::new(545))
}
