//! Module settings: the fields a module declares, the values that staff entered, activation of gateways.

use serde_json::{Value, json};

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

/// One field of a module's settings, as it is shown in a form.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Field {
    pub name: String,
    pub label: String,
    /// `text`, `password`, `yesno`, `dropdown`, `radio`, `textarea`.
    pub kind: String,
    pub description: String,
    pub default: String,
    /// Value and label.
    pub options: Vec<(String, String)>,
    /// Whether its choices can be fetched (`Loader`).
    pub loader: bool,
}

impl App {
    /// Names of the modules of a kind, in alphabetical order, with what PHP found out about each.
    pub(crate) async fn modules_of(&self, kind: ModuleKind) -> Result<Vec<Value>, HostError> {
        let answer = self
            .call(
                &Actor::system("admin/configmodules.php"),
                kind,
                "",
                "__modules",
                Row::new(),
            )
            .await?;
        Ok(match answer.value {
            Value::Array(modules) => modules,
            _ => Vec::new(),
        })
    }

    /// The settings fields that a module declares.
    pub(crate) async fn fields_of(
        &self,
        kind: ModuleKind,
        module: &str,
    ) -> Result<Vec<Field>, HostError> {
        let actor = Actor::system("admin/configmodules.php");
        self.fields_for(&actor, kind, module).await
    }

    /// The same, for whoever is on a page that the module may look at.
    pub(crate) async fn fields_for(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
    ) -> Result<Vec<Field>, HostError> {
        let functions: &[&str] = match kind {
            ModuleKind::Registrar => &["getConfigArray"],
            ModuleKind::Server => &["ConfigOptions"],
            ModuleKind::Gateway | ModuleKind::Addon => &["config"],
        };
        for function in functions {
            let answer = self.call(actor, kind, module, function, Row::new()).await?;
            let map = match (kind, &answer.value) {
                (ModuleKind::Addon, value) => value.get("fields").and_then(Value::as_object),
                (_, value) => value.as_object(),
            };
            if let Some(map) = map {
                return Ok(fields_in(map));
            }
        }
        Ok(Vec::new())
    }

