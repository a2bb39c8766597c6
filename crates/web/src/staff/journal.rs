//! The journal's effects, and asking again whether one happened.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use wharf_core::Deadline;
use wharf_payments::pages::list::{Cell, Column, Filter, List, Table};
use wharf_payments::pages::{PageError, Words};
use wharf_store::journal::{Entry, Filter as Wanted, State as EffectState};
use wharf_store::{Outcome, StoreError};

use super::Staff;
use super::operators::Role;
use super::signed::{Posted, Signed};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/journal", get(page))
        .route("/journal/{id}/settle", post(settle))
}

async fn page(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = list(staff, &signed).await;
    signed
        .show(staff, made.map(|list| list.page(&signed.look())))
        .await
}

async fn list(staff: &Staff, signed: &Signed) -> Result<List, PageError> {
    let look = signed.look();
    let words = look.words();
    let state = STATES
        .into_iter()
        .find(|state| state.as_str() == look.field("state"));
    let filter = Wanted {
        state,
        subject: look.given("text"),
        limit: 200,
        ..Wanted::default()
    };
    let entries = staff.store.journal().list(&filter).await?;
    let choices = STATES
        .iter()
        .map(|state| {
            (
                state.as_str().to_owned(),
                words.of("effect", state.as_str()),
            )
        })
        .collect();
    let ask = signed.may(Role::Reviewer);
    Ok(List {
        title: words.text("journal").to_owned(),
        lead: words.text("journal_lead").to_owned(),
        path: "/staff/journal",
        filters: vec![
            Filter::choice(&look, "state", choices),
            Filter::text(&look, "text"),
        ],
        table: Table {
            columns: vec![
                Column::new(words, "updated_at"),
                Column::new(words, "kind"),
                Column::new(words, "subject"),
                Column::new(words, "state"),
                Column::number(words, "attempt"),
                Column::new(words, "reason"),
            ],
            rows: entries.iter().map(|entry| row(words, entry, ask)).collect(),
            empty: words.text("journal_empty").to_owned(),
        },
        next: None,
        above: String::new(),
        problem: String::new(),
        csv: false,
    })
}

fn row(words: Words, entry: &Entry, ask: bool) -> Vec<Cell> {
    let open = !matches!(entry.state, EffectState::Done | EffectState::Refused);
    let mut state = Cell::tag(words, "effect", entry.state.as_str());
    if open && ask {
        state = state.with_action(
            format!("/staff/journal/{}/settle", entry.id),
            words.text("settle"),
        );
    }
    vec![
        Cell::time(words, entry.updated_at),
        Cell::text(entry.kind.clone()),
        Cell::code(entry.subject.clone()),
        state,
        Cell::code(entry.attempt.to_string()),
        Cell::text(entry.reason.clone().unwrap_or_default()),
    ]
}

async fn settle(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let signed = posted.signed;
    if !signed.may(Role::Reviewer) {
        return signed.denied(staff).await;
    }
    let asked = staff
        .store
        .journal()
        .settle_now(&id, Deadline::after(Deadline::CHANGE))
        .await;
    let flash = match asked {
        Ok(Outcome::Done(_) | Outcome::Refused(_)) => "flash_settled",
        Ok(_) => "flash_held",
        Err(StoreError::NoSuchEffect(_)) => return signed.wrong(staff, &PageError::NotFound).await,
        Err(error) => return signed.wrong(staff, &error.into()).await,
    };
    tracing::info!(
        effect = id,
        operator = signed.session.operator.name,
        "asked again by hand"
    );
    signed.done(staff, "/staff/journal", flash)
}

const STATES: [EffectState; 7] = [
    EffectState::Held,
    EffectState::Unknown,
    EffectState::Retry,
    EffectState::Performing,
    EffectState::Waiting,
    EffectState::Refused,
    EffectState::Done,
];
