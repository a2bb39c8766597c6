//! SiteShield alone, as `wharf sandbox supplier` brings it up.

use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::{client, first_line, wharf};

/// A running supplier; it ends with the value.
#[derive(Debug)]
pub struct LoneSupplier {
    pub port: u16,
    child: Child,
}

impl LoneSupplier {
    pub fn start(token: &str) -> Self {
        let mut child = wharf()
            .args([
                "sandbox", "supplier", "--port", "0", "--json", "--token", token,
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said: Value = serde_json::from_str(&first_line(&mut child)).unwrap();
        let plain = said.pointer("/supplier/plain").and_then(Value::as_str);
        let (_, port) = plain.unwrap().rsplit_once(':').unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            port: port.parse().unwrap(),
            child,
        }
    }

    /// Everything that it ever had.
    pub async fn services(&self) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/_sandbox/services", self.port);
        client()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Whether it refuses licences, or every token, from now on.
    pub async fn refuse(&self, licences: bool, token: bool) {
        let url = format!("http://127.0.0.1:{}/_sandbox/refuses", self.port);
        let switches = json!({ "licences": licences, "token": token });
        let sent = client().put(url).json(&switches).send().await.unwrap();
        assert!(sent.status().is_success());
    }
}

impl Drop for LoneSupplier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
