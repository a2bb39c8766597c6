//! The pages of payments: a store that is tried out, and what the dashboard tells.

use wharf_web::staff::Role;

use crate::browser::{Office, PHONE};

#[tokio::test]
async fn a_store_is_tried_out_and_its_rate_changed_by_an_admin() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut admin = office.at_work("adam", Role::Admin).await;
    let page = admin.get("/staff/stores/shop").await;
    assert_eq!(
        page.attribute("main a.button", "href"),
        "/staff/stores/shop/setup"
    );
    let checked = admin
        .submit(&page, "/staff/stores/shop/setup/connection", &[])
        .await;
    assert_eq!(
        checked.texts("#connection li"),
        ["mend site main, WHMCS API : Invalid IP 203.0.113.9 → allow 203.0.113.9"]
    );

    let text = "تم استلام مبلغ 75.50 جنيه من 01011122233؛\nالمسجل بإسم هدى كمال\nعلى رقم محفظتك 01055501234 بتاريخ \
                10:59 26-11-26.\nرصيدك الحالي: 1540.75 جنيه\nرقم العملية: 023100000009";
    let read = admin
        .submit(
            &page,
            "/staff/stores/shop/message",
            &[("sender", "VF-Cash"), ("text", text)],
        )
        .await;
    let facts = read.texts("#test-message dd");
    assert!(
        facts.contains(&"money in".to_owned()) && facts.contains(&"75.50 EGP".to_owned()),
        "{facts:?}"
    );
    let read = admin
        .submit(
            &page,
            "/staff/stores/shop/message",
            &[("sender", "VF-Cash"), ("text", "a prize")],
        )
        .await;
    assert_eq!(read.texts("#test-message dt")[0], "Not understood");
    // One of last month's is no worse.
    for (day, doubts) in [("26-10-26", false), ("26-12-26", true), ("31-02-26", true)] {
        let old = text.replace("26-11-26", day);
        let fields = [("sender", "VF-Cash"), ("text", old.as_str())];
        let read = admin
            .submit(&page, "/staff/stores/shop/message", &fields)
            .await;
        let told = read.texts("#test-message dt");
        assert_eq!(
            told.contains(&"Doubts".to_owned()),
            doubts,
            "{day}: {told:?}"
        );
    }
    assert_eq!(
        admin.get("/staff/messages").await.texts(".empty").len(),
        1,
        "nothing is kept"
    );

    for (currency, rate, problem) in [
        (
            "US",
            "50",
            "US is no currency code. Write three letters, such as USD.",
        ),
        (
            "usd",
            "1e3",
            "1e3 is no rate. Write it as 50.25, up to 7 digits before and 8 after the dot.",
        ),
        (
            "usd",
            "-1",
            "-1 is no rate. Write it as 50.25, up to 7 digits before and 8 after the dot.",
        ),
    ] {
        let refused = admin
            .submit(
                &page,
                "/staff/stores/shop/rate",
                &[("currency", currency), ("rate", rate)],
            )
            .await;
        assert_eq!(
            (refused.status, refused.texts(".problem")),
            (422, vec![problem.to_owned()])
        );
    }
    for currency in ["XXXX", "XYZ"] {
        let fields = [("currency", currency), ("rate", "5")];
        let refused = admin
            .submit(&page, "/staff/stores/shop/rate", &fields)
            .await;
        let problem = format!("{currency} is no currency code. Write three letters, such as USD.");
        assert_eq!(refused.texts(".problem"), [problem]);
    }
    let mistyped = [("currency", "EUR"), ("rate", "5")];
    admin
        .submit(&page, "/staff/stores/shop/rate", &mistyped)
        .await;
    let page = admin.get("/staff/stores/shop").await;
    let remove = "/staff/stores/shop/rate/EUR/remove";
    assert!(page.text.contains(&format!("action=\"{remove}\"")));
    assert!(
        page.texts("details.action").contains(
            &"Remove Clients who are billed in EUR cannot pay then, until there is a rate again. Remove"
                .to_owned()
        ),
        "{:?}",
        page.texts("details.action")
    );
    let facts = page.texts(".facts");
    for fact in ["Two people above 1000.00 EGP", "Clients of a phone 1"] {
        assert!(facts[0].contains(fact), "{facts:?}");
    }
    let removed = admin.submit(&page, remove, &[]).await;
    assert_eq!(removed.header("location"), "/staff/stores/shop");
    assert_eq!(admin.submit(&page, remove, &[]).await.status, 404);
    let page = admin.get("/staff/stores/shop").await;
    assert!(!page.text.contains("EUR"), "{}", page.text);
    let mut reviewer = office.at_work("nadia", Role::Reviewer).await;
    let account = reviewer.get("/staff/account").await;
    let usd = "/staff/stores/shop/rate/USD/remove";
    assert_eq!(reviewer.submit(&account, usd, &[]).await.status, 403);
    let fields = [("currency", "usd"), ("rate", "٥١٫٥٠")];
    let done = admin
        .submit(&page, "/staff/stores/shop/rate", &fields)
        .await;
    assert_eq!(done.header("location"), "/staff/stores/shop");
    let page = admin.get("/staff/stores/shop").await;
    assert!(
        page.texts("tbody tr")[0].starts_with("USD 51.5"),
        "{:?}",
        page.texts("tbody tr")
    );
    assert!(!page.text.contains("name=\"sure\""));
    let far = [("currency", "usd"), ("rate", "515")];
    let asked = admin.submit(&page, "/staff/stores/shop/rate", &far).await;
    assert_eq!(asked.status, 422);
    assert_eq!(asked.attribute("input[name=sure]", "value"), "yes");
    let unchanged = admin.get("/staff/stores/shop").await;
    assert!(unchanged.texts("tbody tr")[0].starts_with("USD 51.5"));
    let sure = [far[0], far[1], ("sure", "yes")];
    let done = admin.submit(&asked, "/staff/stores/shop/rate", &sure).await;
    assert_eq!(done.header("location"), "/staff/stores/shop");
    let page = admin.get("/staff/stores/shop").await;
    assert!(page.texts("tbody tr")[0].starts_with("USD 515"));
    for form in ["message", "rate"] {
        let again = admin
            .get(&format!("/staff/stores/shop/{form}?lang=en"))
            .await;
        assert_eq!(
            again.header("location"),
            "/staff/stores/shop?lang=en",
            "{form}"
        );
    }
    let audit = admin.get("/staff/audit").await;
    assert!(audit.texts("tbody tr")[0].contains("adam"));

    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let page = reviewer.get("/staff/stores/shop").await;
    assert!(page.texts("form[action$='/rate']").is_empty());
    assert_eq!(
        reviewer
            .submit(&page, "/staff/stores/shop/rate", &fields)
            .await
            .status,
        403
    );
    assert_eq!(
        reviewer
            .submit(&page, "/staff/stores/shop/setup/connection", &[])
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_main_parts_of_the_pages() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.claim("7", PHONE, "250").await;
    office.receive("023100000001", PHONE, "250").await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let page = reviewer.get("/staff/").await;
    insta::assert_snapshot!(page.texts(".tiles li").join("\n"), @r"
    1 Transfers today 250.00 EGP
    0 Credited today
    1 Wait for a person
    0 Not claimed yet
    0 WHMCS must be mended
    ");
    let page = reviewer.get("/staff/review").await;
    insta::assert_snapshot!(page.texts("tbody td:not(:first-child)").join(" | "), @"Every payment is approved | This store has every payment approved by a person. | 250.00 EGP | 7 | open");
    let page = reviewer.get("/staff/devices").await;
    insta::assert_snapshot!(page.texts("tbody td").join(" | "), @"phone-1 | shop | any other app or script (JSON, form or text) | main-wallet | 2026-11-26 11:00 just now | alive");
    let page = reviewer.get("/staff/wallets").await;
    insta::assert_snapshot!(page.texts("tbody td").join(" | "), @"Vodafone Cash main-wallet | 01055501234 | 1,540.75 EGP 1 min ago | 250.00 EGP | 0 | balance not confirmed | phone-1");
}

#[tokio::test]
async fn notices_lead_to_what_they_are_about() {
    let office = Office::open().await;
    office.set_up_store().await;
    office.deliver("A bakery", "an advertisement").await;
    office.deliver("", "{unreplaced}").await;
    let mut viewer = office.at_work("vera", Role::Viewer).await;
    let page = viewer.get("/staff/").await;
    let notices = page.texts("main .notice");
    assert_eq!(
        notices,
        ["Phone phone-1: deliveries that cannot be read. See"],
        "{}",
        page.text
    );
    let list = page.attribute("main .notice a", "href");
    let found = viewer.get(&list).await;
    assert_eq!(found.texts("tbody td:nth-child(3)"), ["{unreplaced}"]);
    assert_eq!(found.texts("tbody td:nth-child(7)"), ["cannot be read"]);
    // Who may change them is led to the forms from everywhere.
    let mut admin = office.at_work("dina", Role::Admin).await;
    for path in ["/staff/", "/staff/wallets", "/staff/stores/shop"] {
        let page = admin.get(path).await;
        let form = "a[href='/staff/stores/shop/wallets/main-wallet']";
        assert_eq!(page.texts(form), ["Vodafone Cash"], "{path}");
        assert!(viewer.get(path).await.texts(form).is_empty(), "{path}");
    }
    for path in ["/staff/", "/staff/devices", "/staff/stores/shop"] {
        let page = admin.get(path).await;
        let form = "a[href='/staff/stores/shop/phones/phone-1']";
        assert_eq!(page.texts(form), ["phone-1"], "{path}");
        let page = viewer.get(path).await;
        assert!(page.texts(form).is_empty(), "{path}");
        let messages = page.texts("a[href='/staff/messages?device=phone-1']");
        assert_eq!(messages[0], "phone-1", "{path}");
    }
}

#[tokio::test]
async fn a_store_that_lost_its_last_rate_is_told() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut admin = office.at_work("adam", Role::Admin).await;
    let page = admin.get("/staff/stores/shop").await;
    let steps = admin.get("/staff/stores/shop/setup").await;
    assert!(!steps.text.contains("There is no rate"));
    let remove = "/staff/stores/shop/rate/USD/remove";
    assert_eq!(admin.submit(&page, remove, &[]).await.status, 303);
    let page = admin.get("/staff/").await;
    assert_eq!(
        page.texts("main .notice"),
        [
            "Store Example Hosting has no rate any more: only clients who are billed in EGP can pay. See"
        ]
    );
    let steps = admin.get("/staff/stores/shop/setup").await;
    let live = steps.texts("#live p");
    assert!(
        live.contains(&"There is no rate: only clients who are billed in EGP can pay.".to_owned()),
        "{live:?}"
    );
}
