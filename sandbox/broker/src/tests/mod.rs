//! The real router, asked as a platform asks it. Every test names the chapter of the specification that it is from.

mod bindings;
mod catalog;
mod instances;
mod troubles;

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tower::ServiceExt;
use wharf_core::Clock;

use super::*;

const SERVICE: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d01";
const SKIFF: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d11";
const BARGE: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d12";
const FREIGHTER: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d13";
const NOTES: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d02";
const SLIP: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d21";

/// A platform with its broker.
struct Platform {
    broker: Broker,
    clock: Clock,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Platform {
    fn new() -> Self {
        let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
        let broker = Broker::new(BrokerOptions {
            clock: clock.clone(),
            username: "platform".into(),
            password: "secret".into(),
            slow_ms: 5_000,
        });
        Self { broker, clock }
    }

    /// With the headers that every request must have.
    async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let headers = [
            ("authorization", basic("platform", "secret")),
            ("x-broker-api-version", "2.17".to_owned()),
        ];
        self.send(method, path, &headers, body).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "broker.test:81");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            Value::String(text) => Body::from(text),
            json => {
                request = request.header("content-type", "application/json");
                Body::from(json.to_string())
            }
        };
        let request = request.body(body).unwrap();
        let answer = self.broker.router().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        Answer {
            status,
            headers,
            body,
        }
    }

    async fn provision(&self, id: &str, plan: &str) -> Answer {
        let path = format!("/v2/service_instances/{id}?accepts_incomplete=true");
        self.ask("PUT", &path, order(plan)).await
    }

    async fn deprovision(&self, id: &str, plan: &str) -> Answer {
        let service = service_of(plan);
        let path = format!(
            "/v2/service_instances/{id}?service_id={service}&plan_id={plan}&accepts_incomplete=true"
        );
        self.ask("DELETE", &path, Value::Null).await
    }

    async fn bind(&self, id: &str, binding: &str, plan: &str) -> Answer {
        let path = format!(
            "/v2/service_instances/{id}/service_bindings/{binding}?accepts_incomplete=true"
        );
        let body = json!({ "service_id": service_of(plan), "plan_id": plan });
        self.ask("PUT", &path, body).await
    }

    async fn unbind(&self, id: &str, binding: &str, plan: &str) -> Answer {
        let service = service_of(plan);
        let path = format!(
            "/v2/service_instances/{id}/service_bindings/{binding}?service_id={service}&plan_id={plan}&accepts_incomplete=true"
        );
        self.ask("DELETE", &path, Value::Null).await
    }

    async fn poll(&self, of: &str, operation: &str) -> Answer {
        let path = format!("/v2/service_instances/{of}/last_operation?operation={operation}");
        self.ask("GET", &path, Value::Null).await
    }

    fn wait(&self) {
        assert!(self.clock.advance(Duration::from_secs(6)));
    }
}

impl Answer {
    fn operation(&self) -> String {
        self.body["operation"].as_str().unwrap().to_owned()
    }

    /// The status and the specification's word for the error.
    fn no(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or_default())
    }
}

fn order(plan: &str) -> Value {
    json!({
        "service_id": service_of(plan), "plan_id": plan, "organization_guid": "org", "space_guid": "space",
        "context": { "platform": "wharf" },
    })
}

fn service_of(plan: &str) -> &'static str {
    if plan == SLIP { NOTES } else { SERVICE }
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}
