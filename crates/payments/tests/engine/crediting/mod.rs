//! Crediting where WHMCS does not make it easy: roles that may not look, transactions, stores that only look
//! on, credits taken back, an outage of an hour, and the comparison of the books.

mod books;
mod found;
mod refused;
mod reversals;

use std::time::Duration;

use crate::support::{Fault, PAYER, Shop, dashboard, usd};
use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::views::{Decision, Seen};
use wharf_store::NewJob;
use wharf_store::testing::TestDb;

const ID: &str = "023123456789";

async fn checked(shop: &Shop, client: i64, phone: &str) {
    let client = client.to_string();
    let fields = [
        ("store_id", "nile"),
        ("phone", phone),
        ("amount", "502.50"),
        ("client_id", client.as_str()),
    ];
    shop.check(&fields).await;
}

async fn in_state(shop: &Shop, state: &str) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM payment_transfers WHERE state = $1")
        .bind(state.to_owned())
        .fetch_one(shop.store.pool())
        .await
        .unwrap_or(-1)
}

async fn open_item(shop: &Shop) -> Option<String> {
    sqlx::query_scalar(
        "SELECT id FROM payment_reviews WHERE state = 'open' AND kind IN ('credit_unknown', 'removal_unknown', 'credit_conflict')",
    )
    .fetch_optional(shop.store.pool())
    .await
    .ok()
    .flatten()
}

/// The item about it, once there is one.
async fn person_asked(shop: &Shop) -> String {
    shop.until("a person is asked", async |shop| {
        open_item(shop).await.is_some()
    })
    .await;
    open_item(shop).await.unwrap_or_default()
}

fn decision(reason: &str) -> Decision {
    Decision {
        actor: "mona".into(),
        reason: reason.into(),
        claim: None,
        wallet: None,
        seen: Seen::Nothing,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_look_credits_and_leaves_the_unknown_to_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| books.forbidden.push("GetCredits"));
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;

        // Booked, but nobody may find it: it counts as credited once a person has seen it.
        let lost = Fault::LoseAnswer;
        shop.till.books(|books| books.on_add.push_back(lost));
        shop.deliver("023123456790", "01198765432", "502.50").await;
        checked(&shop, 8, "01198765432").await;
        let item = person_asked(&shop).await;
        let answer = shop.payments.reject(&item, decision("it is there")).await;
        assert!(answer.is_ok(), "{answer:?}");
        shop.until("it counts", async |shop| {
            in_state(shop, "credited").await == 2
        })
        .await;

        // Not booked: it is sent once a person has seen that it is not there.
        let lost = Fault::LoseRequest;
        shop.till.books(|books| books.on_add.push_back(lost));
        shop.deliver("023123456791", "01298765432", "502.50").await;
        checked(&shop, 9, "01298765432").await;
        let item = person_asked(&shop).await;
        assert!(shop.till.credited(9).is_empty());
        let answer = shop.payments.approve(&item, decision("not there")).await;
        assert!(answer.is_ok(), "{answer:?}");
        shop.until("it is sent", async |shop| {
            in_state(shop, "credited").await == 3
        })
        .await;
        for client in [7, 8, 9] {
            assert_eq!(shop.till.credited(client), [1_000], "client {client}");
        }
    }
}

