//! The transaction number that a customer adds while a person is waited for.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use wharf_payments::setup::{StoreSetup, WalletSetup};
use wharf_payments::views::ReviewFilter;
use wharf_store::testing::TestDb;

use crate::support::{PAYER, Shop, by, state_of, token_in};

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
    let back = back["redirect"].as_str().unwrap();
    assert!(back.starts_with(&format!("viewinvoice.php?id={invoice}#wharf-")));
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
        let lost = page(&shop, 7, 12).await;
        assert_eq!(state_of(&lost), "unfound");
        assert!(lost.contains("give its transaction number below or contact support"));
        assert!(shop.till.credited(7).is_empty());
        assert_eq!(shop.till.credited(8), [1_000]);
        // He looks for it by a number that has not come.
        prove(&shop, 7, 12, "023123456755").await;
        let seeks = page(&shop, 7, 12).await;
        assert_eq!(state_of(&seeks), "unfound");
        assert!(seeks.contains("023123456755") && seeks.contains("Do not send the money again"));
        // Who pays anew waits for that.
        claim(&shop, 7, 12).await;
        assert_eq!(state_of(&page(&shop, 7, 12).await), "waiting");
        // His own money may have come, too.
        shop.deliver("023123456790", "01198765432", "502.50").await;
        prove(&shop, 7, 12, "023123456790").await;
        until_paid(&shop, 12).await;
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
        // Nor does the right one any more.
        for guess in ["44444", "56789", "023123456789"] {
            assert!(prove(&shop, 7, 12, guess).await.contains("Too many tries"));
        }
        assert_eq!(state_of(&page(&shop, 7, 12).await), "held");
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
        let held = page(&shop, 7, 12).await;
        assert_eq!(state_of(&held), "held");
        assert!(
            !held.contains(FIELD),
            "the amount waits for a person all the same"
        );
    }
}

/// Whose phone it is, is not told: what is typed there counts in the place of what was typed before, as anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn who_named_another_s_phone_can_correct_it() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        prove(&shop, 7, 12, "023123456789").await;
        until_paid(&shop, 12).await;

        shop.deliver("023123456790", PAYER, "502.50").await;
        claim(&shop, 8, 13).await;
        let item = |kind: &'static str| {
            let filter = ReviewFilter {
                kind: Some(kind.to_owned()),
                ..ReviewFilter::default()
            };
            let payments = shop.payments.clone();
            async move { payments.reviews(&filter).await.unwrap().len() }
        };
        assert_eq!(item("binding").await, 1);
        let token = token_in(&page(&shop, 8, 13).await);
        let own = "01198765432";
        shop.post(Some(8), &[("token", &token), ("phone", own)])
            .await;
        let page = page(&shop, 8, 13).await;
        assert_eq!(state_of(&page), "waiting");
        assert!(
            page.contains("011****5432"),
            "the new number is the one that is looked for"
        );
        assert_eq!(
            item("binding").await,
            0,
            "nobody is asked about the other one"
        );
        shop.deliver("023123456791", own, "502.50").await;
        assert_eq!(item("binding").await, 1);
        prove(&shop, 8, 13, "023123456791").await;
        until_paid(&shop, 13).await;
        assert_eq!(shop.till.credited(8), [1_000]);
    }
}

/// Two stores of one shop, each a way to pay the same invoice.
#[tokio::test(flavor = "multi_thread")]
async fn another_store_s_offer_and_hold_are_its_own() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        with_delta(&shop).await;
        claim(&shop, 7, 12).await;
        let nile = page(&shop, 7, 12).await;
        assert_eq!(state_of(&nile), "waiting");
        let delta = shop.box_at("delta", 7, 12, "10.00").await;
        assert_eq!(state_of(&delta), "new", "what nile waits for is nile's");
        assert!(delta.contains("data-amount-egp-minor=\"100000\""));
        // What was asked for at one is not claimed at the other.
        shop.post(Some(7), &[("token", &token_in(&delta)), ("phone", PAYER)])
            .await;
        let amounts = "SELECT COUNT(*) FROM payment_claims WHERE store = 'delta' AND amount = 100000 AND state = 'pending'";
        assert_eq!(shop.count(amounts).await, 1);
        let waits =
            "SELECT COUNT(*) FROM payment_claims WHERE store = 'nile' AND state = 'pending'";
        assert_eq!(
            shop.count(waits).await,
            1,
            "money may be on its way there, too"
        );

        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(state_of(&page(&shop, 7, 12).await), "held");
        let token = token_in(&shop.box_at("delta", 7, 12, "10.00").await);
        let fields = [("token", token.as_str()), ("transaction", "023123456789")];
        shop.post(Some(7), &fields).await;
        shop.hours(1).await;
        assert!(
            shop.till.credited(7).is_empty(),
            "nile decides about its own"
        );
        prove(&shop, 7, 12, "023123456789").await;
        until_paid(&shop, 12).await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

async fn with_delta(shop: &Shop) {
    let store: StoreSetup = toml::from_str(
        "id = \"delta\"\nsite = \"main\"\nname = \"Delta\"\nrates = { USD = \"100\" }\nhold = \"off\"\nphone_binding = \"off\"",
    )
    .unwrap();
    store.apply(&shop.store).await.unwrap();
    let wallet: WalletSetup = toml::from_str(
        "id = \"vf2\"\nstore = \"delta\"\noperator = \"vodafone-cash\"\nnumber = \"01012345679\"",
    )
    .unwrap();
    wallet
        .apply(&shop.store, &shop.payments.wallets())
        .await
        .unwrap();
    shop.serve("delta", "vf2").await;
}

