//! The real router, and a store's server that takes (or refuses) what the phone forwards.

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

#[tokio::test]
async fn everything_that_moves_money_is_in_the_balance_of_the_next_message() {
    let phone = phone(None);
    pay(&phone, "503").await;
    for (event, amount) in [
        ("withdrawn", "700"),
        ("paid", "12.50"),
        ("airtime", "10"),
        ("enquiry", ""),
        ("no-balance", ""),
        ("wrong-pin", ""),
        ("code", ""),
        ("advert", ""),
        ("prize", "500"),
        ("cash-back", "50"),
    ] {
        let (status, happened) = call(
            &phone,
            "/api/event",
            json!({"wallet": SHOP, "event": event, "amount": amount}),
        )
        .await;
        assert_eq!(status, 201, "{event} {happened}");
    }
    // 1 % for the withdrawal, which its text does not tell.
    let left = 123_750 + 50_300 - 70_700 - 1_250 - 1_000;
    assert_eq!(balances(&phone).await[2], left);
    let enquiry = messages(&phone).await;
    let enquiry = enquiry
        .iter()
        .find(|message| message["event"] == "enquiry")
        .unwrap();
    assert!(
        enquiry["body"]
            .as_str()
            .unwrap()
            .contains(&operators::plain(left)),
        "{enquiry}"
    );

    let (status, refused) = call(
        &phone,
        "/api/event",
        json!({"wallet": SHOP, "event": "withdrawn", "amount": "99999"}),
    )
    .await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (422, &json!("insufficient_balance"))
    );
    for wrong in [
        json!({"wallet": SHOP, "event": "received", "amount": "5"}),
        json!({"event": "paid"}),
        json!({"wallet": SHOP, "event": "paid", "amount": "0"}),
    ] {
        assert_eq!(call(&phone, "/api/event", wrong).await.0, 422);
    }
    assert_eq!(balances(&phone).await[2], left);
}

