//! What a person is shown to decide by.

use wharf_payments::pages::Language;
use wharf_payments::views::PayerView;
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, gives_number, is_credited, only_item, open_items};
use crate::support::{PAYER, Shop, by, review_page};

#[tokio::test(flavor = "multi_thread")]
async fn who_has_paid_from_the_phone_is_told_and_stands_first() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
        // Client 7 has proven the phone, and pays from it again.
        gives_number(&shop, 7, 12, NUMBER).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        is_credited(&shop, 7, &[1_000]).await;
        shop.deliver("023123456790", PAYER, "100.50").await;
        shop.check(&asks("7", "100.5")).await;
        is_credited(&shop, 7, &[1_000, 200]).await;
        shop.until("both are booked", async |shop| {
            let booked = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited'";
            shop.count(booked).await == 2
        })
        .await;
        // A stranger knows the number of the next, and was first to say so.
        gives_number(&shop, 8, 13, "023123456791").await;
        shop.check(&asks("7", "502.5")).await;
        shop.deliver("023123456791", PAYER, "502.50").await;

        let item = only_item(&shop, "contest").await;
        let clients: Vec<i64> = item.claims.iter().map(|claim| claim.client).collect();
        assert_eq!(clients, [7, 8]);
        let known = PayerView {
            site: "main".into(),
            client: 7,
            paid: 2,
        };
        assert_eq!(item.payers, [known]);
        let page = review_page(&shop, &item.id, Language::English).await;
        let places = [
            "Client 7 has paid from 01098765432 before (payments: 2).",
            "Has paid from this phone before (payments: 2)",
            "Never paid from this phone",
        ]
        .map(|said| page.find(said).unwrap_or_else(|| panic!("{said}: {page}")));
        assert!(places.is_sorted(), "{places:?}");
        let page = review_page(&shop, &item.id, Language::Arabic).await;
        assert!(page.contains("لم يدفع من هذا الهاتف قط"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_strangers_it_is_said_that_neither_has_paid() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    for client in ["7", "8"] {
        shop.check(&asks(client, "502.5")).await;
    }
    shop.deliver(NUMBER, PAYER, "502.50").await;
    let item = only_item(&shop, "contest").await;
    assert!(item.payers.is_empty());
    let page = review_page(&shop, &item.id, Language::English).await;
    assert!(page.contains("Nobody has paid from 01098765432 before."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_stays_on_the_page_also_when_it_is_opened_again() {
    for db in TestDb::each().await {
        let more = "hold = \"always\"\nphone_binding = \"prove\"";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let items = open_items(&shop).await;
        let [one, other] = items.as_slice() else {
            panic!("{items:?}");
        };
        let page = review_page(&shop, &one.id, Language::English).await;
        let link = format!("href=\"/staff/review/{}\"", other.id);
        assert!(page.contains(&link), "{page}");
        shop.payments.reject(&one.id, by("tarek")).await.unwrap();
        for id in [&one.id, &other.id] {
            let page = review_page(&shop, id, Language::English).await;
            for said in [
                "<span class=\"tag bad\">rejected</span>",
                "rejected: tarek, ",
            ] {
                assert!(page.contains(said), "{said}: {page}");
            }
            assert!(!page.contains("Also open"), "{page}");
        }
        shop.payments.reopen(&one.id, by("rami")).await.unwrap();
        let page = review_page(&shop, &one.id, Language::English).await;
        for said in ["rejected: tarek, ", "opened again: rami, ", "Also open"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let arabic = review_page(&shop, &one.id, Language::Arabic).await;
        assert!(arabic.contains("tarek"), "{arabic}");
    }
}
