//! `wharf apply`

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;
use wharf_core::Clock;
use wharf_whmcs::setup::SiteSetup;

use crate::cli::Global;
use crate::config::{Config, toml_complaint};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Sets up sites, stores, wallets and devices from a TOML document.
///
/// All of it is checked before anything is changed. What exists already gets the document's settings; what
/// the document does not name stays as it is. Secrets are sealed in the database.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The document; "-" reads standard input
    file: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    site: Vec<SiteSetup>,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let document = read(arguments)?;
    let rooms = Rooms::open(&config, Clock::system()).await?;
    let mut changed = Vec::new();
    for site in &document.site {
        let known = rooms
            .sites
            .url(&site.id)
            .await
            .map_err(|error| Trouble::failed("the database failed").because(error))?;
        rooms
            .sites
            .upsert(site)
            .await
            .map_err(|error| Trouble::misuse(format!("site \"{}\"", site.id)).because(error))?;
        let what = if known.is_some() { "updated" } else { "added" };
        output.line(format!("site {}: {what}", site.id));
        changed.push(json!({ "kind": "site", "id": site.id, "change": what }));
    }
    output.json(&json!({ "changed": changed }));
    Ok(ExitCode::SUCCESS)
}

fn read(arguments: &Arguments) -> Result<Document, Trouble> {
    let name = if arguments.file.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        arguments.file.display().to_string()
    };
    let text = if arguments.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(&arguments.file)
    };
    let text =
        text.map_err(|error| Trouble::misuse(format!("{name} cannot be read")).because(error))?;
    toml::from_str(&text).map_err(|error| {
        Trouble::misuse(format!("{name}{}", toml_complaint(&text, &error)))
            .mend("nothing was changed; \"wharf apply --help\" shows a document")
    })
}

const EXAMPLE: &str = "\
A document:

  [[site]]
  id = \"main\"
  token = \"…\"                       # what its PHP modules identify themselves with, 16 characters or more
  url = \"https://billing.example.com\"
  identifier = \"…\"                  # API credential, WHMCS: Configuration > API Credentials
  secret = \"…\"
  # access_key = \"…\"                # $api_access_key of its configuration.php
";
