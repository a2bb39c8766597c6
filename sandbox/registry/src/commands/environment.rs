//! GetEnvironment and SetEnvironment: a store of keys, names and values.

use super::Call;
use crate::answer::{Answer, Failure, Outcome};

pub const ATTRIBUTES: &[&str] = &[
    "ENVIRONMENTKEY#",
    "ENVIRONMENTNAME#",
    "ENVIRONMENTVALUE#",
    "USEPARENT",
    "LEVEL",
];

/// A value that is not sent deletes.
pub fn set(call: &mut Call<'_>) -> Outcome {
    for (index, key, name) in names(call)? {
        let place = (call.account.clone(), key, name);
        match call.command.sent(&format!("ENVIRONMENTVALUE{index}")) {
            Some(value) => call.state.environment.insert(place, value.to_owned()),
            None => call.state.environment.remove(&place),
        };
    }
    Ok(Answer::ok())
}

pub fn get(call: &mut Call<'_>) -> Outcome {
    let (mut keys, mut found, mut values, mut missing) = (vec![], vec![], vec![], vec![]);
    for (_, key, name) in names(call)? {
        let place = (call.account.clone(), key.clone(), name.clone());
        match call.state.environment.get(&place) {
            Some(value) => {
                keys.push(key);
                found.push(name);
                values.push(value.clone());
            }
            None => missing.push(format!("{key}/{name}")),
        }
    }
    Ok(Answer::ok()
        .with_all("ENVIRONMENTKEY", keys)
        .with_all("ENVIRONMENTNAME", found)
        .with_all("ENVIRONMENTVALUE", values)
        .with_all("MISSING", missing))
}

fn names(call: &Call<'_>) -> Result<Vec<(String, String, String)>, Failure> {
    let keys = call.command.list("ENVIRONMENTKEY").unwrap_or_default();
    if keys.is_empty() {
        return Err(Answer::new(504).detail("ENVIRONMENTKEY0"));
    }
    keys.into_iter()
        .map(|(attribute, key)| {
            let index = attribute.trim_start_matches("ENVIRONMENTKEY").to_owned();
            let name = call.command.required(&format!("ENVIRONMENTNAME{index}"))?;
            Ok((index, key.to_owned(), name.to_owned()))
        })
        .collect()
}
