//! Whatever order messages come in, and whatever order of theirs they print.

use std::time::Duration;

use wharf_store::testing::TestDb;

use super::{CHECKED, deliver, fresh, open_items, received, sent, standings, tell_balance};
use crate::support::{Shop, by};

/// Small and repeatable.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// Whatever order messages arrive in, and whichever of them never do: the end is the same.
#[tokio::test(flavor = "multi_thread")]
async fn any_order_of_arrival_gives_the_same_end() {
    for db in TestDb::each().await {
        for seed in 1..=3_u64 {
            let mut dice = Dice(seed);
            let (mut balance, mut messages) = (100_000_i64, Vec::new());
            for step in 0..12_u64 {
                let amount = 1_000 + i64::try_from(dice.below(9_000)).unwrap();
                let number = 23_123_456_700 + step * 7;
                if dice.below(3) == 0 {
                    balance -= amount + 100;
                    messages.push(sent(number, step + 5, amount, 100, balance));
                } else {
                    balance += amount;
                    messages.push(received(number, step + 5, amount, balance));
                }
            }
            // Two never come, and one is forged.
            messages.remove(dice.below(messages.len()));
            messages.remove(dice.below(messages.len()));
            messages.push(received(23_123_456_703, 6, 99_900, 250_000));
            let mut ends = Vec::new();
            for _ in 0..3 {
                for at in (1..messages.len()).rev() {
                    messages.swap(at, dice.below(at + 1));
                }
                let shop = fresh(&db).await;
                for text in &messages {
                    deliver(&shop, text).await;
                }
                ends.push(standings(&shop).await);
            }
            assert!(ends[0].len() > 100, "{}", ends[0]);
            assert_eq!(ends[0], ends[1], "seed {seed}");
            assert_eq!(ends[0], ends[2], "seed {seed}");
        }
    }
}

/// Messages without a number print a minute only, or nothing: their balances tell where they belong in it.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_minute_stand_as_their_balances_tell() {
    let enquiry = "رصيد حسابك فى فودافون كاش الحالي 1000؛ تاريخ العملية 14:29 26-09-03";
    let undated = "تم تحويل 100 جنيه لرقم 01061112223 مصاريف الخدمة 0.5 جنيه رصيد حسابك فى فودافون كاش الحالي 899.5";
    let at = "2026-09-03T14:29:40+03:00";
    for db in TestDb::each().await {
        for (before, balance) in [(enquiry, 100_000), (undated, 89_950)] {
            let receipt = received(23_123_456_701, 1, 10_050, balance + 10_050);
            for texts in [[before, &receipt], [&receipt, before]] {
                let shop = fresh(&db).await;
                for text in texts {
                    shop.deliver_text(text, at).await;
                }
                deliver(
                    &shop,
                    &received(23_123_456_702, 2, 20_100, balance + 30_150),
                )
                .await;
                assert_eq!(standings(&shop).await.matches("good").count(), 3);
                assert!(open_items(&shop).await.is_empty(), "{texts:?}");
            }
        }
    }
}

/// A phone that was without a network delivers in any order, and one of the messages has no number.
#[tokio::test(flavor = "multi_thread")]
async fn a_minute_that_comes_in_any_order_holds_nothing_in_the_end() {
    let undated = "تم تحويل 50 جنيه لرقم 01061112223 مصاريف الخدمة 0.5 جنيه رصيد حسابك فى فودافون كاش الحالي 1050";
    let texts = [
        received(23_123_456_701, 0, 10_050, 110_050),
        undated.to_owned(),
        received(23_123_456_702, 0, 20_100, 125_100),
        received(23_123_456_703, 0, 30_200, 155_300),
    ];
    for db in TestDb::each().await {
        for order in orders(texts.len()) {
            let shop = fresh(&db).await;
            shop.clock.advance(Duration::from_secs(180));
            for at in &order {
                shop.deliver_text(&texts[*at], "2026-09-03T14:28:20+03:00")
                    .await;
            }
            let all = standings(&shop).await;
            assert_eq!(all.matches("good").count(), 4, "{order:?}: {all}");
            assert!(open_items(&shop).await.is_empty(), "{order:?}");
        }
    }
}

/// Every order of so many.
fn orders(many: usize) -> Vec<Vec<usize>> {
    let Some(fewer) = many.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let put = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, fewer);
        order
    };
    let shorter = orders(fewer);
    let all = shorter
        .iter()
        .flat_map(|order| (0..many).map(move |at| put(order, at)));
    all.collect()
}

