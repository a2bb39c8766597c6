//! Provisioning, fetching, updating, deprovisioning, polling.

use super::*;

const A: &str = "/v2/service_instances/a?accepts_incomplete=true";

#[tokio::test]
async fn what_is_there_at_once_is_created_found_again_and_ended() {
    let platform = Platform::new();
    let made = platform.provision("a", SKIFF).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        json!({ "dashboard_url": "http://broker.test:81/dashboard/a" })
    );
    assert_eq!(
        platform.provision("a", SKIFF).await.status,
        200,
        "the same again"
    );
    assert_eq!(
        platform.provision("a", BARGE).await.status,
        409,
        "another plan"
    );
    let mut other = order(SKIFF);
    other["parameters"] = json!({ "region": "north" });
    assert_eq!(
        platform.ask("PUT", A, other).await.status,
        409,
        "other parameters"
    );

    let fetched = platform
        .ask("GET", "/v2/service_instances/a", Value::Null)
        .await;
    assert_eq!(
        (fetched.status, &fetched.body["plan_id"]),
        (200, &json!(SKIFF))
    );
    let state = platform
        .ask("GET", "/v2/service_instances/a/last_operation", Value::Null)
        .await;
    assert_eq!(state.body["state"], "succeeded");

    assert_eq!(
        platform.deprovision("a", BARGE).await.status,
        400,
        "not its plan"
    );
    let ended = platform.deprovision("a", SKIFF).await;
    assert_eq!((ended.status, ended.body), (200, json!({})));
    let gone = platform.deprovision("a", SKIFF).await;
    assert_eq!((gone.status, gone.body), (410, json!({})));
    assert_eq!(
        platform
            .ask("GET", "/v2/service_instances/a", Value::Null)
            .await
            .status,
        404
    );
    assert_eq!(
        platform.provision("a", SKIFF).await.status,
        201,
        "its id is free again"
    );
}

#[tokio::test]
async fn what_takes_a_while_is_polled() {
    let platform = Platform::new();
    let refused = platform
        .ask("PUT", "/v2/service_instances/a", order(BARGE))
        .await;
    assert_eq!(refused.no(), (422, "AsyncRequired"));
    let made = platform.provision("a", BARGE).await;
    assert_eq!(made.status, 202);
    assert!(
        made.body["dashboard_url"].is_string(),
        "told at once or never"
    );
    let operation = made.operation();
    let again = platform.provision("a", BARGE).await;
    assert_eq!((again.status, again.operation()), (202, operation.clone()));
    assert_eq!(platform.provision("a", SKIFF).await.status, 409);
    assert_eq!(
        platform
            .ask("GET", "/v2/service_instances/a", Value::Null)
            .await
            .status,
        404
    );
    assert_eq!(
        platform.bind("a", "b", BARGE).await.no(),
        (422, "ConcurrencyError")
    );

    let state = platform.poll("a", &operation).await;
    assert_eq!(state.body["state"], "in progress");
    assert_eq!(state.headers["retry-after"], "1");
    assert_eq!(platform.poll("a", "task_99").await.status, 400);
    let without = platform
        .ask("GET", "/v2/service_instances/a/last_operation", Value::Null)
        .await;
    assert_eq!(
        without.status, 400,
        "the operation that was given must be named"
    );
    platform.wait();
    assert_eq!(
        platform.poll("a", &operation).await.body["state"],
        "succeeded"
    );
    assert_eq!(platform.provision("a", BARGE).await.status, 200);

    let ending = platform.deprovision("a", BARGE).await;
    assert_eq!(ending.status, 202);
    let again = platform.deprovision("a", BARGE).await;
    assert_eq!((again.status, again.operation()), (202, ending.operation()));
    assert_eq!(
        platform.provision("a", BARGE).await.no(),
        (422, "ConcurrencyError")
    );
    platform.wait();
    assert_eq!(platform.poll("a", &ending.operation()).await.status, 410);
    assert_eq!(platform.poll("never", "task_1").await.status, 404);
}

#[tokio::test]
async fn deleting_what_is_being_made_halts_its_making() {
    let platform = Platform::new();
    let making = platform.provision("a", BARGE).await.operation();
    let ending = platform.deprovision("a", BARGE).await;
    assert_eq!(ending.status, 202);
    assert_eq!(
        platform.poll("a", &making).await.status,
        400,
        "it is not the last operation any more"
    );
    platform.wait();
    assert_eq!(platform.poll("a", &ending.operation()).await.status, 410);
}

