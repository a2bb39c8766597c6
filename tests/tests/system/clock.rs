//! The sandbox's time: one for shop, PHP, registry and daemon, kept through a death of the daemon.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use wharf_tests::module_socket::{ModuleSocket, registration};
use wharf_tests::{Sandbox, client, json, last_word, until, wharf};

fn clock(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = wharf();
    command
        .args(["sandbox", "--json", "--dir"])
        .arg(sandbox.path())
        .arg("clock")
        .args(arguments);
    command
}

fn now(sandbox: &Sandbox) -> Timestamp {
    let told = last_word(clock(sandbox, &["show"]));
    let now = told.pointer("/clock/now").and_then(Value::as_str);
    now.unwrap().parse().unwrap()
}

/// When the daemon intended its newest effect.
fn newest_effect(sandbox: &Sandbox) -> Timestamp {
    let (code, out, err) = sandbox.wharf(&["journal", "list", "--limit", "1", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let listed: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let at = listed.pointer("/effects/0/created_at").unwrap_or(&listed);
    match at {
        Value::Number(ms) => Timestamp::from_millisecond(ms.as_i64().unwrap()).unwrap(),
        text => text.as_str().unwrap().parse().unwrap(),
    }
}

#[tokio::test]
async fn everything_lives_in_one_time_which_only_moves_forward() {
    let sandbox = Sandbox::start();
    let socket = ModuleSocket::of(&sandbox);
    let started = now(&sandbox);
    let steps = last_word(clock(&sandbox, &["advance", "90d", "--step", "30d"]));
    assert_eq!(steps["steps"].as_array().unwrap().len(), 3, "{steps}");
    let ninety = SignedDuration::from_hours(24 * 90);
    assert!(now(&sandbox) >= started + ninety);

    // The daemon dies and comes back: its time is still the sandbox's.
    let killed = client()
        .post(format!("{}/daemon/kill.json", sandbox.at.control))
        .header("x-sandbox", "1")
        .send()
        .await
        .unwrap();
    assert!(killed.status().is_success());
    let health = format!("{}/healthz", sandbox.at.daemon);
    until("the daemon is back", Duration::from_secs(20), async || {
        let answer = client().get(&health).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    let (_, answer) = socket
        .call(
            "registrar/wharf/RegisterDomain",
            &registration(&sandbox, 1, "later.com"),
        )
        .await;
    assert_eq!(answer.get("error"), None, "{answer}");
    let (at, later) = (newest_effect(&sandbox), started + ninety);
    assert!(at >= later, "{at} is before {later}");
    let registered = json(&format!("{}/_sandbox/domains", sandbox.at.registry)).await;
    let created = registered.to_string();
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    assert!(
        created.contains(&day(later)) || created.contains(&day(now(&sandbox))),
        "{created}"
    );
    let log = sandbox.rows("tblactivitylog").await;
    assert!(
        log.iter()
            .all(|line| line["date"].as_str().unwrap() >= day(started).as_str()),
        "{log:?}"
    );

    // A whole purchase plays in that time: quote, message, payment, registration.
    let played = sandbox.purchase(&[]);
    assert_eq!(played.get("error"), None, "{played}");

    let back = clock(&sandbox, &["set", "2026-01-01"]).output().unwrap();
    assert_eq!(back.status.code(), Some(2));
    let said = String::from_utf8_lossy(&back.stderr);
    assert!(said.contains("time only moves forward"), "{said}");
}
