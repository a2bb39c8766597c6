//! The staff's page of a domain, and WHMCS's day.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::journal::Filter;
use wharf_store::testing::TestDb;

use crate::fake::{FakeIspapi, FakeWhmcs, Fault, LOGIN};
use crate::{World, error, name, until};

const LONG_AGO: &str = "2020-01-01 00:00:00";

fn buttons(answer: &Value) -> Vec<&str> {
    let map = answer.as_object().unwrap();
    map.values().filter_map(Value::as_str).collect()
}

fn transfer(
    kind: &'static str,
) -> impl Fn(&std::collections::HashMap<String, String>) -> (u16, crate::fake::Properties) {
    move |_| {
        let one = |name: &str, value: &str| (name.to_owned(), 0, value.to_owned());
        let rows = vec![
            one("TRANSFERSTATUS", "PENDING"),
            one("TRANSFERTYPE", kind),
            one("TRANSFERLOG", "2026-11-20 10:00:00 [REQUESTED] by <others>"),
        ];
        (200, rows)
    }
}

#[tokio::test]
async fn buttons_and_rows_fit_the_domain_and_share_their_readings() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world.registrar.hold("example.com", LOGIN, LONG_AGO);
        world
            .registrar
            .script("StatusDomainTransfer", |_| (545, Vec::new()));
        let plain = world.call("AdminCustomButtonArray", name()).await.value;
        assert_eq!(buttons(&plain), ["SyncNow", "SuspendDomain"]);
        let rows = world.call("AdminDomainsTabFields", name()).await.value;
        assert!(
            rows["Registrar"].as_str().unwrap().contains("2030-05-19"),
            "{rows}"
        );
        assert!(
            rows["Transfer"].as_str().unwrap().contains("no transfer"),
            "{rows}"
        );
        assert_eq!(world.registrar.calls("StatusDomain"), 1);
        assert_eq!(world.registrar.calls("StatusDomainTransfer"), 1);
        // Whoever only asks which functions there are has no domain.
        let none = world.call("AdminCustomButtonArray", json!({})).await.value;
        assert_eq!(none, json!({}));

        for (kind, wanted) in [
            ("OUTGOING", ["ApproveTransfer", "DenyTransfer"]),
            ("INCOMING", ["ResendTransferMail", "CancelTransfer"]),
        ] {
            let (sld, other) = (
                format!("moving-{}", kind.to_lowercase()),
                format!("moving-{}.com", kind.to_lowercase()),
            );
            world.registrar.hold(&other, LOGIN, LONG_AGO);
            world
                .registrar
                .script("StatusDomainTransfer", transfer(kind));
            let asked =
                json!({ "domainid": 8, "sld": sld, "tld": "com", "adminlanguage": "arabic" });
            let found = world
                .call("AdminCustomButtonArray", asked.clone())
                .await
                .value;
            for function in wanted {
                assert!(buttons(&found).contains(&function), "{kind}: {found}");
            }
            let rows = world
                .call("AdminDomainsTabFields", asked)
                .await
                .value
                .to_string();
            assert!(
                rows.contains("dir=\\\"rtl\\\"") && !rows.contains("<others>"),
                "{rows}"
            );
        }
    }
}

#[tokio::test]
async fn a_silent_registrar_does_not_hang_the_page() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world
            .registrar
            .always("StatusDomain", Some(Fault::BlackHole));
        world
            .registrar
            .always("StatusDomainTransfer", Some(Fault::BlackHole));
        let began = Instant::now();
        let rows = world.call("AdminDomainsTabFields", name()).await.value;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert!(
            rows["Registrar"]
                .as_str()
                .unwrap()
                .contains("could not be asked"),
            "{rows}"
        );
        assert!(
            rows["Wharf's journal"]
                .as_str()
                .unwrap()
                .contains("changed nothing"),
            "{rows}"
        );
    }
}

