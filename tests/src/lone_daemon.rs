//! The daemon by itself, and a WHMCS that does no more than call it: for what needs no shop.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::module_socket::ModuleSocket;
use crate::{until, wharf};

/// A daemon with one site; it ends with the value.
#[derive(Debug)]
pub struct LoneDaemon {
    pub whmcs: Whmcs,
    child: Child,
    dir: tempfile::TempDir,
}

impl LoneDaemon {
    /// `connectors`: a folder with connectors of the operator's own.
    pub async fn start(connectors: Option<&Path>, ca: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let file = dir.path().join("wharf.toml");
        must(wharf().args(["init", "--dir"]).arg(dir.path()), "");
        let mut settings = std::fs::read_to_string(&file).unwrap();
        settings = settings.replace("listen = \"127.0.0.1:8470\"", "listen = \"127.0.0.1:0\"");
        // Keys must come before the tables.
        if let Some(folder) = connectors {
            settings = format!("connectors_dir = {folder:?}\n{settings}");
        }
        if let Some(pem) = ca {
            std::fs::write(dir.path().join("ca.pem"), pem).unwrap();
            settings = format!("ca_file = \"ca.pem\"\n{settings}");
        }
        std::fs::write(&file, settings).unwrap();
        let setup = format!(
            "[[site]]\nid = \"main\"\ntoken = \"{TOKEN}\"\nurl = \"{url}\"\nidentifier = \"i\"\nsecret = \"the-api-secret\"\n"
        );
        must(
            wharf().arg("apply").arg("--config").arg(&file).arg("-"),
            &setup,
        );

        let socket = ModuleSocket::at(&dir.path().join("wharf.sock"), TOKEN);
        let whmcs = Whmcs::new(socket);
        let router = Router::new()
            .route("/includes/api.php", post(answer))
            .with_state(whmcs.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let child = spawn(&file);
        let mut daemon = Self { whmcs, child, dir };
        daemon.wait().await;
        daemon
    }

    /// Kills it without warning and starts it again.
    pub async fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(self.dir.path().join("wharf.sock"));
        self.child = spawn(&self.config());
        self.wait().await;
    }

    pub fn config(&self) -> std::path::PathBuf {
        self.dir.path().join("wharf.toml")
    }

    /// Runs a command of the program with this daemon's configuration; exit code, answer, errors.
    pub fn wharf(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = wharf();
        command.args(arguments).arg("--config").arg(self.config());
        let done = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    }

    /// The files, database and log among them, in which a text stands in clear.
    pub fn files_with(&self, text: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        let paths = files.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.is_file())
            .filter(|path| {
                let bytes = std::fs::read(path).unwrap();
                bytes
                    .windows(text.len())
                    .any(|some| some == text.as_bytes())
            })
            .map(|path| path.display().to_string())
            .collect()
    }

    async fn wait(&mut self) {
        let socket = self.dir.path().join("wharf.sock");
        let log = self.dir.path().join("log");
        until("the daemon listens", Duration::from_secs(20), async || {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "the daemon ended: {}",
                std::fs::read_to_string(&log).unwrap_or_default()
            );
            tokio::net::UnixStream::connect(&socket).await.is_ok()
        })
        .await;
    }
}

impl Drop for LoneDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// WHMCS as the daemon sees it: it calls the server module, and its API makes it call again.
#[derive(Clone, Debug)]
pub struct Whmcs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: ModuleSocket,
    services: Mutex<BTreeMap<i64, Service>>,
    api_calls: Mutex<Vec<String>>,
}

#[derive(Clone, Debug)]
struct Service {
    params: Value,
    status: &'static str,
}

impl Whmcs {
    fn new(socket: ModuleSocket) -> Self {
        Self(Arc::new(Inner {
            socket,
            services: Mutex::default(),
            api_calls: Mutex::default(),
        }))
    }

    /// A new service, ordered and paid.
    pub fn order(&self, id: i64, params: Value) {
        let service = Service {
            params,
            status: "Pending",
        };
        self.0.services.lock().unwrap().insert(id, service);
    }

    /// Changes parameters of a service, as staff does.
    pub fn change(&self, id: i64, changes: &Value) {
        let mut services = self.0.services.lock().unwrap();
        let params = services
            .get_mut(&id)
            .unwrap()
            .params
            .as_object_mut()
            .unwrap();
        for (name, value) in changes.as_object().unwrap() {
            params.insert(name.clone(), value.clone());
        }
    }

