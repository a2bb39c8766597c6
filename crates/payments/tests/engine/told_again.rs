//! The same money told once more, after the set-up has changed: it is credited once.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use http::HeaderMap;
use serde_json::json;
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::views::{Decision, ReviewFilter, ReviewView};
use wharf_store::testing::TestDb;

use crate::support::{PAYER, SIGNING_KEY, Shop, TOKEN, WALLET, by, receipt};

const UNNAMED: &str = "You have received EGP 502.50 from 01098765432 in your Vodafone Cash wallet. Transaction ID: 023123456789";
const FIRST: &str = "2026-09-03T14:26:00+03:00";
/// The same second twice is one more delivery of the same.
const AGAIN: &str = "2026-09-03T14:26:07+03:00";

fn asks(client: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("store_id", "nile"),
        ("phone", PAYER),
        ("amount", "502.5"),
        ("client_id", client),
    ]
}

async fn wallet(shop: &Shop, id: &str, number: &str, enabled: bool) {
    let wallet: WalletSetup = toml::from_str(&format!(
        "id = \"{id}\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{number}\"\nenabled = {enabled}"
    ))
    .unwrap();
    let known = shop.payments.wallets();
    wallet.apply(&shop.store, &known).await.unwrap();
}

async fn serves(shop: &Shop, wallets: &[&str]) {
    let phone: DeviceSetup = toml::from_str(&format!(
        "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"smsgate\"\n\
         signing_key = \"{SIGNING_KEY}\"\nwallets = {wallets:?}"
    ))
    .unwrap();
    phone.apply(&shop.store).await.unwrap();
}

async fn items(shop: &Shop) -> Vec<ReviewView> {
    let filter = ReviewFilter::default();
    shop.payments.reviews(&filter).await.unwrap()
}

/// The phone serves another wallet, and the first one got another id: an export of its old messages brings nothing new.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_counts_in_whichever_wallet_it_was_told() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(UNNAMED, FIRST).await;
        shop.check(&asks("7")).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
        wallet(&shop, "other", "01011112222", true).await;
        serves(&shop, &["other"]).await;
        shop.deliver_text(UNNAMED, AGAIN).await;
        wallet(&shop, "vf1", WALLET, false).await;
        wallet(&shop, "new", WALLET, true).await;
        serves(&shop, &["new"]).await;
        shop.deliver_text(UNNAMED, "2026-09-03T14:26:09+03:00")
            .await;
        for client in ["7", "8"] {
            shop.check(&asks(client)).await;
        }
        shop.hours(1).await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert!(shop.till.credited(8).is_empty());
        assert!(items(&shop).await.is_empty());
        assert_eq!(shop.count(TRANSFERS).await, 1);
    }
}

/// In other words, and for another wallet: perhaps operators give a number twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_another_wallet_waits_for_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(UNNAMED, FIRST).await;
        wallet(&shop, "other", "01011112222", true).await;
        serves(&shop, &["other"]).await;
        let named = receipt("023123456789", PAYER, "502.50").replace(WALLET, "01011112222");
        shop.deliver_text(&named, AGAIN).await;
        let asked = items(&shop).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0].reason, "duplicate_elsewhere");
        assert!(asked[0].reason_en.contains("023123456789"));
        // Once it is rejected, nothing is measured by what it printed.
        let links =
            "SELECT COUNT(*) FROM payment_links WHERE wallet = 'other' AND standing <> 'out'";
        assert_eq!(shop.count(links).await, 1);
        let id = &asked[0].id;
        shop.payments.reject(id, by("mona")).await.unwrap();
        assert_eq!(shop.count(links).await, 0);
        shop.payments.reopen(id, by("mona")).await.unwrap();
        assert_eq!(items(&shop).await.len(), 1);
        // Other money under it is none of its business.
        let other = named.replace("502.50", "77.00");
        shop.deliver_text(&other.replace("0231234", "0231235"), AGAIN)
            .await;
        assert_eq!(items(&shop).await.len(), 1);
    }
}

