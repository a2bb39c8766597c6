//! Binding, fetching bindings, unbinding; and that credentials are worth something only in between.

use super::*;

async fn data(platform: &Platform, credentials: &Value) -> u16 {
    let login = basic(
        credentials["username"].as_str().unwrap(),
        credentials["password"].as_str().unwrap(),
    );
    let url = credentials["url"].as_str().unwrap();
    let path = url.strip_prefix("http://broker.test:81").unwrap();
    let headers = [("authorization", login)];
    platform
        .send("GET", path, &headers, Value::Null)
        .await
        .status
}

#[tokio::test]
async fn credentials_are_given_found_again_and_taken_away() {
    let platform = Platform::new();
    platform.provision("a", SKIFF).await;
    let bound = platform.bind("a", "b", SKIFF).await;
    assert_eq!(bound.status, 201);
    let credentials = bound.body["credentials"].clone();
    assert_eq!(bound.body["endpoints"][0]["ports"], json!(["81"]));
    assert_eq!(data(&platform, &credentials).await, 200);
    let again = platform.bind("a", "b", SKIFF).await;
    assert_eq!(
        (again.status, &again.body["credentials"]),
        (200, &credentials)
    );
    let fetched = platform
        .ask(
            "GET",
            "/v2/service_instances/a/service_bindings/b",
            Value::Null,
        )
        .await;
    assert_eq!(
        (fetched.status, &fetched.body["credentials"]),
        (200, &credentials)
    );
    let other =
        json!({ "service_id": SERVICE, "plan_id": SKIFF, "parameters": { "access": "read" } });
    let path = "/v2/service_instances/a/service_bindings/b";
    assert_eq!(platform.ask("PUT", path, other).await.status, 409);

    let ended = platform.deprovision("a", SKIFF).await;
    assert_eq!(ended.status, 422, "bindings go first");
    let unbound = platform.unbind("a", "b", SKIFF).await;
    assert_eq!((unbound.status, unbound.body), (200, json!({})));
    assert_eq!(data(&platform, &credentials).await, 401);
    assert_eq!(platform.unbind("a", "b", SKIFF).await.status, 410);
    assert_eq!(platform.ask("GET", path, Value::Null).await.status, 404);
    assert_eq!(platform.deprovision("a", SKIFF).await.status, 200);
    assert_eq!(platform.unbind("a", "b", SKIFF).await.status, 410);
}

#[tokio::test]
async fn slow_credentials_are_polled_and_then_fetched() {
    let platform = Platform::new();
    platform.provision("a", FREIGHTER).await;
    platform.wait();
    let path = "/v2/service_instances/a/service_bindings/b";
    let body = json!({ "service_id": SERVICE, "plan_id": FREIGHTER });
    assert_eq!(
        platform.ask("PUT", path, body).await.no(),
        (422, "AsyncRequired")
    );
    let bound = platform.bind("a", "b", FREIGHTER).await;
    assert_eq!(bound.status, 202);
    assert!(bound.body.get("credentials").is_none());
    let again = platform.bind("a", "b", FREIGHTER).await;
    assert_eq!((again.status, again.operation()), (202, bound.operation()));
    assert_eq!(platform.ask("GET", path, Value::Null).await.status, 404);
    let operation = bound.operation();
    assert_eq!(
        platform.poll("a/service_bindings/b", &operation).await.body["state"],
        "in progress"
    );
    platform.wait();
    assert_eq!(
        platform.poll("a/service_bindings/b", &operation).await.body["state"],
        "succeeded"
    );
    let fetched = platform.ask("GET", path, Value::Null).await;
    assert_eq!(data(&platform, &fetched.body["credentials"]).await, 200);

    let unbound = platform.unbind("a", "b", FREIGHTER).await;
    assert_eq!(unbound.status, 202);
    assert_eq!(
        platform.unbind("a", "b", FREIGHTER).await.operation(),
        unbound.operation()
    );
    platform.wait();
    let ended = platform
        .poll("a/service_bindings/b", &unbound.operation())
        .await;
    assert_eq!(ended.status, 410);
}

#[tokio::test]
async fn who_may_only_read_cannot_write() {
    let platform = Platform::new();
    platform.provision("a", SKIFF).await;
    for (binding, access, status) in [("w", "write", 204), ("r", "read", 403)] {
        let path = format!("/v2/service_instances/a/service_bindings/{binding}");
        let body =
            json!({ "service_id": SERVICE, "plan_id": SKIFF, "parameters": { "access": access } });
        let bound = platform.ask("PUT", &path, body).await;
        let login = |field: &str| {
            bound.body["credentials"][field]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let login = basic(&login("username"), &login("password"));
        let written = platform
            .send(
                "PUT",
                "/data/a",
                &[("authorization", login)],
                json!("some text"),
            )
            .await;
        assert_eq!(written.status, status);
    }
}

#[tokio::test]
async fn a_binding_is_rotated_from_one_that_exists() {
    let platform = Platform::new();
    platform.provision("a", SKIFF).await;
    let old = platform.bind("a", "old", SKIFF).await;
    let path = "/v2/service_instances/a/service_bindings/new";
    let body = |predecessor: &str| json!({ "service_id": SERVICE, "plan_id": SKIFF, "predecessor_binding_id": predecessor });
    assert_eq!(platform.ask("PUT", path, body("none")).await.status, 400);
    let new = platform.ask("PUT", path, body("old")).await;
    assert_eq!(new.status, 201);
    for bound in [old, new] {
        assert_eq!(
            data(&platform, &bound.body["credentials"]).await,
            200,
            "both, until the old one is unbound"
        );
    }
}
