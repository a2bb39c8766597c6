//! ChangePassword: the one action that is told what will be, and stores it when the module has agreed.

use serde_json::json;

use super::Action;
use crate::app::{Actor, App};
use crate::db::{Columns as _, args};
use crate::modules::registrar::Refusable;

impl App {
    /// Has the module set a password. Only its success makes it the service's.
    pub(crate) async fn change_password(
        &self,
        actor: &Actor,
        id: i64,
        password: &str,
    ) -> Refusable<()> {
        let Some(service) = self.service(id).await? else {
            return Ok(Err("Service ID not found".to_owned()));
        };
        let module = service.text("servertype");
        if module.is_empty() {
            return Ok(Err("Service not assigned to a module".to_owned()));
        }
        if !self.claim("service", id).await? {
            return Ok(Err("another action is running for this service".to_owned()));
        }
        let action = Action::ChangePassword;
        let mut params = self.service_params(&service).await?;
        let old = params.insert("password".to_owned(), json!(password));
        params.insert("oldpassword".to_owned(), old.unwrap_or_default());
        params.insert("action".to_owned(), json!(action.function()));
        let said = self
            .ask_server(actor, module, action.function(), params)
            .await;
        self.release("service", id).await?;
        let said = said?;
        let line = match &said {
            Ok(()) => {
                let sql = "UPDATE tblhosting SET password = ?, updated_at = ? WHERE id = ?";
                let stored = self.vault.encrypt(password);
                self.db.exec(sql, args![stored, self.now(), id]).await?;
                self.dequeue("service", id, action.function()).await?;
                format!("Module {} Successful - Service ID: {id}", action.name())
            }
            Err(text) => format!(
                "Module {} Failed - Service ID: {id} - Error: {text}",
                action.name()
            ),
        };
        self.log_activity(actor, &line, service.int("userid"))
            .await?;
        Ok(said)
    }
}
