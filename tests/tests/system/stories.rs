//! The purchase under faults: it always ends active, with one domain, one user, one service and one credit.
//! (The story itself proves the counts from the far side.)

use std::time::Duration;

use serde_json::Value;
use wharf_tests::{Sandbox, last_word, wharf};

fn is_active(ending: &Value) {
    assert_eq!(
        ending.pointer("/outcome").and_then(Value::as_str),
        Some("active"),
        "{ending}"
    );
    assert!(
        ending
            .pointer("/seconds_from_sms_to_active")
            .is_some_and(Value::is_f64),
        "{ending}"
    );
}

#[test]
fn a_fresh_sandbox_plays_the_purchase_and_leaves_nothing_behind() {
    let mut command = wharf();
    command.args(["story", "purchase", "--fresh", "--json"]);
    is_active(&last_word(command));
}

#[test]
fn lost_answers_do_nothing_twice() {
    let sandbox = Sandbox::start();
    for call in CHANGES {
        is_active(&sandbox.purchase(&[&format!("{}:cut-after-commit:{}", call.0, call.1)]));
    }
    let all: Vec<String> = CHANGES
        .iter()
        .map(|call| format!("{}:cut-after-commit:{}", call.0, call.1))
        .collect();
    is_active(&sandbox.purchase(&all.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn a_daemon_killed_in_mid_call_does_nothing_twice() {
    let sandbox = Sandbox::start();
    for call in CHANGES {
        is_active(&sandbox.purchase(&[&format!("{}:kill-daemon:{}", call.0, call.1)]));
    }
}

#[test]
fn answers_that_are_none_do_nothing_twice() {
    let sandbox = Sandbox::start();
    for kind in ["garble", "truncate", "refuse"] {
        let all: Vec<String> = CHANGES
            .iter()
            .map(|call| format!("{}:{kind}:{}", call.0, call.1))
            .collect();
        is_active(&sandbox.purchase(&all.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}

#[test]
fn slow_suppliers_only_make_it_slow() {
    let mut command = wharf();
    command.args([
        "story",
        "purchase",
        "--fresh",
        "--json",
        "--latency",
        "40",
        "--times",
        "2",
    ]);
    is_active(&last_word(command));
}

/// Every call that changes something outside.
const CHANGES: [(&str, &str); 6] = [
    ("registry", "AddDomain"),
    ("supplier", "POST /api/v1/users"),
    ("supplier", "POST /api/v1/services"),
    ("supplier", "POST /api/v1/services/{id}/licences"),
    ("host", "AddCredit"),
    ("host", "ApplyCredit"),
];

#[tokio::test]
async fn a_sandbox_that_is_killed_outright_leaves_no_process_behind() {
    let sandbox = Sandbox::start();
    let state = wharf_tests::json(&format!("{}/state.json", sandbox.at.control)).await;
    let daemon = state
        .pointer("/daemon/pid")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    assert!(is_running(daemon));
    sandbox.kill();
    wharf_tests::until("the daemon is gone", Duration::from_secs(15), async || {
        !is_running(daemon)
    })
    .await;
}

fn is_running(pid: u64) -> bool {
    // A process that has ended but was not waited for is gone as well.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
