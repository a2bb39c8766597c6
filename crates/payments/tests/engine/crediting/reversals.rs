//! What the operator takes back before it is credited, while its credit waits, and after.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use wharf_payments::Caller;
use wharf_payments::views::{ReviewFilter, ReviewView};
use wharf_store::testing::TestDb;

use super::{ID, checked, in_state};
use crate::support::{Fault, PAYER, Shop, by, soon, token_in};

const REVERSAL: &str =
    "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";

async fn told(shop: &Shop) {
    shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
        .await;
}

async fn item(shop: &Shop) -> ReviewView {
    let mut items = shop
        .payments
        .reviews(&ReviewFilter::default())
        .await
        .unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0].kind, "reversal");
    items.remove(0)
}

async fn decide(shop: &Shop, approves: bool) {
    let id = item(shop).await.id;
    let decision = by("mona");
    match approves {
        true => shop.payments.approve(&id, decision).await.map(|_| ()),
        false => shop.payments.reject(&id, decision).await.map(|_| ()),
    }
    .unwrap();
}

/// The money is credited, and WHMCS refuses to have it applied to the invoice for now.
async fn credited_beside_its_invoice(shop: &Shop) {
    shop.till.invoice_of(12, 7, 1_000);
    shop.till.books(|books| {
        books
            .on_apply
            .push_back(Fault::Refuse("Invalid IP 203.0.113.9"))
    });
    let token = token_in(&shop.box_of(7, 12, "10.00").await);
    shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
        .await;
    shop.deliver(ID, PAYER, "502.50").await;
    shop.until("the invoice waits", async |shop| {
        let waits =
            "SELECT COUNT(*) FROM payment_claims WHERE state = 'credited' AND reason IS NOT NULL";
        shop.count(waits).await == 1
    })
    .await;
}

/// Messages come in any order: a receipt that was taken back before it came is not credited.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_that_comes_before_its_receipt_holds_it() {
    for approves in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            told(&shop).await;
            assert_eq!(item(&shop).await.transfer.map(|known| known.id), None);
            checked(&shop, 7, PAYER).await;
            shop.deliver(ID, PAYER, "502.50").await;
            shop.hours(1).await;
            assert!(shop.till.credited(7).is_empty());
            let about = item(&shop).await.transfer.unwrap();
            assert_eq!(
                (about.operator_id.as_str(), about.state.as_str()),
                (ID, "held")
            );
            decide(&shop, approves).await;
            shop.hours(1).await;
            let (credits, state): (&[i64], _) = match approves {
                true => (&[], "rejected"),
                false => (&[1_000], "credited"),
            };
            shop.until("it ends", async |shop| in_state(shop, state).await == 1)
                .await;
            assert_eq!(shop.till.credited(7), credits);
        }
    }
}

/// Decided before the receipt came: it stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_of_before_the_receipt_is_done_when_it_comes() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        told(&shop).await;
        decide(&shop, true).await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        // Another transfer is another one.
        shop.deliver("023123456790", PAYER, "502.50").await;
        shop.until("the other one is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(in_state(&shop, "rejected").await, 1);
    }
}

/// Only a part was taken back: a person reads both amounts, before the receipt and after, and nothing is ended by itself.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_part_that_was_taken_back_both_amounts_are_told() {
    let part = REVERSAL.replace("502.50", "40");
    let told = async |shop: &Shop| {
        shop.deliver_text(&part, "2026-09-03T14:40:00+03:00").await;
    };
    let tells_both = async |shop: &Shop| {
        let item = item(shop).await;
        assert_eq!(item.reason, "reversal_differs");
        for amount in ["40.00 EGP", "502.50 EGP"] {
            assert!(item.reason_en.contains(amount), "{}", item.reason_en);
        }
    };
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        told(&shop).await;
        decide(&shop, true).await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        tells_both(&shop).await;
        assert_eq!(in_state(&shop, "held").await, 1);
        decide(&shop, false).await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
    }
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        told(&shop).await;
        tells_both(&shop).await;
        // Another part is told as well, and then that all of it is gone.
        let word = item(&shop).await.seen;
        let other = REVERSAL.replace("502.50", "60");
        shop.deliver_text(&other, "2026-09-03T14:41:00+03:00").await;
        let more = item(&shop).await;
        assert!(
            more.reason_en.contains("40.00 EGP + 60.00 EGP"),
            "{}",
            more.reason_en
        );
        assert_ne!(more.seen, word);
        // As much once more, which the operator tells with another balance.
        let same = other.replace("المرسل.", "المرسل. رصيدك الحالي 1478.25 جنيه.");
        shop.deliver_text(&same, "2026-09-03T14:41:30+03:00").await;
        let more = item(&shop).await;
        assert!(
            more.reason_en.contains("40.00 EGP + 60.00 EGP + 60.00 EGP"),
            "{}",
            more.reason_en
        );
        shop.deliver_text(REVERSAL, "2026-09-03T14:42:00+03:00")
            .await;
        assert_eq!(item(&shop).await.reason, "reversal");
    }
}

