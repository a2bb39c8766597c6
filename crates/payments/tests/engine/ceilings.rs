//! What operators let a wallet take in.

use std::time::Duration;

use crate::support::{PAYER, Shop, by, dashboard, receipt};
use wharf_payments::views::{Period, ReviewFilter};
use wharf_store::testing::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_near_a_ceiling_is_told_and_nothing_is_held() {
    let more = "ceiling_wallet_day = \"1000\"\nceiling_wallet_month = \"1880\"";
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, more).await;
        let near = async || {
            let near = shop.payments.near_ceilings().await.unwrap();
            near.iter()
                .map(|near| (near.period, near.received, near.ceiling))
                .collect::<Vec<_>>()
        };
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(near().await, []);
        shop.deliver("023123456790", PAYER, "297.50").await;
        assert_eq!(near().await, [(Period::Day, 80_000, 100_000)]);
        let page = dashboard(&shop).await;
        let told = "Wallet vf1 took in 800.00 EGP today. Its operator allows 1,000.00 EGP a day";
        assert!(page.contains(told), "{page}");
        assert!(
            page.contains("800.00 EGP</span><small dir=\"auto\">of 1,000.00 EGP</small>"),
            "{page}"
        );
        let items = shop.payments.reviews(&ReviewFilter::default()).await;
        assert!(items.unwrap().is_empty());

        // The next day counts anew, the month goes on.
        shop.clock.advance(Duration::from_secs(86_400));
        let text = receipt("023123456799", PAYER, "704.00").replace("26-09-03", "26-09-04");
        shop.deliver_text(&text, "2026-09-04T14:26:00+03:00").await;
        assert_eq!(near().await, [(Period::Month, 150_400, 188_000)]);
        assert!(
            dashboard(&shop)
                .await
                .contains("Wallet vf1 took in 1,504.00 EGP this month.")
        );
        shop.clock.advance(Duration::from_secs(30 * 86_400));
        assert_eq!(near().await, []);
    }
}

/// What a person ruled out did not come in.
#[tokio::test(flavor = "multi_thread")]
async fn rejected_money_fills_no_wallet() {
    let more = "ceiling_wallet_day = \"500\"\nceiling_transfer = \"400\"";
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, more).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(shop.payments.near_ceilings().await.unwrap().len(), 1);
        let items = shop.payments.reviews(&ReviewFilter::default()).await;
        let id = &items.unwrap()[0].id;
        shop.payments.reject(id, by("mona")).await.unwrap();
        assert!(shop.payments.near_ceilings().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_said_nothing_is_near() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "59000").await;
        assert!(shop.payments.near_ceilings().await.unwrap().is_empty());
    }
}
