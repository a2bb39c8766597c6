//! Messages that must not get in, and those that are kept without being money.

use serde_json::json;

use crate::support::{self, PAYER, SIGNING_KEY, Shop, TOKEN, receipt, signed, signed_at, webhook};
use wharf_payments::IntakeOutcome;
use wharf_payments::setup::DeviceSetup;
use wharf_payments::views::TransferFilter;
use wharf_store::testing::TestDb;

const AT: &str = "2026-09-03T14:26:00+03:00";

#[tokio::test(flavor = "multi_thread")]
async fn only_our_phones_get_in_and_only_in_time() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let body = webhook(&receipt("023123456789", PAYER, "502.50"), AT);
        let now = shop.clock.now().as_second();
        let other = webhook(&receipt("023123456789", PAYER, "902.50"), AT);
        for (token, headers) in [
            ("another-token-0123456789", signed(&body, &shop.clock)),
            (TOKEN, signed_at(&body, now, "another key")),
            (TOKEN, signed_at(&other, now, SIGNING_KEY)),
            (TOKEN, signed_at(&body, now - 301, SIGNING_KEY)),
            (TOKEN, signed_at(&body, now + 301, SIGNING_KEY)),
            (TOKEN, http::HeaderMap::new()),
        ] {
            assert_eq!(
                shop.receive(token, &headers, body.as_bytes()).await,
                IntakeOutcome::NotAllowed
            );
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 0);
        let headers = signed_at(&body, now - 299, SIGNING_KEY);
        assert_eq!(
            shop.receive(TOKEN, &headers, body.as_bytes()).await,
            IntakeOutcome::Accepted
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_what_is_unreadable_is_kept() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let long = webhook(&"x".repeat(4_097), AT);
        assert_eq!(
            shop.receive(TOKEN, &signed(&long, &shop.clock), long.as_bytes())
                .await,
            IntakeOutcome::TooLarge
        );
        let huge = "x".repeat(256 * 1024 + 1);
        assert_eq!(
            shop.receive(TOKEN, &signed(&huge, &shop.clock), huge.as_bytes())
                .await,
            IntakeOutcome::TooLarge
        );
        let garbled = "{\"event\":";
        assert_eq!(
            shop.receive(TOKEN, &signed(garbled, &shop.clock), garbled.as_bytes())
                .await,
            IntakeOutcome::Accepted
        );
        assert_eq!(
            shop.deliver_text("لا يعرف أحد هذه الكلمات 500 جنيه", AT)
                .await,
            IntakeOutcome::Accepted
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'unknown'")
                .await,
            1
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'ignored'")
                .await,
            1
        );
        let ping = "{\"event\":\"system:ping\",\"payload\":{}}";
        assert_eq!(
            shop.receive(TOKEN, &signed(ping, &shop.clock), ping.as_bytes())
                .await,
            IntakeOutcome::Accepted
        );
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 2);
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_devices WHERE seen_at > 0")
                .await,
            1
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            0
        );
    }
}

/// What SMSGate sends of an inbox that it was asked for anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_an_inbox_is_read_message_by_message() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let item = |text: &str| {
            json!({
                "messageId": "c0ffee", "message": text, "sender": "VF-Cash", "recipient": null,
                "phoneNumber": "VF-Cash", "simNumber": 1, "receivedAt": AT,
            })
        };
        let batch = |items: Vec<serde_json::Value>| {
            json!({
                "deviceId": "d1", "event": "sms:batch:received", "id": "e1", "webhookId": "w1",
                "payload": { "messages": items },
            })
            .to_string()
        };
        let number = |at: usize| format!("0231234567{at:02}");
        let receipts: Vec<String> = (0..100)
            .map(|at| receipt(&number(at), PAYER, "502.50") + &"\n اشحن باقتك".repeat(20))
            .collect();
        let hundred = batch(receipts.iter().map(|text| item(text)).collect());
        assert!(hundred.len() > 64 * 1024, "{}", hundred.len());
        let post = async |body: &str| {
            shop.receive(TOKEN, &signed(body, &shop.clock), body.as_bytes())
                .await
        };
        assert_eq!(post(&hundred).await, IntakeOutcome::Accepted);
        let transfers = shop.count("SELECT COUNT(*) FROM payment_transfers");
        assert_eq!(transfers.await, 100);
        let many = batch(vec![item("x"); 101]);
        assert_eq!(post(&many).await, IntakeOutcome::TooLarge);
        let huge = "x".repeat(256 * 1024 + 1);
        assert_eq!(post(&huge).await, IntakeOutcome::TooLarge);

        // The same, and what is no message beside one.
        let mixed = batch(vec![item(&receipts[0]), json!({ "subject": "hello" })]);
        assert_eq!(post(&mixed).await, IntakeOutcome::Accepted);
        let other = r#"{"event":"mms:downloaded","payload":{"sender":"VF-Cash","body":"hello"}}"#;
        assert_eq!(post(other).await, IntakeOutcome::Accepted);
        let sent = r#"{"event":"sms:sent","payload":{"messageId":"m1","phoneNumber":"010"}}"#;
        assert_eq!(post(sent).await, IntakeOutcome::Accepted);
        let kept: Vec<String> =
            sqlx::query_scalar("SELECT body FROM payment_messages WHERE sender = '' ORDER BY id")
                .fetch_all(shop.store.pool())
                .await
                .unwrap();
        assert_eq!(kept, [r#"{"subject":"hello"}"#, other]);
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages").await,
            102
        );
    }
}

