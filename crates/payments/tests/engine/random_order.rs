//! Many customers, each of whom sends money and asks for it again and again, among many who ask for what is not
//! theirs; messages and claims come in random order, many at once.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::sync::Arc;

use crate::support::{self, Shop, receipt};
use futures_util::StreamExt as _;
use futures_util::stream;
use wharf_payments::IntakeOutcome;
use wharf_store::testing::TestDb;

/// What happens, for the transfer of that number.
#[derive(Clone, Copy, Debug)]
enum Event {
    Message(u64),
    /// Its sender's claim.
    Own(u64),
    /// Somebody else's who knows the phone, but not the amount, or the other way round.
    Phone(u64, u64),
    Amount(u64, u64),
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_claims_on_150_transfers_make_150_credits() {
    for db in TestDb::each().await {
        play(&db, 150, 20, 20_260_903).await;
    }
}

/// `make soak`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_claims_on_a_thousand_transfers_make_a_thousand_credits() {
    for db in TestDb::each().await {
        let seed = wharf_core::Clock::system().now_ms().unsigned_abs();
        play(&db, 1_000, 100, seed).await;
    }
}

/// `claims` for each of the transfers, half of them strangers'.
async fn play(db: &TestDb, transfers: u64, claims: u64, seed: u64) {
    let settings = "misses_client = 0\nmisses_client_day = 0\nmisses_phone = 0\nmisses_source = 0";
    let shop = Arc::new(Shop::open_with(db, settings).await);
    let mut events: Vec<Event> = (0..transfers)
        .flat_map(|at| {
            let own = (0..claims / 2).map(move |_| Event::Own(at));
            let strange = (0..claims - claims / 2).map(move |stranger| match stranger % 2 {
                0 => Event::Phone(at, stranger),
                _ => Event::Amount(at, stranger),
            });
            own.chain(strange).chain([Event::Message(at)])
        })
        .collect();
    shuffle(&mut events, seed);
    stream::iter(events)
        .for_each_concurrent(AT_ONCE, |event| {
            let shop = shop.clone();
            async move {
                tokio::spawn(async move { happen(&shop, event).await })
                    .await
                    .unwrap()
            }
        })
        .await;
    shop.until("all are credited", async |shop| {
        shop.count("SELECT COUNT(*) FROM payment_transfers WHERE state = 'credited'")
            .await
            == i64::try_from(transfers).unwrap()
    })
    .await;
    for at in 0..transfers {
        let own = credit_of(at);
        assert_eq!(
            shop.till.credited(client(at)),
            [own],
            "seed {seed}, transfer {at}"
        );
    }
    let booked = shop.till.books(|books| books.credits.len());
    assert_eq!(
        booked as u64, transfers,
        "seed {seed}: a stranger was credited"
    );
    assert_eq!(
        shop.till.books(|books| books.add_credit_calls) as u64,
        transfers
    );
}

async fn happen(shop: &Shop, event: Event) {
    let (phone_of, amount_of, client) = match event {
        Event::Message(at) => {
            let text = receipt(&format!("0231{at:08}"), &phone(at), &amount(piastres(at)));
            let body = support::webhook(&text, "2026-09-03T14:26:00+03:00");
            let headers = support::signed(&body, &shop.clock);
            let delivered = shop
                .payments
                .receive(support::TOKEN, &headers, body.as_bytes());
            assert_eq!(delivered.await, IntakeOutcome::Accepted);
            return;
        }
        Event::Own(at) => (phone(at), piastres(at), client(at)),
        Event::Phone(at, stranger) => (
            phone(at),
            piastres(at) + 1,
            client(at) + 1 + stranger as i64,
        ),
        Event::Amount(at, stranger) => (
            format!("0120{at:07}"),
            piastres(at),
            client(at) + 1 + stranger as i64,
        ),
    };
    let (client, amount) = (client.to_string(), amount(amount_of));
    let answer = shop
        .check(&[
            ("phone", &phone_of),
            ("amount", &amount),
            ("store_id", "nile"),
            ("client_id", &client),
        ])
        .await;
    let strange = !matches!(event, Event::Own(_));
    assert!(
        !strange || answer.get("status") == Some(&false.into()),
        "{event:?}: {answer}"
    );
}

fn phone(at: u64) -> String {
    format!("0110{at:07}")
}

fn client(at: u64) -> i64 {
    1_000 * (i64::try_from(at).unwrap() + 1)
}

/// Amounts repeat, as they do in life.
fn piastres(at: u64) -> i64 {
    5_025 * (i64::try_from(at % 7).unwrap() + 1)
}

/// At the rate of 50.25, in cents.
fn credit_of(at: u64) -> i64 {
    piastres(at) * 100 / 5_025
}

fn amount(piastres: i64) -> String {
    format!("{}.{:02}", piastres / 100, piastres % 100)
}

/// Fisher and Yates, by a multiplicative generator.
fn shuffle(events: &mut [Event], seed: u64) {
    let mut state = seed | 1;
    for at in (1..events.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = (state >> 33) as usize % (at + 1);
        events.swap(at, other);
    }
}

const AT_ONCE: usize = 32;
