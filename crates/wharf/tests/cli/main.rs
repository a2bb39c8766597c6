//! The program, run as its users run it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail"
)]

mod modules;
mod payments;
mod phones;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn init_makes_a_private_key_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("etc");
    let made = wharf(&["init", "--dir", text(&place), "--json"]);
    assert_eq!(made.code(), 0, "{}", made.err());
    assert_eq!(made.json()["config"], text(&place.join("wharf.toml")));
    let mode = fs::metadata(place.join("wharf.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let key = fs::read(place.join("wharf.key")).unwrap();
    let again = wharf(&["init", "--dir", text(&place)]);
    assert_eq!(again.code(), 1);
    assert!(
        again.err().contains("is not overwritten"),
        "{}",
        again.err()
    );
    // The key alone is as precious.
    fs::remove_file(place.join("wharf.toml")).unwrap();
    assert_eq!(wharf(&["init", "--dir", text(&place)]).code(), 1);
    assert_eq!(fs::read(place.join("wharf.key")).unwrap(), key);
    assert!(!place.join("wharf.toml").exists());
}

#[test]
fn wrong_usage_says_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["sevre"],
        &["apply"],
        &["journal"],
        &["journal", "list", "--state", "odd"],
        &["modules", "install", "/x"],
    ] {
        let done = Got(program()
            .current_dir(&empty)
            .args(arguments)
            .output()
            .unwrap());
        assert_eq!(done.code(), 2, "{arguments:?}");
        assert!(
            done.err().contains("Usage:") || done.err().contains("possible values"),
            "{}",
            done.err()
        );
    }
    let home = Home::new();
    let missing = wharf(&["serve", "--config", text(&home.path("other.toml"))]);
    assert_eq!(missing.code(), 2);
    assert!(
        missing.err().contains("other.toml cannot be read") && missing.err().contains("→ "),
        "{}",
        missing.err()
    );

    let json = wharf(&[
        "serve",
        "--json",
        "--config",
        text(&home.path("other.toml")),
    ]);
    let error: Value = serde_json::from_str(&json.err()).unwrap();
    assert!(error["next"].as_str().unwrap().contains("wharf init"));
    assert_eq!(json.out(), "");

    home.configure("sokcet = \"x\"");
    let unknown = home.wharf(&["doctor"]);
    assert_eq!(unknown.code(), 1);
    assert!(
        unknown
            .out()
            .contains("✗ configuration: wharf.toml, line 1: unknown field `sokcet`"),
        "{}",
        unknown.out()
    );
}

