//! `wharf modules`: the PHP modules, embedded in the program, for a WHMCS installation.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use rust_embed::Embed;
use serde_json::json;
use wharf_core::Secret;

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Puts Wharf's PHP modules into a WHMCS installation, or compares those there with this program's.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Copy the modules and write modules/wharf/connection.php (mode 0640)
    Install {
        /// WHMCS's folder, the one with configuration.php
        path: PathBuf,
        /// The site that this WHMCS is, as named in "wharf apply"
        #[arg(long)]
        site: String,
        /// Only say what would be written
        #[arg(long)]
        dry_run: bool,
    },
    /// Compare the modules there with this program's
    List {
        /// WHMCS's folder
        path: PathBuf,
    },
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Install {
            path,
            site,
            dry_run,
        } => {
            let config = Config::load(global.config.as_deref())?;
            let modules = modules_of(path)?;
            let connection = connection(&config, site).await?;
            install(&modules, &connection, *dry_run, output)
        }
        What::List { path } => list(&modules_of(path)?, output),
    }
}

/// The file that connects a WHMCS with its daemon, below modules/.
pub const CONNECTION: &str = "wharf/connection.php";

/// How a file of ours stands in a WHMCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Missing,
    Same,
    Different,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Same => "up to date",
            Self::Different => "different",
        }
    }
}

/// All files of ours and how they stand under `modules`, WHMCS's modules folder.
pub fn compare(modules: &Path) -> Vec<(String, Standing)> {
    let mut standings: Vec<_> = shipped()
        .map(|name| {
            let ours = Modules::get(&name).map(|file| file.data);
            let standing = match fs::read(modules.join(&name)) {
                Err(_) => Standing::Missing,
                Ok(theirs) if ours.as_deref() == Some(theirs.as_slice()) => Standing::Same,
                Ok(_) => Standing::Different,
            };
            (name, standing)
        })
        .collect();
    standings.sort_by(|(one, _), (other, _)| one.cmp(other));
    standings
}

/// WHMCS's modules folder; an error when `root` is no WHMCS.
pub fn modules_of(root: &Path) -> Result<PathBuf, Trouble> {
    let modules = root.join("modules");
    if root.join("configuration.php").is_file() && modules.is_dir() {
        return Ok(modules);
    }
    Err(
        Trouble::misuse(format!("{} is no WHMCS folder", root.display()))
            .mend("name the folder that holds WHMCS's configuration.php and modules/"),
    )
}

#[derive(Embed)]
#[folder = "../../modules/"]
struct Modules;

/// Tests stand beside the modules, and stay at home.
fn shipped() -> impl Iterator<Item = String> {
    Modules::iter()
        .filter(|name| {
            !name.starts_with("tests/") && !name.ends_with(CONNECTION) && !name.contains("/.")
        })
        .map(|name| name.into_owned())
}

async fn connection(config: &Config, site: &str) -> Result<String, Trouble> {
    let rooms = Rooms::open(config).await?;
    let trouble =
        |error: wharf_store::StoreError| Trouble::failed("the site cannot be read").because(error);
    let Some(token) = rooms.sites.token(site).await.map_err(trouble)? else {
        let known: Vec<String> = rooms
            .sites
            .list()
            .await
            .map_err(trouble)?
            .into_iter()
            .map(String::from)
            .collect();
        let known = if known.is_empty() {
            "there is none yet".to_owned()
        } else {
            format!("known are: {}", known.join(", "))
        };
        return Err(
            Trouble::misuse(format!("there is no site \"{site}\" ({known})"))
                .mend("set the site up first: wharf apply setup.toml"),
        );
    };
    let url = config
        .module_listen
        .map(|address| format!("http://{address}"))
        .unwrap_or_default();
    Ok(connection_php(&config.socket, &url, &token))
}

