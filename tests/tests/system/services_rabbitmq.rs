//! The RabbitMQ connector on a real RabbitMQ, proved with a client of AMQP that others wrote.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use sandbox_edge::FaultKind;
use serde_json::{Value, json};
use wharf_tests::cutting_proxy::CuttingProxy;
use wharf_tests::lone_daemon::{LoneDaemon, service};
use wharf_tests::suppliers::RealServer;
use wharf_tests::{client, until};

/// One server for all: it takes seconds to start.
#[tokio::test]
async fn tenants_live_on_a_real_rabbitmq() {
    let Some(mut rabbit) = RealServer::rabbitmq() else {
        return;
    };
    let proxy = CuttingProxy::start(rabbit.port()).await;
    let daemon = LoneDaemon::start(None, None).await;
    let shop = Shop {
        daemon,
        proxy,
        operator: (rabbit.username.clone(), rabbit.password.clone()),
        api: rabbit.api.clone(),
        amqp: rabbit.service.clone(),
    };
    a_tenant_lives(&shop).await;
    whatever_is_lost_there_is_one_tenant(&shop).await;
    nobody_gets_in_with_a_wrong_token(&shop).await;
    rabbit.stop();
    without_a_server_it_says_so(&shop).await;
}

struct Shop {
    daemon: LoneDaemon,
    proxy: CuttingProxy,
    operator: (String, String),
    api: String,
    amqp: String,
}

impl Shop {
    fn order(&self, id: i64, plan: &str) {
        let login = (self.operator.0.as_str(), self.operator.1.as_str());
        let params = service(id, "rabbitmq", plan, self.proxy.port, login);
        self.daemon.whmcs.order(id, params);
    }

    async fn run(&self, function: &str, id: i64) -> String {
        self.daemon.whmcs.run(function, id).await
    }

