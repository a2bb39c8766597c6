//! One request to a supplier, and which of its ends it was.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Map, Value};
use wharf_core::Secret;

use super::template::{Body, Template};
use super::{Connector, Context, first};

/// A supplier that can be called: its connector, where it is, and the token for it.
#[derive(Clone)]
pub(crate) struct Supplier<'a> {
    pub connector: &'a Connector,
    pub http: Client,
    /// `https://api.example.com:8443`
    pub base: String,
    pub token: Secret,
    pub limits: Limits,
}

/// How long one request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub read: Duration,
    pub change: Duration,
}

/// How a request ended.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Done; null where the answer has no body.
    Ok(Value),
    /// A definite no.
    No {
        status: u16,
        code: Option<String>,
        message: String,
    },
    /// It never left.
    NotSent(String),
    /// It may have been done.
    Lost(String),
}

impl Supplier<'_> {
    pub(super) async fn read(&self, path: &Template, context: &Context) -> Reply {
        self.send(Method::GET, path, None, context, self.limits.read)
            .await
    }

    pub(super) async fn change(
        &self,
        method: &Method,
        path: &Template,
        body: Option<&Body>,
        context: &Context,
    ) -> Reply {
        self.send(method.clone(), path, body, context, self.limits.change)
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &Template,
        body: Option<&Body>,
        context: &Context,
        limit: Duration,
    ) -> Reply {
        let started = tokio::time::Instant::now();
        let request = match self.request(method, path, body, context) {
            Ok(request) => request.timeout(limit),
            Err(why) => return Reply::NotSent(why),
        };
        let reply = match self.exchange(request).await {
            Ok((status, body)) => self.judge(status, &body),
            Err(error) if error.is_connect() || error.is_builder() => {
                Reply::NotSent(format!("it cannot be reached ({})", innermost(&error)))
            }
            Err(error) if error.is_timeout() => Reply::Lost("it did not answer in time".to_owned()),
            Err(error) => Reply::Lost(format!("the connection broke ({})", innermost(&error))),
        };
        let end = match &reply {
            Reply::Ok(_) => "ok",
            Reply::No { .. } => "no",
            Reply::NotSent(_) => "not_sent",
            Reply::Lost(_) => "lost",
        };
        let connector = self.connector.name.clone();
        metrics::counter!("wharf_supplier_calls_total", "connector" => connector.clone(), "end" => end).increment(1);
        metrics::histogram!("wharf_supplier_call_seconds", "connector" => connector)
            .record(started.elapsed().as_secs_f64());
        self.without_secrets(reply, context)
    }

    fn request(
        &self,
        method: Method,
        path: &Template,
        body: Option<&Body>,
        context: &Context,
    ) -> Result<reqwest::RequestBuilder, String> {
        let path = path.render(context)?;
        let mut token = Map::new();
        token.insert("token".to_owned(), self.token.expose().into());
        let value = self.connector.auth_value.render(&token)?;
        let header = HeaderName::from_bytes(self.connector.auth_header.as_bytes())
            .map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| "the token has characters that no token has".to_owned())?;
        value.set_sensitive(true);
        let url = format!("{}{}{path}", self.base, self.connector.base);
        let request = self
            .http
            .request(method, url)
            .header(header, value)
            .header(ACCEPT, "application/json");
        Ok(match body {
            Some(body) => request.json(&body.render(context)?),
            None => request,
        })
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let mut answer = request.send().await?;
        let mut body = Vec::new();
        // What is beyond the bound is no answer of such an API; cut, it cannot be read as one.
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LONGEST {
                body.clear();
                body.extend_from_slice(b"too long");
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok((answer.status(), body))
    }

    fn judge(&self, status: StatusCode, body: &[u8]) -> Reply {
        let json = match body.trim_ascii() {
            b"" => Some(Value::Null),
            body => serde_json::from_slice::<Value>(body).ok(),
        };
        let message = json.as_ref().and_then(|json| self.message(json));
        if status.is_success() {
            return match json {
                Some(json) => Reply::Ok(json),
                None => Reply::Lost("its answer is not JSON".to_owned()),
            };
        }
        let number = status.as_u16();
        if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
            let code = json
                .as_ref()
                .and_then(|json| first(&self.connector.error_code, json));
            return Reply::No {
                status: number,
                code: code.and_then(Value::as_str).map(str::to_owned),
                message: message.unwrap_or_else(|| format!("status {number}")),
            };
        }
        Reply::Lost(match message {
            Some(message) => format!("it answered with status {number}: {message}"),
            None => format!("it answered with status {number}"),
        })
    }

    /// The supplier's own words, and the fields that they are about.
    fn message(&self, json: &Value) -> Option<String> {
        let text = self
            .connector
            .error_message
            .iter()
            .find_map(|path| first(path, json)?.as_str())?;
        let fields: Vec<&str> = json
            .get("errors")
            .and_then(Value::as_object)
            .map(|errors| {
                errors
                    .values()
                    .filter_map(|texts| texts.get(0)?.as_str())
                    .collect()
            })
            .unwrap_or_default();
        let whole = std::iter::once(text)
            .chain(fields)
            .collect::<Vec<_>>()
            .join(" ");
        Some(whole.chars().take(300).collect())
    }

    /// What a supplier repeats in its messages must not carry a secret on.
    fn without_secrets(&self, reply: Reply, context: &Context) -> Reply {
        let password = context
            .get("password")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let hide = |text: String| {
            [self.token.expose(), password]
                .into_iter()
                .filter(|secret| !secret.is_empty())
                .fold(text, |text, secret| text.replace(secret, "********"))
        };
        match reply {
            Reply::Ok(value) => Reply::Ok(value),
            Reply::No {
                status,
                code,
                message,
            } => Reply::No {
                status,
                code: code.map(hide),
                message: hide(message),
            },
            Reply::NotSent(why) => Reply::NotSent(hide(why)),
            Reply::Lost(why) => Reply::Lost(hide(why)),
        }
    }
}

impl fmt::Debug for Supplier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supplier")
            .field("connector", &self.connector.name)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

const LONGEST: usize = 1 << 20;
