use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::journal::{Filter, State};
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, Fault, LOGIN};
use crate::{World, error, name, order, until};

#[tokio::test]
async fn a_name_is_bought_once_whatever_becomes_of_the_answer() {
    use Fault::{Code, CutAfter, CutBefore, Garble, Truncate};
    let done = [None, Some(CutAfter), Some(Truncate), Some(Garble)];
    let not_done = [CutBefore, Code(421), Code(425), Code(521)];
    let faults = done
        .map(|fault| (fault, 1))
        .into_iter()
        .chain(not_done.map(|fault| (Some(fault), 2)));
    for (fault, sent) in faults {
        for db in TestDb::each().await {
            let world = World::new(&db, Patience::default()).await;
            if let Some(fault) = fault {
                world.registrar.fault("AddDomain", fault);
            }
            // The second time, nothing more goes out.
            for _ in 0..2 {
                let answer = world.call("RegisterDomain", order(7)).await;
                assert_eq!(answer.value, json!({"success": true}), "{fault:?}");
                let domains = world.registrar.domains();
                assert_eq!(domains.len(), 1);
                assert_eq!(domains["example.com"].login, LOGIN);
                assert_eq!(world.registrar.calls("AddDomain"), sent, "{fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn fifty_at_once_make_one_order() {
    for fault in [Fault::Slow(100), Fault::CutAfter, Fault::CutBefore] {
        for db in TestDb::each().await {
            let world = World::new(&db, Patience::default()).await;
            world.registrar.fault("AddDomain", fault);
            let answers = join_all((0..50).map(|_| world.call("RegisterDomain", order(7)))).await;
            for answer in &answers {
                assert_eq!(answer.value, json!({"success": true}));
            }
            assert_eq!(
                answers.iter().filter(|answer| answer.log.is_some()).count(),
                1,
                "one log for one exchange"
            );
            assert_eq!(world.registrar.domains().len(), 1);
            let sent = if matches!(fault, Fault::CutBefore) {
                2
            } else {
                1
            };
            assert_eq!(world.registrar.calls("AddDomain"), sent);
        }
    }
}

#[tokio::test]
async fn what_is_taken_is_refused_and_says_by_whom() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world
            .registrar
            .hold("example.com", "somebody", "2020-01-01 00:00:00");
        let answer = world.call("RegisterDomain", order(1)).await;
        assert_eq!(
            error(&answer),
            "example.com is already registered by somebody else."
        );

        world
            .registrar
            .hold("example.com", LOGIN, "2020-01-01 00:00:00");
        let answer = world.call("RegisterDomain", order(2)).await;
        assert_eq!(
            error(&answer),
            "example.com is already in this account, since 2020-01-01."
        );
        assert_eq!(
            world.registrar.domains()["example.com"].nameservers,
            ["ns1.old.example"]
        );
    }
}

#[tokio::test]
async fn a_name_bought_for_one_order_is_not_taken_for_another() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    assert_eq!(
        world.call("RegisterDomain", order(1)).await.value,
        json!({"success": true})
    );
    let answer = world.call("RegisterDomain", order(2)).await;
    assert_eq!(
        error(&answer),
        "example.com is already in this account: it was registered for WHMCS domain 1 of site main."
    );
}

#[tokio::test]
async fn wrong_input_reaches_nobody() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let mut wrong = order(1);
    wrong["ns1"] = json!("not a host");
    assert!(error(&world.call("RegisterDomain", wrong).await).contains("nameserver"));
    assert_eq!(world.registrar.calls("AddDomain"), 0);
}

