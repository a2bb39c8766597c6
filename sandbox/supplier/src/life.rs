//! What a service can do once it is there: another plan, sign-on, scans, usage; and what takes its time.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Supplier;
use crate::api::{Answer, random, shown};
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::state::{Door, PLANS, Service, Status};

pub fn routes() -> Router<Supplier> {
    Router::new()
        .route("/users/{id}/password", put(password))
        .route("/services/{id}/plan", put(plan))
        .route("/services/{id}/scan", post(scan))
        .route("/services/{id}/sign-on", post(sign_on))
        .route("/account/sign-on", post(account_sign_on))
        .route("/operations/{id}", get(operation))
        .route("/usage", get(usage))
}

async fn password(State(supplier): State<Supplier>, Path(id): Path<i64>, body: Bytes) -> Answer {
    let mut fields = Fields::read(&body)?;
    let password = fields.new_password();
    fields.finish()?;
    let mut state = supplier.lock();
    let user = state.users.iter_mut().find(|user| user.id == id);
    user.ok_or(Refusal::NotFound)?.password = password;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn plan(State(supplier): State<Supplier>, Path(id): Path<String>, body: Bytes) -> Answer {
    let mut fields = Fields::read(&body)?;
    let plan = fields.text("plan_id");
    if !fields.is_wrong("plan_id") && !PLANS.iter().any(|(id, _)| *id == plan) {
        fields.wrong("plan_id", "The selected plan id is invalid.");
    }
    fields.finish()?;
    let mut state = supplier.lock();
    let service = active(state.living(&id))?;
    if service.plan_id == plan {
        let text = "The service has this plan already.";
        return Err(Refusal::conflict("same_plan", text));
    }
    service.plan_id = plan;
    Ok(shown(service))
}

async fn scan(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    let service = active(state.living(&id))?;
    service.scans += 1;
    Ok((
        StatusCode::ACCEPTED,
        Json(json!({"data": {"scans": service.scans}})),
    )
        .into_response())
}

/// An address that opens the dashboard, once.
async fn sign_on(
    State(supplier): State<Supplier>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer {
    let token = random(32, b"0123456789abcdef")?;
    let mut state = supplier.lock();
    active(state.living(&id))?;
    state.doors.push((token.clone(), Door::Dashboard(id)));
    Ok(opened(&supplier, &headers, &token))
}

async fn account_sign_on(State(supplier): State<Supplier>, headers: HeaderMap) -> Answer {
    let token = random(32, b"0123456789abcdef")?;
    supplier.lock().doors.push((token.clone(), Door::Home));
    Ok(opened(&supplier, &headers, &token))
}

fn opened(supplier: &Supplier, headers: &HeaderMap, token: &str) -> Response {
    let url = format!("{}/sign-on/{token}", supplier.address(headers));
    (StatusCode::CREATED, Json(json!({"data": {"url": url}}))).into_response()
}

/// `running` until its time has come, then `done` with the service.
async fn operation(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    state.finish_until(supplier.clock.now());
    if let Some(waiting) = state.waiting.iter().find(|waiting| waiting.id == id) {
        let told = json!({"id": waiting.id, "state": "running"});
        return Ok(Json(json!({"data": told})).into_response());
    }
    let made = state
        .services
        .iter()
        .find(|service| service.operation == id);
    let service = made.filter(|_| !id.is_empty()).ok_or(Refusal::NotFound)?;
    let told = json!({"id": id, "state": "done", "service": service});
    Ok(Json(json!({"data": told})).into_response())
}

#[derive(Deserialize)]
pub struct Paging {
    page: Option<usize>,
    per_page: Option<usize>,
}

/// Counters of all services that live, in pages.
async fn usage(State(supplier): State<Supplier>, Query(paging): Query<Paging>) -> Json<Value> {
    let state = supplier.lock();
    let all: Vec<&Service> = state.services.iter().filter(|one| one.lives()).collect();
    paging.page_of(&all, |service| {
        let mut told = counted(service);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("service_id".to_owned(), json!(service.id));
            fields.insert("domain".to_owned(), json!(service.domain));
            fields.insert("status".to_owned(), json!(service.status));
        }
        told
    })
}

/// What a service used, and what its plan has.
pub fn counted(service: &Service) -> Value {
    let (storage, traffic) = limits(&service.plan_id);
    json!({
        "storage_mb": service.storage_mb, "storage_limit_mb": storage,
        "traffic_mb": service.traffic_mb, "traffic_limit_mb": traffic, "requests": service.requests,
    })
}

impl Paging {
    pub fn is_asked(&self) -> bool {
        self.page.is_some()
    }

    /// Pages count from 1; a page has a hundred items unless told, a thousand at most.
    pub fn page_of<T>(&self, all: &[T], told: impl Fn(&T) -> Value) -> Json<Value> {
        let size = self.per_page.unwrap_or(100).clamp(1, 1000);
        let page = self.page.unwrap_or(1).max(1);
        let items: Vec<Value> = all
            .iter()
            .skip(page.saturating_sub(1).saturating_mul(size))
            .take(size)
            .map(told)
            .collect();
        let last = all.len().div_ceil(size).max(1);
        Json(json!({"data": items, "meta": {"page": page, "last_page": last, "total": all.len()}}))
    }
}

fn active(service: Option<&mut Service>) -> Result<&mut Service, Refusal> {
    let service = service.ok_or(Refusal::NotFound)?;
    if service.status == Status::Suspended {
        let text = "The service is suspended.";
        return Err(Refusal::conflict("service_suspended", text));
    }
    Ok(service)
}

/// Megabytes of storage and of traffic that a plan has.
fn limits(plan: &str) -> (u64, u64) {
    match plan {
        "basic" => (1_000, 10_000),
        "pro" => (5_000, 50_000),
        _ => (20_000, 500_000),
    }
}
