//! Switching modules on and off, and what an addon is told when its version changes.

use serde_json::{Value, json};

use super::registrar::Refusable;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

impl App {
    /// Whether staff has switched the module on. Provisioning modules need no switching on.
    pub(crate) async fn is_active(
        &self,
        kind: ModuleKind,
        module: &str,
    ) -> Result<bool, HostError> {
        let sql = match kind {
            ModuleKind::Registrar => "SELECT count(*) FROM tblregistrars WHERE registrar = ?",
            ModuleKind::Gateway => {
                "SELECT count(*) FROM tblpaymentgateways WHERE gateway = ? AND setting = 'type' AND value <> ''"
            }
            ModuleKind::Addon => {
                "SELECT count(*) FROM tbladdonmodules WHERE module = ? AND setting = 'version'"
            }
            ModuleKind::Server => return Ok(true),
        };
        Ok(self.db.count(sql, args![module]).await? > 0)
    }

    /// Switches a module on. What it says about that is for staff.
    pub(crate) async fn activate(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
    ) -> Refusable<String> {
        match kind {
            ModuleKind::Gateway => self.activate_gateway(module).await?,
            ModuleKind::Addon if !self.is_active(kind, module).await? => {
                let said = match self
                    .tell(actor, kind, module, "activate", Row::new())
                    .await?
                {
                    Ok(said) => said,
                    Err(text) => return Ok(Err(text)),
                };
                self.store_version(module, &self.version_of(module).await?)
                    .await?;
                return Ok(Ok(said));
            }
            _ => {}
        }
        Ok(Ok(String::new()))
    }

    /// Switches a module off: its settings are forgotten.
    pub(crate) async fn deactivate(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
    ) -> Refusable<String> {
        let said = match self
            .tell(actor, kind, module, "deactivate", Row::new())
            .await?
        {
            Ok(said) => said,
            Err(text) => return Ok(Err(text)),
        };
        let sql = match kind {
            ModuleKind::Registrar => "DELETE FROM tblregistrars WHERE registrar = ?",
            ModuleKind::Gateway => "DELETE FROM tblpaymentgateways WHERE gateway = ?",
            ModuleKind::Addon => "DELETE FROM tbladdonmodules WHERE module = ?",
            ModuleKind::Server => return Ok(Ok(said)),
        };
        self.db.exec(sql, args![module]).await?;
        Ok(Ok(said))
    }

    /// What an addon's pages are given. A version that changed since the last visit is told to `upgrade` first.
    pub(crate) async fn addon_vars(
        &self,
        actor: &Actor,
        module: &str,
        link: &str,
    ) -> Result<Row, HostError> {
        let mut vars = self.module_settings(ModuleKind::Addon, module).await?;
        let version = self.version_of(module).await?;
        if vars.text("version") != version {
            let old = Row::from_iter([("version".to_owned(), json!(vars.text("version")))]);
            let said = self
                .tell(actor, ModuleKind::Addon, module, "upgrade", old)
                .await?;
            if let Err(text) = said {
                self.log_activity(actor, &format!("Addon {module}: upgrade failed: {text}"), 0)
                    .await?;
            }
            self.store_version(module, &version).await?;
            vars.insert("version".to_owned(), json!(version));
        }
        vars.insert("modulelink".to_owned(), json!(format!("{link}{module}")));
        Ok(vars)
    }

    /// Calls a function that need not be there and answers `status` and `description`.
    async fn tell(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
        function: &str,
        params: Row,
    ) -> Refusable<String> {
        let answer = self.call(actor, kind, module, function, params).await?;
        if let Some(failure) = answer.failure {
            return Ok(Err(failure.message));
        }
        let text = |key: &str| {
            answer
                .value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(if text("status") == "error" {
            Err(text("description"))
        } else {
            Ok(text("description"))
        })
    }

    async fn version_of(&self, module: &str) -> Result<String, HostError> {
        let actor = Actor::system("admin/configaddonmods.php");
        let config = self
            .call(&actor, ModuleKind::Addon, module, "config", Row::new())
            .await?
            .value;
        Ok(match config.get("version") {
            Some(Value::String(version)) => version.clone(),
            Some(Value::Number(version)) => version.to_string(),
            _ => "1.0".to_owned(),
        })
    }

    /// With the one staff role there is, which may use every addon.
    async fn store_version(&self, module: &str, version: &str) -> Result<(), HostError> {
        let mut write = self.db.begin().await?;
        for (setting, value) in [("version", version), ("access", "1")] {
            let sql = "DELETE FROM tbladdonmodules WHERE module = ? AND setting = ?";
            write.exec(sql, args![module, setting]).await?;
            let columns = [
                ("module", module.into()),
                ("setting", setting.into()),
                ("value", value.into()),
            ];
            write.insert("tbladdonmodules", &columns).await?;
        }
        write.commit().await?;
        Ok(())
    }
}
