//! `wharf services connectors`: what connectors are there, whether a file is right, and what it does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::{conform, show};
use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::{Rooms, extra_authority};
use crate::trouble::{Trouble, chain};

#[derive(Debug, Subcommand)]
pub enum What {
    /// List the connectors in force, and files that are not
    List,
    /// Check connector files, and say what is wrong with file, line and reason
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run one action against the supplier and show each request and answer, secrets left out
    Try {
        file: PathBuf,
        /// As in the file: create, suspend, change-package, custom.NAME …
        #[arg(long)]
        action: String,
        /// A JSON file with what WHMCS would send: serverhostname, serverpassword, domain, clientsdetails,
        /// configoption2 …
        #[arg(long = "with", value_name = "FILE")]
        with: PathBuf,
        /// A file for what the steps keep: an earlier try's is read, this one's is written
        #[arg(long, value_name = "FILE")]
        kept: Option<PathBuf>,
        /// Send nothing: show the requests only
        #[arg(long)]
        dry_run: bool,
    },
    /// Prove against the live supplier that nothing is made twice and everything can be repeated. It makes one service and ends it
    Conform {
        file: PathBuf,
        /// As for try; with "otherplan" another plan is tried too
        #[arg(long = "with", value_name = "FILE")]
        with: PathBuf,
    },
}

pub async fn run(what: &What, global: &Global, output: &Output) -> Result<ExitCode, Trouble> {
    match what {
        What::List => list(global, output).await,
        What::Check { files } => Ok(check(files, output)),
        What::Try {
            file,
            action,
            with,
            kept,
            dry_run,
        } => {
            let trial = Trying {
                file,
                action,
                with,
                kept: kept.as_deref(),
                dry: *dry_run,
            };
            trial.run(global, output).await
        }
        What::Conform { file, with } => {
            conform::run(file, params(with)?, authority(global)?, output).await
        }
    }
}

async fn list(global: &Global, output: &Output) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let rooms = Rooms::open(&config).await?;
    let all = rooms.services.connector_summaries();
    let troubles = rooms.services.connector_troubles();
    output.json(&json!({ "connectors": all, "troubles": troubles }));
    for connector in &all {
        output.line(format!(
            "{:<22}  {:<22}  {}",
            connector.name,
            connector.title,
            connector.actions.join(", ")
        ));
    }
    for trouble in &troubles {
        output.line(format!("not in force: {}", trouble.why));
    }
    Ok(if troubles.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// All of them, whatever the first is like.
fn check(files: &[PathBuf], output: &Output) -> ExitCode {
    let (mut answers, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match wharf_services::check_file(file) {
            Ok(summary) => {
                output.line(format!(
                    "{}: right ({}: {})",
                    file.display(),
                    summary.title,
                    summary.actions.join(", ")
                ));
                for note in &summary.notes {
                    output.line(format!("  note: {note}"));
                }
                answers.push(summary);
            }
            Err(error) => {
                let why = chain(&error);
                output.line(format!("wrong: {why}"));
                wrong.push(json!({ "file": file, "why": why }));
            }
        }
    }
    output.json(&json!({ "connectors": answers, "wrong": wrong }));
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        output.line("The keys of a connector's file are described in docs/connectors.md.");
        ExitCode::from(2)
    }
}

struct Trying<'a> {
    file: &'a Path,
    action: &'a str,
    with: &'a Path,
    kept: Option<&'a Path>,
    dry: bool,
}

impl Trying<'_> {
    async fn run(&self, global: &Global, output: &Output) -> Result<ExitCode, Trouble> {
        let mut params = params(self.with)?;
        if let Some(kept) = self.kept.filter(|kept| kept.exists()) {
            params.insert("kept".to_owned(), self::params(kept)?.into());
        }
        let authority = authority(global)?;
        let trial =
            wharf_services::try_connector(self.file, self.action, params, authority, self.dry)
                .await
                .map_err(|why| {
                    Trouble::misuse(format!("it cannot be tried: {why}"))
                        .mend("the parameters are described in docs/connectors.md")
                })?;
        if let Some(kept) = self.kept.filter(|_| !self.dry) {
            std::fs::write(kept, format!("{:#}\n", trial.kept)).map_err(|error| {
                Trouble::failed(format!("{} cannot be written", kept.display())).because(error)
            })?;
        }
        output.json(&json!(trial));
        for exchange in &trial.exchanges {
            output.line(show::exchange(exchange));
        }
        for (name, value) in &trial.properties {
            output.line(format!("  WHMCS would store {name} = {value}"));
        }
        if self.kept.is_none() && !self.dry {
            output.line(format!("\"kept\": {}", trial.kept));
        }
        output.line(match &trial.trouble {
            None if self.dry => "nothing was sent".to_owned(),
            None => "it ended well".to_owned(),
            Some(why) => format!("it did not end well: {why}"),
        });
        Ok(match trial.trouble {
            None => ExitCode::SUCCESS,
            Some(_) => ExitCode::FAILURE,
        })
    }
}

fn params(file: &Path) -> Result<Map<String, Value>, Trouble> {
    let wrong = |error: anyhow::Error| {
        Trouble::misuse(format!("the parameters {} cannot be read", file.display())).because(error)
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.into()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.into()))
}

/// The configuration's authority, where there is a configuration.
fn authority(global: &Global) -> Result<Option<Vec<u8>>, Trouble> {
    match Config::load(global.config.as_deref()) {
        Ok(config) => extra_authority(&config),
        Err(trouble) if global.config.is_some() => Err(trouble),
        Err(_) => Ok(None),
    }
}
