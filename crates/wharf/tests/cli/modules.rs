//! `wharf modules`: what it writes into a WHMCS, and that it takes exactly that away again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{Got, Home, SITE, text};

/// A WHMCS with a site in Wharf.
struct Shop {
    home: Home,
    root: PathBuf,
}

impl Shop {
    fn new() -> Self {
        let home = Home::new();
        home.apply(SITE);
        let root = home.whmcs();
        Self { home, root }
    }

    fn modules(&self, arguments: &[&str]) -> Got {
        let (what, more) = arguments.split_first().unwrap();
        let mut all = vec!["modules", what, text(&self.root)];
        if *what == "install" {
            all.extend(["--site", "main"]);
        }
        all.extend(more);
        self.home.wharf(&all)
    }

    fn done(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        let got = self.modules(&all);
        assert_eq!(got.code(), 0, "{arguments:?}: {}", got.err());
        got.json()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join("modules").join(name)
    }

    fn put(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn manifest(&self) -> Value {
        serde_json::from_str(&self.read(MANIFEST)).unwrap()
    }

    fn write_manifest(&self, manifest: &Value) {
        self.put(MANIFEST, &manifest.to_string());
    }

    /// Every file below modules/, with its content.
    fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        gather(&self.root.join("modules"), "", &mut tree);
        tree
    }
}

fn gather(folder: &Path, prefix: &str, tree: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            // An empty folder is something left behind as well.
            tree.insert(format!("{name}/"), String::new());
            gather(&entry.path(), &format!("{name}/"), tree);
        } else {
            tree.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn actions<'a>(answer: &'a Value, action: &str) -> Vec<&'a str> {
    let actions = answer["actions"].as_array().unwrap();
    actions
        .iter()
        .filter(|step| step["action"] == action)
        .map(|step| step["file"].as_str().unwrap())
        .collect()
}

const MANIFEST: &str = "wharf/manifest.json";
const ONLY_REGISTRAR: [&str; 4] = ["--without", "server", "--without", "gateway"];

