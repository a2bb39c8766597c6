//! Money that arrived is never left uncredited, and never credited twice, whatever WHMCS does meanwhile.

use std::time::Duration;

use crate::support::{Fault, PAYER, Shop, token_in, usd};
use serde_json::json;
use wharf_core::{Deadline, Money};
use wharf_store::journal::{Filter, State};
use wharf_store::testing::TestDb;
use wharf_whmcs::api::CreditRow;

const ID: &str = "023123456789";
const TOKEN: &str = "VodafoneCash payment - trans_id: 023123456789";

async fn claimed(shop: &Shop, client: i64, invoice: i64, transaction: &str) -> String {
    let token = token_in(&shop.box_of(client, invoice, "10.00").await);
    let fields = [
        ("token", token.as_str()),
        ("phone", PAYER),
        ("transaction", transaction),
    ];
    shop.post(Some(client), &fields).await;
    token
}

async fn checked(shop: &Shop) {
    let fields = [
        ("store_id", "nile"),
        ("phone", PAYER),
        ("amount", "502.50"),
        ("client_id", "7"),
    ];
    shop.check(&fields).await;
}

fn booked(shop: &Shop, client: i64, description: &str, amount: Money) -> i64 {
    shop.till.books(|books| {
        let id = i64::try_from(books.credits.len()).unwrap_or(0) + 1;
        let row = CreditRow {
            id,
            date: "2026-09-03".parse().ok(),
            description: description.to_owned(),
            amount,
            related: None,
        };
        books.credits.push((client, row));
        id
    })
}

async fn reason(shop: &Shop) -> String {
    sqlx::query_scalar("SELECT COALESCE(reason, '') FROM payment_transfers")
        .fetch_one(shop.store.pool())
        .await
        .unwrap_or_default()
}

async fn is_credited(shop: &Shop) -> bool {
    let credited =
        "SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited' AND reason IS NULL";
    shop.count(credited).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_or_a_wrong_set_up_of_hours_ends_in_one_credit() {
    let troubles = [
        (Fault::NotSent, "cannot be reached"),
        (Fault::LoseRequest, "no usable answer"),
        (Fault::Refuse("Invalid IP 203.0.113.9"), "203.0.113.9"),
        (
            Fault::Refuse("Invalid Permissions: API action \"x\" is not allowed"),
            "API role",
        ),
        (
            Fault::Refuse("Authentication Failed"),
            "identifier and secret",
        ),
    ];
    for (trouble, words) in troubles {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.till
                .books(|books| books.always = Some(trouble.clone()));
            // The claim check does not know the client's currency, so it needs WHMCS even for the terms.
            shop.deliver(ID, PAYER, "502.50").await;
            checked(&shop).await;
            shop.hours(2).await;
            assert!(shop.till.credited(7).is_empty());
            let why = reason(&shop).await;
            assert!(why.contains(words), "{trouble:?}: {why}");
            assert_eq!(
                shop.count("SELECT COUNT(*) FROM jobs WHERE state = 'failed'")
                    .await,
                0,
                "{trouble:?}"
            );

            shop.till.books(|books| books.always = None);
            shop.hours(1).await;
            shop.until("it is credited", is_credited).await;
            assert_eq!(shop.till.credited(7), [1_000], "{trouble:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_and_an_outage_of_hours_need_nobody() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.till.invoice_of(12, 7, 1_000);
            shop.till
                .books(|books| books.on_add.push_back(fault.clone()));
            claimed(&shop, 7, 12, "").await;
            shop.deliver(ID, PAYER, "502.50").await;
            shop.until("the call is out", async |shop| {
                shop.till.books(|books| books.add_credit_calls) == 1
            })
            .await;
            shop.till.books(|books| books.always = Some(Fault::NotSent));
            shop.hours(2).await;
            let held = Filter {
                state: Some(State::Held),
                ..Filter::default()
            };
            assert!(shop.store.journal().list(&held).await.unwrap().is_empty());

            shop.till.books(|books| books.always = None);
            shop.hours(1).await;
            shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
                .await;
            assert_eq!(shop.till.credited(7), [1_000]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_that_whmcs_has_already_is_found_and_not_added() {
    for description in [format!("{TOKEN} [b:nile/vf1]"), TOKEN.to_owned()] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            booked(&shop, 7, &description, usd(1_000));
            shop.till.invoice_of(12, 7, 1_000);
            claimed(&shop, 7, 12, "").await;
            shop.deliver(ID, PAYER, "502.50").await;
            shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
                .await;
            assert_eq!(shop.till.credited(7), [1_000]);
            assert_eq!(shop.till.books(|books| books.add_credit_calls), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_under_the_same_number_is_for_a_person() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let row = booked(&shop, 7, TOKEN, usd(900));
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, 7, 12, "").await;
        shop.deliver(ID, PAYER, "502.50").await;
        shop.until("it is held", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_transfers WHERE state = 'review' AND reason LIKE '%9.00 USD%'").await == 1
        })
        .await;
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 0);

        // The person takes the wrong credit out, while WHMCS is away for a moment.
        shop.till.books(|books| {
            books.credits.retain(|(_, known)| known.id != row);
            books.always = Some(Fault::Refuse("Invalid IP 203.0.113.9"));
        });
        let held = Filter {
            state: Some(State::Held),
            ..Filter::default()
        };
        let entries = shop.store.journal().list(&held).await.unwrap();
        let id = entries[0].id.clone();
        let soon = Deadline::after(Duration::from_millis(200));
        let _ = shop.store.journal().settle_now(&id, soon).await;
        shop.hours(2).await;
        assert!(shop.till.credited(7).is_empty());
        shop.till.books(|books| books.always = None);
        shop.hours(1).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_neither_credits_nor_spends_again() {
    for (db, restored) in TestDb::each().await.into_iter().zip(TestDb::each().await) {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, 7, 12, ID).await;
        shop.deliver(ID, PAYER, "400").await;
        shop.until("a part is paid", async |shop| {
            shop.till.books(|books| books.apply_credit_calls) == 1
        })
        .await;
        let till = shop.till.clone();
        drop(shop);
        // Money of the client that has nothing to do with it.
        let shop = Shop::open_at(&restored, till, "").await;
        booked(&shop, 7, "Add Funds", usd(500));
        let token = claimed(&shop, 7, 12, ID).await;
        shop.deliver(ID, PAYER, "400").await;
        shop.until("a part is paid", async |shop| {
            shop.status(7, &token).await["json"]["state"] == json!("partial")
        })
        .await;
        assert_eq!(shop.till.credited(7), [796, 500]);
        assert_eq!(
            shop.till
                .books(|books| (books.add_credit_calls, books.apply_credit_calls)),
            (1, 1)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_takes_up_money_whose_job_is_gone() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| books.always = Some(Fault::NotSent));
        shop.deliver(ID, PAYER, "502.50").await;
        checked(&shop).await;
        shop.until("the job waits", async |shop| {
            let waits = "SELECT COUNT(*) FROM jobs WHERE state = 'ready' AND attempt > 0";
            shop.count(waits).await == 1
        })
        .await;
        sqlx::query("UPDATE jobs SET state = 'failed', dedupe_key = NULL")
            .execute(shop.store.pool())
            .await
            .unwrap();
        shop.till.books(|books| books.always = None);
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty(), "nobody knows of it");
        assert_eq!(shop.payments.take_up().await.unwrap(), 1);
        // A second look, however far the first has come, credits nothing more.
        shop.payments.take_up().await.unwrap();
        shop.until("it is credited", is_credited).await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(shop.payments.take_up().await.unwrap(), 0);
    }
}
