//! What phones deliver is kept first and read behind: in its order, once, by any node, whatever one of the messages does.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up must fail the test, in its helpers too"
)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::{FakeTill, PAYER, Shop, TOKEN, WALLET, receipt, signed, webhook};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::AssertSqlSafe;
use wharf_core::Clock;
use wharf_payments::setup::{DeviceSetup, WalletSetup};
use wharf_payments::views::{Decision, ReviewFilter, Seen};
use wharf_payments::{IntakeOutcome, Payments, PaymentsConfig};
use wharf_store::testing::TestDb;
use wharf_store::{Backend, Store};

const AT: &str = "2026-09-03T14:26:00+03:00";

/// A daemon of which nobody reads by itself.
struct Node {
    store: Store,
    payments: Arc<Payments>,
    clock: Clock,
}

impl Node {
    async fn start(db: &TestDb, name: &str, clock: &Clock) -> Self {
        let store = db.open_as(name, clock).await;
        let till = Arc::new(FakeTill::default());
        let payments = Payments::with_till(store.clone(), till, PaymentsConfig::default()).unwrap();
        let clock = clock.clone();
        Self {
            store,
            payments,
            clock,
        }
    }

    /// Several of a shop that is set up and then left.
    async fn several(db: &TestDb, names: &[&str]) -> Vec<Self> {
        let clock = Shop::open(db).await.clock.clone();
        let mut nodes = Vec::new();
        for name in names {
            nodes.push(Self::start(db, name, &clock).await);
        }
        nodes
    }

    async fn deliver(&self, text: &str) -> IntakeOutcome {
        let body = webhook(text, AT);
        let headers = signed(&body, &self.clock);
        self.payments
            .receive(TOKEN, &headers, body.as_bytes())
            .await
    }

    async fn deliver_all(&self, texts: impl IntoIterator<Item = String>) -> Vec<IntakeOutcome> {
        let texts: Vec<String> = texts.into_iter().collect();
        join_all(texts.iter().map(|text| self.deliver(text))).await
    }

    async fn read(&self) -> usize {
        self.payments.read_unread().await.unwrap()
    }

    async fn count(&self, query: &'static str) -> i64 {
        count(&self.store, query).await
    }
}

async fn count(store: &Store, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(store.pool())
        .await
        .unwrap()
}

fn number(at: usize) -> String {
    format!("0231234{at:05}")
}

fn receipts(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|at| receipt(&number(at), PAYER, "502.50"))
}

