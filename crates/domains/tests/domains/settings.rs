use serde_json::json;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::fake::{Fault, PASSWORD};
use crate::{World, error, name, order};

#[tokio::test]
async fn settings_are_tried_out_and_a_wrong_password_is_named() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let wrong = world
            .call_as("wr0ng-password", "config_validate", json!({}))
            .await;
        assert_eq!(
            error(&wrong),
            "The registrar refused: Authentication failed (code 530). Check Environment, Username and Password in the registrar \
             module's settings: the live system and the test system have accounts of their own."
        );
        assert!(
            world.domains.accounts().await.unwrap().is_empty(),
            "what does not work is not remembered"
        );
        let unknown = world
            .domains
            .check_account("main", "wharf")
            .await
            .unwrap_err();
        assert!(
            unknown
                .to_string()
                .contains("save its settings in WHMCS once")
        );

        let right = world.call_as(PASSWORD, "config_validate", json!({})).await;
        let message =
            "Connected to the registrar's test system (OT&E) as acct, balance 1000.00 USD.";
        assert_eq!(right.value, json!({"success": true, "message": message}));
        let info = world.domains.check_account("main", "wharf").await.unwrap();
        assert_eq!(
            (info.login.as_str(), info.balance.as_deref()),
            ("acct", Some("1000.00 USD"))
        );
        let seen = world.domains.accounts().await.unwrap();
        assert_eq!(
            (seen[0].site.as_str(), seen[0].environment.as_str()),
            ("main", "OTE")
        );

        world
            .call_as("changed-since", "GetNameservers", name())
            .await;
        let refused = world
            .domains
            .check_account("main", "wharf")
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("Authentication failed"));
    }
}

#[tokio::test]
async fn a_registrar_that_is_not_there_is_not_a_wrong_password() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world
        .registrar
        .always("StatusAccount", Some(Fault::CutBefore));
    let answer = world.call("config_validate", json!({})).await;
    assert!(
        error(&answer).contains("gave no usable answer"),
        "{answer:?}"
    );
    assert!(error(&world.call_as("", "config_validate", json!({})).await).contains("\"Password\""));
}

#[tokio::test]
async fn an_order_with_a_wrong_password_is_refused_and_works_once_it_is_mended() {
    for db in TestDb::each().await {
        let world = World::new(&db, Patience::default()).await;
        let refused = world
            .call_as("wr0ng-password", "RegisterDomain", order(7))
            .await;
        assert!(error(&refused).contains("Check Environment, Username and Password"));
        assert!(world.registrar.domains().is_empty());
        assert_eq!(
            world.call("RegisterDomain", order(7)).await.value,
            json!({"success": true})
        );
    }
}
