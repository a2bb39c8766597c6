//! `wharf bench payments`: how fast money goes through, and how much a daemon holds that has seen a lot.
//!
//! The daemon is measured as a process of its own, over HTTP, on a database that is filled first. WHMCS is a
//! stand-in that answers at once, so that only Wharf's own time is seen.

mod books;
mod shop;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use wharf_core::Clock;
use wharf_payments::load;
use wharf_payments::wallets::Wallets;
use wharf_store::{Store, StoreError};

use self::books::Books;
use self::shop::{Claim, Daemon, FIRST_NUMBER, Home, operator_number, receipt};
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How many transfers the database holds already
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    transfers: u32,
    /// How many claims, messages and checks are measured, each
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = clap::value_parser!(u32).range(20..=10_000))]
    samples: u32,
    /// An empty PostgreSQL database to measure on instead of a new SQLite file
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// One thing that was measured.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    value: f64,
    unit: &'static str,
    /// What it should be at most, or at least.
    aim: Option<&'static str>,
}

pub async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let home = Home::make(arguments.database.as_deref())?;
    let (books, whmcs) = Books::open().await?;
    output.progress("filling the database …");
    let store = home.store().await?;
    home.apply(&whmcs)?;
    let trouble =
        |error: StoreError| Trouble::failed("the database cannot be filled").because(error);
    let balance = load::fill(
        &store,
        "bench",
        "bench-wallet",
        arguments.transfers.into(),
        FIRST_NUMBER,
    )
    .await
    .map_err(trouble)?;
    load::make_bare_table(&store).await.map_err(trouble)?;
    output.progress_done();
    output.line(format!(
        "A daemon on {} with {} transfers.\n",
        if arguments.database.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        },
        arguments.transfers
    ));
    let show = |row: Row| {
        let aim = row
            .aim
            .map(|aim| format!("   (aim: {aim})"))
            .unwrap_or_default();
        output.line(format!(
            "{:<62} {:>10.2} {}{aim}",
            row.what, row.value, row.unit
        ));
        output.json(&serde_json::to_value(row).unwrap_or_default());
    };
    let bench = Bench {
        daemon: Arc::new(home.serve()?),
        books,
        samples: arguments.samples,
        balance: AtomicI64::new(balance),
    };
    bench.credits(show).await?;
    bench.checks(show).await?;
    bench.crowd(show).await?;
    let (durable, read) = bench.intake(&store).await?;
    let bare = bare_commits(&store, bench.intake_count())
        .await
        .map_err(trouble)?;
    show(row("messages taken in durably", durable, "a second", None));
    show(row(
        "… and read, booked and matched",
        read,
        "a second",
        None,
    ));
    show(row(
        "bare commits of one row, the same database",
        bare,
        "a second",
        None,
    ));
    show(row(
        "… the first as a part of the second",
        durable / bare.max(0.001),
        "",
        Some("over 0.5"),
    ));
    parsing(show)?;
    let (now, most) = bench.daemon.memory_mb();
    show(row(
        "memory of the daemon, resident",
        now,
        "MB",
        Some("under 100 MB"),
    ));
    show(row("… at most", most, "MB", None));
    output.json(&json!({ "transfers": arguments.transfers, "samples": arguments.samples }));
    Ok(ExitCode::SUCCESS)
}

struct Bench {
    daemon: Arc<Daemon>,
    books: Books,
    samples: u32,
    /// The wallet's, in piastres: each message continues it.
    balance: AtomicI64,
}

impl Bench {
    /// The balance after so much more has come.
    fn after(&self, amount: i64) -> String {
        money(self.balance.fetch_add(amount, Ordering::Relaxed) + amount)
    }

    /// A claim waits; its message comes: how long until WHMCS is asked for the credit.
    async fn credits(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let mut took = Vec::new();
        for number in 0..self.samples {
            let (client, phone) = (CLIENTS + number, payer(number));
            let amount = 10_000 + i64::from(number);
            let amount_text = money(amount);
            let claim = Claim {
                client,
                phone: &phone,
                amount: &amount_text,
            };
            self.daemon.claim(&claim).await?;
            let text = receipt(number, &phone, &amount_text, &self.after(amount));
            let started = Instant::now();
            self.daemon
                .deliver(&text, &format!("credit-{number}"))
                .await?;
            let at = self
                .books
                .credited(&operator_number(number), PATIENCE)
                .await;
            let Some(at) = at else {
                let answer = self.daemon.claim(&claim).await?;
                let why = answer.get("code").cloned().unwrap_or_default();
                return Err(Trouble::failed(format!(
                    "transfer {number} was not credited within {PATIENCE:?}: {why}"
                )));
            };
            took.push(at.saturating_duration_since(started));
        }
        show(row(
            "message in → credit asked for, a claim waiting: p50",
            ms(percentile(&mut took, 50)),
            "ms",
            None,
        ));
        show(row(
            "… p99",
            ms(percentile(&mut took, 99)),
            "ms",
            Some("under 500 ms"),
        ));
        Ok(())
    }

