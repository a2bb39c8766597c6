//! Statuses and error bodies: the one place that makes them.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use wharf_core::ErrorClass;

/// A failure that leaves Wharf: a status and a text that its reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub status: StatusCode,
    pub text: String,
}

impl Trouble {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
        }
    }

    pub fn of_class(class: ErrorClass, text: impl Into<String>) -> Self {
        Self::new(status_of(class), text)
    }

    pub fn overloaded() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Wharf has too much to do at the moment; try again",
        )
    }
}

/// `error` is what the PHP client reads, `message` what the payment module reads.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let overload = self.status == StatusCode::SERVICE_UNAVAILABLE;
        let mut response = json_answer(
            self.status,
            &json!({ "error": self.text, "message": self.text }),
        );
        if overload {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

pub(crate) fn status_of(class: ErrorClass) -> StatusCode {
    match class {
        ErrorClass::Misuse => StatusCode::BAD_REQUEST,
        ErrorClass::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorClass::Unknown => StatusCode::BAD_GATEWAY,
        ErrorClass::Temporary => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A JSON answer that nobody may keep.
pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    response
}

pub(crate) async fn not_found() -> Trouble {
    Trouble::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}

pub(crate) async fn method_not_allowed() -> Trouble {
    Trouble::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take that method",
    )
}
