//! What people and the story see of the service.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Form, Json, Router};
use minijinja::{Environment, context};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Supplier;
use crate::state::{Door, PLANS, Refuses, Service};

pub fn routes() -> Router<Supplier> {
    Router::new()
        .route("/", get(home))
        .route("/dashboard/{id}", get(dashboard))
        .route("/sign-on/{token}", get(sign_on))
        .route("/sign-in", post(sign_in))
        .route("/_sandbox/services/{id}/usage", put(set_usage))
        .route("/_sandbox/refuses", put(set_refuses))
        .route("/_sandbox/users", get(users))
        .route("/_sandbox/services", get(services))
}

async fn users(State(supplier): State<Supplier>) -> Json<Value> {
    Json(json!(supplier.lock().users))
}

/// A door opens once.
async fn sign_on(State(supplier): State<Supplier>, Path(token): Path<String>) -> Response {
    let door = supplier.lock().open(&token);
    match door {
        Some(Door::Home) => home(State(supplier)).await,
        Some(Door::Dashboard(id)) => dashboard(State(supplier), Path(id)).await,
        None => (StatusCode::GONE, "this link was used already").into_response(),
    }
}

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
}

async fn sign_in(State(supplier): State<Supplier>, Form(form): Form<SignIn>) -> Response {
    let state = supplier.lock();
    let known = state.user_by_email(&form.email);
    if known.is_some_and(|user| user.password == form.password) {
        return (StatusCode::OK, "signed in").into_response();
    }
    let text = "wrong email or password";
    (StatusCode::UNAUTHORIZED, text).into_response()
}

#[derive(Deserialize)]
struct Used {
    storage_mb: u64,
    traffic_mb: u64,
    requests: u64,
}

async fn set_usage(
    State(supplier): State<Supplier>,
    Path(id): Path<String>,
    Json(used): Json<Used>,
) -> StatusCode {
    let mut state = supplier.lock();
    let Some(service) = state.living(&id) else {
        return StatusCode::NOT_FOUND;
    };
    service.storage_mb = used.storage_mb;
    service.traffic_mb = used.traffic_mb;
    service.requests = used.requests;
    StatusCode::NO_CONTENT
}

async fn set_refuses(State(supplier): State<Supplier>, Json(refuses): Json<Refuses>) -> StatusCode {
    supplier.lock().refuses = refuses;
    StatusCode::NO_CONTENT
}

/// Terminated ones too, each with its licences.
async fn services(State(supplier): State<Supplier>) -> Json<Value> {
    let mut state = supplier.lock();
    state.finish_until(supplier.clock.now());
    Json(state.services.iter().map(with_licences).collect())
}

fn with_licences(service: &Service) -> Value {
    let mut value = json!(service);
    if let Some(fields) = value.as_object_mut() {
        fields.insert(
            "licences".to_owned(),
            json!(service.licence.iter().collect::<Vec<_>>()),
        );
        fields.insert("suspend_reason".to_owned(), json!(service.reason));
        fields.insert("scans".to_owned(), json!(service.scans));
    }
    value
}

async fn home(State(supplier): State<Supplier>) -> Response {
    let state = supplier.lock();
    let services: Vec<Value> = state.services.iter().rev().map(with_licences).collect();
    render(
        "home.html",
        context! { users => state.users, services => services, plans => PLANS },
    )
}

async fn dashboard(State(supplier): State<Supplier>, Path(id): Path<String>) -> Response {
    let state = supplier.lock();
    let Some(service) = state.services.iter().find(|service| service.id == id) else {
        return (StatusCode::NOT_FOUND, "no such service").into_response();
    };
    let user = state.users.iter().find(|user| user.id == service.user_id);
    let plan = PLANS
        .iter()
        .find(|(id, _)| *id == service.plan_id)
        .map_or("", |(_, name)| name);
    render(
        "dashboard.html",
        context! { service => with_licences(service), user => user, plan => plan },
    )
}

/// The `.html` names make every value escaped.
fn render(name: &str, values: minijinja::Value) -> Response {
    let rendered = || {
        let mut pages = Environment::new();
        pages.add_template("look.css", include_str!("../../registry/look/look.css"))?;
        pages.add_template("base.html", include_str!("../../registry/look/base.html"))?;
        pages.add_template("home.html", include_str!("../templates/home.html"))?;
        pages.add_template(
            "dashboard.html",
            include_str!("../templates/dashboard.html"),
        )?;
        pages.get_template(name)?.render(values)
    };
    match rendered() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
