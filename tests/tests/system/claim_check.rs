//! `GET /api/payment_link_check` and the rate over HTTP, as the public module and its pages ask: every field in every
//! form that it is known to come in.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

use reqwest::{Method, Response};
use serde_json::Value;
use wharf_tests::Sandbox;

struct Asking {
    sandbox: Sandbox,
    client: reqwest::Client,
}

impl Asking {
    fn start() -> Self {
        let sandbox = Sandbox::start();
        let file = sandbox.path().join("store.toml");
        std::fs::write(&file, STORE).unwrap();
        let (code, _, err) = sandbox.wharf(&["apply", file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{err}");
        let client = reqwest::Client::builder()
            .no_proxy()
            // An answer that sends the module elsewhere would be followed by it.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sandbox, client }
    }

    async fn send(&self, method: Method, path: &str) -> Response {
        let url = format!("{}{path}", self.sandbox.at.daemon);
        self.client.request(method, url).send().await.unwrap()
    }

    /// The good query with some fields set otherwise; `None` leaves a field out.
    async fn check(&self, changes: &[(&str, Option<&str>)]) -> Value {
        let mut fields = vec![
            ("phone", "01055500012"),
            ("amount", "503"),
            ("user_name", "Mona Farid (7)"),
            ("store_id", "5"),
            ("lang", "en"),
            ("client_id", "7"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if let Some(value) = value {
                fields.push((name, value));
            }
        }
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let answer = self
            .send(Method::GET, &format!("/api/payment_link_check?{query}"))
            .await;
        assert_eq!(answer.status(), 200, "{changes:?}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/json; charset=utf-8");
        assert_eq!(header("cache-control"), "no-store");
        answer.json().await.unwrap()
    }

    async fn each(&self, name: &str, code: &str, values: &[&str]) {
        for value in values {
            let answer = self.check(&[(name, Some(value))]).await;
            assert_eq!(answer["code"], code, "{name}={value}: {answer}");
            // The module takes null for a broken answer, and only true for paid.
            assert_eq!(answer["status"], Value::Bool(false), "{name}={value}");
            assert!(
                answer["message"]
                    .as_str()
                    .is_some_and(|text| text.len() > 20),
                "{answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_understood_in_every_form_or_refused_in_words() {
    let asking = Asking::start();
    asking
        .each(
            "phone",
            "not_found",
            &[
                "01055500012",
                "1055500012",
                "201055500012",
                "+201055500012",
                "00201055500012",
                "+20 010 5550-0012",
                "002001055500012",
                "٠١٠٥٥٥٠٠٠١٢",
                "۰۱۰۵۵۵۰۰۰۱۲",
                "\u{200F}010\u{00A0}555.000.12\u{200B}",
                "(010) 5550 0012",
            ],
        )
        .await;
    asking
        .each(
            "phone",
            "phone_invalid",
            &[
                "",
                "0105550001",
                "010555000123",
                "01355500012",
                "0105550001a",
                "010****0012",
                "1234567890123456",
                "+254712345678",
                "01055500012,01055500013",
                "' OR 1=1 --",
                "<b>01055500012</b>",
            ],
        )
        .await;
    asking
        .each(
            "amount",
            "not_found",
            &[
                "503",
                "503.0",
                "503.00",
                "0503",
                "٥٠٣",
                "۵۰۳",
                "٥٠٣٫٠٠",
                " 503 ",
                "503.000",
            ],
        )
        .await;
    asking
        .each(
            "amount",
            "amount_invalid",
            &[
                "",
                "0",
                "0.00",
                "-503",
                "1.0E+25",
                "1.0E-5",
                "1e3",
                "5.0.3",
                "503.005",
                "503.",
                "NaN",
                "INF",
                "five",
                "5,03",
                "99999999999999999999",
            ],
        )
        .await;
    asking
        .each("amount", "amount_limits", &["1000000.01", "99999999"])
        .await;
    asking
        .each(
            "store_id",
            "store_unknown",
            &["", "6", "05", "5 5", "5'", "5\u{0000}"],
        )
        .await;
    asking
        .each(
            "client_id",
            "client_invalid",
            &["0", "8", "-7", "7.0", "٧", "12345678901", "seven"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_found_by_number_in_three_forms_and_never_by_name() {
    let asking = Asking::start();
    for (user_name, client_id, code) in [
        (Some("7"), None, "not_found"),
        (Some("Mona Farid (7)"), None, "not_found"),
        (Some("Mona (Nile) Farid (7)"), None, "not_found"),
        (
            Some("Mona Farid (mona@example.com)"),
            None,
            "client_invalid",
        ),
        (Some("Mona Farid"), None, "client_invalid"),
        (Some("Mona (7) Farid"), None, "client_invalid"),
        (Some("Mona Farid (7) "), None, "not_found"),
        (Some("Mona Farid (7)."), None, "client_invalid"),
        (Some("mona7@example.com"), None, "client_invalid"),
        (None, None, "client_invalid"),
        (None, Some("7"), "not_found"),
        (
            Some("Mona Farid (mona@example.com)"),
            Some("7"),
            "not_found",
        ),
        (Some("Mona Farid (7)"), Some("7"), "not_found"),
        (Some("Mona Farid (8)"), Some("7"), "client_invalid"),
        (Some("8"), Some("7"), "client_invalid"),
    ] {
        let answer = asking
            .check(&[("user_name", user_name), ("client_id", client_id)])
            .await;
        assert_eq!(answer["code"], code, "{user_name:?} {client_id:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_in_the_language_asked_for_and_english_for_any_other() {
    let asking = Asking::start();
    for (lang, arabic) in [
        (Some("ar"), true),
        (Some("en"), false),
        (Some("AR"), false),
        (Some("arabic"), false),
        (Some("de"), false),
        (Some("<script>"), false),
        (Some(""), false),
        (None, false),
    ] {
        for amount in ["503", "0"] {
            let answer = asking
                .check(&[("lang", lang), ("amount", Some(amount))])
                .await;
            let message = answer["message"].as_str().unwrap();
            assert_eq!(!message.is_ascii(), arabic, "{lang:?}: {message}");
            assert!(!message.contains('<'), "{message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_get_is_answered_and_every_answer_is_json() {
    let asking = Asking::start();
    let query = "/api/payment_link_check?phone=01055500012&amount=503&client_id=7&store_id=5";
    for method in [
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ] {
        let answer = asking.send(method.clone(), query).await;
        assert_eq!(answer.status(), 405, "{method}");
        if method != Method::HEAD {
            let body: Value = answer.json().await.unwrap();
            assert!(body["message"].is_string(), "{method}: {body}");
        }
    }
    let long = format!("{query}&user_name={}", "x".repeat(5_000));
    for (path, status) in [
        (long.as_str(), 414),
        ("/api/payment_link_check/", 404),
        ("/api/payment_link_check/x", 404),
        ("//api/payment_link_check", 404),
    ] {
        let answer = asking.send(Method::GET, path).await;
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["message"].is_string(), "{path}: {body}");
    }
    // Nothing at all, bytes that are no text, a field twice: still an answer.
    for (query, code) in [
        ("", "store_unknown"),
        (
            "?store_id=5&phone=%FF%FE&amount=503&client_id=7",
            "phone_invalid",
        ),
        (
            "?store_id=5&phone=1&phone=01055500012&amount=503&client_id=7",
            "not_found",
        ),
    ] {
        let answer = asking
            .send(Method::GET, &format!("/api/payment_link_check{query}"))
            .await;
        assert_eq!(answer.status(), 200, "{query}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["status"], &body["code"]),
            (&Value::Bool(false), &Value::from(code)),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_may_read_the_rate() {
    let asking = Asking::start();
    for (path, status) in [
        ("/api/public/store/5/rate", 200),
        ("/k/any/api/public/store/5/rate", 200),
        ("/api/public/store/6/rate", 404),
        ("/api/public/store/%27/rate", 404),
    ] {
        let answer = asking.send(Method::GET, path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            answer.headers()["access-control-allow-origin"],
            "*",
            "{path}"
        );
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        let body: Value = answer.json().await.unwrap();
        if status == 200 {
            assert_eq!(
                body,
                serde_json::json!({ "status": true, "rate": "50.25", "currency_label": "USD" })
            );
        } else {
            assert!(body["message"].is_string(), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door_is_said_in_json_and_a_key_in_the_path_opens_it() {
    let asking = Asking::start();
    let apply = |more: &str| {
        let file = asking.sandbox.path().join("store.toml");
        std::fs::write(&file, format!("{STORE}{more}\n")).unwrap();
        let (code, _, err) = asking.sandbox.wharf(&["apply", file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{err}");
    };
    let query = "/api/payment_link_check?phone=01055500012&amount=503&client_id=7&store_id=5";
    let key = "key-of-one-shop-0123456789";
    for (more, path, status) in [
        (format!("check_key = \"{key}\""), query.to_owned(), 403),
        (
            format!("check_key = \"{key}\""),
            format!("/k/another{query}"),
            403,
        ),
        (
            format!("check_key = \"{key}\""),
            format!("/k/{key}{query}"),
            200,
        ),
        (
            "check_sources = [\"203.0.113.7\"]".to_owned(),
            query.to_owned(),
            403,
        ),
        (
            "check_sources = [\"203.0.113.7\", \"127.0.0.0/8\"]".to_owned(),
            query.to_owned(),
            200,
        ),
        ("unsigned_checks = false".to_owned(), query.to_owned(), 403),
    ] {
        apply(&more);
        let answer = asking.send(Method::GET, &path).await;
        assert_eq!(answer.status(), status, "{more} {path}");
        let body: Value = answer.json().await.unwrap();
        assert!(
            body["message"].as_str().is_some_and(|text| text.len() > 20),
            "{body}"
        );
        // The module would take any status for an answer.
        assert_eq!(body.get("status").is_some(), status == 200, "{body}");
    }
}

/// The sandbox's store; nobody is stopped for asking often.
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
