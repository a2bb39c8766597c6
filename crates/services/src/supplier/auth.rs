//! How a request proves whose it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use tokio::time::Instant;
use wharf_core::Secret;

use super::Supplier;
use super::exchange::Outgoing;
use crate::language::{Auth, Context, Encoding};

impl Supplier {
    /// Adds what the supplier asks for. The text of an error says what is wrong; whether it may pass by itself is
    /// its first part.
    pub(super) async fn prove(&self, outgoing: &mut Outgoing) -> Result<(), (bool, String)> {
        let lasting = |why: String| (false, why);
        let token = self.place.token.expose();
        let username = self.place.username.as_str();
        let headers = &mut outgoing.headers;
        match &self.connector.supplier.auth {
            Auth::Bearer => put(headers, "authorization", &format!("Bearer {token}")),
            Auth::Basic => {
                let pair = STANDARD.encode(format!("{username}:{token}"));
                put(headers, "authorization", &format!("Basic {pair}"))
            }
            Auth::Header { name, value } => {
                let context = context(&[("token", token), ("username", username)]);
                put(headers, name, &value.render(&context).map_err(lasting)?)
            }
            Auth::Hmac {
                sign,
                encoding,
                headers: list,
            } => {
                let timestamp = (self.clock.now_ms() / 1_000).to_string();
                let body = String::from_utf8_lossy(outgoing.body.as_deref().unwrap_or_default());
                let signed = sign
                    .render(&context(&[
                        ("method", outgoing.method.as_str()),
                        ("path", &outgoing.target),
                        ("timestamp", &timestamp),
                        ("body", &body),
                        ("username", username),
                    ]))
                    .map_err(lasting)?;
                let signature = signature(token, &signed, *encoding);
                let context = context(&[
                    ("signature", &signature),
                    ("timestamp", &timestamp),
                    ("username", username),
                ]);
                for (name, value) in list {
                    put(headers, name, &value.render(&context).map_err(lasting)?)
                        .map_err(lasting)?;
                }
                Ok(())
            }
            Auth::Oauth { path, scope } => {
                let path = path.render(&Context::new()).map_err(lasting)?;
                let token = self.client_token(&path, scope.as_deref()).await?;
                put(
                    headers,
                    "authorization",
                    &format!("Bearer {}", token.expose()),
                )
            }
        }
        .map_err(lasting)
    }

    /// The token refused before its time is not used again.
    pub(super) async fn forget_token(&self) {
        *self.account.oauth.lock().await = None;
    }

    /// A token for our client (RFC 6749, section 4.4), until shortly before it ends.
    async fn client_token(
        &self,
        path: &str,
        scope: Option<&str>,
    ) -> Result<Secret, (bool, String)> {
        let mut known = self.account.oauth.lock().await;
        if let Some((token, until)) = &*known
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let url = self.url(path).map_err(|why| (false, why))?;
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(scope.map(|scope| ("scope", scope)));
        let answer = self
            .http
            .post(url)
            .timeout(self.limits.read)
            .header(ACCEPT, "application/json")
            .basic_auth(&self.place.username, Some(self.place.token.expose()))
            .form(&form)
            .send()
            .await
            .map_err(|error| {
                let why = super::exchange::innermost(&error);
                (
                    true,
                    format!("it gives no token: it cannot be reached ({why})"),
                )
            })?;
        let status = answer.status();
        let json: Value = answer.json().await.unwrap_or_default();
        let Some(token) = json.get("access_token").and_then(Value::as_str) else {
            let words = json
                .get("error_description")
                .or_else(|| json.get("error"))
                .and_then(Value::as_str)
                .map_or_else(|| format!("status {}", status.as_u16()), str::to_owned);
            return Err((
                status.is_server_error() || status.as_u16() == 429,
                format!(
                    "it gives no token ({words}); check user name and password of the server in WHMCS"
                ),
            ));
        };
        let seconds = json.get("expires_in").and_then(Value::as_u64).unwrap_or(60);
        let until = Instant::now() + Duration::from_secs(seconds.saturating_sub(EARLY).max(1));
        let token = Secret::new(token);
        *known = Some((token.clone(), until));
        Ok(token)
    }
}

fn signature(key: &str, text: &str, encoding: Encoding) -> String {
    // Every length of a key is good for an HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    let bytes = mac.finalize().into_bytes();
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
    }
}

fn put(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| "the token has characters that no token has".to_owned())?;
    value.set_sensitive(name == AUTHORIZATION || name != ACCEPT);
    headers.insert(name, value);
    Ok(())
}

fn context(values: &[(&str, &str)]) -> Context {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// Seconds before its end at which a token is given up.
const EARLY: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, section 4.3.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let text = "what do ya want for nothing?";
        assert_eq!(
            signature("Jefe", text, Encoding::Hex),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(signature("Jefe", text, Encoding::Base64).starts_with("W9zBRr9gdU5q"));
    }
}
