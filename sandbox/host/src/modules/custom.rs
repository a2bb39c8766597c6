//! Functions of a module's own: the buttons that offer them, and what came of one.

use serde_json::Value;

use super::failure_of;
use super::registrar::{Refusable, UNSUPPORTED};
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row};
use crate::php::{ModuleKind, PhpAnswer};

/// What a function of a module's own came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Custom {
    Done,
    Page { title: String, html: String },
}

/// Something that a module can be asked to do.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Button {
    pub label: String,
    /// Without the module's prefix.
    pub function: String,
}

impl App {
    /// Runs any function of a service's module.
    pub(crate) async fn custom_action(
        &self,
        actor: &Actor,
        id: i64,
        function: &str,
    ) -> Refusable<Custom> {
        let Some(service) = self.service(id).await? else {
            return Ok(Err("Service ID not found".to_owned()));
        };
        let params = self.service_params(&service).await?;
        let module = service.text("servertype");
        let answer = self
            .call(actor, ModuleKind::Server, module, function, params)
            .await?;
        Ok(outcome(answer, function))
    }

    /// Runs any function of a domain's registrar.
    pub(crate) async fn custom_domain_action(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
    ) -> Refusable<Custom> {
        let said = self
            .domain_function(actor, domain, function, Row::new())
            .await?;
        Ok(said.and_then(|answer| outcome(answer, function)))
    }

    /// The buttons of a list function such as `AdminCustomButtonArray`; none when the module has none.
    pub(crate) async fn buttons(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
        list: &str,
        params: Row,
    ) -> Result<Vec<Button>, HostError> {
        if module.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.call(actor, kind, module, list, params).await?;
        Ok(buttons_in(&answer.value))
    }

    /// The buttons that staff has for a domain.
    pub(crate) async fn registrar_buttons(
        &self,
        actor: &Actor,
        domain: &Row,
    ) -> Refusable<Vec<Button>> {
        if domain.text("registrar").is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let said = self
            .domain_function(actor, domain, "AdminCustomButtonArray", Row::new())
            .await?;
        Ok(match said {
            Err(text) if text == UNSUPPORTED => Ok(Vec::new()),
            said => said.map(|answer| buttons_in(&answer.value)),
        })
    }

    /// The buttons that staff has for a service.
    pub(crate) async fn service_buttons(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<Vec<Button>, HostError> {
        let module = service.text("servertype");
        let params = self.service_params(service).await?;
        let list = "AdminCustomButtonArray";
        self.buttons(actor, ModuleKind::Server, module, list, params)
            .await
    }

    /// What a client may run: what buttons offer, and what is allowed without one.
    pub(crate) async fn client_buttons(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
        params: Row,
    ) -> Result<(Vec<Button>, Vec<Button>), HostError> {
        let ask = async |list| {
            self.buttons(actor, kind, module, list, params.clone())
                .await
        };
        Ok((
            ask("ClientAreaCustomButtonArray").await?,
            ask("ClientAreaAllowedFunctions").await?,
        ))
    }
}

fn buttons_in(value: &Value) -> Vec<Button> {
    let button = |label: &str, function: &Value| {
        Some(Button {
            label: label.to_owned(),
            function: function.as_str()?.to_owned(),
        })
    };
    match value {
        Value::Object(map) => map
            .iter()
            .filter_map(|(label, function)| button(label, function))
            .collect(),
        Value::Array(names) => names
            .iter()
            .filter_map(|name| button(name.as_str()?, name))
            .collect(),
        _ => Vec::new(),
    }
}

/// Success is `success`, nothing, or a page; any other text is the error.
fn outcome(answer: PhpAnswer, function: &str) -> Result<Custom, String> {
    if let Some(text) = failure_of(&answer) {
        return Err(text);
    }
    if !answer.exists {
        return Err(format!("the module has no function {function}"));
    }
    let text = |key: &str| answer.value.get(key).and_then(Value::as_str);
    if let Some(html) = text("html") {
        return Ok(Custom::Page {
            title: text("pagetitle").unwrap_or(function).to_owned(),
            html: html.to_owned(),
        });
    }
    match answer.value.as_str() {
        Some("success" | "") => Ok(Custom::Done),
        Some(text) => Err(text.to_owned()),
        None if answer.output.trim().is_empty() => Ok(Custom::Done),
        None => Ok(Custom::Page {
            title: function.to_owned(),
            html: answer.output,
        }),
    }
}
