//! The page: wallets, the form, the messages.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use minijinja::{Environment, context};

use crate::state::DeliveryState;
use crate::{Kind, Phone, sms};

/// What the last form came to.
#[derive(Debug, Default)]
pub struct Notice {
    /// The operation number of what was sent.
    pub sent: Option<String>,
    pub error: Option<String>,
    /// `from`, `to`, `amount` as typed, so that nobody types them twice.
    pub form: Option<(String, String, String)>,
}

impl Notice {
    pub fn sent(operation: Option<String>) -> Self {
        Self {
            sent: operation,
            ..Self::default()
        }
    }
}

pub fn home(phone: &Phone, notice: &Notice, status: StatusCode) -> Response {
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
                balance => sms::pounds(wallet.balance_minor),
            }
        })
        .collect();
    let messages: Vec<_> = state
        .messages
        .iter()
        .rev()
        .take(SHOWN)
        .map(|message| context! {
            message => message,
            store => message.wallet_kind == Kind::Store,
            at => sms::cairo_iso(Timestamp::from_millisecond(message.at_ms).unwrap_or_default()),
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
    let payer = payer
        .map(|wallet| wallet.number.clone())
        .unwrap_or_default();
    let (from, to, amount) = notice
        .form
        .clone()
        .unwrap_or_else(|| (payer, String::new(), String::new()));
    let mut pages = Environment::new();
    pages.add_template("look.css", include_str!("../../registry/look/look.css"))?;
    pages.add_template("base.html", include_str!("../../registry/look/base.html"))?;
    pages.add_template("home.html", include_str!("../templates/home.html"))?;
    pages.get_template("home.html")?.render(context! {
        wallets, messages, waiting, from, to, amount,
        token => &*phone.form_token,
        sent => notice.sent,
        error => notice.error,
        forwards => phone.forward.is_some(),
    })
}

const SHOWN: usize = 40;
