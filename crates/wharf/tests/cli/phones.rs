//! `wharf payments devices` and `receive`: a modem beside a daemon that is there, away, and wrongly set up.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{Got, Home, SHOP, SITE, text};

const RECEIPT: &str = "تم استلام مبلغ 502.50 جنيه من رقم 01098765432؛ المسجل بإسم منى السيد. رصيدك الحالي 1540.75 جنيه. تاريخ العملية 03-09-26 14:26 رقم العملية 023123456789 .";

/// A shop with a modem, whose settings name wherever the daemon listens.
pub struct Modem {
    pub home: Home,
    device: Value,
}

impl Modem {
    fn new() -> Self {
        Self::of(SHOP)
    }

    pub fn of(shop: &str) -> Self {
        let home = Home::new();
        let done = home.apply(&format!("{SITE}{shop}"));
        assert_eq!(done.code(), 0, "{}", done.err());
        let added = home.wharf(&[
            "payments", "devices", "add", "modem", "--store", "shop", "--format", "generic",
            "--wallet", "cash", "--json",
        ]);
        assert_eq!(added.code(), 0, "{}", added.err());
        Self {
            device: added.json(),
            home,
        }
    }

    fn spool(&self) -> PathBuf {
        self.home.path("spool")
    }

    fn waiting(&self) -> usize {
        fs::read_dir(self.spool()).map_or(0, |items| {
            let json = items.filter(|item| {
                let path = item.as_ref().unwrap().path();
                path.extension()
                    .is_some_and(|extension| extension == "json")
            });
            json.count()
        })
    }

    /// Runs the program as smsd does, for a message in two parts.
    pub fn receive(&self, daemon: &str, key: &str, number: &str) -> Got {
        let made = self.device["url"].as_str().unwrap();
        let (_, path) = made.split_once("/intake/").unwrap();
        let settings = format!(
            "url = \"http://{daemon}/intake/{path}\"\nsigning_key = \"{key}\"\nspool = \"{}\"",
            text(&self.spool())
        );
        let file = self.home.path("receive.toml");
        fs::write(&file, settings).unwrap();
        let whole = RECEIPT.replace("023123456789", number);
        let (first, second) = whole.split_at(whole.find("المسجل").unwrap());
        let mut command = self
            .home
            .command(&["payments", "receive", "--settings", text(&file)]);
        command
            // Of no use to reach this machine.
            .env("HTTP_PROXY", "http://127.0.0.1:2")
            .env("http_proxy", "http://127.0.0.1:2")
            .env("SMS_MESSAGES", "2")
            .env("SMS_1_NUMBER", "VF-Cash")
            .env("SMS_1_TEXT", first)
            .env("SMS_2_TEXT", second)
            .env("PHONE_ID", "modem-1");
        Got(command.output().unwrap())
    }

    pub fn key(&self) -> &str {
        self.device["signing_key"].as_str().unwrap()
    }

    fn devices(&self) -> Vec<Value> {
        let listed = self.home.wharf(&["payments", "devices", "--json"]);
        assert_eq!(listed.code(), 0, "{}", listed.err());
        listed.json()["devices"].as_array().unwrap().clone()
    }
}

#[test]
fn messages_of_a_modem_wait_for_the_daemon() {
    let modem = Modem::new();
    // Nobody listens on port 1.
    for number in ["023123456701", "023123456702"] {
        let away = modem.receive("127.0.0.1:1", modem.key(), number);
        assert_eq!(away.code(), 0, "{}", away.err());
        assert!(away.out().contains("wait in"), "{}", away.out());
    }
    assert_eq!(modem.waiting(), 2);

    let mut daemon = modem.home.serve();
    let address = daemon.public.clone();
    let refused = modem.receive(&address, "another key", "023123456703");
    assert_eq!(refused.code(), 1);
    assert!(refused.err().contains("403"), "{}", refused.err());
    assert_eq!(modem.waiting(), 3, "what was refused is kept");

    let taken = modem.receive(&address, modem.key(), "023123456704");
    assert_eq!(taken.code(), 0, "{}", taken.err());
    assert_eq!(taken.out().trim(), "4 delivered");
    assert_eq!(modem.waiting(), 0);
    assert!(daemon.stop().success());

    let devices = modem.devices();
    let device = devices
        .iter()
        .find(|device| device["id"] == "modem")
        .unwrap();
    assert!(device["message_at"].as_i64().unwrap() > 0, "{device}");
    assert!(
        device["refused_why"]
            .as_str()
            .unwrap()
            .contains("signature")
    );
}

