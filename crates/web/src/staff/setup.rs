//! The pages on which stores, wallets and phones are set up. Administrators only: who sets a store up decides where
//! its money comes from.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode};
use wharf_payments::pages::{Fragment, Look, PageError, Saved, SetupPage};

use super::Staff;
use super::browser::see_other;
use super::operators::Role;
use super::payments::{payments, query};
use super::signed::{Posted, Signed, encoded};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/stores/new", get(new_store).post(add_store))
        .route("/stores/{id}/settings", get(settings).post(change))
        .route("/stores/{id}/setup", get(steps))
        .route(
            "/stores/{id}/setup/connection",
            get(to_steps).post(connection),
        )
        .route("/stores/{id}/setup/mode", get(to_steps).post(mode))
        .route(
            "/stores/{id}/wallets/{wallet}",
            get(wallet).post(save_wallet),
        )
        .route("/stores/{id}/phones/{phone}", get(phone).post(save_phone))
        .route(
            "/stores/{id}/phones/{phone}/address",
            get(to_phone).post(renew_phone),
        )
        .route("/stores/{id}/phones/{phone}/remove", post(remove_phone))
}

async fn new_store(State(app): State<App>, signed: Signed) -> Response {
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let made = match sites(staff).await {
        Ok(sites) => payments(staff).new_store_page(&sites, &signed.look()).await,
        Err(error) => Err(error),
    };
    signed.show(staff, made).await
}

async fn add_store(State(app): State<App>, posted: Posted) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(&signed, &fields.0);
    let saved = match sites(staff).await {
        Ok(sites) => payments(staff).add_store(&sites, &look).await,
        Err(error) => Err(error),
    };
    ended(staff, &signed, saved).await
}

async fn settings(State(app): State<App>, Path(id): Path<String>, signed: Signed) -> Response {
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let made = match sites(staff).await {
        Ok(sites) => {
            let look = signed.look();
            payments(staff)
                .store_settings_page(&id, &sites, &look)
                .await
        }
        Err(error) => Err(error),
    };
    signed.show(staff, made).await
}

async fn change(State(app): State<App>, Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(&signed, &fields.0);
    let saved = match sites(staff).await {
        Ok(sites) => payments(staff).change_store(&id, &sites, &look).await,
        Err(error) => Err(error),
    };
    ended(staff, &signed, saved).await
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

async fn wallet(
    State(app): State<App>,
    Path((id, wallet)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = signed.look();
    let made = payments(staff)
        .wallet_form_page(&id, known(&wallet), &look)
        .await;
    signed.show(staff, made).await
}

async fn save_wallet(
    State(app): State<App>,
    Path((id, wallet)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(&signed, &fields.0);
    let saved = payments(staff)
        .save_wallet(&id, known(&wallet), &look)
        .await;
    ended(staff, &signed, saved).await
}

async fn phone(
    State(app): State<App>,
    Path((id, phone)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = signed.look();
    let made = payments(staff)
        .phone_form_page(&id, known(&phone), &look)
        .await;
    signed.show(staff, made).await
}

async fn save_phone(
    State(app): State<App>,
    Path((id, phone)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let Posted { signed, fields } = posted;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let look = sent(&signed, &fields.0);
    let saved = payments(staff).save_phone(&id, known(&phone), &look).await;
    ended(staff, &signed, saved).await
}

async fn renew_phone(
    State(app): State<App>,
    Path((id, phone)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let signed = posted.signed;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    let made = payments(staff)
        .renew_phone(&id, &phone, &signed.look())
        .await;
    signed.show(staff, made).await
}

async fn remove_phone(
    State(app): State<App>,
    Path((id, phone)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let signed = posted.signed;
    let staff = match entered(&app, &signed).await {
        Ok(staff) => staff,
        Err(refused) => return refused,
    };
    match payments(staff)
        .drop_phone(&id, &phone, &signed.look())
        .await
    {
        Ok(()) => {
            let back = format!("/staff/stores/{}/setup#phone", encoded(&id));
            signed.done(staff, &back, "flash_saved")
        }
        Err(error) => signed.wrong(staff, &error).await,
    }
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
fn known(id: &str) -> Option<&str> {
    Some(id).filter(|id| *id != "new")
}

async fn sites(staff: &Staff) -> Result<Vec<String>, PageError> {
    let sites = staff.options.sites.list().await?;
    Ok(sites.into_iter().map(String::from).collect())
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
    if let Some(seconds) = page.again_in {
        let value = HeaderValue::from(seconds);
        response.headers_mut().insert(REFRESH, value);
    }
    response
}

/// Browsers load the page again by themselves: no script is needed.
const REFRESH: HeaderName = HeaderName::from_static("refresh");
