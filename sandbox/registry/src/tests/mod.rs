//! The real router, asked as SDKs ask it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;
use wharf_core::Currency;

use super::*;

mod access;
mod anything;
mod catalogue;
mod filled;
mod life;
mod orders;
mod premium;
mod reads;
mod transfers;

const PERSON: &str = "FIRSTNAME=Mona\n#LASTNAME=Adel\n#STREET=12 Tahrir\n#CITY=Cairo\n#ZIP=11511\n#COUNTRY=EG\n#PHONE=+20.1012345678\n#EMAIL=mona@example.org";

struct Desk {
    clock: Clock,
    registry: Registry,
}

impl Desk {
    fn new() -> Self {
        let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
        let account = |login: &str, minor| Account {
            login: login.into(),
            password: "pw%20+&=".into(),
            balance: Money::new(minor, Currency::USD),
        };
        let registry = Registry::new(RegistryOptions {
            clock: clock.clone(),
            accounts: vec![account("whale", 10_000), account("minnow", 1_000)],
            seed_taken: vec!["Famous.com".into()],
            ..RegistryOptions::default()
        });
        Self { clock, registry }
    }

    async fn post(&self, form: &[(&str, &str)]) -> String {
        self.post_raw(&serde_urlencoded::to_string(form).unwrap(), "text/html")
            .await
    }

    async fn post_raw(&self, body: &str, content_type: &str) -> String {
        let request = Request::post("/api/call.cgi").header("content-type", content_type);
        let answer = self
            .registry
            .router()
            .oneshot(request.body(Body::from(body.to_owned())).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        text(answer).await
    }

    async fn run_as(&self, login: &str, command: &str) -> String {
        self.post(&[
            ("s_entity", "1234"),
            ("s_login", login),
            ("s_pw", "pw%20+&="),
            ("s_command", command),
        ])
        .await
    }

    async fn run(&self, command: &str) -> String {
        self.run_as("whale", command).await
    }

    async fn get(&self, path: &str) -> String {
        let answer = self
            .registry
            .router()
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        text(answer).await
    }

    /// Something that others do, which must work.
    async fn act(&self, act: &str, fields: Value) -> Value {
        let (status, answer) = self.try_act(act, fields).await;
        assert_eq!(status, 200, "{act}: {answer}");
        answer
    }

    async fn try_act(&self, act: &str, fields: Value) -> (u16, Value) {
        let request = Request::post(format!("/_sandbox/{act}"))
            .header("content-type", "application/json")
            .body(Body::from(fields.to_string()));
        let answer = self.registry.router().oneshot(request.unwrap()).await;
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&text(answer).await).unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }

    fn pass_days(&self, count: u64) {
        self.clock.advance(Duration::from_secs(count * 86_400));
    }

    /// Code and description.
    async fn verdict(&self, command: &str) -> String {
        let answer = self.run(command).await;
        format!("{} {}", code(&answer), description(&answer))
    }

    /// The operations of a name's object log with their outcomes, oldest first.
    async fn log(&self, login: &str, name: &str) -> Vec<String> {
        let command = format!("COMMAND=QueryObjectLogList\nOBJECTCLASS=DOMAIN\nOBJECTID={name}");
        let log = self.run_as(login, &command).await;
        property(&log, "OPERATIONTYPE")
            .into_iter()
            .zip(property(&log, "OPERATIONSTATUS"))
            .map(|(operation, status)| format!("{operation} {status}"))
            .collect()
    }

    async fn balance(&self, login: &str) -> String {
        let all: Value = serde_json::from_str(&self.get("/_sandbox/accounts").await).unwrap();
        let found = all
            .as_array()
            .unwrap()
            .iter()
            .find(|account| account["login"] == login)
            .unwrap();
        found["balance"].as_str().unwrap().to_owned()
    }
}

async fn text(answer: Response) -> String {
    String::from_utf8(
        to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap()
            .to_vec(),
    )
    .unwrap()
}

fn code(answer: &str) -> &str {
    answer
        .lines()
        .find_map(|line| line.strip_prefix("CODE="))
        .unwrap()
}

fn description(answer: &str) -> &str {
    answer
        .lines()
        .find_map(|line| line.strip_prefix("DESCRIPTION="))
        .unwrap()
}

/// Without carriage returns and the time that it took.
fn timeless(answer: &str) -> String {
    let lines: Vec<&str> = answer
        .lines()
        .filter(|line| !line.starts_with("RUNTIME="))
        .collect();
    lines.join("\n")
}

fn property<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("PROPERTY[{name}][");
    answer
        .lines()
        .filter_map(|line| Some(line.strip_prefix(&head)?.split_once("]=")?.1))
        .collect()
}

fn add(domain: &str, more: &str) -> String {
    let contacts = [
        "OWNERCONTACT0",
        "ADMINCONTACT0",
        "TECHCONTACT0",
        "BILLINGCONTACT0",
    ]
    .map(|slot| format!("{slot}{}", PERSON.replace('#', slot)));
    format!(
        "COMMAND=AddDomain\nDOMAIN={domain}\nNAMESERVER0=ns1.host.test\nNAMESERVER1=ns2.host.test\n{}\n{more}",
        contacts.join("\n")
    )
}
