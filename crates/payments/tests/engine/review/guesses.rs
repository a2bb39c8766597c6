//! What people are asked where the operator says that money was taken back, and not which transfer: each of its messages
//! is about one, and none is lost.

use std::time::Duration;

use wharf_payments::views::ReviewView;
use wharf_store::testing::TestDb;

use super::{NUMBER, asks, is_credited, only_item, open_items, state};
use crate::support::{Fault, PAYER, Shop, by};

const SECOND: &str = "023123456790";
const OTHER: &str = "01198765432";
const UNNUMBERED: &str = "تم استرداد مبلغ 502.50 جنيه من محفظتك";
const CREDITED: &str = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited'";
const REVERSED: &str = "SELECT COUNT(*) FROM payment_transfers WHERE state = 'reversed'";

/// What an item is about: the transfer's number, none where it is the message; and why.
fn about(item: &ReviewView) -> (String, String) {
    let transfer = item.transfer.as_ref();
    let number = transfer.map(|transfer| transfer.operator_id.clone());
    (number.unwrap_or_default(), item.reason.clone())
}

async fn asked(shop: &Shop) -> Vec<(String, String)> {
    let mut asked: Vec<_> = open_items(shop).await.iter().map(about).collect();
    asked.sort();
    asked
}

fn expected(items: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(number, reason): &(&str, &str)| ((*number).to_owned(), (*reason).to_owned());
    items.iter().map(owned).collect()
}

async fn item_about(shop: &Shop, number: &str) -> ReviewView {
    let items = open_items(shop).await;
    let found = items.into_iter().find(|item| about(item).0 == number);
    found.unwrap()
}

async fn taken_back(shop: &Shop, at: &str) {
    shop.deliver_text(UNNUMBERED, &format!("2026-09-03T{at}:00+03:00"))
        .await;
}

async fn named(shop: &Shop, number: &str, at: &str) {
    let text = format!("{UNNUMBERED} بناء على شكوى المرسل. رقم العملية الأصلية: {number}");
    shop.deliver_text(&text, &format!("2026-09-03T{at}:00+03:00"))
        .await;
}

/// So many of the same amount, each a minute after the one before, are credited.
async fn with_credited(shop: &Shop, numbers: &[&str]) {
    for (at, number) in numbers.iter().enumerate() {
        shop.clock.advance(Duration::from_secs(60));
        shop.deliver(number, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        is_credited(shop, 7, &vec![1_000; at + 1]).await;
    }
    let all = i64::try_from(numbers.len()).unwrap();
    shop.until("all are booked", async |shop| {
        shop.count(CREDITED).await == all
    })
    .await;
}

/// The first is approved of, and WHMCS is away: what comes next is about another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_reversal_finds_another_while_the_first_is_being_done() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_credited(&shop, &[NUMBER, SECOND]).await;
        shop.till.books(|books| books.always = Some(Fault::NotSent));
        taken_back(&shop, "14:40").await;
        let item = item_about(&shop, SECOND).await;
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        // By its number: that is being done already.
        named(&shop, SECOND, "15:20").await;
        let item = only_item(&shop, "reversal").await;
        assert_eq!(about(&item), (NUMBER.into(), "reversal_again".into()));
        taken_back(&shop, "15:40").await;
        assert_eq!(
            asked(&shop).await,
            expected(&[("", "reversal_unknown"), (NUMBER, "reversal_again")])
        );
        shop.payments.approve(&item.id, by("mona")).await.unwrap();
        shop.till.books(|books| books.always = None);
        shop.until("both are taken back", async |shop| {
            shop.clock.advance(Duration::from_secs(30));
            shop.count(REVERSED).await == 2
        })
        .await;
    }
}

/// Twice the news, then twice the receipt: each receipt is asked about.
#[tokio::test(flavor = "multi_thread")]
async fn two_reversals_before_their_receipts_hold_both() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        taken_back(&shop, "14:27").await;
        taken_back(&shop, "14:47").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        assert_eq!(
            asked(&shop).await,
            expected(&[("", "reversal_unknown"), (NUMBER, "reversal_guess")])
        );
        shop.deliver(SECOND, PAYER, "502.50").await;
        let both = [(NUMBER, "reversal_guess"), (SECOND, "reversal_guess")];
        assert_eq!(asked(&shop).await, expected(&both));
        shop.check(&asks("7", "502.5")).await;
        shop.hours(1).await;
        assert!(shop.till.credited(7).is_empty());
    }
}

