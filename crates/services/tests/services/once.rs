//! Nothing is made twice: crowds, lost answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::testing::TestDb;

use crate::harness::{changed, daemon, eventually, patience};
use crate::supplier::{Fault, Supplier};

#[tokio::test]
async fn a_hundred_at_once_are_one() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = Arc::new(daemon(&db, &Clock::system(), &supplier, patience()).await);
        let mut all = JoinSet::new();
        for _ in 0..100 {
            let daemon = daemon.clone();
            all.spawn(async move { daemon.call("CreateAccount", 17).await.value });
        }
        let answers = all.join_all().await;
        assert!(
            answers
                .iter()
                .all(|answer| answer["result"] == "success" && *answer == answers[0]),
            "{answers:?}"
        );
        assert_eq!(supplier.counts(), (1, 1, 1));
    }
}

/// Of a crowd for one server, 64 are begun; the others are begun before WHMCS stops waiting, and none is lost.
#[tokio::test]
async fn of_a_crowd_few_are_begun_at_a_time_and_all_in_the_end() {
    let supplier = Supplier::start().await;
    supplier.fault("GET /users", Fault::BlackHole, 1_000);
    let slow = Duration::from_secs(30);
    let patience = Patience {
        change: Duration::from_secs(5),
        supplier_read: slow,
        supplier_change: slow,
        ..patience()
    };
    let db = TestDb::sqlite();
    let daemon = Arc::new(daemon(&db, &Clock::system(), &supplier, patience).await);
    let mut all = JoinSet::new();
    for service in 1..=80 {
        let daemon = daemon.clone();
        all.spawn(async move {
            let domain = json!(format!("example{service}.com"));
            let params = changed(daemon.params(service), "domain", domain);
            daemon.call_with("CreateAccount", params).await.value
        });
    }
    let begun = async || {
        let count = "SELECT COUNT(*) FROM effects WHERE kind = 'services.action'";
        let row = sqlx::query_scalar::<_, i64>(count);
        row.fetch_one(daemon.store.pool()).await.unwrap()
    };
    eventually("a crowd", async || begun().await >= 64).await;
    let more = eventually("more of it", async || begun().await > 64);
    assert!(timeout(Duration::from_secs(1), more).await.is_err());
    for answer in all.join_all().await {
        let told = answer["result"].as_str().unwrap();
        assert!(told.starts_with("In progress"), "{answer}");
    }
    assert_eq!(begun().await, 80);
}

#[tokio::test]
async fn an_answer_lost_or_garbled_after_the_commit_makes_nothing_twice() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        for (number, fault) in [(1, Fault::CutAfterCommit), (2, Fault::Garbled)] {
            for operation in [
                "POST /users",
                "POST /services",
                "POST /services/{id}/licences",
            ] {
                supplier.fault(operation, fault, 1);
            }
            let params = changed(
                daemon.params(number),
                "domain",
                json!(format!("example{number}.com")),
            );
            let params = changed(
                params,
                "clientsdetails",
                json!({"email": format!("client{number}@example.com")}),
            );
            let answer = daemon.call_with("CreateAccount", params).await.value;
            assert_eq!(answer["result"], "success", "{fault:?}: {answer}");
            let all = usize::try_from(number).unwrap();
            assert_eq!(supplier.counts(), (all, 1, all), "{fault:?}");
            for (function, operation, status) in [
                ("SuspendAccount", "POST /services/{id}/suspend", "suspended"),
                (
                    "UnsuspendAccount",
                    "POST /services/{id}/unsuspend",
                    "active",
                ),
                ("TerminateAccount", "DELETE /services/{id}", "terminated"),
            ] {
                supplier.fault(operation, fault, 1);
                assert_eq!(
                    daemon.result(function, number).await,
                    "success",
                    "{fault:?} {function}"
                );
                assert_eq!(supplier.count(operation), all, "{fault:?} {function}");
                assert_eq!(
                    supplier.shop.lock().unwrap().services[all - 1]["status"],
                    status
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_there_is_used_and_what_is_another_s_is_a_clear_conflict() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    {
        let mut shop = supplier.shop.lock().unwrap();
        shop.users
            .push(json!({"id": 77, "email": "a.client+X@example.com", "name": "Ann"}));
        shop.users
            .push(json!({"id": 78, "email": "other@example.com", "name": "Other"}));
        let service = |id: &str, user: i64, domain: &str, plan: &str| json!({"id": id, "user_id": user, "plan_id": plan, "domain": domain, "status": "active", "dashboard_url": "https://x.example.com/"});
        shop.services.push(service("svc_a", 77, "mine.com", "pro"));
        shop.services
            .push(service("svc_b", 77, "basic.com", "basic"));
        shop.services
            .push(service("svc_c", 78, "theirs.com", "pro"));
    }
    let create = async |service: i64, domain: &str| {
        let params = changed(daemon.params(service), "domain", json!(domain));
        daemon.call_with("CreateAccount", params).await.value
    };
    let mine = create(1, "mine.com").await;
    assert_eq!(
        (
            mine["result"].as_str(),
            mine["properties"]["Service ID"].as_str()
        ),
        (Some("success"), Some("svc_a"))
    );
    assert_eq!(
        create(2, "basic.com").await["result"],
        "SiteShield: it is there already, but with another plan (basic, not pro)"
    );
    assert_eq!(
        create(3, "theirs.com").await["result"],
        "theirs.com already has a service of another customer at SiteShield; it must be ended there first"
    );
    assert_eq!(
        create(4, "mine.com").await["result"],
        "SiteShield: mine.com already has its service for this customer: it belongs to service 1 of WHMCS \"main\""
    );
    assert_eq!(
        supplier.counts(),
        (2, 3, 1),
        "nothing was made but the licence"
    );

    let other_plan = changed(
        changed(daemon.params(1), "domain", json!("mine.com")),
        "configoption2",
        json!("basic"),
    );
    let answer = daemon.call_with("CreateAccount", other_plan).await.value;
    assert!(
        answer["result"]
            .as_str()
            .unwrap()
            .contains("exists already with another"),
        "{answer}"
    );
}
