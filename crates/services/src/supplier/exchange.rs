//! One request to a supplier, and which of its ends it was.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use tokio::time::Instant;

use super::judge::{Answer, Reply};
use super::log::{self, Exchange, Log};
use super::{Scene, Supplier};
use crate::language::Request;

/// A request, put together.
pub(super) struct Outgoing {
    pub method: Method,
    pub url: Url,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// The body for the log.
    shown: String,
}

/// What else there is to a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extra<'a> {
    pub step: &'a str,
    pub query: &'a [(String, String)],
    /// Whether the answer "accepted" can be followed.
    pub polls: bool,
}

impl Supplier {
    pub(super) async fn send(
        &self,
        request: &Request,
        extra: Extra<'_>,
        scene: &Scene,
        log: &Log,
    ) -> Reply {
        let hide = |text: String| {
            let text = log::without(&text, &scene.secrets);
            log::without(&text, &[self.place.token.expose().to_owned()])
        };
        let outgoing = match self.put_together(request, extra, scene) {
            Ok(outgoing) => outgoing,
            Err(why) => return Reply::Wrong(hide(why)),
        };
        let exchange = Exchange {
            step: extra.step.to_owned(),
            method: outgoing.method.to_string(),
            path: hide(outgoing.target.clone()),
            request: log::cut(hide(outgoing.shown.clone())),
            at: self.clock.now_ms(),
            ..Exchange::default()
        };
        if self.dry {
            self.show(exchange, log).await;
            return Reply::Done(Answer::default());
        }
        self.go(request, extra, outgoing, exchange, log, &hide)
            .await
    }

    async fn show(&self, mut exchange: Exchange, log: &Log) {
        exchange.end = "not sent".to_owned();
        if let Ok(row) = log.begin(&mut exchange).await {
            log.end(row, exchange).await;
        }
    }

    async fn go(
        &self,
        request: &Request,
        extra: Extra<'_>,
        mut outgoing: Outgoing,
        mut exchange: Exchange,
        log: &Log,
        hide: &(impl Fn(String) -> String + Sync),
    ) -> Reply {
        let read = request.method == Method::GET;
        let limit = if read {
            self.limits.read
        } else {
            self.limits.change
        };
        // A change may wait longer for its turn than it may take; the journal's limit covers both.
        let _place = match self.account.admit(read, Instant::now() + limit).await {
            Ok(place) => place,
            Err(reply) => return reply,
        };
        match self.prove(&mut outgoing).await {
            Ok(()) => {}
            Err((true, why)) => {
                let why = hide(why);
                self.account.silent(&why);
                return Reply::NotSent(why);
            }
            Err((false, why)) => {
                self.account.answered();
                return Reply::Refused(hide(why));
            }
        }
        let row = match log.begin(&mut exchange).await {
            Ok(row) => row,
            Err(why) => return Reply::NotSent(why),
        };
        let started = Instant::now();
        let answer = self.exchange(outgoing, limit).await;
        let (reply, answered) = match &answer {
            Ok((status, headers, body)) => {
                if status.as_u16() == 401 {
                    self.forget_token().await;
                }
                let reply = match body {
                    Some(body) => self.judge(&request.answers, extra.polls, *status, headers, body),
                    None => {
                        let longest = self.connector.supplier.longest_answer;
                        let why = format!("its answer is longer than {longest} bytes");
                        self.malformed(&request.answers, status.as_u16(), why)
                    }
                };
                (reply, true)
            }
            Err(error) if error.is_connect() || error.is_builder() => {
                (Reply::NotSent(unreachable(&innermost(error))), false)
            }
            Err(error) if error.is_timeout() => {
                (Reply::Lost("it did not answer in time".to_owned()), false)
            }
            Err(error) => {
                let why = innermost(error);
                (Reply::Lost(format!("the connection broke ({why})")), false)
            }
        };
        let reply = reply.map(hide);
        match &reply {
            Reply::NotSent(why) | Reply::Lost(why) if !answered => self.account.silent(why),
            _ => self.account.answered(),
        }
        self.count(&reply, started.elapsed());
        exchange.milliseconds = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        exchange.end = reply.word().to_owned();
        match answer {
            Ok((status, _, body)) => {
                exchange.status = Some(status.as_u16());
                let text = shown(body.as_deref().unwrap_or_default(), &request.secret);
                exchange.response = log::cut(hide(text));
            }
            Err(_) => {
                if let Reply::NotSent(why) | Reply::Lost(why) = &reply {
                    exchange.response.clone_from(why);
                }
            }
        }
        log.end(row, exchange).await;
        reply
    }

