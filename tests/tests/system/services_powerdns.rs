//! The PowerDNS connector on a real PowerDNS, proved with DNS queries of a resolver that others wrote.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

use std::process::Command;

use sandbox_edge::FaultKind;
use serde_json::{Value, json};
use wharf_tests::client;
use wharf_tests::cutting_proxy::CuttingProxy;
use wharf_tests::lone_daemon::{LoneDaemon, service};
use wharf_tests::suppliers::RealServer;

struct Shop {
    daemon: LoneDaemon,
    proxy: CuttingProxy,
    server: RealServer,
}

impl Shop {
    async fn open() -> Option<Self> {
        let server = RealServer::powerdns()?;
        Some(Self {
            daemon: LoneDaemon::start(None, None).await,
            proxy: CuttingProxy::start(server.port()).await,
            server,
        })
    }

    fn order(&self, id: i64, plan: &str) {
        self.daemon.whmcs.order(id, self.params(id, plan));
    }

    fn params(&self, id: i64, plan: &str) -> Value {
        let login = ("", self.server.password.as_str());
        let mut params = service(id, "powerdns", plan, self.proxy.port, login);
        params["configoption3"] = "ns1.nile-hosting.example".into();
        params["configoption4"] = "ns2.nile-hosting.example.".into();
        params
    }

    async fn run(&self, function: &str, id: i64) -> String {
        self.daemon.whmcs.run(function, id).await
    }

    async fn far(&self, path: &str) -> Value {
        let answer = client()
            .get(format!("{}/servers/localhost{path}", self.server.api))
            .header("x-api-key", &self.server.password)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap_or_default()
    }