    /// The stored settings of a module, decrypted.
    pub(crate) async fn module_settings(
        &self,
        kind: ModuleKind,
        module: &str,
    ) -> Result<Row, HostError> {
        let Some((table, column)) = table_of(kind) else {
            return Ok(Row::new());
        };
        let sql = format!("SELECT setting, value FROM {table} WHERE {column} = ? ORDER BY id");
        let rows = self.db.rows(&sql, args![module]).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let stored = row.text("value");
                let value = self
                    .vault
                    .decrypt(stored)
                    .unwrap_or_else(|| stored.to_owned());
                (row.text("setting").to_owned(), Value::String(value))
            })
            .collect())
    }

    /// Stores settings: all of a registrar's encrypted, of the others the password fields.
    pub(crate) async fn save_module_settings(
        &self,
        kind: ModuleKind,
        module: &str,
        values: &[(String, String)],
    ) -> Result<(), HostError> {
        let Some((table, column)) = table_of(kind) else {
            return Ok(());
        };
        let fields = self.fields_of(kind, module).await?;
        let mut write = self.db.begin().await?;
        // Fields that were never entered count with their defaults, as after the first save in WHMCS.
        let defaults = fields.iter().filter(|field| !field.default.is_empty());
        for field in defaults {
            let known = write
                .row(
                    &format!("SELECT 1 AS one FROM {table} WHERE {column} = ? AND setting = ?"),
                    args![module, &field.name],
                )
                .await?;
            if known.is_none() && !values.iter().any(|(name, _)| *name == field.name) {
                let stored = if kind == ModuleKind::Registrar {
                    self.vault.encrypt(&field.default)
                } else {
                    field.default.clone()
                };
                let sql =
                    format!("INSERT INTO {table} ({column}, setting, value) VALUES (?, ?, ?)");
                write.exec(&sql, args![module, &field.name, stored]).await?;
            }
        }
        for (name, value) in values {
            let secret = fields
                .iter()
                .any(|field| field.name == *name && field.kind == "password");
            let stored = if kind == ModuleKind::Registrar || secret {
                self.vault.encrypt(value)
            } else {
                value.clone()
            };
            let delete = format!("DELETE FROM {table} WHERE {column} = ? AND setting = ?");
            write.exec(&delete, args![module, name]).await?;
            let insert = format!("INSERT INTO {table} ({column}, setting, value) VALUES (?, ?, ?)");
            write.exec(&insert, args![module, name, stored]).await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// Asks the module's `config_validate` about values; the text of its refusal.
    pub(crate) async fn refusal_of_settings(
        &self,
        actor: &Actor,
        kind: ModuleKind,
        module: &str,
        values: &[(String, String)],
    ) -> Result<Option<String>, HostError> {
        let params: Row = values
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let answer = self
            .call(actor, kind, module, "config_validate", params)
            .await?;
        Ok(answer.failure.map(|failure| failure.message))
    }

    /// Makes a gateway usable. Its kind follows from the functions it has at this moment.
    pub(crate) async fn activate_gateway(&self, module: &str) -> Result<(), HostError> {
        let actor = Actor::system("admin/configgateways.php");
        let config = self
            .call(&actor, ModuleKind::Gateway, module, "config", Row::new())
            .await?
            .value;
        let name = config
            .get("FriendlyName")
            .and_then(|field| field.get("Value"))
            .and_then(Value::as_str)
            .unwrap_or(module)
            .to_owned();
        let functions = self
            .call(
                &actor,
                ModuleKind::Gateway,
                module,
                "__functions",
                Row::new(),
            )
            .await?
            .value;
        let has = |wanted: &str| {
            functions.as_array().is_some_and(|all| {
                all.iter()
                    .filter_map(Value::as_str)
                    .any(|f| f.eq_ignore_ascii_case(wanted))
            })
        };
        let kind = if has("capture") {
            "CC"
        } else if has("link") {
            "Invoices"
        } else {
            "Bank"
        };
        let mut write = self.db.begin().await?;
        let order = write
            .row(
                "SELECT count(DISTINCT gateway) + 1 AS next FROM tblpaymentgateways",
                &[],
            )
            .await?
            .map_or(1, |row| row.int("next"));
        for (setting, value) in [("name", name.as_str()), ("type", kind), ("visible", "on")] {
            let sql = "INSERT INTO tblpaymentgateways (gateway, setting, value, \"order\") VALUES (?,?,?,?)
                       ON CONFLICT (gateway, setting) DO UPDATE SET value = excluded.value";
            write
                .exec(sql, args![module, setting, value, order])
                .await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// Active gateways in the order they were activated: `module` and `displayname`.
    pub(crate) async fn gateways(&self) -> Result<Vec<Row>, HostError> {
        let sql = "SELECT n.gateway AS module, n.value AS displayname FROM tblpaymentgateways n
                   JOIN tblpaymentgateways t ON t.gateway = n.gateway AND t.setting = 'type' AND t.value <> ''
                   WHERE n.setting = 'name' ORDER BY n.\"order\", n.id";
        Ok(self.db.rows(sql, &[]).await?)
    }

    pub(crate) async fn gateway_name(&self, module: &str) -> Result<String, HostError> {
        let row = self
            .db
            .row(
                "SELECT value FROM tblpaymentgateways WHERE gateway = ? AND setting = 'name'",
                args![module],
            )
            .await?;
        Ok(row.map_or_else(|| module.to_owned(), |row| row.text("value").to_owned()))
    }
}

/// The table of a kind's settings and the column with the module's name.
fn table_of(kind: ModuleKind) -> Option<(&'static str, &'static str)> {
    match kind {
        ModuleKind::Registrar => Some(("tblregistrars", "registrar")),
        ModuleKind::Gateway => Some(("tblpaymentgateways", "gateway")),
        ModuleKind::Addon => Some(("tbladdonmodules", "module")),
        ModuleKind::Server => None,
    }
}

/// The fields of a map such as DomainSuggestionOptions returns.
pub(crate) fn read_fields(value: &Value) -> Vec<Field> {
    value.as_object().map(fields_in).unwrap_or_default()
}

fn fields_in(map: &Row) -> Vec<Field> {
    map.iter()
        .filter_map(|(name, field)| read_field(name, field))
        .collect()
}

fn read_field(name: &str, field: &Value) -> Option<Field> {
    let text = |key: &str| match field.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let kind = text("Type").to_ascii_lowercase();
    if kind == "system" || kind.is_empty() {
        return None;
    }
    let options = match field.get("Options") {
        Some(Value::String(list)) => list
            .split(',')
            .map(|option| (option.trim().to_owned(), option.trim().to_owned()))
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(|option| (option.to_owned(), option.to_owned()))
            .collect(),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(value, label)| (value.clone(), label.as_str().unwrap_or(value).to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    let label = text("FriendlyName");
    Some(Field {
        name: name.to_owned(),
        label: if label.is_empty() {
            name.to_owned()
        } else {
            label
        },
        kind,
        description: text("Description"),
        default: text("Default"),
        options,
        loader: field.get("Loader").is_some_and(|loader| !loader.is_null()),
    })
}
