//! The pages on a database of their own, and a browser that keeps cookies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use jiff::Timestamp;
use scraper::{Html, Selector};
use tower::ServiceExt as _;
use wharf_core::{Clock, Secret};
use wharf_payments::pages::{SiteCheck, SiteVerdict};
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::{Payments, PaymentsConfig};
use wharf_services::{Services, ServicesConfig};
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_web::staff::{Operators, Role, StaffOptions};
use wharf_web::{AdminToken, App, AppOptions, Handlers, Peer, TrustedProxies, meters};
use wharf_whmcs::Sites;

pub const PASSWORD: &str = "a-sample-pass-for-pages";
/// A payer's.
pub const PHONE: &str = "01012345678";

pub struct Office {
    pub store: Store,
    pub clock: Clock,
    pub operators: Operators,
    payments: Arc<Payments>,
    router: Router,
    /// The provider's own connectors.
    pub connectors: tempfile::TempDir,
    _db: TestDb,
}

impl Office {
    pub async fn open() -> Self {
        Self::on(TestDb::sqlite(), false).await
    }

    pub async fn on(db: TestDb, secure: bool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::fixed("2026-11-26T09:00:00Z".parse::<Timestamp>().unwrap());
        let store = db.open(&clock).await;
        let sites = Sites::new(store.clone(), None).unwrap();
        let connectors = tempfile::tempdir().unwrap();
        let provisioning = ServicesConfig {
            connectors_dir: Some(connectors.path().to_owned()),
            ..ServicesConfig::default()
        };
        let services = Services::new(store.clone(), sites.clone(), provisioning).unwrap();
        let payments =
            Payments::new(store.clone(), sites.clone(), PaymentsConfig::default()).unwrap();
        let app = App::new(AppOptions {
            store: store.clone(),
            sites: Arc::new(|_| Box::pin(async { Ok(None) })),
            handlers: Handlers::default(),
            public: payments.clone(),
            metrics: meters::detached(),
            proxies: TrustedProxies::parse(&["127.0.0.1"]).unwrap(),
            admin: AdminToken::new(Secret::new("admin")),
            version: "1.2.3",
            call_patience: Duration::from_millis(300),
            staff: Some(StaffOptions {
                payments: payments.clone(),
                sites,
                services: services.clone(),
                site_check: Arc::new(|site| {
                    Box::pin(async move {
                        if site == "fine" {
                            return vec![SiteCheck {
                                verdict: SiteVerdict::Fine,
                                name: format!("site {site}, WHMCS API"),
                                what: "WHMCS 8.13, currencies USD".to_owned(),
                                mend: None,
                            }];
                        }
                        vec![SiteCheck {
                            verdict: SiteVerdict::Wrong,
                            name: format!("site {site}, WHMCS API"),
                            what: "Invalid IP 203.0.113.9".to_owned(),
                            mend: Some("allow 203.0.113.9".to_owned()),
                        }]
                    })
                }),
                secure,
                idle: Duration::from_secs(3_600),
                whole: Duration::from_secs(12 * 3_600),
            }),
        });
        Self {
            operators: Operators::new(store.clone()),
            router: wharf_web::public_router(app),
            store,
            clock,
            payments,
            connectors,
            _db: db,
        }
    }

    pub async fn employ(&self, name: &str, role: Role) {
        let password = Secret::new(PASSWORD);
        self.operators.add(name, role, password).await.unwrap();
    }

    pub fn browser(&self) -> Browser {
        self.browser_at("203.0.113.5")
    }

