//! What stands in a connector's file, before it is checked.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub base: String,
    pub auth: Auth,
    pub errors: Errors,
    pub account: Account,
    pub user: Resource,
    pub service: Resource,
    pub licence: Resource,
    pub suspend: Act,
    pub unsuspend: Act,
    pub terminate: Act,
    pub properties: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    pub header: String,
    pub value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Errors {
    pub code: String,
    pub message: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub read: Read,
    pub pick: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    pub find: Find,
    pub read: Option<Read>,
    pub pick: BTreeMap<String, String>,
    #[serde(default)]
    pub same: BTreeMap<String, String>,
    pub create: Create,
    pub states: Option<States>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Find {
    pub path: String,
    pub list: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    pub path: String,
    pub item: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    #[serde(default = "post")]
    pub method: String,
    pub path: String,
    pub body: Option<toml::Value>,
    pub item: String,
    #[serde(default)]
    pub conflict: Vec<String>,
    pub taken: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    #[serde(default = "post")]
    pub method: String,
    pub path: String,
    pub body: Option<toml::Value>,
    #[serde(default)]
    pub already: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct States {
    pub active: String,
    pub suspended: String,
    pub terminated: String,
}

fn post() -> String {
    "POST".to_owned()
}
