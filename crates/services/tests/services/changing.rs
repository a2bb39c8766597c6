//! Changes of a service that is there, what it used, and the doors to it.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_services::{Patience, ServiceId};
use wharf_store::testing::TestDb;
use wharf_whmcs::call::{ModuleCall, ModuleKind, Params};

use crate::harness::{Daemon, changed, connector, daemon, daemon_with, eventually, patience};
use crate::supplier::{Fault, Supplier};

fn call(daemon: &Daemon, function: &str, params: Value) -> ModuleCall {
    let _ = daemon;
    ModuleCall {
        site: "main".to_owned(),
        kind: ModuleKind::Server,
        module: "wharf".to_owned(),
        function: function.to_owned(),
        params: Params::new(params.as_object().unwrap().clone()),
    }
}

#[tokio::test]
async fn a_package_is_changed_once_and_the_same_one_is_no_change() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(daemon.result("ChangePackage", 17).await, "success");
        assert_eq!(supplier.count("PUT /services/{id}/plan"), 0, "it has it");

        let basic = changed(daemon.params(17), "configoption2", json!("basic"));
        supplier.fault("PUT /services/{id}/plan", Fault::CutAfterCommit, 1);
        let answer = daemon.call_with("ChangePackage", basic.clone()).await.value;
        assert_eq!(answer["result"], "success", "{answer}");
        assert_eq!(
            supplier.shop.lock().unwrap().services[0]["plan_id"],
            "basic"
        );
        let calls = supplier.calls();
        let answer = daemon.call_with("ChangePackage", basic.clone()).await.value;
        assert_eq!(answer["result"], "success");
        assert_eq!(supplier.calls(), calls);
        let answer = daemon.call_with("CreateAccount", basic).await.value;
        assert_eq!(
            answer["result"], "success",
            "it is the service with that plan"
        );
        let answer = daemon.result("CreateAccount", 17).await;
        assert!(answer.contains("exists already with another"), "{answer}");
    }
}

#[tokio::test]
async fn a_package_whose_change_was_refused_half_way_is_asked_for_again() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    // The plan is changed, then something else is refused.
    let folder = connector(|text| {
        text.replace(
            "[[change_password]]",
            "[[change_package]]\nname = \"seal\"\npath = \"/services/{{ service.id }}/seal\"\n\
             when = \"options.plan == 'basic'\"\nbody = {}\nrepeat = true\n\n[[change_password]]",
        )
    });
    let clock = Clock::system();
    let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let basic = changed(daemon.params(17), "configoption2", json!("basic"));
    let answer = daemon.call_with("ChangePackage", basic).await.value;
    assert_eq!(answer["result"], "SiteShield: Method not allowed.");
    let plan = || supplier.shop.lock().unwrap().services[0]["plan_id"].clone();
    assert_eq!(plan(), "basic");
    // Back to what Wharf's own record says that it is.
    assert_eq!(daemon.result("ChangePackage", 17).await, "success");
    assert_eq!(plan(), "pro");
}

/// Renewing is a POST that nobody can ask after.
fn with_renewal() -> tempfile::TempDir {
    connector(|text| {
        text.replace(
            "[[change_password]]",
            "[[renew]]\nname = \"renewal\"\npath = \"/services/{{ service.id }}/scan\"\nbody = {}\n\n[[change_password]]",
        )
    })
}

#[tokio::test]
async fn each_renewal_that_whmcs_orders_is_one_at_the_supplier() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = with_renewal();
    let clock = Clock::system();
    let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    // Two terms paid at once are two.
    for terms in 1..=2 {
        assert_eq!(daemon.result("Renew", 17).await, "success");
        assert_eq!(supplier.count("POST /services/{id}/scan"), terms);
    }
    // One that is under way is not taken for the next.
    supplier.fault("POST /services/{id}/scan", Fault::Later(1), 1);
    let next = async {
        eventually("it is under way", async || {
            supplier.count("POST /services/{id}/scan") == 3
        })
        .await;
        daemon.result("Renew", 17).await
    };
    let (one, other) = tokio::join!(daemon.result("Renew", 17), next);
    assert_eq!(one, "success");
    assert!(other.contains("is under way; try again"), "{other}");
}

