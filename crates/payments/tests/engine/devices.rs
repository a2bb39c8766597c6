//! Phones: what is said when they fall silent, repetitions that must not become money, and SIM cards.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::time::Duration;

use crate::support::{
    PAYER, SIGNING_KEY, Shop, TOKEN, dashboard, receipt, signed, signed_at, webhook,
};
use http::{HeaderMap, Method};
use wharf_payments::devices::DeviceView;
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::views::{Decision, Seen};
use wharf_payments::{IntakeDelivery, IntakeOutcome};
use wharf_store::testing::TestDb;

const AT: &str = "2026-09-03T14:26:00+03:00";

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_phone_raises_an_alarm_and_its_return_ends_it() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        assert_eq!(phone(&shop).await.state, "new");
        // Messages alone make no promise of a next one.
        shop.deliver("023123456789", PAYER, "502.50").await;
        minutes(&shop, 24 * 60).await;
        assert_eq!(phone(&shop).await.state, "ok");
        assert!(!delayed(&shop).await);

        ping(&shop).await;
        minutes(&shop, 45).await;
        assert_eq!(phone(&shop).await.state, "ok");
        minutes(&shop, 1).await;
        let silent = phone(&shop).await;
        assert_eq!((silent.state, silent.alarms.len()), ("silent", 1));
        assert!(delayed(&shop).await);
        minutes(&shop, 1).await;

        ping(&shop).await;
        assert!(!delayed(&shop).await, "at once, not with the next look");
        minutes(&shop, 1).await;
        assert_eq!(phone(&shop).await.state, "ok");
        let events: Vec<(String, String)> = sqlx::query_as(
            "SELECT event, detail FROM payment_audit WHERE subject = 'device/phone1' AND event <> 'added' ORDER BY id",
        )
        .fetch_all(shop.store.pool())
        .await
        .unwrap();
        insta::allow_duplicates! {
            insta::assert_debug_snapshot!(events, @r#"
            [
                (
                    "alarm",
                    "silent: no sign of life for 46 minutes",
                ),
                (
                    "alarm_over",
                    "silent: no sign of life for 1 minutes",
                ),
            ]
            "#);
        }
    }
}

/// In a crowd of deliveries the phone's row is not written again with each: only what says more is.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_is_kept_once_a_moment_and_at_once_when_it_says_more() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let seen = async || {
            let phone = phone(&shop).await;
            (phone.seen_at, phone.message_at, phone.refused_at)
        };
        let now = || Some(shop.clock.now_ms());
        let began = now();
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(seen().await, (began, began, None));
        shop.clock.advance(Duration::from_millis(400));
        shop.deliver("023123456790", PAYER, "502.50").await;
        assert_eq!(seen().await.0, began, "a moment ago");

        let body = webhook("hello", "2026-09-03T14:26:00+03:00");
        let forged = http::HeaderMap::new();
        let got = shop.receive(TOKEN, &forged, body.as_bytes()).await;
        assert_eq!(got, IntakeOutcome::NotAllowed);
        let refused = now();
        shop.clock.advance(Duration::from_millis(100));
        shop.deliver("023123456791", PAYER, "502.50").await;
        assert_eq!(seen().await, (now(), now(), refused), "well again");

        ping(&shop).await;
        assert_eq!(phone(&shop).await.beat_at, now(), "the first of its kind");
        shop.clock.advance(Duration::from_secs(1));
        shop.deliver("023123456792", PAYER, "502.50").await;
        assert_eq!(seen().await, (now(), now(), refused));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_hears_nothing_and_blames_nobody() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        ping(&shop).await;
        shop.clock.advance(Duration::from_secs(6 * 3_600));
        let shop = shop.restarted(&db).await;
        minutes(&shop, 45).await;
        assert_eq!(phone(&shop).await.state, "ok");
        minutes(&shop, 1).await;
        assert_eq!(phone(&shop).await.state, "silent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_phone_of_two_is_enough() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let second: DeviceSetup = toml::from_str(&format!(
            "id = \"phone2\"\nstore = \"nile\"\ntoken = \"another-{TOKEN}\"\nformat = \"generic\"\n\
             wallets = [\"vf1\"]\nheartbeat_minutes = 600"
        ))
        .unwrap();
        second.apply(&shop.store).await.unwrap();
        let body = br#"{"from":"VF-Cash","text":"hello"}"#;
        let got = shop
            .receive(&format!("another-{TOKEN}"), &http::HeaderMap::new(), body)
            .await;
        assert_eq!(got, IntakeOutcome::Accepted);
        ping(&shop).await;
        minutes(&shop, 60).await;
        assert!(!delayed(&shop).await);
        minutes(&shop, 30 * 60).await;
        assert!(delayed(&shop).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn low_batteries_and_refused_deliveries_are_told() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (level, flags, state) in [
            (16, 0, "ok"),
            (15, 0, "battery"),
            (18, 0, "battery"),
            (20, 0, "ok"),
            (9, 4, "ok"),
        ] {
            let health = serde_json::json!({ "event": "system:ping", "payload": { "health": { "checks": {
                "battery:level": { "observedValue": level }, "battery:charging": { "observedValue": flags },
            } } } });
            post(&shop, &health.to_string()).await;
            minutes(&shop, 0).await;
            assert_eq!(phone(&shop).await.state, state, "{level}");
        }
        shop.clock.advance(Duration::from_secs(1));
        let got = shop.receive(TOKEN, &http::HeaderMap::new(), b"{}").await;
        assert_eq!(got, IntakeOutcome::NotAllowed);
        minutes(&shop, 0).await;
        let refused = phone(&shop).await;
        assert_eq!(refused.state, "refused");
        assert_eq!(
            refused.refused_why.as_deref(),
            Some("the signature is missing")
        );
        shop.clock.advance(Duration::from_secs(1));
        ping(&shop).await;
        assert_eq!(phone(&shop).await.state, "ok", "at once");
        minutes(&shop, 0).await;
        assert_eq!(phone(&shop).await.state, "ok");
    }
}