#[tokio::test]
async fn saving_the_rows_sets_the_renewal_mode_once() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        world.registrar.hold("example.com", LOGIN, LONG_AGO);
        world
            .registrar
            .script("SetDomainRenewalMode", |_| (200, Vec::new()));
        let save = |was: &str, wish: &str| {
            let mut params = name();
            params["post"] =
                json!({ "wharf": { "renewal_mode_was": was, "renewal_mode": wish }, "token": "x" });
            params
        };
        let untouched = world
            .call(
                "AdminDomainsTabFieldsSave",
                save("AUTOEXPIRE", "AUTOEXPIRE"),
            )
            .await;
        assert_eq!(untouched.value, json!({ "success": true }));
        assert_eq!(world.registrar.calls("SetDomainRenewalMode"), 0);
        let wrong = world
            .call("AdminDomainsTabFieldsSave", save("AUTOEXPIRE", "NONSENSE"))
            .await;
        assert!(error(&wrong).contains("NONSENSE"));
        let changed = world
            .call("AdminDomainsTabFieldsSave", save("AUTOEXPIRE", "AUTORENEW"))
            .await;
        assert_eq!(changed.value, json!({ "success": true }));
        assert!(changed.activity[0].contains("AUTORENEW"), "{changed:?}");
        assert_eq!(world.registrar.calls("SetDomainRenewalMode"), 1);
    }
}

#[tokio::test]
async fn an_effect_is_settled_on_its_own_domains_page_only() {
    for db in TestDb::each().await {
        let world = World::new(
            &db,
            Patience {
                change: Duration::from_millis(300),
                ..Patience::default()
            },
        )
        .await;
        world.registrar.hold("example.com", LOGIN, LONG_AGO);
        world
            .registrar
            .always("ModifyDomain", Some(Fault::CutAfter));
        world
            .registrar
            .always("StatusDomain", Some(Fault::CutBefore));
        let mut change = name();
        change["ns1"] = json!("ns1.new.example");
        change["ns2"] = json!("ns2.new.example");
        let begun = world.call("SaveNameservers", change).await;
        assert!(error(&begun).contains("in progress"), "{begun:?}");
        let entries = world
            .store
            .journal()
            .list(&Filter::default())
            .await
            .unwrap();
        let id = &entries[0].id;
        world.registrar.always("StatusDomain", None);
        let settle = |sld: &str| json!({ "domainid": 7, "sld": sld, "tld": "com", "post": { "wharf": { "settle": id } } });
        let stranger = world
            .call("AdminDomainsTabFieldsSave", settle("other"))
            .await;
        assert!(
            error(&stranger).contains("not about other.com"),
            "{stranger:?}"
        );
        until("it is settled", || {
            world.registrar.domains()["example.com"].nameservers.len() == 2
        })
        .await;
        let settled = world
            .call("AdminDomainsTabFieldsSave", settle("example"))
            .await;
        assert_eq!(settled.value, json!({ "success": true }), "{settled:?}");
        assert_eq!(world.registrar.calls("ModifyDomain"), 1);
    }
}

#[tokio::test]
async fn the_daily_cron_suspends_what_expired_and_only_if_it_is_wanted() {
    for db in TestDb::each().await {
        let late: jiff::Timestamp = "2030-06-01T00:00:00Z".parse().unwrap();
        let (registrar, whmcs) = (
            FakeIspapi::start().await,
            FakeWhmcs::start("example.com").await,
        );
        let world = World::at(
            &db,
            &Clock::fixed(late),
            Patience::default(),
            registrar,
            whmcs,
        )
        .await;
        world.registrar.hold("example.com", LOGIN, LONG_AGO);
        world.registrar.script("ModifyDomain", |asked| {
            assert_eq!(
                asked.get("ADDSTATUS0").map(String::as_str),
                Some("clientHold")
            );
            (200, Vec::new())
        });
        let off = world.call("DailyCron", json!({})).await;
        assert_eq!(off.value, json!({}));
        let on = world
            .call("DailyCron", json!({ "SuspendOnExpiration": "on" }))
            .await;
        assert_eq!(on.value, json!({ "suspended": 1 }));
        until("it is suspended", || {
            world.registrar.calls("ModifyDomain") == 1
        })
        .await;
    }
}
