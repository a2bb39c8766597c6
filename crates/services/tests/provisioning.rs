//! The life of a service against a supplier that fails in every way, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail"
)]

mod supplier;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};
use supplier::{Fault, Supplier, TOKEN};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use wharf_core::{Clock, Secret};
use wharf_services::{Patience, Services, ServicesConfig};
use wharf_store::Store;
use wharf_store::journal::{Filter, State as EffectState};
use wharf_store::testing::TestDb;
use wharf_whmcs::Sites;
use wharf_whmcs::call::{ModuleAnswer, ModuleCall, ModuleHandler as _, ModuleKind, Params};
use wharf_whmcs::setup::SiteSetup;

/// A daemon: the room with its workers, which stop with it.
struct Daemon {
    store: Store,
    sites: Sites,
    services: Arc<Services>,
    port: u16,
    workers: Vec<AbortHandle>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.workers.iter().for_each(AbortHandle::abort);
    }
}

fn patience() -> Patience {
    Patience {
        page: Duration::from_millis(400),
        change: Duration::from_secs(20),
        supplier_read: Duration::from_millis(700),
        supplier_change: Duration::from_millis(700),
        ..Patience::default()
    }
}

async fn daemon(db: &TestDb, clock: &Clock, supplier: &Supplier, patience: Patience) -> Daemon {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = db.open(clock).await;
    let sites = Sites::new(store.clone(), None).unwrap();
    let services = Services::with_patience(
        store.clone(),
        sites.clone(),
        ServicesConfig::default(),
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
        port: supplier.port,
        workers,
    }
}

impl Daemon {
    fn params(&self, service: i64) -> Value {
        json!({
            "serviceid": service, "serverid": 3, "serverhostname": "127.0.0.1", "serverport": self.port, "serversecure": "",
            "serveraccesshash": TOKEN, "serverusername": "siteshield", "configoption1": "siteshield", "configoption2": "pro", "domain": "Example.com",
            "clientsdetails": {"email": "A.Client+x@example.com", "firstname": "Ann", "lastname": "Client", "language": "english"},
        })
    }

    async fn call_with(&self, function: &str, params: Value) -> ModuleAnswer {
        let call = ModuleCall {
            site: "main".to_owned(),
            kind: ModuleKind::Server,
            module: "wharf".to_owned(),
            function: function.to_owned(),
            params: Params::new(params.as_object().unwrap().clone()),
        };
        self.services.call(call).await.unwrap()
    }

    async fn call(&self, function: &str, service: i64) -> ModuleAnswer {
        self.call_with(function, self.params(service)).await
    }

    async fn result(&self, function: &str, service: i64) -> String {
        self.call(function, service).await.value["result"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn changed(mut params: Value, name: &str, value: Value) -> Value {
    params[name] = value;
    params
}

async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_service_lives_from_order_to_end_and_again() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        let created = daemon.call("CreateAccount", 17).await;
        let properties = json!({
            "Dashboard": "https://shield.example.com/dashboard/svc_1",
            "License Key": "SSHD-0000-0000-0000-0001",
            "Service ID": "svc_1",
        });
        assert_eq!(
            created.value,
            json!({"result": "success", "properties": properties})
        );
        assert_eq!(supplier.counts(), (1, 1, 1));
        {
            let shop = supplier.shop.lock().unwrap();
            assert_eq!(shop.users[0]["email"], "A.Client+x@example.com");
            assert_eq!(shop.services[0]["domain"], "example.com");
        }
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(
            supplier.shop.lock().unwrap().services[0]["status"],
            "suspended"
        );
        let page = daemon.call("ClientArea", 17).await.value["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            page.contains("Suspended") && page.contains("SSHD-0000-0000-0000-0001"),
            "{page}"
        );
        assert_eq!(
            daemon.result("SuspendAccount", 17).await,
            "success",
            "it is so already"
        );
        assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
        assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(
            supplier.shop.lock().unwrap().services[0]["status"],
            "suspended"
        );
        assert_eq!(daemon.result("TerminateAccount", 17).await, "success");
        assert_eq!(
            daemon.result("TerminateAccount", 17).await,
            "success",
            "what is gone is terminated"
        );
        assert_eq!(supplier.counts().1, 0);
        let page = daemon.call("ClientArea", 17).await.value["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(page.contains("Ended") && !page.contains("SSHD-"), "{page}");

        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(
            supplier.counts(),
            (1, 1, 2),
            "one new service, for the user that is there"
        );
    }
}

#[tokio::test]
async fn fifty_at_once_are_one() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = Arc::new(daemon(&db, &Clock::system(), &supplier, patience()).await);
        let mut all = JoinSet::new();
        for _ in 0..50 {
            let daemon = daemon.clone();
            all.spawn(async move { daemon.call("CreateAccount", 17).await.value });
        }
        let answers = all.join_all().await;
        assert!(
            answers
                .iter()
                .all(|answer| answer["result"] == "success" && *answer == answers[0]),
            "{answers:?}"
        );
        assert_eq!(supplier.counts(), (1, 1, 1));
    }
}

