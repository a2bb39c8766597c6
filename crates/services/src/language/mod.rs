//! Connectors: what Wharf needs to know of a supplier's API, as data. One TOML file each, checked when it is
//! loaded: a connector that loads can only fail for what the supplier answers.

mod action;
mod check;
mod file;
mod names;
mod place;
mod summary;
mod template;
mod used;

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use serde_json_path::JsonPath;
use thiserror::Error;

pub(crate) use action::Action;
pub(crate) use file::{Encoding, Mark, Rate, Who, Words};
pub use file::{Period, Unit};
pub(crate) use summary::read_file;
pub use summary::{Summary, check_file};
pub(crate) use template::{Body, Condition, Context, Template};
pub(crate) use used::Used;

/// A supplier's API, checked.
#[derive(Debug)]
pub(crate) struct Connector {
    pub name: String,
    /// The supplier's name, for people.
    pub title: String,
    pub supplier: Supplier,
    pub account: Option<Read>,
    pub values: Vec<(String, Body)>,
    pub options: Vec<ProductOption>,
    pub service: Service,
    actions: Vec<(Action, Vec<Step>)>,
    pub custom: Vec<Custom>,
    pub properties: Vec<(String, Template)>,
    pub accounts: Option<Accounts>,
    pub usage: Option<Usage>,
    pub metrics: Vec<Metric>,
    pub page: Page,
    pub admin: Vec<Fact>,
    /// What works, but leaves a person more to do than need be.
    pub notes: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Supplier {
    pub base: String,
    pub auth: Auth,
    pub headers: Vec<(String, Template)>,
    pub read: Duration,
    pub change: Duration,
    pub rate: Option<Rate>,
    pub longest_answer: usize,
    /// PEM
    pub ca: Option<Vec<u8>>,
    pub error_code: Vec<JsonPath>,
    pub error_message: Vec<JsonPath>,
    pub answers: Answers,
}

#[derive(Debug)]
pub(crate) enum Auth {
    Bearer,
    Basic,
    Header {
        name: String,
        value: Template,
    },
    Hmac {
        sign: Template,
        encoding: Encoding,
        headers: Vec<(String, Template)>,
    },
    Oauth {
        path: Template,
        scope: Option<String>,
    },
}

pub(crate) type Answers = file::Answers;

#[derive(Debug)]
pub(crate) struct ProductOption {
    pub name: String,
    pub title: Words,
    pub default: Option<String>,
    pub choices: Vec<file::Choice>,
    pub loader: Option<Loader>,
    pub facts: std::collections::BTreeMap<String, std::collections::BTreeMap<String, Value>>,
}

#[derive(Debug)]
pub(crate) struct Loader {
    pub list: List,
    pub value: Template,
    pub title: Template,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub reference: Template,
    pub status: Option<Template>,
    pub active: Vec<String>,
    pub suspended: Vec<String>,
    pub terminated: Vec<String>,
}

/// What is asked for: where, with what.
#[derive(Debug)]
pub(crate) struct Request {
    pub method: Method,
    pub path: Template,
    pub query: Vec<(String, Template)>,
    pub headers: Vec<(String, Template)>,
    pub body: Option<Body>,
    pub answers: Answers,
    /// Field names that no log shows.
    pub secret: Vec<String>,
}

/// Which values to take from an item.
#[derive(Debug, Default)]
pub(crate) struct Keep {
    pub required: Vec<(String, JsonPath)>,
    pub optional: Vec<(String, JsonPath)>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub name: String,
    pub when: Option<Condition>,
    pub subject: Option<Template>,
    pub find: Option<Find>,
    /// None for a step that only looks.
    pub request: Option<Request>,
    /// It changes something at the supplier.
    pub changes: bool,
    pub item: JsonPath,
    pub keep: Keep,
    pub taken: Option<Template>,
    pub poll: Option<Poll>,
    pub undo: Option<Undo>,
    /// Doing it twice is harmless.
    pub repeat: bool,
    /// Names of fields that no log shows, and of kept values that are kept sealed.
    pub secret: Vec<String>,
}

impl Step {
    /// How often what was accepted and then failed is ordered again at once: an end must come.
    pub(crate) fn orders_again(&self) -> i64 {
        match &self.request {
            Some(request) if request.method == Method::DELETE => 2,
            _ => 0,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Find {
    pub request: Request,
    pub list: Option<JsonPath>,
    pub pages: Option<Pages>,
    pub item: JsonPath,
    pub matching: Option<Condition>,
    pub same: Vec<(String, Template)>,
}

#[derive(Debug)]
pub(crate) struct Pages {
    pub query: Vec<(String, Template)>,
    pub next: Option<JsonPath>,
    pub last: Option<JsonPath>,
}

#[derive(Debug)]
pub(crate) struct Poll {
    pub request: Request,
    pub until: Condition,
    pub failed: Option<Condition>,
    pub message: Option<JsonPath>,
    pub item: Option<JsonPath>,
    pub every: Duration,
    pub at_most: Duration,
}

#[derive(Debug)]
pub(crate) struct Undo {
    pub request: Request,
    pub poll: Option<Poll>,
    /// In doubt the step is taken back before it is done anew.
    pub in_doubt: bool,
}

/// A read of one thing.
#[derive(Debug)]
pub(crate) struct Read {
    pub request: Request,
    pub item: JsonPath,
    pub keep: Keep,
}

/// A read of many things.
#[derive(Debug)]
pub(crate) struct List {
    pub request: Request,
    pub list: JsonPath,
    pub pages: Option<Pages>,
}

#[derive(Debug)]
pub(crate) struct Custom {
    pub name: String,
    pub title: Words,
    pub who: Who,
}

#[derive(Debug)]
pub(crate) struct Accounts {
    pub list: List,
    pub reference: Template,
    pub domain: Template,
    pub username: Option<Template>,
    pub email: Option<Template>,
    pub plan: Option<Template>,
    pub ip: Option<Template>,
    pub created: Option<Template>,
    pub status: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Usage {
    pub source: UsageSource,
    pub status: Option<Template>,
    pub disk_used: Option<Template>,
    pub disk_limit: Option<Template>,
    pub bandwidth_used: Option<Template>,
    pub bandwidth_limit: Option<Template>,
}

#[derive(Debug)]
pub(crate) enum UsageSource {
    All {
        list: List,
        reference: Template,
    },
    /// One read for each service.
    Each(Request),
}

#[derive(Debug)]
pub(crate) struct Metric {
    pub name: String,
    pub title: Words,
    pub value: Template,
    pub unit: Unit,
    pub period: Period,
}

#[derive(Debug, Default)]
pub(crate) struct Page {
    pub facts: Vec<Fact>,
    pub links: Vec<Link>,
    pub bars: Vec<Bar>,
}

#[derive(Debug)]
pub(crate) struct Fact {
    pub title: Words,
    pub value: Template,
    pub when: Option<Condition>,
    pub copy: bool,
    pub secret: bool,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub title: Words,
    pub url: Template,
    pub when: Option<Condition>,
}

#[derive(Debug)]
pub(crate) struct Bar {
    pub title: Words,
    pub used: Template,
    pub limit: Option<Template>,
    pub unit: String,
}

impl Connector {
    /// The steps of an action; none where the supplier has no such thing.
    pub(crate) fn steps(&self, action: &Action) -> &[Step] {
        self.actions
            .iter()
            .find(|(known, _)| known == action)
            .map_or(&[], |(_, steps)| steps)
    }

    pub(crate) fn step(&self, action: &Action, name: &str) -> Option<&Step> {
        self.steps(action).iter().find(|step| step.name == name)
    }
}

impl Words {
    /// In a language (`en`, `ar`, …), else in English.
    pub(crate) fn in_language(&self, code: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::Each(texts) => texts
                .get(code)
                .or_else(|| texts.get("en"))
                .map_or("", String::as_str),
        }
    }
}

/// What is wrong with a connector.
#[derive(Debug, Error)]
pub enum ConnectorError {
    #[error("the connector file {file} cannot be read")]
    Unreadable {
        file: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the connector file {file} is wrong in line {line}: {why}")]
    Form {
        file: String,
        line: usize,
        why: String,
    },
    #[error("the connector file {file} is wrong in line {line}, at \"{key}\": {why}")]
    Key {
        file: String,
        line: usize,
        key: String,
        why: String,
    },
}

/// Reads and checks one connector. A certificate that it names is read from `folder`.
pub(crate) fn parse(
    file: &str,
    text: &str,
    folder: Option<&Path>,
) -> Result<Connector, ConnectorError> {
    let read: file::File = toml::from_str(text).map_err(|error| ConnectorError::Form {
        file: file.to_owned(),
        line: place::line(text, error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    check::check(read, folder).map_err(|(key, why)| ConnectorError::Key {
        file: file.to_owned(),
        line: place::line_of(text, &key),
        key,
        why,
    })
}

/// The JSON Schema of a connector's file.
#[cfg(test)]
pub(crate) fn schema() -> Value {
    let mut schema = schemars::schema_for!(file::File).to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "Connector of Wharf".into());
    }
    schema
}

/// The first value at a path that is there and not null.
pub(crate) fn first<'a>(path: &JsonPath, value: &'a Value) -> Option<&'a Value> {
    path.query(value).first().filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests;