/// The number of other money that has come: the phone was typed wrongly, and is a stranger's.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_other_money_is_taken_too() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(state_of(&page(&shop, 7, 12).await), "held");
        shop.deliver("023123456790", "01198765432", "502.50").await;
        prove(&shop, 7, 12, "023123456790").await;
        until_paid(&shop, 12).await;
        let free = "SELECT COUNT(*) FROM payment_transfers WHERE operator_id = '023123456789' AND state = 'received'";
        assert_eq!(
            shop.count(free).await,
            1,
            "nobody is asked about the stranger's"
        );
    }
}

/// A hold that nobody decided in time: the customer is told to ask, and his number still counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_expired_says_so_and_takes_the_number() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, &format!("{BINDING}\nhold_days = 3")).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.clock
            .advance(std::time::Duration::from_secs(3 * 24 * 3_600 + 1));
        assert_eq!(shop.payments.expire_holds().await.unwrap(), 1);
        let expired = page(&shop, 7, 12).await;
        assert_eq!(state_of(&expired), "held");
        assert!(
            expired.contains("It could not be checked in time. Give its transaction number below")
        );
        // Other money of his comes, and changes nothing about that.
        shop.deliver("023123456799", PAYER, "77.00").await;
        let binding =
            "SELECT COUNT(*) FROM payment_reviews WHERE kind = 'binding' AND state = 'open'";
        assert_eq!(shop.count(binding).await, 0);
        let still = page(&shop, 7, 12).await;
        assert!(still.contains("It could not be checked in time"));
        prove(&shop, 7, 12, "023123456789").await;
        until_paid(&shop, 12).await;
        assert_eq!(shop.count(binding).await, 0);
        let all = "SELECT COUNT(*) FROM payment_reviews WHERE kind = 'binding'";
        assert_eq!(shop.count(all).await, 1);
    }
}

/// Whether what to send, and where to, stands only under a fold of this name.
fn is_folded(page: &str, name: &str) -> bool {
    let (open, folded) = page
        .split_once(&format!("<summary>{name}</summary>"))
        .unwrap();
    let sends = |part: &str| part.contains("class=\"wharf-send");
    !sends(open) && sends(folded)
}

/// Who has waited for long may have sent it: the amount is folded away.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_waited_for_long_is_not_asked_to_send_at_once() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        let minutes = std::time::Duration::from_secs(12 * 60);
        shop.clock.advance(minutes);
        let overdue = page(&shop, 7, 12).await;
        assert_eq!(state_of(&overdue), "overdue");
        assert!(is_folded(&overdue, "I have not sent it yet: pay now"));
    }
}

/// The number of what a person has turned down is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_what_was_rejected_says_so() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, BINDING).await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let open = shop.payments.reviews(&ReviewFilter::default()).await;
        let decision = by("mona");
        let item = &open.unwrap()[0].id;
        shop.payments.reject(item, decision).await.unwrap();
        let rejected = page(&shop, 7, 12).await;
        assert!(is_folded(&rejected, "Pay anew"), "{rejected}");
        let token = token_in(&rejected);
        let fields = [
            ("token", token.as_str()),
            ("phone", PAYER),
            ("transaction", "023123456789"),
        ];
        shop.post(Some(7), &fields).await;
        let told = page(&shop, 7, 12).await;
        assert!(told.contains("The transfer with this number was not accepted"));
        assert_eq!(state_of(&told), "rejected");
    }
}

/// Who named the number of what the operator says was taken back is told that it is being looked at.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_what_may_be_gone_is_being_checked() {
    for approves in [true, false] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            shop.deliver("023123456789", PAYER, "502.50").await;
            let reversal = "تم استرداد مبلغ 502.50 جنيه من محفظتك بناء على شكوى المرسل. رقم العملية الأصلية: 023123456789";
            shop.deliver_text(reversal, "2026-09-03T14:40:00+03:00")
                .await;
            shop.till.invoice_of(12, 7, 1_000);
            let token = token_in(&page(&shop, 7, 12).await);
            let fields = [
                ("token", token.as_str()),
                ("phone", PAYER),
                ("transaction", "023123456789"),
            ];
            shop.post(Some(7), &fields).await;
            let told = page(&shop, 7, 12).await;
            assert_eq!(state_of(&told), "held");
            assert!(!told.contains(FIELD));
            let open = shop.payments.reviews(&ReviewFilter::default()).await;
            let decision = by("mona");
            let item = &open.unwrap()[0].id;
            if approves {
                shop.payments.approve(item, decision).await.unwrap();
                assert_eq!(state_of(&page(&shop, 7, 12).await), "reversed");
            } else {
                shop.payments.reject(item, decision).await.unwrap();
                until_paid(&shop, 12).await;
            }
            let credits: &[i64] = if approves { &[] } else { &[1_000] };
            assert_eq!(shop.till.credited(7), credits);
        }
    }
}

/// Where another amount has arrived, a wrong number changes nothing: the person is still asked, the customer still told.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_number_for_another_amount_loses_nothing() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "misses_client = 9").await;
        claim(&shop, 7, 12).await;
        shop.deliver("023123456789", PAYER, "100.50").await;
        for wrong in ["023123456788", "56788", "56789"] {
            let answer = prove(&shop, 7, 12, wrong).await;
            assert_eq!(state_of(&answer), "differs", "{wrong}: {answer}");
            assert!(answer.contains(UNPROVEN), "{wrong}: {answer}");
            let items = shop.payments.reviews(&ReviewFilter::default()).await;
            let kinds: Vec<String> = items.unwrap().into_iter().map(|item| item.kind).collect();
            assert_eq!(kinds, ["differs"], "{wrong}");
        }
        prove(&shop, 7, 12, "023123456789").await;
        shop.until("what arrived is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        let items = shop.payments.reviews(&ReviewFilter::default()).await;
        assert!(items.unwrap().is_empty());
    }
}