/// A part of the number was lost on the way, and the message comes whole another time: it is one payment.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_number_is_no_other_money() {
    let whole = receipt("023123456789", PAYER, "502.50");
    let cut = receipt("02312345678", PAYER, "502.50");
    for texts in [[&cut, &whole], [&whole, &cut]] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.check(&asks("7")).await;
            shop.deliver_text(texts[0], FIRST).await;
            shop.deliver_text(texts[1], AGAIN).await;
            shop.until("it is credited", async |shop| {
                shop.till.credited(7) == [1_000]
            })
            .await;
            let asked = items(&shop).await;
            let mut kinds: Vec<(&str, &str)> = asked
                .iter()
                .map(|item| (item.kind.as_str(), item.reason.as_str()))
                .collect();
            kinds.sort_unstable();
            assert_eq!(kinds, [("doubt", "doubt"), ("duplicate", "duplicate_cut")]);
            for item in &asked {
                let about = item.transfer.as_ref().unwrap();
                assert_eq!(about.operator_id, "02312345678");
                let says = item.kind == "doubt" || item.reason_en.contains("023123456789");
                assert!(says, "{}", item.reason_en);
            }
            shop.check(&asks("7")).await;
            shop.hours(1).await;
            assert_eq!(shop.till.credited(7), [1_000]);
        }
    }
}

/// What was taken back comes once more with a part of its number missing: a person reads that it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_number_of_what_was_taken_back_is_told_as_such() {
    let gone = "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(&receipt("023123456789", PAYER, "502.50"), FIRST)
            .await;
        shop.deliver_text(gone, AGAIN).await;
        let item = items(&shop).await.remove(0);
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.deliver_text(&receipt("02312345678", PAYER, "502.50"), AGAIN)
            .await;
        let mut reasons: Vec<String> = items(&shop)
            .await
            .into_iter()
            .map(|item| item.reason)
            .collect();
        reasons.sort();
        assert_eq!(reasons, ["doubt", "duplicate_cut"]);
    }
}

/// Somebody approved of the cut one: the whole one pays for nothing else without a person's word.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_cut_number_and_the_whole_one_only_one_is_credited() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(&receipt("02312345678", PAYER, "502.50"), FIRST)
            .await;
        shop.deliver_text(&receipt("023123456789", PAYER, "502.50"), AGAIN)
            .await;
        let asked = items(&shop).await;
        let cut = asked.iter().find(|item| item.reason == "duplicate_cut");
        let id = &cut.unwrap().id;
        shop.payments.approve(id, by("mona")).await.unwrap();
        let left = items(&shop).await;
        assert_eq!(left.len(), 1, "{left:?}");
        let about = left[0].transfer.as_ref().unwrap();
        assert_eq!(
            (left[0].reason.as_str(), about.operator_id.as_str()),
            ("duplicate_cut", "023123456789")
        );
        for client in ["7", "8"] {
            shop.check(&asks(client)).await;
        }
        shop.hours(1).await;
        let credited = shop.till.credited(7).len() + shop.till.credited(8).len();
        assert!(credited <= 1);
    }
}

/// The same words with the same balance, delivered an hour later by an app that tells each delivery's time: where no
/// balances are checked, a person is asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_balance_twice_is_the_same_money() {
    for checked in [false, true] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, &format!("balance_check = {checked}")).await;
            shop.with_e_and_money().await;
            for _ in 0..2 {
                shop.clock.advance(std::time::Duration::from_secs(3_600));
                let at = shop.clock.now_ms() - 1_000;
                shop.deliver_e_and("20", "1020.00", at).await;
            }
            let kinds: Vec<String> = items(&shop)
                .await
                .into_iter()
                .map(|item| item.kind)
                .collect();
            let kind = if checked { "balance_gap" } else { "duplicate" };
            assert_eq!(kinds, [kind]);
        }
    }
}

