//! Balance continuity: who forges a message does not know the store's balance.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

mod decided;
mod order;

use std::time::Duration;

use crate::support::{self, PAYER, Shop, by, dashboard, receipt};
use serde_json::json;
use wharf_payments::setup::{DeviceSetup, WalletSetup};
use wharf_payments::views::{ReviewFilter, ReviewView};
use wharf_store::testing::TestDb;

const CHECKED: &str = "balance_check = true\nmisses_client = 0\nmisses_phone = 0";

/// A receipt so many minutes after 14:28, Cairo time, when the shop is set up; amounts in piastres.
fn received(number: u64, minute: u64, amount: i64, balance: i64) -> String {
    receipt(&format!("0{number}"), PAYER, &pounds(amount))
        .replace("1540.75", &pounds(balance))
        .replace("14:26", &format!("14:{:02}", 28 + minute))
}

fn sent(number: u64, minute: u64, amount: i64, fee: i64, balance: i64) -> String {
    format!(
        "تم تحويل {} جنيه لرقم 01155555555 المسجل بإسم سالم؛ مصاريف الخدمة {} جنيه رصيد حسابك فى فودافون كاش الحالي {}. تاريخ العملية: 14:{:02} 26-09-03 رقم العملية: 0{number}",
        pounds(amount),
        pounds(fee),
        pounds(balance),
        28 + minute
    )
}

fn pounds(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

async fn seeded(db: &TestDb, balance: i64) -> Shop {
    let shop = Shop::open_with(db, CHECKED).await;
    tell_balance(&shop, balance).await;
    shop
}

fn wallet_with(balance: i64) -> WalletSetup {
    toml::from_str(&format!(
        "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{}\"\nbalance = \"{}\"",
        support::WALLET,
        pounds(balance)
    ))
    .unwrap()
}

async fn tell_balance(shop: &Shop, balance: i64) {
    wallet_with(balance)
        .apply(&shop.store, &shop.payments.wallets())
        .await
        .unwrap();
}

async fn deliver(shop: &Shop, text: &str) {
    shop.deliver_text(text, "2026-09-03T14:26:00+03:00").await;
}

async fn claim(shop: &Shop, amount: &'static str) -> serde_json::Value {
    let fields = [
        ("phone", PAYER),
        ("amount", amount),
        ("store_id", "nile"),
        ("client_id", "7"),
    ];
    shop.check(&fields).await
}

async fn open_items(shop: &Shop) -> Vec<ReviewView> {
    shop.payments
        .reviews(&ReviewFilter::default())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_balance_is_held_and_the_genuine_ones_go_on() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 110_050)).await;
        claim(&shop, "100.5").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;

        deliver(&shop, &received(23_123_456_702, 11, 500_000, 700_000)).await;
        assert_eq!(claim(&shop, "5000").await["code"], "held");
        let items = open_items(&shop).await;
        assert_eq!(items.len(), 1);
        let item = &items[0];
        assert_eq!(item.kind, "balance_gap");
        assert_eq!(item.evidence["expected_minor"], 610_050);
        assert_eq!(item.evidence["difference"], "899.50 EGP");
        assert!(item.chain.len() >= 3 && item.chain.iter().any(|link| link.is_subject));

        deliver(&shop, &received(23_123_456_703, 12, 20_100, 130_150)).await;
        claim(&shop, "201").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200, 400]
        })
        .await;
        let decision = by("mona");
        shop.payments.reject(&item.id, decision).await.unwrap();
        assert_eq!(shop.till.credited(7), [200, 400]);
        let wallet = shop.payments.wallets_of("nile").await.unwrap().remove(0);
        assert_eq!(
            (wallet.balance, wallet.gaps, wallet.seeded),
            (Some(130_150), 0, true)
        );
    }
}