#[test]
fn modules_are_installed_with_the_sites_connection() {
    let shop = Shop::new();
    let dry = shop.done(&["install", "--dry-run"]);
    assert_eq!(dry["dry_run"], true);
    assert!(shop.tree().is_empty());

    let done = shop.done(&["install"]);
    assert_eq!(done["actions"], dry["actions"]);
    assert!(shop.path("wharf/client.php").is_file());
    let mode = fs::metadata(shop.path("wharf/connection.php"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let php = shop.read("wharf/connection.php");
    assert!(
        php.contains("'0123456789abcdef'") && php.contains(text(&shop.home.path("wharf.sock"))),
        "{php}"
    );
    assert!(!shop.read(MANIFEST).contains("0123456789abcdef"));
    assert!(
        shop.done(&["upgrade"])["actions"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    shop.put("wharf/client.php", "<?php // mine");
    let list = shop.modules(&["list"]);
    assert!(
        list.out().contains("changed     wharf/client.php"),
        "{}",
        list.out()
    );
    let doctor = shop
        .home
        .wharf(&["doctor", "--whmcs-root", text(&shop.root)]);
    assert_eq!(doctor.code(), 1);
    assert!(
        doctor.out().contains("✗ PHP modules: 1 of")
            && doctor.out().contains("wharf modules upgrade"),
        "{}",
        doctor.out()
    );

    let elsewhere = shop
        .home
        .wharf(&["modules", "list", text(&shop.home.path(""))]);
    assert_eq!(elsewhere.code(), 2);
    assert!(elsewhere.err().contains("is no WHMCS folder"));
}

#[test]
fn an_installation_is_taken_over_and_given_back() {
    let shop = Shop::new();
    shop.put("registrars/ispapi/ispapi.php", "<?php // theirs");
    shop.put("registrars/ispapi/lib/Api.php", "<?php // theirs too");
    shop.put("registrars/other/other.php", "<?php // nobody's business");
    shop.put("gateways/cash.php", "<?php // their gateway");
    shop.put("gateways/callback/cash.php", "<?php // and its callback");
    let before = shop.tree();

    let names = [
        "--registrar-name",
        "ispapi",
        "--gateway-name",
        "cash",
        "--without",
        "server",
    ];
    let taken = shop.done(&[&["install"], &names[..]].concat());
    assert_eq!(
        actions(&taken, "move_aside"),
        [
            "registrars/ispapi",
            "gateways/cash.php",
            "gateways/callback/cash.php"
        ]
    );
    let php = shop.read("registrars/ispapi/ispapi.php");
    assert!(
        php.contains("function ispapi_Sync(") && !php.contains("wharf_"),
        "{php}"
    );
    assert!(
        shop.read("gateways/cash.php")
            .contains("function cash_link(")
    );
    assert!(!shop.path("registrars/ispapi/lib").exists());
    assert!(!shop.path("registrars/wharf").exists() && !shop.path("servers").exists());
    assert_eq!(
        shop.read("wharf/backups/registrars/ispapi/lib/Api.php"),
        "<?php // theirs too"
    );
    assert_eq!(
        shop.manifest()["backups"]["registrars/ispapi"],
        "wharf/backups/registrars/ispapi"
    );
    // Once more changes nothing but the connection, and takes nothing else for theirs.
    let again = shop.done(&[&["install"], &names[..]].concat());
    assert_eq!(actions(&again, "write"), ["wharf/connection.php"]);
    assert_eq!(again["actions"].as_array().unwrap().len(), 1);

    let dry = shop.done(&["remove", "--dry-run"]);
    assert!(shop.path("registrars/ispapi/ispapi.php").exists());
    let gone = shop.done(&["remove"]);
    assert_eq!(gone["actions"], dry["actions"]);
    assert_eq!(gone["installed"], json!([]));
    assert_eq!(shop.tree(), before);
    let nothing = shop.modules(&["remove"]);
    assert_eq!(nothing.code(), 2);
    assert!(nothing.err().contains("no manifest"), "{}", nothing.err());
}

#[test]
fn names_come_and_go_one_by_one() {
    let shop = Shop::new();
    shop.done(
        &[
            &["install", "--registrar-name", "second"],
            &ONLY_REGISTRAR[..],
        ]
        .concat(),
    );
    let more = shop.done(
        &[
            &["install", "--registrar-name", "third"],
            &ONLY_REGISTRAR[..],
        ]
        .concat(),
    );
    assert_eq!(more["installed"].as_array().unwrap().len(), 2);
    assert!(
        shop.read("registrars/second/second.php")
            .contains("function second_Sync(")
    );
    assert!(
        shop.read("registrars/third/third.php")
            .contains("function third_Sync(")
    );

    let stranger = shop.modules(&["remove", "--registrar-name", "fourth"]);
    assert_eq!(stranger.code(), 2);
    assert!(
        stranger.err().contains("registrar second, registrar third"),
        "{}",
        stranger.err()
    );
    shop.done(&["remove", "--registrar-name", "second"]);
    assert!(!shop.path("registrars/second").exists());
    assert!(shop.path("registrars/third/third.php").exists());
    assert!(shop.path("wharf/connection.php").exists());
    shop.done(&["remove", "--registrar-name", "third"]);
    assert!(
        shop.tree().keys().all(|path| path == "registrars/"),
        "{:?}",
        shop.tree().keys()
    );

    for (wrong, complaint) in [
        (
            &["--registrar-name", "Not_A_Name"][..],
            "lower-case letters and digits",
        ),
        (
            &["--server-name", "a", "--without", "server"],
            "server a is wanted",
        ),
    ] {
        let refused = shop.modules(&[&["install"], wrong].concat());
        assert_eq!(refused.code(), 2, "{wrong:?}");
        assert!(refused.err().contains(complaint), "{}", refused.err());
    }
}

#[test]
fn changed_files_are_never_overwritten_unasked() {
    let shop = Shop::new();
    shop.done(&[&["install"], &ONLY_REGISTRAR[..]].concat());
    let (changed, other) = ("wharf/client.php", "registrars/wharf/wharf.php");
    let ours = shop.read(changed);
    shop.put(changed, "<?php // mine");
    fs::remove_file(shop.path(other)).unwrap();
    let before = shop.tree();
    for arguments in [&["upgrade"][..], &["install"], &["remove"]] {
        let stopped = shop.modules(arguments);
        assert_eq!(stopped.code(), 1, "{arguments:?}");
        assert!(
            stopped.err().contains("wharf/client.php was changed")
                && stopped.err().contains("--force"),
            "{}",
            stopped.err()
        );
        assert_eq!(
            shop.tree(),
            before,
            "{arguments:?} stops before it does anything"
        );
    }

    let kept = shop.done(&["upgrade", "--keep"]);
    assert_eq!(actions(&kept, "keep"), [changed]);
    assert_eq!(actions(&kept, "write"), [other]);
    assert_eq!(shop.read(changed), "<?php // mine");
    assert!(
        shop.modules(&["list"])
            .out()
            .contains("changed     wharf/client.php")
    );

    let forced = shop.done(&["upgrade", "--force"]);
    assert_eq!(actions(&forced, "overwrite"), [changed]);
    assert_eq!(shop.read(changed), ours);

    shop.put(changed, "<?php // mine");
    let gone = shop.done(&["remove", "--force"]);
    assert!(actions(&gone, "delete").contains(&changed));
    assert!(!shop.path("wharf").exists());
}

#[test]
fn an_upgrade_replaces_what_an_earlier_program_wrote() {
    let shop = Shop::new();
    shop.done(&[&["install"], &ONLY_REGISTRAR[..]].concat());
    let now = shop.read("wharf/client.php");
    // As if an earlier program had written another client and a file that there is no more.
    let mut manifest = shop.manifest();
    manifest["version"] = json!("0.0.1");
    manifest["files"]["wharf/client.php"] = json!(sha256("<?php // earlier"));
    manifest["files"]["registrars/wharf/lib/old.php"] = json!(sha256("<?php // old"));
    manifest["files"]["registrars/wharf/mine.php"] = json!(sha256("<?php // old"));
    shop.put("wharf/client.php", "<?php // earlier");
    shop.put("registrars/wharf/lib/old.php", "<?php // old");
    shop.put("registrars/wharf/mine.php", "<?php // changed since");
    shop.write_manifest(&manifest);
    assert!(
        shop.modules(&["list"])
            .out()
            .contains("older       wharf/client.php")
    );
    assert_eq!(shop.modules(&["upgrade"]).code(), 1);

    let done = shop.done(&["upgrade", "--keep"]);
    assert_eq!(actions(&done, "update"), ["wharf/client.php"]);
    assert_eq!(actions(&done, "delete"), ["registrars/wharf/lib/old.php"]);
    assert_eq!(actions(&done, "keep"), ["registrars/wharf/mine.php"]);
    assert_eq!(shop.read("wharf/client.php"), now);
    assert!(!shop.path("registrars/wharf/lib").exists());
    assert_eq!(shop.manifest()["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_installation_without_a_manifest_is_adopted() {
    let shop = Shop::new();
    shop.done(&["install"]);
    let whole = shop.tree();
    fs::remove_file(shop.path(MANIFEST)).unwrap();
    shop.put("wharf/client.php", "<?php // of an earlier program");
    assert_eq!(shop.modules(&["upgrade"]).code(), 2);
    let done = shop.done(&["install"]);
    assert_eq!(actions(&done, "update"), ["wharf/client.php"]);
    assert_eq!(shop.tree(), whole);
}

#[test]
fn an_interrupted_takeover_goes_on_where_it_stopped() {
    let shop = Shop::new();
    shop.put("registrars/ispapi/ispapi.php", "<?php // theirs");
    let before = shop.tree();
    let names = [
        &["install", "--registrar-name", "ispapi"],
        &ONLY_REGISTRAR[..],
    ]
    .concat();
    shop.done(&names);
    let whole = shop.tree();

    // Stopped after the move and the first files: the manifest knows of the backup, and of no file yet.
    let mut manifest = shop.manifest();
    manifest["modules"] = json!([]);
    manifest["files"] = json!({});
    shop.write_manifest(&manifest);
    fs::remove_file(shop.path("registrars/ispapi/ispapi.php")).unwrap();
    fs::remove_file(shop.path("wharf/registrar.php")).unwrap();
    let again = shop.done(&names);
    assert!(actions(&again, "move_aside").is_empty(), "{again}");
    assert_eq!(shop.tree(), whole);
    shop.done(&["remove"]);
    assert_eq!(shop.tree(), before);
}

#[test]
fn a_stranger_in_the_place_of_a_backup_stops_the_removal() {
    let shop = Shop::new();
    shop.put("registrars/ispapi/ispapi.php", "<?php // theirs");
    shop.done(
        &[
            &["install", "--registrar-name", "ispapi"],
            &ONLY_REGISTRAR[..],
        ]
        .concat(),
    );
    shop.put("registrars/ispapi/notes.txt", "mine");
    let before = shop.tree();
    let stopped = shop.modules(&["remove", "--force"]);
    assert_eq!(stopped.code(), 1);
    assert!(
        stopped
            .err()
            .contains("registrars/ispapi/notes.txt is not Wharf's"),
        "{}",
        stopped.err()
    );
    assert_eq!(shop.tree(), before);
}

#[test]
fn a_namesake_of_another_kind_is_told_of() {
    let shop = Shop::new();
    shop.put("servers/acme/acme.php", "<?php // theirs");
    let done = shop.done(
        &[
            &["install", "--registrar-name", "acme"],
            &ONLY_REGISTRAR[..],
        ]
        .concat(),
    );
    let notes = done["notes"].as_array().unwrap();
    assert!(
        notes[0]
            .as_str()
            .unwrap()
            .contains("server acme that is not Wharf's"),
        "{notes:?}"
    );
}

fn sha256(content: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(content.as_bytes()))
}
