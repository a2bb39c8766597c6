//! The classic module: one request after the other, each on a TLS connection of its own, nothing remembered, nothing
//! looked for before it is made.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox_world::SupplierDoor;
use serde_json::{Value, json};

use crate::trouble::Trouble;

pub struct Classic<'a> {
    door: &'a SupplierDoor,
    authority: reqwest::Certificate,
}

/// What the classic module knows of a service that it made.
pub struct Made(String);

impl<'a> Classic<'a> {
    pub fn new(door: &'a SupplierDoor) -> Result<Self, Trouble> {
        let authority = reqwest::Certificate::from_pem(door.ca.as_bytes())
            .map_err(|error| Trouble::failed("the supplier's authority").because(error))?;
        Ok(Self { door, authority })
    }

    /// Our group, the customer's user, the service, its licence.
    pub async fn create(&self, domain: &str, email: &str) -> Result<(Made, Duration), Trouble> {
        let started = Instant::now();
        let account = self.send(Method::GET, "/account", None).await?;
        let known = self
            .send(Method::GET, &format!("/users?email={email}"), None)
            .await?;
        let user = match known.pointer("/data/0/id").and_then(Value::as_i64) {
            Some(id) => id,
            None => {
                let password = "Cl4ssic-password";
                let user = json!({
                    "email": email, "name": "Classic", "password": password, "password_confirmation": password
                });
                let made = self.send(Method::POST, "/users", Some(user)).await?;
                made.pointer("/data/id")
                    .and_then(Value::as_i64)
                    .unwrap_or(0)
            }
        };
        let group = account.pointer("/data/default_group_id").cloned();
        let service =
            json!({ "user_id": user, "plan_id": "pro", "group_id": group, "domain": domain });
        let service = self.send(Method::POST, "/services", Some(service)).await?;
        let id = service.pointer("/data/id").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let licences = format!("/services/{id}/licences");
        self.send(Method::POST, &licences, Some(json!({}))).await?;
        Ok((Made(id), started.elapsed()))
    }

    pub async fn suspend(&self, Made(id): &Made) -> Result<Duration, Trouble> {
        let started = Instant::now();
        let path = format!("/services/{id}/suspend");
        self.send(Method::POST, &path, Some(json!({}))).await?;
        Ok(started.elapsed())
    }

    pub async fn terminate(&self, Made(id): &Made) -> Result<Duration, Trouble> {
        let started = Instant::now();
        self.send(Method::DELETE, &format!("/services/{id}"), None)
            .await?;
        Ok(started.elapsed())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Trouble> {
        let failed = |error: reqwest::Error| {
            Trouble::failed(format!("no answer to {path}")).because(error.without_url())
        };
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .tls_certs_merge([self.authority.clone()])
            .build()
            .map_err(failed)?;
        let mut request = client
            .request(method, format!("{}/api/v1{path}", self.door.tls))
            .bearer_auth(&self.door.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(failed)?;
        let text = answer.error_for_status().map_err(failed)?.text().await;
        Ok(serde_json::from_str(&text.map_err(failed)?).unwrap_or_default())
    }
}
