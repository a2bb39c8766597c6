//! A daemon of the room alone, on a database and against a supplier.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use wharf_core::{Clock, Secret};
use wharf_services::{Patience, Services, ServicesConfig};
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_whmcs::Sites;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, ModuleHandler as _, ModuleKind, Params};
use wharf_whmcs::setup::SiteSetup;

use crate::supplier::{Supplier, TOKEN};

/// A daemon: the room with its workers, which stop with it.
pub struct Daemon {
    pub store: Store,
    pub sites: Sites,
    pub services: Arc<Services>,
    pub port: u16,
    pub workers: Vec<AbortHandle>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.workers.iter().for_each(AbortHandle::abort);
    }
}

pub fn patience() -> Patience {
    Patience {
        page: Duration::from_millis(400),
        change: Duration::from_secs(20),
        supplier_read: Duration::from_millis(700),
        supplier_change: Duration::from_millis(700),
        ..Patience::default()
    }
}

pub async fn daemon(db: &TestDb, clock: &Clock, supplier: &Supplier, patience: Patience) -> Daemon {
    daemon_with(db, clock, supplier, patience, None).await
}

/// As [`daemon`], with connectors of a folder.
pub async fn daemon_with(
    db: &TestDb,
    clock: &Clock,
    supplier: &Supplier,
    patience: Patience,
    folder: Option<&Path>,
) -> Daemon {
    daemon_at(db, clock, supplier.port, patience, folder).await
}

/// As [`daemon_with`], with a supplier on a port.
pub async fn daemon_at(
    db: &TestDb,
    clock: &Clock,
    port: u16,
    patience: Patience,
    folder: Option<&Path>,
) -> Daemon {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = db.open(clock).await;
    let sites = Sites::new(store.clone(), None).unwrap();
    let services = Services::with_patience(
        store.clone(),
        sites.clone(),
        ServicesConfig {
            connectors_dir: folder.map(Path::to_owned),
            extra_ca: None,
        },
        patience,
    )
    .unwrap();
    store.journal().recover().await.unwrap();
    let journal = store.journal().clone();
    let workers = vec![tokio::spawn(async move { journal.work().await }).abort_handle()];
    Daemon {
        store,
        sites,
        services,
        port,
        workers,
    }
}

impl Daemon {
    pub fn params(&self, service: i64) -> Value {
        json!({
            "serviceid": service, "serverid": 3, "serverhostname": "127.0.0.1", "serverport": self.port, "serversecure": "",
            "serveraccesshash": TOKEN, "serverusername": "siteshield", "configoption1": "siteshield", "configoption2": "pro", "domain": "Example.com",
            "clientsdetails": {"email": "A.Client+x@example.com", "firstname": "Ann", "lastname": "Client", "language": "english"},
        })
    }

    pub async fn call_with(&self, function: &str, params: Value) -> ModuleAnswer {
        let call = ModuleCall {
            site: "main".to_owned(),
            kind: ModuleKind::Server,
            module: "wharf".to_owned(),
            function: function.to_owned(),
            params: Params::new(params.as_object().unwrap().clone()),
        };
        self.services.call(call).await.unwrap()
    }

    pub async fn call(&self, function: &str, service: i64) -> ModuleAnswer {
        self.call_with(function, self.params(service)).await
    }

    pub async fn result(&self, function: &str, service: i64) -> String {
        self.call(function, service).await.value["result"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// SiteShield's connector, changed.
pub fn connector(change: impl Fn(String) -> String) -> tempfile::TempDir {
    connector_of("siteshield", change)
}

/// A connector that comes with Wharf, changed.
pub fn connector_of(name: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let file = format!("{name}.toml");
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/connectors");
    let text = std::fs::read_to_string(known.join(&file)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), change(text)).unwrap();
    folder
}

/// Four steps; the last one is refused by every supplier.
pub fn with_a_seal() -> tempfile::TempDir {
    connector(|text| {
        let text = text.replace(
            "keep = { id = \"$.id\", key = \"$.key\" }",
            "keep = { id = \"$.id\", key = \"$.key\" }\nundo = { path = \"/services/{{ service.id }}/licences/{{ licence.id }}\" }",
        );
        text.replace(
            "[[suspend]]",
            "[[create]]\nname = \"seal\"\npath = \"/services/{{ service.id }}/seal\"\nbody = {}\nrepeat = true\n\n[[suspend]]",
        )
    })
}

pub fn changed(mut params: Value, name: &str, value: Value) -> Value {
    params[name] = value;
    params
}

pub async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// WHMCS's API, as far as it is asked: the service's status, and the module commands, without calling back.
#[derive(Clone)]
pub struct Host {
    pub status: Arc<std::sync::Mutex<String>>,
    /// The module commands that came.
    pub told: Arc<std::sync::Mutex<Vec<String>>>,
    /// What every call is answered while it stands.
    pub trouble: Arc<std::sync::Mutex<Option<&'static str>>>,
}

impl Host {
    /// Starts it and makes the daemon know it.
    pub async fn start(daemon: &Daemon, status: &str) -> Self {
        let host = Self {
            status: Arc::new(status.to_owned().into()),
            told: Arc::default(),
            trouble: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(api).with_state(host.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let setup = SiteSetup {
            id: "main".to_owned(),
            token: Secret::new("token-of-the-modules"),
            url,
            identifier: "ident".to_owned(),
            secret: Secret::new("secret"),
            access_key: None,
        };
        daemon.sites.upsert(&setup).await.unwrap();
        host
    }

    pub fn set(&self, status: &str) {
        *self.status.lock().unwrap() = status.to_owned();
    }

    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

async fn api(State(host): State<Host>, body: String) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    if let Some(trouble) = *host.trouble.lock().unwrap() {
        return trouble.into_response();
    }
    let statuses = [
        ("ModuleCreate", "Active"),
        ("ModuleSuspend", "Suspended"),
        ("ModuleUnsuspend", "Active"),
        ("ModuleTerminate", "Terminated"),
    ];
    for (action, status) in statuses {
        if body.contains(&format!("action={action}&")) {
            let reason = body
                .split('&')
                .find_map(|field| field.strip_prefix("suspendreason="));
            let reason = reason
                .map(|reason| format!(" {reason}"))
                .unwrap_or_default();
            host.told.lock().unwrap().push(format!("{action}{reason}"));
            host.set(status);
            return axum::Json(json!({"result": "success"})).into_response();
        }
    }
    let status = host.status.lock().unwrap().clone();
    axum::Json(
        json!({"result": "success", "products": {"product": [{"id": 17, "status": status}]}}),
    )
    .into_response()
}
