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
    /// What the page's script says that it shows.
    pub was: &'a str,
    /// The transfer's number would spare the customer a person's approval.
    pub proving: bool,
    /// Where the wallets are, and what they hold.
    pub place: Place,
    /// Epoch milliseconds.
    pub now: i64,
    /// Those that take the money; none where the store takes no payments at the moment.
    pub wallets: Vec<WalletShown<'a>>,
    /// `None`: there is no offer, and none can be made.
    pub sending: Option<Sending<'a>>,
    /// Whether more may be sent on it.
    pub is_open: bool,
    /// About what was told, or will be.
    pub first: Asking<'a>,
    /// Whether there is an offer that it can be about.
    pub takes_first: bool,
    /// About the new offer, where the first is about what was told on another.
    pub second: Option<Asking<'a>>,
    pub action: &'a str,
    pub page: &'a str,
    pub told: Option<Told<'a>>,
}

/// What can be sent.
pub(super) struct Sending<'a> {
    pub due: Money,
    pub rate: Rate,
    pub asked: Money,
    pub quote: &'a str,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

/// A form that asks what was sent.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub token: &'a str,
    /// Why what was typed last was not taken.
    pub problem: Option<&'a Problem>,
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
    /// It takes longer than usual.
    pub is_overdue: bool,
    /// The whole transaction number that it names; else empty.
    pub number: &'a str,
    /// Nobody has decided about it in time.
    pub has_expired: bool,
    /// Whether another amount has arrived, from an operator that gives no transaction numbers.
    pub is_numberless: bool,
    pub offered_until: Option<i64>,
    pub credited: Option<Money>,
    pub surplus: Option<Money>,
}

pub(super) fn offer(offer: &Offer<'_>) -> String {
    drawn(offer).unwrap_or_else(|_| notice_text(offer.language.text("unavailable")))
}

fn drawn(offer: &Offer<'_>) -> askama::Result<String> {
    let language = offer.language;
    let words = offer.words();
    let first = match offer.takes_first && (offer.state.takes_claims() || offer.proving) {
        true => Some(ClaimForm::first(offer).render()?),
        false => None,
    };
    let second = match &offer.second {
        Some(asking) => Some(ClaimForm::anew(offer, *asking).render()?),
        None => None,
    };
    let sending = offer.sending.as_ref();
    let due = sending.map(|sending| sending.due);
    let expires_at = sending.map_or(offer.now, |sending| sending.expires_at);
    let page = BoxPage {
        t: language,
        lang: language.code(),
        dir: language.direction(),
        state: offer.state.name(),
        was: offer.was,
        title: match offer.wallets.as_slice() {
            [only] => language.fill("title", &[("wallet", &only.title)]),
            _ => language.text("title_any").to_owned(),
        },
        notice: notice_of(offer),
        moving: offer.state.is_moving(),
        correcting: matches!(offer.state, State::Waiting | State::Delayed)
            && offer.first.problem.is_none(),
        first,
        retrying: offer.second.is_some_and(|asking| asking.problem.is_some()),
        second,
        details: offer.may_send(),
        folded: matches!(offer.state, State::Overdue | State::Delayed),
        anew: match offer.state {
            State::Rejected => "pay_anew",
            _ => "unsent_pay",
        },
        due: due.map(|due| due.to_string()).unwrap_or_default(),
        rate: sending
            .map(|sending| {
                let (currency, rate) = (sending.due.currency.as_str(), sending.rate.to_string());
                words.fill("rate_value", &[("currency", currency), ("rate", &rate)])
            })
            .unwrap_or_default(),
        same_currency: due.is_some_and(|due| due.currency == offer.place.currency),
        amount: sending
            .map(|sending| sending.asked.amount())
            .unwrap_or_default(),
        asked_minor: sending.map_or(0, |sending| sending.asked.minor),
        money: words.money(),
        clock: words.text("clock"),
        wallet: offer
            .wallets
            .first()
            .map(|wallet| wallet.number.national())
            .unwrap_or_default(),
        wallets: offer.wallets.iter().map(Drawn::of).collect(),
        quote: sending.map_or("", |sending| sending.quote),
        expires_at,
        expires: words.time(expires_at),
        seconds_left: expires_at.saturating_sub(offer.now).max(0) / 1_000,
        token: offer.first.token,
        action: offer.action,
        page: offer.page,
    };
    page.render()
}

