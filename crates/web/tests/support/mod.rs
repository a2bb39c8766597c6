//! An edge with fake capabilities behind it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail"
)]
#![expect(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use wharf_core::{Clock, ErrorClass, Secret};
use wharf_payments::pages::Language;
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_web::public::{Delivery, LinkCheck, Public, SignedClaim, Working};
use wharf_web::{AdminToken, App, AppOptions, Handlers, Peer, Trouble, TrustedProxies, meters};
use wharf_whmcs::call::{Answering, CallError, ModuleAnswer, ModuleCall, ModuleHandler};

pub const TOKEN: &str = "token-of-main";
pub const ADMIN: &str = "token-of-the-key-file";

/// A running edge and what its fakes saw.
pub struct World {
    pub app: App,
    pub store: Store,
    pub seen: Arc<Seen>,
    pub modules: Arc<Modules>,
    _db: TestDb,
}

#[derive(Default)]
pub struct Seen {
    pub calls: Mutex<Vec<ModuleCall>>,
    pub checks: Mutex<Vec<LinkCheck>>,
    pub claims: Mutex<Vec<SignedClaim>>,
    pub deliveries: Mutex<Vec<Delivery>>,
    pub beats: Mutex<Vec<Delivery>>,
}

impl World {
    pub async fn new() -> Self {
        Self::on(TestDb::sqlite()).await
    }

    pub async fn on(db: TestDb) -> Self {
        let store = db.open(&Clock::system()).await;
        let seen = Arc::new(Seen::default());
        let modules = Arc::new(Modules {
            seen: seen.clone(),
            gate: Semaphore::new(0),
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        });
        let app = App::new(AppOptions {
            store: store.clone(),
            sites: Arc::new(|token: Secret| {
                Box::pin(async move { Ok((token.expose() == TOKEN).then(|| "main".to_owned())) })
            }),
            handlers: Handlers {
                registrar: Some(modules.clone()),
                ..Handlers::default()
            },
            public: Arc::new(Shop(seen.clone())),
            metrics: meters::detached(),
            proxies: TrustedProxies::parse(&["127.0.0.1"]).unwrap(),
            admin: AdminToken::new(Secret::new(ADMIN)),
            version: "1.2.3",
            call_patience: Duration::from_millis(300),
            staff: None,
        });
        Self {
            app,
            store,
            seen,
            modules,
            _db: db,
        }
    }

    pub fn socket(&self) -> Router {
        wharf_web::socket_router(self.app.clone())
    }

    pub fn public(&self) -> Router {
        wharf_web::public_router(self.app.clone())
    }

    /// Calls a function of the registrar module.
    pub async fn call(&self, function: &str, body: impl Into<Body>) -> Got {
        let request = Request::post(format!("/whmcs/registrar/wharf/{function}"))
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(body.into())
            .unwrap();
        send(self.socket(), request).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

pub async fn send(router: Router, request: Request<Body>) -> Got {
    read(router.oneshot(request).await.unwrap()).await
}

pub async fn read(response: Response<Body>) -> Got {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text,
    }
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// As if it came from that address.
pub fn from(peer: &str, mut request: Request<Body>) -> Request<Body> {
    let peer: SocketAddr = format!("{peer}:5000").parse().unwrap();
    request.extensions_mut().insert(Peer::Tcp(peer));
    request
}

/// Waits for something that another task does.
pub async fn eventually(what: &str, is: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !is() {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::task::yield_now().await;
    }
}

pub struct Modules {
    seen: Arc<Seen>,
    /// "Wait" and "Slow" go on when a permit is added.
    pub gate: Semaphore,
    pub begun: AtomicUsize,
    pub ended: AtomicUsize,
}

impl ModuleHandler for Modules {
    fn call(&self, call: ModuleCall) -> Answering<'_> {
        Box::pin(async move {
            self.seen.calls.lock().unwrap().push(call.clone());
            match call.function.as_str() {
                "Missing" => Err(CallError::Missing("domainid")),
                "Invalid" => Err(CallError::Invalid("the name is taken".to_owned())),
                "Internal" => Err(CallError::Internal {
                    public: "the database is away".to_owned(),
                    source: "password=hunter2 refused".into(),
                }),
                "Panic" => panic!("a bug"),
                "Wait" => {
                    self.begun.fetch_add(1, Ordering::SeqCst);
                    self.gate.acquire().await.unwrap().forget();
                    self.ended.fetch_add(1, Ordering::SeqCst);
                    Ok(ModuleAnswer::new(json!("waited")))
                }
                "Echo" => Ok(ModuleAnswer::new(json!({ "sld": call.params.text("sld") }))
                    .logged("request", "response")
                    .with_activity("looked at it")),
                other => Err(CallError::UnknownFunction(other.to_owned())),
            }
        })
    }
}

struct Shop(Arc<Seen>);

impl Public for Shop {
    fn link_check(&self, asked: LinkCheck) -> Working<'_, Result<Value, Trouble>> {
        let phone = asked.field("phone").map(str::to_owned);
        self.0.checks.lock().unwrap().push(asked);
        Box::pin(async move {
            match phone.as_deref() {
                Some("slow") => std::future::pending().await,
                Some("panic") => panic!("a bug"),
                _ => {}
            }
            Ok(json!({ "status": false, "message": "لم يصل بعد" }))
        })
    }

    fn claim(&self, signed: SignedClaim) -> Working<'_, Result<Value, Trouble>> {
        let slow = signed.signature == "slow";
        self.0.claims.lock().unwrap().push(signed);
        Box::pin(async move {
            if slow {
                std::future::pending::<()>().await;
            }
            Ok(json!({ "status": false, "code": "not_found" }))
        })
    }

    fn rate(&self, store: String, _: Language) -> Working<'_, Result<Value, Trouble>> {
        Box::pin(async move {
            match store.as_str() {
                "slow" => std::future::pending().await,
                "1" => Ok(json!({ "status": true, "rate": "50.25", "currency_label": "USD" })),
                _ => Err(Trouble::new(
                    http::StatusCode::NOT_FOUND,
                    "there is no such store",
                )),
            }
        })
    }

    fn intake(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>> {
        let known = delivery.token == "phone-1";
        self.0.deliveries.lock().unwrap().push(delivery);
        Box::pin(async move {
            let refused = Trouble::of_class(ErrorClass::Refused, "unknown device");
            if known {
                Ok(json!({ "stored": true }))
            } else {
                Err(refused)
            }
        })
    }

    fn heartbeat(&self, delivery: Delivery) -> Working<'_, Result<Value, Trouble>> {
        self.0.beats.lock().unwrap().push(delivery);
        Box::pin(async { Ok(json!({ "alive": true })) })
    }
}
