//! Who waits for whom, how often something is tried, and what follows.

use super::*;

#[tokio::test]
async fn who_would_wait_long_for_its_turn_does_not_stand_in_the_row() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived]);
        let store = open(&db, &clock, &world).await;
        store
            .journal()
            .run(&AddName::new("a-1"), soon())
            .await
            .unwrap();
        let patience = Deadline::after(Duration::from_secs(60));
        let second = store.journal().run(&AddName::new("a-2"), patience).await;
        assert!(matches!(second.unwrap(), Outcome::InProgress { .. }));
        assert_eq!(store.journal().work_due().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_is_odd_is_held_once_the_far_side_had_its_time() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived]);
        world.odd.store(true, Ordering::SeqCst);
        let store = open(&db, &clock, &world).await;
        let first = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert!(matches!(first, Outcome::InProgress { .. }), "{first:?}");
        clock.advance(Duration::from_secs(89));
        store.journal().work_due().await.unwrap();
        assert_eq!(state_of(&store, "a").await, State::Unknown);
        clock.advance(Duration::from_secs(2));
        until(async || {
            store.journal().work_due().await.unwrap();
            state_of(&store, "a").await == State::Held
        })
        .await;
        assert_eq!(world.calls.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_subject_is_changed_by_one_effect_at_a_time() {
    for db in TestDb::each().await {
        let world = World::answering(&[]);
        let store = open(&db, &clock(), &world).await;
        let mut callers = tokio::task::JoinSet::new();
        for n in 0..8 {
            let store = store.clone();
            callers.spawn(async move {
                store
                    .journal()
                    .run(&AddName::new(&format!("a-{n}")), soon())
                    .await
                    .unwrap()
            });
        }
        let mut results = BTreeSet::new();
        while let Some(outcome) = callers.join_next().await {
            if let Outcome::Done(id) = outcome.unwrap() {
                results.insert(id);
            }
        }
        assert_eq!(results.len(), 8);
        assert_eq!(world.together.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn an_unknown_outcome_blocks_its_subject() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived]);
        let store = open(&db, &clock, &world).await;
        store
            .journal()
            .run(&AddName::new("a-1"), soon())
            .await
            .unwrap();
        let second = store
            .journal()
            .run(
                &AddName::new("a-2"),
                Deadline::after(Duration::from_millis(100)),
            )
            .await
            .unwrap();
        assert!(matches!(second, Outcome::InProgress { .. }));
        assert_eq!(world.count("a-2"), 0);

        clock.advance(Duration::from_secs(91));
        until(async || {
            store.journal().work_due().await.unwrap();
            world.count("a-1") == 1 && world.count("a-2") == 1
        })
        .await;
    }
}

#[tokio::test]
async fn a_passing_refusal_is_retried_within_bounds_and_a_lasting_one_is_not() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::Temporary; 3]);
        let store = open(&db, &clock, &world).await;
        let first = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert_eq!(
            first,
            Outcome::InProgress {
                reason: "out of reach".into()
            }
        );
        until(async || {
            clock.advance(Duration::from_secs(60));
            store.journal().work_due().await.unwrap();
            state_of(&store, "a").await == State::Refused
        })
        .await;
        assert_eq!(world.calls.load(Ordering::SeqCst), 3);

        *world.next.lock().unwrap() = vec![Answer::No];
        let no = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert_eq!(no, Outcome::Refused(Refusal::lasting("taken")));
        let yes = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        assert_eq!(yes, Outcome::Done("id of a".into()));
        assert_eq!(world.calls.load(Ordering::SeqCst), 5);
    }
}

#[tokio::test]
async fn what_waits_for_its_turn_uses_up_no_tries() {
    for db in TestDb::each().await {
        let clock = clock();
        let mut answers = vec![Answer::NotYet; 9];
        answers.push(Answer::Temporary);
        let world = World::answering(&answers);
        let store = open(&db, &clock, &world).await;
        let first = store.journal().run(&AddName::new("a"), soon()).await;
        let why = "too many stand before it".into();
        assert_eq!(first.unwrap(), Outcome::InProgress { reason: why });
        until(async || {
            clock.advance(Duration::from_secs(10));
            store.journal().work_due().await.unwrap();
            state_of(&store, "a").await == State::Done
        })
        .await;
        let entry = store.journal().by_key("add/a").await.unwrap().unwrap();
        assert_eq!((entry.tries, entry.attempt), (2, 11));
    }
}

#[tokio::test]
async fn what_never_happens_is_tried_ever_later_and_given_up_in_the_end() {
    for db in TestDb::each().await {
        let clock = clock();
        let world = World::answering(&[Answer::NeverArrived; 9]);
        let store = open(&db, &clock, &world).await;
        let _ = store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        until(async || {
            clock.advance(Duration::from_secs(60));
            store.journal().work_due().await.unwrap();
            state_of(&store, "a").await == State::Refused
        })
        .await;
        assert_eq!(world.calls.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn a_used_key_that_asks_for_something_else_is_a_conflict() {
    for db in TestDb::each().await {
        let world = World::answering(&[]);
        let store = open(&db, &clock(), &world).await;
        store
            .journal()
            .run(&AddName::new("a"), soon())
            .await
            .unwrap();
        let other = AddName {
            owner: "client 8".into(),
            ..AddName::new("a")
        };
        let error = store.journal().run(&other, soon()).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        assert_eq!(world.calls.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn jobs_that_follow_are_enqueued_with_the_outcome_and_know_whether_it_was_awaited() {
    for db in TestDb::each().await {
        let clock = clock();
        let told = Arc::new(Mutex::new(Vec::new()));
        let world = Arc::new(World {
            gate: Some(Notify::new()),
            ..World::default()
        });
        let store = open(&db, &clock, &world).await;
        let record = told.clone();
        store.jobs().register("test.tell", move |payload| {
            record.lock().unwrap().push(payload["awaited"].as_bool());
            async { Ok(()) }
        });
        let late = store
            .journal()
            .run(
                &AddName::new("a"),
                Deadline::after(Duration::from_millis(1)),
            )
            .await
            .unwrap();
        assert!(matches!(late, Outcome::InProgress { .. }));
        world.gate.as_ref().unwrap().notify_one();
        until(async || store.jobs().work_due().await.unwrap() == 1).await;

        // A caller whose connection closes is dropped where it waits.
        let gone = tokio::spawn({
            let journal = store.journal().clone();
            async move { journal.run(&AddName::new("c"), soon()).await }
        });
        until(async || world.calls.load(Ordering::SeqCst) == 2).await;
        gone.abort();
        let _ = gone.await;
        world.gate.as_ref().unwrap().notify_one();
        until(async || store.jobs().work_due().await.unwrap() == 1).await;

        let gate = tokio::spawn({
            let world = world.clone();
            async move { world.gate.as_ref().unwrap().notify_one() }
        });
        store
            .journal()
            .run(&AddName::new("b"), soon())
            .await
            .unwrap();
        gate.await.unwrap();
        store.jobs().work_due().await.unwrap();
        assert_eq!(
            *told.lock().unwrap(),
            [Some(false), Some(false), Some(true)]
        );
    }
}