/// A clock that is wrong, say. Who knows an address may send without end: that is not written down each time.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_with_their_begin_until_a_delivery_is_accepted() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        ping(&shop).await;
        let begin = shop.clock.now_ms();
        let body = webhook("hello", AT);
        let mut seen = Vec::new();
        for (ahead, after) in [
            (3_600, 0),
            (3_600, 30),
            (3_600, 31),
            (-7_200, 1),
            (-7_200, 5),
        ] {
            shop.clock.advance(Duration::from_secs(after));
            let headers = signed_at(&body, shop.clock.now().as_second() + ahead, SIGNING_KEY);
            let got = shop.receive(TOKEN, &headers, body.as_bytes()).await;
            assert_eq!(got, IntakeOutcome::NotAllowed);
            let phone = phone(&shop).await;
            assert_eq!((phone.state, phone.refused_since), ("refused", Some(begin)));
            let at = (phone.refused_at.unwrap() - begin) / 1_000;
            seen.push((at, phone.refused_why.unwrap()));
        }
        let ahead = "its clock is 60 min ahead";
        let behind = "its clock is 120 min behind, or the app signed it that long ago";
        let seen: Vec<_> = seen.iter().map(|(at, why)| (*at, why.as_str())).collect();
        assert_eq!(
            seen,
            [
                (0, ahead),
                (0, ahead),
                (61, ahead),
                (61, ahead),
                (67, behind)
            ]
        );
        let beat = Method::POST;
        let delivery = IntakeDelivery {
            token: TOKEN,
            method: &beat,
            query: "",
            headers: &HeaderMap::new(),
            body: b"",
            source: None,
        };
        shop.clock.advance(Duration::from_secs(60));
        let got = shop.payments.heartbeat(&delivery).await;
        assert_eq!(got.outcome, IntakeOutcome::Accepted);
        assert_eq!(phone(&shop).await.state, "refused", "nobody signs it");
        shop.deliver_text("hello", AT).await;
        let phone = phone(&shop).await;
        assert_eq!((phone.state, phone.refused_since), ("ok", None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_nobody_can_read_are_told_until_one_can_be() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let generic: DeviceSetup = toml::from_str(
            "id = \"phone1\"\nstore = \"nile\"\ntoken = \"generic-token-0123456789\"\nformat = \"generic\"\nwallets = [\"vf1\"]",
        )
        .unwrap();
        for body in ["no event", "[]", r#"{"event":"sms:received","payload":{}}"#] {
            shop.deliver_text("hello", AT).await;
            minutes(&shop, 1).await;
            assert_eq!(phone(&shop).await.state, "ok");
            post(&shop, body).await;
            assert_eq!(phone(&shop).await.state, "unreadable", "at once: {body}");
            // A sign of life mends nothing.
            ping(&shop).await;
            minutes(&shop, 1).await;
            assert_eq!(phone(&shop).await.state, "unreadable", "{body}");
        }
        shop.deliver_text("hello again", AT).await;
        minutes(&shop, 1).await;
        let alarms = "SELECT COUNT(*) FROM payment_audit WHERE event = 'alarm'";
        assert_eq!(shop.count(alarms).await, 3);
        generic.apply(&shop.store).await.unwrap();
        let utf_16: Vec<u8> = "\u{FEFF}{}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for body in [
            &b"a text that tells no sender"[..],
            br#"{"text":"hello"}"#,
            br#"{"from":"VF-Cash","#,
            br#"[{"from":"VF-Cash"}]"#,
            &utf_16,
        ] {
            let token = "generic-token-0123456789";
            let none = http::HeaderMap::new();
            for (body, state) in [(body, "unreadable"), (br#"{"from":"A","text":"b"}"#, "ok")] {
                shop.clock.advance(Duration::from_secs(2));
                let got = shop.receive(token, &none, body).await;
                assert_eq!(got, IntakeOutcome::Accepted);
                minutes(&shop, 1).await;
                assert_eq!(phone(&shop).await.state, state, "{}", body.escape_ascii());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_exported_again_changes_nothing() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let number = |at: i64| format!("0231234567{at:02}");
        for at in 0..20 {
            shop.deliver(&number(at), PAYER, "502.50").await;
        }
        let before = snapshot(&shop).await;
        // With the times of the phone's inbox, which are others than those of the first delivery.
        for at in 0..20 {
            let text = receipt(&number(at), PAYER, "502.50");
            let when = format!("2026-09-03T14:2{}:3{}+03:00", at % 7, at % 10);
            assert_eq!(
                shop.deliver_text(&text, &when).await,
                IntakeOutcome::Accepted
            );
        }
        assert_eq!(snapshot(&shop).await, before);
        let repeats = shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'repeat'");
        assert_eq!(repeats.await, 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_comes_with_another_text_is_for_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.deliver("023123456789", PAYER, "902.50").await;
        shop.deliver("023123456789", "01198765432", "502.50").await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE amount = 50250 AND phone = '+201098765432'")
                .await,
            1
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            1
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'review'")
                .await,
            2
        );
    }
}

/// e& money's receipts have no number: the very same words may be the same money.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_words_without_a_number_are_held() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_e_and(&shop).await;
        let held =
            "SELECT COUNT(*) FROM payment_transfers WHERE state = 'held' AND reason = 'duplicate'";
        let all = "SELECT COUNT(*) FROM payment_transfers";
        e_and(&shop, "2026-09-03T14:26:00+03:00").await;
        e_and(&shop, "2026-09-03T14:26:00+03:00").await;
        assert_eq!((shop.count(all).await, shop.count(held).await), (1, 0));
        // Nine minutes later: perhaps another forwarder's clock, perhaps other money.
        shop.clock.advance(Duration::from_secs(9 * 60));
        e_and(&shop, "2026-09-03T14:35:00+03:00").await;
        assert_eq!((shop.count(all).await, shop.count(held).await), (2, 1));
        // An hour later, at once: the same balance is hardly other money.
        shop.clock.advance(Duration::from_secs(3_600));
        e_and(&shop, "2026-09-03T15:35:00+03:00").await;
        assert_eq!((shop.count(all).await, shop.count(held).await), (3, 2));
        // Late, with a time of its own: perhaps the first one, exported.
        shop.clock.advance(Duration::from_secs(24 * 3_600));
        e_and(&shop, "2026-09-03T19:00:00+03:00").await;
        assert_eq!((shop.count(all).await, shop.count(held).await), (4, 3));
    }
}

