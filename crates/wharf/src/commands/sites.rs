//! `wharf sites`: the WHMCS installations that are set up.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::payments::words::{counted, failed, listed, nobody, or_dash, removed, this_person};
use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// The WHMCS installations, with what uses each.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Take away one that nothing uses, with its secrets; its modules are refused from then on
    Remove {
        id: String,
        /// Who takes it away [default: the user at the keyboard]
        #[arg(long, value_name = "NAME")]
        actor: Option<String>,
    },
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let rooms = Rooms::open(&Config::load(global.config.as_deref())?).await?;
    let stored = |error: wharf_store::StoreError| failed(error.into());
    if let Some(What::Remove { id, actor }) = &arguments.what {
        let actor = actor.clone().or_else(this_person).ok_or_else(nobody)?;
        let removal = rooms.payments.remove_site(&rooms.sites, id, &actor).await;
        return removed(output, "site", id, removal.map_err(stored)?, "wharf sites");
    }
    let mut sites = Vec::new();
    for site in rooms.sites.list().await.map_err(stored)? {
        let id = site.as_str();
        let url = rooms.sites.url(id).await.map_err(stored)?;
        let uses = rooms.sites.uses(id).await.map_err(stored)?;
        sites.push(Site {
            id: id.to_owned(),
            url,
            uses: counted(&uses),
        });
    }
    let empty = "there is no site yet; \"wharf apply --help\" shows how to set one up";
    Ok(listed(output, "sites", &sites, empty, |site| {
        let uses = match site.uses.as_str() {
            "" => "not used",
            uses => uses,
        };
        format!("{:<16}  {}  {uses}", site.id, or_dash(site.url.as_deref()))
    }))
}

#[derive(Serialize)]
struct Site {
    id: String,
    url: Option<String>,
    uses: String,
}
