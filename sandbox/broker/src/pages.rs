//! What people and the story see of the broker.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use minijinja::{Environment, context};
use serde_json::{Value, json};

use crate::catalog::OFFERINGS;
use crate::state::Instance;
use crate::{Broker, Trouble};

pub fn routes() -> Router<Broker> {
    Router::new()
        .route("/", get(home))
        .route("/dashboard/{id}", get(dashboard))
        .route("/_sandbox/instances", get(instances))
        .route("/_sandbox/trouble", post(trouble))
}

/// Gone ones too.
async fn instances(State(broker): State<Broker>) -> Json<Value> {
    Json(json!(broker.lock().instances))
}

async fn trouble(State(broker): State<Broker>, Json(trouble): Json<Trouble>) -> StatusCode {
    broker.order(trouble);
    StatusCode::NO_CONTENT
}

async fn home(State(broker): State<Broker>) -> Response {
    let state = broker.lock();
    let instances: Vec<Value> = state.instances.iter().rev().map(shown).collect();
    let plans: Vec<Value> = OFFERINGS
        .iter()
        .flat_map(|offering| {
            offering.plans.iter().map(|plan| {
                json!({ "offering": offering.name, "name": plan.name, "description": plan.description })
            })
        })
        .collect();
    render("home.html", context! { instances, plans })
}

async fn dashboard(State(broker): State<Broker>, Path(id): Path<String>) -> Response {
    match broker.lock().latest(&id) {
        Some(instance) => render("dashboard.html", context! { instance => shown(instance) }),
        None => (StatusCode::NOT_FOUND, "no such instance").into_response(),
    }
}

/// With the names of what the ids mean.
fn shown(instance: &Instance) -> Value {
    let mut value = json!(instance);
    let plan = instance.plan().map_or("", |plan| plan.name);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("plan".to_owned(), plan.into());
    }
    value
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
