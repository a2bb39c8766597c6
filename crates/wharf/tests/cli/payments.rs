//! `wharf payments`.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use super::phones::Modem;
use super::{Got, Home, SHOP, SITE, program, text};

#[test]
fn parse_tells_what_a_message_means() {
    let sms = "تم استلام مبلغ ٢٥٠ جنيه من رقم 01055566677 المسجل بإسم سامي رزق على رقم محفظتك  01012345678.\nرصيدك الحالي: 790.25 جنيه\nتاريخ العملية: 18:40 26-05-12\nرقم العملية: 020111222333";
    let at = ["--at", "2026-05-12T18:41:00+03:00"];
    let got = parse(&["--sender", "VF-Cash", at[0], at[1], "--json"], sms);
    assert_eq!(got.code(), 0, "{}", got.err());
    let mut json = got.json();
    json["tried"].take();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "template": "vodafone-cash/received-g2",
      "operator": "vodafone-cash",
      "kind": "received",
      "amount_minor": 25000,
      "currency": "EGP",
      "fee_minor": null,
      "balance_minor": 79025,
      "phone": "+201055566677",
      "name": "سامي رزق",
      "address": null,
      "wallet": "+201012345678",
      "id": "020111222333",
      "original_id": null,
      "time": "2026-05-12T15:40:00Z",
      "doubts": [],
      "tried": null
    }
    "#);

    let got = parse(&["--sender", "VF-Cash", at[0], at[1]], sms);
    insta::assert_snapshot!(got.out(), @"
    vodafone-cash/received-g2: money that came
      amount     250.00 EGP
      balance    790.25 EGP
      phone      01055566677
      name       سامي رزق
      wallet     01012345678
      id         020111222333
      time       2026-05-12T15:40:00Z
    ");
}

#[test]
fn parse_tells_why_a_message_is_not_understood() {
    let sms = "تم استلام مبلغ 250 جنيه من رقم 01055566677 المسجل بإسم سامي رزق على رقم محفظتك 01012345678. رصيدك الحالي: كثير";
    let got = parse(&["--sender", "VF-Cash"], sms);
    assert_eq!(got.code(), 1);
    insta::assert_snapshot!(got.out(), @r#"
    not understood: no template of "vodafone-cash" fits the whole text
      nearest    vodafone-cash/received-g2 (24 of 36 pieces of its pattern fit)
      fits       تم استلام مبلغ 250 جنيه من رقم 01055566677 المسجل بإسم سامي رزق على رقم محفظتك 01012345678. رصيدك الحالي:
      then       <balance>
      but found  كثير
    "#);
    let got = parse(&["--sender", "VF-Cash", "--json"], sms);
    assert_eq!(got.code(), 1);
    assert_eq!(got.json()["template"], serde_json::Value::Null);
    assert_eq!(
        got.json()["nearest"]["template"],
        "vodafone-cash/received-g2"
    );

    let got = parse(&["--sender", "+201012345678"], sms);
    assert_eq!(got.code(), 1);
    assert!(
        got.out().contains("no wallet has the sender"),
        "{}",
        got.out()
    );
    let got = parse(&["--sender", "WE Pay"], sms);
    assert!(
        got.out().contains("\"we-pay\" has the sender"),
        "{}",
        got.out()
    );
}

#[test]
fn parse_reads_several_messages_and_lists() {
    let two = "رصيد محفظتك الحالى 20.60 ج.م.\n---\nكود التفعيل الخاص بك هو 123456\n";
    let got = parse(&["--sender", "e& money", "--json"], two);
    assert_eq!(got.code(), 0, "{}", got.out());
    assert_eq!(got.json()[0]["balance_minor"], 2_060);
    assert_eq!(got.json()[1]["kind"], "code");

    let list = r#"[{"sender":"bKash","text":"You have received Tk 500.00 from 01812345678. Fee Tk 0.00. Balance Tk 617.78. TrxID CJU0PZQ3A7 at 30/10/2026 21:02","at":"2026-10-30T15:03:00Z"},
        {"_address":"MoMo","messages":[{"_body":"hello","_date":"1776110617040"}]}]"#;
    let got = parse(&["--json"], list);
    assert_eq!(got.code(), 1);
    assert_eq!(got.json()[0]["phone"], "+8801812345678");
    assert_eq!(got.json()[0]["doubts"], serde_json::json!([]));
    assert_eq!(got.json()[1]["operator"], "momo-rw");
}

