//! Polling the last operation.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::request::Asked;
use super::{Answer, answer};
use crate::Broker;
use crate::life::{Life, Phase};
use crate::refusal::Refusal;

pub async fn of_instance(
    State(broker): State<Broker>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut state = broker.lock();
    let instance = state
        .latest(&id)
        .ok_or_else(|| Refusal::not_found("there never was such an instance"))?;
    if asked
        .service_id()
        .is_some_and(|id| id != instance.service_id)
    {
        return Err(Refusal::malformed("service_id is not that of the instance"));
    }
    report(&instance.life, asked.operation())
}

pub async fn of_binding(
    State(broker): State<Broker>,
    Path((id, binding_id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut state = broker.lock();
    let instance = state
        .latest(&id)
        .ok_or_else(|| Refusal::not_found("there never was such an instance"))?;
    let binding = instance
        .latest_binding(&binding_id)
        .ok_or_else(|| Refusal::not_found("there never was such a binding"))?;
    report(&binding.life, asked.operation())
}

fn report(life: &Life, operation: Option<&str>) -> Answer {
    if let Some(task) = &life.task {
        return match operation {
            None => Err(Refusal::malformed("operation is missing")),
            Some(asked) if asked == task.id => {
                let mut response = state("in progress", "It is being worked on.");
                let soon = HeaderValue::from_static("1");
                response.headers_mut().insert(header::RETRY_AFTER, soon);
                Ok(response)
            }
            Some(asked) => ended(life, asked),
        };
    }
    match operation {
        Some(asked) => ended(life, asked),
        None if life.last.is_some() => Err(Refusal::malformed("operation is missing")),
        None if life.phase == Phase::Gone => Err(Refusal::gone()),
        None => Ok(state("succeeded", "It was done at once.")),
    }
}

fn ended(life: &Life, asked: &str) -> Answer {
    match &life.last {
        Some(last) if last.id == asked && last.failed => {
            Ok(state("failed", "It could not be done."))
        }
        Some(last) if last.id == asked && life.phase == Phase::Gone => Err(Refusal::gone()),
        Some(last) if last.id == asked => Ok(state("succeeded", "It is done.")),
        _ => Err(Refusal::malformed("operation is not known")),
    }
}

fn state(state: &str, description: &str) -> Response {
    answer(
        StatusCode::OK,
        json!({ "state": state, "description": description }),
    )
}
