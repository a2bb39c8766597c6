//! `wharf payments reconcile`: Wharf's credits and WHMCS's books.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::words::{known_store, or_dash, when};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};

/// Compares the credits of the last five weeks with what WHMCS has booked, and tells both kinds of difference.
/// Ends with 1 where there is one. The daemon does the same every night.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this store's
    #[arg(long)]
    store: Option<String>,
    /// Show what the last comparisons found instead
    #[arg(long, conflicts_with = "store")]
    history: bool,
}

pub async fn run(
    arguments: &Arguments,
    rooms: &Rooms,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let failed = |error: wharf_store::StoreError| Trouble::failed(chain(&error));
    if arguments.history {
        let made = rooms.payments.reconciliations(30).await.map_err(failed)?;
        output.json(&json!({ "reconciliations": made }));
        if made.is_empty() {
            output.line("nothing was compared yet");
        }
        for one in &made {
            output.line(format!(
                "{}  {}  {} clients, {} credits, {} differences, {} clients not reached",
                when(one.started_at),
                one.store.as_deref().unwrap_or("all stores"),
                one.checked_clients,
                one.checked_credits,
                one.findings().count(),
                one.unchecked_clients
            ));
        }
        return Ok(ExitCode::SUCCESS);
    }
    known_store(rooms, arguments.store.as_deref()).await?;
    let found = rooms
        .payments
        .reconcile(arguments.store.as_deref())
        .await
        .map_err(failed)?;
    output.json(&json!({ "reconciliation": found, "clean": found.is_clean() }));
    output.line(format!(
        "{} credits of {} clients compared since {}",
        found.checked_credits,
        found.checked_clients,
        when(found.since)
    ));
    for finding in found.findings() {
        output.line(format!(
            "{:<10}  client {} of {}, number {}, transfer {}, row {}: {}",
            finding.kind,
            finding.client,
            finding.site,
            finding.operator_id,
            or_dash(finding.transfer.as_deref()),
            or_dash(finding.row),
            finding.in_words()
        ));
    }
    if found.unchecked_clients > 0 {
        output.line(format!(
            "{} clients could not be looked at: {}",
            found.unchecked_clients,
            found.trouble.as_deref().unwrap_or("WHMCS does not answer")
        ));
    }
    if found.is_clean() {
        output.line("no differences");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
