//! TransferDomain, and the answers to transfers under way.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, Fault};
use crate::life::{Life, Proof, live};
use crate::{World, error, name, order, until, until_async};

fn wish() -> Value {
    let mut wish = order(7);
    wish["eppcode"] = json!("c0de-s3cret");
    wish
}

fn elsewhere(life: &mut Life) {
    life.here = false;
}

fn transfer() -> Proof {
    Proof {
        function: "TransferDomain",
        params: wish(),
        command: "TransferDomain",
        before: elsewhere,
        did: &["transfer by c0de-s3cret"],
        again: true,
    }
}

#[tokio::test]
async fn a_domain_is_asked_for_once_whatever_becomes_of_the_answer() {
    transfer().hold().await;
}

#[tokio::test]
async fn a_silent_registrar_is_in_progress_and_not_asked_twice() {
    transfer().hangs().await;
}

#[tokio::test]
async fn fifty_requests_at_once_are_one() {
    transfer().fifty().await;
}

#[tokio::test]
async fn a_wrong_code_or_none_is_said_and_nothing_is_requested() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    elsewhere(&mut live(&world.registrar).lock().unwrap());
    let mut wrong = wish();
    wrong["eppcode"] = json!("wr0ng-c0de");
    let answer = world.call("TransferDomain", wrong).await;
    assert!(error(&answer).contains("auth code is wrong"), "{answer:?}");
    // The code of the attempt that was refused is not used again.
    let answer = world.call("TransferDomain", order(7)).await;
    assert!(error(&answer).contains("none was given"), "{answer:?}");
    assert_eq!(world.registrar.calls("TransferDomain"), 0);
    // The right one makes it good.
    let answer = world.call("TransferDomain", wish()).await;
    assert_eq!(answer.value, json!({"success": true}));
}

#[tokio::test]
async fn a_repetition_without_the_code_leaves_what_is_under_way_its_own() {
    for db in TestDb::each().await {
        let patience = Patience {
            change: Duration::from_millis(300),
            ..Patience::default()
        };
        let world = World::new(&db, patience).await;
        let life = live(&world.registrar);
        elsewhere(&mut life.lock().unwrap());
        world.registrar.fault("TransferDomain", Fault::CutBefore);
        world
            .registrar
            .always("StatusDomainTransfer", Some(Fault::Code(421)));
        for asked in [wish(), order(7)] {
            let answer = world.call("TransferDomain", asked).await;
            assert!(error(&answer).contains("in progress"), "{answer:?}");
        }
        world.registrar.always("StatusDomainTransfer", None);
        until("it is requested", || !life.lock().unwrap().did.is_empty()).await;
        assert_eq!(life.lock().unwrap().did, ["transfer by c0de-s3cret"]);
    }
}

#[tokio::test]
async fn a_code_is_sealed_no_longer_than_it_is_needed() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        elsewhere(&mut life.lock().unwrap());
        let sealed = async || {
            let sql = "SELECT name FROM secrets WHERE scope LIKE 'effect/transfer/%'";
            let rows = sqlx::query(sql).fetch_all(world.store.pool()).await;
            rows.unwrap().len()
        };
        for (code, says) in [("wr0ng-c0de", false), ("c0de-s3cret", true)] {
            let mut asked = wish();
            asked["eppcode"] = json!(code);
            let answer = world.call("TransferDomain", asked).await;
            assert_eq!(
                answer.value["success"] == json!(true),
                says,
                "{code} {answer:?}"
            );
            until_async("the code is gone", || async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                sealed().await == 0
            })
            .await;
        }
        assert_eq!(life.lock().unwrap().did, ["transfer by c0de-s3cret"]);
    }
}

#[tokio::test]
async fn who_asks_without_the_code_at_the_same_moment_takes_it_from_nobody() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        elsewhere(&mut life.lock().unwrap());
        let calls = (0..30).map(|n| {
            let asked = if n % 3 == 1 { wish() } else { order(7) };
            world.call("TransferDomain", asked)
        });
        let answers = futures_util::future::join_all(calls).await;
        for (n, answer) in answers.iter().enumerate() {
            let told = n % 3 == 1;
            assert!(
                !told || answer.value == json!({"success": true}),
                "{n} {answer:?}"
            );
        }
        assert_eq!(life.lock().unwrap().did, ["transfer by c0de-s3cret"]);
    }
}

/// Nobody can tell whether it is ours or an earlier one: a person looks.
#[tokio::test]
async fn a_transfer_without_a_date_is_not_taken_for_ours() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    elsewhere(&mut live(&world.registrar).lock().unwrap());
    world.registrar.script("StatusDomainTransfer", |_| {
        let one = |key: &str, value: &str| (key.to_owned(), 0, value.to_owned());
        let rows = vec![
            one("TRANSFERTYPE", "INCOMING"),
            one("TRANSFERSTATUS", "PENDING"),
        ];
        (200, rows)
    });
    world.registrar.fault("TransferDomain", Fault::CutBefore);
    let answer = world.call("TransferDomain", wish()).await;
    assert!(
        error(&answer).contains("nobody can tell") && error(&answer).contains("since when"),
        "{answer:?}"
    );
    assert_eq!(world.registrar.calls("TransferDomain"), 1);
}

