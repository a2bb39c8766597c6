//! The REST API.

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use wharf_core::DomainName;

use crate::Supplier;
use crate::fields::Fields;
use crate::life::{self, Paging};
use crate::refusal::Refusal;
use crate::state::{
    AGENCY_GROUP, BY_HAND, DEFAULT_GROUP, Licence, PLANS, Service, Status, User, Waiting,
};

pub fn routes(supplier: &Supplier) -> Router<Supplier> {
    let guarded = Router::new()
        .route("/account", get(account))
        .route("/plans", get(plans))
        .route("/users", get(find_users).post(create_user))
        .route("/services", get(find_services).post(create_service))
        .route("/services/{id}", get(show_service).delete(terminate))
        .route(
            "/services/{id}/licences",
            get(licences).post(create_licence),
        )
        .route("/services/{id}/suspend", post(suspend))
        .route("/services/{id}/unsuspend", post(unsuspend))
        .merge(life::routes())
        .fallback(async || Refusal::NotFound)
        .layer(from_fn_with_state(supplier.clone(), bearer));
    Router::new().nest("/api/v1", guarded)
}

pub type Answer = Result<Response, Refusal>;

async fn bearer(State(supplier): State<Supplier>, request: Request, next: Next) -> Response {
    let sent = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = sent.and_then(|value| value.strip_prefix("Bearer "));
    let refused = supplier.lock().refuses.token;
    if token == Some(&*supplier.token) && !refused {
        next.run(request).await
    } else {
        Refusal::Unauthenticated.into_response()
    }
}

async fn account() -> Json<Value> {
    Json(
        json!({"data": {"id": "acc_reseller", "name": "Sandbox reseller", "default_group_id": DEFAULT_GROUP}}),
    )
}

async fn plans() -> Json<Value> {
    let plans: Vec<Value> = PLANS
        .iter()
        .map(|(id, name)| json!({"id": id, "name": name}))
        .collect();
    Json(json!({"data": plans}))
}

#[derive(Deserialize)]
struct UserFilter {
    email: Option<String>,
}

async fn find_users(
    State(supplier): State<Supplier>,
    Query(filter): Query<UserFilter>,
) -> Json<Value> {
    let state = supplier.lock();
    let found: Vec<&User> = match &filter.email {
        Some(email) => state.user_by_email(email).into_iter().collect(),
        None => state.users.iter().collect(),
    };
    Json(json!({"data": found}))
}

async fn create_user(State(supplier): State<Supplier>, body: Bytes) -> Answer {
    let mut fields = Fields::read(&body)?;
    let email = fields.text("email");
    let name = fields.text("name");
    let password = fields.new_password();
    if !fields.is_wrong("email") && !is_email(&email) {
        fields.wrong("email", "The email must be a valid email address.");
    }
    fields.finish()?;

    let mut state = supplier.lock();
    if state.user_by_email(&email).is_some() {
        return Err(Refusal::conflict(
            "email_taken",
            "A user with this email exists already.",
        ));
    }
    let user = User {
        id: state.next_user_id(),
        email,
        name,
        created_at: supplier.now(),
        password,
    };
    state.users.push(user.clone());
    Ok(created(&user))
}

async fn create_service(
    State(supplier): State<Supplier>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut fields = Fields::read(&body)?;
    let user_id = fields.integer("user_id");
    let plan_id = fields.text("plan_id");
    let group_id = fields.integer("group_id");
    let domain = fields.text("domain");
    let name = DomainName::parse(&domain);
    let mut state = supplier.lock();
    state.finish_until(supplier.clock.now());
    let known = [
        (
            "user_id",
            state.users.iter().any(|user| user.id == user_id),
            "The selected user id is invalid.",
        ),
        (
            "plan_id",
            PLANS.iter().any(|(id, _)| *id == plan_id),
            "The selected plan id is invalid.",
        ),
        (
            "group_id",
            [DEFAULT_GROUP, AGENCY_GROUP].contains(&group_id),
            "The selected group id is invalid.",
        ),
        (
            "domain",
            name.is_ok(),
            "The domain must be a valid domain name.",
        ),
    ];
    for (field, fits, message) in known {
        if !fields.is_wrong(field) && !fits {
            fields.wrong(field, message);
        }
    }
    fields.finish()?;
    let domain = name.map_err(|_| Refusal::Broken)?.to_string();
    if let Some(other) = state.service_of(&domain) {
        return Err(Refusal::Conflict {
            code: "domain_taken",
            message: format!("{domain} is protected by another service."),
            service_id: Some(other.id.clone()),
        });
    }
    let id = format!("svc_{}", random(12, b"0123456789abcdef")?);
    let dashboard_url = format!("{}/dashboard/{id}", supplier.address(&headers));
    let service = Service {
        id,
        user_id,
        plan_id,
        group_id,
        domain,
        status: Status::Active,
        dashboard_url,
        created_at: supplier.now(),
        reason: None,
        licence: None,
        operation: String::new(),
        scans: 0,
        storage_mb: 0,
        traffic_mb: 0,
        requests: 0,
    };
    if service.plan_id == BY_HAND {
        return Ok(accepted(&supplier, &mut state, service)?.into_response());
    }
    state.services.push(service.clone());
    Ok(created(&service))
}

