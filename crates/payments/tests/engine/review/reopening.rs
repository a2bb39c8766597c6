//! Rejections that are taken back: what waited for a person waits again, as things stand by now.

use std::time::Duration;

use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::setup::{StoreSetup, WalletSetup};
use wharf_payments::views::Decision;
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, gives_number, is_credited, only_item, open_items, state};
use crate::support::{Fault, PAYER, Shop, TRUSTING, WALLET, by, receipt, token_in};

const REVERSAL: &str =
    "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";
const CHECKED: &str = "balance_check = true\nmisses_client = 0\nmisses_phone = 0";

/// A shop that checks balances and knows one: 1000 pounds.
async fn checking(db: &TestDb, more: &str) -> Shop {
    let shop = Shop::open_with(db, &format!("{CHECKED}\n{more}")).await;
    let wallet: WalletSetup = toml::from_str(&format!(
        "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{WALLET}\"\nbalance = \"1000\""
    ))
    .unwrap();
    let wallets = shop.payments.wallets();
    wallet.apply(&shop.store, &wallets).await.unwrap();
    shop
}

/// A receipt of 14:28 and so many minutes.
async fn received(shop: &Shop, number: &str, minute: u64, amount: &str, balance: &str) {
    let text = receipt(number, PAYER, amount)
        .replace("1540.75", balance)
        .replace("14:26", &format!("14:{}", 28 + minute));
    shop.deliver_text(&text, "2026-09-03T14:26:00+03:00").await;
}

async fn kinds(shop: &Shop) -> Vec<String> {
    let mut kinds: Vec<_> = open_items(shop)
        .await
        .into_iter()
        .map(|item| item.kind)
        .collect();
    kinds.sort();
    kinds
}

/// The same question ran out of time once and was asked again, as Wharf once did: one rejection ends both, and one waits
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_twice_is_opened_again_once() {
    for db in TestDb::each().await {
        let more = "phone_binding = \"prove\"\nhold_days = 2\nstale_hours = 2000";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let expired = only_item(&shop, "binding").await;
        shop.clock.advance(Duration::from_hours(3 * 24));
        shop.payments.expire_holds().await.unwrap();
        shop.deliver("023123456790", PAYER, "100.50").await;
        assert!(open_items(&shop).await.is_empty());
        let again = "INSERT INTO payment_reviews (id, store, transfer, claim, message, kind, reason, evidence, state, \
             opened_at, subject) SELECT 'z', store, transfer, claim, message, kind, reason, evidence, 'open', opened_at, \
             subject FROM payment_reviews WHERE kind = 'binding'";
        sqlx::query(again).execute(shop.store.pool()).await.unwrap();
        let item = only_item(&shop, "binding").await;
        assert_ne!(item.id, expired.id);
        for id in [&item.id, &expired.id] {
            let open = only_item(&shop, "binding").await;
            shop.payments.reject(&open.id, by("mona")).await.unwrap();
            assert_eq!(state_of(&shop, NUMBER).await, "rejected");
            shop.payments.reopen(id, by("mona")).await.unwrap();
            assert_eq!(&only_item(&shop, "binding").await.id, id);
            assert_eq!(state_of(&shop, NUMBER).await, "held");
        }
        let id = &expired.id;
        shop.payments.approve(id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}

async fn state_of(shop: &Shop, number: &str) -> String {
    let filter = wharf_payments::views::TransferFilter::default();
    let transfers = shop.payments.transfers(&filter).await.unwrap();
    let found = transfers.iter().find(|one| one.operator_id == number);
    found.unwrap().state.clone()
}

/// While it was rejected a late message has told that its balance does not fit: that is asked as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_came_meanwhile_is_asked_about() {
    for db in TestDb::each().await {
        let shop = checking(&db, "phone_binding = \"prove\"").await;
        received(&shop, "023123456701", 10, "50.50", "1050.50").await;
        received(&shop, "023123456703", 12, "502.50", "1553.00").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "binding").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        received(&shop, "023123456702", 11, "50.00", "1100.50").await;
        received(&shop, "023123456704", 13, "50.00", "1150.50").await;
        assert!(open_items(&shop).await.is_empty());
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        assert_eq!(kinds(&shop).await, ["balance_gap", "binding"]);
        // The number answers the one question, not the other.
        gives_number(&shop, 7, 13, "023123456703").await;
        let gap = only_item(&shop, "balance_gap").await;
        assert_eq!(gap.evidence["difference"], "-50.00 EGP");
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
    }
}

