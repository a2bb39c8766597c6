//! The sandbox's own page: where everything is, what it answered, and the faults.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use minijinja::{Environment, context};
use sandbox_host::CronRun;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{Advance, ClockError, Span, TimeMachine};
use crate::faults::{FaultOrder, Service, send_fault};
use crate::{Addresses, Daemon};

#[derive(Clone)]
struct Control {
    addresses: Arc<Addresses>,
    daemon: Daemon,
    time: TimeMachine,
    client: reqwest::Client,
    /// A form's token: another site's page must not be able to post here.
    token: Arc<str>,
}

pub(crate) fn router(addresses: Addresses, daemon: Daemon, time: TimeMachine) -> Router {
    let control = Control {
        addresses: Arc::new(addresses),
        daemon,
        time,
        client: reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap_or_default(),
        token: token().into(),
    };
    Router::new()
        .route("/", get(index))
        .route("/style.css", get(style))
        .route("/state.json", get(state))
        .route("/faults", post(arm))
        .route("/faults/clear", post(clear))
        .route("/daemon/kill", post(kill))
        .route("/daemon/kill.json", post(kill_by_command))
        .route("/clock", post(advance))
        .route("/clock.json", get(clock).post(step_by_command))
        .route("/cron", post(cron))
        .route("/cron.json", post(cron_by_command))
        .with_state(control)
}

async fn index(State(control): State<Control>) -> Response {
    page(&control, None, &Order::default()).await
}

async fn style() -> Response {
    (
        [("content-type", "text/css; charset=utf-8")],
        include_str!("templates/style.css"),
    )
        .into_response()
}

/// The daemon's life and every service's counters and faults.
async fn state(State(control): State<Control>) -> Json<Value> {
    Json(control.state().await)
}

#[derive(Default, Deserialize, Serialize)]
struct Order {
    #[serde(skip_serializing)]
    token: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    ms: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    times: String,
}

async fn arm(State(control): State<Control>, Form(order): Form<Order>) -> Response {
    if order.token != *control.token {
        return stale(&control).await;
    }
    let ms = if ["latency", "commit-late"].contains(&order.kind.as_str()) {
        format!("={}", order.ms)
    } else {
        String::new()
    };
    let times = match order.times.trim() {
        "" => "1",
        times => times,
    };
    let operation = order.operation.trim();
    let text = format!("{}:{}{ms}:{operation}:{times}", order.service, order.kind);
    let armed = match text.parse::<FaultOrder>() {
        Ok(fault) => send_fault(&control.addresses, &fault).await,
        Err(error) => Err(error),
    };
    match armed {
        Ok(()) => Redirect::to("/#faults").into_response(),
        Err(error) => page(&control, Some(error.to_string()), &order).await,
    }
}

async fn clear(State(control): State<Control>, Form(order): Form<Order>) -> Response {
    if order.token != *control.token {
        return stale(&control).await;
    }
    for service in Service::ALL {
        let url = format!("{}/_sandbox/faults", service.address(&control.addresses));
        let _ = control.client.delete(url).send().await;
    }
    Redirect::to("/").into_response()
}

async fn kill(State(control): State<Control>, Form(order): Form<Order>) -> Response {
    if order.token != *control.token {
        return stale(&control).await;
    }
    control.daemon.kill().await;
    Redirect::to("/").into_response()
}

