//! The transaction number that a customer adds while a person is waited for.

use serde_json::json;
use wharf_payments::views::ReviewFilter;
use wharf_store::testing::TestDb;

use crate::support::{PAYER, Shop, state_of, token_in};

const FIELD: &str = "name=\"transaction\"";
const UNPROVEN: &str = "The transfer that is being checked has another number.";
const BINDING: &str = "phone_binding = \"prove\"";

/// The client's page of the invoice.
async fn page(shop: &Shop, client: i64, invoice: i64) -> String {
    shop.box_of(client, invoice, "10.00").await
}

async fn claim(shop: &Shop, client: i64, invoice: i64) {
    shop.till.invoice_of(invoice, client, 1_000);
    let token = token_in(&page(shop, client, invoice).await);
    shop.post(Some(client), &[("token", &token), ("phone", PAYER)])
        .await;
}

/// Sends what the page of a claim that waits has a field for.
async fn prove(shop: &Shop, client: i64, invoice: i64, number: &str) -> String {
    let token = token_in(&page(shop, client, invoice).await);
    let back = shop
        .post(Some(client), &[("token", &token), ("transaction", number)])
        .await;
    assert_eq!(
        back,
        json!({ "redirect": format!("viewinvoice.php?id={invoice}") })
    );
    page(shop, client, invoice).await
}

async fn until_paid(shop: &Shop, invoice: i64) {
    shop.until("the invoice is paid", async |shop| {
        shop.till.is_paid(invoice)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_spares_the_first_payer_a_person() {
    for (number, db) in ["023123456789", "56789"]
        .into_iter()
        .cycle()
        .zip(TestDb::each().await)
    {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let held = page(&shop, 7, 12).await;
        assert_eq!(state_of(&held), "held");
        assert!(held.contains(FIELD) && !held.contains("name=\"phone\""));
        assert!(held.contains("Or tell us its transaction number"));
        assert!(!prove(&shop, 7, 12, " ").await.contains("role=\"alert\""));
        let short = prove(&shop, 7, 12, "6789").await;
        assert!(short.contains("or at least its last 5 digits"));
        let wrong = prove(&shop, 7, 12, "023123456780").await;
        assert!(wrong.contains(UNPROVEN), "{wrong}");
        assert_eq!(state_of(&wrong), "held");
        assert!(shop.till.credited(7).is_empty());
        prove(&shop, 7, 12, number).await;
        until_paid(&shop, 12).await;
        assert_eq!(shop.till.credited(7), [1_000]);
        let open = shop.payments.reviews(&ReviewFilter::default()).await;
        assert!(open.unwrap().is_empty(), "nobody is asked any more");
    }
}

/// Whose the phone is counts less than who has the number; but who has not learns nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_beats_another_s_phone() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        prove(&shop, 7, 12, "023123456789").await;
        until_paid(&shop, 12).await;

        claim(&shop, 8, 13).await;
        let waiting = page(&shop, 8, 13).await;
        shop.deliver("023123456790", PAYER, "502.50").await;
        let strip = |page: &str| {
            let (before, _) = page.split_once("<div id=\"wharf-body\">").unwrap();
            before.split_once("<style>").unwrap().1.to_owned()
        };
        assert_eq!(strip(&page(&shop, 8, 13).await), strip(&waiting));
        let wrong = prove(&shop, 8, 13, "023123456780").await;
        assert_eq!(strip(&wrong), strip(&waiting));
        assert!(!wrong.contains(UNPROVEN));
        prove(&shop, 8, 13, "023123456790").await;
        until_paid(&shop, 13).await;
        assert_eq!(shop.till.credited(8), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_decides_between_two_who_claim_the_same() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        claim(&shop, 7, 12).await;
        claim(&shop, 8, 13).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for (client, invoice) in [(7, 12), (8, 13)] {
            let held = page(&shop, client, invoice).await;
            assert_eq!(state_of(&held), "held");
            assert!(held.contains(FIELD));
        }
        prove(&shop, 8, 13, "023123456789").await;
        until_paid(&shop, 13).await;
        assert_eq!(state_of(&page(&shop, 7, 12).await), "waiting");
        assert!(shop.till.credited(7).is_empty());
        assert_eq!(shop.till.credited(8), [1_000]);
    }
}

/// Guesses count like claims that find nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_cannot_be_guessed() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, &format!("{BINDING}\nmisses_client = 3")).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for guess in ["11111", "22222", "33333"] {
            assert!(prove(&shop, 7, 12, guess).await.contains(UNPROVEN));
        }
        // What was said before tells nothing new.
        assert!(prove(&shop, 7, 12, "11111").await.contains(UNPROVEN));
        for guess in ["44444", "55555"] {
            assert!(prove(&shop, 7, 12, guess).await.contains("Too many tries"));
        }
        assert!(shop.till.credited(7).is_empty());
    }
}

/// Where the number would change nothing, it is not asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_could_not_help_is_not_asked_for() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(
            &db,
            &format!("{BINDING}\nhold = \"above\"\nhold_above = \"1\""),
        )
        .await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert!(page(&shop, 7, 12).await.contains(FIELD));
        let still = prove(&shop, 7, 12, "023123456789").await;
        assert_eq!(
            state_of(&still),
            "held",
            "the amount waits for a person all the same"
        );
        assert!(!still.contains(FIELD));
    }
}
