use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use wharf_core::Clock;
use wharf_store::Store;
use wharf_store::testing::TestDb;

use super::chain::judge;
use super::walk::{Footing, walk};
use super::*;
use crate::tables::links::Position;

/// A message as a wallet's operator sends it: its number where it gives any, the minute that it prints, and by how
/// much it misses the balance that it should print.
#[derive(Clone, Debug)]
struct Sent {
    kind: &'static str,
    amount: i64,
    miss: i64,
    minute: i64,
    number: Option<u64>,
}

const KINDS: [&str; 4] = ["received", "received", "sent", "enquiry"];

fn sent(numbered: bool) -> impl Strategy<Value = Vec<Sent>> {
    let one = (
        0..KINDS.len(),
        1..400_i64,
        prop_oneof![6 => Just(0), 1 => 1..900_i64],
        prop_oneof![Just(0), Just(0), 1..3_i64],
        prop::bool::weighted(if numbered { 0.7 } else { 0.0 }),
    );
    vec(one, 1..40).prop_map(|drawn| {
        let (mut minute, mut number) = (0, 23_000_000_000);
        let mut all = Vec::new();
        for (kind, amount, miss, later, numbered) in drawn {
            minute += later;
            number += 1;
            all.push(Sent {
                kind: KINDS[kind],
                amount,
                miss,
                minute,
                number: numbered.then_some(number),
            });
        }
        all
    })
}

/// The messages as links, in the order in which they were sent.
fn links(sent: &[Sent]) -> Vec<(Link, Option<String>)> {
    let mut balance = 100_000;
    let link = |(at, sent): (usize, &Sent)| {
        balance += match sent.kind {
            "received" => sent.amount,
            "sent" => -sent.amount,
            _ => 0,
        };
        let link = Link {
            id: format!("link-{at:05}"),
            store: "nile".to_owned(),
            wallet: "vf1".to_owned(),
            message: None,
            transfer: None,
            seq: 0,
            rank: 0,
            happened_at: sent.minute * 60_000,
            kind: sent.kind.to_owned(),
            amount: sent.amount,
            fee: Some(0),
            balance: balance + sent.miss,
            standing: Standing::Gap,
            expected: None,
        };
        (link, sent.number.map(|number| number.to_string()))
    };
    sent.iter().enumerate().map(link).collect()
}

/// As an operator's messages are entered where nobody asks whether they contradict others.
async fn enter(
    db: &mut Db,
    link: Link,
    number: Option<&str>,
) -> Result<Vec<Link>, wharf_store::StoreError> {
    let mut came = super::chain::enter(db, link, number, false).await?;
    assert!(came.against.is_none());
    came.changed.append(&mut came.resized);
    Ok(came.changed)
}

async fn all(db: &mut Db) -> Vec<Link> {
    let start = Position {
        seq: -1,
        rank: 0,
        happened_at: 0,
    };
    let (links, more) = links::page(db, "vf1", (start, ""), 100_000).await.unwrap();
    assert!(!more);
    links
}