#[tokio::test]
async fn whmcs_is_told_of_what_ends_after_it_stopped_waiting() {
    for db in TestDb::each().await {
        let world = World::new(
            &db,
            Patience {
                change: Duration::from_millis(100),
                ..Patience::default()
            },
        )
        .await;
        world.registrar.fault("AddDomain", Fault::Slow(400));
        let answer = world.call("RegisterDomain", order(7)).await;
        assert!(error(&answer).contains("is in progress"), "{answer:?}");
        assert!(
            answer
                .activity
                .iter()
                .any(|line| line.contains("example.com"))
        );

        let told = world.whmcs.registered.clone();
        until("WHMCS is told", || *told.lock().unwrap() == [7]).await;
        // What WHMCS then asks again is answered from the journal.
        assert_eq!(
            world.call("RegisterDomain", order(7)).await.value,
            json!({"success": true})
        );
        assert_eq!(world.registrar.calls("AddDomain"), 1);
    }
}

#[tokio::test]
async fn a_restart_settles_what_was_in_flight() {
    for db in TestDb::each().await {
        let patience = Patience {
            change: Duration::from_millis(200),
            ..Patience::default()
        };
        let before = World::new(&db, patience).await;
        before.registrar.fault("AddDomain", Fault::Hang);
        assert!(error(&before.call("RegisterDomain", order(7)).await).contains("is in progress"));
        // On a busy machine the answer may come before the call has gone out.
        until("the registrar has it", || {
            before.registrar.domains().len() == 1
        })
        .await;

        let after = World::over(
            &db,
            patience,
            before.registrar.clone(),
            before.whmcs.clone(),
        )
        .await;
        let told = after.whmcs.registered.clone();
        until("WHMCS is told", || *told.lock().unwrap() == [7]).await;
        assert_eq!(
            after.call("RegisterDomain", order(7)).await.value,
            json!({"success": true})
        );
        assert_eq!(after.registrar.calls("AddDomain"), 1);
    }
}

#[tokio::test]
async fn nameservers_change_once_and_can_change_back() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world
            .registrar
            .hold("example.com", LOGIN, "2020-01-01 00:00:00");
        assert_eq!(
            world.call("GetNameservers", name()).await.value,
            json!({"ns1": "ns1.old.example"})
        );
        let wish = |host: &str| json!({"domainid": 7, "sld": "example", "tld": "com", "ns1": host, "ns2": "ns2.example.net"});

        world.registrar.fault("ModifyDomain", Fault::CutAfter);
        for (count, host) in [
            (1, "a.example.net"),
            (2, "b.example.net"),
            (3, "a.example.net"),
        ] {
            assert_eq!(
                world.call("SaveNameservers", wish(host)).await.value,
                json!({"success": true})
            );
            assert_eq!(
                world.registrar.domains()["example.com"].nameservers,
                [host, "ns2.example.net"]
            );
            assert_eq!(world.registrar.calls("ModifyDomain"), count);
            let seen = world.call("GetNameservers", name()).await;
            assert_eq!(seen.value, json!({"ns1": host, "ns2": "ns2.example.net"}));
        }

        let answer = world
            .call(
                "SaveNameservers",
                json!({"domainid": 9, "sld": "missing", "tld": "com", "ns1": "a.example.net"}),
            )
            .await;
        assert!(
            error(&answer).contains("Object not found (code 545)"),
            "{answer:?}"
        );
        assert!(
            error(
                &world
                    .call(
                        "SaveNameservers",
                        json!({"sld": "example", "tld": "com", "ns1": ""})
                    )
                    .await
            )
            .contains("ns1 is empty")
        );
    }
}

/// A world whose time the test moves.
async fn timed(db: &TestDb, patience: Patience) -> (World, Clock) {
    let clock = Clock::fixed(Clock::system().now());
    let (registrar, whmcs) = (
        FakeIspapi::start().await,
        FakeWhmcs::start("example.com").await,
    );
    let world = World::at(db, &clock, patience, registrar, whmcs).await;
    (world, clock)
}

