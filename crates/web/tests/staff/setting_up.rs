//! Setting up a store on the pages, from nothing to money that is credited.

use wharf_core::Secret;
use wharf_store::testing::TestDb;
use wharf_web::staff::Role;
use wharf_whmcs::Sites;
use wharf_whmcs::setup::SiteSetup;

use super::browser::Office;
use super::forms::{send, set, standing, value};

#[tokio::test]
async fn six_steps_lead_from_nothing_to_credits() {
    for db in TestDb::each().await {
        let office = Office::on(db, false).await;
        office.open_site("fine").await;
        let mut admin = office.at_work("dina", Role::Admin).await;
        let stores = admin.get("/staff/stores").await;
        assert_eq!(
            stores.attribute("main a.button", "href"),
            "/staff/stores/new"
        );
        let form = admin.get("/staff/stores/new").await;
        assert_eq!(form.status, 200);
        let mut fields = standing(&form);
        set(&mut fields, "id", "nile");
        set(&mut fields, "name", "Nile Hosting");
        set(&mut fields, "rate", "50,25");
        let wrong = send(&mut admin, &form, "/staff/stores/new", &fields).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(
            wrong.texts(".problem"),
            ["This is no rate. Write it as 50.25, up to 7 digits before and 8 after the dot."]
        );
        assert_eq!(
            wrong.attribute("#set-name", "value"),
            "Nile Hosting",
            "nothing typed is lost"
        );
        set(&mut fields, "rate", "50.25");
        set(&mut fields, "currency", "XYZ");
        let strange = send(&mut admin, &form, "/staff/stores/new", &fields).await;
        assert_eq!(
            strange.texts(".problem"),
            ["No wallet that Wharf can read is in Egypt and holds XYZ."]
        );
        set(&mut fields, "currency", "");
        set(&mut fields, "mode", "credit");
        let added = send(&mut admin, &wrong, "/staff/stores/new", &fields).await;
        assert_eq!(
            (added.status, added.header("location")),
            (303, "/staff/stores/nile/setup")
        );
        let again = send(&mut admin, &wrong, "/staff/stores/new", &fields).await;
        assert_eq!(
            again.texts(".problem"),
            ["There is nile already. Choose another id."]
        );

        let steps = admin.get("/staff/stores/nile/setup").await;
        assert_eq!(
            steps.texts(".wizard h2"),
            [
                "Connection to WHMCS missing",
                "Wallet missing",
                "Phone missing",
                "Test message missing",
                "Rate done",
                "Go live missing",
            ]
        );
        let early = admin
            .submit(
                &steps,
                "/staff/stores/nile/setup/mode",
                &[("mode", "credit")],
            )
            .await;
        assert_eq!(early.status, 422);
        assert_eq!(
            early.texts(".problem"),
            [
                "The store cannot credit yet. Still missing: Connection to WHMCS, Wallet, Phone, Test message"
            ]
        );

        let path = "/staff/stores/nile/settings";
        let form = admin.get(path).await;
        let mut fields = standing(&form);
        assert_eq!(value(&fields, "mode"), "observe");
        set(&mut fields, "mode", "credit");
        let around = send(&mut admin, &form, path, &fields).await;
        assert_eq!(
            (around.status, around.texts(".problem")),
            (422, early.texts(".problem"))
        );

        let tried = admin
            .submit(&steps, "/staff/stores/nile/setup/connection", &[])
            .await;
        assert_eq!(tried.texts("#connection .tag"), ["done", "fine"]);

        let path = "/staff/stores/nile/wallets/new";
        let form = admin.get(path).await;
        let wallets = form.texts("#set-operator option");
        assert!(wallets.contains(&"Vodafone Cash".to_owned()), "{wallets:?}");
        assert!(!wallets.contains(&"bKash".to_owned()), "of another country");
        let mut wallet = vec![
            ("id", "nile-vf"),
            ("operator", "vodafone-cash"),
            ("number", "0105550123"),
            ("balance", "1000"),
        ];
        let wrong = admin.submit(&form, path, &wallet).await;
        assert_eq!(
            wrong.texts(".problem"),
            ["This number is no mobile number of the store's country."]
        );
        wallet[2] = ("number", "01055501234");
        let added = admin.submit(&form, path, &wallet).await;
        assert_eq!(added.header("location"), "/staff/stores/nile/setup#wallet");

        let path = "/staff/stores/nile/phones/new";
        let form = admin.get(path).await;
        let phone = [
            ("id", "nile-phone"),
            ("format", "generic"),
            ("wallets", "nile-vf"),
            ("unsigned", "1"),
        ];
        let shown = admin.submit(&form, path, &phone).await;
        assert_eq!(shown.status, 200);
        let address = shown.texts("#address")[0].clone();
        let (_, token) = address.split_once("/intake/").unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(shown.texts("#key"), [""; 0]);
        let later = admin.get("/staff/stores/nile/phones/nile-phone").await;
        assert!(!later.text.contains(token), "shown once");

        let listen = shown.attribute("main a.button", "href");
        let waiting = admin.get(&listen).await;
        let again = waiting.header("refresh").to_owned();
        let (seconds, query) = again.split_once("; url=").unwrap();
        assert_eq!(seconds, "4");
        // Browsers do not load the very same address with a fragment again.
        assert!(
            query.ends_with("#test") && !listen.ends_with(query),
            "{again}"
        );
        let (path, _) = listen.split_once('?').unwrap();
        let listen = format!("{path}{query}");
        assert!(
            admin
                .get(&listen)
                .await
                .header("refresh")
                .starts_with("4; ")
        );
        assert!(waiting.texts(".notice")[0].contains("No phone has been heard yet."));
        office
            .deliver_to(
                token,
                "VF-Cash",
                "تم استلام مبلغ 250 جنيه من 01098765432؛\nالمسجل بإسم منى ع*** السيد\nعلى رقم محفظتك 01055501234 \
                 بتاريخ 10:59 26-11-26.\nرصيدك الحالي: 1250.00 جنيه\nرقم العملية: 023100000001",
            )
            .await;
        let arrived = admin.get(&listen).await;
        assert_eq!(arrived.header("refresh"), "", "it came");
        assert_eq!(
            arrived.texts("#test tbody td:nth-child(6)"),
            ["money in vodafone-cash/received-g3"]
        );
        assert_eq!(arrived.texts("#test tbody td:nth-child(7)"), ["250.00 EGP"]);

        // A wallet that nobody would see the money of is named.
        let path = "/staff/stores/nile/wallets/new";
        let second = [
            ("id", "nile-two"),
            ("operator", "vodafone-cash"),
            ("number", "01055501299"),
        ];
        assert_eq!(admin.submit(&arrived, path, &second).await.status, 303);
        let steps = admin.get("/staff/stores/nile/setup").await;
        assert_eq!(steps.texts("#live li"), ["Phone for nile-two"]);
        let path = "/staff/stores/nile/wallets/nile-two";
        let form = admin.get(path).await;
        let off = [("number", "01055501299")];
        assert_eq!(admin.submit(&form, path, &off).await.status, 303);

        let live = admin
            .submit(
                &arrived,
                "/staff/stores/nile/setup/mode",
                &[("mode", "credit")],
            )
            .await;
        assert_eq!(live.header("location"), "/staff/stores/nile/setup#live");
        let steps = admin.get("/staff/stores/nile/setup").await;
        assert!(
            steps
                .texts(".wizard h2")
                .iter()
                .all(|step| step.ends_with("done")),
            "{:?}",
            steps.texts(".wizard h2")
        );

        let audit = admin.get("/staff/audit?actor=dina&store=nile").await;
        let mut events = audit.texts("tbody td:nth-child(3)");
        events.reverse();
        assert_eq!(
            events,
            [
                "added",
                "rate changed",
                "connection tried",
                "added",
                "balance told",
                "added",
                "added",
                "changed",
                "changed"
            ],
            "{:?}",
            audit.texts("tbody tr")
        );
        assert!(audit.texts("tbody tr")[0].contains("What becomes of matches: observe → credit"));
    }
}

