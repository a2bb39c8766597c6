//! What people said of a balance stands, whatever comes afterwards.

use wharf_store::testing::TestDb;

use wharf_payments::setup::Over;

use super::{
    CHECKED, claim, deliver, open_items, received, seeded, sent, standings, tell_balance,
    wallet_with,
};
use crate::support::{PAYER, Shop, by};

/// Somebody let money go on that others contradict: with the next late message it is no question again.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_contradiction_is_not_asked_about_again() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_720, 20, 10_000, 110_000)).await;
        deliver(&shop, &received(23_123_456_710, 10, 50_250, 150_250)).await;
        let item = open_items(&shop).await.remove(0);
        assert_eq!(item.reason, "balance_contradicted");
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        for (number, minute) in [(23_123_456_712, 12), (23_123_456_708, 8)] {
            deliver(&shop, &received(number, minute, 4_000, 104_000)).await;
        }
        let asked = open_items(&shop).await;
        let about = |id: &str| {
            let of = |item: &&wharf_payments::views::ReviewView| {
                item.transfer
                    .as_ref()
                    .is_some_and(|one| one.operator_id == id)
            };
            asked.iter().filter(of).count()
        };
        assert_eq!(about("023123456710"), 0, "{asked:?}");
        claim(&shop, "502.5").await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
    }
}

/// An enquiry's gap tells its size as it is now, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_enquiry_s_gap_follows_what_comes() {
    let enquiry = |balance: &str, minute: u32| {
        format!("رصيد حسابك فى فودافون كاش الحالي {balance}؛ تاريخ العملية 14:{minute} 26-09-03")
    };
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        shop.deliver_text(&enquiry("1500", 50), "2026-09-03T14:50:00+03:00")
            .await;
        let tells = async || open_items(&shop).await.remove(0).reason_en;
        assert!(tells().await.contains("a difference of 500.00 EGP"));
        deliver(&shop, &received(23_123_456_701, 10, 20_000, 120_000)).await;
        assert!(tells().await.contains("a difference of 300.00 EGP"));
        deliver(&shop, &received(23_123_456_702, 11, 30_000, 150_000)).await;
        assert!(open_items(&shop).await.is_empty());
    }
}

/// Nobody ever told the balance, and the first message is forged: what a person has rejected is no measure for others.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_as_forged_measures_nothing() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, CHECKED).await;
        deliver(&shop, &received(23_123_456_701, 1, 7_700, 999_900)).await;
        let forged = open_items(&shop).await.remove(0);
        assert_eq!(forged.kind, "unseeded");
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        assert!(standings(&shop).await.contains("out 999900"));
        deliver(&shop, &received(23_123_456_702, 2, 10_050, 110_050)).await;
        let kinds: Vec<String> = open_items(&shop)
            .await
            .into_iter()
            .map(|item| item.kind)
            .collect();
        assert_eq!(kinds, ["unseeded"]);
    }
}

/// What a told balance has proven stays proven when something is put before all of it, or ruled out there: nobody is
/// asked, however far the balance is.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_told_balance_has_proven_is_not_asked_about_again() {
    let honest = async |shop: &Shop, first: u64| {
        for at in first..=20 {
            let (number, balance) = (23_123_456_700 + at, 100_000 + 1_000 * (at + 1));
            let text = received(number, at, 1_000, i64::try_from(balance).unwrap());
            deliver(shop, &text).await;
        }
    };
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, CHECKED).await;
        shop.clock.advance(std::time::Duration::from_secs(40 * 60));
        honest(&shop, 1).await;
        tell_balance(&shop, 121_000).await;
        assert!(open_items(&shop).await.is_empty());
        // The first message comes late.
        deliver(&shop, &received(23_123_456_700, 0, 1_000, 101_000)).await;
        assert!(open_items(&shop).await.is_empty());
    }
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, CHECKED).await;
        shop.clock.advance(std::time::Duration::from_secs(40 * 60));
        deliver(&shop, &received(23_123_456_699, 0, 7_700, 999_900)).await;
        honest(&shop, 0).await;
        tell_balance(&shop, 121_000).await;
        let asked = open_items(&shop).await;
        let forged = asked.iter().find(|item| item.kind == "unseeded").unwrap();
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        assert_eq!(open_items(&shop).await.len(), 0);
    }
}

