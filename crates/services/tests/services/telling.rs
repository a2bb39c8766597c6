//! WHMCS is brought up to date about what ended after it stopped waiting.

use std::time::Duration;

use serde_json::json;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::testing::TestDb;

use crate::harness::{Daemon, Host, changed, daemon, eventually, patience};
use crate::supplier::{Fault, Supplier};

#[tokio::test]
async fn whmcs_is_told_of_what_ended_after_it_stopped_waiting() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let daemon = daemon(&db, &clock, &supplier, patience()).await;
        let host = Host::start(&daemon, "Pending").await;

        // Somebody waited: the check comes later, and finds WHMCS up to date or not.
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(121));
        assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 1);
        assert_eq!(host.told(), ["ModuleCreate"]);

        // Nobody waited: at once.
        assert_eq!(daemon.result("TerminateAccount", 17).await, "success");
        host.set("Pending");
        supplier.fault("POST /services", Fault::Garbled, 1);
        let late =
            tokio::time::timeout(Duration::from_millis(1), daemon.call("CreateAccount", 17)).await;
        assert!(late.is_err());
        eventually("told", async || {
            daemon.store.jobs().work_due().await.unwrap();
            // The call may have been given up before it had written anything down.
            if supplier.counts().1 == 0 {
                let _ = tokio::time::timeout(
                    Duration::from_millis(30),
                    daemon.call("CreateAccount", 17),
                )
                .await;
            }
            host.told().len() == 2
        })
        .await;
        assert_eq!(supplier.counts(), (1, 1, 2));
    }
}

/// Begins a change that ends when nobody waits for it any more.
async fn late(daemon: &Daemon, supplier: &Supplier, function: &str, operation: &str) {
    // Longer than WHMCS's patience, by the deadline of one call to the supplier.
    supplier.fault(operation, Fault::Silence, 1);
    let params = changed(daemon.params(17), "suspendreason", json!("unpaid"));
    let answer = daemon.call_with(function, params).await.value;
    let text = answer["result"].as_str().unwrap();
    assert!(text.starts_with("In progress"), "{answer}");
}

#[tokio::test]
async fn whmcs_is_told_of_changes_that_ended_after_it_stopped_waiting() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let patience = Patience {
            change: Duration::from_millis(350),
            ..patience()
        };
        let daemon = daemon(&db, &clock, &supplier, patience).await;
        let host = Host::start(&daemon, "Pending").await;
        eventually("it is created", async || {
            daemon.result("CreateAccount", 17).await == "success"
        })
        .await;
        clock.advance(Duration::from_secs(121));
        daemon.store.jobs().work_due().await.unwrap();
        let steps = [
            (
                "SuspendAccount",
                "POST /services/{id}/suspend",
                "ModuleSuspend unpaid",
            ),
            (
                "UnsuspendAccount",
                "POST /services/{id}/unsuspend",
                "ModuleUnsuspend",
            ),
            (
                "TerminateAccount",
                "DELETE /services/{id}",
                "ModuleTerminate",
            ),
        ];
        for (function, operation, told) in steps {
            let before = host.status.lock().unwrap().clone();
            late(&daemon, &supplier, function, operation).await;
            eventually(told, async || {
                clock.advance(Duration::from_secs(1));
                daemon.store.jobs().work_due().await.unwrap();
                host.told().last().is_some_and(|last| last == told)
            })
            .await;
            assert_ne!(*host.status.lock().unwrap(), before);

            // What WHMCS then asks again is nothing new: it is not told for ever.
            eventually("it is so", async || {
                daemon.result(function, 17).await == "success"
            })
            .await;
            let count = host.told().len();
            host.set(&before);
            clock.advance(Duration::from_secs(600));
            daemon.store.jobs().work_due().await.unwrap();
            assert_eq!(host.told().len(), count, "{function}");
            host.set(match told {
                "ModuleUnsuspend" => "Active",
                "ModuleTerminate" => "Terminated",
                _ => "Suspended",
            });
        }
    }
}

#[tokio::test]
async fn a_change_that_was_overtaken_is_not_told() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let clock = Clock::fixed(wharf_core::Clock::system().now());
    let daemon = daemon(&db, &clock, &supplier, patience()).await;
    let host = Host::start(&daemon, "Active").await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
    // Its answer was lost, say. Before that is noticed, the customer has paid.
    assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
    clock.advance(Duration::from_secs(600));
    assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 3);
    assert!(host.told().is_empty(), "{:?}", host.told());
}

#[tokio::test]
async fn a_whmcs_that_is_away_or_refuses_us_for_hours_is_told_in_the_end() {
    let down = "<html>maintenance</html>";
    let locked = r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#;
    for trouble in [down, locked] {
        let db = TestDb::sqlite();
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let daemon = daemon(&db, &clock, &supplier, patience()).await;
        let host = Host::start(&daemon, "Pending").await;
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        *host.trouble.lock().unwrap() = Some(trouble);
        for _ in 0..30 {
            clock.advance(Duration::from_secs(600));
            assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 1);
        }
        *host.trouble.lock().unwrap() = None;
        clock.advance(Duration::from_secs(600));
        daemon.store.jobs().work_due().await.unwrap();
        assert_eq!(host.told(), ["ModuleCreate"]);
    }
}
