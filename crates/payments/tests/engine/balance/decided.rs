//! What people said of a balance stands, whatever comes afterwards.

use wharf_store::testing::TestDb;

use super::{claim, deliver, open_items, received, seeded};
use crate::support::by;

/// Somebody let money go on that others contradict: with the next late message it is no question again.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_contradiction_is_not_asked_about_again() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_720, 20, 10_000, 110_000)).await;
        deliver(&shop, &received(23_123_456_710, 10, 50_250, 150_250)).await;
        let item = open_items(&shop).await.remove(0);
        assert_eq!(item.reason, "balance_contradicted");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        for (number, minute) in [(23_123_456_712, 12), (23_123_456_708, 8)] {
            deliver(&shop, &received(number, minute, 4_000, 104_000)).await;
        }
        let asked = open_items(&shop).await;
        let about = |id: &str| {
            let of = |item: &&wharf_payments::views::ReviewView| {
                item.transfer
                    .as_ref()
                    .is_some_and(|one| one.operator_id == id)
            };
            asked.iter().filter(of).count()
        };
        assert_eq!(about("023123456710"), 0, "{asked:?}");
        claim(&shop, "502.5").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
    }
}

/// An enquiry's gap tells its size as it is now, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_enquiry_s_gap_follows_what_comes() {
    let enquiry = |balance: &str, minute: u32| {
        format!("رصيد حسابك فى فودافون كاش الحالي {balance}؛ تاريخ العملية 14:{minute} 26-09-03")
    };
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        shop.deliver_text(&enquiry("1500", 50), "2026-09-03T14:50:00+03:00")
            .await;
        let tells = async || open_items(&shop).await.remove(0).reason_en;
        assert!(tells().await.contains("a difference of 500.00 EGP"));
        deliver(&shop, &received(23_123_456_701, 10, 20_000, 120_000)).await;
        assert!(tells().await.contains("a difference of 300.00 EGP"));
        deliver(&shop, &received(23_123_456_702, 11, 30_000, 150_000)).await;
        assert!(open_items(&shop).await.is_empty());
    }
}
