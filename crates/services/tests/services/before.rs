//! What version 0.1 left: its services go on, and what it had under way is run again by WHMCS.

use std::time::Duration;

use serde_json::json;
use wharf_core::Clock;
use wharf_store::testing::TestDb;

use crate::harness::{Host, daemon, eventually, patience};
use crate::supplier::Supplier;

#[tokio::test]
async fn what_was_under_way_ends_and_whmcs_runs_it_again() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::fixed(Clock::system().now());
        {
            let store = db.open(&clock).await;
            let order = json!({"site": "main", "service": 17, "generation": 1, "connector": "siteshield", "server": 3,
                "authority": "127.0.0.1:1", "email": "a@example.com", "name": "Ann", "plan": "pro", "domain": "example.com"});
            let part = json!({ "order": order });
            for (id, kind, subject, input) in [
                ("1", "services.create", "service/main/17", &order),
                (
                    "2",
                    "services.user",
                    "supplier-user/127.0.0.1:1/a@example.com",
                    &part,
                ),
            ] {
                sqlx::query(
                    "INSERT INTO effects (id, effect_key, kind, subject, input, state, attempt, tries, settles, lease_until, \
                     called_at, due_at, created_at, updated_at) VALUES ($1, $1, $2, $3, $4, 'unknown', 1, 1, 0, 0, 0, 0, 0, 0)",
                )
                .bind(id)
                .bind(kind)
                .bind(subject)
                .bind(input.to_string())
                .execute(store.pool())
                .await
                .unwrap();
                sqlx::query("INSERT INTO effect_subjects (subject, effect_id) VALUES ($1, $2)")
                    .bind(subject)
                    .bind(id)
                    .execute(store.pool())
                    .await
                    .unwrap();
            }
        }
        let daemon = daemon(&db, &clock, &supplier, patience()).await;
        let host = Host::start(&daemon, "Pending").await;
        eventually("WHMCS is made to create it again", async || {
            clock.advance(Duration::from_secs(1));
            daemon.store.jobs().work_due().await.unwrap();
            host.told() == ["ModuleCreate"]
        })
        .await;
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(supplier.counts(), (1, 1, 1));
    }
}
