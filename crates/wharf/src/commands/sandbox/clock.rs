//! `wharf sandbox clock` and `wharf sandbox cron`: the time of everything in the sandbox.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sandbox_world::{Addresses, Advance, Advanced, Span};
use serde_json::{Value, json};

use super::{Place, ask, client, running, unreachable};
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show it [the default]
    Show,
    /// Move it forward, step by step; the shop's cron runs at each
    Advance {
        /// How far: 90d, 12h, 1d12h …
        by: String,
        #[command(flatten)]
        steps: Steps,
    },
    /// Move it forward to a moment, such as 2027-03-01 or 2027-03-01T08:00 (UTC)
    Set {
        moment: String,
        #[command(flatten)]
        steps: Steps,
    },
}

#[derive(Debug, Args)]
struct Steps {
    /// The length of a step
    #[arg(long, default_value = "1d", value_name = "TIME")]
    step: String,
    /// Let time pass without the shop's cron
    #[arg(long)]
    no_cron: bool,
}

#[derive(Debug, Args)]
pub struct Cron {
    /// Only the tasks that are due, as the system's timer would
    #[arg(long)]
    due: bool,
}

pub async fn run(
    place: &Place,
    arguments: Arguments,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let addresses = running(place)?;
    match arguments.what.unwrap_or(What::Show) {
        What::Show => show(&addresses, output).await,
        What::Advance { by, steps } => advance(&addresses, span(&by)?, &steps, output).await,
        What::Set { moment, steps } => {
            let now = now(&addresses).await?;
            let then = read_moment(&moment)?;
            let by = Span::between(now, then).filter(|by| by.seconds() > 0);
            let by = by.ok_or_else(|| {
                Trouble::misuse(format!(
                    "{moment} is not later than the sandbox's time, {}",
                    said(now)
                ))
                .mend("time only moves forward: start a new sandbox for an earlier one")
            })?;
            advance(&addresses, by, &steps, output).await
        }
    }
}

pub async fn cron(place: &Place, cron: &Cron, output: &Output) -> Result<ExitCode, Trouble> {
    let addresses = running(place)?;
    let run = if cron.due { "due" } else { "everything" };
    let report = post(&format!("{}/cron.json", addresses.control), &json!(run)).await?;
    let lines = told(&report);
    output.line(if lines.is_empty() {
        "Nothing to do."
    } else {
        lines.as_str()
    });
    output.json(&json!({ "cron": report }));
    Ok(ExitCode::SUCCESS)
}

async fn show(addresses: &Addresses, output: &Output) -> Result<ExitCode, Trouble> {
    let clock = ask(&client()?, &format!("{}/clock.json", addresses.control)).await?;
    let ahead = clock
        .get("ahead_seconds")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let now = now(addresses).await?;
    output.line(match ahead {
        0 => format!("{} UTC, as on this machine", said(now)),
        _ => format!(
            "{} UTC, {} days and {} hours ahead of this machine",
            said(now),
            ahead / 86_400,
            ahead % 86_400 / 3_600
        ),
    });
    output.json(&json!({ "clock": clock }));
    Ok(ExitCode::SUCCESS)
}

async fn advance(
    addresses: &Addresses,
    by: Span,
    steps: &Steps,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let step = span(&steps.step)?;
    let url = format!("{}/clock.json", addresses.control);
    let mut all = Vec::new();
    for seconds in by.steps(step) {
        let order = Advance {
            seconds,
            cron: !steps.no_cron,
        };
        let order = serde_json::to_value(order).unwrap_or_default();
        let reached: Advanced =
            serde_json::from_value(post(&url, &order).await?).map_err(|error| {
                Trouble::failed("the sandbox's answer cannot be read").because(error)
            })?;
        let cron = serde_json::to_value(&reached.cron).unwrap_or_default();
        let lines = short(&told(&cron));
        let _ = writeln!(std::io::stderr().lock(), "{}  {lines}", said(reached.now));
        all.push(json!({ "now": reached.now, "cron": cron }));
    }
    let now = now(addresses).await?;
    output.line(format!("It is {} UTC.", said(now)));
    output.json(&json!({ "now": now, "steps": all }));
    Ok(ExitCode::SUCCESS)
}

async fn now(addresses: &Addresses) -> Result<Timestamp, Trouble> {
    let clock = ask(&client()?, &format!("{}/clock.json", addresses.control)).await?;
    let told = clock.get("now").and_then(Value::as_str).unwrap_or_default();
    told.parse()
        .map_err(|error: jiff::Error| Trouble::failed("the sandbox told no time").because(error))
}

/// What the cron did, a line for each task that found something to do.
fn told(report: &Value) -> String {
    let lines = report.get("did").and_then(Value::as_array);
    lines
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first lines in one; a filled shop does hundreds of things a day.
fn short(lines: &str) -> String {
    let all: Vec<&str> = lines.lines().collect();
    let shown = all.get(..MOST_SHOWN).unwrap_or(&all);
    let more = all.len() - shown.len();
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join("; "))
}

/// A day of a large shop takes its time, so there is no deadline.
async fn post(url: &str, body: &Value) -> Result<Value, Trouble> {
    let answer = client()?
        .post(url)
        .header("x-sandbox", "1")
        .json(body)
        .send()
        .await
        .map_err(unreachable)?;
    let fine = answer.status().is_success();
    let value: Value = answer.json().await.map_err(unreachable)?;
    if fine {
        return Ok(value);
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let cause = text("cause").map(|cause| format!(": {cause}"));
    Err(Trouble::failed(format!(
        "{}{}",
        text("error").unwrap_or_default(),
        cause.unwrap_or_default()
    )))
}

fn span(text: &str) -> Result<Span, Trouble> {
    text.parse()
        .map_err(|error: sandbox_world::ClockError| Trouble::misuse(error.to_string()))
}

fn read_moment(text: &str) -> Result<Timestamp, Trouble> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    text.parse::<DateTime>()
        .and_then(|civil| civil.to_zoned(TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|error| {
            Trouble::misuse(format!("\"{text}\" is no moment"))
                .because(error)
                .mend("give one such as 2027-03-01 or 2027-03-01T08:00")
        })
}

fn said(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

const MOST_SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_day_is_told_in_short() {
        assert_eq!(short("a\nb"), "a; b");
        assert_eq!(short(""), "");
        assert_eq!(
            short("1\n2\n3\n4\n5\n6\n7\n8"),
            "1; 2; 3; 4; 5; 6; and 2 more"
        );
    }

    #[test]
    fn moments_are_read_with_and_without_a_time_of_day() {
        for (text, moment) in [
            ("2027-03-01", "2027-03-01T00:00:00Z"),
            ("2027-03-01T08:00", "2027-03-01T08:00:00Z"),
            ("2027-03-01T08:00:00+02:00", "2027-03-01T06:00:00Z"),
        ] {
            assert_eq!(read_moment(text).unwrap().to_string(), moment);
        }
        assert_eq!(read_moment("soon").unwrap_err().code(), 2);
    }
}
