//! `wharf services` as its users run it: the built program, a daemon, and the sandbox's supplier.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use wharf_tests::lone_daemon::{LoneDaemon, service};
use wharf_tests::lone_supplier::LoneSupplier;
use wharf_tests::{until, wharf};

const TOKEN: &str = "token-that-no-output-shows";
const CONNECTOR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../data/connectors/siteshield.toml"
);

/// Somebody who writes connectors, without a daemon and without a configuration.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn params(&self, port: u16) -> PathBuf {
        let params = json!({
            "serverhostname": "127.0.0.1", "serverport": port, "serverpassword": TOKEN,
            "domain": "desk.example", "configoption2": "pro", "otherplan": "basic",
            "clientsdetails": { "email": "ann@example.com", "firstname": "Ann", "lastname": "Client" },
        });
        self.write("params.json", &params.to_string())
    }

    /// Exit code, answer, errors. The token is in none of them.
    fn wharf(&self, arguments: &[&str]) -> (i32, String, String) {
        let done = wharf()
            .args(["services", "connectors"])
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("WHARF_CONFIG")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        assert!(!out.contains(TOKEN) && !err.contains(TOKEN), "{out}{err}");
        (done.status.code().unwrap(), out, err)
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_connector_is_checked_tried_and_proved_from_the_command_line() {
    let supplier = LoneSupplier::start(TOKEN);
    let desk = Desk::new();
    let params = desk.params(supplier.port);
    let (params, kept) = (shown(&params), desk.0.path().join("kept.json"));

    let (code, out, _) = desk.wharf(&["check", CONNECTOR]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("right (SiteShield: create, "), "{out}");

    let dry = [
        "try",
        CONNECTOR,
        "--action",
        "create",
        "--with",
        params,
        "--dry-run",
    ];
    let (code, out, err) = desk.wharf(&dry);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("nothing was sent"), "{out}");
    assert!(out.contains(r#""password":"********""#), "{out}");
    assert_eq!(supplier.services().await.len(), 0);

    let act = |action| {
        let words = [
            "try",
            CONNECTOR,
            "--action",
            action,
            "--with",
            params,
            "--kept",
            shown(&kept),
        ];
        desk.wharf(&words)
    };
    for action in [
        "test",
        "create",
        "create",
        "suspend",
        "suspend",
        "custom.scan",
    ] {
        let (code, out, err) = act(action);
        let wanted = i32::from(action == "custom.scan");
        assert_eq!(code, wanted, "{action}: {out}{err}");
        assert_eq!(
            out.contains("it ended well"),
            wanted == 0,
            "{action}: {out}"
        );
        assert!(
            wanted == 0 || out.contains("The service is suspended."),
            "{out}"
        );
    }
    let (_, json, _) = desk.wharf(&[
        "try",
        CONNECTOR,
        "--action",
        "facts",
        "--with",
        params,
        "--kept",
        shown(&kept),
        "--json",
    ]);
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["kept"]["service"]["status"], "suspended", "{told}");
    assert_eq!(act("terminate").0, 0);
    let made = supplier.services().await;
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made.first().unwrap()["status"], "terminated");

    let (code, out, err) = desk.wharf(&["conform", CONNECTOR, "--with", params]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        !out.contains("BROKEN") && out.contains("kept     terminate ends it"),
        "{out}"
    );
    let careless = std::fs::read_to_string(CONNECTOR).unwrap().replace(
        "find = { path = \"/services/{{ service.id }}/licences\", list = \"$.data\" }\n",
        "",
    );
    let careless = desk.write("careless.toml", &careless);
    let (code, out, _) = desk.wharf(&["conform", shown(&careless), "--with", params, "--json"]);
    assert_eq!(code, 1, "{out}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let promises = told["promises"].as_array().unwrap();
    assert!(
        promises.iter().any(|promise| promise["kept"] == "broken"),
        "{told}"
    );
    let lives = |service: &Value| service["status"] != "terminated";
    assert!(!supplier.services().await.iter().any(lives));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_answered_with_what_to_do() {
    let supplier = LoneSupplier::start(TOKEN);
    let desk = Desk::new();
    let params = desk.params(supplier.port);
    let params = shown(&params);
    let other = desk.write(
        "other-token.json",
        &std::fs::read_to_string(params)
            .unwrap()
            .replace(TOKEN, "not-it"),
    );
    let nobody = desk.write(
        "nobody.json",
        &std::fs::read_to_string(params)
            .unwrap()
            .replace(&supplier.port.to_string(), "9"),
    );
    let broken = desk.write("broken.json", "{ \"domain\": ");
    let list = desk.write("list.json", "[1]");
    let bare = desk.write("bare.json", "{}");
    let clash = desk.write("clash.toml", "name = \"x\"\nname = \"y\"\n");
    let create = |with| vec!["try", CONNECTOR, "--action", "create", "--with", with];
    let cases: [(Vec<&str>, i32, &str); 13] = [
        (vec!["check"], 2, "<FILE>"),
        (vec!["check", "absent.toml"], 2, "absent.toml"),
        (
            vec!["check", shown(&clash), CONNECTOR],
            2,
            "clash.toml is wrong in line 2",
        ),
        (create("absent.json"), 2, "absent.json cannot be read"),
        (create(shown(&broken)), 2, "line 1"),
        (create(shown(&list)), 2, "list.json"),
        (create(shown(&bare)), 2, "no plan"),
        (
            vec!["try", CONNECTOR, "--action", "explode", "--with", params],
            2,
            "there are: create, suspend",
        ),
        (
            vec!["try", CONNECTOR, "--action", "renew", "--with", params],
            2,
            "no steps for renew",
        ),
        (
            vec!["try", CONNECTOR, "--action", "suspend", "--with", params],
            1,
            "\"service.id\" has no value",
        ),
        (create(shown(&other)), 1, "check the password of the server"),
        (create(shown(&nobody)), 1, "it cannot be reached"),
        (
            vec!["conform", CONNECTOR, "--with", shown(&nobody)],
            1,
            "BROKEN",
        ),
    ];
    for (arguments, wanted, text) in cases {
        let (code, out, err) = desk.wharf(&arguments);
        assert_eq!(code, wanted, "{arguments:?}: {out}{err}");
        assert!(
            out.contains(text) || err.contains(text),
            "{arguments:?}: {text}: {out}{err}"
        );
        assert!(!err.contains("panicked"), "{err}");
    }
    assert_eq!(supplier.services().await.len(), 0);
    for command in ["list", "check", "try", "conform"] {
        let (code, out, _) = desk.wharf(&[command, "--help"]);
        assert!(
            code == 0 && out.contains("Usage: wharf services connectors"),
            "{out}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_seen_and_decided_at_the_command_line() {
    let supplier = LoneSupplier::start(TOKEN);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("mine.toml"),
        "name = \"mine\"\nnonsense = 1\n",
    )
    .unwrap();
    let daemon = LoneDaemon::start(Some(folder.path()), None).await;
    let wharf = |words: &[&str]| {
        let (code, out, err) = daemon.wharf(&[&["services"], words].concat());
        assert!(!out.contains(TOKEN) && !err.contains(TOKEN), "{out}{err}");
        (code.unwrap(), out, err)
    };

    let (code, out, _) = wharf(&["connectors", "list"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("siteshield") && out.contains("not in force: "),
        "{out}"
    );
    assert!(out.contains("mine.toml is wrong in line 2"), "{out}");
    let (_, out, _) = daemon.wharf(&["doctor"]);
    assert!(
        out.contains("✗ connectors") && out.contains("mine.toml is wrong in line 2"),
        "{out}"
    );

    let (code, out, _) = wharf(&["list"]);
    assert_eq!((code, out.trim()), (0, "no services"));
    for words in [&["show", "7"][..], &["settle", "7"], &["retry", "7"]] {
        let (code, _, err) = wharf(words);
        assert_eq!(code, 1, "{words:?}");
        assert!(err.contains("wharf services list"), "{words:?}: {err}");
    }
    let (code, _, err) = wharf(&["done", "7", "--reason", "seen"]);
    assert_eq!(code, 1, "{err}");
    let (code, _, err) = wharf(&["done", "7"]);
    assert!(code == 2 && err.contains("--reason"), "{err}");

    for id in [7, 8] {
        let params = service(id, "siteshield", "pro", supplier.port, ("", TOKEN));
        daemon.whmcs.order(id, params);
    }
    assert_eq!(daemon.whmcs.run("CreateAccount", 7).await, "success");
    supplier.refuse(true, false).await;
    let said = daemon.whmcs.run("CreateAccount", 8).await;
    assert!(said.contains("no licences are left"), "{said}");

    let (_, out, _) = wharf(&["list", "--attention"]);
    assert!(
        out.contains("customer-8.example") && !out.contains("customer-7"),
        "{out}"
    );
    let (_, out, _) = wharf(&["list", "--state", "active"]);
    assert!(
        out.contains("customer-7.example") && !out.contains("customer-8"),
        "{out}"
    );
    let (_, out, _) = wharf(&["show", "7"]);
    assert!(
        out.contains("svc_") && out.contains("POST /api/v1/users") && out.contains("done"),
        "{out}"
    );
    let (_, out, _) = wharf(&["show", "7", "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["state"], "active", "{told}");
    let (code, out, _) = wharf(&["settle", "7"]);
    assert_eq!(
        (code, out.trim()),
        (0, "nothing of this service waits to be settled")
    );

    // Still refused; then the cause is mended.
    let (code, out, err) = wharf(&["retry", "8"]);
    assert!(
        code == 1 && out.contains("no licences are left"),
        "{out}{err}"
    );
    supplier.refuse(false, false).await;
    let (code, out, err) = wharf(&["retry", "8"]);
    assert_eq!((code, out.trim()), (0, "service 8: done"), "{err}");
    until("WHMCS knows it", Duration::from_secs(20), async || {
        daemon.whmcs.status(8) == "Active"
    })
    .await;
    let (code, _, err) = wharf(&["retry", "8"]);
    assert_eq!(code, 1, "nothing is to be tried again: {err}");

    // What somebody did by hand.
    supplier.refuse(false, true).await;
    let said = daemon.whmcs.run("SuspendAccount", 7).await;
    assert!(said.contains("check the password of the server"), "{said}");
    let (code, out, err) = wharf(&["done", "7", "--reason", "suspended on their page"]);
    assert_eq!((code, out.trim()), (0, "service 7: done"), "{err}");
    let (_, out, _) = wharf(&["list", "--state", "suspended"]);
    assert!(out.contains("customer-7.example"), "{out}");
    let (code, _, err) = wharf(&["list", "--state", "odd"]);
    assert!(code == 2 && err.contains("suspended"), "{err}");
}
