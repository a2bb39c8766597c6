//! What the customer sees: HTML that works without JavaScript, in both directions of writing.

use askama::Template;
use wharf_core::{Money, Phone};

use super::qr;
use super::standing::State;
use crate::rates::Rate;
use crate::setup::Place;
use crate::tables::quotes::Problem;
use crate::texts::{Language, Local};

/// What is offered for an invoice, and how its payment stands.
pub(super) struct Offer<'a> {
    pub language: Language,
    pub state: State,
    /// The transfer's number would spare the customer a person's approval.
    pub proving: bool,
    pub due: Money,
    pub rate: Rate,
    /// Where the wallets are, and what they hold.
    pub place: Place,
    pub asked: Money,
    /// At least one.
    pub wallets: Vec<WalletShown<'a>>,
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

/// A wallet that the money can be sent to.
pub(super) struct WalletShown<'a> {
    pub title: String,
    pub number: &'a Phone,
    /// The one of the offer.
    pub first: bool,
    /// Whether its messages tell the phone that the money comes from.
    pub tells_payers: bool,
    /// Whether its transaction numbers are digits alone.
    pub digits: bool,
}

/// What the newest claim said, and brought.
pub(super) struct Told<'a> {
    pub phone: &'a Phone,
    pub asked: Money,
    /// Nobody has decided about it in time.
    pub has_expired: bool,
    pub offered_until: Option<i64>,
    pub credited: Option<Money>,
    pub surplus: Option<Money>,
}

pub(super) fn offer(offer: &Offer<'_>) -> String {
    let language = offer.language;
    let words = Local {
        language,
        place: offer.place,
    };
    let (problem_code, problem_text) = offer.problem.map_or(("", String::new()), |problem| {
        PROBLEMS
            .iter()
            .find(|code| **code == problem.code)
            .map_or(("", String::new()), |code| (*code, words.text(code)))
    });
    let number = Number::of(offer, words);
    let page = BoxPage {
        t: language,
        lang: language.code(),
        dir: language.direction(),
        state: offer.state.name(),
        title: match offer.wallets.as_slice() {
            [only] => language.fill("title", &[("wallet", &only.title)]),
            _ => language.text("title_any").to_owned(),
        },
        notice: notice_of(offer),
        moving: offer.state.is_moving(),
        form: offer.state.takes_claims() || offer.proving,
        proving: offer.proving,
        correcting: matches!(offer.state, State::Waiting | State::Delayed)
            && offer.problem.is_none(),
        // What is to be told then is what was sent already.
        details: offer.state.takes_claims() && offer.state != State::Differs,
        due: offer.due.to_string(),
        rate: words.fill(
            "rate_value",
            &[
                ("currency", offer.due.currency.as_str()),
                ("rate", &offer.rate.to_string()),
            ],
        ),
        same_currency: offer.due.currency == offer.place.currency,
        amount: offer.asked.amount(),
        asked_minor: offer.asked.minor,
        money: words.money(),
        clock: words.text("clock"),
        phone_hint: words.text("phone_hint"),
        wallet: offer
            .wallets
            .first()
            .map(|wallet| wallet.number.national())
            .unwrap_or_default(),
        wallets: offer.wallets.iter().map(Drawn::of).collect(),
        quote: offer.quote,
        expires_at: offer.expires_at,
        expires: words.time(offer.expires_at),
        seconds_left: offer.expires_at.saturating_sub(offer.now).max(0) / 1_000,
        token: offer.token,
        action: offer.action,
        page: offer.page,
        problem_code,
        problem: problem_text,
        step_tell: language.text(number.step),
        number_label: language.text(number.label),
        number_hint: number.hint,
        number_needed: number.needed,
        number_problem: NUMBER_PROBLEMS.contains(&problem_code),
        digits: offer.wallets.iter().all(|wallet| wallet.digits),
        same_phone_hint: offer
            .told
            .as_ref()
            .map(|told| language.fill("same_phone_hint", &[("phone", &told.phone.masked())]))
            .unwrap_or_default(),
        same_phone: offer
            .told
            .as_ref()
            .filter(|_| offer.state.awaits())
            .map(|told| told.phone.masked())
            .unwrap_or_default(),
        typed_phone: offer.problem.map_or("", |problem| problem.phone.as_str()),
        typed_transaction: offer
            .problem
            .map_or("", |problem| problem.transaction.as_str()),
    };
    page.render()
        .unwrap_or_else(|_| notice_text(language.text("unavailable")))
}

/// How the operator's transaction number is asked for.
struct Number {
    step: &'static str,
    label: &'static str,
    hint: String,
    needed: bool,
}