/// A database that was restored does not know what was credited after its backup. Where WHMCS may not be asked, money
/// from before the start is for a person.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_start_is_not_credited_blindly() {
    for forbidden in [false, true] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.clock.advance(std::time::Duration::from_secs(3_600));
            let shop = shop.restarted(&db).await;
            if forbidden {
                shop.till.books(|books| books.forbidden.push("GetCredits"));
            }
            // By its own time from an hour before the start: delivered again from the phone's memory.
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            if forbidden {
                let item = person_asked(&shop).await;
                assert!(shop.till.credited(7).is_empty());
                let answer = shop.payments.approve(&item, decision("not there")).await;
                assert!(answer.is_ok(), "{answer:?}");
            }
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            assert_eq!(shop.till.credited(7), [1_000]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_by_hand_of_that_day_is_for_a_person() {
    for is_it in [false, true] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            let row = wharf_whmcs::api::CreditRow {
                id: 1,
                date: "2026-09-03".parse().ok(),
                description: "Vodafone transfer, by phone".into(),
                amount: usd(1_000),
                related: None,
            };
            shop.till.books(|books| books.credits.push((7, row)));
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            let item = person_asked(&shop).await;
            assert_eq!(shop.till.credited(7), [1_000]);
            let answer = if is_it {
                let same = decision("that is this transfer");
                shop.payments.reject(&item, same).await
            } else {
                let other = decision("that was another transfer");
                shop.payments.approve(&item, other).await
            };
            assert!(answer.is_ok(), "{answer:?}");
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            let booked: &[i64] = if is_it { &[1_000] } else { &[1_000, 1_000] };
            assert_eq!(shop.till.credited(7), booked);
            assert!(open_item(&shop).await.is_none());
            // Nobody is told that it is missing, and to book it once more.
            shop.clock.advance(Duration::from_secs(60));
            let compared = shop.payments.reconcile(None).await.unwrap();
            assert_eq!(
                (compared.checked_credits, compared.findings().count()),
                (1, 0)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_looks_on_never_calls_whmcs() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "mode = \"observe\"\n").await;
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("it is observed", async |shop| {
            in_state(shop, "observed").await == 1
        })
        .await;
        shop.hours(1).await;
        assert_eq!(
            shop.till
                .books(|books| (books.calls, books.add_credit_calls)),
            (0, 0)
        );
        let would = "SELECT amount FROM payment_credits WHERE state = 'observed' AND client = 7";
        assert_eq!(shop.count(would).await, 1_000);
        let ask = || {
            let fields = [
                ("store_id", "nile"),
                ("client_id", "7"),
                ("phone", PAYER),
                ("amount", "502.50"),
            ];
            let shop = &shop;
            async move { shop.check(&fields).await }
        };
        let told = ask().await;
        assert_eq!(
            (&told["status"], &told["code"]),
            (&false.into(), &"observed".into())
        );
        assert_eq!(
            told["message"],
            "Your transfer was received, but this system does not credit it yet: the shop does that another way. \
             Please contact support if it does not show."
        );
        // Another transfer of the same figures is another claim's.
        shop.deliver("023123456790", PAYER, "502.50").await;
        assert_eq!(ask().await["status"], false);
        shop.until("both are observed", async |shop| {
            in_state(shop, "observed").await == 2
        })
        .await;
        // What the system beside it books is none of ours to compare.
        let found = shop.payments.reconcile(None).await.unwrap_or_default();
        assert_eq!(found.checked_clients, 0, "{found:?}");
        let claims = "SELECT COUNT(*) FROM payment_claims WHERE state = 'observed'";
        assert_eq!(shop.count(claims).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_booked_once_and_found_by_its_number() {
    for fault in [None, Some(Fault::LoseAnswer), Some(Fault::LoseRequest)] {
        for db in TestDb::each().await {
            let more = "booking = \"add_transaction\"\nbooking_gateway = \"vodafonecash\"\n";
            let shop = Shop::open_with(&db, more).await;
            shop.till.books(|books| books.on_add.extend(fault.clone()));
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            assert_eq!(shop.till.credited(7), [1_000], "{fault:?}");
            let numbers: Vec<String> = shop.till.books(|books| {
                let rows = books.transactions.iter();
                rows.map(|row| row.number.clone()).collect()
            });
            assert_eq!(numbers, ["023123456789 [b:nile/vf1]"], "{fault:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_taken_once() {
    for fault in [None, Some(Fault::LoseAnswer), Some(Fault::LoseRequest)] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            shop.till.books(|books| books.on_add.extend(fault.clone()));
            for _ in 0..3 {
                take_back(&shop).await;
            }
            shop.until("it is gone", async |shop| {
                let gone = "SELECT COUNT(*) FROM payment_credits WHERE direction = 'remove' AND state = 'credited'";
                shop.count(gone).await == 1
            })
            .await;
            shop.hours(1).await;
            assert_eq!(taken(&shop), [-1_000], "{fault:?}");
            assert_eq!(in_state(&shop, "reversed").await, 1);
        }
    }
}

/// The answer to the removal was lost, and nobody may look: a person tells, or it is looked at again once the role
/// may. Either way the credit is taken once.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_nobody_can_see_is_asked_about_until_somebody_can_tell() {
    for (fault, by_a_person) in [
        (Fault::LoseAnswer, true),
        (Fault::LoseRequest, true),
        (Fault::LoseAnswer, false),
        (Fault::LoseRequest, false),
    ] {
        for db in TestDb::each().await {
            let case = format!("{fault:?}, by a person: {by_a_person}");
            let shop = Shop::open(&db).await;
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            shop.till.books(|books| {
                books.forbidden.push("GetCredits");
                books.on_add.push_back(fault.clone());
            });
            take_back(&shop).await;
            let item = person_asked(&shop).await;
            let view = shop.payments.review(&item).await.unwrap().unwrap();
            assert_eq!(view.kind, "removal_unknown", "{case}");
            assert_eq!(
                view.evidence["description"],
                "VodafoneCash reversal - trans_id: 023123456789 [b:nile/vf1]"
            );
            // However long nobody says anything: one question, few looks, and nothing more is sent.
            let there = taken(&shop);
            let before = shop.till.books(|books| books.calls);
            shop.hours(2).await;
            let looks = shop.till.books(|books| books.calls) - before;
            // The job of this test and the effect's own, each once in ten minutes.
            assert!((1..=26).contains(&looks), "{case}: {looks} looks");
            assert_eq!(
                (person_asked(&shop).await, taken(&shop)),
                (item.clone(), there)
            );

            if by_a_person {
                let answer = match fault {
                    Fault::LoseAnswer => shop.payments.reject(&item, decision("gone")).await,
                    _ => shop.payments.approve(&item, decision("there")).await,
                };
                assert!(answer.is_ok(), "{case}: {answer:?}");
                let again = shop.payments.approve(&item, decision("twice")).await;
                assert!(again.is_err(), "{case}");
            } else {
                shop.till.books(|books| books.forbidden.clear());
                shop.hours(1).await;
            }
            shop.until("it is taken back", async |shop| {
                in_state(shop, "reversed").await == 1 && open_item(shop).await.is_none()
            })
            .await;
            shop.hours(1).await;
            assert_eq!(taken(&shop), [-1_000], "{case}");
        }
    }
}

/// The customer has spent it: WHMCS takes nothing back, and nothing of what comes later unless a person says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_spent_is_not_taken_from_later_money_unseen() {
    for left in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1
            })
            .await;
            let spent = Fault::Refuse("Amount exceeds customer credit balance");
            shop.till.books(|books| {
                books.on_add.extend([spent.clone(), spent]);
            });
            take_back(&shop).await;
            let item = refused_item(&shop).await;
            let view = shop.payments.review(&item).await.unwrap().unwrap();
            assert!(
                view.reason_en.contains("Amount exceeds"),
                "{}",
                view.reason_en
            );
            // Later money would be there; nobody has said that it may be taken.
            shop.hours(2).await;
            let shop = shop.restarted(&db).await;
            assert!(shop.payments.take_up().await.is_ok());
            shop.hours(1).await;
            assert_eq!(taken(&shop), [0_i64; 0]);
            assert_eq!(refused_item(&shop).await, item);

            let again = shop.payments.approve(&item, decision("once more")).await;
            assert!(again.is_ok(), "{again:?}");
            shop.until("it is refused again", async |shop| {
                refused(shop).await.is_some_and(|other| other != item)
            })
            .await;
            let second = refused_item(&shop).await;
            if left {
                let answer = shop.payments.reject(&second, decision("written off")).await;
                assert!(answer.is_ok(), "{answer:?}");
                shop.hours(1).await;
                assert!(shop.payments.take_up().await.is_ok());
                shop.hours(1).await;
                assert_eq!(taken(&shop), [0_i64; 0]);
                assert_eq!(in_state(&shop, "credited").await, 1);
                // The operator tells it again, and somebody wants it after all.
                let reversal = "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";
                shop.deliver_text(reversal, "2026-09-03T14:40:00+03:00")
                    .await;
                let told: Option<String> = sqlx::query_scalar(
                    "SELECT id FROM payment_reviews WHERE state = 'open' AND kind = 'reversal'",
                )
                .fetch_optional(shop.store.pool())
                .await
                .ok()
                .flatten();
                let told = told.unwrap_or_default();
                let answer = shop.payments.approve(&told, decision("now")).await;
                assert!(answer.is_ok(), "{answer:?}");
                shop.until("it is taken back", async |shop| {
                    in_state(shop, "reversed").await == 1
                })
                .await;
                assert_eq!(taken(&shop), [-1_000]);
            } else {
                let answer = shop.payments.approve(&second, decision("now")).await;
                assert!(answer.is_ok(), "{answer:?}");
                shop.until("it is taken back", async |shop| {
                    in_state(shop, "reversed").await == 1
                })
                .await;
                assert_eq!(taken(&shop), [-1_000]);
            }
            assert_eq!(refused(&shop).await, None);
        }
    }
}