#[tokio::test]
async fn a_renewal_that_whmcs_was_not_told_of_is_not_made_twice_unasked() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let folder = with_renewal();
        let patience = Patience {
            change: Duration::from_millis(900),
            ..patience()
        };
        let clock = Clock::system();
        let daemon = daemon_with(&db, &clock, &supplier, patience, Some(folder.path())).await;
        eventually("it is made", async || {
            daemon.result("CreateAccount", 17).await == "success"
        })
        .await;
        let renewed = || supplier.count("POST /services/{id}/scan");
        supplier.fault("POST /services/{id}/scan", Fault::Later(2), 1);
        let answer = daemon.result("Renew", 17).await;
        assert!(answer.starts_with("In progress"), "{answer}");
        let id = ServiceId {
            site: "main".to_owned(),
            service: 17,
        };
        eventually("staff is told", async || {
            daemon.store.jobs().work_due().await.unwrap();
            let story = daemon.services.story(&id).await.unwrap().unwrap();
            let trouble = story.summary.trouble.unwrap_or_default();
            trouble.contains("after WHMCS had stopped waiting")
        })
        .await;
        assert_eq!(renewed(), 2, "one that was put off, one that was done");
        let answer = daemon.result("Renew", 17).await;
        assert!(answer.contains("nothing is left to do"), "{answer}");
        assert_eq!(renewed(), 2);
        assert_eq!(daemon.result("Renew", 17).await, "success", "another term");
        assert_eq!(renewed(), 3);
    }
}

#[tokio::test]
async fn a_renewal_without_steps_is_done_and_a_package_of_another_connector_is_refused() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let calls = supplier.calls();
    assert_eq!(daemon.result("Renew", 17).await, "success");
    assert_eq!(supplier.calls(), calls);
    let other = changed(daemon.params(17), "configoption1", json!("rabbitmq"));
    let answer = daemon.call_with("ChangePackage", other).await.value;
    assert!(
        answer["result"]
            .as_str()
            .unwrap()
            .contains("another connector"),
        "{answer}"
    );
}

#[tokio::test]
async fn usage_of_all_services_takes_a_bounded_number_of_calls_and_shows_drift() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    for number in 1..=3 {
        let domain = json!(format!("example{number}.com"));
        let params = changed(daemon.params(number), "domain", domain);
        let answer = daemon.call_with("CreateAccount", params).await.value;
        assert_eq!(answer["result"], "success");
    }
    {
        let mut shop = supplier.shop.lock().unwrap();
        shop.services[1]["status"] = json!("suspended");
        shop.services[2]["status"] = json!("terminated");
    }
    let usage = call(&daemon, "UsageUpdate", daemon.params(0));
    let report = daemon.services.usage(&usage).await.unwrap();
    assert_eq!(
        (report.calls, report.services.len(), report.strangers),
        (1, 3, 0)
    );
    let first = &report.services[0];
    assert_eq!(
        (
            first.service,
            first.domain.as_str(),
            first.disk_used,
            first.bandwidth_limit
        ),
        (1, "example1.com", Some(13), Some(500))
    );
    assert_eq!(first.metrics["requests"], "4211");
    let drifts: Vec<_> = report
        .services
        .iter()
        .map(|used| used.drift.clone())
        .collect();
    assert_eq!(
        drifts,
        [
            None,
            Some("SiteShield: it says \"suspended\", Wharf left the service active".to_owned()),
            Some("SiteShield: it does not list this service any more".to_owned()),
        ]
    );
    let listed = daemon.services.list(None, true, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    let metrics = daemon.services.metrics(&usage).await;
    assert_eq!(metrics[0].title, "Requests");
}

#[tokio::test]
async fn choices_come_from_the_supplier_and_doors_open_for_active_services() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    let here = call(&daemon, "Loader", daemon.params(17));
    assert_eq!(
        daemon.services.choices(&here, "plan").await.unwrap(),
        [
            ("basic".to_owned(), "Basic".to_owned()),
            ("pro".to_owned(), "Pro".to_owned())
        ]
    );
    let door = daemon.services.client_sign_on(&here).await;
    assert_eq!(door.url.unwrap_err(), "the service is not active");
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let door = daemon.services.client_sign_on(&here).await;
    assert_eq!(
        door.url.unwrap(),
        "https://shield.example.com/door?once=svc_1"
    );
    assert!(!format!("{:?}", door.exchanges).contains("once="));
}