/// What was missing came while it was rejected: its item says so, and still a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_opened_again_with_its_present_size() {
    for (missing, difference) in [("50.00", "0.00 EGP"), ("20.00", "30.00 EGP")] {
        for db in TestDb::each().await {
            let shop = checking(&db, "").await;
            received(&shop, "023123456701", 10, "50.50", "1050.50").await;
            received(&shop, "023123456703", 12, "502.50", "1603.00").await;
            shop.check(&asks("7", "502.5")).await;
            let item = only_item(&shop, "balance_gap").await;
            assert_eq!(item.evidence["difference"], "50.00 EGP");
            shop.payments.reject(&item.id, by("mona")).await.unwrap();
            let balance = if missing == "50.00" {
                "1100.50"
            } else {
                "1070.50"
            };
            received(&shop, "023123456702", 11, missing, balance).await;
            shop.payments.reopen(&item.id, by("mona")).await.unwrap();
            let item = only_item(&shop, "balance_gap").await;
            assert_eq!(item.evidence["difference"], difference);
            shop.hours(1).await;
            assert!(
                shop.till.credited(7).is_empty(),
                "nothing is credited by it"
            );
            shop.payments.approve(&item.id, by("mona")).await.unwrap();
            is_credited(&shop, 7, &[1_000]).await;
        }
    }
}

/// Nobody ever told the wallet's balance: what was missing came, and a person decides all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_consistent_by_now_waits_for_a_person_too() {
    for db in TestDb::each().await {
        let more = format!("{CHECKED}\nunseeded_above = \"1000\"");
        let shop = Shop::open_with(&db, &more).await;
        received(&shop, "023123456701", 10, "50.50", "1050.50").await;
        received(&shop, "023123456703", 12, "502.50", "1603.00").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "balance_gap").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        received(&shop, "023123456702", 11, "50.00", "1100.50").await;
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        let item = only_item(&shop, "balance_gap").await;
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}

/// Frozen for one client, never asked for, and given to another: it is worth what it is worth in his currency.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_another_client_is_worth_something_else_to_him() {
    for db in TestDb::each().await {
        let shop = checking(&db, "").await;
        let setup: StoreSetup = toml::from_str(&format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nrates = {{ USD = \"50.25\", EUR = \"100.50\" }}\n{}",
            TRUSTING.replace("balance_check = false", CHECKED)
        ))
        .unwrap();
        setup.apply(&shop.store).await.unwrap();
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let refusal = Fault::Refuse("Invalid IP 203.0.113.9");
        shop.till.books(|books| books.always = Some(refusal));
        shop.post(Some(7), &[("token", token.as_str()), ("phone", PAYER)])
            .await;
        received(&shop, "023123456701", 10, "50.50", "1050.50").await;
        received(&shop, NUMBER, 12, "502.50", "1553.00").await;
        shop.until("it is refused", async |shop| {
            state_of(shop, NUMBER).await == "blocked"
        })
        .await;
        let frozen =
            "SELECT COUNT(*) FROM payment_transfers WHERE currency = 'USD' AND credit = 1000";
        assert_eq!(shop.count(frozen).await, 1);
        // What is said to be gone proves nothing against a late message.
        shop.deliver_text(REVERSAL, "2026-09-03T14:45:00+03:00")
            .await;
        received(&shop, "023123456702", 11, "50.00", "1100.50").await;
        let items = open_items(&shop).await;
        let gap = items
            .iter()
            .find(|item| item.kind == "balance_gap")
            .unwrap();
        let gone = items.iter().find(|item| item.kind == "reversal").unwrap();
        shop.payments.approve(&gone.id, by("mona")).await.unwrap();
        assert_eq!(state_of(&shop, NUMBER).await, "rejected");

        shop.payments.reopen(&gap.id, by("mona")).await.unwrap();
        assert_eq!(shop.count(frozen).await, 0);
        shop.payments.reject(&gone.id, by("mona")).await.unwrap();
        let params = json!({
            "invoiceid": 13, "amount": "5.00", "currency": "EUR", "systemurl": "https://shop.example.com/",
            "clientdetails": { "userid": 8, "language": "english" }, "store": "nile",
        });
        let page = shop.call("link", params).await["html"].clone();
        let token = token_in(page.as_str().unwrap());
        let fields = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", NUMBER),
        ];
        shop.post(Some(8), &fields).await;
        let item = shop.payments.review(&gap.id).await.unwrap().unwrap();
        let claim = item.claims.iter().find(|claim| claim.client == 8);
        let decision = Decision {
            claim: claim.map(|claim| claim.id.clone()),
            ..by("mona")
        };
        shop.payments.approve(&gap.id, decision).await.unwrap();
        shop.till.books(|books| books.always = None);
        shop.until("it is credited", async |shop| {
            shop.clock.advance(Duration::from_secs(30));
            shop.till.credited(8) == [500]
        })
        .await;
        let euros =
            "SELECT COUNT(*) FROM payment_transfers WHERE currency = 'EUR' AND credit = 500";
        assert_eq!(shop.count(euros).await, 1);
        assert!(shop.till.credited(7).is_empty());
    }
}