#[tokio::test]
async fn settings_are_changed_and_what_is_not_on_the_form_stays() {
    let office = Office::open().await;
    office.open_site("main").await;
    office.set_up_store().await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    let path = "/staff/stores/shop/settings";
    let form = admin.get(path).await;
    assert_eq!(
        form.texts("#set-country"),
        [""; 0],
        "it has a wallet, so it stays where it is"
    );
    let mut fields = standing(&form);
    assert_eq!(value(&fields, "second_person_above"), "1000.00");
    set(&mut fields, "hold", "above");
    let lacking = send(&mut admin, &form, path, &fields).await;
    assert_eq!(
        lacking.texts(".problem"),
        ["Name the large amount above which a person approves."]
    );
    set(&mut fields, "hold", "always");
    set(&mut fields, "hold_above", "1.2.3");
    let wrong = send(&mut admin, &form, path, &fields).await;
    assert_eq!(
        (wrong.status, wrong.texts(".problem")),
        (
            422,
            vec![
                "Large amount: 1.2.3 is no amount. Write it as 1250.50; 0 is no limit.".to_owned()
            ]
        )
    );
    set(&mut fields, "hold_above", "٥٠٠");
    set(&mut fields, "quote_minutes", "9999");
    let wrong = send(&mut admin, &form, path, &fields).await;
    assert_eq!(
        wrong.texts("details[open] > summary"),
        ["Times"],
        "what is wrong is not folded away"
    );
    assert_eq!(
        wrong.texts(".problem"),
        ["An offer holds (minutes): it must be from 1 to 1440."]
    );
    set(&mut fields, "quote_minutes", "45");
    let name = value(&fields, "name").to_owned();
    set(&mut fields, "name", "Nile \u{202e}gnitsoH");
    let hidden = send(&mut admin, &form, path, &fields).await;
    assert_eq!(
        hidden.texts(".problem"),
        [
            "The name holds a sign that nobody sees, such as a mark of direction. Delete it and type the name anew."
        ]
    );
    set(&mut fields, "name", &name);
    let saved = send(&mut admin, &form, path, &fields).await;
    assert_eq!(saved.header("location"), "/staff/stores/shop");
    let form = admin.get(path).await;
    let fields = standing(&form);
    assert_eq!(value(&fields, "hold_above"), "500.00");
    let audit = admin.get("/staff/audit?actor=dina").await;
    assert_eq!(
        audit.texts("tbody td:nth-child(5)"),
        ["Large amount: 0.00 EGP → 500.00 EGP, An offer holds (minutes): 30 → 45"]
    );
    let same = send(&mut admin, &form, path, &fields).await;
    assert_eq!(same.status, 303);
    let audit = admin.get("/staff/audit?actor=dina").await;
    assert_eq!(
        audit.texts("tbody tr").len(),
        1,
        "nothing differs, nothing is noted"
    );
}