#[test]
fn without_message_or_settings_it_says_what_is_missing() {
    let home = Home::new();
    let lost = home.wharf(&["payments", "receive", "--settings", "/nowhere/receive.toml"]);
    assert_eq!(lost.code(), 2);
    assert!(lost.err().contains("receive --help"), "{}", lost.err());
    let file = home.path("receive.toml");
    let spool = home.path("spool");
    fs::write(
        &file,
        format!(
            "url = \"http://127.0.0.1:1/intake/x\"\nspool = \"{}\"",
            text(&spool)
        ),
    )
    .unwrap();
    let empty = home.wharf(&["payments", "receive", "--settings", text(&file)]);
    assert_eq!(empty.code(), 2);
    assert!(empty.err().contains("RunOnReceive"), "{}", empty.err());
    let flushed = home.wharf(&["payments", "receive", "--flush", "--settings", text(&file)]);
    assert_eq!((flushed.code(), flushed.out().trim()), (0, "0 delivered"));
}

#[test]
fn a_token_travels_unencrypted_on_this_machine_alone() {
    let home = Home::new();
    let (file, spool) = (home.path("receive.toml"), home.path("spool"));
    let flushed = |url: &str| {
        let settings = format!("url = \"{url}\"\nspool = \"{}\"", text(&spool));
        fs::write(&file, settings).unwrap();
        home.wharf(&["payments", "receive", "--flush", "--settings", text(&file)])
    };
    for fine in [
        "https://pay.example.com/intake/x",
        "http://localhost:8470/intake/x",
        "http://127.0.0.1:8470/intake/x",
        "http://[::1]:8470/intake/x",
    ] {
        let got = flushed(fine);
        assert_eq!(got.code(), 0, "{fine}: {}", got.err());
    }
    for open in [
        "http://pay.example.com/intake/secret-token",
        "http://192.168.1.5:8470/intake/secret-token",
        "http://127.0.0.1@pay.example.com/intake/secret-token",
        "http://localhost.example.com/intake/secret-token",
    ] {
        let got = flushed(open);
        assert_eq!(got.code(), 2, "{open}");
        let said = got.err();
        assert!(
            said.contains("plain http://") && said.contains("write https://"),
            "{said}"
        );
        assert!(!said.contains("secret-token"), "{said}");
    }
    for wrong in ["pay.example.com/intake/x", "ftp://127.0.0.1/intake/x"] {
        let got = flushed(wrong);
        assert_eq!(got.code(), 2, "{wrong}");
        assert!(got.err().contains("devices add"), "{}", got.err());
    }
}

#[test]
fn devices_are_added_moved_and_removed() {
    let modem = Modem::new();
    let url = modem.device["url"].as_str().unwrap();
    assert!(url.contains("/intake/"), "{url}");
    assert!(modem.device["steps"][0].as_str().unwrap().contains(url));
    let again = modem.home.wharf(&[
        "payments", "devices", "add", "modem", "--store", "shop", "--format", "generic",
        "--wallet", "cash",
    ]);
    assert_eq!(again.code(), 1);
    assert!(again.err().contains("rotate"), "{}", again.err());
    for (wrong, said) in [
        (
            [
                "--store",
                "elsewhere",
                "--format",
                "generic",
                "--wallet",
                "cash",
            ],
            "wharf apply",
        ),
        (
            ["--store", "shop", "--format", "pigeon", "--wallet", "cash"],
            "smsgate",
        ),
        (
            ["--store", "shop", "--format", "twilio", "--wallet", "cash"],
            "--signing-key-stdin",
        ),
    ] {
        let mut all = vec!["payments", "devices", "add", "other"];
        all.extend(wrong);
        let got = modem.home.wharf(&all);
        assert_eq!(got.code(), 2, "{wrong:?}");
        assert!(got.err().contains(said), "{}", got.err());
    }
    let moved = modem
        .home
        .wharf(&["payments", "devices", "rotate", "modem", "--json"]);
    assert_ne!(moved.json()["url"], modem.device["url"]);
    let shown = modem.home.wharf(&["payments", "devices"]);
    assert!(shown.out().contains("never heard of"), "{}", shown.out());
    assert_eq!(
        modem
            .home
            .wharf(&["payments", "devices", "remove", "modem"])
            .code(),
        0
    );
    assert_eq!(
        modem
            .home
            .wharf(&["payments", "devices", "remove", "modem"])
            .code(),
        1
    );
    assert_eq!(modem.devices().len(), 1);
    let formats = modem
        .home
        .wharf(&["payments", "devices", "formats", "--json"]);
    assert_eq!(formats.json()["formats"].as_array().unwrap().len(), 8);
}