#[tokio::test]
async fn the_module_log_has_every_request_and_answer() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    let log = daemon.call("CreateAccount", 17).await.log.unwrap();
    assert!(
        log.request.contains("POST /api/v1/users\n   {\"email\":\"A.Client+x@example.com\",\"name\":\"Ann Client\",\"password\":\"********\""),
        "{}",
        log.request
    );
    assert!(
        log.response.contains("201, done") && log.response.contains("SSHD-0000"),
        "{}",
        log.response
    );
}

#[tokio::test]
async fn usage_of_ten_thousand_services_takes_eleven_calls_at_most() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    // It is about the number of calls: a thousand services in one answer take a while on a busy machine.
    let unhurried = Patience {
        page: Duration::from_secs(30),
        supplier_read: Duration::from_secs(30),
        ..patience()
    };
    let daemon = daemon(&db, &Clock::system(), &supplier, unhurried).await;
    assert_eq!(daemon.result("CreateAccount", 1).await, "success");
    let mut tx = daemon.store.begin().await.unwrap();
    for number in 2..=10_000_i64 {
        let id = format!("svc_{number}");
        sqlx::query(
            "INSERT INTO services (site, service_id, generation, cycle, connector, server_id, authority, plan, domain, state, \
             supplier_ref, seen_at, created_at, updated_at) VALUES ('main', $1, 1, 0, 'siteshield', 3, 'x', 'pro', $2, 'active', $2, 0, 0, 0)",
        )
        .bind(number)
        .bind(&id)
        .execute(&mut *tx)
        .await
        .unwrap();
        let service = json!({"id": id, "status": "active", "domain": id});
        supplier.shop.lock().unwrap().services.push(service);
    }
    tx.commit().await.unwrap();
    let usage = call(&daemon, "UsageUpdate", daemon.params(0));
    let report = daemon.services.usage(&usage).await.unwrap();
    assert_eq!(report.services.len(), 10_000);
    assert!(report.calls <= 11, "{}", report.calls);
    assert!(report.services.iter().all(|used| used.drift.is_none()));
}

#[tokio::test]
async fn an_upgrade_of_configurable_options_is_a_change_of_package() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    // A second option, with a number that the customer chooses.
    let folder = connector(|text| {
        let seats =
            "[[options]]\nname = \"seats\"\ntitle = \"Seats\"\ndefault = \"1\"\n\n[service]";
        let plan = "body = { plan_id = \"{{ options.plan }}\" }";
        assert!(text.contains(plan));
        text.replacen("[service]", seats, 1).replacen(
            plan,
            "body = { plan_id = \"{{ options.plan }}\", seats = \"{{ options.seats }}\" }",
            1,
        )
    });
    let clock = Clock::system();
    let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
    let ordered = |options: Value| changed(daemon.params(17), "configoptions", options);
    let create = ordered(json!({ "Plan": "basic", "Seats": 2 }));
    let answer = daemon
        .call_with("CreateAccount", create.clone())
        .await
        .value;
    assert_eq!(answer["result"], "success");
    let plan = || supplier.shop.lock().unwrap().services[0]["plan_id"].clone();
    assert_eq!(
        plan(),
        "basic",
        "what the customer chose comes before the product's"
    );

    // The same choices are no change; each other one is one.
    let changes = || supplier.count("PUT /services/{id}/plan");
    for (options, sent) in [
        (json!({ "Plan": "basic", "Seats": 2 }), 0),
        (json!({ "Plan": "pro", "Seats": 2 }), 1),
        (json!({ "Plan": "pro", "Seats": 5 }), 2),
        (json!({ "Plan": "pro", "Seats": 5 }), 2),
    ] {
        let answer = daemon
            .call_with("ChangePackage", ordered(options))
            .await
            .value;
        assert_eq!(answer["result"], "success");
        assert_eq!(changes(), sent);
    }
    assert_eq!(plan(), "pro");
    assert_eq!(supplier.shop.lock().unwrap().services[0]["seats"], "5");
}