    /// A customer asks for what has not come.
    async fn checks(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let mut took = Vec::new();
        for number in 0..self.samples {
            let phone = payer(self.samples + number);
            let claim = Claim {
                client: 2 * CLIENTS + number,
                phone: &phone,
                amount: "777.25",
            };
            let started = Instant::now();
            let answer = self.daemon.claim(&claim).await?;
            took.push(started.elapsed());
            if answer.get("status") != Some(&json!(false)) {
                return Err(Trouble::failed(format!(
                    "a claim for nothing was answered {answer}"
                )));
            }
        }
        show(row(
            "claim check, nothing there: p50",
            ms(percentile(&mut took, 50)),
            "ms",
            None,
        ));
        show(row(
            "… p99",
            ms(percentile(&mut took, 99)),
            "ms",
            Some("under 20 ms"),
        ));
        Ok(())
    }

    /// Everybody asks the same at the same moment: the money is there, and must be credited once.
    async fn crowd(&self, show: impl Fn(Row)) -> Result<(), Trouble> {
        let number = 2 * self.samples;
        let phone = payer(number);
        let text = receipt(number, &phone, "333.25", &self.after(33_325));
        self.daemon.deliver(&text, "crowd").await?;
        let mut askers = JoinSet::new();
        for _ in 0..CROWD {
            let (daemon, phone) = (self.daemon.clone(), phone.clone());
            askers.spawn(async move {
                let claim = Claim {
                    client: 3 * CLIENTS,
                    phone: &phone,
                    amount: "333.25",
                };
                let started = Instant::now();
                let answer = daemon.claim(&claim).await;
                (started.elapsed(), answer)
            });
        }
        let mut took = Vec::new();
        while let Some(asked) = askers.join_next().await {
            let (time, answer) =
                asked.map_err(|error| Trouble::failed("an asker broke off").because(error))?;
            if answer?.get("status") != Some(&json!(false)) {
                return Err(Trouble::failed("a claim was answered as paid"));
            }
            took.push(time);
        }
        self.books
            .credited(&operator_number(number), PATIENCE)
            .await;
        let times = self.books.times(&operator_number(number));
        if times != 1 {
            return Err(Trouble::failed(format!("it was credited {times} times")));
        }
        show(row(
            "1,000 identical claims at once, credited once: p99",
            ms(percentile(&mut took, 99)),
            "ms",
            Some("under 1,000 ms"),
        ));
        Ok(())
    }

    fn intake_count(&self) -> u32 {
        self.samples.saturating_mul(5)
    }

