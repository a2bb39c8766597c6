//! One phone with two wallets of one operator: what tells no wallet is about either.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::pages::Language;
use wharf_payments::setup::{DeviceSetup, WalletSetup};
use wharf_payments::views::{Decision, ReviewFilter, ReviewView};
use wharf_store::testing::TestDb;

use crate::support::{PAYER, SIGNING_KEY, Shop, TOKEN, WALLET, by, receipt, review_page};

const NUMBER: &str = "023123456789";
const AT: &str = "2026-09-03T14:40:00+03:00";
const ASKED: [(&str, &str); 4] = [
    ("store_id", "nile"),
    ("phone", PAYER),
    ("amount", "502.5"),
    ("client_id", "7"),
];

async fn open(db: &TestDb) -> Shop {
    let shop = Shop::open(db).await;
    let other: WalletSetup = toml::from_str(
        "id = \"vf2\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01011112222\"",
    )
    .unwrap();
    let known = shop.payments.wallets();
    other.apply(&shop.store, &known).await.unwrap();
    let phone: DeviceSetup = toml::from_str(&format!(
        "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"smsgate\"\n\
         signing_key = \"{SIGNING_KEY}\"\nwallets = [\"vf1\", \"vf2\"]"
    ))
    .unwrap();
    phone.apply(&shop.store).await.unwrap();
    shop
}

async fn items(shop: &Shop) -> Vec<ReviewView> {
    let filter = ReviewFilter::default();
    shop.payments.reviews(&filter).await.unwrap()
}

/// Whether it names the transfer, or tells its amount only; before the receipt, and after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_finds_its_transfer_in_either_wallet() {
    let by_number = format!(
        "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: {NUMBER}"
    );
    let by_amount = "تم استرداد مبلغ 502.50 جنيه من محفظتك".to_owned();
    for (text, first) in [(&by_number, true), (&by_number, false), (&by_amount, false)] {
        for db in TestDb::each().await {
            let shop = open(&db).await;
            if first {
                shop.deliver_text(text, AT).await;
                assert_eq!(items(&shop).await[0].kind, "reversal");
            }
            shop.deliver(NUMBER, PAYER, "502.50").await;
            if !first {
                shop.deliver_text(text, AT).await;
            }
            let found = items(&shop).await;
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].kind, "reversal");
            assert_eq!(found[0].transfer.as_ref().unwrap().operator_id, NUMBER);
            assert_eq!(shop.check(&ASKED).await["status"], json!(false));
            shop.hours(1).await;
            assert!(shop.till.credited(7).is_empty(), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_which_wallet_a_receipt_is_about() {
    let unnamed = format!(
        "تم استلام مبلغ 502.50 جنيه من رقم {PAYER}؛ المسجل بإسم منى السيد. رصيدك الحالي 2043.25 جنيه. \
         تاريخ العملية 03-09-26 14:26 رقم العملية {NUMBER} ."
    );
    for db in TestDb::each().await {
        let shop = open(&db).await;
        // The first wallet's balance is known: 1,540.75.
        shop.deliver("023123456780", "01198765432", "100").await;
        shop.deliver_text(&unnamed, AT).await;
        let item = items(&shop).await.remove(0);
        let ids: Vec<&str> = item.wallets.iter().map(|one| one.id.as_str()).collect();
        assert_eq!((item.kind.as_str(), ids), ("wallet", vec!["vf1", "vf2"]));
        let page = review_page(&shop, &item.id, Language::Arabic).await;
        assert!(page.contains("name=\"wallet\" value=\"vf2\""));
        let page = review_page(&shop, &item.id, Language::English).await;
        for said in [
            "The message prints a balance of 2,043.25 EGP.",
            "Last known balance 1,540.75 EGP, 2026-09-03 14:26; with this money 2,043.25 EGP",
            "No balance known",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let of = |wallet: &str| Decision {
            wallet: Some(wallet.to_owned()),
            ..by("mona")
        };
        let answer = shop.payments.approve(&item.id, by("mona")).await;
        assert!(
            matches!(answer, Err(ReviewError::ChooseWallet)),
            "{answer:?}"
        );
        let answer = shop.payments.approve(&item.id, of("vf9")).await;
        assert!(
            matches!(answer, Err(ReviewError::NotItsWallet)),
            "{answer:?}"
        );
        shop.payments.approve(&item.id, of("vf2")).await.unwrap();
        let booked = "SELECT COUNT(*) FROM payment_transfers WHERE wallet = 'vf2'";
        shop.until("it is read", async |shop| shop.count(booked).await == 1)
            .await;
        assert!(items(&shop).await.is_empty());
        let decided = shop.payments.review(&item.id).await.unwrap().unwrap();
        let page = review_page(&shop, &item.id, Language::English).await;
        for said in [
            format!("/staff/transfers/{}", decided.made.unwrap()),
            "<span class=\"tag good\">approved</span>".to_owned(),
            "vf2: looked at the screenshot".to_owned(),
        ] {
            assert!(page.contains(&said), "{said}: {page}");
        }
        let vote = decided.first.unwrap();
        assert_eq!(vote.reason, "vf2: looked at the screenshot");
        shop.check(&ASKED).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
    }
}

/// Where it names the payer, it is about his money, in whichever wallet that is.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_that_names_the_payer_is_about_his_wallet() {
    for db in TestDb::each().await {
        let shop = open(&db).await;
        let his = receipt(NUMBER, PAYER, "502.50").replace(WALLET, "01011112222");
        shop.deliver_text(&his, AT).await;
        shop.deliver("023123456790", "01198765432", "502.50").await;
        let text = format!("تم استرداد مبلغ 502.50 جنيه من محفظتك إلى {PAYER}");
        shop.deliver_text(&text, AT).await;
        let found = items(&shop).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].transfer.as_ref().unwrap().operator_id, NUMBER);
    }
}

