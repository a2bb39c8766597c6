//! What people are asked and decide where the operator takes money back.

use std::time::Duration;

use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::views::ReviewView;
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, is_credited, only_item, open_items, state};
use crate::support::{Fault, PAYER, Shop, by, receipt, state_of, token_in};

const REVERSAL: &str =
    "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_takes_back_is_taken_back_once_a_person_says_so() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        is_credited(&shop, 7, &[1_000]).await;
        shop.until("it is booked", async |shop| state(shop).await == "credited")
            .await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.claims[0].client, 7);
        assert_eq!(state(&shop).await, "credited");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is reversed", async |shop| {
            state(shop).await == "reversed"
        })
        .await;
        let told = shop.check(&asks("7", "502.5")).await;
        assert_eq!(
            (&told["status"], &told["code"]),
            (&json!(false), &json!("reversed"))
        );
        assert_eq!(
            told["message"],
            "The operator took your transfer back, so it does not count any more. Please contact support."
        );
        // Told once more, in other words: nothing is left to take back.
        let again = REVERSAL.replace("بناء على", "بناءً على");
        shop.deliver_text(&again, "2026-09-03T15:40:00+03:00").await;
        let open = "SELECT COUNT(*) FROM payment_reviews WHERE state = 'open'";
        assert_eq!(shop.count(open).await, 0);
    }
}

/// Without a number the newest of that amount is asked about; once one was taken back, perhaps in vain.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_without_a_number_says_that_it_is_a_guess() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let reversal =
            |at: &'static str| shop.deliver_text("تم استرداد مبلغ 502.50 جنيه من محفظتك", at);
        for (number, credits) in [(NUMBER, 1), ("023123456790", 2)] {
            shop.clock.advance(Duration::from_secs(60));
            shop.deliver(number, PAYER, "502.50").await;
            shop.check(&asks("7", "502.5")).await;
            is_credited(&shop, 7, &vec![1_000; credits]).await;
        }
        shop.until("both are booked", async |shop| {
            let booked = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited'";
            shop.count(booked).await == 2
        })
        .await;
        reversal("2026-09-03T14:40:00+03:00").await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.transfer.unwrap().operator_id, "023123456790");
        assert!(item.reason_en.contains("but not of which transfer"));
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is reversed", async |shop| {
            let reversed = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'reversed'";
            shop.count(reversed).await == 1
        })
        .await;
        reversal("2026-09-03T15:40:00+03:00").await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.transfer.unwrap().operator_id, NUMBER);
        let again = "the same was said of 023123456790 before";
        assert!(item.reason_en.contains(again), "{}", item.reason_en);
    }
}

/// The same news twice before anybody has decided: each is asked about.
#[tokio::test(flavor = "multi_thread")]
async fn two_reversals_without_a_number_are_about_two_transfers() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (number, credits) in [(NUMBER, 1), ("023123456790", 2)] {
            shop.clock.advance(Duration::from_secs(60));
            shop.deliver(number, PAYER, "502.50").await;
            shop.check(&asks("7", "502.5")).await;
            is_credited(&shop, 7, &vec![1_000; credits]).await;
        }
        for at in ["2026-09-03T14:40:00+03:00", "2026-09-03T15:40:00+03:00"] {
            shop.deliver_text("تم استرداد مبلغ 502.50 جنيه من محفظتك", at)
                .await;
        }
        let about: Vec<(String, String)> = open_items(&shop)
            .await
            .into_iter()
            .map(|item| (item.transfer.unwrap().operator_id, item.reason))
            .collect();
        let expected = [
            (NUMBER, "reversal_again"),
            ("023123456790", "reversal_guess"),
        ];
        for (number, reason) in expected {
            assert!(
                about.contains(&(number.to_owned(), reason.to_owned())),
                "{about:?}"
            );
        }
        // A third one finds none that is left.
        shop.deliver_text(
            "تم استرداد مبلغ 502.50 جنيه من محفظتك",
            "2026-09-03T16:40:00+03:00",
        )
        .await;
        let third = open_items(&shop).await;
        let unknown = third.iter().find(|item| item.transfer.is_none()).unwrap();
        assert_eq!(unknown.reason, "reversal_unknown");
    }
}

