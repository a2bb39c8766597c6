//! What pages and the connection test ask a supplier.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::journal::{Filter, State as EffectState};
use wharf_store::testing::TestDb;

use crate::harness::{changed, daemon, eventually, patience};
use crate::supplier::{Fault, Supplier};

#[tokio::test]
async fn a_black_hole_costs_a_page_its_deadline_and_no_more() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let patience = Patience {
        fresh: Duration::ZERO,
        change: Duration::from_secs(1),
        ..patience()
    };
    let clock = Clock::system();
    let daemon = daemon(&db, &clock, &supplier, patience).await;
    eventually("it is made", async || {
        daemon.result("CreateAccount", 17).await == "success"
    })
    .await;
    let created_at = clock.now_ms();
    eventually("the page is old", async || clock.now_ms() > created_at + 1).await;

    supplier.fault("*", Fault::BlackHole, usize::MAX);
    let started = Instant::now();
    let test = daemon.call("TestConnection", 17).await.value;
    assert_eq!(
        test,
        json!({"success": false, "error": "SiteShield: it did not answer in time"})
    );
    let page = daemon.call("ClientArea", 17).await.value["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        page.contains("does not answer") && page.contains("SSHD-"),
        "{page}"
    );
    let calls = supplier.calls();
    daemon.call("ClientArea", 17).await;
    assert_eq!(supplier.calls(), calls, "the next view does not wait again");
    let created = changed(daemon.params(18), "domain", json!("example.org"));
    let created = daemon.call_with("CreateAccount", created).await.value;
    assert!(
        created["result"]
            .as_str()
            .unwrap()
            .starts_with("In progress:"),
        "{created}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );

    supplier.heal();
    let done = || async {
        let filter = Filter {
            subject: Some("service/main/18".to_owned()),
            ..Filter::default()
        };
        daemon.store.journal().list(&filter).await.unwrap()[0].state == EffectState::Done
    };
    eventually("the creation goes on by itself", done).await;
    assert_eq!(supplier.counts(), (1, 2, 2));
}

#[tokio::test]
async fn a_connection_test_says_what_is_wrong() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    assert_eq!(
        daemon.call("TestConnection", 0).await.value,
        json!({"success": true, "error": ""})
    );
    let wrong = daemon
        .call_with(
            "TestConnection",
            changed(daemon.params(0), "serveraccesshash", json!("wr0ng-t0ken")),
        )
        .await;
    assert!(
        wrong.value["error"]
            .as_str()
            .unwrap()
            .contains("refuses the API token")
    );
    assert!(
        !serde_json::to_string(&wrong)
            .unwrap()
            .contains("wr0ng-t0ken")
    );
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nobody = daemon
        .call_with(
            "TestConnection",
            changed(daemon.params(0), "serverport", json!(closed)),
        )
        .await
        .value;
    assert!(
        nobody["error"]
            .as_str()
            .unwrap()
            .contains("cannot be reached"),
        "{nobody}"
    );
    supplier.fault("GET /account", Fault::Broken, 1);
    assert!(
        daemon.call("TestConnection", 0).await.value["error"]
            .as_str()
            .unwrap()
            .contains("status 500")
    );
}

#[tokio::test]
async fn a_fresh_page_costs_no_supplier_call_and_an_old_one_a_single_call() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let clock = Clock::fixed(wharf_core::Clock::system().now());
    let daemon = Arc::new(daemon(&db, &clock, &supplier, patience()).await);
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let calls = supplier.calls();
    daemon.call("ClientArea", 17).await;
    assert_eq!(supplier.calls(), calls);

    clock.advance(Duration::from_secs(301));
    supplier.shop.lock().unwrap().services[0]["status"] = json!("suspended");
    let mut views = JoinSet::new();
    for _ in 0..5 {
        let daemon = daemon.clone();
        views.spawn(async move {
            daemon.call("ClientArea", 17).await.value["html"]
                .as_str()
                .unwrap()
                .contains("Suspended")
        });
    }
    assert!(
        views
            .join_all()
            .await
            .into_iter()
            .all(|suspended| suspended)
    );
    assert_eq!(supplier.calls(), calls + 1);
    let unknown = daemon.call("ClientArea", 99).await.value["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(unknown.contains("no data about this service"), "{unknown}");
}
