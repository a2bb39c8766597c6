//! A customer buys, pays in several ways, and finds everything active; real PHP modules do the work.

use crate::support::{World, between};
use serde_json::Value;

fn ids(rows: &[Value], column: &str, value: &str) -> Vec<Value> {
    rows.iter()
        .filter(|row| row[column] == value)
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_by_the_api_pays_the_invoice_and_activates_everything() {
    let world = World::start().await;
    let browser = world.browser();
    let invoice = browser.buy("example.com", "mona@example.test").await;

    // Two slashes are one: modules join addresses with and without a slash of their own.
    let page = browser.get(&format!("/viewinvoice.php?id={invoice}")).await;
    assert!(
        page.contains("Pay 23.49 USD as Mona with gateway secret"),
        "{page}"
    );
    assert_eq!(world.rows("tbldomains").await[0]["status"], "Pending");

    let credited = world
        .api(
            "AddCredit",
            &[
                ("clientid", "1"),
                ("description", "wallet T1"),
                ("amount", "23.50"),
            ],
        )
        .await;
    insta::assert_snapshot!(credited, @r#"{"result":"success","newbalance":"23.50"}"#);
    let applied = world
        .api(
            "ApplyCredit",
            &[("invoiceid", &invoice), ("amount", "23.49")],
        )
        .await;
    insta::assert_snapshot!(applied, @r#"{"result":"success","invoiceid":1,"amount":"23.49","invoicepaid":"true"}"#);

    assert_eq!(world.rows("tblinvoices").await[0]["status"], "Paid");
    assert_eq!(world.rows("tblorders").await[0]["status"], "Active");
    let domain = &world.rows("tbldomains").await[0];
    assert_eq!(
        (&domain["status"], &domain["registrar"]),
        (&Value::from("Active"), &Value::from("testreg"))
    );
    let service = &world.rows("tblhosting").await[0];
    assert_eq!(
        (&service["domainstatus"], &service["username"]),
        (&Value::from("Active"), &Value::from("example"))
    );
    assert_eq!(world.rows("tblcredit").await.len(), 2);
    assert!(world.rows("tblmodulequeue").await.is_empty());

    let page = browser
        .get("clientarea.php?action=domaindetails&id=1")
        .await;
    assert!(
        between(&page, "id=\"nameserver-list\"", "</ul>").contains("<li>ns1.host.test</li>"),
        "{page}"
    );
    let page = browser
        .get("clientarea.php?action=productdetails&id=1")
        .await;
    assert!(
        page.contains("Service of example")
            && page.contains("KEY-1-pro")
            && page.contains("https://dash.test/mona@example.test"),
        "{page}"
    );
    assert!(
        browser
            .get(&format!("viewinvoice.php?id={invoice}"))
            .await
            .contains("id=\"invoice-status\">Paid")
    );
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_callback_pays_with_the_visitors_session() {
    let world = World::start().await;
    let browser = world.browser();
    let invoice = browser.buy("example.com", "mona@example.test").await;
    let (address, page) = browser
        .post_raw(
            "modules/gateways/callback/testpay.php",
            &[
                ("invoice", invoice.as_str()),
                ("transid", "T-9"),
                ("amount", "30.00"),
            ],
        )
        .await;
    assert!(
        address.ends_with(&format!("viewinvoice.php?id={invoice}")),
        "{address} {page}"
    );
    assert!(page.contains("id=\"invoice-status\">Paid"), "{page}");
    assert_eq!(world.rows("tblaccounts").await[0]["amountin"], "30.00");
    assert_eq!(world.rows("tblclients").await[0]["credit"], "6.51");
    assert_eq!(world.rows("tblgatewaylog").await[0]["result"], "Successful");
    assert_eq!(world.rows("tblhosting").await[0]["domainstatus"], "Active");
    // The same callback again stops at the transaction id.
    browser
        .post_raw(
            "modules/gateways/callback/testpay.php",
            &[
                ("invoice", invoice.as_str()),
                ("transid", "T-9"),
                ("amount", "30.00"),
            ],
        )
        .await;
    assert_eq!(world.rows("tblaccounts").await.len(), 1);
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_module_waits_in_the_queue_and_the_payment_stands() {
    let world = World::start().await;
    let browser = world.browser();
    let invoice = browser.buy("refused.com", "mona@example.test").await;
    world
        .api(
            "AddInvoicePayment",
            &[
                ("invoiceid", &invoice),
                ("transid", "T1"),
                ("gateway", "testpay"),
                ("date", "2026-11-21"),
            ],
        )
        .await;
    assert_eq!(world.rows("tblinvoices").await[0]["status"], "Paid");
    assert_eq!(world.rows("tbldomains").await[0]["status"], "Pending");
    assert_eq!(world.rows("tblhosting").await[0]["domainstatus"], "Active");
    let queue = world.api("GetModuleQueue", &[]).await;
    assert_eq!(
        (&queue["count"], &queue["queue"][0]["moduleAction"]),
        (&Value::from(1), &Value::from("RegisterDomain"))
    );
    assert_eq!(
        queue["queue"][0]["lastAttemptError"],
        "the registry refused refused.com"
    );

    browser.staff().await;
    let (_, page) = browser.post("admin/queue", "admin/queue/1", &[]).await;
    assert!(page.contains("the registry refused refused.com"));
    assert_eq!(world.rows("tblmodulequeue").await[0]["num_retries"], 1);
    world
        .api(
            "UpdateClientDomain",
            &[("domainid", "1"), ("domain", "allowed.com")],
        )
        .await;
    browser.post("admin/queue", "admin/queue/1", &[]).await;
    assert_eq!(world.rows("tblmodulequeue").await[0]["completed"], 1);
    assert_eq!(world.rows("tbldomains").await[0]["status"], "Active");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_credits_and_payments_at_once_are_exact() {
    let world = std::sync::Arc::new(World::start().await);
    let invoice = world
        .browser()
        .buy("example.com", "mona@example.test")
        .await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let world = world.clone();
        calls.spawn(async move {
            world
                .api(
                    "AddCredit",
                    &[("clientid", "1"), ("description", "x"), ("amount", "1.01")],
                )
                .await
        });
    }
    while let Some(answer) = calls.join_next().await {
        assert_eq!(answer.unwrap()["result"], "success");
    }
    assert_eq!(world.rows("tblclients").await[0]["credit"], "30.30");
    for _ in 0..10 {
        let (world, invoice) = (world.clone(), invoice.clone());
        calls.spawn(async move {
            world
                .api(
                    "ApplyCredit",
                    &[("invoiceid", &invoice), ("amount", "23.49")],
                )
                .await
        });
    }
    let mut paid = 0;
    while let Some(answer) = calls.join_next().await {
        match answer.unwrap()["message"].as_str() {
            None => paid += 1,
            Some(text) => assert_eq!(text, "Invoice Not in Unpaid Status"),
        }
    }
    assert_eq!(paid, 1);
    assert_eq!(world.rows("tblclients").await[0]["credit"], "6.81");
    assert_eq!(
        ids(
            &world.rows("tblactivitylog").await,
            "description",
            "Module Create Successful - Service ID: 1"
        )
        .len(),
        1
    );
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_suspends_syncs_and_changes_settings() {
    let world = World::start().await;
    let browser = world.browser();
    let invoice = browser.buy("example.com", "mona@example.test").await;
    world
        .api(
            "AddInvoicePayment",
            &[
                ("invoiceid", &invoice),
                ("transid", "T1"),
                ("gateway", "testpay"),
                ("date", "2026-11-21"),
            ],
        )
        .await;
    browser.staff().await;
    browser
        .post(
            "admin/services/1",
            "admin/services/1",
            &[("do", "Suspend"), ("reason", "overdue")],
        )
        .await;
    assert_eq!(
        world.rows("tblhosting").await[0]["domainstatus"],
        "Suspended"
    );
    browser
        .post(
            "admin/services/1",
            "admin/services/1",
            &[("do", "Unsuspend")],
        )
        .await;
    assert_eq!(world.rows("tblhosting").await[0]["domainstatus"], "Active");
    browser
        .post("admin/domains/1", "admin/domains/1", &[("do", "sync")])
        .await;
    assert_eq!(
        world.rows("tbldomains").await[0]["expirydate"],
        "2031-02-03"
    );
    let (_, page) = browser.post("admin/servers", "admin/servers/1", &[]).await;
    assert!(page.contains("one: the connection works"), "{page}");

    let wrong = [("field[Login]", "wrong"), ("field[Password]", "")];
    let (_, page) = browser
        .post(
            "admin/modules/registrar/testreg",
            "admin/modules/registrar/testreg",
            &wrong,
        )
        .await;
    assert!(
        page.contains("The registrar does not know this log-in"),
        "{page}"
    );
    let right = [
        ("field[Login]", "you"),
        ("field[Password]", ""),
        ("field[Test]", "on"),
    ];
    let (_, page) = browser
        .post(
            "admin/modules/registrar/testreg",
            "admin/modules/registrar/testreg",
            &right,
        )
        .await;
    assert!(
        page.contains("The settings were saved")
            && page.contains("value=\"you\"")
            && !page.contains("sesame"),
        "{page}"
    );
    for path in [
        "admin/",
        "admin/orders",
        "admin/orders/1",
        "admin/clients",
        "admin/clients/1",
        "admin/invoices",
        "admin/services",
        "admin/domains",
        "admin/queue",
        "admin/modulelog",
        "admin/activitylog",
        "admin/gatewaylog",
        "admin/modules",
        "admin/modules/gateway/testpay",
    ] {
        let page = browser.get(path).await;
        assert!(
            page.contains("</html>") && !page.contains("sesame"),
            "{path}: {page}"
        );
    }
    let customer = world.browser();
    assert!(
        customer
            .get("admin/orders")
            .await
            .contains("id=\"admin-login\"")
    );
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_without_token_and_other_peoples_things_are_refused() {
    let world = World::start().await;
    let browser = world.browser();
    let invoice = browser.buy("example.com", "mona@example.test").await;
    let (_, page) = browser
        .post_raw(
            &format!("viewinvoice.php?id={invoice}"),
            &[("applycredit", "1")],
        )
        .await;
    assert!(page.contains("This form is too old"), "{page}");

    let other = world.browser();
    assert!(other.get("clientarea.php").await.contains("id=\"login\""));
    other.buy("second.com", "omar@example.test").await;
    assert!(
        other
            .get(&format!("viewinvoice.php?id={invoice}"))
            .await
            .contains("no such invoice")
    );
    assert!(
        other
            .get("clientarea.php?action=domaindetails&id=1")
            .await
            .contains("not in your account")
    );

    browser
        .post(
            "clientarea.php?action=details",
            "clientarea.php?action=details",
            &[("language", "arabic")],
        )
        .await;
    let page = browser.get("clientarea.php").await;
    assert!(
        page.contains("dir=\"rtl\"") && page.contains("منطقة العملاء"),
        "{page}"
    );
    world.host.stop().await;
}