impl Offer<'_> {
    fn words(&self) -> Local {
        Local {
            language: self.language,
            place: self.place,
        }
    }

    /// Whether the page says what to send, and where to. What is to be told of another amount is what was sent already.
    fn may_send(&self) -> bool {
        let holds = |sending: &Sending<'_>| sending.expires_at > self.now;
        self.is_open
            && !self.wallets.is_empty()
            && self.sending.as_ref().is_some_and(holds)
            && self.state.takes_claims()
            && self.state != State::Differs
    }

    /// The wallets whose messages do not say who sends, as one text; whether they are all.
    fn silent(&self) -> Option<(String, bool)> {
        let silent: Vec<&str> = self
            .wallets
            .iter()
            .filter(|wallet| !wallet.tells_payers)
            .map(|wallet| wallet.title.as_str())
            .collect();
        let all = silent.len() == self.wallets.len();
        let titles = silent.join(self.language.text("and_wallet"));
        (!silent.is_empty()).then_some((titles, all))
    }

    /// Masked, for the customer who need not type it again.
    fn told_phone(&self) -> Option<String> {
        let told = self.told.as_ref().filter(|_| self.state.awaits());
        told.map(|told| told.phone.masked())
    }
}

impl<'a> ClaimForm<'a> {
    fn first(offer: &'a Offer<'_>) -> Self {
        let number_alone = offer.proving || offer.state == State::Unfound;
        Self::new(offer, offer.first, Number::of(offer), number_alone, "")
    }

    fn anew(offer: &'a Offer<'_>, asking: Asking<'a>) -> Self {
        Self::new(offer, asking, Number::of_new(offer), false, "-anew")
    }

    fn new(
        offer: &'a Offer<'_>,
        asking: Asking<'a>,
        number: Number,
        number_alone: bool,
        suffix: &'static str,
    ) -> Self {
        let language = offer.language;
        let words = offer.words();
        let problem = asking.problem;
        let code = problem.and_then(|problem| {
            let mut known = PROBLEMS.iter().copied();
            known.find(|code| *code == problem.code)
        });
        let is_among = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
        let at_phone = !number_alone && is_among(&PHONE_PROBLEMS);
        let same_phone = offer.told_phone().filter(|_| suffix.is_empty());
        Self {
            suffix,
            action: offer.action,
            token: asking.token,
            number_alone,
            step: match offer.state {
                State::Waiting | State::Delayed if problem.is_none() && suffix.is_empty() => "",
                _ => language.text(number.step),
            },
            phone_label: language.text("phone_label"),
            phone_hint: match &same_phone {
                Some(phone) => language.fill("same_phone_hint", &[("phone", phone)]),
                None => words.text("phone_hint"),
            },
            same_phone: same_phone.unwrap_or_default(),
            number_label: language.text(if number.needed {
                "transaction_label_needed"
            } else {
                "transaction_label"
            }),
            number_hint: number.hint,
            number_needed: number.needed,
            digits: !offer.wallets.is_empty() && offer.wallets.iter().all(|wallet| wallet.digits),
            problem: code.map(|code| words.text(code)).unwrap_or_default(),
            at_phone,
            at_number: is_among(&NUMBER_PROBLEMS),
            typed_phone: problem.map_or("", |problem| problem.phone.as_str()),
            typed_transaction: problem.map_or("", |problem| problem.transaction.as_str()),
            submit: language.text(if number_alone {
                "submit_number"
            } else {
                "submit"
            }),
        }
    }
}

/// How the operator's transaction number is asked for.
struct Number {
    step: &'static str,
    hint: String,
    needed: bool,
}

impl Number {
    fn of(offer: &Offer<'_>) -> Self {
        let words = offer.words();
        let (step, hint) = match offer.state {
            _ if offer.proving => ("step_prove", "transaction_hint_prove"),
            State::Differs | State::Unfound => ("step_number", "transaction_hint_differs"),
            State::Expired | State::Overdue => {
                return Self {
                    step: "step_told",
                    ..Self::of_new(offer)
                };
            }
            _ => return Self::of_new(offer),
        };
        Self {
            step,
            hint: words.text(hint),
            needed: true,
        }
    }

    /// Of money that need not be sent yet.
    fn of_new(offer: &Offer<'_>) -> Self {
        let words = offer.words();
        let of_silent = |text, wallets: &str| words.fill(text, &[("wallet", wallets)]);
        match offer.silent() {
            Some((wallets, true)) => Self {
                step: "step_tell_after",
                hint: of_silent("transaction_hint_needed", &wallets),
                needed: true,
            },
            Some((wallets, false)) => Self {
                step: "step_tell",
                hint: format!(
                    "{} {}",
                    words.text("transaction_hint"),
                    of_silent("transaction_hint_some", &wallets)
                ),
                needed: false,
            },
            None => Self {
                step: "step_tell",
                hint: words.text("transaction_hint"),
                needed: false,
            },
        }
    }
}

