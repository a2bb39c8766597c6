//! One call over HTTP: what was sent, what came back, and which of the three ends it was.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect, retry};
use serde_json::{Map, Value};
use wharf_core::Secret;
use wharf_core::network::is_this_machine;

use super::answer::Answer;
use super::error::{ApiError, HTML, STATUS, TIMEOUT};
use crate::setup::SetupError;

/// A client of one WHMCS installation's API. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct WhmcsApi {
    http: Client,
    url: Url,
    identifier: String,
    secret: Secret,
    access_key: Option<Secret>,
    limit: Duration,
}

/// Whom to call and as who.
#[derive(Clone, Debug)]
pub struct Connection {
    /// WHMCS's system URL.
    pub url: String,
    pub identifier: String,
    pub secret: Secret,
    pub access_key: Option<Secret>,
}

impl WhmcsApi {
    /// `http` comes from [`http_client`].
    pub fn new(http: Client, connection: Connection) -> Result<Self, SetupError> {
        let Connection {
            url,
            identifier,
            secret,
            access_key,
        } = connection;
        Ok(Self {
            http,
            url: endpoint(&url)?,
            identifier,
            secret,
            access_key,
            limit: LIMIT,
        })
    }

    /// The same client whose calls are given up after `limit` (20 s unless told).
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self {
            limit,
            ..self.clone()
        }
    }

    /// Where it calls: `…/includes/api.php`.
    pub fn address(&self) -> &str {
        self.url.as_str()
    }

    pub(super) async fn call(
        &self,
        action: &'static str,
        fields: &[(&str, String)],
    ) -> Result<Answer, ApiError> {
        let started = tokio::time::Instant::now();
        let result = self.exchange(action, fields).await;
        let end = match &result {
            Ok(_) => "success",
            Err(ApiError::Refused { .. }) => "refused",
            Err(ApiError::NotSent { .. }) => "not_sent",
            Err(ApiError::Unknown { .. }) => "unknown",
        };
        metrics::counter!("wharf_whmcs_calls_total", "action" => action, "end" => end).increment(1);
        metrics::histogram!("wharf_whmcs_call_seconds", "action" => action)
            .record(started.elapsed().as_secs_f64());
        result
    }

    async fn exchange(
        &self,
        action: &'static str,
        fields: &[(&str, String)],
    ) -> Result<Answer, ApiError> {
        let mut form = vec![
            ("action", action),
            ("identifier", &self.identifier),
            ("secret", self.secret.expose()),
            ("responsetype", "json"),
        ];
        if let Some(key) = &self.access_key {
            form.push(("accesskey", key.expose()));
        }
        form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));

        let request = self
            .http
            .post(self.url.clone())
            .timeout(self.limit)
            .form(&form);
        let answer = request
            .send()
            .await
            .map_err(|error| failure(action, &error))?;
        let status = answer.status();
        let body = answer
            .bytes()
            .await
            .map_err(|error| failure(action, &error))?;
        self.read(action, status, &body)
    }

    fn read(
        &self,
        action: &'static str,
        status: StatusCode,
        body: &[u8],
    ) -> Result<Answer, ApiError> {
        let unknown = |why: String| Err(ApiError::Unknown { action, why });
        if status.is_server_error() {
            return unknown(format!("{STATUS}{}", status.as_u16()));
        }
        if status.is_redirection() {
            return unknown(
                "it redirects to another address; set up the site's final address".to_owned(),
            );
        }
        let text = String::from_utf8_lossy(body);
        let Some(object) = final_object(&text) else {
            if text.contains("<html") || text.contains("<!DOCTYPE") || text.contains("<!doctype") {
                return unknown(HTML.to_owned());
            }
            return unknown(match text.trim().is_empty() {
                true => "an empty answer".to_owned(),
                false => "an answer that is no complete JSON object".to_owned(),
            });
        };
        match object.get("result").and_then(Value::as_str) {
            Some(result) if result.eq_ignore_ascii_case("success") => {
                Ok(Answer::new(action, object))
            }
            Some(result) if result.eq_ignore_ascii_case("error") => {
                let message = object
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("no reason given");
                Err(ApiError::Refused {
                    action,
                    message: self.without_secrets(message),
                })
            }
            _ => unknown("an answer without a result".to_owned()),
        }
    }

    fn without_secrets(&self, message: &str) -> String {
        let mut message: String = message.chars().take(500).collect();
        for secret in std::iter::once(&self.secret).chain(&self.access_key) {
            if !secret.is_empty() {
                message = message.replace(secret.expose(), "********");
            }
        }
        message
    }
}

