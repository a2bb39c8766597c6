//! Sending commands: one HTTP client for all accounts, so that connections are reused; verification of
//! certificates is always on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::redirect;
use wharf_core::{Deadline, Secret};

use super::command::{Command, MASK, is_secret};
use super::response::Response;
use crate::{RegistrarError, Talk};

/// Which of a platform's systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    Live,
    /// Operational test and evaluation: the platform's own test system.
    Ote,
}

#[derive(Clone, Debug)]
pub struct Credentials {
    pub login: String,
    pub password: Secret,
}

/// Makes the HTTP client that backends share.
///
/// # Errors
/// When `extra_ca` (PEM, one or more certificates) cannot be read.
pub fn http_client(extra_ca: Option<&[u8]>) -> Result<reqwest::Client, reqwest::Error> {
    builder(extra_ca)?.build()
}

/// As [`http_client`], through a proxy: `http://user:password@proxy.example:3128`.
///
/// # Errors
/// When `extra_ca` or the proxy's address cannot be read.
pub fn http_client_through(
    proxy: &str,
    extra_ca: Option<&[u8]>,
) -> Result<reqwest::Client, reqwest::Error> {
    builder(extra_ca)?
        .proxy(reqwest::Proxy::all(proxy)?)
        .build()
}

fn builder(extra_ca: Option<&[u8]>) -> Result<reqwest::ClientBuilder, reqwest::Error> {
    // A program installs its TLS provider at boot; alone in a test or a foreign program, this is it.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(KEPT)
        .tcp_nodelay(true)
        // The platform speaks it, and each of several calls at once gets a connection of its own.
        .http1_only()
        // Credentials go nowhere but where they were addressed to.
        .redirect(redirect::Policy::none());
    if let Some(pem) = extra_ca {
        builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem)?);
    }
    Ok(builder)
}

/// One account's way to its platform.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    pub http: reqwest::Client,
    pub url: Arc<str>,
    pub entity: Option<&'static str>,
    pub credentials: Credentials,
}

impl Transport {
    /// Sends a command and reads its answer. A read is tried again, within the deadline, as long as the
    /// platform has trouble; a change is sent once.
    pub async fn call(&self, command: &Command, talk: &Talk) -> Result<Response, RegistrarError> {
        let attempts = async {
            if command.is_change() {
                return self.once(command, talk).await;
            }
            (|| self.once(command, talk))
                .retry(
                    ExponentialBuilder::default()
                        .with_min_delay(Duration::from_millis(100))
                        .with_factor(3.0)
                        .with_max_times(3),
                )
                .when(|error| {
                    error.is_outage()
                        && !matches!(error, RegistrarError::Temporary { code: QUOTA, .. })
                })
                .await
        };
        match tokio::time::timeout_at(talk.deadline.instant(), attempts).await {
            Ok(result) => result,
            Err(_) => {
                talk.log
                    .note(self.shown(command), "(no answer in time)".to_owned());
                Err(RegistrarError::Unknown("no answer in time".to_owned()))
            }
        }
    }

    async fn once(&self, command: &Command, talk: &Talk) -> Result<Response, RegistrarError> {
        let started = Instant::now();
        let exchanged = self.exchange(command, talk.deadline).await;
        let outcome = match &exchanged {
            Ok((_, Ok(response))) => response.code.to_string(),
            Ok((_, Err(_))) => "no answer".to_owned(),
            Err(RegistrarError::NotSent(_)) => "not sent".to_owned(),
            Err(_) => "unknown".to_owned(),
        };
        metrics::histogram!("wharf_registrar_call_seconds", "command" => command.name())
            .record(started.elapsed().as_secs_f64());
        metrics::counter!("wharf_registrar_calls_total", "command" => command.name(), "outcome" => outcome).increment(1);

        let (text, read) = exchanged.inspect_err(|error| {
            talk.log.note(self.shown(command), format!("({error})"));
        })?;
        talk.log
            .note(self.shown(command), self.shown_response(&text));
        let mut response = read.map_err(|why| RegistrarError::Unknown(why.to_owned()))?;
        response.description = self.without_password(&response.description);
        response.into_result(command.is_change())
    }

