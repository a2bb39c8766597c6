//! What waits for a person, and what people decide.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

mod guesses;
mod reopening;
mod reversals;
mod shown;
mod two_people;
mod unseen;
mod whose;

use std::sync::Arc;
use std::time::Duration;

use crate::support::{PAYER, Shop, by, receipt, token_in};
use serde_json::json;
use wharf_payments::ReviewError;
use wharf_payments::views::{
    AuditFilter, Decided, Decision, ReviewFilter, ReviewView, TransferFilter,
};
use wharf_store::testing::TestDb;

const NUMBER: &str = "023123456789";

fn asks(client: &'static str, amount: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("phone", PAYER),
        ("amount", amount),
        ("store_id", "nile"),
        ("lang", "en"),
        ("client_id", client),
    ]
}

async fn open_items(shop: &Shop) -> Vec<ReviewView> {
    shop.payments
        .reviews(&ReviewFilter::default())
        .await
        .unwrap()
}

async fn only_item(shop: &Shop, kind: &str) -> ReviewView {
    let mut items = open_items(shop).await;
    let kinds: Vec<_> = items.iter().map(|item| item.kind.clone()).collect();
    assert_eq!(kinds, [kind]);
    items.remove(0)
}

/// The client's claim on our own page of a new invoice over ten dollars, with a number and from another phone.
async fn gives_number(shop: &Shop, client: i64, invoice: i64, number: &str) {
    shop.till.invoice_of(invoice, client, 1_000);
    let token = token_in(&shop.box_of(client, invoice, "10.00").await);
    let fields = [
        ("token", token.as_str()),
        ("phone", "01198765432"),
        ("transaction", number),
    ];
    shop.post(Some(client), &fields).await;
}

async fn state(shop: &Shop) -> String {
    let transfers = shop
        .payments
        .transfers(&TransferFilter::default())
        .await
        .unwrap();
    transfers[0].state.clone()
}

