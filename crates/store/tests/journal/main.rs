//! The journal against real databases, with an outside world that loses answers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod turns;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use wharf_core::{Clock, Deadline};
use wharf_store::journal::{Entry, Filter, State, Verdict};
use wharf_store::testing::TestDb;
use wharf_store::{
    Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled, Store, StoreError,
};

/// An outside world that holds names, and answers as the test wishes.
#[derive(Default)]
struct World {
    names: Mutex<Vec<String>>,
    next: Mutex<Vec<Answer>>,
    reads_fail: AtomicBool,
    /// Reading shows what only a person can judge.
    odd: AtomicBool,
    calls: AtomicU32,
    running: AtomicU32,
    together: AtomicU32,
    gate: Option<Notify>,
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Lost,
    NeverArrived,
    Temporary,
    NotYet,
    No,
    Panic,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct AddName {
    name: String,
    owner: String,
}

impl AddName {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            owner: "client 7".to_owned(),
        }
    }
}

impl Effect for AddName {
    const KIND: &'static str = "test.add_name";
    type World = World;
    type Output = String;

    fn key(&self) -> String {
        format!("add/{}", self.name)
    }

    fn subject(&self) -> String {
        format!("name/{}", self.name.split('-').next().unwrap_or_default())
    }

    async fn perform(&self, world: &World, _attempt: i64) -> Performed<String> {
        world.calls.fetch_add(1, Ordering::SeqCst);
        let running = world.running.fetch_add(1, Ordering::SeqCst) + 1;
        world.together.fetch_max(running, Ordering::SeqCst);
        if let Some(gate) = &world.gate {
            gate.notified().await;
        }
        tokio::task::yield_now().await;
        world.running.fetch_sub(1, Ordering::SeqCst);
        let answer = world.next.lock().unwrap().pop();
        let commit = || world.names.lock().unwrap().push(self.name.clone());
        match answer {
            None => {
                commit();
                Performed::Done(format!("id of {}", self.name))
            }
            Some(Answer::Lost) => {
                commit();
                Performed::Unknown("the connection was cut".into())
            }
            Some(Answer::NeverArrived) => Performed::Unknown("the connection was cut".into()),
            Some(Answer::Temporary) => Performed::Refused(Refusal::temporary("out of reach")),
            Some(Answer::NotYet) => Performed::NotYet("too many stand before it".into()),
            Some(Answer::No) => Performed::Refused(Refusal::lasting("taken")),
            Some(Answer::Panic) => {
                commit();
                panic!("a bug in the capability");
            }
        }
    }

    async fn settle(&self, world: &World, _attempt: i64) -> Settled<String> {
        if world.reads_fail.load(Ordering::SeqCst) {
            return Settled::CannotTell("no answer to the question either".into());
        }
        if world.odd.load(Ordering::SeqCst) {
            return Settled::AskAPerson("another name is there".into());
        }
        match world.names.lock().unwrap().contains(&self.name) {
            true => Settled::Happened(format!("id of {}", self.name)),
            false => Settled::DidNotHappen,
        }
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.owner == earlier.owner
    }

    fn follow_up(&self, ending: &Ending<String>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) => vec![NewJob::new(
                "test.tell",
                json!({ "awaited": ending.awaited }),
            )],
            _ => Vec::new(),
        }
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

impl World {
    fn answering(answers: &[Answer]) -> Arc<Self> {
        let world = Self::default();
        *world.next.lock().unwrap() = answers.iter().rev().copied().collect();
        Arc::new(world)
    }

    fn count(&self, name: &str) -> usize {
        self.names
            .lock()
            .unwrap()
            .iter()
            .filter(|n| *n == name)
            .count()
    }
}

async fn open(db: &TestDb, clock: &Clock, world: &Arc<World>) -> Store {
    let store = db.open(clock).await;
    store.journal().register::<AddName>(world.clone());
    store
}

