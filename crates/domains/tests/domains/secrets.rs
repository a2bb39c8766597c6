use std::time::Duration;

use serde_json::json;
use sqlx::Row as _;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{Fault, LOGIN, PASSWORD};
use crate::{World, name, order};

#[tokio::test]
async fn no_secret_is_in_any_row_answer_or_log() {
    for db in TestDb::each().await {
        // Every page asks the registrar itself, whatever was read in the background.
        let patience = Patience {
            fresh: Duration::ZERO,
            ..Patience::default()
        };
        let world = World::new(&db, patience).await;
        let mut seen = String::new();
        world
            .registrar
            .hold("second.com", LOGIN, "2020-01-01 00:00:00");
        // The fake repeats the password in its refusals.
        world.registrar.fault("AddDomain", Fault::Code(505));
        world.registrar.fault("StatusDomain", Fault::Code(505));
        for (function, params) in [
            ("config_validate", json!({})),
            (
                "CheckAvailability",
                json!({"searchTerm": "example", "tldsToInclude": [".com"]}),
            ),
            ("RegisterDomain", order(7)),
            ("RegisterDomain", order(7)),
            ("GetNameservers", name()),
            ("GetDomainInformation", name()),
            ("Sync", name()),
            ("GetNameservers", json!({"sld": "second", "tld": "com"})),
            (
                "SaveNameservers",
                json!({"sld": "example", "tld": "com", "ns1": "ns9.example.net"}),
            ),
        ] {
            let answer = world.call(function, params).await;
            seen.push_str(&serde_json::to_string(&answer).unwrap());
        }
        assert!(
            seen.contains("s_pw=********") && seen.contains("PROPERTY[AUTH][0]=********"),
            "{seen}"
        );
        for table in [
            "effects",
            "effect_events",
            "jobs",
            "secrets",
            "registrar_accounts",
            "domain_snapshots",
            "portfolio",
        ] {
            seen.push_str(&dump(&world, table).await);
        }
        assert!(
            seen.contains("register/main/7/example.com"),
            "the dump is one"
        );
        for secret in [PASSWORD, "auth-s3cret", "api-s3cret"] {
            assert!(!seen.contains(secret), "{secret} in {seen}");
        }
    }
}

async fn dump(world: &World, table: &str) -> String {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM {table}")))
        .fetch_all(world.store.pool())
        .await
        .unwrap();
    let mut text = String::new();
    for row in &rows {
        for column in 0..row.columns().len() {
            if let Ok(Some(value)) = row.try_get::<Option<String>, _>(column) {
                text.push_str(&value);
                text.push('\n');
            }
        }
    }
    text
}
