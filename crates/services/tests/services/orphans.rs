//! Orphan mitigation, as the table of the Open Service Broker API 2.17 says (chapter "Orphan Mitigation"): each of
//! its lines against a broker that goes wrong so. A delete is sent where the table says yes, and none where it says
//! no; in the end there is one instance with one binding, or nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use sandbox_broker::{Broker, BrokerOptions, Change, Trouble, Way};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wharf_core::Clock;
use wharf_services::Patience;
use wharf_store::testing::TestDb;

use crate::harness::{Daemon, connector_of, daemon_at, patience};

/// Made at once, with credentials.
const SKIFF: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d11";
/// Its instances take a while.
const BARGE: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d12";
/// Its credentials take a while too.
const FREIGHTER: &str = "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d13";

/// What goes wrong once.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Answer(Way),
    /// No answer comes; it was carried out, or not.
    Timeout(bool),
}
use Wrong::{Answer, Timeout};

/// A broker on loopback, and what it was asked to change.
#[derive(Clone)]
struct Harbour {
    broker: Broker,
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<&'static str>,
    /// Which call is not answered, and whether it is carried out.
    silent: Option<(&'static str, bool)>,
}

impl Harbour {
    async fn open() -> Self {
        let broker = Broker::new(BrokerOptions {
            clock: Clock::system(),
            username: "platform".to_owned(),
            password: "the-brokers-password".to_owned(),
            slow_ms: 100,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let harbour = Self {
            port: listener.local_addr().unwrap().port(),
            seen: Arc::default(),
            broker,
        };
        let gate = from_fn_with_state(harbour.seen.clone(), pass);
        let router = harbour.broker.router().layer(gate);
        tokio::spawn(async move { axum::serve(listener, router).await });
        harbour
    }

    fn goes_wrong(&self, on: Change, wrong: Wrong) {
        match wrong {
            Answer(way) => self.broker.order(Trouble { on, way }),
            Timeout(done) => self.seen.lock().unwrap().silent = Some((call_of(on), done)),
        }
    }

    fn calls(&self) -> Vec<&'static str> {
        self.seen.lock().unwrap().calls.clone()
    }

    fn forget(&self) {
        self.seen.lock().unwrap().calls.clear();
    }

    /// Instances and bindings that are there.
    async fn living(&self) -> (usize, usize) {
        let url = format!("http://127.0.0.1:{}/_sandbox/instances", self.port);
        let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let lives = |thing: &&Value| thing["phase"] == "ready";
        let all = all.as_array().unwrap();
        let bindings = all
            .iter()
            .flat_map(|instance| instance["bindings"].as_array().unwrap());
        (
            all.iter().filter(lives).count(),
            bindings.filter(lives).count(),
        )
    }

    fn params(&self, service: i64, plan: &str) -> Value {
        json!({
            "serviceid": service, "serverid": service, "serverhostname": "127.0.0.1", "serverport": self.port,
            "serversecure": "", "serverusername": "open-service-broker:platform",
            "serverpassword": "the-brokers-password", "configoption1": "open-service-broker", "configoption2": plan,
            "clientsdetails": {"userid": 7, "email": "ann@example.com", "firstname": "Ann", "lastname": "Client"},
        })
    }
}

/// A change in short: `+` makes, `-` deletes, `~` changes; an instance or a binding.
fn short(request: &Request) -> Option<&'static str> {
    let path = request.uri().path();
    let binding = path.contains("/service_bindings/");
    let what = match (request.method().as_str(), binding) {
        ("PUT", false) => "+instance",
        ("PUT", true) => "+binding",
        ("DELETE", false) => "-instance",
        ("DELETE", true) => "-binding",
        ("PATCH", _) => "~instance",
        _ => return None,
    };
    path.starts_with("/v2/service_instances/").then_some(what)
}

fn call_of(on: Change) -> &'static str {
    match on {
        Change::Provision => "+instance",
        Change::Update => "~instance",
        Change::Deprovision => "-instance",
        Change::Bind => "+binding",
        Change::Unbind => "-binding",
    }
}

