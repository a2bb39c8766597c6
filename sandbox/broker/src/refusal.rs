//! How the broker says no: a status, and the specification's word for it where it has one.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// A refused call.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    error: Option<&'static str>,
    description: String,
    /// Whether an instance that could not be changed still works (2.16).
    usable: Option<bool>,
}

impl Refusal {
    /// 400: malformed, or something mandatory is missing.
    pub fn malformed(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, None, description)
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, "the credentials are wrong")
    }

    /// 412: a version of the API that is not spoken here.
    pub fn version(description: &str) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, None, description)
    }

    pub fn not_found(description: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, None, description)
    }

    /// 409: the id is taken, by something else than what is asked for.
    pub fn conflict(description: &str) -> Self {
        Self::new(StatusCode::CONFLICT, None, description)
    }

    /// 410: there is nothing to delete.
    pub fn gone() -> Self {
        Self {
            description: String::new(),
            ..Self::new(StatusCode::GONE, None, "")
        }
    }

    pub fn async_required() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some("AsyncRequired"),
            "This plan needs a client that accepts asynchronous operations.",
        )
    }

    pub fn busy() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some("ConcurrencyError"),
            "Another operation is in progress.",
        )
    }

    pub fn maintenance() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some("MaintenanceInfoConflict"),
            "The plan's maintenance information has another version.",
        )
    }

    /// 422: a change that is not possible.
    pub fn unsupported(description: &str) -> Self {
        Self {
            usable: Some(true),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, None, description)
        }
    }

    pub fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, "something broke")
    }

    fn new(status: StatusCode, error: Option<&'static str>, description: &str) -> Self {
        Self {
            status,
            error,
            description: description.to_owned(),
            usable: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        if let Some(error) = self.error {
            body.insert("error".to_owned(), error.into());
        }
        // What is there must not be empty.
        if !self.description.is_empty() {
            body.insert("description".to_owned(), self.description.into());
        }
        if let Some(usable) = self.usable {
            body.insert("instance_usable".to_owned(), usable.into());
            body.insert("update_repeatable".to_owned(), false.into());
        }
        let mut response = (self.status, Json(Value::Object(body))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                axum::http::header::WWW_AUTHENTICATE,
                axum::http::HeaderValue::from_static("Basic realm=\"Harbour\""),
            );
        }
        response
    }
}
