//! Two nodes on one database: what one of them has begun is left to it for as long as its lease lasts, and what it
//! says after that no longer counts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use wharf_core::{Clock, Deadline};
use wharf_store::journal::{Filter, State};
use wharf_store::testing::TestDb;
use wharf_store::{Effect, Ending, JobFailure, NewJob, Outcome, Pace, Performed, Settled, Store};

/// A far side to which a call is on its way until the test lets it arrive; nothing has happened there before.
struct Far {
    begun: AtomicU32,
    asked: AtomicU32,
    arrives: Semaphore,
}

impl Far {
    fn new(arrives: usize) -> Arc<Self> {
        Arc::new(Self {
            begun: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            arrives: Semaphore::new(arrives),
        })
    }

    fn seen(&self) -> (u32, u32) {
        let seen = |count: &AtomicU32| count.load(Ordering::SeqCst);
        (seen(&self.begun), seen(&self.asked))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pay {}

impl Effect for Pay {
    const KIND: &'static str = "test.pay";
    type World = Far;
    type Output = String;

    fn key(&self) -> String {
        "pay/1".to_owned()
    }

    fn subject(&self) -> String {
        "client/1".to_owned()
    }

    async fn perform(&self, far: &Far, _attempt: i64) -> Performed<String> {
        far.begun.fetch_add(1, Ordering::SeqCst);
        far.arrives.acquire().await.unwrap().forget();
        Performed::Done("paid".to_owned())
    }

    async fn settle(&self, far: &Far, _attempt: i64) -> Settled<String> {
        far.asked.fetch_add(1, Ordering::SeqCst);
        Settled::DidNotHappen
    }

    fn same_request(&self, _: &Self) -> bool {
        true
    }

    fn follow_up(&self, _: &Ending<String>) -> Vec<NewJob> {
        Vec::new()
    }

    fn pace() -> Pace {
        Pace {
            limit: Duration::from_secs(5),
            believe_after: Duration::from_secs(90),
            first_pause: Duration::from_secs(10),
            longest_pause: Duration::from_secs(60),
            attempts: 3,
            settles: 3,
        }
    }
}

#[tokio::test]
async fn a_call_is_its_nodes_own_until_its_lease_ends() {
    for db in TestDb::each().await {
        let clock = clock();
        let (one, other) = (Far::new(0), Far::new(0));
        let first = open(&db, "node-1", &clock, &one).await;
        let second = open(&db, "node-2", &clock, &other).await;
        begin(&first).await;
        until(async || one.seen().0 == 1).await;

        // Long before the end of the lease, and just before it.
        for _ in 0..2 {
            begin(&second).await;
            let journal = second.journal();
            until(async || *journal.resting().borrow() > 0 || journal.in_flight() == 0).await;
            assert_eq!(second.journal().work_due().await.unwrap(), 0);
            assert_eq!(events(&second).await, ["intended", "performing"]);
            clock.advance(Duration::from_secs(9));
        }
        assert_eq!(other.seen(), (0, 0));

        one.arrives.add_permits(1);
        until(async || state(&second).await == State::Done).await;
        assert_eq!(events(&second).await, ["intended", "performing", "done"]);
        assert_eq!((one.seen(), other.seen()), ((1, 0), (0, 0)));
    }
}

#[tokio::test]
async fn silence_is_believed_late_enough_after_a_node_is_gone() {
    // Another node takes over when the lease has ended, or the same one after its restart.
    for (node, gone) in [("node-2", "abandoned"), ("node-1", "interrupted")] {
        for db in TestDb::each().await {
            let clock = clock();
            let (one, other) = (Far::new(0), Far::new(1));
            let first = open(&db, "node-1", &clock, &one).await;
            begin(&first).await;
            until(async || one.seen().0 == 1).await;

            // It slept over its call, which may go out as late as now.
            clock.advance(Duration::from_secs(300));
            let second = open(&db, node, &clock, &other).await;
            second.journal().recover().await.unwrap();
            second.journal().work_due().await.unwrap();
            until(async || second.journal().in_flight() == 0).await;
            let silent = ["intended", "performing", gone, "not there yet"];
            assert_eq!(events(&second).await, silent);
            clock.advance(Duration::from_secs(89));
            assert_eq!(second.journal().work_due().await.unwrap(), 0);
            assert_eq!(other.seen(), (0, 1));

            clock.advance(Duration::from_secs(2));
            second.journal().work_due().await.unwrap();
            until(async || state(&second).await == State::Done).await;
            assert_eq!(other.seen(), (1, 2));

            // What the first one says when it wakes changes nothing.
            let before = events(&second).await;
            one.arrives.add_permits(1);
            until(async || first.journal().in_flight() == 0).await;
            assert_eq!(events(&second).await, before);
        }
    }
}

#[tokio::test]
async fn who_has_lost_a_job_says_nothing_more_about_it() {
    for db in TestDb::each().await {
        let clock = clock();
        let first = db.open_as("node-1", &clock).await;
        let second = db.open_as("node-2", &clock).await;
        let slow = Busy::with(&first, Err(JobFailure::Never("it cannot be done".into())));
        let quick = Busy::with(&second, Ok(()));
        let mut tx = first.begin().await.unwrap();
        let job = NewJob::new("test.job", json!({})).once("k");
        first.jobs().enqueue(&mut tx, job).await.unwrap();
        tx.commit().await.unwrap();

        let one = slow.work(&first).await;
        // Nobody else takes it while the lease lasts.
        clock.advance(Duration::from_secs(179));
        assert_eq!(second.jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(2));
        let other = quick.work(&second).await;
        slow.ends.add_permits(1);
        assert_eq!(one.await.unwrap(), 1);
        assert_eq!(job_of(&second).await, ("running".to_owned(), 2));
        quick.ends.add_permits(1);
        assert_eq!(other.await.unwrap(), 1);
        assert_eq!(job_of(&second).await, ("done".to_owned(), 2));
    }
}

/// A handler that is at a job until the test lets it end.
struct Busy {
    begun: Arc<AtomicU32>,
    ends: Arc<Semaphore>,
}

impl Busy {
    fn with(store: &Store, end: Result<(), JobFailure>) -> Self {
        let busy = Self {
            begun: Arc::default(),
            ends: Arc::new(Semaphore::new(0)),
        };
        let (begun, ends) = (busy.begun.clone(), busy.ends.clone());
        store.jobs().register("test.job", move |_| {
            let (begun, ends, end) = (begun.clone(), ends.clone(), end.clone());
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                ends.acquire().await.unwrap().forget();
                end
            }
        });
        busy
    }

    /// Has a store work, and comes back when it is at the job.
    async fn work(&self, store: &Store) -> tokio::task::JoinHandle<usize> {
        let store = store.clone();
        let working = tokio::spawn(async move { store.jobs().work_due().await.unwrap() });
        until(async || self.begun.load(Ordering::SeqCst) == 1).await;
        working
    }
}

async fn job_of(store: &Store) -> (String, i64) {
    sqlx::query_as("SELECT state, attempt FROM jobs")
        .fetch_one(store.pool())
        .await
        .unwrap()
}

async fn open(db: &TestDb, node: &str, clock: &Clock, far: &Arc<Far>) -> Store {
    let store = db.open_as(node, clock).await;
    store.journal().register::<Pay>(far.clone());
    store
}

/// Asks for the payment, and waits for nothing.
async fn begin(store: &Store) {
    let now = Deadline::after(Duration::ZERO);
    let outcome = store.journal().run(&Pay {}, now).await.unwrap();
    assert!(matches!(outcome, Outcome::InProgress { .. }), "{outcome:?}");
}

async fn events(store: &Store) -> Vec<String> {
    let history = store.journal().history(&entry_id(store).await).await;
    let events = history.unwrap().into_iter();
    events.map(|event| event.event).collect()
}

async fn state(store: &Store) -> State {
    let id = entry_id(store).await;
    store.journal().entry(&id).await.unwrap().state
}

async fn entry_id(store: &Store) -> String {
    let entries = store.journal().list(&Filter::default()).await.unwrap();
    let [entry] = entries.as_slice() else {
        unreachable!("one payment was asked for");
    };
    entry.id.clone()
}

fn clock() -> Clock {
    Clock::fixed("2026-03-01T10:00:00Z".parse().unwrap())
}

/// Polls until `condition` holds; a test that waits in vain fails.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Deadline::after(Duration::from_secs(10));
    while !condition().await {
        assert!(!deadline.is_over(), "waited in vain");
        tokio::task::yield_now().await;
    }
}