    /// What the server itself says.
    async fn far(&self, path: &str) -> Value {
        let (username, password) = &self.operator;
        let answer = client()
            .get(format!("{}{path}", self.api))
            .basic_auth(username, Some(password))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// The virtual hosts of customers.
    async fn tenants(&self) -> Vec<String> {
        let all = self.far("/vhosts").await;
        let names = all.as_array().unwrap().iter();
        names
            .map(|vhost| vhost["name"].as_str().unwrap().to_owned())
            .filter(|name| name != "/")
            .collect()
    }

    fn amqp(&self, program: &str, tenant: &str, password: &str, more: &[&str]) -> Command {
        let encoded: String = url::form_urlencoded::byte_serialize(password.as_bytes()).collect();
        let password = encoded.replace('+', "%20");
        let mut command = Command::new(program);
        command
            .arg(format!(
                "--url=amqp://{tenant}:{password}@{}/{tenant}",
                self.amqp
            ))
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Declares a queue as the customer; whether it was let in.
    fn gets_in(&self, tenant: &str, password: &str) -> bool {
        let mut command = self.amqp(
            "amqp-declare-queue",
            tenant,
            password,
            &["-q", "letters", "-d"],
        );
        command.output().unwrap().status.success()
    }
}

const PASSWORD: &str = "Pass-word+1/2";

async fn a_tenant_lives(shop: &Shop) {
    let whmcs = &shop.daemon.whmcs;
    shop.order(1, "small");
    let created = whmcs.ask("CreateAccount", 1).await;
    assert_eq!(created["result"], "success", "{created}");
    let tenant = created["properties"]["Username"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(shop.tenants().await, [tenant.as_str()]);
    let limits = format!("/vhost-limits/{tenant}");
    assert_eq!(
        shop.far(&limits).await[0]["value"],
        json!({ "max-connections": 20, "max-queues": 50 })
    );
    assert!(shop.gets_in(&tenant, PASSWORD));
    assert!(!shop.gets_in(&tenant, "another password"));
    let publish = ["-r", "letters", "-b", "a letter"];
    let published = shop
        .amqp("amqp-publish", &tenant, PASSWORD, &publish)
        .output();
    assert!(published.unwrap().status.success());

    assert_eq!(
        shop.run("CreateAccount", 1).await,
        "success",
        "the same again"
    );
    assert_eq!(shop.tenants().await.len(), 1);

    it_is_counted(shop, &tenant).await;

    let declare = ["-q", "waiting", "-d"];
    let declared = shop
        .amqp("amqp-declare-queue", &tenant, PASSWORD, &declare)
        .output();
    assert!(declared.unwrap().status.success());
    let mut open = shop
        .amqp("amqp-consume", &tenant, PASSWORD, &["-q", "waiting", "cat"])
        .spawn()
        .unwrap();
    let hello = ["-r", "waiting", "-b", "hello"];
    let published = shop
        .amqp("amqp-publish", &tenant, PASSWORD, &hello)
        .output();
    assert!(published.unwrap().status.success());
    let mut heard = [0; 5];
    let mut ear = open.stdout.take().unwrap();
    ear.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello", "the customer is connected");
    assert_eq!(shop.run("SuspendAccount", 1).await, "success");
    assert!(!shop.gets_in(&tenant, PASSWORD), "no permissions");
    until("its connection is closed", WHILE, async || {
        tokio::time::sleep(Duration::from_millis(100)).await;
        open.try_wait().unwrap().is_some()
    })
    .await;
    assert_eq!(shop.run("SuspendAccount", 1).await, "success", "twice");
    let permissions = shop.far(&format!("/vhosts/{tenant}/permissions")).await;
    assert!(
        !permissions
            .to_string()
            .contains(&format!("\"user\":\"{tenant}\""))
    );
    assert_eq!(shop.run("UnsuspendAccount", 1).await, "success");
    assert_eq!(shop.run("UnsuspendAccount", 1).await, "success", "twice");
    let got = shop
        .amqp("amqp-get", &tenant, PASSWORD, &["-q", "letters"])
        .output();
    assert_eq!(got.unwrap().stdout, b"a letter", "what was there is there");

    whmcs.change(1, &json!({ "configoption2": "medium" }));
    assert_eq!(shop.run("ChangePackage", 1).await, "success");
    assert_eq!(
        shop.run("ChangePackage", 1).await,
        "success",
        "to the same plan"
    );
    assert_eq!(
        shop.far(&limits).await[0]["value"],
        json!({ "max-connections": 100, "max-queues": 250 })
    );

    whmcs.change(1, &json!({ "password": "New-word+2/3" }));
    assert_eq!(shop.run("ChangePassword", 1).await, "success");
    assert_eq!(
        (
            shop.gets_in(&tenant, "New-word+2/3"),
            shop.gets_in(&tenant, PASSWORD)
        ),
        (true, false)
    );

    assert_eq!(shop.run("TerminateAccount", 1).await, "success");
    assert!(shop.tenants().await.is_empty());
    let user = shop.far(&format!("/users/{tenant}")).await;
    assert_eq!(user["reason"], "Not Found");
    assert_eq!(
        shop.run("TerminateAccount", 1).await,
        "success",
        "what is gone is gone"
    );
}

/// What the server counts comes into WHMCS, though the server takes seconds to count.
async fn it_is_counted(shop: &Shop, tenant: &str) {
    let whmcs = &shop.daemon.whmcs;
    until("the message is counted", WHILE, async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let metrics = whmcs.ask("MetricProvider", 1).await;
        metrics["tenants"]["customer-1.example"]["messages"] == "1"
    })
    .await;
    let usage = whmcs.ask("UsageUpdate", 1).await;
    assert_eq!(usage["services"][0]["id"], 1, "{usage}");
    assert!(usage["services"][0]["bwusage"].is_i64(), "{usage}");
    let listed = whmcs.ask("ListAccounts", 1).await;
    let accounts = listed["accounts"].as_array().unwrap();
    assert!(
        accounts.iter().any(|account| account["username"] == tenant),
        "{listed}"
    );
}

const WHILE: Duration = Duration::from_secs(30);

/// The first, the middle and the last change are struck, each in another way.
async fn whatever_is_lost_there_is_one_tenant(shop: &Shop) {
    shop.order(2, "small");
    let before = shop.proxy.calls().len();
    shop.run("CreateAccount", 2).await;
    let changes: Vec<String> = shop.proxy.calls()[before..]
        .iter()
        .filter(|call| call.starts_with("PUT"))
        .cloned()
        .collect();
    assert_eq!(changes.len(), 5, "{changes:?}");
    assert_eq!(shop.run("TerminateAccount", 2).await, "success");

    let kinds = [
        FaultKind::CutAfterCommit,
        FaultKind::Garble,
        FaultKind::Refuse,
    ];
    for (id, (change, kind)) in (3..).zip(changes.iter().step_by(2).zip(&kinds)) {
        shop.order(id, "small");
        shop.proxy.arm(*kind, Some(change));
        let whmcs = &shop.daemon.whmcs;
        whmcs.see_through("CreateAccount", id, "Active").await;
        let tenants = shop.tenants().await;
        assert_eq!(tenants.len(), 1, "{kind:?} at {change}: {tenants:?}");
        assert!(shop.gets_in(&tenants[0], PASSWORD), "{kind:?} at {change}");
        assert_eq!(shop.run("TerminateAccount", id).await, "success");
    }
}

async fn nobody_gets_in_with_a_wrong_token(shop: &Shop) {
    let whmcs = &shop.daemon.whmcs;
    let login = (shop.operator.0.as_str(), "not the password");
    let params = service(90, "rabbitmq", "small", shop.proxy.port, login);
    let tested = whmcs.call("TestConnection", &params).await;
    assert_eq!(tested["success"], false);
    whmcs.order(90, params);
    let refused = shop.run("CreateAccount", 90).await;
    assert!(refused.contains("token"), "{refused}");
    assert!(!refused.contains("not the password"));
    assert!(shop.tenants().await.is_empty());

    shop.order(91, "small");
    let tested = whmcs.ask("TestConnection", 91).await;
    assert_eq!(tested["success"], true, "{tested}");
}

async fn without_a_server_it_says_so(shop: &Shop) {
    shop.order(99, "small");
    let result = shop.run("CreateAccount", 99).await;
    assert_ne!(result, "success");
    assert_eq!(shop.daemon.whmcs.status(99), "Pending");
}