#[tokio::test]
async fn a_transfer_is_taken_back_once() {
    let phone = phone(None);
    let sent = pay(&phone, "503").await;
    let path = format!("/api/reverse/{}", sent["sms_id"].as_str().unwrap());
    let (status, back) = call(&phone, &path, Value::Null).await;
    assert_eq!((status, &back["balance_minor"]), (201, &json!(123_750)));
    assert_eq!(balances(&phone).await, [100_000 - 251, 50, 123_750]);
    assert_eq!(call(&phone, &path, Value::Null).await.0, 409);
    let told = back["sms_ids"][0].as_str().unwrap();
    assert_eq!(
        call(&phone, &format!("/api/reverse/{told}"), Value::Null)
            .await
            .0,
        409
    );
    assert_eq!(call(&phone, "/api/reverse/none", Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_phone_without_network_keeps_messages_and_sends_them_in_the_order_asked_for() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    turn(&phone, json!({"online": false})).await;
    for amount in ["1", "2", "3"] {
        pay(&phone, amount).await;
    }
    let started = Instant::now();
    while phone.lock().device.waiting.len() < 3 {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    assert!(inbox.lock().unwrap().is_empty());
    let page = get(&phone, "/").await;
    assert!(page.contains("is offline: 3 messages wait"), "{page}");
    turn(&phone, json!({"online": true, "order": "newest-first"})).await;
    let bodies = posted(&inbox, 3).await;
    assert_eq!(amounts(&bodies), ["3.00", "2.00", "1.00"]);
    let started = Instant::now();
    let forwarded = |message: &Value| {
        let delivery = &message["deliveries"][0];
        message["direction"] != "in"
            || (&delivery["tries"], &delivery["state"]) == (&json!(1), &json!("delivered"))
    };
    while !messages(&phone).await.iter().all(forwarded) {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn duplicates_and_an_export_are_new_events_of_the_same_messages() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    turn(&phone, json!({"duplicates": 2})).await;
    pay(&phone, "1").await;
    posted(&inbox, 3).await;
    turn(&phone, json!({"duplicates": 0})).await;
    pay(&phone, "2").await;
    posted(&inbox, 4).await;
    let (status, exported) = call(&phone, "/api/export", json!({"hours": 168})).await;
    assert_eq!(
        (status, exported["event_ids"].as_array().map(Vec::len)),
        (202, Some(2))
    );
    let bodies = posted(&inbox, 6).await;
    assert_eq!(amounts(&bodies[4..]), ["1.00", "2.00"]);
    let field = |pointer: &str| {
        let values = bodies.iter().map(|body| {
            let body: Value = serde_json::from_str(body).unwrap();
            body.pointer(pointer).unwrap().to_string()
        });
        values.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((field("/id"), field("/payload/messageId")), (6, 2));
    assert_eq!(call(&phone, "/api/export", json!({"days": 7})).await.0, 422);
}

#[tokio::test]
async fn a_wrong_clock_shows_in_times_and_signatures() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    turn(&phone, json!({"clock_off_seconds": -5_400})).await;
    pay(&phone, "1").await;
    posted(&inbox, 1).await;
    let (timestamp, _, body) = inbox.lock().unwrap()[0].clone();
    assert_eq!(timestamp, (1_795_255_200 - 5_400).to_string());
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["payload"]["receivedAt"], "2026-11-21T10:30:00+02:00");
    for wrong in [
        json!({"clock_off_seconds": i64::MAX}),
        json!({"duplicates": 101}),
        json!({"app": "carrier-pigeon"}),
        json!({"colour": "red"}),
    ] {
        assert_eq!(call(&phone, "/_sandbox/phone", wrong).await.0, 422);
    }
}

#[tokio::test]
async fn cheats_move_no_money_and_are_marked() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    let sent = pay(&phone, "503").await;
    posted(&inbox, 1).await;
    let before = balances(&phone).await;
    for kind in Forgery::ALL {
        let order = json!({"kind": kind, "to": SHOP, "from": MONA, "amount": "777"});
        let (status, answer) = call(&phone, "/api/forge", order).await;
        assert_eq!(status, 201, "{kind:?} {answer}");
    }
    posted(&inbox, 1 + Forgery::ALL.len()).await;
    assert_eq!(balances(&phone).await, before);
    let all = messages(&phone).await;
    let forged = |kind: Forgery| {
        all.iter()
            .find(|m| m["forged"] == kind.name())
            .unwrap()
            .clone()
    };
    let text = |kind| forged(kind)["body"].as_str().unwrap().to_owned();
    let sender = |kind| forged(kind)["sender"].as_str().unwrap().to_owned();
    assert_eq!(sender(Forgery::NumericSender), "+201012345678");
    assert_ne!(sender(Forgery::LookalikeSender), "VF-Cash");
    assert_eq!(sender(Forgery::GuessedBalance), "VF-Cash");
    let right = operators::plain(before[2] + 77_700);
    assert!(!text(Forgery::GuessedBalance).contains(&right));
    assert!(text(Forgery::RepeatedId).contains(&right));
    assert_eq!(
        forged(Forgery::RepeatedId)["transaction_id"],
        sent["transaction_id"]
    );
    assert!(forged(Forgery::FarId)["transaction_id"].as_str() > sent["transaction_id"].as_str());
    assert!(forged(Forgery::OldId)["transaction_id"].as_str() < sent["transaction_id"].as_str());
    assert!(
        text(Forgery::Joined).starts_with("كاش باك")
            && text(Forgery::Joined).contains("تم استلام مبلغ 777.00")
    );
    let told = json!({"kind": "guessed-balance", "to": SHOP, "from": MONA, "amount": "5", "balance": "9.99"});
    call(&phone, "/api/forge", told).await;
    assert!(
        messages(&phone).await.last().unwrap()["body"]
            .as_str()
            .unwrap()
            .contains("الحالي: 9.99")
    );
    assert_eq!(
        call(&phone, "/api/forge", json!({"kind": "magic"})).await.0,
        422
    );
    assert!(get(&phone, "/").await.contains("forged: repeated id"));
    // What was posted past the phone is not in its inbox.
    let overheard = forged(Forgery::Stale);
    let again = format!("/api/resend/{}", overheard["sms_id"].as_str().unwrap());
    assert_eq!(call(&phone, &again, Value::Null).await.0, 409);
    let (_, exported) = call(&phone, "/api/export", json!({"hours": 1})).await;
    let on_the_phone = 1 + Forgery::ALL.len() - 3 + 1;
    assert_eq!(
        exported["event_ids"].as_array().map(Vec::len),
        Some(on_the_phone)
    );
}

#[tokio::test]
async fn wallets_of_one_currency_reach_each_other_and_get_the_texts_chosen() {
    let phone = phone(None);
    for (number, operator) in [("01112312312", "e-money"), ("0712312312", "mpesa")] {
        let wallet = json!({"number": number, "name": "Salma", "balance_minor": 100_000, "operator": operator});
        let request = Request::post("/_sandbox/wallets").header("content-type", "application/json");
        let opened = ask(
            &phone,
            request.body(Body::from(wallet.to_string())).unwrap(),
        )
        .await;
        assert_eq!(opened.0, 201, "{opened:?}");
    }
    let send = async |from: &str, to: &str, text: &str| {
        call(
            &phone,
            "/api/send",
            json!({"from": from, "to": to, "amount": "5", "text": text}),
        )
        .await
    };
    assert_eq!(send("01112312312", SHOP, "").await.0, 201);
    assert_eq!(
        send("0712312312", SHOP, "").await.1["error"]["code"],
        "other_currency"
    );
    assert_eq!(
        send(MONA, SHOP, "g9").await.1["error"]["code"],
        "unknown_text"
    );
    send(MONA, SHOP, "en-b").await;
    assert!(
        arrived(&phone).await["body"]
            .as_str()
            .unwrap()
            .starts_with("EGP 5.00 has been received")
    );
    let path = format!("/_sandbox/wallets/{SHOP}");
    let request = Request::post(&path)
        .body(Body::from(json!({"text": "g1"}).to_string()))
        .unwrap();
    assert_eq!(ask(&phone, request).await.0, 204);
    send(MONA, SHOP, "").await;
    assert!(
        arrived(&phone).await["body"]
            .as_str()
            .unwrap()
            .contains(" .ادفع فواتيرك")
    );
}

#[tokio::test]
async fn an_app_says_that_it_is_alive_if_it_can() {
    let (url, inbox) = store(0).await;
    let phone = phone(Some(url));
    let (status, beat) = call(&phone, "/api/heartbeat", Value::Null).await;
    assert_eq!((status, &beat["answer"]), (200, &json!("200 OK")));
    assert!(
        inbox.lock().unwrap()[0]
            .2
            .contains("\"event\":\"system:ping\"")
    );
    for silent in [
        json!({"app": "textbee"}),
        json!({"app": "smsgate", "online": false}),
    ] {
        turn(&phone, silent).await;
        assert_eq!(call(&phone, "/api/heartbeat", Value::Null).await.0, 409);
    }
}

#[tokio::test]
async fn apps_are_as_patient_as_they_are() {
    for (app, tries) in [("httpsms", 2), ("textbee", 10), ("smsgate", 14)] {
        let (url, inbox) = store(100).await;
        let phone = phone(Some(url)).with_first_retry(Duration::from_nanos(1));
        turn(&phone, json!({"app": app})).await;
        pay(&phone, "1").await;
        let message = settled(&phone, 1).await;
        assert_eq!(message["deliveries"][0]["state"], "failed", "{message}");
        assert_eq!(inbox.lock().unwrap().len(), tries, "{app}");
    }
}
