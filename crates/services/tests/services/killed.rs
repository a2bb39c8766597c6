//! The daemon is killed at any moment: the one that is started after it goes on, and nothing is made twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::journal::{Filter, State as EffectState};
use wharf_store::testing::TestDb;

use crate::harness::{connector, daemon, daemon_with, eventually, patience, with_a_seal};
use crate::supplier::{Fault, Supplier};

/// A daemon in a process of its own runs an action, and is killed as soon as something holds.
async fn killed_when(
    db: &Arc<TestDb>,
    supplier: &Supplier,
    folder: Option<&Path>,
    function: &'static str,
    then: impl Fn() -> bool,
) {
    // A runtime of its own: with it, everything that the daemon was doing is gone.
    let process = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    process.spawn({
        let (db, supplier) = (db.clone(), supplier.clone());
        let folder = folder.map(Path::to_owned);
        let patience = Patience {
            supplier_read: Duration::from_secs(60),
            supplier_change: Duration::from_secs(60),
            ..patience()
        };
        async move {
            let clock = Clock::system();
            let daemon = daemon_with(&db, &clock, &supplier, patience, folder.as_deref()).await;
            daemon.call(function, 17).await;
            std::future::pending::<()>().await;
        }
    });
    eventually("the moment comes", async || then()).await;
    process.shutdown_background();
}

#[tokio::test]
async fn in_the_middle_of_a_call_it_is_asked_after_and_not_sent_again() {
    for db in TestDb::each().await.into_iter().map(Arc::new) {
        let supplier = Supplier::start().await;
        let clock = Clock::system();
        for operation in [
            "POST /users",
            "POST /services",
            "POST /services/{id}/licences",
        ] {
            supplier.fault(operation, Fault::Silence, 1);
            let out = || supplier.faults_left(operation) == 0;
            killed_when(&db, &supplier, None, "CreateAccount", out).await;
            let store = db.open(&clock).await;
            let filter = Filter {
                state: Some(EffectState::Performing),
                ..Filter::default()
            };
            let out = store.journal().list(&filter).await.unwrap();
            assert_eq!(out.len(), 2, "the part and the whole: {out:?}");
        }
        let again = daemon(&db, &clock, &supplier, patience()).await;
        assert_eq!(again.result("CreateAccount", 17).await, "success");
        assert_eq!(supplier.counts(), (1, 1, 1));
        assert_eq!(supplier.count("POST /users"), 1, "found, not made again");
    }
}

/// As each request of an action arrives at the supplier, the daemon is killed; the next daemon ends the action.
async fn at_each_request(
    function: &'static str,
    before: &'static [&'static str],
    folder: fn() -> Option<tempfile::TempDir>,
    slow: Option<usize>,
    answer: &'static str,
    check: fn(&Supplier),
) {
    let mut all = JoinSet::new();
    // How many there are is known when one gets through to its end.
    let requests = one_at(usize::MAX, function, before, folder, slow, answer, check).await;
    for request in 1..=requests {
        all.spawn(one_at(
            request, function, before, folder, slow, answer, check,
        ));
    }
    all.join_all().await;
}

async fn one_at(
    request: usize,
    function: &'static str,
    before: &'static [&'static str],
    folder: fn() -> Option<tempfile::TempDir>,
    slow: Option<usize>,
    answer: &'static str,
    check: fn(&Supplier),
) -> usize {
    let db = Arc::new(TestDb::sqlite());
    let supplier = Supplier::start().await;
    let folder = folder();
    let path = folder.as_ref().map(tempfile::TempDir::path);
    supplier.shop.lock().unwrap().slow = slow;
    let clock = Clock::system();
    if !before.is_empty() {
        let first = daemon_with(&db, &clock, &supplier, patience(), path).await;
        for function in before {
            assert_eq!(first.result(function, 17).await, "success");
        }
    }
    let calls = supplier.calls();
    if request < usize::MAX {
        let arrived = || supplier.calls() >= calls + request;
        killed_when(&db, &supplier, path, function, arrived).await;
    }
    let second = daemon_with(&db, &clock, &supplier, patience(), path).await;
    let told = second.result(function, 17).await;
    assert_eq!(told, answer, "killed at request {request} of {function}");
    check(&supplier);
    supplier.calls() - calls
}

/// Nothing that is made by a POST was ordered twice.
fn is_there_once(supplier: &Supplier) {
    assert_eq!(supplier.counts(), (1, 1, 1));
    for operation in [
        "POST /users",
        "POST /services",
        "POST /services/{id}/licences",
    ] {
        assert_eq!(supplier.count(operation), 1, "{operation}");
    }
}

#[tokio::test]
async fn between_any_two_steps_it_goes_on() {
    at_each_request(
        "CreateAccount",
        &[],
        || None,
        None,
        "success",
        is_there_once,
    )
    .await;
}

#[tokio::test]
async fn while_it_polls_it_goes_on_polling() {
    let folder = || Some(connector(|text| text.replace("every = 2", "every = 1")));
    let one_order = |supplier: &Supplier| {
        assert_eq!(supplier.counts(), (1, 1, 1));
        assert_eq!(supplier.orders(), 1);
    };
    at_each_request("CreateAccount", &[], folder, Some(1), "success", one_order).await;
}

#[tokio::test]
async fn between_steps_that_are_taken_back_the_rest_is_taken_back() {
    let nothing_left = |supplier: &Supplier| assert_eq!(supplier.counts(), (1, 0, 0));
    let folder = || Some(with_a_seal());
    let answer = "SiteShield: Method not allowed.";
    at_each_request("CreateAccount", &[], folder, None, answer, nothing_left).await;
}

#[tokio::test]
async fn a_change_that_it_was_at_is_made() {
    fn is(supplier: &Supplier, status: &str) {
        assert_eq!(supplier.shop.lock().unwrap().services[0]["status"], status);
    }
    let made = &["CreateAccount"][..];
    let suspended = &["CreateAccount", "SuspendAccount"][..];
    let plain = || None;
    tokio::join!(
        at_each_request("SuspendAccount", made, plain, None, "success", |at| is(
            at,
            "suspended"
        )),
        at_each_request(
            "UnsuspendAccount",
            suspended,
            plain,
            None,
            "success",
            |at| is(at, "active")
        ),
        at_each_request("TerminateAccount", made, plain, None, "success", |at| is(
            at,
            "terminated"
        )),
    );
}