    async fn exchange(
        &self,
        command: &Command,
        deadline: Deadline,
    ) -> Result<(String, Result<Response, &'static str>), RegistrarError> {
        let answer = self
            .http
            .post(&*self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .timeout(deadline.remaining())
            .body(self.form(command))
            .send()
            .await
            .map_err(|error| failure(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| failure(&error))?;
        let text = String::from_utf8_lossy(&body).into_owned();
        // Results travel in the body; another status comes from something in between.
        let read = if status.is_success() {
            Response::parse(&text)
        } else {
            Err("the HTTP status is not 200")
        };
        Ok((text, read))
    }

    fn form(&self, command: &Command) -> String {
        let mut form = String::new();
        if let Some(entity) = self.entity {
            field(&mut form, "s_entity", entity);
        }
        field(&mut form, "s_login", &self.credentials.login);
        field(&mut form, "s_pw", self.credentials.password.expose());
        field(&mut form, "s_command", &command.text());
        form
    }

    /// The request as it may be read by people.
    fn shown(&self, command: &Command) -> String {
        let entity = self
            .entity
            .map(|entity| format!("s_entity={entity}\n"))
            .unwrap_or_default();
        let login = &self.credentials.login;
        format!(
            "POST {}\n{entity}s_login={login}\ns_pw={MASK}\n{}",
            self.url,
            self.without_password(&command.masked())
        )
    }

    fn shown_response(&self, text: &str) -> String {
        let short: String = text.chars().take(LONGEST_LOG).collect();
        let lines: Vec<String> = short
            .lines()
            .map(|line| masked_line(line.trim_end()))
            .collect();
        self.without_password(&lines.join("\n"))
    }

    /// A platform that repeats the password in its answer must not put it into a log.
    fn without_password(&self, text: &str) -> String {
        let password = self.credentials.password.expose();
        if password.len() < 6 {
            text.to_owned()
        } else {
            text.replace(password, MASK)
        }
    }
}

/// A line without its secret. What a property holds can be a line of a command itself, as in the object log.
fn masked_line(line: &str) -> String {
    let Some((key, value)) = line.split_once('=') else {
        return line.to_owned();
    };
    let name = key.trim().to_ascii_uppercase();
    let name = name
        .strip_prefix("PROPERTY[")
        .and_then(|rest| rest.split(']').next())
        .unwrap_or(&name);
    if is_secret(name) {
        return format!("{key}={MASK}");
    }
    match inner_secret(value) {
        Some(inner) => format!("{key}={inner}{MASK}"),
        None => line.to_owned(),
    }
}

/// What may be shown of a value like `AUTH=code` or `auth:code`.
fn inner_secret(value: &str) -> Option<&str> {
    let end = value.find(['=', ':'])?;
    let (key, _) = value.split_at_checked(end + 1)?;
    let name = key.trim_end_matches(['=', ':']).trim();
    is_secret(&name.to_ascii_uppercase()).then_some(key)
}

/// What a failed request means. Only a connection that never came about proves that nothing was sent.
fn failure(error: &reqwest::Error) -> RegistrarError {
    if error.is_connect() {
        return RegistrarError::NotSent(cause_of(error));
    }
    if error.is_timeout() {
        return RegistrarError::Unknown("no answer in time".to_owned());
    }
    RegistrarError::Unknown(format!("the connection broke: {}", cause_of(error)))
}

/// The innermost reason; the outer texts repeat the address.
fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn field(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(name);
    form.push('=');
    for byte in value.bytes() {
        // RFC 3986: unreserved characters stay, everything else is percent-encoded.
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                form.push(char::from(byte))
            }
            _ => form.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// A used connection is worth two round trips; the platform's own patience is not known to be shorter.
const KEPT: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_millis(2_000);
/// The code for "usage exceeded": asking again at once makes it worse.
const QUOTA: u16 = 425;
const LONGEST_LOG: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn transport() -> Transport {
        Transport {
            http: http_client(None).unwrap(),
            url: "https://registrar.example/api/call.cgi".into(),
            entity: Some("1234"),
            credentials: Credentials {
                login: "acct!role".into(),
                password: Secret::new("p w=&1ö"),
            },
        }
    }

    #[test]
    fn the_form_is_percent_encoded() {
        let command = Command::read("StatusDomain").with("DOMAIN", "example.com");
        insta::assert_snapshot!(
            transport().form(&command),
            @"s_entity=1234&s_login=acct%21role&s_pw=p%20w%3D%261%C3%B6&s_command=COMMAND%3DStatusDomain%0ADOMAIN%3Dexample.com"
        );
    }

    #[test]
    fn what_people_read_holds_no_secret() {
        let transport = transport();
        let command = Command::change("AddDomain")
            .with("AUTH", "s3cret-auth")
            .with("X", "p w=&1ö");
        insta::assert_snapshot!(transport.shown(&command), @"
        POST https://registrar.example/api/call.cgi
        s_entity=1234
        s_login=acct!role
        s_pw=********
        COMMAND=AddDomain
        AUTH=********
        X=********
        ");
        let shown = transport
            .shown_response("property[AUTH][0]=s3cret-auth\r\nPROPERTY[OPERATIONINFO][3]=AUTH = s3cret-auth\r\nPROPERTY[EVENTDATA1][0]=auth:s3cret-auth\r\nDESCRIPTION=bad p w=&1ö\r\nEOF\r\n");
        insta::assert_snapshot!(shown, @"
        property[AUTH][0]=********
        PROPERTY[OPERATIONINFO][3]=AUTH =********
        PROPERTY[EVENTDATA1][0]=auth:********
        DESCRIPTION=bad ********
        EOF
        ");
    }
}
