//! Somebody at work with the operators' pages, in a real browser: every page is looked over, money that waits
//! is approved, in both languages.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail, in its helpers too"
)]

use std::time::Duration;

use wharf_core::Clock;
use wharf_tests::browser::Browser;
use wharf_tests::{Sandbox, client, until};

const LISTS: [&str; 10] = [
    "review",
    "transfers",
    "claims",
    "messages",
    "stores",
    "wallets",
    "devices",
    "reconcile",
    "journal",
    "audit",
];

async fn log_in(browser: &Browser, sandbox: &Sandbox, password: &str) {
    browser.fill("#name", &sandbox.at.staff.username).await;
    browser.fill("#password", password).await;
    browser.click(".log-in button").await;
}

/// From here on the store has every payment approved by a person.
fn hold_everything(sandbox: &Sandbox) {
    let document = r#"
        [[store]]
        id = "5"
        site = "main"
        name = "Nile Hosting"
        rates = { USD = "50.25" }
        currency_label = "USD"
        settle_after_seconds = 2
        hold = "always"
        phone_binding = "off"
        balance_check = false
    "#;
    let file = sandbox.path().join("hold.toml");
    std::fs::write(&file, document).unwrap();
    let (code, out, err) = sandbox.wharf(&["apply", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}{err}");
}

/// Somebody says so by the claim check, and then really sends it.
async fn claim_and_send(browser: &Browser, sandbox: &Sandbox, amount: &str) {
    let at = &sandbox.at;
    let url = format!(
        "{}/api/payment_link_check?phone={}&amount={amount}&client_id=1&user_name=1&store_id=5&lang=en",
        at.daemon, at.payer
    );
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let back = browser.open_tab(&format!("{}/", at.phone)).await;
    browser.fill("[name=to]", &at.store_wallet).await;
    browser.fill("[name=amount]", amount).await;
    browser.click("form.send button").await;
    browser.find(".alert.good").await;
    browser.close_tab(back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_everything_and_approves() {
    let sandbox = Sandbox::start();
    let staff = format!("{}/staff", sandbox.at.daemon);
    let browser = Browser::start().await;

    browser.open(&format!("{staff}/transfers")).await;
    browser.find(".log-in").await;
    browser.look("operators-log-in").await;
    log_in(&browser, &sandbox, "not-the-password").await;
    browser.find(".problem").await;
    // The browser itself notes that the answer was a refusal.
    let noted = browser.console_errors().await;
    assert!(noted.iter().all(|line| line.contains("401")), "{noted:?}");
    browser.look("operators-log-in-refused").await;
    log_in(&browser, &sandbox, &sandbox.at.staff.password).await;
    browser.until_text("h1", "Transfers").await;
    browser.open(&format!("{staff}/")).await;
    browser.look("operators-dashboard-empty").await;
    for list in LISTS {
        browser
            .click(&format!(".side a[href='/staff/{list}']"))
            .await;
        browser.look(&format!("operators-{list}-empty")).await;
    }

    tokio::task::block_in_place(|| sandbox.purchase(&[]));
    hold_everything(&sandbox);
    claim_and_send(&browser, &sandbox, "250").await;
    until(
        "the payment waits for a person",
        Duration::from_secs(20),
        async || {
            browser.open(&format!("{staff}/review")).await;
            browser.has("tbody a[href^='/staff/review/']").await
        },
    )
    .await;

    browser.open(&format!("{staff}/")).await;
    browser.look("operators-dashboard").await;
    for list in LISTS {
        browser
            .click(&format!(".side a[href='/staff/{list}']"))
            .await;
        browser.look(&format!("operators-{list}")).await;
    }
    browser.click(".side a[href='/staff/stores']").await;
    browser.click("tbody a[href='/staff/stores/5']").await;
    browser.fill("#sender", "VF-Cash").await;
    browser.fill("#text", "Win a prize of 1000 EGP!").await;
    browser.click("#test-message button").await;
    browser.find("#test-message dl").await;
    browser.look("operators-store").await;
    browser.fill("#currency", "usd").await;
    browser.fill("#rate", "51.50").await;
    browser.click("form[action$='/rate'] button").await;
    browser.find(".flash").await;
    browser.click("a[href='/staff/account']").await;
    browser.look("operators-account").await;

    browser.click(".side a[href='/staff/review']").await;
    browser.click("tbody a[href^='/staff/review/']").await;
    browser.look("operators-review-item").await;
    browser
        .fill("#reason", "Mona called; the receipt fits.")
        .await;
    browser.click(".decide button:not(.danger)").await;
    browser.until_text(".flash", "Approved.").await;
    until(
        "the money is credited",
        Duration::from_secs(20),
        async || {
            browser
                .open(&format!("{staff}/transfers?state=credited"))
                .await;
            let rows = browser
                .run("return document.querySelectorAll('tbody tr').length")
                .await;
            rows == 2
        },
    )
    .await;
    browser.click("tbody a[href^='/staff/transfers/']").await;
    browser.look("operators-transfer").await;

    browser.click(".who a[hreflang=ar]").await;
    browser
        .until_text(".side a[aria-current]", "التحويلات")
        .await;
    browser.look("operators-transfer-arabic").await;
    browser.open(&format!("{staff}/")).await;
    browser.look("operators-dashboard-arabic").await;
    browser.open(&format!("{staff}/stores/5")).await;
    browser.look("operators-store-arabic").await;
    browser.open(&format!("{staff}/review?state=all")).await;
    browser.click("tbody a[href^='/staff/review/']").await;
    browser.look("operators-review-arabic").await;
    browser.click(".who form button").await;
    browser.find(".log-in").await;
    browser.look("operators-log-in-arabic").await;
    browser.end();
}

/// What the operator writes when money came to the new store's wallet.
fn receipt() -> String {
    let cairo = jiff::tz::TimeZone::get("Africa/Cairo").unwrap();
    let at = Clock::system().now().to_zoned(cairo);
    format!(
        "تم استلام مبلغ 502.50 جنيه من {PAYER}؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك 01055501999 بتاريخ {}.\n\
         رصيدك الحالي: 1502.50 جنيه\nرقم العملية: 091100000777",
        at.strftime("%H:%M %y-%m-%d")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_a_store_up_until_money_is_credited() {
    let sandbox = Sandbox::start();
    tokio::task::block_in_place(|| sandbox.purchase(&[]));
    let staff = format!("{}/staff", sandbox.at.daemon);
    let browser = Browser::start().await;
    browser.open(&format!("{staff}/stores")).await;
    log_in(&browser, &sandbox, &sandbox.at.staff.password).await;
    browser.until_text("h1", "Stores").await;
    browser.click("main a[href='/staff/sites/new']").await;
    browser.look("set-up-site-new").await;
    browser.open(&format!("{staff}/stores/new")).await;
    for (field, text) in [
        ("id", "delta"),
        ("name", "Delta Hosting"),
        ("rate", "50.25"),
    ] {
        browser.fill(&format!("#set-{field}"), text).await;
    }
    browser.look("set-up-store-new").await;
    browser.click("form.settings button").await;

    browser.click("#connection button").await;
    browser.find("#connection .checks .tag.good").await;
    browser.click("#connection a.button").await;
    browser.find("#stands-secret").await;
    browser.look("set-up-site").await;
    browser.open(&format!("{staff}/stores/delta/keys")).await;
    browser.look("set-up-keys").await;
    browser
        .open(&format!("{staff}/stores/delta/wallets/new"))
        .await;
    for (field, text) in [
        ("id", "delta-vf"),
        ("number", "01055501999"),
        ("balance", "1000"),
    ] {
        browser.fill(&format!("#set-{field}"), text).await;
    }
    browser
        .run("document.querySelector('#set-operator').value = 'vodafone-cash'")
        .await;
    browser.look("set-up-wallet-new").await;
    browser.click("form.settings button").await;
    browser.click("#phone a.button").await;
    browser.fill("#set-id", "delta-phone").await;
    browser
        .run(
            "document.querySelector('#set-format').value = 'generic'; \
             document.querySelector('#set-unsigned').checked = true",
        )
        .await;
    browser.look("set-up-phone-new").await;
    browser.click("form.settings button").await;
    let address = browser.text("#address").await;
    browser.look("set-up-phone-shown").await;
    browser.click("main a.button").await;

    // The customer has said what he sends; now it comes.
    let check = format!(
        "{}/api/payment_link_check?phone={PAYER}&amount=502.50&client_id=1&user_name=1&store_id=delta&lang=en",
        sandbox.at.daemon
    );
    browser.open(&format!("{staff}/stores/delta/setup")).await;
    let message = serde_json::json!({ "from": "VF-Cash", "text": receipt() });
    let kept = client().post(&address).json(&message).send().await.unwrap();
    assert_eq!(kept.status(), 200);
    until(
        "the message is there",
        Duration::from_secs(20),
        async || {
            browser.open(&format!("{staff}/stores/delta/setup")).await;
            browser.has("#test h2 .tag.good").await
        },
    )
    .await;
    browser.click("#live button").await;
    browser.find("#live h2 .tag.good").await;
    browser.look("set-up-done").await;
    let answer = client().get(check).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    // The first payment of a client is for a person.
    until("it waits", Duration::from_secs(20), async || {
        browser.open(&format!("{staff}/review?store=delta")).await;
        browser.has("tbody a[href^='/staff/review/']").await
    })
    .await;
    browser.click("tbody a[href^='/staff/review/']").await;
    browser.fill("#reason", "The receipt fits.").await;
    browser.click(".decide button:not(.danger)").await;
    let credited = format!("{staff}/transfers?state=credited&store=delta");
    until("it is credited", Duration::from_secs(20), async || {
        browser.open(&credited).await;
        browser.has("tbody a[href^='/staff/transfers/']").await
    })
    .await;

    browser
        .open(&format!("{staff}/stores/delta/setup?lang=ar"))
        .await;
    browser.look("set-up-done-arabic").await;
    browser.open(&format!("{staff}/sites/main?lang=ar")).await;
    browser.look("set-up-site-arabic").await;
    browser.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_removes_a_whmcs_that_nothing_uses() {
    let sandbox = Sandbox::start();
    let staff = format!("{}/staff", sandbox.at.daemon);
    let browser = Browser::start().await;
    browser.open(&format!("{staff}/stores")).await;
    log_in(&browser, &sandbox, &sandbox.at.staff.password).await;
    browser.click("main a[href='/staff/sites/new']").await;
    for (field, text) in [
        ("id", "spare"),
        ("url", sandbox.at.host.as_str()),
        ("identifier", "an-identifier"),
        ("secret", "a-secret-of-the-spare"),
    ] {
        browser.fill(&format!("#set-{field}"), text).await;
    }
    browser.click("form.settings button").await;
    browser.until_text("h1", "Add a store").await;

    browser.click(".side a[href='/staff/stores']").await;
    browser.look("remove-stores").await;
    browser.click("main a[href='/staff/sites/main']").await;
    let used = browser.text(".remove strong").await;
    assert!(used.contains("stores: 1"), "{used}");
    browser.look("remove-site-used").await;
    browser.click(".side a[href='/staff/stores']").await;
    browser.click("main a[href='/staff/sites/spare']").await;
    browser.look("remove-site").await;
    browser.click(".remove input[name=sure]").await;
    browser.click(".remove button").await;
    browser.until_text(".flash", "Removed.").await;
    assert!(!browser.has("main a[href='/staff/sites/spare']").await);
    assert!(browser.has("main a[href='/staff/sites/main']").await);
    browser.open(&format!("{staff}/sites/main?lang=ar")).await;
    browser.look("remove-site-used-arabic").await;
    browser.end();
}

const PAYER: &str = "01011122233";
