//! `wharf bench services`: what provisioning costs at a supplier, beside a classic module, and how it is with many.

mod classic;
pub mod supplier;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use self::classic::Classic;
use self::supplier::Supplier;
use super::daemon::{Daemon, Setting};
use super::table::{self, Row};
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How late the supplier answers each call
    #[arg(long, default_value_t = 40, value_name = "MS")]
    latency: u64,
    /// How many services are created, suspended and terminated one after the other
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    samples: u32,
    /// How many services usage is read of
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    services: u32,
    /// How many services are created at once
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=1_000))]
    creates: u32,
}

pub async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let show = |row: Row| table::show(&row, output);
    output.line(format!(
        "SiteShield over TLS, {} ms a call; {} services each way.\n",
        arguments.latency, arguments.samples
    ));
    table::head(output);
    actions(arguments, show).await?;
    output.line("");
    usage(arguments, output).await?;
    crowd(arguments, output).await?;
    Ok(ExitCode::SUCCESS)
}

/// Create, suspend, terminate, each for a client of its own.
async fn actions(arguments: &Arguments, show: impl Fn(Row)) -> Result<(), Trouble> {
    let bench = Bench::start(0, arguments.latency).await?;
    let classic = Classic::new(&bench.supplier.door)?;
    let (mut old_create, mut old_suspend, mut old_end) =
        (Measured::new(), Measured::new(), Measured::new());
    for number in 1..=arguments.samples {
        let (domain, email) = (
            format!("classic-{number}.example"),
            format!("classic-{number}@example.com"),
        );
        let made = old_create
            .of(&bench, async || {
                let (made, took) = classic.create(&domain, &email).await?;
                Ok((made, took))
            })
            .await?;
        old_suspend
            .of(&bench, async || Ok(((), classic.suspend(&made).await?)))
            .await?;
        old_end
            .of(&bench, async || Ok(((), classic.terminate(&made).await?)))
            .await?;
    }
    for (function, mut old) in [
        ("CreateAccount", old_create),
        ("SuspendAccount", old_suspend),
        ("TerminateAccount", old_end),
    ] {
        let mut new = Measured::new();
        for number in 1..=arguments.samples {
            let params = order("siteshield", number.into(), json!({}));
            new.of(&bench, async || {
                let started = Instant::now();
                bench.act(function, params.clone()).await?;
                Ok(((), started.elapsed()))
            })
            .await?;
        }
        let count = u64::from(arguments.samples);
        show(Row {
            what: format!("{function}, {count} one after the other: median"),
            calls: new.each(count),
            ms: new.median(),
            classic_calls: old.each(count),
            classic_ms: old.median(),
            classic_sample: old.each(count),
        });
    }
    Ok(())
}

/// UsageUpdate of a server with many services.
async fn usage(arguments: &Arguments, output: &Output) -> Result<(), Trouble> {
    let bench = Bench::start(arguments.services, arguments.latency).await?;
    for what in ["usage", "the same again"] {
        let before = bench.supplier.outside.calls().await?;
        let started = Instant::now();
        let told = bench
            .call("UsageUpdate", order("siteshield", 0, json!({})))
            .await?;
        let seconds = started.elapsed().as_secs_f64();
        let calls = bench.supplier.outside.calls().await?.saturating_sub(before);
        let told = told.get("services").and_then(Value::as_array);
        let told = told.map(Vec::len).unwrap_or_default();
        if told != usize::try_from(arguments.services).unwrap_or(usize::MAX) {
            return Err(Trouble::failed(format!(
                "only {told} of {} services have usage",
                arguments.services
            )));
        }
        let memory = bench.daemon.memory();
        output.line(format!(
            "{what} of {told} services: {calls} calls (aim: at most 20), {seconds:.2} s; the daemon {:.0} MB at its highest",
            memory.peak_mb
        ));
        output.json(&json!({
            "what": what, "services": told, "calls": calls, "seconds": seconds, "memory": memory
        }));
    }
    Ok(())
}

