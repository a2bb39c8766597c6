//! An operator's own matters: logging out, here and everywhere, and the password.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use wharf_core::Secret;
use wharf_payments::pages::Fragment;

use super::browser::{see_other, set_cookie};
use super::frame::Words;
use super::operators::{OperatorError, Role};
use super::payments::payments;
use super::signed::{Posted, SESSION, Signed, chain, to_start};
use super::{Staff, tables};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/logout", get(to_start).post(leave))
        .route("/logout-everywhere", post(leave_everywhere))
        .route("/account", get(account).post(change_password))
        .route("/operators", get(operators))
}

async fn leave(State(app): State<App>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, .. } = posted;
    let left = staff.sessions.leave(&signed.session, &signed.source).await;
    gone(staff, &signed, left).await
}

async fn leave_everywhere(State(app): State<App>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, .. } = posted;
    let left = staff
        .sessions
        .leave_everywhere(&signed.session, &signed.source)
        .await;
    gone(staff, &signed, left).await
}

async fn gone(
    staff: &Staff,
    signed: &Signed,
    left: Result<(), wharf_store::StoreError>,
) -> Response {
    if let Err(error) = left {
        return signed.wrong(staff, &error.into()).await;
    }
    let mut response = see_other("/staff/login");
    set_cookie(&mut response, staff.options.secure, SESSION, "", Some(0));
    response
}

async fn account(State(app): State<App>, signed: Signed) -> Response {
    match app.staff() {
        Some(staff) => {
            let page = account_page(&signed, String::new());
            signed.show(staff, Ok(page)).await
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn change_password(State(app): State<App>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, fields } = posted;
    let words = Words(signed.language);
    let (before, wanted, again) = (
        fields.text("before"),
        fields.text("password"),
        fields.text("again"),
    );
    if wanted != again {
        let page = account_page(&signed, words.text("passwords_differ").to_owned());
        return signed.show(staff, Ok(page)).await;
    }
    let changed = staff
        .operators
        .change_password(
            &signed.session.operator.name,
            Secret::new(before),
            Secret::new(wanted),
            &signed.source,
            &signed.session.token_hash,
        )
        .await;
    let problem = match changed {
        Ok(()) => return signed.done(staff, "/staff/account", "flash_password"),
        Err(OperatorError::Wrong) => words.text("password_wrong").to_owned(),
        Err(OperatorError::Weak(_)) => words.text("password_weak").to_owned(),
        Err(error) => {
            tracing::error!(error = %chain(&error), "a password could not be changed");
            words.text("failed_text").to_owned()
        }
    };
    let page = account_page(&signed, problem);
    signed.show(staff, Ok(page)).await
}

fn account_page(signed: &Signed, problem: String) -> Fragment {
    let page = AccountPage {
        t: Words(signed.language),
        csrf: &signed.session.csrf,
        name: &signed.session.operator.name,
        role: signed.session.operator.role,
        problem,
    };
    Fragment {
        title: page.t.text("account").to_owned(),
        html: page.render().unwrap_or_default(),
    }
}

/// Who may work here, and who came and was refused. Changed at the command line only: whoever can do that owns the database anyway.
async fn operators(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !signed.may(Role::Admin) {
        return signed.denied(staff).await;
    }
    let all = match staff.operators.list().await {
        Ok(all) => all,
        Err(OperatorError::Store(error)) => return signed.wrong(staff, &error.into()).await,
        Err(_) => Vec::new(),
    };
    let events = match tables::events(staff.store.pool(), SHOWN).await {
        Ok(events) => events,
        Err(error) => return signed.wrong(staff, &error.into()).await,
    };
    let words = Words(signed.language);
    let times = match payments(staff).words(&signed.look(), None).await {
        Ok(times) => times,
        Err(error) => return signed.wrong(staff, &error).await,
    };
    let page = OperatorsPage {
        t: words,
        operators: &all,
        events: events
            .into_iter()
            .map(|row| Event {
                at: times.time(row.at),
                bad: matches!(row.event.as_str(), "refused" | "locked"),
                what: words.event(&row.event),
                row,
            })
            .collect(),
    };
    let fragment = Fragment {
        title: page.t.text("operators").to_owned(),
        html: page.render().unwrap_or_default(),
    };
    signed.show(staff, Ok(fragment)).await
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    t: Words,
    csrf: &'a str,
    name: &'a str,
    role: Role,
    problem: String,
}

#[derive(Template)]
#[template(path = "operators.html")]
struct OperatorsPage<'a> {
    t: Words,
    operators: &'a [super::Operator],
    events: Vec<Event>,
}

struct Event {
    at: String,
    bad: bool,
    what: String,
    row: tables::EventRow,
}

/// Events.
const SHOWN: i64 = 200;