async fn clear(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    sqlx::query("DELETE FROM payment_links")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// What one walk over everything says, which no earlier walk has touched.
fn walked_anew(links: &[Link]) -> Vec<Link> {
    let mut links = links.to_vec();
    for link in &mut links {
        if link.standing != Standing::Out {
            link.expected = None;
        }
        if !matches!(link.standing, Standing::Vouched | Standing::Out) {
            link.standing = Standing::Gap;
        }
    }
    walk(&mut Footing::default(), &mut links);
    links
}

fn told(links: &[Link]) -> Vec<(String, Standing, i64, Option<i64>)> {
    links
        .iter()
        .map(|link| (link.id.clone(), link.standing, link.balance, link.expected))
        .collect()
}

/// Whatever comes in whatever order, and whatever people say in between: the chain is what one walk over all of it
/// would make of it, and the answers name each change.
async fn it_is_as_walked_anew(
    store: &Store,
    sent: &[Sent],
    order: &[usize],
    judged: &[(usize, bool)],
) {
    clear(store).await;
    let mut coming = links(sent);
    let mut seen = HashMap::new();
    for (turn, draw) in order.iter().cycle().take(coming.len()).enumerate() {
        let (link, number) = coming.remove(draw % coming.len());
        let mut tx = store.begin().await.unwrap();
        let mut changed = enter(&mut tx, link.clone(), number.as_deref())
            .await
            .unwrap();
        assert!(
            enter(&mut tx, link, number.as_deref())
                .await
                .unwrap()
                .is_empty()
        );
        if let Some((_, good)) = judged.iter().find(|(at, _)| *at == turn) {
            let gap = all(&mut tx)
                .await
                .into_iter()
                .rfind(|link| link.standing == Standing::Gap);
            if let Some(gap) = gap {
                let to = if *good {
                    Standing::Vouched
                } else {
                    Standing::Out
                };
                let id = gap.id.clone();
                let came = judge(&mut tx, gap, to).await.unwrap();
                changed.extend(came.changed.into_iter().chain(came.resized));
                changed.extend(links::about(&mut tx, None, Some(&id)).await.unwrap());
            }
        }
        let just_told: Vec<String> = changed.iter().map(|link| link.id.clone()).collect();
        for link in changed {
            seen.insert(link.id, link.standing);
        }
        let links = all(&mut tx).await;
        tx.commit().await.unwrap();
        let mut anew = walked_anew(&links);
        for (link, anew) in links.iter().zip(&mut anew) {
            // What was proven once stays so, whatever comes later.
            if (link.standing, anew.standing) == (Standing::Good, Standing::Loose) {
                anew.standing = Standing::Good;
            }
        }
        assert_eq!(told(&links), told(&anew), "after {turn}");
        for link in links {
            let last = seen.get(&link.id).copied();
            // A proof of what nobody waits for is not told.
            let silent = (last, link.standing) == (Some(Standing::Loose), Standing::Good)
                && !just_told.contains(&link.id);
            assert!(
                silent || last == Some(link.standing),
                "{link:?} was told as {last:?}"
            );
        }
    }
}

#[test]
fn the_chain_is_what_one_walk_would_make_of_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for db in runtime.block_on(TestDb::each()) {
        let store = runtime.block_on(db.open(&Clock::system()));
        let drawn = (
            any::<bool>().prop_flat_map(sent),
            vec(prop_oneof![Just(0), 0..1_000_usize], 1..9),
            vec((0..40_usize, any::<bool>()), 0..5),
        );
        TestRunner::new(Config::with_cases(32))
            .run(&drawn, |(sent, order, judged)| {
                runtime.block_on(it_is_as_walked_anew(&store, &sent, &order, &judged));
                Ok(())
            })
            .unwrap();
    }
}

/// Receipts a minute apart, of an operator that gives no numbers.
fn receipts(count: usize) -> Vec<Link> {
    let sent: Vec<Sent> = (0..count)
        .map(|at| Sent {
            kind: "received",
            amount: 1_000,
            miss: 0,
            minute: i64::try_from(at).unwrap(),
            number: None,
        })
        .collect();
    links(&sent)
        .into_iter()
        .map(|(link, _)| Link { rank: 1, ..link })
        .collect()
}

async fn write(db: &mut Db, links: &[Link]) {
    for link in walked_anew(links) {
        links::insert(db, &link).await.unwrap();
    }
}

#[tokio::test]
async fn a_forged_balance_is_seen_behind_thousands_without_numbers() {
    for db in TestDb::each().await {
        let store = db.open(&Clock::system()).await;
        let mut tx = store.begin().await.unwrap();
        let mut links = receipts(2_002);
        let genuine = links.pop().unwrap();
        let mut forged = links.pop().unwrap();
        links[0].standing = Standing::Vouched;
        write(&mut tx, &links).await;
        forged.balance += 7;
        let changed = enter(&mut tx, forged.clone(), None).await.unwrap();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].standing, Standing::Gap);
        assert_eq!(changed[0].expected, Some(forged.balance - 7));
        let mut after = genuine;
        after.balance -= after.amount;
        let changed = enter(&mut tx, after, None).await.unwrap();
        assert_eq!((changed.len(), changed[0].standing), (1, Standing::Good));
    }
}

