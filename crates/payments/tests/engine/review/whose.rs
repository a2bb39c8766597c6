//! Whose a transfer is: what an approval, last digits, or an uncertain credit say of it, and at which rate.

use std::time::Duration;

use crate::support::{Fault, PAYER, Shop, TRUSTING, by, token_in};
use wharf_payments::setup::StoreSetup;
use wharf_payments::views::ClaimFilter;
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, gives_number, is_credited, only_item, open_items, state};

/// The approval named a client whom WHMCS does not have: who claims the money next is a stranger as well.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_serves_no_other_client() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
        shop.till.books(|books| books.nobody.push(99));
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("99", "502.5")).await;
        let item = only_item(&shop, "binding").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is free again", async |shop| {
            state(shop).await == "received"
        })
        .await;
        assert_eq!(shop.check(&asks("8", "502.5")).await["code"], "held");
        let item = only_item(&shop, "binding").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 8, &[1_000]).await;
    }
}

/// Last digits prove no more than the whole number does.
#[tokio::test(flavor = "multi_thread")]
async fn last_digits_do_not_pass_over_who_is_known_to_pay() {
    for db in TestDb::each().await {
        let more = "phone_binding = \"prove\"\nclients_per_phone = 2";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        gives_number(&shop, 7, 12, NUMBER).await;
        is_credited(&shop, 7, &[1_000]).await;
        shop.check(&asks("7", "100.5")).await;
        shop.till.invoice_of(13, 8, 200);
        let token = token_in(&shop.box_of(8, 13, "2.00").await);
        let fields = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", "56790"),
        ];
        shop.post(Some(8), &fields).await;
        shop.deliver("023123456790", PAYER, "100.50").await;
        let item = only_item(&shop, "contest").await;
        let clients: Vec<i64> = item.claims.iter().map(|claim| claim.client).collect();
        assert!(clients.contains(&7) && clients.contains(&8), "{clients:?}");
    }
}

/// Whether WHMCS has booked it is asked about: the money is this claim's, whatever else its customer says.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_credit_is_uncertain_keeps_its_transfer() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let says = async |number: &[(&str, &str)]| {
            let fields = [("token", token.as_str()), ("phone", PAYER)];
            shop.post(Some(7), &[&fields, number].concat()).await
        };
        says(&[]).await;
        shop.till.books(|books| {
            books.on_add.push_back(Fault::LoseAnswer);
            books.forbidden.push("GetCredits");
        });
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.until("a person is asked", async |shop| {
            shop.clock.advance(Duration::from_secs(5));
            state(shop).await == "review"
        })
        .await;
        says(&[("transaction", "456789")]).await;
        let claims = shop.payments.claims(&ClaimFilter::default()).await.unwrap();
        let of: Vec<_> = claims
            .iter()
            .map(|claim| claim.transfer.is_some())
            .collect();
        assert_eq!(of, [true]);
    }
}

/// A phone whose clock stands years back tells what it got a minute ago: the customer was told what it is worth.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_s_clock_changes_no_rate() {
    let undated = "You have received EGP 502.50 from 01098765432 in your Vodafone Cash wallet. Transaction ID: ";
    for db in TestDb::each().await {
        for (number, at, quoted) in [
            ("017555666771", "2020-01-01T10:00:00+02:00", true),
            ("017555666772", "2020-01-01T10:00:00+02:00", false),
            ("017555666773", "2026-09-12T20:00:00+03:00", true),
        ] {
            let shop = Shop::open(&db).await;
            shop.clock.advance(Duration::from_secs(10 * 24 * 3_600));
            let dearer = format!(
                "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\n\
                 rates = {{ USD = \"100.50\" }}\n{TRUSTING}"
            );
            let dearer: StoreSetup = toml::from_str(&dearer).unwrap();
            dearer.apply(&shop.store).await.unwrap();
            shop.clock.advance(Duration::from_secs(3_600));
            if quoted {
                shop.till.invoice_of(12, 7, 500);
                let token = token_in(&shop.box_of(7, 12, "5.00").await);
                let fields = [("token", token.as_str()), ("phone", PAYER)];
                shop.post(Some(7), &fields).await;
            } else {
                shop.check(&asks("7", "502.5")).await;
            }
            shop.clock.advance(Duration::from_secs(60));
            shop.deliver_text(&format!("{undated}{number}"), at).await;
            for item in open_items(&shop).await {
                shop.payments.approve(&item.id, by("mona")).await.unwrap();
            }
            is_credited(&shop, 7, &[500]).await;
            for table in ["payment_messages", "payment_transfers", "payment_claims"] {
                let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
                sqlx::query(sql).execute(shop.store.pool()).await.unwrap();
            }
            sqlx::query("DELETE FROM payment_rates")
                .execute(shop.store.pool())
                .await
                .unwrap();
        }
    }
}

