//! UsageUpdate and MetricProvider: once a day for each server.

use serde_json::{Value, json};

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::modules::failure_of;
use crate::modules::registrar::Refusable;
use crate::php::ModuleKind;

impl App {
    /// The module writes tblhosting by itself. The error is what it threw.
    pub(crate) async fn usage_update(&self, actor: &Actor, server: &Row) -> Refusable<()> {
        let (module, params) = (server.text("type"), self.server_params(server));
        let answer = self
            .call(actor, ModuleKind::Server, module, "UsageUpdate", params)
            .await?;
        Ok(failure_of(&answer).map_or(Ok(()), Err))
    }

    /// Asks a server's provider for the usage of all its tenants and keeps it with their services; how many
    /// values that were.
    pub(crate) async fn collect_metrics(&self, actor: &Actor, server: &Row) -> Refusable<usize> {
        let (module, mut params) = (server.text("type"), self.server_params(server));
        params.insert("_usage".to_owned(), json!(true));
        let answer = self
            .call(actor, ModuleKind::Server, module, "MetricProvider", params)
            .await?;
        if let Some(text) = failure_of(&answer) {
            return Ok(Err(text));
        }
        let sql = "SELECT id, username, domain FROM tblhosting WHERE server = ? AND domainstatus IN ('Active', 'Suspended')";
        let services = self.db.rows(sql, args![server.int("id")]).await?;
        let mut kept = 0;
        for (tenant, metrics) in answer.value.as_object().into_iter().flatten() {
            let of = |column: &str| services.iter().find(|row| row.text(column) == tenant);
            if let Some(service) = of("username").or_else(|| of("domain")) {
                kept += self
                    .keep_metrics(module, service.int("id"), metrics)
                    .await?;
            }
        }
        Ok(Ok(kept))
    }

    /// The same for one service, now.
    pub(crate) async fn refresh_metrics(&self, actor: &Actor, service: &Row) -> Refusable<usize> {
        let sql = "SELECT * FROM tblservers WHERE id = ?";
        let server = self.db.row(sql, args![service.int("server")]).await?;
        let Some(server) = server else {
            return Ok(Err("the service has no server".to_owned()));
        };
        let module = server.text("type");
        let mut text = "the module knows no usage of this service".to_owned();
        for column in ["username", "domain"] {
            let mut params = self.server_params(&server);
            params.insert("_tenant".to_owned(), json!(service.text(column)));
            let answer = self
                .call(actor, ModuleKind::Server, module, "MetricProvider", params)
                .await?;
            if let Some(failure) = failure_of(&answer) {
                text = failure;
                continue;
            }
            let kept = self
                .keep_metrics(module, service.int("id"), &answer.value)
                .await?;
            if kept > 0 {
                return Ok(Ok(kept));
            }
        }
        Ok(Err(text))
    }

    /// The metrics that are known of a service, oldest name first.
    pub(crate) async fn metrics_of(&self, service: i64) -> Result<Vec<Row>, HostError> {
        let sql = "SELECT metric, display, units, type, value, updated_at FROM tblmetric_usage
                   WHERE rel_type = 'service' AND rel_id = ? ORDER BY id";
        Ok(self.db.rows(sql, args![service]).await?)
    }

    async fn keep_metrics(
        &self,
        module: &str,
        service: i64,
        metrics: &Value,
    ) -> Result<usize, HostError> {
        let mut kept = 0;
        let mut write = self.db.begin().await?;
        for metric in metrics.as_array().into_iter().flatten() {
            let text = |name: &str| match metric.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            if text("usage").is_empty() {
                continue;
            }
            let sql = "INSERT INTO tblmetric_usage (rel_type, rel_id, module, metric, display, units, type, value, created_at, updated_at)
                VALUES ('service', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
                ON CONFLICT (rel_type, rel_id, module, metric) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
            let values = args![
                service,
                module,
                text("systemName"),
                text("displayName"),
                text("units"),
                text("type"),
                text("usage"),
                self.now()
            ];
            write.exec(sql, values).await?;
            kept += 1;
        }
        write.commit().await?;
        Ok(kept)
    }
}
