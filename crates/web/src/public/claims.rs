//! `POST /api/claims`: a claim that the shop's server has signed.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use wharf_core::Deadline;

use super::{ANSWERED, SignedClaim, client, count, finish, status, within, words};
use crate::answer::{Trouble, json_answer};
use crate::app::App;
use crate::body;
use crate::listen::Peer;

pub(crate) async fn claim(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let client = client(&app, peer, &headers);
    let answered = async {
        let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
        let signature = signature.unwrap_or_default().to_owned();
        // Read first: who sends slowly must not take a place from the others.
        let body = body::read(body, BODY_LIMIT).await?;
        let by = Deadline::after(ANSWERED);
        let language = words::of_claim(&body);
        let place = words::enter(&app.0.public_calls, language)?;
        let public = app.options().public.clone();
        let work = finish(language, async move {
            let signed = SignedClaim {
                signature,
                body,
                client,
                by,
            };
            let answer = public.claim(signed).await;
            drop(place);
            answer
        });
        within(by, language, work).await
    }
    .await;
    count("claims", status(&answered));
    Ok(json_answer(StatusCode::OK, &answered?))
}

const SIGNATURE: &str = "x-wharf-signature";
const BODY_LIMIT: usize = 4 * 1024;
