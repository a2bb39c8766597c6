//! The pages on which stores, wallets and phones are set up. Administrators only: who sets a store up decides where
//! its money comes from.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use wharf_payments::pages::{Fragment, Look, PageError, Saved, SetupForm, SetupPage};

use super::Staff;
use super::browser::see_other;
use super::operators::Role;
use super::payments::{payments, query};
use super::signed::{Posted, Signed, encoded};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/new", form(|()| SetupForm::Site(None)))
        .route("/sites/{id}", form(|id| SetupForm::Site(Some(id))))
        .route(
            "/sites/{id}/remove",
            removal(|id| SetupForm::Site(Some(id))),
        )
        .route(
            "/stores/{id}/settings/remove",
            removal(|id| SetupForm::Store(Some(id))),
        )
        .route(
            "/stores/{id}/wallets/{wallet}/remove",
            removal(|(id, wallet)| SetupForm::Wallet(id, Some(wallet))),
        )
        .route("/stores/new", form(|()| SetupForm::Store(None)))
        .route(
            "/stores/{id}/settings",
            form(|id| SetupForm::Store(Some(id))),
        )
        .route("/stores/{id}/keys", form(SetupForm::Keys))
        .route(
            "/stores/{id}/wallets/{wallet}",
            form(|(id, wallet)| SetupForm::Wallet(id, known(wallet))),
        )
        .route(
            "/stores/{id}/phones/{phone}",
            form(|(id, phone)| SetupForm::Phone(id, known(phone))),
        )
        .route("/stores/{id}/setup", get(steps))
        .route(
            "/stores/{id}/setup/connection",
            get(to_steps).post(connection),
        )
        .route("/stores/{id}/setup/mode", get(to_steps).post(mode))
        .route(
            "/stores/{id}/phones/{phone}/address",
            get(to_phone).post(renew_phone),
        )
        .route(
            "/stores/{id}/phones/{phone}/remove",
            removal(|(id, phone)| SetupForm::Phone(id, Some(phone))),
        )
}

/// Shows a form, which its address names.
fn shown<P>(of: fn(P) -> SetupForm) -> MethodRouter<App>
where
    P: DeserializeOwned + Send + 'static,
{
    get(
        move |State(app): State<App>, Path(path): Path<P>, signed: Signed| async move {
            show(&app, &of(path), &signed).await
        },
    )
}

/// Shows a form, and takes what was filled in.
fn form<P>(of: fn(P) -> SetupForm) -> MethodRouter<App>
where
    P: DeserializeOwned + Send + 'static,
{
    shown(of).post(
        move |State(app): State<App>, Path(path): Path<P>, posted: Posted| async move {
            save(&app, &of(path), &posted).await
        },
    )
}

/// Takes away what a form shows. Whoever opens the address sees that form, which says what it would do.
fn removal<P>(of: fn(P) -> SetupForm) -> MethodRouter<App>
where
    P: DeserializeOwned + Send + 'static,
{
    shown(of).post(
        move |State(app): State<App>, Path(path): Path<P>, posted: Posted| async move {
            let Posted { signed, fields } = &posted;
            let staff = match entered(&app, signed).await {
                Ok(staff) => staff,
                Err(refused) => return refused,
            };
            let (sites, look) = (&staff.options.sites, sent(signed, &fields.0));
            match payments(staff).remove_form(&of(path), sites, &look).await {
                Ok(Saved::To(path)) => signed.done(staff, &path, "flash_removed"),
                other => ended(staff, signed, other).await,
            }
        },
    )
}