/// For the command line. A browser cannot be made to send the header from another site's page.
async fn kill_by_command(State(control): State<Control>, headers: HeaderMap) -> StatusCode {
    if !headers.contains_key("x-sandbox") {
        return StatusCode::FORBIDDEN;
    }
    control.daemon.kill().await;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Forward {
    token: String,
    #[serde(default)]
    by: String,
}

/// The page's buttons: day by day, with the cron.
async fn advance(State(control): State<Control>, Form(forward): Form<Forward>) -> Response {
    if forward.token != *control.token {
        return stale(&control).await;
    }
    let moved = match forward.by.parse::<Span>() {
        Ok(span) => control.time.days(span).await,
        Err(error) => Err(error),
    };
    match moved {
        Ok(()) => Redirect::to("/#clock").into_response(),
        Err(error) => page(&control, Some(error.to_string()), &Order::default()).await,
    }
}

async fn cron(State(control): State<Control>, Form(forward): Form<Forward>) -> Response {
    if forward.token != *control.token {
        return stale(&control).await;
    }
    match control.time.cron(CronRun::Everything).await {
        Ok(_) => Redirect::to("/#clock").into_response(),
        Err(error) => page(&control, Some(error.to_string()), &Order::default()).await,
    }
}

async fn clock(State(control): State<Control>) -> Json<Value> {
    Json(control.clock())
}

/// For the command line: one step.
async fn step_by_command(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(advance): Json<Advance>,
) -> Response {
    if !headers.contains_key("x-sandbox") {
        return StatusCode::FORBIDDEN.into_response();
    }
    answer(control.time.step(advance).await)
}

async fn cron_by_command(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(run): Json<CronRun>,
) -> Response {
    if !headers.contains_key("x-sandbox") {
        return StatusCode::FORBIDDEN.into_response();
    }
    answer(control.time.cron(run).await)
}

fn answer<T: Serialize>(outcome: Result<T, ClockError>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let body = json!({ "error": error.to_string(), "cause": cause });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

async fn stale(control: &Control) -> Response {
    let mut response = page(
        control,
        Some("This page was out of date. Please try again.".to_owned()),
        &Order::default(),
    )
    .await;
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// `typed`: the form as it was sent, so that nobody types it twice.
async fn page(control: &Control, error: Option<String>, typed: &Order) -> Response {
    let state = control.state().await;
    let environment = Environment::new();
    let rendered = environment.render_named_str(
        "index.html",
        include_str!("templates/index.html"),
        context! {
            at => &*control.addresses,
            armed => armed(&state),
            state,
            kinds => KINDS,
            typed,
            services => Service::ALL.map(|service| service.to_string()),
            token => &*control.token,
            error,
        },
    );
    match rendered {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the control page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Every fault that waits for its call, of all services.
fn armed(state: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for service in Service::ALL.map(|service| service.to_string()) {
        let faults = state.pointer(&format!("/services/{service}/faults"));
        for fault in faults.and_then(Value::as_array).into_iter().flatten() {
            let kind = fault.pointer("/kind/name").and_then(Value::as_str);
            let says = KINDS.iter().find(|(name, _)| kind == Some(name));
            all.push(json!({
                "service": service,
                "says": says.map(|(_, says)| says),
                "ms": fault.pointer("/kind/ms"),
                "on": fault.get("on"),
                "times": fault.get("times"),
            }));
        }
    }
    all
}

impl Control {
    fn clock(&self) -> Value {
        json!({ "now": self.time.now(), "ahead_seconds": self.time.ahead() })
    }

    async fn state(&self) -> Value {
        let mut services = serde_json::Map::new();
        for service in Service::ALL {
            let base = service.address(&self.addresses);
            let calls = self.json(&format!("{base}/_sandbox/calls")).await;
            let faults = self.json(&format!("{base}/_sandbox/faults")).await;
            let recent: Vec<Value> = calls
                .pointer("/calls")
                .and_then(Value::as_array)
                .map(|calls| calls.iter().rev().take(8).cloned().collect())
                .unwrap_or_default();
            services.insert(
                service.to_string(),
                json!({ "total": calls.get("total"), "recent": recent, "faults": faults }),
            );
        }
        json!({
            "daemon": { "pid": self.daemon.pid(), "starts": self.daemon.starts() },
            "clock": self.clock(),
            "services": services,
        })
    }

    async fn json(&self, url: &str) -> Value {
        match self.client.get(url).send().await {
            Ok(answer) => answer.json().await.unwrap_or(Value::Null),
            Err(_) => Value::Null,
        }
    }
}

/// The faults, and what people call them.
const KINDS: [(&str, &str); 8] = [
    ("cut-after-commit", "carried out, answer lost"),
    ("commit-late", "answer lost, carried out later"),
    ("refuse", "connection refused"),
    ("black-hole", "never answers"),
    ("garble", "answers nonsense"),
    ("truncate", "answer cut short"),
    ("latency", "slow"),
    ("kill-daemon", "carried out, daemon killed"),
];

fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness the forms must stay shut, not open to all.
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => String::from("\u{0}"),
    }
}