#[test]
fn parse_used_wrongly_says_how_to_use_it() {
    for (arguments, input, said) in [
        (&["--sender", "VF-Cash"][..], " \n", "there is no message"),
        (&[], "hello", "it is not told who wrote the message"),
        (&[], "[{\"text\":\"x\"}]", "is no message"),
        (&[], "{\"text\":\"x\"}", "is no message"),
        (
            &[],
            "[{\"sender\":\"VF-Cash\"",
            "is not the JSON that it begins as",
        ),
        (
            &["--sender", "x", "--at", "soon"],
            "x",
            "it is no time; write one like 2026-09-03T14:26:09+03:00",
        ),
        (&["--sender", "x", "--wallets", "/nowhere"], "x", "/nowhere"),
    ] {
        let got = parse(arguments, input);
        assert_eq!(got.code(), 2, "{arguments:?} {}", got.out());
        assert!(got.err().contains(said), "{}", got.err());
    }
}

#[test]
fn a_wallet_of_ones_own_needs_no_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("nile.toml");
    let wallet = "name = \"nile-pay\"\ntitle = \"Nile Pay\"\nsenders = [\"NilePay\"]\n[[template]]\nname = \"got\"\nkind = \"received\"\npattern = 'got <amount> from <phone>'\n[[template.sample]]\nat = \"2026-01-01T00:00:00Z\"\ntext = \"got 5 from 01012345678\"\namount = \"5\"\nphone = \"01012345678\"\n";
    std::fs::write(&file, wallet).unwrap();
    let own = ["--wallets", text(dir.path())];
    let got = parse(
        &["--sender", "nile pay", "--json", own[0], own[1]],
        "got 7.5 from 01112345678",
    );
    assert_eq!(got.code(), 0, "{}", got.err());
    assert_eq!(got.json()["amount_minor"], 750);

    let got = parse(&["--check", own[0], own[1]], "");
    assert_eq!(got.code(), 0, "{}", got.out());
    std::fs::write(&file, wallet.replace("amount = \"5\"", "amount = \"6\"")).unwrap();
    let got = parse(&["--check", own[0], own[1]], "");
    assert_eq!(got.code(), 1);
    assert!(
        got.out()
            .contains("nile-pay/got: the amount should be 6.00, but is 5.00"),
        "{}",
        got.out()
    );
    std::fs::write(&file, wallet.replace("<amount>", "(<amount>")).unwrap();
    let got = parse(&["--check", own[0], own[1]], "");
    assert_eq!(got.code(), 2);
    assert!(
        got.err().contains("nile.toml") && got.err().contains("template \"got\""),
        "{}",
        got.err()
    );
}

fn parse(arguments: &[&str], input: &str) -> Got {
    let mut child = program()
        .args(["payments", "parse"])
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Got(child.wait_with_output().unwrap())
}