impl fmt::Debug for WhmcsApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhmcsApi")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

/// The HTTP client for calls of WHMCS: certificates are always verified, against the system's authorities
/// and those in `extra_ca` (PEM). It needs the process to have a rustls provider installed.
///
/// It neither follows redirects (a POST would become a GET) nor sends anything twice by itself.
pub fn http_client(extra_ca: Option<&[u8]>) -> Result<Client, SetupError> {
    let extra = match extra_ca {
        Some(pem) => reqwest::Certificate::from_pem_bundle(pem).map_err(SetupError::Authority)?,
        None => Vec::new(),
    };
    Client::builder()
        .tls_certs_merge(extra)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_LIMIT)
        .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(SetupError::Client)
}

/// The API's address of an installation. Plain HTTP is for this machine only: the credentials travel in
/// the body.
pub(crate) fn endpoint(system_url: &str) -> Result<Url, SetupError> {
    let wrong = |why| SetupError::Url {
        url: system_url.chars().take(200).collect(),
        why,
    };
    let base = format!(
        "{}/includes/api.php",
        system_url.trim().trim_end_matches('/')
    );
    let url = Url::parse(&base).map_err(|_| wrong("it is no web address"))?;
    let Some(host) = url.host_str() else {
        return Err(wrong("it names no machine"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not hold a user name or password"));
    }
    let folder = system_url.trim().trim_end_matches('/');
    if url.query().is_some() || url.fragment().is_some() || folder.ends_with(".php") {
        return Err(wrong(
            "it must end with WHMCS's folder, without a page or \"?\"",
        ));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(host) => Ok(url),
        "http" => Err(wrong("it must begin with https://")),
        _ => Err(wrong("it is no web address")),
    }
}

/// Only a connection that was never made proves that nothing was sent.
fn failure(action: &'static str, error: &reqwest::Error) -> ApiError {
    let why = innermost(error);
    if error.is_connect() || error.is_builder() {
        ApiError::NotSent { action, why }
    } else if error.is_timeout() {
        ApiError::Unknown {
            action,
            why: TIMEOUT.to_owned(),
        }
    } else {
        ApiError::Unknown {
            action,
            why: format!("the connection broke: {why}"),
        }
    }
}

/// The cause without the address, which the operator knows.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// The JSON object that ends the body: PHP notices or a byte order mark may stand before it, nothing may
/// follow. A page with a script in it does not end in an object.
fn final_object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.ends_with('}') {
        return None;
    }
    let starts = text.match_indices('{').map(|(at, _)| at).take(MAX_STARTS);
    starts
        .filter_map(|at| text.get(at..))
        .find_map(|rest| serde_json::from_str(rest).ok())
}

const LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Bounds the work on a hostile or broken body.
const MAX_STARTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_before_the_object_are_skipped_and_cut_objects_are_none() {
        let whole = "\u{feff}<br />\n<b>Warning</b>: foreach() in {closure} on line 3\n{\"result\":\"success\",\"a\":{\"b\":1}}\n";
        assert_eq!(final_object(whole).unwrap()["result"], "success");
        assert!(
            final_object(r#"{"result":"success","a":{"b":1}"#)
                .is_none_or(|inner| !inner.contains_key("result"))
        );
        assert!(final_object(r#"<html><script>x={"result":"success"}</script></html>"#).is_none());
        assert!(final_object("").is_none());
        assert!(final_object(r#"["result"]"#).is_none());
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in [
            "https://billing.example.com/whmcs/",
            "http://127.0.0.1:8080",
            "http://localhost/",
            "http://[::1]:80/",
        ] {
            assert!(
                endpoint(fine)
                    .unwrap()
                    .path()
                    .ends_with("/includes/api.php"),
                "{fine}"
            );
        }
        for wrong in [
            "http://billing.example.com",
            "ftp://example.com",
            "billing",
            "",
            "https://a:b@example.com",
            "https://example.com/?x=1#y",
            "https://example.com/whmcs/includes/api.php",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
