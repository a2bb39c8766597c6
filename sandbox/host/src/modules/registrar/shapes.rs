//! What registrar functions may return. A wrong shape is named at the call, where WHMCS would go on with
//! nonsense.

use serde_json::Value;

use crate::app::read_date;
use crate::php::PhpAnswer;

/// What is wrong with an answer, for whoever wrote the module. Errors have been taken out before.
pub(super) fn complaint(function: &str, answer: &PhpAnswer) -> Option<String> {
    let value = &answer.value;
    let wrong = |wanted: &str| {
        Some(format!(
            "{function} must return {wanted}; the module returned {}",
            described(value)
        ))
    };
    match function.to_ascii_lowercase().as_str() {
        "registerdomain"
        | "transferdomain"
        | "renewdomain"
        | "savenameservers"
        | "saveregistrarlock"
        | "savecontactdetails"
        | "savedns"
        | "saveemailforwarding"
        | "idprotecttoggle"
        | "releasedomain"
        | "requestdelete"
        | "registernameserver"
        | "modifynameserver"
        | "deletenameserver"
        | "resendirtpverificationemail" => {
            if is_map(value) || value.is_null() {
                return None;
            }
            wrong("an array with success or error, or nothing")
        }
        "getnameservers" => {
            let texts = NAMESERVERS
                .iter()
                .filter_map(|key| value.get(key))
                .all(|ns| ns.is_string() || ns.is_null());
            if is_map(value) && texts {
                return None;
            }
            wrong("an array with ns1 to ns5")
        }
        "getregistrarlock" => match value.as_str() {
            Some("locked" | "unlocked" | "") => None,
            None if value.is_null() => None,
            _ => wrong("locked, unlocked or an empty text"),
        },
        "getdomaininformation" => match class(value) {
            Some("WHMCS\\Domain\\Registrar\\Domain") => None,
            _ => wrong("a WHMCS\\Domain\\Registrar\\Domain"),
        },
        "geteppcode" => match value.get("eppcode") {
            None if is_map(value) || value.is_null() => None,
            Some(Value::String(_)) => None,
            _ => wrong("an array with eppcode, or with success when the code was sent by mail"),
        },
        "sync" => sync(function, value),
        "transfersync" => transfer_sync(function, value),
        "checkavailability" => search_results(function, value),
        "getdomainsuggestions" => search_results(function, value).or_else(|| {
            let taken =
                items(value).find(|item| item.get("status") != Some(&"available".into()))?;
            Some(format!(
                "{function} must return names that are free; {} is not",
                name_of(taken)
            ))
        }),
        "gettldpricing" => {
            if !class(value).is_some_and(|class| class.ends_with("\\ResultsList")) {
                return wrong("a WHMCS\\Results\\ResultsList of ImportItem objects");
            }
            items(value).find_map(import_item)
        }
        "admincustombuttonarray" | "clientareacustombuttonarray" | "admindomainstabfields" => {
            let texts = value
                .as_object()
                .is_some_and(|map| map.values().all(Value::is_string));
            if texts || is_empty(value) {
                return None;
            }
            wrong("an array of labels and texts")
        }
        "getpremiumprice" => {
            if value.get("CurrencyCode").is_some_and(Value::is_string) {
                return None;
            }
            wrong("an array with register, renew or transfer, and CurrencyCode")
        }
        _ => None,
    }
}

fn sync(function: &str, value: &Value) -> Option<String> {
    if !is_map(value) {
        let wanted = "an array with active, cancelled, transferredAway and expirydate";
        return Some(format!(
            "{function} must return {wanted}; the module returned {}",
            described(value)
        ));
    }
    ["active", "cancelled", "transferredAway"]
        .iter()
        .find_map(|key| not_a_flag(function, value, key))
        .or_else(|| wrong_date(function, value))
}