#[test]
fn payments_are_seen_and_decided_at_the_command_line() {
    let home = Home::new();
    let stores = home.wharf(&["payments", "stores"]);
    assert_eq!(stores.code(), 0, "{}", stores.err());
    assert!(stores.out().contains("no store yet"), "{}", stores.out());
    home.apply(&format!("{SITE}{SHOP}"));
    for (arguments, wanted) in [
        (&["payments", "stores"][..], "shop  Example"),
        (&["payments", "wallets"], "balance not known"),
        (&["payments", "transfers"], "no transfers"),
        (&["payments", "claims", "--client", "7"], "no claims"),
        (&["payments", "messages"], "no messages"),
        (&["payments", "review"], "nothing waits for a person"),
    ] {
        let done = home.wharf(arguments);
        assert_eq!(done.code(), 0, "{arguments:?}: {}", done.err());
        assert!(done.out().contains(wanted), "{arguments:?}: {}", done.out());
        let list = home.wharf(&[arguments, &["--json"]].concat()).json();
        assert!(
            list.as_object().is_some_and(|list| list.len() == 1),
            "{list}"
        );
    }
    let rate = home.wharf(&[
        "payments", "stores", "rate", "shop", "USD", "50.75", "--actor", "mona",
    ]);
    assert_eq!(rate.code(), 0, "{}", rate.err());
    let csv = home.wharf(&["payments", "export", "audit"]);
    assert!(csv.out().contains("50.75"), "{}", csv.out());
    // The heading, what was set up (a store with its rate, a wallet, a phone), and the new rate.
    assert_eq!(csv.out().lines().count(), 6, "{}", csv.out());
    assert!(csv.out().contains(",mona,rate,store/shop,USD 50.75"));
    exports_by_day_and_into_a_file(&home, &csv.out());
    let of_rate = |currency: &'static str, how: &'static str| {
        home.wharf(&[
            "payments", "stores", "rate", "shop", currency, how, "--actor", "mona",
        ])
    };
    // As it is kept, not as it was typed.
    assert_eq!(of_rate("eur", "٥٥").out(), "shop: 1 EUR = 55 from now on\n");
    let removed = of_rate("eur", "--remove");
    assert_eq!(removed.out(), "shop: no rate for EUR any more\n");
    let none = of_rate("EUR", "--remove");
    assert!(none.code() == 1 && none.err().contains("no rate for EUR"));
    let doctor = home.wharf(&["doctor", "--json"]).json();
    let found: Vec<String> = doctor["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| format!("{}: {}", check["name"], check["verdict"]))
        .collect();
    for wanted in [
        r#""store shop, rates": "fine""#,
        r#""store shop, caution": "fine""#,
        r#""reviewers": "doubtful""#,
        r#""wallet cash": "doubtful""#,
        r#""messages": "fine""#,
        r#""phone phone": "doubtful""#,
    ] {
        assert!(
            found.iter().any(|line| line == wanted),
            "{wanted}: {found:#?}"
        );
    }
    for (arguments, code, wanted) in [
        (
            &[
                "payments", "stores", "rate", "x", "USD", "5", "--actor", "a",
            ][..],
            1,
            "there is no store",
        ),
        (
            &[
                "payments", "stores", "rate", "shop", "USD", "x", "--actor", "a",
            ],
            2,
            "x",
        ),
        (
            &[
                "payments", "stores", "rate", "shop", "USD", "507.5", "--actor", "a",
            ],
            2,
            "if it is meant, add --sure",
        ),
        (
            &[
                "payments", "stores", "rate", "shop", "XXXX", "5", "--actor", "a",
            ],
            2,
            "XXXX is no currency code",
        ),
        (
            &["payments", "claims", "--client", "abc"],
            2,
            "it is no client",
        ),
        (
            &["payments", "transfers", "--client", "abc"],
            2,
            "it is no client",
        ),
        (
            &["payments", "claims", "show", "x"],
            1,
            "there is no claim \"x\"",
        ),
        (
            &["payments", "messages", "show", "x"],
            1,
            "there is no message \"x\"",
        ),
        (
            &["payments", "audit", "--subject", "review/x"],
            1,
            "there is no review item \"x\"",
        ),
        (
            &["payments", "reconcile", "--store", "x"],
            1,
            "there is no store",
        ),
        (
            &["payments", "review", "--store", "x"],
            1,
            "there is no store",
        ),
        (
            &["payments", "claims", "--store", "x"],
            1,
            "there is no store",
        ),
        (
            &["payments", "transfers", "--wallet", "zz"],
            1,
            "there is no wallet",
        ),
        (
            &["payments", "messages", "--wallet", "zz"],
            1,
            "there is no wallet",
        ),
        (
            &["payments", "messages", "--device", "zz"],
            1,
            "there is no phone",
        ),
        (
            &["payments", "claims", "--site", "zz"],
            1,
            "there is no site",
        ),
        (
            &["payments", "export", "claims", "--json"],
            2,
            "name a file with --out",
        ),
        (
            &["payments", "review", "--kind", "zz"],
            2,
            "possible values: contest",
        ),
        (
            &["payments", "messages", "--state", "zz"],
            2,
            "possible values: new",
        ),
        (
            &["payments", "export", "claims", "--state", "zz"],
            2,
            "claims have no state \"zz\"",
        ),
        (
            &["payments", "export", "claims", "--store", "zz"],
            1,
            "there is no store",
        ),
        (
            &["payments", "transfers", "--since", "yesterday"],
            2,
            "write one like 2026-09-03",
        ),
        (
            &["payments", "export", "audit", "--out", "/nowhere/x.csv"],
            1,
            "name a file in a folder that exists",
        ),
        (&["payments", "export", "odd"], 2, "possible values"),
        (
            &["payments", "transfers", "show", "x"],
            1,
            "there is no transfer x",
        ),
        (
            &["payments", "wallets", "--store", "x"],
            1,
            "there is no store \"x\"",
        ),
        (
            &["payments", "wallets", "remove", "cash", "--actor", "a"],
            1,
            "wallet cash is in use: 1 phone",
        ),
        (
            &["payments", "stores", "remove", "x", "--actor", "a"],
            1,
            "there is no store \"x\"",
        ),
        (
            &["sites", "remove", "main", "--actor", "a"],
            1,
            "site main is in use: 1 store",
        ),
        (
            &["payments", "review", "show", "x"],
            1,
            "there is no review item x",
        ),
        (&["payments", "review", "approve", "x"], 2, "--reason"),
        (
            &[
                "payments", "review", "reject", "x", "--reason", "why", "--actor", "mona",
            ],
            1,
            "there is no review item x",
        ),
        (
            &["payments", "transfers", "--state", "odd"],
            2,
            "possible values",
        ),
    ] {
        let done = home.wharf(arguments);
        assert_eq!(done.code(), code, "{arguments:?}: {}", done.err());
        assert!(done.err().contains(wanted), "{arguments:?}: {}", done.err());
    }
}

fn exports_by_day_and_into_a_file(home: &Home, whole: &str) {
    let audit = |more: &[&str]| home.wharf(&[&["payments", "export", "audit"], more].concat());
    assert_eq!(audit(&["--since", "2020-01-01"]).out(), whole);
    for none in [["--since", "2999-01-01"], ["--until", "2020-01-01"]] {
        let heading = audit(&none).out();
        assert_eq!(heading.lines().count(), 1, "{none:?}: {heading}");
        assert!(whole.starts_with(&heading), "{heading}");
    }
    let file = home.path("audit.csv");
    // It holds phones and names: nobody else may read it, whoever could before.
    std::fs::write(&file, "older").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = audit(&["--out", text(&file)]);
    assert!(
        told.out().starts_with("5 rows written to "),
        "{}",
        told.out()
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let nowhere = home.path("no-such-folder/audit.csv");
    let refused = audit(&["--out", text(&nowhere)]);
    assert_eq!(refused.code(), 1);
    assert!(
        refused.err().contains("cannot be written"),
        "{}",
        refused.err()
    );
    let odd = audit(&["--since", "yesterday"]);
    assert_eq!(odd.code(), 2, "{}", odd.err());
}

/// A configured Wharf of its own.

#[test]
fn what_was_never_used_is_removed_at_the_command_line() {
    let home = Home::new();
    home.apply(&format!("{SITE}{SHOP}"));
    let sites = home.wharf(&["sites"]);
    assert!(
        sites.out().contains("http://127.0.0.1:9/billing  1 store"),
        "{}",
        sites.out()
    );
    for arguments in [
        &["payments", "devices", "remove", "phone"][..],
        &["payments", "wallets", "remove", "cash", "--actor", "mona"],
        &["payments", "stores", "remove", "shop", "--actor", "mona"],
        &["sites", "remove", "main", "--actor", "mona"],
    ] {
        let done = home.wharf(arguments);
        assert_eq!(done.code(), 0, "{arguments:?}: {}", done.err());
        let again = home.wharf(arguments);
        assert_ne!(again.code(), 0, "{arguments:?}: {}", again.out());
        assert!(again.err().contains("there is no "), "{}", again.err());
    }
    assert!(home.wharf(&["sites"]).out().contains("no site yet"));
    let audit = home.wharf(&["payments", "audit", "--event", "removed"]);
    assert_eq!(audit.out().lines().count(), 4, "{}", audit.out());
}

/// Above the limit two people must agree, each of whom is an operator who may decide.
#[test]
fn two_operators_agree_at_the_command_line() {
    let modem = Modem::of(&SHOP.replace(
        "name = \"Example\"",
        "name = \"Example\"\nsecond_person_above = \"500\"\nceiling_transfer = \"500\"",
    ));
    let home = &modem.home;
    let mut daemon = home.serve();
    let taken = modem.receive(&daemon.public, modem.key(), "023123456789");
    assert_eq!(taken.code(), 0, "{}", taken.err());
    let ceiling = || {
        let listed = home.wharf(&["payments", "review", "--kind", "ceiling", "--json"]);
        assert_eq!(listed.code(), 0, "{}", listed.err());
        let reviews = listed.json()["reviews"].as_array().unwrap().clone();
        reviews
            .first()
            .map(|review| review["id"].as_str().unwrap().to_owned())
    };
    let began = std::time::Instant::now();
    let item = loop {
        if let Some(item) = ceiling() {
            break item;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(30));
    };
    assert!(daemon.stop().success());

    let with = |more: &[&str]| {
        let mut arguments = vec!["payments", "review"];
        arguments.extend_from_slice(more);
        home.wharf(&arguments)
    };
    // More is asked about it, and nothing says that it was seen.
    for word in ["approve", "reject"] {
        let blind = with(&[word, &item, "--reason", "seen", "--actor", "mona"]);
        assert_eq!(blind.code(), 1, "{}", blind.out());
        assert!(
            blind.err().contains(&format!(
                "\"wharf payments review show {item}\" shows it, and the word to give with --seen"
            )),
            "{}",
            blind.err()
        );
    }
    // The log names what is decided about, and the item leads there.
    let subject = format!("review/{item}");
    let audit = home.wharf(&["payments", "audit", "--subject", &subject, "--json"]);
    let lines = audit.json()["audit"].as_array().unwrap().clone();
    let about = |line: &serde_json::Value| line["subject"].as_str().unwrap().to_owned();
    assert!(!lines.is_empty() && about(&lines[0]).starts_with("transfer/"));
    let messages = home.wharf(&["payments", "messages", "--json"]).json();
    let id = messages["messages"][0]["id"].as_str().unwrap().to_owned();
    let message = home.wharf(&["payments", "messages", "show", &id]);
    assert!(message.out().contains("023123456789"), "{}", message.err());
    let shown = with(&["show", &item]).out();
    let (_, seen) = shown.rsplit_once("--seen ").unwrap();
    let seen = seen.trim().to_owned();
    assert_eq!(
        with(&["show", &item, "--json"]).json()["review"]["seen"],
        seen
    );
    let approve = |actor: &str| {
        with(&[
            "approve", &item, "--reason", "seen", "--actor", actor, "--seen", &seen,
        ])
    };
    let invented = approve("mona");
    assert_eq!(invented.code(), 1);
    assert!(
        invented
            .err()
            .contains("\"mona\" is no operator who may decide"),
        "{}",
        invented.err()
    );
    for (name, role) in [("mona", "reviewer"), ("sami", "admin"), ("vera", "viewer")] {
        let mut adding = home.command(&["operators", "add", name, "--role", role]);
        adding
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut adding = adding.spawn().unwrap();
        let mut password = adding.stdin.take().unwrap();
        writeln!(password, "quay-{}-lantern-7", role.len()).unwrap();
        drop(password);
        let added = Got(adding.wait_with_output().unwrap());
        assert_eq!(added.code(), 0, "{}", added.err());
    }
    for (odd, why) in [
        (
            ["--seen", "0123456789ab"],
            "it has changed since you looked",
        ),
        (["--wallet", "nonsense"], "which wallet it is about"),
        (["--claim", "nonsense"], "is not one that waits"),
    ] {
        let mut arguments = vec!["approve", &item, "--reason", "x", "--actor", "mona"];
        if odd[0] != "--seen" {
            arguments.extend(["--seen", &seen]);
        }
        arguments.extend(odd);
        let odd = with(&arguments);
        assert_eq!(odd.code(), 1, "{}", odd.out());
        assert!(odd.err().contains(why), "{why}: {}", odd.err());
    }
    assert_eq!(approve("vera").code(), 1, "who only looks does not decide");
    let first = approve("mona");
    assert_eq!(
        first.out().trim(),
        "kept; a second person must approve it, too"
    );
    let same = approve("Mona");
    assert_eq!(same.code(), 1, "{}", same.out());
    assert_eq!(ceiling().as_deref(), Some(item.as_str()));
    let second = approve("sami");
    assert_eq!(second.code(), 0, "{}", second.err());
    assert!(second.out().starts_with("approved;"), "{}", second.out());
    assert_eq!(ceiling(), None);
}
