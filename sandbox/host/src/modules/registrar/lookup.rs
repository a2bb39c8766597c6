//! The shop's search: availability, premium prices and suggestions from the lookup registrar.

use serde_json::{Value, json};
use wharf_core::DomainName;

use super::{PremiumCost, Refusable};
use crate::app::{Actor, App, HostError, VERSION};
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

/// One name in a search result.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Availability {
    pub domain: String,
    /// `available`, `registered`, `reserved`, `unknown` or `unsupported`.
    pub status: String,
    pub premium: bool,
    pub cost: Option<PremiumCost>,
}

impl App {
    /// Asks the lookup registrar about one name under several extensions (with leading dots).
    pub(crate) async fn check_availability(
        &self,
        actor: &Actor,
        label: &str,
        extensions: &[String],
    ) -> Refusable<Vec<Availability>> {
        self.look_up(actor, "CheckAvailability", label, extensions, Row::new())
            .await
    }

    /// Free names that are like a label, with the options that staff chose for the lookup registrar.
    pub(crate) async fn suggestions(
        &self,
        actor: &Actor,
        label: &str,
        extensions: &[String],
    ) -> Refusable<Vec<Availability>> {
        let registrar = self.setting("domainLookupRegistrar").await?;
        let settings = self.lookup_settings(&registrar).await?;
        let more = Row::from_iter([("suggestionSettings".to_owned(), Value::Object(settings))]);
        self.look_up(actor, "GetDomainSuggestions", label, extensions, more)
            .await
    }

    async fn look_up(
        &self,
        actor: &Actor,
        function: &str,
        label: &str,
        extensions: &[String],
        more: Row,
    ) -> Refusable<Vec<Availability>> {
        let registrar = self.setting("domainLookupRegistrar").await?;
        if registrar.is_empty() {
            return Ok(Err("this shop has no lookup registrar".to_owned()));
        }
        let ascii = DomainName::parse(&format!("{label}.com")).map_or_else(
            |_| label.to_owned(),
            |name| {
                name.as_str()
                    .strip_suffix(".com")
                    .unwrap_or(label)
                    .to_owned()
            },
        );
        let mut params = self
            .module_settings(ModuleKind::Registrar, &registrar)
            .await?;
        for (key, value) in [
            ("searchTerm", json!(label)),
            (
                "punyCodeSearchTerm",
                json!(if ascii == label { "" } else { &ascii }),
            ),
            ("tldsToInclude", json!(extensions)),
            ("isIdnDomain", json!(ascii != label)),
            ("premiumEnabled", json!(self.premium_enabled().await?)),
            ("sld", json!(label)),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        params.extend(more);
        let answer = match self.ask_module(actor, &registrar, function, params).await? {
            Ok(answer) => answer,
            Err(text) => return Ok(Err(text)),
        };
        let items = answer.value.get("items").and_then(Value::as_array);
        Ok(Ok(items.into_iter().flatten().map(read_result).collect()))
    }

    /// What staff chose among the lookup registrar's DomainSuggestionOptions.
    pub(crate) async fn lookup_settings(&self, registrar: &str) -> Result<Row, HostError> {
        let sql = "SELECT setting, value FROM tbldomain_lookup_configuration WHERE registrar = ? ORDER BY id";
        let rows = self.db.rows(sql, args![registrar]).await?;
        Ok(rows
            .iter()
            .map(|row| (row.text("setting").to_owned(), json!(row.text("value"))))
            .collect())
    }

    pub(crate) async fn save_lookup_settings(
        &self,
        registrar: &str,
        values: &[(String, String)],
    ) -> Result<(), HostError> {
        let mut write = self.db.begin().await?;
        let delete = "DELETE FROM tbldomain_lookup_configuration WHERE registrar = ?";
        write.exec(delete, args![registrar]).await?;
        for (setting, value) in values {
            let columns = [
                ("registrar", registrar.into()),
                ("setting", setting.into()),
                ("value", value.into()),
                ("created_at", self.now().into()),
                ("updated_at", self.now().into()),
            ];
            write
                .insert("tbldomain_lookup_configuration", &columns)
                .await?;
        }
        write.commit().await?;
        Ok(())
    }
}

fn read_result(item: &Value) -> Availability {
    let text = |key: &str| {
        item.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let domain = format!("{}.{}", text("sld"), text("tld").trim_start_matches('.'));
    Availability {
        // Customers see a name in its own letters, however the module spelt it.
        domain: DomainName::parse(&domain)
            .map_or_else(|_| domain.clone(), |name| name.to_unicode()),
        status: text("status"),
        premium: item.get("premium") == Some(&json!(true)),
        cost: item.get("pricing").and_then(PremiumCost::read),
    }
}
