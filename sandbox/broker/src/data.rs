//! What is sold: a text per instance, read and written with a binding's credentials. How a story proves that
//! credentials work, and that they have ceased to.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Broker;
use crate::headers;
use crate::life::Phase;
use crate::refusal::Refusal;
use crate::state::Instance;

pub fn routes() -> Router<Broker> {
    Router::new().route("/data/{instance}", get(read).put(write))
}

async fn read(
    State(broker): State<Broker>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<String, Refusal> {
    let mut state = broker.lock();
    let (instance, _) = admitted(&mut state, &id, &headers)?;
    Ok(instance.data.clone())
}

async fn write(
    State(broker): State<Broker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let text = String::from_utf8(body.to_vec()).map_err(|_| Refusal::malformed("no text"))?;
    let mut state = broker.lock();
    let (instance, may_write) = admitted(&mut state, &id, &headers)?;
    if !may_write {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    instance.data = text;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The instance of whoever has credentials for it, and whether they may write.
fn admitted<'a>(
    state: &'a mut crate::state::State,
    id: &str,
    headers: &HeaderMap,
) -> Result<(&'a mut Instance, bool), Refusal> {
    let (username, password) = headers::basic(headers).ok_or_else(Refusal::unauthorized)?;
    let instance = state.instance(id).ok_or_else(Refusal::unauthorized)?;
    let binding = instance
        .bindings
        .iter()
        .find(|binding| {
            binding.life.phase == Phase::Ready
                && binding.username == username
                && binding.password == password
        })
        .ok_or_else(Refusal::unauthorized)?;
    let may_write = binding
        .parameters
        .get("access")
        .is_none_or(|access| access == "write");
    Ok((instance, may_write))
}