impl Number {
    fn of(offer: &Offer<'_>, words: Local) -> Self {
        let silent: Vec<&str> = offer
            .wallets
            .iter()
            .filter(|wallet| !wallet.tells_payers)
            .map(|wallet| wallet.title.as_str())
            .collect();
        let of_silent = |text| {
            words.fill(
                text,
                &[("wallet", &silent.join(words.language.text("and_wallet")))],
            )
        };
        let (step, hint, needed) = if offer.proving {
            ("step_prove", words.text("transaction_hint_prove"), true)
        } else if offer.state == State::Differs {
            ("step_number", words.text("transaction_hint_differs"), true)
        } else if !silent.is_empty() && silent.len() == offer.wallets.len() {
            (
                "step_tell_after",
                of_silent("transaction_hint_needed"),
                true,
            )
        } else if silent.is_empty() {
            ("step_tell", words.text("transaction_hint"), false)
        } else {
            let hint = words.text("transaction_hint");
            (
                "step_tell",
                format!("{hint} {}", of_silent("transaction_hint_some")),
                false,
            )
        };
        Self {
            step,
            label: if needed {
                "transaction_label_needed"
            } else {
                "transaction_label"
            },
            hint,
            needed,
        }
    }
}

/// Heading and text of how it stands.
fn notice_of(offer: &Offer<'_>) -> Option<(String, String)> {
    let told = offer.told.as_ref()?;
    let (title, text) = match offer.state {
        State::New => return None,
        State::Waiting => ("waiting_title", "waiting_text"),
        State::Overdue => ("overdue_title", "overdue_text"),
        State::Delayed => ("delayed_title", "delayed_text"),
        State::Expired => ("expired_title", "expired_text"),
        State::Differs => ("differs_title", "differs_text"),
        State::Crediting => ("crediting_title", "crediting_text"),
        State::Held if told.has_expired && offer.proving => ("held_title", "held_expired_prove"),
        State::Held if told.has_expired => ("held_title", "held_expired"),
        State::Held if offer.proving => ("held_title", "held_text_prove"),
        State::Held => ("held_title", "held_text"),
        State::Rejected => ("rejected_title", "rejected"),
        State::Reversed => ("reversed_title", "reversed"),
        State::Observed => ("observed_title", "observed"),
        State::Partial => ("partial_title", "partial_text"),
        State::Late => ("partial_title", "late_text"),
        State::Credited => ("partial_title", "on_account_text"),
        State::Paid => ("paid_title", "paid_text"),
        State::Over => ("paid_title", "over_text"),
    };
    let words = Local {
        language: offer.language,
        place: offer.place,
    };
    let money = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
    let parts: [(&str, &str); 5] = [
        ("amount", &told.asked.amount()),
        ("phone", &isolated(&told.phone.masked())),
        (
            "time",
            &told
                .offered_until
                .map(|at| words.time(at))
                .unwrap_or_default(),
        ),
        ("credit", &money(told.credited)),
        ("surplus", &money(told.surplus)),
    ];
    Some((words.fill(title, &parts), words.fill(text, &parts)))
}

/// A wallet as the page draws it.
struct Drawn {
    title: String,
    number: String,
    qr: String,
}

impl Drawn {
    fn of(wallet: &WalletShown<'_>) -> Self {
        let number = wallet.number.national();
        Self {
            title: wallet.title.clone(),
            qr: qr::picture(&number),
            number,
        }
    }
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
    /// The form asks for nothing but the transaction number.
    proving: bool,
    /// The form is folded away under "correct the number".
    correcting: bool,
    details: bool,
    due: String,
    rate: String,
    same_currency: bool,
    amount: String,
    asked_minor: i64,
    money: String,
    clock: String,
    phone_hint: String,
    /// The number of the first.
    wallet: String,
    wallets: Vec<Drawn>,
    quote: &'a str,
    expires_at: i64,
    expires: String,
    seconds_left: i64,
    token: &'a str,
    action: &'a str,
    page: &'a str,
    problem_code: &'a str,
    problem: String,
    step_tell: &'static str,
    number_label: &'static str,
    number_hint: String,
    number_needed: bool,
    number_problem: bool,
    digits: bool,
    /// Masked; the number that counts where none is typed.
    same_phone_hint: String,
    same_phone: String,
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

/// Between Arabic words the parts of a masked number would change places.
fn isolated(text: &str) -> String {
    format!("\u{2066}{text}\u{2069}")
}

const NUMBER_PROBLEMS: [&str; 6] = [
    "problem_transaction",
    "problem_number_needed",
    "problem_unproven",
    "problem_used",
    "problem_rejected",
    "problem_reversed",
];
const PROBLEMS: &[&str] = &[
    "problem_phone",
    "problem_transaction",
    "problem_number_needed",
    "problem_unproven",
    "problem_used",
    "problem_rejected",
    "problem_reversed",
    "problem_too_many",
    "problem_too_many_day",
    "problem_expired",
];
