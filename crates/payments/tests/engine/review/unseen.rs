//! A person decides about what he was shown, and about nothing that came since.

use std::time::Duration;

use wharf_payments::ReviewError;
use wharf_payments::views::{Decided, Decision, ReviewView, Seen};
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, gives_number, is_credited, only_item, open_items, state};
use crate::support::{PAYER, Shop, by};

/// Somebody's word on an item as it was shown to him.
fn having_seen(item: &ReviewView) -> Decision {
    Decision {
        seen: Seen::Shown(item.seen.clone()),
        ..by("mona")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_one_clients_claim_credits_no_other_client() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let shown = only_item(&shop, "always").await;
        assert_eq!(shown.candidates, [shown.claims[0].id.clone()]);
        gives_number(&shop, 8, 13, NUMBER).await;
        let refused = shop.payments.approve(&shown.id, having_seen(&shown)).await;
        assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
        assert_eq!(state(&shop).await, "held");
        // Whoever looks again sees the other one, and may approve of him.
        let again = only_item(&shop, "always").await;
        assert_eq!(again.id, shown.id);
        let eight = again.claims.iter().find(|claim| claim.client == 8).unwrap();
        assert_eq!(again.candidates.first(), Some(&eight.id));
        shop.payments
            .approve(&again.id, having_seen(&again))
            .await
            .unwrap();
        is_credited(&shop, 8, &[1_000]).await;
        assert!(shop.till.credited(7).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_unclaimed_money_ends_no_question_that_came_since() {
    for db in TestDb::each().await {
        let with = "stale_hours = 24\nphone_binding = \"prove\"";
        let shop = Shop::open_with(&db, with).await;
        shop.clock.advance(Duration::from_secs(30 * 3_600));
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let shown = only_item(&shop, "stale").await;
        assert!(shown.candidates.is_empty() && shown.beside.is_empty());
        assert_eq!(shop.check(&asks("9", "502.5")).await["code"], "held");
        let approved = shop.payments.approve(&shown.id, having_seen(&shown)).await;
        assert!(
            matches!(approved, Err(ReviewError::Changed)),
            "{approved:?}"
        );
        let rejected = shop.payments.reject(&shown.id, having_seen(&shown)).await;
        assert!(
            matches!(rejected, Err(ReviewError::Changed)),
            "{rejected:?}"
        );
        shop.hours(1).await;
        assert!(shop.till.credited(9).is_empty());

        let items = open_items(&shop).await;
        let again = items.iter().find(|item| item.kind == "stale").unwrap();
        let beside: Vec<&str> = again.beside.iter().map(|item| item.kind.as_str()).collect();
        assert_eq!((beside, again.candidates.len()), (vec!["binding"], 1));
        // All items of one transfer are about the same.
        assert!(items.iter().all(|item| item.seen == again.seen));
        shop.payments
            .reject(&again.id, having_seen(again))
            .await
            .unwrap();
        assert!(open_items(&shop).await.is_empty());
        let decided = shop.payments.review(&again.id).await.unwrap().unwrap();
        assert!(decided.beside.is_empty(), "{:?}", decided.beside);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_stays_the_same_while_nothing_else_is_at_stake() {
    for db in TestDb::each().await {
        let with = "hold = \"always\"\nsecond_person_above = \"100\"";
        let shop = Shop::open_with(&db, with).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let shown = only_item(&shop, "always").await;
        for _ in 0..3 {
            shop.check(&asks("7", "502.5")).await;
        }
        let first = shop.payments.approve(&shown.id, having_seen(&shown)).await;
        assert_eq!(first.unwrap(), Decided::NeedsSecond);
        let second = Decision {
            actor: "tarek".into(),
            ..having_seen(&shown)
        };
        let second = shop.payments.approve(&shown.id, second).await;
        assert_eq!(second.unwrap(), Decided::Done);
        is_credited(&shop, 7, &[1_000]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_nothing_asks_for_is_refused() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "always").await;
        let wallet = Decision {
            wallet: Some("nonsense".into()),
            ..by("mona")
        };
        let answer = shop.payments.approve(&item.id, wallet.clone()).await;
        assert!(
            matches!(answer, Err(ReviewError::NoWalletAsked)),
            "{answer:?}"
        );
        assert_eq!(state(&shop).await, "held");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;

        // Of a message, and of what is asked after the credit.
        shop.deliver_text(
            "تم استرداد مبلغ 502.50 جنيه من محفظتك",
            "2026-09-03T14:40:00+03:00",
        )
        .await;
        let item = only_item(&shop, "reversal").await;
        let claim = Decision {
            claim: Some("nonsense".into()),
            ..by("mona")
        };
        for (odd, wants_claim) in [(claim, true), (wallet, false)] {
            let answer = shop.payments.approve(&item.id, odd).await;
            match wants_claim {
                true => assert!(
                    matches!(answer, Err(ReviewError::NoClaimAsked)),
                    "{answer:?}"
                ),
                false => assert!(
                    matches!(answer, Err(ReviewError::NoWalletAsked)),
                    "{answer:?}"
                ),
            }
        }
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}
