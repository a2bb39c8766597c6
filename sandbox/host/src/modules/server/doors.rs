//! Ways into what a module manages: single sign-on, links for staff, and the actions of `CustomActions`.

use serde_json::{Value, json};

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row};
use crate::modules::registrar::Refusable;
use crate::modules::truthy;
use crate::php::{ModuleKind, PhpAnswer};

/// What a module says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Described {
    functions: Vec<String>,
    meta: Value,
}

impl Described {
    /// Whether the module has a function; PHP does not mind the case.
    pub fn has(&self, function: &str) -> bool {
        self.functions
            .iter()
            .any(|known| known.eq_ignore_ascii_case(function))
    }

    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
    }
}

/// An entry of `CustomActions`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct ModuleAction {
    pub identifier: String,
    pub display: String,
}

impl App {
    pub(crate) async fn described(
        &self,
        kind: ModuleKind,
        module: &str,
    ) -> Result<Described, HostError> {
        if module.is_empty() {
            return Ok(Described::default());
        }
        let actor = Actor::system("index.php");
        let answer = self
            .call(&actor, kind, module, "__describe", Row::new())
            .await?;
        let functions = answer.value.get("functions").and_then(Value::as_array);
        Ok(Described {
            functions: functions
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            meta: answer.value.get("meta").cloned().unwrap_or_default(),
        })
    }

    /// Where `ServiceSingleSignOn` sends somebody.
    pub(crate) async fn service_sign_on(&self, actor: &Actor, service: &Row) -> Refusable<String> {
        let params = self.service_params(service).await?;
        let module = service.text("servertype");
        let function = "ServiceSingleSignOn";
        let answer = self
            .call(actor, ModuleKind::Server, module, function, params)
            .await?;
        let said = sent_to(&answer, function);
        if let Err(text) = &said {
            let id = service.int("id");
            let line = format!("Single sign-on failed - Service ID: {id} - Error: {text}");
            self.log_activity(actor, &line, service.int("userid"))
                .await?;
        }
        Ok(said)
    }

    /// Where `AdminSingleSignOn` sends staff.
    pub(crate) async fn server_sign_on(&self, actor: &Actor, server: &Row) -> Refusable<String> {
        let (module, function) = (server.text("type"), "AdminSingleSignOn");
        let params = self.server_params(server);
        let answer = self
            .call(actor, ModuleKind::Server, module, function, params)
            .await?;
        Ok(sent_to(&answer, function))
    }

    /// The HTML of `AdminLink`, in the list of servers.
    pub(crate) async fn admin_link(
        &self,
        actor: &Actor,
        server: &Row,
    ) -> Result<String, HostError> {
        let (module, params) = (server.text("type"), self.server_params(server));
        let answer = self
            .call(actor, ModuleKind::Server, module, "AdminLink", params)
            .await?;
        Ok(html_of(answer))
    }

    /// The HTML of `LoginLink`, on staff's page of a service.
    pub(crate) async fn login_link(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<String, HostError> {
        let params = self.service_params(service).await?;
        let module = service.text("servertype");
        let answer = self
            .call(actor, ModuleKind::Server, module, "LoginLink", params)
            .await?;
        Ok(html_of(answer))
    }

    /// What a client can start from the home page: the active entries of `CustomActions`.
    pub(crate) async fn module_actions(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<Vec<ModuleAction>, HostError> {
        let params = self.service_params(service).await?;
        let module = service.text("servertype");
        let answer = self
            .call(actor, ModuleKind::Server, module, "CustomActions", params)
            .await?;
        let all = answer.value.get("value").and_then(Value::as_array);
        let text = |action: &Value, name: &str| {
            action
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(all
            .into_iter()
            .flatten()
            .filter(|action| truthy(action.get("active")))
            .map(|action| ModuleAction {
                identifier: text(action, "identifier"),
                display: text(action, "display"),
            })
            .collect())
    }

    /// Where an entry of `CustomActions` sends the client.
    pub(crate) async fn run_module_action(
        &self,
        actor: &Actor,
        service: &Row,
        identifier: &str,
    ) -> Refusable<String> {
        let mut params = self.service_params(service).await?;
        params.insert("_invoke".to_owned(), json!(identifier));
        let module = service.text("servertype");
        let answer = self
            .call(actor, ModuleKind::Server, module, "CustomActions", params)
            .await?;
        if answer.failure.is_none() && answer.value.is_null() {
            return Ok(Err(format!("the module has no action {identifier}")));
        }
        Ok(sent_to(&answer, "CustomActions"))
    }
}

/// `redirectTo` of a success; else the text of `errorMsg`.
fn sent_to(answer: &PhpAnswer, function: &str) -> Result<String, String> {
    if let Some(failure) = &answer.failure {
        return Err(failure.message.clone());
    }
    if !answer.exists {
        return Err(format!("the module has no function {function}"));
    }
    let text = |key: &str| {
        let value = answer.value.get(key).and_then(Value::as_str);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if truthy(answer.value.get("success")) {
        return text("redirectTo").ok_or_else(|| "the module did not say where to go".to_owned());
    }
    Err(text("errorMsg").unwrap_or_else(|| "the module gave no reason".to_owned()))
}

fn html_of(answer: PhpAnswer) -> String {
    match (answer.failure, answer.value) {
        (Some(_), _) => String::new(),
        (None, Value::String(html)) => html,
        (None, _) => answer.output,
    }
}
