//! WHMCS's module queue: what is tried again, and what the journal sees to by itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use serde_json::json;
use wharf_core::{Clock, Secret};
use wharf_store::Store;
use wharf_store::testing::TestDb;
use wharf_whmcs::setup::SiteSetup;
use wharf_whmcs::{ModuleQueue, Sites};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A WHMCS where the renewal of domain 7 waits in the queue: it was under way when it was asked for.
async fn site(store: &Store) -> (MockServer, Sites) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let entry = json!({
        "id": 1, "serviceType": "domain", "serviceId": 7, "moduleName": "wharf", "moduleAction": "RenewDomain",
        "lastAttemptError": "The renewal of example.com is in progress", "completed": 0, "numRetries": 0
    });
    Mock::given(body_string_contains("action=GetModuleQueue"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "result": "success", "count": 1, "queue": [entry] })),
        )
        .mount(&server)
        .await;
    let sites = Sites::new(store.clone(), None).unwrap();
    let setup = SiteSetup {
        id: "main".to_owned(),
        token: Secret::new("token-number-one-1"),
        url: server.uri(),
        identifier: "ident-1".to_owned(),
        secret: Secret::new("s3cr3t-of-api"),
        access_key: None,
    };
    sites.upsert(&setup).await.unwrap();
    sqlx::query("INSERT INTO site_modules (site, kind, module, first_seen_at) VALUES ('main', 'registrar', 'wharf', 0)")
        .execute(store.pool())
        .await
        .unwrap();
    (server, sites)
}

/// Renewals in the journal, domain 7's first.
async fn renewals(store: &Store, state: &str, others: i64) {
    let mut tx = store.begin().await.unwrap();
    for number in 0..=others {
        let (domain, state) = if number == 0 {
            (7, state)
        } else {
            (100 + number, "done")
        };
        sqlx::query(
            "INSERT INTO effects (id, effect_key, kind, subject, input, state, attempt, tries, settles, lease_until, \
             called_at, due_at, created_at, updated_at) \
             VALUES ($1, $1, 'domains.renew', $1, $2, $3, 1, 1, 0, 0, 0, 0, $4, $4)",
        )
        .bind(format!("id-{number:06}"))
        .bind(json!({ "site": "main", "domain_id": domain }).to_string())
        .bind(state)
        .bind(number)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

async fn retries(store: &Store) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE kind = 'whmcs.retry'")
        .fetch_one(store.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_renewal_that_happened_is_not_asked_for_again_however_many_came_after_it() {
    for db in TestDb::each().await {
        for (state, wanted) in [("done", 0), ("unknown", 0), ("refused", 1)] {
            let store = db.open(&Clock::system()).await;
            for table in [
                "DELETE FROM effects",
                "DELETE FROM site_modules",
                "DELETE FROM jobs",
            ] {
                sqlx::query(table).execute(store.pool()).await.unwrap();
            }
            let (_server, sites) = site(&store).await;
            renewals(&store, state, 2_500).await;
            ModuleQueue::new(store.clone(), sites).look().await.unwrap();
            assert_eq!(retries(&store).await, wanted, "{state}");
        }
    }
}

#[tokio::test]
async fn a_renewal_that_the_journal_never_saw_is_tried_again() {
    for db in TestDb::each().await {
        let store = db.open(&Clock::system()).await;
        let (_server, sites) = site(&store).await;
        ModuleQueue::new(store.clone(), sites).look().await.unwrap();
        assert_eq!(retries(&store).await, 1);
    }
}
