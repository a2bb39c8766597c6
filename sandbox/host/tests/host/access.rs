//! How the API answers when an installation is set up wrongly, or something stands before it.

use serde_json::{Value, json};

use crate::api::{CLIENT, message};
use crate::support::World;

/// Switches the API; the state that is shown afterwards, or the refusal.
async fn switch(world: &World, change: Value) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(format!("{}_sandbox/api", world.url))
        .header("x-sandbox", "1")
        .body(change.to_string())
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn call(world: &World, action: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = vec![
        ("action", action),
        ("identifier", "id-2"),
        ("secret", "other"),
        ("responsetype", "json"),
    ];
    fields.extend_from_slice(more);
    world.post_api(&fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_addresses_keys_and_credentials_can_be_switched() {
    let world = World::start().await;
    world.api("AddClient", CLIENT).await;
    let credit = [("clientid", "1"), ("description", "x"), ("amount", "5")];

    let (status, refused) = call(&world, "AddCredit", &credit).await;
    assert_eq!(
        (status, message(&refused)),
        (
            403,
            "Invalid Permissions: API action \"addcredit\" is not allowed"
        )
    );
    let role = json!({"credential": {"identifier": "id-2", "allow": ["AddCredit"], "deny": ["GetClients"]}});
    let (_, shown) = switch(&world, role).await;
    assert_eq!(
        shown["credentials"][1],
        json!({"identifier": "id-2", "actions": ["addcredit"], "revoked": false})
    );
    assert_eq!(
        call(&world, "AddCredit", &credit).await.1["newbalance"],
        "5.00"
    );
    assert_eq!(call(&world, "GetClients", &[]).await.0, 403);

    switch(&world, json!({"allowed_ips": ["203.0.113.7"]})).await;
    let (status, refused) = call(&world, "AddCredit", &credit).await;
    assert_eq!((status, message(&refused)), (403, "Invalid IP 127.0.0.1"));
    let with_key = [&credit[..], &[("accesskey", "open sesame")]].concat();
    assert_eq!(
        call(&world, "AddCredit", &with_key).await.1["newbalance"],
        "10.00"
    );
    switch(&world, json!({"access_key": "another"})).await;
    assert_eq!(
        message(&call(&world, "AddCredit", &with_key).await.1),
        "Access Denied"
    );
    switch(&world, json!({"allowed_ips": ["127.0.0.1"]})).await;

    switch(
        &world,
        json!({"credential": {"identifier": "id-2", "revoked": true}}),
    )
    .await;
    let (status, refused) = call(&world, "AddCredit", &credit).await;
    assert_eq!((status, message(&refused)), (403, "Authentication Failed"));
    switch(
        &world,
        json!({"credential": {"identifier": "id-2", "revoked": false}}),
    )
    .await;
    assert_eq!(
        call(&world, "AddCredit", &credit).await.1["newbalance"],
        "15.00"
    );

    let (status, refused) = switch(&world, json!({"credential": {"identifier": "id-9"}})).await;
    assert_eq!(
        (status, &refused["error"]),
        (422, &json!("there is no credential id-9"))
    );
    assert_eq!(switch(&world, json!({"pages": "x"})).await.0, 422);
    let bare = reqwest::Client::new()
        .post(format!("{}_sandbox/api", world.url))
        .body("{}")
        .send();
    assert_eq!(bare.await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_stand_in_the_way_and_notices_come_before_the_answer() {
    let world = World::start().await;
    world.api("AddClient", CLIENT).await;
    let credit = [("clientid", "1"), ("description", "x"), ("amount", "5")];
    switch(
        &world,
        json!({"credential": {"identifier": "id-2", "allow": ["AddCredit"]}}),
    )
    .await;
    for (page, status) in [("maintenance", 503), ("firewall", 403)] {
        switch(&world, json!({"page": page})).await;
        let (got, html) = call(&world, "AddCredit", &credit).await;
        assert_eq!(got, status);
        assert!(
            html.as_str()
                .is_some_and(|html| html.starts_with("<!DOCTYPE html>")),
            "{html}"
        );
    }
    switch(&world, json!({"page": "none"})).await;
    assert!(world.rows("tblcredit").await.is_empty());

    switch(&world, json!({"notice": "<br />\n<b>Notice</b>:  Undefined index: x in <b>/hooks.php</b> on line <b>3</b><br />"})).await;
    let (status, text) = call(&world, "AddCredit", &credit).await;
    assert_eq!(status, 200);
    assert!(
        text.as_str().is_some_and(|text| text.starts_with("<br />")
            && text.ends_with("{\"result\":\"success\",\"newbalance\":\"5.00\"}")),
        "{text}"
    );
    assert_eq!(world.rows("tblcredit").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_come_in_the_shapes_that_are_seen() {
    let world = World::start().await;
    world.api("AddClient", CLIENT).await;
    let fields = [
        ("clientid", "1"),
        ("description", "a"),
        ("amount", "5"),
        ("date", "2026-01-02"),
    ];
    world.api("AddCredit", &fields).await;
    let credits = async |shape: &str| {
        switch(&world, json!({"credits": shape})).await;
        world.api("GetCredits", &[("clientid", "1")]).await
    };
    insta::assert_snapshot!(credits("single").await, @r#"{"result":"success","totalresults":1,"clientid":1,"credits":{"credit":{"id":1,"date":"2026-01-02","description":"a","amount":"5.00","relid":0}}}"#);
    insta::assert_snapshot!(credits("flat").await, @r#"{"result":"success","totalresults":1,"clientid":1,"credits[credit][0][id]":1,"credits[credit][0][date]":"2026-01-02","credits[credit][0][description]":"a","credits[credit][0][amount]":"5.00","credits[credit][0][relid]":0}"#);
    world.api("AddCredit", &fields).await;
    let two = credits("single").await;
    assert_eq!(
        two["credits"]["credit"].as_array().map(Vec::len),
        Some(2),
        "{two}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_are_looked_for_and_then_written() {
    let world = World::start().await;
    world.api("AddClient", CLIENT).await;
    let book = async |more: &[(&str, &str)]| {
        let mut fields = vec![
            ("userid", "1"),
            ("paymentmethod", "testpay"),
            ("transid", "T1"),
            ("amountin", "7.50"),
            ("credit", "1"),
        ];
        fields.extend_from_slice(more);
        world.api("AddTransaction", &fields).await
    };
    switch(
        &world,
        json!({"transid_window_ms": 300, "date_format": "DD/MM/YYYY"}),
    )
    .await;
    let both = tokio::join!(
        book(&[("date", "21/11/2026")]),
        book(&[("date", "2026-11-21")])
    );
    assert_eq!(
        (&both.0["result"], &both.1["result"]),
        (&"success".into(), &"success".into())
    );
    assert_eq!(message(&book(&[]).await), "Transaction ID must be Unique");
    let rows = world.rows("tblaccounts").await;
    let mut dates: Vec<_> = rows
        .iter()
        .map(|row| row["date"].as_str().unwrap())
        .collect();
    dates.sort_unstable();
    assert_eq!(dates, ["0000-00-00 00:00:00", "2026-11-21 00:00:00"]);
    assert_eq!(world.rows("tblcredit").await.len(), 2);
    assert_eq!(
        message(&book(&[("transid", "T2"), ("currencyid", "2")]).await),
        "Currency ID does not match Client currency"
    );
    let found = world.api("GetTransactions", &[("transid", "T1")]).await;
    assert_eq!(found["totalresults"], 2);
}
