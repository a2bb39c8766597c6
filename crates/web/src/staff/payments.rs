//! The pages of payments: who may see and do what; what they show is made there.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::StreamExt as _;
use futures_util::stream::{iter, try_unfold};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use wharf_payments::Payments;
use wharf_payments::pages::{CsvPart, Listing, Look, PageError, Say, Tried, back_to_reviews};

use super::Staff;
use super::browser::see_other;
use super::frame::flash;
use super::operators::Role;
use super::signed::{Posted, Signed, chain, encoded};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(dashboard))
        .route("/{list}", get(list))
        .route("/reconcile", get(reconciliations).post(reconcile))
        .route("/transfers/{id}", get(transfer))
        .route("/review/{id}", get(review))
        .route("/review/{id}/{say}", get(to_review).post(decide))
        .route("/stores/{id}", get(store))
        .route("/stores/{id}/message", get(to_store).post(message))
        .route("/stores/{id}/rate", get(to_store).post(rate))
        .route("/stores/{id}/rate/{currency}/remove", post(remove_rate))
}

async fn dashboard(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let elsewhere = super::services::alarms(staff, &signed).await;
    let made = payments(staff)
        .dashboard_page(&signed.look(), elsewhere)
        .await;
    signed.show(staff, made).await
}

/// `/staff/transfers`, and the same as a file: `/staff/transfers.csv`.
async fn list(State(app): State<App>, Path(name): Path<String>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (payments, look) = (payments(staff), signed.look());
    if let Some(name) = name.strip_suffix(".csv") {
        let body = match (name, listing(name)) {
            (_, Some(listing)) => match payments.csv_part(listing, &look, None).await {
                Ok(first) => return file(name, parts(app.clone(), signed, listing, first)),
                Err(error) => Err(error),
            },
            ("wallets", _) => payments.wallets_csv(&look).await,
            ("devices", _) => payments.devices_csv(&look).await,
            ("reconcile", _) => payments.reconcile_csv(&look).await,
            _ => Err(PageError::NotFound),
        };
        return match body {
            Ok(text) => file(name, Body::from(text)),
            Err(error) => signed.wrong(staff, &error).await,
        };
    }
    let made = match (name.as_str(), listing(&name)) {
        (_, Some(listing)) => match payments.list_page(listing, &look).await {
            Ok(Err(page)) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return signed.framed(staff, status, &page).await;
            }
            made => made.map(|page| page.unwrap_or_else(|page| page)),
        },
        ("stores", _) => payments.stores_page(&staff.options.sites, &look).await,
        ("wallets", _) => payments.wallets_page(&look).await,
        ("devices", _) => payments.devices_page(&look).await,
        _ => Err(PageError::NotFound),
    };
    signed.show(staff, made).await
}

async fn transfer(State(app): State<App>, Path(id): Path<String>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = payments(staff).transfer_page(&id, &signed.look()).await;
    signed.show(staff, made).await
}

async fn review(State(app): State<App>, Path(id): Path<String>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = payments(staff).review_page(&id, &signed.look()).await;
    signed.show(staff, made).await
}

async fn decide(
    State(app): State<App>,
    Path((id, say)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, fields } = posted;
    if !signed.may(Role::Reviewer) {
        return signed.denied(staff).await;
    }
    let say = match say.as_str() {
        "approve" => Say::Approve,
        "reject" => Say::Reject,
        "reopen" => Say::Reopen,
        // What somebody has seen in WHMCS.
        "happened" => Say::Reject,
        "did-not-happen" => Say::Approve,
        _ => return signed.wrong(staff, &PageError::NotFound).await,
    };
    let look = Look {
        query: &fields.0,
        ..signed.look()
    };
    match payments(staff).decide(&id, say, &look).await {
        Ok(Ok(noted)) => {
            let flash = flash(&format!("flash_{noted}")).unwrap_or("flash_saved");
            signed.done(staff, &back_to_reviews(&look, Some(&id)), flash)
        }
        Ok(Err(page)) => {
            signed
                .framed(staff, StatusCode::UNPROCESSABLE_ENTITY, &page)
                .await
        }
        Err(error) => signed.wrong(staff, &error).await,
    }
}

async fn reconciliations(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = payments(staff).reconcile_page(&signed.look()).await;
    signed.show(staff, made).await
}