/// One that somebody approved of before any receipt came takes one of them, not all.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_of_unseen_is_asked_of_one_receipt() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        taken_back(&shop, "14:27").await;
        let early = only_item(&shop, "reversal").await;
        shop.payments.approve(&early.id, by("mona")).await.unwrap();
        for number in [NUMBER, SECOND] {
            shop.deliver(number, PAYER, "502.50").await;
        }
        let item = only_item(&shop, "reversal").await;
        assert_eq!(about(&item).0, NUMBER);
        // It was not that one: the other.
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        let next = [(SECOND, "reversal_next")];
        assert_eq!(asked(&shop).await, expected(&next));
    }
}

/// A number tells more than an amount: its receipt leaves the other news to the other receipt.
#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_of_a_number_leaves_what_names_none_to_others() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        taken_back(&shop, "14:27").await;
        named(&shop, NUMBER, "14:47").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        assert_eq!(
            asked(&shop).await,
            expected(&[("", "reversal_unknown"), (NUMBER, "reversal")])
        );
        shop.deliver(SECOND, PAYER, "502.50").await;
        let both = [(NUMBER, "reversal"), (SECOND, "reversal_guess")];
        assert_eq!(asked(&shop).await, expected(&both));
    }
}

/// News of one payer does not take another one's receipt.
#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_phone_waits_for_the_receipt_from_it() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let text = format!("{UNNUMBERED} لصالح رقم {PAYER}");
        shop.deliver_text(&text, "2026-09-03T14:27:00+03:00").await;
        shop.deliver(SECOND, OTHER, "502.50").await;
        assert_eq!(
            asked(&shop).await,
            expected(&[("", "reversal_unknown")]),
            "it names another payer"
        );
        shop.deliver(NUMBER, PAYER, "502.50").await;
        let own = [(NUMBER, "reversal_guess")];
        assert_eq!(asked(&shop).await, expected(&own));
    }
}

/// Money was taken back: if not this, then another. Who takes his word back withdraws the question that came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_guess_asks_about_the_next_one() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_credited(&shop, &[NUMBER, SECOND]).await;
        taken_back(&shop, "14:40").await;
        // What comes later cannot be meant.
        shop.clock.advance(Duration::from_secs(3_600));
        let later = crate::support::receipt("023123456791", PAYER, "502.50");
        let later = later.replace("14:26", "15:30");
        shop.deliver_text(&later, "2026-09-03T15:30:00+03:00").await;
        let first = item_about(&shop, SECOND).await;
        shop.payments.reject(&first.id, by("mona")).await.unwrap();
        let second = only_item(&shop, "reversal").await;
        assert_eq!(about(&second), (NUMBER.into(), "reversal_next".into()));
        let not = "It was not 023123456790";
        assert!(second.reason_en.contains(not), "{}", second.reason_en);

        shop.payments.reopen(&first.id, by("mona")).await.unwrap();
        assert_eq!(about(&only_item(&shop, "reversal").await).0, SECOND);
        shop.payments.reject(&first.id, by("mona")).await.unwrap();
        let second = item_about(&shop, NUMBER).await;
        shop.payments.reject(&second.id, by("mona")).await.unwrap();
        // None is left: its receipt may come yet.
        let unknown = only_item(&shop, "reversal").await;
        assert_eq!(about(&unknown), (String::new(), "reversal_unknown".into()));
        shop.payments.reject(&unknown.id, by("mona")).await.unwrap();
        assert!(open_items(&shop).await.is_empty());
        assert_eq!(shop.count(CREDITED).await, 2);
    }
}

/// The other one was taken back meanwhile: who takes his word back reads that.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_is_opened_again_tells_what_was_taken_back_meanwhile() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_credited(&shop, &[NUMBER, SECOND]).await;
        taken_back(&shop, "14:40").await;
        let first = item_about(&shop, SECOND).await;
        shop.payments.reject(&first.id, by("mona")).await.unwrap();
        let second = only_item(&shop, "reversal").await;
        shop.payments.approve(&second.id, by("mona")).await.unwrap();
        shop.until("it is taken back", async |shop| {
            shop.count(REVERSED).await == 1
        })
        .await;
        shop.payments.reopen(&first.id, by("mona")).await.unwrap();
        let again = only_item(&shop, "reversal").await;
        assert_eq!(about(&again), (SECOND.into(), "reversal_again".into()));
        assert!(again.reason_en.contains(NUMBER), "{}", again.reason_en);
    }
}

