//! A small SiteShield on loopback, with faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What goes wrong with the next answers to one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The work is done, the answer is cut.
    CutAfterCommit,
    /// The work is done, the answer is no JSON.
    Garbled,
    /// Nothing is done, status 500.
    Broken,
    /// Nothing is done, and nothing is ever answered.
    BlackHole,
    /// The work is done, and nothing is ever answered.
    Silence,
    /// Nothing is done; the status and the body.
    Says(u16, &'static str),
    /// Nothing is done; 429, with the seconds to wait.
    Later(u64),
    /// The work is done, and the answer has ten megabytes.
    Long,
    /// Nothing is done, and the caller is sent to another host.
    Elsewhere,
}

#[derive(Default)]
pub struct Shop {
    pub users: Vec<Value>,
    pub services: Vec<Value>,
    pub licences: Vec<Value>,
    /// Operations in the order in which they arrived: `POST /users`.
    pub calls: Vec<String>,
    pub passwords: Vec<String>,
    /// Passwords that users were given later.
    pub logins: Vec<String>,
    /// How often an accepted service is asked for before it is there; none: it is there at once.
    pub slow: Option<usize>,
    /// What was accepted ends badly.
    pub fails: bool,
    accepted: Vec<(Value, usize)>,
    faults: HashMap<String, (Fault, usize)>,
}

#[derive(Clone)]
pub struct Supplier {
    pub shop: Arc<Mutex<Shop>>,
    pub port: u16,
}

pub const TOKEN: &str = "t0ken-of-the-supplier";

impl Supplier {
    pub async fn start() -> Self {
        let shop = Arc::new(Mutex::new(Shop::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let supplier = Self { shop, port };
        let router = supplier.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        supplier
    }

    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.shop.clone())
    }

    /// The next `times` answers to `operation` (`*`: to all) go wrong.
    pub fn fault(&self, operation: &str, fault: Fault, times: usize) {
        self.shop
            .lock()
            .unwrap()
            .faults
            .insert(operation.to_owned(), (fault, times));
    }

    pub fn heal(&self) {
        self.shop.lock().unwrap().faults.clear();
    }

    /// Users, services that are not terminated, licences.
    pub fn counts(&self) -> (usize, usize, usize) {
        let shop = self.shop.lock().unwrap();
        let live = shop
            .services
            .iter()
            .filter(|service| service["status"] != "terminated")
            .count();
        (shop.users.len(), live, shop.licences.len())
    }

    /// How many orders were accepted.
    pub fn orders(&self) -> usize {
        self.shop.lock().unwrap().accepted.len()
    }

    /// An accepted service is there now.
    pub fn finish(&self, accepted: usize) {
        let mut shop = self.shop.lock().unwrap();
        let input = shop.accepted[accepted].0.clone();
        shop.create_service(&input);
    }

    pub fn faults_left(&self, operation: &str) -> usize {
        self.shop
            .lock()
            .unwrap()
            .faults
            .get(operation)
            .map_or(0, |(_, left)| *left)
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.shop
            .lock()
            .unwrap()
            .calls
            .iter()
            .filter(|call| *call == operation)
            .count()
    }

    pub fn calls(&self) -> usize {
        self.shop.lock().unwrap().calls.len()
    }
}

async fn answer(
    State(shop): State<Arc<Mutex<Shop>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let operation = operation(&method, uri.path());
    let fault = shop.lock().unwrap().note(&operation);
    match fault {
        Some(Fault::BlackHole) => std::future::pending().await,
        Some(Fault::Broken) => return (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        Some(Fault::Says(status, body)) => {
            return (StatusCode::from_u16(status).unwrap(), body).into_response();
        }
        Some(Fault::Later(seconds)) => {
            let headers = [("retry-after", seconds.to_string())];
            return (
                StatusCode::TOO_MANY_REQUESTS,
                headers,
                "{\"message\":\"slow down\"}",
            )
                .into_response();
        }
        Some(Fault::Elsewhere) => {
            let headers = [("location", "http://127.0.0.1:1/api/v1/users")];
            return (StatusCode::FOUND, headers).into_response();
        }
        _ => {}
    }
    if headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        != Some(&format!("Bearer {TOKEN}"))
    {
        return reply(401, json!({"message": "Unauthenticated."}));
    }
    let input = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, value) = shop.lock().unwrap().serve(&operation, &uri, &input);
    // Room for a second request to overtake.
    tokio::time::sleep(Duration::from_millis(2)).await;
    match fault {
        Some(Fault::CutAfterCommit) => {
            let broken = stream::iter([Ok("{\"data\":"), Err(std::io::Error::other("cut"))]);
            (StatusCode::CREATED, Body::from_stream(broken)).into_response()
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Long) => {
            let long = format!("{{\"data\":\"{}\"}}", "x".repeat(10 << 20));
            (StatusCode::OK, long).into_response()
        }
        Some(Fault::Garbled) => (StatusCode::OK, "<html>{\"data\":{\"id\":\"x\"").into_response(),
        _ => reply(status, value),
    }
}