#[tokio::test]
async fn an_answer_lost_or_garbled_after_the_commit_makes_nothing_twice() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        for (number, fault) in [(1, Fault::CutAfterCommit), (2, Fault::Garbled)] {
            for operation in [
                "POST /users",
                "POST /services",
                "POST /services/{id}/licences",
            ] {
                supplier.fault(operation, fault, 1);
            }
            let params = changed(
                daemon.params(number),
                "domain",
                json!(format!("example{number}.com")),
            );
            let params = changed(
                params,
                "clientsdetails",
                json!({"email": format!("client{number}@example.com")}),
            );
            let answer = daemon.call_with("CreateAccount", params).await.value;
            assert_eq!(answer["result"], "success", "{fault:?}: {answer}");
            let all = usize::try_from(number).unwrap();
            assert_eq!(supplier.counts(), (all, 1, all), "{fault:?}");
            for (function, operation, status) in [
                ("SuspendAccount", "POST /services/{id}/suspend", "suspended"),
                (
                    "UnsuspendAccount",
                    "POST /services/{id}/unsuspend",
                    "active",
                ),
                ("TerminateAccount", "DELETE /services/{id}", "terminated"),
            ] {
                supplier.fault(operation, fault, 1);
                assert_eq!(
                    daemon.result(function, number).await,
                    "success",
                    "{fault:?} {function}"
                );
                assert_eq!(supplier.count(operation), all, "{fault:?} {function}");
                assert_eq!(
                    supplier.shop.lock().unwrap().services[all - 1]["status"],
                    status
                );
            }
        }
    }
}

#[tokio::test]
async fn a_daemon_killed_in_the_middle_goes_on_after_its_restart() {
    for db in TestDb::each().await.into_iter().map(Arc::new) {
        let supplier = Supplier::start().await;
        let clock = Clock::system();
        for operation in [
            "POST /users",
            "POST /services",
            "POST /services/{id}/licences",
        ] {
            supplier.fault(operation, Fault::Silence, 1);
            // A runtime of its own: with it, everything that the daemon was doing is gone.
            let process = tokio::runtime::Runtime::new().unwrap();
            process.spawn({
                let (db, clock, supplier) = (db.clone(), clock.clone(), supplier.clone());
                let patience = Patience {
                    supplier_change: Duration::from_secs(60),
                    ..patience()
                };
                async move {
                    let daemon = daemon(&db, &clock, &supplier, patience).await;
                    daemon.call("CreateAccount", 17).await
                }
            });
            eventually("the call is out", async || {
                supplier.faults_left(operation) == 0
            })
            .await;
            process.shutdown_background();
            let store = db.open(&clock).await;
            let filter = Filter {
                state: Some(EffectState::Performing),
                ..Filter::default()
            };
            let out = store.journal().list(&filter).await.unwrap();
            assert_eq!(out.len(), 2, "the part and the whole: {out:?}");
        }
        let again = daemon(&db, &clock, &supplier, patience()).await;
        assert_eq!(again.result("CreateAccount", 17).await, "success");
        assert_eq!(supplier.counts(), (1, 1, 1));
        assert_eq!(supplier.count("POST /users"), 1, "found, not made again");
    }
}