const UNREAD: &str = "SELECT COUNT(*) FROM payment_messages WHERE state = 'new'";
const TRANSFERS: &str = "SELECT COUNT(*) FROM payment_transfers";

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_read_each_message_once_and_the_oldest_first() {
    for db in TestDb::each().await {
        let nodes = Node::several(&db, &["a", "b", "c"]).await;
        let [a, b, c] = nodes.as_slice() else {
            unreachable!("three were started")
        };
        for part in 0..3 {
            let ends = a.deliver_all(receipts(part * 40..part * 40 + 40)).await;
            assert_eq!(ends, [IntakeOutcome::Accepted; 40]);
        }
        assert_eq!((a.count(UNREAD).await, a.count(TRANSFERS).await), (120, 0));
        let read = tokio::join!(a.read(), b.read(), c.read(), b.read());
        // How many each of them read is chance; what a second one found read already it did not read again.
        assert!(read.0 + read.1 + read.2 + read.3 >= 120, "{read:?}");
        assert_eq!((a.count(UNREAD).await, a.count(TRANSFERS).await), (0, 120));
        let booked: Vec<String> = sqlx::query_scalar(
            "SELECT t.operator_id FROM payment_audit a JOIN payment_transfers t ON a.subject = 'transfer/' || t.id \
             WHERE a.event = 'received' ORDER BY a.id",
        )
        .fetch_all(a.store.pool())
        .await
        .unwrap();
        assert_eq!(booked.len(), 120);
        // Within the few that are looked at together the operator's numbers count.
        let mut numbers = booked.clone();
        numbers.sort();
        let part = |number: &String| numbers.iter().position(|other| other == number).unwrap() / 40;
        let last_of_first = booked.iter().rposition(|number| part(number) == 0);
        let first_of_last = booked.iter().position(|number| part(number) == 2);
        assert!(last_of_first < first_of_last, "{booked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_before_a_crash_is_read_by_whoever_lives() {
    for db in TestDb::each().await {
        let nodes = Node::several(&db, &["a"]).await;
        for node in &nodes {
            node.deliver_all(receipts(0..5)).await;
        }
        let clock = nodes.first().map(|node| node.clock.clone()).unwrap();
        drop(nodes);
        let shop = Shop::reopen(&db, clock, FakeTill::default()).await;
        shop.until("all are read", async |shop| {
            shop.count(TRANSFERS).await == 5
        })
        .await;
    }
}

/// What the database does with money of 666.00: it turns it away, or it breaks off the whole transaction.
async fn curse(store: &Store, breaks_off: bool) {
    let sql = match (store.backend(), breaks_off) {
        (Backend::Sqlite, false) => "SELECT RAISE(ABORT, 'cursed')",
        (Backend::Sqlite, true) => "SELECT RAISE(ROLLBACK, 'cursed')",
        (Backend::Postgres, false) => "RAISE EXCEPTION 'cursed'",
        (Backend::Postgres, true) => "PERFORM pg_terminate_backend(pg_backend_pid())",
    };
    let sql = match store.backend() {
        Backend::Sqlite => format!(
            "CREATE TRIGGER curse BEFORE INSERT ON payment_transfers WHEN NEW.amount = 66600 BEGIN {sql}; END"
        ),
        Backend::Postgres => format!(
            "CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {sql}; RETURN NEW; END $$; \
             CREATE TRIGGER curse BEFORE INSERT ON payment_transfers FOR EACH ROW WHEN (NEW.amount = 66600) EXECUTE FUNCTION curse()"
        ),
    };
    run(store, sql).await;
}

async fn lift(store: &Store) {
    let sql = match store.backend() {
        Backend::Sqlite => "DROP TRIGGER curse",
        Backend::Postgres => "DROP TRIGGER curse ON payment_transfers; DROP FUNCTION curse()",
    };
    run(store, sql.to_owned()).await;
}

async fn run(store: &Store, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(store.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_read_stands_in_nobodys_way_and_comes_before_a_person() {
    for breaks_off in [false, true] {
        for db in TestDb::each().await {
            let shop = Shop::open(&db).await;
            curse(&shop.store, breaks_off).await;
            shop.deliver(&number(0), PAYER, "666").await;
            let node = Node::start(&db, "beside", &shop.clock).await;
            node.deliver_all(receipts(1..4)).await;
            node.read().await;
            assert_eq!(shop.count(TRANSFERS).await, 3);
            assert_eq!(shop.count(UNREAD).await, 1);

            let items = async |shop: &Shop| {
                let items = shop.payments.reviews(&ReviewFilter::default()).await;
                items.unwrap()
            };
            shop.until("a person is asked", async |shop| {
                shop.clock.advance(Duration::from_secs(600));
                shop.store.jobs().wake();
                !items(shop).await.is_empty()
            })
            .await;
            assert_eq!(shop.count(UNREAD).await, 0);
            let item = items(&shop).await.remove(0);
            assert_eq!(
                (item.kind.as_str(), &item.evidence),
                ("unread", &json!({ "tries": 12 }))
            );

            lift(&shop.store).await;
            let decision = Decision {
                actor: "mona".into(),
                reason: "mended".into(),
                claim: None,
                wallet: None,
                seen: Seen::Nothing,
            };
            shop.payments.approve(&item.id, decision).await.unwrap();
            shop.until("it is read", async |shop| {
                shop.count("SELECT COUNT(*) FROM payment_transfers WHERE amount = 66600")
                    .await
                    == 1
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_stored_costs_those_beside_it_nothing() {
    for db in TestDb::each().await {
        let nodes = Node::several(&db, &["a"]).await;
        let node = nodes.first().unwrap();
        let (table, cursed) = ("payment_messages", "NEW.body = 'cursed'");
        let sql = match node.store.backend() {
            Backend::Sqlite => format!(
                "CREATE TRIGGER curse BEFORE INSERT ON {table} WHEN {cursed} BEGIN SELECT RAISE(ABORT, 'cursed'); END"
            ),
            Backend::Postgres => format!(
                "CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cursed'; END $$; \
                 CREATE TRIGGER curse BEFORE INSERT ON {table} FOR EACH ROW WHEN ({cursed}) EXECUTE FUNCTION curse()"
            ),
        };
        run(&node.store, sql).await;
        let mut texts: Vec<String> = receipts(0..7).collect();
        texts.insert(3, "cursed".to_owned());
        let ends = node.deliver_all(texts).await;
        let turned_away = |end: &&IntakeOutcome| **end == IntakeOutcome::Unavailable;
        assert_eq!(ends.iter().filter(turned_away).count(), 1, "{ends:?}");
        assert_eq!(ends.get(3), Some(&IntakeOutcome::Unavailable));
        assert_eq!((node.read().await, node.count(TRANSFERS).await), (7, 7));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_many_times_at_once_is_one_message_with_its_deliveries_counted() {
    for db in TestDb::each().await {
        let nodes = Node::several(&db, &["a", "b"]).await;
        let text = receipt(&number(0), PAYER, "502.50");
        let deliveries = nodes
            .iter()
            .map(|node| node.deliver_all((0..30).map(|_| text.clone())));
        for ends in join_all(deliveries).await {
            assert_eq!(ends, [IntakeOutcome::Accepted; 30]);
        }
        let node = nodes.first().unwrap();
        let deliveries = "SELECT deliveries FROM payment_messages";
        assert_eq!(node.count(deliveries).await, 60);
        assert_eq!((node.read().await, node.count(TRANSFERS).await), (1, 1));
        // No text of a database can hold this, and no phone should deliver it for days.
        assert_eq!(node.deliver("a\0b").await, IntakeOutcome::Accepted);
    }
}

/// Through two apps, with and without a time, under ever new delivery ids, many at once, over restarts that come
/// before anybody has read.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_a_hundred_times_over_restarts_is_one_credit() {
    for db in TestDb::each().await {
        let shop = Shop::open(&db).await;
        let (clock, till) = (shop.clock.clone(), shop.till.clone());
        let other: DeviceSetup = toml::from_str(&format!(
            "id = \"phone2\"\nstore = \"nile\"\ntoken = \"other-{TOKEN}\"\nformat = \"generic\"\nwallets = [\"vf1\"]"
        ))
        .unwrap();
        other.apply(&shop.store).await.unwrap();
        let asked = [
            ("phone", PAYER),
            ("amount", "502.5"),
            ("store_id", "nile"),
            ("client_id", "7"),
        ];
        assert_eq!(shop.check(&asked).await["status"], false);
        let text = receipt(&number(0), PAYER, "502.50");
        drop(shop);
        for life in 0..10_i64 {
            let node = Node::start(&db, "node-1", &clock).await;
            let apps = (0..10).map(|at| {
                let (node, text) = (&node, &text);
                async move {
                    let stamp = 1_788_434_760_000_i64 + life * 7_000;
                    let plain = match at % 3 {
                        0 => return node.deliver(text).await,
                        1 => json!({ "from": "VF-Cash", "text": text, "receivedStamp": stamp }),
                        _ => json!({ "from": "VF-Cash", "text": text }),
                    };
                    let token = format!("other-{TOKEN}");
                    let body = plain.to_string();
                    let none = http::HeaderMap::new();
                    node.payments.receive(&token, &none, body.as_bytes()).await
                }
            });
            assert_eq!(join_all(apps).await, [IntakeOutcome::Accepted; 10]);
            if life % 4 == 3 {
                node.read().await;
            }
            clock.advance(Duration::from_secs(90));
        }
        let shop = Shop::reopen(&db, clock, till).await;
        shop.payments.read_unread().await.unwrap();
        shop.until("it is credited", async |shop| {
            shop.till.credited(7) == [1_000]
        })
        .await;
        shop.hours(1).await;
        assert_eq!(shop.till.credited(7), [1_000]);
        assert_eq!(shop.till.books(|books| books.add_credit_calls), 1);
        assert_eq!(
            (shop.count(UNREAD).await, shop.count(TRANSFERS).await),
            (0, 1)
        );
        let deliveries = "SELECT CAST(SUM(deliveries) AS BIGINT) FROM payment_messages";
        assert_eq!(shop.count(deliveries).await, 100);
        let items = "SELECT COUNT(*) FROM payment_reviews";
        assert_eq!(shop.count(items).await, 0);
    }
}

/// A phone comes back after hours and delivers its newest messages first: nobody is asked about what is there by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_read_in_the_operator_s_order() {
    for db in TestDb::each().await {
        let shop = Shop::open_with(&db, "balance_check = true").await;
        let told: WalletSetup = toml::from_str(&format!(
            "id = \"vf1\"\nstore = \"nile\"\noperator = \"vodafone-cash\"\nnumber = \"{WALLET}\"\nbalance = \"0\""
        ))
        .unwrap();
        let known = shop.payments.wallets();
        told.apply(&shop.store, &known).await.unwrap();
        let clock = shop.clock.clone();
        drop(shop);
        let node = Node::start(&db, "alone", &clock).await;
        for at in (1..=20).rev() {
            let text = receipt(&format!("0231234567{at:02}"), PAYER, "10.00")
                .replace("1540.75", &format!("{at}0.00"));
            node.deliver(&text).await;
        }
        assert_eq!(node.payments.read_unread().await.unwrap(), 20);
        let opened: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM payment_reviews")
            .fetch_one(node.store.pool())
            .await
            .unwrap();
        let proven: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM payment_links WHERE standing = 'good'")
                .fetch_one(node.store.pool())
                .await
                .unwrap();
        assert_eq!((opened, proven), (0, 20));
    }
}
