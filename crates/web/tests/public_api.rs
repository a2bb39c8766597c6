//! The public routes, with a fake capability behind them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::Request;
use serde_json::json;
use support::{World, from, get, send};

#[tokio::test]
async fn a_claim_check_hands_its_fields_and_the_clients_address_on() {
    let world = World::new().await;
    let mut request = from(
        "127.0.0.1",
        get("/api/payment_link_check?phone=%D9%A0%D9%A1%D9%A0&amount=+100&amount=250.5&lang="),
    );
    request
        .headers_mut()
        .insert("x-forwarded-for", "6.6.6.6, 198.51.100.7".parse().unwrap());
    let got = send(world.public(), request).await;
    insta::assert_snapshot!(got.text, @r#"{"status":false,"message":"لم يصل بعد"}"#);
    assert_eq!((got.status, got.header("cache-control")), (200, "no-store"));
    assert_eq!(
        got.header("content-type"),
        "application/json; charset=utf-8"
    );
    let checks = world.seen.checks.lock().unwrap();
    assert_eq!(checks[0].field("phone"), Some("٠١٠"));
    assert_eq!(checks[0].field("amount"), Some("250.5"));
    assert_eq!(
        (checks[0].field("lang"), checks[0].field("absent")),
        (None, None)
    );
    assert_eq!(checks[0].client.unwrap().to_string(), "198.51.100.7");
    assert!(
        !format!("{:?}", checks[0]).contains('٠'),
        "people's numbers are not printed"
    );
}

#[tokio::test]
async fn only_get_checks_a_claim() {
    let world = World::new().await;
    for method in ["HEAD", "POST", "OPTIONS", "PUT"] {
        let request = Request::builder()
            .method(method)
            .uri("/api/payment_link_check?phone=1")
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(world.public(), request).await.status, 405, "{method}");
    }
    assert!(world.seen.checks.lock().unwrap().is_empty());
    let long = format!("/api/payment_link_check?phone={}", "1".repeat(5_000));
    assert_eq!(send(world.public(), get(&long)).await.status, 414);
}

#[tokio::test]
async fn a_key_comes_in_the_path_or_in_a_header() {
    let world = World::new().await;
    let behind = get("/k/path-key-1/api/payment_link_check?phone=1");
    assert_eq!(send(world.public(), behind).await.status, 200);
    let mut bearing = get("/api/payment_link_check?phone=1");
    bearing
        .headers_mut()
        .insert("authorization", "Bearer header-key-1".parse().unwrap());
    assert_eq!(send(world.public(), bearing).await.status, 200);
    send(world.public(), get("/api/payment_link_check?phone=1")).await;
    {
        let checks = world.seen.checks.lock().unwrap();
        let keys: Vec<_> = checks
            .iter()
            .map(|check| check.key.as_ref().map(|key| key.expose().to_owned()))
            .collect();
        assert_eq!(
            keys,
            [
                Some("path-key-1".to_owned()),
                Some("header-key-1".to_owned()),
                None
            ]
        );
    }
    let head = Request::head("/k/path-key-1/api/payment_link_check?phone=1")
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(world.public(), head).await.status, 405);
    assert_eq!(world.seen.checks.lock().unwrap().len(), 3);
    // The page fetches the rate behind the same address.
    let got = send(world.public(), get("/k/path-key-1/api/public/store/1/rate")).await;
    assert_eq!(
        (got.status, got.header("access-control-allow-origin")),
        (200, "*")
    );
}