/// The phone serves another wallet by now: the same words are no more certain for that.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_words_for_another_wallet_are_held_too() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_e_and(&shop).await;
        e_and(&shop, "2026-09-03T14:26:00+03:00").await;
        serves_e_and(&shop, "et2", "01112345679").await;
        e_and(&shop, "2026-09-03T14:26:07+03:00").await;
        let held =
            "SELECT COUNT(*) FROM payment_transfers WHERE wallet = 'et2' AND reason = 'duplicate'";
        assert_eq!(shop.count(held).await, 1);
    }
}

/// A claim takes what is free, and leaves the doubtful repetition to a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_takes_free_money_before_held() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_e_and(&shop).await;
        e_and(&shop, "2026-09-03T14:26:00+03:00").await;
        // Exported again, by a clock that is behind.
        shop.clock.advance(Duration::from_secs(60));
        e_and(&shop, "2026-09-03T14:25:40+03:00").await;
        let held =
            "SELECT COUNT(*) FROM payment_transfers WHERE state = 'held' AND reason = 'duplicate'";
        assert_eq!(shop.count(held).await, 1);
        let fields = [
            ("store_id", "nile"),
            ("phone", PAYER),
            ("amount", "250"),
            ("client_id", "7"),
        ];
        shop.check(&fields).await;
        shop.until("it is credited", async |shop| {
            !shop.till.credited(7).is_empty()
        })
        .await;
        assert_eq!(shop.count(held).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_must_belong_to_the_sim_card_that_it_came_to() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let other: WalletSetup = toml::from_str(
            "id = \"vf2\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01011112222\"",
        )
        .unwrap();
        other
            .apply(&shop.store, &shop.payments.wallets())
            .await
            .unwrap();
        let cards = |sims: &str| -> DeviceSetup {
            toml::from_str(&format!(
                "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"smsgate\"\n\
                 signing_key = \"{SIGNING_KEY}\"\nwallets = [\"vf1\", \"vf2\"]\nsims = {sims}"
            ))
            .unwrap()
        };
        assert!(cards("{ 1 = [\"vf3\"] }").check().is_err());
        let of_wallet = |state: &str| match state {
            "read" => "SELECT COUNT(*) FROM payment_messages WHERE state = 'read'",
            _ => "SELECT COUNT(*) FROM payment_messages WHERE state = 'review'",
        };
        // The messages of the support's forwarder come to card 1, and name the wallet vf1.
        cards("{ 1 = [\"vf1\"], 2 = [\"vf2\"] }")
            .apply(&shop.store)
            .await
            .unwrap();
        shop.deliver("023123456701", PAYER, "502.50").await;
        assert_eq!(shop.count(of_wallet("read")).await, 1);
        cards("{ 1 = [\"vf2\"], 2 = [\"vf1\"] }")
            .apply(&shop.store)
            .await
            .unwrap();
        shop.deliver("023123456702", PAYER, "502.50").await;
        assert_eq!(shop.count(of_wallet("review")).await, 1);
        // A text that names no wallet is the card's.
        let unnamed = format!(
            "تم استلام مبلغ 502.50 جنيه من رقم {PAYER}؛ المسجل بإسم منى السيد. رصيدك الحالي 2043.25 جنيه. \
             تاريخ العملية 03-09-26 14:26 رقم العملية 023123456703 ."
        );
        shop.deliver_text(&unnamed, AT).await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE wallet = 'vf1'")
                .await,
            1
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE wallet = 'vf2'")
                .await,
            1
        );
        assert_eq!(shop.count(of_wallet("review")).await, 1);

        // A person is asked once; with the cards put right, the approval has the message read again.
        let open: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM payment_reviews WHERE kind = 'wallet' AND state = 'open'",
        )
        .fetch_all(shop.store.pool())
        .await
        .unwrap();
        assert_eq!(open.len(), 1);
        cards("{ 1 = [\"vf1\"], 2 = [\"vf2\"] }")
            .apply(&shop.store)
            .await
            .unwrap();
        let decision = Decision {
            actor: "mona".into(),
            reason: "the cards were the wrong way round".into(),
            claim: None,
            wallet: None,
            seen: Seen::Nothing,
        };
        shop.payments.approve(&open[0], decision).await.unwrap();
        shop.until("it is read again", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE wallet = 'vf1'")
                .await
                == 2
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_forwards_only_its_own_store_s_wallets() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    let store: StoreSetup =
        toml::from_str("id = \"other\"\nsite = \"main\"\nname = \"Other\"").unwrap();
    store.apply(&shop.store).await.unwrap();
    let phone: DeviceSetup = toml::from_str(&format!(
        "id = \"phone2\"\nstore = \"other\"\ntoken = \"o-{TOKEN}\"\nformat = \"generic\"\nwallets = [\"vf1\"]"
    ))
    .unwrap();
    let wallet: WalletSetup = toml::from_str(
        "id = \"vf1\"\nstore = \"other\"\noperator = \"vodafone-cash\"\nnumber = \"01012345678\"",
    )
    .unwrap();
    let moved = wallet.apply(&shop.store, &shop.payments.wallets()).await;
    assert_eq!(
        moved.unwrap_err().to_string(),
        "wallet \"vf1\" has phones or a history in its store, so it stays there"
    );
    let refused = phone.apply(&shop.store).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "wallet \"vf1\" belongs to store \"nile\", so phone \"phone2\" of another store cannot forward its messages; add the phone to that store"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_phone_and_an_old_address_open_nothing() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let body = webhook("hello", AT);
        let token = shop
            .payments
            .rotate_device("phone1", "mona")
            .await
            .unwrap()
            .unwrap();
        let deliver = async |token: &str| {
            let headers = signed(&body, &shop.clock);
            shop.receive(token, &headers, body.as_bytes()).await
        };
        assert_eq!(deliver(TOKEN).await, IntakeOutcome::NotAllowed);
        assert_eq!(deliver(token.expose()).await, IntakeOutcome::Accepted);
        assert!(shop.payments.remove_device("phone1", "mona").await.unwrap());
        assert_eq!(deliver(token.expose()).await, IntakeOutcome::NotAllowed);
        assert!(!shop.payments.remove_device("phone1", "mona").await.unwrap());
        assert!(
            shop.payments
                .rotate_device("phone1", "mona")
                .await
                .unwrap()
                .is_none()
        );
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 1);
    }
}

