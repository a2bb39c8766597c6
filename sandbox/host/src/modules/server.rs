//! Provisioning modules: the life of a service. What else they can do has files of its own.

mod accounts;
mod doors;
mod fields;
mod metering;
mod options;
mod params;
mod password;

pub(crate) use accounts::Account;
pub(crate) use doors::Described;

use serde_json::{Value, json};

use super::registrar::Refusable;
use super::truthy;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;
use crate::secrets;

/// A core function of a provisioning module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    Renew,
    ChangePackage,
    ChangePassword,
}

impl Action {
    /// The module's function.
    pub fn function(self) -> &'static str {
        match self {
            Self::Create => "CreateAccount",
            Self::Suspend => "SuspendAccount",
            Self::Unsuspend => "UnsuspendAccount",
            Self::Terminate => "TerminateAccount",
            Self::Renew => "Renew",
            Self::ChangePackage => "ChangePackage",
            Self::ChangePassword => "ChangePassword",
        }
    }

    /// Its short name, in buttons and in the activity log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Suspend => "Suspend",
            Self::Unsuspend => "Unsuspend",
            Self::Terminate => "Terminate",
            Self::Renew => "Renew",
            Self::ChangePackage => "Change Package",
            Self::ChangePassword => "Change Password",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Create,
            Self::Suspend,
            Self::Unsuspend,
            Self::Terminate,
            Self::Renew,
            Self::ChangePackage,
            Self::ChangePassword,
        ];
        all.into_iter().find(|action| {
            action.name().eq_ignore_ascii_case(text) || action.function().eq_ignore_ascii_case(text)
        })
    }

    /// The service's status after success.
    fn status(self) -> Option<&'static str> {
        match self {
            Self::Create | Self::Unsuspend => Some("Active"),
            Self::Suspend => Some("Suspended"),
            Self::Terminate => Some("Terminated"),
            Self::Renew | Self::ChangePackage | Self::ChangePassword => None,
        }
    }
}

impl App {
    /// Runs a module action for a service and records its effect. `only_pending`: a service that is not
    /// Pending any more is left alone and counts as done.
    pub(crate) async fn service_action(
        &self,
        actor: &Actor,
        id: i64,
        action: Action,
        reason: &str,
        only_pending: bool,
    ) -> Refusable<()> {
        if !self.claim("service", id).await? {
            return Ok(Err("another action is running for this service".to_owned()));
        }
        let outcome = self
            .action_claimed(actor, id, action, reason, only_pending)
            .await;
        self.release("service", id).await?;
        if matches!(outcome, Ok(Ok(()))) {
            self.dequeue("service", id, action.function()).await?;
        }
        outcome
    }

