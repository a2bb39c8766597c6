//! Calling modules: which exist, what their settings are, and the parameters that each kind is given.

mod activation;
mod custom;
mod gateway;
mod registrar;
mod server;
mod settings;

pub(crate) use custom::Custom;
pub(crate) use registrar::{Availability, Import, Refusable, SyncMode, extra_in, set_prices};
pub(crate) use server::{Account, Action};
pub(crate) use settings::{Field, read_fields};

use serde_json::Value;

use crate::app::{Actor, App, HostError};
use crate::db::Row;
use crate::php::{ModuleKind, PhpAnswer, PhpCall};

impl App {
    pub(crate) async fn call(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
        function: &str,
        mut params: Row,
    ) -> Result<PhpAnswer, HostError> {
        if let Some(request) = &actor.request {
            params.insert("_request".to_owned(), request.clone());
        }
        let call = PhpCall {
            kind,
            module: module.to_owned(),
            function: function.to_owned(),
            params,
            page: actor.page.clone(),
            session: actor.session.clone(),
        };
        Ok(self.php.call(call).await?)
    }
}

/// The text of a module's failure: an exception, else its `error` key. `None` when it succeeded.
pub(crate) fn failure_of(answer: &PhpAnswer) -> Option<String> {
    if let Some(failure) = &answer.failure {
        return Some(failure.message.clone());
    }
    match answer.value.get("error") {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Bool(true)) => Some("the module reported an error".to_owned()),
        Some(Value::Array(texts)) if !texts.is_empty() => Some(
            texts
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        _ => None,
    }
}

/// PHP's truth of a value.
pub(crate) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty() && text != "0",
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
    }
}
