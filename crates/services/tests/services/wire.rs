//! Answers that are none, and addresses that must not be asked.

use std::time::Duration;

use sandbox_edge::{Authority, Edge};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::journal::Filter;
use wharf_store::testing::TestDb;

use crate::harness::{changed, connector, daemon, daemon_with, eventually, patience};
use crate::supplier::{Fault, Supplier};

/// What goes wrong once with the order of a service makes none too many and none too few; how long that took.
async fn made_once_in_spite_of(fault: Fault) -> Duration {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    supplier.fault("POST /services", fault, 1);
    let started = Instant::now();
    let answer = daemon.result("CreateAccount", 17).await;
    assert_eq!(answer, "success", "{fault:?}");
    assert_eq!(supplier.counts(), (1, 1, 1), "{fault:?}");
    assert_eq!(supplier.faults_left("POST /services"), 0);
    started.elapsed()
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_not_read_and_the_service_is_looked_for() {
    made_once_in_spite_of(Fault::Long).await;
}

#[tokio::test]
async fn html_instead_of_json_is_no_answer() {
    let html = "<html><title>Maintenance</title>";
    tokio::join!(
        made_once_in_spite_of(Fault::Says(200, html)),
        made_once_in_spite_of(Fault::Says(500, html)),
        made_once_in_spite_of(Fault::Garbled),
    );
}

#[tokio::test]
async fn an_error_of_the_supplier_passes() {
    tokio::join!(
        made_once_in_spite_of(Fault::Broken),
        made_once_in_spite_of(Fault::Says(503, "{}")),
    );
}

#[tokio::test]
async fn too_many_requests_are_waited_for_as_long_as_it_says() {
    let took = made_once_in_spite_of(Fault::Later(2)).await;
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    supplier.fault("POST /users", Fault::Elsewhere, 9);
    let answer = daemon.result("CreateAccount", 17).await;
    assert!(answer.contains("redirects elsewhere"), "{answer}");
    assert_eq!(supplier.count("POST /users"), 1);
}

#[tokio::test]
async fn a_domain_cannot_lead_a_request_elsewhere() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    // A connector whose author put a free text of the customer's into a path.
    let folder = connector(|text| {
        let text = text.replace(
            "path = \"/services/{{ service.id }}/suspend\"",
            "path = \"/services/{{ username }}\"",
        );
        text.replace("body = { reason = \"{{ reason }}\" }", "body = {}")
    });
    let daemon = daemon_with(
        &db,
        &Clock::system(),
        &supplier,
        patience(),
        Some(folder.path()),
    )
    .await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let before = supplier.calls();
    for (name, sent) in [
        ("..", false),
        (".", false),
        ("", false),
        ("/../account", true),
        ("@evil.example.com/x", true),
        ("%2e%2e/account", true),
        ("a?b=c#d", true),
        ("\\\\evil.example.com", true),
    ] {
        let params = changed(daemon.params(17), "username", json!(name));
        let answer = daemon.call_with("SuspendAccount", params).await.value;
        let text = answer["result"].as_str().unwrap();
        assert_ne!(text, "success", "{name}");
        let calls = supplier.shop.lock().unwrap().calls.clone();
        let last = calls.last().unwrap();
        if sent {
            // One part of the path, whatever it holds.
            assert_eq!(last.matches('/').count(), 2, "{name}: {last}");
        } else {
            assert_eq!(supplier.calls(), before, "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn a_text_that_loops_ends_in_a_clear_error() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = connector(|text| {
        text.replace(
            "body = { reason = \"{{ reason }}\" }",
            "body = { reason = \"{% for a in range(9999) %}{% for b in range(9999) %}{{ reason }}{% endfor %}{% endfor %}\" }",
        )
    });
    let daemon = daemon_with(
        &db,
        &Clock::system(),
        &supplier,
        patience(),
        Some(folder.path()),
    )
    .await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let started = Instant::now();
    let answer = daemon.result("SuspendAccount", 17).await;
    assert_eq!(
        answer,
        "SiteShield: the text does not come to an end (it loops)"
    );
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(supplier.count("POST /services/{id}/suspend"), 0);
}

#[tokio::test]
async fn a_rate_is_kept_and_its_requests_wait_in_order() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = connector(|text| {
        text.replace(
            "deadline = {",
            "rate = { per_second = 20, burst = 1 }\ndeadline = {",
        )
    });
    let patience = Patience {
        supplier_read: Duration::from_secs(10),
        supplier_change: Duration::from_secs(10),
        ..patience()
    };
    let daemon = daemon_with(
        &db,
        &Clock::system(),
        &supplier,
        patience,
        Some(folder.path()),
    )
    .await;
    let started = Instant::now();
    let creating = (1..=4).map(|number| {
        let domain = json!(format!("example{number}.com"));
        daemon.call_with(
            "CreateAccount",
            changed(daemon.params(number), "domain", domain),
        )
    });
    let answers = futures_util::future::join_all(creating).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.value["result"] == "success")
    );
    let least = Duration::from_millis(50 * u64::try_from(supplier.calls() - 1).unwrap());
    assert!(started.elapsed() >= least, "{:?}", started.elapsed());
    assert_eq!(supplier.counts(), (1, 4, 4));
}

