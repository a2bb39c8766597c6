//! `POST /intake/{token}`: a message of a forwarder phone.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{Delivery, client, count, finish, status};
use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::body;
use crate::listen::Peer;

pub(crate) async fn receive(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let client = client(&app, peer, &headers);
    let answered = async {
        let place = app.0.intakes.enter()?;
        let body = body::read(body, BODY_LIMIT).await?;
        let public = app.options().public.clone();
        finish(async move {
            let answer = public
                .intake(Delivery {
                    token,
                    headers,
                    body,
                    client,
                })
                .await;
            drop(place);
            answer
        })
        .await
    }
    .await;
    count("intake", status(&answered));
    Ok(json_answer(StatusCode::OK, &answered?))
}

const BODY_LIMIT: usize = 64 * 1024;