#[tokio::test]
async fn plans_and_parameters_change() {
    let platform = Platform::new();
    platform.provision("a", SKIFF).await;
    let change = json!({ "service_id": SERVICE, "parameters": { "region": "south" } });
    assert_eq!(platform.ask("PATCH", A, change.clone()).await.status, 200);
    assert_eq!(
        platform.ask("PATCH", A, change).await.body,
        json!({}),
        "no effect"
    );

    let change =
        json!({ "service_id": SERVICE, "plan_id": BARGE, "previous_values": { "plan_id": SKIFF } });
    let refused = platform
        .ask("PATCH", "/v2/service_instances/a", change.clone())
        .await;
    assert_eq!(refused.no(), (422, "AsyncRequired"));
    let updating = platform.ask("PATCH", A, change.clone()).await;
    assert_eq!(updating.status, 202);
    let again = platform.ask("PATCH", A, change).await;
    assert_eq!(
        (again.status, again.operation()),
        (202, updating.operation())
    );
    let other = json!({ "service_id": SERVICE, "plan_id": FREIGHTER });
    assert_eq!(
        platform.ask("PATCH", A, other.clone()).await.no(),
        (422, "ConcurrencyError")
    );
    let fetched = platform
        .ask("GET", "/v2/service_instances/a", Value::Null)
        .await;
    assert_eq!(fetched.no(), (422, "ConcurrencyError"));
    assert_eq!(
        platform.deprovision("a", SKIFF).await.no(),
        (422, "ConcurrencyError")
    );
    platform.wait();
    assert_eq!(
        platform.poll("a", &updating.operation()).await.body["state"],
        "succeeded"
    );
    let fetched = platform
        .ask("GET", "/v2/service_instances/a", Value::Null)
        .await;
    assert_eq!(fetched.body["plan_id"], BARGE);
    assert_eq!(
        fetched.body["parameters"],
        json!({ "region": "south" }),
        "kept"
    );

    platform.ask("PATCH", A, other).await;
    platform.wait();
    let back = json!({ "service_id": SERVICE, "plan_id": SKIFF });
    let refused = platform.ask("PATCH", A, back.clone()).await;
    assert_eq!(
        (refused.status, &refused.body["instance_usable"]),
        (422, &json!(true))
    );
    assert_eq!(
        platform
            .ask("PATCH", "/v2/service_instances/none", back)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn what_is_malformed_is_refused_and_changes_nothing() {
    let platform = Platform::new();
    let with = |name: &str, value: Value| {
        let mut body = order(SKIFF);
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = order(SKIFF);
        body.as_object_mut().unwrap().remove(name);
        body
    };
    for body in [
        json!("{"),
        json!("[]"),
        without("service_id"),
        without("plan_id"),
        without("organization_guid"),
        without("space_guid"),
        with("space_guid", json!("")),
        with("service_id", json!("none")),
        with("plan_id", json!(SLIP)),
        with("context", json!("wharf")),
        with("parameters", json!([])),
        with("parameters", json!({ "colour": "red" })),
        with("parameters", json!({ "region": "west" })),
        with("maintenance_info", json!({})),
    ] {
        let answer = platform.ask("PUT", A, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.body["description"].as_str().unwrap().is_empty());
    }
    let old = with("maintenance_info", json!({ "version": "0.9.0" }));
    assert_eq!(
        platform.ask("PUT", A, old).await.no(),
        (422, "MaintenanceInfoConflict")
    );
    let odd = "/v2/service_instances/a?accepts_incomplete=yes";
    assert_eq!(platform.ask("PUT", odd, order(SKIFF)).await.status, 400);
    for query in ["", "?service_id=x", "?plan_id=x"] {
        let path = format!("/v2/service_instances/a{query}");
        assert_eq!(platform.ask("DELETE", &path, Value::Null).await.status, 400);
    }
    let made = platform
        .ask("GET", "/_sandbox/instances", Value::Null)
        .await;
    assert_eq!(made.body, json!([]));
    let unknown = with("x-vendor", json!("ignored"));
    assert_eq!(platform.ask("PUT", A, unknown).await.status, 201);
    let notes = platform
        .ask("PUT", "/v2/service_instances/n", order(SLIP))
        .await;
    assert_eq!(notes.status, 201);
    assert_eq!(
        platform
            .ask("GET", "/v2/service_instances/n", Value::Null)
            .await
            .status,
        404,
        "not retrievable, as the catalogue says"
    );
}