/// A quiet shop and a phone that is off look the same, where no heartbeats are sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_heartbeats_that_is_not_heard_of_is_told_and_raises_no_alarm() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for (hours, state, told) in [
            (24, "ok", None),
            (1, "quiet", Some("Phone phone1 was last heard of 25 h ago.")),
            (
                47,
                "quiet",
                Some("Phone phone1 was last heard of 3 days ago."),
            ),
            (
                1,
                "unheard",
                Some("Phone phone1 was last heard of 3 days ago."),
            ),
            (
                287,
                "unheard",
                Some("Phone phone1 was last heard of 15 days ago."),
            ),
        ] {
            minutes(&shop, hours * 60).await;
            let phone = phone(&shop).await;
            assert_eq!((phone.state, phone.alarms.len()), (state, 0), "{hours}");
            let page = dashboard(&shop).await;
            match told {
                Some(told) => assert!(page.contains(told), "{page}"),
                None => assert!(!page.contains("last heard of"), "{page}"),
            }
            assert!(!delayed(&shop).await);
        }
        ping(&shop).await;
        assert_eq!(phone(&shop).await.state, "ok");
    }
}

async fn phone(shop: &Shop) -> DeviceView {
    let devices = shop.payments.devices().await.unwrap();
    devices
        .into_iter()
        .find(|device| device.id == "phone1")
        .unwrap()
}

