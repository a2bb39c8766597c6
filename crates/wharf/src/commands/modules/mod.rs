//! `wharf modules`: the PHP modules, embedded in the program, for a WHMCS installation.

mod connection;
mod disk;
mod manifest;
mod plan;
mod shipped;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::trouble::Trouble;

pub use manifest::Manifest;
pub use plan::{Standing, compare};
pub use shipped::CONNECTION;

use plan::{Changed, Plan, Step};
use shipped::{Kind, Module, Name};

/// Puts Wharf's PHP modules into a WHMCS installation, keeps them up to date there, and takes them away again.
///
/// What was written is kept in modules/wharf/manifest.json, so that upgrade and removal touch nothing else.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Copy the modules and write modules/wharf/connection.php (mode 0640)
    ///
    /// Each kind is installed as "wharf" unless names are given. A name that another module has takes its place: that
    /// module's files are moved to modules/wharf/backups/, and "remove" puts them back. Several names of one kind are
    /// several accounts. Running it again adds names and brings all to this program's version.
    Install {
        /// WHMCS's folder, the one with configuration.php
        path: PathBuf,
        /// The site that this WHMCS is, as named in "wharf apply"
        #[arg(long)]
        site: String,
        #[command(flatten)]
        names: Names,
        /// Do not install this kind at all; may be repeated
        #[arg(long, value_enum, value_name = "KIND")]
        without: Vec<Kind>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        keep: Keep,
    },
    /// Bring the modules there to this program's version
    Upgrade {
        /// WHMCS's folder
        path: PathBuf,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        keep: Keep,
    },
    /// Take the modules away, and put back what they had replaced
    Remove {
        /// WHMCS's folder
        path: PathBuf,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        how: How,
    },
    /// Compare the modules there with this program's
    List {
        /// WHMCS's folder
        path: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Names {
    /// A name of the registrar module, such as that of the module whose domains are taken over; may be repeated
    #[arg(long, value_name = "NAME")]
    registrar_name: Vec<Name>,
    /// A name of the server module; may be repeated
    #[arg(long, value_name = "NAME")]
    server_name: Vec<Name>,
    /// A name of the gateway module; may be repeated
    #[arg(long, value_name = "NAME")]
    gateway_name: Vec<Name>,
}

#[derive(Debug, clap::Args)]
struct How {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Overwrite or delete files even if somebody changed them
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
struct Keep {
    /// Leave files that somebody changed as they are, and do the rest
    #[arg(long, conflicts_with = "force")]
    keep: bool,
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
            names,
            without,
            how,
            keep,
        } => {
            let config = Config::load(global.config.as_deref())?;
            let modules = modules_of(path)?;
            let connection = connection::connection(&config, site).await?;
            let before = Manifest::read(&modules)?;
            let wanted = names.wanted(before.as_ref(), without)?;
            let changed = how.changed(keep.keep);
            let mut plan = plan::install(&modules, before.as_ref(), &wanted, site, changed)?;
            plan.steps.push(Step::Write {
                file: CONNECTION.to_owned(),
            });
            carry_out(&modules, before.as_ref(), &plan, how, output, || {
                disk::write(&modules, CONNECTION, connection.as_bytes(), 0o640)
            })?;
            if !how.dry_run {
                output.line(
                    "\nNext, in WHMCS: activate each module, and save the registrar's settings once (that makes WHMCS load \
                     its hooks). Then run: wharf doctor --whmcs-root …",
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        What::Upgrade { path, how, keep } => {
            let modules = modules_of(path)?;
            let before = installed(&modules)?;
            let changed = how.changed(keep.keep);
            let (none, site) = (BTreeSet::new(), before.site.as_str());
            let plan = plan::install(&modules, Some(&before), &none, site, changed)?;
            carry_out(&modules, Some(&before), &plan, how, output, || Ok(()))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Remove { path, names, how } => {
            let modules = modules_of(path)?;
            let before = installed(&modules)?;
            let unwanted = names.unwanted(&before)?;
            let plan = plan::remove(&modules, &before, &unwanted, how.changed(false))?;
            carry_out(&modules, Some(&before), &plan, how, output, || Ok(()))?;
            Ok(ExitCode::SUCCESS)
        }
        What::List { path } => list(&modules_of(path)?, output),
    }
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

impl Names {
    fn given(&self) -> BTreeSet<Module> {
        let all = [
            (Kind::Registrar, &self.registrar_name),
            (Kind::Server, &self.server_name),
            (Kind::Gateway, &self.gateway_name),
        ];
        all.into_iter()
            .flat_map(|(kind, names)| {
                names.iter().map(move |name| Module {
                    kind,
                    name: name.clone(),
                })
            })
            .collect()
    }

    /// The names given; for a kind that has none yet, our own.
    fn wanted(
        &self,
        before: Option<&Manifest>,
        without: &[Kind],
    ) -> Result<BTreeSet<Module>, Trouble> {
        let mut wanted = self.given();
        if let Some(module) = wanted.iter().find(|module| without.contains(&module.kind)) {
            return Err(Trouble::misuse(format!(
                "{module} is wanted, and no {} is",
                module.kind.as_str()
            ))
            .mend("leave out the name or --without"));
        }
        for module in Module::all_own() {
            let there = before.iter().flat_map(|manifest| &manifest.modules);
            let has_name = there.chain(&wanted).any(|other| other.kind == module.kind);
            if !has_name && !without.contains(&module.kind) {
                wanted.insert(module);
            }
        }
        Ok(wanted)
    }

    /// The names given, or all.
    fn unwanted(&self, before: &Manifest) -> Result<BTreeSet<Module>, Trouble> {
        let given = self.given();
        if given.is_empty() {
            return Ok(before.modules.clone());
        }
        if let Some(stranger) = given.difference(&before.modules).next() {
            let known: Vec<String> = before.modules.iter().map(Module::to_string).collect();
            return Err(Trouble::misuse(format!(
                "{stranger} is not installed here (installed are: {})",
                known.join(", ")
            )));
        }
        Ok(given)
    }
}

impl How {
    fn changed(&self, keep: bool) -> Changed {
        match (self.force, keep) {
            (true, _) => Changed::Force,
            (false, true) => Changed::Keep,
            (false, false) => Changed::Stop,
        }
    }
}

fn installed(modules: &Path) -> Result<Manifest, Trouble> {
    Manifest::read(modules)?.ok_or_else(|| {
        Trouble::misuse(format!(
            "{} has no manifest of Wharf's modules",
            modules.display()
        ))
        .mend("install them first: wharf modules install PATH --site NAME")
    })
}

fn carry_out(
    modules: &Path,
    before: Option<&Manifest>,
    plan: &Plan,
    how: &How,
    output: &Output,
    last: impl FnOnce() -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    if !how.dry_run {
        disk::carry_out(modules, before, plan)?;
        last()?;
    }
    output.json(&json!({
        "modules": modules,
        "dry_run": how.dry_run,
        "actions": plan.steps,
        "installed": plan.manifest.as_ref().map_or_else(|| json!([]), |manifest| json!(manifest.modules)),
        "notes": plan.notes,
    }));
    for step in &plan.steps {
        output.line(step.says(how.dry_run));
    }
    if plan.steps.is_empty() {
        output.line("nothing to do");
    }
    for note in &plan.notes {
        output.line(format!("note: {note}"));
    }
    Ok(())
}

fn list(modules: &Path, output: &Output) -> Result<ExitCode, Trouble> {
    let manifest = Manifest::read(modules)?;
    let standings = compare(modules, manifest.as_ref());
    let connected = modules.join(CONNECTION).is_file();
    let files: Vec<Value> = standings
        .iter()
        .map(|(name, standing)| json!({ "file": name, "standing": standing.as_str() }))
        .collect();
    output.json(&json!({
        "modules": modules,
        "connection": connected,
        "program": env!("CARGO_PKG_VERSION"),
        "installed": manifest,
        "files": files,
    }));
    if let Some(manifest) = &manifest {
        let names: Vec<String> = manifest.modules.iter().map(Module::to_string).collect();
        output.line(format!(
            "site {}, written by Wharf {}: {}\n",
            manifest.site,
            manifest.version,
            names.join(", ")
        ));
    }
    for (name, standing) in &standings {
        output.line(format!("{:<11} {name}", standing.as_str()));
    }
    output.line(format!(
        "{:<11} {CONNECTION}",
        if connected { "present" } else { "missing" }
    ));
    for (place, kept) in manifest.iter().flat_map(|manifest| &manifest.backups) {
        output.line(format!("{:<11} {kept} (stood at {place})", "kept"));
    }
    Ok(ExitCode::SUCCESS)
}