/// A transfer that ended by an approved reversal waits again with that question: else its credit was taken back again.
#[tokio::test(flavor = "multi_thread")]
async fn what_ended_by_a_reversal_is_reopened_with_it() {
    for rejects in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "stale_hours = 24").await;
            shop.clock.advance(Duration::from_secs(30 * 3_600));
            shop.deliver(NUMBER, PAYER, "502.50").await;
            shop.check(&asks("7", "502.5")).await;
            let stale = only_item(&shop, "stale").await;
            shop.deliver_text(
                "تم استرداد مبلغ 502.50 جنيه من محفظتك",
                "2026-09-04T20:40:00+03:00",
            )
            .await;
            let reversal = open_items(&shop)
                .await
                .into_iter()
                .find(|item| item.kind == "reversal")
                .unwrap();
            shop.payments
                .approve(&reversal.id, by("mona"))
                .await
                .unwrap();
            assert_eq!(state(&shop).await, "rejected");
            assert!(open_items(&shop).await.is_empty());

            shop.payments.reopen(&stale.id, by("tarek")).await.unwrap();
            assert_eq!(state(&shop).await, "held");
            let early = shop.payments.approve(&stale.id, by("mona")).await;
            assert!(matches!(early, Err(ReviewError::ReversalOpen)), "{early:?}");
            let id = &reversal.id;
            if rejects {
                shop.payments.reject(id, by("tarek")).await.unwrap();
                shop.payments.approve(&stale.id, by("mona")).await.unwrap();
                shop.check(&asks("7", "502.5")).await;
                is_credited(&shop, 7, &[1_000]).await;
                shop.hours(1).await;
                assert_eq!(state(&shop).await, "credited", "it stays so");
            } else {
                shop.payments.approve(id, by("tarek")).await.unwrap();
                shop.hours(1).await;
                assert!(shop.till.credited(7).is_empty());
                assert_eq!(state(&shop).await, "rejected");
            }
        }
    }
}

/// A claim that named the number of what ended so waits again with it.
#[tokio::test(flavor = "multi_thread")]
async fn who_named_what_is_reopened_need_not_claim_again() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "stale_hours = 24").await;
        shop.clock.advance(Duration::from_secs(30 * 3_600));
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let fields = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", NUMBER),
        ];
        shop.post(Some(7), &fields).await;
        let stale = only_item(&shop, "stale").await;
        let reversal = format!(
            "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: {NUMBER}"
        );
        shop.deliver_text(&reversal, "2026-09-04T20:40:00+03:00")
            .await;
        let open = open_items(&shop).await;
        let gone = open.iter().find(|item| item.kind == "reversal").unwrap();
        shop.payments.approve(&gone.id, by("mona")).await.unwrap();
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(state_of(&page), "reversed");
        // Told again, in other words: it has ended already.
        let again = REVERSAL.replace("بناء على", "بناءً على");
        shop.deliver_text(&again, "2026-09-04T20:50:00+03:00").await;
        assert!(open_items(&shop).await.is_empty());

        shop.payments.reopen(&stale.id, by("mona")).await.unwrap();
        shop.payments.reject(&gone.id, by("mona")).await.unwrap();
        shop.payments.approve(&stale.id, by("mona")).await.unwrap();
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
    }
}

/// Two payers of the same amount: a reversal that names one of them is about his.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_is_about_the_phone_that_it_names() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.clock.advance(Duration::from_secs(60));
        shop.deliver("023123456790", "01198765432", "502.50").await;
        let named = format!("تم استرداد مبلغ 502.50 جنيه من محفظتك لصالح رقم {PAYER}");
        shop.deliver_text(&named, "2026-09-03T14:40:00+03:00").await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.transfer.unwrap().operator_id, NUMBER);
        // Of somebody who sent nothing: no transfer is guessed.
        shop.deliver_text(
            "تم استرداد مبلغ 502.50 جنيه من محفظتك لصالح رقم 01511122233",
            "2026-09-03T14:41:00+03:00",
        )
        .await;
        let unknown = open_items(&shop).await;
        let unknown = unknown.iter().find(|item| item.transfer.is_none()).unwrap();
        assert_eq!(unknown.reason, "reversal_unknown");
    }
}