/// Asked for again while it is being set up, it is the same operation.
fn accepted(
    supplier: &Supplier,
    state: &mut crate::state::State,
    mut service: Service,
) -> Result<Response, Refusal> {
    let same = |waiting: &&Waiting| waiting.service.domain == service.domain;
    let id = match state.waiting.iter().find(same) {
        Some(waiting) => waiting.id.clone(),
        None => {
            let id = format!("op_{}", random(12, b"0123456789abcdef")?);
            service.operation.clone_from(&id);
            let ready = supplier.clock.now() + jiff::SignedDuration::from_secs(BY_HAND_TAKES);
            state.waiting.push(Waiting {
                id: id.clone(),
                service,
                ready,
            });
            id
        }
    };
    let told = json!({"data": {"operation_id": id, "state": "running"}});
    Ok((StatusCode::ACCEPTED, Json(told)).into_response())
}

#[derive(Deserialize)]
struct ServiceFilter {
    user_id: Option<i64>,
    domain: Option<String>,
    include: Option<String>,
}

async fn find_services(
    State(supplier): State<Supplier>,
    Query(filter): Query<ServiceFilter>,
    Query(paging): Query<Paging>,
) -> Json<Value> {
    let all = filter.include.as_deref() == Some("terminated");
    let fits = |service: &&Service| {
        (all || service.lives())
            && filter.user_id.is_none_or(|id| service.user_id == id)
            && filter
                .domain
                .as_ref()
                .is_none_or(|domain| service.domain.eq_ignore_ascii_case(domain))
    };
    let mut state = supplier.lock();
    state.finish_until(supplier.clock.now());
    let found: Vec<&Service> = state.services.iter().filter(fits).collect();
    if !paging.is_asked() {
        return Json(json!({"data": found}));
    }
    // Pages of a list show whose each service is.
    paging.page_of(&found, |service| {
        let user = state.users.iter().find(|user| user.id == service.user_id);
        let mut told = json!(service);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("user".to_owned(), json!(user));
        }
        told
    })
}

async fn show_service(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    let service = state.living(&id).ok_or(Refusal::NotFound)?;
    let mut told = json!(service);
    if let Some(fields) = told.as_object_mut() {
        fields.insert("usage".to_owned(), life::counted(service));
    }
    Ok(Json(json!({"data": told})).into_response())
}

async fn terminate(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    state.living(&id).ok_or(Refusal::NotFound)?.status = Status::Terminated;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn suspend(State(supplier): State<Supplier>, Path(id): Path<String>, body: Bytes) -> Answer {
    let fields = Fields::read(&body)?;
    let mut state = supplier.lock();
    let service = state.living(&id).ok_or(Refusal::NotFound)?;
    if service.status == Status::Suspended {
        return Err(Refusal::conflict(
            "already_suspended",
            "The service is suspended already.",
        ));
    }
    service.status = Status::Suspended;
    service.reason = fields.optional("reason");
    Ok(shown(service))
}

async fn unsuspend(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    let service = state.living(&id).ok_or(Refusal::NotFound)?;
    if service.status != Status::Suspended {
        return Err(Refusal::conflict(
            "not_suspended",
            "The service is not suspended.",
        ));
    }
    service.status = Status::Active;
    service.reason = None;
    Ok(shown(service))
}

async fn licences(State(supplier): State<Supplier>, Path(id): Path<String>) -> Answer {
    let mut state = supplier.lock();
    let service = state.living(&id).ok_or(Refusal::NotFound)?;
    Ok(Json(json!({"data": service.licence.iter().collect::<Vec<_>>()})).into_response())
}

async fn create_licence(
    State(supplier): State<Supplier>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    Fields::read(&body)?;
    let mut state = supplier.lock();
    let refused = state.refuses.licences;
    let service = state.living(&id).ok_or(Refusal::NotFound)?;
    if refused {
        let text = "In your account no licences are left.";
        return Err(Refusal::conflict("no_licences", text));
    }
    if service.licence.is_some() {
        return Err(Refusal::conflict(
            "licence_exists",
            "The service has its licence already.",
        ));
    }
    let mut key = "SSHD".to_owned();
    for _ in 0..4 {
        key = format!("{key}-{}", random(4, b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ")?);
    }
    let id = format!("lic_{}", random(12, b"0123456789abcdef")?);
    let licence = Licence {
        id,
        service_id: service.id.clone(),
        key,
        created_at: supplier.now(),
    };
    service.licence = Some(licence.clone());
    Ok(created(&licence))
}

impl Supplier {
    pub(crate) fn now(&self) -> String {
        self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    pub(crate) fn address(&self, headers: &HeaderMap) -> String {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        self.public_url
            .as_deref()
            .map_or_else(|| format!("http://{host}"), str::to_owned)
    }
}

fn created(data: &impl serde::Serialize) -> Response {
    (StatusCode::CREATED, Json(json!({"data": data}))).into_response()
}

pub(crate) fn shown(service: &Service) -> Response {
    Json(json!({"data": service})).into_response()
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    !user.is_empty() && !text.contains(char::is_whitespace) && DomainName::parse(host).is_ok()
}

/// Unpredictable characters of an alphabet whose length divides 256.
pub(crate) fn random(length: usize, alphabet: &[u8]) -> Result<String, Refusal> {
    let mut bytes = vec![0_u8; length];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Broken)?;
    let pick = |byte: u8| {
        alphabet
            .get(usize::from(byte) % alphabet.len())
            .copied()
            .map(char::from)
    };
    Ok(bytes.into_iter().filter_map(pick).collect())
}

/// Seconds.
const BY_HAND_TAKES: i64 = 10;
