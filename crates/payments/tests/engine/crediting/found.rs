//! What the simulation found, each told as the short story that it is.

use std::time::Duration;

use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::setup::StoreSetup;
use wharf_payments::views::{Decided, Decision, ReviewFilter, ReviewView};
use wharf_store::testing::TestDb;

use super::{ID, checked, decision, in_state, open_item, person_asked};
use crate::support::{Fault, PAYER, Shop, TRUSTING, by, token_in};

const OTHER: &str = "023123456790";
const REVERSAL: &str =
    "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";

/// Two clients contend for a transfer while another of the same figures is there. Whoever does not get the first
/// gets the second, without asking again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_freed_meets_what_is_there() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        checked(&shop, 7, PAYER).await;
        checked(&shop, 8, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.deliver(OTHER, PAYER, "502.50").await;
        let item = only_item(&shop, "contest").await;
        let of_eight = item.claims.iter().find(|claim| claim.client == 8);
        let answer = shop.payments.approve(
            &item.id,
            Decision {
                claim: of_eight.map(|claim| claim.id.clone()),
                ..by("mona")
            },
        );
        assert_eq!(answer.await.ok(), Some(Decided::Done));
        shop.until("both are credited", async |shop| {
            shop.till.credited(7) == [1_000] && shop.till.credited(8) == [1_000]
        })
        .await;
    }
}

/// An attempt whose calls all broke is not WHMCS's refusal: the credit is applied once WHMCS is back.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_paid_after_calls_that_all_broke() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let broken = std::iter::repeat_n(Fault::NotSent, 5);
        shop.till.books(|books| books.on_apply.extend(broken));
        claimed(&shop).await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// The books say how a credit was booked, whatever the store's set-up says by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_credit_is_in_the_books_as_it_was_booked() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.refuse_inserts("payment_credits").await;
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("it is sent, and cannot be written down", async |shop| {
            let tried = "SELECT COUNT(*) FROM jobs WHERE kind = 'payments.credit' AND state = 'ready' AND attempt > 0";
            shop.till.credited(7) == [1_000] && shop.count(tried).await == 1
        })
        .await;

        let changed = format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\n\
             rates = {{ USD = \"50.25\" }}\n{TRUSTING}\n\
             booking = \"add_transaction\"\nbooking_gateway = \"vodafonecash\"\n"
        );
        let changed: Result<StoreSetup, _> = toml::from_str(&changed);
        let applied = match changed {
            Ok(changed) => changed.apply(&shop.store).await.is_ok(),
            Err(_) => false,
        };
        assert!(applied);
        shop.allow_inserts("payment_credits").await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        let booked = "SELECT COUNT(*) FROM payment_credits WHERE way = 'add_credit'";
        assert_eq!(shop.count(booked).await, 1);
        shop.clock.advance(Duration::from_secs(60));
        let compared = shop.payments.reconcile(None).await.unwrap_or_default();
        assert!(compared.is_clean(), "{compared:?}");
        assert_eq!(compared.checked_credits, 1);
    }
}

/// Who has money taken back has not said that it may be credited.
#[tokio::test(flavor = "multi_thread")]
async fn a_vote_to_take_back_is_none_to_credit() {
    for db in TestDb::each().await {
        let careful = "hold = \"always\"\nsecond_person_above = \"500\"";
        let shop = Shop::open_with(&db, careful).await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        let hold = only_item(&shop, "always").await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let items = open_items(&shop).await;
        let reversal = items.iter().find(|item| item.kind == "reversal");
        let reversal = reversal.map(|item| item.id.as_str()).unwrap_or_default();

        let said = shop.payments.approve(reversal, by("mona")).await;
        assert_eq!(said.ok(), Some(Decided::NeedsSecond));
        // And nobody credits what may be gone: it is nobody's any more.
        let said = shop.payments.approve(&hold.id, by("tarek")).await;
        assert!(
            matches!(said, Err(ReviewError::Ended("released"))),
            "{said:?}"
        );
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
    }
}

