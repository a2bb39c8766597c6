//! The same request many times at once is one effect.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use wharf_tests::module_socket::{ModuleSocket, account, registration};
use wharf_tests::{Sandbox, client, json, until};

const AT_ONCE: usize = 50;

async fn all_at_once(
    socket: &ModuleSocket,
    path: &'static str,
    params: &Value,
) -> Vec<(u16, Value)> {
    let mut calls = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (socket, params) = (socket.clone(), params.clone());
        calls.spawn(async move { socket.call(path, &params).await });
    }
    calls.join_all().await
}

async fn count(url: String, field: &str, value: &str) -> usize {
    let all = json(&url).await;
    all.as_array()
        .unwrap()
        .iter()
        .filter(|item| item.get(field).and_then(Value::as_str) == Some(value))
        .count()
}

#[tokio::test]
async fn fifty_registrations_are_one_domain() {
    let sandbox = Sandbox::start();
    let socket = ModuleSocket::of(&sandbox);
    let params = registration(&sandbox, 4711, "fifty-at-once.com");
    for (status, answer) in all_at_once(&socket, "registrar/wharf/RegisterDomain", &params).await {
        assert_eq!((status, answer.get("error")), (200, None), "{answer}");
    }
    let domains = format!("{}/_sandbox/domains", sandbox.at.registry);
    assert_eq!(count(domains, "domain", "fifty-at-once.com").await, 1);
    let calls = json(&format!("{}/_sandbox/calls", sandbox.at.registry)).await;
    let added = calls.pointer("/calls").and_then(Value::as_array).unwrap();
    let added = added
        .iter()
        .filter(|call| call.get("operation") == Some(&"AddDomain".into()))
        .count();
    assert_eq!(added, 1);
}

#[tokio::test]
async fn fifty_creations_are_one_user_one_service_one_licence() {
    let sandbox = Sandbox::start();
    let socket = ModuleSocket::of(&sandbox);
    let params = account(&sandbox, 815, "fifty@example.com", "fifty-services.com");
    let answers = all_at_once(&socket, "server/wharf/CreateAccount", &params).await;
    let mut keys: Vec<String> = Vec::new();
    for (status, answer) in answers {
        assert_eq!(status, 200);
        assert_eq!(answer.get("result"), Some(&"success".into()), "{answer}");
        keys.push(
            answer
                .pointer("/properties/License Key")
                .unwrap()
                .to_string(),
        );
    }
    keys.dedup();
    assert_eq!(keys.len(), 1, "everyone gets the same licence key");
    assert_eq!(
        count(
            format!("{}/_sandbox/users", sandbox.at.supplier),
            "email",
            "fifty@example.com"
        )
        .await,
        1
    );
    let services = json(&format!("{}/_sandbox/services", sandbox.at.supplier)).await;
    let mine: Vec<&Value> = services
        .as_array()
        .unwrap()
        .iter()
        .filter(|service| service.get("domain") == Some(&"fifty-services.com".into()))
        .collect();
    assert_eq!(mine.len(), 1);
    assert_eq!(
        mine.first()
            .unwrap()
            .get("licences")
            .and_then(Value::as_array)
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn one_message_delivered_fifty_times_is_one_credit() {
    let sandbox = Sandbox::start();
    sandbox.purchase(&[]);
    let before = sandbox.rows("tblcredit").await.len();
    let messages = json(&format!("{}/_sandbox/messages", sandbox.at.phone)).await;
    let received = messages
        .as_array()
        .unwrap()
        .iter()
        .find(|message| message.get("direction") == Some(&"in".into()))
        .and_then(|message| message.get("sms_id")?.as_str())
        .unwrap()
        .to_owned();
    let mut calls = JoinSet::new();
    for _ in 0..AT_ONCE {
        let url = format!("{}/api/resend/{received}", sandbox.at.phone);
        calls.spawn(async move {
            client()
                .post(url)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        });
    }
    assert!(calls.join_all().await.into_iter().all(|accepted| accepted));
    until(
        "all deliveries are answered",
        Duration::from_secs(20),
        async || {
            let messages = json(&format!("{}/_sandbox/messages", sandbox.at.phone)).await;
            let deliveries = messages
                .pointer("/0/deliveries")
                .or(messages.pointer("/1/deliveries"))
                .cloned();
            let all = messages.as_array().unwrap().iter().flat_map(|message| {
                message
                    .get("deliveries")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default()
            });
            deliveries.is_some()
                && all.clone().count() > AT_ONCE
                && all
                    .into_iter()
                    .all(|delivery| delivery.get("state") == Some(&"delivered".into()))
        },
    )
    .await;
    assert_eq!(sandbox.rows("tblcredit").await.len(), before);
}