/// A forged message holds a customer's claim. His own money, which nothing speaks against, is credited to him all the
/// same; and the forged one to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_a_forged_message_holds_gets_the_money_that_comes() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        claim(&shop, "100.5").await;
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 432_100)).await;
        let forged = open_items(&shop).await.remove(0);
        assert_eq!(claim(&shop, "100.5").await["code"], "held");
        deliver(&shop, &received(23_123_456_702, 11, 10_050, 110_050)).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        let still = open_items(&shop).await;
        assert_eq!(still.len(), 1);
        assert_eq!((&still[0].id, still[0].claims.len()), (&forged.id, 0));
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        let told = claim(&shop, "100.5").await;
        assert_eq!(told["transaction_id"], "023123456702", "{told}");
        assert_eq!(shop.till.credited(7), [200]);
    }
}

/// Somebody rejects the forged message before the money comes: who claimed it goes on waiting for his own.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_outlives_the_forged_message_that_it_was_held_for() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        claim(&shop, "100.5").await;
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 432_100)).await;
        let forged = open_items(&shop).await.remove(0);
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        let told = claim(&shop, "100.5").await;
        assert_eq!(told["code"], "not_found", "{told}");
        deliver(&shop, &received(23_123_456_702, 11, 10_050, 110_050)).await;
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        // Nobody gets anything by taking that back.
        shop.payments.reopen(&forged.id, by("mona")).await.unwrap();
        let again = open_items(&shop).await.remove(0);
        assert_eq!(again.claims.len(), 0);
        assert_eq!(shop.till.credited(7), [200]);
    }
}

/// Two clients claim what a forged message says: the honest money of that amount is contested as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_contest_for_a_forged_message_goes_on_about_the_money_that_comes() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        claim(&shop, "100.5").await;
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 432_100)).await;
        let other = [
            ("phone", PAYER),
            ("amount", "100.5"),
            ("store_id", "nile"),
            ("client_id", "8"),
        ];
        shop.check(&other).await;
        deliver(&shop, &received(23_123_456_702, 11, 10_050, 110_050)).await;
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty() && shop.till.credited(8).is_empty());
        let asked = open_items(&shop).await;
        let contest = asked.iter().find(|item| item.kind == "contest").unwrap();
        assert_eq!(contest.claims.len(), 2);
        let about = contest.transfer.as_ref().unwrap();
        assert_eq!(about.operator_id, "023123456702");
        let forged = asked
            .iter()
            .find(|item| item.kind == "balance_gap")
            .unwrap();
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        let left = open_items(&shop).await;
        assert_eq!((left.len(), left[0].claims.len()), (1, 2));
    }
}

/// A cut number has no place in the operator's order: the messages behind it go on, and so does the whole one.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_number_stands_in_nobody_s_way() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 1_000, 101_000)).await;
        let whole = received(23_123_456_702, 2, 10_050, 111_050);
        deliver(&shop, &whole.replace("023123456702", "02312345670")).await;
        deliver(&shop, &received(23_123_456_703, 3, 1_000, 112_050)).await;
        let kinds = |asked: &[wharf_payments::views::ReviewView]| -> Vec<String> {
            asked.iter().map(|item| item.kind.clone()).collect()
        };
        assert_eq!(kinds(&open_items(&shop).await), ["doubt"]);
        claim(&shop, "100.5").await;
        deliver(&shop, &whole).await;
        shop.until("the whole one is credited", async |shop| {
            shop.till.credited(7) == [200]
        })
        .await;
        let mut left = kinds(&open_items(&shop).await);
        left.sort();
        assert_eq!(left, ["doubt", "duplicate"]);
    }
}

/// Whichever of a cut number and the whole one comes first, and whichever somebody approves of: its balance counts, the
/// other's does not, and the messages behind go on.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_cut_number_and_the_whole_one_one_balance_counts() {
    let (number, part) = ("023123456702", "02312345670");
    let whole = received(23_123_456_702, 2, 50_000, 150_000);
    let cut = whole.replace(number, part);
    for (texts, good, bad) in [
        ([&whole, &cut], number, part),
        ([&cut, &whole], number, part),
        ([&whole, &cut], part, number),
        ([&cut, &whole], part, number),
    ] {
        for db in TestDb::each().await {
            let shop = seeded(&db, 100_000).await;
            for text in texts {
                deliver(&shop, text).await;
            }
            deliver(&shop, &received(23_123_456_703, 3, 1_000, 151_000)).await;
            let about = async |number: &str| {
                let items = open_items(&shop).await;
                let of = |item: &wharf_payments::views::ReviewView| {
                    let about = item.transfer.as_ref();
                    about.is_some_and(|about| about.operator_id == number)
                };
                items.into_iter().find(of).map(|item| item.id)
            };
            assert!(about(part).await.is_some());
            // The whole one alone waits for nobody.
            assert_eq!(about(number).await, None);
            if let Some(id) = about(good).await {
                shop.payments.approve(&id, by("mona")).await.unwrap();
            }
            let other = about(bad).await.unwrap();
            shop.payments.reject(&other, by("mona")).await.unwrap();
            deliver(&shop, &received(23_123_456_704, 4, 1_000, 152_000)).await;
            assert!(open_items(&shop).await.is_empty(), "{texts:?} {good}");
            let all = standings(&shop).await;
            assert_eq!(all.matches("gap").count(), 0, "{all}");
            assert_eq!(all.matches("out 150000").count(), 1, "{all}");
            assert!(all.contains("good 152000"), "{all}");
        }
    }
}

