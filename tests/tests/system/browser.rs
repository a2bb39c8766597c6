//! People at work in a real browser: a customer who buys and pays, staff, and whoever plays with the sandbox.
//! Every page that they see is looked over: console, links, labels, contrast, width.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail, in its helpers too"
)]

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use wharf_tests::Sandbox;
use wharf_tests::browser::Browser;

/// From the shop's search to an unpaid invoice with the wallet chosen; the domain's name.
async fn order(browser: &Browser, at: &sandbox_world::Addresses, word: &str, look: bool) -> String {
    let domain = format!("{word}.com");
    let looked = async |name: &str| {
        if look {
            browser.look(name).await;
        }
    };
    browser.open(&format!("{}/", at.host)).await;
    looked("shop").await;
    browser.fill("#domain-search [name=query]", &domain).await;
    browser.click("#domain-search button").await;
    let add = format!("#add-domain-{word}-com button");
    browser.find(&add).await;
    looked("search").await;
    browser.click(&add).await;
    browser.find("#cart").await;

    browser.click("header .brand").await;
    browser.click("article a.button").await;
    browser.find("#add-product").await;
    looked("product").await;
    assert_eq!(
        browser.value("#domainname").await,
        domain,
        "the cart's domain is offered"
    );
    browser.click("#add-product button").await;
    browser.find("#cart").await;
    looked("cart").await;
    browser.click("#to-checkout").await;

    browser.find("#checkout").await;
    looked("checkout").await;
    for (field, value) in [
        ("firstname", "Mona"),
        ("lastname", "Sample"),
        ("email", &*format!("mona.{word}@example.com")),
        ("phonenumber", "01012345678"),
        ("address1", "1 Sample Street"),
        ("city", "Cairo"),
        ("state", "Cairo"),
        ("postcode", "11511"),
        ("password", "A-sample-pass-4-Mona"),
        ("password2", "A-sample-pass-4-Mona"),
    ] {
        browser.fill(&format!("#{field}"), value).await;
    }
    browser.click("#checkout > button").await;
    browser.until_text("#invoice-status", "Unpaid").await;
    browser.click("#choose-gateway button").await;
    browser.find("#wharf-claim").await;
    domain
}

/// Sends what the invoice page asks for, by the phone's own page in a tab of its own.
async fn send_money(browser: &Browser, at: &sandbox_world::Addresses, look: bool) {
    let amount = browser.text("#wharf-amount").await;
    send_amount(browser, at, &amount, look).await;
}

async fn send_amount(browser: &Browser, at: &sandbox_world::Addresses, amount: &str, look: bool) {
    let wallet = browser.attribute("#wharf-payment", "data-wallet").await;
    let invoice = browser.open_tab(&format!("{}/", at.phone)).await;
    browser.fill("[name=to]", &wallet).await;
    browser.fill("[name=amount]", amount).await;
    browser.click("form.send button").await;
    browser.find(".alert.good").await;
    // The operator's message reaches Wharf; the page shows it by itself.
    browser.find(".message.in .tag.good").await;
    if look {
        browser.look("phone").await;
    }
    browser.close_tab(invoice).await;
}

