//! The edge over real connections, with a client that knows nothing of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use sandbox_edge::{Authority, Edge, Fault, FaultKind, Leaf};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wharf_core::Clock;

/// A service that counts, and its address.
struct Service {
    url: String,
    edge: Edge,
    done: Arc<AtomicU32>,
    killed: Arc<AtomicU32>,
    _stop: watch::Sender<bool>,
}

async fn service(tls: Option<Leaf>) -> Service {
    let done = Arc::new(AtomicU32::new(0));
    let killed = Arc::new(AtomicU32::new(0));
    let (count, kill) = (done.clone(), killed.clone());
    let router = Router::new().route(
        "/add",
        post(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            "it is done, all of it"
        }),
    );
    let edge = Edge::new("test", Clock::system(), |parts, _| {
        Some(parts.uri.path().to_owned())
    })
    .on_kill(Arc::new(move || {
        kill.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {})
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!(
        "{scheme}://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(edge.clone().serve(listener, tls, router, stopped));
    Service {
        url,
        edge,
        done,
        killed,
        _stop: stop,
    }
}

fn client() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
}

impl Service {
    async fn call(&self) -> Result<String, reqwest::Error> {
        let client = client().build().unwrap();
        client
            .post(format!("{}/add", self.url))
            .send()
            .await?
            .text()
            .await
    }

    fn arm(&self, kind: FaultKind) {
        self.edge.faults().arm(Fault {
            kind,
            on: Some("/add".into()),
            times: Some(1),
        });
    }
}

#[tokio::test]
async fn each_fault_does_what_it_says_once() {
    let service = service(None).await;
    for (kind, committed, answer) in [
        (FaultKind::Refuse, false, None),
        (FaultKind::CutAfterCommit, true, None),
        (FaultKind::KillDaemon, true, None),
        (FaultKind::Truncate, true, Some("it is done")),
        (FaultKind::Garble, true, Some("<html>")),
        (
            FaultKind::Latency { ms: 1 },
            true,
            Some("it is done, all of it"),
        ),
    ] {
        let before = service.done.load(Ordering::SeqCst);
        service.arm(kind);
        let got = service.call().await;
        assert_eq!(
            service.done.load(Ordering::SeqCst) - before,
            u32::from(committed),
            "{kind:?}"
        );
        match answer {
            Some(start) => assert!(got.unwrap().starts_with(start), "{kind:?}"),
            None => assert!(got.is_err(), "{kind:?}"),
        }
        assert_eq!(
            service.call().await.unwrap(),
            "it is done, all of it",
            "after {kind:?}"
        );
    }
    assert_eq!(service.killed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_black_hole_swallows_the_call_and_nothing_happens() {
    let service = service(None).await;
    service.arm(FaultKind::BlackHole);
    let client = client()
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let error = client
        .post(format!("{}/add", service.url))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(service.done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn calls_are_counted_and_faults_are_armed_over_http() {
    let service = service(None).await;
    let faults = format!("{}/_sandbox/faults", service.url);
    let client = client().build().unwrap();
    let fault = r#"{"kind":{"name":"refuse"},"on":"/add","times":1}"#;
    let post = client
        .post(&faults)
        .header("content-type", "application/json")
        .body(fault);
    assert!(post.send().await.unwrap().status().is_success());
    assert!(service.call().await.is_err());
    service.call().await.unwrap();

    let calls = client
        .get(format!("{}/_sandbox/calls", service.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let calls: serde_json::Value = serde_json::from_str(&calls).unwrap();
    assert_eq!(calls.pointer("/total"), Some(&2.into()));
    assert_eq!(calls.pointer("/calls/0/fault"), Some(&"Refuse".into()));
    assert_eq!(calls.pointer("/calls/1/operation"), Some(&"/add".into()));
}

#[tokio::test]
async fn tls_is_verified_against_the_authority_made_at_start() {
    let authority = Authority::new().unwrap();
    let service = service(Some(authority.leaf(&[]).unwrap())).await;
    assert!(
        service.call().await.is_err(),
        "a stranger does not trust it"
    );

    let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let trusting = client().add_root_certificate(root).build().unwrap();
    let answer = trusting
        .post(format!("{}/add", service.url))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "it is done, all of it");
}

#[tokio::test]
async fn a_late_commit_comes_after_the_lost_answer() {
    let service = service(None).await;
    service.arm(FaultKind::CommitLate { ms: 150 });
    assert!(service.call().await.is_err());
    assert_eq!(service.done.load(Ordering::SeqCst), 0);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while service.done.load(Ordering::SeqCst) == 0 {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    assert!(service.call().await.is_ok());
    assert_eq!(service.done.load(Ordering::SeqCst), 2);
}
