//! Proofs: what the other parties' own records say. One query a fact; every one fails unless there is exactly
//! what there should be.

use serde_json::Value;

use super::{StoryError, json};
use crate::Addresses;

/// The registry's record of a domain.
pub(super) async fn domain(addresses: &Addresses, name: &str) -> Result<Value, StoryError> {
    let all = json(&format!("{}/_sandbox/domains", addresses.registry)).await?;
    exactly_one(&all, "the registry", "domain", |domain| {
        is(domain, "domain", name)
    })
}

/// The supplier's record of a user.
pub(super) async fn user(addresses: &Addresses, email: &str) -> Result<Value, StoryError> {
    let all = json(&format!("{}/_sandbox/users", addresses.supplier)).await?;
    exactly_one(&all, "the supplier", "user", |user| {
        is(user, "email", email)
    })
}

/// The supplier's record of a service, with its one licence.
pub(super) async fn service(
    addresses: &Addresses,
    user: &Value,
    domain: &str,
) -> Result<Value, StoryError> {
    let all = json(&format!("{}/_sandbox/services", addresses.supplier)).await?;
    let id = user.get("id").cloned().unwrap_or_default();
    let service = exactly_one(&all, "the supplier", "service", |service| {
        service.get("user_id") == Some(&id) && is(service, "domain", domain)
    })?;
    match service
        .get("licences")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([_]) => Ok(service),
        Some(licences) => Err(StoryError::wrong(format!(
            "the supplier has {} licences for the service, not 1",
            licences.len()
        ))),
        None => Err(StoryError::wrong(
            "the supplier does not list the service's licences",
        )),
    }
}

/// The host's one credit that came from a wallet transfer.
pub(super) async fn credit(
    addresses: &Addresses,
    client: &str,
    transaction: &str,
) -> Result<Value, StoryError> {
    let rows = rows(addresses, "tblcredit").await?;
    exactly_one(&rows, "the host", "wallet credit of the client", |row| {
        is(row, "clientid", client)
            && text(row, "amount").is_some_and(|amount| !amount.starts_with('-'))
    })
    .and_then(|row| {
        let token = format!("trans_id: {transaction}");
        if text(&row, "description").is_some_and(|description| description.contains(&token)) {
            return Ok(row);
        }
        Err(StoryError::wrong(format!(
            "the credit does not name the transfer {transaction}"
        )))
    })
}

/// The rows of a table of the host.
pub(super) async fn rows(addresses: &Addresses, table: &str) -> Result<Value, StoryError> {
    json(&format!("{}/_sandbox/rows/{table}", addresses.host)).await
}

/// The row of a table with this id.
pub(super) async fn row(addresses: &Addresses, table: &str, id: &str) -> Result<Value, StoryError> {
    exactly_one(&rows(addresses, table).await?, "the host", table, |row| {
        is(row, "id", id)
    })
}

/// A field as text, numbers included.
pub(super) fn text(value: &Value, field: &str) -> Option<String> {
    match value.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn is(value: &Value, field: &str, expected: &str) -> bool {
    text(value, field).is_some_and(|text| text.eq_ignore_ascii_case(expected))
}

fn exactly_one(
    all: &Value,
    whose: &str,
    what: &str,
    mine: impl Fn(&Value) -> bool,
) -> Result<Value, StoryError> {
    let all = all
        .as_array()
        .ok_or_else(|| StoryError::wrong(format!("{whose} shows no list of its {what}s")))?;
    let mut found = all.iter().filter(|value| mine(value));
    match (found.next(), found.count()) {
        (Some(one), 0) => Ok(one.clone()),
        (Some(_), more) => Err(StoryError::wrong(format!(
            "{whose} has {} of the {what}, not 1",
            more + 1
        ))),
        (None, _) => Err(StoryError::wrong(format!("{whose} has no such {what}"))),
    }
}
