//! Reading a JSON body field by field. All that is wrong is collected and told at once; fields that nobody
//! asks for are ignored.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::refusal::Refusal;

#[derive(Debug, Default)]
pub struct Fields {
    values: Map<String, Value>,
    errors: BTreeMap<&'static str, Vec<String>>,
}

impl Fields {
    /// An empty body is an empty object.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let values = if body.is_empty() {
            Map::new()
        } else {
            serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?
        };
        Ok(Self {
            values,
            errors: BTreeMap::new(),
        })
    }

    /// A text that is there and not blank; else an error is noted and the text is empty.
    pub fn text(&mut self, field: &'static str) -> String {
        match self.values.get(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => return text.clone(),
            None | Some(Value::Null | Value::String(_)) => self.require(field),
            Some(_) => self.wrong(field, format!("The {} must be a string.", spelt(field))),
        }
        String::new()
    }

    /// A whole number, written as a JSON number.
    pub fn integer(&mut self, field: &'static str) -> i64 {
        match self.values.get(field) {
            Some(Value::Number(number)) if number.is_i64() => {
                return number.as_i64().unwrap_or_default();
            }
            None | Some(Value::Null) => self.require(field),
            Some(_) => self.wrong(field, format!("The {} must be an integer.", spelt(field))),
        }
        0
    }

    /// A password that is long enough, and its confirmation.
    pub fn new_password(&mut self) -> String {
        let password = self.text("password");
        let confirmation = self.text("password_confirmation");
        if !self.is_wrong("password") && password.chars().count() < PASSWORD_MIN {
            let text = format!("The password must be at least {PASSWORD_MIN} characters.");
            self.wrong("password", text);
        }
        if !self.is_wrong("password_confirmation") && confirmation != password {
            self.wrong(
                "password_confirmation",
                "The password confirmation does not match.",
            );
        }
        password
    }

    pub fn optional(&self, field: &str) -> Option<String> {
        self.values
            .get(field)
            .and_then(Value::as_str)
            .map(str::to_owned)
    }

    pub fn wrong(&mut self, field: &'static str, message: impl Into<String>) {
        self.errors.entry(field).or_default().push(message.into());
    }

    pub fn is_wrong(&self, field: &str) -> bool {
        self.errors.contains_key(field)
    }

    pub fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(self.errors))
        }
    }

    fn require(&mut self, field: &'static str) {
        self.wrong(field, format!("The {} field is required.", spelt(field)));
    }
}

pub fn spelt(field: &str) -> String {
    field.replace('_', " ")
}

const PASSWORD_MIN: usize = 8;
