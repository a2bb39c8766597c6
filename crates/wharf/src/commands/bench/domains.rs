//! `wharf bench domains`: what each function of the registrar module costs, cold and warm.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use wharf_core::Tld;

use super::classic::Classic;
use super::daemon::{Daemon, Setting};
use super::registry::Registrar;
use super::table::{self, Row};
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

/// The calls come from one thread that waits for each answer, as a PHP process makes them.
pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let failed = |why: String| Trouble::failed(format!("the measurement cannot run: {why}"));
    std::thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| failed(error.to_string()))?;
            runtime.block_on(measure(arguments, output))
        });
        match measuring.join() {
            Ok(done) => done,
            Err(_) => Err(failed("it broke off".to_owned())),
        }
    })
}

async fn measure(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let bench = Bench::start(arguments).await?;
    let idle = bench.daemon.memory();
    output.line(format!(
        "Registrar over TLS, {} ms a call, {} domains, {ZONES} extensions.\n",
        arguments.latency, arguments.domains
    ));
    table::head(output);
    let show = |row: Row| table::show(&row, output);
    let names = bench.registrar.names().await?;
    bench.pages(&names, show).await?;
    bench.sync(&names, show).await?;
    bench.transfers(show).await?;
    bench.prices(show).await?;
    bench.search(show).await?;
    let memory = bench.daemon.memory();
    output.line(format!(
        "\n* {SAMPLE} calls were made, and multiplied.\nMemory of the daemon: {:.0} MB resident when idle; with {} domains {:.0} MB, \
         {:.0} MB at its highest.",
        idle.resident_mb,
        names.len(),
        memory.resident_mb,
        memory.peak_mb
    ));
    output.json(&json!({ "domains": names.len(), "idle": idle, "after": memory }));
    Ok(ExitCode::SUCCESS)
}

/// A daemon, and a registrar with many domains.
struct Bench {
    registrar: Registrar,
    daemon: Daemon,
}

impl Bench {
    async fn start(arguments: &Arguments) -> Result<Self, Trouble> {
        let count = usize::try_from(arguments.domains).unwrap_or(usize::MAX);
        let registrar = Registrar::start(count, ZONES)?;
        registrar.delay(arguments.latency).await?;
        let config = format!(
            "[registrar.endpoints]\nispapi_ote = \"{}/api/call.cgi\"\n",
            registrar.door.tls
        );
        let daemon = Daemon::start(&Setting {
            ca: &registrar.door.ca,
            config: &config,
            files: &[],
            services: 0,
        })
        .await?;
        Ok(Self { registrar, daemon })
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
        let extensions = self.extensions(LARGEST_SEARCH).await?;
        // One search as the shop makes it, and several visitors' at the same time.
        for (visitors, count) in [(1, 100), (1, LARGEST_SEARCH), (10, LARGEST_SEARCH / 10)] {
            let tlds = extensions.get(..count).unwrap_or(&extensions);
            let labels: Vec<String> = (0..visitors)
                .map(|visitor| format!("nile-{count}-{visitor}"))
                .collect();
            let commands: Vec<String> = labels
                .iter()
                .flat_map(|label| tlds.chunks(25).map(move |batch| (label, batch)))
                .map(|(label, batch)| {
                    let names = batch.iter().enumerate();
                    let lines = names.map(|(at, tld)| format!("\nDOMAIN{at}={label}{tld}"));
                    format!("COMMAND=CheckDomains{}", lines.collect::<String>())
                })
                .collect();
            let old = classic.run(&commands).await?;
            let ask = async || {
                let searches = labels.iter().map(|label| self.search_one(label, tlds));
                let found: Vec<usize> = futures_util::future::try_join_all(searches).await?;
                let found: usize = found.iter().sum();
                if found == visitors * tlds.len() {
                    return Ok(());
                }
                let wanted = visitors * tlds.len();
                Err(Trouble::failed(format!(
                    "only of {found} of {wanted} names it was told whether they can be had"
                )))
            };
            let measured = self.measured(&ask).await?;
            let what = match visitors {
                1 => format!("{} names searched", tlds.len()),
                _ => format!("{visitors} searches at once, {} names each", tlds.len()),
            };
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

    /// Searches for a label; of how many names it was told whether they can be had.
    async fn search_one(&self, label: &str, tlds: &[String]) -> Result<usize, Trouble> {
        let search =
            json!({ "searchTerm": label, "punyCodeSearchTerm": label, "tldsToInclude": tlds });
        let answer = self.call("CheckAvailability", search).await?;
        let rows = answer.get("results").and_then(Value::as_array);
        let told = rows.into_iter().flatten().filter(|row| {
            let status = row.get("status").and_then(Value::as_str);
            matches!(status, Some("available" | "registered" | "reserved"))
        });
        Ok(told.count())
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
            .filter_map(|tld| Tld::parse(tld).ok())
            .map(|tld| format!(".{}", tld.as_str()))
            .take(count)
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
        self.daemon
            .call("registrar", function, [settings, more])
            .await
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

const ZONES: usize = 1_500;
const LARGEST_SEARCH: usize = 1_000;
const SAMPLE: usize = 25;
const TRANSFERS: usize = 20;