/// Who sends again what was taken back is credited with that, whether the claim came before or after the reversal was told.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_gone_keeps_no_claim_from_other_money() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        checked(&shop, 7, PAYER).await;
        shop.deliver(ID, PAYER, "502.50").await;
        only_item(&shop, "always").await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        only_item(&shop, "reversal").await;
        shop.deliver("023123456790", PAYER, "502.50").await;
        let items = open_items(&shop).await;
        let held = items.iter().find(|item| item.kind == "always").unwrap();
        let transfer = held.transfer.as_ref().unwrap();
        assert_eq!(transfer.operator_id, "023123456790");
        shop.payments.approve(&held.id, by("mona")).await.unwrap();
        shop.until("the other money is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
        let reversal = items.iter().find(|item| item.kind == "reversal").unwrap();
        shop.payments
            .approve(&reversal.id, by("mona"))
            .await
            .unwrap();
        assert_eq!(in_state(&shop, "rejected").await, 1);
        shop.until("the other is booked", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
    }
}

/// Money that was taken back before anybody had it: nothing else about it waits, and no customer is told of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_of_money_that_is_held_ends_all_that_is_asked_about_it() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        claimed(&shop).await;
        shop.deliver(ID, PAYER, "300").await;
        only_item(&shop, "differs").await;
        shop.deliver_text(REVERSAL, "2026-09-03T14:40:00+03:00")
            .await;
        let items = open_items(&shop).await;
        let reversal = items.iter().find(|item| item.kind == "reversal");
        let reversal = reversal.map(|item| item.id.as_str()).unwrap_or_default();
        let said = shop.payments.approve(reversal, by("mona")).await;
        assert_eq!(said.ok(), Some(Decided::Done));
        assert_eq!(in_state(&shop, "rejected").await, 1);
        assert!(open_items(&shop).await.is_empty());
        let waits =
            "SELECT COUNT(*) FROM payment_claims WHERE state = 'pending' AND reason IS NULL";
        assert_eq!(shop.count(waits).await, 1);
    }
}

/// Credit whose application nobody can look up says so on its claim.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_in_doubt_is_told_on_its_claim() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        claimed(&shop).await;
        shop.till
            .books(|books| books.on_apply.push_back(Fault::LoseRequest));
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("its answer is lost", async |shop| {
            shop.till.books(|books| {
                let lost = books.apply_credit_calls == 1;
                // From here on nobody may look.
                if lost && books.forbidden.is_empty() {
                    books.forbidden.push("GetCredits");
                }
                lost
            })
        })
        .await;
        shop.until("its claim says so", async |shop| {
            let told = "SELECT COUNT(*) FROM payment_claims WHERE invoice = 12 AND reason LIKE '%GetCredits%'";
            shop.count(told).await == 1
        })
        .await;
        assert!(!shop.till.is_paid(12));

        shop.till.books(|books| books.forbidden.clear());
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// A node that sleeps over its look looks again: another may have credited the same money meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_on_an_old_look() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let slept = (shop.clock.clone(), Duration::from_secs(101));
        shop.till.books(|books| books.on_look = Some(slept));
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        let told = "SELECT COUNT(*) FROM effect_events WHERE event = 'refused for now' AND detail LIKE 'looking took %'";
        assert_eq!(shop.count(told).await, 1);
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// A person found nothing in WHMCS, and the call that follows is lost as well: only a person can tell again.
#[tokio::test(flavor = "multi_thread")]
async fn who_sent_it_again_is_asked_again_if_that_answer_is_lost_too() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| {
            books.forbidden.push("GetCredits");
            books
                .on_add
                .extend([Fault::LoseRequest, Fault::LoseRequest]);
        });
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        let mut before = String::new();
        for calls in [1, 2] {
            shop.until("a person is asked", async |shop| {
                open_item(shop).await.is_some_and(|item| item != before)
            })
            .await;
            assert_eq!(in_state(&shop, "review").await, 1);
            assert_eq!(shop.till.books(|books| books.add_credit_calls), calls);
            before = person_asked(&shop).await;
            // While somebody has WHMCS asked once more, the item stays open.
            effect_is(&shop, "unknown").await;
            let early = shop.payments.approve(&before, decision("not there")).await;
            assert!(matches!(early, Err(ReviewError::UnderWay)), "{early:?}");
            effect_is(&shop, "held").await;
            let answer = shop.payments.approve(&before, decision("not there")).await;
            assert!(answer.is_ok(), "{answer:?}");
            assert_eq!(in_state(&shop, "review").await, 0);
        }
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert!(open_item(&shop).await.is_none());
    }
}

