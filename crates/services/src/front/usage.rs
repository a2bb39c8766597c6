//! What the services of a server used, and what the supplier says of them otherwise than Wharf.

use std::collections::{BTreeMap, HashMap};

use futures_util::{FutureExt as _, StreamExt as _};
use serde::Serialize;
use serde_json::{Value, json};
use serde_json_path::JsonPath;
use wharf_whmcs::call::ModuleCall;

use super::value;
use crate::calls;
use crate::language::{Connector, List, Period, Request, Template, Unit, Usage, UsageSource};
use crate::order::Order;
use crate::server::Server;
use crate::services::Services;
use crate::supplier::{Log, Scene, Supplier, Trouble};
use crate::tables::{ServiceId, ServiceRow, State, services as rows};

/// What one service used. Amounts are MiB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServiceUsage {
    /// WHMCS's number.
    pub service: i64,
    pub domain: String,
    pub reference: String,
    pub disk_used: Option<i64>,
    pub disk_limit: Option<i64>,
    pub bandwidth_used: Option<i64>,
    pub bandwidth_limit: Option<i64>,
    /// Counters by the metric's name: a number as text.
    pub metrics: BTreeMap<String, String>,
    /// What the supplier says otherwise than Wharf.
    pub drift: Option<String>,
}

/// Of all services of a server.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UsageReport {
    pub services: Vec<ServiceUsage>,
    /// Services of the supplier that are none of Wharf's.
    pub strangers: usize,
    /// Requests to the supplier.
    pub calls: usize,
}

/// A counter that a connector names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricInfo {
    pub name: String,
    pub title: String,
    /// As in the connector's file: `number`, `megabytes` …
    pub unit: Unit,
    /// `snapshot`, `day`, `month`
    pub period: Period,
}

impl Services {
    /// The counters of a server's connector. Without a server, those of all connectors.
    pub async fn metrics(&self, call: &ModuleCall) -> Vec<MetricInfo> {
        let one = match Server::read(&call.params) {
            Ok(server) => calls::of_server(self, &call.site, &server).await.ok(),
            Err(_) => None,
        };
        match one {
            Some(connector) => infos(&connector),
            None => {
                let all = self.world.suppliers.shelf.all();
                all.values()
                    .flat_map(|connector| infos(connector))
                    .collect()
            }
        }
    }

    /// Reads what all services of a server used, in a bounded number of calls where the supplier has a list, and
    /// keeps it.
    pub async fn usage(&self, call: &ModuleCall) -> Result<UsageReport, String> {
        let world = &self.world;
        let words = |error: wharf_store::StoreError| error.to_string();
        let server = Server::read(&call.params)?;
        server.keep(&world.store, &call.site).await.map_err(words)?;
        let connector = calls::of_server(self, &call.site, &server).await?;
        let supplier = world
            .supplier(&call.site, server.id, &connector.name)
            .await
            .map_err(|refusal| refusal.reason)?;
        let usage = connector
            .usage
            .as_ref()
            .ok_or_else(|| supplier.says("its connector reads no usage"))?;
        let mut ours = rows::of_server(&world.store, &call.site, server.id)
            .await
            .map_err(words)?;
        ours.retain(|row| row.connector == connector.name && row.reference.is_some());
        let log = Log::of("usage");
        let mut report = match &usage.source {
            UsageSource::All { list, reference } => {
                self.of_list(&supplier, usage, list, reference, &ours, &log)
                    .await?
            }
            UsageSource::Each(_) => self.of_each(&supplier, usage, &ours, &log).await?,
        };
        report.calls = log.taken().len();
        let kept: Vec<_> = report
            .services
            .iter()
            .map(|used| {
                let id = ServiceId {
                    site: call.site.clone(),
                    service: used.service,
                };
                (id, json!(used), used.drift.clone())
            })
            .collect();
        rows::used(&world.store, &kept).await.map_err(words)?;
        Ok(report)
    }

    async fn of_list(
        &self,
        supplier: &Supplier,
        usage: &Usage,
        list: &List,
        reference: &Template,
        ours: &[ServiceRow],
        log: &Log,
    ) -> Result<UsageReport, String> {
        let scene = self
            .world
            .suppliers
            .server_scene(supplier, &list.request.used(), log)
            .await
            .map_err(|trouble| trouble.text)?;
        let items = supplier
            .list(list, "usage", &scene, log)
            .await
            .map_err(|trouble| trouble.text)?;
        let mut by_reference: HashMap<String, Value> = HashMap::new();
        for item in items {
            let named = scene.with("item", item.clone());
            let reference = reference
                .render(&named.context)
                .map_err(|why| supplier.says(&why))?;
            by_reference.insert(reference, item);
        }
        let mut report = UsageReport::default();
        for row in ours {
            let name = row.reference.clone().unwrap_or_default();
            report.services.push(match by_reference.remove(&name) {
                Some(item) => used(supplier, usage, row, &scene.with("item", item)),
                None => ServiceUsage {
                    drift: Some(supplier.says("it does not list this service any more")),
                    ..named(row)
                },
            });
        }
        report.strangers = by_reference.len();
        Ok(report)
    }

