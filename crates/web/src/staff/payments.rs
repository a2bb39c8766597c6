//! The pages of payments: who may see and do what; what they show is made there.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;

use super::signed::Signed;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(dashboard))
}

async fn dashboard(State(app): State<App>, signed: Signed) -> Response {
    let Some(staff) = app.staff() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = staff.options.payments.dashboard_page(&signed.look()).await;
    signed.show(staff, made).await
}