async fn refused(shop: &Shop) -> Option<String> {
    sqlx::query_scalar(
        "SELECT id FROM payment_reviews WHERE state = 'open' AND kind = 'removal_refused'",
    )
    .fetch_optional(shop.store.pool())
    .await
    .ok()
    .flatten()
}

async fn refused_item(shop: &Shop) -> String {
    shop.until("a person is asked", async |shop| {
        refused(shop).await.is_some()
    })
    .await;
    refused(shop).await.unwrap_or_default()
}

/// What was held because the role might not look goes on by itself once it may, also after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_see_is_looked_at_again_once_the_role_may() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.till.books(|books| {
                books.forbidden.push("GetCredits");
                books.on_add.push_back(fault.clone());
            });
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop, 7, PAYER).await;
            person_asked(&shop).await;
            // As one was held before its job went on looking.
            let ran = sqlx::query(
                "UPDATE jobs SET state = 'done', dedupe_key = NULL WHERE kind = 'payments.credit'",
            );
            assert!(ran.execute(shop.store.pool()).await.is_ok());
            let shop = shop.restarted(&db).await;
            assert!(shop.payments.take_up().await.is_ok());
            shop.till.books(|books| books.forbidden.clear());
            shop.hours(1).await;
            shop.until("it is credited", async |shop| {
                in_state(shop, "credited").await == 1 && open_item(shop).await.is_none()
            })
            .await;
            assert_eq!(shop.till.credited(7), [1_000], "{fault:?}");
        }
    }
}

