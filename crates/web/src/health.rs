//! `/healthz` and `/metrics`.

use std::net::IpAddr;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::listen::Peer;

/// Whether Wharf can work. Strangers learn only that.
pub(crate) async fn healthz(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    let counts = journal_counts(&app).await;
    let (status, word) = match &counts {
        Some(_) => (StatusCode::OK, "ok"),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
        ),
    };
    let mut body =
        json!({ "status": word, "database": counts.is_some(), "version": app.options().version });
    if is_local(&app, peer, &headers)
        && let Some(object) = body.as_object_mut()
    {
        object.insert(
            "journal".to_owned(),
            counts.map_or(Value::Null, Value::Object),
        );
    }
    json_answer(status, &body)
}

/// Prometheus text, for scrapers on this machine.
pub(crate) async fn metrics(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    if !is_local(&app, peer, &headers) {
        return Err(Trouble::new(
            StatusCode::FORBIDDEN,
            "metrics are given to this machine only",
        ));
    }
    let counts = journal_counts(&app).await;
    metrics::gauge!("wharf_database_up").set(if counts.is_some() { 1.0 } else { 0.0 });
    metrics::gauge!("wharf_build_info", "version" => app.options().version).set(1.0);
    if let Some(counts) = counts {
        for state in STATES {
            let count = counts.get(state).and_then(Value::as_f64).unwrap_or(0.0);
            metrics::gauge!("wharf_effects", "state" => state).set(count);
        }
    }
    app.options().metrics.run_upkeep();
    let headers = [
        (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, app.options().metrics.render()).into_response())
}

async fn journal_counts(app: &App) -> Option<Map<String, Value>> {
    let counts = app.options().store.journal().counts();
    match tokio::time::timeout(PATIENCE, counts).await {
        Ok(Ok(counts)) => Some(
            counts
                .into_iter()
                .map(|(state, count)| (state, count.into()))
                .collect(),
        ),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            None
        }
        Err(_) => None,
    }
}

fn is_local(app: &App, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> bool {
    let Some(Extension(peer)) = peer else {
        return true;
    };
    app.options()
        .proxies
        .client(peer, headers)
        .is_none_or(|client: IpAddr| client.is_loopback())
}

const PATIENCE: Duration = Duration::from_secs(2);
const STATES: [&str; 7] = [
    "waiting",
    "performing",
    "unknown",
    "retry",
    "done",
    "refused",
    "held",
];
