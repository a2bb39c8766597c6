//! `wharf journal`

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use wharf_store::journal::{Entry, Filter, State};
use wharf_store::{Store, StoreError};

use crate::cli::Global;
use crate::config::Config;
use crate::daemon::{self, Daemon};
use crate::output::Output;
use crate::rooms::open_store;
use crate::trouble::Trouble;

/// The journal knows every change that Wharf made, or tried to make, to the outside world.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the newest effects
    List {
        /// Only those in this state
        #[arg(long, value_parser = ["waiting", "performing", "unknown", "retry", "done", "refused", "held"])]
        state: Option<String>,
        /// Only those on this subject, e.g. service/main/12
        #[arg(long)]
        subject: Option<String>,
        /// Only those on this domain
        #[arg(long, conflicts_with = "subject", value_name = "NAME")]
        domain: Option<String>,
        /// Only those of this kind, e.g. domains.register
        #[arg(long)]
        kind: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Show one effect with all that happened to it
    Show {
        /// The effect's id, as shown by "wharf journal list"
        id: String,
    },
    /// Ask the other side now whether it happened, and try again if it did not
    ///
    /// The running daemon does it; this command must be run by a user who can read its key file.
    Settle {
        /// The effects' ids, as shown by "wharf journal list"
        #[arg(required_unless_present_any = ["domain", "held"], value_name = "ID")]
        ids: Vec<String>,
        /// All effects on this domain whose end is not known
        #[arg(long, conflicts_with = "ids", value_name = "NAME")]
        domain: Option<String>,
        /// All effects that wait for a person
        #[arg(long, conflicts_with_all = ["ids", "domain"])]
        held: bool,
    },
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    match &arguments.what {
        What::List {
            state,
            subject,
            domain,
            kind,
            limit,
        } => {
            let store = open_store(&config).await?;
            let filter = Filter {
                state: state.as_deref().and_then(state_of),
                subject: match domain {
                    Some(name) => Some(subject_of(name)?),
                    None => subject.clone(),
                },
                kind: kind.clone(),
                limit: *limit,
                ..Filter::default()
            };
            list(&store, &filter, output).await
        }
        What::Show { id } => show(&open_store(&config).await?, id, output).await,
        What::Settle { ids, domain, held } => {
            let ids = if ids.is_empty() {
                open_ones(&config, domain.as_deref(), *held).await?
            } else {
                ids.clone()
            };
            settle(&config, &ids, output).await
        }
    }
}

async fn list(store: &Store, filter: &Filter, output: &Output) -> Result<ExitCode, Trouble> {
    let entries = store
        .journal()
        .list(filter)
        .await
        .map_err(|error| trouble(&error))?;
    output.json(&json!({ "effects": entries }));
    if entries.is_empty() {
        output.line("no effects");
    }
    for entry in &entries {
        let (id, state, at) = (&entry.id, entry.state.as_str(), when(entry.created_at));
        let reason = entry
            .reason
            .as_deref()
            .map(|reason| format!("  ({reason})"))
            .unwrap_or_default();
        output.line(format!(
            "{id}  {at}  {state:<10}  {:<20}  {}{reason}",
            entry.kind, entry.subject
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(store: &Store, id: &str, output: &Output) -> Result<ExitCode, Trouble> {
    let entry = store
        .journal()
        .entry(id)
        .await
        .map_err(|error| trouble(&error))?;
    let history = store
        .journal()
        .history(id)
        .await
        .map_err(|error| trouble(&error))?;
    output.json(&json!({ "effect": entry, "history": history }));
    output.line(describe(&entry));
    for event in &history {
        let detail = if event.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", event.detail)
        };
        output.line(format!(
            "  {}  attempt {}  {}{detail}",
            when(event.at),
            event.attempt,
            event.event
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The effects that a question could still change, oldest first.
async fn open_ones(
    config: &Config,
    domain: Option<&str>,
    held: bool,
) -> Result<Vec<String>, Trouble> {
    let store = open_store(config).await?;
    let filter = Filter {
        state: held.then_some(State::Held),
        subject: domain.map(subject_of).transpose()?,
        limit: 10_000,
        ..Filter::default()
    };
    let entries = store
        .journal()
        .list(&filter)
        .await
        .map_err(|error| trouble(&error))?;
    Ok(entries
        .into_iter()
        .rev()
        .filter(|entry| !matches!(entry.state, State::Done | State::Refused))
        .map(|entry| entry.id)
        .collect())
}

async fn settle(config: &Config, ids: &[String], output: &Output) -> Result<ExitCode, Trouble> {
    let token = daemon::admin_token(&config.key_file)?;
    let daemon = Daemon::new(config)?;
    let mut settled = true;
    if ids.is_empty() {
        output.line("no effect waits to be settled");
    }
    for id in ids {
        let answer = daemon.settle(id, &token).await?;
        let text = |name: &str| match answer.body.get(name).unwrap_or(&Value::Null) {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if answer.status != 200 {
            return Err(
                Trouble::failed(format!("the daemon refused: {}", text("error"))).mend(
                    "\"wharf journal list\" shows the effects; use the daemon's own --config",
                ),
            );
        }
        output.json(&answer.body);
        output.line(format!("{id}: {}  {}", text("state"), text("detail")));
        settled &= text("state") != "held";
    }
    // Held means that a person must still look: scripts should notice.
    Ok(if settled {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn subject_of(domain: &str) -> Result<String, Trouble> {
    wharf_domains::subject_of(domain)
        .map_err(|error| Trouble::misuse(format!("{domain} is no domain name")).because(error))
}

fn describe(entry: &Entry) -> String {
    let mut lines = vec![
        format!(
            "{}  {}  {}",
            entry.kind,
            entry.subject,
            entry.state.as_str()
        ),
        format!("  key      {}", entry.key),
        format!("  input    {}", entry.input),
    ];
    if let Some(result) = &entry.result {
        lines.push(format!("  result   {result}"));
    }
    if let Some(reason) = &entry.reason {
        lines.push(format!("  reason   {reason}"));
    }
    lines.push(format!("  attempts {}", entry.attempt));
    lines.join("\n")
}

fn state_of(text: &str) -> Option<State> {
    [
        State::Waiting,
        State::Performing,
        State::Unknown,
        State::Retry,
        State::Done,
        State::Refused,
        State::Held,
    ]
    .into_iter()
    .find(|state| state.as_str() == text)
}

fn when(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}

fn trouble(error: &StoreError) -> Trouble {
    let trouble = Trouble::failed(crate::trouble::chain(error));
    match error {
        StoreError::NoSuchEffect(_) => trouble.mend("\"wharf journal list\" shows the effects"),
        _ => trouble,
    }
}