fn reply(status: u16, value: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    if value.is_null() {
        status.into_response()
    } else {
        (status, axum::Json(value)).into_response()
    }
}

fn operation(method: &Method, path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| {
            if part.starts_with("svc_") {
                "{id}"
            } else if part.starts_with("op_")
                || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            {
                "{n}"
            } else {
                part
            }
        })
        .collect();
    format!("{method} {}", parts.join("/"))
}

impl Shop {
    fn note(&mut self, operation: &str) -> Option<Fault> {
        self.calls.push(operation.to_owned());
        let name = if self.faults.contains_key(operation) {
            operation
        } else {
            "*"
        };
        let (fault, left) = self.faults.get_mut(name)?;
        *left = left.checked_sub(1)?;
        Some(*fault)
    }

    fn serve(&mut self, operation: &str, uri: &Uri, input: &Value) -> (u16, Value) {
        let query: HashMap<String, String> = query(uri);
        let id = uri
            .path()
            .split('/')
            .find(|part| part.starts_with("svc_"))
            .unwrap_or_default()
            .to_owned();
        match operation {
            "GET /account" => (
                200,
                json!({"data": {"id": 9, "name": "Reseller", "default_group_id": 1042}}),
            ),
            "GET /users" => {
                let email = query["email"].to_lowercase();
                let found: Vec<_> = self
                    .users
                    .iter()
                    .filter(|user| user["email"].as_str().unwrap().to_lowercase() == email)
                    .collect();
                (200, json!({"data": found}))
            }
            "POST /users" => self.create_user(input),
            "GET /services" if query.contains_key("page") => {
                let all: Vec<_> = self.services.iter().collect();
                (200, json!({"data": all, "meta": {"last_page": 1}}))
            }
            "GET /services" => {
                let found: Vec<_> = self
                    .services
                    .iter()
                    .filter(|service| {
                        service["user_id"].as_i64() == query["user_id"].parse().ok()
                            && service["domain"] == query["domain"]
                            && service["status"] != "terminated"
                    })
                    .collect();
                (200, json!({"data": found}))
            }
            "POST /services" if self.slow.is_some() => {
                let polls = self.slow.unwrap();
                // Ordered again while it is being set up, it is the same order.
                let known = self.accepted.iter().position(|(known, _)| known == input);
                let number = known.unwrap_or(self.accepted.len());
                if known.is_none() {
                    self.accepted.push((input.clone(), polls));
                }
                let operation = format!("op_{}", number + 1);
                (
                    202,
                    json!({"data": {"operation_id": operation, "position": "queued"}}),
                )
            }
            "GET /operations/{n}" => self.operation(uri),
            "POST /services" => self.create_service(input),
            "PUT /services/{id}/plan" => {
                let service = self.services.iter_mut().find(|service| service["id"] == id);
                let service = service.unwrap();
                if service["plan_id"] == input["plan_id"] && service["seats"] == input["seats"] {
                    return (
                        409,
                        json!({"error": {"code": "same_plan", "message": "It has it."}}),
                    );
                }
                service["plan_id"] = input["plan_id"].clone();
                service["seats"] = input["seats"].clone();
                (200, json!({"data": service}))
            }
            "PUT /users/{n}/password" => {
                let password = input["password"].as_str().unwrap();
                if password.len() < 12 {
                    return (
                        422,
                        json!({"message": "The given data was invalid.", "errors": {"password": ["The password must have 12 characters."]}}),
                    );
                }
                self.logins.push(password.to_owned());
                (204, Value::Null)
            }
            "POST /services/{id}/sign-on" => (
                200,
                json!({"data": {"url": format!("https://shield.example.com/door?once={id}")}}),
            ),
            "POST /services/{id}/scan" => (202, json!({"data": {"queued": true}})),
            "GET /plans" => (
                200,
                json!({"data": [{"id": "basic", "name": "Basic"}, {"id": "pro", "name": "Pro"}]}),
            ),
            "GET /usage" => {
                let page: usize = query["page"].parse().unwrap();
                let size: usize = query["per_page"].parse().unwrap();
                let all: Vec<_> = self
                    .services
                    .iter()
                    .filter(|service| service["status"] != "terminated")
                    .collect();
                let items: Vec<_> = all.iter().skip((page - 1) * size).take(size).map(|service| json!({
                    "service_id": service["id"], "status": service["status"], "storage_mb": 12.5, "storage_limit_mb": 1000,
                    "traffic_mb": 7, "traffic_limit_mb": 500, "requests": 4211,
                })).collect();
                (
                    200,
                    json!({"data": items, "meta": {"last_page": all.len().div_ceil(size)}}),
                )
            }
            "DELETE /services/{id}/licences/{n}" => {
                self.licences.retain(|licence| licence["service_id"] != id);
                (204, Value::Null)
            }
            "GET /services/{id}/licences" => {
                let found: Vec<_> = self
                    .licences
                    .iter()
                    .filter(|licence| licence["service_id"] == id)
                    .collect();
                (200, json!({"data": found}))
            }
            "POST /services/{id}/licences" => {
                if self
                    .licences
                    .iter()
                    .any(|licence| licence["service_id"] == id)
                {
                    return (409, json!({"error": {"code": "licence_exists"}}));
                }
                let number = self.licences.len() + 1;
                let licence = json!({"id": number, "service_id": id, "key": format!("SSHD-0000-0000-0000-{number:04}")});
                self.licences.push(licence.clone());
                (201, json!({"data": licence}))
            }
            _ => self.change(operation, &id),
        }
    }

