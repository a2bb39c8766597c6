//! Carrying a plan out, so that PHP never sees half a file and a stop in between loses nothing.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST, Manifest};
use super::plan::{Plan, Step};
use crate::trouble::Trouble;

/// Does what the plan says. The manifest knows of a backup before it is made, and of files after they are written.
pub fn carry_out(modules: &Path, before: Option<&Manifest>, plan: &Plan) -> Result<(), Trouble> {
    let moves = plan
        .steps
        .iter()
        .any(|step| matches!(step, Step::MoveAside { .. }));
    if let (true, Some(after)) = (moves, &plan.manifest) {
        let begun = Manifest {
            modules: before
                .map(|manifest| manifest.modules.clone())
                .unwrap_or_default(),
            files: before
                .map(|manifest| manifest.files.clone())
                .unwrap_or_default(),
            ..after.clone()
        };
        write(modules, MANIFEST, &begun.text()?, 0o640)?;
    }
    for step in &plan.steps {
        match step {
            Step::MoveAside { file, to } => rename(modules, file, to)?,
            Step::Write { file } | Step::Update { file } | Step::Overwrite { file } => {
                if let Some(content) = plan.files.get(file) {
                    write(modules, file, content, 0o644)?;
                }
            }
            Step::Keep { .. } => {}
            Step::Delete { file } => delete(modules, file)?,
            Step::Restore { file, from } => {
                rename(modules, from, file)?;
                prune(modules, from);
            }
        }
    }
    match &plan.manifest {
        Some(after) => write(modules, MANIFEST, &after.text()?, 0o640),
        None => delete(modules, MANIFEST),
    }
}

/// Written aside and moved into place. Owner and group are those of WHMCS's modules folder, so that its web server
/// can read them.
pub fn write(modules: &Path, name: &str, content: &[u8], mode: u32) -> Result<(), Trouble> {
    let target = modules.join(name);
    let done = || -> io::Result<()> {
        let owner = fs::metadata(modules)?;
        make_room(modules, &target, &owner)?;
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
    done().map_err(|error| trouble(&target, "written", error))
}

fn rename(modules: &Path, from: &str, to: &str) -> Result<(), Trouble> {
    let (from, to) = (modules.join(from), modules.join(to));
    let done = || -> io::Result<()> {
        let owner = fs::metadata(modules)?;
        make_room(modules, &to, &owner)?;
        // An emptied folder of ours; one with anything in it was refused before.
        let _ = fs::remove_dir(&to);
        fs::rename(&from, &to)
    };
    done().map_err(|error| trouble(&from, "moved", error))
}

fn delete(modules: &Path, name: &str) -> Result<(), Trouble> {
    let path = modules.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(trouble(&path, "deleted", error))
        }
        _ => {
            prune(modules, name);
            Ok(())
        }
    }
}

/// Takes folders away that are empty now. Those that WHMCS has of its own stay.
fn prune(modules: &Path, name: &str) {
    for folder in Path::new(name).ancestors().skip(1) {
        let ours = folder.starts_with("wharf");
        let whmcs_own = folder.components().count() < 2 || folder == Path::new("gateways/callback");
        if (whmcs_own && !ours) || fs::remove_dir(modules.join(folder)).is_err() {
            return;
        }
    }
}

fn make_room(modules: &Path, target: &Path, owner: &fs::Metadata) -> io::Result<()> {
    let folder = target.parent().unwrap_or(modules);
    let mut missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|folder| !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    for folder in missing {
        fs::create_dir(&folder)?;
        give(&folder, owner);
    }
    Ok(())
}

/// Only root can give files away; for anybody else they are his own, as they should be.
fn give(path: &Path, owner: &fs::Metadata) {
    let _ = chown(path, Some(owner.uid()), Some(owner.gid()));
}

fn trouble(path: &Path, what: &str, error: io::Error) -> Trouble {
    Trouble::failed(format!("{} cannot be {what}", path.display()))
        .because(error)
        .mend("run it as a user who may write to WHMCS's modules folder, then once more: it goes on where it stopped")
}
