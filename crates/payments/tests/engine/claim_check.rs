//! The public compatibility API, answer by answer.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{self, Fault, PAYER, Shop, by, soon, usd};
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use wharf_core::Deadline;
use wharf_payments::Till as _;
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
async fn true_is_answered_once_and_only_when_the_balance_covers_everything() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": true,
          "code": "ok",
          "message": "Payment received.",
          "transaction_id": "023123456789"
        }
        "#); }
        for _ in 0..3 {
            assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
        }
        assert_eq!(shop.till.credited(7), [1_000]);
        // The same figures again, but another transfer: that is new money.
        shop.till.invoice_of(13, 7, 5_000);
        shop.deliver("023123456790", PAYER, "502.50").await;
        let answer = shop.check(&ASKED).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(answer, @r#"
        {
          "status": false,
          "code": "credited_short",
          "message": "10.00 USD were credited to your balance, but your unpaid invoices need more. Please apply the balance and pay the rest.",
          "transaction_id": "023123456790"
        }
        "#); }
        assert_eq!(shop.till.credited(7), [1_000, 1_000]);
    }
}

/// ApplyCredit refuses such invoices, and the module then books the payment beside the credit.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_takes_no_credit_is_not_covered_by_it() {
    for (status, code) in [
        ("Collections", "credited"),
        ("Payment Pending", "credited"),
        ("Refunded", "credited"),
        ("Cancelled", "ok"),
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
            shop.till.invoice_in(status, 12, 7, 1);
            shop.deliver("023123456789", PAYER, "502.50").await;
            assert_eq!(shop.check(&ASKED).await["code"], code, "{status}");
            assert_eq!(shop.till.credited(7), [1_000]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_checks_at_once_make_one_credit_and_one_true() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open_with(&db, "check_answers = \"when-covered\"").await);
        shop.deliver("023123456789", PAYER, "502.50").await;
        let checks = (0..50).map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.check(&ASKED).await })
        });
        let answers = futures_util::future::join_all(checks).await;
        let yes = answers
            .iter()
            .filter(|answer| answer.as_ref().unwrap()["status"] == true)
            .count();
        assert_eq!(yes, 1);
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

/// The module waits no longer, and marks an invoice paid at any later `true`.
#[tokio::test(flavor = "multi_thread")]
async fn a_true_that_comes_too_late_is_kept_for_the_next_time() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        let late = async || shop.check_by(&ASKED, Deadline::after(Duration::ZERO)).await;
        late().await;
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        for _ in 0..2 {
            let answer = late().await;
            assert_eq!(
                (&answer["status"], &answer["code"]),
                (&json!(false), &json!("credited"))
            );
        }
        assert_eq!(shop.check(&ASKED).await["code"], "ok");
        assert_eq!(late().await["code"], "already_credited");
        assert_eq!(shop.till.credited(7), [1_000]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_whmcs_makes_no_answer_late() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "check_answers = \"when-covered\"").await;
        let go = Arc::new(Semaphore::new(0));
        let wait = Some((Arc::default(), go.clone()));
        shop.till.books(|books| books.on_client = wait.clone());
        shop.deliver("023123456789", PAYER, "502.50").await;
        let in_time = async |seconds: u64| {
            let deadline = Deadline::after(Duration::from_secs(seconds));
            let answer = shop.check_by(&ASKED, deadline).await;
            assert!(!deadline.is_over(), "{answer}");
            answer["code"].clone()
        };
        // The terms of the credit need the client.
        assert_eq!(in_time(4).await, "on_its_way");
        go.add_permits(100);
        shop.until("it is booked", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 1
        })
        .await;
        // So does the look at the balance.
        go.forget_permits(100);
        assert_eq!(in_time(6).await, "credited");
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

#[tokio::test(flavor = "multi_thread")]
async fn too_many_different_claims_are_stopped_and_repeating_is_not() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for amount in 1..=5 {
            let amount: &'static str = amount.to_string().leak();
            assert_eq!(
                shop.check(&with("amount", amount)).await["code"],
                "not_found"
            );
        }
        assert_eq!(shop.check(&with("amount", "6")).await["code"], "too_many");
        assert_eq!(shop.check(&with("amount", "3")).await["code"], "not_found");
        assert_eq!(shop.count("SELECT COUNT(*) FROM payment_claims").await, 5);
    }
}

