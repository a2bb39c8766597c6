//! What there is to do in a modules folder, decided before anything is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::manifest::{Manifest, digest};
use super::shipped::{CONNECTION, Files, Module, Name, is_at, shipped};
use crate::trouble::Trouble;

/// What happens to files that somebody changed since Wharf wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// They stop the whole thing.
    Stop,
    /// They stay as they are, and the others are done.
    Keep,
    /// They are overwritten or deleted.
    Force,
}

/// One thing to do. Paths are below modules/.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Step {
    /// Somebody else's module makes room.
    MoveAside {
        file: String,
        to: String,
    },
    /// A file that is not there yet.
    Write {
        file: String,
    },
    /// A file of ours in another version.
    Update {
        file: String,
    },
    /// A file that somebody changed.
    Overwrite {
        file: String,
    },
    /// A changed file that stays as it is.
    Keep {
        file: String,
    },
    Delete {
        file: String,
    },
    /// What was moved aside comes back.
    Restore {
        file: String,
        from: String,
    },
}

/// The steps and what is written down of them.
#[derive(Debug)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub files: Files,
    /// What is installed afterwards; `None` when nothing of Wharf is left.
    pub manifest: Option<Manifest>,
    /// Worth saying.
    pub notes: Vec<String>,
}

/// How a file of ours stands in a WHMCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Missing,
    Same,
    /// As an earlier program wrote it.
    Older,
    /// Changed since it was written.
    Changed,
    /// Not as in this program, and no manifest says whose doing that is.
    Different,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Same => "up to date",
            Self::Older => "older",
            Self::Changed => "changed",
            Self::Different => "different",
        }
    }

    fn of(modules: &Path, path: &str, ours: Option<&[u8]>, written: Option<&String>) -> Self {
        let Ok(theirs) = fs::read(modules.join(path)) else {
            return Self::Missing;
        };
        match written {
            _ if ours == Some(theirs.as_slice()) => Self::Same,
            Some(written) if *written == digest(&theirs) => Self::Older,
            Some(_) => Self::Changed,
            None => Self::Different,
        }
    }
}

/// Everything that is, or should be, in a WHMCS, and how it stands.
pub fn compare(modules: &Path, manifest: Option<&Manifest>) -> Vec<(String, Standing)> {
    let default = Module::all_own();
    let files = shipped(manifest.map_or(&default, |manifest| &manifest.modules));
    let written = |path: &str| manifest.and_then(|manifest| manifest.files.get(path));
    let mut paths: BTreeSet<&String> = files.keys().collect();
    paths.extend(manifest.iter().flat_map(|manifest| manifest.files.keys()));
    paths
        .into_iter()
        .map(|path| {
            let ours = files.get(path).map(AsRef::as_ref);
            (
                path.clone(),
                Standing::of(modules, path, ours, written(path)),
            )
        })
        .collect()
}

