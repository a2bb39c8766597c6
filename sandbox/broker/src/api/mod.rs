//! The API. The chapters are the specification's.

mod bindings;
mod instances;
mod last_operation;
mod request;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use crate::headers::gate;
use crate::life::{Life, Phase, Task};
use crate::refusal::Refusal;
use crate::state::State as Known;
use crate::trouble::{Change, Way};
use crate::{Broker, catalog};

pub fn routes(broker: &Broker) -> Router<Broker> {
    let guarded = Router::new()
        .route("/catalog", get(async || Json(catalog::catalog())))
        .route(
            "/service_instances/{instance}",
            put(instances::provision)
                .get(instances::fetch)
                .patch(instances::update)
                .delete(instances::deprovision),
        )
        .route(
            "/service_instances/{instance}/last_operation",
            get(last_operation::of_instance),
        )
        .route(
            "/service_instances/{instance}/service_bindings/{binding}",
            put(bindings::bind)
                .get(bindings::fetch)
                .delete(bindings::unbind),
        )
        .route(
            "/service_instances/{instance}/service_bindings/{binding}/last_operation",
            get(last_operation::of_binding),
        )
        .fallback(async || Refusal::not_found("there is no such route"))
        .layer(from_fn_with_state(broker.clone(), gate));
    Router::new().nest("/v2", guarded)
}

type Answer = Result<Response, Refusal>;

/// Carries a change out, unless it was ordered to go wrong. `work` is told whether it must fail at its end.
fn carry_out(
    state: &mut Known,
    on: Change,
    work: impl FnOnce(&mut Known, bool) -> Answer,
) -> Answer {
    let way = state.strike(on);
    match way {
        Some(Way::Status(status)) => return Ok(on_order(status)),
        Some(Way::Busy) => return Err(Refusal::busy()),
        _ => {}
    }
    let answer = work(state, way == Some(Way::Fails))?;
    Ok(match way {
        Some(Way::StatusAfter(status)) => on_order(status),
        Some(Way::Malformed) => (answer.status(), MALFORMED).into_response(),
        Some(Way::MalformedKnown) => (StatusCode::OK, MALFORMED).into_response(),
        _ => answer,
    })
}

fn on_order(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let facts = if status.is_success() {
        json!({})
    } else {
        json!({ "description": format!("status {status} on order") })
    };
    let mut answer = (status, Json(facts)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let soon = HeaderValue::from_static("1");
        answer.headers_mut().insert(header::RETRY_AFTER, soon);
    }
    answer
}

const MALFORMED: &str = "<html>Accepted?</html>";

/// What was asked for before: there, or still being made. The facts are those that may be told now.
fn asked_before(what: &str, life: &Life, same: bool, incomplete: bool, facts: Value) -> Answer {
    match life.phase {
        Phase::Updating | Phase::Deleting => Err(Refusal::busy()),
        Phase::Failed | Phase::Gone => Err(Refusal::conflict(&format!(
            "the {what} is half-made; it must be deleted first"
        ))),
        _ if !same => Err(Refusal::conflict(&format!(
            "the {what} with this id is another one"
        ))),
        Phase::Creating if !incomplete => Err(Refusal::async_required()),
        Phase::Creating => Ok(accepted(life, facts)),
        Phase::Ready => Ok(answer(StatusCode::OK, facts)),
    }
}

/// Something new: there, or accepted.
fn made(life: &Life, facts: Value) -> Response {
    if life.task.is_some() {
        accepted(life, facts)
    } else {
        answer(StatusCode::CREATED, facts)
    }
}

fn accepted(life: &Life, facts: Value) -> Response {
    let mut told = match facts {
        Value::Object(facts) => facts,
        _ => Map::new(),
    };
    let operation = life.task.as_ref().map(|task| task.id.as_str());
    told.insert("operation".to_owned(), operation.into());
    answer(StatusCode::ACCEPTED, told.into())
}

/// Ends something now, or after a while.
fn end(life: &mut Life, slow: bool, incomplete: bool, task: Task) -> Answer {
    match life.phase {
        Phase::Updating => return Err(Refusal::busy()),
        _ if slow && !incomplete => return Err(Refusal::async_required()),
        Phase::Deleting => return Ok(accepted(life, Value::Null)),
        _ if slow => {
            life.begin(Phase::Deleting, task);
            return Ok(accepted(life, Value::Null));
        }
        _ if task.fails => return Err(Refusal::broken()),
        _ => {}
    }
    life.end();
    Ok(answer(StatusCode::OK, json!({})))
}

/// An answer of facts; what is null is left out.
fn answer(status: StatusCode, facts: Value) -> Response {
    let facts: Map<String, Value> = match facts {
        Value::Object(facts) => facts
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        _ => Map::new(),
    };
    (status, Json(facts)).into_response()
}

/// When what is begun now ends, if it is not done at once.
fn later(State(broker): &State<Broker>) -> i64 {
    broker
        .options
        .clock
        .now_ms()
        .saturating_add(broker.options.slow_ms)
}

fn now(State(broker): &State<Broker>) -> String {
    broker
        .options
        .clock
        .now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
