//! What a platform must tell apart for orphan mitigation.

use super::*;

#[tokio::test]
async fn each_way_of_going_wrong_happens_once_and_leaves_what_it_says() {
    let statuses = [
        (Way::Status(500), 500, 0),
        (Way::Status(408), 408, 0),
        (Way::StatusAfter(501), 501, 1),
        (Way::StatusAfter(203), 203, 1),
        (Way::Malformed, 201, 1),
        (Way::MalformedKnown, 200, 1),
        (Way::Fails, 500, 1),
        (Way::Busy, 422, 0),
    ];
    for (way, status, left) in statuses {
        let platform = Platform::new();
        platform.broker.order(Trouble {
            on: Change::Provision,
            way,
        });
        let answer = platform.provision("a", SKIFF).await;
        assert_eq!(answer.status, status, "{way:?}");
        assert_eq!(
            answer.body.is_string(),
            matches!(way, Way::Malformed | Way::MalformedKnown)
        );
        let made = platform
            .ask("GET", "/_sandbox/instances", Value::Null)
            .await;
        assert_eq!(made.body.as_array().unwrap().len(), left, "{way:?}");
        // Whatever is left can be deleted, and then the id is as if it had never been used.
        let status = platform.deprovision("a", SKIFF).await.status;
        assert_eq!(status, if left == 1 { 200 } else { 410 }, "{way:?}");
        assert_eq!(platform.provision("a", SKIFF).await.status, 201, "{way:?}");
    }
}

#[tokio::test]
async fn an_operation_that_fails_leaves_something_half_made() {
    let platform = Platform::new();
    let answer = platform
        .ask(
            "POST",
            "/_sandbox/trouble",
            json!({ "on": "provision", "way": "fails" }),
        )
        .await;
    assert_eq!(answer.status, 204);
    let making = platform.provision("a", BARGE).await.operation();
    platform.wait();
    assert_eq!(platform.poll("a", &making).await.body["state"], "failed");
    assert_eq!(platform.provision("a", BARGE).await.status, 409);
    assert_eq!(
        platform
            .ask("GET", "/v2/service_instances/a", Value::Null)
            .await
            .status,
        404
    );
    let bound = platform.bind("a", "b", BARGE).await;
    assert_eq!(bound.status, 422);
    let ending = platform.deprovision("a", BARGE).await;
    platform.wait();
    assert_eq!(platform.poll("a", &ending.operation()).await.status, 410);
}

#[tokio::test]
async fn changes_and_endings_fail_too() {
    let platform = Platform::new();
    let fail = |on| {
        platform.broker.order(Trouble {
            on,
            way: Way::Fails,
        })
    };
    platform.provision("a", SKIFF).await;
    fail(Change::Update);
    let change = json!({ "service_id": SERVICE, "plan_id": BARGE });
    let path = "/v2/service_instances/a?accepts_incomplete=true";
    let updating = platform.ask("PATCH", path, change).await.operation();
    platform.wait();
    assert_eq!(platform.poll("a", &updating).await.body["state"], "failed");
    let fetched = platform
        .ask("GET", "/v2/service_instances/a", Value::Null)
        .await;
    assert_eq!(fetched.body["plan_id"], SKIFF, "it stays as it was");

    fail(Change::Bind);
    assert_eq!(platform.bind("a", "b", SKIFF).await.status, 500);
    assert_eq!(platform.bind("a", "b", SKIFF).await.status, 409);
    fail(Change::Unbind);
    assert_eq!(platform.unbind("a", "b", SKIFF).await.status, 500);
    assert_eq!(platform.unbind("a", "b", SKIFF).await.status, 200);
    fail(Change::Deprovision);
    assert_eq!(platform.deprovision("a", SKIFF).await.status, 500);
    assert_eq!(platform.deprovision("a", SKIFF).await.status, 200);
}