#[test]
fn every_command_explains_itself() {
    for command in [
        &["init"][..],
        &["apply"],
        &["serve"],
        &["doctor"],
        &["journal"],
        &["journal", "settle"],
        &["modules", "install"],
        &["modules", "upgrade"],
        &["modules", "remove"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = wharf(&arguments);
        assert_eq!(help.code(), 0);
        assert!(
            help.out().contains("--json") && help.out().contains("--config"),
            "{}",
            help.out()
        );
    }
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let home = Home::new();
    let advice = |what: &str| {
        let doctor = home.wharf(&["doctor"]).out();
        let told = doctor.split('\n').filter(|line| line.contains("→"));
        let told: Vec<&str> = told.filter(|line| line.contains(what)).collect();
        assert_eq!(told.len(), 2, "of key file and database: {doctor}");
    };
    let key = fs::read(home.path("wharf.key")).unwrap();
    fs::write(home.path("wharf.key"), "damaged").unwrap();
    advice("restore the key file from its backup");
    fs::write(home.path("wharf.key"), key).unwrap();
    fs::set_permissions(home.path("wharf.key"), fs::Permissions::from_mode(0o644)).unwrap();
    advice("chmod 600 ");
    let done = home.wharf(&["serve"]);
    assert_eq!(done.code(), 1);
    assert!(done.err().contains("chmod 600"), "{}", done.err());
}

#[test]
fn documents_are_applied_whole_or_not_at_all() {
    let home = Home::new();
    let added = home.apply(SITE);
    assert_eq!(added.out(), "site main: added\n", "{}", added.err());
    assert_eq!(home.apply(SITE).out(), "site main: updated\n");
    let none = home.apply("# nothing yet\n");
    assert_eq!(
        (none.code(), none.out().as_str()),
        (
            0,
            "nothing to set up: the document has no site, store, wallet or device\n"
        )
    );
    let odd = home
        .apply("[[store]]\nid = \"shop\"\nsite = \"main\"\nname = \"Shop\"\nquote_minuets = 30\n");
    assert!(
        odd.err().contains("line 5: unknown field `quote_minuets`"),
        "{}",
        odd.err()
    );

    // The first site of each is fine, and must not be there afterwards.
    let first = SITE
        .replace("main", "first")
        .replace("0123456789abcdef", "another-long-token");
    let token = |token: &str| {
        SITE.replace("main", "second")
            .replace("0123456789abcdef", token)
    };
    for (second, complaint) in [
        (
            format!("{}\ncolour = 1", token("a-third-long-token")),
            "unknown field `colour`",
        ),
        (token("short"), "too short"),
        (
            token("a-third-long-token").replace("http://", "ftp://"),
            "no usable WHMCS address",
        ),
        (
            token("another-long-token"),
            "site \"first\" has the same token",
        ),
        (
            token("0123456789abcdef"),
            "site \"main\" has the same token",
        ),
        (
            token("a-third-long-token").replace("second", "first"),
            "stands twice",
        ),
    ] {
        let done = home.apply(&format!("{first}{second}"));
        assert_eq!(done.code(), 2, "{complaint}: {}", done.out());
        assert!(done.err().contains(complaint), "{}", done.err());
        assert!(!done.err().contains("hunter2"), "{}", done.err());
    }
    let sites = home.wharf(&["modules", "install", text(&home.whmcs()), "--site", "first"]);
    assert!(
        sites.err().contains("known are: main)"),
        "nothing of a wrong document is kept: {}",
        sites.err()
    );
}

#[test]
fn a_shop_is_set_up_from_one_document() {
    let home = Home::new();
    // References may lead to what stands in the same document, or to what was set up before.
    let alone = home.apply(SHOP);
    assert_eq!(alone.code(), 2);
    assert!(
        alone.err().contains("there is no site \"main\""),
        "{}",
        alone.err()
    );
    let done = home.apply(&format!("{SITE}{SHOP}"));
    insta::assert_snapshot!(done.out(), @r#"
    site main: added
    store shop: added
    wallet cash: added
    device phone: added
    "#);
    assert_eq!(home.apply(SHOP).out().matches(": updated").count(), 3);

    for (from, to, complaint) in [
        ("\"50.25\"", "\"-1\"", "store \"shop\""),
        (
            "vodafone-cash",
            "moon-cash",
            "no message templates for \"moon-cash\"",
        ),
        ("01012345678", "555", "is no mobile number of Egypt"),
        (
            "store = \"shop\"\noperator",
            "store = \"other\"\noperator",
            "there is no store \"other\"",
        ),
        ("[\"cash\"]", "[\"gold\"]", "there is no wallet \"gold\""),
        ("smsgate", "pigeon", "no intake format is called \"pigeon\""),
        ("token-of-the-phone", "short", "must have 16 or more"),
        (
            "id = \"phone\"",
            "id = \"tablet\"",
            "device \"phone\" has the same token as \"tablet\"",
        ),
    ] {
        let changed = SHOP.replace("Example", "Changed").replace(from, to);
        assert_ne!(changed, SHOP.replace("Example", "Changed"), "{from}");
        let done = home.apply(&changed);
        assert_eq!((done.code(), done.out()), (2, String::new()), "{complaint}");
        assert!(
            done.err().contains(complaint),
            "{complaint}: {}",
            done.err()
        );
        assert!(!done.err().contains("key-of-the-phone"));
    }
}

#[test]
fn the_daemon_serves_until_it_is_told_to_stop() {
    let home = Home::new();
    home.apply(SITE);
    let silent = home.wharf(&["journal", "settle", "x"]);
    assert_eq!(silent.code(), 1);
    assert!(
        silent.err().contains("does not answer") && silent.err().contains("wharf serve"),
        "{}",
        silent.err()
    );

    let mut daemon = home.serve();
    let doctor = home.wharf(&["doctor", "--json"]).json();
    let verdict = |name: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["verdict"].clone()
    };
    assert_eq!(verdict("daemon"), "fine");
    assert_eq!(verdict("database"), "fine");
    assert_eq!(verdict("site main, WHMCS API"), "wrong");
    assert!(
        home.wharf(&["journal", "settle", "x"])
            .err()
            .contains("there is no effect x")
    );
    assert_eq!(
        home.wharf(&["journal", "list", "--json"]).json()["effects"],
        serde_json::json!([])
    );

    let rate = daemon.ask("GET", "/api/public/store/none/rate");
    assert!(
        rate.starts_with("HTTP/1.1 404") && rate.contains("access-control-allow-origin: *"),
        "{rate}"
    );
    let claim = daemon.ask(
        "GET",
        "/api/payment_link_check?store_id=none&phone=01012345678",
    );
    assert!(
        claim.starts_with("HTTP/1.1 200") && claim.contains(r#""status":false"#),
        "{claim}"
    );

    let message = daemon.ask("POST", "/intake/nobody");
    assert!(message.starts_with("HTTP/1.1 403"), "{message}");

    // A second daemon must not work on the same data, whatever it listens on.
    for more in ["", "socket = \"other.sock\"\n"] {
        let config = fs::read_to_string(home.path("wharf.toml")).unwrap();
        fs::write(home.path("second.toml"), format!("{more}{config}")).unwrap();
        let second = home.wharf(&["serve", "--config", text(&home.path("second.toml"))]);
        assert_eq!(second.code(), 1);
        assert!(
            second.err().contains("another daemon already works in"),
            "{}",
            second.err()
        );
    }

    let stopped = daemon.stop();
    assert!(stopped.success());
    assert!(!home.path("wharf.sock").exists());
}

const SITE: &str = r#"
[[site]]
id = "main"
token = "0123456789abcdef"
url = "http://127.0.0.1:9/billing"
identifier = "identifier"
secret = "hunter2"
"#;

const SHOP: &str = r#"
[[store]]
id = "shop"
site = "main"
name = "Example"
rates = { USD = "50.25" }

[[wallet]]
id = "cash"
store = "shop"
operator = "vodafone-cash"
number = "01012345678"

[[device]]
id = "phone"
store = "shop"
token = "token-of-the-phone"
format = "smsgate"
signing_key = "key-of-the-phone"
wallets = ["cash"]
"#;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let made = wharf(&["init", "--dir", text(dir.path()), "--listen", "127.0.0.1:0"]);
        assert_eq!(made.code(), 0, "{}", made.err());
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn configure(&self, text: &str) {
        fs::write(self.path("wharf.toml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .env("WHARF_CONFIG", self.path("wharf.toml"));
        command
    }

    fn wharf(&self, arguments: &[&str]) -> Got {
        Got(self.command(arguments).output().unwrap())
    }

    fn apply(&self, document: &str) -> Got {
        let file = self.path("setup.toml");
        fs::write(&file, document).unwrap();
        self.wharf(&["apply", text(&file)])
    }

    fn whmcs(&self) -> PathBuf {
        let root = self.path("whmcs");
        fs::create_dir_all(root.join("modules")).unwrap();
        fs::write(root.join("configuration.php"), "<?php").unwrap();
        root
    }

    /// Started, and waited for: its first line says where it listens.
    fn serve(&self) -> Daemon {
        let mut command = self.command(&["serve", "--json"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let listening: Value = serde_json::from_str(&line).unwrap();
        let public = listening
            .pointer("/listening/public")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        Daemon { child, public }
    }
}

struct Daemon {
    child: Child,
    public: String,
}

impl Daemon {
    /// Head and body of an answer of the public address.
    fn ask(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.public).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: wharf\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// As the service manager stops it.
    fn stop(&mut self) -> std::process::ExitStatus {
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Got(Output);

impl Got {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout)
            .unwrap_or_else(|_| panic!("{}{}", self.out(), self.err()))
    }
}

fn wharf(arguments: &[&str]) -> Got {
    Got(program().args(arguments).output().unwrap())
}

fn program() -> Command {
    let mut command = Command::new(cargo_bin("wharf"));
    command.env_remove("WHARF_CONFIG").env_remove("WHARF_LOG");
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