async fn delayed(shop: &Shop) -> bool {
    shop.payments.is_forwarding_delayed("nile").await.unwrap()
}

async fn minutes(shop: &Shop, minutes: u64) {
    shop.clock.advance(Duration::from_secs(60 * minutes));
    shop.payments.look_at_devices().await.unwrap();
}

async fn ping(shop: &Shop) {
    post(shop, r#"{"event":"system:ping","payload":{}}"#).await;
}

async fn post(shop: &Shop, body: &str) {
    let headers = signed(body, &shop.clock);
    let got = shop.receive(TOKEN, &headers, body.as_bytes()).await;
    assert_eq!(got, IntakeOutcome::Accepted);
}

/// Transfers and what waits for people.
async fn snapshot(shop: &Shop) -> (i64, i64, i64) {
    (
        shop.count("SELECT COUNT(*) FROM payment_transfers").await,
        shop.count("SELECT COUNT(*) FROM payment_transfers WHERE state = 'held'")
            .await,
        shop.count("SELECT COUNT(*) FROM payment_messages WHERE state = 'review'")
            .await,
    )
}

async fn with_e_and(shop: &Shop) {
    serves_e_and(shop, "et1", "01112345678").await;
}

async fn serves_e_and(shop: &Shop, id: &str, number: &str) {
    let wallet: WalletSetup = toml::from_str(&format!(
        "id = \"{id}\"\nstore = \"nile\"\noperator = \"e-and-money\"\nnumber = \"{number}\""
    ))
    .unwrap();
    wallet
        .apply(&shop.store, &shop.payments.wallets())
        .await
        .unwrap();
    let device: DeviceSetup = toml::from_str(&format!(
        "id = \"phone2\"\nstore = \"nile\"\ntoken = \"e-{TOKEN}\"\nformat = \"generic\"\nwallets = [\"{id}\"]"
    ))
    .unwrap();
    device.apply(&shop.store).await.unwrap();
}

async fn e_and(shop: &Shop, at: &str) {
    let text = format!(
        "تم إستلام مبلغ 250.00 ج.م من رقم {PAYER} المسجل باسم منى السيد بنجاح. رصيد محفظتك الحالى 900.00 ج.م."
    );
    let body =
        serde_json::json!({ "from": "e& money", "text": text, "receivedAt": at }).to_string();
    let got = shop
        .receive(
            &format!("e-{TOKEN}"),
            &http::HeaderMap::new(),
            body.as_bytes(),
        )
        .await;
    assert_eq!(got, IntakeOutcome::Accepted);
}
