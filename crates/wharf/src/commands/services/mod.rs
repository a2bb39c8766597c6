//! `wharf services`: provisioned services and the connectors to their suppliers.

mod conform;
mod connectors;
mod show;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use wharf_services::{ReviewError, ServiceId, State, Story};
use wharf_store::journal::State as Effect;

use crate::cli::Global;
use crate::config::Config;
use crate::daemon::{self, Daemon};
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Provisioned services, and the connectors to their suppliers.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Look at connectors, and try them
    Connectors {
        #[command(subcommand)]
        what: connectors::What,
    },
    /// List services, those that changed last first
    List {
        /// Only services in this state
        #[arg(long, value_enum)]
        state: Option<Standing>,
        /// Only services that a person should look at
        #[arg(long)]
        attention: bool,
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show a service: what was kept of it, its actions with their steps, and what went to the supplier
    Show(Which),
    /// Ask the supplier now whether what is held or under way happened
    Settle(Which),
    /// Run the last action again, after the cause of its refusal is mended
    Retry(Which),
    /// Say that the last action is done, and how you know
    Done {
        #[command(flatten)]
        which: Which,
        /// How you know: it stays with the service
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// WHMCS's number of the service
    service: i64,
    /// The WHMCS that it belongs to; needed when there are several
    #[arg(long)]
    site: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Standing {
    New,
    Active,
    Suspended,
    Terminated,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    if let What::Connectors { what } = &arguments.what {
        return connectors::run(what, global, output).await;
    }
    let config = Config::load(global.config.as_deref())?;
    let rooms = Rooms::open(&config).await?;
    match &arguments.what {
        What::Connectors { .. } => Ok(ExitCode::SUCCESS),
        What::List {
            state,
            attention,
            limit,
        } => {
            let state = state.map(|state| match state {
                Standing::New => State::New,
                Standing::Active => State::Active,
                Standing::Suspended => State::Suspended,
                Standing::Terminated => State::Terminated,
            });
            let all = rooms
                .services
                .list(state, *attention, *limit)
                .await
                .map_err(|error| trouble(&error.into()))?;
            output.json(&json!({ "services": all }));
            if all.is_empty() {
                output.line("no services");
            }
            for service in &all {
                output.line(show::line(service));
            }
            Ok(ExitCode::SUCCESS)
        }
        What::Show(which) => {
            let story = story(&rooms, &id(&rooms, which).await?).await?;
            output.json(&json!(story));
            output.line(show::story(&story));
            Ok(ExitCode::SUCCESS)
        }
        What::Settle(which) => settle(&rooms, &config, &id(&rooms, which).await?, output).await,
        What::Retry(which) => {
            let id = id(&rooms, which).await?;
            rooms
                .services
                .ask_for_retry(&id)
                .await
                .map_err(|error| trouble(&error))?;
            await_end(&rooms, &id, output).await
        }
        What::Done { which, reason } => {
            let id = id(&rooms, which).await?;
            let by = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER"));
            let by = by.unwrap_or_else(|_| "somebody at the command line".to_owned());
            rooms
                .services
                .mark_done(&id, reason, &by)
                .await
                .map_err(|error| trouble(&error))?;
            output.json(&json!({ "service": id.service, "state": "done" }));
            output.line(format!("service {}: done", id.service));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The daemon asks: this process must not drive what the daemon drives.
async fn settle(
    rooms: &Rooms,
    config: &Config,
    id: &ServiceId,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let story = story(rooms, id).await?;
    let (token, daemon) = (daemon::admin_token(&config.key_file)?, Daemon::new(config)?);
    let open = |effect: &&wharf_services::StoryEffect| {
        !matches!(effect.state, Effect::Done | Effect::Refused)
    };
    let (actions, parts): (Vec<_>, Vec<_>) = story
        .effects
        .iter()
        .filter(open)
        .partition(|effect| effect.step.is_none());
    if actions.is_empty() && parts.is_empty() {
        output.json(&json!({ "service": id.service, "state": "settled" }));
        output.line("nothing of this service waits to be settled");
        return Ok(ExitCode::SUCCESS);
    }
    for effect in parts.into_iter().chain(actions) {
        let answer = daemon.settle(&effect.id, &token).await?;
        if answer.status != 200 {
            return Err(
                Trouble::failed(format!("the daemon refused: {}", answer.body))
                    .mend("use the daemon's own --config"),
            );
        }
    }
    await_end(rooms, id, output).await
}

/// Waits a little for the last action's end, and says how it stands.
async fn await_end(rooms: &Rooms, id: &ServiceId, output: &Output) -> Result<ExitCode, Trouble> {
    let deadline = wharf_core::Deadline::after(Duration::from_secs(30));
    loop {
        let story = story(rooms, id).await?;
        let action = story.effects.iter().find(|effect| effect.step.is_none());
        let ended = action.is_none_or(|action| {
            matches!(action.state, Effect::Done | Effect::Refused | Effect::Held)
        });
        let queued = rooms
            .store
            .jobs()
            .is_open(&format!("retry/{}/{}", id.site, id.service))
            .await
            .map_err(|error| trouble(&error.into()))?;
        if (ended && !queued) || deadline.is_over() {
            let good = story.summary.trouble.is_none() && ended;
            let how = match &story.summary.trouble {
                Some(why) => why.clone(),
                None if ended && !queued => "done".to_owned(),
                None => "under way; the daemon goes on with it (does it run?)".to_owned(),
            };
            output.json(&json!({ "service": id.service, "done": good, "detail": how }));
            output.line(format!("service {}: {how}", id.service));
            return Ok(if good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn story(rooms: &Rooms, id: &ServiceId) -> Result<Story, Trouble> {
    let story = rooms
        .services
        .story(id)
        .await
        .map_err(|error| trouble(&error.into()))?;
    story.ok_or_else(|| trouble(&ReviewError::NoService(id.site.clone(), id.service)))
}

async fn id(rooms: &Rooms, which: &Which) -> Result<ServiceId, Trouble> {
    let site = match &which.site {
        Some(site) => site.clone(),
        None => {
            let sites = rooms
                .sites
                .list()
                .await
                .map_err(|error| Trouble::failed("the sites cannot be read").because(error))?;
            let mut sites = sites.into_iter();
            match (sites.next(), sites.next()) {
                (Some(only), None) => only.into(),
                _ => {
                    return Err(Trouble::misuse("which WHMCS is meant is not clear")
                        .mend("name it: --site NAME"));
                }
            }
        }
    };
    Ok(ServiceId {
        site,
        service: which.service,
    })
}

fn trouble(error: &ReviewError) -> Trouble {
    let trouble = Trouble::failed(crate::trouble::chain(error));
    match error {
        ReviewError::NoService(..) => trouble.mend("\"wharf services list\" shows them"),
        ReviewError::Nothing => {
            trouble.mend("\"wharf services list --attention\" shows what waits")
        }
        _ => trouble,
    }
}
