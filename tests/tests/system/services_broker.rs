//! The connector for service brokers, on the sandbox's broker.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use std::time::Duration;

use sandbox_broker::{Broker, BrokerOptions, Change, Trouble, Way};
use sandbox_edge::FaultKind;
use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_tests::cutting_proxy::CuttingProxy;
use wharf_tests::lone_daemon::{LoneDaemon, service};
use wharf_tests::{client, until};

const SKIFF: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d11";
const BARGE: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d12";
const FREIGHTER: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d13";
const SLIP: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d21";

struct Shop {
    daemon: LoneDaemon,
    broker: Broker,
    proxy: CuttingProxy,
    _connectors: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let broker = Broker::new(BrokerOptions {
            clock: Clock::system(),
            username: "platform".into(),
            password: "the-brokers-password".into(),
            slow_ms: 300,
        });
        // As it comes with Wharf, but it asks each second how an operation stands.
        let connectors = tempfile::tempdir().unwrap();
        let text = include_str!("../../../data/connectors/open-service-broker.toml");
        let quick = text.replace("\nuntil = ", "\nevery = 1\nuntil = ");
        assert_ne!(quick, text);
        std::fs::write(connectors.path().join("open-service-broker.toml"), quick).unwrap();
        Self {
            daemon: LoneDaemon::start(Some(connectors.path()), None).await,
            _connectors: connectors,
            proxy: CuttingProxy::before(broker.router()).await,
            broker,
        }
    }

    fn order(&self, id: i64, plan: &str) {
        let login = ("platform", "the-brokers-password");
        let params = service(id, "open-service-broker", plan, self.proxy.port, login);
        self.daemon.whmcs.order(id, params);
    }

    async fn run(&self, function: &str, id: i64) -> String {
        self.daemon.whmcs.run(function, id).await
    }

    async fn see(&self, function: &str, id: i64, status: &str) {
        self.daemon.whmcs.see_through(function, id, status).await;
    }

    /// As staff presses Create again after an error.
    async fn try_until_made(&self, id: i64) {
        until("it is made", Duration::from_secs(60), async || {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.run("CreateAccount", id).await == "success"
                || self.daemon.whmcs.status(id) == "Active"
        })
        .await;
    }

    /// Everything there ever was.
    async fn instances(&self) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/_sandbox/instances", self.proxy.port);
        client()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Instances and bindings that are not gone.
    async fn living(&self) -> (usize, usize) {
        let lives = |thing: &&Value| thing["phase"] != "gone";
        let instances = self.instances().await;
        let bindings = instances
            .iter()
            .flat_map(|instance| instance["bindings"].as_array().unwrap());
        (
            instances.iter().filter(lives).count(),
            bindings.filter(lives).count(),
        )
    }

    /// The address with the credentials, as the customer copies it from the page.
    async fn address(&self, id: i64) -> String {
        let page = self.daemon.whmcs.ask("ClientArea", id).await.to_string();
        let (_, rest) = page
            .split_once("http://u")
            .unwrap_or_else(|| panic!("no address: {page}"));
        let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && !"-:@./".contains(sign));
        format!("http://u{}", &rest[..end.unwrap_or(rest.len())])
    }
}

/// What the database answers to these credentials.
async fn status(address: &str) -> u16 {
    client()
        .get(address)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn an_instance_lives_from_order_to_end() {
    let shop = Shop::open().await;
    shop.order(1, SKIFF);
    assert_eq!(shop.run("CreateAccount", 1).await, "success");
    assert_eq!(
        shop.run("CreateAccount", 1).await,
        "success",
        "the same again"
    );
    assert_eq!(shop.living().await, (1, 1));
    let choices = shop.daemon.whmcs.ask("Choices2", 1).await;
    let offered = choices["choices"].as_array().unwrap();
    assert!(
        offered.iter().any(|plan| plan["value"] == BARGE),
        "{choices}"
    );
    let listed = shop.daemon.whmcs.ask("ListAccounts", 1).await;
    assert!(
        listed["error"].is_string(),
        "the API lists no instances: {listed}"
    );
    let first = shop.address(1).await;
    assert_eq!(status(&first).await, 200);
    let (_, rest) = first.split_once("http://").unwrap();
    let (login, _) = rest.split_once('@').unwrap();
    let (_, password) = login.split_once(':').unwrap();
    assert_eq!(shop.daemon.files_with(password), [""; 0], "it is sealed");

    for _ in 0..2 {
        assert_eq!(shop.run("SuspendAccount", 1).await, "success");
        assert_eq!(status(&first).await, 401);
        assert_eq!(shop.living().await, (1, 0), "what is stored stays");
    }
    for _ in 0..2 {
        assert_eq!(shop.run("UnsuspendAccount", 1).await, "success");
    }
    let second = shop.address(1).await;
    assert_eq!((status(&second).await, status(&first).await), (200, 401));

    shop.daemon
        .whmcs
        .change(1, &json!({ "configoption2": BARGE }));
    shop.run("ChangePackage", 1).await;
    wharf_tests::until(
        "the plan is changed",
        std::time::Duration::from_secs(30),
        async || shop.instances().await[0]["plan_id"] == BARGE,
    )
    .await;
    assert_eq!(status(&second).await, 200);
    until("the end is reached", Duration::from_secs(60), async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        shop.run("TerminateAccount", 1).await == "success"
    })
    .await;
    assert_eq!(shop.living().await, (0, 0));
    assert_eq!(status(&second).await, 401);
    assert_eq!(
        shop.run("TerminateAccount", 1).await,
        "success",
        "what is gone is gone"
    );
}

