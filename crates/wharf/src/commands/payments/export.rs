//! `wharf payments export`: the operators' lists as CSV, as the pages give them out.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use wharf_payments::pages::{Language, Listing, Look};
use wharf_payments::views::{CLAIM_STATES, MESSAGE_STATES, TRANSFER_STATES};

use super::transfers::in_order;
use super::words::{a_day, known_store};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// Writes a list as CSV. A cell that a spreadsheet would take for a formula is written as text.
#[derive(Debug, Args)]
pub struct Arguments {
    list: What,
    /// Only of this store
    #[arg(long)]
    store: Option<String>,
    /// Only in this state
    #[arg(long)]
    state: Option<String>,
    /// From this day on, in the wallets' time
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = a_day)]
    since: Option<jiff::civil::Date>,
    /// Until this day, included
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = a_day)]
    until: Option<jiff::civil::Date>,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Transfers,
    Claims,
    Messages,
    Reviews,
    Audit,
}

pub async fn run(
    arguments: &Arguments,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let listing = match arguments.list {
        What::Transfers => Listing::Transfers,
        What::Claims => Listing::Claims,
        What::Messages => Listing::Messages,
        What::Reviews => Listing::Reviews,
        What::Audit => Listing::Audit,
    };
    if output.is_json() && arguments.out.is_none() {
        return Err(Trouble::misuse("a list is exported as CSV, not as JSON")
            .mend("name a file with --out, or take the list's own command with --json"));
    }
    known_store(rooms, arguments.store.as_deref()).await?;
    let states: &[&str] = match arguments.list {
        What::Transfers => &TRANSFER_STATES,
        What::Claims => &CLAIM_STATES,
        What::Messages => &MESSAGE_STATES,
        What::Reviews => &["open", "approved", "rejected", "released", "expired", "all"],
        What::Audit => &[],
    };
    if let Some(state) = &arguments.state
        && !states.contains(&state.as_str())
    {
        let list = format!("{:?}", arguments.list).to_lowercase();
        let trouble = Trouble::misuse(format!("{list} have no state \"{state}\""));
        return Err(match states {
            [] => trouble.mend("leave --state out"),
            known => trouble.mend(format!("they have these: {}", known.join(", "))),
        });
    }
    in_order(arguments.since, arguments.until)?;
    let query: Vec<(String, String)> = [
        ("store", arguments.store.clone()),
        ("state", arguments.state.clone()),
        ("since", arguments.since.map(|day| day.to_string())),
        ("until", arguments.until.map(|day| day.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect();
    let look = Look {
        language: Language::English,
        csrf: "",
        actor: "command line",
        may_decide: false,
        may_set_up: false,
        query: &query,
    };
    let place = arguments.out.as_ref().map_or_else(
        || "standard output".to_owned(),
        |file| file.display().to_string(),
    );
    let unwritten = |error: std::io::Error| {
        let trouble = Trouble::failed(format!("{place} cannot be written")).because(error);
        trouble.mend("name a file in a folder that exists, has room, and that you may write to")
    };
    let mut part = rooms
        .payments
        .csv_part(listing, &look, None)
        .await
        .map_err(|error| Trouble::failed(chain(&error)))?;
    let mut target: Box<dyn Write> = match &arguments.out {
        // Customers' numbers are nobody else's.
        Some(file) => {
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(file)
                .map_err(unwritten)?;
            // One that was there keeps its own mode.
            let private = std::fs::Permissions::from_mode(0o600);
            if file.metadata().is_ok_and(|known| known.is_file()) {
                file.set_permissions(private).map_err(unwritten)?;
            }
            Box::new(file)
        }
        None => Box::new(std::io::stdout()),
    };
    let mut rows = 0;
    loop {
        target.write_all(part.text.as_bytes()).map_err(unwritten)?;
        rows += part.rows;
        if part.next.is_none() {
            break;
        }
        let next = rooms.payments.csv_part(listing, &look, part.next).await;
        part = next.map_err(|error| Trouble::failed(chain(&error)))?;
    }
    target.flush().map_err(unwritten)?;
    if let Some(file) = &arguments.out {
        output.line(format!("{rows} rows written to {}", file.display()));
        output.json(&json!({ "rows": rows, "file": file }));
    }
    Ok(ExitCode::SUCCESS)
}