    async fn of_each(
        &self,
        supplier: &Supplier,
        usage: &Usage,
        ours: &[ServiceRow],
        log: &Log,
    ) -> Result<UsageReport, String> {
        let UsageSource::Each(request) = &usage.source else {
            return Ok(UsageReport::default());
        };
        let whole = JsonPath::parse("$").map_err(|error| error.to_string())?;
        let asked: Vec<_> = ours
            .iter()
            .map(|row| {
                self.of_one(supplier, usage, request, &whole, row, log)
                    .boxed()
            })
            .collect();
        let all: Vec<Result<ServiceUsage, Trouble>> = futures_util::stream::iter(asked)
            .buffered(AT_ONCE)
            .collect()
            .await;
        let services: Vec<ServiceUsage> = all
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|trouble| trouble.text)?;
        Ok(UsageReport {
            services,
            ..UsageReport::default()
        })
    }

    async fn of_one(
        &self,
        supplier: &Supplier,
        usage: &Usage,
        request: &Request,
        whole: &JsonPath,
        row: &ServiceRow,
        log: &Log,
    ) -> Result<ServiceUsage, Trouble> {
        let order = Order::of(row);
        let suppliers = &self.world.suppliers;
        let scene = suppliers
            .scene(supplier, &order, &row.kept, &request.used(), log)
            .await?;
        let item = supplier.item(request, whole, "usage", &scene, log).await?;
        Ok(match item {
            Some(item) => used(supplier, usage, row, &scene.with("item", item)),
            None => ServiceUsage {
                drift: Some(supplier.says("it does not know this service any more")),
                ..named(row)
            },
        })
    }
}

fn infos(connector: &Connector) -> Vec<MetricInfo> {
    let metrics = connector.metrics.iter();
    metrics
        .map(|metric| MetricInfo {
            name: metric.name.clone(),
            title: metric.title.in_language("en").to_owned(),
            unit: metric.unit,
            period: metric.period,
        })
        .collect()
}

fn named(row: &ServiceRow) -> ServiceUsage {
    ServiceUsage {
        service: row.id.service,
        domain: row.domain.clone(),
        reference: row.reference.clone().unwrap_or_default(),
        ..ServiceUsage::default()
    }
}

fn used(supplier: &Supplier, usage: &Usage, row: &ServiceRow, scene: &Scene) -> ServiceUsage {
    let connector = &supplier.connector;
    let amount = |text: &Option<Template>| {
        let text = value(text.as_ref(), scene)?;
        rounded(&text)
    };
    let metrics = connector.metrics.iter().filter_map(|metric| {
        let counted = value(Some(&metric.value), scene)?;
        Some((metric.name.clone(), counted))
    });
    let word = value(usage.status.as_ref(), scene);
    let drift = word.and_then(|word| {
        let there = crate::state::meaning(connector, &word)?;
        (there != row.state && row.state != State::New).then(|| {
            supplier.says(&format!(
                "it says \"{word}\", Wharf left the service {}",
                row.state.as_str()
            ))
        })
    });
    ServiceUsage {
        disk_used: amount(&usage.disk_used),
        disk_limit: amount(&usage.disk_limit),
        bandwidth_used: amount(&usage.bandwidth_used),
        bandwidth_limit: amount(&usage.bandwidth_limit),
        metrics: metrics.collect(),
        drift,
        ..named(row)
    }
}

/// A number with or without decimals, rounded up: a full MiB is shown as soon as it is begun.
fn rounded(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let more = rest
        .bytes()
        .any(|digit| digit.is_ascii_digit() && digit != b'0');
    let digits = rest.bytes().all(|digit| digit.is_ascii_digit());
    whole
        .parse::<i64>()
        .ok()
        .filter(|_| digits)
        .map(|whole| whole + i64::from(more && whole >= 0))
}

/// Single reads at a time.
const AT_ONCE: usize = 8;

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn amounts_are_whole_and_never_too_small() {
        let all = ["12", "12.0", "12.01", "0.5", "", "x", "1e3", "7.5x"].map(rounded);
        assert_eq!(
            all,
            [
                Some(12),
                Some(12),
                Some(13),
                Some(1),
                None,
                None,
                None,
                None
            ]
        );
    }
}
