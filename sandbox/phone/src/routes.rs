//! The way in, for people and programs.

use axum::body::Bytes;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::operator::Refused;
use crate::{Kind, Phone, pages, sms};

pub fn routes() -> Router<Phone> {
    Router::new()
        .route("/", get(home))
        .route("/send", post(send_form))
        .route("/resend", post(resend_form))
        .route("/api/send", post(send))
        .route("/api/resend/{sms}", post(resend))
        .route("/_sandbox/wallets", get(wallets).post(open_wallet))
        .route("/_sandbox/messages", get(messages))
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
    pages::home(
        &phone,
        &pages::Notice::sent(seen.sent.filter(known)),
        StatusCode::OK,
    )
}

#[derive(Deserialize)]
struct SendForm {
    token: String,
    from: String,
    to: String,
    amount: String,
}

/// Answers with a redirect, so that reloading the page sends nothing again.
async fn send_form(State(phone): State<Phone>, Form(form): Form<SendForm>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    match phone.send(&form.from, &form.to, &form.amount) {
        Ok(sent) => Redirect::to(&format!("/?sent={}", sent.transaction_id)).into_response(),
        Err(refused) => {
            let notice = pages::Notice {
                error: Some(refused.to_string()),
                form: Some((form.from, form.to, form.amount)),
                sent: None,
            };
            pages::home(&phone, &notice, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

#[derive(Deserialize)]
struct ResendForm {
    token: String,
    sms: String,
}

async fn resend_form(State(phone): State<Phone>, Form(form): Form<ResendForm>) -> Response {
    if form.token != *phone.form_token {
        return stale();
    }
    match again(&phone, &form.sms) {
        Ok(_) => Redirect::to("/#messages").into_response(),
        Err(refused) => refused.into_response(),
    }
}

fn stale() -> Response {
    (
        StatusCode::FORBIDDEN,
        "this form is not from this page, or the sandbox was started anew: go back and reload",
    )
        .into_response()
}

/// Strict: `amount` is a text such as `"503.50"` or a JSON number.
async fn send(State(phone): State<Phone>, body: Bytes) -> Response {
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(&body) else {
        return error(
            StatusCode::BAD_REQUEST,
            "not_json",
            "the body must be a JSON object: from, to, amount",
        );
    };
    let text = |field: &str| match fields.get(field) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) if field == "amount" => Some(number.to_string()),
        _ => None,
    };
    let (Some(from), Some(to), Some(amount)) = (text("from"), text("to"), text("amount")) else {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "missing_field",
            "from, to and amount are needed",
        );
    };
    match phone.send(&from, &to, &amount) {
        Ok(sent) => (StatusCode::CREATED, Json(sent)).into_response(),
        Err(refused) => {
            let status = match refused {
                Refused::UnknownWallet(_) => StatusCode::NOT_FOUND,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            error(status, refused.code(), &refused.to_string())
        }
    }
}

async fn resend(State(phone): State<Phone>, Path(sms): Path<String>) -> Response {
    match again(&phone, &sms) {
        Ok(event_id) => (StatusCode::ACCEPTED, Json(json!({"event_id": event_id}))).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Why a message is not forwarded again.
enum NotAgain {
    Unknown,
    NoForwarder,
}

impl IntoResponse for NotAgain {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => error(
                StatusCode::NOT_FOUND,
                "unknown_message",
                "there is no such message",
            ),
            Self::NoForwarder => error(
                StatusCode::CONFLICT,
                "no_forwarder",
                "that phone has no forwarder app",
            ),
        }
    }
}

fn again(phone: &Phone, sms: &str) -> Result<String, NotAgain> {
    let message = phone
        .lock()
        .message(sms)
        .cloned()
        .ok_or(NotAgain::Unknown)?;
    if message.wallet_kind != Kind::Store {
        return Err(NotAgain::NoForwarder);
    }
    phone
        .start_forwarding(&message)
        .ok_or(NotAgain::NoForwarder)
}

async fn wallets(State(phone): State<Phone>) -> Json<Value> {
    let state = phone.lock();
    let view = |wallet: &crate::Wallet| {
        json!({
            "number": wallet.number,
            "name": wallet.name,
            "kind": wallet.kind,
            "balance_minor": wallet.balance_minor,
            "balance": sms::pounds(wallet.balance_minor),
        })
    };
    Json(state.wallets.iter().map(view).collect())
}

/// Opens a payer's wallet, for stories that need a person of their own: `{number, name, balance_minor}`.
async fn open_wallet(State(phone): State<Phone>, Json(new): Json<NewWallet>) -> Response {
    let digits = new.number.len() == 11 && new.number.bytes().all(|b| b.is_ascii_digit());
    if !digits || !new.number.starts_with("01") || new.balance_minor < 0 {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_wallet",
            "a wallet has a number 01XXXXXXXXX and no debt",
        );
    }
    let mut state = phone.lock();
    if state.wallet(&new.number).is_some() {
        return error(
            StatusCode::CONFLICT,
            "wallet_exists",
            "that number has a wallet",
        );
    }
    state.wallets.push(crate::Wallet {
        number: new.number,
        name: new.name,
        balance_minor: new.balance_minor,
        kind: Kind::Payer,
    });
    StatusCode::CREATED.into_response()
}

#[derive(Deserialize)]
struct NewWallet {
    number: String,
    name: String,
    balance_minor: i64,
}

async fn messages(State(phone): State<Phone>) -> Json<Value> {
    Json(json!(phone.lock().messages))
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (
        status,
        Json(json!({"error": {"code": code, "message": message}})),
    )
        .into_response()
}
