//! Texts, paths and names.

use std::collections::BTreeMap;

use reqwest::header::HeaderName;
use serde_json_path::JsonPath;

use super::super::file::{Answers, Mark, hundred};
use super::super::template::{Body, Condition, Names, Template};
use super::{Wrong, wrong};

pub(super) fn texts(
    at: &str,
    list: &BTreeMap<String, String>,
    names: &Names,
) -> Result<Vec<(String, Template)>, Wrong> {
    list.iter()
        .map(|(name, value)| Ok((name.clone(), text(&format!("{at}.{name}"), value, names)?)))
        .collect()
}

pub(super) fn headers(
    at: &str,
    list: &BTreeMap<String, String>,
    names: &Names,
) -> Result<Vec<(String, Template)>, Wrong> {
    list.iter()
        .map(|(name, value)| {
            let at = format!("{at}.{name}");
            Ok((header(&at, name)?, text(&at, value, names)?))
        })
        .collect()
}

/// What a good answer must say cannot be missing and good at once.
pub(super) fn answers(at: &str, answers: &Answers) -> Result<Answers, Wrong> {
    let lists = [
        ("done", &answers.done),
        ("already", &answers.already),
        ("gone", &answers.gone),
        ("refused", &answers.refused),
        ("later", &answers.later),
        ("pending", &answers.pending),
        ("unknown", &answers.unknown),
    ];
    for (name, marks) in lists {
        let malformed = marks.iter().filter_map(Mark::of_malformed);
        for of in malformed {
            let at = format!("{at}.{name}");
            if matches!(name, "done" | "pending") {
                return wrong(&at, "a malformed answer does not tell that");
            }
            if of.parse::<u16>().is_err() && hundred(of).is_none() {
                return wrong(&at, "say \"malformed 200\" or \"malformed 2xx\"");
            }
        }
    }
    Ok(answers.clone())
}

pub(super) fn header(at: &str, name: &str) -> Result<String, Wrong> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => wrong(at, &format!("\"{name}\" is no name of a header")),
    }
}

pub(super) fn body(
    at: &str,
    value: Option<&serde_json::Value>,
    names: &Names,
) -> Result<Option<Body>, Wrong> {
    value.map(|value| Body::check(value, at, names)).transpose()
}

pub(super) fn condition(
    at: &str,
    text: Option<&String>,
    names: &Names,
) -> Result<Option<Condition>, Wrong> {
    text.map(|text| Condition::check(text, names).map_err(|why| (at.to_owned(), why)))
        .transpose()
}

pub(super) fn text_if(
    at: &str,
    value: Option<&String>,
    names: &Names,
) -> Result<Option<Template>, Wrong> {
    value.map(|value| text(at, value, names)).transpose()
}

pub(super) fn text(at: &str, text: &str, names: &Names) -> Result<Template, Wrong> {
    Template::check(text, names).map_err(|why| (at.to_owned(), why))
}

pub(super) fn path_text(at: &str, text: &str, names: &Names) -> Result<Template, Wrong> {
    Template::path(text, names).map_err(|why| (at.to_owned(), why))
}

pub(super) fn item(at: &str, path: Option<&String>) -> Result<JsonPath, Wrong> {
    json_path(at, path.map_or("$", String::as_str))
}

pub(super) fn json_path(at: &str, text: &str) -> Result<JsonPath, Wrong> {
    JsonPath::parse(text).map_err(|error| (at.to_owned(), error.to_string()))
}

pub(super) fn is_name(name: &str, sign: char) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == sign)
}