/// Who waits is told that messages are late, operators where they are missing.
#[tokio::test(flavor = "multi_thread")]
async fn missing_messages_are_told_until_the_balances_go_on() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        let told = async || {
            let page = dashboard(&shop).await;
            let alarm = page.contains("Wallet vf1: messages are missing.")
                && page.contains("is trusted: 1<");
            (claim(&shop, "77").await["code"].clone(), alarm)
        };
        let (well, late) = ((json!("not_found"), false), (json!("delayed"), true));
        assert_eq!(told().await, well);
        deliver(&shop, &received(23_123_456_703, 12, 20_100, 123_950)).await;
        assert_eq!(told().await, late);
        let token = support::token_in(&shop.box_of(7, 12, "10.00").await);
        shop.post(Some(7), &[("token", &token), ("phone", "01098765433")])
            .await;
        let page = shop.box_of(7, 12, "10.00").await;
        assert_eq!(support::state_of(&page), "delayed");
        // A day later it says nothing of what is sent now; operators still see it.
        shop.clock.advance(Duration::from_secs(25 * 3_600));
        assert_eq!(told().await, (json!("not_found"), true));
        // What was missing comes.
        deliver(&shop, &received(23_123_456_701, 10, 3_850, 103_850)).await;
        assert_eq!(told().await, well);
    }
}

/// One that does not fit before others that do is for a person to look at: nothing is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_balance_between_genuine_ones_delays_nobody() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_702, 11, 500_000, 700_000)).await;
        assert_eq!(claim(&shop, "77").await["code"], "delayed");
        deliver(&shop, &received(23_123_456_703, 12, 20_100, 120_100)).await;
        assert_eq!(claim(&shop, "77").await["code"], "not_found");
        assert!(!dashboard(&shop).await.contains("messages are missing"));
        assert_eq!(open_items(&shop).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_checks_no_balances_misses_none() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        tell_balance(&shop, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 12, 20_100, 123_950)).await;
        assert_eq!(claim(&shop, "77").await["code"], "not_found");
        assert!(!dashboard(&shop).await.contains("messages are missing"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_closes_the_gap_and_releases_what_it_held() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 12, 20_100, 123_950)).await;
        assert_eq!(claim(&shop, "201").await["code"], "held");
        deliver(&shop, &received(23_123_456_704, 13, 5_025, 128_975)).await;
        assert_eq!(claim(&shop, "50.25").await["code"], "held");
        let differences: Vec<_> = open_items(&shop)
            .await
            .iter()
            .map(|item| item.evidence["difference"].clone())
            .collect();
        assert!(differences.contains(&"38.50 EGP".into()), "{differences:?}");
        assert!(shop.till.credited(7).is_empty());

        // What was missing: another receipt, delivered three messages too late.
        deliver(&shop, &received(23_123_456_701, 10, 3_850, 103_850)).await;
        shop.until("both are credited", async |shop| {
            let mut credited = shop.till.credited(7);
            credited.sort_unstable();
            credited == [100, 400]
        })
        .await;
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_reviews WHERE state = 'released'")
                .await,
            2
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_proven_until_somebody_tells_a_balance() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, CHECKED).await;
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 110_050)).await;
        assert_eq!(claim(&shop, "100.5").await["code"], "held");
        assert_eq!(open_items(&shop).await[0].kind, "unseeded");
        shop.clock.advance(std::time::Duration::from_secs(1_800));
        // The operator looks at the wallet: it is what the message said.
        tell_balance(&shop, 110_050).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        assert!(open_items(&shop).await.is_empty());
    }
}

