//! Reading request bodies, bounded in size and time.

use std::time::Duration;

use axum::body::{self, Body};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::answer::Trouble;

/// The whole body, if it is not larger than `limit` bytes and comes within [`PATIENCE`].
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Trouble> {
    let late = |_| {
        Trouble::new(
            StatusCode::REQUEST_TIMEOUT,
            "the request's body did not arrive in time",
        )
    };
    let reading = tokio::time::timeout(PATIENCE, body::to_bytes(body, limit))
        .await
        .map_err(late)?;
    reading.map_err(|error| {
        if is_length_limit(&error) {
            let kib = limit / 1024;
            Trouble::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the request's body is larger than {kib} KiB"),
            )
        } else {
            Trouble::new(StatusCode::BAD_REQUEST, "the request's body broke off")
        }
    })
}

/// A JSON object. PHP writes an empty one as `[]`, and some callers send none at all.
pub(crate) fn json_object(bytes: &[u8]) -> Result<Map<String, Value>, Trouble> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        Ok(_) => Err(Trouble::new(
            StatusCode::BAD_REQUEST,
            "the request's body is not a JSON object",
        )),
        // Only where it fails is told: the text around it may be a password.
        Err(error) => {
            let text = format!(
                "the request's body is not JSON (line {}, column {})",
                error.line(),
                error.column()
            );
            Err(Trouble::new(StatusCode::BAD_REQUEST, text))
        }
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.to_string() == "length limit exceeded" {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(10);
