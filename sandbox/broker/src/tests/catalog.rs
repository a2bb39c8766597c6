//! Headers, authentication, errors, the catalogue.

use super::*;

#[tokio::test]
async fn the_catalogue_has_what_every_catalogue_must_have() {
    let platform = Platform::new();
    let answer = platform.ask("GET", "/v2/catalog", Value::Null).await;
    assert_eq!(answer.status, 200);
    let mut ids = Vec::new();
    for offering in answer.body["services"].as_array().unwrap() {
        ids.push(offering["id"].clone());
        assert!(offering["bindable"].is_boolean());
        for plan in offering["plans"].as_array().unwrap() {
            ids.push(plan["id"].clone());
            for required in ["id", "name", "description"] {
                assert!(!plan[required].as_str().unwrap().is_empty(), "{plan}");
            }
            let schema = &plan["schemas"]["service_instance"]["create"]["parameters"];
            assert!(schema["$schema"].is_string(), "{plan}");
        }
    }
    let count = ids.len();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!((ids.len(), count), (6, 6), "ids are unique");
}

#[tokio::test]
async fn version_and_credentials_are_checked_before_anything() {
    let platform = Platform::new();
    let right = ("authorization", basic("platform", "secret"));
    let version = |number: &str| ("x-broker-api-version", number.to_owned());
    for (headers, status) in [
        (vec![version("2.17")], 401),
        (
            vec![
                ("authorization", basic("platform", "wrong")),
                version("2.17"),
            ],
            401,
        ),
        (
            vec![
                ("authorization", "Bearer secret".to_owned()),
                version("2.17"),
            ],
            401,
        ),
        (vec![right.clone()], 412),
        (vec![right.clone(), version("2.13")], 412),
        (vec![right.clone(), version("3.0")], 412),
        (vec![right.clone(), version("two")], 412),
        (vec![right.clone(), version("2.14")], 200),
        (
            vec![
                right.clone(),
                version("2.17"),
                ("x-broker-api-originating-identity", "wharf".to_owned()),
            ],
            400,
        ),
        (
            vec![
                right.clone(),
                version("2.17"),
                (
                    "x-broker-api-originating-identity",
                    format!("wharf {}", STANDARD.encode("{}")),
                ),
            ],
            200,
        ),
    ] {
        let answer = platform
            .send("GET", "/v2/catalog", &headers, Value::Null)
            .await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert!(answer.body.is_object());
    }
    let identity = ("x-broker-api-request-identity", "request-7".to_owned());
    let answer = platform
        .send(
            "GET",
            "/v2/catalog",
            &[right, version("2.17"), identity],
            Value::Null,
        )
        .await;
    assert_eq!(answer.headers["x-broker-api-request-identity"], "request-7");
}

#[tokio::test]
async fn calls_are_named_without_their_ids() {
    let named = |method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        classify(&request.into_parts().0, &Bytes::new())
    };
    for (method, uri, name) in [
        ("GET", "/v2/catalog", "GET /v2/catalog"),
        (
            "PUT",
            "/v2/service_instances/a?accepts_incomplete=true",
            "PUT /v2/service_instances/{id}",
        ),
        (
            "GET",
            "/v2/service_instances/last_operation/last_operation",
            "GET /v2/service_instances/{id}/last_operation",
        ),
        (
            "PUT",
            "/v2/service_instances/a/service_bindings/b",
            "PUT /v2/service_instances/{id}/service_bindings/{id}",
        ),
    ] {
        assert_eq!(named(method, uri).as_deref(), Some(name));
    }
    assert_eq!(named("GET", "/dashboard/a"), None);
}
