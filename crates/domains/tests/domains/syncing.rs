//! WHMCS's cron: Sync and TransferSync from the account's lists.

use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::json;
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, Fault, LOGIN, Properties};
use crate::{World, error, name};

const LONG_AGO: &str = "2020-01-01 00:00:00";

fn row(key: &str, at: usize, value: &str) -> (String, usize, String) {
    (key.to_owned(), at, value.to_owned())
}

/// Ten thousand names, in pages as they are asked for.
fn ten_thousand(asked: &HashMap<String, String>) -> (u16, Properties) {
    let number = |key: &str| asked[key].parse::<usize>().unwrap();
    let (first, limit) = (number("FIRST"), number("LIMIT"));
    let mut rows = vec![row("TOTAL", 0, "10000")];
    for (at, id) in (first..(first + limit).min(10_000)).enumerate() {
        rows.push(row("DOMAIN", at, &format!("n{id}.com")));
        rows.push(row("STATUS", at, "ACTIVE"));
        rows.push(row("PAIDUNTILDATE", at, "2031-05-20 10:00:00"));
        rows.push(row("FAILUREDATE", at, "2031-07-03 10:00:00"));
    }
    (200, rows)
}

/// What the log of an operation says; other operations have none.
fn log(
    operation: &'static str,
    outcome: &'static str,
    name: &'static str,
) -> impl Fn(&HashMap<String, String>) -> (u16, Properties) {
    move |asked| {
        // The log knows the names of the account, and how some of them left or came.
        let about_gone = asked.get("OBJECTID").is_some_and(|name| name == "gone.com");
        if asked.get("OPERATIONTYPE").map(String::as_str) != Some(operation) && !about_gone {
            return (200, Vec::new());
        }
        let rows = vec![
            row("LOGINDEX", 0, "12"),
            row("OBJECTID", 0, name),
            row("OPERATIONTYPE", 0, operation),
            row("OPERATIONSTATUS", 0, outcome),
            row("LOGDATE", 0, "2026-11-20 10:00:00"),
        ];
        (200, rows)
    }
}

#[tokio::test]
async fn ten_thousand_domains_are_a_dozen_calls() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world.registrar.script("QueryDomainList", ten_thousand);
        let facts = json!({"active": true, "cancelled": false, "transferredAway": false, "expirydate": "2031-05-19"});
        let asked = (0..10_000).step_by(97);
        let answers = join_all(asked.map(|id| {
            world.call(
                "Sync",
                json!({"domainid": id, "sld": format!("n{id}"), "tld": "com"}),
            )
        }));
        for answer in answers.await {
            assert_eq!(answer.value, facts);
        }
        assert_eq!(world.registrar.calls("QueryDomainList"), 10);
        assert!(
            world.registrar.all_calls() <= 13,
            "{}",
            world.registrar.all_calls()
        );
        // The next run of the cron within minutes costs nothing.
        world.call("Sync", json!({"sld": "n5", "tld": "com"})).await;
        assert_eq!(world.registrar.calls("QueryDomainList"), 10);
        assert_eq!(world.registrar.calls("StatusDomain"), 0);
    }
}

#[tokio::test]
async fn gone_away_deleted_and_never_there_are_told_apart() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.script(
        "QueryObjectLogList",
        log("OUTBOUND_TRANSFER", "SUCCESSFUL", "away.com"),
    );
    world.registrar.script("QueryObjectList", |asked| {
        let all = vec![
            row("OBJECTID", 0, "deleted.com"),
            row("EXPIRATIONDATE", 0, "2026-11-01 10:00:00"),
        ];
        match asked.get("OBJECTID").map(String::as_str) {
            None | Some("deleted.com") => (200, all),
            Some("elsewhere.com") => (545, Vec::new()),
            Some(_) => (200, vec![row("COUNT", 0, "0")]),
        }
    });
    let sync = async |name: &str, status: &str| {
        let asked = json!({"domain": name, "status": status});
        world.call("Sync", asked).await.value.to_string()
    };
    let away = r#"{"active":false,"cancelled":false,"transferredAway":true}"#;
    let nothing = r#"{"active":false,"cancelled":false,"transferredAway":false}"#;
    let cancelled = r#"{"active":false,"cancelled":true,"transferredAway":false}"#;
    assert_eq!(sync("away.com", "Active").await, away);
    assert_eq!(sync("elsewhere.com", "Active").await, away);
    assert_eq!(sync("gone.com", "Active").await, cancelled);
    assert_eq!(sync("never-ours.com", "Active").await, nothing);
    assert_eq!(sync("ordered.com", "Pending Registration").await, nothing);
    assert_eq!(
        sync("deleted.com", "Active").await,
        r#"{"active":false,"cancelled":false,"transferredAway":false,"expirydate":"2026-10-31"}"#
    );
}

