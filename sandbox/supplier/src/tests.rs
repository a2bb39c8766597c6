//! The real router, asked as a reseller's client asks it.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

struct Desk(Supplier);

impl Desk {
    fn new() -> Self {
        let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
        Self(Supplier::new(SupplierOptions {
            clock,
            token: "tok".into(),
        }))
    }

    async fn send(&self, method: &str, path: &str, token: &str, body: String) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("host", "shield.test:81");
        let answer = self
            .0
            .router()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, text) = self
            .send(method, &format!("/api/v1{path}"), "tok", body)
            .await;
        (
            status,
            if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).unwrap()
            },
        )
    }

    async fn user(&self) -> i64 {
        let (status, user) = self.call("POST", "/users", person()).await;
        assert_eq!(status, 201);
        user["data"]["id"].as_i64().unwrap()
    }

    async fn service(&self, user_id: i64) -> String {
        let (status, service) = self.call("POST", "/services", order(user_id)).await;
        assert_eq!(status, 201, "{service}");
        service["data"]["id"].as_str().unwrap().to_owned()
    }
}

fn person() -> Value {
    json!({"email": "Mona@example.org", "name": "Mona", "password": "long enough", "password_confirmation": "long enough", "unknown": 1})
}

fn order(user_id: i64) -> Value {
    json!({"user_id": user_id, "plan_id": "pro", "group_id": 1042, "domain": "Shop.com"})
}

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let desk = Desk::new();
    for (method, path) in [
        ("GET", "/api/v1/account"),
        ("POST", "/api/v1/users"),
        ("GET", "/api/v1/nothing"),
    ] {
        let answer = desk.send(method, path, "wrong", String::new()).await;
        assert_eq!(
            answer,
            (401, r#"{"message":"Unauthenticated."}"#.into()),
            "{path}"
        );
    }
    assert_eq!(desk.call("GET", "/nothing", Value::Null).await.0, 404);
    assert_eq!(
        desk.call("GET", "/account", Value::Null).await.1["data"]["default_group_id"],
        1042
    );
    assert_eq!(
        desk.call("GET", "/plans", Value::Null).await.1["data"][1],
        json!({"id": "pro", "name": "SiteShield Pro"})
    );
}

#[tokio::test]
async fn a_user_is_made_once_and_found_by_email() {
    let desk = Desk::new();
    let id = desk.user().await;
    let (status, again) = desk.call("POST", "/users", person()).await;
    assert_eq!(
        (status, &again["error"]["code"]),
        (409, &json!("email_taken"))
    );
    let (_, found) = desk
        .call("GET", "/users?email=mona%40EXAMPLE.org", Value::Null)
        .await;
    assert_eq!(found["data"][0]["id"], id);
    assert_eq!(
        desk.call("GET", "/users?email=mon", Value::Null).await.1,
        json!({"data": []})
    );
}

