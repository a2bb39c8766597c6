//! What the module's other functions are answered: settings, ways in, buttons, staff's fields, usage, accounts.

use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_store::testing::TestDb;

use crate::harness::{Daemon, changed, daemon, patience};
use crate::supplier::{Fault, Supplier};

/// With service 17 created.
async fn created() -> (Supplier, Daemon) {
    let supplier = Supplier::start().await;
    let db = TestDb::sqlite();
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    let params = changed(daemon.params(17), "username", json!("example"));
    let created = daemon.call_with("CreateAccount", params).await.value;
    assert_eq!(created["result"], "success", "{created}");
    // The database goes with the test.
    std::mem::forget(db);
    (supplier, daemon)
}

#[tokio::test]
async fn settings_are_those_of_the_products_connector() {
    let supplier = Supplier::start().await;
    let db = TestDb::sqlite();
    let daemon = daemon(&db, &Clock::system(), &supplier, patience()).await;
    let asked = json!({ "configoption1": "siteshield" });
    let fields = daemon.call_with("ConfigOptions", asked).await.value;
    assert_eq!(fields[0]["name"], "Connector");
    assert_eq!(fields[0]["Default"], "siteshield");
    let connectors = fields[0]["choices"].as_array().unwrap();
    assert!(connectors.contains(&json!({ "value": "siteshield", "title": "SiteShield" })));
    assert_eq!(
        (&fields[1]["name"], &fields[1]["Loader"]),
        (&json!("Plan"), &json!(true))
    );

    let choices = daemon.call("Choices2", 17).await.value;
    assert_eq!(choices["choices"][1]["value"], "pro", "{choices}");
    let none = daemon.call("Choices3", 17).await.value;
    assert_eq!(none["error"], "the connector has no such option");
    let wrong = changed(daemon.params(17), "serveraccesshash", json!("wrong"));
    let refused = daemon.call_with("Choices2", wrong).await.value;
    let refused = refused["error"].as_str().unwrap().to_owned();
    assert!(refused.contains("token"), "{refused}");
}

