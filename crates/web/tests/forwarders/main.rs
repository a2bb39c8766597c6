//! What each forwarder app really posts, at the public router with the payments room behind it. Signatures are
//! literals that another program made.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod shop;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use axum::body::Body;
use http::Request;
use shop::{Shop, each_database};
use support::{from, send};
use wharf_payments::setup::DeviceSetup;
use wharf_store::testing::TestDb;

const TOKEN: &str = "intake-token-0123456789";
const KEY: &str = "correct horse battery staple";
const NOW: &str = "2026-09-03T11:26:09Z";

#[tokio::test(flavor = "multi_thread")]
async fn smsgate_signs_body_and_time() {
    let body = r#"{"deviceId":"d1","event":"sms:received","id":"e1","webhookId":"w1","payload":{"messageId":"c0ffee","message":"Hello, world","sender":"VF-Cash","recipient":null,"phoneNumber":"VF-Cash","simNumber":2,"receivedAt":"2026-09-03T14:26:00.000+03:00"}}"#;
    let right = "da02bc16f8d8f8af6e58aab0850d7923d719734c9127067771a63d6f1673eef9";
    let post = |signature: &str, time: &str, body: &str| {
        json_post(&[("x-signature", signature), ("x-timestamp", time)], body)
    };
    each_database(Some(KEY), "smsgate", async |shop| {
        for refused in [
            post("", "1788434769", body),
            post(&flipped(right), "1788434769", body),
            post(right, "1788434770", body),
            post(right, "", body),
            post(right, "1788434769", &body.replace("Hello", "hello")),
        ] {
            assert_eq!(shop.send(refused).await.status, 403);
        }
        assert_eq!(shop.messages().await, Vec::<String>::new());
        shop.clock.advance(Duration::from_secs(300));
        assert_eq!(shop.send(post(right, "1788434769", body)).await.status, 200);
        shop.clock.advance(Duration::from_secs(1));
        let stale = shop.send(post(right, "1788434769", body)).await;
        assert_eq!(stale.status, 403);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|1"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_signed_delivery_again_is_harmless() {
    let body = r#"{"deviceId":"d1","event":"sms:received","id":"e1","webhookId":"w1","payload":{"messageId":"c0ffee","message":"Hello, world","sender":"VF-Cash","recipient":null,"phoneNumber":"VF-Cash","simNumber":2,"receivedAt":"2026-09-03T14:26:00.000+03:00"}}"#;
    let headers = [
        (
            "x-signature",
            "da02bc16f8d8f8af6e58aab0850d7923d719734c9127067771a63d6f1673eef9",
        ),
        ("x-timestamp", "1788434769"),
    ];
    each_database(Some(KEY), "smsgate", async |shop| {
        for _ in 0..100 {
            assert_eq!(shop.send(json_post(&headers, body)).await.status, 200);
        }
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|100"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sms_to_url_posts_its_template_signed_or_not() {
    let body = r#"{"from":"VF-Cash","text":"Hello, world","sentStamp":1788434760000,"receivedStamp":"1788434768000","sim":"sim2"}"#;
    let right = "8d8879f9a654ba674223ab4f874e58e030c85e7df7f53974573951f738f8ae61";
    each_database(Some(KEY), "sms-to-url", async |shop| {
        for signature in ["", &flipped(right)] {
            let got = shop
                .send(json_post(&[("x-signature", signature)], body))
                .await;
            assert_eq!(got.status, 403);
        }
        let got = shop.send(json_post(&[("x-signature", right)], body)).await;
        assert_eq!(got.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|1"]
        );
    })
    .await;
    each_database(None, "sms-to-url", async |shop| {
        // In chunks, as older versions do, and with the phone's state in the template.
        let chunked = body.replace("{", r#"{"battery":9,"power":"unplugged","#);
        let chunks: Vec<Result<Vec<u8>, std::io::Error>> = chunked
            .as_bytes()
            .chunks(7)
            .map(|chunk| Ok(chunk.to_vec()))
            .collect();
        let request = Request::post(address(""))
            .header("content-type", "application/json; charset=utf-8")
            .body(Body::from_stream(futures_util::stream::iter(chunks)))
            .unwrap();
        assert_eq!(shop.send(request).await.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|1"]
        );
        let state = shop.text(
            "SELECT CAST(battery AS TEXT) || '/' || CAST(charging AS TEXT) FROM payment_devices",
        );
        assert_eq!(state.await, "9/0");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sms_forwarder_signs_the_time_only() {
    let sign = "yAR5TvcGV%2BlmuayApdb08eqivdy6mqqDEEBRgG81DIo%3D";
    // The app encodes the sign, and then the form with it.
    let twice = sign.replace('%', "%25");
    let form = |sign: &str, text: &str, time: &str| {
        let body = format!("from=VF-Cash&content={text}&timestamp={time}&sign={sign}");
        Request::post(address(""))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    };
    let time = "1788434769123";
    each_database(Some(KEY), "smsforwarder", async |shop| {
        for refused in [
            form(&sign.replace("yAR5", "yAR4"), "Hello", time),
            form(sign, "Hello", "1788434769124"),
            form("", "Hello", time),
        ] {
            assert_eq!(shop.send(refused).await.status, 403);
        }
        assert_eq!(shop.send(form(sign, "Hello%2C+world", time)).await.status, 200);
        // The same again is the same; another text under the same sign is not.
        assert_eq!(shop.send(form(&twice, "Hello%2C+world", time)).await.status, 200);
        assert_eq!(shop.send(form(sign, "Other", time)).await.status, 403);
        let got = shop.send(
            Request::get(format!("{}?from=VF-Cash&content=Hello%2C+world&timestamp={time}&sign={sign}", address("")))
                .body(Body::empty())
                .unwrap(),
        );
        assert_eq!(got.await.status, 200);
        let json = r#"{"from":"VF-Cash","org_content":"Hello, world","content":"changed","card_slot":"SIM2_Vodafone","timestamp":"1788434769123","sign":"yAR5TvcGV%2BlmuayApdb08eqivdy6mqqDEEBRgG81DIo%3D"}"#;
        assert_eq!(shop.send(json_post(&[], json)).await.status, 200);
        shop.clock.advance(Duration::from_secs(301));
        assert_eq!(shop.send(form(sign, "Hello%2C+world", time)).await.status, 403);
        let bodies = shop.text("SELECT DISTINCT body FROM payment_messages").await;
        assert_eq!(bodies, "Hello, world");
        assert_eq!(shop.text("SELECT MAX(sim) FROM payment_messages").await, "2");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn httpsms_proves_itself_by_a_token_for_this_address() {
    let body = r#"{"specversion":"1.0","id":"e1","source":"/v1/messages/receive","type":"message.phone.received","datacontenttype":"application/json","time":"2026-09-03T11:26:08Z","data":{"message_id":"m1","user_id":"user-1","owner":"+201000000001","encrypted":false,"contact":"VF-Cash","timestamp":"2026-09-03T11:26:00Z","content":"Hello, world","sim":"SIM2","attachments":null}}"#;
    let right = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL3BheS5leGFtcGxlLmNvbS9pbnRha2UvaW50YWtlLXRva2VuLTAxMjM0NTY3ODkiLCJleHAiOjE3ODg0MzUzNjksImlhdCI6MTc4ODQzNDc2OSwiaXNzIjoiYXBpLmh0dHBzbXMuY29tIiwibmJmIjoxNzg4NDM0MTY5LCJzdWIiOiJ1c2VyLTEifQ.99VqLJpY0qlTOLZZCHqyxPQrLWwa-303JmvW8P9sMjw";
    let post = |token: &str, body: &str| {
        json_post(
            &[
                ("authorization", &format!("Bearer {token}")),
                ("x-event-type", "message.phone.received"),
            ],
            body,
        )
    };
    let (signed, tag) = right.rsplit_once('.').unwrap();
    let (_, claims) = signed.split_once('.').unwrap();
    each_database(Some(KEY), "httpsms", async |shop| {
        for token in [
            "",
            "x",
            "x.y.z",
            &format!("{signed}."),
            &format!("{signed}.{}", flipped(tag)),
            // {"alg":"none"}
            &format!("eyJhbGciOiJub25lIn0.{claims}."),
            &format!("eyJhbGciOiJub25lIn0.{claims}.{tag}"),
        ] {
            assert_eq!(shop.send(post(token, body)).await.status, 403, "{token}");
        }
        let secret = body.replace(r#""encrypted":false"#, r#""encrypted":true"#);
        let got = shop.send(post(right, &secret)).await;
        assert_eq!(got.status, 422);
        assert_eq!(
            got.json()["message"],
            "the message is encrypted; switch encryption off in the app"
        );
        assert_eq!(shop.messages().await, Vec::<String>::new());
        let sent = body.replace("message.phone.received", "message.phone.sent");
        assert_eq!(shop.send(post(right, &sent)).await.status, 200);
        assert_eq!(shop.send(post(right, body)).await.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|1"]
        );
        shop.clock.advance(Duration::from_secs(301));
        assert_eq!(shop.send(post(right, body)).await.status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn textbee_signs_the_body() {
    let body = r#"{"smsId":"s1","message":"Hello, world","deviceId":"d1","webhookSubscriptionId":"w1","webhookEvent":"MESSAGE_RECEIVED","idempotencyKey":"i1","sender":"VF-Cash","receivedAt":"2026-09-03T11:26:00.000Z"}"#;
    let right = "b69f9dd3ca634ba8ecdbaaab6d2bc8600f7f55ddc1e2862bd0c0191587def702";
    each_database(Some(KEY), "textbee", async |shop| {
        for (signature, body) in [
            (String::new(), body.to_owned()),
            (flipped(right), body.to_owned()),
            (right.to_owned(), body.replace("s1", "s2")),
        ] {
            let got = shop
                .send(json_post(&[("x-signature", &signature)], &body))
                .await;
            assert_eq!(got.status, 403);
        }
        let got = shop.send(json_post(&[("x-signature", right)], body)).await;
        assert_eq!(got.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000||1"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_signs_address_and_form() {
    let body = "From=VF-Cash&To=%2B15005550006&Body=Hello%2C+world&MessageSid=SM1&NumMedia=0";
    let right = "j/ATD7VV9pxSg1WJbBuyzX5Vx+Q=";
    let post = |signature: &str, path: &str, body: &str| {
        Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", signature)
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    each_database(Some(KEY), "twilio", async |shop| {
        for refused in [
            post("", &address(""), body),
            post(right, &address(""), &body.replace("world", "World")),
            post(right, &format!("{}?x=1", address("")), body),
        ] {
            assert_eq!(shop.send(refused).await.status, 403);
        }
        assert_eq!(shop.send(post(right, &address(""), body)).await.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434769000||1"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_else_is_read_by_the_usual_names() {
    each_database(Some(KEY), "generic", async |shop| {
        let body = "from=VF-Cash&text=Hello%2C+world&receivedAt=1788434760&sim=2";
        let post = |signature: &str| {
            Request::post(address(""))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-timestamp", "1788434769")
                .header("x-signature", signature)
                .body(Body::from(body))
                .unwrap()
        };
        let right = "578cfd30fbba7e8fcf108d2c49ed110aa09cedcbd3d78f2be845428f9b9a4fbd";
        assert_eq!(shop.send(post(&flipped(right))).await.status, 403);
        assert_eq!(shop.send(post(right)).await.status, 200);
        assert_eq!(
            shop.messages().await,
            ["VF-Cash|Hello, world|1788434760000|2|1"]
        );
    })
    .await;
    each_database(None, "generic", async |shop| {
        for (kind, query, body) in [
            ("application/json", "", r#"{"sender":"VF-Cash","body":"Hello, world","timestamp":"2026-09-03T14:26:00+03:00"}"#),
            ("text/plain", "", r#"{"address":"VF-Cash","msg":"Hello, world","date":1788434760000}"#),
            ("application/json", "", r#"[{"phoneNumber":"VF-Cash","content":"Hello, world","time":1788434760}]"#),
            ("application/json", "", r#"{"messages":[{"contact":"VF-Cash","message":"Hello, world","receivedStamp":"1788434760"}]}"#),
            ("application/x-www-form-urlencoded", "", "number=VF-Cash&body=Hello,%20world&receivedAt=1788434760"),
            ("text/plain; charset=utf-8", "?from=VF-Cash&time=1788434760", "Hello, world"),
            ("application/json", "", "\u{FEFF}{\"from\":\"VF-Cash\",\"text\":\"Hello, world\",\"time\":1788434760}"),
        ] {
            let request = Request::post(address(query))
                .header("content-type", kind)
                .body(Body::from(body))
                .unwrap();
            assert_eq!(shop.send(request).await.status, 200, "{body}");
        }
        let get = Request::get(address("?from=VF-Cash&text=Hello,+world&time=1788434760"));
        assert_eq!(shop.send(get.body(Body::empty()).unwrap()).await.status, 200);
        // The token as a bearer token, and a HEAD that does nothing.
        let bearer = Request::post("/intake")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Body::from(r#"{"from":"VF-Cash","text":"Hello, world","time":1788434760}"#))
            .unwrap();
        assert_eq!(shop.send(bearer).await.status, 200);
        // Without a type, as some scripts post it.
        let untold = Request::post(address(""))
            .body(Body::from("from=VF-Cash&text=Hello,+world&time=1788434760"));
        assert_eq!(shop.send(untold.unwrap()).await.status, 200);
        for (name, value) in [
            ("content-type", "multipart/form-data; boundary=b"),
            ("content-encoding", "gzip"),
        ] {
            let request = Request::post(address("")).header(name, value).body(Body::from("--b"));
            let got = shop.send(request.unwrap()).await;
            assert_eq!(got.status, 415, "{value}");
        }
        let look = Request::get(address("")).body(Body::empty()).unwrap();
        assert_eq!(shop.send(look).await.status, 200);
        let none = Request::post("/intake").body(Body::from("x")).unwrap();
        assert_eq!(shop.send(none).await.status, 401);
        let head = Request::head(address("?from=VF-Cash&text=head&time=1788434760"));
        assert_eq!(shop.send(head.body(Body::empty()).unwrap()).await.status, 405);
        assert_eq!(shop.messages().await, ["VF-Cash|Hello, world|1788434760000||10"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_taken_whole_and_answered_by_their_marks() {
    let batch = |count: usize, text: &str| {
        let messages: Vec<_> = (0..count)
            .map(|at| serde_json::json!({
                "fingerprint": format!("f{at}"), "address": "VF-Cash", "body": format!("{text} {at}"),
                "received_at": "2026-09-03T11:26:00.000Z",
            }))
            .collect();
        let body = serde_json::json!({ "device_id": "d1", "messages": messages });
        Request::post(format!("/intake/{TOKEN}/ingest/sms"))
            .header("content-type", "application/json; charset=utf-8")
            .header("authorization", "Bearer whatever")
            .body(Body::from(body.to_string()))
            .unwrap()
    };
    each_database(None, "tahweel", async |shop| {
        let got = shop.send(batch(2, "Hello")).await;
        assert_eq!(
            got.text,
            r#"{"accepted":["f0","f1"],"messages":2,"created":2}"#
        );
        let again = shop.send(batch(3, "Hello")).await;
        assert_eq!(
            again.text,
            r#"{"accepted":["f0","f1","f2"],"messages":3,"created":1}"#
        );
        let post = |body: &'static str| {
            Request::post(format!("/intake/{TOKEN}/ingest/sms"))
                .body(Body::from(body))
                .unwrap()
        };
        for (body, answer) in [
            (
                r#"{"messages":[{"fingerprint":"f8","address":"VF-Cash"}]}"#,
                r#"{"accepted":["f8"],"messages":1,"created":1}"#,
            ),
            (
                r#"{"fingerprint":"f9","address":"VF-Cash"}"#,
                r#"{"accepted":["f9"],"messages":1,"created":1}"#,
            ),
        ] {
            assert_eq!(shop.send(post(body)).await.text, answer);
        }
        assert_eq!(shop.send(batch(100, "more")).await.status, 200);
        assert_eq!(shop.send(batch(101, "many")).await.status, 413);
        assert_eq!(shop.send(batch(2, &"x".repeat(4_096))).await.status, 413);
        assert_eq!(
            shop.text("SELECT CAST(COUNT(*) AS TEXT) FROM payment_messages")
                .await,
            "105"
        );
        let beat = Request::post(format!("/intake/{TOKEN}/ingest/heartbeat"))
            .body(Body::from(
                r#"{"device_id":"d1","battery":50,"pending_count":0}"#,
            ))
            .unwrap();
        assert_eq!(shop.send(beat).await.status, 200);
        assert_eq!(
            shop.text("SELECT CAST(battery AS TEXT) FROM payment_devices")
                .await,
            "50"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_tells_the_phones_state() {
    each_database(Some(KEY), "smsgate", async |shop| {
        let beats = [
            Request::post(address("/heartbeat")).body(Body::from("battery=40&charging=true")),
            Request::post(address("/heartbeat")).body(Body::from(r#"{"battery":41}"#)),
            Request::get(address("/heartbeat?battery=42&charging=false")).body(Body::empty()),
        ];
        for beat in beats {
            let got = shop.send(beat.unwrap()).await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(got.text, @r#"{"accepted":true,"messages":0}"#);
            }
        }
        let state = shop.text(
            "SELECT CAST(battery AS TEXT) || '/' || CAST(charging AS TEXT) FROM payment_devices",
        );
        assert_eq!(state.await, "42/0");
        let strange = Request::post("/intake/some-other-token-0123456789/heartbeat");
        let got = shop.send(strange.body(Body::empty()).unwrap()).await;
        assert_eq!(got.status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_devices_networks_may_deliver() {
    each_database(None, "generic", async |shop| {
        let setup = format!(
            "{}\nsources = [\"203.0.113.0/24\", \"2001:db8::7\"]",
            shop.device(None, "generic")
        );
        toml::from_str::<DeviceSetup>(&setup)
            .unwrap()
            .apply(&shop.store)
            .await
            .unwrap();
        let post = || {
            json_post(
                &[],
                r#"{"from":"VF-Cash","text":"Hello, world","time":1788434760}"#,
            )
        };
        for (peer, status) in [
            ("203.0.113.9", 200),
            ("198.51.100.1", 403),
            ("[2001:db8::7]", 200),
        ] {
            let got = send(shop.router.clone(), from(peer, post())).await;
            assert_eq!(got.status, status, "{peer}");
        }
        assert_eq!(shop.send(post()).await.status, 403);
    })
    .await;
}

/// Full, or not to be written: 503, and everything is there once it can be written again.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_to_write_nothing_is_taken() {
    for fault in ["PRAGMA query_only = 1", "PRAGMA max_page_count = 1"] {
        let db = TestDb::sqlite();
        let shop = Shop::open(&db, None, "generic").await;
        let post = |text: &str| {
            json_post(
                &[],
                &format!(r#"{{"from":"VF-Cash","text":"{text}","time":1788434760}}"#),
            )
        };
        assert_eq!(shop.send(post("before")).await.status, 200);
        // A page's worth of text, so that a full database has no place for it.
        let long = "x".repeat(4_000);
        for _ in 0..20 {
            // Connections that have met a full disk are made anew.
            shop.on_all_connections(fault).await;
            let got = shop.send(post(&long)).await;
            assert_eq!(
                (got.status, got.header("retry-after")),
                (503, "2"),
                "{fault}: {}",
                got.text
            );
        }
        shop.on_all_connections("PRAGMA query_only = 0").await;
        shop.on_all_connections("PRAGMA max_page_count = 1000000")
            .await;
        assert_eq!(shop.send(post(&long)).await.status, 200, "{fault}");
        // What was kept before, or after, but could not be read is read once it can be.
        shop.on_all_connections(fault).await;
        assert!(shop.payments.read_unread().await.is_err(), "{fault}");
        shop.on_all_connections("PRAGMA query_only = 0").await;
        shop.on_all_connections("PRAGMA max_page_count = 1000000")
            .await;
        shop.payments.read_unread().await.unwrap();
        let states = shop.text("SELECT GROUP_CONCAT(state) FROM payment_messages");
        assert_eq!(states.await, "unknown,unknown", "{fault}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db, None, "generic").await;
    tokio::time::pause();
    let never = Body::from_stream(futures_util::stream::pending::<
        Result<Vec<u8>, std::io::Error>,
    >());
    let request = Request::post(address("")).body(never).unwrap();
    let got = shop.send(request).await;
    assert_eq!(got.status, 408);
    tokio::time::resume();
    let broken = Body::from_stream(futures_util::stream::iter([
        Ok(b"{\"from\":".to_vec()),
        Err(std::io::Error::other("cut")),
    ]));
    let request = Request::post(address("")).body(broken).unwrap();
    assert_eq!(shop.send(request).await.status, 400);
    assert_eq!(shop.messages().await, Vec::<String>::new());
}

fn address(more: &str) -> String {
    format!("/intake/{TOKEN}{more}")
}

fn json_post(headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::post(address("")).header("content-type", "application/json");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

/// With another first letter.
fn flipped(text: &str) -> String {
    let first = if text.starts_with('a') { 'b' } else { 'a' };
    text.char_indices()
        .map(|(at, c)| if at == 0 { first } else { c })
        .collect()
}