    /// Messages a second, several phones at once: answered, and read to the last. It ends when all are read, so that
    /// nothing else goes on beside what is measured next.
    async fn intake(&self, store: &Store) -> Result<(f64, f64), Trouble> {
        let count = self.intake_count();
        let started = Instant::now();
        let mut senders = JoinSet::new();
        for sender in 0..AT_ONCE {
            let daemon = self.daemon.clone();
            let first = INTAKE + self.samples;
            let before = self.balance.load(Ordering::Relaxed);
            senders.spawn(async move {
                for number in (0..count).filter(|number| number % AT_ONCE == sender) {
                    let balance = money(before + i64::from(number + 1) * 10_000);
                    let number = first + number;
                    let text = receipt(number, &payer(number), "100.00", &balance);
                    if !daemon.deliver(&text, &format!("intake-{number}")).await? {
                        return Err(Trouble::failed("the daemon turned messages away"));
                    }
                }
                Ok(())
            });
        }
        while let Some(sent) = senders.join_next().await {
            sent.map_err(|error| Trouble::failed("a sender broke off").because(error))??;
        }
        let per_second = |since: Instant| f64::from(count) / since.elapsed().as_secs_f64();
        let durable = per_second(started);
        let trouble =
            |error: StoreError| Trouble::failed("the messages cannot be counted").because(error);
        while load::unread(store).await.map_err(trouble)? > 0 {
            if started.elapsed() > READING_PATIENCE {
                return Err(Trouble::failed("the messages are not read in time"));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok((durable, per_second(started)))
    }
}

async fn bare_commits(store: &Store, count: u32) -> Result<f64, StoreError> {
    let started = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..AT_ONCE {
        let store = store.clone();
        writers.spawn(async move {
            let body = receipt(0, "01000000000", "100.00", "100.00");
            for number in (0..count).filter(|number| number % AT_ONCE == writer) {
                load::commit_bare_row(&store, &format!("row-{number}"), &body).await?;
            }
            Ok::<_, StoreError>(())
        });
    }
    while let Some(written) = writers.join_next().await {
        if let Ok(written) = written {
            written?;
        }
    }
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}

fn parsing(show: impl Fn(Row)) -> Result<(), Trouble> {
    let wallets = Wallets::load(None)
        .map_err(|error| Trouble::failed("the wallets cannot be loaded").because(error))?;
    let now = Clock::system().now();
    let money = receipt(1, "01012345678", "100.00", "1000.00");
    let other = "مبروك كسبت 50 جنيه! ادفع فواتيرك من فودافون كاش واكسب أكتر. ".repeat(4);
    for (what, text) in [
        ("reading a receipt", money.as_str()),
        ("reading what fits nothing", other.as_str()),
    ] {
        let started = Instant::now();
        for _ in 0..READINGS {
            black_box(wallets.read("VF-Cash", black_box(text), now));
        }
        let each = started.elapsed() / READINGS;
        show(row(what, each.as_secs_f64() * 1e6, "µs", None));
    }
    let took = HOSTILE.map(|(sender, piece)| {
        [SHORT, LONG].map(|length| {
            let text = piece.repeat(length / piece.len());
            let readings = (0..ROUNDS).map(|_| {
                let started = Instant::now();
                black_box(wallets.read(sender, black_box(&text), now));
                started.elapsed().as_secs_f64()
            });
            readings.fold(f64::INFINITY, f64::min)
        })
    });
    let worst = |of: fn([f64; 2]) -> f64| took.map(of).into_iter().fold(0.0, f64::max);
    show(row(
        "reading 4 KiB that nearly fit again and again, the slowest",
        worst(|[_, long]| long * 1e6),
        "µs",
        None,
    ));
    show(row(
        "… for one of 1 KiB of the same, the most",
        worst(|[short, long]| long / short.max(1e-9)),
        "",
        Some("about 4: it grows as the text does"),
    ));
    Ok(())
}

fn row(what: &'static str, value: f64, unit: &'static str, aim: Option<&'static str>) -> Row {
    Row {
        what,
        value,
        unit,
        aim,
    }
}

fn percentile(took: &mut [Duration], percent: usize) -> Duration {
    took.sort_unstable();
    let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
    took.get(at).copied().unwrap_or_default()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn payer(number: u32) -> String {
    format!("0115{:07}", number % 10_000_000)
}

fn money(piastres: i64) -> String {
    format!("{}.{:02}", piastres / 100, piastres % 100)
}

const CLIENTS: u32 = 100_000;
const INTAKE: u32 = 100_000;
const AT_ONCE: u32 = 16;
const CROWD: u32 = 1_000;
const READINGS: u32 = 2_000;
/// Nearly receipts, or the beginnings of many.
const HOSTILE: [(&str, &str); 6] = [
    ("VF-Cash", "1,"),
    ("VF-Cash", " \n"),
    (
        "VF-Cash",
        "تم استلام مبلغ 1 جنيه من رقم 01012345678 المسجل باسم ",
    ),
    ("VF-Cash", "تم تحويل 1 جنيه لرقم 01012345678\n"),
    (
        "MPESA",
        "AAAAAAA1 Confirmed. You have received Ksh1 from A on ",
    ),
    ("bKash", "You have received Tk 1 from 01712345678. Ref . "),
];
/// The length of a text, in bytes; longer ones than the second are not read at all.
const SHORT: usize = 1_024;
const LONG: usize = 4_096;
const ROUNDS: u32 = 50;
const PATIENCE: Duration = Duration::from_secs(10);
const READING_PATIENCE: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