#[tokio::test]
async fn an_account_that_may_not_see_the_log_asks_name_by_name() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    for command in ["QueryObjectLogList", "QueryObjectList"] {
        world.registrar.script(command, |_| (530, Vec::new()));
    }
    world.registrar.hold("example.com", LOGIN, LONG_AGO);
    world.registrar.hold("other.com", "somebody", LONG_AGO);
    let sync = world.call("Sync", name()).await.value;
    assert_eq!(sync["active"], json!(true));
    let sync = world
        .call("Sync", json!({"domain": "other.com"}))
        .await
        .value;
    assert_eq!(sync["transferredAway"], json!(true));
    // What cannot be found out is not claimed.
    let sync = world
        .call("Sync", json!({"domain": "gone.com", "status": "Active"}))
        .await
        .value;
    assert_eq!(
        sync,
        json!({"active": false, "cancelled": false, "transferredAway": false})
    );
}

#[tokio::test]
async fn an_outage_is_an_error_and_the_next_run_catches_up() {
    let db = TestDb::sqlite();
    let clock = Clock::fixed(Clock::system().now());
    let (registrar, whmcs) = (
        FakeIspapi::start().await,
        FakeWhmcs::start("example.com").await,
    );
    let patience = Patience {
        sync: std::time::Duration::from_millis(700),
        ..Patience::default()
    };
    let world = World::at(&db, &clock, patience, registrar, whmcs).await;
    world.registrar.hold("example.com", LOGIN, LONG_AGO);
    assert_eq!(
        world.call("Sync", name()).await.value["active"],
        json!(true)
    );
    clock.advance(std::time::Duration::from_secs(3_600));
    for command in ["QueryDomainList", "StatusDomain"] {
        world.registrar.always(command, Some(Fault::BlackHole));
    }
    let answer = world.call("Sync", name()).await;
    assert!(error(&answer).contains("in time"), "{answer:?}");
    for command in ["QueryDomainList", "StatusDomain"] {
        world.registrar.always(command, None);
    }
    clock.advance(std::time::Duration::from_secs(120));
    crate::until_async("the registrar is asked again", async || {
        clock.advance(std::time::Duration::from_secs(30));
        world.call("Sync", name()).await.value["active"] == json!(true)
    })
    .await;
}

#[tokio::test]
async fn a_transfer_ends_in_whmcs_whatever_its_end() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.hold("example.com", LOGIN, LONG_AGO);
    world.registrar.script(
        "QueryObjectLogList",
        log("INBOUND_TRANSFER", "FAILED", "refused.com"),
    );
    world.registrar.script("StatusDomainTransfer", |asked| {
        match asked["DOMAIN"].as_str() {
            "refused.com" => (
                200,
                vec![
                    row("TRANSFERSTATUS", 0, "FAILED"),
                    row("TRANSFERTYPE", 0, "INCOMING"),
                    row("TRANSFERLOG", 0, "2026-11-18 [REQUESTED] asked"),
                    row(
                        "TRANSFERLOG",
                        1,
                        "2026-11-20 [FAILED] rejected by the losing registrar",
                    ),
                ],
            ),
            "waiting.com" => (
                200,
                vec![
                    row("TRANSFERSTATUS", 0, "PENDING"),
                    row("TRANSFERTYPE", 0, "INCOMING"),
                ],
            ),
            _ => (545, Vec::new()),
        }
    });
    let ended = async |name: &str| {
        let asked = json!({"domain": name, "domainid": 3});
        world.call("TransferSync", asked).await.value.to_string()
    };
    assert_eq!(
        ended("example.com").await,
        r#"{"completed":true,"expirydate":"2030-05-19"}"#
    );
    assert_eq!(
        ended("refused.com").await,
        r#"{"failed":true,"reason":"2026-11-20 [FAILED] rejected by the losing registrar"}"#
    );
    assert_eq!(ended("waiting.com").await, "{}");
    assert_eq!(ended("unknown.com").await, "{}");
}