#[tokio::test]
async fn what_is_there_is_used_and_what_is_another_s_is_a_clear_conflict() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    {
        let mut shop = supplier.shop.lock().unwrap();
        shop.users
            .push(json!({"id": 77, "email": "a.client+X@example.com", "name": "Ann"}));
        shop.users
            .push(json!({"id": 78, "email": "other@example.com", "name": "Other"}));
        let service = |id: &str, user: i64, domain: &str, plan: &str| json!({"id": id, "user_id": user, "plan_id": plan, "domain": domain, "status": "active", "dashboard_url": "https://x.example.com/"});
        shop.services.push(service("svc_a", 77, "mine.com", "pro"));
        shop.services
            .push(service("svc_b", 77, "basic.com", "basic"));
        shop.services
            .push(service("svc_c", 78, "theirs.com", "pro"));
    }
    let create = async |service: i64, domain: &str| {
        let params = changed(daemon.params(service), "domain", json!(domain));
        daemon.call_with("CreateAccount", params).await.value
    };
    let mine = create(1, "mine.com").await;
    assert_eq!(
        (
            mine["result"].as_str(),
            mine["properties"]["Service ID"].as_str()
        ),
        (Some("success"), Some("svc_a"))
    );
    assert_eq!(
        create(2, "basic.com").await["result"],
        "SiteShield: it is there already, but with another plan (basic, not pro)"
    );
    assert_eq!(
        create(3, "theirs.com").await["result"],
        "theirs.com already has a service of another customer at SiteShield; it must be ended there first"
    );
    assert_eq!(
        create(4, "mine.com").await["result"],
        "SiteShield: mine.com already has its service for this customer: it belongs to service 1 of WHMCS \"main\""
    );
    assert_eq!(
        supplier.counts(),
        (2, 3, 1),
        "nothing was made but the licence"
    );

    let other_plan = changed(
        changed(daemon.params(1), "domain", json!("mine.com")),
        "configoption2",
        json!("basic"),
    );
    let answer = daemon.call_with("CreateAccount", other_plan).await.value;
    assert!(
        answer["result"]
            .as_str()
            .unwrap()
            .contains("exists already with another"),
        "{answer}"
    );
}

#[tokio::test]
async fn wrong_input_is_refused_in_clear_words_and_can_be_mended() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    for (name, value, says) in [
        ("addonId", json!(4), "not product addons"),
        ("configoption1", json!(""), "no connector"),
        ("configoption1", json!("nosuch"), "there is no connector"),
        ("configoption2", json!(null), "no plan"),
        ("domain", json!(""), "no domain"),
        ("domain", json!("exa mple"), "exa mple"),
        ("clientsdetails", json!({}), "e-mail"),
        ("serverhostname", json!("https://x/"), "host name"),
        ("serveraccesshash", json!(""), "password"),
    ] {
        let answer = daemon
            .call_with("CreateAccount", changed(daemon.params(1), name, value))
            .await
            .value;
        assert!(
            answer["result"].as_str().unwrap().contains(says),
            "{name}: {answer}"
        );
    }
    assert_eq!(supplier.calls(), 0, "nothing was sent");
    for function in ["SuspendAccount", "UnsuspendAccount", "TerminateAccount"] {
        assert!(
            daemon
                .result(function, 1)
                .await
                .contains("has not created service 1")
        );
    }

    let wrong_token = changed(daemon.params(1), "serveraccesshash", json!("wrong"));
    let answer = daemon.call_with("CreateAccount", wrong_token).await.value;
    assert_eq!(
        answer["result"],
        "SiteShield: it refuses the API token (Unauthenticated.); check the password of the server in WHMCS"
    );
    let wrong_plan = changed(daemon.params(1), "configoption2", json!("gold"));
    let answer = daemon.call_with("CreateAccount", wrong_plan).await.value;
    assert_eq!(
        answer["result"],
        "SiteShield: The given data was invalid. The selected plan is invalid."
    );
    assert_eq!(daemon.result("CreateAccount", 1).await, "success", "mended");
    assert_eq!(supplier.counts(), (1, 1, 1));
}

