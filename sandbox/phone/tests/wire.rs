//! What goes over the wire, for every app, judged by `verify.py`: another language, other people's HMAC.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use sandbox_phone::{App, Forward, Kind, Phone, PhoneOptions, Wallet};
use serde_json::{Value, json};
use wharf_core::Clock;

const KEY: &str = "a-key-of-twenty-characters-or-more";
const NOW: &str = "2026-11-21T10:00:00Z";

#[tokio::test]
async fn every_app_signs_as_others_check() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let inbox: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = inbox.clone();
    let take = async move |headers: HeaderMap, body: String| {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        kept.lock()
            .unwrap()
            .push(json!({"headers": headers, "body": body}));
    };
    let shop = serve(Router::new().route("/intake/t0ken", post(take))).await;
    let url = format!("{shop}/intake/t0ken");
    let phone = Phone::new(PhoneOptions {
        clock: Clock::fixed(NOW.parse().unwrap()),
        wallets: vec![
            Wallet::new("01012345678", "Mona & \"Adel\"", 100_000, Kind::Payer),
            Wallet::new("01000000001", "Shop", 0, Kind::Store),
        ],
        forwards: App::ALL
            .map(|app| Forward {
                app,
                url: url.clone(),
                key: KEY.into(),
                device_id: "device-1".into(),
            })
            .into(),
    });
    let phone = serve(phone.router()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |path: &str, body: Value| {
        let answer = client.post(format!("{phone}{path}")).body(body.to_string());
        assert!(
            answer.send().await.unwrap().status().is_success(),
            "{path} {body}"
        );
    };
    let mut judged = Vec::new();
    for app in App::ALL {
        ask("/_sandbox/phone", json!({"app": app})).await;
        ask(
            "/api/send",
            json!({"from": "01012345678", "to": "01000000001", "amount": "5.50"}),
        )
        .await;
        let messages = client
            .get(format!("{phone}/_sandbox/messages"))
            .send()
            .await
            .unwrap();
        let messages: Vec<Value> = messages.json().await.unwrap();
        let mut request = next(&inbox).await;
        for (field, value) in [
            ("app", json!(app)),
            ("text", messages.last().unwrap()["body"].clone()),
            ("url", json!(url)),
            ("key", json!(KEY)),
            ("now", json!(1_795_255_200)),
        ] {
            request[field] = value;
        }
        judged.push(request);
    }

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verify.py");
    let mut judge = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = json!(judged).to_string();
    judge
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let done = judge.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
    assert!(done.status.success(), "{}", said.concat());
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn next(inbox: &Mutex<Vec<Value>>) -> Value {
    let started = Instant::now();
    loop {
        if let Some(request) = inbox.lock().unwrap().pop() {
            return request;
        }
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "nothing was posted"
        );
        tokio::task::yield_now().await;
    }
}