fn transfer_sync(function: &str, value: &Value) -> Option<String> {
    if !is_map(value) && !value.is_null() {
        let wanted = "an array with completed, failed, expirydate and reason, or an empty one";
        return Some(format!(
            "{function} must return {wanted}; the module returned {}",
            described(value)
        ));
    }
    ["completed", "failed"]
        .iter()
        .find_map(|key| not_a_flag(function, value, key))
        .or_else(|| wrong_date(function, value))
}

fn not_a_flag(function: &str, value: &Value, key: &str) -> Option<String> {
    let given = value.get(key)?;
    let flag = given.is_boolean() || given.is_null() || matches!(given.as_i64(), Some(0 | 1));
    (!flag).then(|| {
        format!(
            "{function} must give {key} as true or false; the module gave {}",
            described(given)
        )
    })
}

/// A date that is not known must be left out: `0000-00-00` would become the domain's expiry.
fn wrong_date(function: &str, value: &Value) -> Option<String> {
    let given = value.get("expirydate").filter(|given| !given.is_null())?;
    let fine = given.as_str().is_some_and(|text| {
        text.is_empty() || (text.len() == 10 && read_date(text).as_deref() == Some(text))
    });
    (!fine).then(|| {
        format!(
            "{function} must give expirydate as YYYY-MM-DD, or leave it out; the module gave {}",
            described(given)
        )
    })
}

fn search_results(function: &str, value: &Value) -> Option<String> {
    if !class(value).is_some_and(|class| class.ends_with("\\ResultsList")) {
        return Some(format!(
            "{function} must return a ResultsList; the module returned {}",
            described(value)
        ));
    }
    let stranger =
        items(value).find(|item| !class(item).is_some_and(|class| class.ends_with("SearchResult")));
    stranger.map(|item| {
        format!(
            "the ResultsList of {function} must hold SearchResult objects; it holds {}",
            described(item)
        )
    })
}

fn import_item(item: &Value) -> Option<String> {
    if !class(item).is_some_and(|class| class.ends_with("\\ImportItem")) {
        return Some(format!(
            "the ResultsList of GetTldPricing must hold ImportItem objects; it holds {}",
            described(item)
        ));
    }
    let extension = item
        .get("extension")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let lacking = match () {
        () if !extension.starts_with('.') => "an extension with its leading dot",
        () if !is_price(item.get("registerPrice")) => "a register price",
        () if item.get("currency").and_then(Value::as_str).is_none() => "a currency",
        () => return None,
    };
    Some(format!(
        "each ImportItem of GetTldPricing needs {lacking}; the one for \"{extension}\" has none"
    ))
}

fn is_price(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Number(_)) => true,
        Some(Value::String(text)) => text.parse::<rust_decimal::Decimal>().is_ok(),
        _ => false,
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value
        .get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn name_of(item: &Value) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}.{}", text("sld"), text("tld"))
}

fn class(value: &Value) -> Option<&str> {
    value.get("__class")?.as_str()
}

/// A PHP array with names as keys; an empty one comes as a list.
fn is_map(value: &Value) -> bool {
    (value.is_object() && class(value).is_none()) || is_empty(value)
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// A value in a few words. Never its inner values: they may be secret.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            format!("the text \"{}\"", text.chars().take(40).collect::<String>())
        }
        Value::Array(list) if list.is_empty() => "an empty array".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(map) => match class(value) {
            Some(class) => format!("a {class}"),
            None => {
                let keys: Vec<&str> = map.keys().map(String::as_str).take(8).collect();
                format!("an array with {}", keys.join(", "))
            }
        },
    }
}

