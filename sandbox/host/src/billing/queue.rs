//! The module queue: automatic actions that failed and wait for staff.

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, args};
use crate::modules::Action;

impl App {
    /// Records a failed action, once per item and action while it is open; success records nothing.
    pub(crate) async fn queue_failure(
        &self,
        kind: &str,
        id: i64,
        module: &str,
        action: &str,
        outcome: Result<(), String>,
    ) -> Result<(), HostError> {
        let Err(text) = outcome else { return Ok(()) };
        let mut write = self.db.begin().await?;
        let sql = "SELECT id FROM tblmodulequeue WHERE service_type = ? AND service_id = ? AND module_action = ? AND completed = 0";
        let open = write.row(sql, args![kind, id, action]).await?;
        match open {
            Some(row) => {
                let sql = "UPDATE tblmodulequeue SET last_attempt = ?1, last_attempt_error = ?2, num_retries = num_retries + 1, updated_at = ?1 WHERE id = ?3";
                write
                    .exec(sql, args![self.now(), text, row.int("id")])
                    .await?;
            }
            None => {
                write
                    .insert(
                        "tblmodulequeue",
                        &[
                            ("service_type", kind.into()),
                            ("service_id", id.into()),
                            ("module_name", module.into()),
                            ("module_action", action.into()),
                            ("last_attempt", self.now().into()),
                            ("last_attempt_error", text.into()),
                            ("created_at", self.now().into()),
                            ("updated_at", self.now().into()),
                        ],
                    )
                    .await?;
            }
        }
        write.commit().await?;
        Ok(())
    }

    /// Closes what waits in the queue for an action that has now succeeded, whoever had it run.
    pub(crate) async fn dequeue(&self, kind: &str, id: i64, action: &str) -> Result<(), HostError> {
        let sql = "UPDATE tblmodulequeue SET completed = 1, updated_at = ?1 \
            WHERE service_type = ?2 AND service_id = ?3 AND module_action = ?4 AND completed = 0";
        self.db
            .exec(sql, args![self.now(), kind, id, action])
            .await?;
        Ok(())
    }

    /// Runs a queued action again. The error is the module's.
    pub(crate) async fn retry(
        &self,
        actor: &Actor,
        entry: i64,
    ) -> Result<Result<(), String>, HostError> {
        let Some(row) = self
            .db
            .row(
                "SELECT * FROM tblmodulequeue WHERE id = ? AND completed = 0",
                args![entry],
            )
            .await?
        else {
            return Ok(Err("this entry is not in the queue".to_owned()));
        };
        let (id, action) = (row.int("service_id"), row.text("module_action"));
        let outcome = match (row.text("service_type"), Action::parse(action)) {
            ("domain", _) if action == "RegisterDomain" => {
                self.register_domain(actor, id, true).await?
            }
            ("domain", _) if action == "TransferDomain" => {
                self.transfer_domain(actor, id, true, None).await?
            }
            ("domain", _) if action == "RenewDomain" => self.renew_domain(actor, id, None).await?,
            ("domain", _) if action == "IDProtectToggle" => {
                let domain = self.domain(id).await?.unwrap_or_default();
                let outcome = self.toggle_id_protection(actor, &domain, true).await?;
                if outcome.is_ok() {
                    self.dequeue("domain", id, action).await?;
                }
                outcome
            }
            ("service", Some(action)) => {
                self.service_action(actor, id, action, "", action == Action::Create)
                    .await?
            }
            _ => Err(format!("{action} cannot be run again")),
        };
        if outcome.is_ok() {
            let sql = "UPDATE tblmodulequeue SET last_attempt = ?1, num_retries = num_retries + 1 WHERE id = ?2";
            self.db.exec(sql, args![self.now(), entry]).await?;
        } else {
            self.queue_failure(
                row.text("service_type"),
                id,
                row.text("module_name"),
                action,
                outcome.clone(),
            )
            .await?;
        }
        Ok(outcome)
    }
}