/// Brings these modules, and those of the manifest, to this program's version.
pub fn install(
    modules: &Path,
    before: Option<&Manifest>,
    wanted: &BTreeSet<Module>,
    site: &str,
    changed: Changed,
) -> Result<Plan, Trouble> {
    let mut all = before.map_or_else(BTreeSet::new, |manifest| manifest.modules.clone());
    all.extend(wanted.iter().cloned());
    let files = shipped(&all);
    // An installation from before there were manifests is taken for what that program wrote.
    let adopted = before.is_none() && modules.join(CONNECTION).is_file();

    let mut steps = Vec::new();
    let mut backups = before.map_or_else(BTreeMap::new, |manifest| manifest.backups.clone());
    for module in &all {
        let settled = before.is_some_and(|manifest| manifest.modules.contains(module));
        if settled || (adopted && module.name == Name::own()) {
            continue;
        }
        for place in module.places() {
            // An interrupted installation has moved it already: what is there now is ours.
            let moved = backups
                .get(&place)
                .is_some_and(|kept| modules.join(kept).exists());
            if !moved && is_foreign(modules, &place, &files) {
                let to = free_backup(modules, &place, &backups);
                backups.insert(place.clone(), to.clone());
                steps.push(Step::MoveAside { file: place, to });
            }
        }
    }
    let moved: Vec<String> = steps.iter().filter_map(Step::moved).collect();

    let mut in_the_way = Vec::new();
    let mut hashes = BTreeMap::new();
    for (path, content) in &files {
        let file = path.clone();
        let written = before.and_then(|manifest| manifest.files.get(path));
        let standing = if moved.iter().any(|place| is_at(path, place)) {
            Standing::Missing
        } else {
            Standing::of(modules, path, Some(content), written)
        };
        let mut hash = digest(content);
        match standing {
            Standing::Same => {}
            Standing::Missing => steps.push(Step::Write { file }),
            Standing::Older => steps.push(Step::Update { file }),
            Standing::Different if adopted => steps.push(Step::Update { file }),
            Standing::Changed | Standing::Different => match changed {
                Changed::Force => steps.push(Step::Overwrite { file }),
                Changed::Keep => {
                    // Whatever was written last: so it goes on to count as changed.
                    hash = written.cloned().unwrap_or(hash);
                    steps.push(Step::Keep { file });
                }
                Changed::Stop => in_the_way.push(file),
            },
        }
        hashes.insert(path.clone(), hash);
    }
    let dropped = before.iter().flat_map(|manifest| &manifest.files);
    for (path, written) in dropped.filter(|(path, _)| !files.contains_key(*path)) {
        let file = path.clone();
        match (Standing::of(modules, path, None, Some(written)), changed) {
            (Standing::Missing, _) => {}
            (Standing::Older | Standing::Same, _) | (_, Changed::Force) => {
                steps.push(Step::Delete { file });
            }
            (_, Changed::Keep) => {
                hashes.insert(path.clone(), written.clone());
                steps.push(Step::Keep { file });
            }
            (_, Changed::Stop) => in_the_way.push(file),
        }
    }
    stopped_by(
        in_the_way,
        "--keep leaves them as they are and does the rest, --force overwrites them",
    )?;
    let notes = namesakes(modules, &all, &steps);
    Ok(Plan {
        steps,
        files,
        manifest: Some(Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            site: site.to_owned(),
            modules: all,
            files: hashes,
            backups,
        }),
        notes,
    })
}

/// Takes these modules away; with the last one, all of Wharf.
pub fn remove(
    modules: &Path,
    before: &Manifest,
    unwanted: &BTreeSet<Module>,
    changed: Changed,
) -> Result<Plan, Trouble> {
    let left: BTreeSet<Module> = before.modules.difference(unwanted).cloned().collect();
    let goes = |path: &str| left.is_empty() || unwanted.iter().any(|module| module.owns(path));

    let mut steps = Vec::new();
    let mut in_the_way = Vec::new();
    for (path, written) in before.files.iter().filter(|(path, _)| goes(path)) {
        let file = path.clone();
        match Standing::of(modules, path, None, Some(written)) {
            Standing::Missing => {}
            Standing::Changed if changed != Changed::Force => in_the_way.push(file),
            _ => steps.push(Step::Delete { file }),
        }
    }
    stopped_by(in_the_way, "--force deletes them as well")?;
    if left.is_empty() && modules.join(CONNECTION).exists() {
        let file = CONNECTION.to_owned();
        steps.push(Step::Delete { file });
    }
    let mut notes = Vec::new();
    for (place, kept) in before.backups.iter().filter(|(place, _)| goes(place)) {
        if !modules.join(kept).exists() {
            notes.push(format!("{place} was kept as {kept}, which is gone"));
            continue;
        }
        if let Some(stranger) = strangers(modules, place, before).first() {
            return Err(Trouble::failed(format!(
                "{stranger} is not Wharf's, and stands where {kept} belongs"
            ))
            .mend("move it away, then run this again"));
        }
        steps.push(Step::Restore {
            file: place.clone(),
            from: kept.clone(),
        });
    }
    let keep =
        |(path, value): (&String, &String)| (!goes(path)).then(|| (path.clone(), value.clone()));
    let manifest = (!left.is_empty()).then(|| Manifest {
        modules: left.clone(),
        files: before.files.iter().filter_map(keep).collect(),
        backups: before.backups.iter().filter_map(keep).collect(),
        ..before.clone()
    });
    Ok(Plan {
        steps,
        files: Files::new(),
        manifest,
        notes,
    })
}