fn connection_php(socket: &Path, url: &str, token: &Secret) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    format!(
        "<?php\n\n// Written by \"wharf modules install\". It holds this WHMCS's token: keep it from other users.\n\
         return [\n    'socket' => {},\n    'url' => {},\n    'token' => {},\n];\n",
        quoted(&socket.display().to_string()),
        quoted(url),
        quoted(token.expose()),
    )
}

fn install(
    modules: &Path,
    connection: &str,
    dry_run: bool,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let mut written = Vec::new();
    for (name, standing) in compare(modules) {
        if standing == Standing::Same {
            continue;
        }
        if let (false, Some(file)) = (dry_run, Modules::get(&name)) {
            write(modules, &name, &file.data, 0o644)?;
        }
        written.push(name);
    }
    if !dry_run {
        write(modules, CONNECTION, connection.as_bytes(), 0o640)?;
    }
    written.push(CONNECTION.to_owned());

    output.json(&json!({ "modules": modules, "dry_run": dry_run, "files": written }));
    let verb = if dry_run { "would write" } else { "wrote" };
    for name in &written {
        output.line(format!("{verb} {}", modules.join(name).display()));
    }
    if !dry_run {
        output.line("\nNext: activate the modules in WHMCS (registrar, server and gateway \"Wharf\"), then run: wharf doctor --whmcs-root …");
    }
    Ok(ExitCode::SUCCESS)
}

fn list(modules: &Path, output: &Output) -> Result<ExitCode, Trouble> {
    let standings = compare(modules);
    let connected = modules.join(CONNECTION).is_file();
    let files: Vec<_> = standings
        .iter()
        .map(|(name, standing)| json!({ "file": name, "standing": standing.as_str() }))
        .collect();
    output.json(&json!({ "modules": modules, "connection": connected, "files": files }));
    for (name, standing) in &standings {
        output.line(format!("{:<11} {name}", standing.as_str()));
    }
    output.line(format!(
        "{:<11} {CONNECTION}",
        if connected { "present" } else { "missing" }
    ));
    Ok(ExitCode::SUCCESS)
}

/// Written aside and moved into place: PHP never sees half a file. Owner and group are those of WHMCS's
/// modules folder, so that its web server can read them.
fn write(modules: &Path, name: &str, content: &[u8], mode: u32) -> Result<(), Trouble> {
    let target = modules.join(name);
    let done = || -> std::io::Result<()> {
        let owner = fs::metadata(modules)?;
        let folder = target.parent().unwrap_or(modules);
        for folder in missing_folders(folder) {
            fs::create_dir(&folder)?;
            give(&folder, &owner);
        }
        let aside = target.with_extension("wharf-new");
        let _ = fs::remove_file(&aside);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&aside)?;
        file.write_all(content)?;
        give(&aside, &owner);
        fs::rename(&aside, &target)
    };
    done().map_err(|error| {
        Trouble::failed(format!("{} cannot be written", target.display()))
            .because(error)
            .mend("run it as a user who may write to WHMCS's modules folder")
    })
}

fn missing_folders(folder: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> = folder
        .ancestors()
        .take_while(|folder| !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

/// Only root can give files away; for anybody else they are his own, as they should be.
fn give(path: &Path, owner: &fs::Metadata) {
    let _ = chown(path, Some(owner.uid()), Some(owner.gid()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out_of_the_connection_file() {
        insta::assert_snapshot!(
            connection_php(Path::new("/run/it's/wharf.sock"), "", &Secret::new(r"a\'b")),
            @r#"
            <?php

            // Written by "wharf modules install". It holds this WHMCS's token: keep it from other users.
            return [
                'socket' => '/run/it\'s/wharf.sock',
                'url' => '',
                'token' => 'a\\\'b',
            ];
            "#
        );
    }

    #[test]
    fn our_tests_are_not_shipped() {
        assert!(shipped().any(|name| name == "wharf/client.php"));
        assert!(!shipped().any(|name| name.starts_with("tests/") || name == CONNECTION));
    }
}