/// Messages print minutes: which came before the balance was told, and which after it, their balances tell.
#[tokio::test(flavor = "multi_thread")]
async fn the_minute_in_which_a_balance_is_told_holds_nothing() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 110_050).await;
        let of_this_minute = |number: u64, amount, balance| {
            receipt(&format!("0{number}"), PAYER, &pounds(amount))
                .replace("1540.75", &pounds(balance))
        };
        // It was in the wallet when somebody looked, and comes late.
        deliver(&shop, &of_this_minute(23_123_456_701, 10_050, 110_050)).await;
        claim(&shop, "100.5").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        // These came right after.
        deliver(&shop, &of_this_minute(23_123_456_702, 20_100, 130_150)).await;
        deliver(&shop, &received(23_123_456_703, 1, 5_025, 135_175)).await;
        claim(&shop, "201").await;
        claim(&shop, "50.25").await;
        shop.until("they are credited", async |shop| {
            shop.till.credited(7).len() == 3
        })
        .await;
        assert!(open_items(&shop).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_far_ahead_or_out_of_time_is_held() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 20, 10_050, 110_050)).await;
        deliver(&shop, &received(99_123_456_701, 21, 10_050, 120_100)).await;
        deliver(&shop, &received(23_123_456_700, 31, 10_050, 100_000)).await;
        let mut kinds: Vec<_> = open_items(&shop)
            .await
            .into_iter()
            .map(|item| item.kind)
            .collect();
        kinds.sort();
        kinds.dedup();
        assert!(kinds.contains(&"forged".to_owned()), "{kinds:?}");
        assert_eq!(
            shop.count("SELECT COUNT(*) FROM payment_reviews WHERE kind = 'forged'")
                .await,
            2
        );
    }
}

/// The same database, emptied of everything but the set-up.
async fn fresh(db: &TestDb) -> Shop {
    let shop = seeded(db, 100_000).await;
    for table in [
        "DELETE FROM payment_links WHERE kind <> 'seed'",
        "DELETE FROM payment_messages",
        "DELETE FROM payment_transfers",
        "DELETE FROM payment_reviews",
    ] {
        sqlx::query(table).execute(shop.store.pool()).await.unwrap();
    }
    shop
}

async fn standings(shop: &Shop) -> String {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT seq, standing, balance FROM payment_links WHERE kind <> 'seed' ORDER BY seq",
    )
    .fetch_all(shop.store.pool())
    .await
    .unwrap();
    rows.iter()
        .map(|(seq, standing, balance)| format!("{seq} {standing} {balance}\n"))
        .collect()
}

/// Who knows the balance that a wallet once had cannot put money before what has come since.
#[tokio::test(flavor = "multi_thread")]
async fn between_balances_that_follow_each_other_no_money_came() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 0).await;
        for (number, minute, balance) in [(23_123_456_701, 1, 10_050), (23_123_456_702, 2, 20_100)]
        {
            deliver(&shop, &received(number, minute, 10_050, balance)).await;
            claim(&shop, "100.5").await;
        }
        shop.until("both are credited", async |shop| {
            shop.till.credited(7) == [200, 200]
        })
        .await;
        // Its balance is the first one and its amount; its number comes before all others.
        deliver(&shop, &received(10_000_000_001, 2, 500_000, 500_000)).await;
        assert_eq!(claim(&shop, "5000").await["code"], "held");
        let items = open_items(&shop).await;
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!(items[0].reason, "balance_contradicted");
        assert!(
            items[0]
                .reason_en
                .contains("100.50 EGP was printed without it")
        );
        // What comes then goes on.
        deliver(&shop, &received(23_123_456_703, 3, 10_050, 30_150)).await;
        claim(&shop, "100.5").await;
        shop.until("the third is credited", async |shop| {
            shop.till.credited(7) == [200, 200, 200]
        })
        .await;
        let decision = by("mona");
        shop.payments.reject(&items[0].id, decision).await.unwrap();
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(shop.till.credited(7), [200, 200, 200]);
    }
}

/// Long ago a balance did not fit, and what came after it was proven without it: a person's word makes it count, and
/// nothing that was proven less.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_gap_overturns_nothing_that_was_proven_since() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 10_050, 777_777)).await;
        assert_eq!(claim(&shop, "100.5").await["code"], "held");
        let item = open_items(&shop).await.remove(0);
        for (number, minute, balance) in
            [(23_123_456_702, 2, 120_100), (23_123_456_703, 3, 140_200)]
        {
            deliver(&shop, &received(number, minute, 20_100, balance)).await;
        }
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        deliver(&shop, &received(23_123_456_704, 4, 20_100, 160_300)).await;
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(standings(&shop).await.matches("good").count(), 3);
    }
}