    pub fn browser_at(&self, address: &str) -> Browser {
        Browser {
            router: self.router.clone(),
            address: address.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// A browser of somebody who has logged in.
    pub async fn at_work(&self, name: &str, role: Role) -> Browser {
        self.employ(name, role).await;
        let mut browser = self.browser();
        let page = browser.log_in(name, PASSWORD).await;
        assert_eq!(page.status, 303, "{}", page.text);
        browser
    }
}

pub struct Browser {
    router: Router,
    address: String,
    pub cookies: BTreeMap<String, String>,
}

#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form of the page before with what it hides, or what is not on the page with that page's token.
    pub async fn submit(&mut self, from: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = from.attribute("input[name=csrf]", "value");
        let hidden = from.hidden(path);
        let mut all = vec![("csrf", token.as_str())];
        all.extend(
            hidden
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Page {
        let page = self.get("/staff/login").await;
        let before = page.attribute("input[name=before]", "value");
        self.post(
            "/staff/login",
            &[
                ("before", &before),
                ("next", "/"),
                ("name", name),
                ("password", password),
            ],
        )
        .await
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            let value = cookies.join("; ").parse().unwrap();
            request.headers_mut().insert("cookie", value);
        }
        let peer = format!("{}:5000", self.address).parse().unwrap();
        request.extensions_mut().insert(Peer::Tcp(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The texts of the elements, blanks made one.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&Selector::parse(css).unwrap())
            .map(|element| {
                let words = element.text().flat_map(str::split_whitespace);
                words.collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// The hidden fields of the form that goes to a path, by itself or by one of its buttons.
    pub fn hidden(&self, path: &str) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.text);
        let css = format!(
            "form[action='{path}'] input[type=hidden], form:has([formaction='{path}']) input[type=hidden]"
        );
        html.select(&Selector::parse(&css).unwrap())
            .map(|field| {
                let attribute = |name| field.value().attr(name).unwrap_or_default().to_owned();
                (attribute("name"), attribute("value"))
            })
            .collect()
    }

    pub fn attribute(&self, css: &str, name: &str) -> String {
        let html = Html::parse_document(&self.text);
        html.select(&Selector::parse(css).unwrap())
            .next()
            .and_then(|element| element.value().attr(name))
            .unwrap_or_default()
            .to_owned()
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .map(|(name, value)| {
            let value: String = value
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
                    _ => format!("%{byte:02X}"),
                })
                .collect();
            format!("{name}={value}")
        })
        .collect::<Vec<_>>()
        .join("&")
}

impl Office {
    /// A store with a wallet and a phone that holds every payment.
    pub async fn set_up_store(&self) {
        self.set_up_store_of("main").await;
    }

    /// As [`set_up_store`](Self::set_up_store), for the clients of that site.
    pub async fn set_up_store_of(&self, site: &str) {
        let store = format!(
            "id = \"shop\"\nsite = \"{site}\"\nname = \"Example Hosting\"\nrates = {{ USD = \"50.25\" }}\n\
             hold = \"always\"\nphone_binding = \"off\"\nbalance_check = false\nsecond_person_above = \"1000\""
        );
        let store: StoreSetup = toml::from_str(&store).unwrap();
        store.apply(&self.store).await.unwrap();
        let wallet: WalletSetup = toml::from_str(
            "id = \"main-wallet\"\nstore = \"shop\"\noperator = \"vodafone-cash\"\nnumber = \"01055501234\"",
        )
        .unwrap();
        let wallets = self.payments.wallets();
        wallet.apply(&self.store, &wallets).await.unwrap();
        let device: DeviceSetup = toml::from_str(
            "id = \"phone-1\"\nstore = \"shop\"\ntoken = \"a-sample-token-of-a-phone\"\nformat = \"generic\"\n\
             wallets = [\"main-wallet\"]",
        )
        .unwrap();
        device.apply(&self.store).await.unwrap();
    }

    /// An operator's message, forwarded and read.
    pub async fn deliver(&self, sender: &str, text: &str) {
        self.deliver_to("a-sample-token-of-a-phone", sender, text)
            .await;
    }

    /// As [`deliver`](Self::deliver), to the address with that token.
    pub async fn deliver_to(&self, token: &str, sender: &str, text: &str) {
        let status = self.sent_to(token, sender, text).await;
        assert_eq!(status, 200);
        self.work().await;
    }

    /// What a delivery to the address with that token is answered.
    pub async fn status_at(&self, token: &str) -> u16 {
        self.sent_to(token, "VF-Cash", "a message").await
    }

    async fn sent_to(&self, token: &str, sender: &str, text: &str) -> u16 {
        let at = self.clock.now_ms();
        let body = serde_json::json!({ "from": sender, "text": text, "receivedStamp": at });
        let request = Request::post(format!("/intake/{token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.browser().send(request).await;
        answer.status
    }

    pub async fn receive(&self, number: &str, phone: &str, amount: &str) {
        let text = format!(
            "تم استلام مبلغ {amount} جنيه من {phone}؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك 01055501234 \
             بتاريخ 10:59 26-11-26.\nرصيدك الحالي: 1540.75 جنيه\nرقم العملية: {number}"
        );
        self.deliver("VF-Cash", &text).await;
    }

    /// What a customer says by the claim check.
    pub async fn claim(&self, client: &str, phone: &str, amount: &str) {
        let path = format!(
            "/api/payment_link_check?phone={phone}&amount={amount}&client_id={client}&user_name={client}&store_id=shop&lang=en"
        );
        let answer = self.browser().get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.work().await;
    }

    async fn work(&self) {
        self.payments.read_unread().await.unwrap();
        while self.store.jobs().work_due().await.unwrap() > 0 {}
    }
}