#[tokio::test]
async fn a_black_hole_costs_a_page_its_deadline_and_no_more() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let patience = Patience {
        fresh: Duration::ZERO,
        change: Duration::from_secs(1),
        ..patience()
    };
    let clock = Clock::system();
    let daemon = daemon(&db, &clock, &supplier, patience).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let created_at = clock.now_ms();
    eventually("the page is old", async || clock.now_ms() > created_at + 1).await;

    supplier.fault("*", Fault::BlackHole, usize::MAX);
    let started = Instant::now();
    let test = daemon.call("TestConnection", 17).await.value;
    assert_eq!(
        test,
        json!({"success": false, "error": "SiteShield: it did not answer in time"})
    );
    let page = daemon.call("ClientArea", 17).await.value["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        page.contains("does not answer") && page.contains("SSHD-"),
        "{page}"
    );
    let calls = supplier.calls();
    daemon.call("ClientArea", 17).await;
    assert_eq!(supplier.calls(), calls, "the next view does not wait again");
    let created = changed(daemon.params(18), "domain", json!("example.org"));
    let created = daemon.call_with("CreateAccount", created).await.value;
    assert!(
        created["result"]
            .as_str()
            .unwrap()
            .starts_with("In progress:"),
        "{created}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );

    supplier.heal();
    let done = || async {
        let filter = Filter {
            subject: Some("service/main/18".to_owned()),
            ..Filter::default()
        };
        daemon.store.journal().list(&filter).await.unwrap()[0].state == EffectState::Done
    };
    eventually("the creation goes on by itself", done).await;
    assert_eq!(supplier.counts(), (1, 2, 2));
}

#[tokio::test]
async fn a_connection_test_says_what_is_wrong() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    assert_eq!(
        daemon.call("TestConnection", 0).await.value,
        json!({"success": true, "error": ""})
    );
    let wrong = daemon
        .call_with(
            "TestConnection",
            changed(daemon.params(0), "serveraccesshash", json!("wr0ng-t0ken")),
        )
        .await;
    assert!(
        wrong.value["error"]
            .as_str()
            .unwrap()
            .contains("refuses the API token")
    );
    assert!(
        !serde_json::to_string(&wrong)
            .unwrap()
            .contains("wr0ng-t0ken")
    );
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nobody = daemon
        .call_with(
            "TestConnection",
            changed(daemon.params(0), "serverport", json!(closed)),
        )
        .await
        .value;
    assert!(
        nobody["error"]
            .as_str()
            .unwrap()
            .contains("cannot be reached"),
        "{nobody}"
    );
    supplier.fault("GET /account", Fault::Broken, 1);
    assert!(
        daemon.call("TestConnection", 0).await.value["error"]
            .as_str()
            .unwrap()
            .contains("status 500")
    );
}

#[tokio::test]
async fn a_fresh_page_costs_no_supplier_call_and_an_old_one_a_single_call() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let clock = Clock::fixed(wharf_core::Clock::system().now());
    let daemon = Arc::new(daemon(&db, &clock, &supplier, patience()).await);
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    let calls = supplier.calls();
    daemon.call("ClientArea", 17).await;
    assert_eq!(supplier.calls(), calls);

    clock.advance(Duration::from_secs(301));
    supplier.shop.lock().unwrap().services[0]["status"] = json!("suspended");
    let mut views = JoinSet::new();
    for _ in 0..5 {
        let daemon = daemon.clone();
        views.spawn(async move {
            daemon.call("ClientArea", 17).await.value["html"]
                .as_str()
                .unwrap()
                .contains("Suspended")
        });
    }
    assert!(
        views
            .join_all()
            .await
            .into_iter()
            .all(|suspended| suspended)
    );
    assert_eq!(supplier.calls(), calls + 1);
    let unknown = daemon.call("ClientArea", 99).await.value["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(unknown.contains("no data about this service"), "{unknown}");
}

