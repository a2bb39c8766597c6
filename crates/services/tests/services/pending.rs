//! Suppliers that take their time: what they accepted is followed until it ends.

use std::time::Duration;

use sqlx::Row as _;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::testing::TestDb;

use crate::harness::{Host, connector, daemon_with, eventually, patience};
use crate::supplier::{Fault, Supplier};

fn quick() -> tempfile::TempDir {
    connector(|text| text.replace("every = 2", "every = 1"))
}

#[tokio::test]
async fn what_is_pending_is_told_in_words_and_completes_by_itself() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let folder = quick();
        let patience = Patience {
            change: Duration::from_millis(700),
            ..patience()
        };
        let clock = Clock::fixed(Clock::system().now());
        let daemon = daemon_with(&db, &clock, &supplier, patience, Some(folder.path())).await;
        let host = Host::start(&daemon, "Pending").await;
        supplier.shop.lock().unwrap().slow = Some(3);
        let answer = daemon.result("CreateAccount", 17).await;
        assert!(answer.starts_with("In progress:"), "{answer}");
        eventually("it completes", async || {
            clock.advance(Duration::from_secs(5));
            daemon.store.jobs().work_due().await.unwrap();
            host.told() == ["ModuleCreate"]
        })
        .await;
        assert_eq!(supplier.counts(), (1, 1, 1));
        assert_eq!(supplier.count("POST /services"), 1);
        let again = daemon.call("CreateAccount", 17).await;
        assert_eq!(again.value["properties"]["Service ID"], "svc_1");
        clock.advance(Duration::from_secs(600));
        daemon.store.jobs().work_due().await.unwrap();
        assert_eq!(host.told().len(), 1, "nothing is told twice");
    }
}

#[tokio::test]
async fn what_the_first_answer_tells_in_secret_is_kept_sealed_and_only_if_the_poll_needs_it() {
    let folder = connector(|text| {
        text.replace("every = 2", "every = 1").replace(
            "undo = { path = \"/services/{{ service.id }}\" }\n",
            "undo = { path = \"/services/{{ service.id }}\" }\nsecret = [\"operation_id\"]\n",
        )
    });
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::system();
        let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
        supplier.shop.lock().unwrap().slow = Some(1);
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(
            supplier.count("GET /operations/{n}"),
            2,
            "it was asked with it"
        );
        for query in [
            "SELECT COALESCE(result, '') || input FROM effects",
            "SELECT request || response || path FROM service_calls",
        ] {
            let rows = sqlx::query(query)
                .fetch_all(daemon.store.pool())
                .await
                .unwrap();
            for row in rows {
                let text = row.try_get::<String, _>(0).unwrap();
                assert!(!text.contains("op_1"), "{query}: {text}");
                assert!(
                    query.contains("calls") || !text.contains("queued"),
                    "it is not needed"
                );
            }
        }
    }
}

/// An order that is being worked on is shown by no list yet.
#[tokio::test]
async fn an_order_whose_acceptance_was_lost_is_not_sent_anew_while_it_may_be_under_way() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = connector(|text| {
        assert!(
            text.contains("repeat = true\n"),
            "SiteShield takes it for the same order"
        );
        text.replace("repeat = true\n", "")
    });
    let short = Patience {
        change: Duration::from_millis(300),
        ..patience()
    };
    let clock = Clock::fixed(Clock::system().now());
    let daemon = daemon_with(&db, &clock, &supplier, short, Some(folder.path())).await;
    supplier.shop.lock().unwrap().slow = Some(1);
    supplier.fault("POST /services", Fault::CutAfterCommit, 1);
    let answer = daemon.result("CreateAccount", 17).await;
    assert!(answer.starts_with("In progress"), "{answer}");
    // Looked for again and again, long after "it is not there" is believed otherwise.
    let looks = supplier.count("GET /services");
    eventually("it is looked for", async || {
        clock.advance(Duration::from_secs(5));
        daemon.store.journal().work_due().await.unwrap();
        supplier.count("GET /services") > looks + 4
    })
    .await;
    assert_eq!(supplier.count("POST /services"), 1);
    // The supplier ends its work.
    supplier.finish(0);
    eventually("it is there", async || {
        clock.advance(Duration::from_secs(5));
        daemon.result("CreateAccount", 17).await == "success"
    })
    .await;
    assert_eq!(supplier.count("POST /services"), 1);
    assert_eq!(supplier.counts(), (1, 1, 1));
}

#[tokio::test]
async fn what_fails_after_it_was_accepted_is_refused() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = quick();
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
        shop.slow = Some(0);
        shop.fails = true;
    }
    let answer = daemon.result("CreateAccount", 17).await;
    assert!(answer.starts_with("SiteShield: it failed"), "{answer}");
    supplier.shop.lock().unwrap().fails = false;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    assert_eq!(supplier.counts(), (1, 1, 1));
}