async fn show(app: &App, form: &SetupForm, signed: &Signed) -> Response {
    let staff = match entered(app, signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let (sites, look) = (&staff.options.sites, signed.look());
    let made = payments(staff).form_page(form, sites, &look).await;
    signed.show(staff, made).await
}

async fn save(app: &App, form: &SetupForm, posted: &Posted) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(app, signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let (sites, look) = (&staff.options.sites, sent(signed, &fields.0));
    let saved = payments(staff).save_form(form, sites, &look).await;
    ended(staff, signed, saved).await
}

async fn steps(State(app): State<App>, Path(id): Path<String>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = payments(staff)
        .setup_page(&id, &signed.look(), None, "")
        .await;
    stepped(staff, &signed, StatusCode::OK, made).await
}

/// Asks the store's WHMCS whether all is well; it changes nothing there.
async fn connection(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let signed = posted.signed;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = signed.look();
    let site = match payments(staff).site_of(&id).await {
        Ok(site) => site,
        Err(error) => return signed.wrong(staff, &error).await,
    };
    let checks = (staff.options.site_check)(site).await;
    let made = match payments(staff).note_connection(&id, &look, &checks).await {
        Ok(()) => {
            payments(staff)
                .setup_page(&id, &look, Some(checks), "")
                .await
        }
        Err(error) => Err(error),
    };
    stepped(staff, &signed, StatusCode::OK, made).await
}

/// Has the store credit, or look on again.
async fn mode(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(&signed, &fields.0);
    let problem = match payments(staff).change_mode(&id, &look).await {
        Ok(Ok(())) => {
            let back = format!("/staff/stores/{}/setup#live", encoded(&id));
            return signed.done(staff, &back, "flash_saved");
        }
        Ok(Err(problem)) => problem,
        Err(error) => return signed.wrong(staff, &error).await,
    };
    let made = payments(staff).setup_page(&id, &look, None, &problem).await;
    stepped(staff, &signed, StatusCode::UNPROCESSABLE_ENTITY, made).await
}

async fn renew_phone(
    State(app): State<App>,
    Path((id, phone)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let Posted { signed, fields } = &posted;
    let staff = match entered(&app, signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(signed, &fields.0);
    let renewed = payments(staff).renew_phone(&id, &phone, &look).await;
    ended(staff, signed, renewed).await
}

/// Whoever opens a form's address again, or changes the language there, sees the page that it belongs to.
async fn to_steps(Path(id): Path<String>, signed: Signed) -> Response {
    see_other(&format!(
        "/staff/stores/{}/setup{}",
        encoded(&id),
        query(&signed)
    ))
}

async fn to_phone(Path((id, phone)): Path<(String, String)>, signed: Signed) -> Response {
    let (id, phone) = (encoded(&id), encoded(&phone));
    see_other(&format!(
        "/staff/stores/{id}/phones/{phone}{}",
        query(&signed)
    ))
}

/// An administrator, where the pages are served.
async fn entered<'a>(app: &'a App, signed: &Signed) -> Result<&'a Staff, Response> {
    let Some(staff) = app.staff() else {
        return Err(StatusCode::NOT_FOUND.into_response());
    };
    if signed.may(Role::Admin) {
        Ok(staff)
    } else {
        Err(signed.denied(staff).await)
    }
}

fn sent<'a>(signed: &'a Signed, fields: &'a [(String, String)]) -> Look<'a> {
    Look {
        query: fields,
        ..signed.look()
    }
}

/// `new` stands where an id will be.
fn known(id: String) -> Option<String> {
    Some(id).filter(|id| id != "new")
}

async fn ended(staff: &Staff, signed: &Signed, saved: Result<Saved, PageError>) -> Response {
    let shown: (StatusCode, Fragment) = match saved {
        Ok(Saved::To(path)) => return signed.done(staff, &path, "flash_saved"),
        Ok(Saved::Shown(page)) => (StatusCode::OK, page),
        Ok(Saved::Wrong(page)) => (StatusCode::UNPROCESSABLE_ENTITY, page),
        Err(error) => return signed.wrong(staff, &error).await,
    };
    signed.framed(staff, shown.0, &shown.1).await
}

async fn stepped(
    staff: &Staff,
    signed: &Signed,
    status: StatusCode,
    made: Result<SetupPage, PageError>,
) -> Response {
    let page = match made {
        Ok(page) => page,
        Err(error) => return signed.wrong(staff, &error).await,
    };
    let mut response = signed.framed(staff, status, &page.fragment).await;
    if let Some(again) = page.again
        && let Ok(value) = HeaderValue::from_str(&again)
    {
        response.headers_mut().insert(REFRESH, value);
    }
    response
}

/// Browsers load the page again by themselves: no script is needed.
const REFRESH: HeaderName = HeaderName::from_static("refresh");