/// What the journal sent for somebody else is never sent again, and stays before a person whatever he says of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_for_another_client_stays_in_sight() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| {
            books.forbidden.push("GetCredits");
            books.on_add.push_back(Fault::LoseRequest);
        });
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        let item = person_asked(&shop).await;
        let changed = sqlx::query(
            "UPDATE effects SET state = 'done', input = REPLACE(input, '\"client\":7', '\"client\":8') \
             WHERE kind = 'payments.add_credit'",
        );
        changed.execute(shop.store.pool()).await.unwrap();
        for answer in [
            shop.payments.approve(&item, decision("not there")).await,
            shop.payments.reject(&item, decision("there")).await,
        ] {
            assert!(matches!(answer, Err(ReviewError::OtherTerms)), "{answer:?}");
        }
        assert_eq!(open_item(&shop).await, Some(item));
        assert_eq!(in_state(&shop, "review").await, 1);
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
    }
}

/// The operator takes money back of which nobody knows whether it was credited: that must be known first, or the
/// credit would stay.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_credited_is_not_taken_back_before_that_is_known() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| {
            books.forbidden.push("GetCredits");
            books.on_add.push_back(Fault::LoseAnswer);
        });
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        let item = person_asked(&shop).await;
        shop.deliver_text(REVERSAL, "2026-09-03T11:40:00Z").await;
        let items = open_items(&shop).await;
        let reversal = items.iter().find(|item| item.kind == "reversal");
        let reversal = reversal.map_or_else(String::new, |item| item.id.clone());
        let early = shop.payments.approve(&reversal, decision("taken")).await;
        assert!(matches!(early, Err(ReviewError::InFlight)), "{early:?}");

        let there = shop.payments.reject(&item, decision("it is there")).await;
        assert!(there.is_ok(), "{there:?}");
        shop.until("it counts", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        let taken = shop.payments.approve(&reversal, decision("taken")).await;
        assert!(taken.is_ok(), "{taken:?}");
        shop.until("it is taken away again", async |shop| {
            shop.till.books(|books| {
                books
                    .credits
                    .iter()
                    .map(|(_, row)| row.amount.minor)
                    .sum::<i64>()
                    == 0
            })
        })
        .await;
    }
}

async fn effect_is(shop: &Shop, state: &str) {
    let set = sqlx::query(
        "UPDATE effects SET state = $1, due_at = $2 WHERE kind = 'payments.add_credit'",
    )
    .bind(state.to_owned())
    .bind(i64::MAX)
    .execute(shop.store.pool())
    .await;
    assert!(set.is_ok(), "{set:?}");
}

async fn claimed(shop: &Shop) {
    shop.till.invoice_of(12, 7, 1_000);
    let token = token_in(&shop.box_of(7, 12, "10.00").await);
    let answer = shop
        .post(Some(7), &[("token", &token), ("phone", PAYER)])
        .await;
    assert_eq!(
        answer,
        json!({ "redirect": "viewinvoice.php?id=12#wharf-payment" })
    );
}

pub async fn open_items(shop: &Shop) -> Vec<ReviewView> {
    let items = shop.payments.reviews(&ReviewFilter::default()).await;
    items.unwrap_or_default()
}

async fn only_item(shop: &Shop, kind: &str) -> ReviewView {
    let mut items = open_items(shop).await;
    let kinds: Vec<_> = items.iter().map(|item| item.kind.clone()).collect();
    assert_eq!(kinds, [kind]);
    items.remove(0)
}
