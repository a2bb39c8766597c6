//! From order to end, and again.

use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use wharf_core::Clock;
use wharf_store::testing::TestDb;

use crate::harness::{changed, daemon, patience};
use crate::supplier::{Fault, Supplier, TOKEN};

#[tokio::test]
async fn a_service_lives_from_order_to_end_and_again() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        let created = daemon.call("CreateAccount", 17).await;
        let properties = json!({
            "Dashboard": "https://shield.example.com/dashboard/svc_1",
            "License Key": "SSHD-0000-0000-0000-0001",
            "Service ID": "svc_1",
        });
        assert_eq!(
            created.value,
            json!({"result": "success", "properties": properties})
        );
        assert_eq!(supplier.counts(), (1, 1, 1));
        {
            let shop = supplier.shop.lock().unwrap();
            assert_eq!(shop.users[0]["email"], "A.Client+x@example.com");
            assert_eq!(shop.services[0]["domain"], "example.com");
        }
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(
            supplier.shop.lock().unwrap().services[0]["status"],
            "suspended"
        );
        let page = daemon.call("ClientArea", 17).await.value["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            page.contains("Suspended") && page.contains("SSHD-0000-0000-0000-0001"),
            "{page}"
        );
        assert_eq!(
            daemon.result("SuspendAccount", 17).await,
            "success",
            "it is so already"
        );
        assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
        assert_eq!(daemon.result("UnsuspendAccount", 17).await, "success");
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(
            supplier.shop.lock().unwrap().services[0]["status"],
            "suspended"
        );
        assert_eq!(daemon.result("TerminateAccount", 17).await, "success");
        assert_eq!(
            daemon.result("TerminateAccount", 17).await,
            "success",
            "what is gone is terminated"
        );
        assert_eq!(supplier.counts().1, 0);
        let page = daemon.call("ClientArea", 17).await.value["html"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(page.contains("Ended") && !page.contains("SSHD-"), "{page}");

        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(
            supplier.counts(),
            (1, 1, 2),
            "one new service, for the user that is there"
        );
    }
}

#[tokio::test]
async fn what_was_ended_at_the_supplier_by_hand_is_terminated() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    assert_eq!(daemon.result("CreateAccount", 17).await, "success");
    supplier.shop.lock().unwrap().services[0]["status"] = json!("terminated");
    let answer = daemon.result("SuspendAccount", 17).await;
    assert_eq!(answer, "SiteShield: the service is gone there");
    assert_eq!(daemon.result("TerminateAccount", 17).await, "success");
}

#[tokio::test]
async fn wrong_input_is_refused_in_clear_words_and_can_be_mended() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    for (name, value, says) in [
        ("addonId", json!(4), "not product addons"),
        ("configoption1", json!(""), "no connector"),
        ("configoption1", json!("nosuch"), "there is no connector"),
        ("configoption2", json!(null), "no plan"),
        ("domain", json!(""), "no domain"),
        ("domain", json!("exa mple"), "exa mple"),
        ("clientsdetails", json!({}), "e-mail"),
        ("serverhostname", json!("https://x/"), "host name"),
        ("serveraccesshash", json!(""), "password"),
    ] {
        let answer = daemon
            .call_with("CreateAccount", changed(daemon.params(1), name, value))
            .await
            .value;
        assert!(
            answer["result"].as_str().unwrap().contains(says),
            "{name}: {answer}"
        );
    }
    assert_eq!(supplier.calls(), 0, "nothing was sent");
    for function in ["SuspendAccount", "UnsuspendAccount", "TerminateAccount"] {
        assert!(
            daemon
                .result(function, 1)
                .await
                .contains("has not created service 1")
        );
    }

    let wrong_token = changed(daemon.params(1), "serveraccesshash", json!("wrong"));
    let answer = daemon.call_with("CreateAccount", wrong_token).await.value;
    assert_eq!(
        answer["result"],
        "SiteShield: it refuses the API token (Unauthenticated.); check the password of the server in WHMCS"
    );
    let wrong_plan = changed(daemon.params(1), "configoption2", json!("gold"));
    let answer = daemon.call_with("CreateAccount", wrong_plan).await.value;
    assert_eq!(
        answer["result"],
        "SiteShield: The given data was invalid. The selected plan is invalid."
    );
    assert_eq!(daemon.result("CreateAccount", 1).await, "success", "mended");
    assert_eq!(supplier.counts(), (1, 1, 1));
}

#[tokio::test]
async fn no_secret_is_in_a_row_an_answer_or_an_error() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
        supplier.fault("POST /users", Fault::CutAfterCommit, 1);
        let answers = [
            daemon.call("CreateAccount", 17).await,
            daemon.call("SuspendAccount", 17).await,
            daemon.call("ClientArea", 17).await,
            daemon.call("TestConnection", 17).await,
        ];
        let mut texts: Vec<String> = answers
            .iter()
            .map(|answer| serde_json::to_string(answer).unwrap())
            .collect();
        for (table, columns) in [
            (
                "effects",
                "input, COALESCE(result, ''), COALESCE(reason, ''), effect_key",
            ),
            ("effect_events", "detail, event, id, effect_id"),
            ("services", "kept, options, order_facts, domain"),
            ("service_servers", "base, site, site, site"),
            ("jobs", "payload, COALESCE(last_error, ''), kind, id"),
            ("secrets", "sealed, scope, name, name"),
        ] {
            let rows = sqlx::query(AssertSqlSafe(format!("SELECT {columns} FROM {table}")))
                .fetch_all(daemon.store.pool())
                .await
                .unwrap();
            assert!(!rows.is_empty(), "{table}");
            for row in rows {
                texts.extend((0..4).map(|column| row.try_get::<String, _>(column).unwrap()));
            }
        }
        let password = supplier.shop.lock().unwrap().passwords[0].clone();
        for secret in [TOKEN, &password] {
            let found: Vec<_> = texts.iter().filter(|text| text.contains(secret)).collect();
            assert!(found.is_empty(), "{found:?}");
        }
    }
}

#[tokio::test]
async fn what_a_connector_calls_secret_is_kept_sealed_and_shown_all_the_same() {
    let folder = crate::harness::connector(|text| {
        let text = text.replace(
            "keep = { id = \"$.id\", key = \"$.key\" }",
            "keep = { id = \"$.id\", key = \"$.key\" }\nsecret = [\"key\"]",
        );
        text.replace(
            "[[suspend]]\nname = \"suspend\"",
            "[[suspend]]\nname = \"suspend\"\nheaders = { \"x-key\" = \"{{ licence.key }}\" }",
        )
    });
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let clock = Clock::system();
        let daemon =
            crate::harness::daemon_with(&db, &clock, &supplier, patience(), Some(folder.path()))
                .await;
        let created = daemon.call("CreateAccount", 17).await;
        let key = "SSHD-0000-0000-0000-0001";
        assert_eq!(created.value["properties"]["License Key"], key);
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        for query in [
            "SELECT kept FROM services",
            "SELECT COALESCE(result, '') || input FROM effects",
            "SELECT request || response || path FROM service_calls",
        ] {
            let rows = sqlx::query(query)
                .fetch_all(daemon.store.pool())
                .await
                .unwrap();
            for row in rows {
                let text = row.try_get::<String, _>(0).unwrap();
                assert!(!text.contains(key), "{query}: {text}");
            }
        }
    }
}
