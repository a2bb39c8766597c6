//! `wharf services connectors`: what connectors are there, and whether a file is right.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Subcommand)]
pub enum What {
    /// Check connector files, and say what is wrong with file, line and reason
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub fn run(what: &What, output: &Output) -> Result<ExitCode, Trouble> {
    match what {
        What::Check { files } => check(files, output),
    }
}

fn check(files: &[PathBuf], output: &Output) -> Result<ExitCode, Trouble> {
    let mut answers = Vec::new();
    for file in files {
        let summary = wharf_services::check_file(file).map_err(|error| {
            Trouble::misuse("the connector cannot be used")
                .because(error)
                .mend("mend the file; its keys are described in docs/connectors.md")
        })?;
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
    output.json(&json!({ "connectors": answers }));
    Ok(ExitCode::SUCCESS)
}