/// It was asked about as a message first, then as a guess, then what was guessed is named: it may mean the other one.
#[tokio::test(flavor = "multi_thread")]
async fn news_that_was_asked_about_before_its_receipt_goes_on_too() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        taken_back(&shop, "14:27").await;
        for number in [NUMBER, SECOND] {
            shop.deliver(number, PAYER, "502.50").await;
        }
        let guess = only_item(&shop, "reversal").await;
        let (guessed, other) = match about(&guess).0 {
            number if number == NUMBER => (NUMBER, SECOND),
            _ => (SECOND, NUMBER),
        };
        shop.payments.approve(&guess.id, by("mona")).await.unwrap();
        named(&shop, guessed, "14:40").await;
        assert_eq!(asked(&shop).await, expected(&[(other, "reversal_again")]));
    }
}

/// Of a popular amount nobody is asked for ever.
#[tokio::test(flavor = "multi_thread")]
async fn after_five_guesses_the_message_is_asked_about() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        for at in 0..7 {
            shop.deliver(&format!("02312345680{at}"), PAYER, "502.50")
                .await;
        }
        taken_back(&shop, "14:40").await;
        for at in (2..7).rev() {
            let item = only_item(&shop, "reversal").await;
            assert_eq!(about(&item).0, format!("02312345680{at}"));
            shop.payments.reject(&item.id, by("mona")).await.unwrap();
        }
        assert_eq!(asked(&shop).await, expected(&[("", "reversal_unknown")]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payer_who_is_named_is_found_behind_many_others() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        for at in 0..55 {
            shop.deliver(&format!("0231234568{at:02}"), OTHER, "502.50")
                .await;
        }
        let text = format!("{UNNUMBERED} لصالح رقم {PAYER}");
        shop.deliver_text(&text, "2026-09-03T14:40:00+03:00").await;
        let own = [(NUMBER, "reversal_guess")];
        assert_eq!(asked(&shop).await, expected(&own));
    }
}

/// What names its transfer takes the place of a guess, which goes on to another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_gives_way_to_what_names_the_transfer() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        with_credited(&shop, &[NUMBER, SECOND]).await;
        taken_back(&shop, "14:40").await;
        named(&shop, SECOND, "14:50").await;
        let both = [(NUMBER, "reversal_again"), (SECOND, "reversal")];
        assert_eq!(asked(&shop).await, expected(&both));
        // And again, in other words: it is the same news.
        named(&shop, &format!("{SECOND} "), "14:55").await;
        assert_eq!(asked(&shop).await, expected(&both));
        // That the guess was the same news ends it.
        let guess = item_about(&shop, NUMBER).await;
        shop.payments.reject(&guess.id, by("mona")).await.unwrap();
        let one = [(SECOND, "reversal")];
        assert_eq!(asked(&shop).await, expected(&one));
    }
}

/// News that comes while a transfer is rejected may mean it all the same: it is not credited unasked.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_again_is_asked_about_by_news_that_came_meanwhile() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "hold = \"always\"").await;
        shop.deliver(NUMBER, PAYER, "502.50").await;
        shop.check(&asks("7", "502.5")).await;
        let item = only_item(&shop, "always").await;
        shop.payments.reject(&item.id, by("mona")).await.unwrap();
        taken_back(&shop, "14:40").await;
        assert_eq!(asked(&shop).await, expected(&[("", "reversal_unknown")]));
        shop.payments.reopen(&item.id, by("mona")).await.unwrap();
        let gone = item_about(&shop, NUMBER).await;
        assert_eq!(asked(&shop).await, expected(&[(NUMBER, "reversal_guess")]));
        shop.payments.approve(&gone.id, by("mona")).await.unwrap();
        assert_eq!(state(&shop).await, "rejected");
    }
}

/// Rejected before its receipt came, and taken back: it is about what has come since.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_is_opened_again_finds_what_has_come_since() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        taken_back(&shop, "14:27").await;
        let early = only_item(&shop, "reversal").await;
        shop.payments.reject(&early.id, by("mona")).await.unwrap();
        with_credited(&shop, &[NUMBER]).await;
        // Opened again much later it means what it meant.
        shop.clock.advance(Duration::from_hours(24));
        let later =
            crate::support::receipt(SECOND, PAYER, "502.50").replace("26-09-03", "26-09-04");
        shop.deliver_text(&later, "2026-09-04T14:26:00+03:00").await;
        shop.payments.reopen(&early.id, by("mona")).await.unwrap();
        let own = [(NUMBER, "reversal_guess")];
        assert_eq!(asked(&shop).await, expected(&own));
    }
}