#[tokio::test]
async fn a_phone_keeps_its_address_until_it_gets_another() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    let path = "/staff/stores/shop/phones/phone-1";
    let form = admin.get(path).await;
    let fields = [
        ("format", "generic"),
        ("wallets", "main-wallet"),
        ("heartbeat_minutes", "5"),
    ];
    let saved = admin.submit(&form, path, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    office.deliver("VF-Cash", "a first message").await;

    let sure = [("sure", "1")];
    for what in ["address", "remove"] {
        let unsure = admin.submit(&form, &format!("{path}/{what}"), &[]).await;
        assert_eq!(unsure.status, 422, "{what}");
    }
    let renewed = admin.submit(&form, &format!("{path}/address"), &sure).await;
    let address = renewed.texts("#address")[0].clone();
    let (_, token) = address.split_once("/intake/").unwrap();
    office
        .deliver_to(token, "VF-Cash", "a second message")
        .await;
    assert_eq!(office.status_at("a-sample-token-of-a-phone").await, 403);

    let removed = admin.submit(&form, &format!("{path}/remove"), &sure).await;
    assert_eq!(removed.status, 303);
    assert_eq!(office.status_at(token).await, 403);
    assert_eq!(admin.get(path).await.status, 404);
}

#[tokio::test]
async fn only_administrators_set_up() {
    let office = Office::open().await;
    office.set_up_store().await;
    let mut reviewer = office.at_work("rami", Role::Reviewer).await;
    let stores = reviewer.get("/staff/stores").await;
    assert_eq!(stores.texts("main a.button"), [""; 0]);
    let steps = reviewer.get("/staff/stores/shop/setup").await;
    assert_eq!((steps.status, steps.texts("main form")), (200, vec![]));
    let account = reviewer.get("/staff/account").await;
    for path in [
        "/staff/stores/new",
        "/staff/stores/shop/settings",
        "/staff/stores/shop/wallets/new",
        "/staff/stores/shop/phones/new",
        "/staff/stores/shop/phones/phone-1",
        "/staff/stores/shop/keys",
        "/staff/sites/new",
    ] {
        assert_eq!(reviewer.get(path).await.status, 403, "{path}");
        assert_eq!(
            reviewer.submit(&account, path, &[]).await.status,
            403,
            "{path}"
        );
    }
    for path in [
        "/staff/stores/shop/setup/mode",
        "/staff/stores/shop/setup/connection",
        "/staff/stores/shop/phones/phone-1/address",
        "/staff/stores/shop/phones/phone-1/remove",
    ] {
        assert_eq!(
            reviewer.submit(&account, path, &[]).await.status,
            403,
            "{path}"
        );
    }
    let mut admin = office.at_work("dina", Role::Admin).await;
    let forged = admin
        .post(
            "/staff/stores/shop/setup/mode",
            &[("mode", "credit"), ("csrf", "guess")],
        )
        .await;
    assert_eq!(forged.status, 403);
    let form = admin.get("/staff/stores/new").await;
    assert_eq!(form.texts("h1"), ["Add a WHMCS"], "the first step is that");
}