#[tokio::test]
async fn no_secret_is_in_a_row_an_answer_or_an_error() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        supplier.fault("POST /users", Fault::CutAfterCommit, 1);
        let answers = [
            daemon.call("CreateAccount", 17).await,
            daemon.call("SuspendAccount", 17).await,
            daemon.call("ClientArea", 17).await,
            daemon.call("TestConnection", 17).await,
        ];
        let mut texts: Vec<String> = answers
            .iter()
            .map(|answer| serde_json::to_string(answer).unwrap())
            .collect();
        for (table, columns) in [
            (
                "effects",
                "input, COALESCE(result, ''), COALESCE(reason, ''), effect_key",
            ),
            ("effect_events", "detail, event, id, effect_id"),
            ("services", "kept, options, order_facts, domain"),
            ("service_servers", "base, site, site, site"),
            ("jobs", "payload, COALESCE(last_error, ''), kind, id"),
            ("secrets", "sealed, scope, name, name"),
        ] {
            let rows = sqlx::query(AssertSqlSafe(format!("SELECT {columns} FROM {table}")))
                .fetch_all(daemon.store.pool())
                .await
                .unwrap();
            assert!(!rows.is_empty(), "{table}");
            for row in rows {
                texts.extend((0..4).map(|column| row.try_get::<String, _>(column).unwrap()));
            }
        }
        let password = supplier.shop.lock().unwrap().passwords[0].clone();
        for secret in [TOKEN, &password] {
            let found: Vec<_> = texts.iter().filter(|text| text.contains(secret)).collect();
            assert!(found.is_empty(), "{found:?}");
        }
    }
}

/// WHMCS's API, as far as it is asked: the service's status, and the module commands, without calling back.
#[derive(Clone)]
struct Host {
    status: Arc<std::sync::Mutex<String>>,
    /// The module commands that came.
    told: Arc<std::sync::Mutex<Vec<String>>>,
    /// What every call is answered while it stands.
    trouble: Arc<std::sync::Mutex<Option<&'static str>>>,
}

impl Host {
    /// Starts it and makes the daemon know it.
    async fn start(daemon: &Daemon, status: &str) -> Self {
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

    fn set(&self, status: &str) {
        *self.status.lock().unwrap() = status.to_owned();
    }

    fn told(&self) -> Vec<String> {
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

#[tokio::test]
async fn whmcs_is_told_of_what_ended_after_it_stopped_waiting() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let daemon = daemon(&db, &clock, &supplier, patience()).await;
        let host = Host::start(&daemon, "Pending").await;

        // Somebody waited: the check comes later, and finds WHMCS up to date or not.
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(121));
        assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 1);
        assert_eq!(host.told(), ["ModuleCreate"]);

        // Nobody waited: at once.
        assert_eq!(daemon.result("TerminateAccount", 17).await, "success");
        host.set("Pending");
        supplier.fault("POST /services", Fault::Garbled, 1);
        let late =
            tokio::time::timeout(Duration::from_millis(1), daemon.call("CreateAccount", 17)).await;
        assert!(late.is_err());
        eventually("told", async || {
            daemon.store.jobs().work_due().await.unwrap();
            // The call may have been given up before it had written anything down.
            if supplier.counts().1 == 0 {
                let _ = tokio::time::timeout(
                    Duration::from_millis(30),
                    daemon.call("CreateAccount", 17),
                )
                .await;
            }
            host.told().len() == 2
        })
        .await;
        assert_eq!(supplier.counts(), (1, 1, 2));
    }
}

