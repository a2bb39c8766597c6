//! What people and the story see of the service.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use minijinja::{Environment, context};
use serde_json::{Value, json};

use crate::Supplier;
use crate::state::{PLANS, Service};

pub fn routes() -> Router<Supplier> {
    Router::new()
        .route("/", get(home))
        .route("/dashboard/{id}", get(dashboard))
        .route("/_sandbox/users", get(users))
        .route("/_sandbox/services", get(services))
}

async fn users(State(supplier): State<Supplier>) -> Json<Value> {
    Json(json!(supplier.lock().users))
}

/// Terminated ones too, each with its licences.
async fn services(State(supplier): State<Supplier>) -> Json<Value> {
    Json(supplier.lock().services.iter().map(with_licences).collect())
}

fn with_licences(service: &Service) -> Value {
    let mut value = json!(service);
    if let Some(fields) = value.as_object_mut() {
        fields.insert(
            "licences".to_owned(),
            json!(service.licence.iter().collect::<Vec<_>>()),
        );
        fields.insert("suspend_reason".to_owned(), json!(service.reason));
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