async fn is_credited(shop: &Shop, client: i64, credits: &[i64]) {
    let credited = async |shop: &Shop| shop.till.credited(client) == credits;
    shop.until("it is credited", credited).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_proven_once_and_then_belongs_to_its_client() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(
            &db,
            "phone_binding = \"prove\"\nclients_per_phone = 1\nphones_per_client = 2",
        )
        .await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        for _ in 0..3 {
            let answer = shop.check(&asks("7", "502.5")).await;
            assert_eq!(
                (&answer["code"], &answer["requires_verification"]),
                (&json!("held"), &json!(true))
            );
        }
        let item = only_item(&shop, "binding").await;
        assert_eq!(
            item.reason_en,
            "This client has never paid from this phone number."
        );
        assert!(item.message.as_ref().unwrap().body.contains(NUMBER));
        assert_eq!(
            (item.claims.len(), item.claims[0].client, item.needs_claim),
            (1, 7, false)
        );
        assert_eq!(
            shop.payments.approve(&item.id, by("mona")).await.unwrap(),
            Decided::Done
        );
        is_credited(&shop, 7, &[1_000]).await;
        let again = shop.payments.approve(&item.id, by("mona")).await;
        assert!(matches!(again, Err(ReviewError::Ended("approved"))));

        // The same client pays again: nobody is asked.
        shop.deliver("023123456790", PAYER, "100.50").await;
        shop.check(&asks("7", "100.5")).await;
        is_credited(&shop, 7, &[1_000, 200]).await;

        // Another client learns nothing, and a person does.
        shop.deliver("023123456791", PAYER, "201").await;
        assert_eq!(
            shop.check(&asks("8", "201")).await["code"],
            shop.check(&asks("8", "77")).await["code"]
        );
        let item = only_item(&shop, "binding").await;
        assert_eq!(item.reason, "binding_clients");
        shop.payments.reject(&item.id, by("tarek")).await.unwrap();
        assert_eq!(state(&shop).await, "rejected");
        assert_eq!(shop.check(&asks("8", "201")).await["code"], "not_found");
        assert!(shop.till.credited(8).is_empty());
        let filter = AuditFilter {
            actor: Some("tarek".into()),
            ..AuditFilter::default()
        };
        let lines = shop.payments.audit(&filter).await.unwrap();
        assert_eq!(
            (
                lines.len(),
                lines[0].event.as_str(),
                lines[0].detail.as_str()
            ),
            (1, "rejected", "binding: looked at the screenshot")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_number_proves_a_phone_even_a_mistyped_one() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
        gives_number(&shop, 7, 12, NUMBER).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        is_credited(&shop, 7, &[1_000]).await;
        assert!(open_items(&shop).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_who_claim_one_transfer_wait_for_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.check(&asks("7", "502.5")).await;
        shop.check(&asks("8", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        for client in ["7", "8"] {
            assert_eq!(shop.check(&asks(client, "502.5")).await["code"], "held");
        }
        let item = only_item(&shop, "contest").await;
        assert_eq!(
            item.reason_en,
            "Several clients say that they sent this transfer: #7, #8."
        );
        assert!(item.needs_claim && item.claims.len() == 2);
        let unclear = shop.payments.approve(&item.id, by("mona")).await;
        assert!(matches!(unclear, Err(ReviewError::ChooseClaim)));
        let chosen = |claim: &str| Decision {
            claim: Some(claim.into()),
            ..by("mona")
        };
        let strange = shop.payments.approve(&item.id, chosen("x")).await;
        assert!(matches!(strange, Err(ReviewError::NotItsClaim)));
        let of_eight = item.claims.iter().find(|claim| claim.client == 8).unwrap();
        shop.payments
            .approve(&item.id, chosen(&of_eight.id))
            .await
            .unwrap();
        is_credited(&shop, 8, &[1_000]).await;
        assert_eq!(shop.check(&asks("7", "502.5")).await["code"], "not_found");
        assert!(shop.till.credited(7).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_hold_holds_what_it_says() {
    for (setting, amount, held) in [
        ("hold = \"off\"", "502.50", None),
        ("hold = \"first_payment\"", "502.50", Some("first_payment")),
        ("hold = \"above\"\nhold_above = \"502.50\"", "502.50", None),
        (
            "hold = \"above\"\nhold_above = \"502.49\"",
            "502.50",
            Some("above"),
        ),
        ("hold = \"always\"", "1", Some("always")),
        ("ceiling_transfer = \"500\"", "502.50", Some("ceiling")),
        ("ceiling_client_day = \"500\"", "502.50", Some("ceiling")),
        ("ceiling_phone_day = \"500\"", "502.50", Some("ceiling")),
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, setting).await;
            shop.deliver(NUMBER, PAYER, amount).await;
            let typed: &'static str = amount.to_owned().leak();
            let answer = shop.check(&asks("7", typed)).await;
            match held {
                None => assert!(open_items(&shop).await.is_empty(), "{setting}"),
                Some(kind) => {
                    assert_eq!(answer["code"], "held", "{setting}");
                    let item = only_item(&shop, kind).await;
                    assert!(!item.reason_en.contains('?'), "{}", item.reason_en);
                    assert!(!item.reason_ar.contains('?'), "{}", item.reason_ar);
                    shop.payments.approve(&item.id, by("mona")).await.unwrap();
                    shop.until("it is credited", async |shop| {
                        shop.till.credited(7).len() == 1
                    })
                    .await;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_rejection_and_evidence_at_once_have_one_winner() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open_with(&db, "hold = \"always\"").await);
        for round in 0..12 {
            let number = format!("0231234568{round:02}");
            let amount: &'static str = format!("{}", 100 + round).leak();
            shop.deliver(&number, PAYER, amount).await;
            shop.check(&asks("7", amount)).await;
            let item = only_item(&shop, "always").await;
            let before = shop.till.credited(7).len();
            let strange = asks("8", amount);
            let (yes, no, more) = tokio::join!(
                shop.payments.approve(&item.id, by("mona")),
                shop.payments.reject(&item.id, by("tarek")),
                shop.check(&strange),
            );
            assert_eq!(more["status"], false);
            assert!(!(yes.is_ok() && no.is_ok()), "{yes:?} {no:?}");
            if yes.is_err() && no.is_err() {
                // The other client's claim was first: now it is about the two of them.
                let released = shop.payments.review(&item.id).await.unwrap().unwrap();
                assert_eq!(released.state, "released");
                only_item(&shop, "contest").await;
                assert_eq!(shop.till.credited(7).len(), before);
            } else if yes.is_ok() {
                shop.until("it is credited", async |shop| {
                    shop.till.credited(7).len() == before + 1
                })
                .await;
                // What is credited cannot be rejected.
                assert!(shop.payments.reject(&item.id, by("tarek")).await.is_err());
            } else {
                assert_eq!(state(&shop).await, "rejected");
                assert_eq!(shop.till.credited(7).len(), before);
            }
            for other in open_items(&shop).await {
                shop.payments.reject(&other.id, by("tarek")).await.unwrap();
            }
            assert!(shop.till.credited(8).is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_is_taken_back_and_the_money_still_goes_out_once() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "always").await;
        let open = shop.payments.reopen(&item.id, by("mona")).await;
        assert!(matches!(open, Err(ReviewError::NotRejected)), "{open:?}");
        shop.payments.reject(&item.id, by("tarek")).await.unwrap();
        assert_eq!(shop.check(&asks("7", "502.5")).await["code"], "rejected");

        let silent = Decision {
            reason: " ".into(),
            ..by("tarek")
        };
        let unsaid = shop.payments.reopen(&item.id, silent).await;
        assert!(matches!(unsaid, Err(ReviewError::NoReason)), "{unsaid:?}");
        shop.payments.reopen(&item.id, by("tarek")).await.unwrap();
        assert_eq!(state(&shop).await, "held");
        assert_eq!(shop.check(&asks("7", "502.5")).await["code"], "held");
        assert_eq!(
            only_item(&shop, "always")
                .await
                .first
                .map(|vote| vote.actor),
            None
        );
        assert!(shop.till.credited(7).is_empty());

        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
        for _ in 0..2 {
            let late = shop.payments.reopen(&item.id, by("mona")).await;
            assert!(matches!(late, Err(ReviewError::NotRejected)), "{late:?}");
        }
        shop.hours(1).await;
        assert_eq!(shop.till.credited(7), [1_000]);
        let filter = AuditFilter {
            actor: Some("tarek".into()),
            ..AuditFilter::default()
        };
        let said = shop.payments.audit(&filter).await.unwrap();
        let events: Vec<_> = said.iter().map(|line| line.event.as_str()).collect();
        assert_eq!(events, ["reopened", "rejected"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_items_of_one_transfer_both_wait_again() {
    for db in TestDb::each().await {
        let more = "hold = \"always\"\nphone_binding = \"prove\"";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let items = open_items(&shop).await;
        assert_eq!(items.len(), 2);
        shop.payments
            .reject(&items[0].id, by("tarek"))
            .await
            .unwrap();
        assert!(open_items(&shop).await.is_empty());
        shop.payments
            .reopen(&items[1].id, by("mona"))
            .await
            .unwrap();
        assert_eq!(open_items(&shop).await.len(), 2);
        shop.payments
            .approve(&items[0].id, by("mona"))
            .await
            .unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_change_what_was_written_down() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        for change in [
            "UPDATE payment_audit SET detail = 'x'",
            "DELETE FROM payment_audit",
            "UPDATE payment_transfers SET phone = '+201111111111'",
            "UPDATE payment_transfers SET amount = 1",
            "UPDATE payment_messages SET body = 'x'",
        ] {
            let done = carry_out(&shop, change).await;
            assert!(done.is_err(), "{change}");
        }
        let events =
            "SELECT COUNT(*) FROM payment_audit WHERE event IN ('added', 'rate', 'received')";
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_audit").await,
            shop.count(events).await
        );
    }
}

async fn carry_out(shop: &Shop, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql)
        .execute(shop.store.pool())
        .await
        .map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_over_a_restart() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for amount in ["1", "2", "3", "4", "5"] {
            assert_eq!(shop.check(&asks("7", amount)).await["code"], "not_found");
        }
        let shop = shop.restarted(&db).await;
        let answer = shop.check(&asks("7", "6")).await;
        assert_eq!(
            (&answer["code"], &answer["requires_verification"]),
            (&json!("too_many"), &json!(true))
        );
        assert_eq!(shop.check(&asks("7", "3")).await["code"], "not_found");
        shop.clock.advance(Duration::from_secs(601));
        assert_eq!(shop.check(&asks("7", "6")).await["code"], "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_nobody_decides_ends_and_can_still_be_decided() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"\nhold_days = 3").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "always").await;
        assert_eq!(shop.payments.expire_holds().await.unwrap(), 0);
        shop.clock.advance(Duration::from_secs(3 * 24 * 3_600 + 1));
        assert_eq!(shop.payments.expire_holds().await.unwrap(), 1);
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(state(&shop).await, "held");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[1_000]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_identical_claims_at_once_make_one_credit_soon() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open(&db).await);
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let claims = (0..1_000).map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move {
                let begun = tokio::time::Instant::now();
                shop.check(&asks("7", "502.5")).await;
                begun.elapsed()
            })
        });
        let mut times: Vec<Duration> = futures_util::future::join_all(claims)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        times.sort();
        is_credited(&shop, 7, &[1_000]).await;
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 1);
        // Measured with care elsewhere; here it must not be out of all proportion, even on a busy machine.
        assert!(times[989] < Duration::from_secs(15), "p99 {:?}", times[989]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_with_another_story_is_put_before_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.deliver(NUMBER, PAYER, "9000").await;
        // The same news in other words is no news.
        let again = receipt(NUMBER, PAYER, "502.50").replace("14:26", "14:27");
        shop.deliver_text(&again, "2026-09-03T14:27:00+03:00").await;
        let item = only_item(&shop, "forged").await;
        assert_eq!(item.reason, "forged_repeat");
        assert!(item.transfer.is_none());
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.check(&asks("7", "502.5")).await;
        is_credited(&shop, 7, &[1_000]).await;
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            1
        );
    }
}

/// A phone that is known as somebody's: who else names it hears of nothing, not even when a hold ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_nothing_of_a_known_payer_s_transfer() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"\nhold_days = 3").await;
        shop.deliver(NUMBER, PAYER, "100.00").await;
        shop.check(&asks("7", "100")).await;
        let item = only_item(&shop, "binding").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[199]).await;
        assert!(shop.count("SELECT COUNT(*) FROM payment_bindings").await > 0);
        shop.check(&asks("7", "502.5")).await;
        assert_eq!(shop.check(&asks("8", "502.5")).await["code"], "not_found");
        shop.deliver("023123456790", PAYER, "502.50").await;
        assert_eq!(shop.check(&asks("7", "502.5")).await["code"], "held");
        assert_eq!(shop.check(&asks("8", "502.5")).await["code"], "not_found");
        shop.clock.advance(Duration::from_secs(3 * 24 * 3_600 + 1));
        shop.payments.expire_holds().await.unwrap();
        assert_eq!(shop.check(&asks("8", "502.5")).await["code"], "not_found");
    }
}

/// Of a phone that is known as somebody's: another who names it with any amount is not told that money came, and what
/// others ask in vain keeps its owner from nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_payer_s_phone_tells_nobody_else_and_is_locked_by_nobody() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"\nmisses_phone = 3").await;
        shop.deliver(NUMBER, PAYER, "100.00").await;
        shop.check(&asks("7", "100")).await;
        let item = only_item(&shop, "binding").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 7, &[199]).await;

        shop.till.invoice_of(12, 8, 1_000);
        let token = token_in(&shop.box_of(8, 12, "10.00").await);
        shop.post(Some(8), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver("023123456790", PAYER, "77.00").await;
        let page = shop.box_of(8, 12, "10.00").await;
        assert_eq!(crate::support::state_of(&page), "waiting");
        assert!(open_items(&shop).await.is_empty());

        for amount in ["1", "2", "3", "4"] {
            shop.check(&asks("8", amount)).await;
        }
        assert_eq!(shop.check(&asks("8", "5")).await["code"], "too_many");
        assert_eq!(shop.check(&asks("7", "77")).await["code"], "credited");
    }
}

