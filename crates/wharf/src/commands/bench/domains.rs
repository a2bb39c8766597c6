//! `wharf bench domains`: what each function of the registrar module costs, cold and warm.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use wharf_core::{Clock, DomainName};
use wharf_domains::{Domains, DomainsConfig};
use wharf_store::{SealKey, Store, StoreOptions};
use wharf_whmcs::Sites;
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

use super::classic::Classic;
use super::registry::Registrar;
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How many domains the account holds
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    domains: u32,
    /// How late the registrar answers each call
    #[arg(long, default_value_t = 40, value_name = "MS")]
    latency: u64,
}

/// One thing that was measured. Where the classic way would take too long, a part of it was done and multiplied.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    calls: u64,
    ms: f64,
    classic_calls: u64,
    classic_ms: f64,
    /// Calls of the classic way that were really made.
    classic_sample: u64,
}

pub async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let bench = Bench::start(arguments).await?;
    output.line(format!(
        "Registrar over TLS, {} ms a call, {} domains, {ZONES} extensions.\n",
        arguments.latency, arguments.domains
    ));
    output.line(format!(
        "{:<46} {:>6} {:>10} {:>8} {:>12} {:>8}",
        "what", "calls", "ms", "classic", "ms", "ratio"
    ));
    let show = |row: Row| {
        let sampled = if row.classic_sample < row.classic_calls {
            "*"
        } else {
            ""
        };
        output.line(format!(
            "{:<46} {:>6} {:>10.1} {:>8} {:>11.1}{sampled:1} {:>7.1}×",
            row.what,
            row.calls,
            row.ms,
            row.classic_calls,
            row.classic_ms,
            row.classic_ms / row.ms.max(0.001)
        ));
        output.json(&serde_json::to_value(row).unwrap_or_default());
    };
    let names = bench.registrar.names().await?;
    bench.pages(&names, show).await?;
    bench.sync(&names, show).await?;
    bench.transfers(show).await?;
    bench.prices(show).await?;
    bench.search(show).await?;
    let memory = resident_mb();
    output.line(format!(
        "\n* {SAMPLE} calls were made, and multiplied.\nMemory with {} domains: {memory:.0} MB resident, this measuring client included.",
        names.len()
    ));
    output.json(&json!({ "domains": names.len(), "resident_mb": memory }));
    Ok(ExitCode::SUCCESS)
}

/// A daemon's worth of domains, and the registrar.
struct Bench {
    registrar: Registrar,
    domains: Arc<Domains>,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn start(arguments: &Arguments) -> Result<Self, Trouble> {
        let count = usize::try_from(arguments.domains).unwrap_or(usize::MAX);
        let registrar = Registrar::start(count, ZONES)?;
        registrar.delay(arguments.latency).await?;
        let failed =
            |error: anyhow::Error| Trouble::failed("the measurement cannot begin").because(error);
        let dir = tempfile::tempdir().map_err(|error| failed(error.into()))?;
        let key = SealKey::create(&dir.path().join("key")).map_err(|error| failed(error.into()))?;
        let store = Store::open(StoreOptions {
            url: format!("sqlite://{}", dir.path().join("wharf.db").display()),
            key,
            clock: Clock::system(),
            node: "bench".to_owned(),
        })
        .await
        .map_err(|error| failed(error.into()))?;
        let sites = Sites::new(store.clone(), None).map_err(|error| failed(error.into()))?;
        let config = DomainsConfig {
            ispapi_ote: Some(format!("{}/api/call.cgi", registrar.door.tls)),
            extra_ca: Some(registrar.door.ca.clone().into_bytes()),
            ..DomainsConfig::new(sites)
        };
        let domains = Domains::new(store.clone(), config).map_err(|error| failed(error.into()))?;
        tokio::spawn(store.jobs().clone().work());
        Ok(Self {
            registrar,
            domains,
            _dir: dir,
        })
    }