#[tokio::test]
async fn signing_on_leads_there_and_customers_are_not_told_why_it_does_not() {
    let (supplier, daemon) = created().await;
    let answer = daemon.call("ServiceSingleSignOn", 17).await;
    assert_eq!(answer.value["success"], true, "{answer:?}");
    let url = answer.value["redirectTo"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://") || url.starts_with("http://"));
    let log = serde_json::to_string(&answer.log).unwrap();
    assert!(!log.contains(&url), "the address lets anybody in: {log}");

    supplier.fault("*", Fault::Broken, usize::MAX);
    let german = changed(daemon.params(17), "language", json!("german"));
    let answer = daemon.call_with("ServiceSingleSignOn", german).await;
    let message = answer.value["errorMsg"].as_str().unwrap().to_owned();
    assert!(message.contains("Dashboard"), "{message}");
    assert!(!message.contains("SiteShield"), "{message}");

    let actions = daemon.call("CustomActions", 17).await.value;
    assert_eq!(actions["actions"][0]["function"], "ServiceSingleSignOn");
    let unknown = daemon.call("CustomActions", 99).await.value;
    assert_eq!(unknown["actions"], json!([]));
    let link = daemon.call("AdminLink", 17).await.value["html"].to_string();
    assert!(
        link.contains(&format!("http://127.0.0.1:{}", daemon.port)),
        "{link}"
    );
}

#[tokio::test]
async fn buttons_are_numbered_by_the_file_and_only_pressed_on_active_services() {
    let (supplier, daemon) = created().await;
    let arabic = changed(daemon.params(17), "language", json!("arabic"));
    let buttons = daemon
        .call_with("ClientAreaCustomButtonArray", arabic)
        .await;
    assert_eq!(buttons.value["buttons"][0]["function"], "Button1");
    assert_eq!(buttons.value["buttons"][0]["label"], "افحص الموقع الآن");
    let nobody = daemon.call_with("AdminCustomButtonArray", json!({})).await;
    assert_eq!(nobody.value["buttons"], json!([]));

    assert_eq!(daemon.result("Button1", 17).await, "success");
    assert_eq!(supplier.count("POST /services/{id}/scan"), 1);
    assert!(
        daemon
            .result("Button6", 17)
            .await
            .contains("no such button")
    );
    assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
    assert_eq!(
        daemon.result("Button1", 17).await,
        "The service is suspended."
    );
    let buttons = daemon.call("ClientAreaCustomButtonArray", 17).await.value;
    assert_eq!(buttons["buttons"], json!([]));
}

#[tokio::test]
async fn staff_sees_each_step_and_decides() {
    let (supplier, daemon) = created().await;
    let shown = |answer: &Value| -> String {
        let fields = answer["fields"].as_array().unwrap();
        fields
            .iter()
            .map(|field| field["html"].as_str().unwrap())
            .collect()
    };
    let html = shown(&daemon.call("AdminServicesTabFields", 17).await.value);
    for wanted in [
        "POST /",
        "/services/",
        "data-wharf-state=\"active\"",
        "licence.key",
    ] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
    assert!(!html.contains("Mark as done"), "nothing is open: {html}");
    for secret in supplier.shop.lock().unwrap().passwords.iter() {
        assert!(!html.contains(secret.as_str()), "{html}");
    }

    supplier.fault(
        "POST /services/{id}/suspend",
        Fault::Says(422, "{\"message\":\"not on a <Sunday>\"}"),
        1,
    );
    assert!(daemon.result("SuspendAccount", 17).await.contains("Sunday"));
    let html = shown(&daemon.call("AdminServicesTabFields", 17).await.value);
    assert!(
        html.contains("Mark as done") && !html.contains("<Sunday>"),
        "{html}"
    );
    let buttons = daemon
        .call("AdminCustomButtonArray", 17)
        .await
        .value
        .to_string();
    assert!(buttons.contains("RetryService"), "{buttons}");

    let posted = |what: Value| changed(daemon.params(17), "posted", what);
    let save = "AdminServicesTabFieldsSave";
    let saved = daemon
        .call_with(save, posted(json!({ "do": "done" })))
        .await;
    assert!(
        saved.activity[0].contains("a reason is needed"),
        "{saved:?}"
    );
    assert_eq!(daemon.result("RetryService", 17).await, "success");
    let html = shown(&daemon.call("AdminServicesTabFields", 17).await.value);
    assert!(html.contains("data-wharf-state=\"suspended\""), "{html}");
    let nothing = daemon
        .call_with(save, posted(json!({ "other": "x" })))
        .await;
    assert!(nothing.activity.is_empty(), "{nothing:?}");
}

#[tokio::test]
async fn usage_metrics_and_accounts_come_for_all_services_at_once() {
    let (supplier, daemon) = created().await;
    let before = supplier.calls();
    let usage = daemon.call("UsageUpdate", 17).await.value;
    assert_eq!(usage["services"][0]["id"], 17, "{usage}");
    assert!(usage["services"][0]["disklimit"].is_i64(), "{usage}");
    assert_eq!(supplier.calls() - before, 1, "one page is one call");

    let describe = json!({ "describe": true });
    let described = daemon.call_with("MetricProvider", describe).await.value;
    let metric =
        json!({ "name": "requests", "title": "Requests", "unit": "number", "period": "month" });
    let metrics = described["metrics"].as_array().unwrap();
    assert!(metrics.contains(&metric), "{described}");
    let metrics = daemon.call("MetricProvider", 17).await.value;
    let by_name = &metrics["tenants"]["example"]["requests"];
    assert!(by_name.is_string(), "{metrics}");
    assert_eq!(by_name, &metrics["tenants"]["example.com"]["requests"]);

    let accounts = daemon.call("ListAccounts", 17).await.value;
    let account = &accounts["accounts"][0];
    assert_eq!(account["uniqueIdentifier"], "example.com", "{accounts}");
    assert_eq!(
        (&account["product"], &account["status"]),
        (&json!("pro"), &json!("Active"))
    );
    supplier.fault("*", Fault::Broken, usize::MAX);
    let failed = daemon.call("ListAccounts", 17).await.value;
    assert!(
        failed["error"].as_str().unwrap().contains("SiteShield"),
        "{failed}"
    );
    let failed = daemon.call("UsageUpdate", 17).await.value;
    assert!(failed["error"].is_string(), "{failed}");
}