/// A stranger claims the money first, and somebody says that it is not his: who has paid it is put before a person too,
/// however often others claim it.
#[tokio::test(flavor = "multi_thread")]
async fn whose_money_was_rejected_as_a_stranger_s_claims_it_all_the_same() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
        shop.check(&asks("66", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let stranger = only_item(&shop, "binding").await;
        shop.payments
            .reject(&stranger.id, by("mona"))
            .await
            .unwrap();
        assert_eq!(state(&shop).await, "rejected");
        // The same again is no news.
        shop.clock.advance(Duration::from_secs(60));
        shop.check(&asks("66", "502.5")).await;
        assert!(open_items(&shop).await.is_empty());

        shop.clock.advance(Duration::from_secs(60));
        let told = shop.check(&asks("7", "502.5")).await;
        assert_eq!(told["code"], "held", "{told}");
        let item = open_items(&shop)
            .await
            .into_iter()
            .find(|item| item.kind == "contest")
            .unwrap();
        assert_eq!(item.reason, "contest_again");
        assert!(item.reason_en.contains("#7"), "{}", item.reason_en);
        assert!(shop.till.credited(7).is_empty());
        // Rejected once more, and claimed by number from another phone.
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.clock.advance(Duration::from_secs(60));
        gives_number(&shop, 8, 12, NUMBER).await;
        let item = only_item(&shop, "contest").await;
        shop.hours(1).await;
        assert!(shop.till.credited(8).is_empty());
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        is_credited(&shop, 8, &[1_000]).await;
        assert!(shop.till.credited(7).is_empty() && shop.till.credited(66).is_empty());
    }
}

/// As much was agreed as did not come, by a stranger: the payer's own claim is asked about.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_difference_is_not_the_payer_s() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        // The same client again is no other one.
        let again = async |shop: &Shop| {
            let token = token_in(&shop.box_of(66, 12, "10.00").await);
            let number = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", NUMBER),
            ];
            shop.post(Some(66), &number).await;
            assert!(open_items(shop).await.is_empty());
        };
        shop.till.invoice_of(12, 66, 1_000);
        let token = token_in(&shop.box_of(66, 12, "10.00").await);
        shop.post(Some(66), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver(NUMBER, PAYER, "300.00").await;
        let item = only_item(&shop, "differs").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.clock.advance(Duration::from_secs(60));
        again(&shop).await;
        assert_eq!(shop.check(&asks("7", "300")).await["code"], "held");
        let item = only_item(&shop, "contest").await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is credited", async |shop| {
            !shop.till.credited(7).is_empty()
        })
        .await;
    }
}

/// What speaks against the message itself stays rejected, whoever claims it.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_rejected_is_claimed_by_nobody() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"\nceiling_transfer = \"300\"").await;
        shop.check(&asks("66", "502.5")).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let items = open_items(&shop).await;
        let item = items.iter().find(|item| item.kind == "always").unwrap();
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.clock.advance(Duration::from_secs(60));
        shop.check(&asks("7", "502.5")).await;
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(state(&shop).await, "rejected");
    }
}

const TAKEN_BACK: &str = "تم استرداد مبلغ 502.50 جنيه من محفظتك";

/// The stranger's claim is rejected, and the payer's waits for a person: news that names no transfer, and that somebody says
/// is about another one, is not that person's word.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_reversal_is_no_word_on_whose_it_is() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        rejected_as_a_stranger_s(&shop).await;
        gives_number(&shop, 8, 12, NUMBER).await;
        assert_eq!(only_item(&shop, "contest").await.reason, "contest_again");
        shop.deliver_text(TAKEN_BACK, "2026-09-03T14:40:00+03:00")
            .await;
        let item = only_item(&shop, "reversal").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.hours(1).await;
        assert!(shop.till.credited(8).is_empty());
        let items = open_items(&shop).await;
        assert!(items.iter().any(|item| item.reason == "contest_again"));
    }
}

/// What was said of it while it was rejected is told with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_meanwhile_is_told_to_who_decides_again() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        rejected_as_a_stranger_s(&shop).await;
        shop.deliver_text(TAKEN_BACK, "2026-09-03T14:40:00+03:00")
            .await;
        gives_number(&shop, 8, 12, NUMBER).await;
        let items = open_items(&shop).await;
        let of_it = |item: &&wharf_payments::views::ReviewView| {
            item.kind == "reversal" && item.transfer.is_some()
        };
        let reversal = items.iter().find(of_it).unwrap();
        // It is gone: nobody is asked about it any more, whoever claims it.
        shop.payments
            .approve(&reversal.id, by("mona"))
            .await
            .unwrap();
        for (client, invoice) in [("8", 20), ("9", 21)] {
            shop.clock.advance(Duration::from_secs(120));
            shop.check(&asks(client, "502.5")).await;
            gives_number(&shop, client.parse().unwrap(), invoice, NUMBER).await;
        }
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(state(&shop).await, "rejected");
    }
}

/// Client after client claims it: people are asked a few times, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_one_transfer_without_end() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        rejected_as_a_stranger_s(&shop).await;
        let mut asked = 0;
        for clients in [
            ["101", "102"],
            ["103", "104"],
            ["105", "106"],
            ["107", "108"],
        ] {
            shop.clock.advance(Duration::from_secs(700));
            for client in clients {
                shop.check(&asks(client, "502.5")).await;
            }
            for item in open_items(&shop).await {
                shop.payments.reject(&item.id, by("mona")).await.unwrap();
                asked += 1;
            }
        }
        assert_eq!(asked, 3);
    }
}

/// A transfer that a person has rejected because of who claimed it.
async fn rejected_as_a_stranger_s(shop: &Shop) {
    shop.check(&asks("66", "502.5")).await;
    shop.check(&asks("67", "502.5")).await;
    shop.deliver(NUMBER, PAYER, "502.50").await;
    let item = only_item(shop, "contest").await;
    shop.payments.reject(&item.id, by("mona")).await.unwrap();
    shop.clock.advance(Duration::from_secs(60));
}
