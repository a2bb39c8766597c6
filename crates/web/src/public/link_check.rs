//! `GET /api/payment_link_check`: "has this payment arrived, and was it credited?"

use std::net::IpAddr;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use wharf_core::{Deadline, Secret};

use super::{ANSWERED, LinkCheck, client, count, finish, status, within, words};
use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::listen::Peer;
use crate::module_socket::bearer;

pub(crate) async fn check(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let key = bearer(&headers);
    let client = client(&app, peer, &headers);
    answer(app, client, key, query).await
}

/// The key is the first part of the path, for modules that can only be told an address.
pub(crate) async fn check_with_key(
    State(app): State<App>,
    Path(key): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let client = client(&app, peer, &headers);
    answer(app, client, Some(Secret::new(key)), query).await
}

async fn answer(
    app: App,
    client: Option<IpAddr>,
    key: Option<Secret>,
    query: Option<String>,
) -> Result<Response, Trouble> {
    let query = query.as_deref().unwrap_or_default();
    let language = words::of_query(query);
    let by = Deadline::after(ANSWERED);
    let answered = async {
        let fields =
            parse(query).map_err(|(status, name)| words::trouble(language, status, name))?;
        let place = words::enter(&app.0.public_calls, language)?;
        let asked = LinkCheck {
            fields,
            client,
            key,
            by,
        };
        let public = app.options().public.clone();
        let work = finish(language, async move {
            let answer = public.link_check(asked).await;
            drop(place);
            answer
        });
        within(by, language, work).await
    }
    .await;
    count("payment_link_check", status(&answered));
    Ok(json_answer(StatusCode::OK, &answered?))
}

/// The pairs, or what is wrong with them.
fn parse(query: &str) -> Result<Vec<(String, String)>, (StatusCode, &'static str)> {
    if query.len() > QUERY_LIMIT {
        return Err((StatusCode::URI_TOO_LONG, "query_long"));
    }
    serde_urlencoded::from_str(query).map_err(|_| (StatusCode::BAD_REQUEST, "query_unreadable"))
}

const QUERY_LIMIT: usize = 4 * 1024;
