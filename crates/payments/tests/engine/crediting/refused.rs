//! What WHMCS does not book for a reason that does not mend itself: a client who is gone, an amount that it does not take.

use wharf_payments::ReviewError;
use wharf_payments::views::{Decided, Decision, ReviewFilter, ReviewView, Seen};
use wharf_store::testing::TestDb;

use super::{ID, checked, in_state};
use crate::support::{Fault, PAYER, Shop, by, usd};

const GONE: Fault = Fault::Refuse("Client ID Not Found");

async fn asked(shop: &Shop) -> Vec<ReviewView> {
    let filter = ReviewFilter::default();
    shop.payments.reviews(&filter).await.unwrap_or_default()
}

/// A transfer that WHMCS refuses to credit, and the item about it.
async fn refused(db: &TestDb) -> (Shop, ReviewView) {
    let shop = Shop::open(db).await;
    shop.till
        .books(|books| books.on_add.extend(vec![GONE; 1_000]));
    shop.deliver(ID, PAYER, "502.50").await;
    checked(&shop, 7, PAYER).await;
    shop.until("a person is asked", async |shop| {
        !asked(shop).await.is_empty()
    })
    .await;
    let item = asked(&shop).await.remove(0);
    assert_eq!(
        (item.kind.as_str(), item.reason_en.as_str()),
        (
            "credit_refused",
            "WHMCS does not book the credit of 10.00 USD for client 7: WHMCS refused AddCredit: Client ID Not Found"
        )
    );
    (shop, item)
}

/// WHMCS refuses it for another reason by now: the person reads that one.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_tells_why_whmcs_refuses_now() {
    for db in TestDb::each().await {
        let (shop, item) = refused(&db).await;
        let other = Fault::Refuse("Client is Closed");
        shop.till
            .books(|books| books.on_add = std::iter::repeat_n(other, 1_000).collect());
        shop.until("the other reason is told", async |shop| {
            shop.clock.advance(std::time::Duration::from_secs(60));
            let now = asked(shop).await.remove(0);
            now.id == item.id && now.reason_en.contains("Client is Closed")
        })
        .await;
        // Whoever read the reason of before has not read this one.
        let of_before = Decision {
            seen: Seen::Shown(item.seen.clone()),
            ..by("mona")
        };
        for answer in [
            shop.payments.approve(&item.id, of_before.clone()).await,
            shop.payments.reject(&item.id, of_before).await,
        ] {
            assert!(matches!(answer, Err(ReviewError::Changed)), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mended_in_whmcs_is_credited_and_nobody_is_asked_any_more() {
    for db in TestDb::each().await {
        let (shop, item) = refused(&db).await;
        // At once refused again: it is asked again.
        shop.until("it is approved", async |shop| {
            let answer = shop.payments.approve(&item.id, by("mona")).await;
            matches!(answer, Ok(Decided::Done))
        })
        .await;
        shop.until("it is asked again", async |shop| {
            asked(shop).await.iter().any(|again| again.id != item.id)
        })
        .await;
        shop.till.books(|books| books.on_add.clear());
        shop.until("it is credited by itself", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert!(asked(&shop).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_is_credited_to_nobody_until_that_is_taken_back() {
    for db in TestDb::each().await {
        let (shop, item) = refused(&db).await;
        // Not while WHMCS is just being asked once more.
        shop.until("it is rejected", async |shop| {
            let answer = shop.payments.reject(&item.id, by("mona")).await;
            matches!(answer, Ok(Decided::Done))
        })
        .await;
        assert_eq!(in_state(&shop, "rejected").await, 1);
        shop.hours(2).await;
        assert!(shop.till.credited(7).is_empty());
        let told = shop
            .check(&[
                ("store_id", "nile"),
                ("phone", PAYER),
                ("amount", "502.50"),
                ("client_id", "7"),
            ])
            .await;
        assert_eq!(told["code"], "rejected", "{told}");
        // What WHMCS has of such a client is compared, too.
        shop.till.books(|books| {
            let row = wharf_whmcs::api::CreditRow {
                id: 77,
                date: "2026-09-03".parse().ok(),
                description: "VodafoneCash payment - trans_id: 0999 [b:nile/vf1]".into(),
                amount: usd(300),
                related: None,
            };
            books.credits.push((7, row));
        });
        let found = shop.payments.reconcile(None).await.unwrap_or_default();
        assert_eq!(found.unknown_in_wharf.len(), 1, "{found:?}");
        shop.till.books(|books| books.credits.clear());
        shop.payments.reconcile(None).await.unwrap_or_default();
        shop.till.books(|books| books.on_add.clear());
        let answer = shop.payments.reopen(&item.id, by("mona")).await;
        assert!(answer.is_ok(), "{answer:?}");
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert!(asked(&shop).await.is_empty());
    }
}
