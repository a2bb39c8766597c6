//! What is refused for good: half of a service is taken back, and nothing that was there before.

use serde_json::json;
use wharf_core::Clock;
use wharf_store::testing::TestDb;

use crate::harness::{changed, daemon, daemon_with, patience, with_a_seal};
use crate::supplier::{Fault, Supplier};

const REFUSES: &str = "{\"error\":{\"code\":\"no\",\"message\":\"not today\"}}";

#[tokio::test]
async fn what_was_made_is_taken_back_in_reverse_order() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let folder = with_a_seal();
        let clock = Clock::system();
        let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
        for cut in [false, true] {
            if cut {
                supplier.fault("POST /services", Fault::CutAfterCommit, 1);
                supplier.fault("DELETE /services/{id}", Fault::Broken, 1);
            }
            let answer = daemon.result("CreateAccount", 17).await;
            assert_eq!(answer, "SiteShield: Method not allowed.");
            assert_eq!(supplier.counts(), (1, 0, 0), "cut: {cut}");
            let calls = supplier.shop.lock().unwrap().calls.clone();
            let deletes: Vec<_> = calls
                .iter()
                .filter(|call| call.starts_with("DELETE"))
                .map(String::as_str)
                .collect();
            assert_eq!(
                deletes[..2],
                [
                    "DELETE /services/{id}/licences/{n}",
                    "DELETE /services/{id}"
                ]
            );
        }
        // Two daemons of one name must not share a database.
        drop(daemon);
        // The user stays: other services may be its too. And what is mended goes through.
        std::fs::remove_file(folder.path().join("siteshield.toml")).unwrap();
        let mended = daemon_with(&db, &clock, &supplier, patience(), None).await;
        assert_eq!(mended.result("CreateAccount", 17).await, "success");
        assert_eq!(supplier.counts(), (1, 1, 1));
    }
}

#[tokio::test]
async fn what_was_found_is_not_taken_back() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = with_a_seal();
    let daemon = daemon_with(
        &db,
        &Clock::system(),
        &supplier,
        patience(),
        Some(folder.path()),
    )
    .await;
    {
        let mut shop = supplier.shop.lock().unwrap();
        shop.users
            .push(json!({"id": 77, "email": "A.Client+x@example.com", "name": "Ann"}));
        shop.services.push(json!({"id": "svc_old", "user_id": 77, "plan_id": "pro", "domain": "example.com", "status": "active", "dashboard_url": "https://x.example.com/"}));
    }
    assert_eq!(
        daemon.result("CreateAccount", 17).await,
        "SiteShield: Method not allowed."
    );
    assert_eq!(
        supplier.counts(),
        (1, 1, 0),
        "the licence was made and is gone; the service was there and stays"
    );
    assert_eq!(supplier.count("DELETE /services/{id}"), 0);
}

#[tokio::test]
async fn a_supplier_that_is_away_is_no_refusal() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    supplier.fault("POST /services/{id}/licences", Fault::Later(0), 3);
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    assert_eq!(supplier.count("DELETE /services/{id}"), 0);
    assert_eq!(supplier.counts(), (1, 1, 1));
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_named() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = with_a_seal();
    let daemon = daemon_with(
        &db,
        &Clock::system(),
        &supplier,
        patience(),
        Some(folder.path()),
    )
    .await;
    supplier.fault("DELETE /services/{id}", Fault::Says(409, REFUSES), 9);
    let answer = daemon.result("CreateAccount", 17).await;
    assert_eq!(
        answer,
        "SiteShield: Method not allowed. (taking back what was made failed: \"service\" is still there: SiteShield: not today)"
    );
    let listed = daemon.services.list(None, true, 10).await.unwrap();
    assert!(listed[0].trouble.as_ref().unwrap().contains("still there"));
}

#[tokio::test]
async fn a_rule_for_passwords_that_is_broken_is_told_in_the_supplier_s_words() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let short = changed(daemon.params(17), "password", json!("short"));
    let answer = daemon.call_with("ChangePassword", short).await;
    assert_eq!(
        answer.value["result"],
        "SiteShield: The given data was invalid. The password must have 12 characters."
    );
    assert!(
        !serde_json::to_string(&answer)
            .unwrap()
            .contains("\"short\"")
    );
    let long = changed(daemon.params(17), "password", json!("long-enough-2-hold"));
    let answer = daemon.call_with("ChangePassword", long).await;
    assert_eq!(answer.value["result"], "success");
    assert_eq!(supplier.shop.lock().unwrap().logins, ["long-enough-2-hold"]);
    let text = serde_json::to_string(&answer).unwrap();
    assert!(!text.contains("long-enough-2-hold"), "{text}");
}
