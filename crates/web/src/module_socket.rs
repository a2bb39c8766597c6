//! `POST /whmcs/{kind}/{module}/{function}`: a function call of a PHP module.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use wharf_core::Secret;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall, ModuleKind, Params};

use crate::answer::{Trouble, json_answer, status_of};
use crate::app::App;
use crate::body;

pub(crate) async fn call(
    State(app): State<App>,
    Path((kind, module, function)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let began = Instant::now();
    let kind = kind_of(&kind)?;
    let site = authenticate(&app, &headers).await?;
    for name in [&module, &function] {
        if !is_name(name) {
            return Err(Trouble::new(
                StatusCode::NOT_FOUND,
                "no module or function can have that name",
            ));
        }
    }
    let answered = answer(&app, site.clone(), kind, module, function.clone(), body).await;

    let end = match &answered {
        Ok(_) => "answered",
        Err(trouble) => ending(trouble.status),
    };
    // A name that nobody knows is not counted under itself: callers must not be able to grow the metrics.
    let counted = if end == "unknown-function" {
        "unknown".to_owned()
    } else {
        function.clone()
    };
    metrics::counter!("wharf_module_calls_total", "kind" => kind_name(kind), "function" => counted.clone(), "end" => end)
        .increment(1);
    metrics::histogram!("wharf_module_call_seconds", "kind" => kind_name(kind), "function" => counted)
        .record(began.elapsed().as_secs_f64());
    tracing::info!(
        site,
        kind = kind_name(kind),
        function,
        end,
        ms = began.elapsed().as_millis(),
        "module call"
    );

    let value = serde_json::to_value(answered?).map_err(|_| {
        Trouble::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the answer could not be written",
        )
    })?;
    Ok(json_answer(StatusCode::OK, &value))
}

async fn answer(
    app: &App,
    site: String,
    kind: ModuleKind,
    module: String,
    function: String,
    body: Body,
) -> Result<ModuleAnswer, Trouble> {
    let Some(handler) = app.options().handlers.of(kind).cloned() else {
        let text = format!("this Wharf has nothing behind {} modules", kind_name(kind));
        return Err(Trouble::new(StatusCode::NOT_FOUND, text));
    };
    let place = app.0.module_calls.enter()?;
    let bytes = body::read(body, BODY_LIMIT).await?;
    let params = Params::new(body::json_object(&bytes)?);
    drop(bytes);

    let call = ModuleCall {
        site,
        kind,
        module,
        function,
        params,
    };
    // On a task of its own: a PHP process that gives up must not stop the work half-way, and a panic costs
    // one answer only.
    let work = tokio::spawn(async move {
        let answer = handler.call(call).await;
        drop(place);
        answer
    });
    match tokio::time::timeout(app.options().call_patience, work).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(error))) => Err(trouble(&error)),
        Ok(Err(broke)) => {
            tracing::error!(%broke, "a module call broke off");
            Err(Trouble::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Wharf failed at this call; its log has the reason",
            ))
        }
        Err(_) => Err(Trouble::new(
            StatusCode::GATEWAY_TIMEOUT,
            "Wharf is still working on it; look again in a minute before repeating it",
        )),
    }
}

async fn authenticate(app: &App, headers: &HeaderMap) -> Result<String, Trouble> {
    let refused = || {
        Trouble::new(
            StatusCode::UNAUTHORIZED,
            "Wharf does not know this WHMCS's token; run \"wharf modules install\" for it again",
        )
    };
    let token = bearer(headers).ok_or_else(refused)?;
    match (app.options().sites)(token).await {
        Ok(Some(site)) => Ok(site),
        Ok(None) => Err(refused()),
        Err(error) => {
            tracing::error!(%error, "the sites cannot be read");
            Err(Trouble::of_class(
                error.class(),
                "Wharf cannot reach its database",
            ))
        }
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

fn trouble(error: &CallError) -> Trouble {
    match error {
        CallError::UnknownFunction(_) => Trouble::new(StatusCode::NOT_FOUND, error.to_string()),
        CallError::Internal { source, .. } => {
            tracing::error!(%error, %source, "a module call failed");
            Trouble::of_class(error.class(), error.to_string())
        }
        _ => Trouble::new(status_of(error.class()), error.to_string()),
    }
}

fn ending(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "unknown-function",
        StatusCode::GATEWAY_TIMEOUT => "late",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_client_error() => "refused",
        _ => "failed",
    }
}

fn kind_of(text: &str) -> Result<ModuleKind, Trouble> {
    [
        ModuleKind::Registrar,
        ModuleKind::Server,
        ModuleKind::Gateway,
        ModuleKind::Addon,
    ]
    .into_iter()
    .find(|kind| kind_name(*kind) == text)
    .ok_or_else(|| Trouble::new(StatusCode::NOT_FOUND, "there is no such kind of module"))
}

fn kind_name(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Registrar => "registrar",
        ModuleKind::Server => "server",
        ModuleKind::Gateway => "gateway",
        ModuleKind::Addon => "addon",
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

const BODY_LIMIT: usize = 1024 * 1024;
