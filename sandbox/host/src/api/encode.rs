//! The three forms of an answer: JSON, XML under `whmcsapi`, and name=value pairs (what a caller gets that
//! asks for nothing).

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::app::VERSION;

/// `notice`: what PHP printed before it came to the answer.
pub(super) fn response(
    status: StatusCode,
    format: &str,
    action: &str,
    answer: &Value,
    notice: &str,
) -> Response {
    let (kind, body) = match format {
        "json" => ("application/json", answer.to_string()),
        "xml" => ("application/xml", xml(action, answer)),
        _ => ("text/plain; charset=utf-8", pairs(answer)),
    };
    if notice.is_empty() {
        return (status, [(CONTENT_TYPE, kind)], body).into_response();
    }
    (
        status,
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
        format!("{notice}\n{body}"),
    )
        .into_response()
}

fn xml(action: &str, answer: &Value) -> String {
    let mut text =
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"{VERSION}\">\n");
    element(
        &mut text,
        "action",
        &Value::from(action.to_ascii_lowercase()),
    );
    if let Some(fields) = answer.as_object() {
        for (name, value) in fields {
            element(&mut text, name, value);
        }
    }
    text.push_str("</whmcsapi>\n");
    text
}

/// A list repeats its element; names that XML does not allow become `item`.
fn element(text: &mut String, name: &str, value: &Value) {
    let first = name.chars().next();
    let allowed = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let name = if allowed { name } else { "item" };
    match value {
        Value::Array(members) => {
            for member in members {
                element(text, name, member);
            }
        }
        Value::Object(members) => {
            text.push_str(&format!("<{name}>\n"));
            for (key, member) in members {
                element(text, key, member);
            }
            text.push_str(&format!("</{name}>\n"));
        }
        scalar => text.push_str(&format!("<{name}>{}</{name}>\n", escape(&plain(scalar)))),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn pairs(answer: &Value) -> String {
    let mut text = String::new();
    if let Some(fields) = answer.as_object() {
        for (name, value) in fields {
            pair(&mut text, name, value);
        }
    }
    text
}

fn pair(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Array(members) => members
            .iter()
            .enumerate()
            .for_each(|(index, member)| pair(text, &format!("{name}[{index}]"), member)),
        Value::Object(members) => members
            .iter()
            .for_each(|(key, member)| pair(text, &format!("{name}[{key}]"), member)),
        scalar => text.push_str(&format!("{name}={};", plain(scalar))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "1" } else { "" }.to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_nested_in_xml_and_flat_in_pairs() {
        let answer = json!({ "result": "success", "clients": { "client": [{ "id": 1, "name": "A & B" }, { "id": 2, "name": null }] } });
        insta::assert_snapshot!(xml("GetClients", &answer), @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <whmcsapi version="8.13.1-release.1">
        <action>getclients</action>
        <result>success</result>
        <clients>
        <client>
        <id>1</id>
        <name>A &amp; B</name>
        </client>
        <client>
        <id>2</id>
        <name></name>
        </client>
        </clients>
        </whmcsapi>
        "#);
        insta::assert_snapshot!(pairs(&answer), @"result=success;clients[client][0][id]=1;clients[client][0][name]=A & B;clients[client][1][id]=2;clients[client][1][name]=;");
    }
}
