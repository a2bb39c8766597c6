//! The operators' pages of services in a real browser: a service that waits for somebody, and the three decisions.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail, in its helpers too"
)]

use std::time::Duration;

use serde_json::{Value, json};
use wharf_tests::browser::Browser;
use wharf_tests::{Sandbox, client, until};

/// Whether the supplier refuses every token.
async fn lock_out(sandbox: &Sandbox, token: bool) {
    let url = format!("{}/_sandbox/refuses", sandbox.at.supplier);
    let switches = json!({ "licences": false, "token": token });
    client().put(url).json(&switches).send().await.unwrap();
}

/// Staff has WHMCS run the module for service 1; whether it succeeded.
async fn module(sandbox: &Sandbox, action: &str) -> bool {
    let at = &sandbox.at;
    let fields = [
        ("action", action),
        ("serviceid", "1"),
        ("responsetype", "json"),
        ("identifier", &at.inspector.identifier),
        ("secret", &at.inspector.secret),
    ];
    let url = format!("{}/includes/api.php", at.host);
    let sent = client().post(url).form(&fields).send().await.unwrap();
    let answer: Value = sent.json().await.unwrap();
    answer
        .get("result")
        .is_some_and(|result| result == "success")
}

/// The supplier's word for the one service.
async fn there(sandbox: &Sandbox) -> String {
    let url = format!("{}/_sandbox/services", sandbox.at.supplier);
    let all: Vec<Value> = client()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let word = all.first().unwrap()["status"].as_str();
    word.unwrap().to_owned()
}

/// A form that was refused: the browser itself notes that.
async fn refused(browser: &Browser) {
    browser.find(".problem").await;
    let noted = browser.console_errors().await;
    assert!(noted.iter().all(|line| line.contains("422")), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_about_a_service() {
    let sandbox = Sandbox::start();
    let staff = format!("{}/staff", sandbox.at.daemon);
    tokio::task::block_in_place(|| sandbox.purchase(&[]));
    let browser = Browser::start().await;
    browser.open(&format!("{staff}/services")).await;
    browser.fill("#name", &sandbox.at.staff.username).await;
    browser.fill("#password", &sandbox.at.staff.password).await;
    browser.click(".log-in button").await;
    browser.until_text("h1", "Services").await;
    browser.look("operators-services").await;

    lock_out(&sandbox, true).await;
    assert!(!module(&sandbox, "ModuleSuspend").await);
    browser.open(&format!("{staff}/")).await;
    browser.look("operators-dashboard-services").await;
    browser
        .click("[role=alert] a[href='/staff/services?state=attention']")
        .await;
    browser.find("tbody a[href^='/staff/services/']").await;
    browser.look("operators-services-attention").await;
    browser.click("tbody a[href^='/staff/services/']").await;
    browser.find(".notice").await;
    browser.look("operators-service").await;

    // Nothing is open: what was refused is refused.
    browser
        .click(".decide button:not(.quiet):not(.danger)")
        .await;
    refused(&browser).await;
    browser.look("operators-service-settled").await;

    lock_out(&sandbox, false).await;
    browser.click(".decide button.quiet").await;
    browser.find(".flash").await;
    browser.look("operators-service-tried-again").await;
    until("the supplier has it", Duration::from_secs(20), async || {
        there(&sandbox).await == "suspended"
    })
    .await;

    lock_out(&sandbox, true).await;
    assert!(!module(&sandbox, "ModuleUnsuspend").await);
    browser
        .open(&format!("{staff}/services/main/1?lang=ar"))
        .await;
    browser.find("html[dir=rtl] .notice").await;
    browser.look("operators-service-arabic").await;
    // Without a reason nothing is done.
    browser.click(".decide button.danger").await;
    refused(&browser).await;
    browser.look("operators-service-no-reason").await;
    browser
        .fill("#reason", "Seen as active at the supplier.")
        .await;
    browser.click(".decide button.danger").await;
    browser.find(".flash").await;
    assert!(!browser.has(".notice").await);
    browser.look("operators-service-done").await;
    browser
        .open(&format!("{staff}/services?state=attention"))
        .await;
    browser.find(".empty").await;
    browser.look("operators-services-arabic").await;
    browser.end();
}
