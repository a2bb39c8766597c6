//! Provisioning modules: parameters and the life of a service.

use serde_json::{Value, json};

use super::registrar::Refusable;
use super::truthy;
use crate::app::{Actor, App, HostError, VERSION};
use crate::clients::ClientDetails;
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

    /// Custom field values of one kind (`product`, `client`) as name → value.
    pub(crate) async fn custom_field_values(
        &self,
        kind: &str,
        owner: i64,
        of: i64,
    ) -> Result<Row, HostError> {
        let sql = "SELECT f.fieldname, v.value FROM tblcustomfields f LEFT JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = ?
                   WHERE f.type = ? AND f.relid = ? ORDER BY f.sortorder, f.id";
        let rows = self.db.rows(sql, args![of, kind, owner]).await?;
        let short = |name: &str| name.split('|').next().unwrap_or_default().to_owned();
        Ok(rows
            .iter()
            .map(|row| (short(row.text("fieldname")), json!(row.text("value"))))
            .collect())
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

    async fn record_action(
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

    /// The parameters of section 3.3 of WHMCS's contract. `model` is made by PHP from `serviceid`.
    pub(crate) async fn service_params(&self, service: &Row) -> Result<Row, HostError> {
        let id = service.int("id");
        let server = self
            .db
            .row(
                "SELECT * FROM tblservers WHERE id = ?",
                args![service.int("server")],
            )
            .await?;
        let mut params = server
            .as_ref()
            .map(|server| self.server_params(server))
            .unwrap_or_default();
        if let Some(client) = self.client(service.int("userid")).await? {
            params.insert(
                "clientsdetails".into(),
                ClientDetails::of(&client).all(self).await?.into(),
            );
        }
        let product = self
            .db
            .row(
                "SELECT * FROM tblproducts WHERE id = ?",
                args![service.int("packageid")],
            )
            .await?
            .unwrap_or_default();
        for number in 1..=24 {
            let key = format!("configoption{number}");
            let value = product.get(&key).cloned().unwrap_or_else(|| json!(""));
            params.insert(key, value);
        }
        let password = self
            .vault
            .decrypt(service.text("password"))
            .unwrap_or_default();
        for (key, value) in [
            ("accountid", json!(id)),
            ("serviceid", json!(id)),
            ("addonId", json!(0)),
            ("userid", json!(service.int("userid"))),
            ("pid", json!(service.int("packageid"))),
            ("packageid", json!(service.int("packageid"))),
            ("serverid", json!(service.int("server"))),
            ("domain", json!(service.text("domain"))),
            ("username", json!(service.text("username"))),
            ("password", json!(password)),
            ("producttype", json!(product.text("type"))),
            ("moduletype", json!(service.text("servertype"))),
            ("status", json!(service.text("domainstatus"))),
            (
                "customfields",
                self.custom_field_values("product", service.int("packageid"), id)
                    .await?
                    .into(),
            ),
            ("configoptions", self.config_options(id).await?.into()),
            ("server", json!(server.is_some())),
            ("type", json!("product")),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        Ok(params)
    }

    fn server_params(&self, server: &Row) -> Row {
        let secure = server.on("secure");
        let password = self
            .vault
            .decrypt(server.text("password"))
            .unwrap_or_default();
        let port = match server.get("port") {
            Some(Value::Number(port)) => port.to_string(),
            Some(Value::String(port)) => port.clone(),
            _ => String::new(),
        };
        Row::from_iter([
            ("server".to_owned(), json!(true)),
            ("serverid".to_owned(), json!(server.int("id"))),
            ("serverip".to_owned(), json!(server.text("ipaddress"))),
            ("serverhostname".to_owned(), json!(server.text("hostname"))),
            ("serverusername".to_owned(), json!(server.text("username"))),
            ("serverpassword".to_owned(), json!(password)),
            (
                "serveraccesshash".to_owned(),
                json!(server.text("accesshash")),
            ),
            ("serversecure".to_owned(), json!(secure)),
            (
                "serverhttpprefix".to_owned(),
                json!(if secure { "https" } else { "http" }),
            ),
            ("serverport".to_owned(), json!(port)),
            ("whmcsVersion".to_owned(), json!(VERSION)),
        ])
    }

    /// Configurable options: the chosen sub-option's name, or the number for quantities and yes/no.
    async fn config_options(&self, service: i64) -> Result<Row, HostError> {
        let sql = "SELECT o.optionname, o.optiontype, s.optionname AS chosen, h.qty FROM tblhostingconfigoptions h
                   JOIN tblproductconfigoptions o ON o.id = h.configid LEFT JOIN tblproductconfigoptionssub s ON s.id = h.optionid
                   WHERE h.relid = ?";
        let rows = self.db.rows(sql, args![service]).await?;
        let short = |name: &str| name.split('|').next().unwrap_or_default().to_owned();
        Ok(rows
            .iter()
            .map(|row| {
                let counted = matches!(row.text("optiontype"), "3" | "4");
                (
                    short(row.text("optionname")),
                    if counted {
                        json!(row.int("qty"))
                    } else {
                        json!(short(row.text("chosen")))
                    },
                )
            })
            .collect())
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
