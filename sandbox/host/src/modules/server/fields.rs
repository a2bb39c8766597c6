//! AdminServicesTabFields and its Save: what a module shows, and takes, on staff's page of a service.

use serde_json::{Value, json};

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row};
use crate::php::ModuleKind;

impl App {
    /// Label → HTML. A module that fails shows its failure instead.
    pub(crate) async fn service_fields(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<Vec<(String, String)>, HostError> {
        let module = service.text("servertype");
        let params = self.service_params(service).await?;
        let function = "AdminServicesTabFields";
        let answer = self
            .call(actor, ModuleKind::Server, module, function, params)
            .await?;
        if let Some(failure) = answer.failure {
            let id = service.int("id");
            let line = format!("{function} failed - Service ID: {id} - {}", failure.message);
            self.log_activity(actor, &line, service.int("userid"))
                .await?;
            return Ok(Vec::new());
        }
        let fields = answer.value.as_object();
        Ok(fields
            .into_iter()
            .flatten()
            .map(|(label, html)| (label.clone(), text_of(html)))
            .collect())
    }

    /// Hands the posted page to the module, which reads what it wants of it. What it returns is ignored.
    pub(crate) async fn save_service_fields(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<(), HostError> {
        let id = service.int("id");
        let function = "AdminServicesTabFieldsSave";
        let params = self.service_params(service).await?;
        let module = service.text("servertype");
        if !module.is_empty() {
            let answer = self
                .call(actor, ModuleKind::Server, module, function, params)
                .await?;
            if let Some(failure) = answer.failure {
                let line = format!("{function} failed - Service ID: {id} - {}", failure.message);
                self.log_activity(actor, &line, service.int("userid"))
                    .await?;
            }
        }
        let vars = json!({ "userid": service.int("userid"), "serviceid": id });
        self.hook(actor, "ServiceEdit", vars).await?;
        Ok(())
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