/// Begins a change that ends when nobody waits for it any more.
async fn late(daemon: &Daemon, supplier: &Supplier, function: &str, operation: &str) {
    // Longer than WHMCS's patience, by the deadline of one call to the supplier.
    supplier.fault(operation, Fault::Silence, 1);
    let params = changed(daemon.params(17), "suspendreason", json!("unpaid"));
    let answer = daemon.call_with(function, params).await.value;
    let text = answer["result"].as_str().unwrap();
    assert!(text.starts_with("In progress"), "{answer}");
}

#[tokio::test]
async fn whmcs_is_told_of_changes_that_ended_after_it_stopped_waiting() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let patience = Patience {
            change: Duration::from_millis(350),
            ..patience()
        };
        let daemon = daemon(&db, &clock, &supplier, patience).await;
        let host = Host::start(&daemon, "Pending").await;
        eventually("it is created", async || {
            daemon.result("CreateAccount", 17).await == "success"
        })
        .await;
        clock.advance(Duration::from_secs(121));
        daemon.store.jobs().work_due().await.unwrap();
        let steps = [
            (
                "SuspendAccount",
                "POST /services/{id}/suspend",
                "ModuleSuspend unpaid",
            ),
            (
                "UnsuspendAccount",
                "POST /services/{id}/unsuspend",
                "ModuleUnsuspend",
            ),
            (
                "TerminateAccount",
                "DELETE /services/{id}",
                "ModuleTerminate",
            ),
        ];
        for (function, operation, told) in steps {
            let before = host.status.lock().unwrap().clone();
            late(&daemon, &supplier, function, operation).await;
            eventually(told, async || {
                clock.advance(Duration::from_secs(1));
                daemon.store.jobs().work_due().await.unwrap();
                host.told().last().is_some_and(|last| last == told)
            })
            .await;
            assert_ne!(*host.status.lock().unwrap(), before);

            // What WHMCS then asks again is nothing new: it is not told for ever.
            eventually("it is so", async || {
                daemon.result(function, 17).await == "success"
            })
            .await;
            let count = host.told().len();
            host.set(&before);
            clock.advance(Duration::from_secs(600));
            daemon.store.jobs().work_due().await.unwrap();
            assert_eq!(host.told().len(), count, "{function}");
            host.set(match told {
                "ModuleUnsuspend" => "Active",
                "ModuleTerminate" => "Terminated",
                _ => "Suspended",
            });
        }
    }
}

#[tokio::test]
async fn a_change_that_was_overtaken_is_not_told() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let clock = Clock::fixed(wharf_core::Clock::system().now());
    let daemon = daemon(&db, &clock, &supplier, patience()).await;
    let host = Host::start(&daemon, "Active").await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
    // Its answer was lost, say. Before that is noticed, the customer has paid.
    assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
    clock.advance(Duration::from_secs(600));
    assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 3);
    assert!(host.told().is_empty(), "{:?}", host.told());
}

#[tokio::test]
async fn a_whmcs_that_is_away_or_refuses_us_for_hours_is_told_in_the_end() {
    let down = "<html>maintenance</html>";
    let locked = r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#;
    for trouble in [down, locked] {
        let db = TestDb::sqlite();
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(wharf_core::Clock::system().now());
        let daemon = daemon(&db, &clock, &supplier, patience()).await;
        let host = Host::start(&daemon, "Pending").await;
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        *host.trouble.lock().unwrap() = Some(trouble);
        for _ in 0..30 {
            clock.advance(Duration::from_secs(600));
            assert_eq!(daemon.store.jobs().work_due().await.unwrap(), 1);
        }
        *host.trouble.lock().unwrap() = None;
        clock.advance(Duration::from_secs(600));
        daemon.store.jobs().work_due().await.unwrap();
        assert_eq!(host.told(), ["ModuleCreate"]);
    }
}