    pub fn status(&self, id: i64) -> &'static str {
        self.0.services.lock().unwrap().get(&id).unwrap().status
    }

    /// The functions of its API that were called.
    pub fn api_calls(&self) -> Vec<String> {
        self.0.api_calls.lock().unwrap().clone()
    }

    /// Calls a function of the module for a service; what it returns.
    pub async fn ask(&self, function: &str, id: i64) -> Value {
        let params = self
            .0
            .services
            .lock()
            .unwrap()
            .get(&id)
            .unwrap()
            .params
            .clone();
        self.call(function, &params).await
    }

    pub async fn call(&self, function: &str, params: &Value) -> Value {
        let path = format!("server/wharf/{function}");
        let (status, value) = self.0.socket.call(&path, params).await;
        assert_eq!(status, 200, "{function}: {value}");
        value
    }

    /// Runs a core function: "success" or the text for staff. The service's state follows, as WHMCS's does.
    pub async fn run(&self, function: &str, id: i64) -> String {
        let value = self.ask(function, id).await;
        let result = value
            .get("result")
            .and_then(Value::as_str)
            .or(value.as_str())
            .unwrap_or_else(|| panic!("{function}: {value}"))
            .to_owned();
        let next = match function {
            "CreateAccount" | "UnsuspendAccount" => "Active",
            "SuspendAccount" => "Suspended",
            "TerminateAccount" => "Terminated",
            _ => return result,
        };
        if result == "success" {
            self.0.services.lock().unwrap().get_mut(&id).unwrap().status = next;
        }
        result
    }

    /// Runs a core function that may take longer than WHMCS waits, until the service has come to `status`.
    pub async fn see_through(&self, function: &str, id: i64, status: &str) {
        let first = self.run(function, id).await;
        let what = format!("{function} of {id} ends ({first})");
        until(&what, Duration::from_secs(60), async || {
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.status(id) == status
        })
        .await;
    }
}

/// The parameters of a service, as WHMCS sends them.
pub fn service(id: i64, connector: &str, plan: &str, port: u16, login: (&str, &str)) -> Value {
    let username = match login.0 {
        "" => connector.to_owned(),
        name => format!("{connector}:{name}"),
    };
    json!({
        "serviceid": id, "accountid": id, "addonId": 0, "userid": 1, "pid": 1, "serverid": 1,
        "domain": format!("customer-{id}.example"), "username": format!("custom{id}"), "password": "Pass-word+1/2",
        "producttype": "other", "moduletype": "wharf",
        "configoption1": connector, "configoption2": plan, "customfields": {}, "configoptions": {},
        "clientsdetails": { "id": 1, "userid": 1, "firstname": "Mona", "lastname": "Sample", "email": "mona@example.com", "country": "EG" },
        "server": true, "serverip": "127.0.0.1", "serverhostname": "127.0.0.1", "serverport": port, "serversecure": false,
        "serverhttpprefix": "http", "serverusername": username, "serverpassword": login.1, "serveraccesshash": "",
        "model": { "id": id }, "whmcsVersion": "8.13.0",
    })
}

async fn answer(
    State(whmcs): State<Whmcs>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Json<Value> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let action = field("action").to_owned();
    let id: i64 = field("serviceid").parse().unwrap_or_default();
    whmcs.0.api_calls.lock().unwrap().push(action.clone());
    let function = match action.as_str() {
        "ModuleCreate" => "CreateAccount",
        "ModuleSuspend" => "SuspendAccount",
        "ModuleUnsuspend" => "UnsuspendAccount",
        "ModuleTerminate" => "TerminateAccount",
        "GetClientsProducts" => {
            let product = json!({
                "id": id, "clientid": 1, "name": "Sample", "domain": "", "status": whmcs.status(id),
            });
            return Json(json!({ "result": "success", "products": { "product": [product] } }));
        }
        _ => return Json(json!({ "result": "success" })),
    };
    match whmcs.run(function, id).await.as_str() {
        "success" => Json(json!({ "result": "success" })),
        message => Json(json!({ "result": "error", "message": message })),
    }
}

fn spawn(config: &Path) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(config.with_file_name("log"))
        .unwrap();
    wharf()
        .args(["serve", "--with-parent", "--config"])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Runs a command that must succeed.
fn must(command: &mut Command, stdin: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let done = child.wait_with_output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

const TOKEN: &str = "token-of-the-site-main";
