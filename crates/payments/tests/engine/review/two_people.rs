//! Above a limit two people must agree, and on the same.

use std::time::Duration;

use wharf_payments::ReviewError;
use wharf_payments::views::{Decided, Decision};
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, gives_number, is_credited, only_item, open_items};
use crate::support::{Fault, PAYER, Shop, by};

#[tokio::test(flavor = "multi_thread")]
async fn above_a_limit_two_people_must_agree() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"\nsecond_person_above = \"500\"").await;
        shop.check(&asks("7", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let item = only_item(&shop, "always").await;
        assert!(item.needs_second);
        let nothing = Decision {
            reason: "  ".into(),
            ..by("mona")
        };
        assert!(matches!(
            shop.payments.approve(&item.id, nothing).await,
            Err(ReviewError::NoReason)
        ));
        assert_eq!(
            shop.payments.approve(&item.id, by("mona")).await.unwrap(),
            Decided::NeedsSecond
        );
        assert!(matches!(
            shop.payments.approve(&item.id, by("Mona")).await,
            Err(ReviewError::SameActor)
        ));
        assert!(shop.till.credited(7).is_empty());
        assert_eq!(
            shop.payments.approve(&item.id, by("tarek")).await.unwrap(),
            Decided::Done
        );
        is_credited(&shop, 7, &[1_000]).await;
        let done = shop.payments.review(&item.id).await.unwrap().unwrap();
        assert_eq!(done.first.unwrap().actor, "mona");
        assert_eq!(done.second.unwrap().actor, "tarek");
    }
}

/// A first approval is for the client whom it saw: what proves the money another's afterwards needs two of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_approval_counts_for_nobody_else() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"\nsecond_person_above = \"500\"").await;
        shop.check(&asks("7", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let item = only_item(&shop, "always").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        gives_number(&shop, 8, 12, NUMBER).await;
        let item = only_item(&shop, "always").await;
        let proven = item.claims.iter().find(|claim| claim.client == 8).unwrap();
        let chosen = Decision {
            claim: Some(proven.id.clone()),
            ..by("tarek")
        };
        for decision in [by("tarek"), chosen.clone()] {
            let answer = shop.payments.approve(&item.id, decision).await;
            assert!(
                matches!(
                    answer,
                    Err(ReviewError::OtherClaim | ReviewError::ChooseClaim)
                ),
                "{answer:?}"
            );
        }
        assert!(shop.till.credited(8).is_empty());
        // Two others, or the same, agree on the new one from the start.
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        let first = Decision {
            actor: "mona".into(),
            ..chosen.clone()
        };
        for (decision, decided) in [(first, Decided::NeedsSecond), (chosen, Decided::Done)] {
            let answer = shop.payments.approve(&item.id, decision).await;
            assert_eq!(answer.unwrap(), decided);
        }
        is_credited(&shop, 8, &[1_000]).await;
        assert!(shop.till.credited(7).is_empty());
    }
}

/// Money that nobody had claimed when it was approved first goes to the client who comes, unless more is asked about him.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_approval_of_unclaimed_money_is_for_the_claim_that_comes() {
    for (more, asked) in [("", 1), ("hold = \"first_payment\"\n", 2)] {
        for db in TestDb::each().await {
            let caution = format!("{more}stale_hours = 48\nsecond_person_above = \"500\"");
            let shop = Shop::open_with(&db, &caution).await;
            shop.clock.advance(Duration::from_hours(72));
            shop.deliver(NUMBER, PAYER, "502.50").await;
            let item = only_item(&shop, "stale").await;
            let answer = shop.payments.approve(&item.id, by("mona")).await;
            assert_eq!(answer.unwrap(), Decided::NeedsSecond);
            shop.check(&asks("7", "502.5")).await;
            let items = open_items(&shop).await;
            assert_eq!(items.len(), asked, "{items:?}");
            let answer = shop.payments.approve(&item.id, by("tarek")).await;
            if asked == 2 {
                // Nobody had been asked whether this client may have it.
                assert_eq!(answer.unwrap(), Decided::NeedsSecond);
                assert!(shop.till.credited(7).is_empty());
                let answer = shop.payments.approve(&items[0].id, by("mona")).await;
                assert_eq!(answer.unwrap(), Decided::Done);
            } else {
                assert_eq!(answer.unwrap(), Decided::Done);
            }
            is_credited(&shop, 7, &[1_000]).await;
            assert!(open_items(&shop).await.is_empty());
        }
    }
}

/// What perhaps is in WHMCS already is sent once more when two people say that it is not there.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_must_say_that_a_credit_is_not_there() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "second_person_above = \"500\"").await;
        shop.till.books(|books| {
            books.forbidden.push("GetCredits");
            books.on_add.push_back(Fault::LoseRequest);
        });
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        shop.until("a person is asked", async |shop| {
            !open_items(shop).await.is_empty()
        })
        .await;
        let item = only_item(&shop, "credit_unknown").await;
        assert!(item.needs_second);
        let answer = shop.payments.approve(&item.id, by("mona")).await;
        assert_eq!(answer.unwrap(), Decided::NeedsSecond);
        let answer = shop.payments.approve(&item.id, by("Mona")).await;
        assert!(matches!(answer, Err(ReviewError::SameActor)), "{answer:?}");
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
        let answer = shop.payments.approve(&item.id, by("tarek")).await;
        assert_eq!(answer.unwrap(), Decided::Done);
        is_credited(&shop, 7, &[1_000]).await;
        let done = shop.payments.review(&item.id).await.unwrap().unwrap();
        let [first, second] = [done.first, done.second].map(|vote| vote.unwrap().actor);
        assert_eq!((first.as_str(), second.as_str()), ("mona", "tarek"));
    }
}