    fn put_together(
        &self,
        request: &Request,
        extra: Extra<'_>,
        scene: &Scene,
    ) -> Result<Outgoing, String> {
        let context = &scene.context;
        let mut url = self.url(&request.path.render(context)?)?;
        if !request.query.is_empty() || !extra.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &request.query {
                pairs.append_pair(name, &value.render(context)?);
            }
            pairs.extend_pairs(extra.query);
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in self
            .connector
            .supplier
            .headers
            .iter()
            .chain(&request.headers)
        {
            let value = value.render(context)?;
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            let value = HeaderValue::from_str(&value)
                .map_err(|_| format!("the header {name} would have characters that none has"))?;
            headers.insert(name, value);
        }
        let mut shown = String::new();
        let body = match &request.body {
            None => None,
            Some(body) => {
                let json = body.render(context)?;
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                shown = log::masked(&json, &request.secret).to_string();
                Some(Bytes::from(json.to_string()))
            }
        };
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Outgoing {
            method: request.method.clone(),
            url,
            target,
            headers,
            body,
            shown,
        })
    }

    /// The address of a path below the connector's base, and of nothing else.
    pub(super) fn url(&self, path: &str) -> Result<Url, String> {
        let base = format!("{}{}", self.place.base, self.connector.supplier.base);
        let outside = || format!("\"{path}\" would lead out of {base}");
        let (plain, _) = path.split_once('?').unwrap_or((path, ""));
        let climbs = plain.split('/').any(|part| {
            let part = part.to_ascii_lowercase().replace("%2e", ".");
            part == "." || part == ".."
        });
        let odd = path.contains(['\\', '#']) || path.chars().any(|sign| sign.is_control());
        if climbs || odd || !path.starts_with('/') || plain.contains("//") {
            return Err(outside());
        }
        let root = Url::parse(&self.place.base).map_err(|error| error.to_string())?;
        let url = Url::parse(&format!("{base}{path}")).map_err(|_| outside())?;
        let same = url.origin() == root.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url
                .path()
                .starts_with(&format!("{}/", self.connector.supplier.base));
        if same { Ok(url) } else { Err(outside()) }
    }

    /// The body is none where it is longer than it may be.
    async fn exchange(
        &self,
        outgoing: Outgoing,
        limit: Duration,
    ) -> Result<(StatusCode, HeaderMap, Option<Vec<u8>>), reqwest::Error> {
        let mut request = self
            .http
            .request(outgoing.method, outgoing.url)
            .headers(outgoing.headers)
            .timeout(limit);
        if let Some(body) = outgoing.body {
            request = request.body(body);
        }
        let mut answer = request.send().await?;
        let mut body = Some(Vec::new());
        while let Some(chunk) = answer.chunk().await? {
            let Some(so_far) = &mut body else { break };
            if so_far.len() + chunk.len() > self.connector.supplier.longest_answer {
                body = None;
                break;
            }
            so_far.extend_from_slice(&chunk);
        }
        Ok((answer.status(), answer.headers().clone(), body))
    }

    fn count(&self, reply: &Reply, took: Duration) {
        let connector = self.connector.name.clone();
        metrics::counter!("wharf_supplier_calls_total", "connector" => connector.clone(), "end" => reply.word())
            .increment(1);
        metrics::histogram!("wharf_supplier_call_seconds", "connector" => connector)
            .record(took.as_secs_f64());
    }
}

/// An answer for the log.
fn shown(body: &[u8], secret: &[String]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => log::masked(&json, secret).to_string(),
        Err(_) => String::from_utf8_lossy(body.get(..LONGEST_TEXT).unwrap_or(body)).into_owned(),
    }
}

pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn unreachable(why: &str) -> String {
    match why.strip_prefix("invalid peer certificate: ") {
        // An authority of the same name, but another one.
        Some("UnknownIssuer" | "BadSignature") => {
            "its certificate is of an authority that is not trusted here".to_owned()
        }
        Some(wrong) => format!("its certificate is wrong ({wrong})"),
        None => format!("it cannot be reached ({why})"),
    }
}

/// Of an answer that is no JSON.
const LONGEST_TEXT: usize = 8_000;
