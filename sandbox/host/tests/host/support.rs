//! A host of its own for each test: real PHP, a real socket, a browser with cookies.

use std::net::SocketAddr;
use std::path::Path;

use sandbox_host::{Host, HostOptions, Seed};
use serde_json::{Value, json};
use wharf_core::Clock;

pub struct World {
    pub host: Host,
    pub url: String,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let options = HostOptions {
            clock: Clock::system(),
            root: folder.path().join("whmcs"),
            system_url: url.clone(),
            seed: seed(),
            php_fpm: "php-fpm8.2".into(),
            modules: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/modules")],
            workers: 10,
        };
        let host = Host::start(options).await.unwrap();
        let service = host
            .router()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            host,
            url,
            _folder: folder,
        }
    }

    pub fn browser(&self) -> Browser {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .cookie_store(true)
            .build()
            .unwrap();
        Browser {
            client,
            url: self.url.clone(),
        }
    }

    /// Calls the API as JSON with the test's credentials.
    pub async fn api(&self, action: &str, fields: &[(&str, &str)]) -> Value {
        let mut all = vec![
            ("action", action),
            ("identifier", "id-1"),
            ("secret", "s3cret"),
            ("responsetype", "json"),
        ];
        all.extend_from_slice(fields);
        self.post_api(&all).await.1
    }

    pub async fn post_api(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = self
            .browser()
            .client
            .post(format!("{}includes/api.php", self.url))
            .form(fields)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    pub async fn rows(&self, table: &str) -> Vec<Value> {
        let answer = self
            .browser()
            .client
            .get(format!("{}_sandbox/rows/{table}", self.url))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

pub struct Browser {
    client: reqwest::Client,
    url: String,
}

impl Browser {
    pub async fn get(&self, path: &str) -> String {
        let answer = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(
            status.is_success() || status.as_u16() == 404,
            "{path}: {status} {text}"
        );
        text
    }

    /// Posts to `path` with the token of the form on page `from`; the page where it ends, with its address.
    pub async fn post(&self, from: &str, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let page = self.get(from).await;
        let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all).await
    }

    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let answer = self
            .client
            .post(format!("{}{path}", self.url))
            .form(fields)
            .send()
            .await
            .unwrap();
        let address = answer.url().to_string();
        (address, answer.text().await.unwrap())
    }

    /// Puts a domain and a product for it into the cart and orders them as a new customer; the invoice's id.
    pub async fn buy(&self, domain: &str, email: &str) -> String {
        self.post(
            &format!("cart.php?a=add&domain=register&query={domain}"),
            "cart.php",
            &[
                ("a", "add"),
                ("domain", "register"),
                ("query", domain),
                ("regperiod", "1"),
            ],
        )
        .await;
        self.post(
            "cart.php?a=add&pid=1",
            "cart.php",
            &[
                ("a", "add"),
                ("pid", "1"),
                ("billingcycle", "monthly"),
                ("domainname", domain),
            ],
        )
        .await;
        let (address, page) = self
            .post(
                "cart.php?a=checkout",
                "cart.php?a=checkout",
                &checkout(email),
            )
            .await;
        assert!(address.contains("viewinvoice.php?id="), "{address}: {page}");
        address.rsplit('=').next().unwrap().to_owned()
    }

    pub async fn staff(&self) {
        let (address, _) = self
            .post(
                "admin/login",
                "admin/login",
                &[("username", "admin"), ("password", "staff pw")],
            )
            .await;
        assert!(address.ends_with("/admin/"), "{address}");
    }
}

pub fn checkout(email: &str) -> Vec<(&str, &str)> {
    vec![
        ("a", "checkout"),
        ("custtype", "new"),
        ("firstname", "Mona"),
        ("lastname", "Farid"),
        ("email", email),
        ("phonenumber", "01012345678"),
        ("address1", "1 Tahrir Sq"),
        ("city", "Cairo"),
        ("state", "Cairo"),
        ("postcode", "11511"),
        ("country", "EG"),
        ("password", "hunter22"),
        ("password2", "hunter22"),
        ("paymentmethod", "testpay"),
    ]
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text
        .find(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"))
        + start.len();
    text[from..].split(end).next().unwrap()
}

fn seed() -> Seed {
    serde_json::from_value(json!({
        "company": "Test Hosting",
        "admins": [{ "username": "admin", "password": "staff pw" }],
        "api_credentials": [
            { "identifier": "id-1", "secret": "s3cret", "roles": ["*"] },
            { "identifier": "id-2", "secret": "other", "roles": ["GetClients"] },
        ],
        "allowed_ips": ["127.0.0.1"],
        "access_key": "open sesame",
        "currencies": [{ "code": "USD", "prefix": "$", "suffix": " USD", "default": true }, { "code": "EGP", "suffix": " EGP", "rate": "50.25" }],
        "tlds": [{ "extension": "com", "register_price_minor": 1099, "autoreg": "testreg" }],
        "lookup_registrar": "testreg",
        "registrars": [{ "module": "testreg", "settings": { "Login": "me", "Password": "sesame" } }],
        "gateways": [{ "module": "testpay", "settings": { "secret": "gateway secret" } }],
        "servers": [{ "name": "one", "module": "testserver", "hostname": "server.test", "password": "server secret", "secure": true }],
        "products": [{
            "group": "Security", "name": "Shield Pro", "description": "Protects.", "module": "testserver", "price_minor": 1250,
            "config_options": { "1": "pro" }, "server": "one", "show_domain_options": true,
        }],
        "nameservers": ["ns1.host.test", "ns2.host.test"],
    }))
    .unwrap()
}
