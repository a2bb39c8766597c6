//! What an answer means.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use wharf_core::Clock;

use super::Supplier;
use crate::language::{Answers, Mark, first};

/// How a request ended.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Done.
    Done(Answer),
    /// Accepted; how it ends is not known yet.
    Pending(Answer),
    Already(String),
    /// There is no such thing.
    Gone(String),
    /// A definite no.
    Refused(String),
    /// No for now.
    Later(String),
    /// Its turn did not come; it never left.
    NotYet(String),
    /// It never left; trying again may help.
    NotSent(String),
    /// It never left, and never will like this.
    Wrong(String),
    /// It may have been done.
    Lost(String),
}

/// What was answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// Null where there is no body.
    pub value: Value,
    pub status: u16,
}

impl Reply {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Pending(_) => "pending",
            Self::Already(_) => "already",
            Self::Gone(_) => "gone",
            Self::Refused(_) => "refused",
            Self::Later(_) => "later",
            Self::NotYet(_) | Self::NotSent(_) | Self::Wrong(_) => "not sent",
            Self::Lost(_) => "unknown",
        }
    }

    pub(super) fn map(self, hide: impl Fn(String) -> String) -> Self {
        match self {
            Self::Done(answer) => Self::Done(answer),
            Self::Pending(answer) => Self::Pending(answer),
            Self::Already(text) => Self::Already(hide(text)),
            Self::Gone(text) => Self::Gone(hide(text)),
            Self::Refused(text) => Self::Refused(hide(text)),
            Self::Later(text) => Self::Later(hide(text)),
            Self::NotYet(text) => Self::NotYet(hide(text)),
            Self::NotSent(text) => Self::NotSent(hide(text)),
            Self::Wrong(text) => Self::Wrong(hide(text)),
            Self::Lost(text) => Self::Lost(hide(text)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Done,
    Already,
    Gone,
    Refused,
    Later,
    Pending,
    Lost,
}

impl Supplier {
    /// `own` are the request's own answers, `polls` whether pending can be followed.
    pub(super) fn judge(
        &self,
        own: &Answers,
        polls: bool,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Reply {
        let json = match body.trim_ascii() {
            b"" => Some(Value::Null),
            body => serde_json::from_slice::<Value>(body).ok(),
        };
        let errors = &self.connector.supplier;
        let code = json.as_ref().and_then(|json| {
            errors
                .error_code
                .iter()
                .find_map(|path| first(path, json))
                .map(super::as_text)
        });
        let number = status.as_u16();
        let marked = marked(own, number, code.as_deref())
            .or_else(|| marked(&errors.answers, number, code.as_deref()));
        let class = marked.unwrap_or_else(|| by_status(status, headers, polls));
        let words = json.as_ref().and_then(|json| self.message(json));
        let text = || words.clone().unwrap_or_else(|| format!("status {number}"));
        if matches!(class, Class::Later | Class::Lost)
            && let Some(pause) = retry_after(headers, &self.clock)
        {
            self.account.rest(pause);
        }
        let answer = |value| Answer {
            value,
            status: number,
        };
        match (class, json) {
            (Class::Done, Some(json)) => Reply::Done(answer(json)),
            (Class::Pending, Some(json)) => Reply::Pending(answer(json)),
            (Class::Done | Class::Pending, None) => {
                self.malformed(own, number, "its answer is not JSON".to_owned())
            }
            (Class::Already, _) => Reply::Already(text()),
            (Class::Gone, _) => Reply::Gone(text()),
            (Class::Later, _) => Reply::Later(text()),
            (Class::Refused, _) if marked.is_none() && matches!(number, 401 | 403) => {
                Reply::Refused(format!(
                    "it refuses the API token ({}); check the password of the server in WHMCS",
                    text()
                ))
            }
            (Class::Refused, _) if status.is_redirection() => Reply::Refused(format!(
                "it redirects elsewhere (status {number}), which is not followed: check the server's host name"
            )),
            (Class::Refused, _) => Reply::Refused(text()),
            (Class::Lost, _) => Reply::Lost(match words {
                Some(words) => format!("it answered with status {number}: {words}"),
                None => format!("it answered with status {number}"),
            }),
        }
    }

    /// A good answer that does not say what it must.
    pub(super) fn malformed(&self, own: &Answers, status: u16, why: String) -> Reply {
        let find = |answers: &Answers| listed(answers, |mark| mark.means_malformed(status));
        match find(own).or_else(|| find(&self.connector.supplier.answers)) {
            Some(Class::Already) => Reply::Already(why),
            Some(Class::Gone) => Reply::Gone(why),
            Some(Class::Refused) => Reply::Refused(why),
            Some(Class::Later) => Reply::Later(why),
            // What is done or pending would have to say so.
            Some(Class::Done | Class::Pending | Class::Lost) | None => Reply::Lost(why),
        }
    }

    /// The supplier's own words, and the fields that they are about.
    fn message(&self, json: &Value) -> Option<String> {
        let text = self
            .connector
            .supplier
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
}

fn by_status(status: StatusCode, headers: &HeaderMap, polls: bool) -> Class {
    match status.as_u16() {
        202 if polls => Class::Pending,
        200..=299 => Class::Done,
        404 | 410 => Class::Gone,
        408 => Class::Lost,
        429 => Class::Later,
        503 if headers.contains_key(RETRY_AFTER) => Class::Later,
        300..=499 => Class::Refused,
        _ => Class::Lost,
    }
}

/// Codes come before statuses, and a status before its hundred.
fn marked(answers: &Answers, status: u16, code: Option<&str>) -> Option<Class> {
    listed(
        answers,
        |mark| matches!((mark, code), (Mark::Text(mark), Some(code)) if mark == code),
    )
    .or_else(|| listed(answers, |mark| *mark == Mark::Status(status)))
    .or_else(|| listed(answers, |mark| mark.means_hundred(status)))
}

fn listed(answers: &Answers, wanted: impl Fn(&Mark) -> bool) -> Option<Class> {
    let lists = [
        (Class::Done, &answers.done),
        (Class::Already, &answers.already),
        (Class::Gone, &answers.gone),
        (Class::Refused, &answers.refused),
        (Class::Later, &answers.later),
        (Class::Pending, &answers.pending),
        (Class::Lost, &answers.unknown),
    ];
    lists
        .into_iter()
        .find(|(_, marks)| marks.iter().any(&wanted))
        .map(|(class, _)| class)
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    u64::try_from(date.as_millisecond() - clock.now_ms())
        .ok()
        .map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_before_statuses() {
        let answers: Answers =
            toml::from_str("already = [\"taken\"]\nrefused = [409]\ngone = [\"nobody\"]").unwrap();
        let class = |status, code| marked(&answers, status, code);
        assert!(class(409, Some("taken")) == Some(Class::Already));
        assert!(class(409, Some("other")) == Some(Class::Refused));
        assert!(class(400, Some("nobody")) == Some(Class::Gone));
        assert!(class(400, None).is_none());
    }

    #[test]
    fn a_status_comes_before_its_hundred() {
        let answers: Answers =
            toml::from_str("done = [200]\nunknown = [\"2xx\", \"5xx\"]\nlater = [503]").unwrap();
        let class = |status| marked(&answers, status, None);
        assert!(class(200) == Some(Class::Done));
        assert!(class(203) == Some(Class::Lost));
        assert!(class(500) == Some(Class::Lost));
        assert!(class(503) == Some(Class::Later));
        assert!(class(404).is_none());
    }

    #[test]
    fn a_malformed_answer_is_named_by_status_or_hundred() {
        let mark = |text: &str| Mark::Text(text.to_owned());
        assert!(mark("malformed 201").means_malformed(201));
        assert!(!mark("malformed 201").means_malformed(200));
        assert!(mark("malformed 2xx").means_malformed(202));
        assert!(!mark("malformed").means_malformed(200));
        assert!(!mark("2xx").means_malformed(200));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let clock = Clock::fixed("2026-01-05T10:00:00Z".parse().unwrap());
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, &clock)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(
            after("Mon, 05 Jan 2026 10:00:30 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(after("Mon, 05 Jan 2026 09:00:30 GMT"), None);
        assert_eq!(after("soon"), None);
    }
}