/// The supplier has counted something for every service, and what it told before is old.
async fn use_services(sandbox: &Sandbox) {
    let at = &sandbox.at;
    let client = wharf_tests::client();
    let url = format!("{}/_sandbox/services", at.supplier);
    let all: Vec<serde_json::Value> = client.get(url).send().await.unwrap().json().await.unwrap();
    assert!(!all.is_empty());
    for service in all {
        let id = service
            .get("id")
            .and_then(serde_json::Value::as_str)
            .unwrap();
        let url = format!("{}/_sandbox/services/{id}/usage", at.supplier);
        let used =
            serde_json::json!({ "storage_mb": 1_200, "traffic_mb": 34_000, "requests": 56_789 });
        let sent = client.put(url).json(&used).send().await.unwrap();
        assert!(sent.status().is_success());
    }
    let done = wharf_tests::wharf()
        .args(["sandbox", "--dir"])
        .arg(sandbox.path())
        .args(["clock", "advance", "10m", "--no-cron"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test]
async fn a_customer_clicks_through_the_purchase() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;

    let domain = order(&browser, at, "click-through", true).await;
    browser.look("invoice").await;
    browser.fill("#wharf-phone", &at.payer).await;
    browser.click("#wharf-claim button").await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    browser.look("invoice-waiting").await;
    send_money(&browser, at, true).await;

    // Nobody touches the invoice's page: it asks, and loads itself again.
    browser.until_text("#invoice-status", "Paid").await;
    browser.look("invoice-paid").await;

    browser.click("a[href='/clientarea.php']").await;
    browser.find("#client-credit").await;
    browser.look("client-area").await;
    for (list, details) in [("domains", "domaindetails"), ("services", "productdetails")] {
        browser
            .click(&format!("nav.sub a[href*='action={list}']"))
            .await;
        browser.find(&format!("a[href*='action={details}']")).await;
        browser.look(list).await;
        browser.click(&format!("a[href*='action={details}']")).await;
        browser
            .find(if list == "domains" {
                "#domain-status"
            } else {
                "#service-status"
            })
            .await;
        if list == "domains" {
            assert_eq!(browser.text("h1").await, domain);
            browser.until_text("#domain-status", "Active").await;
            let servers = browser.text("#nameserver-list").await;
            assert_eq!(
                servers,
                "ns1.nile-hosting.example\nns2.nile-hosting.example"
            );
            browser.look("domain").await;
        }
    }
    browser.until_text("#service-status", "Active").await;
    use_services(&sandbox).await;
    browser.client.refresh().await.unwrap();
    browser.find(".wharf-bars progress[value='34000']").await;
    browser.look("service").await;
    let licence = browser.text(".wharf-service code").await;
    assert!(licence.starts_with("SSHD-"), "{licence}");
    let sign_on = browser.attribute(".wharf-open", "href").await;
    assert!(sign_on.ends_with("dosinglesignon=1"), "{sign_on}");
    let dashboard = browser.attribute(".wharf-open[href^=http]", "href").await;
    assert!(dashboard.starts_with(&at.supplier), "{dashboard}");
    browser.click("nav.sub a[href*='action=invoices']").await;
    browser.find("#invoices").await;
    browser.look("invoices").await;
    browser.open(&dashboard).await;
    browser.look("dashboard").await;
    assert!(
        browser.text("main").await.contains(&licence),
        "the supplier shows the same licence"
    );

    browser.open(&format!("{}/clientarea.php", at.host)).await;
    browser.click("#logout").await;
    browser.find("a[href='/login.php']").await;
    browser.click("a[href='/login.php']").await;
    browser.find("#login").await;
    browser.look("login").await;
    browser.click("header a[href='/register.php']").await;
    browser.find("#register").await;
    browser.look("register").await;
    browser.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_and_players_find_their_way() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;

    // Nothing has happened yet: every list says so.
    browser.open(&format!("{}/", at.control)).await;
    browser.look("control-empty").await;
    for (name, url) in [
        ("registry-empty", &at.registry),
        ("supplier-empty", &at.supplier),
        ("phone-empty", &at.phone),
    ] {
        browser.open(&format!("{url}/")).await;
        browser.look(name).await;
    }
    browser.open(&format!("{}/admin/", at.host)).await;
    browser.fill("#username", &at.staff.username).await;
    browser.fill("#password", "wrong").await;
    browser.click("#admin-login button").await;
    browser.find("#message.bad").await;
    browser.look("staff-log-in").await;
    browser.fill("#password", &at.staff.password).await;
    browser.click("#admin-login button").await;
    browser.find("#queue-count").await;
    for list in STAFF_LISTS {
        browser.open(&format!("{}/admin/{list}", at.host)).await;
        browser.look(&format!("staff-{list}-empty")).await;
    }

    // Now the lists have something to show. (The queue stays empty: what is in doubt settles by itself.)
    let story = tokio::task::block_in_place(|| {
        sandbox.purchase(&["supplier:cut-after-commit:POST /api/v1/services"])
    });
    assert_eq!(
        story
            .pointer("/outcome")
            .and_then(serde_json::Value::as_str),
        Some("active"),
        "{story}"
    );
    browser.open(&format!("{}/admin/", at.host)).await;
    browser.look("staff").await;
    for list in STAFF_LISTS {
        browser
            .click(&format!("nav.sub a[href='/admin/{list}']"))
            .await;
        browser.look(&format!("staff-{list}")).await;
    }
    for (list, name) in [
        ("orders", "order"),
        ("clients", "client"),
        ("services", "service"),
        ("domains", "domain"),
    ] {
        browser
            .click(&format!("nav.sub a[href='/admin/{list}']"))
            .await;
        browser
            .click(&format!("#rows a[href^='/admin/{list}/']"))
            .await;
        browser.look(&format!("staff-{name}")).await;
    }
    browser.click("nav.sub a[href='/admin/servers']").await;
    browser.click("form[id^='test-connection'] button").await;
    browser.find("#message.good").await;
    browser.look("staff-server-tested").await;
    for kind in ["registrar", "server", "gateway"] {
        browser
            .open(&format!("{}/admin/modules/{kind}/wharf", at.host))
            .await;
        browser.look(&format!("staff-module-{kind}")).await;
    }

    for (name, url) in [("registry", &at.registry), ("supplier", &at.supplier)] {
        browser.open(&format!("{url}/")).await;
        browser.look(name).await;
        browser.click("tbody a").await;
        browser.look(&format!("{name}-one")).await;
    }
    browser.end();
}

#[tokio::test]
async fn faults_are_armed_and_disarmed_on_the_control_page() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;

    browser.open(&format!("{}/", at.control)).await;
    browser
        .find("#service")
        .await
        .select_by_label("registry")
        .await
        .unwrap();
    browser
        .find("#kind")
        .await
        .select_by_value("black-hole")
        .await
        .unwrap();
    browser.fill("#operation", "AddDomain").await;
    browser.fill("#times", "3").await;
    browser.click("#arm").await;
    browser.find("#armed li").await;
    let armed = browser.text("#armed").await;
    assert!(
        armed.contains("registry") && armed.contains("AddDomain") && armed.contains('3'),
        "{armed}"
    );
    browser.look("control").await;

    browser.fill("#times", "often").await;
    browser.click("#arm").await;
    browser.find("[role=alert]").await;
    browser.look("control-refused").await;

    browser.click("#disarm").await;
    browser.find("#none-armed").await;
    assert!(!browser.has("#armed li").await);
    browser.look("control-disarmed").await;
    browser.end();
}

