//! A host of its own for each test: real PHP, a real socket, a browser with cookies.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sandbox_host::{CronReport, CronRun, Host, HostOptions};
use serde_json::{Value, json};
use wharf_core::Clock;

pub struct World {
    pub host: Host,
    pub url: String,
    pub clock: Clock,
    login: String,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a seed that was changed, and with a clock that can be moved.
    pub async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::leading(folder.path().join("clock"));
        // The test module reads what its registry shall say from files of this name.
        let login = format!(
            "testreg-{}",
            folder.path().file_name().unwrap().to_string_lossy()
        );
        let mut seed = seed();
        seed["registrars"][0]["settings"]["Login"] = json!(login);
        change(&mut seed);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let options = HostOptions {
            clock: clock.clone(),
            root: folder.path().join("whmcs"),
            system_url: url.clone(),
            seed: serde_json::from_value(seed).unwrap(),
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
            clock,
            login,
            _folder: folder,
        }
    }

    /// Lets days pass, each with its cron.
    pub async fn days(&self, days: u32) -> Vec<CronReport> {
        let mut reports = Vec::new();
        for _ in 0..days {
            assert!(self.clock.advance(Duration::from_secs(86_400)));
            reports.push(self.host.cron(CronRun::Due).await.unwrap());
        }
        reports
    }

    /// What the test module's registry says from now on: `sync` or `transfer`, by name.
    pub fn registry_says(&self, about: &str, told: &Value) {
        let file = std::env::temp_dir().join(format!("{}-{about}.json", self.login));
        std::fs::write(file, told.to_string()).unwrap();
    }

    /// The one client, Mona.
    pub async fn client(&self) {
        let fields = [
            ("firstname", "Mona"),
            ("lastname", "Farid"),
            ("email", "mona@example.test"),
            ("address1", "1 Tahrir Sq"),
            ("city", "Cairo"),
            ("state", "Cairo"),
            ("postcode", "11511"),
            ("country", "EG"),
            ("phonenumber", "01012345678"),
            ("password2", "hunter22"),
        ];
        let added = self.api("AddClient", &fields).await;
        assert_eq!(added["clientid"], 1, "{added}");
    }

    /// An order of the client for one domain, paid.
    pub async fn order(&self, name: &str, fields: &[(&str, &str)]) {
        let mut all = vec![
            ("clientid", "1"),
            ("paymentmethod", "testpay"),
            ("domain[0]", name),
            ("regperiod[0]", "1"),
        ];
        all.extend_from_slice(fields);
        let placed = self.api("AddOrder", &all).await;
        let invoice = placed["invoiceid"].to_string();
        assert_eq!(placed["result"], "success", "{placed}");
        self.pay(&invoice).await;
    }

    pub async fn pay(&self, invoice: &str) {
        let transid = format!("T{invoice}");
        let fields = [
            ("invoiceid", invoice),
            ("transid", &transid),
            ("gateway", "testpay"),
        ];
        let paid = self.api("AddInvoicePayment", &fields).await;
        assert_eq!(paid["result"], "success", "{paid}");
    }

    /// The day from which on a domain is invoiced, which no form and no API sets.
    pub async fn set_next_invoice(&self, domain: &str, day: &str) {
        self.sql(&format!(
            "UPDATE tbldomains SET nextinvoicedate = '{day}', nextduedate = '{day}' WHERE id = {domain}"
        ));
    }

    /// Past the host, by the command line tool.
    pub fn sql(&self, text: &str) -> String {
        let output = std::process::Command::new("sqlite3")
            .args(["-cmd", ".timeout 5000"])
            .arg(self.host.database())
            .arg(text)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The activity log, oldest first.
    pub async fn activity(&self) -> String {
        let rows = self.rows("tblactivitylog").await;
        let lines: Vec<&str> = rows
            .iter()
            .filter_map(|row| row["description"].as_str())
            .collect();
        lines.join("\n")
    }

    pub fn day(&self, days: i64) -> String {
        let at = self.clock.now() + jiff::SignedDuration::from_hours(24 * days);
        at.strftime("%Y-%m-%d").to_string()
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

impl Drop for World {
    fn drop(&mut self) {
        for about in ["sync", "transfer"] {
            let file = std::env::temp_dir().join(format!("{}-{about}.json", self.login));
            let _ = std::fs::remove_file(file);
        }
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

    /// Where a way through redirections ends.
    pub async fn address(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await;
        answer.unwrap().url().to_string()
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

fn seed() -> Value {
    json!({
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
        }, {
            "group": "Security", "name": "Shield Max", "module": "testserver", "price_minor": 2250,
            "config_options": { "1": "max" }, "server": "one", "show_domain_options": true,
        }, {
            "group": "Security", "name": "Shield Yearly", "module": "testserver", "price_minor": 9900, "cycle": "annually",
            "config_options": { "1": "sold out" }, "server": "one", "show_domain_options": true,
        }],
        "nameservers": ["ns1.host.test", "ns2.host.test"],
    })
}
