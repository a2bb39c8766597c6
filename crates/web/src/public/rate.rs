//! `GET /api/public/store/{id}/rate`, fetched by browsers from other origins.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderValue, StatusCode};

use super::{count, status};
use crate::answer::{Trouble, json_answer};
use crate::app::App;

pub(crate) async fn rate(State(app): State<App>, Path(store): Path<String>) -> Response {
    answer(app, store).await
}

pub(crate) async fn rate_behind_key(
    State(app): State<App>,
    Path((_, store)): Path<(String, String)>,
) -> Response {
    answer(app, store).await
}

/// A plain fetch asks for none; a page that sets a header does.
pub(crate) async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn answer(app: App, store: String) -> Response {
    let answered = async {
        let _place = app.0.public_calls.enter()?;
        let late = |_| {
            Trouble::of_class(
                wharf_core::ErrorClass::Temporary,
                "the rate is not at hand; try again",
            )
        };
        tokio::time::timeout(PATIENCE, app.options().public.rate(store))
            .await
            .map_err(late)?
    }
    .await;
    count("rate", status(&answered));
    let mut response = match answered {
        Ok(body) => json_answer(StatusCode::OK, &body),
        Err(trouble) => trouble.into_response(),
    };
    // Errors too: without it the browser would not show its page what is wrong.
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

const PATIENCE: Duration = Duration::from_secs(3);
