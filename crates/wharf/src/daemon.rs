//! Talking to the running daemon over its socket.

use std::path::Path;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use reqwest::{Client, Method};
use serde_json::Value;
use sha2::Sha256;
use wharf_core::Secret;

use crate::config::Config;
use crate::trouble::{Trouble, chain};

/// What proves to the daemon that the caller can read its key file. The key itself never travels.
pub fn admin_token(key_file: &Path) -> Result<Secret, Trouble> {
    let trouble = |error: std::io::Error| {
        Trouble::failed(format!(
            "the key file {} cannot be read",
            key_file.display()
        ))
        .because(error)
    };
    let key = std::fs::read_to_string(key_file).map_err(trouble)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.trim().as_bytes())
        .map_err(|_| Trouble::failed("the key file cannot be used"))?;
    mac.update(b"wharf admin socket");
    Ok(Secret::new(hex::encode(mac.finalize().into_bytes())))
}

/// The daemon, as seen from another process on this machine.
#[derive(Debug)]
pub struct Daemon {
    client: Client,
    socket: String,
}

/// A status and a JSON body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Daemon {
    pub fn new(config: &Config) -> Result<Self, Trouble> {
        let client = Client::builder()
            .unix_socket(config.socket.clone())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| {
                Trouble::failed("the client of the daemon's socket cannot be made").because(error)
            })?;
        Ok(Self {
            client,
            socket: config.socket.display().to_string(),
        })
    }

    pub async fn health(&self) -> Result<Answer, Trouble> {
        self.ask(Method::GET, "/healthz", None).await
    }

    pub async fn settle(&self, id: &str, token: &Secret) -> Result<Answer, Trouble> {
        self.ask(
            Method::POST,
            &format!("/admin/journal/{id}/settle"),
            Some(token),
        )
        .await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&Secret>,
    ) -> Result<Answer, Trouble> {
        let mut request = self.client.request(method, format!("http://wharf{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let silent = |error: reqwest::Error| {
            let why = chain(&error.without_url());
            Trouble::failed(format!(
                "the daemon does not answer on {} ({why})",
                self.socket
            ))
            .mend("start it: systemctl start wharf, or: wharf serve")
        };
        let response = request.send().await.map_err(silent)?;
        let status = response.status().as_u16();
        let body = response.json().await.map_err(silent)?;
        Ok(Answer { status, body })
    }
}
