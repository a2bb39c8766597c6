//! `/intake/{token}`: messages of forwarder phones, and their signs of life. The token may come as a bearer
//! token instead.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use wharf_payments::pages::Language;

use super::{Delivery, client, count, finish, status};
use crate::answer::{Trouble, json_answer, method_not_allowed};
use crate::app::App;
use crate::body;
use crate::listen::Peer;
use crate::module_socket::bearer;

pub(super) fn routes() -> Router<App> {
    // A HEAD would run the GET handlers, and nobody reads its answer.
    let messages = || get(receive).head(method_not_allowed).post(receive);
    let heartbeat = || get(beat).head(method_not_allowed).post(beat);
    Router::new()
        .route("/intake", messages())
        .route("/intake/{token}", messages())
        .route("/intake/{token}/heartbeat", heartbeat())
        // Tahweel's listener adds these to the address that it is given.
        .route("/intake/{token}/ingest/sms", post(receive))
        .route("/intake/{token}/ingest/heartbeat", post(beat))
}

#[derive(Clone, Copy)]
enum What {
    Messages,
    Heartbeat,
}

async fn receive(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    token: Option<Path<String>>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let delivery = delivery(&app, peer, token, query, method, headers)?;
    answer(app, What::Messages, delivery, body).await
}

async fn beat(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    token: Option<Path<String>>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let delivery = delivery(&app, peer, token, query, method, headers)?;
    answer(app, What::Heartbeat, delivery, body).await
}

/// All of it but the body.
fn delivery(
    app: &App,
    peer: Option<Extension<Peer>>,
    token: Option<Path<String>>,
    query: Option<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Delivery, Trouble> {
    let token = match token {
        Some(Path(token)) => token,
        None => bearer(&headers)
            .map(|token| token.expose().to_owned())
            .ok_or_else(|| {
                Trouble::new(
                    StatusCode::UNAUTHORIZED,
                    "deliver with the device's token in the address or as a bearer token",
                )
            })?,
    };
    Ok(Delivery {
        token,
        method,
        query: query.unwrap_or_default(),
        client: client(app, peer, &headers),
        headers,
        body: bytes::Bytes::new(),
    })
}

async fn answer(app: App, what: What, delivery: Delivery, body: Body) -> Result<Response, Trouble> {
    let answered: Result<Value, Trouble> = async {
        let place = app.0.intakes.enter()?;
        let body = body::read(body, BODY_LIMIT).await?;
        let public = app.options().public.clone();
        // Phones speak to nobody.
        finish(Language::English, async move {
            let delivery = Delivery { body, ..delivery };
            let answer = match what {
                What::Messages => public.intake(delivery).await,
                What::Heartbeat => public.heartbeat(delivery).await,
            };
            drop(place);
            answer
        })
        .await
    }
    .await;
    let route = match what {
        What::Messages => "intake",
        What::Heartbeat => "heartbeat",
    };
    count(route, status(&answered));
    Ok(json_answer(StatusCode::OK, &answered?))
}

/// As much as the format with the largest deliveries takes; the room knows what each may send.
const BODY_LIMIT: usize = 256 * 1024;
