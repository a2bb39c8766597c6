//! One function call of a PHP module, as it arrives on the module socket, and its answer.
//!
//! The PHP side converts nothing but objects to their documented fields (contract sections 2.2, 3.3, 4.1),
//! so parameters are WHMCS's own names with WHMCS's own looseness: numbers may be text, switches may be `on`.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use wharf_core::{ErrorClass, Secret};

/// The kind of module that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleKind {
    Registrar,
    Server,
    Gateway,
    Addon,
}

/// A call: which site's module wants which function done, with what.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    pub site: String,
    pub kind: ModuleKind,
    /// The module's name in that WHMCS (`wharf`, or the name it was installed under).
    pub module: String,
    /// Without the module's prefix: `RegisterDomain`.
    pub function: String,
    pub params: Params,
}

/// The parameters of a call.
#[derive(Clone, Default)]
pub struct Params(Map<String, Value>);

impl Params {
    pub fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Text, or a number as text; trimmed. `None` when absent, null or blank.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(true) => "1".to_owned(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// As [`text`](Self::text), where the function cannot do without it.
    pub fn required(&self, name: &'static str) -> Result<String, CallError> {
        self.text(name).ok_or(CallError::Missing(name))
    }

    pub fn secret(&self, name: &'static str) -> Option<Secret> {
        match self.0.get(name)? {
            Value::String(text) if !text.is_empty() => Some(Secret::new(text.as_str())),
            _ => None,
        }
    }

    /// A whole number, or its decimal text.
    pub fn integer(&self, name: &'static str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub fn required_integer(&self, name: &'static str) -> Result<i64, CallError> {
        self.integer(name).ok_or(CallError::Missing(name))
    }

    /// A switch: `true`, a number other than 0, `on`, `1`, `yes`, `true`.
    pub fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::Number(number)) => number.as_i64() != Some(0),
            Some(Value::String(text)) => {
                matches!(
                    text.trim().to_ascii_lowercase().as_str(),
                    "on" | "1" | "yes" | "true"
                )
            }
            _ => false,
        }
    }

    /// A nested map (`clientsdetails`, `additionalfields`, `post`), empty when absent.
    pub fn map(&self, name: &str) -> Self {
        match self.0.get(name) {
            Some(Value::Object(map)) => Self(map.clone()),
            _ => Self::default(),
        }
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A list of texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::Object(items)) => items
                .values()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The names only: the values hold credentials and people's data.
impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What goes back to PHP.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleAnswer {
    /// What the function returns to WHMCS.
    #[serde(rename = "return")]
    pub value: Value,
    /// An entry for WHMCS's module log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<ModuleLog>,
    /// Lines for WHMCS's activity log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<String>,
}

impl ModuleAnswer {
    pub fn new(value: Value) -> Self {
        Self {
            value,
            log: None,
            activity: Vec::new(),
        }
    }

    /// WHMCS's registrar convention for a failure: `{"error": text}`; the text goes to staff.
    pub fn error(text: impl Into<String>) -> Self {
        Self::new(serde_json::json!({ "error": text.into() }))
    }

    #[must_use]
    pub fn logged(mut self, request: impl Into<String>, response: impl Into<String>) -> Self {
        self.log = Some(ModuleLog {
            request: request.into(),
            response: response.into(),
            processed: None,
        });
        self
    }

    /// What WHMCS's module log shows in place of the returned value, where that is a secret. To be called after
    /// [`logged`](Self::logged).
    #[must_use]
    pub fn processed(mut self, words: impl Into<String>) -> Self {
        if let Some(log) = &mut self.log {
            log.processed = Some(words.into());
        }
        self
    }

    #[must_use]
    pub fn with_activity(mut self, line: impl Into<String>) -> Self {
        self.activity.push(line.into());
        self
    }
}

/// Request and response as they went over the wire, secrets already left out by Wharf.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleLog {
    pub request: String,
    pub response: String,
    /// Stands in for the returned value in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed: Option<String>,
}

/// Why a call could not be answered at all. Failures of the work itself are answers, not errors.
#[derive(Debug, Error)]
pub enum CallError {
    #[error("the parameter \"{0}\" is missing or has the wrong form")]
    Missing(&'static str),
    #[error("this version of Wharf has no function \"{0}\" for this kind of module")]
    UnknownFunction(String),
    #[error("{0}")]
    Invalid(String),
    #[error("{public}")]
    Internal {
        public: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl CallError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Missing(_) | Self::UnknownFunction(_) => ErrorClass::Misuse,
            Self::Invalid(_) => ErrorClass::Refused,
            Self::Internal { .. } => ErrorClass::Temporary,
        }
    }
}

/// A capability that answers the calls of one kind of module.
pub trait ModuleHandler: Send + Sync + 'static {
    fn call(&self, call: ModuleCall) -> Answering<'_>;
}

pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<ModuleAnswer, CallError>> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_read_with_whmcs_looseness() {
        let Value::Object(map) = json!({
            "domainid": "7", "regperiod": 2, "idprotection": "on", "dnsmanagement": "",
            "sld": " example ", "tldsToInclude": [".com", ".net"], "password": "hunter2",
            "clientsdetails": { "email": "a@example.com" }
        }) else {
            unreachable!()
        };
        let params = Params::new(map);
        assert_eq!(params.integer("domainid"), Some(7));
        assert_eq!(params.text("regperiod").as_deref(), Some("2"));
        assert!(
            params.flag("idprotection") && !params.flag("dnsmanagement") && !params.flag("absent")
        );
        assert_eq!(params.text("sld").as_deref(), Some("example"));
        assert_eq!(params.list("tldsToInclude"), [".com", ".net"]);
        assert_eq!(
            params.map("clientsdetails").text("email").as_deref(),
            Some("a@example.com")
        );
        assert!(matches!(
            params.required("eppcode"),
            Err(CallError::Missing("eppcode"))
        ));
        assert!(!format!("{params:?}").contains("hunter2"));
    }
}