#[tokio::test]
async fn a_wrong_number_is_said_and_kept_and_the_keyboard_is_enough() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;
    order(&browser, at, "by-keyboard", false).await;

    // From the top of the page, with nothing but Tab, letters and Enter.
    browser.client.refresh().await.unwrap();
    tab_to(&browser, "wharf-phone").await;
    type_in(&browser, "0101234").await;
    type_in(&browser, ENTER).await;
    browser.find("#wharf-phone-problem").await;
    browser.look("invoice-wrong-number").await;
    assert_eq!(
        browser.value("#wharf-phone").await,
        "0101234",
        "what was typed is kept"
    );
    assert_eq!(
        browser.attribute("#wharf-phone", "aria-invalid").await,
        "true"
    );
    assert_eq!(browser.text("#invoice-status").await, "Unpaid");

    tab_to(&browser, "wharf-phone").await;
    // Tab selects what stands in a field: typing replaces it.
    type_in(&browser, &at.payer).await;
    type_in(&browser, TAB).await;
    type_in(&browser, TAB).await;
    assert_eq!(focus(&browser).await, "Look for my transfer");
    type_in(&browser, ENTER).await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    assert!(!browser.has("#wharf-phone-problem").await);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.end();
}

#[tokio::test]
async fn an_arabic_customer_reads_from_right_to_left() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;
    order(&browser, at, "arabic-reader", false).await;
    let invoice = browser.client.current_url().await.unwrap();

    browser
        .open(&format!("{}/clientarea.php?action=details", at.host))
        .await;
    browser.look("profile").await;
    browser
        .find("#language")
        .await
        .select_by_value("arabic")
        .await
        .unwrap();
    browser.click("#language-form button").await;
    browser.find("html[dir=rtl]").await;
    browser.look("profile-arabic").await;

    browser.open(invoice.as_str()).await;
    assert_eq!(browser.attribute("#wharf-payment", "dir").await, "rtl");
    assert_eq!(browser.attribute("#wharf-payment", "lang").await, "ar");
    let direction = browser
        .find("#wharf-payment")
        .await
        .css_value("direction")
        .await
        .unwrap();
    assert_eq!(direction, "rtl");
    let number = browser
        .find("#wharf-number")
        .await
        .css_value("direction")
        .await
        .unwrap();
    assert_eq!(number, "ltr", "numbers are not turned round");
    browser.look("invoice-arabic").await;
    browser.fill("#wharf-phone", &at.payer).await;
    browser.click("#wharf-claim button").await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    browser.look("invoice-arabic-waiting").await;
    send_money(&browser, at, false).await;
    browser.until_text("#invoice-status", "مدفوعة").await;
    browser
        .open(&format!("{}/clientarea.php?action=services", at.host))
        .await;
    browser.click("a[href*='action=productdetails']").await;
    browser.find(".wharf-service[dir=rtl]").await;
    use_services(&sandbox).await;
    browser.client.refresh().await.unwrap();
    browser.find(".wharf-bars progress[value='34000']").await;
    browser.look("service-arabic").await;
    browser.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_picks_a_wallet_and_sees_the_payment_go_on_in_place() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let more = sandbox.path().join("wallet.toml");
    std::fs::write(
        &more,
        "[[wallet]]\nid = \"zz-second\"\nstore = \"5\"\noperator = \"vodafone-cash\"\nnumber = \"01055554444\"\n\
         [[device]]\nid = \"second-phone\"\nstore = \"5\"\ntoken = \"a-sample-token-of-a-phone\"\nformat = \"generic\"\n\
         wallets = [\"zz-second\"]\n",
    )
    .unwrap();
    let (code, _, err) = sandbox.wharf(&["apply", more.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    let browser = Browser::start().await;
    order(&browser, at, "two-wallets", false).await;
    browser.look("invoice-wallets").await;
    assert_eq!(
        browser.run(OPEN_WALLETS).await,
        serde_json::json!([at.store_wallet])
    );
    // From the keyboard: the last one opens and the first one closes.
    browser
        .run("[...document.querySelectorAll('.wharf-wallet summary')].at(-1).focus();")
        .await;
    type_in(&browser, ENTER).await;
    assert_eq!(
        browser.run(OPEN_WALLETS).await,
        serde_json::json!(["01055554444"])
    );
    browser.look("invoice-second-wallet").await;

    browser.fill("#wharf-phone", &at.payer).await;
    browser.click("#wharf-claim button").await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    // Whatever comes now comes into this page: it is not loaded again before the invoice itself changes.
    browser.run("window.sameWindow = true;").await;
    let same = "return window.sameWindow === true;";
    let slowly = [
        "host",
        "latency",
        "--on",
        "AddCredit",
        "--ms",
        "8000",
        "--times",
        "1",
    ];
    sandbox.arm(&slowly);
    send_money(&browser, at, false).await;
    browser.find("#wharf-payment[data-state=crediting]").await;
    assert!(
        !browser.has("#wharf-claim").await,
        "nothing is left to claim"
    );
    assert_eq!(browser.run(same).await, true, "the page was loaded again");
    browser.until_text("#invoice-status", "Paid").await;
    assert_eq!(
        browser.run(same).await,
        false,
        "the invoice shows old figures"
    );
    browser.end();
}

/// News comes while somebody types, and takes nothing of it away.
#[tokio::test]
async fn the_customer_can_go_on_typing_when_news_comes() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start().await;
    order(&browser, at, "still-typing", false).await;
    browser.fill("#wharf-phone", &at.payer).await;
    browser.click("#wharf-claim button").await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    browser
        .run("document.querySelector('#wharf-claim').closest('details').open = true; document.getElementById('wharf-transaction').focus();")
        .await;
    type_in(&browser, "02312345").await;
    browser
        .run("document.getElementById('wharf-transaction').setSelectionRange(2, 4); document.getElementById('wharf-phone').value = '0101';")
        .await;
    send_amount(&browser, at, "77", false).await;
    browser.find("#wharf-payment[data-state=differs]").await;
    assert!(
        browser
            .text("#wharf-live")
            .await
            .contains("Another amount arrived"),
        "the news is shown"
    );
    let typed = "const at = document.activeElement; return [at.id, at.value, at.selectionStart, at.selectionEnd, document.getElementById('wharf-phone').value];";
    assert_eq!(
        browser.run(typed).await,
        serde_json::json!(["wharf-transaction", "02312345", 2, 4, "0101"])
    );
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.end();
}