const NAMESERVERS: [&str; 5] = ["ns1", "ns2", "ns3", "ns4", "ns5"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(function: &str, value: Value) -> Option<String> {
        let answer = PhpAnswer {
            exists: true,
            value,
            ..PhpAnswer::default()
        };
        complaint(function, &answer)
    }

    #[test]
    fn documented_shapes_pass() {
        let domain = json!({ "__class": "WHMCS\\Domain\\Registrar\\Domain", "domain": "a.com" });
        let result = json!({ "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult", "status": "available" });
        let list =
            json!({ "__class": "WHMCS\\Domains\\DomainLookup\\ResultsList", "items": [result] });
        for (function, value) in [
            ("RegisterDomain", json!({ "success": true })),
            ("RegisterDomain", json!({ "pending": true })),
            ("renewdomain", Value::Null),
            ("SaveNameservers", json!([])),
            ("GetNameservers", json!({ "ns1": "a", "ns2": null })),
            ("GetRegistrarLock", json!("locked")),
            ("GetRegistrarLock", json!("")),
            ("GetDomainInformation", domain),
            ("GetEPPCode", json!({ "success": "success" })),
            ("GetEPPCode", json!({ "eppcode": "x" })),
            (
                "Sync",
                json!({ "active": true, "expirydate": "2031-02-03" }),
            ),
            ("Sync", json!([])),
            (
                "TransferSync",
                json!({ "completed": true, "expirydate": "2031-02-03" }),
            ),
            ("TransferSync", json!([])),
            ("CheckAvailability", list.clone()),
            ("GetDomainSuggestions", list),
            ("AdminCustomButtonArray", json!({ "Sync now": "SyncNow" })),
            ("SomethingElse", json!(5)),
        ] {
            assert_eq!(said(function, value.clone()), None, "{function} {value}");
        }
    }

    #[test]
    fn others_are_named() {
        let results =
            |items: Value| json!({ "__class": "WHMCS\\Results\\ResultsList", "items": items });
        let item = |fields: Value| {
            let mut item = json!({ "__class": "WHMCS\\Domain\\TopLevel\\ImportItem" });
            item.as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            results(json!([item]))
        };
        let taken = json!({ "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult", "sld": "a", "tld": "com", "status": "registered" });
        let all: Vec<String> = [
            ("RegisterDomain", json!("success")),
            ("GetNameservers", json!({ "ns1": ["a"] })),
            ("GetRegistrarLock", json!(true)),
            (
                "GetDomainInformation",
                json!({ "domain": "a.com", "secret": "x" }),
            ),
            ("GetEPPCode", json!({ "eppcode": 12 })),
            ("Sync", json!({ "active": "yes" })),
            ("Sync", json!({ "expirydate": "0000-00-00" })),
            ("Sync", json!({ "expirydate": "03.02.2031" })),
            ("TransferSync", json!("completed")),
            ("CheckAvailability", json!({ "status": "x" })),
            ("GetDomainSuggestions", results(json!([taken]))),
            ("GetTldPricing", item(json!({ "extension": "com" }))),
            (
                "GetTldPricing",
                item(json!({ "extension": ".com", "registerPrice": "9.90" })),
            ),
            ("AdminDomainsTabFields", json!({ "Status": ["x"] })),
        ]
        .into_iter()
        .map(|(function, value)| said(function, value).unwrap())
        .collect();
        insta::assert_snapshot!(all.join("\n"), @r#"
        RegisterDomain must return an array with success or error, or nothing; the module returned the text "success"
        GetNameservers must return an array with ns1 to ns5; the module returned an array with ns1
        GetRegistrarLock must return locked, unlocked or an empty text; the module returned true
        GetDomainInformation must return a WHMCS\Domain\Registrar\Domain; the module returned an array with domain, secret
        GetEPPCode must return an array with eppcode, or with success when the code was sent by mail; the module returned an array with eppcode
        Sync must give active as true or false; the module gave the text "yes"
        Sync must give expirydate as YYYY-MM-DD, or leave it out; the module gave the text "0000-00-00"
        Sync must give expirydate as YYYY-MM-DD, or leave it out; the module gave the text "03.02.2031"
        TransferSync must return an array with completed, failed, expirydate and reason, or an empty one; the module returned the text "completed"
        CheckAvailability must return a ResultsList; the module returned an array with status
        GetDomainSuggestions must return names that are free; a.com is not
        each ImportItem of GetTldPricing needs an extension with its leading dot; the one for "com" has none
        each ImportItem of GetTldPricing needs a currency; the one for ".com" has none
        AdminDomainsTabFields must return an array of labels and texts; the module returned an array with Status
        "#);
    }
}