/// A message that is no receipt and whose number was cut stands by its time as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_number_of_money_out_stands_in_nobody_s_way() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 1_000, 101_000)).await;
        let out = sent(23_123_456_702, 2, 50_000, 0, 51_000);
        deliver(&shop, &out.replace("023123456702", "02312345670")).await;
        deliver(&shop, &received(23_123_456_703, 3, 1_000, 52_000)).await;
        assert!(open_items(&shop).await.is_empty());
        assert!(standings(&shop).await.contains("good 52000"));
    }
}

/// What was told of the wallet last.
async fn standing_balance(shop: &crate::support::Shop) -> i64 {
    shop.count("SELECT balance FROM payment_links WHERE kind = 'seed' AND standing = 'vouched' ORDER BY happened_at DESC, id DESC LIMIT 1")
        .await
}

/// Somebody says once more what he said before: meanwhile other things were told.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_balance_can_be_told_again() {
    for db in TestDb::each().await {
        let shop = seeded(&db, 0).await;
        deliver(&shop, &received(23_123_456_701, 1, 10_050, 10_050)).await;
        // It was taken out, and nobody was told.
        shop.clock.advance(std::time::Duration::from_secs(6 * 60));
        tell_balance(&shop, 0).await;
        let count = "SELECT COUNT(*) FROM payment_links WHERE kind = 'seed'";
        assert_eq!(shop.count(count).await, 1, "a set-up says nothing new");
        for _ in 0..2 {
            let wallet = wallet_with(0);
            let (wallets, over) = (shop.payments.wallets(), Over::Whatever);
            wallet
                .apply_by(&shop.store, &wallets, "mona", over)
                .await
                .unwrap();
        }
        assert_eq!(shop.count(count).await, 2);
        // Nor does the set-up say it once more when somebody has said something else.
        let wallet = wallet_with(500);
        let (wallets, over) = (shop.payments.wallets(), Over::Whatever);
        wallet
            .apply_by(&shop.store, &wallets, "mona", over)
            .await
            .unwrap();
        tell_balance(&shop, 0).await;
        assert_eq!(standing_balance(&shop).await, 500);
        let wallet = wallet_with(0);
        let wallets = shop.payments.wallets();
        wallet
            .apply_by(&shop.store, &wallets, "mona", Over::Whatever)
            .await
            .unwrap();
        deliver(&shop, &received(23_123_456_702, 8, 3_000, 3_000)).await;
        assert!(open_items(&shop).await.is_empty());
        assert!(standings(&shop).await.contains("good 3000"));
    }
}

/// A rejection is taken back: what came behind the message stands behind it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_vouched_for_after_all_has_its_followers_back() {
    let undated = "تم تحويل 10 جنيه لرقم 01061112223 مصاريف الخدمة 0 جنيه رصيد حسابك فى فودافون كاش الحالي 1170";
    for db in TestDb::each().await {
        let shop = seeded(&db, 100_000).await;
        shop.clock.advance(std::time::Duration::from_secs(20 * 60));
        deliver(&shop, &received(23_123_456_701, 1, 10_000, 110_000)).await;
        deliver(&shop, &received(23_123_456_702, 3, 5_000, 118_000)).await;
        shop.deliver_text(undated, "2026-09-03T14:40:00+03:00")
            .await;
        let item = open_items(&shop).await.remove(0);
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        deliver(&shop, &received(23_123_456_703, 15, 2_000, 119_000)).await;
        let all = standings(&shop).await;
        assert_eq!(all.matches("gap").count(), 0, "{all}");
        assert!(open_items(&shop).await.is_empty());
    }
}
