//! What an operator asks at the command line beside a running daemon.
#![expect(clippy::panic, reason = "a test that cannot go on must fail")]

use serde_json::{Value, json};
use wharf_tests::Sandbox;

fn answer(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.push("--json");
    let (code, out, err) = sandbox.wharf(&all);
    assert_eq!(code, Some(0), "{arguments:?}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[test]
fn domains_are_shown_as_registrar_and_journal_have_them() {
    let sandbox = Sandbox::start();
    let (code, _, err) = sandbox.wharf(&["domains", "list"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("no registrar account is known yet"), "{err}");

    let bought = sandbox.purchase(&[]);
    let name = text(&bought, "/domain");
    let info = answer(&sandbox, &["domains", "info", name]);
    assert_eq!(text(&info, "/found"), "here");
    assert_eq!(text(&info, "/domain/renewal_mode"), "AUTOEXPIRE");
    assert_eq!(text(&info, "/effects/0/kind"), "domains.register");
    assert_eq!(text(&info, "/effects/0/state"), "done");
    let (_, shown, _) = sandbox.wharf(&["domains", "info", name, "--fresh"]);
    assert!(
        shown.contains("AUTOEXPIRE") && shown.contains("domains.register"),
        "{shown}"
    );

    let found = answer(
        &sandbox,
        &[
            "domains",
            "check",
            name,
            "free-for-all.com",
            "taken-already.com",
        ],
    );
    let is: Vec<&str> = (0..3)
        .map(|n| text(&found, ["/names/0/is", "/names/1/is", "/names/2/is"][n]))
        .collect();
    assert_eq!(is, ["taken", "available", "taken"]);

    let list = answer(
        &sandbox,
        &["domains", "list", "--tld", "com", "--state", "active"],
    );
    assert_eq!(text(&list, "/domains/0/name"), name);
    let none = answer(
        &sandbox,
        &["domains", "list", "--expires-until", "2020-01-01"],
    );
    assert_eq!(none["domains"], json!([]));
    assert_eq!(
        answer(&sandbox, &["domains", "sync", "--all"])["domains"],
        1
    );
    let read = answer(&sandbox, &["domains", "sync", name, "nobody-has-this.com"]);
    assert_eq!(text(&read, "/names/0/found"), "here");
    assert_ne!(text(&read, "/names/1/found"), "here");
    let transfer = answer(&sandbox, &["domains", "transfer", "status", name]);
    assert_eq!(transfer["transfer"], Value::Null);

    let facts = answer(&sandbox, &["domains", "tlds", "co.uk"]);
    assert_eq!(text(&facts, "/tld"), "co.uk");
    let facts = answer(&sandbox, &["domains", "tlds", "some.name.de"]);
    assert_eq!(text(&facts, "/auth_code"), "denic_auth_info1");
    let php = answer(&sandbox, &["domains", "renewal-minimums"]);
    assert!(text(&php, "/php").contains("$DomainRenewalMinimums['.de'] = "));
}

#[test]
fn the_wrong_account_is_answered_with_the_right_ones() {
    let sandbox = Sandbox::start();
    sandbox.purchase(&[]);
    let (code, _, err) = sandbox.wharf(&["domains", "list", "--module", "other"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--site main --module wharf"), "{err}");
    let (code, _, err) = sandbox.wharf(&["domains", "info", "no name"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("is no domain name"), "{err}");
}

#[test]
fn the_journal_is_asked_by_domain() {
    let sandbox = Sandbox::start();
    let bought = sandbox.purchase(&[]);
    let name = text(&bought, "/domain");
    let listed = answer(&sandbox, &["journal", "list", "--domain", name]);
    let kinds: Vec<&str> = listed["effects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|effect| text(effect, "/kind"))
        .collect();
    assert_eq!(kinds, ["domains.register"]);
    let all = answer(&sandbox, &["journal", "list"]);
    assert!(all["effects"].as_array().is_some_and(|all| all.len() > 1));
    let (code, out, _) = sandbox.wharf(&["journal", "settle", "--domain", name]);
    assert_eq!(
        (code, out.trim()),
        (Some(0), "no effect waits to be settled")
    );
    let id = text(&listed, "/effects/0/id");
    let settled = answer(&sandbox, &["journal", "settle", id]);
    assert_eq!(text(&settled, "/state"), "done");
}