/// Somebody ended it while a node was about to send it: as long as that may be under way, nobody else gets it.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_sent_is_not_opened_again() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseAnswerAndLeave));
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        shop.until("the call is out", async |shop| {
            shop.till.books(|books| books.add_credit_calls) == 1
        })
        .await;
        // As the database would have it, had the call begun after the rejection.
        let mut db = shop.store.pool().acquire().await.unwrap();
        for sql in [
            "INSERT INTO payment_reviews (id, store, subject, transfer, kind, reason, evidence, state, opened_at, closed_at) \
             SELECT 'stale', store, 'transfer/' || id, id, 'stale', 'stale', '{}', 'rejected', 1, 1 FROM payment_transfers",
            "UPDATE payment_transfers SET state = 'rejected', reason = 'stale'",
            "UPDATE payment_claims SET state = 'rejected', reason = 'rejected'",
        ] {
            sqlx::query(sql).execute(&mut *db).await.unwrap();
        }
        drop(db);
        let reopened = shop.payments.reopen("stale", by("mona")).await;
        assert!(
            matches!(reopened, Err(ReviewError::InFlight)),
            "{reopened:?}"
        );
        assert_eq!(state(&shop).await, "rejected");
    }
}

/// A gap was found while WHMCS refused the credit, and both were rejected at once: the money goes back to where it was,
/// and stays its client's.
#[tokio::test(flavor = "multi_thread")]
async fn what_whmcs_had_refused_waits_for_whmcs_again() {
    for db in TestDb::each().await {
        let shop = checking(&db, "").await;
        received(&shop, "023123456701", 10, "50.50", "1050.50").await;
        let refusal = Fault::Refuse("Client is closed");
        shop.till
            .books(|books| books.on_add = std::iter::repeat_n(refusal, 200).collect());
        received(&shop, NUMBER, 12, "502.50", "1553.00").await;
        shop.check(&asks("7", "502.5")).await;
        shop.until("it is refused", async |shop| {
            kinds(shop).await == ["credit_refused"]
        })
        .await;
        received(&shop, "023123456702", 11, "50.00", "1100.50").await;
        let items = open_items(&shop).await;
        let of = |kind: &str| items.iter().find(|item| item.kind == kind).unwrap();
        let refused = &of("credit_refused").id;
        shop.payments.reject(refused, by("mona")).await.unwrap();
        shop.till.books(|books| books.on_add.clear());
        let gap = &of("balance_gap").id;
        shop.payments.reopen(gap, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
        shop.until("nothing else is asked", async |shop| {
            kinds(shop).await == ["balance_gap"]
        })
        .await;
    }
}
