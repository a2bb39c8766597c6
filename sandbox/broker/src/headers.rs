//! What stands in front of every call: credentials, the version of the API, identities.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::Broker;
use crate::refusal::Refusal;

pub async fn gate(State(broker): State<Broker>, request: Request, next: Next) -> Response {
    let identity = request.headers().get(&REQUEST_IDENTITY).cloned();
    let mut response = match admit(&broker, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Some(identity) = identity {
        response.headers_mut().insert(REQUEST_IDENTITY, identity);
    }
    response
}

/// The user name and password of basic authentication.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let bytes = STANDARD.decode(sent.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

fn admit(broker: &Broker, headers: &HeaderMap) -> Result<(), Refusal> {
    let (username, password) = basic(headers).ok_or_else(Refusal::unauthorized)?;
    if username != broker.options.username || password != broker.options.password {
        return Err(Refusal::unauthorized());
    }
    version(headers)?;
    if let Some(sent) = headers.get(ORIGINATING_IDENTITY) {
        let read = || {
            let (platform, value) = sent.to_str().ok()?.split_once(' ')?;
            let decoded = STANDARD.decode(value).ok()?;
            let object: Map<String, Value> = serde_json::from_slice(&decoded).ok()?;
            (!platform.is_empty()).then_some(object)
        };
        if read().is_none() {
            return Err(Refusal::malformed(
                "X-Broker-API-Originating-Identity must be a platform and a JSON object in Base64",
            ));
        }
    }
    Ok(())
}

fn version(headers: &HeaderMap) -> Result<(), Refusal> {
    let sent = headers
        .get(API_VERSION)
        .and_then(|version| version.to_str().ok())
        .ok_or_else(|| {
            Refusal::version("the header X-Broker-API-Version is missing; 2.17 is spoken here")
        })?;
    let number = |text: &str| text.parse::<u32>().ok();
    match sent
        .split_once('.')
        .map(|(major, minor)| (number(major), number(minor)))
    {
        // Asynchronous bindings came with 2.14.
        Some((Some(2), Some(14..))) => Ok(()),
        _ => Err(Refusal::version(&format!(
            "version {sent} of the API is not spoken here; 2.17 is"
        ))),
    }
}

const API_VERSION: HeaderName = HeaderName::from_static("x-broker-api-version");
const ORIGINATING_IDENTITY: HeaderName =
    HeaderName::from_static("x-broker-api-originating-identity");
const REQUEST_IDENTITY: HeaderName = HeaderName::from_static("x-broker-api-request-identity");
