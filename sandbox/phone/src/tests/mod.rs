//! The real router, and a store's server that takes (or refuses) what the phone forwards.

mod moods;

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;

use super::*;

const MONA: &str = "01012345678";
const SHOP: &str = "01000000001";
const POOR: &str = "01112345678";

/// What the store's server got: timestamp and signature headers, raw body.
type Inbox = Arc<Mutex<Vec<(String, String, String)>>>;

fn phone(forward: Option<String>) -> Phone {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wallet = Wallet::new;
    Phone::new(PhoneOptions {
        clock: Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap()),
        wallets: vec![
            wallet(MONA, "Mona <b>", 100_000, Kind::Payer),
            wallet(POOR, "Poor", 50, Kind::Payer),
            wallet(SHOP, "Shop", 123_750, Kind::Store),
        ],
        forwards: forward
            .into_iter()
            .flat_map(|url| {
                App::ALL.map(|app| Forward {
                    app,
                    url: url.clone(),
                    key: "key".into(),
                    device_id: "device-1".into(),
                })
            })
            .collect(),
    })
    .with_first_retry(Duration::from_millis(1))
}

async fn ask(phone: &Phone, request: Request<Body>) -> (u16, String) {
    let answer = phone.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(phone: &Phone, path: &str) -> String {
    ask(phone, Request::get(path).body(Body::empty()).unwrap())
        .await
        .1
}

async fn call(phone: &Phone, path: &str, body: Value) -> (u16, Value) {
    let (status, text) = ask(
        phone,
        Request::post(path)
            .body(Body::from(body.to_string()))
            .unwrap(),
    )
    .await;
    (status, serde_json::from_str(&text).unwrap())
}

async fn submit(phone: &Phone, path: &str, form: &str) -> (u16, String) {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    ask(phone, request.body(Body::from(form.to_owned())).unwrap()).await
}

async fn balances(phone: &Phone) -> Vec<i64> {
    let wallets: Value = serde_json::from_str(&get(phone, "/_sandbox/wallets").await).unwrap();
    wallets
        .as_array()
        .unwrap()
        .iter()
        .map(|wallet| wallet["balance_minor"].as_i64().unwrap())
        .collect()
}

/// The receiver's newest message.
async fn arrived(phone: &Phone) -> Value {
    let messages: Value = serde_json::from_str(&get(phone, "/_sandbox/messages").await).unwrap();
    messages
        .as_array()
        .unwrap()
        .iter()
        .rfind(|message| message["direction"] == "in")
        .unwrap()
        .clone()
}

/// A server that refuses the first `refusals` posts.
async fn store(refusals: usize) -> (String, Inbox) {
    let inbox = Inbox::default();
    let kept = inbox.clone();
    let take = move |headers: HeaderMap, body: String| async move {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let mut kept = kept.lock().unwrap();
        kept.push((header("x-timestamp"), header("x-signature"), body));
        if kept.len() > refusals {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/intake/x", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/intake/x", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, inbox)
}

/// Waits until the receiver's message has `count` events that came to an end.
async fn settled(phone: &Phone, count: usize) -> Value {
    let started = Instant::now();
    loop {
        let message = arrived(phone).await;
        let deliveries = message["deliveries"].as_array().unwrap();
        if deliveries.len() == count
            && deliveries
                .iter()
                .all(|delivery| delivery["state"] != "pending")
        {
            return message;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{message}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn both_sides_are_told_the_same_operation() {
    let phone = phone(None);
    let (status, sent) = call(
        &phone,
        "/api/send",
        json!({"from": MONA, "to": SHOP, "amount": "503"}),
    )
    .await;
    assert_eq!(status, 201, "{sent}");
    let operation = sent["transaction_id"].as_str().unwrap();
    assert!(
        operation.len() == 12 && operation.starts_with('0'),
        "{operation}"
    );
    assert_eq!(
        balances(&phone).await,
        [100_000 - 50_300 - 251, 50, 174_050]
    );

    let messages: Value = serde_json::from_str(&get(&phone, "/_sandbox/messages").await).unwrap();
    assert_eq!(messages.as_array().unwrap().len(), 2);
    for message in messages.as_array().unwrap() {
        assert!(
            message["body"]
                .as_str()
                .unwrap()
                .ends_with(&format!("رقم العملية: {operation}")),
            "{message}"
        );
        assert_eq!(
            (&message["sender"], &message["deliveries"]),
            (&json!("VF-Cash"), &json!([]))
        );
    }
    let message = arrived(&phone).await;
    assert_eq!(
        (&message["wallet"], &message["sms_id"]),
        (&json!(SHOP), &sent["sms_id"])
    );
    let (_, next) = call(
        &phone,
        "/api/send",
        json!({"from": MONA, "to": SHOP, "amount": 1.5}),
    )
    .await;
    assert!(next["transaction_id"].as_str().unwrap() > operation);
}

#[tokio::test]
async fn what_cannot_be_sent_is_named_and_moves_nothing() {
    let phone = phone(None);
    let before = balances(&phone).await;
    for (from, to, amount, status, code) in [
        (MONA, SHOP, json!("0"), 422, "amount_not_positive"),
        (MONA, SHOP, json!("-5"), 422, "amount_not_positive"),
        (MONA, SHOP, json!("1.005"), 422, "invalid_amount"),
        (MONA, SHOP, json!("1,000"), 422, "invalid_amount"),
        (MONA, SHOP, json!("1e3"), 422, "invalid_amount"),
        (MONA, SHOP, json!("٥٠"), 422, "invalid_amount"),
        (MONA, SHOP, json!(""), 422, "invalid_amount"),
        (MONA, SHOP, json!(null), 422, "missing_field"),
        (
            MONA,
            SHOP,
            json!("92233720368547758.07"),
            422,
            "insufficient_balance",
        ),
        (MONA, SHOP, json!("1000"), 422, "insufficient_balance"),
        (POOR, SHOP, json!("0.50"), 422, "insufficient_balance"),
        (MONA, MONA, json!("5"), 422, "same_wallet"),
        (MONA, "01099999999", json!("5"), 404, "unknown_wallet"),
        ("1012345678", SHOP, json!("5"), 404, "unknown_wallet"),
    ] {
        let (got, answer) = call(
            &phone,
            "/api/send",
            json!({"from": from, "to": to, "amount": amount}),
        )
        .await;
        assert_eq!(
            (got, answer["error"]["code"].as_str()),
            (status, Some(code)),
            "{amount} {answer}"
        );
    }
    assert_eq!(call(&phone, "/api/send", json!([])).await.0, 400);
    assert_eq!(balances(&phone).await, before);
    assert_eq!(get(&phone, "/_sandbox/messages").await, "[]");
}

#[tokio::test]
async fn the_stores_phone_forwards_until_it_is_taken() {
    let (url, inbox) = store(2).await;
    let phone = phone(Some(url));
    let (_, sent) = call(
        &phone,
        "/api/send",
        json!({"from": MONA, "to": SHOP, "amount": "503.00"}),
    )
    .await;
    let message = settled(&phone, 1).await;
    assert_eq!(message["deliveries"][0]["tries"], 3);
    assert_eq!(message["deliveries"][0]["last"], "200 OK");

    let sms_id = sent["sms_id"].as_str().unwrap();
    let (status, again) = call(&phone, &format!("/api/resend/{sms_id}"), Value::Null).await;
    assert_eq!(status, 202);
    settled(&phone, 2).await;

    let inbox = inbox.lock().unwrap();
    assert_eq!(inbox.len(), 4);
    for (timestamp, signature, body) in inbox.iter() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        mac.update(format!("{body}{timestamp}").as_bytes());
        assert_eq!(hex::encode(mac.finalize().into_bytes()), *signature);
        assert_eq!(timestamp, "1795255200");
    }
    let events: Vec<Value> = inbox
        .iter()
        .map(|(_, _, body)| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(events[0], events[2]);
    assert_eq!(events[3]["id"], again["event_id"]);
    assert_ne!(events[3]["id"], events[0]["id"]);
    assert_eq!(events[3]["payload"], events[0]["payload"]);
    let mut event = events[0].clone();
    event["id"] = "event".into();
    event["payload"]["messageId"] = "hash".into();
    event["payload"]["message"] = "text".into();
    insta::assert_json_snapshot!(event, @r#"
        {
          "deviceId": "device-1",
          "event": "sms:received",
          "id": "event",
          "payload": {
            "messageId": "hash",
            "message": "text",
            "sender": "VF-Cash",
            "recipient": null,
            "phoneNumber": "VF-Cash",
            "simNumber": 1,
            "receivedAt": "2026-11-21T12:00:00+02:00"
          },
          "webhookId": "wharf-sandbox"
        }
        "#);
}

#[tokio::test]
async fn only_stores_phones_forward() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    let (_, sent) = call(
        &phone,
        "/api/send",
        json!({"from": MONA, "to": POOR, "amount": "5"}),
    )
    .await;
    let (status, refused) = call(
        &phone,
        &format!("/api/resend/{}", sent["sms_id"].as_str().unwrap()),
        Value::Null,
    )
    .await;
    assert_eq!(
        (status, refused["error"]["code"].as_str()),
        (409, Some("no_forwarder"))
    );
    assert_eq!(call(&phone, "/api/resend/none", Value::Null).await.0, 404);
    assert!(inbox.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_form_needs_its_token_and_keeps_what_was_typed() {
    let phone = phone(None);
    let form =
        |token: &str, amount: &str| format!("token={token}&from={MONA}&to={SHOP}&amount={amount}");
    assert_eq!(submit(&phone, "/send", &form("guess", "5")).await.0, 403);
    assert_eq!(submit(&phone, "/resend", "token=guess&sms=x").await.0, 403);
    let fresh = get(&phone, "/").await;
    assert!(fresh.contains(&format!(r#"<option value="{MONA}" selected>"#)));
    assert_eq!(fresh.matches(" selected>").count(), 1);
    let token = phone.form_token.to_string();
    let (status, page) = submit(&phone, "/send", &form(&token, "0")).await;
    assert_eq!(status, 422);
    assert!(
        page.contains("Nothing was sent: the amount must be more than zero.")
            && page.contains(r#"value="0""#)
    );
    assert_eq!(balances(&phone).await, [100_000, 50, 123_750]);

    assert_eq!(submit(&phone, "/send", &form(&token, "5.5")).await.0, 303);
    let operation = arrived(&phone).await["transaction_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = get(&phone, &format!("/?sent={operation}")).await;
    assert!(page.contains(&format!(r#"<strong class="mono">{operation}</strong>"#)));
    assert!(page.contains("Mona &lt;b&gt;") && !page.contains("Mona <b>"));
    assert!(page.contains("تم استلام مبلغ 5.50 جنيه"));
    assert!(
        !get(&phone, "/?sent=999")
            .await
            .contains("The operation number is")
    );
}

/// Sets the stores' phone.
async fn turn(phone: &Phone, change: Value) {
    let (status, answer) = call(phone, "/_sandbox/phone", change).await;
    assert_eq!(status, 200, "{answer}");
}

async fn messages(phone: &Phone) -> Vec<Value> {
    serde_json::from_str(&get(phone, "/_sandbox/messages").await).unwrap()
}

async fn pay(phone: &Phone, amount: &str) -> Value {
    let order = json!({"from": MONA, "to": SHOP, "amount": amount});
    let (status, sent) = call(phone, "/api/send", order).await;
    assert_eq!(status, 201, "{sent}");
    sent
}

/// Waits until so many posts have come.
async fn posted(inbox: &Inbox, count: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let bodies: Vec<String> = inbox
            .lock()
            .unwrap()
            .iter()
            .map(|post| post.2.clone())
            .collect();
        if bodies.len() >= count {
            assert_eq!(bodies.len(), count, "{bodies:#?}");
            return bodies;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{bodies:#?}");
        tokio::task::yield_now().await;
    }
}

/// The amounts that SMSGate's posts tell of, in their order.
fn amounts(bodies: &[String]) -> Vec<String> {
    let text = |body: &String| {
        let body: Value = serde_json::from_str(body).unwrap();
        let text = body["payload"]["message"].as_str().unwrap().to_owned();
        text.split(' ').nth(3).unwrap().to_owned()
    };
    bodies.iter().map(text).collect()
}