    /// A client's page of a domain: facts, nameservers, lock, and the facts again for the hook.
    async fn pages(&self, names: &[String], show: impl Fn(Row)) -> Result<(), Trouble> {
        let name = names.first().ok_or_else(|| Trouble::failed("no domains"))?;
        let classic = Classic::new(&self.registrar)?;
        let status = format!("COMMAND=StatusDomain\nDOMAIN={name}");
        let old = classic.run(&vec![status; 6]).await?;
        let page = async || {
            for function in [
                "GetDomainInformation",
                "GetNameservers",
                "GetRegistrarLock",
                "GetDomainInformation",
            ] {
                self.call(function, about(name)).await?;
            }
            Ok(())
        };
        for what in ["a domain's page, cold", "a domain's page, warm"] {
            let (calls, took) = self.measured(&page).await?;
            show(row(what, (calls, took), (6, 6), old));
        }
        Ok(())
    }

    /// WHMCS's cron, which asks for each domain.
    async fn sync(&self, names: &[String], show: impl Fn(Row)) -> Result<(), Trouble> {
        let classic = Classic::new(&self.registrar)?;
        let sample: Vec<String> = names
            .iter()
            .take(SAMPLE)
            .map(|name| format!("COMMAND=StatusDomain\nDOMAIN={name}"))
            .collect();
        let old = classic.run(&sample).await?;
        let all = async || {
            for name in names {
                self.call("Sync", about(name)).await?;
            }
            Ok(())
        };
        for what in ["Sync of all domains, cold", "Sync of all domains, warm"] {
            let measured = self.measured(&all).await?;
            show(row(what, measured, (names.len(), sample.len()), old));
        }
        Ok(())
    }

    /// WHMCS's cron, which asks for each transfer under way.
    async fn transfers(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let names: Vec<String> = (0..TRANSFERS)
            .map(|number| format!("transfer-{number}.com"))
            .collect();
        for (id, name) in names.iter().enumerate() {
            let (label, _) = name.split_once('.').unwrap_or_default();
            let order = json!({
                "domainid": id + 1, "domain": name, "regperiod": 1, "eppcode": format!("Auth-{label}"),
                "firstname": "Mona", "lastname": "Hassan", "email": "mona@example.com", "address1": "1 Nile St",
                "city": "Cairo", "postcode": "11511", "country": "EG", "fullphonenumber": "+20.1012345678",
            });
            self.call("TransferDomain", order).await?;
        }
        let classic = Classic::new(&self.registrar)?;
        let commands: Vec<String> = names
            .iter()
            .flat_map(|name| {
                [
                    format!("COMMAND=StatusDomainTransfer\nDOMAIN={name}"),
                    format!("COMMAND=QueryObjectLogList\nOBJECTCLASS=DOMAIN\nOBJECTID={name}"),
                ]
            })
            .collect();
        let old = classic.run(&commands).await?;
        let all = async || {
            for name in &names {
                self.call("TransferSync", about(name)).await?;
            }
            Ok(())
        };
        let measured = self.measured(&all).await?;
        let made = commands.len();
        show(row(
            "TransferSync of 20 transfers",
            measured,
            (made, made),
            old,
        ));
        Ok(())
    }

    async fn search(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let classic = Classic::new(&self.registrar)?;
        for count in [100, 1_000] {
            let tlds = self.extensions(count).await?;
            let what = format!("CheckAvailability, {} extensions", tlds.len());
            let label = format!("nile-{count}");
            let commands: Vec<String> = tlds
                .chunks(25)
                .map(|batch| {
                    let names = batch.iter().enumerate();
                    let lines = names.map(|(at, tld)| format!("\nDOMAIN{at}={label}{tld}"));
                    format!("COMMAND=CheckDomains{}", lines.collect::<String>())
                })
                .collect();
            let old = classic.run(&commands).await?;
            let search =
                json!({ "searchTerm": label, "punyCodeSearchTerm": label, "tldsToInclude": tlds });
            let ask = async || {
                self.call("CheckAvailability", search.clone())
                    .await
                    .map(drop)
            };
            let measured = self.measured(&ask).await?;
            show(row(what, measured, (commands.len(), commands.len()), old));
        }
        let suggest = json!({
            "searchTerm": "nile", "tldsToInclude": [".com", ".net", ".org"], "suggestionSettings": {}
        });
        let suggestions = "COMMAND=QueryDomainSuggestionList\nKEYWORD=nile\nLIMIT=100".to_owned();
        let checks = (0..4).map(|page| {
            let names = (0..25).map(|at| format!("\nDOMAIN{at}=nile-{page}-{at}.com"));
            format!("COMMAND=CheckDomains{}", names.collect::<String>())
        });
        let commands: Vec<String> = std::iter::once(suggestions).chain(checks).collect();
        let old = classic.run(&commands).await?;
        let ask = async || {
            self.call("GetDomainSuggestions", suggest.clone())
                .await
                .map(drop)
        };
        let measured = self.measured(&ask).await?;
        show(row("GetDomainSuggestions", measured, (5, 5), old));
        Ok(())
    }