/// A forwarder that may read notifications tells an app's title as the sender.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_shows_is_never_money() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for format in ["sms-to-url", "generic"] {
            let token = format!("{format}-token-0123456789");
            let device: DeviceSetup = toml::from_str(&format!(
                "id = \"{format}\"\nstore = \"nile\"\ntoken = \"{token}\"\nformat = \"{format}\"\nwallets = [\"vf1\"]"
            ))
            .unwrap();
            device.apply(&shop.store).await.unwrap();
            let number = ["023123456789", "023123456790"][usize::from(format == "generic")];
            let post = async |sim: &str| {
                let at = 1_788_434_760_000_i64;
                let body = json!({
                    "from": "VF-Cash", "text": receipt(number, PAYER, "502.50"),
                    "sentStamp": at, "receivedStamp": at, "sim": sim,
                });
                let body = body.to_string();
                shop.receive(&token, &http::HeaderMap::new(), body.as_bytes())
                    .await
            };
            let before = shop.count("SELECT COUNT(*) FROM payment_transfers").await;
            assert_eq!(post("notification").await, IntakeOutcome::Accepted);
            assert_eq!(post("Notification ").await, IntakeOutcome::Accepted);
            let ignored = "SELECT COUNT(*) FROM payment_messages WHERE state = 'ignored'";
            assert_eq!(shop.count(ignored).await, before + 1);
            let after = shop.count("SELECT COUNT(*) FROM payment_transfers").await;
            assert_eq!(after, before);
            // The message itself, of the same second.
            assert_eq!(post("sim1").await, IntakeOutcome::Accepted);
            let after = shop.count("SELECT COUNT(*) FROM payment_transfers").await;
            assert_eq!(after, before + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doubtful_receipts_are_kept_but_not_credited() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let other_wallet =
            receipt("023000000001", PAYER, "502.50").replace(support::WALLET, "01055555555");
        let last_month = receipt("023000000002", PAYER, "502.50").replace("26-09-03", "26-08-03");
        shop.deliver_text(&other_wallet, AT).await;
        let next_month = receipt("023000000004", PAYER, "502.50").replace("26-09-03", "26-10-03");
        shop.deliver_text(&last_month, AT).await;
        shop.deliver_text(&next_month, AT).await;
        assert_eq!(
            shop.count(
                "SELECT COUNT(*) FROM payment_transfers WHERE state = 'held' AND reason = 'doubt'"
            )
            .await,
            1,
            "money does not come from the future"
        );
        let week_old = receipt("023000000003", PAYER, "502.50").replace("26-09-03", "26-08-27");
        shop.deliver_text(&week_old, "2026-08-27T14:26:00+03:00")
            .await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'review'")
                .await,
            1
        );
        assert_eq!(
            shop.count(
                "SELECT COUNT(*) FROM payment_transfers WHERE state = 'held' AND reason = 'stale'"
            )
            .await,
            2
        );
        assert_eq!(
            shop.count(
                "SELECT COUNT(*) FROM payment_reviews WHERE state = 'open' AND kind = 'stale'"
            )
            .await,
            2
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            3
        );
    }
}

/// A phone whose clock was set back says when its messages came, and is wrong; the operator's date is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_was_set_back_holds_nothing_that_prints_its_date() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let dated = receipt("023000000001", PAYER, "502.50");
        let old = receipt("023000000002", PAYER, "502.50").replace("26-09-03", "26-08-27");
        let undated = "You have received EGP 502.50 from 01098765432 in your Vodafone Cash wallet. Transaction ID: 023000000003";
        for text in [&dated, &old, undated] {
            shop.deliver_text(text, "2015-01-01T02:07:00+02:00").await;
        }
        let mut transfers: Vec<(String, Option<String>)> = shop
            .payments
            .transfers(&TransferFilter::default())
            .await
            .unwrap()
            .into_iter()
            .map(|transfer| (transfer.operator_id, transfer.reason))
            .collect();
        transfers.sort();
        let stale = || Some("stale".to_owned());
        assert_eq!(
            transfers,
            [
                ("023000000001".to_owned(), None),
                // A replay's own date is old.
                ("023000000002".to_owned(), stale()),
                // Nobody can tell.
                ("023000000003".to_owned(), stale()),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_again_is_the_same_transfer() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        // The same message exported again later, by a phone with another clock.
        shop.deliver_text(
            &receipt("023123456789", PAYER, "502.50"),
            "2026-09-03T14:27:31+03:00",
        )
        .await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 2);
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            1
        );
        shop.deliver("023123456790", PAYER, "502.50").await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            2
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_kept_and_read_after_a_restart() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.refuse_inserts("payment_transfers").await;
        assert_eq!(
            shop.deliver("023123456789", PAYER, "502.50").await,
            IntakeOutcome::Accepted
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'new'")
                .await,
            1
        );
        shop.allow_inserts("payment_transfers").await;
        let shop = shop.restarted(&db).await;
        shop.until("it is read", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers").await == 1
        })
        .await;
    }
}

/// What no format can read is refused, so that the app keeps it: a signature over it does not help.
#[tokio::test(flavor = "multi_thread")]
async fn compressed_and_multipart_forms_are_refused_in_every_format() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (name, value) in [
            ("content-encoding", "gzip"),
            ("content-type", "multipart/form-data; boundary=b"),
        ] {
            let body = "--b\r\nnothing that is JSON";
            let mut headers = signed(body, &shop.clock);
            headers.insert(name, value.parse().unwrap());
            let got = shop.receive(TOKEN, &headers, body.as_bytes()).await;
            assert_eq!(got, IntakeOutcome::UnknownForm, "{name}");
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 0);
    }
}