async fn pass(State(seen): State<Arc<Mutex<Seen>>>, request: Request, next: Next) -> Response {
    let mut silent = None;
    if let Some(call) = short(&request) {
        let mut seen = seen.lock().unwrap();
        seen.calls.push(call);
        silent = seen.silent.take_if(|(on, _)| *on == call);
    }
    if let Some((_, done)) = silent {
        if done {
            next.run(request).await;
        }
        return std::future::pending().await;
    }
    next.run(request).await
}

/// One line: what goes wrong with what, which changes are sent for it (deletes repeated while the broker may still
/// be at it count once), and how many instances and bindings there are then.
struct Line {
    plan: &'static str,
    on: Change,
    wrong: Wrong,
    sent: &'static [&'static str],
    left: (usize, usize),
}

const fn line(
    plan: &'static str,
    on: Change,
    wrong: Wrong,
    sent: &'static [&'static str],
    left: (usize, usize),
) -> Line {
    Line {
        plan,
        on,
        wrong,
        sent,
        left,
    }
}

const MADE: (usize, usize) = (1, 1);
const NOTHING: (usize, usize) = (0, 0);
const PROVISION_AGAIN: &[&str] = &["+instance", "+instance", "+binding"];
const PROVISION_UNDONE: &[&str] = &["+instance", "-instance", "+instance", "+binding"];
const BIND_AGAIN: &[&str] = &["+instance", "+binding", "+binding"];
const BIND_UNDONE: &[&str] = &["+instance", "+binding", "-binding", "+binding"];

#[tokio::test]
async fn creating_follows_each_line_of_the_table() {
    use Change::{Bind, Provision};
    #[rustfmt::skip]
    let lines = vec![
        // 200 with a malformed response: no. 201: no. 201 with a malformed response: yes.
        line(SKIFF, Provision, Answer(Way::MalformedKnown), PROVISION_AGAIN, MADE),
        line(SKIFF, Provision, Answer(Way::Status(422)), &["+instance"], NOTHING),
        line(SKIFF, Provision, Answer(Way::Malformed), PROVISION_UNDONE, MADE),
        line(SKIFF, Bind, Answer(Way::MalformedKnown), BIND_AGAIN, MADE),
        line(SKIFF, Bind, Answer(Way::Malformed), BIND_UNDONE, MADE),
        // 202: no. All other 2xx: yes.
        line(FREIGHTER, Provision, Answer(Way::Busy), PROVISION_AGAIN, MADE),
        line(SKIFF, Provision, Answer(Way::StatusAfter(203)), PROVISION_UNDONE, MADE),
        line(BARGE, Provision, Answer(Way::StatusAfter(204)), PROVISION_UNDONE, MADE),
        line(SKIFF, Bind, Answer(Way::StatusAfter(203)), BIND_UNDONE, MADE),
        // 408: no.
        line(SKIFF, Provision, Answer(Way::Status(408)), PROVISION_AGAIN, MADE),
        line(SKIFF, Bind, Answer(Way::Status(408)), BIND_AGAIN, MADE),
        // All other 4xx: rejected. A rejected binding ends the order, and so the instance before it.
        line(SKIFF, Provision, Answer(Way::Status(400)), &["+instance"], NOTHING),
        line(SKIFF, Provision, Answer(Way::Status(409)), &["+instance"], NOTHING),
        line(SKIFF, Bind, Answer(Way::Status(400)), &["+instance", "+binding", "-instance"], NOTHING),
        // 5xx: yes, done or not.
        line(SKIFF, Provision, Answer(Way::Status(500)), PROVISION_UNDONE, MADE),
        line(SKIFF, Provision, Answer(Way::StatusAfter(500)), PROVISION_UNDONE, MADE),
        line(SKIFF, Provision, Answer(Way::Fails), PROVISION_UNDONE, MADE),
        line(SKIFF, Provision, Answer(Way::StatusAfter(501)), PROVISION_UNDONE, MADE),
        line(SKIFF, Provision, Answer(Way::StatusAfter(503)), PROVISION_UNDONE, MADE),
        line(BARGE, Provision, Answer(Way::StatusAfter(502)), PROVISION_UNDONE, MADE),
        line(SKIFF, Bind, Answer(Way::Status(500)), BIND_UNDONE, MADE),
        line(SKIFF, Bind, Answer(Way::Fails), BIND_UNDONE, MADE),
        line(FREIGHTER, Bind, Answer(Way::StatusAfter(500)), BIND_UNDONE, MADE),
        // Timeout: yes.
        line(SKIFF, Provision, Timeout(true), PROVISION_UNDONE, MADE),
        line(SKIFF, Provision, Timeout(false), PROVISION_UNDONE, MADE),
        line(SKIFF, Bind, Timeout(true), BIND_UNDONE, MADE),
        line(FREIGHTER, Bind, Timeout(true), BIND_UNDONE, MADE),
        // The last operation is 200 with "failed": yes. That ends the order.
        line(BARGE, Provision, Answer(Way::Fails), &["+instance", "-instance"], NOTHING),
        line(FREIGHTER, Bind, Answer(Way::Fails), &["+instance", "+binding", "-binding", "-instance"], NOTHING),
    ];
    follow(lines, "CreateAccount", None).await;
}