    async fn prices(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let classic = Classic::new(&self.registrar)?;
        let ask = async || self.call("GetTldPricing", json!({})).await.map(drop);
        let first = self.measured(&ask).await?;
        let again = self.measured(&ask).await?;
        let tlds = self.extensions(ZONES).await?;
        let options = tlds.chunks(200).map(|batch| {
            let names = batch.iter().enumerate();
            let lines = names.map(|(at, tld)| format!("\nDOMAIN{at}=x{tld}"));
            format!("COMMAND=QueryDomainOptions{}", lines.collect::<String>())
        });
        let commands: Vec<String> = std::iter::once("COMMAND=StatusUser".to_owned())
            .chain(options)
            .collect();
        let old = classic.run(&commands).await?;
        let made = (commands.len(), commands.len());
        show(row("GetTldPricing, first ever", first, made, old));
        show(row("GetTldPricing, from the list", again, made, old));
        Ok(())
    }

    /// What is sold, by the registrar's own price list.
    async fn extensions(&self, count: usize) -> Result<Vec<String>, Trouble> {
        let answer = self.call("GetTldPricing", json!({})).await?;
        let items = answer.get("items").and_then(Value::as_array);
        let tlds: Vec<String> = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.get("extension")?.as_str())
            .take(count)
            .filter_map(|tld| DomainName::parse(&format!("x{tld}")).ok())
            .map(|name| format!(".{}", name.tld().as_str()))
            .collect();
        Ok(tlds)
    }

    /// Registrar calls that it took, and how long.
    async fn measured(
        &self,
        work: &impl AsyncFn() -> Result<(), Trouble>,
    ) -> Result<(u64, Duration), Trouble> {
        let before = self.registrar.calls().await?;
        let started = Instant::now();
        work().await?;
        let took = started.elapsed();
        Ok((self.registrar.calls().await?.saturating_sub(before), took))
    }

    async fn call(&self, function: &str, more: Value) -> Result<Value, Trouble> {
        let door = &self.registrar.door;
        let settings =
            json!({ "Environment": "OTE", "Username": door.login, "Password": door.password });
        let params: Map<String, Value> = [settings, more]
            .into_iter()
            .filter_map(|value| match value {
                Value::Object(map) => Some(map),
                _ => None,
            })
            .flatten()
            .collect();
        let call = ModuleCall {
            site: "bench".to_owned(),
            kind: ModuleKind::Registrar,
            module: "wharf".to_owned(),
            function: function.to_owned(),
            params: Params::new(params),
        };
        let answer = self.domains.call(call).await;
        let value = answer
            .map_err(|error| Trouble::failed(format!("{function} failed")).because(error))?
            .value;
        match value.get("error").and_then(Value::as_str) {
            Some(error) => Err(Trouble::failed(format!("{function} failed: {error}"))),
            None => Ok(value),
        }
    }
}

fn about(name: &str) -> Value {
    let (sld, tld) = name.split_once('.').unwrap_or((name, ""));
    json!({ "domainid": 1, "domain": name, "sld": sld, "tld": tld, "status": "Active" })
}

fn row(
    what: impl Into<String>,
    (calls, took): (u64, Duration),
    (all, made): (usize, usize),
    classic: Duration,
) -> Row {
    let (all, made) = (
        u64::try_from(all).unwrap_or(0),
        u64::try_from(made).unwrap_or(0),
    );
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    let scale = all as f64 / made.max(1) as f64;
    Row {
        what: what.into(),
        calls,
        ms: ms(took),
        classic_calls: all,
        classic_ms: ms(classic) * scale,
        classic_sample: made,
    }
}

/// Of this process, in megabytes.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next())
        .and_then(|number| number.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1_024.0
}

const ZONES: usize = 1_500;
const SAMPLE: usize = 25;
const TRANSFERS: usize = 20;
