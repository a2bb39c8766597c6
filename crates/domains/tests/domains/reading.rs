use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{Fault, LOGIN};
use crate::{World, error, name};

#[tokio::test]
async fn a_page_that_asks_five_times_costs_one_call() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world
            .registrar
            .hold("example.com", LOGIN, "2020-01-01 00:00:00");
        world.registrar.fault("StatusDomain", Fault::Slow(50));
        let answers = join_all((0..20).map(|n| {
            world.call(
                if n % 2 == 0 {
                    "GetNameservers"
                } else {
                    "GetDomainInformation"
                },
                name(),
            )
        }))
        .await;
        assert_eq!(answers[0].value, json!({"ns1": "ns1.old.example"}));
        assert_eq!(
            answers[1].value,
            json!({
                "domain": "example.com", "status": "active", "nameservers": {"ns1": "ns1.old.example"}, "transferLock": null,
                "expiryDate": "2030-05-19", "idProtection": null, "restorable": false, "irtpEnabled": true,
                "irtpTransferLock": false, "irtpTransferLockExpiryDate": null, "contactChangePending": null,
                "pendingSuspension": null, "registrantEmail": null,
                "irtpTriggerFields": {
                    "Registrant": ["First Name", "Last Name", "Company Name", "Email Address"]
                }
            })
        );
        assert_eq!(world.registrar.calls("StatusDomain"), 1);
        let sync = world.call("Sync", name()).await;
        let facts = json!({"active": true, "cancelled": false, "transferredAway": false, "expirydate": "2030-05-19"});
        assert_eq!(sync.value, facts);
        assert_eq!(world.registrar.calls("StatusDomain"), 1);
    }
}

#[tokio::test]
async fn a_silent_registrar_does_not_hang_a_page() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world
        .registrar
        .always("StatusDomain", Some(Fault::BlackHole));
    let started = Instant::now();
    let answer = world.call("GetNameservers", name()).await;
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        error(&answer),
        "The registrar did not answer within 3 seconds, and Wharf has no earlier answer about example.com. Please try again later."
    );
}

#[tokio::test]
async fn the_last_answer_is_shown_with_its_age_and_never_synced() {
    for db in TestDb::each().await {
        let patience = Patience {
            page: Duration::from_millis(150),
            sync: Duration::from_millis(150),
            fresh: Duration::ZERO,
            ..Patience::default()
        };
        let world = World::new(&db, patience).await;
        world
            .registrar
            .hold("example.com", LOGIN, "2020-01-01 00:00:00");
        assert_eq!(
            world.call("GetNameservers", name()).await.value,
            json!({"ns1": "ns1.old.example"})
        );

        for command in ["StatusDomain", "QueryDomainList"] {
            world.registrar.always(command, Some(Fault::BlackHole));
        }
        let answer = world.call("GetNameservers", name()).await;
        assert_eq!(answer.value, json!({"ns1": "ns1.old.example"}));
        assert!(
            answer
                .log
                .unwrap()
                .response
                .contains("Answered with what the registrar said 0 seconds ago")
        );
        assert!(error(&world.call("Sync", name()).await).contains("not there in time"));
    }
}

#[tokio::test]
async fn after_failures_in_a_row_the_registrar_is_left_alone() {
    let db = TestDb::sqlite();
    let world = World::new(
        &db,
        Patience {
            page: Duration::from_millis(500),
            ..Patience::default()
        },
    )
    .await;
    world
        .registrar
        .always("StatusDomain", Some(Fault::CutBefore));
    for n in 0..4 {
        let asked = json!({"sld": format!("n{n}"), "tld": "com"});
        // Readings go on behind the page, so each is waited for by its end, not by its page.
        let before = world.registrar.calls("StatusDomain");
        world.call("GetNameservers", asked).await;
        let calls = || world.registrar.calls("StatusDomain");
        crate::until("the reading gave up", || calls() >= before + 4).await;
    }
    let started = Instant::now();
    let mut suspended = false;
    while !suspended && started.elapsed() < Duration::from_secs(5) {
        let answer = world.call("GetNameservers", name()).await;
        suspended = error(&answer).contains("Wharf asks it again in");
    }
    assert!(suspended);
    let calls = world.registrar.calls("StatusDomain");
    let started = Instant::now();
    assert!(
        error(
            &world
                .call("GetNameservers", json!({"sld": "other", "tld": "com"}))
                .await
        )
        .contains("asks it again")
    );
    assert!(started.elapsed() < Duration::from_millis(200));
    assert_eq!(world.registrar.calls("StatusDomain"), calls);
}

#[tokio::test]
async fn what_is_not_ours_is_said_so() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    assert_eq!(
        error(&world.call("GetNameservers", name()).await),
        "example.com is not in the registrar account acct."
    );
    let gone = json!({"active": false, "cancelled": false, "transferredAway": false});
    assert_eq!(world.call("Sync", name()).await.value, gone);
    assert_eq!(
        world.registrar.calls("StatusDomain"),
        1,
        "a no is remembered for some seconds too"
    );

    world
        .registrar
        .hold("other.com", "somebody", "2020-01-01 00:00:00");
    let sync = world.call("Sync", json!({"domain": "other.com"})).await;
    assert_eq!(
        sync.value,
        json!({"active": false, "cancelled": false, "transferredAway": true})
    );
}

#[tokio::test]
async fn a_search_is_one_call_for_all_extensions() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world
        .registrar
        .hold("example.net", "somebody", "2020-01-01 00:00:00");
    let search =
        json!({"searchTerm": "example", "tldsToInclude": [".com", ".net"], "isIdnDomain": false});
    let results = json!({"results": [
        {"sld": "example", "tld": "com", "status": "available", "premium": false, "prices": null},
        {"sld": "example", "tld": "net", "status": "registered", "premium": false, "prices": null},
    ]});
    for _ in 0..3 {
        assert_eq!(
            world.call("CheckAvailability", search.clone()).await.value,
            results
        );
    }
    assert_eq!(world.registrar.calls("CheckDomains"), 1);

    world
        .registrar
        .always("CheckDomains", Some(Fault::Truncate));
    let other = json!({"searchTerm": "another", "tldsToInclude": [".com"]});
    assert!(
        error(&world.call("CheckAvailability", other).await).contains("the answer was cut off")
    );
    let odd = json!({"searchTerm": "no name", "tldsToInclude": [".com"]});
    assert!(error(&world.call("CheckAvailability", odd).await).contains("is not a domain name"));
}

#[tokio::test]
async fn a_hiccup_of_the_registrar_is_not_the_visitors() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world
        .registrar
        .hold("example.com", LOGIN, "2020-01-01 00:00:00");
    for fault in [Fault::CutBefore, Fault::Garble, Fault::Code(421)] {
        world.registrar.fault("StatusDomain", fault);
    }
    assert_eq!(
        world.call("GetNameservers", name()).await.value,
        json!({"ns1": "ns1.old.example"})
    );
}
