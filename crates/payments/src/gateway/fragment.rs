//! What the customer sees: HTML that works without JavaScript, in both directions of writing.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use qrcode::QrCode;
use qrcode::render::svg;
use wharf_core::{Money, Phone};

use super::standing::State;
use crate::rates::Rate;
use crate::tables::quotes::Problem;
use crate::texts::Language;

/// What is offered for an invoice, and how its payment stands.
pub(super) struct Offer<'a> {
    pub language: Language,
    pub state: State,
    pub due: Money,
    pub rate: Rate,
    pub piastres: i64,
    pub wallet_title: &'a str,
    pub wallet: &'a Phone,
    pub quote: &'a str,
    /// Epoch milliseconds.
    pub expires_at: i64,
    pub now: i64,
    pub token: &'a str,
    pub action: &'a str,
    pub page: &'a str,
    pub problem: Option<&'a Problem>,
    pub told: Option<Told<'a>>,
}

/// What the newest claim said, and brought.
pub(super) struct Told<'a> {
    pub phone: &'a Phone,
    pub credited: Option<Money>,
}

pub(super) fn offer(offer: &Offer<'_>) -> String {
    let language = offer.language;
    let amount = Money::new(offer.piastres, wharf_core::Currency::EGP).amount();
    let phone = offer
        .told
        .as_ref()
        .map(|told| told.phone.masked())
        .unwrap_or_default();
    let credited = offer
        .told
        .as_ref()
        .and_then(|told| told.credited)
        .map(|credit| credit.to_string())
        .unwrap_or_default();
    let parts = [("amount", amount.as_str()), ("phone", phone.as_str())];
    let of_credit = [("amount", credited.as_str())];
    let notice = match offer.state {
        State::New => None,
        State::Waiting => Some((
            language.text("waiting_title").to_owned(),
            language.fill("waiting_text", &parts),
        )),
        State::Differs => Some((
            language.text("differs_title").to_owned(),
            language.fill("differs_text", &parts),
        )),
        State::Crediting => Some((
            language.text("crediting_title").to_owned(),
            language.text("crediting_text").to_owned(),
        )),
        State::Held => Some((
            language.text("held_title").to_owned(),
            language.text("held_text").to_owned(),
        )),
        State::Partial => Some((
            language.fill("partial_title", &of_credit),
            language.text("partial_text").to_owned(),
        )),
        State::Credited => Some((
            language.fill("partial_title", &of_credit),
            language.text("on_account_text").to_owned(),
        )),
        State::Paid => Some((
            language.text("paid_title").to_owned(),
            language.fill("paid_text", &of_credit),
        )),
    };
    let (problem_code, problem_text) = offer.problem.map_or(("", ""), |problem| {
        PROBLEMS
            .iter()
            .find(|code| **code == problem.code)
            .map_or(("", ""), |code| (*code, language.text(code)))
    });
    let page = BoxPage {
        t: language,
        lang: language.code(),
        dir: language.direction(),
        state: offer.state.name(),
        title: language.fill("title", &[("wallet", offer.wallet_title)]),
        notice,
        moving: offer.state.is_moving(),
        form: offer.state.takes_claims(),
        correcting: matches!(offer.state, State::Waiting) && offer.problem.is_none(),
        details: !matches!(offer.state, State::Crediting | State::Held | State::Paid),
        due: offer.due.to_string(),
        rate: language.fill(
            "rate_value",
            &[
                ("currency", offer.due.currency.as_str()),
                ("rate", &offer.rate.to_string()),
            ],
        ),
        same_currency: offer.due.currency == wharf_core::Currency::EGP,
        amount,
        piastres: offer.piastres,
        wallet: offer.wallet.national(),
        qr: qr(&offer.wallet.national()),
        quote: offer.quote,
        expires_at: offer.expires_at,
        expires: local_time(offer.expires_at),
        seconds_left: offer.expires_at.saturating_sub(offer.now).max(0) / 1_000,
        token: offer.token,
        action: offer.action,
        page: offer.page,
        phone_problem: if problem_code == "problem_phone" {
            problem_text
        } else {
            ""
        },
        transaction_problem: if problem_code == "problem_transaction" {
            problem_text
        } else {
            ""
        },
        other_problem: if matches!(problem_code, "problem_phone" | "problem_transaction") {
            ""
        } else {
            problem_text
        },
        typed_phone: offer.problem.map_or("", |problem| problem.phone.as_str()),
        typed_transaction: offer
            .problem
            .map_or("", |problem| problem.transaction.as_str()),
    };
    page.render()
        .unwrap_or_else(|_| notice_text(language.text("unavailable")))
}

/// A box with one sentence.
pub(super) fn notice(language: Language, text: &str) -> String {
    let page = Notice {
        lang: language.code(),
        dir: language.direction(),
        text,
    };
    page.render().unwrap_or_else(|_| notice_text(text))
}

/// A whole page with one sentence.
pub(super) fn notice_page(language: Language, text: &'static str) -> String {
    let text = language.text(text);
    let page = NoticePage {
        lang: language.code(),
        dir: language.direction(),
        text,
    };
    page.render().unwrap_or_else(|_| notice_text(text))
}

#[derive(Template)]
#[template(path = "box.html")]
struct BoxPage<'a> {
    t: Language,
    lang: &'static str,
    dir: &'static str,
    state: &'static str,
    title: String,
    notice: Option<(String, String)>,
    moving: bool,
    form: bool,
    /// The form is folded away under "correct the number".
    correcting: bool,
    details: bool,
    due: String,
    rate: String,
    same_currency: bool,
    amount: String,
    piastres: i64,
    wallet: String,
    qr: String,
    quote: &'a str,
    expires_at: i64,
    expires: String,
    seconds_left: i64,
    token: &'a str,
    action: &'a str,
    page: &'a str,
    phone_problem: &'a str,
    transaction_problem: &'a str,
    other_problem: &'a str,
    typed_phone: &'a str,
    typed_transaction: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    lang: &'static str,
    dir: &'static str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "notice_page.html")]
struct NoticePage<'a> {
    lang: &'static str,
    dir: &'static str,
    text: &'a str,
}

/// The last resort: our own sentences hold no markup.
fn notice_text(text: &str) -> String {
    format!("<p>{text}</p>")
}

/// An inline picture of a number; empty if it cannot be drawn.
fn qr(text: &str) -> String {
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(132, 132)
        .dark_color(svg::Color("#111"))
        .light_color(svg::Color("#fff"))
        .build();
    // Inside HTML it has no XML declaration.
    drawn
        .find("<svg")
        .and_then(|start| drawn.get(start..))
        .map(str::to_owned)
        .unwrap_or_default()
}

fn local_time(at: i64) -> String {
    let zone = TimeZone::get("Africa/Cairo").unwrap_or(TimeZone::fixed(Offset::constant(2)));
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone).strftime("%H:%M").to_string()
}

const PROBLEMS: &[&str] = &[
    "problem_phone",
    "problem_transaction",
    "problem_too_many",
    "problem_expired",
];