    async fn action_claimed(
        &self,
        actor: &Actor,
        id: i64,
        action: Action,
        reason: &str,
        only_pending: bool,
    ) -> Refusable<()> {
        let Some(mut service) = self.service(id).await? else {
            return Ok(Err("Service ID not found".to_owned()));
        };
        if only_pending && service.text("domainstatus") != "Pending" {
            return Ok(Ok(()));
        }
        let module = service.text("servertype").to_owned();
        if module.is_empty() {
            return Ok(Err("Service not assigned to a module".to_owned()));
        }
        if action == Action::Create {
            service = self.prepare_service(service).await?;
        }
        let mut params = self.service_params(&service).await?;
        params.insert("action".into(), json!(action.function()));
        if action == Action::Suspend {
            params.insert("suspendreason".into(), json!(reason));
        }
        let said = self
            .ask_server(actor, &module, action.function(), params)
            .await?;
        let line = match &said {
            Ok(()) => {
                self.record_action(&service, action, reason).await?;
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

    /// What the module shows on the service's page: HTML of its own.
    pub(crate) async fn service_html(
        &self,
        actor: &Actor,
        service: &Row,
    ) -> Result<String, HostError> {
        let module = service.text("servertype");
        if module.is_empty() {
            return Ok(String::new());
        }
        let params = self.service_params(service).await?;
        let answer = self
            .call(actor, ModuleKind::Server, module, "ClientArea", params)
            .await?;
        if let Some(failure) = answer.failure {
            let line = format!(
                "Module ClientArea failed - Service ID: {} - {}",
                service.int("id"),
                failure.message
            );
            self.log_activity(actor, &line, service.int("userid"))
                .await?;
            return Ok(String::new());
        }
        Ok(match &answer.value {
            Value::String(html) => html.clone(),
            value => value
                .get("html")
                .and_then(Value::as_str)
                .map_or(answer.output, str::to_owned),
        })
    }

    pub(crate) async fn test_server(&self, actor: &Actor, server: &Row) -> Refusable<()> {
        let answer = self
            .call(
                actor,
                ModuleKind::Server,
                server.text("type"),
                "TestConnection",
                self.server_params(server),
            )
            .await?;
        if let Some(failure) = answer.failure {
            return Ok(Err(failure.message));
        }
        if !answer.exists {
            return Ok(Err("this module has no TestConnection".to_owned()));
        }
        if truthy(answer.value.get("success")) {
            return Ok(Ok(()));
        }
        Ok(Err(answer
            .value
            .get("error")
            .and_then(Value::as_str)
            .unwrap_or("the connection failed")
            .to_owned()))
    }

    /// A service with what its product says about the module.
    pub(crate) async fn service(&self, id: i64) -> Result<Option<Row>, HostError> {
        let sql = "SELECT h.*, p.name AS product, p.servertype, p.servergroup, p.type AS producttype, p.autosetup, g.name AS groupname
                   FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblproductgroups g ON g.id = p.gid
                   WHERE h.id = ?";
        Ok(self.db.row(sql, args![id]).await?)
    }

    /// Before the first create: a server, a username and a password.
    async fn prepare_service(&self, service: Row) -> Result<Row, HostError> {
        let id = service.int("id");
        let mut columns = Vec::new();
        if service.int("server") == 0 {
            let sql = "SELECT s.id FROM tblservers s LEFT JOIN tblservergroupsrel r ON r.serverid = s.id AND r.groupid = ?1
                       WHERE s.disabled = 0 AND s.type = ?2 AND (?1 = 0 OR r.id IS NOT NULL) ORDER BY s.active DESC, s.id LIMIT 1";
            if let Some(server) = self
                .db
                .row(
                    sql,
                    args![service.int("servergroup"), service.text("servertype")],
                )
                .await?
            {
                columns.push(("server", server.int("id").into()));
            }
        }
        if service.text("username").is_empty() {
            columns.push(("username", username(service.text("domain"), id).into()));
        }
        if service.text("password").is_empty() {
            columns.push(("password", self.vault.encrypt(&secrets::password()).into()));
        }
        if columns.is_empty() {
            return Ok(service);
        }
        let mut write = self.db.begin().await?;
        write.update("tblhosting", id, &columns).await?;
        write.commit().await?;
        Ok(self.service(id).await?.unwrap_or(service))
    }

    pub(crate) async fn record_action(
        &self,
        service: &Row,
        action: Action,
        reason: &str,
    ) -> Result<(), HostError> {
        let Some(status) = action.status() else {
            return Ok(());
        };
        let mut columns = vec![
            ("domainstatus", status.into()),
            ("updated_at", self.now().into()),
        ];
        match action {
            Action::Suspend => columns.push(("suspendreason", reason.into())),
            Action::Unsuspend => columns.push(("suspendreason", "".into())),
            Action::Terminate => columns.push(("termination_date", self.today().into())),
            _ => {}
        }
        let mut write = self.db.begin().await?;
        write
            .update("tblhosting", service.int("id"), &columns)
            .await?;
        if action == Action::Create {
            // The welcome mail: written down, as all mail of this host.
            let subject = format!("Welcome: {} is active", service.text("product"));
            let columns = [
                ("userid", service.int("userid").into()),
                ("subject", subject.into()),
                ("date", self.now().into()),
            ];
            write.insert("tblemails", &columns).await?;
        }
        write.commit().await?;
        Ok(())
    }

    async fn ask_server(
        &self,
        actor: &Actor,
        module: &str,
        function: &str,
        params: Row,
    ) -> Refusable<()> {
        let answer = self
            .call(actor, ModuleKind::Server, module, function, params)
            .await?;
        if let Some(failure) = answer.failure {
            return Ok(Err(failure.message));
        }
        if !answer.exists {
            return Ok(Err(format!("the module has no function {function}")));
        }
        Ok(match answer.value.as_str() {
            Some("success") => Ok(()),
            Some(text) if !text.is_empty() => Err(text.to_owned()),
            _ => Err("the module did not answer \"success\"".to_owned()),
        })
    }
}

/// The first eight letters and digits of the domain; a name of its own where there are none.
fn username(domain: &str, service: i64) -> String {
    let label = domain
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let name: String = label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("user{service}")
    }
}