/// Heading and text of how it stands.
fn notice_of(offer: &Offer<'_>) -> Option<(String, String)> {
    let told = offer.told.as_ref()?;
    let (title, text) = match offer.state {
        State::New => return None,
        State::Waiting => ("waiting_title", "waiting_text"),
        State::Delayed => ("delayed_title", "delayed_text"),
        State::Expired if !told.is_overdue => ("expired_title", "expired_text"),
        State::Overdue | State::Expired => ("overdue_title", "overdue_text"),
        State::Unfound if !told.number.is_empty() => ("unfound_title", "unfound_number_text"),
        State::Unfound => ("unfound_title", "unfound_text"),
        State::Differs if told.is_numberless => ("differs_title", "differs_text_held"),
        State::Differs => ("differs_title", "differs_text"),
        State::Crediting => ("crediting_title", "crediting_text"),
        State::Held if told.has_expired && offer.proving => ("held_title", "held_expired_prove"),
        State::Held if told.has_expired => ("held_title", "held_expired"),
        State::Held if offer.proving => ("held_title", "held_text_prove"),
        State::Held => ("held_title", "held_text"),
        State::Rejected => ("rejected_title", "rejected_text"),
        State::Reversed => ("reversed_title", "reversed"),
        State::Observed => ("observed_title", "observed"),
        State::Partial => ("partial_title", "partial_text"),
        State::Late => ("partial_title", "late_text"),
        State::Credited => ("partial_title", "on_account_text"),
        State::Paid => ("paid_title", "paid_text"),
        State::Over => ("paid_title", "over_text"),
    };
    let may_send = offer.may_send();
    let more = match offer.state {
        State::Partial | State::Late if may_send => Some("rest_text"),
        State::Partial | State::Late => Some("rest_elsewhere"),
        State::Expired if may_send && told.number.is_empty() => Some(match told.is_overdue {
            true => "unsent_ended",
            false => "unsent",
        }),
        _ => None,
    };
    // Such a message is found by its number alone.
    let silent = offer.silent().filter(|_| {
        told.number.is_empty()
            && matches!(
                offer.state,
                State::Waiting | State::Overdue | State::Delayed | State::Expired
            )
    });
    let words = offer.words();
    let money = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
    let until = told
        .offered_until
        .map(|at| words.time_or_day(at, offer.now))
        .unwrap_or_default();
    let parts: [(&str, &str); 7] = [
        ("number", &isolated(told.number)),
        ("amount", &told.asked.amount()),
        ("phone", &isolated(&told.phone.masked())),
        ("time", &isolated(&until)),
        ("credit", &money(told.credited)),
        ("surplus", &money(told.surplus)),
        (
            "wallet",
            silent.as_ref().map_or("", |(wallets, _)| wallets.as_str()),
        ),
    ];
    let texts = [Some(text), silent.as_ref().map(|_| "silent_text"), more];
    let text: Vec<String> = texts
        .into_iter()
        .flatten()
        .map(|text| words.fill(text, &parts))
        .collect();
    Some((words.fill(title, &parts), text.join(" ")))
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
    was: &'a str,
    title: String,
    notice: Option<(String, String)>,
    moving: bool,
    /// What was sent is asked for; HTML.
    first: Option<String>,
    /// The form is folded away under "correct the number".
    correcting: bool,
    /// Folded away with the new offer, for who has not sent yet; HTML.
    second: Option<String>,
    /// What was typed there is to be corrected.
    retrying: bool,
    /// What to send, and where to.
    details: bool,
    /// Whether it is folded away: it was sent, as far as is known.
    folded: bool,
    /// What stands on the fold; a text's name.
    anew: &'static str,
    due: String,
    rate: String,
    same_currency: bool,
    amount: String,
    asked_minor: i64,
    money: String,
    clock: String,
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
}

/// The fields that say what was sent.
#[derive(Template)]
#[template(path = "box_form.html")]
struct ClaimForm<'a> {
    /// Of the names of its elements.
    suffix: &'static str,
    action: &'a str,
    token: &'a str,
    /// It asks for nothing but the transaction number.
    number_alone: bool,
    /// Empty: it stands under a heading of its own.
    step: &'static str,
    phone_label: &'static str,
    phone_hint: String,
    /// Masked; the number that counts where none is typed.
    same_phone: String,
    number_label: &'static str,
    number_hint: String,
    number_needed: bool,
    digits: bool,
    /// Why what was typed last was not taken; empty: it was.
    problem: String,
    at_phone: bool,
    at_number: bool,
    typed_phone: &'a str,
    typed_transaction: &'a str,
    submit: &'static str,
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

const NUMBER_PROBLEMS: [&str; 7] = [
    "observed",
    "problem_transaction",
    "problem_number_needed",
    "problem_unproven",
    "problem_used",
    "problem_rejected",
    "problem_reversed",
];
const PHONE_PROBLEMS: [&str; 2] = ["problem_phone", "own_number"];
const PROBLEMS: &[&str] = &[
    "problem_phone",
    "own_number",
    "problem_transaction",
    "problem_number_needed",
    "problem_unproven",
    "problem_used",
    "problem_rejected",
    "problem_reversed",
    "observed",
    "problem_too_many",
    "problem_too_many_day",
    "problem_expired",
];
