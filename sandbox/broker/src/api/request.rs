//! Reading requests strictly: what is mandatory must be there, and everything must have its type. What is unknown is
//! ignored, as the specification wants.

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::Plan;
use crate::refusal::Refusal;

/// What stands behind the question mark.
#[derive(Debug, Deserialize)]
pub struct Asked {
    accepts_incomplete: Option<String>,
    service_id: Option<String>,
    plan_id: Option<String>,
    operation: Option<String>,
}

impl Asked {
    pub fn accepts_incomplete(&self) -> Result<bool, Refusal> {
        match self.accepts_incomplete.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::malformed(
                "accepts_incomplete must be true or false",
            )),
        }
    }

    /// The offering and plan of what is deleted.
    pub fn service_and_plan(&self) -> Result<(&str, &str), Refusal> {
        Ok((
            given("service_id", self.service_id.as_deref())?,
            given("plan_id", self.plan_id.as_deref())?,
        ))
    }

    pub fn service_id(&self) -> Option<&str> {
        self.service_id.as_deref()
    }

    pub fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }
}

/// A body's fields.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        if let Some(kind) = headers.get(header::CONTENT_TYPE) {
            let kind = kind.to_str().unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case("application/json") {
                return Err(Refusal::malformed("the body must be application/json"));
            }
        }
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| Refusal::malformed("the body is not a JSON object"))
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        given(name, self.optional_text(name)?)
    }

    /// A text that may be missing, but not empty.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(Refusal::malformed(&format!(
                "{name} must be a text that is not empty"
            ))),
        }
    }

    pub fn object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(Refusal::malformed(&format!("{name} must be an object"))),
        }
    }

    /// The version that the platform thinks the plan has.
    pub fn check_maintenance(&self, plan: &Plan) -> Result<(), Refusal> {
        let Some(info) = self.object("maintenance_info")? else {
            return Ok(());
        };
        match info.get("version").and_then(Value::as_str) {
            None => Err(Refusal::malformed("maintenance_info.version is missing")),
            Some(version) if version == plan.version => Ok(()),
            Some(_) => Err(Refusal::maintenance()),
        }
    }
}

fn given<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, Refusal> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Refusal::malformed(&format!("{name} is missing")))
}