/// Approving what repeats a number with another story would only bring it back.
#[tokio::test(flavor = "multi_thread")]
async fn another_story_of_the_same_number_can_only_be_rejected() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.deliver(NUMBER, PAYER, "9000").await;
        let item = only_item(&shop, "forged").await;
        assert_eq!(item.currency, "EGP");
        let approved = shop.payments.approve(&item.id, by("mona")).await;
        assert!(
            matches!(approved, Err(ReviewError::OnlyRejected)),
            "{approved:?}"
        );
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
    }
}

/// Who has seen a number need not have paid: the client who is known to pay from the phone, and says that he did, is
/// asked about as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_alone_passes_no_known_payer_over() {
    for first in [7, 8] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
            shop.deliver(NUMBER, PAYER, "100.50").await;
            shop.till.invoice_of(11, 7, 200);
            let token = token_in(&shop.box_of(7, 11, "2.00").await);
            let fields = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", NUMBER),
            ];
            shop.post(Some(7), &fields).await;
            is_credited(&shop, 7, &[200]).await;
            for client in [first, 15 - first] {
                let invoice = client + 20;
                shop.till.invoice_of(invoice, client, 1_000);
                let token = token_in(&shop.box_of(client, invoice, "10.00").await);
                let mut fields = vec![("token", token.as_str()), ("phone", PAYER)];
                if client == 8 {
                    fields = vec![
                        ("token", token.as_str()),
                        ("phone", "01198765432"),
                        ("transaction", "023123456790"),
                    ];
                }
                shop.post(Some(client), &fields).await;
            }
            shop.deliver("023123456790", PAYER, "502.50").await;
            let item = only_item(&shop, "contest").await;
            let mut clients: Vec<i64> = item.claims.iter().map(|claim| claim.client).collect();
            clients.sort_unstable();
            assert_eq!(clients, [7, 8]);
            let payer = item.claims.iter().find(|claim| claim.client == 7).unwrap();
            let decision = Decision {
                claim: Some(payer.id.clone()),
                ..by("mona")
            };
            shop.payments.approve(&item.id, decision).await.unwrap();
            is_credited(&shop, 7, &[200, 1_000]).await;
            assert!(shop.till.credited(8).is_empty());
        }
    }
}

/// Between a rejection and its being taken back others may claim the money, or give its number.
#[tokio::test(flavor = "multi_thread")]
async fn who_claimed_meanwhile_is_asked_about_after_a_rejection_is_taken_back() {
    for named in [false, true] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "hold = \"always\"").await;
            shop.check(&asks("7", "502.5")).await;
            shop.deliver(NUMBER, PAYER, "502.50").await;
            let item = only_item(&shop, "always").await;
            shop.payments.reject(&item.id, by("mona")).await.unwrap();
            if named {
                gives_number(&shop, 8, 12, NUMBER).await;
            } else {
                assert_eq!(shop.check(&asks("8", "502.5")).await["code"], "not_found");
            }
            shop.payments.reopen(&item.id, by("mona")).await.unwrap();
            let items = open_items(&shop).await;
            let item = items.iter().find(|item| item.kind == "contest").unwrap();
            assert_eq!(item.claims.len(), 2, "{item:?}");
            let answer = shop.payments.approve(&item.id, by("mona")).await;
            assert!(
                matches!(answer, Err(ReviewError::ChooseClaim)),
                "{answer:?}"
            );
        }
    }
}