#[tokio::test]
async fn waiting_for_a_turn_uses_up_no_tries() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = connector(|text| {
        text.replace(
            "deadline = {",
            "rate = { per_second = 8, burst = 1 }\ndeadline = {",
        )
    });
    // Less than the last of the row has to wait for its turn.
    let patience = Patience {
        supplier_read: Duration::from_millis(400),
        supplier_change: Duration::from_millis(400),
        ..patience()
    };
    let clock = Clock::system();
    let daemon = daemon_with(&db, &clock, &supplier, patience, Some(folder.path())).await;
    let creating = (1..=7).map(|number| {
        let client = json!({"email": format!("client{number}@example.com")});
        let params = changed(daemon.params(number), "clientsdetails", client);
        let domain = json!(format!("example{number}.com"));
        daemon.call_with("CreateAccount", changed(params, "domain", domain))
    });
    futures_util::future::join_all(creating).await;
    eventually("all are made", async || supplier.counts() == (7, 7, 7)).await;
    let filter = Filter {
        kind: Some("services.step".to_owned()),
        ..Filter::default()
    };
    let steps = daemon.store.journal().list(&filter).await.unwrap();
    let waits: i64 = steps.iter().map(|step| step.attempt - step.tries).sum();
    assert!(waits > 1, "{steps:?}");
    // Under load a request may be late itself.
    assert!(steps.iter().all(|step| step.tries < 5), "{steps:?}");
}

#[tokio::test]
async fn tls_where_there_is_none_is_refused() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    let params = changed(daemon.params(0), "serversecure", json!("on"));
    let answer = daemon.call_with("TestConnection", params).await.value;
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains("cannot be reached"), "{answer}");
    assert_eq!(supplier.calls(), 0);
}

#[tokio::test]
async fn a_wrong_certificate_is_refused_in_words_and_nothing_is_sent() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (known, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let folder = connector(|text| text.replacen("[supplier]", "[supplier]\nca = \"ca.pem\"", 1));
    std::fs::write(folder.path().join("ca.pem"), known.pem()).unwrap();
    let supplier = Supplier::start().await;
    let db = TestDb::sqlite();
    let clock = Clock::system();
    let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
    let (_stay, stop) = tokio::sync::watch::channel(false);
    let serve = async |authority: &Authority| {
        let edge = Edge::new("supplier", Clock::system(), |_, _| None);
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let leaf = authority.leaf(&[]).unwrap();
        tokio::spawn(edge.serve(listener, Some(leaf), supplier.router(), stop.clone()));
        port
    };
    let (right, wrong) = (serve(&known).await, serve(&stranger).await);
    let at = |host: &str, port: u16| {
        let params = changed(daemon.params(port.into()), "serversecure", json!("on"));
        let params = changed(params, "domain", json!(format!("site{port}.example.com")));
        let params = changed(params, "serverport", json!(port));
        let params = changed(params, "serverid", json!(port));
        changed(params, "serverhostname", json!(host))
    };
    for (host, port, words) in [
        // The certificate is of 127.0.0.1 alone.
        (
            "127.0.0.2",
            right,
            "its certificate is wrong (certificate not valid for name",
        ),
        (
            "127.0.0.1",
            wrong,
            "its certificate is of an authority that is not trusted here",
        ),
    ] {
        let test = daemon
            .call_with("TestConnection", at(host, port))
            .await
            .value;
        assert!(test["error"].as_str().unwrap().contains(words), "{test}");
    }
    let bad = at("127.0.0.1", wrong);
    let answer = daemon.call_with("CreateAccount", bad).await.value;
    let told = answer["result"].as_str().unwrap();
    assert!(told.contains("not trusted here"), "{answer}");
    assert_eq!(supplier.calls(), 0);
    let good = changed(at("127.0.0.1", right), "serviceid", json!(17));
    let good = changed(good, "serverid", json!(3));
    let test = daemon.call_with("TestConnection", good.clone()).await.value;
    assert_eq!(test["success"], true, "{test}");
    let answer = daemon.call_with("CreateAccount", good).await.value;
    assert_eq!(answer["result"], "success");
}
