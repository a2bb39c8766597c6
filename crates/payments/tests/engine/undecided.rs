//! Money that nobody has decided about in time: nobody is asked any more, and it must not be forgotten.

use std::time::Duration;

use crate::support::{PAYER, Shop, by, dashboard, token_in};
use wharf_payments::views::ReviewFilter;
use wharf_store::testing::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_decided_in_time_stays_on_the_first_page_until_somebody_does() {
    for db in TestDb::each().await {
        let more = "hold = \"always\"\nhold_days = 3\nceiling_transfer = \"600\"";
        let shop = Shop::open_with(&db, more).await;
        let told = "Held money that nobody decided about in time";
        shop.deliver("023123456789", PAYER, "702.50").await;
        shop.deliver("023123456790", PAYER, "1000.00").await;
        assert!(!dashboard(&shop).await.contains(told));
        shop.clock.advance(Duration::from_secs(3 * 24 * 3_600 + 1));
        assert_eq!(shop.payments.expire_holds().await.unwrap(), 2);
        let page = dashboard(&shop).await;
        assert!(
            page.contains(&format!("{told}: 2 transfers (1,702.50 EGP).")),
            "{page}"
        );
        assert!(page.contains("/staff/review?state=expired"), "{page}");

        let ended = ReviewFilter {
            state: Some("expired".to_owned()),
            ..ReviewFilter::default()
        };
        let items = shop.payments.reviews(&ended).await.unwrap();
        assert_eq!(items.len(), 2);
        shop.payments
            .reject(&items[0].id, by("mona"))
            .await
            .unwrap();
        let page = dashboard(&shop).await;
        assert!(page.contains(&format!("{told}: 1 transfers")), "{page}");
        shop.payments
            .reject(&items[1].id, by("mona"))
            .await
            .unwrap();
        assert!(!dashboard(&shop).await.contains(told));
    }
}

/// Who claims it then is told the truth: somebody is asked again, and if nobody decides that time either, he reads it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_claimed_after_its_time_is_asked_about_again() {
    let fields = [
        ("store_id", "nile"),
        ("phone", PAYER),
        ("amount", "702.5"),
        ("client_id", "7"),
        ("lang", "en"),
    ];
    for db in TestDb::each().await {
        let more = "hold_days = 3\nceiling_transfer = \"600\"\nclaim_hours = 240";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver("023123456789", PAYER, "702.50").await;
        let asked = async || {
            let open = ReviewFilter::default();
            shop.payments.reviews(&open).await.unwrap().len()
        };
        let days = Duration::from_secs(3 * 24 * 3_600 + 1);
        for _ in 0..2 {
            assert_eq!(asked().await, 1);
            shop.clock.advance(days);
            shop.payments.expire_holds().await.unwrap();
            assert_eq!(asked().await, 0);
            if shop.count(HELD).await == 0 {
                let told = shop.check(&fields).await;
                assert_eq!(told["code"], "held", "{told}");
            }
        }
        for _ in 0..2 {
            let told = shop.check(&fields).await;
            let words = told["message"].as_str().unwrap();
            assert!(words.contains("could not be checked in time"), "{words}");
        }
        assert_eq!(asked().await, 0);
    }
}

/// Another amount than agreed is asked about again, too, about the claim that waits by then.
#[tokio::test(flavor = "multi_thread")]
async fn another_amount_that_is_claimed_after_its_time_is_asked_about_again() {
    for db in TestDb::each().await {
        let more = "hold_days = 1\nclaim_hours = 240";
        let shop = Shop::open_with(&db, more).await;
        shop.till.invoice_of(12, 7, 1_000);
        let asked = async || {
            let open = ReviewFilter::default();
            shop.payments.reviews(&open).await.unwrap()
        };
        let claim = async |token: String| {
            shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
                .await;
        };
        claim(token_in(&shop.box_of(7, 12, "10.00").await)).await;
        shop.deliver("023123456789", PAYER, "500.00").await;
        let first = asked().await.remove(0);
        assert_eq!(first.kind, "differs");
        shop.clock.advance(Duration::from_secs(24 * 3_600 + 1));
        shop.payments.expire_holds().await.unwrap();
        assert_eq!(asked().await.len(), 0);
        claim(token_in(&shop.box_of(7, 12, "10.00").await)).await;
        let again = asked().await;
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].id, first.id);
    }
}

const HELD: &str = "SELECT COUNT(*) FROM payment_claims WHERE state = 'held'";
