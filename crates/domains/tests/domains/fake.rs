//! A tiny ISPAPI and a tiny WHMCS API on raw sockets, so that connections can be cut anywhere. Their readings of
//! the protocols are their own.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wharf_core::Clock;

pub const LOGIN: &str = "acct";
pub const PASSWORD: &str = "corr3ct-h0rse";

/// What goes wrong with the next call of a command.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Nothing is done, the connection drops.
    CutBefore,
    /// Done, then the connection drops before a byte of the answer.
    CutAfter,
    /// Done, the answer ends in the middle.
    Truncate,
    /// Done, the answer is no answer.
    Garble,
    /// Done, no answer ever.
    Hang,
    /// Nothing is done, no answer ever.
    BlackHole,
    Code(u16),
    Slow(u64),
}

#[derive(Clone, Debug)]
pub struct Held {
    pub login: String,
    pub created: String,
    pub nameservers: Vec<String>,
}

#[derive(Default)]
struct State {
    domains: BTreeMap<String, Held>,
    faults: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
    calls: HashMap<String, usize>,
    scripts: HashMap<String, Script>,
}

/// What a command answers, by its parameters: code and properties.
pub type Script = Box<dyn Fn(&HashMap<String, String>) -> (u16, Properties) + Send>;

#[derive(Clone)]
pub struct FakeIspapi {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl FakeIspapi {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            url: format!("http://{}/api/call.cgi", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let own = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().serve(stream));
            }
        });
        fake
    }

    pub fn fault(&self, command: &str, fault: Fault) {
        self.state
            .lock()
            .unwrap()
            .faults
            .entry(command.to_owned())
            .or_default()
            .push_back(fault);
    }

    /// From now on, until `None`.
    pub fn always(&self, command: &str, fault: Option<Fault>) {
        let mut state = self.state.lock().unwrap();
        match fault {
            Some(fault) => state.always.insert(command.to_owned(), fault),
            None => state.always.remove(command),
        };
    }

    pub fn calls(&self, command: &str) -> usize {
        self.state
            .lock()
            .unwrap()
            .calls
            .get(command)
            .copied()
            .unwrap_or(0)
    }

    /// From now on the command answers so.
    pub fn script(
        &self,
        command: &str,
        answer: impl Fn(&HashMap<String, String>) -> (u16, Properties) + Send + 'static,
    ) {
        let mut state = self.state.lock().unwrap();
        state.scripts.insert(command.to_owned(), Box::new(answer));
    }

    /// What a command was told to answer; it answers by itself again.
    pub fn take_script(&self, command: &str) -> Script {
        self.state.lock().unwrap().scripts.remove(command).unwrap()
    }

    pub fn all_calls(&self) -> usize {
        self.state.lock().unwrap().calls.values().sum()
    }

    pub fn hold(&self, name: &str, login: &str, created: &str) {
        let held = Held {
            login: login.to_owned(),
            created: created.to_owned(),
            nameservers: vec!["ns1.old.example".to_owned()],
        };
        self.state
            .lock()
            .unwrap()
            .domains
            .insert(name.to_owned(), held);
    }

    pub fn lose(&self, name: &str) {
        self.state.lock().unwrap().domains.remove(name);
    }

    pub fn domains(&self) -> BTreeMap<String, Held> {
        self.state.lock().unwrap().domains.clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(body) = request(&mut stream).await {
            let form: HashMap<String, String> = serde_urlencoded::from_str(&body).unwrap();
            let command: HashMap<String, String> = form["s_command"]
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            let name = command["COMMAND"].clone();
            let fault = {
                let mut state = self.state.lock().unwrap();
                *state.calls.entry(name.clone()).or_default() += 1;
                let next = state.faults.get_mut(&name).and_then(VecDeque::pop_front);
                next.or_else(|| state.always.get(&name).copied())
            };
            match fault {
                Some(Fault::CutBefore) => return,
                Some(Fault::BlackHole) => return std::future::pending().await,
                Some(Fault::Code(code)) => {
                    send(&mut stream, &format!("[RESPONSE]\r\nCODE={code}\r\nDESCRIPTION=trouble for {PASSWORD}\r\nEOF\r\n")).await;
                    continue;
                }
                Some(Fault::Slow(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
                _ => {}
            }
            let answer = self.answer(&form, &command);
            match fault {
                Some(Fault::CutAfter) => return,
                Some(Fault::Hang) => return std::future::pending().await,
                Some(Fault::Truncate) => {
                    send(&mut stream, answer.split_at(answer.len() - 20).0).await
                }
                Some(Fault::Garble) => send(&mut stream, "<html>502 Bad Gateway</html>").await,
                _ => send(&mut stream, &answer).await,
            }
        }
    }

    fn answer(&self, form: &HashMap<String, String>, command: &HashMap<String, String>) -> String {
        let login = &form["s_login"];
        let (code, text, properties) = if form["s_pw"] == PASSWORD && form["s_entity"] == "1234" {
            self.obey(login, command)
        } else {
            (530, "Authentication failed", Vec::new())
        };
        let properties: String = properties
            .iter()
            .map(|(name, index, value)| format!("PROPERTY[{name}][{index}]={value}\r\n"))
            .collect();
        format!(
            "[RESPONSE]\r\n{properties}DESCRIPTION={text}\r\nCODE={code}\r\nQUEUETIME=0\r\nRUNTIME=0.004\r\n\r\nEOF\r\n"
        )
    }

    fn obey(
        &self,
        login: &str,
        command: &HashMap<String, String>,
    ) -> (u16, &'static str, Properties) {
        let mut state = self.state.lock().unwrap();
        let one = |name: &str, value: &str| (name.to_owned(), 0, value.to_owned());
        let list = |key: &str| -> Vec<String> {
            (0..)
                .map_while(|n| command.get(&format!("{key}{n}")).cloned())
                .collect()
        };
        if let Some(script) = state.scripts.get(&command["COMMAND"]) {
            let (code, properties) = script(command);
            return (code, "scripted", properties);
        }
        match command["COMMAND"].as_str() {
            // Nothing is listed that the state does not hold.
            "QueryDomainList" => {
                let mine = state.domains.iter().filter(|(_, held)| held.login == login);
                let rows = mine.enumerate().flat_map(|(n, (name, held))| {
                    let row = move |key: &str, value: &str| (key.to_owned(), n, value.to_owned());
                    let dates = dates().into_iter();
                    [
                        row("DOMAIN", name),
                        row("STATUS", "ACTIVE"),
                        row("CREATEDDATE", &held.created),
                        row("NAMESERVER", &held.nameservers.join(" ")),
                    ]
                    .into_iter()
                    .chain(dates.map(move |(key, _, value)| (key, n, value)))
                    .collect::<Vec<_>>()
                });
                (200, "ok", rows.collect())
            }
            "QueryObjectLogList" | "QueryObjectList" => (200, "ok", Vec::new()),
            "StatusAccount" => (
                200,
                "ok",
                vec![one("AMOUNT", "1000.00"), one("CURRENCY", "USD")],
            ),
            "CheckDomains" => {
                let check = |(n, name): (usize, &String)| {
                    let taken = state.domains.contains_key(name);
                    (
                        "DOMAINCHECK".to_owned(),
                        n,
                        if taken {
                            "211 Domain name not available"
                        } else {
                            "210 Available"
                        }
                        .to_owned(),
                    )
                };
                (
                    200,
                    "ok",
                    list("DOMAIN").iter().enumerate().map(check).collect(),
                )
            }
            "AddDomain" => {
                if state.domains.contains_key(&command["DOMAIN"]) {
                    return (554, "Object exists", Vec::new());
                }
                let created = Clock::system()
                    .now()
                    .strftime("%Y-%m-%d %H:%M:%S")
                    .to_string();
                let held = Held {
                    login: login.to_owned(),
                    created: created.clone(),
                    nameservers: list("NAMESERVER"),
                };
                state.domains.insert(command["DOMAIN"].clone(), held);
                (200, "ok", [vec![one("STATUS", "ACTIVE")], dates()].concat())
            }
            verb @ ("StatusDomain" | "ModifyDomain") => {
                let Some(held) = state.domains.get_mut(&command["DOMAIN"]) else {
                    return (545, "Object not found", Vec::new());
                };
                if held.login != login {
                    return (531, "Authorization failed", Vec::new());
                }
                if verb == "ModifyDomain" {
                    held.nameservers = list("NAMESERVER");
                    return (200, "ok", Vec::new());
                }
                let mut properties = vec![
                    one("STATUS", "ACTIVE"),
                    one("AUTH", "auth-s3cret"),
                    one("CREATEDDATE", &held.created),
                ];
                properties.extend(dates());
                properties.extend(
                    held.nameservers
                        .iter()
                        .enumerate()
                        .map(|(n, host)| ("NAMESERVER".to_owned(), n, host.clone())),
                );
                (200, "ok", properties)
            }
            _ => (500, "Invalid command name", Vec::new()),
        }
    }
}

pub type Properties = Vec<(String, usize, String)>;

fn dates() -> Properties {
    [
        ("PAIDUNTILDATE", "2030-05-20 10:00:00"),
        ("FINALIZATIONDATE", "2030-05-21 10:00:00"),
        ("FAILUREDATE", "2030-07-03 10:00:00"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), 0, value.to_owned()))
    .collect()
}

