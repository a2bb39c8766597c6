//! Everything that shop, client, staff and API do with domains, at a registrar module as others write them.

use serde_json::json;

use crate::support::{World, between};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_transfers_a_domain_in_through_the_cart() {
    let world = World::start().await;
    let browser = world.browser();
    let form = "cart.php?a=add&domain=transfer&query=mine.com";
    let fields = |code| {
        [
            ("a", "add"),
            ("domain", "transfer"),
            ("query", "mine.com"),
            ("epp", code),
        ]
    };
    // The module's hook sees the cart and the code.
    let (_, page) = browser.post(form, "cart.php", &fields("too short")).await;
    assert!(
        page.contains("mine.com: this auth code is too short"),
        "{page}"
    );
    let (_, page) = browser.post(form, "cart.php", &fields("")).await;
    assert!(page.contains("Enter the auth code"), "{page}");
    let (address, page) = browser.post(form, "cart.php", &fields("A&b\"c")).await;
    assert!(
        address.ends_with("a=view") && page.contains("Domain transfer"),
        "{page}"
    );
    browser
        .post(
            "cart.php?a=checkout",
            "cart.php?a=checkout",
            &crate::support::checkout("mona@example.test"),
        )
        .await;
    world.pay("1").await;
    let domain = &world.rows("tbldomains").await[0];
    assert_eq!(
        (&domain["status"], &domain["type"]),
        (&json!("Pending Transfer"), &json!("Transfer"))
    );
    assert!(world.activity().await.contains(r#""eppcode":"A&b\"c""#));
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn premium_names_are_sold_at_their_own_price_or_not_at_all() {
    let markups = |seed: &mut serde_json::Value| {
        seed["premium_markups"] = json!([["50", "30"], ["200", "20"], ["-1", "10"]]);
    };
    let world = World::with(markups).await;
    let browser = world.browser();
    let page = browser
        .get("cart.php?a=add&domain=register&query=gold.com")
        .await;
    let row = between(&page, "id=\"result-gold-com\"", "</tr>");
    assert!(
        row.contains("premium") && row.contains("1 year – $119.40 USD"),
        "{row}"
    );
    assert!(!row.contains("2 years"));
    browser
        .post(
            "cart.php?a=add&domain=register&query=gold.com",
            "cart.php",
            &[
                ("a", "add"),
                ("domain", "register"),
                ("query", "gold.com"),
                ("regperiod", "5"),
            ],
        )
        .await;
    browser
        .post(
            "cart.php?a=checkout",
            "cart.php?a=checkout",
            &crate::support::checkout("mona@example.test"),
        )
        .await;
    assert_eq!(world.rows("tblinvoices").await[0]["total"], "119.40");
    world.pay("1").await;
    let domain = &world.rows("tbldomains").await[0];
    assert_eq!(
        (
            &domain["status"],
            &domain["is_premium"],
            &domain["recurringamount"]
        ),
        (&json!("Active"), &json!(1), &json!("96.00"))
    );
    // The registry's table keeps what the module was given.
    let given = world.sql("SELECT params FROM mod_testreg WHERE name = 'gold.com'");
    assert!(
        given.contains(r#""premiumEnabled":true"#) && given.contains(r#""premiumCost":99.5"#),
        "{given}"
    );

    // The renewal is priced by the registrar's price of the day.
    world.set_next_invoice("1", &world.day(3)).await;
    world
        .host
        .cron(sandbox_host::CronRun::Everything)
        .await
        .unwrap();
    assert_eq!(world.rows("tblinvoices").await[1]["total"], "108.00");
    world.pay("2").await;
    assert!(world.activity().await.contains(r#""premiumCost":90"#));
    world.host.stop().await;

    let plain = World::start().await;
    let page = plain
        .browser()
        .get("cart.php?a=add&domain=register&query=gold.com")
        .await;
    let row = between(&page, "id=\"result-gold-com\"", "</tr>");
    assert!(
        row.contains("reserved") && !row.contains("Add to cart"),
        "{row}"
    );
    plain.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_manages_a_domain() {
    let world = World::with(|seed| {
        seed["tlds"][0]["id_protection"] = json!(true);
        seed["id_protection_price_minor"] = json!(500);
    })
    .await;
    let browser = world.browser();
    let invoice = browser.buy("mona.com", "mona@example.test").await;
    world.pay(&invoice).await;
    let here = "clientarea.php?action=domaindetails&id=1";
    let page = browser.get(here).await;
    assert!(page.contains("From the registrar for mona.com"), "{page}");
    for form in [
        "renew",
        "lock",
        "get-auth-code",
        "id-protection",
        "auto-renew",
    ] {
        assert!(page.contains(&format!("id=\"{form}\"")), "{form}: {page}");
    }
    assert!(!page.contains("id=\"release\""));

    let (_, page) = browser.post(here, here, &[("sub", "getepp")]).await;
    assert_eq!(
        between(&page, "id=\"auth-code\" dir=\"ltr\">", "<"),
        "code of mona.com"
    );
    browser.post(here, here, &[("sub", "savereglock")]).await;
    browser
        .post(here, here, &[("sub", "savereglock"), ("reglock", "1")])
        .await;
    let (address, _) = browser
        .post(
            here,
            here,
            &[("sub", "idprotection"), ("idprotection", "1")],
        )
        .await;
    assert!(address.ends_with("viewinvoice.php?id=2"), "{address}");
    assert_eq!(world.rows("tbldomains").await[0]["idprotection"], 0);
    world.pay("2").await;
    assert_eq!(world.rows("tbldomains").await[0]["idprotection"], 1);
    browser.post(here, here, &[("sub", "idprotection")]).await;
    assert_eq!(world.rows("tbldomains").await[0]["idprotection"], 0);
    let activity = world.activity().await;
    for line in [
        r#"SaveRegistrarLock mona.com {"lockenabled":"unlocked"}"#,
        r#"SaveRegistrarLock mona.com {"lockenabled":"locked"}"#,
        r#"IDProtectToggle mona.com {"protectenable":true}"#,
        r#"IDProtectToggle mona.com {"protectenable":false}"#,
    ] {
        assert!(activity.contains(line), "{line}: {activity}");
    }

    let page = browser.get("cart.php?gid=renewals").await;
    assert!(
        page.contains("id=\"renew-1\"") && page.contains("2 years – $21.98 USD"),
        "{page}"
    );
    // Two years, and pressed twice: one invoice.
    for _ in 0..2 {
        let (address, _) = browser
            .post(here, here, &[("sub", "renew"), ("years", "2")])
            .await;
        assert!(address.ends_with("viewinvoice.php?id=3"), "{address}");
    }
    let before = world.rows("tbldomains").await[0]["expirydate"]
        .as_str()
        .unwrap()
        .to_owned();
    world.pay("3").await;
    let after = &world.rows("tbldomains").await[0];
    let year = |day: &str| day[..4].parse::<i32>().unwrap();
    assert_eq!(
        year(after["expirydate"].as_str().unwrap()),
        year(&before) + 2
    );
    assert_eq!(world.rows("tblinvoices").await[2]["total"], "21.98");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_has_every_command_buttons_and_fields() {
    let world = World::start().await;
    world.client().await;
    world
        .order("mona.com", &[("domaintype[0]", "register")])
        .await;
    world
        .order("forbidden.com", &[("domaintype[0]", "register")])
        .await;
    let browser = world.browser();
    browser.staff().await;
    let here = "admin/domains/1";
    let page = browser.get(here).await;
    assert!(
        page.contains("Say hello") && page.contains("name=\"testreg_note\""),
        "{page}"
    );
    browser.post(here, here, &[("custom", "Hello")]).await;
    browser
        .post(here, here, &[("do", "save"), ("testreg_note", "by staff")])
        .await;
    for (what, shown) in [
        ("renew", "The domain was renewed."),
        ("lock", "The lock was changed."),
        ("epp", "The auth code is code of mona.com"),
        ("idprotect", "ID protection was changed."),
        ("sync", "mona.com: Active, expires 2031-02-03"),
        // A module that returns what WHMCS does not know.
        (
            "delete",
            "RequestDelete must return an array with success or error, or nothing; the module returned the text &quot;deleted&quot;",
        ),
        ("release", "The domain was released."),
    ] {
        let (_, page) = browser
            .post(here, here, &[("do", what), ("transfertag", "TAG")])
            .await;
        assert!(page.contains(shown), "{what}: {page}");
    }
    assert_eq!(
        world.rows("tbldomains").await[0]["status"],
        "Transferred Away"
    );
    let (_, page) = browser
        .post("admin/domains/2", "admin/domains/2", &[("do", "renew")])
        .await;
    assert!(page.contains("a hook forbids it"), "{page}");
    let activity = world.activity().await;
    for line in [
        "Hello mona.com",
        "Noted by staff",
        r#"ReleaseDomain mona.com {"transfertag":"TAG"}"#,
    ] {
        assert!(activity.contains(line), "{line}: {activity}");
    }
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_has_the_domain_actions() {
    let world = World::start().await;
    world.client().await;
    world
        .order("mona.com", &[("domaintype[0]", "register")])
        .await;
    for (action, fields, answer) in [
        (
            "DomainGetLockingStatus",
            vec![],
            json!({ "result": "success", "lockstatus": "locked" }),
        ),
        (
            "DomainUpdateLockingStatus",
            vec![("lockstatus", "0")],
            json!({ "result": "success", "lockstatus": "unlocked" }),
        ),
        (
            "DomainRequestEPP",
            vec![],
            json!({ "result": "success", "eppcode": "code of mona.com" }),
        ),
        (
            "DomainToggleIdProtect",
            vec![("idprotect", "1")],
            json!({ "result": "success" }),
        ),
        (
            "DomainRenew",
            vec![("regperiod", "3")],
            json!({ "result": "success" }),
        ),
        (
            "DomainRelease",
            vec![("newtag", "TAG")],
            json!({ "result": "success" }),
        ),
    ] {
        let mut all = vec![("domainid", "1")];
        all.extend(fields);
        assert_eq!(world.api(action, &all).await, answer, "{action}");
    }
    let activity = world.activity().await;
    assert!(
        activity.contains(r#"RenewDomain mona.com {"regperiod":3"#),
        "{activity}"
    );
    let none = world.api("DomainRenew", &[("domainid", "77")]).await;
    assert_eq!(none["message"], "Domain Not Found");

    let tld = [
        ("extension", "dev"),
        ("currency_code", "USD"),
        ("register[1]", "12.00"),
        ("renew[1]", "13.00"),
        ("transfer[1]", "0.00"),
        ("grace_period_days", "30"),
        ("grace_period_fee", "0"),
        ("auto_registrar", "testreg"),
    ];
    let made = world.api("CreateOrUpdateTLD", &tld).await;
    assert_eq!(made["extension"], ".dev", "{made}");
    let pricing = world.api("GetTLDPricing", &[("currencyid", "1")]).await;
    assert_eq!(pricing["pricing"]["dev"]["renew"], json!({ "1": "13.00" }));
    assert_eq!(
        pricing["pricing"]["dev"]["grace_period"],
        json!({ "days": 30, "price": "$0.00 USD" })
    );
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrars_price_list_is_imported_with_a_margin() {
    let world = World::start().await;
    let browser = world.browser();
    browser.staff().await;
    let fields = [
        ("registrar", "testreg"),
        ("margin", "25"),
        ("extensions", ""),
        ("automatic", "on"),
    ];
    let (_, page) = browser.post("admin/tlds", "admin/tlds", &fields).await;
    assert!(
        page.contains(
            "1 extensions added, 1 updated, 1 skipped. .xn--p1ai: this shop has no currency RUB"
        ),
        "{page}"
    );
    let pricing = world.api("GetTLDPricing", &[("currencyid", "1")]).await;
    insta::assert_json_snapshot!(pricing["pricing"]["co.uk"]["register"], @r#"
    {
      "1": "5.13",
      "2": "10.25",
      "3": "15.38",
      "4": "20.50",
      "5": "25.63",
      "6": "30.75",
      "7": "35.88",
      "8": "41.00",
      "9": "46.13",
      "10": "51.25"
    }
    "#);
    assert_eq!(
        pricing["pricing"]["co.uk"]["renew"]
            .as_object()
            .unwrap()
            .len(),
        9
    );
    assert_eq!(
        pricing["pricing"]["co.uk"]["transfer"],
        json!({ "1": "0.00" })
    );
    assert_eq!(
        pricing["pricing"]["co.uk"]["redemption_period"],
        json!({ "days": 30, "price": "$50.00 USD" })
    );
    let pounds = world.api("GetTLDPricing", &[("currencyid", "2")]).await;
    // 8.00 × 1.25 × 50.25
    assert_eq!(pounds["pricing"]["com"]["register"]["1"], "502.50");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suggestions_follow_the_options_of_the_lookup_registrar() {
    let world = World::start().await;
    let browser = world.browser();
    let search = "cart.php?a=add&domain=register&query=mona.com";
    let page = browser.get(search).await;
    assert!(
        page.contains("id=\"suggest\"") && !page.contains("id=\"suggestions\""),
        "{page}"
    );
    let page = browser.get(&format!("{search}&suggestions=1")).await;
    assert!(
        between(&page, "id=\"suggestions\"", "</table>").contains("monashop.com"),
        "{page}"
    );
    let staff = world.browser();
    staff.staff().await;
    let fields = [
        ("registrar", "testreg"),
        ("field[suffix]", "hub"),
        ("premium", "on"),
        ("upto[0]", "-1"),
        ("percent[0]", "15.5"),
    ];
    let (_, page) = staff.post("admin/lookup", "admin/lookup", &fields).await;
    assert!(
        page.contains("The lookup settings were saved.") && page.contains("value=\"15.5\""),
        "{page}"
    );
    let page = browser.get(&format!("{search}&suggestions=1")).await;
    assert!(page.contains("monahub.com"), "{page}");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_sets_the_automation_and_runs_the_cron() {
    let world = World::start().await;
    let browser = world.browser();
    browser.staff().await;
    let (_, page) = browser.post("admin/automation", "admin/cron", &[]).await;
    assert!(
        page.contains("The cron ran; there was nothing to do."),
        "{page}"
    );
    let cron = |header: &str| {
        let request = reqwest::Client::new().post(format!("{}_sandbox/cron", world.url));
        request.header(header, "1").send()
    };
    assert_eq!(cron("x-other").await.unwrap().status().as_u16(), 403);
    assert_eq!(cron("x-sandbox").await.unwrap().status().as_u16(), 200);
    let fields = [
        ("DomainSyncEnabled", "on"),
        ("CreateInvoiceDaysBefore", "21"),
    ];
    let (_, page) = browser
        .post("admin/automation", "admin/automation", &fields)
        .await;
    assert!(page.contains("value=\"21\""), "{page}");
    let read = world
        .api(
            "GetConfigurationValue",
            &[("setting", "CreateInvoiceDaysBefore")],
        )
        .await;
    assert_eq!(read["value"], "21");
    world.host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_in_its_own_letters_is_registered_with_its_language() {
    let world = World::start().await;
    let browser = world.browser();
    let search = "cart.php?a=add&domain=register&query=bücher.com";
    let page = browser.get(search).await;
    assert!(page.contains("<option value=\"ger\">German"), "{page}");
    browser
        .post(
            search,
            "cart.php",
            &[
                ("a", "add"),
                ("domain", "register"),
                ("query", "bücher.com"),
                ("regperiod", "1"),
                ("idnlanguage", "ger"),
            ],
        )
        .await;
    browser
        .post(
            "cart.php?a=checkout",
            "cart.php?a=checkout",
            &crate::support::checkout("mona@example.test"),
        )
        .await;
    world.pay("1").await;
    let domain = &world.rows("tbldomains").await[0];
    assert_eq!(
        (&domain["domain"], &domain["status"]),
        (&json!("bücher.com"), &json!("Active"))
    );
    let given = world.sql("SELECT params FROM mod_testreg");
    let given: serde_json::Value = serde_json::from_str(&given).unwrap();
    for (key, value) in [
        ("sld", "bücher"),
        ("sld_punycode", "xn--bcher-kva"),
        ("domain_punycode", "xn--bcher-kva.com"),
        ("idnlanguage", "ger"),
    ] {
        assert_eq!(given[key], value, "{given}");
    }
    assert_eq!(given["is_idn"], true);
    world.host.stop().await;
}
