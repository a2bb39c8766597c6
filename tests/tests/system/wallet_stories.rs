//! The stories of wallet payments, and random troubles under them: every client has exactly the credit that the
//! client's true transfers are worth.

use serde_json::{Value, json};
use wharf_tests::{Sandbox, client, last_word, wharf};

fn play(story: &str, faults: &[&str]) -> Value {
    let mut command = wharf();
    command.args(["story", story, "--fresh", "--json"]);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let ending = last_word(command);
    let outcome = ending.get("outcome").and_then(Value::as_str);
    assert_eq!(outcome, Some("proved"), "{ending}");
    ending
}

#[test]
fn late_messages_are_credited_once() {
    let ending = play("wallet-late", &[]);
    assert_eq!(ending["credits"], ending["transfers"], "{ending}");
}

#[test]
fn late_messages_are_credited_once_whatever_whmcs_does() {
    let faults = [
        "host:cut-after-commit:AddCredit:3",
        "host:commit-late=400:AddCredit:2",
        "host:kill-daemon:AddCredit:2",
        "host:garble:AddCredit:2",
        "host:refuse:GetCredits:2",
    ];
    let ending = play("wallet-late", &faults);
    assert_eq!(ending["credits"], ending["transfers"], "{ending}");
}

#[test]
fn an_hour_without_whmcs_is_made_up_for_within_two_minutes() {
    let ending = play("wallet-outage", &[]);
    assert_eq!(
        (&ending["credits"], &ending["transfers"]),
        (&500.into(), &500.into())
    );
    let seconds = ending["seconds_from_return_to_all_credited"]
        .as_f64()
        .unwrap();
    assert!(seconds < 120.0, "{ending}");
}

#[test]
fn a_transfer_that_two_clients_claim_is_given_to_its_payer_by_a_person() {
    let ending = play("wallet-fight", &[]);
    assert_eq!(ending["credits"], 1, "{ending}");
}

#[test]
fn nothing_forged_is_credited_and_a_week_that_comes_again_changes_nothing() {
    let ending = play("wallet-forged", &[]);
    assert_eq!(
        (&ending["forgeries"], &ending["credits"]),
        (&11.into(), &6.into())
    );
}

#[test]
fn a_daemon_killed_at_random_moments_credits_once() {
    let ending = play("wallet-killed", &[]);
    assert_eq!(ending["credits"], ending["transfers"], "{ending}");
}

#[tokio::test]
async fn every_forwarder_app_brings_a_purchase_to_its_end() {
    let sandbox = Sandbox::start();
    for app in [
        "sms-to-url",
        "sms-forwarder",
        "httpsms",
        "textbee",
        "generic",
        "smsgate",
    ] {
        let answer = client()
            .post(format!("{}/_sandbox/phone", sandbox.at.phone))
            .json(&json!({"app": app}))
            .send();
        assert!(answer.await.unwrap().status().is_success(), "{app}");
        let ending = sandbox.purchase(&[]);
        assert_eq!(ending["outcome"], "active", "{app}: {ending}");
    }
}
