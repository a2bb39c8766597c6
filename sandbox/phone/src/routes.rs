//! The way in, for programs; [`pages`](crate::pages) has the forms.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::events::Refused;
use crate::forge::Forge;
use crate::operators::{Event, Operator, plain};
use crate::state::{Message, Order};
use crate::{App, Kind, Phone, pages};

pub fn routes() -> Router<Phone> {
    Router::new()
        .route("/api/send", post(send))
        .route("/api/event", post(event))
        .route("/api/reverse/{sms}", post(reverse))
        .route("/api/resend/{sms}", post(resend))
        .route("/api/export", post(export))
        .route("/api/forge", post(forge))
        .route("/api/heartbeat", post(heartbeat))
        .route("/_sandbox/phone", get(device).post(set_device))
        .route("/_sandbox/wallets", get(wallets).post(open_wallet))
        .route("/_sandbox/wallets/{number}", post(set_wallet))
        .route("/_sandbox/messages", get(messages))
        .merge(pages::routes())
}

/// Strict: `amount` is a text such as `"503.50"` or a JSON number.
async fn send(State(phone): State<Phone>, body: Bytes) -> Response {
    let fields = match fields(&body, "from, to, amount") {
        Ok(fields) => fields,
        Err(wrong) => return wrong.into_response(),
    };
    let (Some(from), Some(to), Some(amount)) = (
        text(&fields, "from"),
        text(&fields, "to"),
        text(&fields, "amount"),
    ) else {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "missing_field",
            "from, to and amount are needed",
        );
    };
    match phone.send(&from, &to, &amount, text(&fields, "text").as_deref()) {
        Ok(sent) => (StatusCode::CREATED, Json(sent)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn event(State(phone): State<Phone>, body: Bytes) -> Response {
    let fields = match fields(&body, "wallet, event, amount") {
        Ok(fields) => fields,
        Err(wrong) => return wrong.into_response(),
    };
    let event = text(&fields, "event");
    let event = Event::MADE
        .into_iter()
        .find(|known| event.as_deref() == Some(known.name()));
    let (Some(wallet), Some(event)) = (text(&fields, "wallet"), event) else {
        let known = Event::MADE.map(Event::name).join(", ");
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "missing_field",
            &format!("wallet and event are needed; event is one of {known}"),
        );
    };
    let amount = text(&fields, "amount").unwrap_or_default();
    match phone.happen(&wallet, event, &amount) {
        Ok(happened) => (StatusCode::CREATED, Json(happened)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn reverse(State(phone): State<Phone>, Path(sms): Path<String>) -> Response {
    match phone.reverse(&sms) {
        Ok(happened) => (StatusCode::CREATED, Json(happened)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn resend(State(phone): State<Phone>, Path(sms): Path<String>) -> Response {
    match again(&phone, &sms) {
        Ok(event_id) => (StatusCode::ACCEPTED, Json(json!({"event_id": event_id}))).into_response(),
        Err(refused) => refused.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    hours: u32,
}

async fn export(State(phone): State<Phone>, body: Bytes) -> Response {
    match read::<Export>(&body) {
        Ok(order) => {
            let events = phone.export(order.hours);
            (StatusCode::ACCEPTED, Json(json!({"event_ids": events}))).into_response()
        }
        Err(wrong) => wrong.into_response(),
    }
}

async fn forge(State(phone): State<Phone>, body: Bytes) -> Response {
    let order = match read::<Forge>(&body) {
        Ok(order) => order,
        Err(wrong) => return wrong.into_response(),
    };
    match phone.forge(&order).await {
        Ok(sms_id) => (StatusCode::CREATED, Json(json!({"sms_id": sms_id}))).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn heartbeat(State(phone): State<Phone>) -> Response {
    match phone.beat().await {
        Some(answer) => Json(json!({ "answer": answer })).into_response(),
        None => error(
            StatusCode::CONFLICT,
            "no_heartbeat",
            "the app has no such message, or no network",
        ),
    }
}

async fn device(State(phone): State<Phone>) -> Json<Value> {
    let state = phone.lock();
    let mut shown = json!(state.device);
    if let Some(fields) = shown.as_object_mut() {
        let apps: Vec<&str> = phone.forwards.iter().map(|f| f.app.name()).collect();
        fields.insert("apps".to_owned(), json!(apps));
        fields.insert("waiting".to_owned(), state.device.waiting.len().into());
    }
    Json(shown)
}

/// What shall change; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeviceChange {
    pub app: Option<App>,
    pub online: Option<bool>,
    /// With `online`: how what has waited goes out.
    pub order: Order,
    pub clock_off_seconds: Option<i64>,
    pub duplicates: Option<u32>,
}

async fn set_device(State(phone): State<Phone>, body: Bytes) -> Response {
    match read::<DeviceChange>(&body).map(|change| phone.turn(&change)) {
        Ok(Ok(())) => device(State(phone)).await.into_response(),
        Ok(Err(text)) => error(StatusCode::UNPROCESSABLE_ENTITY, "not_set", &text),
        Err(wrong) => wrong.into_response(),
    }
}

impl Phone {
    /// Sets the stores' phone.
    pub(crate) fn turn(&self, change: &DeviceChange) -> Result<(), String> {
        if let Some(app) = change.app
            && !self.forwards.iter().any(|forward| forward.app == app)
        {
            return Err(format!("{} is not installed on this phone", app.title()));
        }
        let off = change.clock_off_seconds.unwrap_or_default();
        if off.abs() > MOST_OFF {
            return Err("a clock is off by 400 days at most".to_owned());
        }
        if change.duplicates.unwrap_or_default() > MOST_DUPLICATES {
            return Err(format!("at most {MOST_DUPLICATES} duplicates"));
        }
        let mut state = self.lock();
        let device = &mut state.device;
        device.app = change.app.unwrap_or(device.app);
        device.online = change.online.unwrap_or(device.online);
        device.clock_off_seconds = change.clock_off_seconds.unwrap_or(device.clock_off_seconds);
        device.duplicates = change.duplicates.unwrap_or(device.duplicates);
        drop(state);
        if change.online == Some(true) {
            self.start_waiting(change.order);
        }
        Ok(())
    }

    /// Forwards the stores' messages of the last hours once more, oldest first.
    pub(crate) fn export(&self, hours: u32) -> Vec<String> {
        let since = self.clock.now_ms() - i64::from(hours) * 3_600_000;
        let kept: Vec<Message> = self
            .lock()
            .messages
            .iter()
            .filter(|message| message.is_on_the_stores_phone() && message.at_ms >= since)
            .cloned()
            .collect();
        self.start_export(&kept)
    }
}

/// Why a message is not forwarded again.
pub(crate) enum NotAgain {
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

pub(crate) fn again(phone: &Phone, sms: &str) -> Result<String, NotAgain> {
    let message = phone
        .lock()
        .message(sms)
        .cloned()
        .ok_or(NotAgain::Unknown)?;
    if !message.is_on_the_stores_phone() {
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
            "operator": wallet.operator,
            "currency": wallet.operator.currency(),
            "text": wallet.operator.text(&wallet.text),
            "balance_minor": wallet.balance_minor,
            "balance": plain(wallet.balance_minor),
        })
    };
    Json(state.wallets.iter().map(view).collect())
}

#[derive(Deserialize)]
struct NewWallet {
    number: String,
    name: String,
    balance_minor: i64,
    #[serde(default = "vodafone")]
    operator: Operator,
}

fn vodafone() -> Operator {
    Operator::VodafoneCash
}

/// Opens a payer's wallet, for stories that need a person of their own: `{number, name, balance_minor, operator?}`.
async fn open_wallet(State(phone): State<Phone>, Json(new): Json<NewWallet>) -> Response {
    if !new.operator.has_number(&new.number) || new.balance_minor < 0 {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_wallet",
            "a wallet has a number of its operator's country (01XXXXXXXXX, Kenya 07XXXXXXXX) and no debt",
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
        operator: new.operator,
        text: String::new(),
    });
    StatusCode::CREATED.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WalletChange {
    text: String,
}

async fn set_wallet(
    State(phone): State<Phone>,
    Path(number): Path<String>,
    body: Bytes,
) -> Response {
    match read::<WalletChange>(&body).map(|change| phone.choose_text(&number, &change.text)) {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(refused)) => refused.into_response(),
        Err(wrong) => wrong.into_response(),
    }
}

impl Phone {
    /// Which of its operator's texts a wallet gets from now on.
    pub(crate) fn choose_text(&self, number: &str, text: &str) -> Result<(), Refused> {
        let mut state = self.lock();
        let wallet = state
            .wallets
            .iter_mut()
            .find(|wallet| wallet.number == number)
            .ok_or_else(|| Refused::UnknownWallet(number.chars().take(40).collect()))?;
        if !wallet.operator.texts().contains(&text) {
            return Err(Refused::UnknownText(text.chars().take(40).collect()));
        }
        wallet.text = text.to_owned();
        Ok(())
    }
}

async fn messages(State(phone): State<Phone>) -> Json<Value> {
    Json(json!(phone.lock().messages))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownWallet(_) | Self::UnknownMessage => StatusCode::NOT_FOUND,
            Self::NotReversible => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        error(status, self.code(), &self.to_string())
    }
}

fn fields(body: &Bytes, wanted: &str) -> Result<Map<String, Value>, Wrong> {
    serde_json::from_slice(body).map_err(|_| Wrong {
        status: StatusCode::BAD_REQUEST,
        code: "not_json",
        message: format!("the body must be a JSON object: {wanted}"),
    })
}

fn text(fields: &Map<String, Value>, field: &str) -> Option<String> {
    match fields.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if field == "amount" => Some(number.to_string()),
        _ => None,
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|wrong| Wrong {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "not_understood",
        message: wrong.to_string(),
    })
}

/// A body that cannot be read.
struct Wrong {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        error(self.status, self.code, &self.message)
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (
        status,
        Json(json!({"error": {"code": code, "message": message}})),
    )
        .into_response()
}

const MOST_OFF: i64 = 400 * 86_400;
const MOST_DUPLICATES: u32 = 100;