#[tokio::test]
async fn what_is_held_stays_held_however_much_comes_after_it() {
    for db in TestDb::each().await {
        let store = db.open(&Clock::system()).await;
        let mut tx = store.begin().await.unwrap();
        // Nobody ever told this wallet's balance.
        let mut links = receipts(1_100);
        links[50].balance += 7;
        for link in &mut links[51..] {
            link.balance -= 1_000;
        }
        let behind = links.split_off(1_000);
        write(&mut tx, &links).await;
        for link in behind {
            let changed = enter(&mut tx, link.clone(), None).await.unwrap();
            assert_eq!(changed.len(), 1, "{changed:?}");
            assert_eq!(
                (&changed[0].id, changed[0].standing),
                (&link.id, Standing::Loose)
            );
        }
        assert_eq!(links::count_gaps(&mut tx, "vf1").await.unwrap(), 1);
    }
}

/// However many messages one minute has, with numbers and without, and in whatever order they come: nothing is held
/// once all are there.
#[test]
fn the_honest_messages_of_one_minute_are_no_gaps() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = TestDb::sqlite();
    let store = runtime.block_on(db.open(&Clock::system()));
    let drawn = vec(
        (
            0..3_usize,
            1..1_000_000_000_i64,
            any::<bool>(),
            0..4_u8,
            any::<u8>(),
        ),
        1..24,
    );
    let enter_all = async |drawn: Vec<(usize, i64, bool, u8, u8)>, shuffled: bool| {
        clear(&store).await;
        let (mut minute, mut without) = (0, 0);
        let shuffle: Vec<u8> = drawn.iter().map(|drawn| drawn.4).collect();
        let sent = drawn.into_iter().enumerate();
        let sent = sent.map(|(at, (kind, amount, numbered, later, _))| {
            let number = 23_000_000_000 + u64::try_from(at).unwrap();
            // More than a few without a number in one minute are taken by their times.
            without += i64::from(!numbered);
            if later == 0 || without > 8 {
                (minute, without) = (minute + 2, i64::from(!numbered));
            }
            Sent {
                kind: ["received", "sent", "enquiry"][kind],
                amount,
                miss: 0,
                minute,
                number: numbered.then_some(number),
            }
        });
        let sent: Vec<Sent> = sent.collect();
        let mut tx = store.begin().await.unwrap();
        let mut coming: Vec<_> = links(&sent).into_iter().zip(shuffle).collect();
        if shuffled {
            coming.sort_by_key(|((link, _), key)| (link.happened_at, *key));
        }
        for ((link, number), _) in coming {
            let came = super::chain::enter(&mut tx, link, number.as_deref(), !shuffled).await;
            assert!(came.unwrap().against.is_none());
        }
        assert_eq!(links::count_gaps(&mut tx, "vf1").await.unwrap(), 0);
        tx.commit().await.unwrap();
    };
    TestRunner::new(Config::with_cases(256))
        .run(&drawn, |drawn| {
            runtime.block_on(enter_all(drawn.clone(), false));
            runtime.block_on(enter_all(drawn, true));
            Ok(())
        })
        .unwrap();
}

/// What a message contradicts may stand far behind it: it is entered once, and counts for nothing.
#[tokio::test]
async fn a_contradiction_far_behind_a_message_puts_it_out() {
    let sent = |kind, amount, miss, minute, number| Sent {
        kind,
        amount,
        miss,
        minute,
        number,
    };
    let mut all = vec![
        sent("enquiry", 0, 0, 1, None),
        sent("received", 1_000, 0, 2, Some(23_000_000_001)),
    ];
    // Gaps in between, more than are looked at first.
    for at in 0..20 {
        let number = 23_000_000_100 + u64::try_from(at).unwrap();
        all.push(sent("other", 0, 500_000 + at, 20 + at, Some(number)));
    }
    all.push(sent("received", 1_000, 0, 50, Some(23_000_000_200)));
    for db in TestDb::each().await {
        let store = db.open(&Clock::system()).await;
        let mut tx = store.begin().await.unwrap();
        let coming = links(&all);
        let between = coming[1].0.balance;
        for (link, number) in coming {
            enter(&mut tx, link, number.as_deref()).await.unwrap();
        }
        let late = Link {
            id: "late".to_owned(),
            happened_at: 10 * 60_000,
            kind: "received".to_owned(),
            amount: 700,
            balance: between + 700,
            ..receipts(1).remove(0)
        };
        let number = Some("23000000050");
        let came = super::chain::enter(&mut tx, late, number, true)
            .await
            .unwrap();
        assert_eq!(came.against.unwrap().seq, 23_000_000_200);
        let late = links::about(&mut tx, None, Some("late")).await.unwrap();
        assert_eq!(late.unwrap().standing, Standing::Out);
    }
}