/// Somebody has put a part right by hand, and the rest is taken back: he reads both before he takes all of it. The same
/// words again are no news.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_further_part_it_is_told_what_was_decided_before() {
    let part = |amount: &str| REVERSAL.replace("502.50", amount);
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        shop.deliver_text(&part("200"), "2026-09-03T14:40:00+03:00")
            .await;
        decide(&shop, false).await;
        shop.deliver_text(&part("200"), "2026-09-03T14:40:07+03:00")
            .await;
        let open = ReviewFilter::default();
        assert_eq!(shop.payments.reviews(&open).await.unwrap().len(), 0);
        shop.deliver_text(&part("302.50"), "2026-09-03T14:41:00+03:00")
            .await;
        let more = item(&shop).await;
        assert_eq!(more.reason, "reversal_more");
        for amount in ["200.00 EGP", "302.50 EGP"] {
            assert!(more.reason_en.contains(amount), "{}", more.reason_en);
        }
    }
}

/// While WHMCS is away, or refuses, nothing has gone out: a person can still keep it from being credited.
#[tokio::test(flavor = "multi_thread")]
async fn a_credit_that_waits_for_whmcs_can_be_stopped() {
    for trouble in [Fault::NotSent, Fault::Refuse("Invalid IP 203.0.113.9")] {
        for approves in [true, false] {
            for db in TestDb::each().await {
                let shop = Shop::open(&db).await;
                shop.till
                    .books(|books| books.always = Some(trouble.clone()));
                shop.deliver(ID, PAYER, "502.50").await;
                checked(&shop, 7, PAYER).await;
                shop.hours(1).await;
                told(&shop).await;
                shop.till.books(|books| books.always = None);
                shop.hours(1).await;
                assert!(shop.till.credited(7).is_empty(), "nobody has decided");
                decide(&shop, approves).await;
                shop.hours(1).await;
                let (credits, state): (&[i64], _) = match approves {
                    true => (&[], "rejected"),
                    false => (&[1_000], "credited"),
                };
                shop.until("it ends", async |shop| in_state(shop, state).await == 1)
                    .await;
                assert_eq!(shop.till.credited(7), credits);
            }
        }
    }
}

/// Credit of what may be gone is spent on no invoice.
#[tokio::test(flavor = "multi_thread")]
async fn credit_that_may_be_gone_pays_no_invoice() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        credited_beside_its_invoice(&shop).await;
        told(&shop).await;
        shop.hours(1).await;
        assert!(!shop.till.is_paid(12));
        decide(&shop, true).await;
        shop.until("it is taken back", async |shop| {
            in_state(shop, "reversed").await == 1
        })
        .await;
        assert!(!shop.till.is_paid(12));
    }
}

/// The same where WHMCS was asked once already, and did not do it: what is said meanwhile counts when it is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_during_an_outage_counts_after_it() {
    for approves in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.till.invoice_of(12, 7, 1_000);
            shop.till
                .books(|books| books.on_apply.push_back(Fault::LoseRequest));
            let token = token_in(&shop.box_of(7, 12, "10.00").await);
            shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
                .await;
            shop.deliver(ID, PAYER, "502.50").await;
            shop.until("the call is out", async |shop| {
                shop.till.books(|books| books.apply_credit_calls) == 1
            })
            .await;
            told(&shop).await;
            shop.hours(1).await;
            assert!(!shop.till.is_paid(12), "nobody has decided");
            decide(&shop, approves).await;
            shop.until("it ends", async |shop| {
                shop.clock.advance(Duration::from_secs(60));
                match approves {
                    true => in_state(shop, "reversed").await == 1,
                    false => shop.till.is_paid(12),
                }
            })
            .await;
            assert_eq!(shop.till.is_paid(12), !approves);
        }
    }
}

/// A decision that ends it between the look and the call: nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_during_the_look_is_not_sent() {
    for ended in [
        "state = 'rejected', reason = 'credit_refused'",
        "credit = 999",
        "currency = 'EUR'",
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            let (asks, goes_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
            shop.till
                .books(|books| books.on_credits = Some((asks.clone(), goes_on.clone())));
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            asks.notified().await;
            let mut db = shop.store.pool().acquire().await.unwrap();
            let sql = format!("UPDATE payment_transfers SET {ended}");
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&mut *db)
                .await
                .unwrap();
            drop(db);
            goes_on.add_permits(1_000);
            shop.until("it is refused", async |shop| {
                let refused = "SELECT COUNT(*) FROM effects WHERE state = 'refused'";
                shop.count(refused).await == 1
            })
            .await;
            assert_eq!(shop.till.books(|books| books.add_credit_calls), 0);
        }
    }
}

