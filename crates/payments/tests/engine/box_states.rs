//! The payment box while money is on its way, and when it is not the money that was agreed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

use std::time::Duration;

use crate::support::{self, PAYER, Shop, cut, notice, state_of, token_in};
use serde_json::{Value, json};
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::views::{Decision, ReviewFilter, Seen};
use wharf_store::testing::TestDb;

async fn claimed(shop: &Shop, more: &[(&str, &str)]) -> String {
    let token = token_in(&shop.box_of(7, 12, "10.00").await);
    let mut fields = vec![("token", token.as_str()), ("phone", PAYER)];
    fields.extend_from_slice(more);
    let answer = shop.post(Some(7), &fields).await;
    assert_eq!(
        answer,
        json!({ "redirect": "viewinvoice.php?id=12#wharf-payment" })
    );
    token
}

/// What the page's script is told, when the page shows `was`.
async fn asked(shop: &Shop, token: &str, was: &str) -> Value {
    let query = json!({ "status": token, "was": was });
    shop.call(
        "callback",
        json!({ "uid": 7, "method": "GET", "query": query }),
    )
    .await["json"]
        .clone()
}

async fn until_state(shop: &Shop, due: &str, state: &str) -> String {
    shop.until(state, async |shop| {
        state_of(&shop.box_of(7, 12, due).await) == state
    })
    .await;
    shop.box_of(7, 12, due).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_gets_a_new_box_only_where_something_changed() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = claimed(&shop, &[]).await;
        let same = asked(&shop, &token, "waiting").await;
        assert_eq!(
            same,
            json!({ "state": "waiting", "credited": null, "paid": false, "reload": false, "html": null })
        );
        let news = asked(&shop, &token, "new").await;
        let html = news["html"].as_str().unwrap();
        assert_eq!(state_of(html), "waiting");
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(cut(html, "action=\""), cut(&page, "action=\""));
        assert_eq!(cut(html, "data-quote=\""), cut(&page, "data-quote=\""));
        // Older scripts do not say what they show.
        let old = shop.status(7, &token).await;
        assert_eq!(
            (&old["json"]["state"], &old["json"]["html"]),
            (&json!("waiting"), &json!(null))
        );

        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("it is paid", async |shop| {
            asked(shop, &token, "waiting").await["paid"] == true
        })
        .await;
        let paid = asked(&shop, &token, "waiting").await;
        assert_eq!(
            (&paid["state"], &paid["credited"], &paid["reload"]),
            (&json!("paid"), &json!("10.00 USD"), &json!(true))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_long_and_an_offer_that_runs_out_say_what_to_do() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = claimed(&shop, &[]).await;
        let page = shop.box_of(7, 12, "10.00").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Waiting for your transfer
        We look for 502.50 EGP from 010****5432. This usually takes less than a minute.
        Look again
        "); }
        shop.clock.advance(Duration::from_secs(11 * 60));
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(state_of(&page), "overdue");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Still looking for your transfer
        We look for 502.50 EGP from 010****5432. It takes longer than usual: please compare amount and number with your operator&#39;s message, and correct them below or add the transaction number. Do not send the money again.
        Look again
        "); }
        let first = cut(&page, "data-quote=\"").to_owned();

        shop.clock.advance(Duration::from_secs(20 * 60));
        let setup: StoreSetup = toml::from_str(&format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nrates = {{ USD = \"60\" }}\n{}",
            support::TRUSTING
        ))
        .unwrap();
        setup.apply(&shop.store).await.unwrap();
        let told = asked(&shop, &token, "overdue").await;
        let page = told["html"].as_str().unwrap().to_owned();
        assert_eq!(state_of(&page), "expired");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Still looking for your transfer
        We look for 502.50 EGP from 010****5432. It takes longer than usual: please compare amount and number with your operator&#39;s message, and correct them below or add the transaction number. Do not send the money again. The offered rate has ended: if you have not sent anything yet, send the new amount below and tell us again.
        Look again
        "); }
        // The new offer is at the new rate.
        assert_ne!(cut(&page, "data-quote=\""), first);
        assert_eq!(cut(&page, "data-amount-egp-minor=\""), "60000");
        // What was sent at the old rate in time still pays, whenever its message comes.
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let page = until_state(&shop, "10.00", "paid").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Paid. Thank you!
        10.00 USD were credited and the invoice is paid.
        "); }
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_phones_are_not_the_customer_s_fault() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let ping = "{\"event\":\"system:ping\",\"payload\":{}}";
        let headers = support::signed(ping, &shop.clock);
        shop.receive(support::TOKEN, &headers, ping.as_bytes())
            .await;
        shop.clock.advance(Duration::from_secs(40 * 60));
        claimed(&shop, &[]).await;
        assert_eq!(state_of(&shop.box_of(7, 12, "10.00").await), "waiting");
        shop.clock.advance(Duration::from_secs(6 * 60));
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(state_of(&page), "delayed");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Messages are delayed
        Messages about transfers reach us late at the moment. If you have sent 502.50 EGP from 010****5432, you need not do anything: it is credited as soon as its message reaches us. Do not send the money again.
        Look again
        "); }
        let asked = [
            ("store_id", "nile"),
            ("phone", PAYER),
            ("amount", "77"),
            ("client_id", "8"),
        ];
        assert_eq!(shop.check(&asked).await["code"], "delayed");
        // The phone is back, with what it had kept.
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver("023123456789", PAYER, "502.50").await;
        until_state(&shop, "10.00", "paid").await;
        assert_eq!(shop.check(&asked).await["code"], "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_sent_late_counts_at_the_rate_of_its_time() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, &[]).await;
        shop.clock.advance(Duration::from_secs(40 * 60));
        let setup: StoreSetup = toml::from_str(&format!(
            "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\nsettle_after_seconds = 2\nrates = {{ USD = \"60\" }}\n{}",
            support::TRUSTING
        ))
        .unwrap();
        setup.apply(&shop.store).await.unwrap();
        shop.clock.advance(Duration::from_secs(10 * 60));
        let late = support::receipt("023123456789", PAYER, "502.50").replace("14:26", "15:16");
        shop.deliver_text(&late, "2026-09-03T15:16:05+03:00").await;
        let page = until_state(&shop, "1.63", "late").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        8.37 USD were credited
        Your transfer was sent after the offered rate had ended, so it counts at the rate of its time. It was used for this invoice. Please send the rest that is shown below.
        "); }
        assert_eq!(shop.till.credited(7), [837]);
        // What is left has an offer of its own.
        assert_eq!(cut(&page, "data-amount-egp-minor=\""), "9780");
        assert!(page.contains("<form id=\"wharf-claim\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn less_and_more_than_agreed_are_told_apart() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, &[("transaction", "0231 2345 6789")]).await;
        shop.deliver("023123456789", PAYER, "201.00").await;
        let page = until_state(&shop, "6.00", "partial").await;
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        4.00 USD were credited
        They were used for this invoice. Please send the rest that is shown below.
        "); }
        assert_eq!(cut(&page, "data-amount-egp-minor=\""), "30150");

        // The rest, and some more.
        let token = token_in(&page);
        shop.post(
            Some(7),
            &[
                ("token", &token),
                ("phone", PAYER),
                ("transaction", "023123456790"),
            ],
        )
        .await;
        shop.deliver("023123456790", PAYER, "402.00").await;
        shop.until("it is over", async |shop| {
            asked(shop, &token, "waiting").await["state"] == "over"
        })
        .await;
        let told = asked(&shop, &token, "waiting").await;
        assert_eq!(
            (&told["paid"], &told["reload"]),
            (&json!(true), &json!(true))
        );
        insta::allow_duplicates! { insta::assert_snapshot!(notice(told["html"].as_str().unwrap()), @r"
        Paid. Thank you!
        8.00 USD were credited and the invoice is paid. 2.00 USD stay on your balance for your next invoice.
        Show the invoice
        "); }
        assert_eq!(shop.till.credited(7), [400, 800]);
        assert!(shop.till.is_paid(12));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_corrects_a_claim_need_not_type_the_number_again() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        // The first time there is nothing to mean by it.
        shop.post(Some(7), &[("token", &token), ("phone", " ")])
            .await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
        claimed(&shop, &[]).await;
        shop.deliver("023123456789", PAYER, "201.00").await;
        let page = until_state(&shop, "10.00", "differs").await;
        assert!(page.contains("placeholder=\"010****5432\"") && !page.contains(PAYER));
        assert!(!page.contains("name=\"phone\" value=\"\" required"));
        // It was sent: nothing says to send it.
        assert!(!page.contains("Send exactly this amount") && !page.contains("class=\"wharf-qr\""));
        assert!(page.contains("Tell us the transaction number of what you sent"));
        assert!(page.contains("name=\"transaction\" value=\"\" required"));
        let token = token_in(&page);
        let fields = [
            ("token", token.as_str()),
            ("phone", ""),
            ("transaction", "023123456789"),
        ];
        shop.post(Some(7), &fields).await;
        until_state(&shop, "6.00", "partial").await;
        assert_eq!(shop.till.credited(7), [400]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_goes_on_or_ends_as_a_person_decides() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = claimed(&shop, &[]).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let told = asked(&shop, &token, "waiting").await;
        assert_eq!(
            (&told["state"], &told["reload"]),
            (&json!("held"), &json!(false))
        );
        let page = told["html"].as_str().unwrap();
        insta::allow_duplicates! { insta::assert_snapshot!(notice(page), @r"
        Your transfer is being checked
        We will credit it after approval. You need not do anything.
        Look again
        "); }
        assert!(!page.contains("<form id=\"wharf-claim\""));
        assert!(shop.till.credited(7).is_empty());
        decide(&shop, true).await;
        shop.until("it is paid", async |shop| {
            asked(shop, &token, "held").await["state"] == "paid"
        })
        .await;

        shop.till.invoice_of(13, 8, 1_000);
        let page = shop.box_of(8, 13, "10.00").await;
        let token = token_in(&page);
        let fields = [("token", token.as_str()), ("phone", "01198765432")];
        shop.post(Some(8), &fields).await;
        shop.deliver("023123456790", "01198765432", "502.50").await;
        assert_eq!(state_of(&shop.box_of(8, 13, "10.00").await), "held");
        decide(&shop, false).await;
        let page = shop.box_of(8, 13, "10.00").await;
        assert_eq!(state_of(&page), "rejected");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Your transfer was not accepted
        If you think that this is a mistake, please contact support.
        "); }
        assert!(shop.till.credited(8).is_empty());
    }
}

/// A person looks at all that waits.
async fn decide(shop: &Shop, approve: bool) {
    let open = shop
        .payments
        .reviews(&ReviewFilter::default())
        .await
        .unwrap();
    assert!(!open.is_empty());
    for review in open {
        let decision = Decision {
            actor: "mona".into(),
            reason: "looked".into(),
            claim: None,
            wallet: None,
            seen: Seen::Nothing,
        };
        if approve {
            shop.payments.approve(&review.id, decision).await.unwrap();
        } else {
            shop.payments.reject(&review.id, decision).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_wallets_are_all_offered() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let wallet: WalletSetup = toml::from_str(
            "id = \"a-second\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01055554444\"",
        )
        .unwrap();
        let wallets = shop.payments.wallets();
        wallet.apply(&shop.store, &wallets).await.unwrap();
        shop.serve("nile", "a-second").await;
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(
            page.matches("<details class=\"wharf-wallet\" name=\"wharf-wallet\"")
                .count(),
            2
        );
        assert_eq!(page.matches("name=\"wharf-wallet\" open>").count(), 1);
        assert_eq!(page.matches("<svg").count(), 2);
        for number in ["01055554444", support::WALLET] {
            assert!(
                page.contains(&format!("data-copy=\"{number}\"")),
                "{number}"
            );
        }
        assert_eq!(page.matches("id=\"wharf-number\"").count(), 1);
        assert!(page.contains("Pay with your mobile wallet"));

        let off: WalletSetup = toml::from_str(
            "id = \"a-second\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01055554444\"\nenabled = false",
        )
        .unwrap();
        off.apply(&shop.store, &wallets).await.unwrap();
        let page = shop.box_of(7, 12, "10.00").await;
        assert!(!page.contains("01055554444") && page.contains("Pay with Vodafone Cash"));
    }
}

/// Orange Cash tells no phone: without the number nothing would ever be found.
#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_tells_no_payer_asks_for_the_number_at_once() {
    let wallet = |id: &str, operator: &str, enabled: bool| -> WalletSetup {
        let number = if operator == "orange-cash" {
            "01255554444"
        } else {
            support::WALLET
        };
        toml::from_str(&format!(
            "id = \"{id}\"\nstore = \"nile\"\noperator = \"{operator}\"\nnumber = \"{number}\"\nenabled = {enabled}"
        ))
        .unwrap()
    };
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        let wallets = shop.payments.wallets();
        let orange = wallet("orange", "orange-cash", true);
        orange.apply(&shop.store, &wallets).await.unwrap();
        shop.serve("nile", "orange").await;
        let both = shop.box_of(7, 12, "10.00").await;
        assert!(both.contains("Transaction number (optional)"));
        assert!(both.contains("If you send to Orange Cash, give the whole number"));
        let off = wallet("vf1", "vodafone-cash", false);
        off.apply(&shop.store, &wallets).await.unwrap();
        let page = shop.box_of(7, 12, "10.00").await;
        assert!(page.contains("name=\"transaction\" value=\"\" required"));
        assert!(page.contains("After you have sent it") && !page.contains("(optional)"));
        let token = token_in(&page);
        for number in ["", "22333", "12"] {
            let fields = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", number),
            ];
            shop.post(Some(7), &fields).await;
            let page = shop.box_of(7, 12, "10.00").await;
            assert!(
                page.contains("Enter the whole transaction number"),
                "{number}"
            );
            assert!(page.contains("aria-invalid=\"true\""));
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
    }
}

/// The number of money that paid for something else is told to be used, and only to who paid with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_used_says_so() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, &[("transaction", "023123456789")]).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        for (client, invoice, told) in [(7, 13, true), (8, 14, false)] {
            let token = token_in(&shop.box_of(client, invoice, "10.00").await);
            let fields = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", "023123456789"),
            ];
            shop.post(Some(client), &fields).await;
            let page = shop.box_of(client, invoice, "10.00").await;
            assert_eq!(
                page.contains("The transfer with this number was used already"),
                told
            );
        }
    }
}

/// Some operators print small letters; people type as they like.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_letters_is_found_whichever_comes_first() {
    let receipt = |number: &str| {
        format!(
            "IPN transfer received with amount of EGP 502.50 on 7425 on 03/09 at 02:25 PM. Ref# {number}"
        )
    };
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let bank: WalletSetup = toml::from_str(
            "id = \"bank\"\nstore = \"nile\"\noperator = \"instapay-qnb\"\nnumber = \"01012345678\"",
        )
        .unwrap();
        bank.apply(&shop.store, &shop.payments.wallets())
            .await
            .unwrap();
        let phone: DeviceSetup = toml::from_str(&format!(
            "id = \"phone2\"\nstore = \"nile\"\ntoken = \"b-{}\"\nformat = \"generic\"\nwallets = [\"bank\"]",
            support::TOKEN
        ))
        .unwrap();
        phone.apply(&shop.store).await.unwrap();
        let deliver = async |number: &str| {
            let body = json!({ "from": "QNB", "text": receipt(number), "receivedAt": "2026-09-03T14:26:00+03:00" });
            let token = format!("b-{}", support::TOKEN);
            shop.receive(&token, &http::HeaderMap::new(), body.to_string().as_bytes())
                .await;
        };
        let claim = async |invoice: i64, number: &str| {
            shop.till.invoice_of(invoice, 7, 1_000);
            let token = token_in(&shop.box_of(7, invoice, "10.00").await);
            let fields = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", number),
            ];
            shop.post(Some(7), &fields).await;
        };
        deliver("4a36bb42").await;
        claim(12, "4A36 bb42").await;
        shop.until("the first is paid", async |shop| shop.till.is_paid(12))
            .await;
        claim(13, "facebeda").await;
        deliver("facebeda").await;
        shop.until("the second is paid", async |shop| shop.till.is_paid(13))
            .await;
        claim(14, "90FF1122").await;
        deliver("90FF1122").await;
        shop.until("the third is paid", async |shop| shop.till.is_paid(14))
            .await;
    }
}

/// After a rejection the same may be said again, of other money.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_turned_down_can_claim_again() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, &[]).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        decide(&shop, false).await;
        until_state(&shop, "10.00", "rejected").await;
        claimed(&shop, &[]).await;
        until_state(&shop, "10.00", "waiting").await;
        shop.deliver("023123456790", PAYER, "502.50").await;
        decide(&shop, true).await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// Nobody is asked to send again what was sent in time, however long the message takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_has_run_out_still_gets_what_was_sent_in_time() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "stale_hours = 72").await;
        shop.till.invoice_of(12, 7, 1_000);
        claimed(&shop, &[]).await;
        shop.clock.advance(Duration::from_secs(30 * 3_600));
        assert_eq!(state_of(&shop.box_of(7, 12, "10.00").await), "unfound");
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
    }
}

