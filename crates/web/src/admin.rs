//! What the `wharf` command asks of a running daemon, on the socket only.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use wharf_core::{Deadline, Secret};
use wharf_store::{Outcome, StoreError};

use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::module_socket::bearer;

/// Proof that the caller can read the key file.
#[derive(Clone, Debug)]
pub struct AdminToken(Arc<Secret>);

impl AdminToken {
    pub fn new(token: Secret) -> Self {
        Self(Arc::new(token))
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let own = self.0.expose().as_bytes();
        let given = bearer(headers);
        !own.is_empty() && given.is_some_and(|given| given.expose().as_bytes().ct_eq(own).into())
    }
}

/// `POST /admin/journal/{id}/settle`
pub(crate) async fn settle(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    if !app.options().admin.admits(&headers) {
        return Err(Trouble::new(
            StatusCode::UNAUTHORIZED,
            "the daemon runs with another key file",
        ));
    }
    let journal = app.options().store.journal();
    let outcome = journal
        .settle_now(&id, Deadline::after(Deadline::CHANGE))
        .await
        .map_err(|error| match &error {
            StoreError::NoSuchEffect(_) => Trouble::new(StatusCode::NOT_FOUND, error.to_string()),
            _ => Trouble::of_class(error.class(), error.to_string()),
        })?;
    let (state, detail) = match outcome {
        Outcome::Done(result) => ("done", result),
        Outcome::Refused(refusal) => ("refused", json!(refusal.reason)),
        Outcome::InProgress { reason } => ("in progress", json!(reason)),
        Outcome::Held { reason } => ("held", json!(reason)),
    };
    tracing::info!(effect = id, state, "asked again by hand");
    Ok(json_answer(
        StatusCode::OK,
        &json!({ "id": id, "state": state, "detail": detail }),
    ))
}
