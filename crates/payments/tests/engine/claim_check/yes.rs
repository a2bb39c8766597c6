//! When a module is told `true`: once, and never for what the balance does not cover.

use super::{ASKED, with};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{PAYER, Shop, usd};
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use wharf_core::Deadline;
use wharf_payments::Till as _;
use wharf_store::testing::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn true_is_answered_once_and_only_when_the_balance_covers_everything() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": true,
          "code": "ok",
          "message": "Payment received.",
          "transaction_id": "023123456789"
        }
        "#); }
        for _ in 0..3 {
            assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
        }
        assert_eq!(shop.till.credited(7), [1_000]);
        // The same figures again, but another transfer: that is new money.
        shop.till.invoice_of(13, 7, 5_000);
        shop.deliver("023123456790", PAYER, "502.50").await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "credited_short",
          "message": "10.00 USD were credited to your balance, but your unpaid invoices need more. Please apply the balance and pay the rest.",
          "transaction_id": "023123456790"
        }
        "#); }
        assert_eq!(shop.till.credited(7), [1_000, 1_000]);
    }
}

/// ApplyCredit refuses such invoices, and the module then books the payment beside the credit.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_takes_no_credit_is_not_covered_by_it() {
    for (status, code) in [
        ("Collections", "credited"),
        ("Payment Pending", "credited"),
        ("Refunded", "credited"),
        ("Cancelled", "ok"),
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
            shop.till.invoice_in(status, 12, 7, 1);
            shop.deliver("023123456789", PAYER, "502.50").await;
            assert_eq!(shop.check(&ASKED).await["code"], code, "{status}");
            assert_eq!(shop.till.credited(7), [1_000]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_checks_at_once_make_one_credit_and_one_true() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open_with(&db, "check_answers = \"when-covered\"").await);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let checks = (0..50).map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.check(&ASKED).await })
        });
        let answers = futures_util::future::join_all(checks).await;
        let yes = answers
            .iter()
            .filter(|answer| answer.as_ref().unwrap()["status"] == true)
            .count();
        assert_eq!(yes, 1);
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// The module waits no longer, and marks an invoice paid at any later `true`.
#[tokio::test(flavor = "multi_thread")]
async fn a_true_that_comes_too_late_is_kept_for_the_next_time() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let late = async || shop.check_by(&ASKED, Deadline::after(Duration::ZERO)).await;
        late().await;
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        for _ in 0..2 {
            let answer = late().await;
            assert_eq!(
                (&answer["status"], &answer["code"]),
                (&json!(false), &json!("credited"))
            );
        }
        assert_eq!(shop.check(&ASKED).await["code"], "ok");
        assert_eq!(late().await["code"], "already_credited");
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_whmcs_makes_no_answer_late() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        let go = Arc::new(Semaphore::new(0));
        let wait = Some((Arc::default(), go.clone()));
        shop.till.books(|books| books.on_client = wait.clone());
        shop.deliver("023123456789", PAYER, "502.50").await;
        let in_time = async |seconds: u64| {
            let deadline = Deadline::after(Duration::from_secs(seconds));
            let answer = shop.check_by(&ASKED, deadline).await;
            assert!(!deadline.is_over(), "{answer}");
            answer["code"].clone()
        };
        // The terms of the credit need the client.
        assert_eq!(in_time(4).await, "on_its_way");
        go.add_permits(100);
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        // So does the look at the balance.
        go.forget_permits(100);
        assert_eq!(in_time(6).await, "credited");
    }
}

/// Every yes is looked at: another invoice may have come since.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_repeated_only_while_the_balance_covers_all() {
    for db in TestDb::each().await {
        let settings = "check_answers = \"when-covered\"\nrepeat_success = true\n";
        let shop = Shop::open_with(&db, settings).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for _ in 0..2 {
            assert_eq!(shop.check(&ASKED).await["code"], "ok");
        }
        shop.till.invoice_of(300, 7, 5_000);
        assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
    }
}

/// What is spent on an invoice while the balance is compared with the invoices counts on neither side.
#[tokio::test(flavor = "multi_thread")]
async fn credit_that_is_spent_meanwhile_makes_no_yes() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open_with(&db, "check_answers = \"when-covered\"").await);
        assert_eq!(shop.check(&ASKED).await["code"], "not_found");
        assert_eq!(
            shop.check(&with("amount", "100.5")).await["code"],
            "not_found"
        );
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.deliver("023123456790", PAYER, "100.50").await;
        shop.until("both are credited", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 2
        })
        .await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.till.invoice_of(13, 7, 200);
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let gate = (asked.clone(), go.clone());
        shop.till.books(|books| books.on_client = Some(gate));
        let other = shop.clone();
        let check = tokio::spawn(async move { other.check(&ASKED).await });
        asked.notified().await;
        shop.till
            .apply_credit("main", 12, usd(1_000))
            .await
            .unwrap();
        go.add_permits(1);
        assert_eq!(check.await.unwrap()["code"], "credited_short");
    }
}
