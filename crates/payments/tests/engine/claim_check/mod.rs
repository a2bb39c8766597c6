//! The public compatibility API, answer by answer.

mod tries;
mod yes;

use crate::support::{self, Fault, PAYER, Shop, by, soon};
use serde_json::json;
use wharf_payments::pages::Language;
use wharf_payments::setup::StoreSetup;
use wharf_payments::views::ReviewFilter;
use wharf_payments::{Caller, Why};
use wharf_store::testing::TestDb;

const ASKED: [(&str, &str); 6] = [
    ("phone", PAYER),
    ("amount", "502.5"),
    ("user_name", "Mona El Sayed (7)"),
    ("store_id", "nile"),
    ("lang", "en"),
    ("client_id", "7"),
];

fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    ASKED
        .iter()
        .map(|field| {
            if field.0 == name {
                (name, value)
            } else {
                *field
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_gets_a_clear_answer_and_changes_nothing() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for (name, value, code) in [
            ("phone", "0101234567", "phone_invalid"),
            ("phone", "010****5432", "phone_invalid"),
            ("phone", "", "phone_invalid"),
            ("amount", "0", "amount_invalid"),
            ("amount", "-5", "amount_invalid"),
            ("amount", "1.0E+25", "amount_invalid"),
            ("amount", "1.005", "amount_invalid"),
            ("amount", "99999999", "amount_limits"),
            ("store_id", "other", "store_unknown"),
            ("client_id", "8", "client_invalid"),
            ("client_id", "0", "client_invalid"),
        ] {
            let answer = shop.check(&with(name, value)).await;
            assert_eq!(
                (&answer["status"], &answer["code"]),
                (&json!(false), &json!(code)),
                "{name}={value}"
            );
        }
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_before_the_message_waits_and_is_credited_when_it_comes() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "not_found",
          "message": "Your transfer has not arrived yet. Forwarding can take some minutes; it will be credited as soon as it arrives."
        }
        "#); }
        shop.deliver("023123456789", "٠١٠٩٨٧٦٥٤٣٢", "502.50").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "credited",
          "message": "10.00 USD were credited to your balance. You can apply them to your invoice there.",
          "transaction_id": "023123456789"
        }
        "#); }
        let answer = shop.check(&with("lang", "ar")).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "already_credited",
          "message": "تمت إضافة هذا التحويل إلى رصيدك من قبل.",
          "transaction_id": "023123456789"
        }
        "#); }
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_of_a_stranger_s_transfer() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let none = shop.check(&with("amount", "77")).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.check(&ASKED).await;
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        let mut stranger = with("client_id", "8");
        stranger.retain(|(name, _)| *name != "user_name");
        assert_eq!(shop.check(&stranger).await, none);
        stranger.retain(|(name, _)| *name != "amount");
        stranger.push(("amount", "501"));
        assert_eq!(shop.check(&stranger).await, none);
        assert!(shop.till.credited(8).is_empty());
    }
}

