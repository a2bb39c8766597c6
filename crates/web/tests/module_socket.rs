//! The module socket's routes, with a fake capability behind them.

mod support;

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::Request;
use serde_json::json;
use support::{TOKEN, World, eventually, send};
use tower::ServiceExt as _;

#[tokio::test]
async fn a_call_reaches_its_capability_and_the_answer_php() {
    let world = World::new().await;
    let got = world
        .call("Echo", r#"{"sld":"example","domainid":7}"#)
        .await;
    assert_eq!(got.status, 200);
    assert_eq!(
        got.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(got.header("cache-control"), "no-store");
    insta::assert_snapshot!(got.text, @r#"{"return":{"sld":"example"},"log":{"request":"request","response":"response"},"activity":["looked at it"]}"#);
    let calls = world.seen.calls.lock().unwrap();
    assert_eq!(
        (calls[0].site.as_str(), calls[0].module.as_str()),
        ("main", "wharf")
    );
    assert_eq!(calls[0].params.integer("domainid"), Some(7));
}

#[tokio::test]
async fn without_the_sites_token_nothing_is_called() {
    let world = World::new().await;
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer other",
        "Basic token-of-main",
        "token-of-main",
    ] {
        let request = Request::post("/whmcs/registrar/wharf/Echo")
            .header("authorization", authorization)
            .body(Body::from("{}"))
            .unwrap();
        let got = send(world.socket(), request).await;
        assert_eq!(got.status, 401, "{authorization}");
        assert!(
            got.json()["error"]
                .as_str()
                .unwrap()
                .contains("wharf modules install")
        );
    }
    assert!(world.seen.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_there_is_not_is_said_to_be_absent() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for path in [
        "/whmcs/widget/wharf/Echo",
        "/whmcs/addon/wharf/Echo",
        "/whmcs/registrar/wharf/No-Name",
        "/whmcs/registrar/wharf/Nothing",
        "/whmcs",
    ] {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Body::empty())
            .unwrap();
        let got = send(world.socket(), request).await;
        answers.push(format!(
            "{} {}",
            got.status,
            got.json()["error"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    404 there is no such kind of module
    404 this Wharf has nothing behind addon modules
    404 no module or function can have that name
    404 this version of Wharf has no function "Nothing" for this kind of module
    404 there is nothing at this address
    "#);
    assert_eq!(
        send(world.socket(), support::get("/whmcs/registrar/wharf/Echo"))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn bodies_are_objects_of_at_most_a_mebibyte() {
    let world = World::new().await;
    for empty in ["", "[]", "{}"] {
        assert_eq!(world.call("Echo", empty).await.status, 200, "{empty}");
    }
    let mut answers = Vec::new();
    for wrong in ["[1]", "\"text\"", "{\"password\":\"hunter2\",}"] {
        let got = world.call("Echo", wrong).await;
        assert!(!got.text.contains("hunter2"));
        answers.push(format!(
            "{} {}",
            got.status,
            got.json()["error"].as_str().unwrap()
        ));
    }
    let pad =
        |bytes: usize| json!({ "pad": "x".repeat(bytes - r#"{"pad":""}"#.len()) }).to_string();
    assert_eq!(world.call("Echo", pad(1024 * 1024)).await.status, 200);
    let got = world.call("Echo", pad(1024 * 1024 + 1)).await;
    answers.push(format!(
        "{} {}",
        got.status,
        got.json()["error"].as_str().unwrap()
    ));
    insta::assert_snapshot!(answers.join("\n"), @r#"
    400 the request's body is not a JSON object
    400 the request's body is not a JSON object
    400 the request's body is not JSON (line 1, column 23)
    413 the request's body is larger than 1024 KiB
    "#);
}

#[tokio::test]
async fn failures_have_a_status_and_a_text_for_staff_only() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for function in ["Missing", "Invalid", "Internal", "Panic"] {
        let got = world.call(function, "{}").await;
        assert!(!got.text.contains("hunter2"), "causes stay in the log");
        answers.push(format!(
            "{} {}",
            got.status,
            got.json()["error"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    400 the parameter "domainid" is missing or has the wrong form
    422 the name is taken
    503 the database is away
    500 Wharf failed at this call; its log has the reason
    "#);
}

#[tokio::test]
async fn a_late_call_is_answered_and_still_finished() {
    let world = World::new().await;
    let got = world.call("Wait", "{}").await;
    assert_eq!(got.status, 504);
    assert_eq!(world.modules.ended.load(Ordering::SeqCst), 0);
    world.modules.gate.add_permits(1);
    eventually("the work goes on", || {
        world.modules.ended.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_stop_the_work() {
    let world = World::new().await;
    let request = Request::post("/whmcs/registrar/wharf/Wait")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Body::empty())
        .unwrap();
    let calling = tokio::spawn(world.socket().oneshot(request));
    eventually("the call begins", || {
        world.modules.begun.load(Ordering::SeqCst) == 1
    })
    .await;
    calling.abort();
    assert!(calling.await.unwrap_err().is_cancelled());
    world.modules.gate.add_permits(1);
    eventually("the work goes on", || {
        world.modules.ended.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn who_comes_on_top_is_turned_away_at_once() {
    let world = std::sync::Arc::new(World::new().await);
    for _ in 0..1_000 {
        let world = world.clone();
        tokio::spawn(async move { world.call("Wait", "{}").await });
    }
    eventually("all places are taken", || {
        world.modules.begun.load(Ordering::SeqCst) == 1_000
    })
    .await;
    let got = world.call("Echo", "{}").await;
    assert_eq!((got.status, got.header("retry-after")), (503, "2"));
    world.modules.gate.add_permits(1_000);
    eventually("all are done", || {
        world.modules.ended.load(Ordering::SeqCst) == 1_000
    })
    .await;
    assert_eq!(world.call("Echo", "{}").await.status, 200);
}
