//! The classic way: one command after the other, each on a TLS connection of its own, nothing remembered.

use std::time::{Duration, Instant};

use super::registry::Registrar;
use crate::trouble::Trouble;

pub struct Classic<'a> {
    registrar: &'a Registrar,
    authority: reqwest::Certificate,
}

impl<'a> Classic<'a> {
    pub fn new(registrar: &'a Registrar) -> Result<Self, Trouble> {
        let authority = reqwest::Certificate::from_pem(registrar.door.ca.as_bytes())
            .map_err(|error| Trouble::failed("the registrar's authority").because(error))?;
        Ok(Self {
            registrar,
            authority,
        })
    }

    /// Sends the commands; how long all of them took.
    pub async fn run(&self, commands: &[String]) -> Result<Duration, Trouble> {
        let started = Instant::now();
        for command in commands {
            self.send(command).await.map_err(|error| {
                Trouble::failed(format!("no answer to {command}")).because(error)
            })?;
        }
        Ok(started.elapsed())
    }

    async fn send(&self, command: &str) -> Result<String, reqwest::Error> {
        let door = &self.registrar.door;
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .tls_certs_merge([self.authority.clone()])
            .build()?;
        let form = [
            ("s_entity", "1234"),
            ("s_login", &door.login),
            ("s_pw", &door.password),
            ("s_command", command),
        ];
        let url = format!("{}/api/call.cgi", door.tls);
        let answer = client.post(url).form(&form).send().await?;
        answer.error_for_status()?.text().await
    }
}