/// Its balance is of the wallet that the transfer is in, whichever of the two was set up first.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_s_balance_belongs_to_its_transfer_s_wallet() {
    let receipt = "تم إستلام عملية تحويل أموال بمبلغ 600.00 جنيه من هدى ع. فؤاد-01233344455، رصيدك الحالي 1420.50 جنية. رقم المعاملة 2982444555";
    let reversal = "تم عكس عملية تحويل أموال بمبلغ 600.00 جنيه. رصيدك الحالي 820.50 جنيه. رقم المعاملة الأصلية 2982444555";
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (id, number) in [("oc1", "01211112222"), ("oc2", "01211113333")] {
            let wallet: WalletSetup = toml::from_str(&format!(
                "id = \"{id}\"\nstore = \"nile\"\noperator = \"orange-cash\"\nnumber = \"{number}\""
            ))
            .unwrap();
            let known = shop.payments.wallets();
            wallet.apply(&shop.store, &known).await.unwrap();
        }
        for (wallets, text) in [(vec!["oc2"], receipt), (vec!["oc1", "oc2"], reversal)] {
            let phone: DeviceSetup = toml::from_str(&format!(
                "id = \"orange\"\nstore = \"nile\"\ntoken = \"o-{TOKEN}\"\nformat = \"generic\"\nwallets = {wallets:?}"
            ))
            .unwrap();
            phone.apply(&shop.store).await.unwrap();
            let body = json!({ "from": "Orange Cash", "text": text, "receivedAt": AT }).to_string();
            let (token, headers) = (format!("o-{TOKEN}"), http::HeaderMap::new());
            shop.receive(&token, &headers, body.as_bytes()).await;
        }
        let found = items(&shop).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].transfer.as_ref().unwrap().wallet, "oc2");
        let links = "SELECT COUNT(*) FROM payment_links WHERE kind = 'reversed' AND wallet = 'oc2'";
        assert_eq!(shop.count(links).await, 1);
    }
}

/// Neither wallet is the phone's any more: what it names is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_of_no_known_wallet_finds_its_number() {
    let text = format!(
        "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: {NUMBER}"
    );
    for db in TestDb::each().await {
        let shop = open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let other: WalletSetup = toml::from_str(
            "id = \"oc1\"\nstore = \"nile\"\noperator = \"orange-cash\"\nnumber = \"01211112222\"",
        )
        .unwrap();
        let known = shop.payments.wallets();
        other.apply(&shop.store, &known).await.unwrap();
        let phone: DeviceSetup = toml::from_str(&format!(
            "id = \"phone1\"\nstore = \"nile\"\ntoken = \"{TOKEN}\"\nformat = \"smsgate\"\n\
             signing_key = \"{SIGNING_KEY}\"\nwallets = [\"oc1\"]"
        ))
        .unwrap();
        phone.apply(&shop.store).await.unwrap();
        shop.deliver_text(&text, AT).await;
        let found = items(&shop).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].reason, "reversal");
        assert_eq!(found[0].transfer.as_ref().unwrap().operator_id, NUMBER);
    }
}