/// .com: the registry keeps no contacts, and a new owner is confirmed by both sides, or by the agent for them.
#[tokio::test]
async fn the_designated_agent_confirms_the_owner_that_comes_with_a_transfer() {
    for (agent, old, new) in [
        ("none", false, false),
        ("new", false, true),
        ("both", true, true),
    ] {
        let db = TestDb::sqlite();
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        elsewhere(&mut life.lock().unwrap());
        let mut asked = wish();
        asked["DesignatedAgent"] = json!(agent);
        let answer = world.call("TransferDomain", asked.clone()).await;
        assert_eq!(answer.value, json!({"success": true}));
        life.lock().unwrap().here = true;
        world.registrar.script("QueryDomainList", |_| {
            let one = |key: &str, value: &str| (key.to_owned(), 0, value.to_owned());
            let rows = vec![
                one("TOTAL", "1"),
                one("DOMAIN", "example.com"),
                one("STATUS", "ACTIVE"),
            ];
            (200, rows)
        });
        let told = world.call("TransferSync", asked).await.value;
        assert_eq!(told["completed"], json!(true), "{told}");
        let owner = || {
            let did = life.lock().unwrap().did.clone();
            did.into_iter().find(|line| line.contains("OWNERCONTACT0"))
        };
        until("the contacts", || owner().is_some()).await;
        let owner = owner().unwrap();
        for (side, on) in [("OLD", old), ("NEW", new)] {
            let flag = format!("X-CONFIRM-DA-{side}-REGISTRANT=1");
            assert_eq!(owner.contains(&flag), on, "{agent}: {owner}");
        }
    }
}

#[tokio::test]
async fn a_premium_name_is_not_transferred_above_its_price() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let life = live(&world.registrar);
    elsewhere(&mut life.lock().unwrap());
    life.lock().unwrap().class = Some("PREMIUM_COM_USD:120:2500".to_owned());
    let mut asked = wish();
    for (shown, says) in [
        (json!({}), "does not sell premium names"),
        (json!({"premiumEnabled": true}), "at the ordinary price"),
        (
            json!({"premiumEnabled": true, "premiumCost": "119.99"}),
            "asks 120 USD now",
        ),
    ] {
        for (key, value) in shown.as_object().unwrap() {
            asked[key] = value.clone();
        }
        let answer = world.call("TransferDomain", asked.clone()).await;
        assert!(error(&answer).contains(says), "{answer:?}");
    }
    assert_eq!(world.registrar.calls("TransferDomain"), 0);
    asked["premiumCost"] = json!("120.00");
    let answer = world.call("TransferDomain", asked).await;
    assert_eq!(answer.value, json!({"success": true}));
}

#[tokio::test]
async fn wrong_input_requests_nothing() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    live(&world.registrar);
    for (field, value) in [
        ("regperiod", json!(11)),
        ("regperiod", json!(-1)),
        ("ns1", json!("not a host")),
        ("sld", json!("-bad-")),
    ] {
        let mut wrong = wish();
        wrong[field] = value;
        let answer = world.call("TransferDomain", wrong).await;
        assert!(!error(&answer).is_empty());
    }
    assert_eq!(world.registrar.all_calls(), 0);
}

fn coming(life: &mut Life) {
    elsewhere(life);
    life.transfer = Some(("INCOMING", "PENDING"));
}

fn leaving(life: &mut Life) {
    life.transfer = Some(("OUTGOING", "PENDING"));
}

#[tokio::test]
async fn staff_answer_a_transfer_once() {
    type Case = (&'static str, fn(&mut Life), &'static [&'static str]);
    let cases: [Case; 3] = [
        ("CancelTransfer", coming, &["CANCEL"]),
        ("ApproveTransfer", leaving, &["APPROVE"]),
        ("DenyTransfer", leaving, &["DENY"]),
    ];
    for (function, before, did) in cases {
        let proof = Proof {
            function,
            params: name(),
            command: "TransferDomain",
            before,
            did,
            again: false,
        };
        proof.hold().await;
    }
}

#[tokio::test]
async fn a_button_for_what_is_not_under_way_says_so() {
    let db = TestDb::sqlite();
    // Two clicks within one minute of the clock.
    let world = World::at(
        &db,
        &Clock::fixed(Clock::system().now()),
        Patience::default(),
        FakeIspapi::start().await,
        FakeWhmcs::start("example.com").await,
    )
    .await;
    let life = live(&world.registrar);
    leaving(&mut life.lock().unwrap());
    let answer = world.call("CancelTransfer", name()).await;
    assert!(
        error(&answer).contains("no incoming transfer"),
        "{answer:?}"
    );
    coming(&mut life.lock().unwrap());
    for function in ["ApproveTransfer", "DenyTransfer"] {
        let answer = world.call(function, name()).await;
        assert!(
            error(&answer).contains("no outgoing transfer"),
            "{answer:?}"
        );
    }
    assert_eq!(world.registrar.calls("TransferDomain"), 0);
    for _ in 0..2 {
        let answer = world.call("ResendTransferMail", name()).await;
        assert_eq!(answer.value, json!({"success": true}));
    }
    assert_eq!(life.lock().unwrap().did, ["mail"], "two clicks, one mail");
}
