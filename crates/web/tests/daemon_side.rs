//! Health, metrics and the command's own routes, on both databases.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail"
)]

mod support;

use axum::body::Body;
use http::Request;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::{ADMIN, Got, TOKEN, World, get, send};
use wharf_core::Deadline;
use wharf_store::testing::TestDb;
use wharf_store::{Effect, Performed, Refusal, Settled};

#[tokio::test]
async fn health_tells_of_the_journal_and_of_a_lost_database() {
    for db in TestDb::each().await {
        let world = World::on(db).await;
        refused_effect(&world).await;
        let got = send(world.socket(), get("/healthz")).await;
        assert_eq!(got.json()["journal"], json!({ "refused": 1 }));
        world.store.pool().close().await;
        let got = send(world.socket(), get("/healthz")).await;
        assert_eq!(got.status, 503);
        insta::allow_duplicates! {
            insta::assert_snapshot!(got.text, @r#"{"status":"the database does not answer","database":false,"version":"1.2.3","journal":null}"#);
        }
    }
}

#[tokio::test]
async fn only_who_can_read_the_key_file_settles() {
    for db in TestDb::each().await {
        let world = World::on(db).await;
        let id = refused_effect(&world).await;
        assert_eq!(settle(&world, &id, TOKEN).await.status, 401);
        assert_eq!(settle(&world, &id, "").await.status, 401);
        let got = settle(&world, &id, ADMIN).await;
        assert_eq!(
            got.json(),
            json!({ "id": id, "state": "refused", "detail": "out of money" })
        );
        assert_eq!(settle(&world, "nothing", ADMIN).await.status, 404);
    }
}

async fn settle(world: &World, id: &str, token: &str) -> Got {
    let request = Request::post(format!("/admin/journal/{id}/settle"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(world.socket(), request).await
}

async fn refused_effect(world: &World) -> String {
    let journal = world.store.journal();
    journal.register::<Order>(Arc::new(()));
    journal
        .run(&Order, Deadline::after(Duration::from_secs(10)))
        .await
        .unwrap();
    journal.list(&Default::default()).await.unwrap()[0]
        .id
        .clone()
}

#[derive(Serialize, Deserialize)]
struct Order;

impl Effect for Order {
    const KIND: &'static str = "test.order";
    type World = ();
    type Output = ();

    fn key(&self) -> String {
        "order".to_owned()
    }

    fn subject(&self) -> String {
        "order/1".to_owned()
    }

    async fn perform(&self, (): &(), _: i64) -> Performed<()> {
        Performed::Refused(Refusal::lasting("out of money"))
    }

    async fn settle(&self, (): &(), _: i64) -> Settled<()> {
        Settled::DidNotHappen
    }
}