#[tokio::test]
async fn a_name_that_was_lost_is_bought_again_for_the_same_order() {
    for db in TestDb::each().await {
        let (world, clock) = timed(&db, Patience::default()).await;
        let done = json!({"success": true});
        assert_eq!(world.call("RegisterDomain", order(7)).await.value, done);
        clock.advance(Duration::from_secs(25 * 3_600));
        assert_eq!(world.call("RegisterDomain", order(7)).await.value, done);
        assert_eq!(world.registrar.calls("AddDomain"), 1, "it is there");

        world.registrar.lose("example.com");
        world
            .registrar
            .always("StatusDomain", Some(Fault::Code(421)));
        let unsure = world.call("RegisterDomain", order(7)).await;
        assert!(error(&unsure).contains("cannot be found out"), "{unsure:?}");
        world.registrar.always("StatusDomain", None);
        assert_eq!(world.registrar.calls("AddDomain"), 1);

        let answers = join_all((0..20).map(|_| world.call("RegisterDomain", order(7)))).await;
        assert!(answers.iter().all(|answer| answer.value == done));
        assert_eq!(world.registrar.calls("AddDomain"), 2);
        assert_eq!(world.call("RegisterDomain", order(7)).await.value, done);
        assert_eq!(world.registrar.calls("AddDomain"), 2);

        // Somebody else has it now.
        clock.advance(Duration::from_secs(400 * 24 * 3_600));
        world
            .registrar
            .hold("example.com", "somebody", "2020-01-01 00:00:00");
        assert_eq!(
            error(&world.call("RegisterDomain", order(7)).await),
            "example.com is already registered by somebody else."
        );
    }
}

#[tokio::test]
async fn another_term_for_a_registered_name_is_a_clear_no() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.call("RegisterDomain", order(7)).await;
    let mut longer = order(7);
    longer["regperiod"] = json!(2);
    let answer = world.call("RegisterDomain", longer).await;
    assert!(error(&answer).contains("number of years"), "{answer:?}");
}

#[tokio::test]
async fn a_registration_that_was_held_is_recognised_when_it_is_asked_for_again() {
    for db in TestDb::each().await {
        let patience = Patience {
            change: Duration::from_millis(300),
            ..Patience::default()
        };
        let (world, clock) = timed(&db, patience).await;
        world.registrar.fault("AddDomain", Fault::CutAfter);
        world
            .registrar
            .always("StatusDomain", Some(Fault::Code(505)));
        world.call("RegisterDomain", order(7)).await;
        let journal = world.store.journal().clone();
        let filter = Filter {
            state: Some(State::Held),
            ..Filter::default()
        };
        let started = Instant::now();
        while journal.list(&filter).await.unwrap().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(20), "never held");
            clock.advance(Duration::from_secs(300));
            journal.work_due().await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.registrar.always("StatusDomain", None);
        let started = Instant::now();
        let mut answer = world.call("RegisterDomain", order(7)).await;
        while answer.value != json!({"success": true}) {
            // A look from before the registrar was well again may still be on its way, and is waited for.
            let waits = ["in progress", "nobody can tell"];
            let said = error(&answer);
            assert!(waits.iter().any(|words| said.contains(words)), "{said}");
            assert!(started.elapsed() < Duration::from_secs(20), "{said}");
            answer = world.call("RegisterDomain", order(7)).await;
        }
        assert_eq!(world.registrar.calls("AddDomain"), 1);
    }
}

#[tokio::test]
async fn a_whmcs_that_is_away_for_hours_is_told_in_the_end() {
    let db = TestDb::sqlite();
    let patience = Patience {
        change: Duration::from_millis(100),
        ..Patience::default()
    };
    let (world, clock) = timed(&db, patience).await;
    world.whmcs.away.store(true, Ordering::SeqCst);
    world.registrar.fault("AddDomain", Fault::Slow(400));
    world.call("RegisterDomain", order(7)).await;
    let registrar = world.registrar.clone();
    until("it is registered", || !registrar.domains().is_empty()).await;
    for _ in 0..60 {
        clock.advance(Duration::from_secs(600));
        world.store.jobs().wake();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.whmcs.away.store(false, Ordering::SeqCst);
    let told = world.whmcs.registered.clone();
    until("WHMCS is told", || {
        clock.advance(Duration::from_secs(600));
        world.store.jobs().wake();
        !told.lock().unwrap().is_empty()
    })
    .await;
}
