//! The payment box: what the customer sees and may do.

use crate::support::{PAYER, Shop, WALLET, cut, dashboard, state_of, token_in};
use serde_json::json;
use wharf_payments::setup::WalletSetup;
use wharf_store::testing::TestDb;

/// The box without its style, script, picture and what changes with every run.
fn plain(page: &str) -> String {
    let mut text = page.to_owned();
    for (from, to) in [
        ("<style>", "</style>"),
        ("<script>", "</script>"),
        ("<svg", "</svg>"),
    ] {
        while let Some((before, rest)) = text.split_once(from) {
            let (_, after) = rest.split_once(to).unwrap_or_default();
            text = format!("{before}{after}");
        }
    }
    text.replace(cut(page, "data-quote=\""), "QUOTE")
        .replace(&token_in(page), "TOKEN")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offer_shows_amount_rate_and_wallet() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    let page = shop.box_of(7, 12, "10.00").await;
    insta::assert_snapshot!(plain(&page), @r#"
    <section class="wharf" id="wharf-payment" lang="en" dir="ltr" data-state="new" data-amount-egp-minor="50250" data-wallet="01012345678" data-quote="QUOTE" data-expires="1788436569000">

    <h3>Pay with Vodafone Cash</h3>
    <div id="wharf-live" role="status" aria-live="polite">
    </div>
    <div id="wharf-body">
    <div id="wharf-offer">
    <p class="wharf-step">Send exactly this amount from your wallet</p>
    <div class="wharf-send">
    <dl>
    <dt>Amount to send</dt><dd class="wharf-amount"><span><bdi id="wharf-amount">502.50</bdi> EGP</span> <button type="button" class="wharf-copy" hidden data-copy="502.50" data-done="Copied" aria-label="Copy: Amount to send">Copy</button></dd>
    <dt>To the wallet number</dt><dd><span class="wharf-number" id="wharf-number">01012345678</span> <button type="button" class="wharf-copy" hidden data-copy="01012345678" data-done="Copied" aria-label="Copy: To the wallet number">Copy</button></dd>
    </dl>
    <div class="wharf-qr" role="img" aria-label="QR code of the wallet number"></div>
    </div>
    <dl class="wharf-terms">
    <dt>Invoice amount</dt><dd><bdi>10.00 USD</bdi></dd>
    <dt>Rate</dt><dd><bdi>1 USD = 50.25 EGP</bdi></dd>
    <dt>This rate holds until</dt><dd><bdi>14:56</bdi> (Cairo time)<span id="wharf-left" data-seconds="1800" data-left="{time} left" hidden></span></dd>
    </dl>
    </div>
    <div class="wharf-notice wharf-ended" id="wharf-expired" hidden>
    <strong>This rate has expired</strong>
    <p><a class="wharf-button" href="/viewinvoice.php?id=12">Get a new rate</a></p>
    </div>
    <p class="wharf-step">Tell us the number that you send it from, before or after you send it</p>
    <form id="wharf-claim" method="post" action="/modules/gateways/callback/wharf.php">
    <input type="hidden" name="token" value="TOKEN">
    <label for="wharf-phone">Your wallet number</label>
    <input type="tel" id="wharf-phone" name="phone" value="" required maxlength="40" autocomplete="tel" inputmode="tel" aria-describedby="wharf-phone-hint">
    <small id="wharf-phone-hint">The number that the money comes from, for example 01012345678</small>
    <label for="wharf-transaction">Transaction number (optional)</label>
    <input type="text" id="wharf-transaction" name="transaction" value="" maxlength="40" autocomplete="off" inputmode="numeric" aria-describedby="wharf-transaction-hint">
    <small id="wharf-transaction-hint">From your operator&#39;s message. The whole number proves that the money is yours, whatever else differs; its last 5 digits do if phone and amount are exactly as you sent them.</small>
    <button type="submit">Look for my transfer</button>
    </form>
    </div>

    </section>
    "#);
    assert!(page.contains("<svg"));
    // Looking again changes nothing.
    assert_eq!(
        cut(&shop.box_of(7, 12, "10.00").await, "data-quote=\""),
        cut(&page, "data-quote=\"")
    );
    assert_eq!(shop.count("SELECT COUNT(*) FROM payment_quotes").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_wrongly_is_shown_next_to_the_field() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        let answer = shop
            .post(
                Some(7),
                &[
                    ("token", &token),
                    ("phone", "0101<b>"),
                    ("transaction", "12"),
                ],
            )
            .await;
        assert_eq!(
            answer,
            json!({ "redirect": "viewinvoice.php?id=12#wharf-problem" })
        );
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(page.matches("id=\"wharf-problem\"").count(), 1);
        assert!(
            page.contains("id=\"wharf-phone-problem\"") && page.contains("aria-invalid=\"true\"")
        );
        assert_eq!(cut(&page, "name=\"phone\" value=\""), "0101&#60;b&#62;");
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
        shop.post(
            Some(7),
            &[("token", &token), ("phone", PAYER), ("transaction", "12")],
        )
        .await;
        assert!(
            shop.box_of(7, 12, "10.00")
                .await
                .contains("id=\"wharf-transaction-problem\"")
        );
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(state_of(&page), "waiting");
        assert!(
            !page.contains("wharf-problem\"")
                && page.contains("010****5432")
                && !page.contains(PAYER)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_others_are_refused() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let token = token_in(&shop.box_of(7, 12, "10.00").await);
        for (uid, token, status) in [
            (Some(8), token.as_str(), 403),
            (None, token.as_str(), 403),
            (Some(7), "forged", 400),
            (Some(7), "", 400),
            (Some(7), &token.replace('.', "A."), 400),
        ] {
            let answer = shop.post(uid, &[("token", token), ("phone", PAYER)]).await;
            assert_eq!(answer["status"], status);
            assert!(answer["html"].as_str().unwrap().contains("role=\"alert\""));
        }
        assert_eq!(shop.status(8, &token).await["status"], 403);
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
        shop.clock
            .advance(std::time::Duration::from_secs(25 * 3_600));
        assert_eq!(
            shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
                .await["status"],
            400
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_paid_says_so() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        assert!(shop.box_of(7, 12, "0.00").await.contains("nothing to pay"));
        assert!(shop.box_of(7, 12, "-5.00").await.contains("nothing to pay"));
        assert!(shop.box_of(7, 12, "x").await.contains("not available"));
        let asked = |currency: &str, store: &str| {
            json!({
                "invoiceid": "12", "amount": "10.00", "currency": currency, "store": store,
                "clientdetails": { "id": "7", "language": "arabic" },
            })
        };
        let none = shop.call("link", asked("GBP", "")).await["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            none.contains("dir=\"rtl\"") && none.contains("GBP"),
            "{none}"
        );
        assert!(
            shop.call("link", asked("USD", "other")).await["html"]
                .as_str()
                .unwrap()
                .contains("غير مفعلة")
        );
        let egp = shop.call("link", asked("EGP", "")).await["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(egp.contains("data-amount-egp-minor=\"1000\"") && egp.contains("lang=\"ar\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_converted_amount_is_not_taken_for_the_client_s() {
    let db = TestDb::sqlite();
    let shop = Shop::open(&db).await;
    let params = json!({
        "invoiceid": 12, "amount": "502.50", "currency": "EGP", "basecurrency": "USD", "basecurrencyamount": "10.00",
        "clientdetails": { "userid": 7 }, "systemurl": "https://shop.example.com/billing/",
    });
    let page = shop.call("link", params).await["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(page.contains("<bdi>10.00 USD</bdi>"), "{page}");
    assert_eq!(
        cut(&page, "method=\"post\" action=\""),
        "/billing/modules/gateways/callback/wharf.php"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_quote_is_made_anew_and_a_changed_due_too() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let first = cut(&shop.box_of(7, 12, "10.00").await, "data-quote=\"").to_owned();
        let other = cut(&shop.box_of(7, 12, "4.00").await, "data-quote=\"").to_owned();
        assert_ne!(first, other);
        shop.clock.advance(std::time::Duration::from_secs(31 * 60));
        assert_ne!(
            cut(&shop.box_of(7, 12, "10.00").await, "data-quote=\""),
            first
        );
    }
}

/// What is sent to a wallet whose messages no phone forwards would be seen by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_no_phone_forwards_is_not_offered() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let second: WalletSetup = toml::from_str(
            "id = \"ec1\"\nstore = \"nile\"\noperator = \"orange-cash\"\nnumber = \"01212345678\"",
        )
        .unwrap();
        let wallets = shop.payments.wallets();
        second.apply(&shop.store, &wallets).await.unwrap();
        let page = shop.box_of(7, 12, "10.00").await;
        assert!(page.contains("01012345678") && !page.contains("01212345678"));
        let page = dashboard(&shop).await;
        let told = "No phone forwards the messages of wallet ec1.";
        assert!(page.contains(told), "{page}");
        assert!(page.contains("no phone forwards it"), "{page}");
        assert!(page.contains("/staff/stores/nile/setup#phone"), "{page}");

        shop.payments.remove_device("phone1", "mona").await.unwrap();
        let page = shop.box_of(7, 12, "10.00").await;
        assert!(
            page.contains("This way to pay is not set up yet."),
            "{page}"
        );
    }
}

/// Nobody sends from our own wallets: it is the number that the page showed.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_number_is_refused_as_the_payer_s() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let off: WalletSetup = toml::from_str(
            "id = \"vf2\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"01055554444\"\nenabled = false",
        )
        .unwrap();
        let wallets = shop.payments.wallets();
        off.apply(&shop.store, &wallets).await.unwrap();
        for own in [WALLET, "+20 105 555 4444"] {
            let token = token_in(&shop.box_of(7, 12, "10.00").await);
            shop.post(Some(7), &[("token", &token), ("phone", own)])
                .await;
            let page = shop.box_of(7, 12, "10.00").await;
            assert!(page.contains("This is our number"), "{page}");
            assert!(page.contains("id=\"wharf-phone-problem\""));
            assert_eq!(cut(&page, "name=\"phone\" value=\""), own);
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
        // The public endpoint keeps to its contract.
        let asked = [
            ("store_id", "nile"),
            ("phone", WALLET),
            ("amount", "502.50"),
            ("client_id", "7"),
        ];
        assert_eq!(shop.check(&asked).await["code"], "not_found");
    }
}