#[tokio::test]
async fn a_page_that_asks_first_may_fetch_the_rate() {
    let world = World::new().await;
    for path in ["/api/public/store/1/rate", "/k/x/api/public/store/1/rate"] {
        let request = Request::builder()
            .method("OPTIONS")
            .uri(path)
            .header("origin", "https://shop.example.com")
            .body(Body::empty())
            .unwrap();
        let got = send(world.public(), request).await;
        assert_eq!(
            (
                got.status,
                got.header("access-control-allow-origin"),
                got.header("access-control-allow-methods")
            ),
            (204, "*", "GET"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn signed_claims_arrive_as_the_bytes_that_were_signed() {
    let world = World::new().await;
    let post = |body: Vec<u8>| {
        Request::post("/api/claims")
            .header("x-wharf-signature", "abc")
            .body(Body::from(body))
            .unwrap()
    };
    let raw = b"{ \"odd\" :\t1}".to_vec();
    let got = send(world.public(), from("203.0.113.5", post(raw.clone()))).await;
    assert_eq!((got.status, got.header("cache-control")), (200, "no-store"));
    {
        let claims = world.seen.claims.lock().unwrap();
        assert_eq!(
            (claims[0].body.as_ref(), claims[0].signature.as_str()),
            (&raw[..], "abc")
        );
        assert_eq!(claims[0].client.unwrap().to_string(), "203.0.113.5");
        assert!(!format!("{:?}", claims[0]).contains("odd"));
    }
    assert_eq!(
        send(world.public(), post(vec![b' '; 4 * 1024 + 1]))
            .await
            .status,
        413
    );
    assert_eq!(send(world.public(), get("/api/claims")).await.status, 405);
    assert_eq!(world.seen.claims.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn browsers_of_any_origin_may_read_the_rate_and_its_errors() {
    let world = World::new().await;
    let got = send(world.public(), get("/api/public/store/1/rate")).await;
    insta::assert_snapshot!(got.text, @r#"{"status":true,"rate":"50.25","currency_label":"USD"}"#);
    assert_eq!(got.header("access-control-allow-origin"), "*");
    let got = send(world.public(), get("/api/public/store/2/rate")).await;
    assert_eq!(
        (got.status, got.header("access-control-allow-origin")),
        (404, "*")
    );
    assert_eq!(got.json()["message"], "there is no such store");
}

/// The module prints the message: what comes from the edge is in the customer's language too.
#[tokio::test]
async fn the_edge_s_own_errors_are_told_in_the_language_that_was_asked_for() {
    let world = World::new().await;
    tokio::time::pause();
    let check = async |phone: &str, lang: &str| {
        let path = format!("/api/payment_link_check?phone={phone}&lang={lang}");
        send(world.public(), get(&path)).await
    };
    let long = "1".repeat(5_000);
    for (phone, status, arabic, english) in [
        (
            "slow",
            504,
            "يستغرق هذا وقتا أطول من المعتاد. اسأل مرة أخرى بعد دقيقة.",
            "This takes longer than usual. Please ask again in a minute.",
        ),
        (
            "panic",
            500,
            "حدث خطأ هنا. حاول مرة أخرى بعد دقيقة.",
            "Something went wrong here. Please try again in a minute.",
        ),
        (
            long.as_str(),
            414,
            "ما أُرسل إلى هنا أطول من اللازم.",
            "What was sent here is too long.",
        ),
    ] {
        for (lang, text) in [("ar", arabic), ("en", english), ("arabic", english)] {
            let got = check(phone, lang).await;
            let told = json!({ "error": text, "message": text });
            assert_eq!((got.status, got.json()), (status, told), "{lang}");
            assert_eq!(got.header("cache-control"), "no-store");
        }
    }
    let behind = get("/k/key-1/api/payment_link_check?phone=slow&lang=ar");
    assert!(send(world.public(), behind).await.text.contains("يستغرق"));

    let claim = Request::post("/api/claims")
        .header("x-wharf-signature", "slow")
        .body(Body::from(r#"{"language":"arabic"}"#))
        .unwrap();
    let got = send(world.public(), claim).await;
    assert!(got.status == 504 && got.text.contains("يستغرق"), "{got:?}");

    let rate = async |path: &str| {
        let got = send(world.public(), get(path)).await;
        assert_eq!(got.header("access-control-allow-origin"), "*");
        (got.status, got.json()["message"].clone())
    };
    let arabic = json!("السعر غير متاح الآن. حاول مرة أخرى.");
    let english = json!("The rate is not at hand. Please try again.");
    for (path, text) in [
        ("/api/public/store/slow/rate?lang=ar", &arabic),
        ("/k/x/api/public/store/slow/rate?lang=ar", &arabic),
        ("/api/public/store/slow/rate", &english),
    ] {
        assert_eq!(rate(path).await, (503, text.clone()), "{path}");
    }
}

#[tokio::test]
async fn who_comes_on_top_is_turned_away_in_his_language() {
    let world = World::new().await;
    let slow = get("/api/payment_link_check?phone=slow");
    let mut waiting = Vec::new();
    while world.seen.checks.lock().unwrap().len() < 1_024 {
        let request = Request::get(slow.uri()).body(Body::empty()).unwrap();
        waiting.push(tokio::spawn(send(world.public(), request)));
        tokio::task::yield_now().await;
    }
    for (path, text) in [
        (
            "/api/payment_link_check?phone=1&lang=ar",
            "الطلبات هنا كثيرة الآن. حاول مرة أخرى بعد دقيقة.",
        ),
        (
            "/api/public/store/1/rate?lang=ar",
            "الطلبات هنا كثيرة الآن. حاول مرة أخرى بعد دقيقة.",
        ),
        (
            "/api/payment_link_check?phone=1",
            "There is too much to do here at the moment. Please try again in a minute.",
        ),
    ] {
        let got = send(world.public(), get(path)).await;
        assert_eq!((got.status, got.header("retry-after")), (503, "2"));
        assert_eq!(got.json()["message"], text, "{path}");
    }
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn messages_arrive_as_the_bytes_that_were_signed() {
    let world = World::new().await;
    let raw = b"{ \"odd\" :\t1}\n\xff".to_vec();
    let request = Request::post("/intake/phone-1")
        .header("x-signature", "abc")
        .body(Body::from(raw.clone()))
        .unwrap();
    assert_eq!(
        send(world.public(), from("203.0.113.5", request))
            .await
            .status,
        200
    );
    {
        let deliveries = world.seen.deliveries.lock().unwrap();
        assert_eq!(deliveries[0].body, raw);
        assert_eq!(deliveries[0].headers["x-signature"], "abc");
        assert_eq!(deliveries[0].client.unwrap().to_string(), "203.0.113.5");
    }
    let post = |token: &str, bytes: usize| {
        Request::post(format!("/intake/{token}"))
            .body(Body::from(vec![b'x'; bytes]))
            .unwrap()
    };
    assert_eq!(send(world.public(), post("phone-2", 10)).await.status, 422);
    assert_eq!(
        send(world.public(), post("phone-1", 256 * 1024))
            .await
            .status,
        200
    );
    assert_eq!(
        send(world.public(), post("phone-1", 256 * 1024 + 1))
            .await
            .status,
        413
    );
    assert_eq!(world.seen.deliveries.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn unknown_addresses_answer_in_json() {
    let world = World::new().await;
    // The module socket's routes are not for the world.
    for path in [
        "/",
        "/api",
        "/whmcs/registrar/wharf/Echo",
        "/admin/journal/1/settle",
        "/api/public/store/%ff/rate",
        "/k/%ff/api/payment_link_check",
        "/intake/%ff",
    ] {
        let got = send(world.public(), get(path)).await;
        assert_eq!(got.status, 404, "{path}");
        assert_eq!(got.json()["message"], "there is nothing at this address");
    }
}

#[tokio::test]
async fn strangers_see_no_metrics_and_little_health() {
    let world = World::new().await;
    let stranger = send(world.public(), from("203.0.113.5", get("/healthz"))).await;
    insta::assert_snapshot!(stranger.text, @r#"{"status":"ok","database":true,"version":"1.2.3"}"#);
    let local = send(world.public(), from("127.0.0.1", get("/healthz"))).await;
    insta::assert_snapshot!(local.text, @r#"{"status":"ok","database":true,"version":"1.2.3","journal":{}}"#);

    assert_eq!(
        send(world.public(), from("203.0.113.5", get("/metrics")))
            .await
            .status,
        403
    );
    let mut proxied = from("127.0.0.1", get("/metrics"));
    proxied
        .headers_mut()
        .insert("x-forwarded-for", "203.0.113.5".parse().unwrap());
    assert_eq!(send(world.public(), proxied).await.status, 403);
    let got = send(world.public(), from("127.0.0.1", get("/metrics"))).await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
}

#[tokio::test]
async fn numbers_and_tokens_are_not_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::new().await;
    send(
        world.public(),
        get("/api/payment_link_check?phone=01012345678&amount=100"),
    )
    .await;
    send(
        world.public(),
        Request::post("/intake/phone-1")
            .body(Body::from("01012345678"))
            .unwrap(),
    )
    .await;
    world.call("Echo", r#"{"phone":"01012345678"}"#).await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("payment_link_check") && text.contains("intake") && text.contains("Echo"),
        "{text}"
    );
    for secret in ["01012345678", "phone-1", support::TOKEN] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