    fn operation(&mut self, uri: &Uri) -> (u16, Value) {
        let number: usize = uri.path().rsplit("op_").next().unwrap().parse().unwrap();
        let (input, left) = self.accepted[number - 1].clone();
        if left > 0 {
            self.accepted[number - 1].1 -= 1;
            return (200, json!({"data": {"state": "working"}}));
        }
        if self.fails {
            return (200, json!({"data": {"state": "failed"}}));
        }
        let domain = input["domain"].clone();
        let there = |service: &&Value| service["domain"] == domain;
        if !self.services.iter().any(|service| there(&service)) {
            self.create_service(&input);
        }
        let made = self.services.iter().find(there);
        (200, json!({"data": {"state": "done", "service": made}}))
    }

    fn create_user(&mut self, input: &Value) -> (u16, Value) {
        if input["password"] != input["password_confirmation"]
            || input["password"]
                .as_str()
                .is_none_or(|password| password.len() < 12)
        {
            return (
                422,
                json!({"message": "The given data was invalid.", "errors": {"password_confirmation": ["It does not match."]}}),
            );
        }
        if self
            .users
            .iter()
            .any(|user| user["email"] == input["email"])
        {
            return (
                409,
                json!({"error": {"code": "email_taken", "message": "taken"}}),
            );
        }
        self.passwords
            .push(input["password"].as_str().unwrap().to_owned());
        let user =
            json!({"id": 500 + self.users.len(), "email": input["email"], "name": input["name"]});
        self.users.push(user.clone());
        (201, json!({"data": user}))
    }

    fn create_service(&mut self, input: &Value) -> (u16, Value) {
        let user = self.users.iter().any(|user| user["id"] == input["user_id"]);
        let plan = ["basic", "pro"]
            .iter()
            .any(|plan| input["plan_id"] == *plan);
        if !user || !plan || input["group_id"] != 1042 {
            return (
                422,
                json!({"message": "The given data was invalid.", "errors": {"plan_id": ["The selected plan is invalid."]}}),
            );
        }
        if self.services.iter().any(|service| {
            service["domain"] == input["domain"] && service["status"] != "terminated"
        }) {
            return (
                409,
                json!({"error": {"code": "domain_taken", "message": "taken"}}),
            );
        }
        let id = format!("svc_{}", self.services.len() + 1);
        let service = json!({
            "id": id, "user_id": input["user_id"], "plan_id": input["plan_id"], "group_id": 1042, "domain": input["domain"],
            "status": "active", "dashboard_url": format!("https://shield.example.com/dashboard/{id}"),
        });
        self.services.push(service.clone());
        (201, json!({"data": service}))
    }

    fn change(&mut self, operation: &str, id: &str) -> (u16, Value) {
        let Some(service) = self
            .services
            .iter_mut()
            .find(|service| service["id"] == id && service["status"] != "terminated")
        else {
            return (
                404,
                json!({"error": {"code": "not_found", "message": "No such service."}}),
            );
        };
        let (wanted, already) = match operation {
            "GET /services/{id}" => return (200, json!({"data": service})),
            "POST /services/{id}/suspend" => ("suspended", "already_suspended"),
            "POST /services/{id}/unsuspend" => ("active", "not_suspended"),
            "DELETE /services/{id}" => {
                service["status"] = json!("terminated");
                return (204, Value::Null);
            }
            _ => return (405, json!({"message": "Method not allowed."})),
        };
        if service["status"] == wanted {
            return (
                409,
                json!({"error": {"code": already, "message": "It is so already."}}),
            );
        }
        service["status"] = json!(wanted);
        (200, json!({"data": service}))
    }
}

fn query(uri: &Uri) -> HashMap<String, String> {
    let decode = |text: &str| text.replace("%40", "@").replace("%2B", "+");
    uri.query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}