/// A claim that found money may lose it again. What the client pays with the same figures later is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_what_he_had_claimed_first_still_claims_what_he_pays_later() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        shop.clock.advance(Duration::from_secs(60));
        shop.deliver("023123456790", PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let items = open_items(&shop).await;
        let of = |number: &str| {
            let of = |item: &&ReviewView| {
                let transfer = item.transfer.as_ref();
                transfer.is_some_and(|transfer| transfer.operator_id == number)
            };
            items.iter().find(of).unwrap().id.clone()
        };
        let (first, second) = (of(NUMBER), of("023123456790"));
        shop.payments.approve(&second, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let items = open_items(&shop).await;
        let reversed = items.iter().find(|item| item.kind == "reversal").unwrap();
        assert_ne!(reversed.id, first);
        shop.payments
            .approve(&reversed.id, by("mona"))
            .await
            .unwrap();
        shop.clock.advance(Duration::from_hours(24 * 8));
        shop.hours(1).await;
        let text = receipt("023123456791", PAYER, "502.50").replace("26-09-03", "26-09-11");
        shop.deliver_text(&text, "2026-09-11T14:26:00+03:00").await;
        assert_eq!(shop.check(&asks("7", "502.5")).await["code"], "held");
    }
}

/// A rejection of what the operator said can be taken back as well: the money may be gone all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_reversal_can_be_opened_again() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        shop.until("it is booked", async |shop| state(shop).await == "credited")
            .await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let item = only_item(&shop, "reversal").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        let rejected = shop.payments.review(&item.id).await.unwrap().unwrap();
        assert!(rejected.reopens);
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        assert_eq!(state(&shop).await, "credited");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is reversed", async |shop| {
            state(shop).await == "reversed"
        })
        .await;
        let again = shop.payments.reopen(&item.id, by("mona")).await;
        assert!(matches!(again, Err(ReviewError::NotRejected)), "{again:?}");
    }
}

/// An answer was lost, and before it is known that nothing was booked the operator takes the money back: nothing more is
/// sent.
#[tokio::test(flavor = "multi_thread")]
async fn no_second_attempt_is_made_for_what_is_said_to_be_gone() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseRequest));
        shop.check(&asks("7", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.until("it is asked for", async |shop| {
            shop.till.books(|books| books.add_credit_calls) == 1
        })
        .await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let item = only_item(&shop, "reversal").await;
        shop.hours(1).await;
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
        assert!(shop.till.credited(7).is_empty());
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}

/// Somebody rejected a reversal before its receipt came; taken back, it is about the transfer that has come since.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_that_is_opened_again_finds_what_has_come_since() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let early = only_item(&shop, "reversal").await;
        shop.payments.reject(&early.id, by("mona")).await.unwrap();
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        shop.until("it is booked", async |shop| state(shop).await == "credited")
            .await;
        shop.payments.reopen(&early.id, by("mona")).await.unwrap();
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.transfer.as_ref().unwrap().operator_id, NUMBER);
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is reversed", async |shop| {
            state(shop).await == "reversed"
        })
        .await;
    }
}

/// A reversal that names no transfer may come before the receipt that it takes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_without_a_number_waits_for_its_receipt_too() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver_text(
            "تم استرداد مبلغ 502.50 جنيه من محفظتك",
            "2026-09-03T14:27:00+03:00",
        )
        .await;
        only_item(&shop, "reversal").await;
        // Of another amount: it cannot be meant.
        shop.deliver("023123456700", "01198765432", "100.50").await;
        assert!(only_item(&shop, "reversal").await.transfer.is_none());
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(item.transfer.as_ref().unwrap().operator_id, NUMBER);
        assert_eq!(item.reason, "reversal_guess");
        shop.check(&asks("7", "502.5")).await;
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}