fn clock() -> Clock {
    Clock::fixed("2026-03-01T10:00:00Z".parse().unwrap())
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

/// Polls until `condition` holds; a test that waits in vain fails.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let deadline = soon();
    while !condition().await {
        assert!(!deadline.is_over(), "waited in vain");
        tokio::task::yield_now().await;
    }
}

async fn state_of(store: &Store, key_part: &str) -> State {
    let entries = store.journal().list(&Filter::default()).await.unwrap();
    entries
        .iter()
        .find(|entry| entry.key.contains(key_part))
        .unwrap()
        .state
}

#[tokio::test]
async fn fifty_at_once_are_one_call_and_all_learn_its_result() {
    for db in TestDb::each().await {
        let world = World::answering(&[]);
        let store = open(&db, &clock(), &world).await;
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let store = store.clone();
            callers.spawn(async move {
                store
                    .journal()
                    .run(&AddName::new("a"), soon())
                    .await
                    .unwrap()
            });
        }
        while let Some(outcome) = callers.join_next().await {
            assert_eq!(outcome.unwrap(), Outcome::Done("id of a".into()));
        }
        assert_eq!(
            (world.calls.load(Ordering::SeqCst), world.count("a")),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn two_nodes_on_one_database_make_one_call() {
    for db in TestDb::each().await {
        let world = World::answering(&[]);
        let clock = Clock::system();
        let mut callers = tokio::task::JoinSet::new();
        for node in ["node-1", "node-2"] {
            let store = db.open_as(node, &clock).await;
            store.journal().register::<AddName>(world.clone());
            for _ in 0..10 {
                let store = store.clone();
                callers.spawn(async move {
                    store
                        .journal()
                        .run(&AddName::new("a"), soon())
                        .await
                        .unwrap()
                });
            }
        }
        while let Some(outcome) = callers.join_next().await {
            assert_eq!(outcome.unwrap(), Outcome::Done("id of a".into()));
        }
        assert_eq!(world.count("a"), 1);
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_not_repeated() {
    for db in TestDb::each().await {
        for lost in [Answer::Lost, Answer::Panic] {
            let world = World::answering(&[lost]);
            let store = open(&db, &clock(), &world).await;
            let name = if lost == Answer::Lost { "a" } else { "b" };
            let outcome = store
                .journal()
                .run(&AddName::new(name), soon())
                .await
                .unwrap();
            assert_eq!(outcome, Outcome::Done(format!("id of {name}")));
            assert_eq!(
                (world.calls.load(Ordering::SeqCst), world.count(name)),
                (1, 1)
            );
        }
    }
}

#[tokio::test]
async fn not_there_is_believed_only_after_a_while_then_tried_again() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived]);
        let store = open(&db, &clock, &world).await;
        let first = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert!(matches!(first, Outcome::InProgress { .. }), "{first:?}");
        assert_eq!(store.journal().work_due().await.unwrap(), 0);

        clock.advance(Duration::from_secs(91));
        until(async || {
            store.journal().work_due().await.unwrap();
            world.count("a") == 1
        })
        .await;
        let again = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert_eq!(again, Outcome::Done("id of a".into()));
        assert_eq!(world.calls.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_crash_in_mid_call_is_settled_after_the_restart() {
    for db in TestDb::each().await {
        for committed in [true, false] {
            let clock = clock();
            let name = if committed { "a" } else { "b" };
            let before = Arc::new(World {
                gate: Some(Notify::new()),
                ..World::default()
            });
            let store = open(&db, &clock, &before).await;
            let outcome = store
                .journal()
                .run(
                    &AddName::new(name),
                    Deadline::after(Duration::from_millis(1)),
                )
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::InProgress { .. }));
            until(async || before.calls.load(Ordering::SeqCst) == 1).await;
            // The call never comes back: as far as the database knows, the daemon died in it.

            let after = World::answering(&[]);
            if committed {
                after.names.lock().unwrap().push(name.to_owned());
            }
            let store = open(&db, &clock, &after).await;
            assert_eq!(store.journal().recover().await.unwrap(), 1);
            clock.advance(Duration::from_secs(91));
            until(async || {
                store.journal().work_due().await.unwrap();
                state_of(&store, name).await == State::Done
            })
            .await;
            assert_eq!(after.count(name), 1);
            assert_eq!(after.calls.load(Ordering::SeqCst), u32::from(!committed));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_settled_is_held_and_lets_others_pass() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::Lost]);
        world.reads_fail.store(true, Ordering::SeqCst);
        let store = open(&db, &clock, &world).await;
        store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        until(async || {
            clock.advance(Duration::from_secs(60));
            store.journal().work_due().await.unwrap();
            state_of(&store, "a").await == State::Held
        })
        .await;
        assert_eq!(world.calls.load(Ordering::SeqCst), 1);

        // A person mends the cause and asks again: it is found, not repeated.
        world.reads_fail.store(false, Ordering::SeqCst);
        let id = store.journal().list(&Filter::default()).await.unwrap()[0]
            .id
            .clone();
        let outcome = store.journal().settle_now(&id, soon()).await.unwrap();
        assert_eq!(outcome, Outcome::Done(json!("id of a")));
        assert_eq!(world.calls.load(Ordering::SeqCst), 1);
        let events: Vec<String> = store
            .journal()
            .history(&id)
            .await
            .unwrap()
            .into_iter()
            .map(|event| event.event)
            .collect();
        assert_eq!(events.first().map(String::as_str), Some("intended"));
        assert_eq!(events.last().map(String::as_str), Some("found done"));
    }
}