/// A balance that somebody told is proven too: no late message that it leaves no room for counts.
#[tokio::test(flavor = "multi_thread")]
async fn between_a_balance_and_one_that_was_told_no_money_came() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 0).await;
        deliver(&shop, &received(23_123_456_701, 1, 10_050, 10_050)).await;
        shop.hours(1).await;
        tell_balance(&shop, 10_050).await;
        deliver(&shop, &received(23_123_456_702, 2, 20_100, 30_150)).await;
        assert_eq!(claim(&shop, "201").await["code"], "held");
        assert_eq!(open_items(&shop).await[0].reason, "balance_contradicted");
    }
}

/// Before a balance was told there was another one, but one that leads to it: who dates a forgery back gets nothing.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_from_before_a_told_balance_contradicts_it() {
    let enquiry = "رصيد حسابك فى فودافون كاش الحالي 5000؛ تاريخ العملية 14:MM 26-09-03";
    // Half an hour before it was told, and in the minute itself.
    for minute in [0, 28_u64] {
        for db in TestDb::each().await {
            let shop = seeded(&db, 100_000).await;
            let forged = enquiry.replace("MM", &format!("{minute:02}"));
            shop.deliver_text(&forged, "2026-09-03T14:00:00+03:00")
                .await;
            let text = received(23_123_456_000 + minute, 0, 50_000, 550_000)
                .replace("14:28", &format!("14:{minute:02}"));
            deliver(&shop, &text).await;
            assert_eq!(claim(&shop, "500").await["code"], "held", "{minute}");
            assert!(shop.till.credited(7).is_empty());
            deliver(&shop, &received(23_123_456_702, 2, 20_100, 120_100)).await;
            claim(&shop, "201").await;
            shop.until("the true one is credited", async |shop| {
                shop.till.credited(7) == [400]
            })
            .await;
        }
    }
}

/// A rejection is taken back: the same balance can be vouched for then.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_was_rejected_can_be_vouched_for_again() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 10_050, 150_050)).await;
        let item = open_items(&shop).await.remove(0);
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        // What follows is measured by it.
        deliver(&shop, &received(23_123_456_702, 2, 20_100, 170_150)).await;
        assert!(open_items(&shop).await.is_empty());
    }
}

/// Two late messages that cancel each other out: the first seems impossible until the second comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_seemed_impossible_is_released_by_what_explains_it() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 3, 10_050, 110_050)).await;
        claim(&shop, "100.5").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        deliver(&shop, &received(23_123_456_701, 1, 20_100, 120_100)).await;
        assert_eq!(claim(&shop, "201").await["code"], "held");
        deliver(&shop, &sent(23_123_456_702, 2, 20_000, 100, 100_000)).await;
        shop.until("it is credited, too", async |shop| {
            shop.till.credited(7) == [200, 400]
        })
        .await;
        assert!(open_items(&shop).await.is_empty());
    }
}

/// What is in doubt itself proves nothing against others, even where its balance was right when it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_number_puts_no_honest_money_aside() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 10_050, 110_050)).await;
        claim(&shop, "100.5").await;
        // Far ahead of all numbers, but with the true balance.
        deliver(&shop, &received(29_123_456_701, 2, 500_000, 610_050)).await;
        let doubt = open_items(&shop).await;
        assert_eq!(doubt[0].kind, "forged");
        deliver(&shop, &received(23_123_456_702, 3, 20_100, 130_150)).await;
        claim(&shop, "201").await;
        shop.until("the honest one is credited", async |shop| {
            shop.till.credited(7) == [200, 400]
        })
        .await;
        let reject = by("mona");
        let forged = open_items(&shop).await;
        let forged = forged.iter().find(|item| item.kind == "forged").unwrap();
        shop.payments.reject(&forged.id, reject).await.unwrap();
        deliver(&shop, &received(23_123_456_703, 4, 30_150, 160_300)).await;
        claim(&shop, "301.5").await;
        shop.until("and the next", async |shop| {
            shop.till.credited(7) == [200, 400, 600]
        })
        .await;
    }
}