/// A store that only looks on, or has no wallet, takes nobody's payment box away.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_store_that_takes_no_payments_changes_nothing() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    let alone = async || {
        let params = json!({
            "invoiceid": 12, "amount": "10.00", "currency": "USD", "systemurl": "https://shop.example.com/",
            "clientdetails": { "userid": 7, "language": "english" },
        });
        let html = shop.call("link", params).await["html"].clone();
        state_of(html.as_str().unwrap_or_default()).to_owned()
    };
    assert_eq!(alone().await, "new");
    for more in ["mode = \"observe\"", ""] {
        let other: StoreSetup = toml::from_str(&format!(
            "id = \"other\"\nsite = \"main\"\nname = \"Other\"\n{more}"
        ))
        .unwrap();
        other.apply(&shop.store).await.unwrap();
        assert_eq!(alone().await, "new");
    }
}

/// e& money gives no transaction numbers: nobody is asked for one.
#[tokio::test(flavor = "multi_thread")]
async fn another_amount_without_a_number_is_for_a_person_alone() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "balance_check = false").await;
        shop.with_e_and_money().await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", "01112345678")])
            .await;
        let at = shop.clock.now_ms() - 1_000;
        shop.deliver_e_and("500", "1500.00", at).await;
        let page = until_state(&shop, "10.00", "differs").await;
        assert!(!page.contains("<form"), "{page}");
        insta::allow_duplicates! { insta::assert_snapshot!(notice(&page), @r"
        Another amount arrived
        A transfer came from 011****5678, but not of 502.50 EGP. We look at it, and what arrived is credited then: you need not do anything, and do not send the money again. If it takes long, contact support.
        Look again
        "); }
        let mut items = shop
            .payments
            .reviews(&ReviewFilter::default())
            .await
            .unwrap();
        let item = items.remove(0);
        assert_eq!((items.len(), item.kind.as_str()), (0, "differs"));
        shop.payments
            .approve(&item.id, support::by("mona"))
            .await
            .unwrap();
        until_state(&shop, "10.00", "partial").await;
    }
}
