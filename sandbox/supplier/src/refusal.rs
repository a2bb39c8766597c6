//! How the service says no.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refused call.
#[derive(Debug)]
pub enum Refusal {
    Unauthenticated,
    /// The body is not JSON.
    Malformed,
    /// Fields and what is wrong with each.
    Invalid(BTreeMap<&'static str, Vec<String>>),
    Conflict {
        code: &'static str,
        message: String,
        service_id: Option<String>,
    },
    NotFound,
    Broken,
}

impl Refusal {
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            message: message.into(),
            service_id: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                json!({"message": "Unauthenticated."}),
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                json!({"message": "The body is not a JSON object."}),
            ),
            Self::Invalid(errors) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({"message": "The given data was invalid.", "errors": errors}),
            ),
            Self::Conflict {
                code,
                message,
                service_id,
            } => {
                let mut error = json!({"code": code, "message": message});
                if let (Some(id), Some(error)) = (service_id, error.as_object_mut()) {
                    error.insert("service_id".to_owned(), id.into());
                }
                (StatusCode::CONFLICT, json!({"error": error}))
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                json!({"error": {"code": "not_found", "message": "There is no such resource."}}),
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({"message": "Server Error"}),
            ),
        };
        (status, Json(body)).into_response()
    }
}