/// Everybody orders at the same moment, through one account that may do fifty requests a second.
async fn crowd(arguments: &Arguments, output: &Output) -> Result<(), Trouble> {
    let bench = Bench::start(0, arguments.latency).await?;
    // Somebody is a customer already, and the daemon has worked before.
    bench
        .act("CreateAccount", order("siteshield", 1, json!({})))
        .await?;
    let user = bench.supplier.user().await?.to_string();
    let one = |number: u32| {
        order(
            "one-call",
            i64::from(number) + 1,
            json!({ "configoption3": user }),
        )
    };
    bench.act("CreateAccount", one(1)).await?;
    let idle = bench.daemon.memory();
    let before = bench.supplier.outside.calls().await?;
    let started = Instant::now();
    let orders = (2..=arguments.creates + 1).map(|number| bench.act("CreateAccount", one(number)));
    try_join_all(orders).await?;
    let took = started.elapsed();
    let calls = bench.supplier.outside.calls().await?.saturating_sub(before);
    let memory = bench.daemon.memory();
    let made = bench.supplier.made().await?;
    let twice = made.values().filter(|count| **count > 1).count();
    let all = usize::try_from(arguments.creates)
        .unwrap_or(usize::MAX)
        .saturating_add(2);
    if made.len() != all || twice > 0 {
        return Err(Trouble::failed(format!(
            "the supplier has {} services instead of {all}, {twice} of them more than once",
            made.len()
        )));
    }
    // What a second's allowance lets through at once need not wait.
    let own = f64::from(arguments.creates.saturating_sub(PER_SECOND)) / f64::from(PER_SECOND);
    let more = (took.as_secs_f64() / own - 1.0) * 100.0;
    output.line(format!(
        "{} creations at once, {PER_SECOND} requests a second: {:.2} s, {more:.1} % beyond the limit's own {own:.0} s (aim: under 10 %)\n\
         {calls} calls; the supplier has each service once\n\
         memory of the daemon: {:.0} MB before, {:.0} MB at its highest, {:.0} MB after",
        arguments.creates,
        took.as_secs_f64(),
        idle.resident_mb,
        memory.peak_mb,
        memory.resident_mb
    ));
    output.json(&json!({
        "creates": arguments.creates, "calls": calls, "seconds": took.as_secs_f64(), "limit_seconds": own, "beyond_percent": more,
        "twice": twice, "before": idle, "after": memory
    }));
    Ok(())
}

/// A daemon and a supplier, which tell nobody else.
struct Bench {
    supplier: Supplier,
    daemon: Daemon,
}

impl Bench {
    /// With so many services that both know.
    async fn start(services: u32, latency: u64) -> Result<Self, Trouble> {
        let supplier = Supplier::start(services)?;
        supplier.outside.delay(latency).await?;
        let daemon = Daemon::start(&Setting {
            ca: &supplier.door.ca,
            config: "connectors_dir = \"connectors\"\n",
            files: &[("connectors/one-call.toml", include_str!("one-call.toml"))],
            services,
        })
        .await?;
        Ok(Self { supplier, daemon })
    }

    /// A call with the server's settings, as WHMCS makes it.
    async fn call(&self, function: &str, params: Value) -> Result<Value, Trouble> {
        let (_, port) = self.supplier.door.tls.rsplit_once(':').unwrap_or_default();
        let server = json!({
            "serverid": SERVER, "serverhostname": "127.0.0.1", "serverport": port, "serversecure": "on",
            "serverpassword": self.supplier.door.token,
        });
        self.daemon.call("server", function, [server, params]).await
    }

    async fn act(&self, function: &str, params: Value) -> Result<(), Trouble> {
        let answer = self.call(function, params).await?;
        match answer.get("result").and_then(Value::as_str) {
            Some("success") => Ok(()),
            other => Err(Trouble::failed(format!(
                "{function} ended otherwise: {}",
                other.unwrap_or("no result")
            ))),
        }
    }
}

fn order(connector: &str, service: i64, more: Value) -> Value {
    let mut params = json!({
        "serviceid": service, "configoption1": connector, "configoption2": "pro", "serverusername": connector,
        "domain": format!("service-{service}.example"),
        "clientsdetails": {
            "email": format!("client-{service}@example.com"), "firstname": "Ann", "lastname": "Client"
        },
    });
    if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
        params.extend(more);
    }
    params
}

/// Calls at the supplier, and how long each time took.
struct Measured {
    calls: u64,
    took: Vec<Duration>,
}

impl Measured {
    fn new() -> Self {
        Self {
            calls: 0,
            took: Vec::new(),
        }
    }

    async fn of<T>(
        &mut self,
        bench: &Bench,
        work: impl AsyncFnOnce() -> Result<(T, Duration), Trouble>,
    ) -> Result<T, Trouble> {
        let before = bench.supplier.outside.calls().await?;
        let (value, took) = work().await?;
        self.calls += bench.supplier.outside.calls().await?.saturating_sub(before);
        self.took.push(took);
        Ok(value)
    }

    /// Calls of one of so many times, rounded.
    fn each(&self, count: u64) -> u64 {
        (self.calls + count / 2) / count.max(1)
    }

    /// In milliseconds.
    fn median(&mut self) -> f64 {
        self.took.sort_unstable();
        let middle = self.took.get(self.took.len() / 2).copied();
        middle.unwrap_or_default().as_secs_f64() * 1_000.0
    }
}

/// Of the connector `one-call`.
const PER_SECOND: u32 = 50;
/// WHMCS's number of the server; services are filled in for it.
pub const SERVER: i64 = 3;
