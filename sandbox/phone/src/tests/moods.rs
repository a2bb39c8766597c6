//! What a phone and its operator can be up to: no network, duplicates, a wrong clock, cheats.

use super::*;

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
