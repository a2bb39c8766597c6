//! What modules are told of a service and of its server: section 3.3 of WHMCS's contract.

use serde_json::{Value, json};

use crate::app::{App, HostError, VERSION};
use crate::clients::ClientDetails;
use crate::db::{Columns as _, Row, args};

impl App {
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

    pub(crate) fn server_params(&self, server: &Row) -> Row {
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
