//! From claim and message to one credit and a paid invoice, also when answers are lost.

use std::sync::Arc;

use crate::support::{self, Fault, PAYER, Shop, state_of, token_in};
use futures_util::future::join_all;
use serde_json::json;
use wharf_payments::IntakeOutcome;
use wharf_store::testing::TestDb;

async fn claimed(shop: &Shop, client: i64, invoice: i64) -> String {
    shop.till.invoice_of(invoice, client, 1_000);
    let page = shop.box_of(client, invoice, "10.00").await;
    let token = token_in(&page);
    let answer = shop
        .post(Some(client), &[("token", &token), ("phone", PAYER)])
        .await;
    assert_eq!(
        answer,
        json!({ "redirect": format!("viewinvoice.php?id={invoice}#wharf-payment") })
    );
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_and_its_message_pay_the_invoice() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = claimed(&shop, 7, 12).await;
        assert_eq!(
            shop.status(7, &token).await["json"],
            json!({ "state": "waiting", "credited": null, "paid": false, "reload": false, "html": null })
        );
        assert_eq!(
            shop.deliver("023123456789", PAYER, "502.50").await,
            IntakeOutcome::Accepted
        );
        shop.until("the invoice is paid", async |shop| {
            shop.status(7, &token).await["json"]["state"] == "paid"
        })
        .await;
        assert_eq!(
            shop.status(7, &token).await["json"],
            json!({ "state": "paid", "credited": "10.00 USD", "paid": true, "reload": true, "html": null })
        );
        assert_eq!(shop.till.credited(7), [1_000]);
        assert!(shop.till.is_paid(12));
        let description = shop
            .till
            .books(|books| books.credits[0].1.description.clone());
        assert_eq!(
            description,
            "VodafoneCash payment - trans_id: 023123456789 [b:nile/vf1]"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_may_come_first() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        claimed(&shop, 7, 12).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_claims_and_fifty_deliveries_at_once_make_one_credit() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open(&db).await);
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let claims = (0..50).map(|_| {
            let (shop, token) = (shop.clone(), token.clone());
            tokio::spawn(async move {
                shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
                    .await
            })
        });
        let deliveries = (0..50).map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.deliver("023123456789", PAYER, "502.50").await })
        });
        let (claims, deliveries) = tokio::join!(join_all(claims), join_all(deliveries));
        for answer in claims {
            assert_eq!(
                answer.unwrap(),
                json!({ "redirect": "viewinvoice.php?id=12#wharf-payment" })
            );
        }
        for outcome in deliveries {
            assert_eq!(outcome.unwrap(), IntakeOutcome::Accepted);
        }
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        shop.until("all jobs are done", async |shop| {
            shop.count("SELECT COUNT(*) FROM jobs WHERE state IN ('ready', 'running')")
                .await
                == 0
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(
            shop.till
                .books(|books| (books.add_credit_calls, books.apply_credit_calls)),
            (1, 1)
        );
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 1);
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_messages").await, 1);
        assert_eq!(
            shop.count("SELECT deliveries FROM payment_messages").await,
            50
        );
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_transfers").await,
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_add_credit_is_looked_up_and_never_repeated() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseAnswer));
        claimed(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_request_is_sent_again_only_after_the_store_s_pause() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_add.push_back(Fault::LoseRequest));
        claimed(&shop, 7, 12).await;
        let before = shop.clock.now_ms();
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert!(
            shop.clock.now_ms() - before >= 2_000,
            "sent again too early"
        );
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_apply_credit_spends_once() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.on_apply.push_back(Fault::LoseAnswer));
        let token = claimed(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("it is paid", async |shop| {
            shop.status(7, &token).await["json"]["paid"] == true
        })
        .await;
        assert_eq!(shop.till.books(|books| books.apply_credit_calls), 1);
        assert_eq!(
            shop.till.books(|books| books
                .credits
                .iter()
                .map(|(_, row)| row.amount.minor)
                .collect::<Vec<_>>()),
            [1_000, -1_000]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_address_waits_for_the_mend_and_then_goes_on() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| {
            books
                .on_add
                .push_back(Fault::Refuse("Invalid IP 203.0.113.9"))
        });
        claimed(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the transfer is blocked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE state = 'blocked' AND reason LIKE '%203.0.113.9%'").await == 1
        })
        .await;
        assert_eq!(state_of(&shop.box_of(7, 12, "10.00").await), "crediting");
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_the_call_out_settles_first() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        claimed(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        // As if the daemon had died with AddCredit out, and nothing after it had been written.
        sqlx::query("UPDATE effects SET state = 'performing', result = NULL WHERE kind = 'payments.add_credit'")
            .execute(shop.store.pool())
            .await
            .unwrap();
        sqlx::query("UPDATE payment_transfers SET state = 'matched'")
            .execute(shop.store.pool())
            .await
            .unwrap();
        let shop = shop.restarted(&db).await;
        shop.until("it is credited again in our books", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_who_claim_one_transfer_are_held() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let first = claimed(&shop, 7, 12).await;
        let second = claimed(&shop, 8, 13).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(shop.status(7, &first).await["json"]["state"], "held");
        assert_eq!(shop.status(8, &second).await["json"]["state"], "held");
        assert!(shop.till.credited(7).is_empty() && shop.till.credited(8).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_waits_for_the_number_and_then_pays_a_part() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = claimed(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "400").await;
        assert_eq!(shop.status(7, &token).await["json"]["state"], "differs");
        assert!(shop.till.credited(7).is_empty());
        let wrong = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", "023123456780"),
        ];
        shop.post(Some(7), &wrong).await;
        assert_eq!(shop.status(7, &token).await["json"]["state"], "differs");
        let right = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", "٠٢٣١٢٣٤٥٦٧٨٩"),
        ];
        shop.post(Some(7), &right).await;
        shop.until("a part is paid", async |shop| {
            shop.status(7, &token).await["json"]["state"] == "partial"
        })
        .await;
        // 400 / 50.25 = 7.960…, rounded down.
        assert_eq!(shop.till.credited(7), [796]);
        let page = shop.box_of(7, 12, "2.04").await;
        assert_eq!(state_of(&page), "partial");
        assert!(page.contains("data-amount-egp-minor=\"10251\""), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_due_stays_on_the_account() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = claimed(&shop, 7, 12).await;
        shop.post(
            Some(7),
            &[
                ("token", &token),
                ("phone", PAYER),
                ("transaction", "023123456789"),
            ],
        )
        .await;
        shop.deliver("023123456789", PAYER, "1005").await;
        shop.until("the invoice is paid", async |shop| {
            shop.status(7, &token).await["json"]["paid"] == true
        })
        .await;
        assert_eq!(shop.till.credited(7), [2_000]);
        let spent = shop
            .till
            .books(|books| books.credits.iter().map(|(_, row)| row.amount.minor).min());
        assert_eq!(spent, Some(-1_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quote_s_rate_counts_until_it_expires() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = claimed(&shop, 7, 12).await;
        let dearer = format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nrates = {{ USD = \"60\" }}\n{}",
            support::TRUSTING
        );
        shop.clock.advance(std::time::Duration::from_secs(60));
        toml::from_str::<wharf_payments::setup::StoreSetup>(&dearer)
            .unwrap()
            .apply(&shop.store)
            .await
            .unwrap();
        shop.clock.advance(std::time::Duration::from_secs(40 * 60));
        let late = support::receipt("023123456789", PAYER, "502.50").replace("14:26", "15:06");
        shop.deliver_text(&late, "2026-09-03T15:07:00+03:00").await;
        shop.until("it is credited", async |shop| {
            !shop.till.credited(7).is_empty()
        })
        .await;
        // 502.50 / 60 = 8.375
        assert_eq!(shop.till.credited(7), [837]);
        shop.until("it is used", async |shop| {
            shop.status(7, &token).await["json"]["state"] == "late"
        })
        .await;
    }
}