/// A client who is none gets no money, and nobody else is kept from it.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_nobody_claimed_is_free_for_who_sent_it() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.books(|books| books.nobody.push(9_999));
        shop.deliver("023123456789", PAYER, "502.50").await;
        let mut nobody = with("client_id", "9999");
        nobody.retain(|(name, _)| *name != "user_name");
        for _ in 0..2 {
            let told = shop.check(&nobody).await;
            assert_eq!(
                (&told["status"], &told["code"]),
                (&false.into(), &"rejected".into())
            );
        }
        let free =
            "SELECT COUNT(*) FROM payment_transfers WHERE state = 'received' AND client IS NULL";
        shop.until("it is free again", async |shop| shop.count(free).await == 1)
            .await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_bindings").await, 0);
        assert_eq!(shop.check(&ASKED).await["code"], "credited");
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_answer_is_unknown_the_credit_is_on_its_way() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till
            .books(|books| books.always = Some(Fault::Refuse("Invalid IP 203.0.113.9")));
        shop.deliver("023123456789", PAYER, "502.50").await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "on_its_way",
          "message": "Your transfer was received. The credit is on its way."
        }
        "#); }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_rate_is_exact() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "currency_label = \"عملة\"").await;
        let answer = shop.payments.rate("nile", Language::English).await.unwrap();
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": true,
          "rate": "50.25",
          "currency_label": "عملة"
        }
        "#); }
        assert!(
            shop.payments
                .rate("other", Language::English)
                .await
                .is_err()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_rate_is_that_of_the_labelled_currency() {
    for (rates, rate) in [
        ("USD = \"50.25\", AED = \"13.68\"", "50.25"),
        ("USDT = \"50.10\"", "50.10"),
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            let setup: StoreSetup = toml::from_str(&format!(
                "id = \"nile\"\nsite = \"main\"\nname = \"Nile\"\ncurrency_label = \"USDT\"\nrates = {{ {rates} }}"
            ))
            .unwrap();
            setup.apply(&shop.store).await.unwrap();
            let told = shop.payments.rate("nile", Language::English).await.unwrap();
            assert_eq!(
                (&told["rate"], &told["currency_label"]),
                (&json!(rate), &json!("USDT"))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_says_who_may_ask() {
    let caller = |source: &str, key: &str| Caller {
        source: source.parse().ok(),
        key: Some(key)
            .filter(|key| !key.is_empty())
            .map(wharf_core::Secret::new),
    };
    let asked: Vec<(String, String)> = with("lang", "ar")
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (rules, allowed, refused) in [
        (
            "check_sources = [\"203.0.113.0/28\", \"2001:db8::7\"]",
            vec![
                ("203.0.113.9", ""),
                ("2001:db8::7", ""),
                ("::ffff:203.0.113.9", ""),
            ],
            vec![("203.0.113.99", ""), ("", ""), ("2001:db8::8", "k")],
        ),
        (
            "check_key = \"a key for one shop only\"",
            vec![("198.51.100.1", "a key for one shop only")],
            vec![("198.51.100.1", ""), ("198.51.100.1", "another key")],
        ),
        (
            "unsigned_checks = false",
            vec![],
            vec![("203.0.113.9", "any")],
        ),
    ] {
        let db = TestDb::sqlite();
        let shop = Shop::open_with(&db, rules).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for (source, key) in refused {
            let caller = caller(source, key);
            let error = shop
                .payments
                .payment_link_check(&asked, &caller, soon())
                .await
                .unwrap_err();
            assert_eq!(error.why, Why::NotAllowed, "{rules}: {source} {key}");
            assert!(
                !error.message.is_ascii(),
                "in the customer's language: {error}"
            );
        }
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_claims").await,
            0,
            "{rules}"
        );
        for (source, key) in allowed {
            let caller = caller(source, key);
            let answer = shop
                .payments
                .payment_link_check(&asked, &caller, soon())
                .await
                .unwrap();
            assert_eq!(
                answer["transaction_id"], "023123456789",
                "{rules}: {source} {key}"
            );
        }
        // The rate is for browsers.
        assert!(shop.payments.rate("nile", Language::English).await.is_ok());
    }
}

/// A module beside ours: what was paid on our own page is told, but neither its number nor a yes.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_on_our_own_page_is_told_and_never_a_yes() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        assert_eq!(shop.check(&ASKED).await["code"], "not_found");
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        for _ in 0..2 {
            let told = shop.check(&ASKED).await;
            assert_eq!(
                (&told["status"], &told["code"], told.get("transaction_id")),
                (&json!(false), &json!("already_credited"), None)
            );
        }
        assert_eq!(shop.till.credited(7), [1_000]);
        // Another transfer of that amount is new money, and the check that was made is about that.
        shop.deliver("023123456790", PAYER, "502.50").await;
        assert_eq!(shop.check(&ASKED).await["code"], "ok");
        assert_eq!(shop.till.credited(7), [1_000, 1_000]);
    }
}

/// Two equal transfers, of which the first is held: the second is not forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_transfer_with_the_same_figures_is_claimed_too() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.check(&ASKED).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(shop.check(&ASKED).await["code"], "held");
        shop.deliver("023123456790", PAYER, "502.50").await;
        for _ in 0..3 {
            assert_eq!(shop.check(&ASKED).await["code"], "held");
        }
        let held = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'held' AND client = 7";
        assert_eq!(shop.count(held).await, 2);
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 2);
    }
}

