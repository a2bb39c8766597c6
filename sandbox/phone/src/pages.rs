//! The page: wallets, what can be made to happen, the stores' phone, the messages. Each form answers with a
//! redirect, so that reloading the page does nothing again.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use minijinja::{Environment, context};
use serde::{Deserialize, Serialize};

use crate::events::Refused;
use crate::forge::{Forge, Forgery};
use crate::operators::{Event, plain};
use crate::routes::{DeviceChange, again};
use crate::state::{DeliveryState, Order};
use crate::{Kind, Phone};

pub fn routes() -> Router<Phone> {
    Router::new()
        .route("/", get(home))
        .route("/send", post(send))
        .route("/event", post(event))
        .route("/reverse", post(reverse))
        .route("/resend", post(resend))
        .route("/phone", post(device))
        .route("/export", post(export))
        .route("/forge", post(forge))
        .route("/heartbeat", post(heartbeat))
}

/// What the last form came to.
#[derive(Debug, Default)]
struct Notice {
    /// The operation number of what was sent.
    sent: Option<String>,
    error: Option<String>,
    /// As typed, so that nobody types it twice.
    typed: Typed,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Typed {
    #[serde(skip_serializing)]
    token: String,
    from: String,
    to: String,
    amount: String,
    text: String,
    wallet: String,
    event: String,
    kind: String,
    balance: String,
}

#[derive(Deserialize)]
struct Seen {
    sent: Option<String>,
}

async fn home(State(phone): State<Phone>, Query(seen): Query<Seen>) -> Response {
    // The address is anybody's text: only a number that exists is believed.
    let known = |id: &String| {
        phone
            .lock()
            .messages
            .iter()
            .any(|message| message.transaction_id == *id)
    };
    let notice = Notice {
        sent: seen.sent.filter(known),
        ..Notice::default()
    };
    show(&phone, &notice, StatusCode::OK)
}

async fn send(State(phone): State<Phone>, Form(form): Form<Typed>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    match phone.send(&form.from, &form.to, &form.amount, Some(&form.text)) {
        Ok(sent) => Redirect::to(&format!("/?sent={}", sent.transaction_id)).into_response(),
        Err(refused) => not_done(&phone, &refused, form),
    }
}

async fn event(State(phone): State<Phone>, Form(form): Form<Typed>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    let event = Event::MADE
        .into_iter()
        .find(|event| event.name() == form.event);
    match phone.happen(&form.wallet, event.unwrap_or(Event::Enquiry), &form.amount) {
        Ok(_) => Redirect::to("/#messages").into_response(),
        Err(refused) => not_done(&phone, &refused, form),
    }
}

async fn forge(State(phone): State<Phone>, Form(form): Form<Typed>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    let kind = Forgery::ALL
        .into_iter()
        .find(|kind| kind.name() == form.kind);
    let order = Forge {
        kind: kind.unwrap_or(Forgery::NumericSender),
        to: form.to.clone(),
        from: form.from.clone(),
        amount: form.amount.clone(),
        balance: Some(form.balance.clone()).filter(|balance| !balance.is_empty()),
        id: None,
    };
    match phone.forge(&order).await {
        Ok(_) => Redirect::to("/#messages").into_response(),
        Err(refused) => not_done(&phone, &refused, form),
    }
}

#[derive(Deserialize)]
struct OneMessage {
    token: String,
    sms: String,
}

async fn reverse(State(phone): State<Phone>, Form(form): Form<OneMessage>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    match phone.reverse(&form.sms) {
        Ok(_) => Redirect::to("/#messages").into_response(),
        Err(refused) => not_done(&phone, &refused, Typed::default()),
    }
}

async fn resend(State(phone): State<Phone>, Form(form): Form<OneMessage>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    match again(&phone, &form.sms) {
        Ok(_) => Redirect::to("/#messages").into_response(),
        Err(refused) => refused.into_response(),
    }
}

#[derive(Deserialize)]
struct DeviceForm {
    token: String,
    app: String,
    /// `online`, `oldest-first` and `newest-first` (both online), or `offline`.
    network: String,
    clock_off_minutes: String,
    duplicates: String,
}

async fn device(State(phone): State<Phone>, Form(form): Form<DeviceForm>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    let order = match form.network.as_str() {
        "newest-first" => Order::NewestFirst,
        _ => Order::OldestFirst,
    };
    let minutes: Option<i64> = form.clock_off_minutes.trim().parse().ok();
    let duplicates: Option<u32> = form.duplicates.trim().parse().ok();
    let turned = match (form.app.parse(), minutes, duplicates) {
        (Ok(app), Some(minutes), Some(duplicates)) => phone.turn(&DeviceChange {
            app: Some(app),
            online: Some(form.network != "offline"),
            order,
            clock_off_seconds: Some(minutes.saturating_mul(60)),
            duplicates: Some(duplicates),
        }),
        _ => Err("minutes and duplicates are whole numbers".to_owned()),
    };
    match turned {
        Ok(()) => Redirect::to("/#phone").into_response(),
        Err(text) => {
            let notice = Notice {
                error: Some(text),
                ..Notice::default()
            };
            show(&phone, &notice, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

#[derive(Deserialize)]
struct ExportForm {
    token: String,
    hours: u32,
}

async fn export(State(phone): State<Phone>, Form(form): Form<ExportForm>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    phone.export(form.hours);
    Redirect::to("/#messages").into_response()
}

#[derive(Deserialize)]
struct Bare {
    token: String,
}

async fn heartbeat(State(phone): State<Phone>, Form(form): Form<Bare>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    phone.beat().await;
    Redirect::to("/#phone").into_response()
}

fn stale() -> Response {
    (
        StatusCode::FORBIDDEN,
        "this form is not from this page, or the sandbox was started anew: go back and reload",
    )
        .into_response()
}

fn not_done(phone: &Phone, refused: &Refused, typed: Typed) -> Response {
    let notice = Notice {
        error: Some(refused.to_string()),
        sent: None,
        typed,
    };
    show(phone, &notice, StatusCode::UNPROCESSABLE_ENTITY)
}

fn show(phone: &Phone, notice: &Notice, status: StatusCode) -> Response {
    match render(phone, notice) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn render(phone: &Phone, notice: &Notice) -> Result<String, minijinja::Error> {
    let state = phone.lock();
    let wallets: Vec<_> = state
        .wallets
        .iter()
        .map(|wallet| {
            context! {
                number => wallet.number,
                name => wallet.name,
                store => wallet.kind == Kind::Store,
                operator => wallet.operator.title(),
                balance => plain(wallet.balance_minor),
                currency => wallet.operator.currency(),
            }
        })
        .collect();
    let messages: Vec<_> = state
        .messages
        .iter()
        .rev()
        .take(SHOWN)
        .map(|message| {
            let rtl = message.body.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c));
            context! {
                message => message,
                store => message.wallet_kind == Kind::Store,
                reversible => message.event == Event::Received && message.forged.is_none(),
                forged => message.forged.map(Forgery::name),
                rtl => rtl,
                at => message.operator.iso(Timestamp::from_millisecond(message.at_ms).unwrap_or_default()),
            }
        })
        .collect();
    // Only while something is under way does the page reload itself.
    let waiting = state
        .messages
        .iter()
        .flat_map(|message| &message.deliveries)
        .any(|delivery| delivery.state == DeliveryState::Pending);
    let payer = state
        .wallets
        .iter()
        .find(|wallet| wallet.kind == Kind::Payer);
    let payer = payer.map(|wallet| wallet.number.clone());
    let texts: Vec<&str> = state
        .wallets
        .iter()
        .filter(|wallet| wallet.kind == Kind::Store)
        .flat_map(|wallet| wallet.operator.texts())
        .copied()
        .collect();
    let apps: Vec<_> = phone
        .forwards
        .iter()
        .map(|forward| context! { name => forward.app.name(), title => forward.app.title() })
        .collect();
    let mut pages = Environment::new();
    pages.add_template("look.css", include_str!("../../registry/look/look.css"))?;
    pages.add_template("base.html", include_str!("../../registry/look/base.html"))?;
    pages.add_template("home.html", include_str!("../templates/home.html"))?;
    pages.get_template("home.html")?.render(context! {
        wallets, messages, waiting, payer, texts, apps,
        typed => notice.typed,
        device => state.device,
        held => state.device.waiting.len(),
        events => Event::MADE.map(Event::name),
        forgeries => Forgery::ALL.map(Forgery::name),
        token => &*phone.form_token,
        sent => notice.sent,
        error => notice.error,
    })
}

const SHOWN: usize = 60;
