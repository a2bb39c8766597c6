//! The PHP modules in a WHMCS folder.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Check;
use crate::commands::modules::{CONNECTION, Manifest, Standing, compare, modules_of};

pub fn all(root: &Path) -> Vec<Check> {
    let modules = match modules_of(root) {
        Ok(modules) => modules,
        Err(trouble) => return vec![Check::of_trouble("PHP modules", &trouble)],
    };
    vec![files(&modules), connection(&modules)]
}

fn files(modules: &Path) -> Check {
    let name = "PHP modules";
    let manifest = match Manifest::read(modules) {
        Ok(manifest) => manifest,
        Err(trouble) => return Check::of_trouble(name, &trouble),
    };
    let standings = compare(modules, manifest.as_ref());
    let off: Vec<&str> = standings
        .iter()
        .filter(|(_, standing)| *standing != Standing::Same)
        .map(|(file, _)| file.as_str())
        .collect();
    match off.first() {
        None => Check::fine(
            name,
            format!("{} files, all as in this program", standings.len()),
        ),
        Some(first) => Check::wrong(
            name,
            format!(
                "{} of {} files are missing or of another version ({first}, …)",
                off.len(),
                standings.len()
            ),
            if manifest.is_some() {
                "wharf modules upgrade PATH"
            } else {
                "wharf modules install PATH --site NAME"
            },
        ),
    }
}

fn connection(modules: &Path) -> Check {
    let name = "PHP connection";
    let mend = "wharf modules install PATH --site NAME";
    let path = modules.join(CONNECTION);
    match std::fs::metadata(&path) {
        Err(_) => Check::wrong(name, format!("{} is missing", path.display()), mend),
        Ok(found) if found.permissions().mode() & 0o007 != 0 => Check::wrong(
            name,
            format!(
                "{} can be read by everybody on this machine",
                path.display()
            ),
            format!("chmod 640 {}", path.display()),
        ),
        Ok(_) => Check::fine(name, path.display().to_string()),
    }
}