#[tokio::test]
async fn an_invoice_is_paid_without_javascript() {
    let sandbox = Sandbox::start();
    let at = &sandbox.at;
    let browser = Browser::start_without_scripts().await;
    order(&browser, at, "no-scripts", false).await;

    browser.fill("#wharf-phone", &at.payer).await;
    browser.click("#wharf-claim button").await;
    browser.find("#wharf-payment[data-state=waiting]").await;
    browser.look("invoice-without-scripts").await;
    send_money(&browser, at, false).await;
    // The link does what the script would.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while browser.has(".wharf-notice a").await {
        assert!(
            std::time::Instant::now() < deadline,
            "the invoice does not get paid"
        );
        // Between the look and the click the notice may have gone: the page loads itself again.
        browser.click_if_there(".wharf-notice a").await;
        browser.find("#invoice-status").await;
    }
    browser.until_text("#invoice-status", "Paid").await;
    browser.end();
}

#[tokio::test]
async fn a_look_finds_what_is_wrong() {
    let page = r#"<!doctype html><html lang="en"><title>Bad</title><link rel="icon" href="data:,">
        <main><h1>Bad</h1><a href="/gone">gone</a><input><p style="color:#aaa">pale</p>
        <div style="width:800px">wide</div></main><script>nothing.there()</script></html>"#;
    let bad = one_page(page);
    let browser = Browser::start().await;
    browser.open(&bad).await;
    browser.look("bad").await;
    let faults = browser.faults().join("\n");
    for wanted in [
        "nothing is not defined",
        "/gone answers 404",
        "a field without a label",
        "contrast 2.32",
        "on a phone: wider than the window",
    ] {
        assert!(faults.contains(wanted), "{wanted} is not among\n{faults}");
    }
}

