//! The PHP files that travel inside the program, and how they get into a WHMCS root.

use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;

use super::call::ModuleKind;
use super::error::PhpError;

#[derive(RustEmbed)]
#[folder = "php/root"]
struct Root;

pub(super) fn lay_out(
    root: &Path,
    database: &Path,
    encryption_key: &str,
    system_url: &str,
) -> Result<(), PhpError> {
    for name in Root::iter() {
        if let Some(file) = Root::get(&name) {
            write_if_changed(&root.join(name.as_ref()), &file.data)?;
        }
    }
    let others = [
        "gateways/callback",
        "notifications",
        "widgets",
        "reports",
        "mail",
        "fraud",
        "security",
    ];
    let kinds = ModuleKind::ALL.iter().map(|kind| kind.folder());
    for folder in kinds.chain(others) {
        make_folder(&root.join("modules").join(folder))?;
    }
    for folder in [
        "includes/hooks",
        "resources/domains",
        "lang/overrides",
        "crons",
    ] {
        make_folder(&root.join(folder))?;
    }
    let configuration = configuration(database, encryption_key, system_url);
    write_if_changed(&root.join("configuration.php"), configuration.as_bytes())
}

/// The file that a WHMCS root keeps its secrets in; `$host_…` are ours.
fn configuration(database: &Path, encryption_key: &str, system_url: &str) -> String {
    let mut text = String::from("<?php\n\n");
    for (name, value) in [
        ("license", "sandbox"),
        ("db_host", "localhost"),
        ("db_port", ""),
        ("db_username", ""),
        ("db_password", ""),
        ("db_name", &*database.to_string_lossy()),
        ("cc_encryption_hash", encryption_key),
        ("templates_compiledir", "templates_c"),
        ("mysql_charset", "utf8"),
        ("host_system_url", system_url),
    ] {
        text.push_str(&format!("${name} = {};\n", literal(value)));
    }
    text
}

/// A single-quoted PHP string.
fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Leaves equal files untouched, so that PHP's compiled copies stay valid; replaces others whole, never half.
pub(super) fn write_if_changed(path: &Path, content: &[u8]) -> Result<(), PhpError> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let half = path.with_extension("new");
    fs::write(&half, content)
        .and_then(|()| fs::rename(&half, path))
        .map_err(|source| PhpError::Files {
            path: path.to_owned(),
            source,
        })
}

pub(super) fn make_folder(path: &Path) -> Result<(), PhpError> {
    fs::create_dir_all(path).map_err(|source| PhpError::Files {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_values_cannot_end_the_php_string() {
        assert_eq!(literal(r"it's a \ path"), r"'it\'s a \\ path'");
    }

    #[test]
    fn laying_out_twice_changes_nothing_and_keeps_strangers_files() {
        let root = tempfile::tempdir().unwrap();
        let lay = || {
            lay_out(
                root.path(),
                Path::new("/x/db.sqlite"),
                "key",
                "http://127.0.0.1/",
            )
            .unwrap()
        };
        lay();
        let module = root.path().join("modules/servers/demo/demo.php");
        fs::create_dir_all(module.parent().unwrap()).unwrap();
        fs::write(&module, "<?php").unwrap();
        let init = root.path().join("init.php");
        let before = fs::metadata(&init).unwrap().modified().unwrap();
        lay();
        assert_eq!(fs::metadata(&init).unwrap().modified().unwrap(), before);
        assert_eq!(fs::read_to_string(module).unwrap(), "<?php");
        for file in [
            "configuration.php",
            "includes/gatewayfunctions.php",
            "runtime/runner.php",
        ] {
            assert!(root.path().join(file).is_file(), "{file}");
        }
    }
}