/// Compares now; what was found is on the page then.
async fn reconcile(State(app): State<App>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let signed = posted.signed;
    if !signed.may(Role::Reviewer) {
        return signed.denied(staff).await;
    }
    match payments(staff).reconcile(None).await {
        Ok(_) => signed.done(staff, "/staff/reconcile", "flash_reconciled"),
        Err(error) => signed.wrong(staff, &error.into()).await,
    }
}

async fn store(State(app): State<App>, Path(id): Path<String>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = payments(staff)
        .store_page(&id, &signed.look(), Tried::default())
        .await;
    signed.show(staff, made).await
}

/// Reads a message that was pasted; nothing is kept of it.
async fn message(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, fields } = posted;
    let look = Look {
        query: &fields.0,
        ..signed.look()
    };
    let tried = Tried {
        message: true,
        ..Tried::default()
    };
    let made = payments(staff).store_page(&id, &look, tried).await;
    signed.show(staff, made).await
}

async fn rate(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Posted { signed, fields } = posted;
    if !signed.may(Role::Admin) {
        return signed.denied(staff).await;
    }
    let look = Look {
        query: &fields.0,
        ..signed.look()
    };
    let problem = match payments(staff).change_rate(&id, &look).await {
        Ok(Ok(_)) => {
            let back = match fields.text("back") {
                "setup" => format!("/staff/stores/{id}/setup#rate"),
                _ => format!("/staff/stores/{id}"),
            };
            return signed.done(staff, &back, "flash_rate");
        }
        Ok(Err(problem)) => problem.text(),
        Err(error) => return signed.wrong(staff, &error).await,
    };
    let tried = Tried {
        problem: Some(problem),
        ..Tried::default()
    };
    match payments(staff).store_page(&id, &look, tried).await {
        Ok(page) => {
            signed
                .framed(staff, StatusCode::UNPROCESSABLE_ENTITY, &page)
                .await
        }
        Err(error) => signed.wrong(staff, &error).await,
    }
}

async fn remove_rate(
    State(app): State<App>,
    Path((id, currency)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let signed = posted.signed;
    if !signed.may(Role::Admin) {
        return signed.denied(staff).await;
    }
    let actor = signed.look().actor;
    let back = format!("/staff/stores/{}", encoded(&id));
    match payments(staff).remove_rate(&id, &currency, actor).await {
        Ok(true) => signed.done(staff, &back, "flash_removed"),
        Ok(false) => signed.wrong(staff, &PageError::NotFound).await,
        Err(error) => signed.wrong(staff, &error).await,
    }
}

/// Whoever opens a form's address again, or changes the language there, sees the page that it belongs to.
async fn to_store(Path(id): Path<String>, signed: Signed) -> Response {
    see_other(&format!("/staff/stores/{}{}", encoded(&id), query(&signed)))
}

async fn to_review(Path((id, _)): Path<(String, String)>, signed: Signed) -> Response {
    see_other(&format!("/staff/review/{}{}", encoded(&id), query(&signed)))
}

pub(super) fn query(signed: &Signed) -> String {
    let language = signed.query.text("lang");
    if language.is_empty() {
        return String::new();
    }
    format!("?lang={}", encoded(language))
}

pub(super) fn payments(staff: &Staff) -> &Payments {
    &staff.options.payments
}

fn listing(name: &str) -> Option<Listing> {
    Some(match name {
        "transfers" => Listing::Transfers,
        "claims" => Listing::Claims,
        "messages" => Listing::Messages,
        "review" => Listing::Reviews,
        "audit" => Listing::Audit,
        _ => return None,
    })
}

/// However long the file is, one part of it is held at a time. Where a part cannot be read the download breaks off,
/// so that nobody takes it for the whole.
fn parts(app: App, signed: Signed, listing: Listing, first: CsvPart) -> Body {
    let rest = try_unfold(
        (app, signed, first.next),
        move |(app, signed, after): (App, Signed, Option<String>)| async move {
            let (Some(after), Some(staff)) = (after, app.staff()) else {
                return Ok(None);
            };
            let look = signed.look();
            let part = payments(staff).csv_part(listing, &look, Some(after)).await;
            let part = part.inspect_err(|error| {
                tracing::error!(error = %chain(error), "a file could not be written to its end");
            })?;
            Ok::<_, PageError>(Some((part.text, (app, signed, part.next))))
        },
    );
    Body::from_stream(iter([Ok(first.text)]).chain(rest))
}

fn file(name: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    let disposition = format!("attachment; filename=\"wharf-{name}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}
