//! RDAP (RFC 9082, RFC 7480): `GET {base}domain/{name}`.

use wharf_core::DomainName;
use wharf_registrar::HttpClient;

/// `None`: the service gives no answer that says it.
pub(super) async fn is_registered(
    http: &HttpClient,
    base: &str,
    name: &DomainName,
) -> Option<bool> {
    let request = http
        .get(format!("{base}domain/{name}"))
        .header("accept", "application/rdap+json");
    match request.send().await.ok()?.status().as_u16() {
        200 => Some(true),
        404 => Some(false),
        _ => None,
    }
}