#[tokio::test]
async fn a_person_who_looked_ends_what_is_held() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived, Answer::NeverArrived]);
        world.odd.store(true, Ordering::SeqCst);
        let store = open(&db, &clock, &world).await;
        let journal = store.journal();
        for name in ["a", "b"] {
            journal.run(&AddName::new(name), soon()).await.unwrap();
            let id = journal.list(&Filter::default()).await.unwrap()[0]
                .id
                .clone();
            let judged = async |entry: &Entry, verdict| {
                let mut tx = store.begin().await.unwrap();
                let judged = journal.judge_held(&mut tx, entry, verdict, "mona").await;
                tx.commit().await.unwrap();
                journal.wake();
                judged.unwrap()
            };
            let early = journal.entry(&id).await.unwrap();
            assert!(!judged(&early, Verdict::DidNotHappen).await);
            assert_eq!(state_of(&store, name).await, State::Unknown);
            until(async || {
                clock.advance(Duration::from_secs(60));
                journal.work_due().await.unwrap();
                state_of(&store, name).await == State::Held
            })
            .await;
            let verdict = match name {
                "a" => Verdict::Happened(json!("id of a")),
                _ => Verdict::DidNotHappen,
            };
            let held = journal.entry(&id).await.unwrap();
            assert!(judged(&held, verdict).await);
            assert!(
                !judged(&held, Verdict::DidNotHappen).await,
                "who comes late changes nothing"
            );
            let state = state_of(&store, name).await;
            let last = journal.history(&id).await.unwrap().pop().unwrap();
            match name {
                "a" => assert_eq!((state, last.event.as_str()), (State::Done, "judged done")),
                _ => assert_eq!(
                    (state, last.event.as_str()),
                    (State::Refused, "judged not done")
                ),
            }
        }
        assert_eq!(world.calls.load(Ordering::SeqCst), 2);
        let known = journal.run(&AddName::new("a"), soon()).await.unwrap();
        assert_eq!(known, Outcome::Done("id of a".to_owned()));
        assert_eq!(world.calls.load(Ordering::SeqCst), 2);
        let again = journal.run(&AddName::new("b"), soon()).await.unwrap();
        assert_eq!(again, Outcome::Done("id of b".to_owned()));
        assert_eq!(world.calls.load(Ordering::SeqCst), 3);
    }
}
