//! Trying a connector, and the conformance suite, against a supplier.

use serde_json::{Map, Value, json};
use wharf_core::Clock;
use wharf_services::{Promise, Verdict, conform, try_connector};
use wharf_store::testing::TestDb;

use crate::harness::{connector, daemon_with, patience};
use crate::supplier::{Supplier, TOKEN};

fn params(supplier: &Supplier) -> Map<String, Value> {
    let params = json!({
        "serverhostname": "127.0.0.1", "serverport": supplier.port, "serverpassword": TOKEN, "domain": "example.com",
        "configoption2": "pro", "otherplan": "basic",
        "clientsdetails": {"email": "ann@example.com", "firstname": "Ann", "lastname": "Client"},
    });
    params.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_dry_run_shows_the_requests_and_sends_none() {
    let supplier = Supplier::start().await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = connector(|text| text);
    let file = folder.path().join("siteshield.toml");
    let dry = try_connector(&file, "create", params(&supplier), None, true)
        .await
        .unwrap();
    assert_eq!((supplier.calls(), dry.trouble), (0, None));
    let lines: Vec<String> = dry
        .exchanges
        .iter()
        .map(|exchange| {
            format!(
                "{} {} {} {}",
                exchange.step, exchange.method, exchange.path, exchange.request
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    user GET /api/v1/users?email=ann%40example.com 
    user POST /api/v1/users {"email":"ann@example.com","name":"Ann Client","password":"********","password_confirmation":"********"}
    account GET /api/v1/account 
    service GET /api/v1/services?domain=example.com&user_id=%3Cuser.id%3E 
    service POST /api/v1/services {"domain":"example.com","group_id":"<account.group>","plan_id":"pro","user_id":"<user.id>"}
    licence GET /api/v1/services/%3Cservice.id%3E/licences 
    licence POST /api/v1/services/%3Cservice.id%3E/licences {}
    "#);
}

#[tokio::test]
async fn a_try_goes_on_with_what_an_earlier_one_kept() {
    let supplier = Supplier::start().await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = connector(|text| text);
    let file = folder.path().join("siteshield.toml");
    let made = try_connector(&file, "create", params(&supplier), None, false)
        .await
        .unwrap();
    assert_eq!(made.trouble, None);
    assert_eq!(made.properties["License Key"], "SSHD-0000-0000-0000-0001");
    let mut next = params(&supplier);
    next.insert("kept".to_owned(), made.kept);
    let ended = try_connector(&file, "terminate", next, None, false).await;
    assert_eq!(ended.unwrap().trouble, None);
    assert_eq!(supplier.counts(), (1, 0, 1));
    let unknown = try_connector(&file, "explode", params(&supplier), None, false).await;
    assert!(unknown.unwrap_err().contains("there are: create, suspend"));
}

async fn promises(change: impl Fn(String) -> String) -> Vec<Promise> {
    let supplier = Supplier::start().await;
    let folder = connector(change);
    let (one, two) = (TestDb::sqlite(), TestDb::sqlite());
    let clock = Clock::system();
    let first = daemon_with(&one, &clock, &supplier, patience(), Some(folder.path())).await;
    let second = daemon_with(&two, &clock, &supplier, patience(), Some(folder.path())).await;
    let params = params(&supplier);
    let all = conform(
        &first.services,
        &second.services,
        "siteshield",
        params,
        |_| (),
    )
    .await;
    assert_eq!(supplier.counts().1, 0, "what it made is ended");
    all
}

#[tokio::test]
async fn a_good_connector_keeps_its_promises_and_a_careless_one_is_found_out() {
    let without_list = |text: String| {
        let (before, rest) = text.split_once("[accounts]").unwrap();
        let (_, after) = rest.split_once("[usage]").unwrap();
        format!("{before}[usage]{after}")
    };
    let all = promises(without_list).await;
    let broken: Vec<_> = all
        .iter()
        .filter(|promise| promise.kept == Verdict::Broken)
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert_eq!(all.len(), 13, "{all:?}");

    // It does not look whether a licence is there, and takes "there already" for a refusal.
    let careless = promises(|text| {
        without_list(text).replace(
            "find = { path = \"/services/{{ service.id }}/licences\", list = \"$.data\" }\n",
            "",
        )
    })
    .await;
    let broken: Vec<_> = careless
        .iter()
        .filter(|promise| promise.kept == Verdict::Broken)
        .map(|promise| promise.name)
        .collect();
    assert_eq!(
        broken,
        ["asked for by somebody who does not know it, it is found and not made again"]
    );
}
