//! What a domain has on or off: registrar lock, ID protection, suspension.

use serde_json::{Value, json};
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::life::{Life, Proof, live};
use crate::{World, error, name};

fn with(more: &Value) -> Value {
    let mut params = name();
    for (key, value) in more.as_object().unwrap() {
        params[key] = value.clone();
    }
    params
}

fn locked(life: &mut Life) {
    life.lock = true;
}

fn unlocked(life: &mut Life) {
    life.lock = false;
}

fn private(life: &mut Life) {
    life.privacy = true;
}

fn held(life: &mut Life) {
    life.held = true;
}

fn switches() -> Vec<Proof> {
    let proof = |function, more: Value, before: fn(&mut Life), did| Proof {
        function,
        params: with(&more),
        command: "ModifyDomain",
        before,
        did,
        again: true,
    };
    vec![
        proof(
            "SaveRegistrarLock",
            json!({"lockenabled": "locked"}),
            unlocked,
            &["TRANSFERLOCK=1"],
        ),
        proof(
            "SaveRegistrarLock",
            json!({"lockenabled": "unlocked"}),
            locked,
            &["TRANSFERLOCK=0"],
        ),
        proof(
            "IDProtectToggle",
            json!({"protectenable": true}),
            unlocked,
            &["X-ACCEPT-WHOISTRUSTEE-TAC=1"],
        ),
        proof(
            "IDProtectToggle",
            json!({"protectenable": false}),
            private,
            &["X-ACCEPT-WHOISTRUSTEE-TAC=0"],
        ),
    ]
}

#[tokio::test]
async fn a_switch_is_thrown_once_whatever_becomes_of_the_answer() {
    for proof in switches() {
        proof.hold().await;
    }
}

#[tokio::test]
async fn a_suspension_and_its_end_are_made_so_whatever_becomes_of_the_answer() {
    type Case = (&'static str, fn(&mut Life), &'static [&'static str]);
    let cases: [Case; 2] = [
        ("SuspendDomain", unlocked, &["ADDSTATUS0=clientHold"]),
        ("UnsuspendDomain", held, &["DELSTATUS0=clientHold"]),
    ];
    for (function, before, did) in cases {
        let proof = Proof {
            function,
            params: name(),
            command: "ModifyDomain",
            before,
            did,
            again: false,
        };
        proof.hold().await;
    }
}

#[tokio::test]
async fn a_silent_registrar_is_in_progress_and_not_asked_twice() {
    for proof in switches() {
        proof.hangs().await;
    }
}

#[tokio::test]
async fn fifty_clicks_at_once_are_one() {
    for proof in switches() {
        proof.fifty().await;
    }
}

#[tokio::test]
async fn there_and_back_again_are_three_wishes() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        for (wanted, on) in [("locked", true), ("unlocked", false), ("locked", true)] {
            let params = with(&json!({ "lockenabled": wanted }));
            let answer = world.call("SaveRegistrarLock", params).await;
            assert_eq!(answer.value, json!({"success": true}));
            assert_eq!(life.lock().unwrap().lock, on);
        }
        assert_eq!(life.lock().unwrap().did.len(), 3);
    }
}

#[tokio::test]
async fn what_an_extension_does_not_have_is_said_and_nothing_is_sent() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    live(&world.registrar);
    for (function, more, says) in [
        (
            "SaveRegistrarLock",
            json!({"tld": "de", "lockenabled": "locked"}),
            "no transfer lock for .de",
        ),
        (
            "SaveRegistrarLock",
            json!({"lockenabled": "perhaps"}),
            "no registrar lock",
        ),
        (
            "IDProtectToggle",
            json!({"tld": "swiss", "protectenable": true}),
            "no ID protection for .swiss",
        ),
    ] {
        let answer = world.call(function, with(&more)).await;
        assert!(error(&answer).contains(says), "{answer:?}");
    }
    assert_eq!(world.registrar.all_calls(), 0);
}
