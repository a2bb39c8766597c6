//! The style sheet and the mark.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// Their addresses change with the program's version and content, so that browsers may keep them.
pub(super) async fn file(Path(file): Path<String>) -> Response {
    let (kind, text) = match file.as_str() {
        "staff.css" => ("text/css; charset=utf-8", STYLE),
        "wharf.svg" => ("image/svg+xml", MARK),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=86400"),
    );
    response
}

/// Differs where the style sheet differs (FNV-1a).
pub(super) fn style_version() -> String {
    let hash = STYLE.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

const STYLE: &str = include_str!("../../assets/staff.css");
const MARK: &str = include_str!("../../assets/wharf.svg");