/// Ten minutes would not help.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_day_s_tries_is_told_as_such() {
    let more = "misses_client = 2\nmisses_client_day = 3";
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, more).await;
        let code = async |amount: &'static str| {
            let answer = shop.check(&with("amount", amount)).await;
            (
                answer["code"].clone(),
                answer["requires_verification"] == true,
            )
        };
        let turned_away = |code: &str| (json!(code), true);
        for amount in ["1", "2"] {
            assert_eq!(code(amount).await.0, "not_found");
        }
        assert_eq!(code("3").await, turned_away("too_many"));
        shop.clock.advance(Duration::from_secs(601));
        assert_eq!(code("3").await.0, "not_found");
        assert_eq!(code("4").await, turned_away("too_many_day"));
        let told = shop.check(&with("amount", "4")).await;
        assert!(
            told["message"]
                .as_str()
                .is_some_and(|text| text.contains("tomorrow")),
            "{told}"
        );
        shop.clock.advance(Duration::from_secs(86_400));
        assert_eq!(code("4").await.0, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_box_tells_the_end_of_a_day_s_tries_too() {
    for (more, text) in [
        ("misses_client = 1", "Please wait ten minutes."),
        ("misses_client_day = 1", "Please try again tomorrow"),
    ] {
        for db in TestDb::each().await {
            let shop = Shop::open_with(&db, more).await;
            let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
            for phone in [PAYER, "01098765433"] {
                shop.post(Some(7), &[("token", &token), ("phone", phone)])
                    .await;
            }
            let page = shop.box_of(7, 12, "10.00").await;
            assert!(page.contains(text), "{page}");
        }
    }
}

/// Who has an IPv6 network has all its addresses.
#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_by_the_source_s_network() {
    let asked = |n: usize| {
        let phone = format!("010{:08}", 20_000_000 + n);
        let client = (1_000 + n).to_string();
        let fields = [
            ("store_id", "nile"),
            ("phone", phone.as_str()),
            ("amount", "502.50"),
            ("client_id", client.as_str()),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let code = async |n: usize, source: &str| {
            let caller = Caller {
                source: source.parse().ok(),
                key: None,
            };
            let told = shop
                .payments
                .payment_link_check(&asked(n), &caller, soon())
                .await;
            told.unwrap()["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        for n in 0..30 {
            let source = format!("2001:db8:77:1::{:x}", n + 1);
            assert_eq!(code(n, &source).await, "not_found", "{source}");
        }
        for (n, source, told) in [
            (40, "2001:db8:77:1:ffff::1", "too_many"),
            (41, "2001:db8:77:2::1", "not_found"),
            (42, "198.51.100.7", "not_found"),
        ] {
            assert_eq!(code(n, source).await, told, "{source}");
        }
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

/// Every yes is looked at: another invoice may have come since.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_repeated_only_while_the_balance_covers_all() {
    for db in TestDb::each().await {
        let settings = "check_answers = \"when-covered\"\nrepeat_success = true\n";
        let shop = Shop::open_with(&db, settings).await;
        shop.deliver("023123456789", PAYER, "502.50").await;
        for _ in 0..2 {
            assert_eq!(shop.check(&ASKED).await["code"], "ok");
        }
        shop.till.invoice_of(300, 7, 5_000);
        assert_eq!(shop.check(&ASKED).await["code"], "already_credited");
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

/// What strangers ask under somebody's number keeps nobody from his own page.
#[tokio::test(flavor = "multi_thread")]
async fn checks_of_strangers_lock_no_client_out() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.till.invoice_of(12, 7, 1_000);
        for amount in 1..=6 {
            let amount: &'static str = amount.to_string().leak();
            shop.check(&with("amount", amount)).await;
        }
        assert_eq!(shop.check(&with("amount", "7")).await["code"], "too_many");
        shop.deliver("023123456789", PAYER, "502.50").await;
        let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", PAYER)])
            .await;
        shop.until("the invoice is paid", async |shop| shop.till.is_paid(12))
            .await;
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

/// What is spent on an invoice while the balance is compared with the invoices counts on neither side.
#[tokio::test(flavor = "multi_thread")]
async fn credit_that_is_spent_meanwhile_makes_no_yes() {
    for db in TestDb::each().await {
        let shop = Arc::new(Shop::open_with(&db, "check_answers = \"when-covered\"").await);
        assert_eq!(shop.check(&ASKED).await["code"], "not_found");
        assert_eq!(
            shop.check(&with("amount", "100.5")).await["code"],
            "not_found"
        );
        shop.deliver("023123456789", PAYER, "502.50").await;
        shop.deliver("023123456790", PAYER, "100.50").await;
        shop.until("both are credited", async |shop| {
            shop.count("SELECT COUNT(*) FROM payment_claims WHERE state = 'credited'")
                .await
                == 2
        })
        .await;
        shop.till.invoice_of(12, 7, 1_000);
        shop.till.invoice_of(13, 7, 200);
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let gate = (asked.clone(), go.clone());
        shop.till.books(|books| books.on_client = Some(gate));
        let other = shop.clone();
        let check = tokio::spawn(async move { other.check(&ASKED).await });
        asked.notified().await;
        shop.till
            .apply_credit("main", 12, usd(1_000))
            .await
            .unwrap();
        go.add_permits(1);
        assert_eq!(check.await.unwrap()["code"], "credited_short");
    }
}

/// Whose phone it is, is not told by how many tries are left either.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_s_counts_as_found_nothing() {
    for theirs in [true, false] {
        for db in TestDb::each().await {
            let more = "phone_binding = \"prove\"\nclients_per_phone = 1\nmisses_client = 3";
            let shop = Shop::open_with(&db, more).await;
            shop.deliver("023123456789", PAYER, "100.00").await;
            shop.check(&with("amount", "100")).await;
            let open = shop.payments.reviews(&ReviewFilter::default()).await;
            let decision = by("mona");
            let item = &open.unwrap()[0].id;
            shop.payments.approve(item, decision).await.unwrap();
            shop.until("the phone is known", async |shop| {
                shop.count("SELECT COUNT(*) FROM payment_bindings").await == 1
            })
            .await;
            if theirs {
                shop.deliver("023123456790", PAYER, "502.50").await;
            }
            let mut told = Vec::new();
            for amount in ["502.5", "1", "2", "3"] {
                let mut asks = with("amount", amount);
                asks.retain(|(name, _)| *name != "user_name" && *name != "client_id");
                asks.push(("client_id", "8"));
                told.push(shop.check(&asks).await["code"].clone());
            }
            assert_eq!(
                told,
                ["not_found", "not_found", "not_found", "too_many"],
                "{theirs}"
            );
        }
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
