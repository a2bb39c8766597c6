//! Entry scripts of modules, such as gateway callbacks, run in PHP with the visitor's session.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};

use super::visit::{open, php_session};
use crate::app::{Actor, App};
use crate::php::{PhpError, ScriptRequest};

pub(super) async fn run(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip().to_canonical().to_string());
    let (_, session) = open(&app, &parts.headers);
    let script = format!("modules/{path}");
    let request = ScriptRequest {
        script: script.clone(),
        method: parts.method.to_string(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: body.to_vec(),
        remote_addr: peer.unwrap_or_else(|| "127.0.0.1".to_owned()),
        session: php_session(&session),
    };
    let answer = match app.php.script(request).await {
        Ok(answer) => answer,
        Err(PhpError::NoScript(_)) => return (StatusCode::NOT_FOUND, "Not found").into_response(),
        Err(error) => {
            tracing::error!(%error, script, "an entry script could not be run");
            return (StatusCode::BAD_GATEWAY, "The script could not be run").into_response();
        }
    };
    if !answer.log.is_empty() {
        let line = format!(
            "PHP in {script}: {}",
            answer.log.chars().take(2_000).collect::<String>()
        );
        if let Err(error) = app.log_activity(&Actor::system(&script), &line, 0).await {
            tracing::warn!(%error, "a line for the activity log was lost");
        }
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers {
        let parsed = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value),
        );
        if let (Ok(name), Ok(value)) = parsed {
            response.headers_mut().append(name, value);
        }
    }
    response
}
