//! `wharf host` with a browser and an API client.

use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::{first_line, wharf};

/// A host by itself, on a free port; it ends with the value.
#[derive(Debug)]
pub struct LoneHost {
    /// Without trailing slash.
    pub url: String,
    staff: (String, String),
    api: (String, String),
    child: Child,
}

impl LoneHost {
    pub fn start(modules: &Path, dir: &Path) -> Self {
        let mut child = wharf()
            .args(["host", "--port", "0", "--json", "--modules"])
            .arg(modules)
            .arg("--dir")
            .arg(dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let ready: Value = serde_json::from_str(&line).expect("the host says where it is");
        let text = |pointer: &str| {
            ready
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            url: text("/host"),
            staff: (text("/staff/username"), text("/staff/password")),
            api: (text("/api/identifier"), text("/api/secret")),
            child,
        }
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.url)
    }

    /// A browser that is logged in as staff.
    pub async fn staff(&self) -> Browser {
        let browser = self.browser();
        let fields = [
            ("username", self.staff.0.as_str()),
            ("password", &self.staff.1),
        ];
        let page = browser.send("admin/login", "admin-login", &fields).await;
        assert!(page.address.ends_with("/admin/"), "{page:?}");
        browser
    }

    pub async fn api(&self, action: &str, fields: &[(&str, &str)]) -> Value {
        let mut all = vec![
            ("action", action),
            ("responsetype", "json"),
            ("identifier", &self.api.0),
            ("secret", &self.api.1),
        ];
        all.extend_from_slice(fields);
        let answer = crate::client()
            .post(format!("{}/includes/api.php", self.url))
            .form(&all)
            .send();
        answer.await.unwrap().json().await.unwrap()
    }

    pub async fn rows(&self, table: &str) -> Vec<Value> {
        match crate::json(&format!("{}/_sandbox/rows/{table}", self.url)).await {
            Value::Array(rows) => rows,
            other => panic!("no rows of {table}: {other}"),
        }
    }
}

impl Drop for LoneHost {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub struct Browser {
    pub client: reqwest::Client,
    url: String,
}

/// A page, and the address where the browser ended.
#[derive(Debug)]
pub struct Page {
    pub address: String,
    pub status: u16,
    pub text: String,
}

impl Page {
    /// What stands between two texts.
    pub fn between(&self, start: &str, end: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(start)
            .unwrap_or_else(|| panic!("no {start} in {}", self.text));
        rest.split_once(end).map_or(rest, |(found, _)| found)
    }

    pub fn has(&self, wanted: &str) -> &Self {
        assert!(
            self.text.contains(wanted),
            "no {wanted} at {}:\n{}",
            self.address,
            self.text
        );
        self
    }
}

impl Browser {
    /// A browser in front of any host.
    pub fn at(url: &str) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .cookie_store(true)
            .build()
            .unwrap();
        Self {
            client,
            url: url.to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        Self::page(
            self.client
                .get(format!("{}/{path}", self.url))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        Self::page(
            self.client
                .post(format!("{}/{path}", self.url))
                .form(fields)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Fills in the form with this id on page `from`, and sends it to where it says with the hidden fields that it has.
    pub async fn send(&self, from: &str, form: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from).await;
        self.send_from(&page, &format!("id=\"{form}\""), fields)
            .await
    }

    /// The same with a form that has no id: the first whose tag or content has `mark`.
    pub async fn send_from(&self, page: &Page, mark: &str, fields: &[(&str, &str)]) -> Page {
        let forms = page
            .text
            .split("<form")
            .skip(1)
            .filter_map(|rest| rest.split("</form").next());
        let form = forms
            .into_iter()
            .find(|form| form.contains(mark))
            .unwrap_or_else(|| panic!("no form with {mark} in {}", page.text));
        let attribute = |tag: &str, name: &str| {
            let rest = tag.split_once(&format!("{name}=\""))?.1;
            Some(rest.split_once('"')?.0.replace("&amp;", "&"))
        };
        let tag = form.split_once('>').unwrap().0;
        let target = url::Url::parse(&page.address)
            .unwrap()
            .join(&attribute(tag, "action").unwrap_or_default())
            .unwrap();
        let hidden: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter(|input| {
                input
                    .split('>')
                    .next()
                    .is_some_and(|input| input.contains("type=\"hidden\""))
            })
            .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
            .collect();
        let mut all: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.extend_from_slice(fields);
        Self::page(self.client.post(target).form(&all).send().await.unwrap()).await
    }

    async fn page(answer: reqwest::Response) -> Page {
        Page {
            address: answer.url().to_string(),
            status: answer.status().as_u16(),
            text: answer.text().await.unwrap(),
        }
    }
}