#[tokio::test]
async fn ending_follows_each_line_of_the_table() {
    use Change::{Deprovision, Unbind};
    const ENDED: &[&str] = &["-binding", "-instance"];
    const UNBOUND_AGAIN: &[&str] = &["-binding", "-binding", "-instance"];
    const ENDED_AGAIN: &[&str] = &["-binding", "-instance", "-instance"];
    #[rustfmt::skip]
    let lines = vec![
        line(SKIFF, Deprovision, Answer(Way::Malformed), ENDED_AGAIN, NOTHING),
        line(SKIFF, Deprovision, Answer(Way::StatusAfter(203)), ENDED_AGAIN, NOTHING),
        line(SKIFF, Deprovision, Answer(Way::Status(500)), ENDED_AGAIN, NOTHING),
        line(SKIFF, Deprovision, Answer(Way::StatusAfter(503)), ENDED_AGAIN, NOTHING),
        line(BARGE, Deprovision, Answer(Way::StatusAfter(500)), ENDED_AGAIN, NOTHING),
        line(SKIFF, Unbind, Answer(Way::StatusAfter(203)), UNBOUND_AGAIN, NOTHING),
        line(SKIFF, Unbind, Answer(Way::Status(500)), UNBOUND_AGAIN, NOTHING),
        line(FREIGHTER, Unbind, Answer(Way::StatusAfter(500)), UNBOUND_AGAIN, NOTHING),
        line(SKIFF, Deprovision, Answer(Way::Status(408)), ENDED_AGAIN, NOTHING),
        line(SKIFF, Deprovision, Timeout(true), ENDED_AGAIN, NOTHING),
        line(SKIFF, Unbind, Timeout(false), UNBOUND_AGAIN, NOTHING),
        // "failed" is deleted again.
        line(BARGE, Deprovision, Answer(Way::Fails), ENDED_AGAIN, NOTHING),
        line(FREIGHTER, Unbind, Answer(Way::Fails), UNBOUND_AGAIN, NOTHING),
        // Rejected.
        line(SKIFF, Deprovision, Answer(Way::Status(400)), ENDED, (1, 0)),
    ];
    follow(lines, "TerminateAccount", Some("CreateAccount")).await;
}

