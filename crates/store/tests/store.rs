//! Migrations, jobs and secrets against real databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use sqlx::Row as _;
use tokio::sync::Notify;
use wharf_core::{Clock, Secret};
use wharf_store::testing::TestDb;
use wharf_store::{JobFailure, NewJob, SealKey, Store, StoreError};

fn clock() -> Clock {
    Clock::fixed("2026-03-01T10:00:00Z".parse().unwrap())
}

async fn enqueue(store: &Store, job: NewJob) {
    let mut tx = store.begin().await.unwrap();
    store.jobs().enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_schema_is_made_once_and_opens_again() {
    for db in TestDb::each().await {
        db.open(&clock()).await;
        let store = db.open(&clock()).await;
        let row = sqlx::query("SELECT COUNT(*) FROM schema_migrations")
            .fetch_one(store.pool())
            .await
            .unwrap();
        assert!(row.get::<i64, _>(0) >= 1);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_wharf_is_refused() {
    for db in TestDb::each().await {
        let store = db.open(&clock()).await;
        sqlx::query("INSERT INTO schema_migrations VALUES (999999, '', 0)")
            .execute(store.pool())
            .await
            .unwrap();
        let key = SealKey::read(&db.key_file()).unwrap();
        let again = Store::open(wharf_store::StoreOptions {
            url: db.url().to_owned(),
            key,
            clock: clock(),
            node: "node-1".into(),
        });
        assert!(matches!(
            again.await,
            Err(StoreError::Newer { found: 999_999, .. })
        ));
    }
}

#[tokio::test]
async fn a_job_of_a_rolled_back_transaction_is_never_done() {
    for db in TestDb::each().await {
        let store = db.open(&clock()).await;
        store.jobs().register("test.job", |_| async { Ok(()) });
        let mut tx = store.begin().await.unwrap();
        store
            .jobs()
            .enqueue(&mut tx, NewJob::new("test.job", json!({})))
            .await
            .unwrap();
        drop(tx);
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_job_is_done_when_due_once_per_key_and_by_one_of_two_nodes() {
    for db in TestDb::each().await {
        let clock = clock();
        let done = Arc::new(AtomicU32::new(0));
        let mut nodes = Vec::new();
        for node in ["node-1", "node-2"] {
            let store = db.open_as(node, &clock).await;
            let done = done.clone();
            store.jobs().register("test.job", move |_| {
                done.fetch_add(1, Ordering::SeqCst);
                async { Ok(()) }
            });
            nodes.push(store);
        }
        let job = NewJob::new("test.job", json!({})).after(Duration::from_secs(60));
        enqueue(&nodes[0], job.clone().once("k")).await;
        enqueue(&nodes[1], job.once("k")).await;
        assert_eq!(nodes[0].jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(60));
        let (first, second) = tokio::join!(nodes[0].jobs().work_due(), nodes[1].jobs().work_due());
        assert_eq!(first.unwrap() + second.unwrap(), 1);
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_job_that_is_wanted_while_it_is_done_is_done_once_more_if_asked() {
    for db in TestDb::each().await {
        let clock = clock();
        for (again, wanted) in [(false, 1), (true, 2)] {
            let (store, other) = (db.open(&clock).await, db.open_as("node-2", &clock).await);
            let done = Arc::new(AtomicU32::new(0));
            let counted = done.clone();
            store.jobs().register("test.job", move |_| {
                let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
                let other = other.clone();
                async move {
                    let mut job = NewJob::new("test.job", json!({})).once("k");
                    job.again = again;
                    if first {
                        enqueue(&other, job).await;
                    }
                    Ok(())
                }
            });
            enqueue(&store, NewJob::new("test.job", json!({})).once("k")).await;
            store.jobs().work_due().await.unwrap();
            assert_eq!(done.load(Ordering::SeqCst), wanted);
            assert!(!store.jobs().is_open("k").await.unwrap());
        }
    }
}

#[tokio::test]
async fn a_job_that_waits_is_done_at_once_when_it_is_asked_for_at_once() {
    for db in TestDb::each().await {
        let store = db.open(&clock()).await;
        store.jobs().register("test.job", |_| async { Ok(()) });
        let job = NewJob::new("test.job", json!({})).once("k");
        enqueue(&store, job.clone().after(Duration::from_secs(600))).await;
        enqueue(&store, job.clone().after(Duration::from_secs(900))).await;
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
        enqueue(&store, job).await;
        assert_eq!(store.jobs().work_due().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn failures_are_retried_with_growing_pauses_and_a_lost_lease_frees_the_job() {
    for db in TestDb::each().await {
        let clock = clock();
        let store = db.open(&clock).await;
        let tries = Arc::new(AtomicU32::new(0));
        let count = tries.clone();
        store.jobs().register("test.job", move |_| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match n {
                    0 => Err(JobFailure::Later("not yet".into())),
                    1 => panic!("a bug in the handler"),
                    _ => Ok(()),
                }
            }
        });
        enqueue(&store, NewJob::new("test.job", json!({}))).await;
        assert_eq!(store.jobs().work_due().await.unwrap(), 1);
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(store.jobs().work_due().await.unwrap(), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
        clock.advance(Duration::from_secs(1));
        assert_eq!(store.jobs().work_due().await.unwrap(), 1);
        assert_eq!(tries.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_does_not_start_running_work_again() {
    for db in TestDb::each().await {
        let clock = clock();
        let store = db.open(&clock).await;
        let (started, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (count, wait) = (started.clone(), go.clone());
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        store.jobs().register("test.job", move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            let (wait, tell) = (wait.clone(), tell.clone());
            async move {
                let _ = tell.send(()).await;
                wait.notified().await;
                Ok(())
            }
        });
        enqueue(&store, NewJob::new("test.job", json!({}))).await;
        let working = tokio::spawn({
            let store = store.clone();
            async move { store.jobs().work_due().await.unwrap() }
        });
        told.recv().await.unwrap();
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
        go.notify_one();
        assert_eq!(working.await.unwrap(), 1);
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
        assert_eq!(started.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_job_that_waits_for_somebody_is_never_given_up() {
    for db in TestDb::each().await {
        let clock = clock();
        let store = db.open(&clock).await;
        let ready = Arc::new(AtomicU32::new(0));
        let state = ready.clone();
        store.jobs().register("test.job", move |_| {
            let ready = state.load(Ordering::SeqCst) == 1;
            async move {
                if ready {
                    Ok(())
                } else {
                    Err(JobFailure::Waiting("WHMCS is down".into()))
                }
            }
        });
        enqueue(&store, NewJob::new("test.job", json!({}))).await;
        for _ in 0..40 {
            assert_eq!(store.jobs().work_due().await.unwrap(), 1);
            clock.advance(Duration::from_secs(600));
        }
        ready.store(1, Ordering::SeqCst);
        assert_eq!(store.jobs().work_due().await.unwrap(), 1);
        clock.advance(Duration::from_secs(600));
        assert_eq!(store.jobs().work_due().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_job_says_when_it_makes_sense_to_look_again() {
    for db in TestDb::each().await {
        let clock = clock();
        let store = db.open(&clock).await;
        store.jobs().register("test.job", |_| async {
            Err(JobFailure::NotBefore(
                "not yet".into(),
                Duration::from_secs(45),
            ))
        });
        enqueue(&store, NewJob::new("test.job", json!({}))).await;
        for _ in 0..20 {
            assert_eq!(store.jobs().work_due().await.unwrap(), 1);
            clock.advance(Duration::from_secs(44));
            assert_eq!(store.jobs().work_due().await.unwrap(), 0);
            clock.advance(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn secrets_are_sealed_bound_to_their_place_and_opened_with_the_key_only() {
    for db in TestDb::each().await {
        let store = db.open(&clock()).await;
        let secrets = store.secrets();
        secrets
            .put("site/main", "secret", &Secret::new("hunter2"))
            .await
            .unwrap();
        secrets
            .put("site/main", "secret", &Secret::new("hunter3"))
            .await
            .unwrap();
        assert_eq!(
            secrets
                .get("site/main", "secret")
                .await
                .unwrap()
                .unwrap()
                .expose(),
            "hunter3"
        );
        assert!(secrets.get("site/main", "other").await.unwrap().is_none());

        let row = sqlx::query("SELECT sealed FROM secrets")
            .fetch_one(store.pool())
            .await
            .unwrap();
        let sealed: String = row.get(0);
        assert!(!sealed.contains("hunter") && !sealed.contains(&hex::encode("hunter3")));

        sqlx::query("UPDATE secrets SET scope = 'site/other'")
            .execute(store.pool())
            .await
            .unwrap();
        assert!(matches!(
            secrets.get("site/other", "secret").await,
            Err(StoreError::Seal { .. })
        ));
    }
}

#[test]
fn a_key_file_is_private_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wharf.key");
    SealKey::create(&path).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(
        SealKey::create(&path),
        Err(StoreError::KeyFile { .. })
    ));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = SealKey::read(&path).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