/// A forged number far ahead, with an old date too: what comes without a number, and what people tell, stands where it
/// belongs all the same.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_number_that_is_no_operators_nothing_stands() {
    for db in TestDb::each().await {
        for minute in [0, 11] {
            let shop = fresh(&db).await;
            shop.clock.advance(Duration::from_secs(30 * 60));
            deliver(&shop, &received(23_123_456_701, 10, 10_050, 110_050)).await;
            let forged = received(999_999_999_999, minute, 7_700, 999_900);
            shop.deliver_text(&forged.replace("0999999999999", "999999999999"), LATE)
                .await;
            tell_balance(&shop, 110_050).await;
            let undated = "تم تحويل 50 جنيه لرقم 01061112223 مصاريف الخدمة 0.5 جنيه رصيد حسابك فى فودافون كاش الحالي 1050";
            shop.clock.advance(Duration::from_secs(120));
            shop.deliver_text(undated, LATE).await;
            shop.clock.advance(Duration::from_secs(120));
            deliver(&shop, &received(23_123_456_702, 30, 10_050, 115_050)).await;
            let items = open_items(&shop).await;
            assert!(
                items
                    .iter()
                    .all(|item| item.transfer.as_ref().unwrap().amount_minor == 7_700),
                "{items:?}"
            );
            let all = standings(&shop).await;
            assert_eq!(all.matches("good").count(), 3, "{all}");
        }
    }
}

/// e& money prints neither number nor time: messages that pass each other on their way are found by their balances.
#[tokio::test(flavor = "multi_thread")]
async fn messages_without_numbers_may_pass_each_other_within_a_minute() {
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.with_e_and_money().await;
        shop.clock.advance(Duration::from_secs(600));
        let now = shop.clock.now_ms();
        let minute = now - now.rem_euclid(60_000) - 120_000;
        for (amount, balance, second) in [
            ("20", "1030.00", 10),
            ("10", "1010.00", 12),
            ("5", "1035.00", 70),
        ] {
            let at = minute + second * 1_000;
            shop.deliver_e_and(amount, balance, at).await;
        }
        let asked = open_items(&shop).await;
        assert!(asked.is_empty(), "{}", asked[0].reason_en);
        let good = "SELECT COUNT(*) FROM payment_links WHERE wallet = 'ee' AND standing = 'good'";
        assert_eq!(shop.count(good).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_follows_from_the_one_told_before_corrects_nothing() {
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(720));
        tell_balance(&shop, 110_000).await;
        deliver(&shop, &received(23_123_456_701, 10, 1_000, 111_000)).await;
        tell_balance(&shop, 111_000).await;
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(standings(&shop).await.matches("good").count(), 1);
    }
}

/// Money went, unseen, in the minute in which the balance was told: what follows are gaps, until somebody explains the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_told_balance_stays_where_it_was_told() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, CHECKED).await;
        shop.clock.advance(Duration::from_secs(180));
        tell_balance(&shop, 100_000).await;
        deliver(&shop, &received(23_123_456_701, 1, 500, 100_500)).await;
        let enquiry = "رصيد حسابك فى فودافون كاش الحالي 705؛ تاريخ العملية 14:29 26-09-03";
        deliver(&shop, enquiry).await;
        deliver(&shop, &received(23_123_456_703, 1, 2_000, 72_500)).await;
        deliver(&shop, &received(23_123_456_704, 1, 3_000, 75_500)).await;
        let asked = open_items(&shop).await;
        let why: Vec<&str> = asked.iter().map(|item| item.reason.as_str()).collect();
        assert_eq!(why, ["balance_gap"; 3]);
        let first = asked.iter().find(|item| item.transfer.is_none()).unwrap();
        shop.payments.approve(&first.id, by("mona")).await.unwrap();
        assert_eq!(open_items(&shop).await.len(), 0);
    }
}

/// A slip of the pen that is put right within its minute measures nothing, whatever came in that minute.
#[tokio::test(flavor = "multi_thread")]
async fn the_balance_that_was_told_last_counts() {
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(720));
        deliver(&shop, &received(23_123_456_701, 10, 1_000, 101_000)).await;
        for told in [10_100, 101_000] {
            tell_balance(&shop, told).await;
        }
        shop.clock.advance(Duration::from_secs(120));
        deliver(&shop, &received(23_123_456_702, 11, 1_100, 102_100)).await;
        assert!(open_items(&shop).await.is_empty());
        deliver(&shop, &received(23_123_456_703, 12, 50_000, 60_100)).await;
        let asked = open_items(&shop).await;
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].kind, "balance_gap");
    }
}