/// A server of one page; every other address is unknown to it.
fn one_page(page: &'static str) -> String {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let Ok(mut line) = line else { continue };
            std::thread::spawn(move || {
                let asked = BufReader::new(&line).lines().map_while(Result::ok);
                let asked: Vec<String> = asked.take_while(|line| !line.is_empty()).collect();
                let (status, body) = match asked.first() {
                    Some(first) if first.starts_with("GET / ") => ("200 OK", page),
                    _ => ("404 Not Found", ""),
                };
                let length = body.len();
                let _ = write!(
                    line,
                    "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    address
}

/// Presses Tab until the field of that id has the focus.
async fn tab_to(browser: &Browser, id: &str) {
    browser.run("document.activeElement.blur(); window.getSelection().removeAllRanges(); window.scrollTo(0, 0);").await;
    browser.find("body").await;
    for _ in 0..60 {
        type_in(browser, TAB).await;
        if browser.run("return document.activeElement.id;").await == id {
            return;
        }
    }
    panic!("Tab never comes to {id}");
}

/// Keys to whatever has the focus.
async fn type_in(browser: &Browser, keys: &str) {
    let mut typed = KeyActions::new("keyboard".to_owned());
    for value in keys.chars() {
        typed = typed
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
    }
    browser.client.perform_actions(typed).await.unwrap();
}

async fn focus(browser: &Browser) -> String {
    let text = browser
        .run("return document.activeElement.textContent.trim();")
        .await;
    text.as_str().unwrap_or_default().to_owned()
}

/// The numbers whose part of the payment box is open.
const OPEN_WALLETS: &str = "return [...document.querySelectorAll('.wharf-wallet[open] .wharf-number')].map(e => e.textContent);";

/// WebDriver's codes of keys.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

const STAFF_LISTS: [&str; 11] = [
    "orders",
    "clients",
    "invoices",
    "services",
    "domains",
    "queue",
    "modulelog",
    "activitylog",
    "gatewaylog",
    "modules",
    "servers",
];