#[tokio::test]
async fn wrong_fields_are_told_all_at_once() {
    let desk = Desk::new();
    let (status, refused) = desk
        .call(
            "POST",
            "/users",
            json!({"email": "mona", "password": "short", "password_confirmation": "other"}),
        )
        .await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!(refused, @r#"
    {
      "message": "The given data was invalid.",
      "errors": {
        "email": [
          "The email must be a valid email address."
        ],
        "name": [
          "The name field is required."
        ],
        "password": [
          "The password must be at least 8 characters."
        ],
        "password_confirmation": [
          "The password confirmation does not match."
        ]
      }
    }
    "#);
    let (status, refused) = desk
        .call(
            "POST",
            "/services",
            json!({"user_id": "7", "plan_id": "gold", "domain": "no domain"}),
        )
        .await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!(refused, @r#"
    {
      "message": "The given data was invalid.",
      "errors": {
        "domain": [
          "The domain must be a valid domain name."
        ],
        "group_id": [
          "The group id field is required."
        ],
        "plan_id": [
          "The selected plan id is invalid."
        ],
        "user_id": [
          "The user id must be an integer."
        ]
      }
    }
    "#);
    let stranger = json!({"user_id": 1, "plan_id": "gold", "group_id": 1, "domain": "shop.com"});
    let (status, refused) = desk.call("POST", "/services", stranger).await;
    let wrong: Vec<&String> = refused["errors"].as_object().unwrap().keys().collect();
    assert_eq!(
        (status, wrong),
        (
            422,
            vec![&"group_id".to_owned(), &"plan_id".into(), &"user_id".into()]
        )
    );
    assert_eq!(desk.call("POST", "/users", json!([1])).await.0, 400);
    assert_eq!(
        desk.send("GET", "/_sandbox/users", "", String::new())
            .await
            .1,
        "[]"
    );
}

#[tokio::test]
async fn a_domain_has_one_living_service() {
    let desk = Desk::new();
    let user = desk.user().await;
    let id = desk.service(user).await;
    let (status, taken) = desk.call("POST", "/services", order(user)).await;
    assert_eq!(
        (
            status,
            &taken["error"]["code"],
            &taken["error"]["service_id"]
        ),
        (409, &json!("domain_taken"), &json!(id))
    );
    let (_, found) = desk
        .call(
            "GET",
            &format!("/services?user_id={user}&domain=shop.com"),
            Value::Null,
        )
        .await;
    let expected = json!({"data": [{
        "id": id, "user_id": user, "plan_id": "pro", "group_id": 1042, "domain": "shop.com", "status": "active",
        "dashboard_url": format!("http://shield.test:81/dashboard/{id}"), "created_at": "2026-11-21T10:00:00Z",
    }]});
    assert_eq!(found, expected);

    assert_eq!(
        desk.call("DELETE", &format!("/services/{id}"), Value::Null)
            .await,
        (204, Value::Null)
    );
    assert_eq!(
        desk.call("DELETE", &format!("/services/{id}"), Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(
        desk.call("GET", "/services?domain=shop.com", Value::Null)
            .await
            .1,
        json!({"data": []})
    );
    let (_, all) = desk
        .call("GET", "/services?include=terminated", Value::Null)
        .await;
    assert_eq!(all["data"][0]["status"], "terminated");
    assert_ne!(desk.service(user).await, id);
}

#[tokio::test]
async fn suspension_and_licences_happen_once() {
    let desk = Desk::new();
    let id = desk.service(desk.user().await).await;
    let at = |what: &str| format!("/services/{id}/{what}");
    let (status, made) = desk.call("POST", &at("licences"), json!({})).await;
    assert_eq!((status, &made["data"]["service_id"]), (201, &json!(id)));
    let key = made["data"]["key"].as_str().unwrap();
    assert!(key.len() == 24 && key.starts_with("SSHD-"), "{key}");
    let (status, again) = desk.call("POST", &at("licences"), json!({})).await;
    assert_eq!(
        (status, &again["error"]["code"]),
        (409, &json!("licence_exists"))
    );
    assert_eq!(
        desk.call("GET", &at("licences"), Value::Null).await.1["data"][0]["key"],
        key
    );

    assert_eq!(
        desk.call("POST", &at("unsuspend"), Value::Null).await.1["error"]["code"],
        "not_suspended"
    );
    let (status, suspended) = desk
        .call("POST", &at("suspend"), json!({"reason": "<unpaid>"}))
        .await;
    assert_eq!(
        (status, &suspended["data"]["status"]),
        (200, &json!("suspended"))
    );
    assert_eq!(
        desk.call("POST", &at("suspend"), Value::Null).await.1["error"]["code"],
        "already_suspended"
    );

    let page = desk
        .send("GET", &format!("/dashboard/{id}"), "", String::new())
        .await
        .1;
    assert!(
        page.contains("&lt;unpaid&gt;") && page.contains(key),
        "{page}"
    );
    let home = desk.send("GET", "/", "", String::new()).await.1;
    assert!(
        home.contains(key) && home.contains("Mona@example.org"),
        "{home}"
    );
    assert_eq!(
        desk.call("POST", &at("unsuspend"), Value::Null).await.1["data"]["status"],
        "active"
    );

    let far: Value = serde_json::from_str(
        &desk
            .send("GET", "/_sandbox/services", "", String::new())
            .await
            .1,
    )
    .unwrap();
    assert_eq!(
        (&far[0]["licences"][0]["key"], &far[0]["domain"]),
        (&json!(key), &json!("shop.com"))
    );
    assert_eq!(
        desk.call("GET", "/services/svc_none/licences", Value::Null)
            .await
            .0,
        404
    );
}

#[test]
fn calls_are_named_without_their_ids() {
    let name = |method: &str, uri: &str| {
        let (parts, ()) = Request::builder()
            .method(method)
            .uri(uri)
            .body(())
            .unwrap()
            .into_parts();
        classify(&parts, &Bytes::new())
    };
    assert_eq!(
        name("POST", "/api/v1/services/svc_0a/licences?x=1"),
        Some("POST /api/v1/services/{id}/licences".into())
    );
    assert_eq!(name("GET", "/dashboard/svc_0a"), None);
}

#[tokio::test]
async fn a_plan_is_changed_and_a_password_set() {
    let desk = Desk::new();
    let user = desk.user().await;
    let id = desk.service(user).await;
    let path = format!("/services/{id}/plan");
    let change = async |plan: &str| desk.call("PUT", &path, json!({"plan_id": plan})).await;
    assert_eq!(change("business").await.1["data"]["plan_id"], "business");
    assert_eq!(change("business").await.1["error"]["code"], "same_plan");
    assert_eq!(change("gold").await.0, 422);
    desk.call("POST", &format!("/services/{id}/suspend"), Value::Null)
        .await;
    assert_eq!(change("pro").await.1["error"]["code"], "service_suspended");

    let path = format!("/users/{user}/password");
    let both = |text: &str| json!({"password": text, "password_confirmation": text});
    assert_eq!(desk.call("PUT", &path, both("short")).await.0, 422);
    assert_eq!(desk.call("PUT", &path, both("another one")).await.0, 204);
    let mona = desk.0.lock().users[0].clone();
    assert_eq!(mona.password, "another one");
}

#[tokio::test]
async fn a_door_opens_once() {
    let desk = Desk::new();
    let user = desk.user().await;
    let id = desk.service(user).await;
    let (status, door) = desk
        .call("POST", &format!("/services/{id}/sign-on"), Value::Null)
        .await;
    assert_eq!(status, 201);
    let url = door["data"]["url"].as_str().unwrap();
    let path = url.strip_prefix("http://shield.test:81").unwrap();
    let (status, page) = desk.send("GET", path, "", String::new()).await;
    assert_eq!(status, 200);
    assert!(page.contains("Your site is protected"), "{page}");
    assert_eq!(desk.send("GET", path, "", String::new()).await.0, 410);
}

#[tokio::test]
async fn what_is_set_up_by_hand_takes_its_time_and_is_set_up_once() {
    let folder = std::env::temp_dir().join(format!("supplier-clock-{}", std::process::id()));
    let clock = Clock::leading(folder.clone());
    let desk = Desk(Supplier::new(SupplierOptions {
        clock: clock.clone(),
        token: "tok".into(),
    }));
    let user = desk.user().await;
    let mut wanted = order(user);
    wanted["plan_id"] = json!("enterprise");
    let (status, first) = desk.call("POST", "/services", wanted.clone()).await;
    assert_eq!(status, 202);
    let (_, again) = desk.call("POST", "/services", wanted).await;
    assert_eq!(first, again);
    let path = format!(
        "/operations/{}",
        first["data"]["operation_id"].as_str().unwrap()
    );
    let state = async || desk.call("GET", &path, Value::Null).await.1["data"].clone();
    assert_eq!(state().await["state"], "running");
    assert!(clock.advance(std::time::Duration::from_secs(11)));
    let done = state().await;
    assert_eq!(done["state"], "done");
    assert_eq!(done["service"]["plan_id"], "enterprise");
    assert_eq!(desk.0.lock().services.len(), 1);
    let _ = std::fs::remove_file(folder);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let desk = Desk::new();
    let user = desk.user().await;
    for number in 0..5 {
        let mut wanted = order(user);
        wanted["domain"] = json!(format!("shop-{number}.com"));
        desk.call("POST", "/services", wanted).await;
    }
    let (_, page) = desk
        .call("GET", "/services?page=3&per_page=2", Value::Null)
        .await;
    assert_eq!(page["data"][0]["domain"], "shop-4.com");
    assert_eq!(page["data"][0]["user"]["email"], "Mona@example.org");
    assert_eq!(page["meta"], json!({"page": 3, "last_page": 3, "total": 5}));
    let (_, usage) = desk
        .call("GET", "/usage?page=1&per_page=1", Value::Null)
        .await;
    assert_eq!(usage["data"][0]["traffic_limit_mb"], 50_000);
    assert_eq!(usage["meta"]["last_page"], 5);
}
