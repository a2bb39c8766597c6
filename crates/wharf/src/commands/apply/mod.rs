//! `wharf apply`

mod document;
mod payments;
mod site;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::{Trouble, chain};
use document::Document;

/// Sets up sites, stores, wallets and devices from a TOML document.
///
/// All of it is checked before anything is changed. What exists already gets the document's settings; what
/// the document does not name stays as it is. Secrets are sealed in the database.
#[derive(Debug, clap::Args)]
#[command(after_help = document::EXAMPLE)]
pub struct Arguments {
    /// The document; "-" reads standard input
    file: PathBuf,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let document = Document::read(&arguments.file)?;
    let rooms = Rooms::open(&config).await?;

    site::check(&document.sites, &rooms).await?;
    payments::check(&document, &rooms).await?;
    let mut changes = Vec::new();
    for site in &document.sites {
        changes.push(site::apply(site, &rooms).await?);
    }
    changes.extend(payments::apply(&document, &rooms).await?);

    if changes.is_empty() {
        output.line("nothing to set up: the document has no site, store, wallet or device");
    }
    for Change { kind, id, what } in &changes {
        output.line(format!("{kind} {id}: {what}"));
    }
    let changes: Vec<_> = changes
        .iter()
        .map(|change| json!({ "kind": change.kind, "id": change.id, "change": change.what }))
        .collect();
    output.json(&json!({ "changes": changes }));
    Ok(ExitCode::SUCCESS)
}

/// What was done for one item of the document.
#[derive(Debug)]
struct Change {
    kind: &'static str,
    id: String,
    what: &'static str,
}

/// A mistake in the document, found before anything was changed.
fn mistake(kind: &str, id: &str, error: &(dyn std::error::Error + 'static)) -> Trouble {
    Trouble::misuse(format!("{kind} \"{id}\": {}", chain(error)))
        .mend("nothing was changed; mend the document and apply it again")
}

/// The same id twice in one document is a mistake in copying.
fn distinct<'a>(kind: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), Trouble> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(
                Trouble::misuse(format!("{kind} \"{id}\" stands twice in the document"))
                    .mend("nothing was changed; take one of them out"),
            );
        }
    }
    Ok(())
}