/// WHMCS's API with one domain in it.
#[derive(Clone)]
pub struct FakeWhmcs {
    pub url: String,
    pub name: String,
    pub registered: Arc<Mutex<Vec<i64>>>,
    /// Every call but looking at the domain.
    pub asked: Arc<Mutex<Vec<HashMap<String, String>>>>,
    pub status: Arc<Mutex<String>>,
    /// Maintenance: every answer is a page.
    pub away: Arc<AtomicBool>,
}

impl FakeWhmcs {
    pub async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let fake = Self {
            url,
            name: name.to_owned(),
            registered: Arc::default(),
            asked: Arc::default(),
            status: Arc::new(Mutex::new("Pending".to_owned())),
            away: Arc::default(),
        };
        let own = fake.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    while let Some(body) = request(&mut stream).await {
                        send(&mut stream, &own.answer(&body)).await;
                    }
                });
            }
        });
        fake
    }

    fn answer(&self, body: &str) -> String {
        if self.away.load(Ordering::SeqCst) {
            return "<html>maintenance</html>".to_owned();
        }
        let form: HashMap<String, String> = serde_urlencoded::from_str(body).unwrap();
        if !form["action"].eq_ignore_ascii_case("GetClientsDomains") {
            self.asked.lock().unwrap().push(form.clone());
        }
        if let Some(status) = form.get("status") {
            self.status.lock().unwrap().clone_from(status);
        }
        if form["action"].eq_ignore_ascii_case("LogActivity") {
            return r#"{"result":"success"}"#.to_owned();
        }
        let id: i64 = form["domainid"].parse().unwrap();
        if form["action"].eq_ignore_ascii_case("DomainRegister") {
            self.registered.lock().unwrap().push(id);
            return r#"{"result":"success"}"#.to_owned();
        }
        format!(
            r#"{{"result":"success","domains":{{"domain":[{{"id":{id},"userid":1,"domainname":"{}","status":"{}","regdate":"0000-00-00","expirydate":"0000-00-00"}}]}}}}"#,
            self.name,
            self.status.lock().unwrap()
        )
    }

    /// The lines of the activity log.
    pub fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter_map(|form| form.get("description").cloned())
            .collect()
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .split("content-length:")
                .nth(1)
                .and_then(|rest| rest.lines().next())
                .unwrap_or("0");
            let length: usize = length.trim().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return Some(
                    String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned(),
                );
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

async fn send(stream: &mut TcpStream, body: &str) {
    let whole = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(whole.as_bytes()).await;
}
