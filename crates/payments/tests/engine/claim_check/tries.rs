//! How many tries anybody has, and whose they are.

use super::with;
use std::time::Duration;

use crate::support::{self, PAYER, Shop, by, soon};
use serde_json::json;
use wharf_payments::Caller;
use wharf_payments::views::ReviewFilter;
use wharf_store::testing::TestDb;

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

/// Who claims one transfer for client after client learns nothing, and has no more tries than for what is not there.
#[tokio::test(flavor = "multi_thread")]
async fn claims_for_the_transfer_of_another_count() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "misses_phone = 4").await;
        shop.deliver("023123456789", PAYER, "1.00").await;
        let mut codes = Vec::new();
        for client in 101..=112 {
            let client = client.to_string();
            let fields = [
                ("store_id", "nile"),
                ("phone", PAYER),
                ("amount", "1"),
                ("client_id", client.as_str()),
            ];
            codes.push(shop.check(&fields).await["code"].clone());
        }
        let held = "SELECT COUNT(*) FROM payment_claims WHERE reason = 'two_claims'";
        assert!(shop.count(held).await <= 5, "{codes:?}");
        assert_eq!(codes.last(), Some(&json!("too_many")));
    }
}