#[tokio::test]
async fn an_update_never_deletes() {
    use Change::Update;
    const AGAIN: &[&str] = &["~instance", "~instance"];
    #[rustfmt::skip]
    let lines = vec![
        line(SKIFF, Update, Answer(Way::StatusAfter(203)), AGAIN, MADE),
        line(SKIFF, Update, Answer(Way::Status(500)), AGAIN, MADE),
        line(SKIFF, Update, Answer(Way::StatusAfter(500)), AGAIN, MADE),
        line(SKIFF, Update, Answer(Way::Status(400)), &["~instance"], MADE),
        line(SKIFF, Update, Timeout(true), AGAIN, MADE),
    ];
    follow(lines, "ChangePackage", Some("CreateAccount")).await;
}

#[tokio::test]
async fn new_credentials_follow_the_table_too() {
    use Change::Bind;
    const AGAIN: &[&str] = &["+binding", "-binding", "+binding"];
    #[rustfmt::skip]
    let lines = vec![
        line(SKIFF, Bind, Answer(Way::StatusAfter(500)), AGAIN, MADE),
        line(SKIFF, Bind, Answer(Way::Malformed), AGAIN, MADE),
        line(SKIFF, Bind, Timeout(true), AGAIN, MADE),
        line(SKIFF, Bind, Answer(Way::Status(400)), &["+binding"], (1, 0)),
        line(FREIGHTER, Bind, Answer(Way::Fails), &["+binding", "-binding"], (1, 0)),
    ];
    follow(lines, "UnsuspendAccount", Some("SuspendAccount")).await;
}

/// All lines at once, each with a broker of its own.
async fn follow(lines: Vec<Line>, function: &'static str, before: Option<&'static str>) {
    let db = TestDb::sqlite();
    let patience = Patience {
        supplier_change: Duration::from_millis(1_500),
        ..patience()
    };
    // Asked each second how it stands.
    let folder = connector_of("open-service-broker", |text| {
        text.replace("\nuntil = ", "\nevery = 1\nuntil = ")
    });
    let daemon = daemon_at(&db, &Clock::system(), 0, patience, Some(folder.path())).await;
    let daemon = Arc::new(daemon);
    let mut all = JoinSet::new();
    for (index, line) in lines.into_iter().enumerate() {
        let daemon = daemon.clone();
        let service = i64::try_from(index).unwrap() + 1;
        all.spawn(async move { one(&daemon, service, &line, function, before).await });
    }
    let told: Vec<String> = all.join_all().await.into_iter().flatten().collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

async fn one(
    daemon: &Daemon,
    service: i64,
    line: &Line,
    function: &'static str,
    before: Option<&'static str>,
) -> Option<String> {
    let harbour = Harbour::open().await;
    let mut params = harbour.params(service, line.plan);
    if before.is_some() {
        until_over(daemon, "CreateAccount", &params).await;
    }
    if before == Some("SuspendAccount") {
        until_over(daemon, "SuspendAccount", &params).await;
    }
    harbour.forget();
    if function == "ChangePackage" {
        params["configoption2"] = BARGE.into();
    }
    harbour.goes_wrong(line.on, line.wrong);
    let answer = until_over(daemon, function, &params).await;
    let mut sent = harbour.calls();
    if function != "TerminateAccount" {
        sent.dedup_by(|one, other| one == other && one.starts_with('-'));
    }
    let left = harbour.living().await;
    (sent != line.sent || left != line.left).then(|| {
        format!(
            "{:?} of {:?}: sent {sent:?}, wanted {:?}; left {left:?}, wanted {:?}; {answer}",
            line.wrong, line.on, line.sent, line.left
        )
    })
}

/// Runs an action until it has ended, well or not.
async fn until_over(daemon: &Daemon, function: &str, params: &Value) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = daemon.call_with(function, params.clone()).await;
        let answer = answer.value["result"].as_str().unwrap().to_owned();
        if !answer.starts_with("In progress") {
            return answer;
        }
        assert!(Instant::now() < end, "never over: {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
