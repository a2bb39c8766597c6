//! Money that nobody has decided about in time: nobody is asked any more, and it must not be forgotten.

use std::time::Duration;

use crate::support::{PAYER, Shop, by, dashboard};
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