/// A likely number, forged, and honest messages behind it: once a person rejects it they are what they are.
#[tokio::test(flavor = "multi_thread")]
async fn what_stood_behind_a_rejected_number_finds_its_place() {
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(30 * 60));
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 110_050)).await;
        deliver(&shop, &received(23_123_466_000, 11, 7_700, 999_900)).await;
        tell_balance(&shop, 110_050).await;
        deliver(&shop, &received(23_123_456_702, 30, 10_050, 120_100)).await;
        let forged = open_items(&shop).await;
        let forged = forged.iter().find(|item| item.reason == "balance_gap");
        shop.payments
            .reject(&forged.unwrap().id, by("mona"))
            .await
            .unwrap();
        deliver(&shop, &received(23_123_456_703, 31, 10_050, 130_150)).await;
        assert!(open_items(&shop).await.is_empty());
        let all = standings(&shop).await;
        assert_eq!(all.matches("good").count(), 3, "{all}");
    }
}

/// As above, where nobody was asked about the forged one: it tells of no money that came.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_number_of_no_money_is_asked_about_once_it_is_in_the_way() {
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(28 * 60));
        deliver(&shop, &received(23_123_456_701, 10, 10_050, 110_050)).await;
        deliver(&shop, &sent(23_123_466_000, 11, 1_000, 0, 7_700)).await;
        tell_balance(&shop, 110_050).await;
        shop.clock.advance(Duration::from_secs(5 * 60));
        deliver(&shop, &received(23_123_456_702, 30, 10_050, 120_100)).await;
        let asked = open_items(&shop).await;
        let forged = asked.iter().find(|item| item.transfer.is_none()).unwrap();
        assert_eq!((asked.len(), forged.kind.as_str()), (2, "balance_gap"));
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        assert!(open_items(&shop).await.is_empty());
        let all = standings(&shop).await;
        assert_eq!(all.matches("good").count(), 2, "{all}");
    }
}

/// What balances have told of a minute stands when a forged message of that minute is ruled out.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_leaves_the_order_of_a_minute() {
    let undated = "تم تحويل 50 جنيه لرقم 01061112223 مصاريف الخدمة 0.5 جنيه رصيد حسابك فى فودافون كاش الحالي 1050";
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(180));
        deliver(&shop, &received(23_123_456_700, 0, 10_050, 110_050)).await;
        shop.clock.advance(Duration::from_secs(120));
        shop.deliver_text(undated, "2026-09-03T14:30:20+03:00")
            .await;
        deliver(&shop, &received(23_123_456_701, 2, 7_700, 999_900)).await;
        deliver(&shop, &received(23_123_456_702, 2, 10_050, 115_050)).await;
        let forged = open_items(&shop).await.remove(0);
        shop.payments.reject(&forged.id, by("mona")).await.unwrap();
        deliver(&shop, &received(23_123_456_703, 2, 10_050, 125_100)).await;
        assert!(open_items(&shop).await.is_empty());
        let all = standings(&shop).await;
        assert_eq!(all.matches("good").count(), 4, "{all}");
    }
}

/// A message that others contradict has taken its followers along: what comes without a number stands behind those.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_contradicted_number_time_goes_on() {
    let paid = |amount: &str, balance: &str| {
        format!(
            "تم تحويل {amount} جنيه لرقم 01061112223 مصاريف الخدمة 0.5 جنيه رصيد حسابك فى فودافون كاش الحالي {balance}"
        )
    };
    for db in TestDb::each().await {
        let shop = fresh(&db).await;
        shop.clock.advance(Duration::from_secs(20 * 60));
        deliver(&shop, &received(23_123_456_700, 1, 10_050, 110_050)).await;
        shop.deliver_text(&paid("50", "1050"), "2026-09-03T14:40:00+03:00")
            .await;
        deliver(&shop, &received(23_123_456_705, 5, 3_000, 113_050)).await;
        shop.clock.advance(Duration::from_secs(20 * 60));
        shop.deliver_text(&paid("20", "1029.50"), "2026-09-03T15:00:00+03:00")
            .await;
        let asked = open_items(&shop).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0].reason, "balance_contradicted");
        shop.payments
            .reject(&asked[0].id, by("mona"))
            .await
            .unwrap();
        let all = standings(&shop).await;
        assert_eq!(all.matches("good").count(), 3, "{all}");
    }
}

const LATE: &str = "2026-09-03T15:40:00+03:00";