#[tokio::test]
async fn the_forms_speak_arabic() {
    let office = Office::open().await;
    office.open_site("main").await;
    office.set_up_store().await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    for path in [
        "/staff/stores/new?lang=ar",
        "/staff/stores/shop/settings?lang=ar",
        "/staff/stores/shop/setup?lang=ar",
        "/staff/stores/shop/wallets/new?lang=ar",
        "/staff/stores/shop/phones/phone-1?lang=ar",
    ] {
        let page = admin.get(path).await;
        assert_eq!(
            (page.status, page.attribute("html", "dir")),
            (200, "rtl".to_owned()),
            "{path}"
        );
        for text in page.texts(".field > label, .field small, main h2, main button") {
            let arabic = text.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c));
            assert!(
                arabic || text == "WHMCS" || text.is_empty(),
                "{path}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn a_sites_form_leads_back_to_the_store_that_it_came_from() {
    let office = Office::open().await;
    office.open_site("main").await;
    office.set_up_store_of("main").await;
    let mut admin = office.at_work("dina", Role::Admin).await;
    let form = admin.get("/staff/stores/new").await;
    let mut fields = standing(&form);
    set(&mut fields, "id", "another");
    set(&mut fields, "name", "Another");
    send(&mut admin, &form, "/staff/stores/new", &fields).await;
    for store in ["another", "shop"] {
        let steps = admin.get(&format!("/staff/stores/{store}/setup")).await;
        let link = steps.attribute("#connection a.button", "href");
        let form = admin.get(&link).await;
        let back = format!("/staff/stores/{store}/setup#connection");
        assert_eq!(form.attribute("main .back a", "href"), back);
        let fields = standing(&form);
        let saved = send(&mut admin, &form, "/staff/sites/main", &fields).await;
        assert_eq!(saved.header("location"), back);
    }
    // Come from nowhere, of two stores it is nobody's.
    let form = admin.get("/staff/sites/main").await;
    let fields = standing(&form);
    let saved = send(&mut admin, &form, "/staff/sites/main", &fields).await;
    assert_eq!(saved.header("location"), "/staff/stores");
}

impl Office {
    pub async fn open_site(&self, id: &str) {
        let sites = Sites::new(self.store.clone(), None).unwrap();
        let site = SiteSetup {
            id: id.to_owned(),
            token: Secret::new(format!("a-sample-token-of-{id}")),
            url: "https://billing.example.com".to_owned(),
            identifier: "sample".to_owned(),
            secret: Secret::new("sample"),
            access_key: None,
        };
        sites.upsert(&site).await.unwrap();
    }
}
