//! A shop's own code signs claims as the documentation says, in PHP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_tests::{Sandbox, until};

const KEY: &str = "a key that only the shop and Wharf have";

/// What the documentation's lines of PHP make of a claim.
fn sign(body: &str, key: &str) -> String {
    let code = "echo hash_hmac('sha256', \"wharf claim 1\\n\" . $argv[1], $argv[2]);";
    let done = Command::new("php")
        .args(["-r", code, body, key])
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap()
}

async fn claim(sandbox: &Sandbox, key: &str, nonce: &str) -> (u16, Value) {
    let body = json!({
        "store": "5", "client": 1, "amount": "201.00", "phone": sandbox.at.payer, "language": "ar",
        "nonce": format!("0123456789abcdef-{nonce}"), "time": sandbox.at.clock().now().as_second(),
    })
    .to_string();
    let answer = wharf_tests::client()
        .post(format!("{}/api/claims", sandbox.at.daemon))
        .header("x-wharf-signature", sign(&body, key))
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_signs_in_php_and_its_client_is_credited_once() {
    let sandbox = Sandbox::start();
    let file = sandbox.path().join("store.toml");
    std::fs::write(&file, format!("{STORE}claim_key = \"{KEY}\"\n")).unwrap();
    let (code, _, err) = sandbox.wharf(&["apply", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    let at = &sandbox.at;
    let person = [
        ("action", "AddClient"),
        ("responsetype", "json"),
        ("identifier", at.inspector.identifier.as_str()),
        ("secret", &at.inspector.secret),
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
    let api = format!("{}/includes/api.php", at.host);
    let added: Value = wharf_tests::client()
        .post(&api)
        .form(&person)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        added.get("clientid").map(Value::to_string).as_deref(),
        Some("1"),
        "{added}"
    );

    let (status, refused) =
        claim(&sandbox, "another key of more than thirty-two letters", "a").await;
    assert_eq!(status, 403, "{refused}");
    let (status, waiting) = claim(&sandbox, KEY, "a").await;
    assert_eq!(
        (status, text(&waiting, "code")),
        (200, "not_found"),
        "{waiting}"
    );
    assert!(text(&waiting, "message").contains("لم يصل"), "{waiting}");
    assert_eq!(claim(&sandbox, KEY, "a").await.0, 409);

    let order = json!({ "from": at.payer, "to": at.store_wallet, "amount": "201" });
    let sent = wharf_tests::client()
        .post(format!("{}/api/send", at.phone))
        .json(&order)
        .send();
    assert!(sent.await.unwrap().status().is_success());
    let mut n = 0;
    until(
        "the claim is credited",
        Duration::from_secs(30),
        async || {
            n += 1;
            let (_, told) = claim(&sandbox, KEY, &format!("b{n}")).await;
            told.get("status") == Some(&Value::Bool(true))
        },
    )
    .await;
    let (_, told) = claim(&sandbox, KEY, "c").await;
    assert_eq!(
        (text(&told, "credited"), text(&told, "currency")),
        ("4.00", "USD"),
        "{told}"
    );
    assert_eq!(text(&told, "claim"), text(&waiting, "claim"));
    assert_eq!(sandbox.rows("tblcredit").await.len(), 1);
}

/// The sandbox's store.
const STORE: &str = r#"
[[store]]
id = "5"
site = "main"
name = "Nile Hosting"
rates = { USD = "50.25" }
settle_after_seconds = 2
hold = "off"
phone_binding = "off"
phones_per_client = 0
clients_per_phone = 0
balance_check = false
misses_client = 0
misses_client_day = 0
misses_phone = 0
misses_source = 0
"#;
