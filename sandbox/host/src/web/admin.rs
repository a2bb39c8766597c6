//! Staff area.
use std::sync::Arc;
use axum::Router;
use crate::app::App;
pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
}