#[tokio::test]
async fn what_takes_a_while_is_followed_and_whmcs_is_told_once() {
    let shop = Shop::open().await;
    shop.order(1, FREIGHTER);
    shop.see("CreateAccount", 1, "Active").await;
    assert_eq!(shop.living().await, (1, 1));
    assert_eq!(
        status(&shop.address(1).await).await,
        200,
        "the credentials were fetched"
    );
    let calls = shop.daemon.whmcs.api_calls();
    let told = calls.iter().filter(|call| *call == "ModuleCreate").count();
    assert!(told <= 1, "{calls:?}");
    shop.see("SuspendAccount", 1, "Suspended").await;
    assert_eq!(shop.living().await, (1, 0));
    shop.see("UnsuspendAccount", 1, "Active").await;
    assert_eq!(status(&shop.address(1).await).await, 200);
    shop.daemon
        .whmcs
        .change(1, &json!({ "configoption2": SKIFF }));
    let refused = shop.run("ChangePackage", 1).await;
    assert!(
        refused.contains("this plan cannot be changed for another"),
        "{refused}"
    );
    shop.see("TerminateAccount", 1, "Terminated").await;
    assert_eq!(shop.living().await, (0, 0));
}

#[tokio::test]
async fn a_broker_that_shows_nothing_twice_is_enough() {
    let shop = Shop::open().await;
    shop.order(1, SLIP);
    assert_eq!(shop.run("CreateAccount", 1).await, "success");
    assert_eq!(status(&shop.address(1).await).await, 200);
    assert_eq!(shop.run("TerminateAccount", 1).await, "success");
    assert_eq!(shop.living().await, (0, 0));
}

#[tokio::test]
async fn whatever_is_lost_there_is_one_instance() {
    let shop = Shop::open().await;
    let changes = [
        ("CreateAccount", "Active", "PUT /v2/service_instances/{id}"),
        (
            "CreateAccount",
            "Active",
            "PUT /v2/service_instances/{id}/service_bindings/{id}",
        ),
        (
            "TerminateAccount",
            "Terminated",
            "DELETE /v2/service_instances/{id}/service_bindings/{id}",
        ),
        (
            "TerminateAccount",
            "Terminated",
            "DELETE /v2/service_instances/{id}",
        ),
    ];
    let kinds = [
        FaultKind::CutAfterCommit,
        FaultKind::Truncate,
        FaultKind::Refuse,
    ];
    for (id, ((function, end, call), kind)) in
        (1..).zip(changes.into_iter().zip(kinds.into_iter().cycle()))
    {
        shop.order(id, SKIFF);
        if function == "TerminateAccount" {
            assert_eq!(shop.run("CreateAccount", id).await, "success");
        }
        shop.proxy.arm(kind, Some(call));
        shop.see(function, id, end).await;
        let living = if end == "Active" { (1, 1) } else { (0, 0) };
        assert_eq!(shop.living().await, living, "{kind:?} at {call}");
        if end == "Active" {
            assert_eq!(
                status(&shop.address(id).await).await,
                200,
                "{kind:?} at {call}"
            );
            assert_eq!(shop.run("TerminateAccount", id).await, "success");
        }
    }
}

#[tokio::test]
async fn what_a_broker_left_half_made_is_deleted() {
    let shop = Shop::open().await;
    let trouble = |on| {
        shop.broker.order(Trouble {
            on,
            way: Way::Fails,
        });
    };
    // Accepted, then failed.
    shop.order(1, BARGE);
    trouble(Change::Provision);
    shop.run("CreateAccount", 1).await;
    until(
        "the orphan is deleted",
        Duration::from_secs(30),
        async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let calls = shop.proxy.calls();
            calls
                .iter()
                .any(|call| call == "DELETE /v2/service_instances/{id}")
                && shop.living().await == (0, 0)
        },
    )
    .await;
    shop.try_until_made(1).await;
    assert_eq!(shop.living().await, (1, 1));

    // Credentials that failed are unbound, and the instance with them.
    shop.order(2, FREIGHTER);
    trouble(Change::Bind);
    shop.run("CreateAccount", 2).await;
    until(
        "both orphans are deleted",
        Duration::from_secs(30),
        async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let calls = shop.proxy.calls();
            calls
                .iter()
                .any(|call| call.starts_with("DELETE") && call.contains("service_bindings"))
                && shop.living().await == (1, 1)
        },
    )
    .await;
    shop.try_until_made(2).await;
    assert_eq!(shop.living().await, (2, 2));
}
