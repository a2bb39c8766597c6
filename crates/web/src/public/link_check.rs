//! `GET /api/payment_link_check`: "has this payment arrived, and was it credited?"

use std::time::Duration;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{LinkCheck, client, count, finish, status};
use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::listen::Peer;

pub(crate) async fn check(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let client = client(&app, peer, &headers);
    let answered = async {
        let fields = parse(query.as_deref().unwrap_or_default())?;
        let place = app.0.public_calls.enter()?;
        let asked = LinkCheck { fields, client };
        let public = app.options().public.clone();
        let work = finish(async move {
            let answer = public.link_check(asked).await;
            drop(place);
            answer
        });
        let late = |_| {
            Trouble::new(
                StatusCode::GATEWAY_TIMEOUT,
                "this takes longer than usual; ask again in a minute",
            )
        };
        tokio::time::timeout(PATIENCE, work).await.map_err(late)?
    }
    .await;
    count("payment_link_check", status(&answered));
    Ok(json_answer(StatusCode::OK, &answered?))
}

fn parse(query: &str) -> Result<Vec<(String, String)>, Trouble> {
    if query.len() > QUERY_LIMIT {
        return Err(Trouble::new(
            StatusCode::URI_TOO_LONG,
            "the query is too long",
        ));
    }
    serde_urlencoded::from_str(query)
        .map_err(|_| Trouble::new(StatusCode::BAD_REQUEST, "the query cannot be read"))
}

const QUERY_LIMIT: usize = 4 * 1024;
/// The calling module gives up after 30 s.
const PATIENCE: Duration = Duration::from_secs(20);
