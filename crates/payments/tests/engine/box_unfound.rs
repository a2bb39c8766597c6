//! The payment box when the money is not found: nobody is asked to send again what he may have sent.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::time::Duration;

use serde_json::json;
use wharf_payments::setup::{StoreSetup, WalletSetup};
use wharf_store::testing::TestDb;

use crate::support::{PAYER, Shop, TRUSTING, cut, notice, state_of, token_anew, token_in};

const OTHER: &str = "01198765432";
const SEND: &str = "Send exactly this amount";

async fn page(shop: &Shop) -> String {
    shop.box_of(7, 12, "10.00").await
}

/// Sends one of the page's forms, and looks at the page that follows.
async fn say(shop: &Shop, token: &str, phone: &str, number: &str) -> String {
    let fields = [("token", token), ("phone", phone), ("transaction", number)];
    shop.post(Some(7), &fields).await;
    page(shop).await
}

async fn minutes(shop: &Shop, minutes: u64) -> String {
    shop.clock.advance(Duration::from_secs(minutes * 60));
    page(shop).await
}

async fn new_rate(shop: &Shop) {
    let setup: StoreSetup = toml::from_str(&format!(
        "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nrates = {{ USD = \"60\" }}\n{TRUSTING}"
    ))
    .unwrap();
    setup.apply(&shop.store).await.unwrap();
}

/// The number is asked for before anything is offered, which is folded away.
fn asks_for_the_number_first(page: &str) -> bool {
    let (told, anew) = page.split_once("<details class=\"wharf-anew\">").unwrap();
    told.contains("id=\"wharf-transaction\"")
        && !told.contains(SEND)
        && anew.contains(SEND)
        && anew.contains("id=\"wharf-claim-anew\"")
}

async fn until_paid(shop: &Shop) {
    shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
        .await;
    assert_eq!(shop.till.credited(7), [1_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_in_time_is_found_by_its_number_after_the_offer_s_end() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&page(&shop).await);
        // The number of another phone of his.
        shop.deliver("023123456789", OTHER, "502.50").await;
        minutes(&shop, 25).await;
        say(&shop, &token, PAYER, "").await;
        let expired = minutes(&shop, 6).await;
        assert_eq!(state_of(&expired), "expired");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&expired), @r"
        The offered rate has ended
        We still look for 502.50 EGP from 010****5432. If you sent it before 14:56 (Cairo time), you need not do anything. If you have not sent it yet, send the new amount below and tell us again.
        Look again
        "); }
        new_rate(&shop).await;
        let overdue = minutes(&shop, 6).await;
        // The page hears of it though its state stays.
        for (page, is_news) in [(&expired, true), (&overdue, false)] {
            let query = json!({ "status": token, "was": cut(page, "data-was=\"") });
            let params = json!({ "uid": 7, "method": "GET", "query": query });
            let told = shop.call("callback", params).await["json"].clone();
            assert_eq!(told["state"], "expired");
            assert_eq!(told["html"].is_string(), is_news);
        }
        assert_eq!(state_of(&overdue), "expired");
        assert!(notice(&overdue).contains("Do not send the money again."));
        assert!(asks_for_the_number_first(&overdue), "{overdue}");
        assert!(overdue.contains("placeholder=\"010****5432\""));
        // It counts as what it was sent for, whatever the rate is now.
        say(&shop, &token_in(&overdue), "", "023123456789").await;
        until_paid(&shop).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_found_in_the_claim_s_time_is_asked_for_the_number() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&page(&shop).await);
        shop.deliver("023123456789", OTHER, "502.50").await;
        say(&shop, &token, PAYER, "").await;
        new_rate(&shop).await;
        let unfound = minutes(&shop, 25 * 60).await;
        assert_eq!(state_of(&unfound), "unfound");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&unfound), @r"
        We did not find your transfer
        We did not find 502.50 EGP from 010****5432. If you sent it, give its transaction number below or contact support. Do not send the money again.
        Look again
        "); }
        assert!(asks_for_the_number_first(&unfound), "{unfound}");
        assert!(unfound.contains("name=\"transaction\" value=\"\" required"));

        let short = say(&shop, &token_in(&unfound), "", "56789").await;
        assert!(short.contains("Enter the whole transaction number"));
        assert_eq!(state_of(&short), "unfound");
        let wrong = say(&shop, &token_in(&unfound), "", "023123456780").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&wrong), @r"
        We did not find your transfer
        We look for the transaction number 023123456780 and have not found it yet. Compare it with your message, or contact support. Do not send the money again.
        Look again
        "); }
        say(&shop, &token_in(&wrong), "", "023123456789").await;
        until_paid(&shop).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_found_can_pay_anew() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = token_in(&page(&shop).await);
        say(&shop, &token, PAYER, "").await;
        let unfound = minutes(&shop, 25 * 60).await;
        let anew = token_anew(&unfound);
        // What is typed wrongly there is shown there.
        let wrong = say(&shop, &anew, "0109", "").await;
        assert_eq!(state_of(&wrong), "unfound");
        let (_, folded) = wrong
            .split_once("<details class=\"wharf-anew\" open>")
            .unwrap();
        assert!(folded.contains("id=\"wharf-phone-problem-anew\""));
        assert_eq!(cut(folded, "name=\"phone\" value=\""), "0109");
        let waiting = say(&shop, &anew, PAYER, "").await;
        assert_eq!(state_of(&waiting), "waiting");
        assert!(waiting.contains(SEND) && !waiting.contains("wharf-anew\""));
    }
}

/// After a month nobody is spoken to of it any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_found_is_forgotten_in_the_end() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    let token = token_in(&page(&shop).await);
    say(&shop, &token, PAYER, "").await;
    assert_eq!(state_of(&minutes(&shop, 30 * 24 * 60).await), "unfound");
    assert_eq!(state_of(&minutes(&shop, 25 * 60).await), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_silent_wallet_s_message_is_told_to_give_the_number() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let orange: WalletSetup = toml::from_str(
            "id = \"orange\"\nstore = \"nile\"\noperator = \"orange-cash\"\nnumber = \"01255554444\"",
        )
        .unwrap();
        let wallets = shop.payments.wallets();
        orange.apply(&shop.store, &wallets).await.unwrap();
        shop.serve("nile", "orange").await;
        let token = token_in(&page(&shop).await);
        let waiting = say(&shop, &token, PAYER, "").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&waiting), @r"
        Waiting for your transfer
        We look for 502.50 EGP from 010****5432. This usually takes less than a minute. If you sent it to Orange Cash, give the whole transaction number below: its messages do not say who sends.
        Look again
        "); }
        let given = say(&shop, &token, PAYER, "023123456789").await;
        assert!(!notice(&given).contains("Orange Cash"));
    }
}

/// His claim waited for a person, and somebody else has given the transfer's number: he is not told to send once more.
#[tokio::test(flavor = "multi_thread")]
async fn whose_transfer_goes_to_another_while_a_person_is_asked_does_not_send_again() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"first_payment\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&page(&shop).await);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let held = say(&shop, &token, PAYER, "").await;
        assert_eq!(state_of(&held), "held");
        shop.till.invoice_of(13, 8, 1_000);
        let other = token_in(&shop.box_of(8, 13, "10.00").await);
        let named = [
            ("token", other.as_str()),
            ("phone", OTHER),
            ("transaction", "023123456789"),
        ];
        shop.post(Some(8), &named).await;
        let after = page(&shop).await;
        assert_eq!(state_of(&after), "unfound");
        assert!(asks_for_the_number_first(&after), "{after}");
    }
}