/// One phone forwards to two stores, and two nodes read the same words at once: the second one sees what the first says.
#[tokio::test(flavor = "multi_thread")]
async fn stores_look_for_a_number_one_after_the_other() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let other: StoreSetup =
            toml::from_str("id = \"oasis\"\nsite = \"main\"\nname = \"Oasis\"").unwrap();
        other.apply(&shop.store).await.unwrap();
        let wallet: WalletSetup = toml::from_str(
            "id = \"vfo\"\nstore = \"oasis\"\noperator = \"vodafone-cash\"\nnumber = \"01033334444\"",
        )
        .unwrap();
        wallet
            .apply(&shop.store, &shop.payments.wallets())
            .await
            .unwrap();
        shop.serve("oasis", "vfo").await;
        let first = UNNAMED.replace("023123456789", "023123456788");
        shop.deliver_text(&first, FIRST).await;

        // The first node's reading, as it stands before it commits.
        let mut reads = shop.store.begin().await.unwrap();
        for sql in [
            "UPDATE payment_stores SET turn = turn + 1 WHERE id = 'nile'",
            "INSERT INTO payment_transfers (id, store, wallet, direction, operator_id, message, amount, phone, \
             happened_at, received_at, state, updated_at) \
             SELECT 'uncommitted', store, wallet, direction, '023123456789', message, amount, phone, happened_at, \
             received_at, state, updated_at FROM payment_transfers",
        ] {
            sqlx::query(sql).execute(&mut *reads).await.unwrap();
        }
        let body = json!({ "from": "VF-Cash", "text": UNNAMED, "time": FIRST }).to_string();
        let headers = HeaderMap::new();
        let second = shop.receive("a-sample-token-vfo", &headers, body.as_bytes());
        let first = async {
            if db.url().starts_with("postgres") {
                let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                     AND datname = current_database()";
                shop.until("the second node waits", async |shop| {
                    shop.count(waits).await > 0
                })
                .await;
            }
            reads.commit().await.unwrap();
        };
        tokio::join!(second, first);
        shop.until("it is asked about", async |shop| {
            let asked = items(shop).await;
            asked
                .iter()
                .any(|item| item.reason == "duplicate_elsewhere")
        })
        .await;
    }
}

/// A message whose wallet a person is asked about comes again: he is asked once.
#[tokio::test(flavor = "multi_thread")]
async fn which_wallet_is_asked_once_about_one_message() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        wallet(&shop, "vf2", "01011112222", true).await;
        serves(&shop, &["vf1", "vf2"]).await;
        for at in [FIRST, AGAIN, "2026-09-03T14:26:09+03:00"] {
            shop.deliver_text(UNNAMED, at).await;
        }
        let mut asked = items(&shop).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        let of = Decision {
            wallet: Some("vf2".to_owned()),
            ..by("mona")
        };
        shop.payments
            .approve(&asked.remove(0).id, of)
            .await
            .unwrap();
        shop.until("it is read", async |shop| shop.count(TRANSFERS).await == 1)
            .await;
        assert!(items(&shop).await.is_empty());
        let answer = shop.check(&asks("7")).await;
        assert_eq!(answer["status"], json!(false));
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
    }
}

const TRANSFERS: &str = "SELECT COUNT(*) FROM payment_transfers";

/// The phone serves another wallet by now: what its operator takes back is found where it was credited.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_finds_its_number_in_another_wallet() {
    let text = "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";
    for db in TestDb::each().await {
        for first in [false, true] {
            let shop = Shop::open(&db).await;
            sqlx::query("DELETE FROM payment_reviews")
                .execute(shop.store.pool())
                .await
                .unwrap();
            sqlx::query("DELETE FROM payment_messages")
                .execute(shop.store.pool())
                .await
                .unwrap();
            sqlx::query("DELETE FROM payment_transfers")
                .execute(shop.store.pool())
                .await
                .unwrap();
            wallet(&shop, "other", "01011112222", true).await;
            serves(&shop, &[if first { "other" } else { "vf1" }]).await;
            shop.deliver_text(if first { text } else { UNNAMED }, FIRST)
                .await;
            serves(&shop, &[if first { "vf1" } else { "other" }]).await;
            shop.deliver_text(if first { UNNAMED } else { text }, FIRST)
                .await;
            let asked = items(&shop).await;
            assert_eq!(asked.len(), 1, "{asked:?}");
            assert_eq!(asked[0].reason, "reversal");
            assert_eq!(asked[0].transfer.as_ref().unwrap().wallet, "vf1");
        }
    }
}