/// What a person decided after days is told to who asks then.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_long_hold_is_told() {
    for db in TestDb::each().await {
        let more = "hold = \"always\"\ncheck_answers = \"when-covered\"";
        let shop = Shop::open_with(&db, more).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(shop.check(&ASKED).await["code"], "held");
        shop.clock
            .advance(std::time::Duration::from_secs(2 * 86_400));
        let held = shop.payments.reviews(&ReviewFilter::default()).await;
        let decision = by("mona");
        let item = &held.unwrap()[0].id;
        shop.payments.approve(item, decision).await.unwrap();
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
        shop.clock.advance(std::time::Duration::from_secs(3_600));
        assert_eq!(shop.check(&ASKED).await["code"], "ok");
        assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
    }
}

/// Where a check came first, the claim for an invoice still gets the money.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_for_an_invoice_goes_before_a_check() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        assert_eq!(shop.check(&ASKED).await["code"], "not_found");
        let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// The same amount each month from the same phone, asked about before the message comes.
#[tokio::test(flavor = "multi_thread")]
async fn next_month_s_check_waits_again() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        assert_eq!(shop.check(&ASKED).await["code"], "credited");
        assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
        shop.clock
            .advance(std::time::Duration::from_secs(30 * 86_400));
        assert_eq!(shop.check(&ASKED).await["code"], "not_found");
        let text =
            support::receipt("023123456999", PAYER, "502.50").replace("26-09-03", "26-10-03");
        shop.deliver_text(&text, "2026-10-03T14:26:00+03:00").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000, 1_000]
        })
        .await;
    }
}

/// Money that a client claimed on his own page, whatever its amount, is told as it stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_or_paid_on_our_own_page_is_told() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "phone_binding = \"prove\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let held = shop.check(&ASKED).await;
        assert_eq!(
            (&held["code"], &held["requires_verification"]),
            (&"held".into(), &true.into())
        );

        shop.till.invoice_of(13, 9, 1_000);
        let token = support::token_in(&shop.box_of(9, 13, "10.00").await);
        let fields = [
            ("token", token.as_str()),
            ("phone", "01198765432"),
            ("transaction", "023123456790"),
        ];
        shop.post(Some(9), &fields).await;
        shop.deliver("023123456790", "01198765432", "300.00").await;
        shop.until("it is credited", async |shop| {
            let applied =
                "SELECT COUNT(*) FROM payment_claims WHERE client = 9 AND applied IS NOT NULL";
            shop.count(applied).await == 1
        })
        .await;
        let asks = [
            ("store_id", "nile"),
            ("phone", "01198765432"),
            ("amount", "300"),
            ("client_id", "9"),
        ];
        assert_eq!(shop.check(&asks).await["code"], "already_credited");
    }
}

/// A shop's owner is not told that his store is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_rate_says_so() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let gone = sqlx::query("DELETE FROM payment_rates")
            .execute(shop.store.pool())
            .await;
        assert!(gone.is_ok(), "{gone:?}");
        let told = shop.payments.rate("nile", Language::English).await;
        let why = told.map_err(|error| error.message);
        assert!(
            why.as_ref()
                .is_err_and(|why| why.contains("no exchange rate")),
            "{why:?}"
        );
    }
}