    async fn zones(&self) -> Vec<String> {
        let all = self.far("/zones").await;
        let zones = all.as_array().unwrap().iter();
        zones
            .map(|zone| zone["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Adds a record as an editor of zones would.
    async fn add(&self, zone: &str, name: &str, address: &str) {
        let change = json!({ "rrsets": [{
            "name": format!("{name}.{zone}"), "type": "A", "ttl": 60, "changetype": "REPLACE",
            "records": [{ "content": address, "disabled": false }],
        }] });
        let done = client()
            .patch(format!(
                "{}/servers/localhost/zones/{zone}",
                self.server.api
            ))
            .header("x-api-key", &self.server.password)
            .json(&change)
            .send()
            .await
            .unwrap();
        assert!(done.status().is_success());
    }

    /// Asks the nameserver: the status and the answers' values.
    fn dig(&self, name: &str, kind: &str) -> (String, Vec<String>) {
        let (host, port) = self.server.service.split_once(':').unwrap();
        let asked = Command::new("dig")
            .args([
                &format!("@{host}"),
                "-p",
                port,
                "+tries=2",
                "+noall",
                "+comments",
                "+answer",
                name,
                kind,
            ])
            .output()
            .unwrap();
        let text = String::from_utf8(asked.stdout).unwrap();
        let status = text.split("status: ").nth(1).unwrap_or_default();
        let status = status.split(',').next().unwrap_or_default().to_owned();
        let mut answers: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with(';') && !line.is_empty())
            .map(|line| {
                line.split_whitespace()
                    .skip(4)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        answers.sort();
        (status, answers)
    }

    /// Whether a validating resolver trusts the zone, starting from these DS records.
    fn validates(&self, zone: &str, ds: &[String]) -> bool {
        let (host, port) = self.server.service.split_once(':').unwrap();
        let dir = tempfile::tempdir().unwrap();
        let anchors = dir.path().join("anchors");
        let lines: Vec<String> = ds
            .iter()
            .map(|ds| {
                let mut parts = ds.splitn(4, ' ');
                let mut part = || parts.next().unwrap_or_default().to_owned();
                let (tag, algorithm, digest, hash) = (part(), part(), part(), part());
                format!("\"{zone}\" static-ds {tag} {algorithm} {digest} \"{hash}\";")
            })
            .collect();
        std::fs::write(
            &anchors,
            format!("trust-anchors {{ {} }};", lines.join(" ")),
        )
        .unwrap();
        let asked = Command::new("delv")
            .args([&format!("@{host}"), "-p", port, "-a"])
            .arg(&anchors)
            .args([&format!("+root={zone}"), zone, "SOA"])
            .output()
            .unwrap();
        String::from_utf8(asked.stdout)
            .unwrap()
            .contains("; fully validated")
    }
}

const NAMESERVERS: [&str; 2] = ["ns1.nile-hosting.example.", "ns2.nile-hosting.example."];

#[tokio::test]
async fn a_zone_lives_on_a_real_powerdns() {
    let Some(shop) = Shop::open().await else {
        return;
    };
    let zone = "customer-1.example.";
    shop.order(1, "plain");
    assert_eq!(shop.dig(zone, "SOA").0, "REFUSED", "not ours yet");
    assert_eq!(shop.run("CreateAccount", 1).await, "success");
    assert_eq!(
        shop.run("CreateAccount", 1).await,
        "success",
        "the same again"
    );
    assert_eq!(shop.zones().await, [zone]);
    let nameservers = NAMESERVERS.map(str::to_owned).to_vec();
    assert_eq!(shop.dig(zone, "NS"), ("NOERROR".into(), nameservers));
    let (_, soa) = shop.dig(zone, "SOA");
    assert!(
        soa[0].starts_with("ns1.nile-hosting.example. hostmaster.customer-1.example. "),
        "{soa:?}"
    );
    shop.add(zone, "www", "192.0.2.7").await;
    let www = ("NOERROR".to_owned(), vec!["192.0.2.7".to_owned()]);
    assert_eq!(shop.dig("www.customer-1.example.", "A"), www);

    let whmcs = &shop.daemon.whmcs;
    let metrics = whmcs.ask("MetricProvider", 1).await;
    let counted = &metrics["tenants"]["customer-1.example"]["records"];
    assert_eq!(counted, "4", "SOA, two NS, one A: {metrics}");
    let usage = whmcs.ask("UsageUpdate", 1).await;
    assert_eq!(usage["services"], json!([]), "no traffic is counted");
    let listed = whmcs.ask("ListAccounts", 1).await;
    assert_eq!(
        listed["accounts"][0]["domain"], "customer-1.example",
        "{listed}"
    );

    for _ in 0..2 {
        assert_eq!(shop.run("SuspendAccount", 1).await, "success");
        for (name, kind) in [
            (zone, "SOA"),
            (zone, "NS"),
            ("www.customer-1.example.", "A"),
        ] {
            assert_eq!(shop.dig(name, kind), ("REFUSED".into(), vec![]), "{name}");
        }
    }
    for _ in 0..2 {
        assert_eq!(shop.run("UnsuspendAccount", 1).await, "success");
        assert_eq!(shop.dig("www.customer-1.example.", "A"), www, "as it was");
    }

    assert_eq!(shop.run("TerminateAccount", 1).await, "success");
    assert!(shop.zones().await.is_empty());
    assert_eq!(shop.dig(zone, "SOA").0, "REFUSED");
    assert_eq!(
        shop.run("TerminateAccount", 1).await,
        "success",
        "what is gone is gone"
    );
    shop.order(1, "plain");
    assert_eq!(
        shop.run("CreateAccount", 1).await,
        "success",
        "and can be made again"
    );
}

#[tokio::test]
async fn dnssec_is_switched_on_and_validates() {
    let Some(shop) = Shop::open().await else {
        return;
    };
    let zone = "customer-1.example.";
    let keys = async || {
        let keys = shop.far(&format!("/zones/{zone}/cryptokeys")).await;
        let ds: Vec<String> = serde_json::from_value(keys[0]["ds"].clone()).unwrap_or_default();
        ds
    };
    shop.order(1, "plain");
    shop.run("CreateAccount", 1).await;
    assert!(keys().await.is_empty());
    shop.daemon
        .whmcs
        .change(1, &json!({ "configoption2": "signed" }));
    for _ in 0..2 {
        assert_eq!(shop.run("ChangePackage", 1).await, "success");
    }
    let ds = keys().await;
    assert!(shop.validates(zone, &ds), "{ds:?}");
    let wrong = ds
        .iter()
        .map(|ds| ds.replace(['0', '1', '2', '3'], "4"))
        .collect::<Vec<_>>();
    assert!(!shop.validates(zone, &wrong), "the proof can fail");
    let page = shop.daemon.whmcs.ask("ClientArea", 1).await.to_string();
    for shown in ds.iter().map(String::as_str).chain(NAMESERVERS) {
        let shown = shown.trim_end_matches('.');
        assert!(page.contains(shown), "{shown} in {page}");
    }
    shop.daemon
        .whmcs
        .change(1, &json!({ "configoption2": "plain" }));
    assert_eq!(shop.run("ChangePackage", 1).await, "success");
    assert!(keys().await.is_empty());
    let page = shop.daemon.whmcs.ask("ClientArea", 1).await.to_string();
    assert!(!page.contains(&ds[0]), "a key that is no more");
}

#[tokio::test]
async fn a_zone_of_somebody_else_is_never_touched() {
    let Some(shop) = Shop::open().await else {
        return;
    };
    let mut params = shop.params(2, "plain");
    params["domain"] = "customer-1.example".into();
    shop.order(1, "plain");
    shop.daemon.whmcs.order(2, params);
    assert_eq!(shop.run("CreateAccount", 1).await, "success");
    let conflict = shop.run("CreateAccount", 2).await;
    assert_ne!(conflict, "success");
    assert!(conflict.contains("PowerDNS"), "{conflict}");
    assert_eq!(shop.dig("customer-1.example.", "NS").1.len(), 2);
    assert_ne!(
        shop.run("SuspendAccount", 2).await,
        "success",
        "there is nothing of it"
    );
    assert_eq!(shop.dig("customer-1.example.", "NS").1.len(), 2);
}

#[tokio::test]
async fn whatever_is_lost_there_is_one_zone() {
    let Some(mut shop) = Shop::open().await else {
        return;
    };
    // Each change in two ways.
    let ways = [
        [
            FaultKind::CutAfterCommit,
            FaultKind::Garble,
            FaultKind::Truncate,
            FaultKind::CutAfterCommit,
        ],
        [
            FaultKind::Truncate,
            FaultKind::CutAfterCommit,
            FaultKind::Refuse,
            FaultKind::Garble,
        ],
    ];
    for (id, [create, suspend, unsuspend, terminate]) in (1..).zip(ways) {
        let zone = format!("customer-{id}.example.");
        shop.order(id, "signed");
        shop.proxy
            .arm(create, Some("POST /api/v1/servers/localhost/zones"));
        shop.daemon
            .whmcs
            .see_through("CreateAccount", id, "Active")
            .await;
        assert_eq!(shop.zones().await, [zone.as_str()], "{create:?}");
        for (function, kind, status, answers) in [
            ("SuspendAccount", suspend, "Suspended", 0),
            ("UnsuspendAccount", unsuspend, "Active", 1),
        ] {
            shop.proxy
                .arm(kind, Some("PATCH /api/v1/servers/localhost/zones/{id}"));
            shop.daemon.whmcs.see_through(function, id, status).await;
            assert_eq!(
                shop.dig(&zone, "SOA").1.len(),
                answers,
                "{kind:?} at {function}"
            );
        }
        shop.proxy.arm(
            terminate,
            Some("DELETE /api/v1/servers/localhost/zones/{id}"),
        );
        shop.daemon
            .whmcs
            .see_through("TerminateAccount", id, "Terminated")
            .await;
        assert!(shop.zones().await.is_empty(), "{terminate:?}");
    }

    let mut params = shop.params(20, "plain");
    params["serverpassword"] = "not the key".into();
    let tested = shop.daemon.whmcs.call("TestConnection", &params).await;
    assert_eq!(tested["success"], false);
    shop.daemon.whmcs.order(20, params);
    let refused = shop.run("CreateAccount", 20).await;
    assert!(refused.contains("token"), "{refused}");
    assert!(!refused.contains("not the key"));

    shop.server.stop();
    shop.order(21, "plain");
    let result = shop.run("CreateAccount", 21).await;
    assert!(
        result != "success" && result.contains("PowerDNS"),
        "{result}"
    );
}