impl Step {
    fn moved(&self) -> Option<String> {
        match self {
            Self::MoveAside { file, .. } => Some(file.clone()),
            _ => None,
        }
    }

    /// For people.
    pub fn says(&self, dry_run: bool) -> String {
        let (verb, what) = match self {
            Self::MoveAside { file, to } => ("move aside", format!("{file} → {to}")),
            Self::Write { file } => ("write", file.clone()),
            Self::Update { file } => ("update", file.clone()),
            Self::Overwrite { file } => ("overwrite", format!("{file} (it was changed here)")),
            Self::Keep { file } => ("keep", format!("{file} (it was changed here)")),
            Self::Delete { file } => ("delete", file.clone()),
            Self::Restore { file, from } => ("restore", format!("{file} ← {from}")),
        };
        let would = if dry_run { "would " } else { "" };
        format!("{would}{verb:<10} {what}")
    }
}

impl Module {
    /// All kinds under the name that they have in this program.
    pub fn all_own() -> BTreeSet<Self> {
        super::shipped::Kind::ALL
            .into_iter()
            .map(|kind| Self {
                kind,
                name: Name::own(),
            })
            .collect()
    }
}

fn stopped_by(files: Vec<String>, mend: &str) -> Result<(), Trouble> {
    if files.is_empty() {
        return Ok(());
    }
    let verb = if files.len() == 1 { "was" } else { "were" };
    Err(Trouble::failed(format!(
        "{} {verb} changed since Wharf wrote it, so nothing was done",
        files.join(", ")
    ))
    .mend(mend))
}

/// Whether something stands at `place` that is not wholly ours. What an interrupted installation left is.
fn is_foreign(modules: &Path, place: &str, files: &Files) -> bool {
    let below = contents(modules, place);
    !below.is_empty()
        && below.iter().any(|path| {
            let ours = files.get(path).map(AsRef::as_ref);
            fs::read(modules.join(path)).ok().as_deref() != ours || ours.is_none()
        })
}

/// The files at `place` that the manifest does not name.
fn strangers(modules: &Path, place: &str, manifest: &Manifest) -> Vec<String> {
    let mut found = contents(modules, place);
    found.retain(|path| !manifest.files.contains_key(path));
    found
}

/// The files at `place` and below it. A link counts as one file: what it leads to is not ours to judge.
fn contents(modules: &Path, place: &str) -> Vec<String> {
    let path = modules.join(place);
    match fs::symlink_metadata(&path) {
        Err(_) => Vec::new(),
        Ok(found) if !found.is_dir() => vec![place.to_owned()],
        Ok(_) => {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            let mut below: Vec<String> = entries
                .flat_map(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    contents(modules, &format!("{place}/{name}"))
                })
                .collect();
            below.sort();
            below
        }
    }
}

fn free_backup(modules: &Path, place: &str, taken: &BTreeMap<String, String>) -> String {
    let first = format!("{BACKUPS}/{place}");
    let mut candidate = first.clone();
    let mut count = 1;
    while modules.join(&candidate).exists() || taken.values().any(|kept| *kept == candidate) {
        count += 1;
        candidate = format!("{first}.{count}");
    }
    candidate
}

/// WHMCS may load modules of several kinds in one request, and theirs would not step aside for ours.
fn namesakes(modules: &Path, all: &BTreeSet<Module>, steps: &[Step]) -> Vec<String> {
    let others = |module: &Module| {
        super::shipped::Kind::ALL.into_iter().map({
            let name = module.name.clone();
            move |kind| Module {
                kind,
                name: name.clone(),
            }
        })
    };
    let is_there = |module: &Module| {
        let place = module.places().swap_remove(0);
        modules.join(&place).exists()
            && !steps.iter().any(|step| step.moved() == Some(place.clone()))
    };
    let mut notes: Vec<String> = all
        .iter()
        .flat_map(others)
        .filter(|other| !all.contains(other) && is_there(other))
        .map(|other| {
            format!(
                "there is a {other} that is not Wharf's: PHP functions of the same name in both would stop a page; \
                 if that happens, install Wharf's under another name"
            )
        })
        .collect();
    notes.sort();
    notes.dedup();
    notes
}

pub const BACKUPS: &str = "wharf/backups";