async fn take_back(shop: &Shop) {
    let id: String = sqlx::query_scalar("SELECT id FROM payment_transfers")
        .fetch_one(shop.store.pool())
        .await
        .unwrap_or_default();
    let job = NewJob::new("payments.remove_credit", json!({ "transfer": id }));
    if let Ok(mut tx) = shop.store.begin().await {
        let _ = shop.store.jobs().enqueue(&mut tx, job).await;
        let _ = tx.commit().await;
    }
    shop.store.jobs().wake();
}

fn taken(shop: &Shop) -> Vec<i64> {
    shop.till.books(|books| {
        let rows = books.credits.iter().filter(|(_, row)| row.amount.minor < 0);
        rows.map(|(_, row)| row.amount.minor).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hours_outage_with_five_hundred_payments_is_over_two_minutes_after_its_end() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    shop.till.books(|books| books.always = Some(Fault::NotSent));
    for n in 0..500_i64 {
        let phone = format!("010{:08}", 98_000_000 + n);
        shop.deliver(&format!("0231{:08}", n), &phone, "502.50")
            .await;
        checked(&shop, 1_000 + n, &phone).await;
    }
    shop.hours(1).await;
    assert_eq!(in_state(&shop, "credited").await, 0);
    let calls = shop.till.books(|books| std::mem::take(&mut books.calls));
    assert!(calls < 2_000, "{calls} calls of a WHMCS that is down");

    shop.till.books(|books| books.always = None);
    let back = shop.clock.now_ms();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while in_state(&shop, "credited").await < 500 {
        assert!(tokio::time::Instant::now() < deadline, "not in real time");
        shop.clock.advance(Duration::from_millis(200));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let after = (shop.clock.now_ms() - back) / 1_000;
    assert!(after <= 120, "the last credit came {after} s after WHMCS");
    assert_eq!(shop.till.books(|books| books.credits.len()), 500);
}

/// Without a rate nobody knows what money is worth: a person is asked, and the rate that there is by then counts.
#[tokio::test(flavor = "multi_thread")]
async fn money_from_before_there_was_a_rate_waits_for_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let run = async |sql: &'static str| {
            let ran = sqlx::query(sql).execute(shop.store.pool()).await;
            assert!(ran.is_ok(), "{ran:?}");
        };
        run("DELETE FROM payment_rates").await;
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop, 7, PAYER).await;
        shop.until("a person is asked", async |shop| {
            no_rate(shop).await.is_some()
        })
        .await;
        let item = no_rate(&shop).await.unwrap_or_default();
        assert_eq!(in_state(&shop, "held").await, 1);
        // There is none yet.
        let answer = shop.payments.approve(&item, decision("it is ours")).await;
        assert!(
            matches!(answer, Err(ReviewError::StillWorthless)),
            "{answer:?}"
        );
        assert!(shop.till.credited(7).is_empty());

        run("INSERT INTO payment_rates (store, currency, since, rate) \
             SELECT store, 'USD', MAX(received_at) + 1, '50.25' FROM payment_transfers GROUP BY store")
        .await;
        shop.clock.advance(Duration::from_secs(60));
        let answer = shop.payments.approve(&item, decision("now")).await;
        assert!(answer.is_ok(), "{answer:?}");
        shop.until("it is credited", async |shop| {
            in_state(shop, "credited").await == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

async fn no_rate(shop: &Shop) -> Option<String> {
    sqlx::query_scalar("SELECT id FROM payment_reviews WHERE state = 'open' AND kind = 'no_rate'")
        .fetch_optional(shop.store.pool())
        .await
        .ok()
        .flatten()
}

/// A hiccup of seconds is not waited out for a minute and a half.
#[tokio::test(flavor = "multi_thread")]
async fn what_whmcs_could_not_be_asked_is_asked_again_soon() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| books.always = Some(Fault::NotSent));
        shop.till.invoice_of(12, 7, 1_000);
        let token = crate::support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("the attempt has ended", async |shop| {
            shop.clock.advance(Duration::from_secs(1));
            shop.count("SELECT COUNT(*) FROM effects WHERE state = 'refused'")
                .await
                == 1
        })
        .await;
        shop.until("it is to be asked again", async |shop| {
            shop.count(
                "SELECT COUNT(*) FROM jobs WHERE state = 'ready' AND kind = 'payments.credit'",
            )
            .await
                == 1
        })
        .await;
        assert_eq!(
            in_state(&shop, "matched").await,
            1,
            "nobody has to mend anything"
        );
        let at = shop
            .count("SELECT MAX(run_at) FROM jobs WHERE kind = 'payments.credit'")
            .await;
        let pause = at - shop.clock.now_ms();
        assert!(pause <= 30_000, "{pause} ms");
        // Operators see that it waits, and for what.
        shop.clock.advance(Duration::from_secs(61));
        let page = dashboard(&shop).await;
        assert!(page.contains("Credits that wait for WHMCS: 1 ("), "{page}");
    }
}
