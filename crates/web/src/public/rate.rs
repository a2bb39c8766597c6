//! `GET /api/public/store/{id}/rate`, fetched by browsers from other origins.

use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderValue, StatusCode};
use wharf_core::ErrorClass;

use super::{count, status, words};
use crate::answer::{json_answer, status_of};
use crate::app::App;

pub(crate) async fn rate(
    State(app): State<App>,
    Path(store): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(app, store, query).await
}

pub(crate) async fn rate_behind_key(
    State(app): State<App>,
    Path((_, store)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(app, store, query).await
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

async fn answer(app: App, store: String, query: Option<String>) -> Response {
    let language = words::of_query(query.as_deref().unwrap_or_default());
    let answered = async {
        let _place = words::enter(&app.0.public_calls, language)?;
        let late = |_| words::trouble(language, status_of(ErrorClass::Temporary), "rate_late");
        tokio::time::timeout(PATIENCE, app.options().public.rate(store, language))
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