/// As above, where the first is no receipt.
#[tokio::test(flavor = "multi_thread")]
async fn an_outgoing_one_that_seemed_impossible_is_released_too() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 3, 10_050, 110_050)).await;
        deliver(&shop, &sent(23_123_456_701, 1, 20_000, 0, 80_000)).await;
        let items = open_items(&shop).await;
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!(
            (items[0].reason.as_str(), items[0].currency.as_str()),
            ("balance_contradicted", "EGP")
        );
        // A person's word alone does not make it fit; what explains it still does.
        shop.payments
            .approve(&items[0].id, by("mona"))
            .await
            .unwrap();
        deliver(&shop, &received(23_123_456_702, 2, 20_000, 100_000)).await;
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(standings(&shop).await.matches("good").count(), 3);
        let free = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'received'";
        assert_eq!(shop.count(free).await, 2);
    }
}

/// Between two approvals other messages come: what the first one chose stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_approval_outlives_what_comes_after_it() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, &format!("{CHECKED}\nsecond_person_above = \"1\"")).await;
        tell_balance(&shop, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 3, 10_050, 118_000)).await;
        assert_eq!(claim(&shop, "100.5").await["code"], "held");
        let item = open_items(&shop).await.remove(0);
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        // The gap is another one then.
        deliver(&shop, &received(23_123_456_701, 1, 1_000, 101_000)).await;
        shop.payments.approve(&item.id, by("tarek")).await.unwrap();
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
    }
}

/// A gap's size is told as it is now.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_s_reason_follows_what_comes() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_703, 3, 3_000, 118_000)).await;
        assert_eq!(
            open_items(&shop).await[0].evidence["difference"],
            "150.00 EGP"
        );
        deliver(&shop, &received(23_123_456_701, 1, 10_000, 110_000)).await;
        let items = open_items(&shop).await;
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].evidence["difference"], "50.00 EGP");
    }
}

/// A number is one wallet's: else what is sent there is credited once for each.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_wallets_take_in_the_same_money() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        let wallet = |id: &str, number: &str, more: &str| -> WalletSetup {
            toml::from_str(&format!(
                "id = \"{id}\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{number}\"\n{more}"
            ))
            .unwrap()
        };
        let apply = async |wallet: WalletSetup| {
            let done = wallet.apply(&shop.store, &shop.payments.wallets()).await;
            done.map_err(|error| error.to_string())
        };
        let twin = apply(wallet("vf2", "0020 10 12345678", ""))
            .await
            .unwrap_err();
        assert!(
            twin.contains("has the number that wallet \"vf1\" has"),
            "{twin}"
        );
        apply(wallet("vf2", support::WALLET, "enabled = false"))
            .await
            .unwrap();
        // Nor by a phone of the one that is switched off.
        let phone: DeviceSetup = toml::from_str(
            "id = \"phone2\"\nstore = \"nile\"\ntoken = \"another-token-0123456789\"\nformat = \"generic\"\nwallets = [\"vf2\"]",
        )
        .unwrap();
        let refused = phone.apply(&shop.store).await.unwrap_err().to_string();
        assert!(refused.contains("would be credited twice"), "{refused}");
        apply(wallet("vf1", support::WALLET, "")).await.unwrap();
        // Nor does one that a phone forwards get it, switched off or not.
        apply(wallet("vf2", "01055555555", "")).await.unwrap();
        phone.apply(&shop.store).await.unwrap();
        let twin = apply(wallet("vf2", support::WALLET, "enabled = false")).await;
        assert!(twin.unwrap_err().contains("has the number"));
    }
}
