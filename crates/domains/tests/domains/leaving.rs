//! How a domain leaves: its auth code, a release, a deletion.

use serde_json::{Value, json};
use wharf_domains::Patience;
use wharf_store::testing::TestDb;
use wharf_whmcs::call::ModuleAnswer;

use crate::fake::Fault;
use crate::life::{Life, Proof, live, one};
use crate::{World, error, name};

fn named(tld: &str) -> Value {
    json!({ "domainid": 7, "sld": "example", "tld": tld })
}

fn nothing(_: &mut Life) {}

/// What WHMCS writes into its module log: never the code.
fn logs_no_code(answer: &ModuleAnswer) {
    let log = answer.log.as_ref().unwrap();
    assert_eq!(log.processed.as_deref(), Some("the auth code"));
    let log = serde_json::to_string(log).unwrap();
    assert!(!log.contains("c0de-s3cret"), "{log}");
}

#[tokio::test]
async fn a_code_is_read_where_it_stands_with_the_domain() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    live(&world.registrar);
    let answer = world.call("GetEPPCode", named("com")).await;
    assert_eq!(answer.value, json!({"eppcode": "c0de-s3cret"}));
    logs_no_code(&answer);
}

#[tokio::test]
async fn a_code_is_made_once_within_minutes() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        let answer = world.call("GetEPPCode", named("de")).await;
        assert_eq!(answer.value, json!({"eppcode": "c0de-s3cret"}));
        logs_no_code(&answer);
        let again = world.call("GetEPPCode", named("de")).await;
        assert_eq!(again.value, json!({"eppcode": "c0de-s3cret"}));
        assert_eq!(life.lock().unwrap().did, ["auth info 1"]);
    }
}

#[tokio::test]
async fn a_code_that_got_lost_is_made_again() {
    for fault in [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Truncate,
        Fault::Garble,
    ] {
        for db in TestDb::each().await {
            let world = World::new(&db, Patience::default()).await;
            live(&world.registrar);
            world.registrar.fault("DENIC_CreateAuthInfo1", fault);
            let answer = world.call("GetEPPCode", named("de")).await;
            assert_eq!(answer.value, json!({"eppcode": "c0de-s3cret"}), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_code_is_mailed_to_the_owner_once() {
    for tld in ["eu", "at"] {
        let db = TestDb::sqlite();
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        for _ in 0..2 {
            let answer = world.call("GetEPPCode", named(tld)).await;
            assert_eq!(answer.value, json!({"success": true}));
        }
        assert_eq!(life.lock().unwrap().did, ["code mailed"]);
    }
}

#[tokio::test]
async fn a_code_that_is_given_out_only_unlocked_says_so() {
    for (tld, did) in [("nz", &[][..]), ("fi", &["GENERATERANDOMAUTH=1"][..])] {
        let db = TestDb::sqlite();
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        life.lock().unwrap().lock = true;
        let answer = world.call("GetEPPCode", named(tld)).await;
        assert!(error(&answer).contains("unlock it first"), "{answer:?}");
        assert_eq!(world.registrar.calls("ModifyDomain"), 0);

        let db = TestDb::sqlite();
        let world = World::new(&db, Patience::default()).await;
        let life = live(&world.registrar);
        let answer = world.call("GetEPPCode", named(tld)).await;
        assert_eq!(answer.value, json!({"eppcode": "c0de-s3cret"}), "{tld}");
        logs_no_code(&answer);
        assert_eq!(life.lock().unwrap().did, did);
    }
}

#[tokio::test]
async fn where_there_is_no_code_nobody_is_asked() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    live(&world.registrar);
    for tld in ["uk", "dk"] {
        let answer = world.call("GetEPPCode", named(tld)).await;
        assert!(error(&answer).contains("need no auth code"), "{answer:?}");
    }
    assert_eq!(world.registrar.all_calls(), 0);
}

fn release() -> Proof {
    let mut params = named("co.uk");
    params["transfertag"] = json!("OTHER-TAG");
    Proof {
        function: "ReleaseDomain",
        params,
        command: "PushDomain",
        before: nothing,
        did: &["push OTHER-TAG"],
        again: false,
    }
}

fn delete() -> Proof {
    Proof {
        function: "RequestDelete",
        params: name(),
        command: "DeleteDomain",
        before: nothing,
        did: &["delete"],
        again: true,
    }
}

#[tokio::test]
async fn a_release_is_made_once_whatever_becomes_of_the_answer() {
    release().hold().await;
}

#[tokio::test]
async fn a_deletion_is_made_once_whatever_becomes_of_the_answer() {
    delete().hold().await;
}

#[tokio::test]
async fn a_silent_registrar_is_in_progress_and_not_asked_twice() {
    delete().hangs().await;
}

#[tokio::test]
async fn fifty_deletions_at_once_are_one() {
    delete().fifty().await;
}

#[tokio::test]
async fn a_release_that_cannot_be_is_said_and_nothing_is_sent() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let life = live(&world.registrar);
    life.lock().unwrap().lock = true;
    for (tld, tag, says) in [
        ("com", "OTHER-TAG", "leaves by a transfer"),
        ("co.uk", "", "tag of another registrar"),
        ("co.uk", "OTHER-TAG", "is locked"),
    ] {
        let mut params = named(tld);
        params["transfertag"] = json!(tag);
        let answer = world.call("ReleaseDomain", params).await;
        assert!(error(&answer).contains(says), "{answer:?}");
    }
    assert_eq!(world.registrar.calls("PushDomain"), 0);
}

#[tokio::test]
async fn without_a_tag_it_goes_into_transit() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let life = live(&world.registrar);
    // This registry has no lock to report.
    world
        .registrar
        .script("StatusDomain", |_| (200, vec![one("STATUS", "ACTIVE")]));
    let answer = world.call("ReleaseDomain", named("de")).await;
    assert_eq!(answer.value, json!({"success": true}));
    assert_eq!(life.lock().unwrap().did, ["push TRANSIT"]);
}