/// An unmodified module hears no yes of money that the operator takes back.
#[tokio::test(flavor = "multi_thread")]
async fn no_yes_is_told_of_what_may_be_gone() {
    let fields = [
        ("store_id", "nile"),
        ("phone", PAYER),
        ("amount", "502.50"),
        ("client_id", "7"),
    ];
    for approves in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
            shop.check(&fields).await;
            shop.deliver(ID, PAYER, "502.50").await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            told(&shop).await;
            let answer = shop.check(&fields).await;
            assert_eq!(
                (&answer["status"], &answer["code"]),
                (&json!(false), &json!("held"))
            );
            decide(&shop, approves).await;
            let code = if approves { "reversed" } else { "ok" };
            shop.until("it is told", async |shop| {
                shop.check(&fields).await["code"] == code
            })
            .await;
        }
    }
}

/// A transfer that nobody claimed in time is still found by its number; and what was sent in time counts whenever its
/// message comes.
#[tokio::test(flavor = "multi_thread")]
async fn old_money_is_found_by_its_number_and_late_messages_by_their_time() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver(ID, PAYER, "502.50").await;
        shop.clock.advance(Duration::from_secs(30 * 3_600));
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let fields = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", ID),
        ];
        shop.post(Some(7), &fields).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;

        let shop = Shop::open_with(&db, "stale_hours = 72").await;
        checked(&shop, 8, "01198765432").await;
        shop.clock.advance(Duration::from_secs(30 * 3_600));
        shop.deliver("023123456791", "01198765432", "502.50").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(8) == [1_000]
        })
        .await;
    }
}

/// A node that slept over a person's decision may send the credit all the same: it is taken back again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_after_it_was_ended_is_taken_back() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseAnswerAndLeave));
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("the call is out", async |shop| {
            shop.till.books(|books| books.add_credit_calls) == 1
        })
        .await;
        told(&shop).await;
        // As the database would have it, had the call begun after the approval.
        let review = item(&shop).await.id;
        let mut db = shop.store.pool().acquire().await.unwrap();
        for sql in [
            "UPDATE payment_reviews SET state = 'approved', closed_at = 1 WHERE kind = 'reversal'",
            "UPDATE payment_transfers SET state = 'rejected', reason = 'reversed'",
            "UPDATE payment_claims SET state = 'reversed'",
        ] {
            sqlx::query(sql).execute(&mut *db).await.unwrap();
        }
        drop(db);
        assert!(!review.is_empty());
        shop.till.books(|books| books.always = None);
        shop.until("it is taken back", async |shop| {
            shop.clock.advance(Duration::from_secs(60));
            in_state(shop, "reversed").await == 1
        })
        .await;
        let rows = shop.till.books(|books| books.credits.clone());
        let sum: i64 = rows.iter().map(|(_, row)| row.amount.minor).sum();
        assert_eq!((rows.len(), sum), (2, 0));
    }
}

/// What was credited while it was being said to be taken back pays no invoice until somebody decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_credit_that_was_under_way_pays_no_invoice_either() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseAnswerAndLeave));
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("the call is out", async |shop| {
            shop.till.books(|books| books.add_credit_calls) == 1
        })
        .await;
        told(&shop).await;
        shop.till.books(|books| books.always = None);
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        shop.hours(1).await;
        assert!(!shop.till.is_paid(12));
        decide(&shop, false).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
    }
}

/// While WHMCS was asked for the client's currency somebody has ended it: nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_ended_while_whmcs_was_asked_is_not_sent() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        shop.till
            .books(|books| books.on_client = Some((asked.clone(), go.clone())));
        shop.deliver(ID, PAYER, "502.50").await;
        let checking = shop.payments.clone();
        let check = tokio::spawn(async move {
            let fields = [
                ("store_id", "nile"),
                ("phone", PAYER),
                ("amount", "502.5"),
                ("client_id", "7"),
            ];
            let fields: Vec<(String, String)> = fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec();
            checking
                .payment_link_check(&fields, &Caller::default(), soon())
                .await
        });
        asked.notified().await;
        told(&shop).await;
        decide(&shop, true).await;
        go.add_permits(1);
        check.await.unwrap().unwrap();
        shop.hours(1).await;
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 0);
        assert_eq!(in_state(&shop, "rejected").await, 1);
    }
}

/// WHMCS refuses to take it back, and a person leaves it with the client: the invoice that waited gets it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_with_the_client_still_pays_its_invoice() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        credited_beside_its_invoice(&shop).await;
        told(&shop).await;
        shop.till.books(|books| {
            books
                .on_add
                .push_back(Fault::Refuse("Amount exceeds the credit balance"));
        });
        decide(&shop, true).await;
        shop.until("it is refused", async |shop| {
            let refused = "SELECT COUNT(*) FROM payment_reviews WHERE state = 'open' AND kind = 'removal_refused'";
            shop.count(refused).await == 1
        })
        .await;
        let items = shop
            .payments
            .reviews(&ReviewFilter::default())
            .await
            .unwrap();
        let leave = by("mona");
        shop.payments.reject(&items[0].id, leave).await.unwrap();
        shop.until("the invoice is paid", async |shop| {
            shop.clock.advance(Duration::from_secs(60));
            shop.till.is_paid(12)
        })
        .await;
    }
}
