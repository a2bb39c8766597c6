//! The table of sites, on both databases.

use sqlx::Row as _;
use wharf_core::{Clock, Secret};
use wharf_store::testing::TestDb;
use wharf_whmcs::Sites;
use wharf_whmcs::setup::SiteSetup;

fn setup(id: &str, token: &str) -> SiteSetup {
    SiteSetup {
        id: id.to_owned(),
        token: Secret::new(token),
        url: "https://billing.example.com/".to_owned(),
        identifier: "ident-1".to_owned(),
        secret: Secret::new("s3cr3t-of-api"),
        access_key: Some(Secret::new("k3y-of-access")),
    }
}

#[tokio::test]
async fn a_site_is_found_by_its_token_and_its_secrets_are_sealed() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for db in TestDb::each().await {
        let store = db.open(&Clock::system()).await;
        let sites = Sites::new(store.clone(), None).unwrap();
        sites
            .upsert(&setup("main", "token-number-one-1"))
            .await
            .unwrap();
        sites
            .upsert(&setup("second", "token-number-two-2"))
            .await
            .unwrap();

        assert_eq!(
            sites
                .by_token("token-number-one-1")
                .await
                .unwrap()
                .unwrap()
                .as_str(),
            "main"
        );
        assert_eq!(sites.by_token("token-number-one-").await.unwrap(), None);
        assert_eq!(sites.by_token("").await.unwrap(), None);
        assert_eq!(sites.list().await.unwrap().len(), 2);
        let api = sites.api("main").await.unwrap().unwrap();
        assert_eq!(
            api.address(),
            "https://billing.example.com/includes/api.php"
        );
        assert!(sites.api("nobody").await.unwrap().is_none());

        sites
            .upsert(&setup("main", "token-number-one-new"))
            .await
            .unwrap();
        assert_eq!(sites.by_token("token-number-one-1").await.unwrap(), None);
        assert_eq!(
            sites.token("main").await.unwrap().unwrap().expose(),
            "token-number-one-new"
        );

        for query in [
            "SELECT id || url || identifier || token_hash FROM sites",
            "SELECT scope || name || sealed FROM secrets",
        ] {
            for row in sqlx::query(query).fetch_all(store.pool()).await.unwrap() {
                let text: String = row.try_get(0).unwrap();
                for secret in ["token-number", "s3cr3t", "k3y-of"] {
                    assert!(!text.contains(secret), "{text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_set_up_is_refused_and_changes_nothing() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let db = TestDb::sqlite();
    let sites = Sites::new(db.open(&Clock::system()).await, None).unwrap();
    sites
        .upsert(&setup("main", "token-number-one-1"))
        .await
        .unwrap();
    let mut wrong = vec![
        setup("", "token-number-three"),
        setup("a b", "token-number-three"),
        setup("third", "short"),
        setup("third", "token-number-one-1"),
    ];
    wrong.push(SiteSetup {
        url: "http://billing.example.com".to_owned(),
        ..setup("third", "token-number-three")
    });
    wrong.push(SiteSetup {
        identifier: " ".to_owned(),
        ..setup("third", "token-number-three")
    });
    for setup in wrong {
        let error = sites.upsert(&setup).await.unwrap_err();
        assert!(!error.to_string().contains("token-number"), "{error}");
    }
    assert_eq!(sites.list().await.unwrap().len(), 1);
}
