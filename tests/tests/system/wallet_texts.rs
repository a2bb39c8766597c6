//! What the sandbox's operators write, read by `wharf payments parse`: two hands that know nothing of each other must
//! agree on every message, and nothing but money that came in may pass for it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use wharf_tests::{Sandbox, client, json as look, wharf};

/// Store wallets whose operators Wharf knows: payer, store, texts for money that comes in.
const WALLETS: [(&str, &str, &[&str]); 4] = [
    (
        "01012345678",
        "01055501234",
        &[
            "g3",
            "g3-digits",
            "g3-remittance",
            "g2",
            "g1b",
            "g1",
            "en-a",
            "en-b",
            "en-c",
        ],
    ),
    ("01198765432", "01155501234", &["ar", "deposit"]),
    ("01298765432", "01255501234", &["ar", "old", "en"]),
    ("01066554433", "01055509876", &["nbe", "mashreq", "qnb"]),
];

#[tokio::test]
async fn every_message_of_the_sandbox_is_read_as_what_it_is() {
    let sandbox = Sandbox::start();
    let phone = &sandbox.at.phone;
    // Some operators do not write of everything.
    let ask = async |path: &str, body: Value| {
        let answer = client().post(format!("{phone}{path}")).json(&body);
        let answer = answer.send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "{path} {body}");
    };
    let mut sum = 1_100;
    for (payer, store, texts) in WALLETS {
        for text in texts {
            sum += 7;
            let amount = format!("{sum}.25");
            ask(
                "/api/send",
                json!({"from": payer, "to": store, "amount": amount, "text": text}),
            )
            .await;
        }
        for event in [
            "withdrawn",
            "paid",
            "airtime",
            "enquiry",
            "no-balance",
            "wrong-pin",
            "code",
            "advert",
            "prize",
            "cash-back",
        ] {
            ask(
                "/api/event",
                json!({"wallet": store, "event": event, "amount": "20.50"}),
            )
            .await;
        }
        ask(
            "/api/send",
            json!({"from": store, "to": payer, "amount": "33.75"}),
        )
        .await;
    }
    for message in messages(phone).await {
        if message["event"] == "received" && message["wallet_kind"] == "store" {
            let sms = message["sms_id"].as_str().unwrap();
            ask(&format!("/api/reverse/{sms}"), Value::Null).await;
        }
    }

    let mut wrong = Vec::new();
    let mut receipts = 0;
    for message in messages(phone).await {
        if message["wallet_kind"] != "store" {
            continue;
        }
        let read = parse(&message);
        let kind = read["kind"].as_str().unwrap_or("not understood");
        let expected = match message["event"].as_str().unwrap() {
            "received" => "received",
            "sent" => "sent",
            "withdrawal-asked" => "withdrawal_asked",
            "withdrawn" => "withdrawn",
            "reversal" => "reversed",
            "enquiry" => "enquiry",
            _ => "",
        };
        let mut faults = Vec::new();
        if kind != expected && (!expected.is_empty() || kind == "received") {
            faults.push(format!("read as {kind}"));
        }
        if expected == "received" {
            receipts += 1;
            same(
                &mut faults,
                "amount",
                &read["amount_minor"],
                &message["amount_minor"],
            );
        }
        let body = message["body"].as_str().unwrap();
        // What it does not tell cannot be read; what is read must be true.
        let minor = message["balance_minor"].as_i64().unwrap_or(-1);
        let printed = format!("{}.{:02}", minor / 100, minor % 100);
        let told = !expected.is_empty() && body.contains(&printed);
        if told || !read["balance_minor"].is_null() {
            same(
                &mut faults,
                "balance",
                &read["balance_minor"],
                &message["balance_minor"],
            );
        }
        let id = message["transaction_id"].as_str().unwrap();
        if expected == "received" && body.contains(id) {
            same(&mut faults, "id", &read["id"], &json!(id));
        }
        if expected == "received" && !read["phone"].is_null() {
            let peer = format!("+2{}", message["peer"].as_str().unwrap());
            same(&mut faults, "phone", &read["phone"], &json!(peer));
        }
        if !faults.is_empty() {
            wrong.push(format!(
                "{}: {}\n{body}\n{read}",
                message["event"],
                faults.join(", ")
            ));
        }
    }
    assert_eq!(
        receipts,
        WALLETS
            .iter()
            .map(|(_, _, texts)| texts.len())
            .sum::<usize>()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn messages(phone: &str) -> Vec<Value> {
    match look(&format!("{phone}/_sandbox/messages")).await {
        Value::Array(messages) => messages,
        other => panic!("no messages: {other}"),
    }
}

fn same(faults: &mut Vec<String>, what: &str, read: &Value, truth: &Value) {
    if read != truth {
        faults.push(format!("{what} {read}, not {truth}"));
    }
}

fn parse(message: &Value) -> Value {
    let mut child = wharf()
        .args(["payments", "parse", "--json", "--sender"])
        .arg(message["sender"].as_str().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let body = message["body"].as_str().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    serde_json::from_slice(&done.stdout).unwrap_or_default()
}
